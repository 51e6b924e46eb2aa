"""Which of Civitai's models are here: by the ids that sidecars name, by what was answered about hashes, and by hashes themselves.

Called by the online browser, in a worker: once for the library, once for each page of results, never for a single card. No network.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from model_manager.core.hashes.store import Store
from model_manager.core.library.index import Index
from model_manager.core.online.records import Offer, Version
from model_manager.core.online.updates import newer

OWNED, UPDATE = "owned", "update"

Ids = Mapping[int, Mapping[int, int]]  # Civitai's model -> its version (0: not known which) -> id in the library


class Standing(NamedTuple):
    """How a model of the site stands to the library. state: "", OWNED or UPDATE (there is a newer one); id: of the model that is here."""

    state: str = ""
    id: int = 0


def owned_ids(folder: Path, index: Path) -> Ids:
    """Return all models of the site that are here, as far as their ids are known. `folder`: the data folder. Raises IndexFault."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    with Index(index) as opened:
        told = opened.site_ids()
        for id_, model, version in told:
            found[model][version] = id_
        named = {id_ for id_, _, _ in told}
        with Store(folder) as store:
            for path, (model, version) in store.answered_paths().items():
                here = opened.id_at(*os.path.split(path)) if version not in found.get(model, ()) else None
                if here is not None and here not in named:
                    found[model][version] = here
    return found


def standings(folder: Path, index: Path, ids: Ids, offers: Iterable[Offer]) -> dict[str, Standing]:
    """Return how these offers stand, by their id; those that are not here are left out. Raises IndexFault."""
    listed = list(offers)
    hashes = {hash for offer in listed for version in offer.versions for hash in _hashes(version)}
    with Store(folder) as store, Index(index) as opened:
        places = {hash: opened.id_at(*os.path.split(path)) for hash, path in store.places_of(hashes).items()}
    by_hash = {hash: id_ for hash, id_ in places.items() if id_ is not None}
    judged = ((offer.id, _standing(offer, ids, by_hash)) for offer in listed)
    return {id_: standing for id_, standing in judged if standing.state}


def _standing(offer: Offer, ids: Ids, by_hash: Mapping[str, int]) -> Standing:
    """The newest version that is here counts; an update for another base model is none."""
    versions = ids.get(int(offer.id), {}) if offer.id.isdigit() else {}
    here = {version.id: id_ for version in offer.versions if (id_ := _id_of(version, versions, by_hash))}
    newest = next((version for version in offer.versions if version.id in here), None)
    if newest is None:
        return Standing(OWNED, next(iter(versions.values()))) if versions else Standing()
    better, _, is_other = newer(offer, int(newest.id), newest.base_model, partial(_is_in, here), ())
    is_update = better is not None and not is_other and not better.barred
    return Standing(UPDATE if is_update else OWNED, here[newest.id])


def _is_in(here: Mapping[str, int], version: Version) -> bool:
    return version.id in here


def _id_of(version: Version, versions: Mapping[int, int], by_hash: Mapping[str, int]) -> int:
    if not version.id.isdigit():
        return 0
    return versions.get(int(version.id), 0) or next((by_hash[hash] for hash in _hashes(version) if hash in by_hash), 0)


def _hashes(version: Version) -> list[str]:
    return [hash for file in version.files if file.is_model and (hash := file.hashes.get("sha256", ""))]

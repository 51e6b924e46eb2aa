"""The pictures that Civitai has of models of the library, for "Regenerate thumbnail": what to ask by, the asking, the bytes.

Run by `choosing` in the net pool and by `previews` in workers, only after the person asked for it. Nothing is written.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtGui import QImage

from model_manager.bridge.web_pictures import fetched
from model_manager.core.errors import FileFault, Refused
from model_manager.core.hashes.compute import SHA256
from model_manager.core.hashes.finding import known_hashes
from model_manager.core.hashes.store import Store
from model_manager.core.library.entry import ModelRecord
from model_manager.core.online import images
from model_manager.core.online.records import Image, Offer
from model_manager.core.previews.records import CIVITAI, Source
from model_manager.core.words import tr
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.online.offers import Sites

AT_A_TIME = 100
_FILMS = (".mp4", ".webm")


class Known(NamedTuple):
    """What a model is asked for by, as far as it is known."""

    model_id: int = 0
    version_id: int = 0
    sha256: str = ""


class Shown(NamedTuple):
    """What the site has of a model: sources, best first, and how many pictures may not be shown."""

    sources: tuple[Source, ...]
    hidden: int


def known_of(record: ModelRecord, folder: Path) -> Known | None:
    """Return by what Civitai can be asked for a model without reading the file; None when it cannot. `folder`: the data folder."""
    details = record.details
    sha256 = ""
    if not details.version_id:
        try:
            with Store(folder) as store:
                sha256 = known_hashes(record.path, store).hashes.get(SHA256, "")
        except FileFault:
            return None
    return Known(details.model_id, details.version_id, sha256) if details.version_id or sha256 else None


def shown_of(sites: "Sites", known: Known, level: int, work: Work) -> Shown:
    """Ask for the pictures of one model. level: OR of Civitai's bits. Raises Refused (not there, too), NetworkFault."""
    if known.version_id:
        offer: Offer | None = sites.civitai.version(known.version_id, work)
    else:
        offer = sites.civitai.by_hash(known.sha256, work)
    if offer is None:
        raise Refused(tr("Civitai does not know this file."), "not_found")
    version = next((one for one in offer.versions if one.id == offer.chosen), None)
    found = version.images if version is not None else ()
    sources = _sources(found, level)
    return Shown(sources, len(found) - len(sources))


class Asker:
    """Asks for the pictures of many models, a hundred in one request, and remembers what it was told."""

    def __init__(self, sites: "Callable[[], Sites]") -> None:
        """`sites()` is called in workers, and only when there is something to ask."""
        self._sites = sites
        self._told: dict[tuple[int, int], tuple[Source, ...]] = {}  # level and version

    def ask(self, records: Iterable[ModelRecord], level: int, work: Work) -> Callable[[ModelRecord], Sequence[Source]]:
        """Return what gives the sources of a record; only models whose sidecars name their version are asked for.

        Pictures of minors or real people are left out: nobody looks at what is taken. Raises Refused, NetworkFault, Cancelled.
        """
        details = [one.details for one in records if one.details.model_id and one.details.version_id]
        models = dict.fromkeys(one.model_id for one in details if (level, one.version_id) not in self._told)
        waiting, done = iter(models), 0
        while step := list(islice(waiting, AT_A_TIME)):
            work.check()
            work.progress(tr("Looking at Civitai"), done, len(models))
            for offer in self._sites().civitai.models(step, work).values():
                for version in offer.versions:
                    chosen = [image for image in version.images if not image.is_delicate]
                    self._told[level, int(version.id or 0)] = _sources(chosen, level)
            done += len(step)
        for one in details:
            self._told.setdefault((level, one.version_id), ())
        return lambda record: self._told.get((level, record.details.version_id), ())

    def bytes_of(self, source: Source, work: Work) -> bytes:
        """Return the picture behind a source of the sort CIVITAI. Raises BadPicture, Cancelled."""
        return bytes_of(self._sites(), source, work)


def bytes_of(sites: "Sites", source: Source, work: Work) -> bytes:
    """Return the picture behind a source of the sort CIVITAI, of a video a still. Raises BadPicture, Cancelled."""
    from model_manager.core.online.pictures import picture_bytes  # loaded on first need

    return picture_bytes(source.path, sites.web, work)


def image_of(sites: "Sites", source: Source, edge: int, work: Work) -> QImage:
    """Return the picture of such a source, decoded to cover `edge` pixels. Raises OnlineFault or BadPicture."""
    return fetched(sites, Image(source.path, is_video=source.path.partition("?")[0].lower().endswith(_FILMS)), edge, work)


def _sources(found: Iterable[Image], level: int) -> tuple[Source, ...]:
    return tuple(Source(CIVITAI, image.url, note=_note(image)) for image in images.ranked(found, level))


def _note(image: Image) -> str:
    if image.is_video:
        return tr("video")
    return tr("{width} × {height}", width=image.width, height=image.height) if image.width and image.height else os.path.basename(image.url)

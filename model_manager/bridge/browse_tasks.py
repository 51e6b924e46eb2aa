"""What is done for the online browser in workers: searching, and finding out what is here already.

Called by `browse` in the net pool and the read pool. Nothing is written, and nothing is downloaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model_manager.core.online import images
from model_manager.core.online.owned import Ids, Standing, owned_ids, standings
from model_manager.core.online.records import Image, Offer, Search, Version
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.online.offers import Sites


@dataclass(frozen=True, slots=True)
class Hit:
    """A model that was found, with as little as its card needs. is_hidden: it has pictures, but none that may be shown."""

    offer: Offer
    picture: Image | None
    is_hidden: bool


class Shelf(NamedTuple):
    """What is here: the data folder and the index to look it up, and all ids that the library has, None until they were read."""

    folder: Path
    library: Path
    ids: Ids | None = None


class Landing(NamedTuple):
    """A page of results. offers: all of it; hits: for the cards; ids, standings: what is here."""

    offers: tuple[Offer, ...]
    hits: tuple[Hit, ...]
    cursor: str
    ids: Ids
    standings: Mapping[str, Standing]


def found(sites: "Sites", shelf: Shelf, search: Search, cursor: str, work: Work) -> Landing:
    """Return one page of what the site finds. Raises Refused, NetworkFault, IndexFault."""
    page = sites.civitai.search(search, cursor, work)
    work.check()
    ids = owned_ids(shelf.folder, shelf.library) if shelf.ids is None else shelf.ids
    hits = tuple(hit_of(offer, search.level) for offer in page.offers)
    return Landing(page.offers, hits, page.cursor, ids, standings(shelf.folder, shelf.library, ids, page.offers))


def judged_anew(shelf: Shelf, offers: Sequence[Offer]) -> tuple[Ids, Mapping[str, Standing]]:
    """Return what is here after the library has changed. Raises IndexFault."""
    ids = owned_ids(shelf.folder, shelf.library)
    return ids, standings(shelf.folder, shelf.library, ids, offers)


def model(sites: "Sites", id_: int, work: Work) -> Offer:
    """Return all of one model. Raises Refused, NetworkFault."""
    return sites.civitai.model(id_, work=work)


def base_models(sites: "Sites", work: Work) -> list[str]:
    """Return the base models that the site knows. Raises Refused, NetworkFault."""
    return sites.civitai.base_models(work)


def hit_of(offer: Offer, level: int) -> Hit:
    """Return what a card needs of an offer; the picture is the best of its newest version that has one."""
    shown = (images.best(version.images, level) for version in offer.versions)
    picture = next((image for image in shown if image is not None), None)
    has_any = any(version.images for version in offer.versions)
    return Hit(_slim(offer), picture, has_any and picture is None)


def _slim(offer: Offer) -> Offer:
    versions = tuple(_slim_version(version) for version in offer.versions)
    return replace(offer, versions=versions, description="", raw={})


def _slim_version(version: Version) -> Version:
    return replace(version, description="", images=(), trigger_words=(), raw={})

"""Civitai's API: models, versions, look-ups by hash, search, pictures.

Called by offers, matching and the online browser, in worker threads. It asks through Web alone and gives records; nothing is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from model_manager.core.errors import NetworkFault, Refused
from model_manager.core.online.civitai_files import images_of
from model_manager.core.online.civitai_parts import REAL, WHOLE, joined, offer_around, offer_of, version_of
from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.records import PG, SAFE, Image, Offer, Page, Search, Version
from model_manager.core.online.web import Web
from model_manager.core.sidecars.layer import items, line, mapping, whole
from model_manager.core.words import tr
from model_manager.core.work import Work

MOST_HASHES: Final = 100  # of one request (civitai/civitai:src/pages/api/v1/model-versions/by-hash/index.ts)
MOST_IDS: Final = 100
PAGE_SIZE: Final = 60
_HEX: Final = frozenset("0123456789abcdef")
T = TypeVar("T")


class Civitai:
    """The site, or the mirror in its place. All methods raise Refused, NetworkFault and Cancelled."""

    def __init__(self, web: Web, endpoints: Endpoints) -> None:
        """`endpoints.civitai` is where the API is."""
        self._web, self.origin = web, endpoints.civitai

    def model(self, id: int, version: int = 0, work: Work | None = None) -> Offer:
        """Return a model with all its versions; `version`: the one to begin with."""
        return offer_of(self._object(f"models/{id}", work), self.origin, version)

    def version(self, id: int, work: Work | None = None) -> Offer:
        """Return the model that a version belongs to, that version chosen. Without its model it is the version alone."""
        return self._around(self._object(f"model-versions/{id}", work), work)

    def completed(self, offer: Offer, version: Version, work: Work | None = None) -> Version:
        """Return a version of an offer with what only its own address tells: prompts of pictures, whether it may be downloaded.

        Where the site does not have it there, it comes back as it is.
        """
        if not version.id or "usageControl" in version.raw:
            return version
        try:
            full = self._object(f"model-versions/{version.id}", work)
        except Refused as refusal:
            if refusal.code not in ("not_found", "gone"):
                raise
            return version
        return version_of(joined(version.raw, full), self.origin, {**offer.raw, "id": whole(offer.id)})

    def by_hash(self, hash: str, work: Work | None = None) -> Offer | None:
        """Return the model that a file with this hash of any sort belongs to, its version chosen; None when there is none.

        Of several versions with that file the site gives the oldest. Raises ValueError for what is no hash.
        """
        if not 8 <= len(hash) <= 64 or not set(hash.lower()) <= _HEX:
            raise ValueError(hash)
        try:
            raw = self._object(f"model-versions/by-hash/{hash.upper()}", work)
        except Refused as refusal:
            if refusal.code == "not_found":
                return None
            raise
        return self._around(raw, work)

    def by_hashes(self, hashes: Sequence[str], work: Work | None = None) -> dict[str, Version]:
        """Return sha256 (lower case) -> version for those of `hashes` (at most 100) that the site knows, by one request.

        The answer may hold nothing for a version (null), one version several times, and several for one hash: then it is the oldest
        of which it is the main file.
        Raises ValueError for more, or for what is no SHA-256.
        """
        wanted = dict.fromkeys(hash.lower() for hash in hashes)
        if len(wanted) > MOST_HASHES or not all(len(hash) == 64 and set(hash) <= _HEX for hash in wanted):
            raise ValueError("at most 100 hashes of 64 digits")
        if not wanted:
            return {}
        answer = self._web.post_json(f"{self.origin}/api/v1/model-versions/by-hash", list(wanted), work=work)
        if type(answer) is not list:
            raise _strange()
        versions = sorted((version_of(raw, self.origin) for raw in answer if type(raw) is dict), key=_age)
        found: dict[str, Version] = {}
        for is_primary in (True, False):  # a VAE may also be a mere part of another model's version
            for version in versions:
                for file in version.files if version.id else ():
                    if file.is_primary == is_primary and (hash := file.hashes.get("sha256", "")) in wanted:
                        found.setdefault(hash, version)
        return found

    def models(self, ids: Sequence[int], work: Work | None = None) -> dict[int, Offer]:
        """Return id -> model for those of `ids` (at most 100) that the site lists. Raises ValueError for more.

        What shows real people is never listed: ask for those one by one.
        """
        wanted = list(dict.fromkeys(id for id in ids if id > 0))
        if len(wanted) > MOST_IDS:
            raise ValueError("at most 100 models")
        if not wanted:
            return {}
        params = {"ids": ",".join(map(str, wanted)), "limit": MOST_IDS, "nsfw": "true"}
        answer = mapping(self._web.get_json(f"{self.origin}/api/v1/models", params, work=work))
        offers = [offer_of(raw, self.origin) for raw in items(answer.get("items"))]
        return {int(offer.id): offer for offer in offers if offer.id and int(offer.id) in wanted}

    def search(self, search: Search, cursor: str = "", work: Work | None = None) -> Page:
        """Return a part of what the site finds; it may be empty and yet not the last."""
        params: dict[str, object] = {"limit": PAGE_SIZE, "sort": search.sort, "period": search.period}
        params["nsfw"] = "true" if search.level & ~PG else "false"
        named = {"query": search.text.strip(), "tag": search.tag, "username": search.username, "cursor": cursor}
        params.update({name: value for name, value in named.items() if value})
        lists = {"types": list(search.types), "baseModels": list(search.base_models)}
        params.update({name: value for name, value in lists.items() if value})
        answer = self._web.get_json(f"{self.origin}/api/v1/models", params, work=work)
        if type(answer) is not dict:
            raise _strange()
        offers = (offer_of(raw, self.origin) for raw in items(answer.get("items")))
        shown = tuple(offer for offer in offers if offer.id and _may_be_shown(offer, search.level))
        following = _cursor(mapping(answer.get("metadata")))
        return Page(shown, following if following != cursor else "")

    def images(self, version_id: int, work: Work | None = None) -> tuple[Image, ...]:
        """Return pictures of a version, those of its page and of people who used it, of all levels."""
        params = {"modelVersionId": version_id, "limit": 100, "nsfw": "X", "withMeta": "true"}
        answer = mapping(self._falling_back(lambda origin: self._web.get_json(f"{origin}/api/v1/images", params, work=work)))
        return images_of(answer.get("items"))

    def image(self, image_id: int, work: Work | None = None) -> Offer | None:
        """Return the model a picture was made with, its version chosen; None when the site does not tell. Of several it is the first."""
        params = {"imageId": image_id, "limit": 1, "nsfw": "X"}
        answer = mapping(self._falling_back(lambda origin: self._web.get_json(f"{origin}/api/v1/images", params, work=work)))
        shown = next(iter(items(answer.get("items"))), None)
        for id in filter(None, map(whole, items(mapping(shown).get("modelVersionIds")))):
            try:
                return self.version(id, work)
            except Refused as refusal:
                if refusal.code not in ("not_found", "gone"):
                    raise
        return None

    def base_models(self, work: Work | None = None) -> list[str]:
        """Return the names of base models as the site writes them, those in use first."""
        answer = mapping(self._web.get_json(f"{self.origin}/api/v1/enums", work=work))
        names = [line(name) for key in ("ActiveBaseModel", "BaseModel") for name in items(answer.get(key))]
        return list(dict.fromkeys(filter(None, names)))

    def _around(self, raw: Mapping[str, Any], work: Work | None) -> Offer:
        id, model_id = whole(raw.get("id")), whole(raw.get("modelId"))
        alone = offer_around(raw, self.origin)
        if not model_id:
            return alone
        try:
            offer = self.model(model_id, id, work)
        except Refused as refusal:
            if refusal.code not in ("not_found", "gone"):
                raise
            return alone
        return offer if offer.chosen else _with_version(offer, alone)

    def _object(self, path: str, work: Work | None) -> dict[str, Any]:
        answer = self._falling_back(lambda origin: self._web.get_json(f"{origin}/api/v1/{path}", work=work))
        if type(answer) is not dict or not whole(answer.get("id")):
            raise _strange()
        return answer

    def _falling_back(self, ask: Callable[[str], T]) -> T:
        """Ask, and where the site that shows only what is safe has nothing, once the whole one."""
        try:
            return ask(self.origin)
        except Refused as refusal:
            if refusal.code != "not_found" or self.origin != REAL:
                raise
            return ask(WHOLE)


def _strange() -> NetworkFault:
    return NetworkFault(tr("Civitai gave an answer that makes no sense. It may be overloaded; try again later."), "not_json")


def _with_version(offer: Offer, alone: Offer) -> Offer:
    """A version that is not in its model's list is put before the others."""
    return replace(offer, versions=(*alone.versions, *offer.versions), chosen=alone.chosen)


def _age(version: Version) -> tuple[str, int]:
    return (version.published or "9", int(version.id or 0))


def _may_be_shown(offer: Offer, level: int) -> bool:
    if offer.level:
        return bool(offer.level & level)
    return not offer.is_adult or bool(level & ~SAFE)


def _cursor(metadata: Mapping[str, Any]) -> str:
    cursor = metadata.get("nextCursor")
    if type(cursor) in (str, int) and cursor:
        return str(cursor)
    page = metadata.get("nextPage")
    try:
        found = parse_qs(urlsplit(page).query).get("cursor", [""]) if type(page) is str else [""]
    except ValueError:
        return ""
    return found[0]

"""What a site told of one model file, and the values it gives to all dialects alike.

Made by downloads and by the task that fetches details; taken by writing. Plain values, no disk, no network. No address that goes into a
sidecar may hold a key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from model_manager.core.online.records import CIVITAI, SITE_NAMES, Offer, RemoteFile, Version
from model_manager.core.sidecars.layer import TEXT_LIMIT, groups, labels, line, mapping, text

# names of fields that let the holder of an address in: keys, and the signatures of storage (S3, Google, Azure, CloudFront)
_SECRET = re.compile(
    r"token|signature|secret|passw|credential|api_?key|auth(?!or(?!iz))|jwt|session|access_?(key|id)"
    r"|^(key|sig|pwd|policy|key-pair-id)$",
    re.IGNORECASE,
)
_NO_HOST = "https://undefined/"  # what the batch answer builds from a header that is misspelt
_HOST = "https://civitai.com/"
_ALGORITHMS = {"sha256": "SHA256", "autov1": "AutoV1", "autov2": "AutoV2", "autov3": "AutoV3", "crc32": "CRC32", "blake3": "BLAKE3"}
_CARD_HEAD = re.compile(r"---\r?\n(?s:.*?)\n---[ \t]*(?:\r?\n|\Z)")
_DEEPEST = 40
_OF_THE_MODEL = (
    *("name", "type", "nsfw", "poi", "mode", "description", "tags", "nsfwLevel", "minor", "sfwOnly"),
    *("allowNoCredit", "allowCommercialUse", "allowDerivatives", "allowDifferentLicense"),
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site told of one model file. file: which of the version's files it is, None when that is not known.

    time: when it was told, seconds since 1970.
    """

    site: str
    offer: Offer
    version: Version
    file: RemoteFile | None = None
    time: float = 0.0

    @property
    def is_civitai(self) -> bool:
        """True where ids are Civitai's."""
        return self.site == CIVITAI

    @property
    def website(self) -> str:
        """The site's name for people, "" for a plain address."""
        return SITE_NAMES.get(self.site, "")

    @property
    def page(self) -> str:
        """The page of exactly this version."""
        if self.is_civitai and self.model_id:
            return f"{_HOST}models/{self.model_id}" + (f"?modelVersionId={self.version_id}" if self.version_id else "")
        return public(self.version.page or self.offer.page)

    @property
    def model_id(self) -> int:
        """Civitai's model id, 0 for none."""
        return _number(self.offer.id or self.version.offer or self.version.raw.get("modelId")) if self.is_civitai else 0

    @property
    def version_id(self) -> int:
        """Civitai's version id, 0 for none."""
        return _number(self.version.id or self.version.raw.get("id")) if self.is_civitai else 0

    @property
    def about(self) -> str:
        """What the page says of the model: HTML on Civitai, else Markdown; the front matter of a card is for machines and left out."""
        found = self.offer.description
        if not self.is_civitai and (start := _CARD_HEAD.match(found)):
            found = found[start.end() :]
        return cut(found)

    @property
    def words(self) -> list[str]:
        """Trigger words, one entry per group, without stray commas."""
        return [words for group in self.version.trigger_words if (words := group.strip(" ,"))]

    def hashes(self, sha256: str = "") -> dict[str, str]:
        """Return the file's hashes in the field's spelling, upper case. sha256: as it was computed here; hashes of other bytes go."""
        told = dict(self.file.hashes) if self.file else {}
        if sha256 and told.get("sha256", sha256).lower() != sha256.lower():
            told = {}
        if sha256:
            told["sha256"] = sha256
        return {_ALGORITHMS[name]: value.upper() for name, value in sorted(told.items()) if name in _ALGORITHMS and value}

    def civitai_version(self) -> dict[str, Any]:
        """Return Civitai's version object with its model's description, tags and licence, and its creator: all there is, for offline."""
        raw = with_host(plain(self.version.raw))
        raw |= {key: value for key, value in (("id", self.version_id), ("modelId", self.model_id)) if value}
        raw.setdefault("name", self.version.name)
        raw.setdefault("baseModel", self.version.base_model)
        raw.setdefault("trainedWords", list(self.version.trigger_words))
        raw["description"] = cut(self.version.description) or raw.get("description")
        raw["model"] = self._model(raw.get("model"))
        if self.offer.author:
            raw["creator"] = plain(self.offer.raw.get("creator")) or {"username": self.offer.author}
        return raw

    def _model(self, told: object) -> dict[str, Any]:
        offer = plain(self.offer.raw)
        model = {key: offer[key] for key in _OF_THE_MODEL if offer.get(key) is not None}
        model |= told if isinstance(told, dict) else {}
        own = {"name": self.offer.name, "type": self.offer.type, "description": self.about, "tags": list(self.offer.tags)}
        model |= {key: value for key, value in own.items() if value}
        model.setdefault("nsfw", self.offer.is_adult)
        model.setdefault("poi", False)
        return {"name": "", "type": ""} | model


def _number(value: object) -> int:
    found = str(value)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 19 else 0


def cut(description: str) -> str:
    """Return a description at the length that sidecars hold."""
    return description[:TEXT_LIMIT]


def plain(value: Any, depth: int = 0) -> Any:
    """Return what a site sent as dicts, lists and values of JSON; anything else, and what is nested too deeply, becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry, depth + 1) for key, entry in value.items()} if depth < _DEEPEST else None
    if isinstance(value, list | tuple):
        return [plain(entry, depth + 1) for entry in value] if depth < _DEEPEST else None
    if isinstance(value, str):
        if len(value) > TEXT_LIMIT:  # a workflow of megabytes in a picture's data would make the sidecar too large to read
            return None
        return public(value) if value.startswith(("http://", "https://")) else value
    if isinstance(value, float):
        return value if value - value == 0 else None  # no NaN: other readers stop at it
    return value if value is None or isinstance(value, bool | int) else None


def public(url: str) -> str:
    """Return an address without what lets its holder in: keys in the query, a name and password before the host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(key, value) for key, value in asked if not _SECRET.search(key)]
    host = parts.netloc.rpartition("@")[2]
    if len(kept) == len(asked) and host == parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=host, query=urlencode(kept) if len(kept) != len(asked) else parts.query))


def with_host(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a version object whose download addresses have Civitai's host where the batch answer left it out."""
    for holder in (raw, *(file for file in raw.get("files") or () if isinstance(file, dict))):
        if isinstance(url := holder.get("downloadUrl"), str) and url.startswith(_NO_HOST):
            holder["downloadUrl"] = _HOST + url.removeprefix(_NO_HOST)
    return raw


def completed(fetched: Fetched, info: Mapping[str, Any]) -> Fetched:
    """Return a fetch whose gaps are filled from an earlier one of the same version. info: the values of it that are in `.info`."""
    version, offer, model = fetched.version, fetched.offer, mapping(info.get("model"))
    about = text(model.get("description"))
    last = text(info.get("description"))
    return replace(
        fetched,
        version=replace(
            version,
            base_model=version.base_model or line(info.get("base_model")),
            description=version.description or (last if last != (offer.description or about) else ""),
            trigger_words=version.trigger_words or groups(info.get("trigger_words")),
        ),
        offer=replace(
            offer,
            name=offer.name or line(model.get("name")),
            author=offer.author or line(info.get("author")),
            description=offer.description or about,
            tags=offer.tags or labels(info.get("tags")),
        ),
    )

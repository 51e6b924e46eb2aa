"""A model here and what it may be on Civitai: the records of matching, and the judgement whether the two are the same.

Used by matching and by the task that fetches details. It asks nobody; of a file it reads 64 KiB at most, or its header.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import AUTOV1, SHA256, autov1_of
from model_manager.core.hashes.embedded import embedded_hashes
from model_manager.core.hashes.told import fits
from model_manager.core.online.records import Offer, RemoteFile, Version

FOUND, ABSENT, DOUBTFUL = "found", "absent", "doubtful"  # doubtful: the hash must be made before anything can be said
_ROUNDING: Final = 512  # bytes; sizes are told in KiB, sometimes whole ones


@dataclass(frozen=True, slots=True)
class Local:
    """A model to be identified. sha256: "" goes by the link alone; is_sure: made from the file, or told with facts that agreed.

    autov3: to be asked, with those in its header, when the SHA-256 is not there; "" for not. model_id, version_id: what a sidecar links to.
    """

    path: str
    name: str
    size: int
    sha256: str = ""
    is_sure: bool = True
    autov3: str = ""
    model_id: int = 0
    version_id: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """What a model is. file: which of the version's files, None when only the page is known. how: sha256, autov3 or link."""

    state: str
    offer: Offer | None = None
    version: Version | None = None
    file: RemoteFile | None = None
    how: str = ""


NOWHERE, UNSURE = Match(ABSENT), Match(DOUBTFUL)


def other_hashes(model: Local) -> Iterator[str]:
    """Yield the hashes under which a model with another header may be known, the surest first."""
    if not model.autov3:
        return
    yield model.autov3
    yield from (hash for hash in embedded_hashes(model.path) if hash != model.autov3)


def link_of(model: Local) -> str:
    """Return under which name it is remembered that the link of this file led nowhere."""
    return f"link:{model.model_id}:{model.version_id}:{model.sha256 or model.path}"


def by_page(model: Local, offer: Offer | None, version: Version | None) -> Match:
    """Judge a page that a sidecar names. Without a version it must be clear which one: by a file of our size or name, or the only one."""
    if offer is None:
        return NOWHERE
    if version is None and not model.version_id:
        fitting = [one for one in offer.versions if _file_like(model, one)]
        fitting = fitting or [one for one in offer.versions if any(file.name == model.name for file in one.files)] or list(offer.versions)
        version = fitting[0] if len(fitting) == 1 else None
    return Match(FOUND, offer, version, _file_like(model, version), "link") if version is not None else NOWHERE


def _file_like(model: Local, version: Version) -> RemoteFile | None:
    """Return the version's file that can be ours: of our size, better of our name, too; never one whose hash is another."""
    fitting = [file for file in version.files if _has_size(model, file) and not _differs(model, file)]
    named = [file for file in fitting if file.name == model.name]
    return next(iter(named or fitting), None)


def _has_size(model: Local, file: RemoteFile) -> bool:
    return file.size > 0 and fits(model.size, file.size, 0 if file.is_size_exact else _ROUNDING)


def _differs(model: Local, file: RemoteFile) -> bool:
    told = file.hashes.get(SHA256, "")
    return bool(told and model.sha256 and model.is_sure and told != model.sha256)


def agrees(model: Local, file: RemoteFile | None) -> bool:
    """Whether a file that was found by a mere claim can be ours: its size, and its AutoV1 where that is told (64 KiB are read)."""
    if file is None or not _has_size(model, file):
        return False
    try:
        told = file.hashes.get(AUTOV1, "")
        return not told or autov1_of(model.path) in ("", told)
    except FileFault:
        return False

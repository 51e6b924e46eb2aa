"""What others say the SHA-256 of a file is: sidecars and Hugging Face's tables, believed only as far as their facts agree.

Called before a large file is hashed. Files below 8 MiB are not looked up here: reading them is as quick and always right. A sidecar may
have been copied from another version, so its size and its name (or AutoV1, 64 KiB of the file) must fit, else it is merely a guess.
"""

import os
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.hashes.compute import AUTOV1, AUTOV2, SHA256, Mark, autov1_of
from model_manager.core.sidecars.layer import hashes, items, line, mapping, whole
from model_manager.core.sidecars.reading import JSON_LIMIT, parse_object, read_bytes
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, CM_INFO, INFO, LORA_MANAGER, stem_of

LEAST: Final = 8 << 20  # bytes; below, reading the file is as quick as reading what is said of it
_DIGITS: Final = 64
_LEVELS: Final = 6  # folders above a file in which Hugging Face's table may lie
_TABLE: Final = (".cache", "huggingface", "download")
_TABLE_LIMIT: Final = 4096
_SLACK: Final = 1.0  # seconds; as huggingface/huggingface_hub:src/huggingface_hub/_local_folder.py allows


class Told(NamedTuple):
    """What somebody says of a file. is_sure: facts beyond the hash itself agreed. hashes: algorithm -> hex, sha256 among them."""

    hashes: dict[str, str]
    is_sure: bool


class _Entry(NamedTuple):
    hashes: dict[str, str]
    size: float  # bytes, 0 unknown
    tolerance: float
    name: str


def told_hashes(path: str, mark: Mark) -> Told | None:
    """Return what is said of the file at `path`, the surest first to be found; None when nobody says anything that can be true."""
    if mark.size < LEAST:
        return None
    guess: Told | None = None
    for told in (*_from_sidecars(path, mark), *_from_hugging_face(path, mark)):
        if told.is_sure:
            return told
        guess = guess or told
    return guess


def fits(size: int, told: float, tolerance: float = 0.0) -> bool:
    """Whether a file of `size` bytes can be the one of which `told` bytes are said; sites round kilobytes."""
    return abs(size - told) <= max(1.0, tolerance)


def _from_sidecars(path: str, mark: Mark) -> Iterator[Told]:
    stem = os.path.join(os.path.dirname(path), stem_of(os.path.basename(path)))
    for place in (stem + INFO, path + INFO, stem + CIVITAI_INFO, stem + LORA_MANAGER, stem + CM_INFO):
        try:
            data = parse_object(os.path.basename(place), read_bytes(place, JSON_LIMIT), any_encoding=True)
        except (OSError, ValueError, BadSidecar):
            continue
        yield from _judged(path, mark, list(_entries(data, place, mark)))


def _entries(data: dict[str, Any], place: str, mark: Mark) -> Iterator[_Entry]:
    if place.endswith(LORA_MANAGER):
        yield from _lora_manager(data, place, mark)
        data = mapping(data.get("civitai"))
    elif place.endswith(CM_INFO):
        yield _Entry(hashes(data.get("Hashes")), 0, 0, "")
    for file in items(data.get("files")):
        if type(file) is dict:
            yield _Entry(hashes(file.get("hashes")), *_size_of(file), line(file.get("name")))


def _lora_manager(data: dict[str, Any], place: str, mark: Mark) -> Iterator[_Entry]:
    """Lora Manager hashes files itself; what it says is of this file unless that was replaced afterwards."""
    try:
        is_later = os.stat(place).st_mtime_ns >= mark.mtime_ns
    except OSError:
        return
    if data.get("hash_status", "completed") == "completed" and is_later:
        yield _Entry(hashes({SHA256: data.get("sha256")}), whole(data.get("size")), 0, line(data.get("file_name")))


def _size_of(file: dict[str, Any]) -> tuple[float, float]:
    """Return bytes and how far off they may be: `sizeKB` is bytes / 1024, sometimes rounded to whole ones."""
    size = file.get("sizeKB")
    if not isinstance(size, int | float) or not 0 < size < 1e12:
        return 0, 0
    return size * 1024, 512 if size == int(size) else 1


def _judged(path: str, mark: Mark, entries: list[_Entry]) -> Iterator[Told]:
    for entry in entries:
        found = entry.hashes
        if len(found.get(SHA256, "")) != _DIGITS or (entry.size and not fits(mark.size, entry.size, entry.tolerance)):
            continue
        says = found.get(AUTOV1, "")
        if says and says != _autov1(path):
            continue
        name = os.path.basename(path)
        is_named = entry.name in (name, stem_of(name))
        known = {key: found[key] for key in (SHA256, AUTOV1) if key in found} | {AUTOV2: found[SHA256][:10]}
        yield Told(known, bool(entry.size) and (bool(says) or is_named))


def _autov1(path: str) -> str:
    try:
        return autov1_of(path)
    except FileFault:
        return ""


def _from_hugging_face(path: str, mark: Mark) -> Iterator[Told]:
    """The table that its library leaves beside a downloaded folder, and its cache, where files are named by their hash.

    (huggingface/huggingface_hub:src/huggingface_hub/_local_folder.py, file_download.py)
    """
    top, below = os.path.split(path)
    for _ in range(_LEVELS):
        tag = _tag(os.path.join(top, *_TABLE, below + ".metadata"), mark)
        if tag:
            yield Told({SHA256: tag, AUTOV2: tag[:10]}, True)
            return
        top, name = os.path.split(top)
        below = os.path.join(name, below)
    folder, name = os.path.split(os.path.realpath(path))
    if os.path.basename(folder) == "blobs" and _is_sha256(name):
        yield Told({SHA256: name, AUTOV2: name[:10]}, False)


def _tag(table: str, mark: Mark) -> str:
    """Return the SHA-256 in a table's second line, "" when it speaks of an older file (by the time in the third) or of a small one."""
    try:
        _, tag, when = read_bytes(table, _TABLE_LIMIT).decode("ascii").split("\n")[:3]
        is_of_this_file = mark.mtime_ns / 1e9 - _SLACK <= float(when)
    except (OSError, ValueError, BadSidecar):
        return ""
    return tag.strip() if is_of_this_file and _is_sha256(tag.strip()) else ""


def _is_sha256(text: str) -> bool:
    return len(text) == _DIGITS and not text.strip("0123456789abcdef")

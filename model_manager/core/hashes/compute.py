"""All hashes of one file in one pass, as Civitai defines them.

Called by the hash task and by whoever must be sure of a file. It only reads, in blocks, so that a file of 20 GB can be stopped at any
moment; it must never be called on the way of a scan.
"""

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from hashlib import sha256 as new_sha256
from typing import Any, Final, NamedTuple
from zlib import crc32

from model_manager.core.errors import FileFault
from model_manager.core.formats.safetensors import header_length, looks_like
from model_manager.core.hashes.gentle import gentle_reads
from model_manager.core.library.walk import LATEST, mtime_of
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr
from model_manager.core.work import Work

SHA256, AUTOV1, AUTOV2, AUTOV3, BLAKE3, CRC32 = "sha256", "autov1", "autov2", "autov3", "blake3", "crc32"
ALL: Final = frozenset((SHA256, AUTOV1, AUTOV2, AUTOV3, BLAKE3, CRC32))
CHEAP: Final = frozenset((SHA256, AUTOV1, AUTOV2))  # one digest; each of the others costs seconds on a file of 20 GB
NOTHING: Final = "e3b0c442"  # how the SHA-256 of no bytes begins; trainers wrote it into many files (ostris/ai-toolkit#130)

_BLOCK: Final = 4 << 20
_AUTOV1_START, _AUTOV1_SIZE, _AUTOV1_LEAST = 1 << 20, 1 << 16, 2 << 20  # civitai/model-scanner:orchestrator/ModelScanner/Tasks/HashTask.cs
_HUGE: Final = 1 << 30  # from here on a file would push all else out of the system's memory of files
_FORGET: Final = 64 << 20
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Mark(NamedTuple):
    """What must be the same for a hash to hold. device and inode are 0 where the system does not tell."""

    size: int
    mtime_ns: int
    device: int
    inode: int


def mark_of(path: str) -> Mark:
    """Return the mark of a file now, links followed. Raises FileFault."""
    try:
        return _mark(os.stat(long_path(path)))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _mark(about: os.stat_result) -> Mark:
    return Mark(about.st_size, mtime_of(about), about.st_dev & LATEST, about.st_ino & LATEST)


def _unreadable(path: str, error: OSError | ValueError) -> FileFault:
    reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
    return FileFault(tr("{path} could not be read: {reason}.", path=path, reason=reason))


def compute(path: str, work: Work, wanted: Collection[str] = ALL, told: Callable[[int], None] | None = None) -> tuple[Mark, dict[str, str]]:
    """Return the mark of a file and algorithm -> hex, all lower case; what a file has not is left out.

    sha256, blake3: of the whole file. autov2: the first 10 digits of sha256. autov1: 64 KiB at 1 MiB, of files from 2 MiB on. autov3:
    what follows the header of a safetensors file, 12 digits. crc32: with its bytes reversed, as Civitai tells it (civitai/
    model-scanner:orchestrator/ModelScannerTests/HashTaskTests.cs). `told(bytes)` hears how far it is, once a block.
    Raises FileFault when it cannot be read or is written to meanwhile, Cancelled.
    """
    try:
        handle = os.open(long_path(path), _FLAGS)
        try:
            with gentle_reads(handle):
                return _compute(path, handle, work, wanted, told)
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _compute(
    path: str, handle: int, work: Work, wanted: Collection[str], told: Callable[[int], None] | None
) -> tuple[Mark, dict[str, str]]:
    mark = _mark(os.fstat(handle))
    digests = _Digests(mark.size, wanted)
    buffer = memoryview(bytearray(min(_BLOCK, max(mark.size, 1))))
    forgotten = done = 0
    with open(handle, "rb", buffering=0, closefd=False) as file:
        while done <= mark.size and (count := file.readinto(buffer)):  # it may grow for ever
            work.check()
            digests.add(buffer[:count], done)
            done += count
            if told is not None:
                told(done)
            if mark.size >= _HUGE and done - forgotten >= _FORGET:
                forgotten = _forget(handle, forgotten, done)
    if _mark(os.fstat(handle)) != mark or done != mark.size:
        raise FileFault(tr("{path} was changed while it was read. Try again when nothing writes to it.", path=path))
    return mark, digests.found()


def _forget(handle: int, start: int, end: int) -> int:
    """Tell the system that it need not keep this part in memory; returns `end`."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.posix_fadvise(handle, start, end - start, os.POSIX_FADV_DONTNEED)
    return end


def autov1_of(path: str) -> str:
    """Return the AutoV1 of a file, "" below 2 MiB: 64 KiB are read. Raises FileFault."""
    try:
        handle = os.open(long_path(path), _FLAGS)
        with open(handle, "rb", buffering=0) as file:
            if os.fstat(handle).st_size < _AUTOV1_LEAST:
                return ""
            file.seek(_AUTOV1_START)
            return new_sha256(file.read(_AUTOV1_SIZE)).hexdigest()[:8]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


class _Digests:
    """The digests of one file under way."""

    def __init__(self, size: int, wanted: Collection[str]) -> None:
        self._size, self._wanted = size, wanted
        self._whole = new_sha256()
        self._part = new_sha256() if AUTOV1 in wanted and size >= _AUTOV1_LEAST else None
        self._body: Any = None
        self._body_start = 0
        self._blake3: Any = None
        self._crc = 0
        if BLAKE3 in wanted:
            from blake3 import blake3  # not needed to start the program

            self._blake3 = blake3()

    def add(self, block: memoryview, place: int) -> None:
        """Take in the next block, which lies at `place` in the file."""
        if place == 0 and AUTOV3 in self._wanted and looks_like(bytes(block[:64]), self._size):
            self._body, self._body_start = new_sha256(), 8 + header_length(bytes(block[:8]))
        self._whole.update(block)
        if self._body is not None and place + len(block) > self._body_start:
            self._body.update(block[max(0, self._body_start - place) :])
        if self._part is not None:
            start, end = max(0, _AUTOV1_START - place), min(len(block), _AUTOV1_START + _AUTOV1_SIZE - place)
            if start < end:
                self._part.update(block[start:end])
        if self._blake3 is not None:
            self._blake3.update(block)
        if CRC32 in self._wanted:
            self._crc = crc32(block, self._crc)

    def found(self) -> dict[str, str]:
        """Return the hashes that were wanted and that the file has."""
        whole = self._whole.hexdigest()
        found = {SHA256: whole, AUTOV2: whole[:10]}
        if self._part is not None:
            found[AUTOV1] = self._part.hexdigest()[:8]
        if self._body is not None and self._body_start < self._size:
            found[AUTOV3] = self._body.hexdigest()[:12]
        if self._blake3 is not None:
            found[BLAKE3] = self._blake3.hexdigest()
        found[CRC32] = self._crc.to_bytes(4, "little").hex()
        return {name: value for name, value in found.items() if name in self._wanted}

"""Copies one file so that what arrives is proven to be what was there: a partial beside the target, hashed, flushed, read again.

Called by carry. It writes only the partial it is given, which must not exist; the name's last step is the caller's.
"""

import contextlib
import os
import secrets
import sys
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path
from model_manager.core.words import tr
from model_manager.core.work import Work

STEP: Final = 4 << 20
FLUSH_EVERY: Final = 128 << 20  # so that stopping never waits long for the disk
PARTIAL_START, PARTIAL_END = ".mm-", ".part"
_O_BINARY: Final = getattr(os, "O_BINARY", 0)


def partial_name() -> str:
    """Return a name for a partial that nobody else will choose and no scan lists."""
    return f"{PARTIAL_START}{secrets.token_hex(12)}{PARTIAL_END}"


def copy_verified(source: str, partial: str, work: Work, told: Callable[[int], None]) -> os.stat_result:
    """Copy `source` to the new file `partial`, then read that and compare; returns what the system said of the source.

    `told(bytes)` is called for each step written and each step verified, twice the size in all. Raises Cancelled, OSError, or
    FileFault when the source changed meanwhile or the drive gave back other bytes. The partial is the caller's to remove.
    """
    with open(long_path(source), "rb", buffering=0) as reader:
        before = os.fstat(reader.fileno())
        handle = os.open(long_path(partial), os.O_WRONLY | os.O_CREAT | os.O_EXCL | _O_BINARY, 0o666)
        with open(handle, "wb", buffering=0) as writer:
            digest, size = _pour(reader.fileno(), writer.fileno(), work, told)
            os.fsync(writer.fileno())
        after = os.fstat(reader.fileno())
    if size != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FileFault(tr("It changed while it was copied. Try again when nothing writes to it."))
    if _digest(partial, work, told) != digest:
        raise FileFault(tr("The drive gave back other bytes than were written. Check the drive."))
    os.utime(long_path(partial), ns=(before.st_atime_ns, before.st_mtime_ns))
    return before


def _pour(reader: int, writer: int, work: Work, told: Callable[[int], None]) -> tuple[bytes, int]:
    digest, size, flushed = blake2b(), 0, 0
    while piece := os.read(reader, STEP):
        work.check()
        digest.update(piece)
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(writer, rest) :]
        size += len(piece)
        if size - flushed >= FLUSH_EVERY:
            os.fsync(writer)
            flushed = size
        told(len(piece))
    return digest.digest(), size


def _digest(path: str, work: Work, told: Callable[[int], None]) -> bytes:
    digest = blake2b()
    with open(long_path(path), "rb", buffering=0) as file:
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # read from the drive, not from what the system remembers of the writing
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(STEP):
            work.check()
            digest.update(piece)
            told(len(piece))
    return digest.digest()

"""Digests of the tensors of one file, so that files with other metadata, order or alignment can be told to hold the same weights.

Called by finding in its worker. First `look`, which reads the header and a few samples, then, only for files that agree in both, `digest`,
which reads all bytes. It only reads, and keeps no more than a block in memory.
"""

import io
import os
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, NamedTuple

from model_manager.core.errors import BadFormat, FileFault
from model_manager.core.formats.layout import MARK_SIZE, Layout, Span, layout_of
from model_manager.core.hashes.compute import Mark, mark_of
from model_manager.core.hashes.gentle import gentle_reads
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr
from model_manager.core.work import Work

_BLOCK: Final = 4 << 20
_PIECE: Final = 4096
_PIECES: Final = 8
NOTHING: Final = b""  # a file whose weights cannot be compared: damaged, without tensors, with tensors of no bytes


class Looked(NamedTuple):
    """The header of a file in two marks, both NOTHING when its weights cannot be compared. table: of names, types and shapes; sample: of
    some of the bytes. read: bytes that were read."""  # fmt: skip

    table: bytes
    sample: bytes
    read: int = 0


def look(path: str) -> Looked:
    """Look at the header of a file and at a few pieces of its largest tensors. Raises FileFault."""
    try:
        with io.FileIO(long_path(path)) as file:
            layout = _layout(file)
            if layout is None:
                return Looked(NOTHING, NOTHING)
            table = layout.table
            digest, read = blake2b(digest_size=MARK_SIZE), layout.start
            for span in sorted(table.spans, key=lambda span: (span.begin - span.end, span.name))[:_PIECES]:
                length = min(_PIECE, span.end - span.begin)
                file.seek(layout.start + span.begin + (span.end - span.begin - length) // 2)
                digest.update(file.read(length))
                read += length
            return Looked(table.mark, digest.digest(), read)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def digest(path: str, work: Work, told: Callable[[int], None]) -> tuple[Mark, bytes]:
    """Return the mark of a file and a digest of all its tensors in order of name, NOTHING when they cannot be compared.

    `told(bytes)` hears how far it is. Raises FileFault when it cannot be read or is written to meanwhile, Cancelled.
    """
    try:
        before = mark_of(path)
        with io.FileIO(long_path(path)) as file, gentle_reads(file.fileno()):
            found = _digest(file, work, told)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if mark_of(path) != before:
        raise FileFault(tr("{path} was changed while it was read. Try again when nothing writes to it.", path=path))
    return before, found


def _layout(file: io.FileIO) -> Layout | None:
    """The layout of a file whose weights can be compared."""
    try:
        layout = layout_of(file, os.fstat(file.fileno()).st_size)
    except BadFormat:
        return None
    return None if layout is None or layout.table.has_hollow else layout


def _digest(file: io.FileIO, work: Work, told: Callable[[int], None]) -> bytes:
    layout = _layout(file)
    if layout is None:
        return NOTHING
    digests: dict[str, bytes] = {}
    done = 0
    reader = io.BufferedReader(file, 1 << 20)
    try:
        for span in sorted(layout.table.spans, key=lambda span: span.begin):  # as they lie, which is how drives read fastest
            digests[span.name] = _tensor(reader, layout.start, span, work)
            done += span.end - span.begin
            told(done)
    finally:
        reader.detach()
    whole = blake2b(layout.table.mark, digest_size=MARK_SIZE)
    for span in layout.table.spans:
        whole.update(digests[span.name])
    return whole.digest()


def _tensor(reader: "io.BufferedReader[io.FileIO]", start: int, span: Span, work: Work) -> bytes:
    from blake3 import blake3  # not needed to start the program

    found = blake3()
    reader.seek(start + span.begin)
    left = span.end - span.begin
    while left:
        work.check()
        block = reader.read(min(_BLOCK, left))
        if not block:
            raise OSError(0, tr("it ends before its header says"))
        found.update(block)
        left -= len(block)
    return bytes(found.digest())


def _unreadable(path: str, error: OSError | ValueError) -> FileFault:
    reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
    return FileFault(tr("{path} could not be read: {reason}.", path=path, reason=reason))

"""The table of contents of zip archives, and single entries out of them.

Called by pickles.py and by whoever checks a pickle; opening an archive of a thousand entries through `zipfile` takes longer than a
whole scan may. It believes no size it is told, and unpacks no more than `LARGEST` bytes of an entry.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from model_manager.core.formats.contents import Damage, broken_header
from model_manager.core.words import tr

ZIP_MAGIC: Final = b"PK\x03\x04"
END: Final = b"PK\x05\x06"
LARGEST: Final = 64 << 20
MOST_ENTRIES: Final = 100_000
_LONGEST_COMMENT: Final = 65_535 + 22
_LOCATOR: Final = 20  # bytes; this and the record: APPNOTE.TXT of PKWARE, 4.3.14 and 4.3.15
_LONG_RECORD: Final = 56
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a zip archive: how it is packed, sizes, offset of its own header."""

    name: bytes
    method: int
    packed: int
    size: int
    offset: int


def cut_off() -> Damage:
    """Return the damage of a file that ends too early."""
    return Damage("truncated", tr("The file ends in the middle of its contents. The download was cut off: download it again."))


def directory(file: BinaryIO, size: int) -> tuple[bytes, int]:
    """Return the central directory and the offset all others count from; raises Damage when the end of the archive is missing."""
    tail_size = min(size, _LONGEST_COMMENT)
    tail = _read(file, size - min(size, 4096), min(size, 4096))
    if tail.rfind(END) < 0:
        tail = _read(file, size - tail_size, tail_size)
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < 22:
        raise cut_off()
    length, offset = struct.unpack_from("<LL", tail, place + 12)
    end = size - len(tail) + place
    locator = _read(file, max(0, end - _LOCATOR), _LOCATOR)
    if locator.startswith(b"PK\x06\x07"):
        length, offset, end = _zip64(file, end, struct.unpack_from("<Q", locator, 8)[0], (length, offset))
    elif 0xFFFFFFFF in (length, offset):
        raise _senseless()
    start = end - length - offset
    if length > min(end, LARGEST) or start < 0:
        raise _senseless()
    return _read(file, end - length, length), start


def _senseless() -> Damage:
    return broken_header(tr("The table of contents of this archive makes no sense."))


def _zip64(file: BinaryIO, end: int, told: int, short: tuple[int, int]) -> tuple[int, int, int]:
    """Return length, offset and end of a directory that has a long record, too.

    PyTorch writes one into every archive, however small, and says the same in the short one, or 0xFFFFFFFF where that has no room.
    told: where the long record shall be, counted from the archive's beginning; short: length and offset in the short one.
    """
    place = next((at for at in (end - _LOCATOR - _LONG_RECORD, told) if 0 <= at < end and _read(file, at, 4) == b"PK\x06\x06"), None)
    record = _read(file, place, _LONG_RECORD) if place is not None else b""
    if place is None or len(record) < _LONG_RECORD:
        raise _senseless()
    length, offset = struct.unpack_from("<QQ", record, 40)
    if told + (place - length - offset) != place or any(
        one not in (0xFFFFFFFF, other) for one, other in zip(short, (length, offset), strict=True)
    ):
        raise _senseless()
    return length, offset, place


def members(directory: bytes) -> Iterator[Member]:
    """Yield the entries of a central directory, at most `MOST_ENTRIES`; raises Damage when it makes no sense."""
    place = 0
    for _ in range(MOST_ENTRIES):
        if len(directory) - place < _ENTRY.size:
            return
        row = _ENTRY.unpack_from(directory, place)
        if row[0] != b"PK\x01\x02":
            raise _senseless()
        name_end = place + _ENTRY.size + row[10]
        extra = directory[name_end : name_end + row[11]]
        packed, size, offset = _long_sizes(extra, row[8], row[9], row[16])
        yield Member(directory[place + _ENTRY.size : name_end], row[4], packed, size, offset)
        place = name_end + row[11] + row[12]


def _long_sizes(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    """Return sizes and offset with those taken from the zip64 field that do not fit into four bytes."""
    at = 0
    while len(extra) - at >= 4:
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            words = iter(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            size = next(words, size) if size == 0xFFFFFFFF else size
            packed = next(words, packed) if packed == 0xFFFFFFFF else packed
            offset = next(words, offset) if offset == 0xFFFFFFFF else offset
        at += 4 + length
    return packed, size, offset


def content(file: BinaryIO, member: Member, start: int, size: int) -> bytes | None:
    """Return an entry's bytes, None when it is larger than we care to read; raises Damage when it is not where it should be."""
    if member.size > LARGEST or member.packed > LARGEST or member.method not in (0, 8):
        return None
    head = _read(file, start + member.offset, 30) if start + member.offset < size else b""
    if len(head) < 30 or not head.startswith(ZIP_MAGIC):
        raise broken_header(tr("The table of contents of this archive points to nothing."))
    name, extra = struct.unpack_from("<HH", head, 26)
    data = _read(file, start + member.offset + 30 + name + extra, member.packed)
    if len(data) < member.packed:
        raise cut_off()
    if member.method == 0:
        return data
    try:
        return zlib.decompressobj(-15).decompress(data, LARGEST)
    except zlib.error:
        raise broken_header(tr("A part of this archive cannot be unpacked.")) from None


def _read(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)

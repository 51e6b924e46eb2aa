"""Finds all pickles in a file, whatever it is packed in: zip archives and archives in them, torch's older row of pickles, tar, plain.

Called by grading. It believes no size and no name: what an archive hides between its entries, packs twice or calls otherwise is told as
a doubt. Memory and time are bounded by `LARGEST` a pickle and `MOST_BYTES` a file.
"""

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final

from model_manager.core.formats.archive import END, LARGEST, MOST_ENTRIES, ZIP_MAGIC, Member, content, directory, members
from model_manager.core.formats.contents import Damage
from model_manager.core.formats.safetensors import looks_like
from model_manager.core.words import tr

MOST_BYTES: Final = 256 << 20
_PEEK: Final = 64
_LOOK: Final = 1 << 16
_STEPS: Final = (1 << 18, 8 << 20, LARGEST)
_GAP: Final = 24  # bytes of a data descriptor behind an entry
_TAIL: Final = 1 << 16
_DEEPEST: Final = 3
_BLOCK: Final = 512
_PICKLES: Final = (b".pkl", b".pickle", b".joblib", b".dat", b".data")
_SURE: Final = _PICKLES[:2]
_CODE: Final = (b".py", b".pyc", b".so", b".pyd", b".dll", b".dylib", b".exe", b".bat", b".cmd", b".sh", b".ps1")
_PACKED: Final = (
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"Rar!\x1a\x07",
    b"\x04\x22\x4d\x18",
)
_NUMPY: Final = b"\x93NUMPY"
_STARTS: Final = frozenset(b"\x80(c]}N")

Take = Callable[[bytes, int, bool], bool]
"""Gets the bytes that may begin with a pickle, how sure that is (one of the three below), and whether they are all there is; returns
False when it wants more."""
NUMBERS, PERHAPS, SURELY = range(3)
"""Most likely numbers that look like a pickle; whatever a file with such an ending holds; named and loaded as a pickle."""


class Streams:
    """One look through one file. `doubts`: what makes it suspicious; `gaps`: why it could not be looked through."""

    def __init__(self, file: BinaryIO, size: int, take: Take) -> None:
        self._file, self._size, self._take = file, size, take
        self._room = MOST_BYTES
        self.doubts: dict[str, None] = {}
        self.gaps: dict[str, None] = {}

    def look(self) -> None:
        """Give every pickle to `take`. Raises OSError."""
        head = self._read(0, _BLOCK)
        tail = self._read(max(0, self._size - _TAIL), _TAIL)
        if head.startswith(ZIP_MAGIC) or END in tail:
            self._zip(self._file, self._size, 0)
        if not head.startswith(ZIP_MAGIC):
            self._bare(head)

    def _bare(self, head: bytes) -> None:
        if _is_tar(head):
            self._tar()
        elif head.startswith(_PACKED):
            self._gap(tr("It is packed in a way that is not unpacked here."))
        else:
            is_table = head[:1] == b"\x80" and looks_like(head, self._size)  # the length of a header, which looks like the mark of a pickle
            for step in _STEPS:
                if self._take(
                    self._read(0, min(step, self._size)), NUMBERS if is_table else PERHAPS, self._size <= step or step == LARGEST
                ):
                    return

    def _read(self, place: int, count: int) -> bytes:
        self._file.seek(place)
        return self._file.read(count)

    def _spend(self, place: int, count: int) -> bytes:
        """Read for checking, as far as there is room; how much of a file can be a pickle is for `take` to say."""
        count = max(0, min(count, LARGEST, self._room))
        self._room -= count
        return self._read(place, count)

    def _gap(self, text: str) -> None:
        self.gaps[text] = None

    def _doubt(self, text: str) -> None:
        self.doubts[text] = None

    # zip

    def _zip(self, file: BinaryIO, size: int, depth: int) -> None:
        if depth > _DEEPEST:
            self._gap(tr("It holds archives in archives, too many to unpack."))
            return
        try:
            table, start = directory(file, size)
            entries = list(members(table))
        except Damage:
            self._gap(tr("Its archive is damaged, and other programs may find more in it."))
            return
        if start:
            self._doubt(tr("Something stands before its archive, so that programs disagree on what is in it."))
            self._before(file, start, depth)
        if _count_ends(file, size) != 1:
            self._doubt(tr("Its archive has several tables of contents, so that programs disagree on what is in it."))
        if len(entries) >= MOST_ENTRIES or b"".join(entry.name for entry in entries).count(b"\0"):
            self._gap(tr("The names in its archive are not possible."))
        self._entries(file, size, start, entries, depth)
        self._hidden(file, start, entries, size - len(table))

    def _before(self, file: BinaryIO, start: int, depth: int) -> None:
        file.seek(0)
        data = file.read(min(start, LARGEST, self._room))
        self._room -= len(data)
        if data.startswith(ZIP_MAGIC):
            self._zip(io.BytesIO(data), len(data), depth + 1)
        elif depth:
            self._take(data, PERHAPS, True)

    def _entries(self, file: BinaryIO, size: int, start: int, entries: list[Member], depth: int) -> None:
        seen: set[bytes] = set()
        for entry in entries:
            low = entry.name.lower()
            if low in seen:
                self._doubt(tr("Two entries of its archive have one name."))
            seen.add(low)
            if low.endswith(_CODE):
                text = (
                    tr("Its archive holds programs.") if b"/code/" not in low else tr("It holds a TorchScript program, not only weights.")
                )
                self._doubt(text)
            self._entry(file, size, start, entry, depth)

    def _entry(self, file: BinaryIO, size: int, start: int, entry: Member, depth: int) -> None:
        local = _local(file, size, start, entry)
        if len(local) < 30 or not local.startswith(ZIP_MAGIC):
            self._gap(tr("Its archive is damaged, and other programs may find more in it."))
            return
        name_size, extra_size = int.from_bytes(local[26:28], "little"), int.from_bytes(local[28:30], "little")
        self._compare(local, file.read(name_size), entry)
        begin = start + entry.offset + 30 + name_size + extra_size
        file.seek(begin)
        packed = file.read(min(_PEEK, max(entry.size, entry.packed)))
        first = packed if entry.method == 0 else _inflated(packed, _PEEK)
        low = entry.name.lower()
        if first.startswith((ZIP_MAGIC, *_PACKED)):
            self._nested(file, size, start, entry, first, depth)
        elif low.endswith(_PICKLES):
            self._whole(file, size, start, entry, SURELY if low.endswith(_SURE) else PERHAPS)
        elif first.startswith(_NUMPY):
            if b"O" in _numpy_type(first):
                self._gap(tr("It holds arrays of objects, which are not looked into."))
        elif first[:1] and first[0] in _STARTS:
            is_framed = first[0] == 0x80 and first[1:2] in (b"\4", b"\5") and first[2:3] == b"\x95"
            self._whole(file, size, start, entry, PERHAPS if is_framed else NUMBERS)

    def _compare(self, local: bytes, local_name: bytes, entry: Member) -> None:
        """An entry says twice what it is; programs believe the one or the other."""
        flags, method = int.from_bytes(local[6:8], "little"), int.from_bytes(local[8:10], "little")
        packed, size = int.from_bytes(local[18:22], "little"), int.from_bytes(local[22:26], "little")
        is_later = bool(flags & 8) or 0xFFFFFFFF in (packed, size)
        is_other = not is_later and (packed, size) != (entry.packed, entry.size)
        if local_name != entry.name or method != entry.method or is_other or (entry.method == 0 and entry.packed != entry.size):
            self._doubt(tr("Entries of its archive contradict its table of contents, so that programs disagree on what is in it."))
        if flags & 1:
            self._gap(tr("Its archive is locked with a password."))

    def _whole(self, file: BinaryIO, size: int, start: int, entry: Member, sureness: int) -> None:
        if sureness == NUMBERS:
            self._take(self._beginning(file, start, entry, min(_LOOK, max(entry.size, entry.packed))), NUMBERS, True)
            return
        if max(entry.size, entry.packed) > min(LARGEST, self._room):
            self._gap(tr("A part of it is too large to check."))
            self._take(self._beginning(file, start, entry, _LOOK), sureness, True)
            return
        data = self._content(file, size, start, entry)
        if data is None:
            self._gap(tr("Its archive is damaged, and other programs may find more in it."))
            data = self._beginning(file, start, entry, _LOOK)
        if len(data) >= LARGEST or (entry.method and len(data) != entry.size):
            self._doubt(tr("Entries of its archive contradict its table of contents, so that programs disagree on what is in it."))
        self._room -= len(data)
        self._take(data, sureness, True)

    @staticmethod
    def _content(file: BinaryIO, size: int, start: int, entry: Member) -> bytes | None:
        """The bytes of an entry, by the larger of the sizes it is said to have; None when it cannot be unpacked."""
        packed = max(entry.packed, entry.size) if entry.method == 0 else entry.packed
        try:
            return content(file, Member(entry.name, entry.method, packed, 0, entry.offset), start, size)
        except Damage:
            return None

    def _beginning(self, file: BinaryIO, start: int, entry: Member, limit: int) -> bytes:
        file.seek(start + entry.offset)
        local = file.read(30)
        skipped = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
        file.seek(start + entry.offset + 30 + skipped)
        limit = max(0, min(limit, self._room))
        self._room -= limit
        packed = file.read(limit)
        return packed if entry.method == 0 else _inflated(packed, limit)

    def _nested(self, file: BinaryIO, size: int, start: int, entry: Member, first: bytes, depth: int) -> None:
        if not first.startswith(ZIP_MAGIC):
            self._gap(tr("It is packed in a way that is not unpacked here."))
            return
        data = self._content(file, size, start, entry) if max(entry.packed, entry.size) <= min(LARGEST, self._room) else None
        if data is None:
            self._gap(tr("A part of it is too large to check."))
            return
        self._room -= len(data)
        self._zip(io.BytesIO(data), len(data), depth + 1)

    def _hidden(self, file: BinaryIO, start: int, entries: list[Member], end: int) -> None:
        """Look between the entries: what no table of contents names may be found by another program, and entries must not overlap."""
        place = 0
        for entry in sorted(entries, key=lambda one: one.offset):
            if entry.offset < place:
                self._doubt(tr("Entries of its archive lie over each other."))
            elif entry.offset - place > _GAP:
                self._doubt(tr("Its archive has bytes that belong to no entry."))
            local = _local(file, end, start, entry)
            place = entry.offset + 30 + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little") + entry.packed
        if start + place > end:
            self._doubt(tr("Entries of its archive lie over each other."))

    # tar

    def _tar(self) -> None:
        """Look into an archive of PyTorch's first years; its storages stand between pickles and are not followed."""
        self._doubt(tr("It is in a very old layout, which cannot be looked through to the end."))
        place = 0
        for _ in range(1000):
            head = self._read(place, _BLOCK)
            if len(head) < _BLOCK or not head.strip(b"\0"):
                return
            length = _octal(head[124:136])
            if length is None:
                break
            self._take(self._spend(place + _BLOCK, length), PERHAPS, True)
            place += _BLOCK + -(-length // _BLOCK) * _BLOCK
        self._gap(tr("Its archive is damaged, and other programs may find more in it."))


def _local(file: BinaryIO, size: int, start: int, entry: Member) -> bytes:
    """The head that stands before an entry, shorter than 30 bytes where it is not in the file."""
    if not 0 <= start + entry.offset < size:
        return b""
    file.seek(start + entry.offset)
    return file.read(30)


def _count_ends(file: BinaryIO, size: int) -> int:
    """How many tables of contents a reader may believe in: those whose comment ends with the file."""
    file.seek(max(0, size - _TAIL - 22))
    tail = file.read()
    count, place = 0, tail.find(END)
    while place >= 0:
        count += place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)
        place = tail.find(END, place + 1)
    return count


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj(-15).decompress(packed, most)
    except zlib.error:
        return b""


def _numpy_type(first: bytes) -> bytes:
    """The part of numpy's header that names the type; the whole beginning where it is not found."""
    _, sign, rest = first.partition(b"'descr'")
    return rest.partition(b",")[0] if sign else first


def _is_tar(head: bytes) -> bool:
    """Say whether a block is the head of a tar archive, as Python's reader finds out: by its sum."""
    if len(head) < _BLOCK:
        return False
    told = _octal(head[148:156])
    return told is not None and told > 0 and told == 256 + sum(head[:148]) + sum(head[156:])


def _octal(field: bytes) -> int | None:
    """A number in a tar header; None for what is none."""
    text = field.strip(b"\0 ")
    return int(text, 8) if text and all(0x30 <= sign < 0x38 for sign in text) else None

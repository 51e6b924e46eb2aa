"""Where the raw numbers of a PyTorch file lie, and the bytes of a tensor in order, a few megabytes at a time.

Called by converting. It believes no length it is told: what does not lie within the file is refused.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from itertools import product
from typing import BinaryIO, Final, Literal

from model_manager.core.errors import BadFormat
from model_manager.core.formats.archive import LARGEST, ZIP_MAGIC, Member, content, directory, members
from model_manager.core.formats.dtypes import BITS
from model_manager.core.formats.pickles import is_legacy
from model_manager.core.health.unpickling import Storage, Tensor, unpickled
from model_manager.core.words import tr

STEP: Final = 4 << 20
_MOST_PACKED: Final = 512 << 20  # bytes of a packed storage, and of one that is not in order, which are held in memory
_FORMATS: Final[dict[int, Literal["B", "H", "I", "Q"]]] = {1: "B", 2: "H", 4: "I", 8: "Q"}


def _lost() -> BadFormat:
    return BadFormat(tr("Its numbers do not lie where its table says. It was not converted."))


class Source:
    """An open PyTorch file of either layout. `value`: what its pickle says."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Raises BadFormat, OSError."""
        self._file, self._size = file, size
        self._places: dict[str, tuple[int, int]] = {}  # key -> offset in the file, bytes
        self._packed: dict[str, Member] = {}
        self._start = 0
        self._kept: tuple[str, bytes] = ("", b"")
        file.seek(0)
        head = file.read(64)
        self.value: object = None
        if head.startswith(ZIP_MAGIC):
            self._open_zip()
        elif is_legacy(head):
            self._open_legacy()
        else:
            raise BadFormat(tr("It is not in a layout that PyTorch writes. It was not converted."))

    def _open_zip(self) -> None:
        table, self._start = directory(self._file, self._size)
        entries = list(members(table))
        told = next((entry for entry in entries if entry.name.rpartition(b"/")[2] == b"data.pkl"), None)
        data = content(self._file, told, self._start, self._size) if told is not None else None
        if told is None or data is None or self._start:
            raise BadFormat(tr("It is not in a layout that PyTorch writes. It was not converted."))
        top = told.name[: -len(b"data.pkl")]
        for entry in entries:
            if entry.name.startswith(top + b"data/"):
                self._place(entry.name[len(top) + 5 :].decode("utf-8", "replace"), entry)
            elif entry.name == top + b"byteorder" and (content(self._file, entry, self._start, self._size) or b"").strip() != b"little":
                raise BadFormat(tr("Its numbers are stored the other way round. It was not converted."))
        self.value, _, _ = unpickled(data)

    def _place(self, key: str, entry: Member) -> None:
        if entry.offset + 30 > self._size:
            raise _lost()
        if entry.method:
            self._packed[key] = entry
            return
        self._file.seek(entry.offset)
        head = self._file.read(30)
        if len(head) < 30 or not head.startswith(ZIP_MAGIC) or entry.packed != entry.size:
            raise _lost()
        begin = entry.offset + 30 + sum(struct.unpack_from("<HH", head, 26))
        if begin + entry.size > self._size:
            raise _lost()
        self._places[key] = begin, entry.size

    def _open_legacy(self) -> None:
        self._file.seek(0)
        data = self._file.read(min(self._size, LARGEST))
        place, row = 0, []
        storages: dict[str, Storage] = {}
        for _ in range(5):
            value, place, found = unpickled(data, place)
            row.append(value)
            storages |= found
        if isinstance(row[2], dict) and row[2].get("little_endian") is False:
            raise BadFormat(tr("Its numbers are stored the other way round. It was not converted."))
        self.value = row[3]
        widths = {key: BITS[storage.dtype] // 8 for key, storage in storages.items()}
        keys = row[4] if isinstance(row[4], list) else []
        for key in map(str, keys):
            self._file.seek(place)
            count = int.from_bytes(self._file.read(8), "little", signed=True)
            if key not in widths or count < 0 or place + 8 + count * widths[key] > self._size:
                raise _lost()
            self._places[key] = place + 8, count * widths[key]
            place += 8 + count * widths[key]

    def size_of(self, tensor: Tensor) -> int:
        """Bytes of a tensor when it is written; raises BadFormat when it does not lie within its storage."""
        count = math.prod(tensor.shape)
        if count:
            begin, end = self._span(tensor)
            if end > self._bytes(tensor.storage.key) or begin < 0:
                raise _lost()
        return count * tensor.width

    def _span(self, tensor: Tensor) -> tuple[int, int]:
        """First byte of a tensor in its storage, and the one behind its last."""
        width = tensor.width
        first = tensor.storage.first * (BITS[tensor.storage.dtype] // 8) + tensor.offset * width
        last = sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True))
        return first, first + (last + 1) * width

    def _bytes(self, key: str) -> int:
        if key in self._packed:
            return self._packed[key].size
        if key not in self._places:
            raise _lost()
        return self._places[key][1]

    def pieces(self, tensor: Tensor) -> Iterator[bytes]:
        """Yield the bytes of a tensor in row-major order. Raises BadFormat, OSError."""
        count = math.prod(tensor.shape)
        if not count:
            return
        begin, end = self._span(tensor)
        if _is_in_order(tensor):
            for place in range(begin, begin + count * tensor.width, STEP):
                yield self._read(tensor.storage.key, place, min(STEP, begin + count * tensor.width - place))
        else:
            if max(end - begin, count * tensor.width) > _MOST_PACKED:
                raise BadFormat(tr("A tensor of it is too large and not in order. It was not converted."))
            yield _in_order(tensor, self._read(tensor.storage.key, begin, end - begin))

    def _read(self, key: str, place: int, count: int) -> bytes:
        if key in self._packed:
            data = self._unpacked(key)[place : place + count]
        else:
            self._file.seek(self._places[key][0] + place)
            data = self._file.read(count)
        if len(data) != count:
            raise _lost()
        return data

    def _unpacked(self, key: str) -> bytes:
        """The bytes of a packed storage; the last one is kept."""
        if self._kept[0] != key:
            entry = self._packed[key]
            if max(entry.size, entry.packed) > _MOST_PACKED or entry.method != 8:
                raise BadFormat(tr("A part of it is packed and too large. It was not converted."))
            self._file.seek(entry.offset)
            head = self._file.read(30)
            self._file.seek(entry.offset + 30 + sum(struct.unpack_from("<HH", head.ljust(30, b"\0"), 26)))
            try:
                data = zlib.decompressobj(-15).decompress(self._file.read(entry.packed), entry.size + 1)
            except zlib.error as fault:
                raise _lost() from fault
            self._kept = key, data
        return self._kept[1]


def _row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[place + 1 :]) for place in range(len(shape)))


def _is_in_order(tensor: Tensor) -> bool:
    """Whether the elements stand one behind the other; a side of one does not matter."""
    usual = _row_major(tensor.shape)
    return all(side == 1 or step == other for side, step, other in zip(tensor.shape, tensor.strides, usual, strict=True))


def _in_order(tensor: Tensor, span: bytes) -> bytes:
    """Put the elements of a view in order: along its longest side in one go."""
    shape, form = tensor.shape, _FORMATS.get(tensor.width)
    if form is None:
        raise BadFormat(tr("A tensor of it is of a type that is not known. It was not converted."))
    out = bytearray(math.prod(shape) * tensor.width)
    usual = _row_major(shape)
    with memoryview(span) as raw, raw.cast(form) as source, memoryview(out) as raw_out, raw_out.cast(form) as target:
        long = max(range(len(shape)), key=shape.__getitem__)
        others = [place for place in range(len(shape)) if place != long]
        for at in product(*(range(shape[place]) for place in others)):
            start = sum(index * tensor.strides[place] for index, place in zip(at, others, strict=True))
            first = sum(index * usual[place] for index, place in zip(at, others, strict=True))
            _lay(source, start, tensor.strides[long], target, first, usual[long], shape[long])
    return bytes(out)


def _lay(source: "memoryview[int]", start: int, step: int, target: "memoryview[int]", first: int, gap: int, count: int) -> None:
    """Copy `count` elements; a step of 0 repeats one."""
    if step:
        target[first : first + gap * (count - 1) + 1 : gap] = source[start : start + step * (count - 1) + 1 : step]
    else:
        for place in range(count):
            target[first + gap * place] = source[start]

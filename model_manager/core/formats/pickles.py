"""Reads PyTorch's pickles: zip archives, the older row of pickles, and plain ones. Nothing is ever unpickled.

Called by read.py and tree.py. Layouts: pytorch/pytorch:torch/serialization.py; the zip directory is read here because opening an
archive of a thousand entries through `zipfile` takes longer than a whole scan may.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from model_manager.core.formats.contents import Contents, Damage, Tensors, Traits, broken_header, too_short
from model_manager.core.formats.detect import traits_of
from model_manager.core.formats.dtypes import BITS
from model_manager.core.formats.memo import Memo
from model_manager.core.formats.opcodes import CutOff, Odd, Pickle, Tensor, Thing, Walker
from model_manager.core.words import tr

ZIP_MAGIC: Final = b"PK\x03\x04"
LEGACY_MAGIC: Final = bytes.fromhex("8a0a6cfc9c46f9206aa850192e")
_LARGEST: Final = 64 << 20
_STEPS: Final = (1 << 20, 8 << 20, _LARGEST)
_END: Final = b"PK\x05\x06"
_LONGEST_COMMENT: Final = 65_535 + 22
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_MOST_ENTRIES: Final = 100_000
_WRAPPERS: Final = ("params_ema", "params-ema", "params", "state_dict", "model_state_dict", "model", "module", "generator", "net", "ema")
_INNER: Final = ("_modules", "_parameters", "_buffers")
_DEEPEST: Final = 12
_MOST_TENSORS: Final = 200_000
_MODEL_PARTS: Final = (b".safetensors", b".ckpt", b".png", b".jpg", b".jpeg", b".txt", b".gguf")

_memo: Memo[tuple[Pickle, Traits]] = Memo(8 << 20)


@dataclass(frozen=True, slots=True)
class _Member:
    """One file in a zip archive: how it is packed, sizes, offset of its own header."""

    name: bytes
    method: int
    packed: int
    size: int
    offset: int


def is_pickle(head: bytes) -> bool:
    """Say whether the first bytes are those of a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def is_old_pickle(file: BinaryIO, head: bytes, size: int) -> bool:
    """Say whether the file is a pickle of protocol 0 or 1, which have no mark: only one that ends as it should is believed."""
    if head[:1] not in (b"(", b"c", b"]", b"}"):
        return False
    file.seek(0)
    try:
        return _walk(file.read(min(size, _STEPS[0]))) is not None
    except CutOff:
        return False


def contents(file: BinaryIO, head: bytes, size: int) -> Contents:
    """Return what a zip or pickle of `size` bytes says; raises Damage when it is cut off."""
    if head.startswith(ZIP_MAGIC):
        form, _, traits = _zip(file, size)
        return Contents(form, traits)
    form = "pickle_legacy" if head[2:15] == LEGACY_MAGIC else "pickle"
    found = _legacy(file, size) if form == "pickle_legacy" else _plain(file, size)
    return Contents(form, _traits(found))


def imports(file: BinaryIO, head: bytes, size: int) -> list[str]:
    """Return everything the pickle would import, as "module name"; raises Damage when it is cut off."""
    found = _zip(file, size)[1] if head.startswith(ZIP_MAGIC) else (_legacy if head[2:15] == LEGACY_MAGIC else _plain)(file, size)
    return found.imports if found else []


def _traits(found: Pickle | None) -> Traits:
    return traits_of(tensors_of(found)) if found else Traits()


def tensors_of(found: Pickle) -> Tensors:
    """Return the tensors of a pickle by their names, taken out of the dict that training programs wrap around them."""
    tensors: dict[str, tuple[str, tuple[int, ...]]] = {}
    for name, tensor in _flat(_unwrapped(found.value), "", 0, set()):
        tensors[name] = tensor.dtype, tensor.shape
        if len(tensors) >= _MOST_TENSORS:
            break
    return tensors


def forget() -> None:
    """Drop the remembered pickles; call it at the end of a scan."""
    _memo.forget()


def _unwrapped(value: object) -> object:
    for _ in range(2):
        items = _items(value)
        if any(isinstance(item, Tensor) for item in items.values()):
            return value
        inner = next((items[name] for name in _WRAPPERS if name in items and _items(items[name])), None)
        if inner is None:
            inner = next(iter(items.values())) if len(items) == 1 and isinstance(next(iter(items)), str) else None
            if inner is None or not _items(inner) or "string_to_param" in items:
                return value
        value = inner
    return value


def _items(value: object) -> dict[object, object]:
    if isinstance(value, Thing):
        value = value.parts
    if isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list | tuple) else {}


def _flat(value: object, name: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Tensor]]:
    """Yield every tensor with the keys that lead to it, as `state_dict` would join them; nothing is entered twice."""
    if isinstance(value, Tensor):
        yield name, value
    elif depth < _DEEPEST and id(value) not in seen:
        seen.add(id(value))
        for key, item in _items(value).items():
            if isinstance(item, Tensor | Thing | dict | list | tuple):
                inner = name if key in _INNER else f"{name}.{key}" if name else str(key)
                yield from _flat(item, inner, depth + 1, seen)


def _walk(data: bytes, start: int = 0) -> Pickle | None:
    """Return the pickle in `data`, None when it is too strange to follow; raises CutOff when more bytes are needed."""
    try:
        return Walker(data, start).walk()
    except Odd:
        return None


def _plain(file: BinaryIO, size: int) -> Pickle | None:
    for step in _STEPS:
        file.seek(0)
        data = file.read(min(step, size))
        try:
            return _walk(data)
        except CutOff:
            if len(data) >= size:
                raise _cut_off() from None
    return None


def _legacy(file: BinaryIO, size: int) -> Pickle | None:
    """Walk over magic, version, system, the object and the list of keys; then the storages must fit into the file."""
    for step in _STEPS:
        file.seek(0)
        data = file.read(min(step, size))
        try:
            return _legacy_row(data, size)
        except CutOff:
            if len(data) >= size:
                raise _cut_off() from None
    return None


def _legacy_row(data: bytes, size: int) -> Pickle | None:
    place = 0
    row: list[Pickle] = []
    for _ in range(5):
        found = _walk(data, place)
        if found is None:
            return row[3] if len(row) > 3 else None
        row.append(found)
        place = found.end
    stored = [row[3].storages.get(str(key)) for key in row[4].value] if isinstance(row[4].value, list) else []
    need = place + sum(8 + storage.count * BITS.get(storage.dtype, 8) // 8 for storage in stored if storage)
    if need > size and all(storage and storage.count >= 0 for storage in stored):
        raise too_short(need - size)
    return row[3]


def _cut_off() -> Damage:
    return Damage("truncated", tr("The file ends in the middle of its contents. The download was cut off: download it again."))


def _zip(file: BinaryIO, size: int) -> tuple[str, Pickle | None, Traits]:
    directory, start = _directory(file, size)
    form = "torchscript" if b"/code/" in directory else "pickle"
    member = next((member for member in _members(directory) if member.name.rpartition(b"/")[2] == b"data.pkl"), None)
    if member is None:
        return _other_zip(directory), None, Traits()
    data = _content(file, member, start, size)
    if data is None:
        return form, None, Traits()
    known = _memo.find(data, 0, len(data)) if len(data) < _STEPS[0] else None
    if known is not None:
        return form, *known
    try:
        found = _walk(data)
    except CutOff:
        raise broken_header(tr("The list of tensors in this file ends too early.")) from None
    traits = _traits(found)
    if found and len(data) < _STEPS[0]:
        _memo.keep(data, 0, len(data), (found, traits))
    return form, found, traits


def _other_zip(directory: bytes) -> str:
    low = directory.lower()
    if b"/code/" in low or b".npy" in low or b"/data/" in low or b"version" in low:
        return "torchscript" if b"code/" in low else ""
    if any(part in low for part in _MODEL_PARTS):
        raise Damage("not_a_model", tr("This is a packed archive, not a model. Unpack it and use the model inside."))
    return ""


def _directory(file: BinaryIO, size: int) -> tuple[bytes, int]:
    """Return the central directory and the offset all others count from; raises Damage when the end of the archive is missing."""
    tail_size = min(size, _LONGEST_COMMENT)
    tail = _read(file, size - min(size, 4096), min(size, 4096))
    if tail.rfind(_END) < 0:
        tail = _read(file, size - tail_size, tail_size)
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < 22:
        raise _cut_off()
    length, offset = struct.unpack_from("<LL", tail, place + 12)
    end = size - len(tail) + place
    if 0xFFFFFFFF in (length, offset):
        length, offset, end = _zip64(file, end)
    start = end - length - offset
    if length > min(end, _LARGEST) or start < 0:
        raise broken_header(tr("The table of contents of this archive makes no sense."))
    return _read(file, end - length, length), start


def _zip64(file: BinaryIO, end: int) -> tuple[int, int, int]:
    """Return length, offset and end of a directory too large for the plain record."""
    locator = _read(file, max(0, end - 20), 20)
    if not locator.startswith(b"PK\x06\x07"):
        raise broken_header(tr("The table of contents of this archive makes no sense."))
    place = struct.unpack_from("<Q", locator, 8)[0]
    record = _read(file, place, 56) if place < end else b""
    if not record.startswith(b"PK\x06\x06") or len(record) < 56:
        raise broken_header(tr("The table of contents of this archive makes no sense."))
    length, offset = struct.unpack_from("<QQ", record, 40)
    return length, offset, place


def _members(directory: bytes) -> Iterator[_Member]:
    place = 0
    for _ in range(_MOST_ENTRIES):
        if len(directory) - place < _ENTRY.size:
            return
        row = _ENTRY.unpack_from(directory, place)
        if row[0] != b"PK\x01\x02":
            raise broken_header(tr("The table of contents of this archive makes no sense."))
        name_end = place + _ENTRY.size + row[10]
        extra = directory[name_end : name_end + row[11]]
        packed, size, offset = _long_sizes(extra, row[8], row[9], row[16])
        yield _Member(directory[place + _ENTRY.size : name_end], row[4], packed, size, offset)
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


def _content(file: BinaryIO, member: _Member, start: int, size: int) -> bytes | None:
    """Return an entry's bytes, None when it is larger than we care to read; raises Damage when it is not where it should be."""
    if member.size > _LARGEST or member.packed > _LARGEST or member.method not in (0, 8):
        return None
    head = _read(file, start + member.offset, 30) if start + member.offset < size else b""
    if len(head) < 30 or not head.startswith(ZIP_MAGIC):
        raise broken_header(tr("The table of contents of this archive points to nothing."))
    name, extra = struct.unpack_from("<HH", head, 26)
    data = _read(file, start + member.offset + 30 + name + extra, member.packed)
    if len(data) < member.packed:
        raise _cut_off()
    if member.method == 0:
        return data
    try:
        return zlib.decompressobj(-15).decompress(data, _LARGEST)
    except zlib.error:
        raise broken_header(tr("A part of this archive cannot be unpacked.")) from None


def _read(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)

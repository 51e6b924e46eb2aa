"""Reads PyTorch's pickles: zip archives, the older row of pickles, and plain ones. Nothing is ever unpickled.

Called by read.py and tree.py. Layouts: pytorch/pytorch:torch/serialization.py.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from model_manager.core.formats.archive import LARGEST, ZIP_MAGIC, content, cut_off, directory, members
from model_manager.core.formats.contents import Contents, Damage, Tensors, Traits, broken_header, too_short
from model_manager.core.formats.detect import traits_of
from model_manager.core.formats.dtypes import BITS
from model_manager.core.formats.inert import Pickle, Tensor, Thing
from model_manager.core.formats.memo import Memo
from model_manager.core.formats.opcodes import CutOff, Odd, Walker
from model_manager.core.words import tr

_LEGACY_MAGIC: Final = bytes.fromhex("8a0a6cfc9c46f9206aa850192e")
_STEPS: Final = (1 << 20, 8 << 20, LARGEST)
_WRAPPERS: Final = ("params_ema", "params-ema", "params", "state_dict", "model_state_dict", "model", "module", "generator", "net", "ema")
_INNER: Final = ("_modules", "_parameters", "_buffers")
_DEEPEST: Final = 12
_MOST_TENSORS: Final = 200_000
_MODEL_PARTS: Final = (b".safetensors", b".ckpt", b".png", b".jpg", b".jpeg", b".txt", b".gguf")

_memo: Memo[tuple[Pickle, Traits]] = Memo(8 << 20)


def is_pickle(head: bytes) -> bool:
    """Say whether the first bytes are those of a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def is_legacy(head: bytes) -> bool:
    """Say whether the first bytes are those of PyTorch's older layout; from protocol 4 on a frame of nine bytes begins before its mark."""
    return head.startswith(_LEGACY_MAGIC, 2) or (head[2:3] == b"\x95" and head.startswith(_LEGACY_MAGIC, 11))


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
    form = "pickle_legacy" if is_legacy(head) else "pickle"
    found = _legacy(file, size) if form == "pickle_legacy" else _plain(file, size)
    return Contents(form, _traits(found))


def imports(file: BinaryIO, head: bytes, size: int) -> list[str]:
    """Return everything the pickle would import, as "module name"; raises Damage when it is cut off."""
    found = _zip(file, size)[1] if head.startswith(ZIP_MAGIC) else (_legacy if is_legacy(head) else _plain)(file, size)
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
                raise cut_off() from None
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
                raise cut_off() from None
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


def _zip(file: BinaryIO, size: int) -> tuple[str, Pickle | None, Traits]:
    table, start = directory(file, size)
    form = "torchscript" if b"/code/" in table else "pickle"
    member = next((member for member in members(table) if member.name.rpartition(b"/")[2] == b"data.pkl"), None)
    if member is None:
        return _other_zip(table), None, Traits()
    data = content(file, member, start, size)
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

"""Reads the header of a GGUF file: pairs and tensors, never the data.

Called by read.py and tree.py. Every count and length is checked against a cap and the bytes left before anything is made of it.
Format: ggml-org/ggml:docs/gguf.md; image models: city96/ComfyUI-GGUF:loader.py.
"""

import math
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, NamedTuple

from model_manager.core.formats.contents import Contents, Shape, Traits, broken_header, missing_text
from model_manager.core.formats.detect import measure, traits_of
from model_manager.core.formats.dtypes import GGML, GGUF_FILE_TYPES
from model_manager.core.formats.encoders import gguf_text_encoder
from model_manager.core.formats.keys import Keys
from model_manager.core.formats.window import Window
from model_manager.core.words import tr

MAGIC: Final = b"GGUF"
_MOST: Final = 1_000_000
_DEEPEST: Final = 4
_SHOWN: Final = 16  # items of an array that are kept
_NUMBERS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9
_LARGEST_KEPT: Final = 256 << 10
_MOST_KEPT: Final = 32
_SHAPE_KEY: Final = "comfy.gguf.orig_shape."
# city96/ComfyUI-GGUF:loader.py, with the names people use; what tensors tell is finer and wins.
_IMAGE: Final = {
    "flux": ("Flux.1", "Flux.1 D"),
    "sd1": ("SD 1.x", "SD 1.5"),
    "sdxl": ("SDXL", "SDXL 1.0"),
    "sd3": ("SD 3", "SD 3"),
    "aura": ("AuraFlow", "AuraFlow"),
    "hidream": ("HiDream", "HiDream"),
    "cosmos": ("Cosmos", ""),
    "ltxv": ("LTX-Video", "LTXV"),
    "hyvid": ("Hunyuan Video", "Hunyuan Video"),
    "wan": ("Wan", "Wan Video"),
    "lumina2": ("Lumina 2", "Lumina"),
    "qwen_image": ("Qwen-Image", "Qwen"),
}
_TEXT_MODELS: Final = frozenset({"t5", "t5encoder", "llama", "qwen2vl", "qwen3", "qwen3vl", "gemma2", "gemma3", "mistral3"})


class Placed(NamedTuple):
    """Where the bytes of a tensor lie: offset from the start of the data; size is 0 for a type we do not know. sides as written."""

    name: str
    kind: int
    sides: Shape
    offset: int
    size: int


@dataclass(slots=True)
class Header:
    """Pairs (arrays cut to their first items, `lengths` has their true length), tensors and the bytes of data they need.

    placed: the same tensors in the order of the table, a name that is there twice included. start, end: of the data, 0 without tensors.
    """

    version: int
    pairs: dict[str, object] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    tensors: dict[str, tuple[str, Shape]] = field(default_factory=dict)
    placed: Sequence[Placed] = ()
    start: int = 0
    end: int = 0


# how many tensors and how wide numbers are, the bytes of the table, what they say, where they lie
_tables: deque[tuple[tuple[int, str], bytes, dict[str, tuple[str, Shape]], Sequence[Placed]]] = deque(maxlen=_MOST_KEPT)


def contents(file: BinaryIO, size: int) -> Contents:
    """Return what a GGUF file of `size` bytes says; raises Damage when its header cannot be read."""
    header = read_header(file, size)
    metadata = {key: value for key, value in header.pairs.items() if isinstance(value, str)}
    traits = _traits(header)
    if header.end > size:
        return Contents("gguf", traits, metadata, "truncated", missing_text(header.end - size))
    return Contents("gguf", traits, metadata)


def read_header(file: BinaryIO, size: int) -> Header:
    """Return the header of a GGUF file; raises Damage when it is cut off or makes no sense."""
    window = Window(file, size)
    window.skip(len(MAGIC))
    version = window.number("I")
    if version not in (1, 2, 3):
        raise broken_header(tr("This GGUF file has a version we do not know ({version}).", version=version))
    count = "I" if version == 1 else "Q"
    tensors, pairs = window.number(count), window.number(count)
    if tensors > _MOST or pairs > _MOST:
        raise broken_header(tr("The header claims more tensors or pairs than any model has."))
    header = Header(version)
    for _ in range(pairs):
        key = _text(window, count)
        header.pairs[key], header.lengths[key] = _value(window, window.number("I"), count)
    _table(window, header, tensors, count)
    _measure(header, window.place)
    return header


def forget() -> None:
    """Drop the remembered tables; call it at the end of a scan."""
    _tables.clear()


def _table(window: Window, header: Header, tensors: int, count: str) -> None:
    """Read the tensors into the header, or take them from a file that has the same table."""
    start = window.place
    is_plain = not any(name.startswith(_SHAPE_KEY) for name in header.pairs)
    for known, table, found, placed in tuple(_tables) if is_plain else ():
        if known == (tensors, count) and window.peek(len(table)) == table:
            header.tensors, header.placed = found, placed
            window.skip(len(table))
            return
    header.placed = [_tensor(window, header, count) for _ in range(tensors)]
    length = window.place - start
    if is_plain and length <= _LARGEST_KEPT:
        window.place = start
        _tables.appendleft(((tensors, count), window.take(length), header.tensors, header.placed))


def _text(window: Window, count: str) -> str:
    length = window.number(count)
    if length > window.left:
        raise broken_header(tr("The header holds a text longer than the file."))
    return window.take(length).decode("utf-8", "replace")


def _value(window: Window, kind: int, count: str, depth: int = 1) -> tuple[object, int]:
    if kind == _TEXT:
        return _text(window, count), 0
    if kind == _ARRAY:
        return _array(window, count, depth)
    code = _NUMBERS.get(kind)
    if code is None:
        raise broken_header(tr("The header holds a value of a kind that does not exist."))
    return struct.unpack("<" + code, window.take(struct.calcsize("<" + code)))[0], 0


def _array(window: Window, count: str, depth: int) -> tuple[list[object], int]:
    if depth > _DEEPEST:
        raise broken_header(tr("The header holds lists nested too deeply."))
    kind, length = window.number("I"), window.number(count)
    if length > _MOST:
        raise broken_header(tr("The header claims a list with more items than any model has."))
    code = _NUMBERS.get(kind)
    if code is None:
        items = [_value(window, kind, count, depth + 1)[0] for _ in range(min(length, _SHOWN))]
        for _ in range(length - len(items)):
            if kind == _TEXT:
                window.skip(window.number(count))
            else:
                _value(window, kind, count, depth + 1)
        return items, length
    width, shown = struct.calcsize("<" + code), min(length, _SHOWN)
    items = list(struct.unpack(f"<{shown}{code}", window.take(shown * width)))
    window.skip((length - shown) * width)
    return items, length


def _tensor(window: Window, header: Header, count: str) -> Placed:
    """Read one entry into the header and return where its bytes lie."""
    name = _text(window, count)
    dims = window.number("I")
    if dims > 8:
        raise broken_header(tr("The tensor “{name}” has more dimensions than there can be.", name=name[:80]))
    sides = struct.unpack(f"<{dims}{count}", window.take(dims * struct.calcsize("<" + count)))
    kind, offset = window.number("I"), window.number("Q")
    dtype, block, width = GGML.get(kind, (f"type {kind}", 1, 0))
    shape = header.pairs.get(_SHAPE_KEY + name)
    is_told = isinstance(shape, list) and len(shape) < _SHOWN and all(type(side) is int and side >= 0 for side in shape)
    header.tensors[name] = dtype, tuple(shape) if is_told and isinstance(shape, list) else tuple(reversed(sides))
    return Placed(name, kind, sides, offset, -(-math.prod(sides) // block) * width)


def _measure(header: Header, place: int) -> None:
    alignment = header.pairs.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= 1 << 20:
        raise broken_header(tr("The header gives an alignment that cannot be."))
    if header.placed:
        header.start = -(-place // alignment) * alignment
        header.end = header.start + max(one.offset + one.size for one in header.placed)


def _traits(header: Header) -> Traits:
    architecture = str(header.pairs.get("general.architecture", ""))
    found = traits_of(header.tensors)
    most, _ = measure(_large(header))
    found = replace(found, precision=_precision(header, most))
    if str(header.pairs.get("general.type", "")) in ("clip-vision", "mmproj") or architecture == "clip":
        return replace(found, kind="", architecture=tr("Vision projector"))  # lies beside its text encoder
    if architecture in _TEXT_MODELS:
        name = gguf_text_encoder(architecture, Keys(header.tensors))
        return replace(found, kind="text_encoders", architecture=name, base_model="")
    if found.kind not in ("", "diffusion_models") or architecture not in _IMAGE:
        return found
    name, base = _IMAGE[architecture]
    if found.architecture:
        name, base = found.architecture, found.base_model
    return replace(found, kind="diffusion_models", architecture=name, base_model=base)


def _large(header: Header) -> dict[str, tuple[str, Shape]]:
    """Return the tensors with one-dimensional ones left out where larger exist: norms stay in full precision."""
    large = {name: value for name, value in header.tensors.items() if len(value[1]) > 1}
    return large or header.tensors


def _precision(header: Header, most: str) -> str:
    told = header.pairs.get("general.file_type")
    name = GGUF_FILE_TYPES.get(told % 1024, "") if type(told) is int else ""
    if not name or (name in ("F32", "F16", "BF16") and most not in ("", "fp32", "fp16", "bf16")):
        return most
    return {"F32": "fp32", "F16": "fp16", "BF16": "bf16"}.get(name, name)

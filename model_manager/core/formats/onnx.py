"""Reads the outer fields of an ONNX model: who made it, what it weighs. The graph is skimmed, never built.

Called by read.py and tree.py. ONNX is a protobuf message without a magic number; field numbers: onnx/onnx:onnx/onnx.proto.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from model_manager.core.formats.contents import Contents, Damage, Traits, broken_header
from model_manager.core.formats.dtypes import BITS, label
from model_manager.core.formats.window import Window
from model_manager.core.words import tr

# ModelProto: field -> wire type
_MODEL: Final = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
_NAMES: Final = {2: "producer_name", 3: "producer_version", 4: "domain", 6: "doc_string"}
_DTYPES: Final = {
    1: "F32",
    2: "U8",
    3: "I8",
    4: "U16",
    5: "I16",
    6: "I32",
    7: "I64",
    9: "BOOL",
    10: "F16",
    11: "F64",
    12: "U32",
    13: "U64",
    16: "BF16",
    17: "F8_E4M3",
    18: "F8_E4M3FNUZ",
    19: "F8_E5M2",
    20: "F8_E5M2FNUZ",
}
_MOST_FIELDS: Final = 200_000
_LONGEST: Final = 1 << 20
_INITIALIZER: Final = 5


@dataclass(slots=True)
class Model:
    """What the outer fields say; weights: dtype -> elements of the initializers."""

    fields: dict[str, object] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    opsets: dict[str, int] = field(default_factory=dict)
    weights: Counter[str] = field(default_factory=Counter)
    has_graph: bool = False


def may_be(head: bytes) -> bool:
    """Say whether the first bytes could be an ONNX model: a small ir_version, then another field of ModelProto."""
    if len(head) < 4 or head[0] != 0x08 or not 1 <= head[1] <= 30:
        return False
    return _MODEL.get(head[2] >> 3) == head[2] & 7


def contents(file: BinaryIO, size: int) -> Contents:
    """Return what an ONNX model says; raises Damage when it is cut off or is no such message."""
    model = read_model(file, size)
    weights = {dtype: count * BITS.get(dtype, 8) for dtype, count in model.weights.items()}
    most = max(weights, key=weights.__getitem__, default="")
    title = model.fields.get("doc_string") or ""
    author = model.properties.get("author", "")
    metadata = {"modelspec.description": str(title), "modelspec.author": author} if title or author else {}
    return Contents("onnx", Traits(precision=label(most), parameters=model.weights.total()), metadata)


def read_model(file: BinaryIO, size: int) -> Model:
    """Return the outer fields of an ONNX model; raises Damage("bad_header") when the bytes are no such message."""
    window = Window(file, size)
    model = Model()
    for number, wire, value in _fields(window, size):
        if _MODEL.get(number) != wire:
            raise broken_header(tr("This is not an ONNX model, or a damaged one."))
        _outer(window, model, number, value)
    if not model.has_graph:
        raise Damage("truncated", tr("The ONNX file ends before its graph. The download was cut off: download it again."))
    return model


def _outer(window: Window, model: Model, number: int, value: int) -> None:
    """Take in one field of ModelProto; value: a number, or the length of what follows."""
    if number in (1, 5):
        model.fields[{1: "ir_version", 5: "model_version"}[number]] = value
        return
    end = window.place + value
    if value > window.left:
        window.skip(value)  # raises
    if number in _NAMES:
        model.fields[_NAMES[number]] = window.take(min(value, _LONGEST)).decode("utf-8", "replace")
    elif number == 7:
        model.has_graph = True
        _graph(window, model, end)
    elif number == 8:
        told = {inner: found for inner, wire, found in _texts(window, end) if isinstance(found, str | int)}
        model.opsets[str(told.get(1, "ai.onnx"))] = int(told[2]) if isinstance(told.get(2), int) else 0
    elif number == 14:
        told = {inner: found for inner, wire, found in _texts(window, end)}
        model.properties[str(told.get(1, ""))] = str(told.get(2, ""))
    window.place = end


def _graph(window: Window, model: Model, end: int) -> None:
    for number, wire, value in _fields(window, end):
        if wire != 2:
            continue
        stop = window.place + value
        if stop > end:
            raise broken_header(tr("The graph of this ONNX model is damaged."))
        if number == 2:
            model.fields["graph"] = window.take(min(value, _LONGEST)).decode("utf-8", "replace")
        elif number == _INITIALIZER:
            _weight(window, model, stop)
        window.place = stop


def _weight(window: Window, model: Model, end: int) -> None:
    """Add the elements of one TensorProto; dims (1) come one by one or packed, data_type is 2."""
    dims: list[int] = []
    dtype = ""
    for number, wire, value in _fields(window, end):
        if wire == 2:
            stop = window.place + value
            while number == 1 and window.place < stop:
                dims.append(_varint(window))
            window.place = stop
        elif number == 1:
            dims.append(value)
        elif number == 2:
            dtype = _DTYPES.get(value, f"type {value}")
    model.weights[dtype] += math.prod(dims)


def _fields(window: Window, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (number, wire type, value); for wire type 2 the value is a length and the caller moves on over it."""
    for _ in range(_MOST_FIELDS):
        if window.place >= end:
            return
        tag = _varint(window)
        number, wire = tag >> 3, tag & 7
        if wire == 1 or wire == 5:
            window.skip(8 if wire == 1 else 4)
            yield number, wire, 0
        elif wire in (0, 2) and number:
            yield number, wire, _varint(window)
        else:
            raise broken_header(tr("This is not an ONNX model, or a damaged one."))
    window.place = end


def _texts(window: Window, end: int) -> Iterator[tuple[int, int, str | int]]:
    for number, wire, value in _fields(window, end):
        if wire == 2:
            if value > min(end - window.place, _LONGEST):
                raise broken_header(tr("This is not an ONNX model, or a damaged one."))
            yield number, wire, window.take(value).decode("utf-8", "replace")
        else:
            yield number, wire, value


def _varint(window: Window) -> int:
    value = shift = 0
    while shift < 70:
        byte = window.take(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF
        shift += 7
    raise broken_header(tr("This is not an ONNX model, or a damaged one."))

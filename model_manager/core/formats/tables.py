"""The table of tensors in a safetensors header: taken apart, checked against the rules of the format, and judged once.

Called by safetensors.py for tables it has not seen before. The two usual layouts are read by a regular expression in short runs, so
that other threads get their turn; anything else goes through `json`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import sub
from typing import Final, TypeGuard

from model_manager.core.formats.contents import Shape, Tensors, Traits, broken_header
from model_manager.core.formats.detect import traits_of
from model_manager.core.formats.dtypes import BITS
from model_manager.core.words import tr

_CHUNK: Final = 32 << 10  # characters searched in one go: about 0.2 ms without another thread's turn


Value = tuple[str, Shape]


@dataclass(frozen=True, slots=True)
class Table:
    """What a table tells; end: bytes of tensor data it describes; problem: why it is unsound, "" when it is sound."""

    traits: Traits
    end: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns of a table; values: (dtype, shape) of each tensor; begins and ends: byte offsets into the tensor data."""

    names: Sequence[str]
    values: Sequence[Value]
    begins: Sequence[int]
    ends: Sequence[int]


_Texts = tuple[str, str, str, str]
_Pairs = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to write an entry: its expression, what parts dtype and shape, the characters between the four texts, the joint."""

    entry: re.Pattern[str]
    middle: str
    frame: int
    joint: str


# The texts are taken up to the sign that must follow; that they hold nothing odd is checked for whole columns at once.
_LAYOUTS: Final = (
    _Layout(
        re.compile(r'"([^"]*)":\{"dtype":"([^\]]*)\],"data_offsets":\[([^,]*),([^\]]*)\]\},?'),
        '","shape":[',
        len('"":{"dtype":"],"data_offsets":[,]}'),
        ",",
    ),
    _Layout(
        re.compile(r'"([^"]*)": \{"dtype": "([^\]]*)\], "data_offsets": \[([^,]*), ([^\]]*)\]\}(?:, )?'),
        '", "shape": [',
        len('"": {"dtype": "], "data_offsets": [, ]}'),
        ", ",
    ),
)
_NOTHING: Final = Rows((), (), (), ())


def understand(text: str) -> Table:
    """Return what a table says; text: the header's entries without the outer braces. Raises Damage when it is no table."""
    return judge_rows(rows_of(text))


def rows_of(text: str) -> Rows:
    """Return the columns of a table; raises Damage("bad_header") when an entry does not make sense."""
    if not text.strip():
        return _NOTHING
    if "\\" not in text:
        for layout in _LAYOUTS:
            rows = _canonical(text, layout)
            if rows is not None:
                return rows
    return rows_from_pairs(pairs_of("{" + text + "}"))


def pairs_of(text: str) -> _Pairs:
    """Return the pairs of a JSON object in order, repeated names included; raises Damage when it is not one."""
    try:
        found = json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        raise broken_header(tr("The header is not valid JSON.")) from None
    if not isinstance(found, _Object):
        raise broken_header(tr("The header is a list or a single value where a table of tensors should be."))
    return found.pairs


def rows_from_pairs(pairs: _Pairs) -> Rows:
    """Return the columns of entries that `json` has read; raises Damage when one is not an entry."""
    rows = [_entry(name, value) for name, value in pairs]
    return Rows(*zip(*rows, strict=True)) if rows else _NOTHING


def judge_rows(rows: Rows) -> Table:
    """Check the columns by the rules of the format and say what the tensors are (safetensors/src/tensor.rs)."""
    tensors: Tensors = dict(zip(rows.names, rows.values, strict=True))
    return Table(traits_of(tensors), max(rows.ends, default=0), _problem(rows, tensors))


class _Object(dict[str, object]):
    """A JSON object that still knows its pairs, so that repeated names are seen."""

    def __init__(self, pairs: _Pairs) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _canonical(text: str, layout: _Layout) -> Rows | None:
    """Return the columns of a table in this layout, None unless its entries cover `text` to the last character."""
    found: list[_Texts] = []
    start, length = 0, len(text)
    while start < length:
        cut = text.find("}" + layout.joint + '"', start + _CHUNK)
        stop = length if cut < 0 else cut + 1 + len(layout.joint)
        run: list[_Texts] = layout.entry.findall(text, start, stop)
        if not run:
            return None
        found += run
        start = stop
    names, middles, begins, ends = ([row[place] for row in found] for place in range(4))
    numbers = "".join(begins) + "".join(ends)
    covered = sum(map(len, middles)) + len("".join(names)) + len(numbers) + (layout.frame + len(layout.joint)) * len(found)
    if covered - len(layout.joint) != length or not (numbers.isascii() and numbers.isdecimal() and text.endswith("}")):
        return None
    known = {middle: _value(middle, layout.middle) for middle in set(middles)}
    if None in known.values():
        return None
    values = list(map(known.__getitem__, middles))
    try:
        last = list(map(int, ends))
        first = [0, *last[:-1]] if begins[0] == "0" and begins[1:] == ends[:-1] else list(map(int, begins))
    except ValueError:  # thousands of digits
        raise broken_header(tr("The header holds a number that is too large.")) from None
    return Rows(names, [value for value in values if value], first, last)


def _value(middle: str, joint: str) -> Value | None:
    """Return dtype and shape from the text between the two, None when it is not the usual one."""
    dtype, found, sides = middle.partition(joint)
    digits = sides.replace(" ", "").split(",") if sides else []
    if not found or not dtype.replace("_", "").isalnum() or not all(side.isascii() and side.isdecimal() for side in digits):
        return None
    return dtype, tuple(int(side[:40]) for side in digits)


def _entry(name: str, value: object) -> tuple[str, Value, int, int]:
    if isinstance(value, dict):
        dtype, shape, offsets = value.get("dtype"), value.get("shape"), value.get("data_offsets")
        if isinstance(dtype, str) and _counts(shape) and _counts(offsets) and len(offsets) == 2:
            return name, (dtype, tuple(shape)), offsets[0], offsets[1]
    raise broken_header(tr("The entry of the tensor “{name}” in the header is incomplete.", name=name[:80]))


def _counts(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def _problem(rows: Rows, tensors: Tensors) -> str:
    """Return the first broken rule as a sentence, "" when there is none."""
    if len(tensors) != len(rows.names):
        twice = next(name for name, count in Counter(rows.names).items() if count > 1)
        return tr("The header names the tensor “{name}” twice.", name=twice[:80])
    sizes = {value: _size(*value) for value in set(rows.values)}
    begins, ends = rows.begins, rows.ends
    told = list(map(sub, ends, begins))
    if told != list(map(sizes.__getitem__, rows.values)):
        for (dtype, shape), size in zip(rows.values, told, strict=True):
            expected = sizes[dtype, shape]
            if size < 0 or (expected is not None and size != expected):
                return tr("The header gives a {dtype} tensor of shape {shape} the wrong number of bytes.", dtype=dtype, shape=list(shape))
    if not begins or (begins[0] == 0 and list(begins[1:]) == list(ends[:-1])):
        return ""
    spans = sorted(zip(begins, ends, strict=True))
    if spans[0][0] == 0 and all(before[1] == after[0] for before, after in pairwise(spans)):
        return ""
    return tr("The tensors in the header overlap or leave holes between them.")


def _size(dtype: str, shape: Shape) -> int | None:
    """Return the bytes of a tensor, None for a dtype we do not know, -1 when it does not fill whole bytes."""
    bits = BITS.get(dtype)
    if bits is None:
        return None
    total = math.prod(shape) * bits
    return total // 8 if total % 8 == 0 else -1

"""The table of tensors in a safetensors header: taken apart, checked against the rules of the format, and judged once.

Called by safetensors.py for tables it has not seen before. The two usual layouts are cut at their quotation marks, in runs short enough
that other threads get their turn; anything else goes through `json`.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from operator import sub
from typing import Final, TypeGuard

from model_manager.core.formats.contents import Shape, Tensors, Traits, broken_header
from model_manager.core.formats.detect import traits_of
from model_manager.core.formats.dtypes import BITS
from model_manager.core.words import tr

_CHUNK: Final = 128 << 10  # characters taken apart in one go: about 0.2 ms without another thread's turn


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


_Pairs = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to write an entry, cut at its ten quotation marks: what must stand between them, and around shape and offsets."""

    fixed: tuple[tuple[int, str], ...]
    opening: str
    after_shape: str
    after_offsets: str
    comma: str


_LAYOUTS: Final = tuple(
    _Layout(
        ((2, f":{space}{{"), (3, "dtype"), (4, f":{space}"), (6, f",{space}"), (7, "shape"), (9, "data_offsets")),
        f":{space}[", f"],{space}", f"]}},{space}", f",{space}",
    )
    for space in ("", " ")
)  # fmt: skip
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


def problem_of(rows: Rows) -> str:
    """Return the first rule of the format that a table breaks as a sentence, "" when it is sound."""
    return _problem(rows, dict(zip(rows.names, rows.values, strict=True)))


class _Object(dict[str, object]):
    """A JSON object that still knows its pairs, so that repeated names are seen."""

    def __init__(self, pairs: _Pairs) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def _canonical(text: str, layout: _Layout) -> Rows | None:
    """Return the columns of a table in this layout, None unless all of it is."""
    names: list[str] = []
    values: list[Value] = []
    begins: list[int] = []
    ends: list[int] = []
    known: dict[tuple[str, str], Value | None] = {}
    start, length = 0, len(text)
    while start < length:
        cut = text.find(layout.after_offsets + '"', start + _CHUNK)
        stop = length if cut < 0 else cut + len(layout.after_offsets)
        pieces = text[start:stop].split('"')
        start = stop
        numbers = _offsets(pieces, layout, is_last=stop == length)
        if numbers is None:
            return None
        middles = list(zip(pieces[5::10], pieces[8::10], strict=True))
        known.update({middle: _value(*middle, layout) for middle in set(middles).difference(known)})
        found = list(map(known.__getitem__, middles))
        names += pieces[1::10]
        values += [value for value in found if value]
        begins += numbers[::2]
        ends += numbers[1::2]
    return Rows(names, values, begins, ends) if len(values) == len(names) else None


def _offsets(pieces: list[str], layout: _Layout, is_last: bool) -> list[int] | None:
    """Return begin and end of every entry in a run cut at quotation marks, None when it is not in this layout."""
    count, odd = divmod(len(pieces), 10)
    if odd != 1 or pieces[0] or any(pieces[place::10].count(text) != count for place, text in layout.fixed):
        return None
    joined = "".join(pieces[10::10]) + (layout.after_offsets[2:] if is_last else "")
    pairs = joined.removesuffix(layout.after_offsets).removeprefix(layout.opening).split(layout.after_offsets + layout.opening)
    if len(pairs) != count or set(map(str.count, pairs, repeat(layout.comma))) != {1}:
        return None
    numbers = layout.comma.join(pairs).split(layout.comma)
    digits = "".join(numbers)
    if not (digits.isascii() and digits.isdecimal()) or len(joined) != len(digits) + count * _frame(layout):
        return None
    try:
        return list(map(int, numbers))
    except ValueError:  # thousands of digits
        raise broken_header(tr("The header holds a number that is too large.")) from None


def _frame(layout: _Layout) -> int:
    return len(layout.opening) + len(layout.comma) + len(layout.after_offsets)


def _value(dtype: str, shape: str, layout: _Layout) -> Value | None:
    """Return dtype and shape from their texts, None when they are not the usual ones."""
    if not (shape.startswith(layout.opening) and shape.endswith(layout.after_shape)):
        return None
    sides = shape[len(layout.opening) : -len(layout.after_shape)]
    digits = sides.split(layout.comma) if sides else []
    if not dtype.replace("_", "").isalnum() or not all(side.isascii() and side.isdecimal() for side in digits):
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

"""Walks the opcodes of a pickle without ever importing, building or calling what it names.

Used by pickles.py to list tensors and imports of PyTorch files. Calls become inert notes: a tensor is a dtype and a shape, any other
object is a `Thing`. Meaning of opcodes: python/cpython:Lib/pickletools.py. Time and memory are bounded by caps.
"""

import re
import struct
from collections.abc import Callable
from typing import Final

from model_manager.core.formats.dtypes import TORCH_STORAGES
from model_manager.core.formats.inert import Name, Pickle, Storage, Thing, made

MOST_OPCODES: Final = 2_000_000


class CutOff(Exception):
    """The bytes end in the middle of the pickle."""


class Odd(Exception):
    """The bytes are no pickle, or one too large or too strange to follow."""


_MARK: Final = object()
_EMPTY: Final[dict[int, Callable[[], object]]] = {0x7D: dict, 0x5D: list, 0x29: tuple, 0x8F: list}
_CONSTANTS: Final[dict[int, object]] = {0x4E: None, 0x88: True, 0x89: False}
# opcode -> (code of struct for an inline number)
_NUMBERS: Final = {0x4B: "B", 0x4D: "<H", 0x4A: "<i", 0x47: ">d"}
# opcode -> (struct code of the length, is it text)
_SIZED: Final = {
    0x58: ("<I", True),
    0x8C: ("B", True),
    0x8D: ("<Q", True),
    0x42: ("<I", False),
    0x43: ("B", False),
    0x8E: ("<Q", False),
    0x54: ("<i", True),
    0x55: ("B", True),
    0x8A: ("B", False),
    0x8B: ("<i", False),
    0x96: ("<Q", False),
}
_LONGS: Final = (0x8A, 0x8B)
_TUPLES: Final = {0x85: 1, 0x86: 2, 0x87: 3}
_LONGEST_KEPT: Final = 4096  # characters of a text that can matter as a name
_LARGEST_KEY: Final = 1 << 60  # below it no two numbers have one hash, so that no dict can be made slow by its keys
_ESCAPES: Final = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_MOST_IMPORTS: Final = 1000
_MOST_PLACES: Final = 1 << 32
EXTENSION: Final = "copyreg (extension)"
"""Stands among the imports for a number that the loading program has given to an import."""
COMPUTED: Final = "? ?"
"""Stands among the imports where a pickle takes the name of an import from something other than a text in it."""


class Walker:
    """One walk over one pickle; `walk` gives the inert value. `found` holds what came before a fault, too."""

    def __init__(self, data: bytes, start: int = 0, most: int = MOST_OPCODES) -> None:
        """Walk over `data` from `start`, at most `most` opcodes."""
        self._data = data
        self._place = start
        self._most = most
        self._copies = most
        self._stack: list[object] = []
        self._memo: dict[int | str, object] = {}
        self.found = Pickle()
        self._handlers = self._table()

    def walk(self) -> Pickle:
        """Return what the pickle holds; raises CutOff or Odd."""
        handlers, data, end = self._handlers, self._data, len(self._data)
        try:
            for count in range(1, self._most + 1):
                if self._place >= end:
                    raise CutOff
                self.found.count = count
                code = data[self._place]
                self._place += 1
                if code == 0x2E:  # STOP
                    self.found.value = self._stack.pop()
                    return self.found
                handlers[code](code)
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise Odd from error
        finally:
            self.found.end = self._place
        raise Odd

    def _table(self) -> dict[int, Callable[[int], None]]:
        table: dict[int, Callable[[int], None]] = {}
        groups: tuple[tuple[object, Callable[[int], None]], ...] = (
            (_EMPTY, lambda code: self._stack.append(_EMPTY[code]())),
            (_CONSTANTS, lambda code: self._stack.append(_CONSTANTS[code])),
            (_NUMBERS, self._number),
            (_SIZED, self._sized),
            (b"FIL", lambda code: self._stack.append(self._line())),
            (b"SV", lambda code: self._stack.append(self._escaped(code))),
            (_TUPLES, self._short_tuple),
            (b"(", lambda code: self._stack.append(_MARK)),
            (b"t", lambda code: self._stack.append(tuple(self._to_mark()))),
            (b"l", lambda code: self._stack.append(self._to_mark())),
            (b"d", lambda code: self._stack.append(self._pairs({}, self._to_mark()))),
            (b"u", self._set_items),
            (b"s", self._set_item),
            (b"e\x90", self._extend),
            (b"a", self._append),
            (b"\x91", lambda code: self._stack.append(self._to_mark())),
            (b"0", lambda code: self._drop()),
            (b"1", lambda code: self._discard_to_mark()),
            (b"2", lambda code: self._stack.append(self._stack[-1])),
            (b"qrp\x94", self._put),
            (b"hjg", self._get),
            (b"c\x93", self._import),
            (b"i", self._old_instance),
            (b"o", self._object),
            (b"R\x81", self._call),
            (b"\x92", self._call_with_words),
            (b"b", self._build),
            (b"Q", self._persistent),
            (b"P", lambda code: self._stack.append(Thing("persistent", self._line()))),
            (b"\x80", lambda code: self._pass(1)),
            (b"\x95", lambda code: self._pass(8)),
            (b"\x82", lambda code: self._extension(1)),
            (b"\x83", lambda code: self._extension(2)),
            (b"\x84", lambda code: self._extension(4)),
            (b"\x97", lambda code: self._stack.append(None)),
            (b"\x98", lambda code: None),
        )
        for codes, handler in groups:
            table.update(dict.fromkeys(codes, handler))  # type: ignore[call-overload]
        return table

    def _skip(self, count: int) -> int:
        """Move on and return where we were."""
        start = self._place
        self._place += count
        if self._place > len(self._data):
            raise CutOff
        return start

    def _pass(self, count: int) -> None:
        self._skip(count)

    def _unpack(self, code: str) -> float | int:
        start = self._skip(struct.calcsize(code))
        value: float | int = struct.unpack_from(code, self._data, start)[0]
        return value

    def _raw_line(self) -> bytes:
        end = self._data.find(b"\n", self._place)
        if end < 0:
            raise CutOff
        line = self._data[self._place : min(end, self._place + _LONGEST_KEPT)]
        self._place = end + 1
        return line

    def _name(self) -> str:
        """A line that is part of a name, letter by letter."""
        return self._raw_line().decode("utf-8", "replace")

    def _escaped(self, code: int) -> str:
        """A line of text as a loader reads it: its escapes may spell a name."""
        line = self._raw_line()
        if code == 0x56:  # UNICODE
            return line.decode("raw-unicode-escape")
        return _ESCAPES.sub(_unescaped, line[1:-1]).decode("utf-8", "replace")

    def _line(self) -> str | int:
        text = self._raw_line().decode("utf-8", "replace")
        digits = text.rstrip("L")
        return int(digits) if digits.lstrip("-").isdigit() and len(digits) < 20 else text

    def _number(self, code: int) -> None:
        self._stack.append(self._unpack(_NUMBERS[code]))

    def _sized(self, code: int) -> None:
        form, is_text = _SIZED[code]
        length = int(self._unpack(form))
        if length < 0:
            raise Odd
        start = self._skip(length)
        kept = self._data[start : start + min(length, _LONGEST_KEPT)]
        if code in _LONGS:
            self._stack.append(int.from_bytes(kept[:16], "little", signed=True))
        else:
            self._stack.append(kept.decode("utf-8", "replace") if is_text else None)

    def _to_mark(self) -> list[object]:
        stack = self._stack
        for place in range(len(stack) - 1, -1, -1):
            if stack[place] is _MARK:
                items = stack[place + 1 :]
                del stack[place:]
                return items
        raise Odd

    def _drop(self) -> None:
        self._stack.pop()

    def _discard_to_mark(self) -> None:
        self._to_mark()

    def _short_tuple(self, code: int) -> None:
        count = _TUPLES[code]
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(items)

    @staticmethod
    def _pairs(target: object, items: list[object]) -> object:
        """Put keys and values into a dict; a `Thing` that is filled like a dict keeps them as its parts."""
        if isinstance(target, Thing):
            target.parts = target.parts if isinstance(target.parts, dict) else {}
            target = target.parts
        if isinstance(target, dict):
            target.update((_key(key), value) for key, value in zip(items[::2], items[1::2], strict=False))
        return target

    def _set_items(self, code: int) -> None:
        items = self._to_mark()
        self._pairs(self._stack[-1], items)

    def _set_item(self, code: int) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._pairs(self._stack[-1], [key, value])

    def _extend(self, code: int) -> None:
        items = self._to_mark()
        target = self._stack[-1]
        if isinstance(target, list):
            target.extend(items)

    def _append(self, code: int) -> None:
        value = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, list):
            target.append(value)

    def _put(self, code: int) -> None:
        place: int | str = len(self._memo) if code == 0x94 else self._place_of(code)
        self._memo[place] = self._stack[-1]

    def _get(self, code: int) -> None:
        self._stack.append(self._memo[self._place_of(code)])

    def _place_of(self, code: int) -> int | str:
        place = int(self._line() if code in b"pg" else self._unpack("B" if code in b"qh" else "<I"))
        return place if 0 <= place < _MOST_PLACES else str(place)

    def _import(self, code: int) -> None:
        if code == 0x63:
            module, name = self._name(), self._name()
            self._stack.append(self._named(f"{module} {name}"))
            return
        last, first = self._stack.pop(), self._stack.pop()
        is_told = isinstance(first, str) and isinstance(last, str)
        self._stack.append(self._named(f"{first} {last}" if is_told else COMPUTED))

    def _named(self, text: str) -> Name:
        if text not in self.found.imports:
            if len(self.found.imports) >= _MOST_IMPORTS:
                raise Odd
            self.found.imports.append(text)
        return Name(text)

    def _old_instance(self, code: int) -> None:
        name = self._named(f"{self._name()} {self._name()}")
        self._stack.append(Thing(name.text, self._to_mark()))

    def _object(self, code: int) -> None:
        items = self._to_mark()
        self._stack.append(self._made(items[0], tuple(items[1:])))

    def _call(self, code: int) -> None:
        values, what = self._stack.pop(), self._stack.pop()
        self._stack.append(self._made(what, values))

    def _made(self, what: object, values: object) -> object:
        if isinstance(values, tuple) and values and isinstance(values[0], list):
            self._charge(len(values[0]))
        return made(what, values)

    def _charge(self, count: int) -> None:
        """Copying is work that a few opcodes can ask for again and again."""
        self._copies -= count
        if self._copies < 0:
            raise Odd

    def _call_with_words(self, code: int) -> None:
        self._stack.pop()
        self._call(code)

    def _extension(self, count: int) -> None:
        self._skip(count)
        self._stack.append(self._named(EXTENSION))

    def _build(self, code: int) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, Thing):
            if isinstance(target.parts, dict) and isinstance(state, dict):
                self._charge(len(target.parts) + len(state))
                target.parts = {**target.parts, **state}
            else:
                target.parts = state

    def _persistent(self, code: int) -> None:
        """Keep PyTorch's ("storage", class, key, place, count); anything else stays a note."""
        told = self._stack.pop()
        if isinstance(told, tuple) and len(told) >= 5 and told[0] == "storage" and isinstance(told[1], Name) and isinstance(told[4], int):
            dtype = TORCH_STORAGES.get(told[1].text.partition(" ")[2], told[1].text.partition(" ")[2])
            storage = Storage(dtype, str(told[2]), told[4])
            self.found.storages[storage.key] = storage
            self._stack.append(storage)
        else:
            self._stack.append(Thing("persistent", told))


def _unescaped(found: re.Match[bytes]) -> bytes:
    """Return the byte that an escape of a bytes literal stands for; an unknown escape stays as it is."""
    sign = found[1]
    if sign[:1] == b"x":
        return bytes([int(sign[1:], 16)])
    if sign[:1].isdigit() and sign[:1] < b"8":
        return bytes([int(sign, 8) & 0xFF])
    known = {b"\\": b"\\", b"'": b"'", b'"': b'"', b"n": b"\n", b"t": b"\t", b"r": b"\r", b"\n": b""}
    return known.get(sign, found[0])


def _key(key: object) -> object:
    """Return what stands for the key of a dict."""
    return key if isinstance(key, str) or (isinstance(key, int) and -_LARGEST_KEY < key < _LARGEST_KEY) else None

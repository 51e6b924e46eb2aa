"""Sets values in the text of a JSON object and leaves every other byte of it: order, spelling and line ends of other programs.

Called by own_key, own_values and writing. It knows nothing of what the values mean, and must never touch the disk.
"""

import codecs
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from model_manager.core.errors import BadSidecar
from model_manager.core.words import tr

_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\{[ \t]*(\r?\n)([ \t]+)\"")
_HALF = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()


class Raw(str):
    """The text of a value that is put in as it stands."""

    __slots__ = ()


class _Object(NamedTuple):
    """Where an object opens, (key, start, end of value) of its members, and where it closes."""

    opening: int
    members: list[tuple[str, int, int]]
    closing: int


def with_values(name: str, text: str, values: Mapping[str, Any]) -> str:
    """Return the JSON object `text` (a byte order mark may stand before it) with `values` put in or changed.

    Raises BadSidecar, with `name` in its text, when the object is not plain enough to be added to.
    """
    found = _object(name, text)
    indent = _INDENT.match(text, found.opening)
    margin, line = (indent.group(2), indent.group(1)) if indent else ("", "")
    places = {key: (start, end) for key, start, end in found.members}  # of a key that stands twice the last one counts in JSON
    new = {key: value if isinstance(value, Raw) else _written(value, margin, line) for key, value in values.items()}
    end = found.members[-1][2] if found.members else found.opening + 1
    parts, done = [], 0
    for start, stop, key in sorted((*places[key], key) for key in new if key in places):
        parts += [text[done:start], new[key]]
        done = stop
    parts.append(text[done:end])
    gap = line + margin if indent else " " if found.members else ""
    for number, key in enumerate(key for key in new if key not in places):
        parts.append(("," if found.members or number else "") + (gap or " " * bool(number)) + f"{dumped(key)}: {new[key]}")
    return "".join(parts) + text[end if found.members else found.closing :]


def without_keys(name: str, text: str, keys: Collection[str]) -> str:
    """Return the JSON object `text` without these members; what stays keeps its spelling. Raises BadSidecar as `with_values`."""
    found = _object(name, text)
    stays = [key not in keys for key, _, _ in found.members]
    if not any(stays):
        return text[: found.opening + 1] + text[found.closing :] if found.members else text
    parts, done = [], 0
    first = stays.index(True)
    if first:
        parts.append(text[: _after_space(text, found.opening + 1)])
        done = _after_space(text, _after_space(text, found.members[first - 1][2]) + 1)
    for place in range(first + 1, len(stays)):
        if not stays[place]:
            parts.append(text[done : found.members[place - 1][2]])
            done = found.members[place][2]
    return "".join(parts) + text[done:]


def value_text(name: str, text: str, key: str) -> str:
    """Return the text of a value of the JSON object `text`, "" when there is none. Raises BadSidecar as `with_values`."""
    found = _object(name, text)
    return next((text[start:end] for own, start, end in reversed(found.members) if own == key), "")


def dumped(value: Any, indent: str | int | None = None) -> str:
    """Return `value` as JSON that can be stored: letters as they are, half characters (as broken JSON holds them) escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return text if text.isascii() or not _HALF.search(text) else json.dumps(value, indent=indent)


def _written(value: Any, indent: str, line: str) -> str:
    if not indent:
        return dumped(value)
    return dumped(value, indent).replace("\n", line + indent)


def _object(name: str, text: str) -> _Object:
    found = _plain(text, 1 if text[:1] == codecs.BOM_UTF8.decode() else 0)
    if found is None:
        raise BadSidecar(tr("{file} is written in a way that cannot be added to. It was not changed.", file=name))
    return found


def _plain(text: str, start: int) -> _Object | None:
    opening = _after_space(text, start)
    if text[opening : opening + 1] != "{":
        return None
    place, members = _after_space(text, opening + 1), []
    try:
        while text[place] != "}":
            key, place = _DECODER.raw_decode(text, place)
            place = _after_space(text, place)
            from_ = _after_space(text, place + 1)
            if text[place] != ":" or not isinstance(key, str):
                return None
            _, to = _DECODER.raw_decode(text, from_)
            members.append((key, from_, to))
            place = _after_space(text, to)
            if text[place] == ",":
                place = _after_space(text, place + 1)
        return _Object(opening, members, place)
    except (ValueError, IndexError, RecursionError):
        return None


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place

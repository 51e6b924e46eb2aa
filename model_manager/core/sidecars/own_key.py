"""Our own object in `<stem>.info`: read, and put in without changing a byte of what else is there.

Called by previews for locks and looks. The file is JSON of other programs, too: everything but the value of our key keeps its order, its
spelling and its line ends. A file that is not a JSON object is never touched.
"""

import codecs
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.paths import replace_file
from model_manager.core.sidecars.reading import JSON_LIMIT, decode, parse_object, read_bytes, unreadable
from model_manager.core.sidecars.suffixes import INFO, stem_of
from model_manager.core.words import tr

KEY = "model_manager"
_SPACE = re.compile(r"[ \t\r\n]*")
_INDENT = re.compile(r"\{[ \t]*(\r?\n)([ \t]+)\"")
_DECODER = json.JSONDecoder()


def read_own(model_path: str) -> dict[str, Any]:
    """Return our object in the model's `.info`, {} when there is none. Raises BadSidecar, or FileFault when it cannot be read."""
    path = _path(model_path)
    data = _read(path)
    found = parse_object(os.path.basename(path), data).get(KEY) if data is not None else None
    return found if isinstance(found, dict) else {}


def save_own(model_path: str, name: str, value: Mapping[str, Any] | None) -> None:
    """Set the value `name` in our object, or take it out (None). Nothing is written when nothing changes.

    Raises BadSidecar when the `.info` is not a JSON object, FileFault when it cannot be read or written; it is then as it was.
    """
    path = _path(model_path)
    data = _read(path)
    own = dict(read_own(model_path)) if data is not None else {}
    if own.get(name) == value:
        return
    if value is None:
        del own[name]
    else:
        own[name] = dict(value)
    if data is None:
        replace_file(path, (json.dumps({KEY: own}, indent=2) + "\n").encode("ascii"))
        return
    text, encoding = decode(data)
    replace_file(path, _spliced(os.path.basename(path), text, own).encode(encoding))


def _path(model_path: str) -> str:
    """Return the path of `<stem>.info` in the spelling it has on disk."""
    folder, model = os.path.split(model_path)
    stem = stem_of(model)
    path = os.path.join(folder, stem + INFO)
    if os.path.lexists(path):
        return path
    try:
        names = [name for name in os.listdir(folder) if name[: len(stem)] == stem and name[len(stem) :].lower() == INFO]
    except (OSError, ValueError):
        return path
    return os.path.join(folder, min(names)) if names else path


def _read(path: str) -> bytes | None:
    name = os.path.basename(path)
    try:
        return read_bytes(path, JSON_LIMIT)
    except FileNotFoundError as error:
        if os.path.lexists(path):
            raise FileFault(unreadable(name, error)) from error
        return None
    except (OSError, ValueError) as error:
        raise FileFault(unreadable(name, error)) from error


def _spliced(name: str, text: str, own: dict[str, Any]) -> str:
    """Return the JSON `text` with our object put in, changed or, when it is empty, taken out."""
    start = 1 if text[:1] == codecs.BOM_UTF8.decode() else 0
    members = _members(text, start)
    if members is None:
        raise BadSidecar(tr("{file} is written in a way that cannot be added to. It was not changed.", file=name))
    opening, spans, closing = members
    indent = _INDENT.match(text, opening)
    new = _written(own, indent.group(2) if indent else "", indent.group(1) if indent else "")
    for key, from_, to in reversed(spans):  # the last one counts in JSON
        if key == KEY:
            return text[:from_] + new + text[to:]
    after = spans[-1][2] if spans else opening + 1
    gap = indent.group(1) + indent.group(2) if indent else " " if spans else ""
    return text[:after] + ("," if spans else "") + gap + f'"{KEY}": {new}' + text[after if spans else closing :]


def _written(own: dict[str, Any], indent: str, line: str) -> str:
    if not indent:
        return json.dumps(own)
    return json.dumps(own, indent=indent).replace("\n", line + indent)


def _members(text: str, start: int) -> tuple[int, list[tuple[str, int, int]], int] | None:
    """Return where the object opens, (key, start, end of value) of its members, and where it closes; None if it is not that plain."""
    opening = _after_space(text, start)
    if text[opening : opening + 1] != "{":
        return None
    place, spans = _after_space(text, opening + 1), []
    try:
        while text[place] != "}":
            key, place = _DECODER.raw_decode(text, place)
            place = _after_space(text, place)
            from_ = _after_space(text, place + 1)
            if text[place] != ":" or not isinstance(key, str):
                return None
            _, to = _DECODER.raw_decode(text, from_)
            spans.append((key, from_, to))
            place = _after_space(text, to)
            if text[place] == ",":
                place = _after_space(text, place + 1)
        return opening, spans, place
    except (ValueError, IndexError, RecursionError):
        return None


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place

"""Sets values in the front matter of a `.md` and leaves all other lines of it as they are.

Called by writing_notes. The result is read again before it is used: should anything else come out changed, the old lines stay.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from model_manager.core.errors import BadSidecar
from model_manager.core.sidecars.front_matter import parse

_KEY = re.compile(r"([A-Za-z_][\w -]*?)[ \t]*:(?:\s|\Z)")


def dump(values: Mapping[str, Any]) -> str:
    """Return values as lines of YAML, keys sorted as hayden's program sorts them."""
    import yaml

    return str(yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=True, default_flow_style=False, width=10_000)) if values else ""


def edited(name: str, inner: str, values: Mapping[str, Any], gone: Collection[str] = ()) -> str:
    """Return the lines `inner` with `values` set and `gone` taken out; as they were when that cannot be done safely.

    Raises BadSidecar when they are no front matter that can be understood.
    """
    before = parse(name, inner) if inner.strip() else {}
    line = "\r\n" if "\r\n" in inner else "\n"
    blocks = [(key, text) for key, text in _blocks(inner) if key not in gone]
    for key, value in sorted(values.items()):
        new = dump({key: value}).replace("\n", line)
        place = next((number for number, (own, _) in enumerate(blocks) if own == key), -1)
        if place >= 0:
            blocks[place] = (key, new)
        else:
            blocks.insert(_place(key, [own for own, _ in blocks]), (key, new))
    text = "".join(part if part.endswith("\n") or not part else part + line for _, part in blocks)
    return text if _is_sound(name, text, before, values, gone) else inner


def _blocks(inner: str) -> list[tuple[str, str]]:
    """Return (key, its lines) in order; what stands before the first key has the key ""."""
    found: list[tuple[str, str]] = []
    for text in inner.splitlines(keepends=True):
        key = _KEY.match(text)
        if key or not found:
            found.append((key[1] if key else "", text))
        else:
            found[-1] = (found[-1][0], found[-1][1] + text)
    return found


def _place(key: str, keys: list[str]) -> int:
    """Return where a new key goes: in order where the others are, else at the end."""
    if keys != sorted(keys):
        return len(keys)
    return next((number for number, own in enumerate(keys) if own > key), len(keys))


def _is_sound(name: str, text: str, before: Mapping[str, Any], values: Mapping[str, Any], gone: Collection[str]) -> bool:
    wanted = {key: value for key, value in before.items() if key not in gone} | dict(values)
    try:
        return parse(name, text) == wanted if text.strip() else not wanted
    except BadSidecar:
        return False

"""What of a fetch goes into a file that has values already: layers stay apart, and nothing a person wrote is lost.

Called by writing and its dialects, for every JSON dialect and for front matter. Which values came from a fetch is known by their marks
(short hashes), which `.info` keeps in our own object. It must never touch the disk.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

_IDENTITIES = ("id", "url", "name")
_NOTHING: tuple[object, ...] = (None, "", [], {}, ())


@dataclass(slots=True)
class Kept:
    """What becomes of one file.

    changes: values to set. marks: key -> mark of every value in the file that a fetch put there. theirs: values of a person or another
    program where the fetch says something else; they were left out of `changes`. gone: fetched values of another version, to be removed.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def mark(value: Any) -> str:
    """Return the short hash by which a value is known again."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()[:16]


def is_empty(value: object) -> bool:
    """Say whether a value says nothing; False and 0 do."""
    return any(value is nothing or (type(value) is type(nothing) and value == nothing) for nothing in _NOTHING)


def keep(
    before: Mapping[str, Any], told: Mapping[str, Any], marks: Mapping[str, str], words: Collection[str], is_other: bool = False
) -> Kept:
    """Return what to change in `before` so that it says what was `told`.

    An empty value never replaces one that is there. A value that a fetch put there is replaced. Any other stays (`theirs`) when its key is
    one of `words`, those that people write, and it is no mere number; else it is joined with the new one. is_other: the earlier fetch
    spoke of another version, so what it put there goes.
    """
    kept = Kept()
    for key, value in told.items():
        old = before.get(key)
        is_ours = key in before and marks.get(key) == mark(old)
        if is_empty(value):
            _keep_old(kept, key, is_ours, is_other, marks)
        elif isinstance(old, str | list | dict) and not is_empty(old) and not is_ours and key in words and not _same(old, value):
            kept.theirs[key] = old
        else:
            new = value if is_other and is_ours else joined(old, value) if key not in words else value
            kept.marks[key] = mark(new)
            if key not in before or mark(old) != kept.marks[key]:
                kept.changes[key] = new
    for key in marks.keys() - told.keys():
        _keep_old(kept, key, key in before and marks[key] == mark(before[key]), is_other, marks)
    return kept


def _keep_old(kept: Kept, key: str, is_ours: bool, is_other: bool, marks: Mapping[str, str]) -> None:
    if is_ours and is_other:
        kept.gone.append(key)
    elif is_ours:
        kept.marks[key] = marks[key]


def joined(old: Any, new: Any) -> Any:
    """Return `new` with what only `old` says: keys of objects, and of objects in lists that speak of one thing."""
    if is_empty(new):
        return new if is_empty(old) else old
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: joined(old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list):
        known = {_identity(entry): entry for entry in old if isinstance(entry, dict) and _identity(entry)[0]}
        return [joined(known.get(_identity(entry)), entry) if isinstance(entry, dict) else entry for entry in new]
    return new


def _identity(entry: dict[str, Any]) -> tuple[str, str]:
    found = next((name for name in _IDENTITIES if entry.get(name)), "")
    return found, json.dumps(entry.get(found), sort_keys=True)


def _same(old: Any, new: Any) -> bool:
    """Say whether two values are one to a person: spaces around a text, order of words do not count."""
    if isinstance(old, str) and isinstance(new, str):
        return old.strip() == new.strip()
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(str, old)) == sorted(map(str, new))
    return mark(old) == mark(new)

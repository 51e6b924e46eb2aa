"""Values a person gives, made fit for a file: checked, trimmed, and in the shape in which `.info` holds them.

Called by own_values. It must never touch the disk. A value that is none is refused with a sentence, never bent.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_manager.core.errors import BadConfig
from model_manager.core.library.colours import COLOURS
from model_manager.core.library.kinds import KINDS
from model_manager.core.sidecars.layer import LIST_LIMIT, groups, labels, line, page, text
from model_manager.core.sidecars.own_object import FIRST_ADULT_LEVEL, HIGHEST_RATING, KEYS, LEVELS
from model_manager.core.words import tr


def checked(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as they are kept, None for what is to be given back. Raises BadConfig with a sentence about the first bad one."""
    return {name: None if value is None else _checked(name, value) for name, value in values.items()}


def joined_words(words: object, add: Iterable[str], remove: Iterable[str]) -> tuple[str, ...]:
    """Return tags or collections with some added (at the end) and some taken out; one that is there in other letters is not added."""
    unwanted = {word.casefold() for word in remove}
    found = [word for word in words if word.casefold() not in unwanted] if isinstance(words, tuple) else []
    known = {word.casefold() for word in found}
    for word in labels(list(add)):
        if word.casefold() not in known:
            known.add(word.casefold())
            found.append(word)
    return tuple(found)


def stored_keys(name: str, value: object) -> dict[str, Any]:
    """Return the keys of `user` that hold a field's value, none for None."""
    if value is None:
        return {}
    if name == "adult":
        return {"nsfw": isinstance(value, int) and value >= FIRST_ADULT_LEVEL, "nsfwLevel": value}
    if name == "strength":
        return {"strength": _number(str(value))}
    return {KEYS[name][0]: list(value) if isinstance(value, tuple) else value}


def _number(value: str) -> object:
    try:
        found = float(value)
    except ValueError:
        return value  # a range, such as "0.6 - 0.8"
    return found if math.isfinite(found) else value


def _checked(name: str, value: object) -> object:
    check = _CHECKS.get(name)
    if check is None:
        raise BadConfig(tr("{field} is nothing that can be edited.", field=name))
    return check(value)


def _words(value: object, clean: Callable[[object], tuple[str, ...]]) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if len(words) > LIST_LIMIT:
        raise BadConfig(tr("More than {count:,} words are too many for one model.", count=LIST_LIMIT))
    return joined_words((), clean(words), ())


def _level(value: object) -> int:
    if isinstance(value, bool) or value not in LEVELS:
        raise BadConfig(tr("An adult level is one of 1, 2, 4, 8 and 16."))
    return int(str(value))


def _rating(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= HIGHEST_RATING:
        raise BadConfig(tr("A rating is a whole number from 0 to 5."))
    return value


def _favourite(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadConfig(tr("A model is a favourite, or it is not."))
    return value


def _colour(value: object) -> str:
    if value != "" and value not in COLOURS:
        raise BadConfig(tr("A colour is one of {colours}.", colours=", ".join(COLOURS)))
    return str(value)


def _kind(value: object) -> str:
    if value not in KINDS:
        raise BadConfig(tr("{kind} is no type of models.", kind=value))
    return str(value)


def _link(value: object) -> str:
    found = page(value)
    if not found:
        raise BadConfig(tr("A source link is a web address that begins with https:// or http://."))
    return found[0][1]


def _named(value: object) -> str:
    """A text that must say something: to be without one, the field is given back."""
    found = line(value)
    if not found:
        raise BadConfig(tr("There is nothing in it. To go back to the fetched value, use the button beside it."))
    return found


_CHECKS: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("name", "strength"), _named),
    **dict.fromkeys(("version", "base_model", "category", "group"), line),
    "trigger_words": lambda value: _words(value, groups),
    "tags": lambda value: _words(value, labels),
    "collections": lambda value: _words(value, labels),
    "kind": _kind,
    "link": _link,
    "adult": _level,
    "favourite": _favourite,
    "rating": _rating,
    "colour": _colour,
    "notes": text,
}

"""The person's own values of a model: what an edit makes of its `.info`, and what each field says with and without them.

Called by tidy/editing, which makes plans of it, and by the details sheet's jobs. Everything here only reads: the new bytes are handed
back, and all of the file but the values that change keeps its order and spelling. Formats: own_object says which keys are ours.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from model_manager.core.errors import FileFault
from model_manager.core.library.entry import Details, Facts, Family, FieldValue
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.json_text import Raw, dumped, value_text, with_values, without_keys
from model_manager.core.sidecars.layer import mapping
from model_manager.core.sidecars.merge import read_both
from model_manager.core.sidecars.own_object import FIRST_ADULT_LEVEL, KEYS, USER_KEY
from model_manager.core.sidecars.own_wishes import checked, joined_words, stored_keys
from model_manager.core.sidecars.reading import JSON_LIMIT, decode, parse_object, read_bytes, unreadable
from model_manager.core.sidecars.suffixes import INFO, stem_of
from model_manager.core.words import tr

FIELDS: Final = (*KEYS, "notes")
_LONGEST_NAME = 255
_EASY = frozenset(("favourite", "rating", "tags", "collections", "category", "group", "colour"))
"""Set to what stands without them, these are given back: a switch that was pressed twice leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Edits:
    """What a person wants of one model or of many. values: field -> new value, None to give it back (see FieldValue for the types).

    Words are added to, or taken out of, the tags and collections each model has; how they are written in big or small letters
    does not count for taking out. pins: values are written even where another source says the same now.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_collections: tuple[str, ...] = ()
    remove_collections: tuple[str, ...] = ()
    pins: bool = False

    def __post_init__(self) -> None:
        """Raise BadConfig for a value that no file should get."""
        object.__setattr__(self, "values", checked(self.values))


def changed_info(model_path: str, edits: Edits, names: Sequence[str] | None = None) -> tuple[str, bytes | None] | None:
    """Return the path of `.info` and its new bytes (None: it would hold nothing more, and goes); None when nothing changes.

    names: of the files beside the model, if known; else its folder is listed. Notes are not in `.info`: see notes.changed_notes.
    Raises BadSidecar when the file is no JSON object, FileFault when it cannot be read or its name would be too long.
    """
    folder, model = os.path.split(model_path)
    family = family_of(folder, model, names)
    path = os.path.join(folder, _info_name(model, family))
    data = _read(path)
    name = os.path.basename(path)
    values = parse_object(name, data) if data is not None else {}
    user = mapping(values.get(USER_KEY))
    wanted = _wanted(edits, user, folder, model, family)
    keys = {key: value for one, value in wanted.items() for key, value in stored_keys(one, value).items()}
    gone = {key for one in wanted for key in KEYS[one]} - keys.keys()
    if all(key in user and user[key] == value and type(user[key]) is type(value) for key, value in keys.items()) and gone.isdisjoint(user):
        return None
    return path, _bytes(name, data, values, keys, gone)


def changed_fields(name: str, before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    """Return the fields that the person set otherwise in the second of two states of an `.info`; None: there is no file.

    name: of the file, for the fault. Raises BadSidecar.
    """
    old, new = (mapping(parse_object(name, data).get(USER_KEY)) if data is not None else {} for data in (before, after))
    return tuple(one for one, keys in KEYS.items() if any(old.get(key) != new.get(key) for key in keys))


def field_values(folder: str, model_name: str, family: Family, facts: Facts) -> dict[str, FieldValue]:
    """Return for every field that can be edited what it says, who says so, and what would stand there without the person's value."""
    shown, fetched = read_both(folder, model_name, family, facts)
    own = {*shown.own, *(("notes",) if shown.notes != fetched.notes else ())}
    return {
        name: FieldValue(name, _value(name, shown), _source(name, shown), _value(name, fetched), _source(name, fetched), name in own)
        for name in FIELDS
    }


def family_of(folder: str, model: str, names: Sequence[str] | None = None) -> Family:
    """Return the files beside a model; its folder is listed unless their names are known. Raises FileFault when it cannot be."""
    if names is None:
        stem = stem_of(model) + "."
        try:
            names = [name for name in os.listdir(folder) if name.startswith(stem)]
        except (OSError, ValueError) as error:
            raise FileFault(unreadable(model, error)) from error
    return families([model], names)[model]


def _value(name: str, details: Details) -> object:
    if name == "strength":
        return dict(details.recommended).get(tr("Weight"), "")
    if name == "link":
        return details.links[0][1] if details.links else ""
    if name == "adult":
        return details.adult_level or FIRST_ADULT_LEVEL * details.adult
    return getattr(details, name)


def _source(name: str, details: Details) -> str:
    sources = details.sources
    if name == "strength":
        return sources.get("recommended", "") if _value(name, details) else ""
    if name == "adult":
        return sources.get("adult", "") or sources.get("adult_level", "")
    return sources.get({"link": "links"}.get(name, name), "")


def _wanted(edits: Edits, user: Mapping[str, Any], folder: str, model: str, family: Family) -> dict[str, object]:
    """Return the fields to write, None for those to be given back."""
    wanted = {name: value for name, value in edits.values.items() if name in KEYS}
    changes = {"tags": (edits.add_tags, edits.remove_tags), "collections": (edits.add_collections, edits.remove_collections)}
    words = {name: change for name, change in changes.items() if any(change)}
    if not words and _EASY.isdisjoint(wanted):
        return wanted
    shown, fetched = read_both(folder, model, family, Facts())
    for name, (add, remove) in words.items():
        given = wanted.get(name)
        wanted[name] = joined_words(getattr(shown, name) if given is None else given, add, remove)
    for name in _EASY & wanted.keys():
        if wanted[name] == getattr(fetched, name) and not edits.pins:
            wanted[name] = None
    return wanted


def _bytes(name: str, data: bytes | None, values: Mapping[str, Any], keys: Mapping[str, Any], gone: set[str]) -> bytes | None:
    if data is None:
        return (dumped({USER_KEY: dict(keys)}, 4) + "\n").encode("utf-8", "replace") if keys else None
    text, encoding = decode(data)
    user = value_text(name, text, USER_KEY)
    if user.startswith("{"):
        new: Any = Raw(with_values(name, without_keys(name, user, gone), keys))
    else:
        new = dict(keys)  # a slip in its place: `user` was nothing, and nobody read it
    if new == "{}" or new == {}:
        return _without_user(name, text, values, encoding)
    return with_values(name, text, {USER_KEY: new}).encode(encoding, "replace")


def _without_user(name: str, text: str, values: Mapping[str, Any], encoding: str) -> bytes | None:
    return without_keys(name, text, (USER_KEY,)).encode(encoding, "replace") if values.keys() - {USER_KEY} else None


def _info_name(model: str, family: Family) -> str:
    stem = stem_of(model)
    name = next((one for one in family.sidecars if one[: len(stem)] == stem and one[len(stem) :].lower() == INFO), stem + INFO)
    if len(os.fsencode(name) if os.name == "posix" else name) > _LONGEST_NAME:
        raise FileFault(tr("{file} was not written: no drive takes a name that long. Give the model a shorter one.", file=name))
    return name


def _read(path: str) -> bytes | None:
    try:
        return read_bytes(path, JSON_LIMIT)
    except FileNotFoundError as error:
        if os.path.lexists(path):
            raise FileFault(unreadable(os.path.basename(path), error)) from error
        return None
    except (OSError, ValueError) as error:
        raise FileFault(unreadable(os.path.basename(path), error)) from error

"""The object `user` in `.info`: the person's own values, as this program writes them, and as the seed's extras are spelled.

Called by info to read them and by own_values to write them. It must never touch the disk.
"""

from typing import Any, Final

from model_manager.core.library.colours import COLOURS
from model_manager.core.library.kinds import KINDS
from model_manager.core.sidecars.civitai import flat_layer
from model_manager.core.sidecars.layer import Layer, highest_level, labels, line, page, pairs, text, truth, whole
from model_manager.core.words import tr

USER_KEY: Final = "user"
HIGHEST_RATING: Final = 5
LEVELS: Final = (1, 2, 4, 8, 16)
FIRST_ADULT_LEVEL: Final = 4

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "name_for_display"),
    "version": ("version",),
    "base_model": ("base_model", "baseModel"),
    "kind": ("kind", "model_type"),
    "trigger_words": ("trigger_words", "trainedWords"),
    "tags": ("tags",),
    "strength": ("strength",),
    "link": ("source_url", "modelPage"),
    "adult": ("nsfw", "nsfwLevel"),
    "favourite": ("favourite", "favorite"),
    "rating": ("rating",),
    "collections": ("collections",),
    "category": ("category",),
    "group": ("group",),
    "colour": ("colour",),
}
"""field -> its keys in the object; this program writes the first (of `adult` both) and takes all of them out."""

_NEVER_EMPTY = frozenset(("name", "kind", "strength", "link", "adult"))


def edits_of(data: dict[str, Any]) -> Layer:
    """Return what a person says on the top level of `.info`, or in `user`: title, notes, rating (1 to 5), favourite mark."""
    found: Layer = {
        "name": line(data.get("name_for_display")),
        "notes": text(data.get("notes")),
        "rating": min(whole(data.get("rating")), HIGHEST_RATING),
    }
    if (favourite := truth(data.get("favourite", data.get("favorite")))) is not None:
        found["favourite"] = favourite
    return found


def own_layer(user: dict[str, Any]) -> Layer:
    """Return all that `user` says. A text or list that is there and empty says that there is none, whatever was fetched."""
    found = flat_layer(user)
    found.update({name: value for name, value in edits_of(user).items() if value or value is False})  # type: ignore[typeddict-item]
    colour, kind, weight = line(user.get("colour")), line(user.get("kind")), line(user.get("strength"))
    found["kind"] = kind if kind in KINDS else found["kind"]
    found["links"] = page(user.get("source_url")) or page(user.get("modelPage"))
    found["collections"] = labels(user.get("collections"))
    found["category"], found["group"] = line(user.get("category")), line(user.get("group"))
    found["colour"] = colour if colour in COLOURS else ""
    if weight:
        found["recommended"] = pairs((tr("Weight"), weight))
    if level := highest_level(user.get("nsfwLevel")):
        found["adult_level"] = level
    found["own"] = tuple([field for field in KEYS if _is_said(field, user, found)])
    return found


def _is_said(field: str, user: dict[str, Any], layer: Layer) -> bool:
    told = layer.get({"link": "links", "strength": "recommended"}.get(field, field))
    if told or told is False:
        return True
    return field not in _NEVER_EMPTY and any(_is_nothing(user[key]) for key in KEYS[field] if key in user)


def _is_nothing(value: object) -> bool:
    """Say whether a value is one that this program writes for "none"; a wrong type is a slip and says nothing."""
    return value == "" or value == [] or (type(value) is int and value == 0)

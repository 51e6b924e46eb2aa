"""`<stem>.info` and `<file name>.info`: the seed's sidecar, a Civitai version object with extras, and the person's edits.

Called by merge. The scanner of the seed writes the same name with file facts only
(ChrisFab16/ComfyUI-Model-Manager:comfyui_manager/download.py, metadata_manager.py).
"""

from typing import Any

from model_manager.core.sidecars.civitai import flat_layer, kind_of, version_layer
from model_manager.core.sidecars.layer import INFO, USER_INFO, Layer, Ranked, line, mapping, text, truth, whole
from model_manager.core.sidecars.suffixes import stem_of

USER_KEY = "user"
HIGHEST_RATING = 5
CIVITAI_KEYS = frozenset(("model", "modelId", "trainedWords", "files", "images"))


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return what the person set, to be believed above all else, and what was fetched.

    The person's values are the object `user` (spelled as the extras of the seed, with `name`), and on the top level
    `name_for_display`, `notes`, `favourite` or `favorite`, and `rating` (1 to 5).
    """
    mine = [Ranked(USER_INFO, _edits(data))]
    if user := mapping(data.get(USER_KEY)):
        mine = [Ranked(USER_INFO, _edits(user)), Ranked(USER_INFO, flat_layer(user)), *mine]
    return mine + _fetched(data, model_name)


def _edits(data: dict[str, Any]) -> Layer:
    found: Layer = {
        "name": line(data.get("name_for_display")),
        "notes": text(data.get("notes")),
        "rating": min(whole(data.get("rating")), HIGHEST_RATING),
    }
    if (favourite := truth(data.get("favourite", data.get("favorite")))) is not None:
        found["favourite"] = favourite
    return found


def _fetched(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return what the file says without the person's edits; `name` is a version's in Civitai's shape, else the model's."""
    extras = flat_layer(data)
    extras["kind"] = extras["kind"] or kind_of(data.get("type"))
    if not CIVITAI_KEYS.isdisjoint(data):
        extras["description"] = ""  # the same text, which a version object tells together with the model's
        extras["name"] = line(data["model"]) if type(data.get("model")) is str else ""
        return [Ranked(INFO, extras), Ranked(INFO, version_layer(data, model_name))]
    if "path" in data or stem_of(extras["name"]) == stem_of(model_name):
        extras["name"] = ""  # file facts of the seed's scanner: the name is the file's
    return [Ranked(INFO, extras)]

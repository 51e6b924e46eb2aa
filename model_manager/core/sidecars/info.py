"""`<stem>.info` and `<file name>.info`: the seed's sidecar, a Civitai version object with extras, and the person's edits.

Called by merge. The scanner of the seed writes the same name with file facts only
(ChrisFab16/ComfyUI-Model-Manager:comfyui_manager/download.py, metadata_manager.py).
"""

from typing import Any

from model_manager.core.sidecars.civitai import flat_layer, kind_of, version_layer
from model_manager.core.sidecars.layer import INFO, OWN, USER_INFO, Ranked, line, mapping
from model_manager.core.sidecars.own_object import USER_KEY, edits_of, own_layer
from model_manager.core.sidecars.suffixes import stem_of

CIVITAI_KEYS = frozenset(("model", "modelId", "trainedWords", "files", "images"))


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return what the person set, to be believed above all else, and what was fetched.

    The person's values are the object `user` (see own_object), and on the top level `name_for_display`, `notes`, `favourite` or
    `favorite`, and `rating` (1 to 5).
    """
    mine = [Ranked(USER_INFO, edits_of(data))]
    if user := mapping(data.get(USER_KEY)):
        mine = [Ranked(OWN, own_layer(user)), *mine]
    return mine + _fetched(data, model_name)


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

"""`<stem>.metadata.json`: Lora Manager's record of a model, with the person's notes, favourites and usage tips.

Called by merge. Lora Manager hides a model whose file lacks a required field; we read what is there
(willmiao/ComfyUI-Lora-Manager:py/utils/models.py).
"""

import json
from typing import Any

from model_manager.core.sidecars.civitai import base_model_of, both, kind_of, version_layer
from model_manager.core.sidecars.layer import (
    LORA_MANAGER,
    USER_LORA_MANAGER,
    Layer,
    Pairs,
    Ranked,
    groups,
    hashes,
    labels,
    line,
    mapping,
    pairs,
    text,
    truth,
)
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.words import tr

_TIPS_LIMIT = 64 * 1024


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return the person's notes, favourite mark and usage tips, and what was fetched."""
    mine: Layer = {"notes": text(data.get("notes")), "recommended": _tips(data.get("usage_tips"))}
    if (favourite := truth(data.get("favorite"))) is not None:
        mine["favourite"] = favourite
    return [Ranked(USER_LORA_MANAGER, mine), *_fetched(data, model_name)]


def _fetched(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return the record's own fields, and below them its copy of Civitai's version object."""
    name, version = line(data.get("model_name")), mapping(data.get("civitai"))
    about = text(data.get("modelDescription"))
    own: Layer = {
        "name": "" if name == stem_of(model_name) else name,  # what Lora Manager puts when it knows no better
        "kind": kind_of(data.get("sub_type")),
        "base_model": base_model_of(data.get("base_model")),
        "description": both(text(version.get("description")), about) if about else "",
        "trigger_words": groups(data.get("trainedWords")),
        "tags": labels(data.get("tags")),
        "hashes": hashes({"sha256": data.get("sha256"), "autov3": data.get("autov3")}),
    }
    return [Ranked(LORA_MANAGER, own)] + ([Ranked(LORA_MANAGER, version_layer(version, model_name))] if version else [])


def _tips(value: object) -> Pairs:
    """Return usage tips, a JSON object inside a string; broken ones are nothing, as in Lora Manager's own page.

    (willmiao/ComfyUI-Lora-Manager:static/js/components/shared/PresetTags.js)
    """
    if type(value) is str and value != "{}" and len(value) <= _TIPS_LIMIT:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    tips = mapping(value)
    if not tips:
        return ()
    lowest, highest = line(tips.get("strength_min")), line(tips.get("strength_max"))
    return pairs(
        (tr("Weight"), line(tips.get("strength"))),
        (tr("Weight range"), f"{lowest} - {highest}" if lowest and highest else line(tips.get("strength_range")) or lowest or highest),
        (tr("CLIP weight"), line(tips.get("clip_strength"))),
        (tr("Clip skip"), line(tips.get("clip_skip"))),
    )

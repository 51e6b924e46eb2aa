"""`<stem>.cm-info.json`: Stability Matrix's record of a model, PascalCase.

Called by merge. Stability Matrix itself drops a file with one odd field; we read what is sound
(LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/ConnectedModelInfo.cs).
"""

from typing import Any

from model_manager.core.sidecars.civitai import base_model_of, both, kind_of
from model_manager.core.sidecars.layer import (
    CM_INFO,
    USER_CM_INFO,
    Layer,
    Pairs,
    Ranked,
    groups,
    hashes,
    known_ids,
    labels,
    line,
    mapping,
    page,
    pairs,
    text,
    truth,
)
from model_manager.core.words import tr

# Values of `Source` whose ids are Civitai's: Civitai, CivArchive; a file of an older version has none.
_CIVITAI_SOURCES = (None, 0, 2)


def layers(data: dict[str, Any], model_name: str) -> list[Ranked]:
    """Return the title and settings the person chose, and what was fetched."""
    get = data.get
    chosen: Layer = {"name": line(get("UserTitle")), "recommended": _defaults(mapping(get("InferenceDefaults")))}
    fetched: Layer = {
        "name": line(get("ModelName")),
        "version": line(get("VersionName")),
        "author": line(get("AuthorUsername")),
        "kind": kind_of(get("ModelType")),
        "base_model": base_model_of(get("BaseModel")),
        "description": both(text(get("VersionDescription")), text(get("ModelDescription"))),
        "trigger_words": groups(get("TrainedWords")),
        "tags": labels(get("Tags")),
        "links": page(get("SourceUrl")),
        "hashes": hashes(get("Hashes")),
    }
    if get("Source") in _CIVITAI_SOURCES:
        fetched.update(known_ids(get("ModelId"), get("VersionId")))
    if (adult := truth(get("Nsfw"))) is not None:
        fetched["adult"] = adult
    return [Ranked(USER_CM_INFO, chosen), Ranked(CM_INFO, fetched)]


def _defaults(data: dict[str, Any]) -> Pairs:
    if not data:
        return ()
    width, height = line(data.get("Width")), line(data.get("Height"))
    return pairs(
        (tr("Sampler"), line(_named(data.get("Sampler")))),
        (tr("Scheduler"), line(_named(data.get("Scheduler")))),
        (tr("Steps"), line(data.get("Steps"))),
        (tr("CFG"), line(data.get("CfgScale"))),
        (tr("Clip skip"), line(data.get("ClipSkip"))),
        (tr("Size"), f"{width}x{height}" if width and height else ""),
    )


def _named(value: object) -> object:
    return mapping(value).get("Name") if type(value) is dict else value

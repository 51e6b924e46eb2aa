"""Civitai's version object as a layer; the shape inside `.info`, `.civitai.info` and Lora Manager's `civitai`.

Called by those three readers. It must take every field as optional: endpoints differ in what they leave out
(civitai/civitai:src/pages/api/v1/model-versions/[id].ts).
"""

from typing import Any

from model_manager.core.sidecars.layer import (
    Layer,
    Pairs,
    groups,
    hashes,
    highest_level,
    items,
    known_ids,
    labels,
    line,
    mapping,
    page,
    text,
    truth,
)
from model_manager.core.words import tr

# Civitai's model types (civitai/civitai:packages/civitai-db-schema/src/enums.ts) and ComfyUI's category for each, lower case.
KINDS = {
    "checkpoint": "checkpoints",
    "lora": "loras",
    "locon": "loras",
    "lycoris": "loras",
    "dora": "loras",
    "textualinversion": "embeddings",
    "embedding": "embeddings",
    "hypernetwork": "hypernetworks",
    "controlnet": "controlnet",
    "upscaler": "upscale_models",
    "vae": "vae",
    "motionmodule": "animatediff_models",
    "textencoder": "text_encoders",
    "clip": "text_encoders",
    "unet": "diffusion_models",
    "diffusion_model": "diffusion_models",
    "clipvision": "clip_vision",
}
_NOBODY_KNOWS = frozenset(("Unknown", "unknown", "None", "null"))
_MODEL_FILES = ("Model", "Pruned Model", "Diffusion Model", "UNet")
_MOST_IMAGES = 20
_MOST_FILES = 100
_PLAIN = (str, int, float)
_SETTINGS = (
    ("sampler", "Sampler"),
    ("scheduler", "Scheduler"),
    ("steps", "Steps"),
    ("cfgScale", "CFG"),
    ("clipSkip", "Clip skip"),
    ("Size", "Size"),
)


def kind_of(value: object) -> str:
    """Return ComfyUI's category for a model type in any spelling of the field ("LORA", "Checkpoint"), "" if unknown."""
    return KINDS.get(value.lower(), "") if type(value) is str else ""


def base_model_of(value: object) -> str:
    """Return a base model's name as it is; the field's words for "nobody knows" are nothing."""
    found = line(value)
    return "" if found in _NOBODY_KNOWS else found


def version_layer(data: dict[str, Any], model_name: str) -> Layer:
    """Return what a version object says of the file `model_name`; `name` of the object is the version's."""
    model = mapping(data.get("model"))
    found: Layer = {
        "name": line(model.get("name")),
        "version": line(data.get("name")),
        "author": line(mapping(data.get("creator")).get("username")),
        "kind": kind_of(model.get("type")),
        "base_model": base_model_of(data.get("baseModel")),
        "description": both(text(data.get("description")), text(model.get("description"))),
        "trigger_words": groups(data.get("trainedWords")),
        "tags": labels(model.get("tags")),
        "recommended": _settings(items(data.get("images"))),
        "hashes": _hashes(items(data.get("files")), model_name),
    }
    found.update(known_ids(data.get("modelId") or model.get("id"), data.get("id")))
    if (adult := truth(model.get("nsfw"))) is not None:
        found["adult"] = adult
    if level := highest_level(data.get("nsfwLevel")) or highest_level(model.get("nsfwLevel")):
        found["adult_level"] = level
    return found


def both(version: str, model: str) -> str:
    """Return the description of a version and that of its model as one, the version's first."""
    if not version or not model or version == model:
        return version or model
    return f"{version}\n<hr>\n{model}"


def _settings(images: list[Any]) -> Pairs:
    """Return the settings most of the example pictures were made with; of equals the first."""
    metas = [meta for image in images if type(image) is dict and type(meta := image.get("meta")) is dict]
    found = []
    for key, label in _SETTINGS if metas else ():
        values = [meta[key] for meta in metas if key in meta]
        if values and (value := line(_most_common(values))):
            found.append((tr(label), value))
    return tuple(found)


def _most_common(values: list[Any]) -> Any:
    first = values[0]
    if len(values) < 3 or type(first) not in _PLAIN or values.count(first) * 2 > len(values):
        return first
    return max([value for value in values[:_MOST_IMAGES] if type(value) in _PLAIN], key=values.count)


def _hashes(files: list[Any], model_name: str) -> dict[str, str]:
    """Return the hashes of the file with our name, else of the main file: names on Civitai need not be those on disk."""
    best, best_score = None, -1
    for file in files[:_MOST_FILES]:
        if type(file) is dict:
            score = 4 * (file.get("name") == model_name) + 2 * (file.get("primary") is True) + (file.get("type") in _MODEL_FILES)
            if score > best_score:
                best, best_score = file, score
    return hashes(best.get("hashes")) if best else {}


def flat_layer(data: dict[str, Any]) -> Layer:
    """Return what named values on the top level say, in the seed's and hayden's spellings.

    (ChrisFab16/ComfyUI-Model-Manager:comfyui_manager/utils.py, hayden-fr/ComfyUI-Model-Manager:py/information.py)
    """
    get = data.get
    found: Layer = {
        "name": line(get("name")),
        "version": line(get("version")),
        "author": line(get("author")),
        "kind": kind_of(get("model_type")),
        "base_model": base_model_of(get("base_model") or get("baseModel")),
        "description": text(get("description")),
        "trigger_words": groups(get("trigger_words") or get("trainedWords")),
        "tags": labels(get("tags")),
        "license": line(get("license")),
        "links": page(get("modelPage")) + page(get("source_url")),
        "hashes": hashes(get("hashes")),
    }
    if "nsfw" in data and (adult := truth(get("nsfw"))) is not None:
        found["adult"] = adult
    return found

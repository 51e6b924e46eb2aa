"""What a fetch tells the sidecars of other programs: Stability Matrix, Lora Manager, the web UIs; each in exactly its own shape.

Called by writing. Every function returns plain values for one dialect; which of them go into the file is decided there. A program that
finds one wrong value drops the whole file or hides the model, so types are exact here and nothing is null.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model_manager.core.sidecars.civitai import kind_of
from model_manager.core.sidecars.fetched import Fetched, cut, public
from model_manager.core.sidecars.layer import labels, mapping, whole
from model_manager.core.sidecars.markdown import markdown

# LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/Api/CivitModelType.cs, CivitModelFormat.cs
_TYPES = (
    *("Checkpoint", "TextualInversion", "Hypernetwork", "DoRA", "LORA", "Controlnet", "LoCon", "VAE", "AestheticGradient", "Model"),
    *("MotionModule", "Poses", "Upscaler", "Wildcards", "Workflows", "Other"),
)
_TYPES_OF_KINDS = {
    "checkpoints": "Checkpoint",
    "loras": "LORA",
    "embeddings": "TextualInversion",
    "controlnet": "Controlnet",
    "vae": "VAE",
    "upscale_models": "Upscaler",
    "hypernetworks": "Hypernetwork",
    "animatediff_models": "MotionModule",
    "diffusion_models": "Checkpoint",
}
_FORMATS = ("SafeTensor", "PickleTensor", "Diffusers", "GGUF", "Other")
_COUNTS = ("downloadCount", "ratingCount", "favoriteCount", "commentCount", "thumbsUpCount")
# what the web UI calls the family; Forge alone knows the last two
_FAMILIES = (
    (re.compile(r"SD 1"), "SD1"),
    (re.compile(r"SD 2"), "SD2"),
    (re.compile(r"SDXL|Pony\Z|Illustrious|NoobAI"), "SDXL"),
    (re.compile(r"SD 3"), "SD3"),
    (re.compile(r"Flux\.1"), "Flux"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """The model file whose sidecars are written; it need not be there yet.

    path: absolute. sha256: lower case, "" unknown. size: bytes, 0 unknown. modified: seconds since 1970. preview: path of its picture or
    "". sharing: names of other model files with the same stem.
    """

    path: str
    name: str
    stem: str
    sha256: str = ""
    size: int = 0
    modified: float = 0.0
    preview: str = ""
    sharing: tuple[str, ...] = ()


def kind_told(fetched: Fetched) -> str:
    """Return ComfyUI's category as far as the site tells."""
    return (fetched.file.kind if fetched.file else "") or fetched.offer.kind or kind_of(fetched.offer.type)


# Stability Matrix


def cm_told(fetched: Fetched, target: Target) -> dict[str, Any]:
    """Return `.cm-info.json` (LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/ConnectedModelInfo.cs)."""
    offer, version, file = fetched.offer, fetched.version, fetched.file
    ids = {"ModelId": fetched.model_id, "VersionId": fetched.version_id} if fetched.is_civitai else {}
    told: dict[str, Any] = {
        "ModelName": offer.name,
        "ModelDescription": fetched.about,
        "Nsfw": offer.is_adult,
        "Tags": list(offer.tags),
        "ModelType": _cm_type(fetched),
        "VersionName": version.name,
        "VersionDescription": cut(version.description),
        "ImportedAt": _moment(fetched.time),
        "Hashes": {name: value for name, value in fetched.hashes(target.sha256).items() if name in ("SHA256", "CRC32", "BLAKE3")},
        "TrainedWords": fetched.words,
        "Stats": _stats(fetched),
        "AuthorUsername": offer.author,
        "BaseModel": version.base_model,
        "RemoteFileName": file.name if file else "",
        "RemoteFileId": whole(file.id) if file and fetched.is_civitai else 0,
        "FileMetadata": _cm_metadata(fetched),
        "ThumbnailImageUrl": next((public(image.url) for image in version.images if not image.is_video), ""),
        "SourceUrl": fetched.page,
        "Source": 0 if fetched.is_civitai else 3,
    }
    return {key: value for key, value in ids.items() if value} | {
        key: value for key, value in told.items() if key != "RemoteFileId" or value
    }


def cm_repaired(data: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return `.cm-info.json` so that it can be read: of the known fields none is null or of a wrong type; unknown ones stay."""
    found = {}
    for key, value in data.items():
        if key not in _CM_LIKE:
            found[key] = value
        elif _is_like(value, _CM_LIKE[key]):
            found[key] = _without_nulls(value) if type(value) is dict else value
        elif key in told:
            found[key] = told[key]
        elif _CM_LIKE[key] is str and type(value) in (int, float):
            found[key] = str(value)
    for key in _CM_REQUIRED:
        found.setdefault(key, told[key])
    return found


def cm_imported(before: Mapping[str, Any], told: str) -> str:
    """Return the time of the import: the one that is there, if Stability Matrix can read it."""
    with contextlib.suppress(TypeError, ValueError):
        if datetime.fromisoformat(before.get("ImportedAt", "")).tzinfo is not None:
            return str(before["ImportedAt"])
    return told


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in value.items() if part is not None}


_CM_REQUIRED = ("ModelName", "ModelDescription", "Nsfw", "Tags", "ModelType", "VersionName", "ImportedAt", "Hashes")
_CM_LIKE: dict[str, type] = {
    **dict.fromkeys(("ModelName", "ModelDescription", "VersionName", "VersionDescription", "AuthorUsername", "BaseModel"), str),
    **dict.fromkeys(("RemoteFileName", "UserTitle", "ThumbnailImageUrl", "SourceUrl", "ModelType", "ImportedAt"), str),
    **dict.fromkeys(("ModelId", "VersionId", "RemoteFileId", "Source"), int),
    **dict.fromkeys(("Hashes", "Stats", "FileMetadata", "InferenceDefaults"), dict),
    **dict.fromkeys(("Tags", "TrainedWords"), list),
    "Nsfw": bool,
}


def _is_like(value: Any, like: type) -> bool:
    if type(value) is list and like is list:
        return all(type(entry) is str for entry in value)
    return type(value) is like


def _cm_type(fetched: Fetched) -> str:
    found = fetched.offer.type
    return found if found in _TYPES else _TYPES_OF_KINDS.get(kind_told(fetched), "Other")


def _cm_metadata(fetched: Fetched) -> dict[str, str]:
    if fetched.file is None:
        return {}
    file = fetched.file
    form = file.format if file.format in _FORMATS else "Other" if file.format else ""
    return {key: value for key, value in (("fp", file.precision), ("size", file.variant), ("format", form)) if value}


def _stats(fetched: Fetched) -> dict[str, Any]:
    told = mapping(fetched.version.raw.get("stats"))
    found: dict[str, Any] = {name: told[name] for name in _COUNTS if type(told.get(name)) is int}
    return found | ({"rating": told["rating"]} if type(told.get("rating")) in (int, float) else {})


def _moment(seconds: float) -> str:
    """Return a time as Stability Matrix writes it: ISO 8601 with its offset."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


# Lora Manager


def lora_told(fetched: Fetched, target: Target) -> dict[str, Any]:
    """Return `.metadata.json` (willmiao/ComfyUI-Lora-Manager:py/utils/models.py); without sha256 or size when they are not known."""
    version, kind = fetched.version, kind_told(fetched)
    told: dict[str, Any] = {
        **lora_place(target),
        "model_name": fetched.offer.name or target.stem,
        "modified": float(target.modified or fetched.time),
        "base_model": version.base_model or "Unknown",
        "from_civitai": fetched.is_civitai,
        "civitai": fetched.civitai_version() if fetched.is_civitai else {},
        "tags": list(fetched.offer.tags),
        "modelDescription": fetched.about,
        "metadata_source": "civitai_api" if fetched.is_civitai else fetched.site,
        "last_checked_at": float(fetched.time),
        "hash_status": "completed",
    }
    if kind == "loras":
        told["usage_tips"] = "{}"
    elif kind in _SUB_TYPES:
        told["sub_type"] = _SUB_TYPES[kind]
    return told


_SUB_TYPES = {"checkpoints": "checkpoint", "diffusion_models": "diffusion_model", "embeddings": "embedding"}
LORA_WORDS = ("model_name", "base_model", "modelDescription", "tags", "sub_type", "usage_tips")
_LORA_LIKE: dict[str, type] = {
    **dict.fromkeys(("file_name", "model_name", "file_path", "sha256", "base_model", "preview_url"), str),
    "size": int,
}


def lora_place(target: Target) -> dict[str, Any]:
    """Return the fields that must match the file as it lies on disk."""
    found: dict[str, Any] = {"file_name": target.stem, "file_path": _slashes(target.path), "preview_url": _slashes(target.preview)}
    return found | ({"size": target.size} if target.size else {}) | ({"sha256": target.sha256} if target.sha256 else {})


def lora_before(data: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Return what a record says, without the words that Lora Manager writes when it knows nothing."""
    usual = {"model_name": target.stem, "base_model": "Unknown", "usage_tips": "{}"}
    return {key: value for key, value in data.items() if key not in usual or value != usual[key]}


def lora_repaired(data: dict[str, Any], told: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the record complete and as the file lies on disk, None when a field that must be there is not known.

    before: the record as it was; trigger words that somebody changed in Lora Manager stay.
    """
    data = data | {key: told[key] for key in ("file_name", "file_path", "preview_url", "size", "sha256") if key in told}
    for key, like in _LORA_LIKE.items():
        if type(data.get(key)) is not like and key in told:
            data[key] = told[key]
    if type(data.get("modified")) not in (int, float):
        data["modified"] = told["modified"]
    if type(tips := data.get("usage_tips", "")) is not str:  # it must be a text that holds JSON
        data["usage_tips"] = json.dumps(tips) if type(tips) is dict else "{}"
    if "tags" in data and (type(data["tags"]) is not list or not all(type(tag) is str for tag in data["tags"])):
        data["tags"] = list(labels(data["tags"]))
    if (words := mapping(before.get("civitai")).get("trainedWords")) and type(data.get("civitai")) is dict:
        data["civitai"] = data["civitai"] | {"trainedWords": words}
    return data if all(type(data.get(key)) is like for key, like in _LORA_LIKE.items()) and data["sha256"] else None


def _slashes(path: str) -> str:
    return path.replace("\\", "/")


# the web UIs


def webui_told(fetched: Fetched) -> dict[str, Any]:
    """Return `.json` of A1111 and Forge; all of it is the person's to change, so it only fills what is empty."""
    version = fetched.version
    about = cut(version.description) or fetched.about
    told: dict[str, Any] = {"description": markdown(about) if fetched.is_civitai else about.strip()}
    if kind_told(fetched) == "loras":
        told["sd version"] = next((family for test, family in _FAMILIES if test.match(version.base_model)), "")
        told["activation text"] = ", ".join(fetched.words)
    return told


def webui_before(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the file says, without the web UI's word for an unknown family."""
    return {key: value for key, value in data.items() if key != "sd version" or value != "Unknown"}


# Civitai Helper


def helper_told(fetched: Fetched) -> dict[str, Any]:
    """Return `.civitai.info` (butaixianran/Stable-Diffusion-Webui-Civitai-Helper:scripts/ch_lib/civitai.py), {} without an id."""
    return fetched.civitai_version() if fetched.version_id else {}

"""The readers of five other programs, as strict as they are, written from their sources: each raises AssertionError where it would fail.

Nothing of ours is imported here: what we write must satisfy them, not us.
"""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

SM_TYPES = {
    *("Checkpoint", "TextualInversion", "Hypernetwork", "DoRA", "LORA", "Controlnet", "LoCon", "VAE", "AestheticGradient", "Model"),
    *("MotionModule", "Poses", "Upscaler", "Wildcards", "Workflows", "Other", "Unknown", "All"),
}
SM_FIELDS: dict[str, Any] = {
    **dict.fromkeys(("ModelName", "ModelDescription", "VersionName", "VersionDescription", "AuthorUsername", "BaseModel"), str),
    **dict.fromkeys(("RemoteFileName", "UserTitle", "ThumbnailImageUrl", "SourceUrl", "ModelType", "ImportedAt"), str),
    **dict.fromkeys(("ModelId", "VersionId", "RemoteFileId", "Source"), int),
    **dict.fromkeys(("Hashes", "Stats", "FileMetadata", "InferenceDefaults"), dict),
    **dict.fromkeys(("Tags", "TrainedWords"), list),
    "Nsfw": bool,
}


def strict(text: str) -> Any:
    """Parse JSON as other languages do: NaN and doubled keys are faults."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), "a key stands twice"
        return dict(pairs)

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, object_pairs_hook=once, parse_constant=refuse)


def plain_utf8(path: Path) -> str:
    """Read text as a program does that knows no byte order marks and no other line ends."""
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    return data.decode("utf-8")


def hayden(path: Path) -> tuple[dict[str, Any], str]:
    """`<stem>.md`: front matter between two lines `---`, a blank line, the body (hayden-fr/ComfyUI-Model-Manager:py/utils.py)."""
    text = plain_utf8(path)
    found = re.match(r"---\n(.*?\n)---\n\n(.*)\Z", text, re.DOTALL)
    assert found, text[:200]
    front = yaml.safe_load(found[1])
    assert isinstance(front, dict) and list(front) == sorted(front)
    for key, sort in {"author": str, "baseModel": str, "hashes": dict, "metadata": dict, "modelPage": str, "website": str}.items():
        assert isinstance(front.get(key, sort()), sort), key
    assert all(isinstance(url, str) and url.startswith("http") for url in front.get("preview", []))
    return front, found[2]


def chris(path: Path) -> dict[str, Any]:
    """`<stem>.info`: its own test asks for four keys (ChrisFab16/ComfyUI-Model-Manager:comfyui_manager/utils.py)."""
    found = strict(plain_utf8(path))
    assert {"name", "description", "model", "files"} <= found.keys()
    assert isinstance(found["name"], str) and isinstance(found["description"], str)
    assert isinstance(found["model"], dict) and isinstance(found["files"], list)
    assert all({"name", "hashes", "downloadUrl"} <= file.keys() for file in found["files"])
    assert isinstance(found.get("trigger_words", []), list)
    return dict(found)


def civitai_helper(path: Path) -> dict[str, Any]:
    """`<stem>.civitai.info`: opened in the system's code page; filled when it has an id."""
    found = json.loads(path.read_bytes().decode("ascii"))
    if not found:
        return {}
    assert type(found["id"]) is int and type(found["modelId"]) is int
    assert isinstance(found["model"]["name"], str) and found["model"]["type"]
    assert all(image["type"] and image["url"] for image in found.get("images", []))
    assert all(isinstance(word, str) for word in found.get("trainedWords", []))
    return dict(found)


def stability_matrix(path: Path) -> dict[str, Any]:
    """`<stem>.cm-info.json` (LykosAI/StabilityMatrix:StabilityMatrix.Core/Models/ConnectedModelInfo.cs)."""
    text = plain_utf8(path)
    found = strict(text)
    assert "\n" not in text
    for key, value in found.items():
        if key in SM_FIELDS:
            assert type(value) is SM_FIELDS[key], (key, value)
    assert {"ModelName", "ModelDescription", "Nsfw", "Tags", "ModelType", "VersionName", "ImportedAt", "Hashes"} <= found.keys()
    assert found["ModelType"] in SM_TYPES and found.get("Source", 0) in (0, 1, 2, 3)
    assert datetime.fromisoformat(found["ImportedAt"]).tzinfo is not None
    assert all(type(found["Hashes"].get(key, "")) is str for key in ("SHA256", "CRC32", "BLAKE3"))
    assert all(type(word) is str for key in ("Tags", "TrainedWords") for word in found.get(key, []))
    metadata = found.get("FileMetadata", {})
    assert all(type(metadata.get(key, "")) is str for key in ("fp", "size"))
    assert metadata.get("format", "Other") in ("SafeTensor", "PickleTensor", "Diffusers", "GGUF", "Other")
    stats = found.get("Stats", {})
    assert all(type(stats.get(key, 0)) is int for key in ("downloadCount", "ratingCount", "favoriteCount", "commentCount", "thumbsUpCount"))
    assert type(stats.get("rating", 0)) in (int, float)
    return dict(found)


def lora_manager(path: Path, model: Path) -> dict[str, Any]:
    """`<stem>.metadata.json` (willmiao/ComfyUI-Lora-Manager:py/utils/models.py): one fault and the model is hidden."""
    found = strict(plain_utf8(path))
    for key in ("file_name", "model_name", "file_path", "sha256", "base_model", "preview_url"):
        assert type(found[key]) is str, key
    assert type(found["size"]) is int and type(found["modified"]) in (int, float)
    assert re.fullmatch(r"[0-9a-f]{64}", found["sha256"])
    assert found["file_name"] == model.stem and found["file_path"] == model.as_posix() and "\\" not in found["preview_url"]
    assert type(found.get("usage_tips", "{}")) is str and isinstance(json.loads(found.get("usage_tips", "{}")), dict)
    for key in ("from_civitai", "civitai_deleted", "favorite", "exclude", "db_checked", "skip_metadata_refresh"):
        assert type(found.get(key, False)) is bool, key
    assert isinstance(found.get("civitai", {}), dict) and all(type(tag) is str for tag in found.get("tags", []))
    assert found.get("hash_status", "completed") in ("completed", "pending", "calculating", "failed")
    assert type(found.get("last_checked_at", 0.0)) is float
    assert found.get("sub_type", "checkpoint") in ("checkpoint", "diffusion_model", "embedding")
    return dict(found)


def web_ui(path: Path) -> dict[str, Any]:
    """`<stem>.json` (lllyasviel/stable-diffusion-webui-forge:extensions-builtin/sd_forge_lora/ui_edit_user_metadata.py)."""
    found = strict(plain_utf8(path))
    for key in ("description", "notes", "activation text", "negative text", "sd version"):
        assert type(found.get(key, "")) is str, key
    assert type(found.get("preferred weight", 0)) in (int, float)
    assert found.get("sd version", "") in ("", "SD1", "SD2", "SDXL", "SD3", "Flux", "Unknown")
    return dict(found)

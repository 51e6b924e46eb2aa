"""A model, version, file and picture in each of the three shapes of Civitai's API: alone, inside a model, and in a list.

Which field is where: civitai/civitai:src/pages/api/v1/model-versions/[id].ts, models/[id].ts and models/index.ts.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from model_manager.core.demo.site_records import Site, SiteFile, SiteModel, SitePicture, SiteVersion
from model_manager.core.demo.site_storage import picture_url

ALONE, INSIDE, LISTED = "alone", "inside", "listed"  # the shapes
_ECOSYSTEMS: Final = {"SD 1": "sd1", "SD 2": "sd2", "SD 3": "sd3", "SDXL": "sdxl", "Pony": "sdxl", "Illus": "sdxl", "Flux.1": "flux1"}
_AIR_TYPES: Final = {"LORA": "lora", "LoCon": "lycoris", "TextualInversion": "embedding", "Hypernetwork": "hypernet", "MotionModule": "ag"}
_CREATED: Final = "2026-04-29T17:40:02.900Z"
_MARK: Final = "UHF5?xYk^6#M@-5b,1J5@[or[Q6.};FxtXjY"
_NUMBERS: Final = ("downloadCount", "thumbsUpCount", "thumbsDownCount")


def model_shape(site: Site, model: SiteModel, shape: str, mask: int = 63) -> dict[str, Any]:
    """Return a model; mask: levels of the pictures that are shown in a list."""
    counted = sum(version.downloads for version in model.shown)
    numbers = (counted, counted // 7, 2, 14, 0)
    names = ("downloadCount", "thumbsUpCount", "thumbsDownCount", "commentCount", "tippedAmountCount")
    versions = [_in_model(site, model, version, shape, mask, place) for place, version in enumerate(model.shown)]
    out: dict[str, Any] = {
        "id": model.id, "name": model.name, "description": model.about, "allowNoCredit": True,
        "allowCommercialUse": list(model.commercial), "allowDerivatives": True, "allowDifferentLicense": False, "type": model.type,
        "minor": False, "sfwOnly": False, "poi": False, "nsfw": model.is_nsfw, "nsfwLevel": model.level, "availability": "Public",
        "userId": 990001, "baseModels": list(dict.fromkeys(version.base for version in model.shown)), "cosmetic": None,
        "supportsGeneration": True, "stats": {name: None if model.hides_numbers else n for name, n in zip(names, numbers, strict=True)},
        "creator": {"username": model.creator, "image": None},
        "tags": list(model.tags), "mode": model.mode, "modelVersions": versions,
    }  # fmt: skip
    for name, is_told in (("creator", model.creator), ("mode", model.mode)):
        if not is_told:
            del out[name]
    return out


def _in_model(site: Site, model: SiteModel, version: SiteVersion, shape: str, mask: int, place: int) -> dict[str, Any]:
    out = {
        "id": version.id, "index": place, "name": version.name, "baseModel": version.base, "baseModelType": "Standard",
        "createdAt": _CREATED, "publishedAt": version.published, "status": "Published", "flags": 0, "availability": "Public",
        "nsfwLevel": version.level, "description": version.about, "trainedWords": list(version.words), "vaeId": None,
        "earlyAccessDeadline": version.early, "paidAccess": _access(version),
        "stats": _numbers(version, _NUMBERS), "supportsGeneration": not version.early, "covered": not version.early,
        "files": [file_shape(site, model, version, file, shape) for file in _files(model, version)],
        "images": [image_shape(site, picture, shape) for picture in version.pictures if picture.level & mask and model.mode != "TakenDown"],
        "downloadUrl": _download(site, version),
    }  # fmt: skip
    absent = {"createdAt", "status", "covered"} if shape == LISTED else {"supportsGeneration"}
    if version.early in ("", "permanent"):
        absent.add("earlyAccessDeadline")
    if model.mode == "Archived":
        absent.add("downloadUrl")
    out = {name: value for name, value in out.items() if name not in absent}
    return _without_empty(out) if shape == INSIDE else out


def version_shape(site: Site, model: SiteModel, version: SiteVersion, is_batch: bool = False) -> dict[str, Any]:
    """Return a version as /model-versions tells it; is_batch: as the batch by-hash route, with its broken host."""
    ecosystem = next((name for start, name in _ECOSYSTEMS.items() if version.base.startswith(start)), "other")
    kind = _AIR_TYPES.get(model.type, model.type.lower())
    base = "https://undefined" if is_batch and site.has_bad_hosts else None
    return {
        "id": version.id, "modelId": model.id, "name": version.name, "nsfwLevel": version.level, "createdAt": _CREATED,
        "updatedAt": version.published, "status": "Published", "publishedAt": version.published, "trainedWords": list(version.words),
        "trainingStatus": None, "trainingDetails": None, "baseModel": version.base, "baseModelType": "Standard",
        "description": version.about, "uploadType": "Created", "usageControl": version.usage, "licensingFee": None,
        "paidAccess": _access(version), "air": f"urn:air:{ecosystem}:{kind}:civitai:{model.id}@{version.id}",
        "stats": _numbers(version, _NUMBERS[:2]),
        "model": {"name": model.name, "type": model.type, "nsfw": model.is_nsfw, "poi": False}
        | ({"mode": model.mode} if model.mode else {}),
        "files": [file_shape(site, model, version, file, ALONE, base) for file in _files(model, version)],
        "images": [image_shape(site, picture, ALONE) for picture in version.pictures],
        "downloadUrl": _download(site, version, base),
    }  # fmt: skip


def _files(model: SiteModel, version: SiteVersion) -> list[SiteFile]:
    return [] if model.mode == "Archived" else version.files


def _access(version: SiteVersion) -> dict[str, Any] | None:
    if not version.early:
        return None
    is_permanent = version.early == "permanent"
    return {"permanent": is_permanent, "endsAt": None if is_permanent else version.early}


def _numbers(version: SiteVersion, names: tuple[str, ...]) -> dict[str, int | None]:
    numbers = (version.downloads, version.downloads // 7, 2)
    return {name: None if version.hides_numbers else number for name, number in zip(names, numbers, strict=False)}


def _download(site: Site, version: SiteVersion, base: str | None = None) -> str:
    return f"{base or site.origins['civitai']}/api/download/models/{version.id}"


def file_shape(site: Site, model: SiteModel, version: SiteVersion, file: SiteFile, shape: str, base: str | None = None) -> dict[str, Any]:
    """Return a file of a version."""
    facts = file.facts
    scan, message = (facts["pickle"], "No Pickle imports") if facts["is_scanned"] else ("Pending", None)
    out: dict[str, Any] = {
        "id": file.id, "sizeKB": facts.get("size_kb", file.content.size / 1024), "name": file.name, "overrideName": None, "type": file.type,
        "pickleScanResult": scan, "pickleScanMessage": facts.get("message", message),
        "virusScanResult": "Success" if facts["is_scanned"] else "Pending", "virusScanMessage": None,
        "scannedAt": "2026-05-02T10:15:31.204Z" if facts["is_scanned"] else None,
        "metadata": {"format": facts["format"], "size": facts["size"], "fp": facts["fp"]},
        "hashes": dict(file.hashes), "downloadUrl": _download(site, version, base) + _query(file), "primary": facts["primary"],
    }  # fmt: skip
    if shape != ALONE:
        out["metadata"] = _without_empty({**out["metadata"], "quantType": facts.get("quant")}) | {"isRequired": False}
        if not facts["primary"]:
            del out["primary"]
    else:
        del out["overrideName"]
    return out


def _query(file: SiteFile) -> str:
    if file.facts["primary"]:
        return ""
    names = {"type": file.type, "format": file.facts["format"], "size": file.facts["size"], "fp": file.facts["fp"]}
    return "?" + "&".join(f"{name}={quote(str(value))}" for name, value in names.items() if value)


def image_shape(site: Site, picture: SitePicture, shape: str) -> dict[str, Any]:
    """Return an example picture of a version; alone it has data, but no id."""
    out: dict[str, Any] = {
        "id": picture.id, "url": picture_url(site, picture), "nsfwLevel": picture.level, "width": picture.width, "height": picture.height,
        "hash": _MARK, "type": "video" if picture.is_video else "image", "minor": False, "poi": False, "hasMeta": bool(picture.words),
        "hasPositivePrompt": bool(picture.words), "onSite": False, "remixOfId": None,
    }  # fmt: skip
    if shape != LISTED:
        del out["id"]
    if shape == ALONE:
        out["metadata"] = {"hash": _MARK, "size": 1834021, "width": picture.width, "height": picture.height}
        out |= {"availability": "Public", "meta": meta_of(picture)}
    return out


def meta_of(picture: SitePicture) -> dict[str, Any] | None:
    """Return what a picture was made with."""
    if not picture.words:
        return None
    return {
        "Size": f"{picture.width}x{picture.height}", "seed": picture.id % 99_991, "steps": 28, "prompt": picture.words,
        "negativePrompt": "lowres, text", "sampler": "Euler a", "cfgScale": 5.5, "clipSkip": 2, "Model": "sampleMixXL_v3",
        "resources": [{"hash": "0123ABCDEF", "name": "sampleMixXL_v3", "type": "model"}],
    }  # fmt: skip


def post_shape(site: Site, model: SiteModel, version: SiteVersion, picture: SitePicture, has_meta: bool) -> dict[str, Any]:
    """Return an example picture as /images tells it."""
    name = "None" if picture.level == 1 else "Soft" if picture.level == 2 else "Mature" if picture.level == 4 else "X"
    counts = {"cryCount": 0, "laughCount": 1, "likeCount": 12, "dislikeCount": 0, "heartCount": 7, "commentCount": 0}
    return {
        "id": picture.id, "url": picture_url(site, picture), "hash": None if picture.is_video else _MARK, "width": picture.width,
        "height": picture.height, "nsfwLevel": name, "type": "video" if picture.is_video else "image", "nsfw": picture.level > 1,
        "browsingLevel": picture.level, "createdAt": "2026-05-02T10:31:00.000Z", "postId": 9300001, "stats": counts,
        "meta": meta_of(picture) if has_meta else None, "username": model.creator, "baseModel": version.base,
        "modelVersionIds": [version.id],
    }  # fmt: skip


def _without_empty(found: Mapping[str, Any]) -> dict[str, Any]:
    """Drop nulls and empty lists, as the route of one model does."""
    return {name: value for name, value in found.items() if value is not None and value != [] and value != ""}

"""The demo's Civitai: the routes of its API and what they refuse, word for word.

Sources: civitai/civitai:src/pages/api/v1 and src/pages/api/download/models/[modelVersionId].ts.
"""

import json
from typing import Any, Final
from urllib.parse import quote

from model_manager.core.demo.site_records import Reply, Request, Site, SiteFile, SiteModel, SiteVersion, json_reply, redirect, text_reply
from model_manager.core.demo.site_search import images, models
from model_manager.core.demo.site_shapes import INSIDE, model_shape, version_shape
from model_manager.core.demo.site_storage import signed

MOST_HASHES, MOST_IDS = 100, 10_000
_NO_STORE: Final = {"Cache-Control": "no-store, max-age=0"}
_LOGIN = "<!DOCTYPE html><html><head><title>Login</title></head><body>Sign in to Civitai</body></html>"


def answer(site: Site, request: Request) -> Reply:
    """Answer at civitai.com."""
    parts = [part for part in request.path.split("/") if part]
    if parts[:2] == ["api", "v1"]:
        return _api(site, request, parts[2:])
    if parts[:3] == ["api", "download", "models"] and len(parts) == 4:
        return _download(site, request, parts[3])
    if parts[:1] in (["login"], ["models"], ["model-versions"], ["images"]):
        return text_reply(_LOGIN, 200, "text/html")
    return text_reply("<!DOCTYPE html><html><body>404</body></html>", 404, "text/html")


def _api(site: Site, request: Request, parts: list[str]) -> Reply:
    match (request.method, *parts):
        case ("GET" | "HEAD", "models"):
            return models(site, request)
        case ("GET" | "HEAD", "models", number):
            return _model(site, number)
        case ("POST", "model-versions", "by-hash"):
            return _by_hashes(site, request)
        case ("POST", "model-versions", "by-hash", "ids"):
            return _ids_by_hashes(site, request)
        case ("GET" | "HEAD", "model-versions", "by-hash", mark):
            return _by_hash(site, mark)
        case ("GET" | "HEAD", "model-versions", number):
            return _version(site, number)
        case ("GET" | "HEAD", "images"):
            return images(site, request)
        case ("GET" | "HEAD", "me"):
            return _me(site, request)
        case ("GET" | "HEAD", "enums"):
            return json_reply(_enums(site))
        case ("GET" | "HEAD", "tags"):
            names = sorted({tag for model in site.models.values() for tag in model.tags})
            items = [{"name": name, "link": f"{site.origins['civitai']}/api/v1/models?tag={quote(name)}"} for name in names]
            return json_reply({"items": items, "metadata": {"totalItems": len(items), "currentPage": 1, "pageSize": 20, "totalPages": 1}})
    return json_reply({"error": "Method not allowed"}, 405) if parts else json_reply({"error": "Not found"}, 404)


def _me(site: Site, request: Request) -> Reply:
    name = site.keys.get(request.bearer)
    if name is None:
        return json_reply({"error": "Unauthorized"}, 401)
    return json_reply({"id": 990002, "username": name, "tier": "free", "status": "active", "isMember": False, "subscriptions": []})


def _enums(site: Site) -> dict[str, list[str]]:
    bases = list(dict.fromkeys(version.base for _, version in site.versions()))
    types = "Checkpoint TextualInversion Hypernetwork AestheticGradient LORA LoCon DoRA Controlnet Upscaler MotionModule VAE TextEncoder"
    files = ["Model", "Pruned Model", "Text Encoder", "Training Data", "VAE", "Config", "Archive", "UNet", "Diffusion Model", "Other"]
    return {
        "ModelType": [*types.split(), "UNet", "CLIPVision", "Poses", "Wildcards", "Workflows", "Detection", "Other"],
        "ModelFileType": files,
        "ActiveBaseModel": bases, "BaseModel": bases, "BaseModelType": ["Standard", "Inpainting", "Refiner", "Pix2Pix"],
    }  # fmt: skip


def _model(site: Site, number: str) -> Reply:
    if not number.isdigit():
        return json_reply({"error": {"name": "ZodError", "message": '[{"code":"invalid_type","path":["id"]}]'}}, 400)
    model = site.models.get(int(number))
    if model is None or not model.shown:
        return json_reply({"error": f"No model with id {number}"}, 404)
    return json_reply(model_shape(site, model, INSIDE))


def _version(site: Site, number: str) -> Reply:
    found = site.version(int(number)) if number.isdigit() else None
    if found is None or not found[1].is_published:
        return json_reply({"error": "Model not found"}, 404)
    if not found[1].files:
        return json_reply({"error": "Missing model file"}, 404)
    return json_reply(version_shape(site, *found))


def _matching(site: Site, mark: str) -> list[tuple[SiteModel, SiteVersion, SiteFile]]:
    """Return what has a hash of any kind, the oldest version first."""
    wanted = mark.upper()
    found = [
        (model, version, file)
        for model, version in site.versions()
        for file in version.files
        if version.is_published and wanted in file.hashes.values()
    ]
    return sorted(found, key=lambda hit: (hit[1].published, hit[1].id))


def _by_hash(site: Site, mark: str) -> Reply:
    found = _matching(site, mark)
    if not found:
        return json_reply({"error": "Model not found"}, 404)
    return json_reply(version_shape(site, found[0][0], found[0][1]))


def _asked(request: Request, most: int) -> list[str] | None:
    """Return the hashes of a body, None for one that is refused."""
    try:
        asked = json.loads(request.body)
    except ValueError:
        return None
    is_fine = isinstance(asked, list) and len(asked) <= most and all(isinstance(mark, str) and len(mark) == 64 for mark in asked)
    return [mark.upper() for mark in asked] if is_fine else None


def _hits(site: Site, asked: list[str]) -> list[tuple[SiteModel, SiteVersion, SiteFile]]:
    """Return one entry per file with a SHA-256 asked for, in an order of our own: newest version first."""
    wanted = set(asked)
    found = [
        (model, version, file)
        for model, version in site.versions()
        for file in version.files
        if version.is_published and file.hashes.get("SHA256") in wanted
    ]
    return sorted(found, key=lambda hit: (hit[1].published, hit[1].id), reverse=True)


def _by_hashes(site: Site, request: Request) -> Reply:
    asked = _asked(request, MOST_HASHES)
    if asked is None:
        return json_reply({"error": {"name": "ZodError", "message": '[{"code":"too_big","maximum":100,"path":[]}]'}}, 400)
    out: list[dict[str, Any] | None] = [
        None if model.mode == "Archived" else version_shape(site, model, version, is_batch=True) for model, version, _ in _hits(site, asked)
    ]
    return json_reply(out)


def _ids_by_hashes(site: Site, request: Request) -> Reply:
    asked = _asked(request, MOST_IDS)
    if asked is None:
        return json_reply({"error": {"name": "ZodError", "message": '[{"code":"too_big","maximum":10000,"path":[]}]'}}, 400)
    rows = [(version.id, model.id, file.hashes["SHA256"]) for model, version, file in _hits(site, asked)]
    return json_reply([{"modelVersionId": version, "modelId": model, "hash": mark} for version, model, mark in rows])


def _download(site: Site, request: Request, number: str) -> Reply:
    if not number.isdigit():
        return json_reply({"error": "Invalid id"}, 400)
    found = site.version(int(number))
    if found is None or not found[1].is_published:
        return _told(request, 404, {"error": "File not found"})
    model, version = found
    if fault := _barred(site, request, model, version):
        return fault
    file = _chosen(site, request, version)
    if file is None:
        return _told(request, 404, {"error": "File not found"})
    reply = redirect(307, signed(site, file.content, file.name))
    reply.headers |= _NO_STORE
    return reply


def _told(request: Request, status: int, body: dict[str, str]) -> Reply:
    """Return an error of the download route: plain text for browsers."""
    if request.is_browser:
        return text_reply(body.get("message", body["error"]), status)
    reply = json_reply(body, status)
    reply.headers |= _NO_STORE
    return reply


def _barred(site: Site, request: Request, model: SiteModel, version: SiteVersion) -> Reply | None:
    """Return why nobody, or not this caller, may download a version."""
    page = f"/model-versions/{version.id}"
    if model.mode == "Archived":
        return _told(request, 410, {"error": "Model archived, not available for download"})
    if version.usage != "Download":
        return _told(request, 401, {"error": "Unauthorized", "message": "The creator of this asset has disabled downloads on this file"})
    if version.early:
        if request.is_browser:
            return redirect(307, page)
        deadline = {} if version.early == "permanent" else {"deadline": version.early}
        return _told(
            request, 403, {"error": "Early Access", **deadline, "message": "This asset is in Early Access. You can use Buzz access it now!"}
        )
    if version.needs_key and request.bearer not in site.keys:
        if request.is_browser:
            return redirect(307, f"/login?returnUrl={quote(page, safe='')}&reason=download-auth")
        return _told(
            request, 401,
            {"error": "Unauthorized", "message": "The creator of this asset requires you to be logged in to download it"},
        )  # fmt: skip
    return _told(request, 403, {"error": "You do not have access to download this file"}) if version.is_private else None


def _chosen(site: Site, request: Request, version: SiteVersion) -> SiteFile | None:
    """Return the file asked for. Without an id and with a key the account's preferences decide, and may choose another."""
    if wanted := request.first("fileId"):
        return next((file for file in version.files if str(file.id) == wanted), None)
    if kind := request.first("type"):
        asked = {name: request.first(name) for name in ("format", "size", "fp") if request.first(name)}
        fitting = [file for file in version.files if file.type == kind]
        return max(fitting, key=lambda file: sum(file.facts[name] == value for name, value in asked.items()), default=None)
    primary = next((file for file in version.files if file.facts["primary"]), None)
    others = [file for file in version.files if file is not primary and file.type == "Model"]
    return others[0] if others and request.bearer in site.keys else primary

"""The two lists of the demo's Civitai, /models and /images: filters, order, and pages by cursor.

After civitai/civitai:src/pages/api/v1/models/index.ts and images/index.ts.
"""

from typing import Final
from urllib.parse import urlencode

from model_manager.core.demo.site_records import Reply, Request, Site, SiteModel, SitePicture, SiteVersion, json_reply
from model_manager.core.demo.site_shapes import LISTED, model_shape, post_shape

# counted from the day on which the double's time stands, 2026-08-08
_SINCE: Final = {"Day": "2026-08-07", "Week": "2026-08-01", "Month": "2026-07-08", "Year": "2025-08-08"}
_MASKS: Final = {"None": 1, "Soft": 3, "Mature": 7, "X": 31, "true": 31, "false": 1}


def models(site: Site, request: Request) -> Reply:
    """Answer GET /models."""
    if fault := _refused(site, request):
        return fault
    limit, page = _number(request, "limit", 100), _number(request, "page", 0)
    is_open = request.first("nsfw").lower() == "true"
    found = [model for model in site.models.values() if model.shown and _fits(model, request, is_open)]
    found = _sorted(found, request.first("sort", "Highest Rated"))
    start = (page - 1) * limit if page else _offset(request)
    items = [model_shape(site, model, LISTED, 63 if is_open else 1) for model in found[start : start + limit]]
    metadata: dict[str, object] = {"currentPage": page, "pageSize": limit} if page else {}
    if limit and start + limit < len(found):
        metadata |= _next(site, request, start + limit, is_plain="query" in request.query)
    return json_reply({"items": items, "metadata": metadata})


def _refused(site: Site, request: Request) -> Reply | None:
    limit, page = _number(request, "limit", 100), _number(request, "page", 0)
    if limit < 0 or limit > 100:
        text = '[{"origin":"number","code":"too_big","maximum":100,"path":["limit"],"message":"Too big: expected number to be <=100"}]'
        return json_reply({"error": {"name": "ZodError", "message": text}}, 400)
    if page and "query" in request.query:
        return json_reply({"error": "Cannot use page param with query search. Use cursor-based pagination."}, 400)
    if page * limit > 1000:
        return json_reply({"error": "You've requested too many pages, please use cursors instead"}, 429)
    if ("favorites" in request.query or "hidden" in request.query) and request.bearer not in site.keys:
        return json_reply({"error": "Unauthorized"}, 401)
    return None


def _number(request: Request, name: str, default: int) -> int:
    text = request.first(name)
    return int(text) if text.lstrip("-").isdigit() else default


def _several(request: Request, name: str) -> list[str]:
    """Return the values of a parameter that may be repeated or hold commas."""
    return [part for text in request.query.get(name, []) for part in text.split(",") if part]


def _fits(model: SiteModel, request: Request, is_open: bool) -> bool:
    types, bases, ids = (_several(request, name) for name in ("types", "baseModels", "ids"))
    words = f"{model.name} {model.creator} {' '.join(model.tags)}".lower()
    since = _SINCE.get(request.first("period"), "")
    checks = (
        is_open or (model.level & 1 and not model.is_nsfw),
        all(word in words for word in request.first("query").lower().split()),
        not types or model.type in types,
        not bases or any(version.base in bases for version in model.shown),
        not ids or str(model.id) in ids,
        not request.first("tag") or request.first("tag") in model.tags,
        not request.first("username") or request.first("username") == model.creator,
        not since or max(version.published for version in model.shown) >= since,
    )
    return all(checks)


def _sorted(found: list[SiteModel], order: str) -> list[SiteModel]:
    if order in ("Newest", "Oldest"):
        return sorted(found, key=lambda model: (model.shown[0].published, model.id), reverse=order == "Newest")
    return sorted(found, key=lambda model: (-sum(version.downloads for version in model.shown), model.id))


def _offset(request: Request) -> int:
    text = request.first("cursor").partition("|")[0]
    return int(text) if text.isdigit() else 0


def _next(site: Site, request: Request, offset: int, is_plain: bool) -> dict[str, object]:
    """Return cursor and address of the next page; the cursor is opaque, an offset only for searches."""
    cursor = str(offset) if is_plain else f"{offset}|1777717860000"
    query = [(name, value) for name, values in request.query.items() if name not in ("cursor", "page", "token") for value in values]
    return {"nextCursor": cursor, "nextPage": f"{site.origins['civitai']}{request.path}?{urlencode([*query, ('cursor', cursor)])}"}


def images(site: Site, request: Request) -> Reply:
    """Answer GET /images."""
    limit = _number(request, "limit", 100)
    if limit < 0 or limit > 200:
        return json_reply({"error": {"name": "ZodError", "message": '[{"code":"too_big","maximum":200,"path":["limit"]}]'}}, 400)
    found = [hit for hit in _pictures(site) if _is_asked(hit, request)]
    start = _offset(request)
    shown = found[start : start + limit]
    items = [post_shape(site, *hit, has_meta=request.first("withMeta") == "true") for hit in shown]
    if request.first("flatMeta") != "true" and ("modelId" in request.query or "imageId" in request.query):
        for item in items:
            item["meta"] = {"id": item["id"], "meta": item["meta"]}
    metadata = _next(site, request, start + limit, is_plain=False) if limit and start + limit < len(found) else {}
    return json_reply({"items": items, "metadata": metadata})


_Hit = tuple[SiteModel, SiteVersion, SitePicture]


def _pictures(site: Site) -> list[_Hit]:
    return [(model, version, picture) for model, version in site.versions() for picture in version.pictures if version.is_published]


def _is_asked(hit: _Hit, request: Request) -> bool:
    model, version, picture = hit
    mask = _number(request, "browsingLevel", 0) or _MASKS.get(request.first("nsfw", "None"), 1)
    wanted = {"modelId": model.id, "modelVersionId": version.id, "imageId": picture.id}
    if any(request.first(name) and request.first(name) != str(number) for name, number in wanted.items()):
        return False
    kind = request.first("type")
    is_kind = not kind or kind == ("video" if picture.is_video else "image")
    return bool(picture.level & mask) and is_kind and request.first("username", model.creator) == model.creator

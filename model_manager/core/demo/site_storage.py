"""The demo site's storage host: signed addresses that expire, ranges, and example pictures in any size.

Answers as Cloudflare R2 does for files (XML errors, no second way to authenticate), and as Civitai's image host for pictures.
"""

import hashlib
import io
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from PIL import Image

from model_manager.core.demo.pictures import paint
from model_manager.core.demo.site_content import Content, Whole
from model_manager.core.demo.site_records import Reply, Request, Site, SitePicture, text_reply
from model_manager.core.demo.site_video import mp4_bytes

ACCOUNT = "xG1nkqKTMzGDvpLrqFT7WA"
_SECRET = "demo"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_MODIFIED = "Sat, 02 May 2026 10:30:00 GMT"


def signed(site: Site, content: Content, name: str) -> str:
    """Return an address for a content, in the form of an S3 presigned one."""
    mark = hashlib.md5(content.key.encode(), usedforsecurity=False).hexdigest()[:16]
    site.contents[mark] = content
    ends = time.time() + site.lifetime
    path = f"/model/{mark}/{quote(name)}"
    disposition = quote(f'attachment; filename="{name}"', safe="")
    return (
        f"{site.origins['storage']}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={ends:.3f}&X-Amz-Expires={site.lifetime:.0f}"
        f"&X-Amz-Signature={_signature(mark, f'{ends:.3f}')}&X-Amz-SignedHeaders=host&response-content-disposition={disposition}"
    )


def _signature(key: str, ends: str) -> str:
    return hashlib.sha256(f"{_SECRET} {key} {ends}".encode()).hexdigest()


def answer(site: Site, request: Request) -> Reply:
    """Answer at the storage host."""
    if "authorization" in request.headers:
        return _fault(400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter was expected.")
    parts = request.path.strip("/").split("/")
    if parts[0] == ACCOUNT and len(parts) >= 3:
        return _picture(site, request, parts[2:-1], parts[-1])
    if parts[0] == "plain" and (content := site.plain.get("/".join(parts[1:]))) is not None:
        return ranged(request, content, {})
    if parts[0] != "model" or len(parts) < 3:
        return _fault(404, "NoSuchKey", "The specified key does not exist.")
    return _file(site, request, parts[1])


def _file(site: Site, request: Request, key: str) -> Reply:
    content, ends, mark = site.contents.get(key), request.first("X-Amz-Date"), request.first("X-Amz-Signature")
    if content is None or mark != _signature(key, ends) or request.method not in ("GET", "HEAD"):
        return _fault(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    if request.method == "HEAD" and "content_host" not in request.query:  # signed for GET alone
        return _fault(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    site.used[mark] = site.used.get(mark, 0) + 1
    if time.time() > float(ends) or (site.uses and site.used[mark] > site.uses):
        return _fault(403, "AccessDenied", "Request has expired")
    headers = {"Content-Disposition": text} if (text := request.first("response-content-disposition")) else {}
    return ranged(request, content, headers)


def ranged(request: Request, content: Content, headers: Mapping[str, str]) -> Reply:
    """Return a content, or the part of it that Range asks for (RFC 9110, one range; If-Range by entity tag)."""
    found = {
        "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": content.etag, "Last-Modified": _MODIFIED, **headers,
    }  # fmt: skip
    wanted, only_if = _RANGE.match(request.headers.get("range", "")), request.headers.get("if-range")
    if wanted is None or wanted.groups() == ("", "") or (only_if is not None and only_if not in (content.etag, _MODIFIED)):
        return Reply(200, found, content=content, start=0, stop=content.size)
    first, last = wanted.groups()
    start = int(first) if first else max(0, content.size - int(last))
    stop = min(int(last) + 1, content.size) if first and last else content.size
    if start >= content.size or start >= stop:
        reply = _fault(416, "InvalidRange", "The requested range is not satisfiable")
        reply.headers["Content-Range"] = f"bytes */{content.size}"
        return reply
    found["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    return Reply(206, found, content=content, start=start, stop=stop)


def _fault(status: int, code: str, text: str) -> Reply:
    return text_reply(
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{text}</Message></Error>', status, "application/xml"
    )


def picture_url(site: Site, picture: SitePicture, params: str = "original=true") -> str:
    """Return the address of an example picture (civitai/civitai:src/client-utils/edge-url.ts)."""
    mark = hashlib.md5(str(picture.id).encode(), usedforsecurity=False).hexdigest()
    uuid = "-".join((mark[:8], mark[8:12], "4" + mark[13:16], "a" + mark[17:20], mark[20:]))
    return f"{site.origins['storage']}/{ACCOUNT}/{uuid}/{params}/{picture.name}"


def _picture(site: Site, request: Request, params: list[str], name: str) -> Reply:
    stem, _, suffix = name.rpartition(".")
    picture = site.picture(int(stem)) if stem.isdigit() else None
    if picture is None:
        return text_reply("Not found", 404)
    asked = dict(part.partition("=")[::2] for part in params[-1].split(",")) if params else {}
    if suffix == "mp4":
        return ranged(request, _video(picture.id, picture.art, picture.width, picture.height), {"Content-Type": "video/mp4"})
    width = int(asked.get("width", "0") or 0)
    is_original = asked.get("original") == "true" or not width
    data, kind = _drawn(picture.art, picture.id, picture.width, picture.height, 0 if is_original else width)
    return Reply(200, {"Content-Type": f"image/{kind}", "Cache-Control": "public, max-age=31536000"}, data)


@lru_cache(20)
def _video(seed: int, art: tuple[str, str], width: int, height: int) -> Content:
    """Return a second of a slow pan over a picture."""
    image, size = paint(*art, seed=seed), (width // 4 * 2, height // 4 * 2)
    wide, high = image.width * 9 // 10, image.height * 9 // 10
    boxes = [(step * 4, step * 6, step * 4 + wide, step * 6 + high) for step in range(12)]
    return Whole(f"video/{seed}", mp4_bytes([_covering(image.crop(box), size) for box in boxes]))


@lru_cache(200)
def _drawn(art: tuple[str, str], seed: int, width: int, height: int, wanted: int) -> tuple[bytes, str]:
    """Return a picture and its format: an original is JPEG or PNG, a smaller one WebP, whatever its name says."""
    image = paint(*art, seed=seed)
    size = (width, height) if not wanted or wanted >= width else (wanted, max(1, round(height * wanted / width)))
    image = _covering(image, size)
    out, kind = io.BytesIO(), "webp" if wanted else "png" if seed % 5 == 0 else "jpeg"
    image.save(out, kind.upper(), **({"compress_level": 1} if kind == "png" else {"quality": 86}))
    return out.getvalue(), kind


def _covering(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = max(size[0] / image.width, size[1] / image.height)
    wide, high = size[0] / scale, size[1] / scale
    left, top = (image.width - wide) / 2, (image.height - high) / 2
    return image.resize(size, Image.Resampling.BILINEAR, (left, top, left + wide, top + high))

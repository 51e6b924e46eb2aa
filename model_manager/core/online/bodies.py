"""What a server says of the bytes it is about to send, judged before one of them is kept: where they belong, of which file they are.

Called by transfer. Pure; servers lie in every field, so nothing here is believed that contradicts itself (RFC 9110, sections 8.8, 14).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model_manager.core.errors import NetworkFault
from model_manager.core.words import tr

SNIFFED: Final = 512  # bytes that must be here before any is kept
_RANGE: Final = re.compile(r"bytes\s+(\d+)-(\d+)/(\d+|\*)\s*", re.IGNORECASE)
_REST: Final = re.compile(r"bytes\s+\*/(\d+)\s*", re.IGNORECASE)
_PAGES: Final = ("text/html", "application/xhtml", "application/json", "application/problem+json")
_BEGINNINGS: Final = (b"<!doctype", b"<html", b"<head", b"<body", b'{"error', b'{"message', b'{"code"')
_TEXTS: Final = frozenset((".json", ".html", ".htm", ".txt", ".md", ".yaml", ".yml", ".xml", ".csv", ".py", ".jinja", ""))


@dataclass(frozen=True, slots=True)
class Body:
    """start: where its first byte belongs. end: where it stops, 0 when not told. total: bytes of the whole file, 0 when not told.

    etag: as sent, "" for none; modified: Last-Modified. is_whole: the server sends all of the file, asked for a part or not.
    """

    start: int
    end: int
    total: int
    etag: str
    modified: str
    is_whole: bool


def body_of(status: int, headers: Mapping[str, str]) -> Body:
    """Return what an answer of status 200 or 206 holds; raises NetworkFault when it does not say that plainly."""
    etag, modified = headers.get("ETag") or "", headers.get("Last-Modified") or ""
    if (headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise NetworkFault(tr("The server packed the file, which was not asked for."), "server")
    length = _number(headers.get("Content-Length"))
    if status != 206:
        return Body(0, length, length, etag, modified, True)
    match = _RANGE.fullmatch((headers.get("Content-Range") or "").strip())
    if match is None:
        raise NetworkFault(tr("The server does not say which part of the file it sends."), "server")
    start, end = int(match[1]), int(match[2]) + 1
    total = 0 if match[3] == "*" else int(match[3])
    if end <= start or (total and end > total) or (length and length != end - start):
        raise NetworkFault(tr("The server contradicts itself about the part of the file it sends."), "server")
    return Body(start, end, total, etag, modified, False)


def _number(text: str | None) -> int:
    return int(text) if text and text.strip().isdecimal() else 0


def total_of_416(headers: Mapping[str, str]) -> int:
    """Return the size of the file as an answer 416 tells it, 0 when it does not."""
    match = _REST.fullmatch((headers.get("Content-Range") or "").strip())
    return int(match[1]) if match else 0


def is_strong(etag: str) -> bool:
    """Return whether this ETag promises the same bytes, so that a part may be continued by it (If-Range takes no other)."""
    return len(etag) > 2 and etag.startswith('"') and etag.endswith('"') and etag.isprintable()  # others cannot be sent back


def is_page(first: bytes, headers: Mapping[str, str], name: str) -> bool:
    """Return whether a page or an error text came where a file called `name` was promised, by its type or its first bytes."""
    if os.path.splitext(name)[1].lower() in _TEXTS and os.path.splitext(name)[1]:
        return False  # such files of a repository may begin like that
    kind = (headers.get("Content-Type") or "").lower()
    start = first[:SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return kind.startswith(_PAGES) or start.startswith(_BEGINNINGS)

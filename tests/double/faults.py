"""What can go wrong on the way: each function returns a Fault to be given to Double or `double.faults.append`.

All take `on` (a regular expression looked for in "ROLE METHOD TARGET", such as "storage GET .*fox" or "civitai GET /api/v1/models"),
`count` (how many fitting requests it meets, 0 for all) and `skip` (how many it lets pass first).
"""

import dataclasses
import json
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from model_manager.core.demo.site_content import Content
from model_manager.core.demo.site_records import Reply, Request, json_reply, redirect, text_reply

HTML_429 = "<!DOCTYPE html><html><head><title>Too Many Requests</title></head><body>error code: 1015</body></html>"
HTML_5XX = "<!DOCTYPE html><html><head><title>{0}</title></head><body>error code: {0} cloudflare</body></html>"
LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in to download this file.</p></body></html>\n"
EXPIRED = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'


@dataclass
class Fault:
    """One fault. instead: answers in place of the site; ask: changes the request; change: changes the reply; the rest is about sending."""

    name: str
    on: str = ""
    count: int = 0
    skip: int = 0
    instead: Callable[[Request], Reply] | None = None
    ask: Callable[[Request], None] | None = None
    change: Callable[[Request, Reply], None] | None = None
    cut: Callable[[], int] | None = None  # bytes of the body after which the connection is closed
    rate: float = 0.0  # bytes a second
    stall_after: int = -1
    stall_seconds: float = 0.0
    framing: str = ""  # "chunked", or "close": no length, the end is the end of the connection
    longer: int = 0  # added to the length that is told
    drops: bool = False  # the connection is closed without an answer
    met: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def meets(self, request: Request) -> bool:
        """Say whether it strikes this request; counts."""
        if self.on and not re.search(self.on, f"{request.role} {request.method} {request.target}"):
            return False
        with self.lock:
            self.met += 1
            return self.met > self.skip and (not self.count or self.met <= self.skip + self.count)


def _fault(fault: Fault, on: str, count: int, skip: int) -> Fault:
    return dataclasses.replace(fault, on=on, count=count, skip=skip, lock=threading.Lock())


# the connection


def cut(after: int, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Close each connection after so many bytes of a body; a body that is not longer comes whole."""
    return _fault(Fault("cut", cut=lambda: after), on, count, skip)


def cut_at_random(least: int, most: int, seed: int = 1, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Close each connection after a number of bytes between two."""
    rng = random.Random(seed)
    return _fault(Fault("cut", cut=lambda: rng.randint(least, most)), on, count, skip)


def dropped(on: str, count: int = 0, skip: int = 0) -> Fault:
    """Close the connection without an answer."""
    return _fault(Fault("dropped", drops=True), on, count, skip)


def slow(bytes_a_second: float, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Send slowly."""
    return _fault(Fault("slow", rate=bytes_a_second), on, count, skip)


def stall(seconds: float, after: int = 0, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Send nothing for a while once `after` bytes of the body have gone (-1: before the answer begins)."""
    return _fault(Fault("stall", stall_after=after, stall_seconds=seconds), on, count, skip)


# ranges and tags


def _whole(request: Request) -> None:
    request.headers = {name: value for name, value in request.headers.items() if name != "range"}


def ignore_range(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Answer a range with 200 and everything."""
    return _fault(Fault("ignore_range", ask=_whole), on, count, skip)


def wrong_range(by: int, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Answer a range with another one that begins `by` bytes later, honestly labelled: Content-Range says what came."""

    def change(request: Request, reply: Reply) -> None:
        if reply.status == 206 and reply.content is not None:
            reply.start = max(0, min(reply.start + by, reply.stop - 1))
            reply.headers["Content-Range"] = f"bytes {reply.start}-{reply.stop - 1}/{reply.content.size}"

    return _fault(Fault("wrong_range", change=change), on, count, skip)


def no_content_range(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Answer 206 without saying which part it is."""

    def change(request: Request, reply: Reply) -> None:
        reply.headers.pop("Content-Range", None)

    return _fault(Fault("no_content_range", change=change), on, count, skip)


def wrong_total(by: int, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell another total size in Content-Range."""

    def change(request: Request, reply: Reply) -> None:
        if reply.content is not None and "Content-Range" in reply.headers:
            reply.headers["Content-Range"] = f"bytes {reply.start}-{reply.stop - 1}/{reply.content.size + by}"

    return _fault(Fault("wrong_total", change=change), on, count, skip)


def changed_etag(tag: str = '"changed"', on: str = "storage", count: int = 0, skip: int = 1) -> Fault:
    """Give the file another tag (after the first request); If-Range with the old one then brings everything."""

    def ask(request: Request) -> None:
        if "if-range" in request.headers and request.headers["if-range"] != tag:
            _whole(request)
        request.headers = {name: value for name, value in request.headers.items() if name != "if-range"}

    return _fault(Fault("changed_etag", ask=ask, change=_with(ETag=tag)), on, count, skip)


def ignore_if_range(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Answer a range with 206 whatever If-Range says."""

    def ask(request: Request) -> None:
        request.headers = {name: value for name, value in request.headers.items() if name != "if-range"}

    return _fault(Fault("ignore_if_range", ask=ask), on, count, skip)


def no_etag(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell neither a tag nor a time."""
    return _fault(Fault("no_etag", change=_with(ETag=None, Last_Modified=None)), on, count, skip)


def weak_etag(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell a weak tag, which must not be used for If-Range."""

    def change(request: Request, reply: Reply) -> None:
        if "ETag" in reply.headers:
            reply.headers["ETag"] = "W/" + reply.headers["ETag"]

    return _fault(Fault("weak_etag", change=change), on, count, skip)


def _with(**headers: str | None) -> Callable[[Request, Reply], None]:
    def change(request: Request, reply: Reply) -> None:
        for name, value in headers.items():
            reply.headers.pop(name.replace("_", "-"), None)
            if value is not None:
                reply.headers[name.replace("_", "-")] = value

    return change


# other answers


def answers(reply: Callable[[Request], Reply] | Reply, on: str, count: int = 0, skip: int = 0, name: str = "answers") -> Fault:
    """Answer something else altogether."""
    make = (lambda request: dataclasses.replace(reply)) if isinstance(reply, Reply) else reply
    return _fault(Fault(name, instead=make), on, count, skip)


def expired(on: str = "storage GET /model", count: int = 0, skip: int = 0) -> Fault:
    """403 of a signed address that has expired. See also Site.lifetime and Site.uses, which are honest."""
    return answers(text_reply(EXPIRED, 403, "application/xml"), on, count, skip, "expired")


def busy(after: str | None = None, is_html: bool = True, on: str = "", count: int = 0, skip: int = 0) -> Fault:
    """429, with Retry-After when `after` is given: seconds or an HTTP date."""
    reply = text_reply(HTML_429, 429, "text/html") if is_html else json_reply({"error": "Too many requests"}, 429)
    if after is not None:
        reply.headers["Retry-After"] = after
    return answers(reply, on, count, skip, "busy")


def hub_busy(seconds: int = 1, on: str = "huggingface", count: int = 0, skip: int = 0) -> Fault:
    """429 of Hugging Face, which has a header of its own."""
    headers = {"ratelimit": f'"api";r=0;t={seconds}', "ratelimit_policy": '"fixed window";"api";q=500;w=300'}
    return answers(json_reply({"error": "We had to rate limit your IP"}, 429, **headers), on, count, skip, "hub_busy")


def unusual(on: str = "civitai GET /api/download", count: int = 0, skip: int = 0) -> Fault:
    """429 that says the account downloads too much."""
    text = "We've noticed an unusual amount of downloading from your account. Contact support@civitai.com or come back later."
    return answers(json_reply({"error": text}, 429), on, count, skip, "unusual")


def server_error(status: int = 502, is_html: bool = True, after: str | None = None, on: str = "", count: int = 0, skip: int = 0) -> Fault:
    """5xx, as HTML of the edge or as JSON of the site."""
    reply = text_reply(HTML_5XX.format(status), status, "text/html") if is_html else json_reply({"error": "Failed"}, status)
    if after is not None:
        reply.headers["Retry-After"] = after
    return answers(reply, on, count, skip, "server_error")


def missing(on: str = "civitai GET /api/download", count: int = 1, skip: int = 0) -> Fault:
    """404 that goes away by itself."""
    return answers(json_reply({"error": "File not found"}, 404), on, count, skip, "missing")


def html_page(on: str = "storage", count: int = 0, skip: int = 0, kind: str = "text/html") -> Fault:
    """200 with a login page where a file or an answer should be."""
    return answers(text_reply(LOGIN, 200, kind), on, count, skip, "html_page")


def json_body(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """200 with an error in JSON where a file should be."""
    return answers(json_reply({"error": "Not today"}), on, count, skip, "json_body")


def redirect_loop(on: str = "civitai GET /api/download", count: int = 0, skip: int = 0) -> Fault:
    """A redirect to itself."""
    return answers(lambda request: redirect(302, request.target), on, count, skip, "redirect_loop")


def redirect_to(url: str, status: int = 307, on: str = "civitai GET /api/download", count: int = 0, skip: int = 0) -> Fault:
    """A redirect to another place: to see what is told there."""
    return answers(redirect(status, url), on, count, skip, "redirect_to")


# bodies


class _Flipped(Content):
    """A content with one bit changed."""

    def __init__(self, content: Content, place: int) -> None:
        super().__init__(content.key, content.size)
        self._content, self._place = content, place % content.size

    def read(self, offset: int, count: int) -> bytes | memoryview:
        block = self._content.read(offset, count)
        if not offset <= self._place < offset + len(block):
            return block
        found = bytearray(block)
        found[self._place - offset] ^= 1
        return bytes(found)


def flipped(place: int = -1, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Send a file with one bit changed, by default in its last byte: its hash is wrong."""

    def change(request: Request, reply: Reply) -> None:
        if reply.content is not None:
            reply.content = _Flipped(reply.content, place)

    return _fault(Fault("flipped", change=change), on, count, skip)


def lying_length(by: int, on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell a length that is longer or shorter than what is sent; the connection is closed then."""
    return _fault(Fault("lying_length", longer=by), on, count, skip)


def chunked(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell no length: chunks."""
    return _fault(Fault("chunked", framing="chunked"), on, count, skip)


def until_close(on: str = "storage", count: int = 0, skip: int = 0) -> Fault:
    """Tell no length: the end of the connection is the end of the body."""
    return _fault(Fault("until_close", framing="close"), on, count, skip)


def truncated(to: int, on: str = "civitai GET /api/v1", count: int = 0, skip: int = 0) -> Fault:
    """Send the first bytes of a JSON answer as if that were all."""

    def change(request: Request, reply: Reply) -> None:
        reply.body = reply.body[:to]

    return _fault(Fault("truncated", change=change), on, count, skip)


def wrong_size_kb(by: float, on: str = "civitai GET /api/v1", count: int = 0, skip: int = 0) -> Fault:
    """Tell wrong sizes of files."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        if isinstance(value, dict):
            return {key: item + by if key == "sizeKB" else changed(item) for key, item in value.items()}
        return value

    def change(request: Request, reply: Reply) -> None:
        reply.body = json.dumps(changed(json.loads(reply.body))).encode()

    return _fault(Fault("wrong_size_kb", change=change), on, count, skip)


def json_changed(change_value: Callable[[Any], Any], on: str, count: int = 0, skip: int = 0) -> Fault:
    """Change a JSON answer by a function."""

    def change(request: Request, reply: Reply) -> None:
        reply.body = json.dumps(change_value(json.loads(reply.body))).encode()

    return _fault(Fault("json_changed", change=change), on, count, skip)

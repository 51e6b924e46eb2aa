"""The demo site on the loopback: one small web server per host, HTTP/1.1 with connections that stay open.

Used by site_process and the tests' double, which puts faults in at `reply` and `send`. It listens on 127.0.0.1 only.
"""

import contextlib
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from model_manager.core.demo.site import answer
from model_manager.core.demo.site_records import Reply, Request, Site

_STEP = 256 << 10


class Host(ThreadingHTTPServer):
    """A server for one role of the site, on a free port unless one is named."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, role: str, handler: "type[Handler]", port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.site, self.role = site, role
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that was cut; anything else is a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Turns bytes into a Request, asks the site, writes the Reply."""

    protocol_version = "HTTP/1.1"
    server: Host
    timeout = 60
    server_version, sys_version = "site", ""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer."""
        request = self.request_of()
        self.send(request, self.reply(request))

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def request_of(self) -> Request:
        """Read the request."""
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        query = parse_qs(parts.query, keep_blank_values=True)
        return Request(self.server.role, self.command, unquote(parts.path), query, headers, body, self.path)

    def reply(self, request: Request) -> Reply:
        """Ask the site."""
        return answer(self.server.site, request)

    def send(self, request: Request, reply: Reply) -> None:
        """Write a reply; its length is told unless it tells one itself."""
        self.send_head(reply)
        if request.method != "HEAD":
            self.send_body(reply)

    def send_head(self, reply: Reply) -> None:
        """Write status and headers."""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
            if name.lower() == "connection" and value.lower() == "close":
                self.close_connection = True
        names = {name.lower() for name in reply.headers}
        if "content-length" not in names and "transfer-encoding" not in names:
            self.send_header("Content-Length", str(reply.length))
        self.end_headers()

    def send_body(self, reply: Reply) -> None:
        """Write the body, large ones in blocks and no faster than the site allows."""
        if reply.content is None:
            self.wfile.write(reply.body)
            return
        offset, rate = reply.start, self.server.site.bytes_a_second
        began = time.monotonic()
        while offset < reply.stop:
            block = reply.content.read(offset, min(_STEP, reply.stop - offset))
            self.wfile.write(block)
            offset += len(block)
            if rate and (ahead := (offset - reply.start) / rate - (time.monotonic() - began)) > 0:
                time.sleep(ahead)

    def finish(self) -> None:
        """Close, quietly when the other side has gone."""
        with contextlib.suppress(ConnectionError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

"""A small server on loopback whose answers a test writes down, and a Web that asks it."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from model_manager.core.online.endpoints import Endpoints
from model_manager.core.online.keys import Keys
from model_manager.core.online.web import Web

KEY = "civitai-key-0123456789abcdef"
NOWHERE = "http://127.0.0.1:9"


class Asked(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Site:
    """`answer` is called with the handler for each request; it writes whatever it likes."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.answer: Callable[[Any], None] = lambda handler: reply(handler, 200, b"{}")
        self.leave = threading.Event()  # set at the end, so that no handler sleeps on
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                site.log.append(Asked(self.command, self.path, self.headers, body))
                site.answer(self)

            do_POST = do_CONNECT = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.leave.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def keys_seen(self) -> list[str]:
        return [asked.headers.get("Authorization", "") for asked in self.log]


@contextlib.contextmanager
def site() -> Iterator[Site]:
    made = Site()
    try:
        yield made
    finally:
        made.close()


def reply(handler: Any, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if "Content-Length" not in named and "Transfer-Encoding" not in named:
        named["Content-Length"] = str(len(body))
    for name, value in named.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def web_for(folder: Path, civitai: str = NOWHERE, huggingface: str = NOWHERE, proxy: str = "", **environ: str) -> Web:
    return Web(Endpoints(civitai, huggingface, NOWHERE), Keys(folder, environ), proxy)

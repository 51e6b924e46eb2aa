"""The double's web servers: those of the demo site, with faults put in and everything written down."""

import contextlib
import dataclasses
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from model_manager.core.demo.site_http import Handler, Host
from model_manager.core.demo.site_records import Reply, Request
from tests.double.faults import Fault

if TYPE_CHECKING:
    from tests.double import Double

STEP = 64 << 10


@dataclasses.dataclass
class Seen:
    """A request that came, and what was answered. sent: bytes of the body; start: the byte of `key` they begin with."""

    role: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    target: str
    status: int = 0
    sent: int = 0
    key: str = ""
    start: int = 0
    faults: tuple[str, ...] = ()
    time: float = 0.0

    def __str__(self) -> str:
        return f"{self.role} {self.method} {self.target}"


class DoubleHost(Host):
    """A host that can be taken down at once."""

    def __init__(self, double: "Double", role: str, port: int = 0) -> None:
        self.double = double
        self._open: set[socket.socket] = set()
        super().__init__(double.site, role, DoubleHandler, port)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, name=f"double {role}", daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        """Stop listening and cut all connections."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()


class DoubleHandler(Handler):
    """Asks the double's faults before and after the site, and sends as they say."""

    server: DoubleHost  # type: ignore[assignment]
    _faults: list[Fault]
    _seen: Seen

    def reply(self, request: Request) -> Reply:
        double = self.server.double
        self._faults = double.faults_for(request)
        names = tuple(fault.name for fault in self._faults)
        parts = (request.role, request.method, request.path, dict(request.query), dict(request.headers), request.body, request.target)
        self._seen = Seen(*parts, faults=names, time=time.monotonic())
        double.log.append(self._seen)
        for fault in self._faults:
            if fault.ask:
                fault.ask(request)
        instead = next((fault.instead for fault in self._faults if fault.instead), None)
        reply = instead(request) if instead else super().reply(request)
        for fault in self._faults:
            if fault.change:
                fault.change(request, reply)
        self._seen.status, self._seen.start = reply.status, reply.start
        self._seen.key = reply.content.key if reply.content else ""
        return reply

    def send(self, request: Request, reply: Reply) -> None:
        faults, length = self._faults, reply.length
        if any(fault.drops for fault in faults):
            self._hang_up()
            return
        framing = next((fault.framing for fault in faults if fault.framing), "")
        longer = sum(fault.longer for fault in faults)
        if framing == "chunked":
            reply.headers["Transfer-Encoding"] = "chunked"
        elif framing == "close":
            reply.headers["Connection"] = "close"
        elif longer:
            reply.headers["Content-Length"] = str(max(0, length + longer))
        self._wait_before(faults)
        self._send_head(reply, framing)
        if request.method == "HEAD":
            return
        cuts = [fault.cut() for fault in faults if fault.cut]
        whole = self._send_all(reply, faults, min([length, *cuts]), framing)
        if not whole or longer or framing == "close" or min([length, *cuts]) < length:
            self._hang_up()

    def _send_head(self, reply: Reply, framing: str) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not framing and "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(reply.length))
        self.end_headers()

    def _wait_before(self, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.stall_after < 0 < fault.stall_seconds:
                self.server.double.closing.wait(fault.stall_seconds)

    def _send_all(self, reply: Reply, faults: list[Fault], length: int, framing: str) -> bool:
        """Send the body; return whether it was sent to its end."""
        rate = min([fault.rate for fault in faults if fault.rate], default=float(self.server.site.bytes_a_second))
        stalls = sorted((fault.stall_after, fault.stall_seconds) for fault in faults if fault.stall_after >= 0)
        closing, began, sent = self.server.double.closing, time.monotonic(), 0
        step = STEP if rate or stalls else 4 * STEP
        while sent < length and not closing.is_set():
            while stalls and stalls[0][0] <= sent:
                closing.wait(stalls.pop(0)[1])
            most = min(step, length - sent, *(after - sent for after, _ in stalls), *([max(1, int(rate / 10))] if rate else []))
            block = reply.body[sent : sent + most] if reply.content is None else reply.content.read(reply.start + sent, most)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(block), bytes(block)) if framing == "chunked" else block)
            sent += len(block)
            self._seen.sent = sent
            if rate and (ahead := sent / rate - (time.monotonic() - began)) > 0:
                closing.wait(ahead)
        if framing == "chunked" and sent == reply.length:
            self.wfile.write(b"0\r\n\r\n")
        return sent == length

    def _hang_up(self) -> None:
        """End the connection so that all that was sent arrives."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)

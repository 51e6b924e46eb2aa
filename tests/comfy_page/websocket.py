"""WebSocket frames (RFC 6455) over a blocking socket: enough for a browser's DevTools and for a page that only listens."""

import base64
import hashlib
import os
import socket
import struct
from urllib.parse import urlsplit

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def accept_key(key: str) -> str:
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


def frame(payload: bytes, code: int = TEXT, mask: bytes = b"") -> bytes:
    size, bit = len(payload), 128 if mask else 0
    if size < 126:
        head = struct.pack("!BB", 128 | code, bit | size)
    elif size < 65536:
        head = struct.pack("!BBH", 128 | code, bit | 126, size)
    else:
        head = struct.pack("!BBQ", 128 | code, bit | 127, size)
    return head + mask + (bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload)) if mask else payload)


class Client:
    """The browser's side of nothing: we are the client of a browser."""

    def __init__(self, url: str, timeout: float = 60) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout)
        self._file = self._socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = [line.strip().decode() for line in iter(self._file.readline, b"\r\n")]
        assert " 101 " in answer[0], answer
        assert any(line.lower() == f"sec-websocket-accept: {accept_key(key)}".lower() for line in answer)

    def send(self, text: str) -> None:
        self._socket.sendall(frame(text.encode(), TEXT, os.urandom(4)))

    def receive(self) -> str:
        """Return the next whole text message."""
        whole = b""
        while True:
            first, size = self._file.read(2)
            size &= 127
            if size > 125:
                size = int.from_bytes(self._file.read(2 if size == 126 else 8), "big")
            payload = self._file.read(size)
            code = first & 15
            if code == CLOSE:
                raise ConnectionError("closed")
            if code == PING:
                self._socket.sendall(frame(payload, PONG, os.urandom(4)))
            if code in (0, TEXT):
                whole += payload
                if first & 128:
                    return whole.decode()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

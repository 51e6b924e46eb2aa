"""A streaming answer: its headers, and its bytes as fast as the socket gives them.

Made by web, read by downloads and by web itself. An answer belongs to one thread. Fewer bytes than promised are a fault, never an end.
"""

import contextlib
from collections.abc import MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from model_manager.core.errors import OnlineFault, Refused
from model_manager.core.online.endpoints import host_of
from model_manager.core.words import tr

if TYPE_CHECKING:
    import urllib3

_PIECE = 64 * 1024


class Answer:
    """What a server answers. headers: names in any case; those of the first hop that say more than the last are among them.

    length: bytes that will come, -1 when the server does not tell.
    """

    def __init__(self, raw: "urllib3.BaseHTTPResponse", url: str) -> None:
        """`raw`: as urllib3 gives it, unread. `url`: where it came from in the end."""
        self.status, self.url = raw.status, url
        self.headers: MutableMapping[str, str] = raw.headers
        self._raw = raw
        # http.client's own answer, which has the socket's file; requests reaches for it by the same name
        self._source: Any = getattr(raw, "_original_response", None)
        is_packed = raw.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")
        self._is_packed = is_packed or self._source is None
        told: int | None = None if self._source is None or is_packed or self._source.chunked else self._source.length
        self.length: int = -1 if told is None else told
        self._left = self.length
        self._is_closed = False

    def readinto(self, view: memoryview) -> int:
        """Fill `view` with what is there, waiting for at least one byte; 0 at the end. Raises NetworkFault, Cancelled.

        Best with a view of 1 MiB. At its end the connection is given back by itself.
        """
        if self._left >= 0 and len(view) > self._left:
            view = view[: self._left]
        count, fault = self._read(view) if len(view) else (0, None)
        if fault is None and count == 0 and self._left > 0 and len(view):
            fault = self._fault(EOFError())
        if fault is not None:
            self.close()
            raise fault
        if self._left > 0:
            self._left -= count
        if self._left == 0 or (count == 0 and self._left < 0 and len(view)):
            self._give_back()
        return count

    def read_all(self, limit: int) -> bytes:
        """Return the whole body, unpacked. Raises NetworkFault, Cancelled, and Refused (too_large) once it is more than `limit` bytes."""
        data = self.read_some(limit + 1)
        if len(data) > limit:
            self.close()
            text = tr("The answer of {host} is larger than it may be, so it was not read.", host=host_of(self.url))
            raise Refused(text, "too_large")
        self._give_back()
        return data

    def read_some(self, most: int) -> bytes:
        """Return the beginning of the body, unpacked, `most` bytes at most. Raises NetworkFault, Cancelled."""
        found, fault = bytearray(), None
        try:
            while len(found) < most and (piece := self._raw.read(min(_PIECE, most - len(found)), decode_content=True)):
                found += piece
        except _faults() as error:
            fault = self._fault(error)
        if fault is not None:
            self.close()
            raise fault
        return bytes(found)

    def rest(self, most: int) -> bytes:
        """Return what can be had of a body that matters little, and be done with it. Raises Cancelled only."""
        data = b""
        with contextlib.suppress(OnlineFault):
            data = self.read_some(most + 1)
        if len(data) <= most:
            self._give_back()
        self.close()
        return data[:most]

    def close(self) -> None:
        """Close the connection; what was not read is not waited for."""
        if not self._is_closed:
            self._is_closed = True
            self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _read(self, view: memoryview) -> tuple[int, OnlineFault | None]:
        try:
            if self._is_closed:
                return 0, None
            if self._is_packed:
                return self._copied(self._raw.read(len(view), decode_content=True), view), None
            if self._source.chunked:
                return self._copied(self._source.read1(len(view)), view), None
            return self._direct(view), None
        except _faults() as error:
            return 0, self._fault(error)

    def _direct(self, view: memoryview) -> int:
        """Read from the socket into the view. TLS gives 16 KiB at a time, so there all is taken that has come already."""
        file = self._source.fp
        if file is None:
            return 0
        count: int = file.readinto1(view)
        if hasattr(self._source.sock, "pending"):
            from urllib3.util.wait import wait_for_read

            with contextlib.suppress(OSError):  # what is wrong now is met again at the next call; what came before counts
                while 0 < count < len(view) and wait_for_read(self._source.sock, 0) and (more := file.readinto1(view[count:])):
                    count += more
        return count

    @staticmethod
    def _copied(data: bytes, view: memoryview) -> int:
        view[: len(data)] = data
        return len(data)

    def _fault(self, error: BaseException) -> OnlineFault:
        from model_manager.core.online.reasons import dropped, fault_from

        host = host_of(self.url)
        fault = fault_from(error, host)
        return fault if fault.code == "timeout" else dropped(host)

    def _give_back(self) -> None:
        """Keep the connection open for the next request, now that all has been read."""
        if not self._is_closed:
            self._is_closed = True
            if self._source is not None:
                self._source.close()
            self._raw.release_conn()


def _faults() -> tuple[type[BaseException], ...]:
    from model_manager.core.online.reasons import FAULTS

    return FAULTS

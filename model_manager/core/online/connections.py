"""The way to a server: one request, one answer, by requests and urllib3. No redirects, no keys of its own, no netrc, no cookies.

Imported by web on its first use only, because requests takes long to import. Reads wait in short slices, so that a cancel ends a
reader that is blocked; so cancelling needs neither threads nor sockets closed from outside.
"""

import contextlib
import errno
import http.client
import io
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests
import urllib3
import urllib3.exceptions as low
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies
from urllib3.util.connection import allowed_gai_family
from urllib3.util.wait import wait_for_write

from model_manager.core.errors import Cancelled
from model_manager.core.online.endpoints import host_of
from model_manager.core.online.reasons import NoCertificates, SocksProxy
from model_manager.core.work import Work

CONNECT_SECONDS = 15.0
_SLICE = 0.25  # seconds between two looks at a cancel
_SECONDS = 60.0  # without a byte, where nobody said
_CONNECTIONS = 128  # kept per host; more would be logged as thrown away

_now = threading.local()  # .work: what the request of this thread is done for


class _PatientReader(io.RawIOBase):
    """The reading end of a socket that waits in slices; `opened` is the file that keeps the socket alive.

    Closed, it gives the socket its own time back: behind the answer of a proxy comes the handshake of TLS, which waits once.
    """

    def __init__(self, sock: socket.socket, opened: io.BufferedReader, work: Work | None) -> None:
        self._sock, self._opened, self._work = sock, opened, work
        self._seconds = sock.gettimeout() or _SECONDS
        sock.settimeout(_SLICE)

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        waited = 0.0
        while True:
            if self._work is not None:
                self._work.check()
            try:
                return self._sock.recv_into(view)
            except TimeoutError:
                waited += _SLICE
                if waited >= self._seconds:
                    raise

    def close(self) -> None:
        if not self.closed:
            super().close()
            with contextlib.suppress(OSError):  # closed already
                self._sock.settimeout(self._seconds)
            self._opened.close()


class PatientResponse(http.client.HTTPResponse):
    """An answer whose bytes, from the first line on, are read in slices."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.sock = sock
        self.fp: io.BufferedReader = io.BufferedReader(_PatientReader(sock, self.fp, getattr(_now, "work", None)))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = PatientResponse

    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = PatientResponse

    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


def _connected(connection: urllib3.connection.HTTPConnection) -> socket.socket:
    """Do what urllib3's connections do in `_new_conn`, and hear a cancel while the other side does not answer."""
    try:
        return _first_socket(connection)
    except socket.gaierror as error:
        raise low.NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise low.ConnectTimeoutError(connection, "no answer") from error
    except OSError as error:
        raise low.NewConnectionError(connection, str(error)) from error


def _first_socket(connection: urllib3.connection.HTTPConnection) -> socket.socket:
    """Return a socket to the first address of the host that answers. Raises OSError, and Cancelled."""
    try:
        connection.host.encode("idna")
    except UnicodeError:
        raise low.LocationParseError(connection.host) from None
    fault = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    found = socket.getaddrinfo(connection.host.strip("[]"), connection.port, allowed_gai_family(), socket.SOCK_STREAM)
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            _connect(sock, address)
        except OSError as error:
            sock.close()
            fault = error
        except Cancelled:
            sock.close()
            raise
        else:
            return sock
    raise fault


def _connect(sock: socket.socket, address: Any) -> None:
    work: Work | None = getattr(_now, "work", None)
    sock.setblocking(False)
    code, until = sock.connect_ex(address), time.monotonic() + CONNECT_SECONDS
    if code in (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN):
        while not wait_for_write(sock, _SLICE):
            if work is not None:
                work.check()
            if time.monotonic() > until:
                raise TimeoutError
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    sock.settimeout(CONNECT_SECONDS)


class Connections:
    """All connections of the program, kept open for reuse. Safe to share between threads."""

    def __init__(self, proxy: str) -> None:
        """`proxy`: where to go through, "" for what the system says."""
        self._proxy = proxy if "://" in proxy or not proxy else "http://" + proxy
        self._adapter = _Adapter(pool_connections=16, pool_maxsize=_CONNECTIONS)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float, work: Work | None
    ) -> urllib3.BaseHTTPResponse:
        """Ask, and return the answer with its body unread. Raises requests' exceptions, OSError, ValueError, and Cancelled."""
        request = requests.Request(method, url, headers=dict(headers), data=body).prepare()
        verify, proxies = _certificates(), self._proxies(request.url or url)
        with _working_for(work):
            answer = self._adapter.send(request, stream=True, timeout=(CONNECT_SECONDS, seconds), verify=verify, proxies=proxies)
        raw: urllib3.BaseHTTPResponse = answer.raw
        return raw

    def close(self) -> None:
        """Close what is kept open, now: urllib3 itself waits for the collector of garbage."""
        for manager in (self._adapter.poolmanager, *self._adapter.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118, its own kind of mapping
                if (pool := manager.pools.get(key)) is not None:
                    pool.close()
        self._adapter.close()

    def _proxies(self, url: str) -> dict[str, str]:
        """Return the proxy for an address; never one for this computer itself. Raises SocksProxy."""
        host = host_of(url)
        if host == "localhost" or host.startswith("127.") or host == "::1":
            return {}
        if not self._proxy:
            found = select_proxy(url, get_environ_proxies(url)) or ""
        else:
            found = "" if should_bypass_proxies(url, None) else self._proxy
        if found.lower().startswith("socks"):
            raise SocksProxy
        return {"http": found, "https": found} if found else {}


def _certificates() -> str | bool:
    """Return the certificates to know servers by that the environment names; True: those of certifi. Raises NoCertificates.

    SSL_CERT_FILE is OpenSSL's, which takes a missing one for none; other programs leave such behind.
    """
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if path := os.environ.get(name, ""):
            if not os.path.exists(path):
                raise NoCertificates(name)
            return path
    path = os.environ.get("SSL_CERT_FILE", "")
    return path if os.path.isfile(path) else True


@contextlib.contextmanager
def _working_for(work: Work | None) -> Iterator[None]:
    _now.work = work
    try:
        yield
    finally:
        _now.work = None

"""One window per data folder: a second start hands its links, files and search to the first, and ends.

Made by app before the window. Who is first is told by a lock that ends with its process, however that ends; the local
socket only carries messages, so one that a crash left behind is simply made anew.
"""

import getpass
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.core.alone import held
from model_manager.core.errors import FolderFault
from model_manager.core.online.outside import LARGEST, Errand, packed, unpacked
from model_manager.core.words import tr

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

LOCK = "running.lock"
ANSWER_MS, START_SECONDS = 2000, 8.0  # a first that hangs; one that only just starts, or ends
_AGAIN_SECONDS = 0.05
_OK = b"ok\n"
_LONGEST_PATH = 90  # of a socket; the system's limit is 104 on macOS


class Single(QObject):
    """The one window of a data folder, towards later starts."""

    came = Signal(object)  # Errand

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._name = socket_name(folder)
        self._lock = held(folder / LOCK)
        self._server: QLocalServer | None = None

    @property
    def is_first(self) -> bool:
        """Whether no other window has this data folder."""
        return self._lock is not None

    def listen(self) -> bool:
        """Take messages from now on; returns whether the system allows that."""
        from PySide6.QtNetwork import QLocalServer

        server = self._server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)  # of a crash: we hold the lock
        server.newConnection.connect(self._on_connection)
        return server.listen(self._name)

    def stop(self) -> None:
        """Take no more messages: a later start waits until this one has ended."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def close(self) -> None:
        """Let another start be the first."""
        self.stop()
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _on_connection(self) -> None:
        while self._server is not None and (connection := self._server.nextPendingConnection()) is not None:
            connection.disconnected.connect(connection.deleteLater)
            connection.readyRead.connect(lambda connection=connection: self._on_data(connection))
            self._on_data(connection)

    def _on_data(self, connection: "QLocalSocket") -> None:
        if not connection.canReadLine():
            if connection.bytesAvailable() > LARGEST:
                connection.abort()
            return
        told = unpacked(bytes(connection.readLine().data()))
        if told is not None:
            connection.write(_OK)
            connection.flush()
            self.came.emit(told)
        connection.disconnectFromServer()


def first(folder: Path, told: Errand) -> Single | None:
    """Return the window's right to the data folder; None when the program runs already and has taken the errand.

    Raises FolderFault when it runs but does not answer.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        single = Single(folder)
        if single.is_first:
            return single
        if _given(socket_name(folder), told):
            return None
        if time.monotonic() > deadline:
            raise FolderFault(_hangs())
        time.sleep(_AGAIN_SECONDS)


def _hangs() -> str:
    return tr("Model Manager is running already, but does not answer. Close it, then start it again.")


def _given(name: str, told: Errand) -> bool:
    """Hand an errand over; False when nobody listens (yet, or any more). Raises FolderFault when who listens does not answer."""
    from PySide6.QtNetwork import QLocalSocket

    if not _is_ours(name):
        return False
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(ANSWER_MS):
        return False
    _let_come_to_front()
    socket.write(packed(told))
    deadline = time.monotonic() + ANSWER_MS / 1000
    while not socket.canReadLine() and (left := deadline - time.monotonic()) > 0:
        if not socket.waitForReadyRead(max(1, int(left * 1000))) and socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
            return False
    answer = bytes(socket.readLine().data())
    socket.abort()
    if answer != _OK:
        raise FolderFault(_hangs())
    return True


def _let_come_to_front() -> None:
    """Windows lets only who was just started raise a window, unless that one says who else may."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.AllowSetForegroundWindow(-1)


def socket_name(folder: Path) -> str:
    """Return the name of the data folder's socket: a path that only this user can write to, on Windows the name of a pipe."""
    where = os.path.normcase(os.path.realpath(folder))
    mark = hashlib.sha256(f"{where}\0{_user()}".encode(errors="surrogateescape")).hexdigest()[:16]
    name = f"model-manager-{mark}"
    if sys.platform == "win32":
        return name
    return os.path.join(_runtime_folder(), name)


def _user() -> str:
    if sys.platform == "win32":
        return getpass.getuser()
    return str(os.getuid())


def _runtime_folder() -> str:
    found = os.environ.get("XDG_RUNTIME_DIR", "")
    if found and len(found) < _LONGEST_PATH - 32 and _is_ours(found):
        return found
    return tempfile.gettempdir()


def _is_ours(path: str) -> bool:
    """Whether nobody else could have put this there; a name on Windows is a pipe's, which is made for its user alone."""
    if sys.platform == "win32":
        return True
    try:
        return os.lstat(path).st_uid == os.getuid()
    except OSError:
        return False

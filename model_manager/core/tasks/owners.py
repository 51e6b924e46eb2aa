"""Who works on tasks: one token for each engine, and a lock file that is held as long as its process lives.

Used by the engine. The lock is SQLite's on an empty file, so it ends with the process, however that ends.
"""

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from model_manager.core.tasks.store import StoreFault
from model_manager.core.words import tr

_START, _END = "tasks-", ".lock"
_TURN_SECONDS: Final = 20.0
_OLD_SECONDS: Final = 60  # a younger lock file may belong to a program that has not locked it yet


class Owner:
    """This engine, as the others see it. Made before the first task is taken."""

    def __init__(self, folder: Path) -> None:
        """Take a token and its lock in the data folder; raises StoreFault where no file can be made."""
        self.token: Final = secrets.token_hex(8)
        self._path = _lock_path(folder, self.token)
        lock = _locked(self._path)
        if lock is None:
            raise StoreFault(tr("The task list cannot be written in the data folder ({reason}).", reason=self._path.name))
        self._lock = lock

    def end(self) -> None:
        """Let go: all tasks in these hands are free for others."""
        self._lock.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def is_alive(folder: Path, token: str) -> bool:
    """Whether the process that took this token still runs. The lock file of one that does not is removed."""
    path = _lock_path(folder, token)
    if not path.exists():
        return False
    lock = _locked(path)
    if lock is None:
        return True
    lock.close()
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return False


def tidy(folder: Path) -> None:
    """Remove the lock files that killed programs left."""
    for path in folder.glob(f"{_START}*{_END}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                is_alive(folder, path.name.removeprefix(_START).removesuffix(_END))


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Let one thread of all programs at a time go on; where no lock can be had, or not within some seconds, it goes on without."""
    lock = _locked(path, _TURN_SECONDS)
    try:
        yield
    finally:
        if lock is not None:
            lock.close()


def _lock_path(folder: Path, token: str) -> Path:
    return folder / f"{_START}{token}{_END}"


def _locked(path: Path, seconds: float = 0) -> sqlite3.Connection | None:
    lock = None
    try:
        lock = sqlite3.connect(path, timeout=seconds, isolation_level=None, check_same_thread=False)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        if lock is not None:
            lock.close()
        return None
    return lock

"""One at a time, over all running copies of the program: two scans of an index would give the same ids to different models, and
two that change a model's picture would take each other's half-done work for a crash.

Used by the scanner, by the history of previews, and by the window, of which a data folder has one. The lock is SQLite's, on an empty
file, so it ends with the process, however that ends.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from model_manager.core.work import Work


@contextmanager
def alone(path: str | Path, work: Work) -> Iterator[None]:
    """Wait until no other process holds the lock file `path`, and hold it; raises Cancelled while waiting."""
    with closing(_connection(path)) as lock:
        while not _is_mine(lock):
            work.check()
        yield


def held(path: str | Path) -> sqlite3.Connection | None:
    """Hold the lock file `path` until what is returned is closed; None when another process holds it."""
    lock = _connection(path)
    if _is_mine(lock):
        return lock
    lock.close()
    return None


def _connection(path: str | Path) -> sqlite3.Connection:
    """To the lock file; to nothing at all where no file can be made."""
    try:
        return sqlite3.connect(path, timeout=0.1, isolation_level=None)
    except sqlite3.Error:
        return sqlite3.connect(":memory:", isolation_level=None)


def _is_mine(lock: sqlite3.Connection) -> bool:
    """Whether the lock is ours now; a folder that cannot hold one is no reason not to work."""
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as fault:
        return fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
    return True

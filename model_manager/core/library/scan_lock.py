"""One scan of an index at a time: two would give the same ids to different models.

Used by the scanner. The lock is SQLite's, on an empty file beside the index, so it ends with the process, however that ends.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from model_manager.core.work import Work


@contextmanager
def alone(path: Path, work: Work) -> Iterator[None]:
    """Wait for a scan of the index at `path` by another process to end, and hold up the next; raises Cancelled while waiting."""
    with closing(_connection(path)) as lock:
        while not _is_mine(lock):
            work.check()
        yield


def _connection(path: Path) -> sqlite3.Connection:
    """To the lock beside the index; to nothing at all where no file can be made."""
    try:
        return sqlite3.connect(f"{path}.scan", timeout=0.1, isolation_level=None)
    except sqlite3.Error:
        return sqlite3.connect(":memory:", isolation_level=None)


def _is_mine(lock: sqlite3.Connection) -> bool:
    """Whether the lock is ours now; a folder that cannot hold one is no reason not to scan."""
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as fault:
        return fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY
    return True

"""Remembers the partials of a run, so that the next start can remove what a killed program left.

Used by carry (`Ledger`) and once after each start (`tidy`). Only a file that a ledger of ours names, under a name only we give, is
ever removed. A ledger is held locked while its program lives; the lock is SQLite's, so it ends with the process.
"""

import contextlib
import os
import re
import secrets
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Final

from model_manager.core.files.copying import PARTIAL_END, PARTIAL_START
from model_manager.core.paths import long_path

_OURS: Final = re.compile(re.escape(PARTIAL_START) + "[0-9a-f]{24}" + re.escape(PARTIAL_END))
_START, _END = "partials-", ".sqlite"


class Ledger:
    """The partials of one run, written down before they are made. Raises nothing: without it copying works, only tidying does not."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder."""
        self._path = folder / f"{_START}{secrets.token_hex(8)}{_END}"
        self._rows: sqlite3.Connection | None = None
        self._lock: sqlite3.Connection | None = None
        with contextlib.suppress(OSError, sqlite3.Error):
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(_lock_of(self._path))
            self._rows = sqlite3.connect(self._path, isolation_level=None)
            self._rows.execute("CREATE TABLE partials (path BLOB PRIMARY KEY)")

    def add(self, path: str) -> None:
        """Note a partial that is about to be made."""
        if self._rows is not None:
            with contextlib.suppress(sqlite3.Error):
                self._rows.execute("INSERT INTO partials VALUES (?)", (os.fsencode(path),))

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """End the run: all partials are gone or have their names."""
        for connection in (self._rows, self._lock):
            if connection is not None:
                connection.close()
        _settle(self._path)
        _drop_lock(self._path)


def tidy(folder: Path) -> int:
    """Remove what killed runs left and return how many partials that were; runs under way are left alone."""
    removed = 0
    for ledger in folder.glob(f"{_START}*{_END}"):
        if (lock := _locked(_lock_of(ledger))) is not None:
            removed += _settle(ledger)
            lock.close()
            _drop_lock(ledger)
    return removed


def _lock_of(ledger: Path) -> Path:
    return ledger.with_suffix(".lock")


def _drop_lock(ledger: Path) -> None:
    with contextlib.suppress(OSError):
        if not ledger.exists():
            _lock_of(ledger).unlink(missing_ok=True)


def _locked(path: Path) -> sqlite3.Connection | None:
    lock = None
    try:
        lock = sqlite3.connect(path, timeout=0, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        if lock is not None:
            lock.close()
        return None
    return lock


def _settle(ledger: Path) -> int:
    """Remove the partials a ledger names and then the ledger; it stays while one of them is on a drive that is away."""
    removed, is_done = 0, True
    try:
        with contextlib.closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as rows:
            paths = [os.fsdecode(path) for (path,) in rows.execute("SELECT path FROM partials")]
    except sqlite3.Error:
        paths = []
    for path in paths:
        if not _OURS.fullmatch(os.path.basename(path)):
            continue
        try:
            os.unlink(long_path(path))
            removed += 1
        except FileNotFoundError:
            is_done = is_done and os.path.isdir(os.path.dirname(path))
        except OSError:
            is_done = False
    if is_done:
        with contextlib.suppress(OSError):
            ledger.unlink(missing_ok=True)
    return removed

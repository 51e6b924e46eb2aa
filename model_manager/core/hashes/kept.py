"""A small SQLite file of our own in the data folder, for what was found out with effort but can be found out again.

Used by the stores of hashes and of updates, and by the journal. Any number of processes and threads may have it open, each with its own
connection. A damaged file is set aside and begun anew; it must never be the only home of something a person wrote.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from model_manager.core.errors import IndexFault
from model_manager.core.library.index import set_aside
from model_manager.core.paths import plain_reason
from model_manager.core.words import tr

_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_PATIENCE = 10  # seconds that one connection waits for another
_T = TypeVar("_T")


class Kept:
    """A connection to one such file; use it in the thread that made it and close it."""

    def __init__(self, path: Path, version: int, schema: str, is_lasting: bool = False) -> None:
        """`schema`: statements with IF NOT EXISTS, divided by semicolons. is_lasting: what was written outlives
        a power cut (else the last seconds may be lost with it). Raises IndexFault when the file cannot be used."""  # fmt: skip
        self.path, self._version, self._schema = path, version, schema
        self._is_lasting, self.was_damaged = is_lasting, False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = tr("The data folder {folder} could not be made: {reason}.", folder=path.parent, reason=plain_reason(error))
            raise IndexFault(text) from error
        self._db: sqlite3.Connection | None = None
        try:
            self._try(self._connection)
        except IndexFault:
            self.close()
            raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return what a statement gives; outside of others each is a transaction of its own. Raises IndexFault."""
        return self._try(lambda: self._connection().execute(sql, values).fetchall())

    def write(self, *statements: tuple[str, Iterable[Sequence[Any]]], is_lasting: bool = True) -> None:
        """Carry out (statement, rows of values) in one transaction: all of it or nothing. is_lasting: False for what may be lost
        with the power even in a file whose writes outlive that. Raises IndexFault."""  # fmt: skip
        ready = [(sql, list(rows)) for sql, rows in statements]
        self._try(lambda: self._write(ready, is_lasting))

    def close(self) -> None:
        """Close the connection; harmless when called twice."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, statements: list[tuple[str, list[Sequence[Any]]]], is_lasting: bool) -> None:
        db = self._connection()
        if self._is_lasting:
            db.execute(f"PRAGMA synchronous={_synchronous(is_lasting)}")
        db.execute("BEGIN IMMEDIATE")
        try:
            for sql, rows in statements:
                db.executemany(sql, rows)
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            self._prepare(self._db)
        return self._db

    def _prepare(self, db: sqlite3.Connection) -> None:
        _write_ahead(db)
        db.execute(f"PRAGMA synchronous={_synchronous(self._is_lasting)}")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == self._version:
            return
        if found > self._version:
            raise IndexFault(tr("{file} was written by a newer version of this program. Please use that version.", file=self.path.name))
        db.execute("BEGIN IMMEDIATE")
        for statement in filter(None, map(str.strip, self._schema.split(";"))):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={self._version}")
        db.execute("COMMIT")

    def _try(self, function: Callable[[], _T]) -> _T:
        """Call the function; once more after a damaged file was set aside."""
        try:
            return function()
        except sqlite3.DatabaseError as fault:
            self._begin_anew(fault)
        try:
            return function()
        except sqlite3.DatabaseError as fault:
            raise self._unusable(fault) from fault

    def _begin_anew(self, fault: sqlite3.DatabaseError) -> None:
        is_damaged = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGED
        self.close()
        if not is_damaged:
            raise self._unusable(fault) from fault
        with suppress(FileNotFoundError):
            try:
                set_aside(self.path)
            except PermissionError:  # another process has it open, or has done it
                raise self._unusable(fault) from fault
        self.was_damaged = True

    def _unusable(self, fault: sqlite3.DatabaseError) -> IndexFault:
        return IndexFault(tr("{file} cannot be used just now ({reason}). Your files are untouched.", file=self.path.name, reason=fault))


def _write_ahead(db: sqlite3.Connection) -> None:
    """Have a file written ahead. SQLite does not wait by itself when several connections do that to a new file at once."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _synchronous(is_lasting: bool) -> str:
    return "FULL" if is_lasting else "NORMAL"

"""What became of each folder of models over time: when it went away, came back, could not be written any more, was tried again.

Kept in the data folder and written by the window after each look at the folders; can be thrown away at any time. It never looks at a
folder itself.
"""

import contextlib
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.errors import FileFault
from model_manager.core.library.entry import FolderReport
from model_manager.core.library.walk import is_storable
from model_manager.core.words import tr

FILE_NAME = "folders.sqlite"
MOST_NOTES = 5_000
# what can have happened
WENT, BACK, LOST, GIVEN, BROKE, MENDED, RETRIED, OTHER = "went", "back", "lost", "given", "broke", "mended", "retried", "other"
_GONE: Final = ("away", "missing")
_BROKEN: Final = ("link_broken", "link_loop")
_TABLES = """
CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, state TEXT, since REAL, scanned REAL);
CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, time REAL, path TEXT, what TEXT, state TEXT, reason TEXT);
"""


@dataclass(frozen=True, slots=True)
class FolderNote:
    """Something that happened to a folder. time: epoch seconds. what: one of the words above. state: as in FolderReport, from then on."""

    time: float
    path: str
    what: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a folder. since: when its state began; scanned: when it was last looked through, 0 when never."""

    state: str
    since: float
    scanned: float


def observe(data: Path, reports: Iterable[FolderReport], now: float | None = None) -> list[FolderNote]:
    """Note how the folders are; returns what is new, which is nothing of a folder that is seen for the first time. Folders whose names no
    database takes are left out. Raises FileFault."""  # fmt: skip
    when = time.time() if now is None else now
    found: list[FolderNote] = []
    with _opened(data) as db:
        known = dict(db.execute("SELECT path, state FROM folders"))
        for path, report in {report.path: report for report in reports if is_storable(report.path)}.items():
            before = known.get(path) or ""  # nothing, too, where only a scan was noted
            if before == report.state:
                continue
            db.execute(
                "INSERT INTO folders VALUES (?, ?, ?, 0) ON CONFLICT (path) DO UPDATE SET state = excluded.state, since = excluded.since",
                (path, report.state, when),
            )
            if before:
                found.append(FolderNote(when, path, _what(before, report.state), report.state, report.reason))
        _write(db, found)
    return found


def note_retry(data: Path, paths: Iterable[str], now: float | None = None) -> None:
    """Note that the person had these folders looked at again. Raises FileFault."""
    when = time.time() if now is None else now
    with _opened(data) as db:
        known = dict(db.execute("SELECT path, state FROM folders"))
        _write(db, [FolderNote(when, path, RETRIED, known.get(path, ""), "") for path in paths if is_storable(path)])


def note_scan(data: Path, paths: Collection[str], now: float | None = None) -> None:
    """Note that these folders were looked through. Raises FileFault."""
    when = time.time() if now is None else now
    with _opened(data) as db:
        rows = [(path, when) for path in paths if is_storable(path)]
        db.executemany("INSERT INTO folders VALUES (?, '', 0, ?) ON CONFLICT (path) DO UPDATE SET scanned = excluded.scanned", rows)


def known(data: Path) -> dict[str, Known]:
    """What is remembered, by path. Raises FileFault."""
    with _opened(data) as db:
        return {path: Known(*rest) for path, *rest in db.execute("SELECT path, state, since, scanned FROM folders")}


def notes(data: Path, path: str = "", limit: int = 200) -> list[FolderNote]:
    """What happened, newest first; of one folder or of all. Raises FileFault."""
    if not is_storable(path):
        return []
    where, values = (" WHERE path = ?", (path,)) if path else ("", ())
    with _opened(data) as db:
        rows = db.execute(f"SELECT time, path, what, state, reason FROM notes{where} ORDER BY id DESC LIMIT ?", (*values, limit))
        return [FolderNote(*row) for row in rows]


def _what(before: str, now: str) -> str:
    """What it is called when one state follows another."""
    if now in _GONE:
        return OTHER if before in _GONE else WENT
    if before in _GONE:
        return BACK
    if now in ("not_readable", "not_writable"):
        return LOST
    if before in ("not_readable", "not_writable"):
        return GIVEN
    if now in _BROKEN:
        return BROKE
    return MENDED if before in _BROKEN else OTHER


def _write(db: sqlite3.Connection, found: list[FolderNote]) -> None:
    rows = [(note.time, note.path, note.what, note.state, note.reason) for note in found]
    db.executemany("INSERT INTO notes (time, path, what, state, reason) VALUES (?, ?, ?, ?, ?)", rows)
    db.execute("DELETE FROM notes WHERE id <= (SELECT MAX(id) FROM notes) - ?", (MOST_NOTES,))


@contextlib.contextmanager
def _opened(data: Path) -> Iterator[sqlite3.Connection]:
    """The database, made when there is none and made again when it is broken."""
    path = data / FILE_NAME
    try:
        data.mkdir(parents=True, exist_ok=True)
        try:
            db = _connect(path)
        except sqlite3.DatabaseError:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            db = _connect(path)
        with contextlib.closing(db), db:
            yield db
    except (OSError, sqlite3.Error) as error:
        raise FileFault(tr("What became of your folders cannot be noted in {folder}: {reason}.", folder=data, reason=error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(db.close)
        db.executescript(_TABLES)
        db.execute("SELECT count(*) FROM notes").fetchone()
        on_failure.pop_all()
    return db

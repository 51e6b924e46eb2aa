"""What a task does to many models: the list of their paths and what became of each, in a file of its own in the data folder.

Used by the tasks that hash, fetch details and look for updates, and by whoever shows their results. The payload of a task only names its
list: it is read at every change of the task, and 200,000 paths in it would be too. One row is written per model, so a kill costs nothing.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from model_manager.core.hashes.kept import Kept

FILE_NAME: Final = "task-lists.sqlite"
DONE, UNCHANGED, NOT_FOUND, AWAY, FAILED = "done", "unchanged", "not_found", "away", "failed"

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS lists (name TEXT PRIMARY KEY, made REAL);
CREATE TABLE IF NOT EXISTS items (list TEXT, place INTEGER, path TEXT, state TEXT, reason TEXT, sha256 TEXT, model INTEGER, version INTEGER,
    PRIMARY KEY (list, place)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS items_by_path ON items (list, path);
"""
_FORGOTTEN_SECONDS: Final = 60 * 86_400


@dataclass(frozen=True, slots=True)
class NewTask:
    """What to ask the engine for: `engine.add(new.kind, new.key, new.title, new.payload, unit=new.unit, total=new.total)`."""

    kind: str
    key: str
    title: str
    payload: dict[str, Any] = field(default_factory=dict)
    unit: str = "models"
    total: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one model. state: done, unchanged, not_found, away, failed, or "" while it waits. reason: a plain sentence or ""."""

    path: str
    state: str
    reason: str = ""
    sha256: str = ""
    model_id: int = 0
    version_id: int = 0


class Lists:
    """The file of lists. A connection belongs to the thread that made it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder. Raises IndexFault."""
        self._kept = Kept(folder / FILE_NAME, _VERSION, _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def __enter__(self) -> "Lists":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def make(self, paths: Iterable[str], *wishes: object) -> str:
        """Store a list and return its name: the same paths and wishes, the same name. One that is half done is left as it is."""
        wanted = list(dict.fromkeys(paths))
        name = blake2b("\0".join([*map(str, wishes), "", *wanted]).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        if self._kept.rows("SELECT 1 FROM items WHERE list = ? AND state = '' LIMIT 1", (name,)):
            return name
        now = time.time()
        old = [(now - _FORGOTTEN_SECONDS,)]
        self._kept.write(
            ("DELETE FROM items WHERE list IN (SELECT name FROM lists WHERE made < ?)", old),
            ("DELETE FROM lists WHERE made < ?", old),
            ("DELETE FROM items WHERE list = ?", [(name,)]),
            ("INSERT OR REPLACE INTO lists VALUES (?, ?)", [(name, now)]),
            ("INSERT INTO items VALUES (?, ?, ?, '', '', '', 0, 0)", [(name, place, path) for place, path in enumerate(wanted)]),
        )
        return name

    def left(self, name: str) -> list[str]:
        """Return the paths that are still to be done, in order."""
        return [path for (path,) in self._kept.rows("SELECT path FROM items WHERE list = ? AND state = '' ORDER BY place", (name,))]

    def set(self, name: str, results: Iterable[Result]) -> None:
        """Write down what became of some models of the list."""
        sql = "UPDATE items SET state = ?, reason = ?, sha256 = ?, model = ?, version = ? WHERE list = ? AND path = ?"
        self._kept.write((sql, [(one.state, one.reason, one.sha256, one.model_id, one.version_id, name, one.path) for one in results]))

    def results(self, name: str, *states: str) -> list[Result]:
        """Return all results of a list, or those of the given states, in order."""
        rows = self._kept.rows("SELECT path, state, reason, sha256, model, version FROM items WHERE list = ? ORDER BY place", (name,))
        return [Result(*row) for row in rows if not states or row[1] in states]

    def counts(self, name: str) -> Counter[str]:
        """Return how many models of the list are in each state."""
        return Counter(dict(self._kept.rows("SELECT state, COUNT(*) FROM items WHERE list = ? GROUP BY state", (name,))))

    def drop(self, name: str) -> None:
        """Forget a list."""
        self._kept.write(("DELETE FROM items WHERE list = ?", [(name,)]), ("DELETE FROM lists WHERE name = ?", [(name,)]))

"""What the search for duplicates found out about files, and its last result: `twins.sqlite` in the data folder.

Called by finding, and by whoever shows the last result. A fact holds only while size, time and file id of its file do. It can all be found
out again, so nothing is lost with it.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from model_manager.core.hashes.compute import Mark
from model_manager.core.hashes.kept import Kept
from model_manager.core.twins.records import Found, Group, Member, Unread

FILE_NAME: Final = "twins.sqlite"
_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER,
    ends BLOB, tensors BLOB, sample BLOB, weights BLOB, time REAL);
CREATE TABLE IF NOT EXISTS result (id INTEGER PRIMARY KEY CHECK (id = 1), found TEXT);
"""
_STEP: Final = 500  # values in one statement; SQLite takes 32,766, before 3.32 it was 999
_KEPT_SECONDS: Final = 365 * 86_400


@dataclass(slots=True)
class Facts:
    """What is known of one file: digests of its ends, of its table of tensors, of samples and of all its weights.

    None: not found out yet. b"": there is none, as its weights cannot be compared.
    """

    ends: bytes | None = None
    table: bytes | None = None
    sample: bytes | None = None
    weights: bytes | None = None


class Store:
    """The file of facts. A connection belongs to the thread that made it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder. Raises IndexFault when the file cannot be used; a damaged one is set aside first."""
        self._kept = Kept(folder / FILE_NAME, _VERSION, _SCHEMA)

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self._kept.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def facts(self, marks: Mapping[str, Mark]) -> dict[str, Facts]:
        """Return what is known of the files (real path -> how it is now) that are as they were."""
        found: dict[str, Facts] = {}
        paths = iter(marks)
        while step := list(islice(paths, _STEP)):
            marked = ", ".join("?" * len(step))
            sql = f"SELECT path, size, mtime_ns, inode, ends, tensors, sample, weights FROM files WHERE path IN ({marked})"
            for path, size, mtime_ns, inode, *facts in self._kept.rows(sql, step):
                mark = marks[path]
                if (size, mtime_ns, inode) == (mark.size, mark.mtime_ns, mark.inode):
                    found[path] = Facts(*facts)
        return found

    def save(self, facts: Iterable[tuple[str, Mark, Facts]]) -> None:
        """Remember what is known of files. Raises IndexFault."""
        now = time.time()
        rows = [
            (path, mark.size, mark.mtime_ns, mark.inode, known.ends, known.table, known.sample, known.weights, now)
            for path, mark, known in facts
        ]
        self._kept.write(("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows))

    def save_result(self, found: Found) -> None:
        """Remember what a search found, in place of the one before; and forget files that were not looked at for a year."""
        text = json.dumps(asdict(found), separators=(",", ":"))
        self._kept.write(
            ("INSERT OR REPLACE INTO result VALUES (1, ?)", [(text,)]),
            ("DELETE FROM files WHERE time < ?", [(time.time() - _KEPT_SECONDS,)]),
        )

    def result(self) -> Found:
        """Return what the last search found; an empty one without a time when there was none."""
        rows = self._kept.rows("SELECT found FROM result")
        try:
            return _found(json.loads(rows[0][0])) if rows else Found()
        except (ValueError, TypeError, KeyError, AttributeError):  # written by another version of this program
            return Found()


def _found(values: dict[str, Any]) -> Found:
    groups = tuple(_group(group) for group in values.pop("groups"))
    return replace(Found(**(values | {"unread": ()})), groups=groups, unread=tuple(Unread(**one) for one in values["unread"]))


def _group(values: dict[str, Any]) -> Group:
    members = [Member(**(one | {"names": tuple(one["names"]), "tags": tuple(one["tags"])})) for one in values["members"]]
    return Group(**(values | {"members": tuple(members)}))

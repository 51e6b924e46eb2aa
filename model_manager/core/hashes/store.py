"""The hashes that were made or told, and what Civitai said of them: `hashes.sqlite` in the data folder.

Called by the hash task, by matching, and by downloads ("is it already here?"). A hash holds only while size, time and file id of its file
are what they were; a file that was moved is known by its id. It can all be made again, so nothing is lost with it.
"""

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import SHA256, Mark, mark_of
from model_manager.core.hashes.kept import Kept

FILE_NAME = "hashes.sqlite"
ABSENT_SECONDS = 7 * 86_400  # how long "not there" is believed (formats: remember 404s)

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, device INTEGER, inode INTEGER,
    sha256 TEXT, hashes TEXT, is_told INTEGER, time REAL);
CREATE INDEX IF NOT EXISTS files_by_id ON files (inode, device);
CREATE INDEX IF NOT EXISTS files_by_hash ON files (sha256);
CREATE TABLE IF NOT EXISTS answers (asked TEXT PRIMARY KEY, is_there INTEGER, model INTEGER, version INTEGER, file INTEGER, time REAL);
"""
_COARSE = 2_000_000_000  # nanoseconds: FAT keeps times in steps of two seconds
_STEP = 500  # values in one statement; SQLite takes 32,766, before 3.32 it was 999


class Answer(NamedTuple):
    """What Civitai said when it was asked for a hash (or "model:123" and the like). Ids are 0 where it has none; time: epoch seconds."""

    asked: str
    is_there: bool
    model_id: int = 0
    version_id: int = 0
    file_id: int = 0
    time: float = 0.0


class Store:
    """The file of hashes. A connection belongs to the thread that made it."""

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

    # files

    def hashes(self, path: str, mark: Mark) -> dict[str, str]:
        """Return the hashes of the file at `path` (absolute) that is as `mark` says now, {} when they are not known."""
        found = self._kept.rows("SELECT hashes, size, mtime_ns, device, inode FROM files WHERE path = ?", (path,))
        if found and _is_same(found[0][1:], mark):
            return _unpacked(found[0][0])
        if not mark.inode:
            return {}
        sql = "SELECT hashes FROM files WHERE inode = ? AND device = ? AND size = ? AND mtime_ns = ? LIMIT 1"
        moved = self._kept.rows(sql, (mark.inode, mark.device, mark.size, mark.mtime_ns))
        return _unpacked(moved[0][0]) if moved else {}

    def made(self, path: str, mark: Mark) -> str:
        """Return the SHA-256 of the file at `path` if it was made of its bytes; "" when it is unknown or only told by a sidecar."""
        where = "size = ? AND mtime_ns = ? AND inode = ? AND (path = ? OR (inode AND device = ?))"
        values = (mark.size, mark.mtime_ns, mark.inode, path, mark.device)
        found = self._kept.rows(f"SELECT sha256 FROM files WHERE NOT is_told AND {where} LIMIT 1", values)
        return str(found[0][0]) if found else ""

    def save(self, path: str, mark: Mark, hashes: Mapping[str, str], is_told: bool = False) -> None:
        """Remember the hashes of a file. is_told: a sidecar said so and its facts agreed. Raises IndexFault."""
        values = (path, *mark, hashes[SHA256], json.dumps(dict(hashes)), int(is_told), time.time())
        self._kept.write(("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [values]))

    def forget(self, path: str) -> None:
        """Forget the hashes of one file, because they turned out wrong."""
        self._kept.write(("DELETE FROM files WHERE path = ?", [(path,)]))

    def follow(self, moves: Iterable[tuple[str, str]]) -> None:
        """Follow files from (old, new) real path; on another drive they have other ids. Harmless when done twice. Raises IndexFault."""
        ways = dict(moves)
        rows = []
        for path, size, mtime_ns, _, inode in self._known(ways):
            with suppress(FileFault):
                mark = mark_of(ways[path])
                if (mark.size, mark.mtime_ns // _COARSE) == (size, mtime_ns // _COARSE) or (inode and mark.inode == inode):
                    rows.append((ways[path], mark.device, mark.inode, mark.mtime_ns, path))
        self._kept.write(("UPDATE OR REPLACE files SET path = ?, device = ?, inode = ?, mtime_ns = ? WHERE path = ?", rows))

    def _known(self, paths: Iterable[str]) -> Iterator[tuple[str, int, int, int, int]]:
        wanted = iter(paths)
        while step := list(islice(wanted, _STEP)):
            sql = f"SELECT path, size, mtime_ns, device, inode FROM files WHERE path IN ({', '.join('?' * len(step))})"
            yield from self._kept.rows(sql, step)

    def paths_of(self, sha256: str) -> list[str]:
        """Return the files with this content that are still there and as they were when it was made sure."""
        rows = self._kept.rows("SELECT path, size, mtime_ns, device, inode FROM files WHERE sha256 = ? ORDER BY path", (sha256.lower(),))
        return [path for path, *seen in rows if _is_there(path, seen)]

    def places_of(self, hashes: Iterable[str]) -> dict[str, str]:
        """Return sha256 -> path of a file that had this content when it was last looked at, without a look at the disk."""
        found: dict[str, str] = {}
        wanted = iter(dict.fromkeys(hashes))
        while step := list(islice(wanted, _STEP)):
            sql = f"SELECT sha256, path FROM files WHERE sha256 IN ({', '.join('?' * len(step))})"
            found.update(self._kept.rows(sql, step))
        return found

    # answers

    def answered_paths(self) -> dict[str, tuple[int, int]]:
        """Return real path -> (model, version) of all files of which Civitai said what they are, without a look at the disk."""
        sql = "SELECT path, model, version FROM files JOIN answers ON asked = sha256 WHERE is_there"
        return {path: (model, version) for path, model, version in self._kept.rows(sql)}

    def answers(self, asked: Iterable[str], since: float = 0.0) -> dict[str, Answer]:
        """Return what is remembered of these questions; "not there" for a week, and nothing from before `since` (epoch seconds)."""
        found: dict[str, Answer] = {}
        wanted, oldest = iter(dict.fromkeys(asked)), time.time() - ABSENT_SECONDS
        while step := list(islice(wanted, _STEP)):
            sql = f"SELECT * FROM answers WHERE asked IN ({', '.join('?' * len(step))}) AND time >= ? AND (is_there OR time > ?)"
            for row in self._kept.rows(sql, (*step, since, oldest)):
                found[row[0]] = Answer(row[0], bool(row[1]), *row[2:])
        return found

    def save_answers(self, answers: Iterable[Answer]) -> None:
        """Remember answers, each with the time it has or, where that is 0, now. Raises IndexFault."""
        rows = [(*answer[:5], answer.time or time.time()) for answer in answers]
        self._kept.write(("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", rows))


def _is_same(seen: Sequence[Any], mark: Mark) -> bool:
    """Whether a file by its old path is still that file. The number of a drive may change with each start of the system."""
    size, mtime_ns, _, inode = seen
    return (size, mtime_ns, inode) == (mark.size, mark.mtime_ns, mark.inode)


def _is_there(path: str, seen: Sequence[Any]) -> bool:
    try:
        return os.path.isfile(path) and _is_same(seen, mark_of(path))
    except FileFault:
        return False


def _unpacked(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}

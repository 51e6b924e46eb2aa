"""The index: what we last saw on disk, in SQLite in the user's data folder, never in a model folder.

One writer (the scan job, but for `told`), any number of readers; each thread opens its own. Everything in it can be made again from the
disk, so a damaged file is set aside and rebuilt. It must never be the only home of something a person wrote.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from model_manager.core.errors import IndexFault
from model_manager.core.library.entry import Root
from model_manager.core.library.index_schema import MARKS, MODEL, ROW, VERSION, statements
from model_manager.core.library.rows import Row
from model_manager.core.words import tr

AGAIN = b"again"  # the signature of no folder: the next scan compares it file by file
GONE_DAYS = 60  # how long a file that vanished is remembered, so that it is known again when it comes back
_ROWS_A_STATEMENT = 34  # 986 values; SQLite takes 32,766, before 3.32 it was 999


class FolderRow(NamedTuple):
    """A real folder as last seen. signature: of all names, sizes and times (empty: it is away; AGAIN: a scan was cut off); quick: of its
    models only.

    models: names joined by "/". device: number of its volume. ways: JSON list of [kind, root, path, is_linked], the first is shown.
    """

    id: int
    path: str
    mtime_ns: int
    device: int
    signature: bytes
    quick: bytes
    models: str
    ways: str


class ModelRow(NamedTuple):
    """A Row and what the scanner needs to know what changed. beside: signature of the family; places: extra ways as JSON."""

    row: Row
    beside: int
    file_id: str
    is_read: int
    places: str
    gone: float | None


class KnownRow(NamedTuple):
    """What is known of a model beyond its row: packed Facts and Details, names of sidecars and previews joined by "/"."""

    id: int
    facts: str
    details: str
    sidecars: str
    previews: str


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as fault:
        extended = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # there is none where a text in it is no text
        code = sqlite3.SQLITE_CORRUPT if extended == sqlite3.SQLITE_IOERR_SHORT_READ else extended & 0xFF
        if code == sqlite3.SQLITE_FULL:
            text = tr("The disk that holds the index is full. Nothing is lost: free some space and scan again.")
            raise IndexFull(text) from fault
        if isinstance(fault, sqlite3.OperationalError) and code not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT):
            raise IndexFault(tr("The index cannot be used just now ({reason}). Your files are untouched.", reason=fault)) from fault
        raise damaged(fault) from fault
    except UnicodeDecodeError as fault:  # what SQLite says of a damaged file may quote it
        raise damaged(fault.reason) from fault


class IndexDamaged(IndexFault):
    """The file is not a sound index any more (or its tables are not ours); `set_aside` and start again."""


def damaged(reason: object) -> IndexDamaged:
    """The fault to raise for what cannot have been written by us."""
    return IndexDamaged(tr("The index is damaged ({reason}). It is rebuilt from your folders.", reason=reason))


class IndexFull(IndexFault):
    """The disk that holds the index is full; what was in it can still be read."""


def triples(text: str) -> list[Any]:
    """A JSON list of lists (ways, places) out of the index; raises IndexDamaged when it is none."""
    try:
        found = json.loads(text)
        if all(len(item) >= 3 for item in found):
            return list(found)
    except (TypeError, ValueError) as fault:
        raise damaged(fault) from fault
    raise damaged(text)


def set_aside(path: Path) -> Path:
    """Rename a damaged index (and its journal files) so that a new one can be made; returns where it lies now."""
    target = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000}")
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    path.replace(target)
    return target


class Index:
    """A connection to the index file; use it in the thread that made it and close it."""

    def __init__(self, path: Path) -> None:
        """Open or create the index at `path`; raises IndexDamaged or IndexFault."""
        self.path = path
        with _guarded():
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
            with ExitStack() as on_failure:
                on_failure.callback(self._db.close)
                self._prepare()
                on_failure.pop_all()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA page_size=16384")  # a quarter of the reads and writes; counts for a new file only
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        if version > VERSION:
            raise IndexFault(tr("The index was written by a newer version of this program. Please use that version."))
        with self.writing():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version == VERSION:
                return  # another process made it meanwhile
            for statement in statements(version):
                self._db.execute(statement)
            self.touch()

    def touch(self) -> None:
        """Write something, to learn whether that works; call inside `writing`."""
        self._db.execute(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the connection; harmless when called twice."""
        self._db.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        with _guarded():
            self._db.execute("PRAGMA cache_size=-32000")  # half the time for 100,000 rows; readers need no such memory
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # something went wrong on the way
                    self._db.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several reads of one state, whatever another connection writes meanwhile."""
        with _guarded():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    # roots

    def roots(self) -> dict[Root, str]:
        """The roots of the last scan in ComfyUI's order, each with the ComfyUI (or program) it belongs to."""
        rows = self._all("SELECT kind, path, source, grouped FROM roots ORDER BY place")
        return {Root(kind, path, source): group for kind, path, source, group in rows}

    def used_roots(self) -> set[str]:
        """Paths of the roots below which there are models."""
        sql = "SELECT DISTINCT f.ways FROM folders f JOIN models m ON m.folder = f.id WHERE m.gone IS NULL"
        return {root for (ways,) in self._all(sql) for _, root, *_ in triples(ways)}

    def save_roots(self, roots: Mapping[Root, str]) -> None:
        """Replace the list of roots."""
        rows = [(place, root.kind, root.path, root.source, group) for place, (root, group) in enumerate(roots.items())]
        with self.writing():
            self._db.execute("DELETE FROM roots")
            self._db.executemany("INSERT INTO roots VALUES (?, ?, ?, ?, ?)", rows)

    def folders(self, ids: Iterable[int] | None = None) -> list[FolderRow]:
        """All real folders known, or those with the given ids."""
        where = "" if ids is None else f" WHERE id IN ({', '.join(str(int(id_)) for id_ in ids)})"
        return [FolderRow(*row) for row in self._all(f"SELECT * FROM folders{where}")]

    def folder_steps(self) -> Iterator[list[FolderRow]]:
        """All real folders, some hundred at a time, with what the shelf wants of them only (path and ways)."""
        with _guarded():
            cursor = self._db.execute("SELECT id, path, 0, 0, x'', x'', '', ways FROM folders")
            while batch := cursor.fetchmany(500):
                yield [FolderRow._make(row) for row in batch]

    def save_folders(self, rows: Iterable[FolderRow]) -> None:
        """Write or replace folders; call inside `writing`."""
        self._db.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def drop_folders(self, ids: Iterable[int]) -> None:
        """Forget folders that are no longer there; call inside `writing`."""
        self._db.executemany("DELETE FROM folders WHERE id = ?", [(id_,) for id_ in ids])

    def look_again(self, ids: Iterable[int]) -> None:
        """Have the next scan compare these folders file by file; call inside `writing`."""
        self._db.executemany("UPDATE folders SET signature = x'' WHERE id = ?", [(id_,) for id_ in ids])

    def rows(self, ids: Sequence[int] | None = None) -> Iterator[Row]:
        """All rows that are on disk, or the given ones, in no order that matters."""
        for step in self.row_steps(ids):
            yield from step

    def row_steps(self, ids: Sequence[int] | None = None) -> Iterator[list[Row]]:
        """The same rows, some hundred at a time."""
        sql = f"SELECT {ROW} FROM models WHERE gone IS NULL"
        if ids is not None:
            sql += f" AND id IN ({', '.join(str(int(id_)) for id_ in ids)})"
        with _guarded():
            cursor = self._db.execute(sql)
            while batch := cursor.fetchmany(500):
                yield [Row._make(row) for row in batch]

    def ids_by_name(self) -> Iterator[int]:
        """The ids of all models on disk, by name; SQLite sorts while other threads go on."""
        with _guarded():
            yield from (id_ for (id_,) in self._db.execute("SELECT id FROM models WHERE gone IS NULL ORDER BY natural, id"))

    def first_rows(self, count: int) -> list[Row]:
        """The first `count` rows by name; for a first screen when none is remembered."""
        return [Row._make(row) for row in self._all(f"SELECT {ROW} FROM models WHERE gone IS NULL ORDER BY natural LIMIT ?", count)]

    def models_in(self, folder: int) -> dict[str, ModelRow]:
        """The models of one folder by file name, also those that are gone."""
        return {found.row.file: found for found in self._models("folder = ? ORDER BY gone IS NULL, gone", folder)}

    def models(self) -> list[ModelRow]:
        """All models that are on disk."""
        return self._models("gone IS NULL")

    def all_known(self) -> list[KnownRow]:
        """What is known of all models beyond their rows."""
        return [KnownRow(*row) for row in self._all("SELECT * FROM known")]

    def site_ids(self) -> list[tuple[int, int, int]]:
        """Return (id, Civitai's model, its version or 0) of all models whose sidecars name one."""
        ids = "json_extract(details, '$.model_id'), COALESCE(json_extract(details, '$.version_id'), 0)"
        return self._all(f"SELECT id, {ids} FROM known JOIN models USING (id) WHERE gone IS NULL AND instr(details, '\"model_id\":')")

    def without_sidecars(self) -> set[int]:
        """The ids of models, also of gone ones, beside which no sidecar lies."""
        return {id_ for (id_,) in self._all("SELECT id FROM known WHERE sidecars = ''")}

    def id_at(self, folder: str, file: str) -> int | None:
        """The id of the model with this name in this real folder."""
        sql = "SELECT m.id FROM models m JOIN folders f ON f.id = m.folder WHERE f.path = ? AND m.file = ? AND m.gone IS NULL"
        rows = self._all(sql, folder, file)
        return int(rows[0][0]) if rows else None

    def totals(self) -> tuple[int, dict[str, int]]:
        """The number of models and how many there are of each kind."""
        by_kind = dict(self._all("SELECT kind, COUNT(*) FROM models WHERE gone IS NULL GROUP BY kind ORDER BY kind"))
        return sum(by_kind.values()), by_kind

    def gone_models(self) -> list[ModelRow]:
        """Models that vanished from disk and may come back under another name."""
        return self._models("gone IS NOT NULL")

    def _models(self, where: str, *values: Any) -> list[ModelRow]:
        width = len(Row._fields)
        rows = self._all(f"SELECT {MODEL} FROM models WHERE {where}", *values)
        return [ModelRow(Row._make(row[:width]), *row[width:]) for row in rows]

    def save_models(self, models: Iterable[ModelRow], known: Iterable[KnownRow]) -> None:
        """Write or replace models and what is known of them; call inside `writing`."""
        rows = [(*model.row, *model[1:]) for model in models]
        self._insert(f"INSERT OR REPLACE INTO models ({MODEL}) VALUES ({MARKS})", rows)
        self._insert("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?)", list(known))

    def _insert(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many rows a statement: each statement lets other threads in, and a busy one among them takes its time each time."""
        whole = len(rows) - len(rows) % _ROWS_A_STATEMENT
        many = sql + f", {sql[sql.rindex('(') :]}" * (_ROWS_A_STATEMENT - 1)
        for first in range(0, whole, _ROWS_A_STATEMENT):
            self._db.execute(many, tuple(chain.from_iterable(rows[first : first + _ROWS_A_STATEMENT])))
        self._db.executemany(sql, rows[whole:])

    def mark_gone(self, ids: Iterable[int], keeps_all: bool = False) -> None:
        """Take models out of the library but remember them for a while; keeps_all: all that is gone, as long again; inside `writing`."""
        now = time.time()
        if keeps_all:
            self._db.execute("UPDATE models SET gone = ? WHERE gone IS NOT NULL", (now,))
        self._db.executemany("UPDATE models SET gone = ? WHERE id = ?", [(now, id_) for id_ in ids])
        for sql in ("DELETE FROM known WHERE id IN (SELECT id FROM models WHERE gone < ?)", "DELETE FROM models WHERE gone < ?"):
            self._db.execute(sql, (now - GONE_DAYS * 86_400,))

    def save_told(self, rows: Iterable[tuple[str, int, float]]) -> None:
        """Let the next scan expect models at (real path, id, time); see `told`."""
        with self.writing():
            self._db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", rows)

    def told(self) -> dict[str, int]:
        """The ids of the models that are expected at real paths."""
        return dict(self._all("SELECT path, id FROM told WHERE time > ?", time.time() - GONE_DAYS * 86_400))

    def set_flags(self, flags: Iterable[tuple[int, int]]) -> None:
        """Set the flags of models, (flags, id) pairs; call inside `writing`."""
        self._db.executemany("UPDATE models SET flags = ? WHERE id = ?", flags)

    def known(self, id_: int) -> KnownRow | None:
        """What is known of one model beyond its row."""
        return next((KnownRow(*row) for row in self._all("SELECT * FROM known WHERE id = ?", id_)), None)

    def model(self, id_: int) -> ModelRow | None:
        """One model by id."""
        return next(iter(self._models("id = ?", id_)), None)

    def folder(self, id_: int) -> FolderRow | None:
        """One folder by id."""
        return next(iter(self.folders([id_])), None)

    def next_ids(self) -> tuple[int, int]:
        """The first free ids for models and folders."""
        models, held = self._all("SELECT COALESCE(MAX(id), 0) + 1, COALESCE(MAX(folder), 0) + 1 FROM models")[0]
        folders = self._all("SELECT COALESCE(MAX(id), 0) + 1 FROM folders")[0][0]
        return models, max(folders, held)  # held: also what was in folders that are gone

    def _all(self, sql: str, *values: Any) -> list[Any]:
        with _guarded():
            return self._db.execute(sql, values).fetchall()

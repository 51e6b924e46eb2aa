"""Brings the index up to date with the disk: walk, compare, read what is new or changed, write, tell.

Runs in the scan pool or the command line. Never hashes, never opens a file that has not changed, never forgets a model whose folder
is only away. Rows go out in batches while it works.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from model_manager.core.errors import IndexFault
from model_manager.core.library.changes import Change, Comparison, folder_row, nearest_known, ways_of
from model_manager.core.library.entry import Root
from model_manager.core.library.index import FolderRow, Index, KnownRow, ModelRow
from model_manager.core.library.reading import read_model
from model_manager.core.library.rows import Row, plain_row
from model_manager.core.library.walk import Fault, Seen, Walk, quick_signature
from model_manager.core.words import tr
from model_manager.core.work import Work

FIRST_BATCH, BATCH = 64, 400
SECONDS_A_BATCH = 0.25


@dataclass(slots=True)
class Batch:
    """News for the screen: folders by id, rows to add or replace, ids to take away."""

    folders: list[FolderRow] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.folders or self.rows or self.gone)


@dataclass(slots=True)
class ScanResult:
    """What a scan found: counts, folders that could not be read, seconds. opened: model files whose header was read.

    away: real folders that are kept though they are not there. unsaved: why the index could not be written, "" if it was.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    opened: int = 0
    seconds: float = 0.0
    folders: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    broken_links: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    unsaved: str = ""


Emit = Callable[[Batch], None]


def scan(index: Index, roots: Mapping[Root, str], work: Work, emit: Emit, only: Iterable[str] | None = None) -> ScanResult:
    """Look at all roots (or at the real folders `only` and what is new below them) and bring the index up to date.

    roots: in ComfyUI's order, each with the group it shares names with (`Roots.groups`).

    Raises Cancelled, or IndexFault when the index cannot be read; what was written until then stays.
    """
    return _Scan(index, roots, work, emit).run(None if only is None else set(only))


class _Scan:
    def __init__(self, index: Index, roots: Mapping[Root, str], work: Work, emit: Emit) -> None:
        self._index, self._roots, self._work, self._emit = index, roots, work, emit
        self._walk = Walk(work)
        self._result = ScanResult()
        self._known = {row.path: row for row in index.folders()}
        self._next_model, self._next_folder = index.next_ids()
        self._ids: dict[str, int] = {}
        self._batch = Batch()
        self._early: dict[tuple[str, str], int] = {}
        self._last_emit = 0.0

    def run(self, only: set[str] | None) -> ScanResult:
        start = time.perf_counter()
        for seen in self._folders(only):
            self._announce(seen)
            self._work.progress(tr("Looking through your folders"), len(self._walk.seen))
        self._flush()
        change = Comparison(self._index, self._walk, self._known, self._folder_id, self._model_id).run(only is None)
        self._apply(change)
        self._read(change)
        if only is None:
            self._save(lambda: self._index.save_roots(self._roots))
        self._report(change, start)
        return self._result

    def _folders(self, only: set[str] | None) -> Iterable[Seen]:
        if only is None:
            yield from self._walk.roots(self._roots)
            return
        for path in sorted(nearest_known(only, self._known)):
            yield from self._walk.folder(path, ways_of(self._known[path]), self._known.keys() - {path})
        if any(file.links > 1 or file.target for seen in self._walk.seen.values() for file in seen.models):
            yield from self._walk.roots(self._roots)  # a file by two ways: all its ways must be known

    def _model_id(self, folder: str, file: str) -> int:
        """The id given out while walking, or a fresh one."""
        found = self._early.get((folder, file))
        if found is None:
            found = self._next_model
            self._next_model += 1
        return found

    def _folder_id(self, path: str) -> int:
        known = self._known.get(path)
        if known is not None:
            return known.id
        if path not in self._ids:
            self._ids[path] = self._next_folder
            self._next_folder += 1
        return self._ids[path]

    def _announce(self, seen: Seen) -> None:
        """On a first scan put plain rows on the screen while the walk goes on; later scans first find out what was moved."""
        if self._known:
            return
        folder = self._folder_id(seen.path)
        self._batch.folders.append(folder_row(folder, seen))
        for file in seen.models:
            if file.links > 1 or file.target:
                continue  # may be one file by two ways: decided when all ways are known
            id_ = self._early[(seen.path, file.name)] = self._model_id(seen.path, file.name)
            added = min(time.time(), file.mtime_ns / 1e9)
            self._batch.rows.append(plain_row(id_, folder, file.name, seen.ways[0].kind, file.size, file.mtime_ns, added))
        if len(self._batch.rows) >= (BATCH if self._last_emit else FIRST_BATCH):
            self._flush()

    def _flush(self) -> None:
        if self._batch:
            self._emit(self._batch)
            self._batch = Batch()
        self._last_emit = time.perf_counter()

    def _apply(self, change: Change) -> None:
        """Write and tell what needs no reading: folders, moves, removals, what went away."""
        self._batch.folders += change.folders
        self._batch.gone += change.gone
        self._batch.rows += change.away
        if not self._early:
            self._batch.rows += [
                plain_row(task.id, task.folder, task.file.name, task.kind, task.file.size, task.file.mtime_ns, task.added)
                for task in change.tasks
                if task.is_new
            ]
        self._flush()

        def write() -> None:
            with self._index.writing():
                self._index.mark_gone(change.gone)
                self._index.drop_folders(change.dropped)
                self._index.set_flags((row.flags, row.id) for row in change.away)
                self._index.look_again(change.away_folders)

        if change.gone or change.dropped or change.away or change.away_folders:
            self._save(write)

    def _read(self, change: Change) -> None:
        models: list[ModelRow] = []
        known: list[KnownRow] = []
        total = len(change.tasks)
        due = time.perf_counter() + SECONDS_A_BATCH
        for done, task in enumerate(change.tasks, 1):
            self._work.check()
            model, about = read_model(task, change.files[task.folder_path])
            models.append(model)
            known.append(about)
            self._batch.rows.append(model.row)
            self._work.progress(tr("Reading models"), done, total)
            if len(models) >= 2_000 or (time.perf_counter() > due and len(models) >= 50):
                self._write(models, known, [])
                models, known = [], []
                due = time.perf_counter() + SECONDS_A_BATCH
        self._write(models, known, change.folders)

    def _write(self, models: list[ModelRow], known: list[KnownRow], folders: list[FolderRow]) -> None:
        """Folders are written last: a scan that is cut off finds them changed and looks again."""

        def write() -> None:
            with self._index.writing():
                self._index.save_models(models, known)
                self._index.save_folders(folders)

        if models or folders:
            self._save(write)
        self._flush()

    def _save(self, write: Callable[[], None]) -> None:
        """Write to the index; if that fails go on without (the screen is right, the next scan writes again)."""
        if self._result.unsaved:
            return
        try:
            write()
        except IndexFault as fault:
            self._result.unsaved = fault.text

    def _report(self, change: Change, start: float) -> None:
        result = self._result
        result.added = sum(task.is_new for task in change.tasks)
        result.changed = len(change.tasks) - result.added + change.moved
        result.removed = len(change.gone)
        result.opened = sum(task.facts is None for task in change.tasks)
        result.faults, result.broken_links = [fault for fault in self._walk.faults if self._matters(fault)], self._walk.broken
        result.away = sorted(change.away_prefixes)
        result.folders = list(self._walk.seen)
        result.seconds = time.perf_counter() - start

    def _matters(self, fault: Fault) -> bool:
        """A folder that never held anything (a category nobody uses) is not missed when it is not there."""
        if not fault.reason or not fault.is_away:
            return bool(fault.reason)
        return any(path == fault.path or path.startswith(fault.path + os.sep) for path in self._known)


def quick_check(index: Index, work: Work) -> set[str]:
    """Return the known folders that changed: by their own time, or by size and time of a known model. Lists and opens nothing.

    It cannot see a sidecar that was rewritten in place; where folder times are not kept it sees too little: use `scan` there.
    """
    changed = set()
    for folder in index.folders():
        work.check()
        if not folder.signature:
            if os.path.isdir(folder.path):
                changed.add(folder.path)
            continue
        if not _is_as_known(folder):
            changed.add(folder.path)
    return changed


def _is_as_known(folder: FolderRow) -> bool:
    try:
        if os.stat(folder.path).st_mtime_ns != folder.mtime_ns:
            return False
        found = []
        for name in folder.models.split("/") if folder.models else ():
            about = os.stat(f"{folder.path}{os.sep}{name}")
            found.append((name, about.st_size, about.st_mtime_ns))
        return quick_signature(found) == folder.quick
    except OSError:
        return False

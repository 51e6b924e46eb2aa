"""Brings the index up to date with the disk: walk, compare, read what is new or changed, write, tell.

Runs in the scan pool or the command line. Never hashes, never opens a file that has not changed, never forgets a model whose folder
is only away. Rows go out in batches while it works.
"""

import os
import time
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from model_manager.core.alone import alone
from model_manager.core.errors import Cancelled, IndexFault
from model_manager.core.formats.read import forget
from model_manager.core.library.changes import Change, Comparison, folder_row, nearest_known, ways_of
from model_manager.core.library.entry import Root
from model_manager.core.library.index import AGAIN, FolderRow, Index, IndexDamaged, KnownRow, ModelRow
from model_manager.core.library.readers import WORTH_IT, Readers
from model_manager.core.library.reading import Read, read_model
from model_manager.core.library.rows import Row, plain_row
from model_manager.core.library.tasks import Task, tasks_in
from model_manager.core.library.walk import Fault, Seen, SeenFile, Walk, is_storable, mtime_of, quick_signature
from model_manager.core.release import let_go
from model_manager.core.words import tr
from model_manager.core.work import Work

FIRST_BATCH, BATCH = 64, 400
SECONDS_A_BATCH = 0.25
MANY = 800  # new models from which on all are listed in the index before the first is read


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
    unfinished: folders with models that are listed but not read, because the scan was asked to hurry. moves: (real path before, now) of
    models that somebody moved or renamed.
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
    unfinished: set[str] = field(default_factory=set)
    unsaved: str = ""
    moves: list[tuple[str, str]] = field(default_factory=list)


Emit = Callable[[Batch], None]


def scan(index: Index, roots: Mapping[Root, str], work: Work, emit: Emit | None, only: Iterable[str] | None = None) -> ScanResult:
    """Look at all roots (or at the real folders `only` and what is new below them) and bring the index up to date.

    roots: in ComfyUI's order, each with the group it shares names with (`Roots.groups`). emit: None when nobody looks on.

    Waits for a scan of another process. Raises Cancelled, or IndexFault when the index cannot be read; what was written until then
    stays, new models that were told but not written are told as gone.
    """
    with alone(f"{index.path}.scan", work):
        return _Scan(index, roots, work, emit).run(None if only is None else set(only))


class _Scan:
    def __init__(self, index: Index, roots: Mapping[Root, str], work: Work, emit: Emit | None) -> None:
        self._index, self._roots, self._work, self._emit = index, roots, work, emit
        self._result = ScanResult()
        self._known = {row.path: row for row in index.folders()}
        self._signatures = {path: row.signature for path, row in self._known.items()}
        self._walk = Walk(work, self._signatures)
        self._next_model, self._next_folder = index.next_ids()
        self._is_new = self._next_model == 1
        self._is_full = False
        self._unsaved: set[int] = set()  # new models on the screen that the index does not know yet
        self._unread: set[int] = set()  # folders with models that could not be read just now
        self._ids: dict[str, int] = {}
        self._batch = Batch()
        self._early: dict[tuple[str, str], int] = {}
        self._begun: dict[str, list[Task]] = {}  # by folder: what is read while the walk goes on
        self._is_first = not index.roots()  # no scan has ended yet
        self._last_emit = 0.0
        self._readers: Readers | None = None

    def run(self, only: set[str] | None) -> ScanResult:
        start = time.perf_counter()
        try:
            change = self._work_through(only)
        except (Cancelled, IndexFault):
            self._batch = Batch(gone=sorted(self._unsaved))
            self._flush()
            raise
        finally:
            if self._readers is not None:
                self._readers.close()
        self._report(change, start)
        let_go(change.tasks, change.followed, *(files for seen in self._walk.seen.values() for files in (seen.models, seen.others)))
        return self._result

    def _work_through(self, only: set[str] | None) -> Change:
        for seen in self._folders(only):
            self._announce(seen)
            self._work.progress(tr("Looking through your folders"), len(self._walk.seen))
        self._flush()
        comparison = Comparison(self._index, self._walk, self._known, self._folder_id, self._model_id, self._begun)
        change = comparison.run(self._is_full)
        self._apply(change)
        self._read(change)
        if only is None:
            roots = {root: group for root, group in self._roots.items() if is_storable(root.path)}
            self._save(lambda: self._index.save_roots(roots))
        return change

    def _folders(self, only: set[str] | None) -> Iterable[Seen]:
        near = None if only is None else nearest_known(only, self._known)
        if near is not None:
            here = {path for path, row in self._known.items() if row.signature}  # what is below one that was away is looked at, too
            for path in sorted(near):
                yield from self._walk.folder(path, ways_of(self._known[path]), here - {path})
            if not self._has_links():
                return
            self._walk = Walk(self._work, self._signatures)
        self._is_full = True
        yield from self._walk.roots(self._roots)

    def _has_links(self) -> bool:
        """Whether the folders looked at have, or had, anything that is reached in several ways: then all ways must be known."""
        ways = {way.path: seen for seen in self._walk.seen.values() for way in seen.ways}
        linked = (row for row in self._known.values() if "true]" in row.ways)
        return any(map(self._holds_links, self._walk.seen.values())) or any(_is_link_gone(row, ways) for row in linked)

    def _holds_links(self, seen: Seen) -> bool:
        if seen.has_aliases:
            return True
        for name, real, is_link in seen.children:
            if is_link and real in self._known and not f"{seen.path}{os.sep}".startswith(f"{real}{os.sep}"):
                recorded = {way.path for way in ways_of(self._known[real])}
                if not recorded.issuperset(os.path.join(way.path, name) for way in seen.ways):
                    return True
        known = self._known.get(seen.path)
        if known is None or not known.models:
            return False
        models = {name: model for name, model in self._index.models_in(known.id).items() if model.gone is None}
        return any(model.places for model in models.values()) or not models.keys() >= set(known.models.split("/"))

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
        if not self._is_new:
            return
        folder = self._folder_id(seen.path)
        self._batch.folders.append(folder_row(folder, seen))
        for file in seen.models:
            if file.links > 1 or file.target:
                continue  # may be one file by two ways: decided when all ways are known
            id_ = self._early[(seen.path, file.name)] = self._model_id(seen.path, file.name)
            self._unsaved.add(id_)
            if self._emit is None:
                continue
            added = max(0.0, min(time.time(), file.mtime_ns / 1e9))
            self._batch.rows.append(plain_row(id_, folder, file.name, seen.ways[0].kind, file.size, file.mtime_ns, added))
        if not self._known and not seen.has_aliases and not seen.ways[0].is_linked:
            self._begin(seen, folder)
        if len(self._batch.rows) >= (BATCH if self._last_emit else FIRST_BATCH):
            self._flush()

    def _begin(self, seen: Seen, folder: int) -> None:
        """Have a folder read at once of which the rest of the walk tells nothing more than additional ways."""
        now = time.time()

        def identity(file: SeenFile) -> tuple[int, float]:
            return self._early[(seen.path, file.name)], max(0.0, min(now, file.mtime_ns / 1e9)) if self._is_first else now

        tasks = self._begun[seen.path] = tasks_in(seen, folder, identity)
        if self._readers is None and len(self._early) >= WORTH_IT:
            self._readers = Readers(self._emit is not None)
            tasks = list(chain.from_iterable(self._begun.values()))
        if self._readers is not None:
            self._readers.give(tasks)

    def _flush(self) -> None:
        if self._batch:
            if self._emit is not None:
                self._emit(self._batch)
            self._batch = Batch()
        self._last_emit = time.perf_counter()

    def _apply(self, change: Change) -> None:
        """Write and tell what needs no reading: folders, moves, removals, what went away, and many new models at once."""
        self._unsaved.update(task.id for task in change.tasks if task.is_new)
        new = [task for task in change.tasks if task.is_new] if not self._early else []
        rows = [_plain_row(task) for task in new]
        many = [_unread(task, row) for task, row in zip(new, rows, strict=True) if task.facts is None] if len(new) >= MANY else []

        def write() -> None:
            with self._index.writing():
                self._index.save_folders(folder._replace(mtime_ns=0, signature=AGAIN) for folder in change.folders)
                self._index.mark_gone(change.gone)
                self._index.set_flags((row.flags, row.id) for row in change.away)
                self._index.look_again(change.away_folders)
                self._index.save_models([*many, *change.followed], ())
            self._unsaved.difference_update(model.row.id for model in many)

        if change.folders or change.gone or change.away or change.away_folders or change.followed:
            self._save(write)  # before anybody is told: a screen that takes in thousands of rows leaves little time for this
        self._batch.folders += change.folders
        self._batch.gone += change.gone
        self._batch.rows += [*change.away, *(model.row for model in change.followed), *rows]
        self._flush()

    def _read(self, change: Change) -> None:
        models: list[ModelRow] = []
        known: list[KnownRow] = []
        total = len(change.tasks) + sum(map(len, self._begun.values()))
        due = time.perf_counter() + SECONDS_A_BATCH
        read: set[int] = set()
        for share in self._shares(change):
            self._work.check()
            for model, about in share:
                if model.row.id in change.places:
                    model = model._replace(places=change.places[model.row.id])
                read.add(about.id)
                models.append(model)
                known.append(about)
                if not model.is_read:
                    self._unread.add(model.row.folder)
            self._batch.rows += [model.row for model, _ in share]
            self._work.progress(tr("Reading models"), len(read), total)
            if len(models) >= 2_000 or (time.perf_counter() > due and len(models) >= 50):
                self._write(models, known)
                models, known = [], []
                due = time.perf_counter() + SECONDS_A_BATCH
                if self._work.is_hurried and not self._is_new:
                    models = self._leave([task for task in change.tasks if task.id not in read], change)
                    break
        folders = [folder._replace(signature=AGAIN) if folder.id in self._unread else folder for folder in change.folders]
        self._write(models, known, folders, change.dropped)

    def _leave(self, tasks: list[Task], change: Change) -> list[ModelRow]:
        """Leave tasks to the next scan; returns the rows of models of which the index does not know yet that they are, or where."""
        self._result.unfinished = {task.folder_path for task in tasks}
        self._unread.update(task.folder for task in tasks)
        moved = [change.left[task.id] for task in tasks if task.id in change.left]  # else they are lost with the folder they were in
        self._batch.rows += [model.row for model in moved]
        return [*(_unread(task, _plain_row(task)) for task in tasks if task.id in self._unsaved), *moved]

    def _shares(self, change: Change) -> Iterator[list[Read]]:
        """The models of all tasks, read here or, when there are many, in processes beside this one."""
        tasks = change.tasks
        if self._readers is None:
            tasks = [*chain.from_iterable(self._begun.values()), *tasks]
        if self._readers is None and len(tasks) < WORTH_IT:
            for task in tasks:
                yield [read_model(task)]
            forget()
            return
        self._readers = self._readers or Readers(self._emit is not None)
        self._readers.give(tasks)
        yield from self._readers.answers()

    def _write(self, models: list[ModelRow], known: list[KnownRow], folders: Iterable[FolderRow] = (), dropped: Iterable[int] = ()) -> None:
        """Folders are written and dropped last: a scan that is cut off finds them as before and looks again."""

        def write() -> None:
            with self._index.writing():
                self._index.save_models(models, known)
                self._index.save_folders(folders)
                self._index.drop_folders(dropped)
            self._unsaved.difference_update(model.row.id for model in models)

        if models or folders or dropped:
            self._save(write)
        self._flush()

    def _save(self, write: Callable[[], None]) -> None:
        """Write to the index; if that fails go on without (the screen is right, the next scan writes again)."""
        if self._result.unsaved:
            return
        try:
            write()
        except IndexDamaged:
            raise
        except IndexFault as fault:
            self._result.unsaved = fault.text

    def _report(self, change: Change, start: float) -> None:
        result = self._result
        self._sorted = sorted(self._known)
        begun = sum(map(len, self._begun.values()))
        new = sum(task.is_new for task in change.tasks)
        result.added = begun + new
        result.changed = len(change.tasks) - new + change.moved + len(change.followed)
        result.removed = len(change.gone)
        result.moves = change.moves
        result.opened = begun + sum(task.facts is None for task in change.tasks)
        result.faults, result.broken_links = [fault for fault in self._walk.faults if self._matters(fault)], self._walk.broken
        result.away = sorted(change.away_prefixes)
        result.folders = list(self._walk.seen)
        result.seconds = time.perf_counter() - start

    def _matters(self, fault: Fault) -> bool:
        """A folder that never held anything (a category nobody uses) is not missed when it is not there."""
        if not fault.reason or not fault.is_away:
            return bool(fault.reason)
        below = fault.path + os.sep
        place = bisect_left(self._sorted, below)
        return fault.path in self._known or (place < len(self._sorted) and self._sorted[place].startswith(below))


def _plain_row(task: Task) -> Row:
    return plain_row(task.id, task.folder, task.file.name, task.kind, task.file.size, task.file.mtime_ns, task.added)


def _unread(task: Task, row: Row) -> ModelRow:
    """What the index has of a model until it is read; a scan that is cut off before finds it marked as not read."""
    return ModelRow(row, task.beside, task.file.file_id, 0, task.places, None)


def _is_link_gone(row: FolderRow, ways: Mapping[str, Seen]) -> bool:
    """Whether a folder was reached by a link in one of the seen folders (here by their ways) that is not there any more."""
    for way in ways_of(row):
        folder, name = os.path.split(way.path)
        above = ways.get(folder)
        if above is None or not way.is_linked or os.path.join(above.path, name) == row.path:
            continue
        if all(child[:2] != (name, row.path) for child in above.children):
            return True
    return False


def quick_check(index: Index, work: Work, within: Container[str] | None = None) -> set[str]:
    """Return the known folders (or those `within`) that changed: by their own time, or by size and time of a known model.

    Lists and opens nothing.

    It cannot see a sidecar that was rewritten in place; where folder times are not kept it sees too little: use `scan` there.
    """
    changed = set()
    for folder in index.folders():
        work.check()
        if within is not None and folder.path not in within:
            continue
        if not folder.signature:
            if os.path.isdir(folder.path):
                changed.add(folder.path)
            continue
        if not _is_as_known(folder):
            changed.add(folder.path)
    return changed


def _is_as_known(folder: FolderRow) -> bool:
    try:
        if mtime_of(os.stat(folder.path)) != folder.mtime_ns:
            return False
        found = []
        for name in folder.models.split("/") if folder.models else ():
            about = os.stat(f"{folder.path}{os.sep}{name}")
            found.append((name, about.st_size, mtime_of(about)))
        return quick_signature(found) == folder.quick
    except OSError:
        return False

"""What the window talks to: opens the library, keeps it true, and fetches what is asked for.

Made by app, used by the main window. Decides what runs when; the work itself is core's, done in the runner's pools. Its slots run on
the GUI thread and stay short: news from a scan is taken in small steps.
"""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Job, Pool, Runner
from model_manager.bridge.library_model import LibraryModel
from model_manager.core.errors import BadQuery, ModelManagerError
from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.entry import Preview
from model_manager.core.library.index import FolderRow
from model_manager.core.library.query import Query, completions, parse
from model_manager.core.library.rows import AWAY, Row
from model_manager.core.library.scanner import Batch, ScanResult
from model_manager.core.settings import Settings, save_settings
from model_manager.core.words import tr
from model_manager.core.work import Work

STEP_ROWS, STEP_SECONDS = 40, 0.006  # news from a scan per step, so that a frame is never missed for it
RECOUNT_MS, POLL_MS = 350, 10_000


class Session(QObject):
    """One open library."""

    loaded = Signal()
    scanned = Signal(object)  # ScanResult
    rows_changed = Signal()
    counted = Signal(object)  # tasks.Counts
    progressed = Signal(str, int, int)
    work_ended = Signal()
    problem_raised = Signal(str, str)  # text, tone
    problem_ended = Signal(str)
    query_judged = Signal(str)  # what is wrong with the search text, "" when fine
    record_ready = Signal(object)
    tree_ready = Signal(int, object)
    tree_failed = Signal(int, str)
    picture_ready = Signal(object, object)  # Preview, QImage or None
    notes_saved = Signal(int, str)
    notes_failed = Signal(int, str)
    folders_reported = Signal(object)
    installs_found = Signal(object)
    folder_looked_at = Signal(object)
    cache_measured = Signal(object)  # bytes; an int of Qt's would end at two gigabytes
    watch_changed = Signal(str, str, str)  # text, tooltip, tone

    def __init__(self, folder: Path, settings: Settings, runner: Runner, sources: tasks.Sources, parent: QObject | None = None) -> None:
        """`folder`: the data folder. `sources`: where to look; taken from the settings unless the command line names others."""
        super().__init__(parent)
        self.folder, self.settings, self.runner, self.sources = folder, settings, runner, sources
        self.model = LibraryModel(self)
        self.model.set_order(settings.sort, settings.is_descending, settings.group)
        self.index_path: Path | None = None
        self.is_loaded = self.is_scanned = False
        self._news: deque[tuple[list[FolderRow], list[Row], list[int]]] = deque()
        self._scan: Job | None = None
        self._dirty: set[str] = set()
        self._wants_full = False
        self._watch = tasks.Watch(runner.relay(self._on_hints))
        self._unsaved = ""
        self._away: list[str] = []
        self._wanted_record = -1
        self._query_text = ("", "")
        self._stepper = _timer(self, 0, self._take_news)
        self._recounter = _timer(self, RECOUNT_MS, self._recount)
        self._poller = _timer(self, POLL_MS, self._poll)
        runner.problem_raised.connect(self._on_problem)

    # opening and closing

    def open(self) -> None:
        """Show the first screen from the index; everything else comes after the first paint, with `start`."""
        opened = tasks.open_index(self.folder, self.settings.first_screen)
        self.index_path = opened.path
        if opened.notice:
            self.problem_raised.emit(opened.notice, "warn")
        if opened.rows:
            self.model.set_arrangement(_arranged(opened.folders, opened.rows, self.model.arrangement))

    def start(self) -> None:
        """Load the rest, then look at the disk, then watch it."""
        self.runner.start(Pool.READ, tasks.load, self.index_path, self._order(), done=self._on_loaded, failed=self._on_load_failed)

    def close(self) -> None:
        """Stop everything in order: no new hints, no new work, running work asked to end, settings kept."""
        self._stepper.stop()
        self._recounter.stop()
        self._poller.stop()
        self._watch.stop()
        self.runner.close()
        self._watch.stop()  # a watcher that was just being started
        save_settings(self.folder, self.settings)

    def remember_screen(self, ids: Sequence[int]) -> None:
        """Keep which models are on the screen, to paint them first next time."""
        self.settings.first_screen = list(ids)

    @property
    def search_text(self) -> str:
        """The search now shown, with the sidebar's part."""
        return self.model.arrangement.query.text

    def _order(self) -> tuple[str, bool, str]:
        arrangement = self.model.arrangement
        return arrangement.sort, arrangement.is_descending, arrangement.group

    def _on_loaded(self, arrangement: Arrangement) -> None:
        self.is_loaded = True
        if self._order() != (arrangement.sort, arrangement.is_descending, arrangement.group):
            arrangement.set_order(*self._order())
        query = self.model.arrangement.query
        if query.text:
            arrangement.set_query(query)
        self.model.set_arrangement(arrangement)
        self.loaded.emit()
        self._changed()
        if self.sources:
            self.scan()

    def _on_load_failed(self, fault: ModelManagerError) -> None:
        """A damaged index shows itself only when it is read: set it aside, start empty and look at the disk."""
        self.problem_raised.emit(fault.text, "warn")
        self.index_path = tasks.replace_index(self.folder)
        self._on_loaded(Arrangement(LibraryModel().shelf))

    # scanning and watching

    def scan(self, only: Iterable[str] | None = None) -> None:
        """Look at all folders, or at some; asked while a scan runs, it follows."""
        if only is None:
            self._wants_full = True
        else:
            self._dirty.update(only)
        self._next_scan()

    def cancel_scan(self) -> None:
        """Stop the scan; what it found so far stays."""
        if self._scan is not None:
            self._scan.cancel()
            self._scan = None
            self.work_ended.emit()

    @property
    def is_scanning(self) -> bool:
        """True while a scan runs."""
        return self._scan is not None

    @property
    def is_settled(self) -> bool:
        """True when the disk was looked at and all its news is shown."""
        return self.is_scanned and not self._news and self._scan is None

    def _next_scan(self) -> None:
        if self._scan is not None or not self.is_loaded or not (self._wants_full or self._dirty):
            return
        only = None if self._wants_full else frozenset(self._dirty)
        self._wants_full, self._dirty = False, set()
        work = self.runner.work(self._on_progress)
        emit = self.runner.relay(self._on_batch)
        self._scan = self.runner.start(
            Pool.SCAN, tasks.scan, self.index_path, self.sources, work, emit, only, done=self._on_scanned, failed=self._on_scan_failed, work=work
        )

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._scan is not None:
            self.progressed.emit(text, done, total)

    def _on_batch(self, batch: Batch) -> None:
        for start in range(0, max(len(batch.rows), 1), STEP_ROWS):
            is_first = start == 0
            self._news.append((batch.folders if is_first else [], batch.rows[start : start + STEP_ROWS], batch.gone if is_first else []))
        if not self._stepper.isActive():
            self._stepper.start()

    def _take_news(self) -> None:
        """Put as much news into the model as fits into a part of a frame."""
        until = time.perf_counter() + STEP_SECONDS
        while self._news and time.perf_counter() < until:
            folders, rows, gone = self._news.popleft()
            self.model.shelf.set_folders(folders)
            self.model.change(rows, gone)
        if self._news:
            self._stepper.start()
        self._changed()

    def _on_scanned(self, found: tasks.Scanned) -> None:
        self._scan, self.is_scanned = None, True
        self.work_ended.emit()
        result = found.result
        self._tell_unsaved(result.unsaved)
        if found.is_full:
            self._away = result.away
            self._watch.update(self.runner, result.folders, self._on_watching)
            for text in found.notices:
                self.problem_raised.emit(text, "warn")
        self.scanned.emit(result)
        self._changed()
        self._next_scan()

    def _on_scan_failed(self, fault: ModelManagerError) -> None:
        self._scan, self.is_scanned = None, True
        self.work_ended.emit()
        self.problem_raised.emit(fault.text, "bad")
        self.scanned.emit(ScanResult())

    def _tell_unsaved(self, text: str) -> None:
        if self._unsaved and not text:
            self.problem_ended.emit(self._unsaved)
        elif text and text != self._unsaved:
            self.problem_raised.emit(text, "bad")
        self._unsaved = text
        if text:
            self._poller.start()

    def _on_hints(self, folders: frozenset[str], is_lost: bool) -> None:
        if is_lost:
            self.scan()
        elif folders:
            self.scan(folders)

    def _on_watching(self, state: tasks.WatchState) -> None:
        self.watch_changed.emit(state.text, state.tooltip, state.tone)
        if state.needs_polling or self._away:
            self._poller.start()

    def _poll(self) -> None:
        """Where nobody tells us of changes, look for ourselves."""
        if self._unsaved:
            self.scan()
        elif self._scan is None:
            self.runner.start(Pool.READ, tasks.changed_folders, self.index_path, Work(), done=self._on_polled)
        self._poller.start()

    def _on_polled(self, folders: set[str]) -> None:
        if folders:
            self.scan(folders)

    # what is shown

    def set_search(self, text: str, place: str | None = None) -> None:
        """Show what matches the search text within `place`, the query of the sidebar's row (None: as before)."""
        self._query_text = (text, self._query_text[1] if place is None else place)
        try:
            query: Query = parse(" ".join(part for part in reversed(self._query_text) if part))
        except BadQuery as fault:
            self.query_judged.emit(fault.text)
            return
        self.query_judged.emit("")
        if query != self.model.arrangement.query:
            self.model.set_query(query)
            self.rows_changed.emit()

    def set_order(self, sort: str, is_descending: bool) -> None:
        """Sort by a key of `arrange.SORTS`."""
        self.settings.sort, self.settings.is_descending = sort, is_descending
        self.model.set_order(sort, is_descending, self.model.arrangement.group)

    def set_group(self, group: str) -> None:
        """Group by a key of `arrange.GROUPS`."""
        self.settings.group = group
        arrangement = self.model.arrangement
        self.model.set_order(arrangement.sort, arrangement.is_descending, group)

    def completions(self, prefix: str) -> list[tuple[str, str]]:
        """What the last token of the search could become."""
        return completions(self.model.shelf, prefix)

    def _changed(self) -> None:
        self.rows_changed.emit()
        if not self._recounter.isActive():
            self._recounter.start()

    def _recount(self) -> None:
        shelf = self.model.shelf
        away: dict[int, int] = {}
        if shelf.counts["state"]["away"]:
            for slot in shelf.slots():
                if shelf.flags[slot] & AWAY:
                    away[shelf.folder[slot]] = away.get(shelf.folder[slot], 0) + 1
        taken = tasks.Taken(dict(shelf.folders), dict(shelf.folder_counts), away, shelf.added[:], len(shelf),
                            {name: dict(counts) for name, counts in shelf.counts.items()})  # fmt: skip
        self.runner.start(Pool.READ, tasks.count, taken, done=self.counted.emit)

    # one model

    def show_record(self, id_: int) -> None:
        """Fetch all that is known of a model; only the last one asked for is delivered."""
        self._wanted_record = id_
        self.runner.start(Pool.READ, tasks.record, self.index_path, id_, done=self._on_record)

    def _on_record(self, record: Any) -> None:
        if record is not None and record.id == self._wanted_record:
            self.record_ready.emit(record)

    def fetch_tree(self, id_: int, path: str) -> None:
        """Fetch all header metadata of a model."""
        self.runner.start(
            Pool.READ, tasks.tree, path,
            done=lambda tree: self.tree_ready.emit(id_, tree), failed=lambda fault: self.tree_failed.emit(id_, fault.text),
        )  # fmt: skip

    def fetch_picture(self, preview: Preview, edge: int) -> None:
        """Decode a preview for the details panel, at least `edge` pixels wide and high where it has them."""
        self.runner.start(
            Pool.READ, tasks.picture, preview, edge,
            done=lambda image: self.picture_ready.emit(preview, image), failed=lambda fault: self.picture_ready.emit(preview, None),
        )  # fmt: skip

    def save_notes(self, id_: int, body: str, expected: str) -> None:
        """Write the notes of a model into its `.md`; the old text must still be `expected`."""
        slot = self.model.shelf.slot(id_)
        if slot < 0:
            self.notes_failed.emit(id_, tr("This model is no longer in the library. Your text is kept here."))
            return
        folder = self.model.shelf.folders[self.model.shelf.folder[slot]].path
        self.runner.start(
            Pool.WRITE, tasks.save_notes, folder, self.model.shelf.file[slot], body, expected,
            done=lambda _: self._on_notes_saved(id_, body, folder), failed=lambda fault: self.notes_failed.emit(id_, fault.text),
        )  # fmt: skip

    def _on_notes_saved(self, id_: int, body: str, folder: str) -> None:
        self.notes_saved.emit(id_, body)
        self.scan([folder])

    # folders and installs

    def report_folders(self) -> None:
        """Look at the state of every folder."""
        self.runner.start(Pool.READ, tasks.folder_reports, self.index_path, self.sources, done=self.folders_reported.emit)

    def find_installs(self) -> None:
        """Look for ComfyUI in the usual places."""
        self.runner.start(Pool.READ, tasks.installs, done=self.installs_found.emit)

    def look_at(self, path: str) -> None:
        """Say what a folder is that was chosen or dropped."""
        self.runner.start(Pool.READ, tasks.look_at, path, done=self.folder_looked_at.emit)

    def set_sources(self, sources: tasks.Sources) -> None:
        """Use other folders from now on, and remember them."""
        self.sources = sources
        self.settings.comfyui_dirs, self.settings.config_files = list(sources.installs), list(sources.configs)
        self.settings.own_folders = [(kind, path) for kind, path in sources.own]
        save_settings(self.folder, self.settings)
        self.cancel_scan()
        self.scan()

    def open_demo(self) -> None:
        """Build the demo library and show it; the folders of the settings stay as they are."""
        self.progressed.emit(tr("Building the demo library"), 0, 0)
        self.runner.start(Pool.READ, tasks.demo, self.folder, done=self._on_demo)

    def _on_demo(self, path: str) -> None:
        self.work_ended.emit()
        self.sources = tasks.Sources((path,))
        self.scan()

    # thumbnails on disk

    @property
    def cache_folder(self) -> Path:
        """Where thumbnails lie."""
        return self.folder / "thumbnails"

    def set_cache_size(self, megabytes: int) -> None:
        """Let thumbnails take this much from the next start on."""
        self.settings.thumbnail_cache_mb = megabytes

    def measure_cache(self) -> None:
        """Find out how much the thumbnails take."""
        self.runner.start(Pool.READ, tasks.cache_size, self.cache_folder, done=self.cache_measured.emit)

    def clear_cache(self) -> None:
        """Remove all thumbnails from the disk."""
        self.runner.start(Pool.WRITE, tasks.clear_cache, self.cache_folder, done=self.cache_measured.emit)

    def _on_problem(self, fault: ModelManagerError) -> None:
        self.problem_raised.emit(fault.text, "bad")


def _timer(owner: QObject, milliseconds: int, slot: Any) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer


def _arranged(folders: Iterable[FolderRow], rows: Sequence[Row], like: Arrangement) -> Arrangement:
    """The first screen in the order it was left in."""
    arrangement = Arrangement(LibraryModel().shelf)
    arrangement.shelf.set_folders(folders)
    arrangement.shelf.fill(rows)
    arrangement.set_order(like.sort, like.is_descending, like.group)
    arrangement.refill()
    return arrangement

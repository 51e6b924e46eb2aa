"""What the window talks to: opens the library, keeps it true, and fetches what is asked for.

Made by app, used by the main window. Decides what runs when; the work itself is core's, done in the runner's pools. Its slots run on
the GUI thread and stay short: news from a scan is taken in small steps.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge import tasks
from model_manager.bridge.details import Details
from model_manager.bridge.folders import Folders
from model_manager.bridge.handover import Handover
from model_manager.bridge.hints import Hints
from model_manager.bridge.jobs import Job, Pool, Runner
from model_manager.bridge.library_model import LibraryModel
from model_manager.bridge.news import News
from model_manager.bridge.online import Online
from model_manager.bridge.watch import Watch
from model_manager.core.errors import BadQuery, FileFault, ModelManagerError
from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.index import IndexDamaged
from model_manager.core.library.query import Query, completions, parse
from model_manager.core.library.scanner import Batch, ScanResult
from model_manager.core.library.shelf import Shelf
from model_manager.core.settings import Settings, save_settings
from model_manager.core.words import tr

RECOUNT_MS = 350


class Session(QObject):
    """One open library."""

    closing = Signal()
    loaded = Signal()
    scanned = Signal(object)  # ScanResult
    rows_changed = Signal()
    counted = Signal(object)  # tasks.Counts
    progressed = Signal(str, int, int)
    work_ended = Signal()
    problem_raised = Signal(str, str)  # text, tone
    folders_faulted = Signal(str)  # what is wrong with the folders or a file that names some; told once
    problem_ended = Signal(str)
    query_judged = Signal(str)  # what is wrong with the search text, "" when fine
    watch_changed = Signal(str, str, str)  # text, tooltip, tone

    def __init__(self, folder: Path, settings: Settings, runner: Runner, sources: tasks.Sources, parent: QObject | None = None) -> None:
        """`folder`: the data folder. `sources`: where to look; taken from the settings unless the command line names others."""
        super().__init__(parent)
        self.folder, self.settings, self.runner, self.sources = folder, settings, runner, sources
        self.model = LibraryModel(self)
        self.model.set_order(settings.sort, settings.is_descending, settings.group)
        self.index_path: Path | None = None
        self.is_loaded = self.is_scanned = self.is_building = False
        self.details = Details(runner, self.model, folder, lambda: self.index_path, self)
        self.details.folder_written.connect(lambda folder: self.scan([folder]))
        self.folders = Folders(runner, self.cache_folder, self)
        self.online = Online(runner, folder, settings, self)
        self.handover = Handover(runner, self.model, lambda: self.index_path, folder / "handed over", self)
        self._news = News()
        self._scan: Job | None = None
        self._number = 0  # of the scan whose news counts
        self._is_true, self._is_reloading = True, False  # whether the index has all that is shown
        self._dirty: set[str] = set()
        self._wants_full = False
        self._faults: list[str] = []
        self._demo = ""
        self._watch = Watch(runner, self)
        self.hints = Hints(self.scan, self._watch.tells_of, self)
        self._watch.hinted.connect(self.hints.take)
        self._watch.due.connect(self._on_due)
        self._watch.told.connect(self.watch_changed)
        self._unsaved = ""
        self._query_text = ("", "")
        self._stepper = _timer(self, 0, self._take_news)
        self._recounter = _timer(self, RECOUNT_MS, self.recount)
        runner.problem_raised.connect(self._on_problem)

    # opening and closing

    def open(self) -> None:
        """Show the first screen from the index; everything else comes after the first paint, with `start`."""
        opened = tasks.open_index(self.folder, self.settings.first_screen)
        self.index_path = opened.path
        if opened.notice:
            self.problem_raised.emit(opened.notice, "warn")
        if opened.rows:
            self.model.set_arrangement(tasks.first_screen(opened, self.model.arrangement))

    def start(self) -> None:
        """Load the rest, then look at the disk, then watch it."""
        self.runner.start(Pool.READ, tasks.load, self.index_path, self._order(), done=self._on_loaded, failed=self._on_load_failed)

    def close(self, is_remembered: bool = True) -> None:
        """Stop everything in order: no new hints, no new work, running work asked to end, settings kept if wanted."""
        self.closing.emit()
        self._stepper.stop()
        self._recounter.stop()
        self._watch.stop()
        self.hints.stop()
        self.runner.close()
        self._watch.stop()  # a watcher that was just being started
        self.handover.close()
        self.online.close()
        if is_remembered:
            self.keep_settings()

    def remember_screen(self, ids: Sequence[int]) -> None:
        """Keep which models are on the screen, to paint them first next time."""
        self.settings.first_screen = list(ids)

    @property
    def search_text(self) -> str:
        """The search now shown, with the sidebar's part."""
        return self.model.arrangement.query.text

    @property
    def place(self) -> str:
        """The sidebar's part of the search."""
        return self._query_text[1]

    @property
    def has_saved_sources(self) -> bool:
        """True while the folders of the settings are shown, not the demo or what the command line named."""
        return bool(self.sources) and self.sources == tasks.saved_sources(self.settings)

    def _order(self) -> tuple[str, bool, str]:
        arrangement = self.model.arrangement
        return arrangement.sort, arrangement.is_descending, arrangement.group

    def _on_loaded(self, arrangement: Arrangement) -> None:
        is_first, self.is_loaded, self._is_reloading = not self.is_loaded, True, False
        if self._order() != (arrangement.sort, arrangement.is_descending, arrangement.group):
            arrangement.set_order(*self._order())
        if not self.model.arrangement.query.is_all:
            arrangement.set_query(self.model.arrangement.query)
        self.model.set_arrangement(arrangement)
        self._changed()
        if not is_first:
            self._next_scan()
            return
        self.loaded.emit()
        self._watch.begin(folder.path for folder in arrangement.shelf.folders.values())
        if self.sources:
            self.scan()

    def _on_load_failed(self, fault: ModelManagerError) -> None:
        """A damaged index shows itself only when it is read: set it aside, start empty and look at the disk."""
        is_damaged = isinstance(fault, IndexDamaged)
        self.problem_raised.emit(fault.text, "warn" if is_damaged else "bad")
        if is_damaged and self.index_path is not None:
            self.index_path = tasks.replace_index(self.index_path)
        self._is_true = is_damaged
        if is_damaged or not self.is_loaded:
            self._on_loaded(Arrangement(Shelf()))
        else:
            self._is_reloading = False

    # scanning and watching

    def scan(self, only: Iterable[str] | None = None) -> None:
        """Look at all folders, or at some; asked while a scan runs, it follows."""
        if only is None:
            self._wants_full = True
        else:
            self._dirty.update(only)
        if self._scan is not None:
            self._scan.work.hurry()  # what is new shall be listed soon; reading goes on after it
        self._next_scan()

    def cancel_scan(self) -> None:
        """Stop the scan; what it has written into the index by then stays."""
        if self._scan is not None:
            self.is_scanned = True
            self._stop_scan()

    def _stop_scan(self) -> None:
        """End the scan that runs. What it told but did not write has ids nobody knows, so the index is shown anew."""
        if self._scan is not None:
            self._scan.cancel()
            self._scan = None
            self.work_ended.emit()
            self._reload()

    def _reload(self) -> None:  # after the scan, in its pool
        self._number += 1
        self._news.clear()
        self._is_true, self._is_reloading = True, True
        self.runner.start(Pool.SCAN, tasks.load, self.index_path, self._order(), done=self._on_loaded, failed=self._on_load_failed)

    @property
    def is_scanning(self) -> bool:
        """True while a scan runs."""
        return self._scan is not None or self._is_reloading

    @property
    def is_settled(self) -> bool:
        """True when the disk was looked at (if anybody said where) and all its news is shown."""
        is_looked_at = self.is_loaded and (self.is_scanned or not (self.sources or self.is_building))
        return is_looked_at and not self._news and not self.is_scanning

    @property
    def is_counted(self) -> bool:
        """True when the sidebar's counts are up to date, or being made."""
        return not self._recounter.isActive()

    def _next_scan(self) -> None:
        if self.is_scanning or not self.is_loaded or not (self._wants_full or self._dirty):
            return
        if not self._is_true:
            self._wants_full = True
            self._reload()
            return
        only = None if self._wants_full else frozenset(self._dirty)
        self._wants_full, self._dirty = False, set()
        work = self.runner.work(self._on_progress)
        self._number += 1
        emit = self.runner.relay(partial(self._on_batch, self._number))
        self._scan = self.runner.start(
            Pool.SCAN, tasks.scan, self.index_path, self.sources, work, emit, only,
            done=self._on_scanned, failed=self._on_scan_failed, work=work,
        )  # fmt: skip

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._scan is not None:
            self.progressed.emit(text, done, total)

    def _on_batch(self, number: int, batch: Batch) -> None:
        if number != self._number:
            return
        self._news.add(batch)
        if not self._stepper.isActive():
            self._stepper.start()

    def _take_news(self) -> None:
        """Put as much news into the model as fits into a part of a frame."""
        self._news.give(self.model)
        if self._news:
            self._stepper.start()
        self._changed()

    def _on_scanned(self, found: tasks.Scanned) -> None:
        self._scan, self.is_scanned = None, True
        self.work_ended.emit()
        result = found.result
        self._dirty |= result.unfinished
        self._tell_unsaved(result.unsaved)
        self._watch.update(result.folders, found.places)
        if found.is_full:
            self._tell_faults(found.notices)
        self.scanned.emit(result)
        self._changed()
        self._next_scan()

    def _on_scan_failed(self, fault: ModelManagerError) -> None:
        self._scan, self.is_scanned, self._is_true = None, True, False
        self.work_ended.emit()
        if isinstance(fault, IndexDamaged):
            self._wants_full = True
            self._on_load_failed(fault)
        else:
            self.problem_raised.emit(fault.text, "bad")
        self.scanned.emit(ScanResult())
        self._changed()

    def _tell_faults(self, texts: list[str]) -> None:
        """Say what is wrong with the folders; once, however often they are looked at."""
        for text in self._faults:
            if text not in texts:
                self.problem_ended.emit(text)
        for text in texts:
            if text not in self._faults:
                self.folders_faulted.emit(text)
        self._faults = texts

    def _tell_unsaved(self, text: str) -> None:
        if self._unsaved and not text:
            self.problem_ended.emit(self._unsaved)
        elif text and text != self._unsaved:
            self.problem_raised.emit(text, "bad")
        self._unsaved = text
        self._is_true = self._is_true and not text

    def _on_due(self) -> None:
        """Where nobody tells us of changes, look for ourselves; and try again what could not be written."""
        if not self._is_true:
            self.runner.start(Pool.READ, tasks.is_writable, self.index_path, done=self._on_tried)
        elif not self.is_scanning:
            self.look_around()

    def look_around(self) -> None:
        """Find out whether a root came, went or is another folder now, and look at everything if so; also where nobody tells of changes."""
        self._watch.look(self.index_path, self.sources)

    def _on_tried(self, is_writable: bool) -> None:
        if is_writable:
            self.scan()

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
        self.model.set_order(*self._order()[:2], group)

    def completions(self, prefix: str) -> list[tuple[str, str]]:
        """What the last token of the search could become."""
        return completions(self.model.shelf, prefix)

    def _changed(self) -> None:
        self.rows_changed.emit()
        if not self._recounter.isActive():
            self._recounter.start()

    def recount(self) -> None:
        """Count anew for the sidebar; `counted` answers."""
        self.runner.start(Pool.READ, tasks.count, tasks.take(self.model.shelf, self.settings), done=self.counted.emit)

    # folders

    def set_sources(self, sources: tasks.Sources) -> None:
        """Use other folders from now on, and remember them; the demo library is never remembered."""
        tasks.keep_sources(self.settings, sources, self._demo)
        self.keep_settings()
        self._use(sources)

    def open_demo(self) -> None:
        """Build the demo library and show it; the folders of the settings stay as they are."""
        self.is_building = True
        self.rows_changed.emit()
        self.progressed.emit(tr("Building the demo library"), 0, 0)
        self.runner.start(Pool.READ, tasks.demo, self.folder, done=self._on_demo, failed=self._on_demo_failed)

    def _on_demo(self, path: str) -> None:
        self.is_building = False
        self.work_ended.emit()
        self._demo = path
        self._use(tasks.Sources((path,)))

    def _on_demo_failed(self, fault: ModelManagerError) -> None:
        self.is_building = False
        self.work_ended.emit()
        self.rows_changed.emit()
        self._on_problem(fault)

    def _use(self, sources: tasks.Sources) -> None:
        self.sources = sources
        self.online.lead_to_demo(self.folder / "demo" if self._demo and self._demo in sources.installs else None)
        self._stop_scan()
        self.is_scanned = False
        self.scan()

    def keep_settings(self) -> None:
        """Write the settings down."""
        try:
            save_settings(self.folder, self.settings)
        except FileFault as fault:
            self.problem_raised.emit(fault.text, "warn")

    @property
    def cache_folder(self) -> Path:
        """Where thumbnails lie."""
        return self.folder / "thumbnails"

    def _on_problem(self, fault: ModelManagerError) -> None:
        self.problem_raised.emit(fault.text, "bad")


def _timer(owner: QObject, milliseconds: int, slot: Any) -> QTimer:
    timer = QTimer(owner, singleShot=True, interval=milliseconds)
    timer.timeout.connect(slot)
    return timer

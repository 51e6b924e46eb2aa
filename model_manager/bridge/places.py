"""Places: how all folders of models are, kept up to date while anybody looks; what the person says of them; their files of folders.

Made by the desks for tidying up. Looks after each scan, and every few seconds while the page is open. What is to be changed on the disk
it only plans.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core.journal.steps import Plan, Report
from model_manager.core.library.scanner import ScanResult
from model_manager.core.tidy.folder_rows import OFF as OFF
from model_manager.core.tidy.folder_rows import PlaceRow as PlaceRow
from model_manager.core.tidy.folder_rows import Wish as Wish
from model_manager.core.tidy.folder_rows import Words, columns
from model_manager.core.tidy.folder_rows import chosen_rows as chosen_rows
from model_manager.core.tidy.folder_rows import grouped_rows as grouped_rows

if TYPE_CHECKING:
    from model_manager.bridge.place_tasks import Looked

_TASKS = "model_manager.bridge.place_tasks"
_look, _notes, _made = later(_TASKS, "look"), later(_TASKS, "notes"), later(_TASKS, "made")
_folder_away, _models_away, _back = later(_TASKS, "folder_away"), later(_TASKS, "models_away"), later(_TASKS, "brought_back")
Make = Callable[[Path, Path], Plan]
SHOWN_MS, HIDDEN_MS, AGAIN_MS = 200, 3_000, 4_000  # after a scan, with and without the page; while nothing is scanned


class Places(QObject):
    """The folders."""

    changed = Signal()  # `rows` are others
    sources_changed = Signal()
    noted = Signal(object)  # list[FolderNote], newest first, of the folder that was asked for

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self.rows: list[PlaceRow] = []
        self.is_known = False  # whether there was a look yet
        self._is_shown = False
        self._look: Job | None = None
        self._retried: list[str] = []
        self._files: dict[str, bool] = {}
        self._scanned: list[str] = []  # real folders that were looked through since the last look
        self._asked = ""
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self.look)
        self._often = QTimer(self, interval=AGAIN_MS)
        self._often.timeout.connect(self.look)
        session.scanned.connect(self._on_scanned)
        session.closing.connect(self._stop)

    @property
    def models(self) -> Mapping[tuple[str, str], int]:
        """How many models there are, by category and folder."""
        return {(row.kind, row.path): row.models for row in self.rows}

    def show(self, is_shown: bool) -> None:
        """Look often while the page is open."""
        self._is_shown = is_shown
        if is_shown:
            self._often.start()
            self.look()
        else:
            self._often.stop()

    def look(self) -> None:
        """Look at all folders, unless that is being done."""
        index = self._session.index_path
        if self._look is not None or index is None or not self._session.is_loaded:
            return
        retried, self._retried = self._retried, []
        scanned, self._scanned = self._scanned, []
        taken = columns(self._session.model.shelf)
        args = (self._session.folder, index, self._session.sources, self._words(), taken, retried, scanned)
        self._look = self._runner.start(Pool.READ, _look, *args, done=self._on_looked, failed=lambda _: self._on_not_looked())

    def retry(self, paths: Sequence[str]) -> None:
        """Look at some folders anew, as the person asked for it, and scan them."""
        self._retried += paths
        self._session.scan()
        self.look()

    def ask_notes(self, path: str) -> None:
        """Find what happened to a folder, "" for all of them; `noted` answers."""
        self._asked = path
        self._runner.start(Pool.READ, _notes, self._session.folder, path, done=lambda found: self._on_notes(path, found))

    # what the person says

    def switch(self, paths: Sequence[str], is_on: bool) -> None:
        """Have folders looked into, or not: then nothing in them is shown, and nothing is forgotten."""
        kept = [path for path in self._session.sources.off if path not in paths]
        self.use(replace(self._session.sources, off=tuple(kept if is_on else [*kept, *paths])))

    def name(self, path: str, name: str) -> None:
        """Call a folder by the person's own word, "" for its usual name."""
        self._say(self._session.settings.folder_labels, [path], name)

    def group(self, paths: Sequence[str], group: str) -> None:
        """Put folders into a group of the person's, "" for none."""
        self._say(self._session.settings.folder_groups, paths, group)

    def move_own(self, row: PlaceRow, new: str) -> None:
        """A folder or program that the person added is somewhere else now."""
        old = self._session.sources
        own = tuple((kind, new if path == row.path else path) for kind, path in old.own)
        self.use(replace(old, own=own))

    def replace_install(self, before: str, now: str) -> None:
        """A program whose folders are shown is somewhere else now."""
        old = self._session.sources
        self.use(replace(old, installs=tuple(now if path == before else path for path in old.installs)))

    def use(self, sources: Sources) -> None:
        """Use other folders from now on."""
        self._session.set_sources(sources)
        self.sources_changed.emit()
        self._soon.start(SHOWN_MS)

    def yaml_files(self) -> Mapping[str, bool]:
        """The files of folders that can be edited, and whether they are there, as the last look found them."""
        return self._files

    def plan_make(self, path: str) -> Make:
        """What makes the plan of making a folder that is missing."""
        return partial(_made, path)

    def plan_away(self, row: PlaceRow, folder: str) -> Make:
        """What makes the plan of moving a folder into another one on another drive, with a link left in its place."""
        return partial(_folder_away, row.path, folder)

    def plan_models_away(self, ids: Sequence[int], folder: str) -> Make:
        """What makes the plan of moving models to another drive, with links left in their places."""
        return partial(_models_away, tuple(ids), folder)

    def plan_back(self, path: str) -> Make:
        """What makes the plan of putting what a link leads to in its place."""
        return partial(_back, path)

    def _say(self, words: dict[str, str], paths: Sequence[str], text: str) -> None:
        for path in paths:
            words.pop(path, None)
            if text.strip():
                words[path] = text.strip()
        self._session.keep_settings()
        labels, groups = self._session.settings.folder_labels, self._session.settings.folder_groups
        self.rows = [replace(row, name=labels.get(row.path, ""), group=groups.get(row.path, "")) for row in self.rows]
        self.changed.emit()

    def _words(self) -> Words:
        settings, sources = self._session.settings, self._session.sources
        return Words(dict(settings.folder_labels), dict(settings.folder_groups), sources.off, sources.own)

    def follow(self, report: Report) -> None:
        """A change of files came to its end: where it was one of the files that name folders, or of the folders, all is looked at anew."""
        if report.folders.intersection(map(os.path.dirname, self._files)):
            self._session.scan()
        elif any(row.path in report.folders for row in self.rows):  # mostly it was only models in it
            self._session.look_around()
        self._soon.start(SHOWN_MS)

    # what comes back

    def _on_looked(self, found: "Looked") -> None:
        self._look = None
        self._files = found.files
        is_first, self.is_known = not self.is_known, True
        if is_first or found.rows != self.rows:
            self.rows = found.rows
            self.changed.emit()
        if found.news and self._is_shown:
            self.ask_notes(self._asked)

    def _on_not_looked(self) -> None:
        self._look = None  # the index cannot be read just now; the session says so

    def _on_notes(self, path: str, found: object) -> None:
        if path == self._asked:
            self.noted.emit(found)

    def _on_scanned(self, result: ScanResult) -> None:
        self._scanned += result.folders
        if not self._soon.isActive():
            self._soon.start(SHOWN_MS if self._is_shown else HIDDEN_MS)

    def _stop(self) -> None:
        self._soon.stop()
        self._often.stop()

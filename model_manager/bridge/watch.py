"""Hears of changes on disk for the session: the watcher, and a timer for where nobody tells.

Made and asked by the session. Watching is begun and extended in the scan pool, so that it is never behind the scan that follows.
What there is to look at is the session's business.
"""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Pool, Runner
from model_manager.core.library.watcher import Place, Watcher
from model_manager.core.words import tr, trn

POLL_MS = 4_000


class Watch(QObject):
    """Says when there is something to look at."""

    hinted = Signal(object, bool)  # frozenset of folders in which something changed, whether all must be looked at
    due = Signal()  # every few seconds: time to look without being told
    told = Signal(str, str, str)  # how it goes: text, tooltip, tone

    def __init__(self, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._watcher = Watcher(runner.relay(self.hinted.emit))
        self._known: set[str] = set()
        self._places: dict[str, Place] | None = None
        self._said = ("", "", "")
        self._is_looking = False
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.due)

    def begin(self, folders: Iterable[str]) -> None:
        """Watch what is known from last time, before it is looked at; from now on `due` comes every few seconds."""
        self._timer.start()
        self._known = set(folders)
        if self._known:
            self._runner.start(Pool.SCAN, self._watcher.watch, self._known, done=lambda new: self._tell())

    def update(self, folders: Iterable[str], places: dict[str, Place] | None) -> None:
        """Folders were looked at: watch them, too; hint those that changed may have before they were watched.

        places: where the roots were, when all was looked at; then no other folders are watched any more.
        """
        found = set(folders)
        is_all = places is not None
        if is_all:
            self._known, self._places = found, places
        elif found <= self._known:
            return
        else:
            self._known |= found
        self._runner.start(Pool.SCAN, self._watcher.watch, found, is_all, done=self._on_watched)

    def look(self, path: Path | None, sources: "tasks.Sources") -> None:
        """Look where nobody tells: at the roots, and into folders that cannot be watched."""
        if path is None or self._places is None or self._is_looking:
            return
        self._is_looking = True
        self._runner.start(
            Pool.READ, tasks.look_around, path, sources, self._watcher.polled, self._places,
            done=self._on_looked, failed=self._on_not_looked,
        )  # fmt: skip

    def tells_of(self, folders: Iterable[str]) -> bool:
        """Whether changes in any of these are told; elsewhere only `look` finds them."""
        return self._watcher.watched > 0 and not self._watcher.polled.issuperset(folders)

    def stop(self) -> None:
        """Stop watching and looking; harmless when called twice."""
        self._timer.stop()
        self._watcher.stop()

    def _on_watched(self, new: frozenset[str]) -> None:
        self._tell()
        if new:
            self.hinted.emit(new, False)

    def _on_looked(self, found: "tasks.Around") -> None:
        self._is_looking = False
        if found.is_moved or found.folders:
            self.hinted.emit(found.folders, found.is_moved)

    def _on_not_looked(self, fault: Exception) -> None:
        self._is_looking = False  # the index cannot be read just now: the next scan says so

    def _tell(self) -> None:
        polled, watched = len(self._watcher.polled), self._watcher.watched
        if polled:
            text = trn("Looking at {count} folder every few seconds", "Looking at {count} folders every few seconds", polled)
            said = (text, self._watcher.reason, "warn")
        else:
            text = trn("Watching {count} folder", "Watching {count} folders", watched)
            said = (text, tr("Changes on disk show at once."), "ok")
        if said != self._said:
            self._said = said
            self.told.emit(*said)

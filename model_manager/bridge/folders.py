"""Asks about folders for first run and the dialogs: their state, where ComfyUI is, what a chosen one holds, what thumbnails take.

Made by the session. It starts jobs and passes on what they say; which folders are used is the session's business.
"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Pool, Runner


class Folders(QObject):
    """Questions about folders."""

    reported = Signal(object)  # list[FolderReport]
    installs_found = Signal(object)  # list[Look]
    looked_at = Signal(object)  # Look
    cache_measured = Signal(object)  # bytes; an int of Qt's would end at two gigabytes

    def __init__(self, runner: Runner, cache: Path, used: Callable[[], tuple[Path | None, tasks.Sources]], parent: QObject) -> None:
        """`cache`: where thumbnails lie. `used()` gives the index and the sources in use."""
        super().__init__(parent)
        self._runner, self._cache, self._used = runner, cache, used

    def report(self) -> None:
        """Look at the state of every folder."""
        self._runner.start(Pool.READ, tasks.folder_reports, *self._used(), done=self.reported.emit)

    def find_installs(self) -> None:
        """Look for ComfyUI in the usual places."""
        self._runner.start(Pool.READ, tasks.installs, done=self.installs_found.emit)

    def look_at(self, path: str) -> None:
        """Say what a folder is that was chosen or dropped."""
        self._runner.start(Pool.READ, tasks.look_at, path, done=self.looked_at.emit)

    def measure_cache(self) -> None:
        """Find out how much the thumbnails take."""
        self._runner.start(Pool.READ, tasks.cache_size, self._cache, done=self.cache_measured.emit)

    def clear_cache(self) -> None:
        """Remove all thumbnails from the disk."""
        self._runner.start(Pool.WRITE, tasks.clear_cache, self._cache, done=self.cache_measured.emit)

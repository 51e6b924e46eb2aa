"""Asks about folders for first run and the settings: where ComfyUI is, what a chosen one holds, what thumbnails take.

Made by the session. It starts jobs and passes on what they say; which folders are used is the session's business.
"""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Pool, Runner


class Folders(QObject):
    """Questions about folders."""

    installs_found = Signal(object)  # list[Look]
    looked_at = Signal(object)  # Look
    cache_measured = Signal(object)  # bytes; an int of Qt's would end at two gigabytes

    def __init__(self, runner: Runner, cache: Path, parent: QObject) -> None:
        """`cache`: where thumbnails lie."""
        super().__init__(parent)
        self._runner, self._cache = runner, cache

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

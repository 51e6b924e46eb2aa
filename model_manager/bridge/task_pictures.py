"""The small pictures of tasks, read from files in the background. Asked while rows are painted, so an answer never waits.

Made by the board. It reads files only, never addresses: showing a list must not make a connection.
"""

import os
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from model_manager.bridge import pictures
from model_manager.bridge.jobs import Pool, Runner
from model_manager.core.errors import ModelManagerError

EDGE = 160  # device pixels; enough for 52 at three times the scale
KEPT = 400


class TaskPictures(QObject):
    """Pictures by path."""

    ready = Signal()

    def __init__(self, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._kept: dict[str, QPixmap | None] = {}  # None: asked for, or cannot be shown; least recently used first

    def picture(self, path: str) -> QPixmap | None:
        """The picture in a file, None while it is not there yet."""
        if not os.path.isabs(path):
            return None
        if path in self._kept:
            self._kept[path] = found = self._kept.pop(path)
            return found
        self._kept[path] = None
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        self._runner.start(Pool.THUMBNAILS, pictures.decode, path, EDGE, done=partial(self._on_read, path), failed=self._on_failed)
        return None

    def _on_read(self, path: str, image: QImage) -> None:
        self._kept[path] = QPixmap.fromImage(image)
        self.ready.emit()

    def _on_failed(self, fault: ModelManagerError) -> None:
        """The drawn ground stays."""

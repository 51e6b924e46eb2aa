"""Plays a video preview without sound, frame by frame into a slot; used by the gallery while the pointer is over it.

QtMultimedia is imported at the first video only: it takes a third of a second and may be missing. Then nothing plays and the poster stays.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QImage


class VideoPlayer(QObject):
    """One player, reused for all videos."""

    def __init__(self, parent: QObject, show_frame: Callable[[QImage], None]) -> None:
        super().__init__(parent)
        self._show_frame = show_frame
        self._player: Any = None
        self._sink: Any = None
        self._is_missing = self._is_playing = False

    def play(self, path: str) -> bool:
        """Start `path` in a loop; False when no video can be played on this computer."""
        if self._is_missing or not (self._player or self._make()):
            return False
        self._player.setSource(QUrl.fromLocalFile(path))
        self._player.play()
        self._is_playing = True
        return True

    def stop(self) -> None:
        """Stop and let go of the file, so that it can be renamed or deleted."""
        if self._is_playing:
            self._is_playing = False
            self._player.stop()
            self._player.setSource(QUrl())

    def _make(self) -> bool:
        try:
            from PySide6.QtMultimedia import QMediaPlayer, QVideoSink
        except ImportError:
            self._is_missing = True
            return False
        self._player, self._sink = QMediaPlayer(self), QVideoSink(self)
        self._player.setVideoSink(self._sink)
        self._player.setLoops(QMediaPlayer.Loops.Infinite)
        self._player.errorOccurred.connect(self._on_failed)
        self._sink.videoFrameChanged.connect(self._on_frame)
        return True

    @Slot(object)
    def _on_frame(self, frame: Any) -> None:
        image = frame.toImage() if frame.isValid() else QImage()
        if not image.isNull():
            self._show_frame(image)

    @Slot()
    def _on_failed(self, *_: object) -> None:
        self.stop()

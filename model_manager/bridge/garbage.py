"""Collects Python's garbage on the GUI thread only.

Python collects in whatever thread happens to allocate; a worker that finds an unreachable QObject destroys it there, timers and all,
which crashes now and then. Made once by app. Collecting is cheap: the library's columns hold nothing that counts as a container.
"""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 1_000
ALL_EVERY = 30  # rounds


class Sweeper(QObject):
    """Turns automatic collection off while it lives and collects by a timer instead."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._round = 0
        self._thresholds = gc.get_threshold()
        gc.disable()
        gc.freeze()  # modules and widgets made so far stay as long as the program does
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def stop(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.enable()

    def _on_timeout(self) -> None:
        self._round += 1
        if self._round % ALL_EVERY == 0:
            gc.collect()
        elif gc.get_count()[0] > self._thresholds[0]:
            gc.collect(1)

"""Collects Python's garbage on the GUI thread only, and only when nobody would notice.

Python collects in whatever thread happens to allocate; a worker that finds an unreachable QObject destroys it there, timers and all,
which crashes now and then. And a search goes through all there is in one go, with every thread waiting: a tenth of a second where there are
thousands of records of a plan. Records go by themselves when nobody has them any more; what only a search finds (windows that are
closed, mostly) is little and can wait for a rest. Made once by app.
"""

import gc
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

EVERY_MS: Final = 1_000
REST_SHARE: Final = 0.02  # of a core; up to it the program does nothing, and nobody scrolls, types or moves the mouse about
REST, LONG_REST = 5, 30  # seconds of rest after which what is new, and everything, is gone through
ALL_EVERY: Final = 600.0  # seconds
LATE, LATEST = 900.0, 3_600.0  # without a rest: after which it is enough that the window rests, and nothing is waited for
MANY: Final = 50_000  # new things beyond which even a rest is not long enough: most are records, and they wait for everything's turn


class Sweeper(QObject):
    """Turns automatic collection off while it lives and collects by a timer instead."""

    def __init__(
        self,
        parent: QObject,
        clock: Callable[[], float] = time.monotonic,
        spent: Callable[[], tuple[float, float]] = lambda: (time.process_time(), time.thread_time()),
    ) -> None:
        """spent: seconds of processor that the whole program and the window's thread have used."""
        super().__init__(parent)
        self._clock, self._spent = clock, spent
        gc.disable()
        gc.freeze()  # modules and widgets made so far mostly stay as long as the program does
        self._last = self._all = self._now = clock()  # when it was searched, all of it was, and the last round
        self._used = spent()
        self._rests = (0, 0)  # rounds in a row in which the program, and the window's thread, did next to nothing
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def stop(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _on_timeout(self) -> None:
        self._look_for_rest()
        program, window = self._rests
        late = self._now - self._last
        if late >= LATEST or (program >= LONG_REST and self._now - self._all >= ALL_EVERY):
            gc.unfreeze()
            gc.collect()
            self._all = self._last = self._now
        elif program == REST or (late >= LATE and window >= REST):
            if gc.get_count()[0] <= MANY:
                gc.collect()
            self._last = self._now
        else:
            return
        gc.freeze()  # so that it is gone through once

    def _look_for_rest(self) -> None:
        now, used = self._clock(), self._spent()
        most = (now - self._now) * REST_SHARE
        program, window = (after - before <= most for before, after in zip(self._used, used, strict=True))
        self._rests = ((self._rests[0] + 1) * program, (self._rests[1] + 1) * window)
        self._now, self._used = now, used

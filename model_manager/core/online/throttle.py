"""One limit for all downloads together: whoever has read bytes waits here until that many were allowed.

Shared by all transfers of a process, called from their threads. The limit is asked anew each time, so a change counts at once.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from model_manager.core.work import Work

LARGEST: Final = 1 << 20  # bytes asked of the network at once
_SMALLEST: Final = 4 << 10
_NAP: Final = 0.1  # seconds after which a waiting reader looks again whether it was stopped, or the limit changed


class Throttle:
    """A budget of bytes that fills up with time. It may be overdrawn by one read, and those who come later wait for it."""

    def __init__(self, limit: Callable[[], int]) -> None:
        """`limit` gives bytes a second, 0 for none."""
        self._limit = limit
        self._lock = threading.Lock()
        self._budget, self._time = 0.0, time.monotonic()

    def step(self) -> int:
        """How many bytes to ask for at once, so that a low limit does not become a jerky one."""
        limit = self._limit()
        return LARGEST if not limit else max(_SMALLEST, min(LARGEST, limit // 8))

    def take(self, count: int, work: Work) -> None:
        """Account for bytes that were read and wait as long as that costs. Raises Cancelled."""
        if not self._limit():
            return
        with self._lock:
            self._fill()
            self._budget -= count
        while self._debt():
            work.check()
            time.sleep(min(_NAP, self._debt() / max(1, self._limit()) + 0.001))

    def _fill(self) -> None:
        now, limit = time.monotonic(), self._limit()
        self._budget = min(self._budget + (now - self._time) * limit, limit / 8)
        self._time = now

    def _debt(self) -> float:
        """Bytes that are still to be paid for; none at all once there is no limit any more."""
        with self._lock:
            if not self._limit():
                self._budget, self._time = 0.0, time.monotonic()
                return 0.0
            self._fill()
            return max(0.0, -self._budget)

"""Cancel and progress as plain arguments: every long function takes a `Work`.

Used by all of core; the runner in bridge and the command line make one. It must never know about threads or Qt.
"""

import threading
import time
from collections.abc import Callable

from model_manager.core.errors import Cancelled

REPORTS_A_SECOND = 10  # 200,000 queued progress signals froze a window for 1.1 s; ten a second look smooth


class Work:
    """A request to stop and a throttled way to say how far things are. Safe to share between threads."""

    def __init__(self, report: Callable[[str, int, int], None] | None = None) -> None:
        """`report(text, done, total)` is called at most ten times a second; total 0 means not known yet."""
        self._report = report
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._next = 0.0

    def cancel(self) -> None:
        """Ask the work to stop at its next check."""
        self._stop.set()

    @property
    def is_cancelled(self) -> bool:
        """True once somebody asked to stop."""
        return self._stop.is_set()

    def hurry(self) -> None:
        """Ask the work to leave for later what can be done later, because more has come."""
        self._hurry.set()

    @property
    def is_hurried(self) -> bool:
        """True once somebody asked to hurry."""
        return self._hurry.is_set()

    def check(self) -> None:
        """Raise Cancelled if somebody asked to stop."""
        if self._stop.is_set():
            raise Cancelled

    def progress(self, text: str, done: int, total: int = 0) -> None:
        """Say how far things are; most calls return at once without reporting."""
        now = time.monotonic()
        if self._report is None or (now < self._next and done != total):
            return
        self._next = now + 1 / REPORTS_A_SECOND
        self._report(text, done, total)

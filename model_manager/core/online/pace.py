"""Politeness towards the sites: how many ask at once, and how long all wait when a site says it is too busy.

Used by web, one `Pace` for all its threads. Waiting is done in short steps, so that a cancel is heard.
"""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from model_manager.core.errors import NetworkFault
from model_manager.core.words import tr
from model_manager.core.work import Work

AT_ONCE = 3  # 2 to 4 are polite (formats.md 6.9)
STEP = 0.1  # seconds between two looks at a cancel
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds; doubled with each fault in between
LONGEST_QUIET = 900.0  # seconds; a slip in a header must not silence a site for a day
LONGEST_WAIT = 120.0  # seconds; beyond it a task had better wait without a thread


@dataclass(slots=True)
class _Host:
    busy: int = 0  # calls under way
    strikes: int = 0  # answers "too busy" since the last good one
    quiet_until: float = 0.0  # monotonic seconds


class Pace:
    """Who may ask which host when. Safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hosts: dict[str, _Host] = {}

    @contextlib.contextmanager
    def slot(self, host: str, work: Work | None, most: int = AT_ONCE) -> Iterator[None]:
        """Wait until the host may be asked and fewer than `most` others do, and hold the place. Raises Cancelled, NetworkFault."""
        self._enter(host, work, most)
        try:
            yield
        finally:
            with self._changed:
                self._host(host).busy -= 1
                self._changed.notify_all()

    def wait(self, host: str, work: Work | None) -> None:
        """Wait until the host may be asked. Raises Cancelled, and NetworkFault when that takes more than two minutes."""
        with self._changed:
            self._wait_for_quiet(host, work)

    def busy(self, host: str, after: float) -> float:
        """Note that the host is too busy; `after`: seconds it asked for, 0 when it did not say. Returns the seconds all wait now."""
        with self._changed:
            state = self._host(host)
            delay = after if after > 0 else growing(state.strikes)
            state.strikes += 1
            state.quiet_until = max(state.quiet_until, time.monotonic() + min(delay, LONGEST_QUIET))
            return delay

    def good(self, host: str) -> None:
        """Note that the host answered."""
        with self._changed:
            self._host(host).strikes = 0

    def _enter(self, host: str, work: Work | None, most: int) -> None:
        with self._changed:
            while True:
                self._wait_for_quiet(host, work)
                if self._host(host).busy < most:
                    break
                self._step(STEP, work)
            self._host(host).busy += 1

    def _wait_for_quiet(self, host: str, work: Work | None) -> None:
        if work is not None:
            work.check()
        while (left := self._host(host).quiet_until - time.monotonic()) > 0:
            if left > LONGEST_WAIT:
                raise NetworkFault(tr("{host} is too busy and asks to wait. It will be asked again later.", host=host), "busy", after=left)
            self._step(min(left, STEP), work)

    def _step(self, seconds: float, work: Work | None) -> None:
        self._changed.wait(seconds)
        if work is not None:
            work.check()

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())


def growing(tries: int) -> float:
    """Return the seconds to wait after so many faults in a row: doubled each time, with jitter, so that many do not come at once."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(tries, 16)) * random.uniform(0.75, 1.25)


def pause(seconds: float, work: Work | None) -> None:
    """Wait, and hear a cancel while waiting. Raises Cancelled."""
    end = time.monotonic() + seconds
    while True:
        if work is not None:
            work.check()
        if (left := end - time.monotonic()) <= 0:
            return
        time.sleep(min(left, STEP))

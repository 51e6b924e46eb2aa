"""Hints that something changed on disk, on their way to a scan; those of what the program itself changes come together into one.

Made by the session between its watch and its scan, told by the orders when a change of theirs begins and ends. Loses no hint: what is
kept back is looked at in the end, and a hint that comes later leads to a scan as any other.
"""

from collections.abc import Callable, Collection

from PySide6.QtCore import QObject, QTimer

QUIET_MS = 200  # the watcher tells of the last event after 100 ms of quiet; two of its helpings are never further apart than that
FIRST_MS, LONGEST_MS = 600, 3_000  # how long its first word after a change is waited for, and all of it at most

Scan = Callable[[Collection[str] | None], None]


class Hints(QObject):
    """What the watcher says. One change at a time is kept back; a second one ends the waiting for the first."""

    def __init__(self, scan: Scan, tells_of: Callable[[Collection[str]], bool], parent: QObject) -> None:
        """`scan(folders)` looks at these, at everything with None. `tells_of`: whether the watcher hears of changes in these at all."""
        super().__init__(parent)
        self._scan, self._tells_of = scan, tells_of
        self._held: frozenset[str] = frozenset()
        self._kept: set[str] = set()
        self._is_lost = self._is_ended = False
        self._quiet = QTimer(self, singleShot=True)
        self._limit = QTimer(self, singleShot=True, interval=LONGEST_MS)
        for timer in (self._quiet, self._limit):
            timer.timeout.connect(self._look)

    @property
    def is_held(self) -> bool:
        """Whether a change runs or its last events are waited for."""
        return bool(self._held) or self._is_ended

    def take(self, folders: Collection[str], is_lost: bool) -> None:
        """Something changed in these folders; `is_lost`: the system has lost events, so that all must be looked at."""
        if not self.is_held:
            self._pass_on(folders, is_lost)
            return
        own = self._held.intersection(folders)
        self._kept |= own
        self._is_lost |= is_lost
        if others := set(folders) - own:
            self._pass_on(others, False)
        if self._is_ended and (own or is_lost):
            self._quiet.start(QUIET_MS)

    def hold(self, folders: Collection[str]) -> None:
        """The program changes these folders from now on; `release` ends it."""
        if self._is_ended:
            self._look()
        self._held = self._held | frozenset(folders)

    def release(self, folders: Collection[str]) -> None:
        """The change is over, these folders are different now: look at them when the watcher has said its last word about them."""
        self._kept.update(folders)
        self._held |= frozenset(folders)
        self._is_ended = True
        if not self._kept and not self._is_lost:
            self._look()
        elif not self._quiet.isActive():
            self._quiet.start(FIRST_MS if self._tells_of(self._kept) else 0)
            self._limit.start()

    def stop(self) -> None:
        """Forget everything."""
        for timer in (self._quiet, self._limit):
            timer.stop()

    def _look(self) -> None:
        self.stop()
        kept, is_lost = self._kept, self._is_lost
        self._held, self._kept, self._is_lost, self._is_ended = frozenset(), set(), False, False
        self._pass_on(kept, is_lost)

    def _pass_on(self, folders: Collection[str], is_lost: bool) -> None:
        if is_lost:
            self._scan(None)
        elif folders:
            self._scan(folders)

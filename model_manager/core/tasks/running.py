"""A task under way: what its function sees of it (`Running`) and what the engine keeps of it (`Run`).

The function may tell its progress as often as it likes: that only sets numbers, which the engine looks at ten times a second.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from model_manager.core.errors import ModelManagerError
from model_manager.core.tasks.states import RUNNING, VERIFYING, Task
from model_manager.core.work import Work

SPEED_SECONDS: Final = 4.0  # what the speed is the mean of
KEPT: Final = frozenset(("title", "where", "picture", "path", "unit"))  # fields that a run may save


class Meter:
    """How fast a number grows, as the mean of some seconds. What is there at the first look was not made now and does not count."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def speed(self, done: int, now: float) -> float:
        """Note `done` at `now` (monotonic seconds) and return the speed in units a second, 0 when not known yet."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= SPEED_SECONDS:
            self._seen.popleft()
        start, first = self._seen[0]
        return (done - first) / (now - start) if now > start else 0.0


class Run:
    """One go of a task, as the engine's thread and the task's own thread share it. Plain values only; each has one writer."""

    def __init__(self, task: Task, stalled_seconds: float) -> None:
        self.task = task  # written by the engine
        self.work = Work()
        self.done, self.total, self.note = task.done, task.total, task.note  # written by the run
        self.furthest = 0
        self.alive_at = time.monotonic()
        self.stalled_seconds = stalled_seconds
        self.is_told = False  # whether the run ever told anything
        self.is_revoked = False  # left behind: nothing it says counts
        self.is_over = False
        self.fault: ModelManagerError | None = None
        self.closing: str | None = None  # the closing note of a run that finished; None with no fault: nobody foresaw it
        # the engine's own
        self.unsaved: dict[str, Any] = {}
        self.stop = ""  # the wish it was stopped for, or STALLED of faults
        self.stop_at = 0.0
        self.saved_at = self.alive_at
        self.meter = Meter()

    def tell(self, done: int, total: int, note: str) -> None:
        """Take what the run says of its progress."""
        if self.is_revoked:
            return
        if not self.is_told or (done, total, note) != (self.done, self.total, self.note):
            self.alive_at = time.monotonic()
        self.done, self.total, self.note, self.is_told = done, total, note, True
        self.furthest = max(self.furthest, done)


class Running:
    """What a task's function is given. All methods may be called from any thread that works for the task."""

    def __init__(self, run: Run, change: Callable[[Run, str], None], save: Callable[[Run, Mapping[str, Any]], None]) -> None:
        """`change` and `save` are the engine's; they return when it is done."""
        self._run, self._change, self._save = run, change, save

    @property
    def task(self) -> Task:
        """The record, with all that was saved."""
        return self._run.task

    @property
    def work(self) -> Work:
        """For `check` and for functions that take one; its progress goes nowhere, use `tell`."""
        return self._run.work

    def tell(self, done: int, total: int, note: str = "") -> None:
        """Say how far it is, in the task's unit (total 0: not known yet), as often as you like. It is shown, and stored now and then."""
        self._run.tell(done, total, note)

    def verifying(self) -> None:
        """What came is checked now."""
        self._change(self._run, VERIFYING)

    def running(self) -> None:
        """It goes on after a check: the next file, or this one once more."""
        self._change(self._run, RUNNING)

    def save(self, payload: Mapping[str, Any] | None = None, **fields: Any) -> None:
        """Keep what is needed to go on (payload: all of it, plain JSON) and title, where, picture, path or unit.

        On disk when it returns, except while the store cannot be written (the person is told, and it is written when that works again).
        """
        if unknown := fields.keys() - KEPT:
            raise TypeError(f"A run cannot save {sorted(unknown)}")
        self._save(self._run, fields if payload is None else {**fields, "payload": dict(payload)})

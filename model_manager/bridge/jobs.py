"""The one runner: a plain function in, a result or an error out, delivered on the GUI thread.

The only module that names QThreadPool and QRunnable. Functions get what they need as arguments; cancel and progress travel in
a `Work`. The runner lives as long as the program and owns the signals: runnables that own theirs lose results.
"""

import logging
import os
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from model_manager.core.errors import Cancelled, ModelManagerError, trace_of
from model_manager.core.words import tr
from model_manager.core.work import Work

log = logging.getLogger(__name__)


class Pool(Enum):
    """Kinds of work, each with its own threads so that one never waits for another."""

    READ = "read"
    SCAN = "scan"
    WRITE = "write"
    BULK = "bulk"
    COMPARE = "compare"
    THUMBNAILS = "thumbnails"
    NET = "net"


def _threads(pool: Pool) -> int:
    """READ serves the person's clicks, SCAN, WRITE, BULK (writes that take minutes) and COMPARE (reads that take as long) are single
    file, NET waits for sites.

    Pictures take all cores but one, yet two where there are two.
    """
    pictures = max(2, (os.cpu_count() or 2) - 1)
    return {Pool.READ: 2, Pool.SCAN: 1, Pool.WRITE: 1, Pool.BULK: 1, Pool.COMPARE: 1, Pool.THUMBNAILS: pictures, Pool.NET: 4}[pool]


class Job:
    """One call under way. Keep it to cancel it; forgetting it is fine."""

    __slots__ = ("number", "work")

    def __init__(self, number: int, work: Work) -> None:
        self.number, self.work = number, work

    def cancel(self) -> None:
        """Stop as soon as the function looks; nothing is delivered any more."""
        self.work.cancel()


class _Waiting(NamedTuple):
    """Who gets the result. Kept on the GUI thread: a worker that drops the last hold on a QObject destroys it in the wrong thread."""

    job: Job
    done: Callable[[Any], None]
    failed: Callable[[ModelManagerError], None] | None
    hears_of_stopped: bool


class _Runnable(QRunnable):
    def __init__(self, runner: "Runner", job: Job, function: Callable[..., Any], args: tuple[Any, ...], is_told: bool) -> None:
        """`is_told`: whether the words of a fault that nobody foresaw may go into the log and before the person."""
        super().__init__()
        self._runner, self._job, self._function, self._args, self._is_told = runner, job, function, args, is_told

    def run(self) -> None:
        result: Any = None
        fault: ModelManagerError | None = None
        try:
            self._job.work.check()
            result = self._function(*self._args)
        except ModelManagerError as caught:
            fault = caught
        except Exception as caught:
            name = getattr(self._function, "__name__", self._function)
            if self._is_told:
                log.exception("A job failed: %s", name)
            else:
                log.error("A job failed: %s\n%s", name, trace_of(caught))
            what = caught if self._is_told else type(caught).__name__
            fault = ModelManagerError(tr("Something unexpected went wrong: {what}. The log has the details.", what=what))
        self._runner._ended.emit(self._job.number, result, fault)


class Runner(QObject):
    """Runs plain functions in pools and gives back results on the GUI thread."""

    problem_raised = Signal(object)  # ModelManagerError that no caller took care of
    _ended = Signal(int, object, object)
    _relayed = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pools: dict[Pool, QThreadPool] = {}
        self._live: dict[int, _Waiting] = {}
        self._relays: dict[Callable[..., None], int] = {}
        self._is_closed = False
        self._newest = 0
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        self._relayed.connect(self._on_relayed, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        pool: Pool,
        function: Callable[..., Any],
        *args: Any,
        done: Callable[[Any], None],
        failed: Callable[[ModelManagerError], None] | None = None,
        work: Work | None = None,
        hears_of_stopped: bool = False,
    ) -> Job:
        """Run `function(*args)` in `pool`; then call `done(result)` or `failed(error)` on the GUI thread.

        With `work` given, pass it in `args` too if the function wants to look at it. Thumbnails run newest first.
        hears_of_stopped: what a function returns that was stopped on its way is delivered too.
        """
        self._newest += 1
        job = Job(self._newest, work or Work())
        if self._is_closed:
            job.cancel()
            return job
        self._live[job.number] = _Waiting(job, done, failed, hears_of_stopped)
        runnable = _Runnable(self, job, function, args, is_told=pool is not Pool.NET)
        self._threads_of(pool).start(runnable, self._newest if pool is Pool.THUMBNAILS else 0)
        return job

    def relay(self, slot: Callable[..., None]) -> Callable[..., None]:
        """Return a function that workers may call from any thread; `slot` gets the same arguments on the GUI thread."""
        number = self._relays.setdefault(slot, len(self._relays))
        return lambda *values: self._relayed.emit(number, values)

    def work(self, progress: Callable[[str, int, int], None]) -> Work:
        """Make a Work whose reports arrive at `progress(text, done, total)` on the GUI thread."""
        return Work(self.relay(progress))

    @property
    def is_idle(self) -> bool:
        """True when nothing runs and nothing waits to be delivered."""
        return not self._live

    def close(self, seconds: float = 5.0) -> bool:
        """Refuse new work, drop what waits, cancel what runs, wait at most `seconds`; True if all ended."""
        self._is_closed = True
        for waiting in self._live.values():
            waiting.job.cancel()
        for pool in self._pools.values():
            pool.clear()
        until = time.monotonic() + seconds
        ended = [pool.waitForDone(max(0, int((until - time.monotonic()) * 1000))) for pool in self._pools.values()]
        self._live.clear()
        return all(ended)

    def _threads_of(self, pool: Pool) -> QThreadPool:
        if pool not in self._pools:
            threads = QThreadPool(self)
            threads.setMaxThreadCount(_threads(pool))
            self._pools[pool] = threads
        return self._pools[pool]

    @Slot(int, object, object)
    def _on_ended(self, number: int, result: object, fault: ModelManagerError | None) -> None:
        waiting = self._live.pop(number, None)
        if waiting is None or isinstance(fault, Cancelled) or self._is_closed:
            return
        if waiting.job.work.is_cancelled and not waiting.hears_of_stopped:
            return
        if fault is None:
            waiting.done(result)
        elif waiting.failed is not None:
            waiting.failed(fault)
        else:
            self.problem_raised.emit(fault)

    @Slot(int, object)
    def _on_relayed(self, number: int, values: tuple[Any, ...]) -> None:
        if self._is_closed:
            return
        for slot, known in self._relays.items():
            if known == number:
                slot(*values)
                return

"""The one runner: a plain function in, a result or an error out, delivered on the GUI thread.

The only module that names QThreadPool and QRunnable. Functions get what they need as arguments; cancel and progress travel in
a `Work`. The runner lives as long as the program and owns the signals: runnables that own theirs lose results.
"""

import logging
import os
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from model_manager.core.errors import Cancelled, ModelManagerError
from model_manager.core.words import tr
from model_manager.core.work import Work

log = logging.getLogger(__name__)


class Pool(Enum):
    """Kinds of work, each with its own threads so that one never waits for another."""

    READ = "read"
    SCAN = "scan"
    WRITE = "write"
    THUMBNAILS = "thumbnails"


def _threads(pool: Pool) -> int:
    """READ serves the person's clicks, SCAN and WRITE are single file, pictures take all cores but one, yet two where there are two."""
    return {Pool.READ: 2, Pool.SCAN: 1, Pool.WRITE: 1, Pool.THUMBNAILS: max(2, (os.cpu_count() or 2) - 1)}[pool]


class Job:
    """One call under way. Keep it to cancel it; forgetting it is fine."""

    __slots__ = ("args", "done", "failed", "function", "work")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        done: Callable[[Any], None],
        failed: Callable[[ModelManagerError], None] | None,
        work: Work,
    ) -> None:
        self.function, self.args, self.done, self.failed, self.work = function, args, done, failed, work

    def cancel(self) -> None:
        """Stop as soon as the function looks; nothing is delivered any more."""
        self.work.cancel()


class _Runnable(QRunnable):
    def __init__(self, runner: "Runner", job: Job) -> None:
        super().__init__()
        self._runner, self._job = runner, job

    def run(self) -> None:
        job, runner = self._job, self._runner
        result: Any = None
        fault: ModelManagerError | None = None
        try:
            job.work.check()
            result = job.function(*job.args)
        except ModelManagerError as caught:
            fault = caught
        except Exception as caught:
            log.exception("A job failed: %s", getattr(job.function, "__name__", job.function))
            fault = ModelManagerError(tr("Something unexpected went wrong: {what}. The log has the details.", what=caught))
        runner._ended.emit(job, result, fault)


class Runner(QObject):
    """Runs plain functions in pools and gives back results on the GUI thread."""

    problem_raised = Signal(object)  # ModelManagerError that no caller took care of
    _ended = Signal(object, object, object)
    _relayed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pools: dict[Pool, QThreadPool] = {}
        self._live: set[Job] = set()
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
    ) -> Job:
        """Run `function(*args)` in `pool`; then call `done(result)` or `failed(error)` on the GUI thread.

        With `work` given, pass it in `args` too if the function wants to look at it. Thumbnails run newest first.
        """
        job = Job(function, args, done, failed, work or Work())
        if self._is_closed:
            job.cancel()
            return job
        self._live.add(job)
        self._newest += 1
        self._threads_of(pool).start(_Runnable(self, job), self._newest if pool is Pool.THUMBNAILS else 0)
        return job

    def relay(self, slot: Callable[..., None]) -> Callable[..., None]:
        """Return a function that workers may call from any thread; `slot` gets the same arguments on the GUI thread."""
        return lambda *values: self._relayed.emit(slot, values)

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
        for job in self._live:
            job.cancel()
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

    @Slot(object, object, object)
    def _on_ended(self, job: Job, result: object, fault: ModelManagerError | None) -> None:
        self._live.discard(job)
        if job.work.is_cancelled or isinstance(fault, Cancelled) or self._is_closed:
            return
        if fault is None:
            job.done(result)
        elif job.failed is not None:
            job.failed(fault)
        else:
            self.problem_raised.emit(fault)

    @Slot(object, object)
    def _on_relayed(self, slot: Callable[..., None], values: tuple[Any, ...]) -> None:
        if not self._is_closed:
            slot(*values)

"""Kinds of tasks for the tests, and an engine with what its listener heard.

The work is on real files: `write` makes one piece after the other and goes on where a former run, even a killed one, ended.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import Task, may

PIECE = b"0123456789abcdef" * 64
SECONDS = 50.0


class Faults:
    """What the next runs of a task meet, by its key."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[BaseException]] = defaultdict(list)

    def meet(self, key: str) -> None:
        if self.waiting[key]:
            raise self.waiting[key].pop(0)


class Kinds:
    """The kinds `write`, `hang` and `hold`; counts what they did."""

    def __init__(self, folder: Path, at_once: int = 2, stalled_seconds: float = 0.0) -> None:
        self.folder, self.at_once, self.stalled_seconds = folder, at_once, stalled_seconds
        self.faults = Faults()
        self.cleaning: list[BaseException] = []
        self.cleaned: list[int] = []
        self.begun: list[str] = []
        self.under_way = self.most_under_way = 0
        self.release = threading.Event()  # lets go what hangs and what is held
        self.lock = threading.Lock()

    def all(self) -> list[TaskKind]:
        return [
            TaskKind(name, self._counted(function), self.clean, lambda: self.at_once, self.stalled_seconds)
            for name, function in (("write", self.write), ("hang", self.hang), ("hold", self.hold))
        ]

    def _counted(self, function: Callable[[Running], str]) -> Callable[[Running], str]:
        def run(running: Running) -> str:
            with self.lock:
                self.begun.append(running.task.key)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                return function(running)
            finally:
                with self.lock:
                    self.under_way -= 1

        return run

    def path_of(self, task: Task) -> Path:
        return self.folder / f"{task.key}.bin"

    def write(self, running: Running) -> str:
        """Write `pieces` pieces into a file beside, going on where it ended, and rename it."""
        path = self.path_of(running.task)
        part, pieces = path.with_suffix(".part"), running.task.payload.get("pieces", 4)
        done = part.stat().st_size // len(PIECE) if part.exists() else 0
        if path.exists():
            return "was there"
        with open(part, "r+b" if done else "wb") as file:
            file.truncate(done * len(PIECE))
            file.seek(0, 2)
            for at in range(done, pieces):
                running.work.check()
                running.tell(at * len(PIECE), pieces * len(PIECE))
                if at >= pieces // 2:
                    self.faults.meet(running.task.key)
                file.write(PIECE)
                file.flush()
                time.sleep(running.task.payload.get("pause", 0))
        running.verifying()
        assert part.read_bytes() == PIECE * pieces
        running.tell(pieces * len(PIECE), pieces * len(PIECE))
        part.rename(path)
        running.save(path=str(path))
        return "written"

    def hang(self, running: Running) -> str:
        """Hear nothing of a stop."""
        running.tell(1, 2)
        self.release.wait(SECONDS)
        running.tell(2, 2)
        running.save({"late": True}, title="late")
        return "late"

    def hold(self, running: Running) -> str:
        """Wait for the release, or for a stop."""
        running.tell(1, 2)
        while not self.release.wait(0.01):
            running.work.check()
        self.faults.meet(running.task.key)
        return "held"

    def clean(self, task: Task) -> None:
        self.cleaned.append(task.id)
        if self.cleaning:
            raise self.cleaning.pop(0)
        self.path_of(task).with_suffix(".part").unlink(missing_ok=True)


class Heard:
    """A listener that knows at each moment what a view of the tasks would show."""

    def __init__(self) -> None:
        self.shown: dict[int, Task] = {}
        self.changes: list[tuple[int, str, str]] = []
        self.removed: list[int] = []
        self.told: list[str] = []
        self.batches = 0

    def take(self, tasks: Sequence[Task], removed: Sequence[int]) -> None:
        self.batches += 1
        for task in tasks:
            before = self.shown.get(task.id)
            if before is None or before.state != task.state:
                self.changes.append((task.id, before.state if before else "", task.state))
            self.shown[task.id] = task
        for id_ in removed:
            self.removed.append(id_)
            del self.shown[id_]

    def states(self, id_: int) -> list[str]:
        return [after for task, _, after in self.changes if task == id_]


@contextmanager
def running_engine(folder: Path, kinds: Sequence[TaskKind], heard: Heard | None = None, **start: Any) -> Iterator[Engine]:
    """An engine that is closed in the end, whatever happens."""
    heard = heard or Heard()
    engine = Engine(folder, kinds, heard.take, heard.told.append)
    engine.start(**start)
    try:
        engine.ready()
        yield engine
    finally:
        engine.close()


def until(condition: Callable[[], Any], text: str = "") -> None:
    """Wait until something is so."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, text or "it never became so"
        time.sleep(0.01)


def state_of(engine: Engine, id_: int) -> str:
    task = engine.task(id_)
    return task.state if task else ""


def check_history(engine: Engine, id_: int) -> list[str]:
    """Every change is one the table has, begins where the one before ended, and has its time; gives the states."""
    changes = engine.history(id_)
    assert changes and (changes[0].before, changes[0].after) == ("", "queued")
    for before, after in pairwise(changes):
        assert before.after == after.before and may(after.before, after.after) and before.time <= after.time
    return [change.after for change in changes]

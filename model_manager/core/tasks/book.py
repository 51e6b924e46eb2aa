"""The records of all tasks in memory, the runs under way here, and the store below them.

Used by the desk (what people ask for) and the shift (what is worked on), in the engine's thread; only `records` is read by others,
under `lock`. Whatever touches the store may raise StoreFault or StoreDamaged.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from model_manager.core.alone import alone
from model_manager.core.tasks import owners
from model_manager.core.tasks.running import Run
from model_manager.core.tasks.states import QUEUED, REMOVE, WAITING, Task
from model_manager.core.tasks.store import FILE_NAME, Store, StoreDamaged, StoreFault, is_sound, salvaged, set_aside
from model_manager.core.words import tr
from model_manager.core.work import Work


class Book:
    """What is known of the tasks. told: takes sentences for the person."""

    def __init__(self, folder: Path, told: Callable[[str], None]) -> None:
        self.folder, self.told = folder, told
        self.records: dict[int, Task] = {}
        # the same records where they are looked for ten times a second; there may be thousands of each
        self.queued: dict[str, dict[int, Task]] = {}  # by kind
        self.waiting: dict[int, Task] = {}
        self.chores: dict[int, Task] = {}  # a clean-up is owed
        self.owned: dict[int, Task] = {}  # somebody has it in hand
        self.lock = threading.Lock()
        self.runs: dict[int, Run] = {}
        self.tended: set[int] = set()  # tasks that were commanded here; their clean-up is done here, too
        self._store: Store | None = None
        self._owner: owners.Owner | None = None
        self._news: list[Task] = []
        self._gone: list[int] = []

    # the store below

    def store(self) -> Store:
        """The open store; opens it, or begins a new one where it is damaged."""
        if self._store is None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._store = Store(self.folder / FILE_NAME)
                self.take_news()
            except StoreDamaged:
                self.renew()
            except OSError as fault:
                raise StoreFault(tr("The task list cannot be kept in the data folder.")) from fault
        assert self._store is not None
        return self._store

    def renew(self) -> None:
        """Set the damaged store aside (unless another copy of the program just did) and put what is known into a new one."""
        path = self.folder / FILE_NAME
        if self._store is not None:
            self._store.close()
            self._store = None
        with alone(self.folder / "tasks.lock", Work()):
            known = list(self.records.values())
            if not is_sound(path):
                known += salvaged(path)
                name = set_aside(path).name
                self.told(tr("The task list was damaged. It was kept as {name}, and a new one was begun.", name=name))
            store = Store(path)
            store.restore(known)
        self._store = store
        self.take_news()

    def token(self) -> str:
        """What stands as owner in the tasks that are worked on here."""
        if self._owner is None:
            owners.tidy(self.folder)
            self._owner = owners.Owner(self.folder)
        return self._owner.token

    def is_mine(self, task: Task) -> bool:
        """Whether the task is in our hands."""
        return self._owner is not None and task.owner == self._owner.token

    def is_own(self, token: str) -> bool:
        """Whether this is our token."""
        return self._owner is not None and token == self._owner.token

    def close(self, is_all_over: bool) -> None:
        """Close the store. Tasks that may still be worked on here stay in our hands until the process ends."""
        if self._store is not None:
            self._store.close()
        if self._owner is not None and is_all_over:
            self._owner.end()

    # what changed

    def take_changes(self) -> tuple[list[Task], list[int]]:
        """The records that changed since the last time, in the order of their changes, and the ids that are gone."""
        found = self._news, self._gone
        self._news, self._gone = [], []
        return found

    def note(self, task: Task) -> Task:
        """Take in a record as it is now."""
        is_hidden = task.chore == REMOVE
        before = self.records.get(task.id)
        with self.lock:
            self.records[task.id] = task
        self._sort(before, task)
        if not is_hidden:
            self._news.append(task)
            self._gone = [id_ for id_ in self._gone if id_ != task.id]  # taken back before anybody heard of it
        elif before is not None and before.chore != REMOVE:
            self._gone.append(task.id)
        return task

    def _sort(self, before: Task | None, after: Task | None) -> None:
        if before is not None:
            for place in self._places(before):
                place.pop(before.id, None)
        if after is not None:
            for place in self._places(after):
                place[after.id] = after

    def _places(self, task: Task) -> Iterator[dict[int, Task]]:
        if task.state == QUEUED:
            yield self.queued.setdefault(task.kind, {})
        if task.state == WAITING:
            yield self.waiting
        if task.chore:
            yield self.chores
        if task.owner:
            yield self.owned

    def drop(self, id_: int) -> None:
        """Forget a task."""
        with self.lock:
            task = self.records.pop(id_, None)
        self._sort(task, None)
        if task is not None and task.chore != REMOVE:
            self._gone.append(id_)

    def take_news(self) -> None:
        """Take in what other processes wrote."""
        assert self._store is not None
        tasks, ids = self._store.news()
        for task in tasks:
            run = self.runs.get(task.id)
            if run is not None and self.is_mine(task):
                told = {name: getattr(task, name) for name in ("wish", "chore", "priority", "place")}
                if any(getattr(run.task, name) != value for name, value in told.items()):
                    run.task = self.note(replace(run.task, **told))
                    self.obey(run)
            elif task != self.records.get(task.id):
                self.note(task)
        for id_ in self.records.keys() - ids:
            self.drop(id_)
        for run in [run for id_, run in self.runs.items() if id_ not in ids or not self.is_mine(self.records[id_])]:
            self.forsake(run)

    def obey(self, run: Run) -> None:
        """Stop a run if that is wished."""
        if run.task.wish:
            self.stop(run, run.task.wish)

    def stop(self, run: Run, stop: str) -> None:
        """Ask a run to stop; what a person wishes comes first."""
        if not run.stop:
            run.stop_at = time.monotonic()
        run.stop = stop if not run.task.wish else run.task.wish
        run.work.cancel()

    def forsake(self, run: Run) -> None:
        """Nothing that this run says counts any more."""
        run.is_revoked = True
        run.work.cancel()
        self.runs.pop(run.task.id, None)

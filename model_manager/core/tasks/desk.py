"""The engine's desk: the records of all tasks, the store below them and the runs under way. It decides; it starts no thread itself.

Used by the engine, in the engine's own thread; only `records` is read by others, under `lock`. All methods but `__init__` may touch the
disk and raise StoreFault or StoreDamaged; nothing is lost then, the next `step` does what could not be done.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from model_manager.core.alone import alone
from model_manager.core.errors import Cancelled, NetworkFault, NoRoom
from model_manager.core.tasks import faults, owners, queue
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.running import Run
from model_manager.core.tasks.states import (
    ACTIVE,
    ANEW,
    CANCEL,
    CANCELLED,
    CLEAN,
    DONE,
    ENDED,
    QUEUED,
    REMOVE,
    REQUEUE,
    RUNNING,
    WAITING,
    Change,
    Task,
)
from model_manager.core.tasks.store import FILE_NAME, Store, StoreDamaged, StoreFault, is_sound, set_aside
from model_manager.core.words import tr
from model_manager.core.work import Work

SAVE_SECONDS: Final = 2.0  # progress is stored this often
LOOK_SECONDS: Final = 3.0  # dead owners are looked for this often
STOP_SECONDS: Final = 10.0  # how long a run that was asked to stop may take before it is left behind
GHOST_SECONDS: Final = 600.0  # how long a run that was left behind keeps its task from being begun again


class Desk:
    """What the engine knows. start: begins a run or a chore in a thread of its own; told: takes sentences for the person."""

    def __init__(
        self, folder: Path, kinds: Sequence[TaskKind], start: Callable[[Run, TaskKind, bool], None], told: Callable[[str], None]
    ) -> None:
        self.records: dict[int, Task] = {}
        self.lock = threading.Lock()
        self.only: set[int] | None = None  # the tasks this engine works on; None: all
        self.is_closing = False
        self._folder, self._start, self._told = folder, start, told
        self._kinds = {kind.name: kind for kind in kinds}
        self._store: Store | None = None
        self._owner: owners.Owner | None = None
        self._runs: dict[int, Run] = {}
        self._chores: dict[int, Run] = {}
        self._ghosts: list[tuple[Run, float]] = []
        self._tended: set[int] = set()  # tasks that were commanded here; their chores are done here, too
        self._look_at = 0.0
        self._news: list[Task] = []
        self._gone: list[int] = []

    # the store below

    def store(self) -> Store:
        """The open store; opens it, or begins a new one where it is damaged."""
        if self._store is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._store = Store(self._folder / FILE_NAME)
                self._take_news()
            except StoreDamaged:
                self.renew()
            except OSError as fault:
                raise StoreFault(tr("The task list cannot be kept in the data folder.")) from fault
        assert self._store is not None
        return self._store

    def renew(self) -> None:
        """Set the damaged store aside (unless another copy of the program just did) and put what is known into a new one."""
        path = self._folder / FILE_NAME
        if self._store is not None:
            self._store.close()
            self._store = None
        with alone(self._folder / "tasks.lock", Work()):
            if not is_sound(path):
                name = set_aside(path).name
                self._told(tr("The task list was damaged. It was kept as {name}, and a new one was begun.", name=name))
            store = Store(path)
            store.restore(list(self.records.values()))
        self._store = store
        self._take_news()

    def _token(self) -> str:
        if self._owner is None:
            owners.tidy(self._folder)
            self._owner = owners.Owner(self._folder)
        return self._owner.token

    def _is_mine(self, task: Task) -> bool:
        return self._owner is not None and task.owner == self._owner.token

    def finish(self) -> None:
        """End: what still runs is left behind and goes back to the queue; close the store."""
        if self._store is not None:
            for run in [run for run in self._runs.values() if not run.is_over]:
                self._leave_behind(run)
            self._settle_ended()
            self._store.close()
        if self._owner is not None and not (self._ghosts or self._chores):
            self._owner.end()  # else it ends with the process, so that nobody begins what a thread of ours may still do

    # what changed

    def take_changes(self) -> tuple[list[Task], list[int]]:
        """The records that changed since the last time, in the order of their changes, and the ids that are gone."""
        found = self._news, self._gone
        self._news, self._gone = [], []
        return found

    def _note(self, task: Task) -> Task:
        is_hidden = task.chore == REMOVE
        before = self.records.get(task.id)
        with self.lock:
            self.records[task.id] = task
        if not is_hidden:
            self._news.append(task)
        elif before is not None and before.chore != REMOVE:
            self._gone.append(task.id)
        return task

    def _drop(self, id_: int) -> None:
        with self.lock:
            task = self.records.pop(id_, None)
        if task is not None and task.chore != REMOVE:
            self._gone.append(id_)

    def _take_news(self) -> None:
        """Take in what other processes wrote."""
        assert self._store is not None
        tasks, ids = self._store.news()
        for task in tasks:
            run = self._runs.get(task.id)
            if run is not None and self._is_mine(task):
                told = {name: getattr(task, name) for name in ("wish", "chore", "priority", "place")}
                if any(getattr(run.task, name) != value for name, value in told.items()):
                    run.task = self._note(replace(run.task, **told))
                    self._obey(run)
            elif task != self.records.get(task.id):
                self._note(task)
        for id_ in self.records.keys() - ids:
            self._drop(id_)
        for run in [run for id_, run in self._runs.items() if id_ not in ids or not self._is_mine(self.records[id_])]:
            self._forsake(run, 0.0)

    # what people ask for

    def add(self, kind: str, key: str, title: str, payload: Mapping[str, Any], values: Mapping[str, Any]) -> Task:
        """See Engine.add."""
        task, replaced = self.store().add(kind, key, title, payload, **values)
        if replaced:
            self._drop(replaced)
        run = self._runs.get(task.id)
        if run is not None:
            run.task = task = replace(run.task, wish=task.wish)
        return self._note(task)

    def command(self, name: str, ids: Collection[int] | None) -> list[int]:
        """Carry out a command of queue.COMMANDS for these tasks, or for all; returns the ids of those it made a difference to."""
        self.store()
        return [id_ for id_ in self._chosen(ids) if self._commanded(queue.COMMANDS[name], id_, ids is not None)]

    def _chosen(self, ids: Collection[int] | None) -> list[int]:
        named = queue.in_order(list(self.records.values()))
        return [task.id for task in named if task.chore != REMOVE and (ids is None or task.id in ids)]

    def _commanded(self, command: queue.Command, id_: int, is_named: bool) -> bool:
        task = self.store().get(id_)
        if task is None or not command.touches(task, is_named):
            return False
        self._tended.add(id_)
        if task.state in ACTIVE:
            wish = command.wishes[task.wish]
            found = self.store().keep(id_, lambda now: now.state in ACTIVE and now.wish == task.wish, wish=wish)
        else:
            after = command.moves[task.state]
            values: dict[str, Any] = {"chore": CLEAN} if after == CANCELLED else {}
            if after == QUEUED:
                values = {"tries": 0, "busy": 0}
            found = self.store().change(id_, after, lambda now: now.state == task.state, **values)
        if found is None:  # another process was faster
            return self._commanded(command, id_, is_named)
        run = self._runs.get(id_)
        if run is None:
            self._note(found)
        else:
            run.task = self._note(replace(run.task, wish=found.wish))
            self._obey(run)
        return True

    def clear(self, ids: Collection[int] | None) -> list[int]:
        """Forget ended tasks, after what failed ones left was cleaned up; returns their ids."""
        store, cleared = self.store(), []
        for id_ in self._chosen(ids):
            task = store.get(id_)
            if task is None or task.state not in ENDED:
                continue
            cleared.append(id_)
            self._tended.add(id_)
            if task.state == DONE or (task.state == CANCELLED and not task.chore and not task.owner):
                store.remove(id_, lambda now: now.state in (DONE, CANCELLED))
                self._drop(id_)
            elif (found := store.keep(id_, lambda now: now.state in ENDED, chore=REMOVE)) is not None:
                self._note(found)
        return cleared

    def move(self, id_: int, index: int) -> None:
        """See Engine.move."""
        store, tasks = self.store(), [task for task in self.records.values() if task.chore != REMOVE]
        found = queue.moved(tasks, id_, index)
        if found is None:  # no number between the two is left
            for place, task in enumerate(queue.in_order(tasks), 1):
                self._keep(task.id, place=float(place))
            found = queue.moved([self.records[task.id] for task in tasks if task.id in self.records], id_, index)
        if found is not None and store.get(id_) is not None:
            self._keep(id_, priority=found[0], place=found[1])

    def set_priority(self, id_: int, priority: int) -> None:
        """See Engine.set_priority."""
        self.store()
        self._keep(id_, priority=priority)

    def _keep(self, id_: int, **values: Any) -> None:
        if self.store().keep(id_, **values) is None:
            return
        run = self._runs.get(id_)
        task = replace(self.records[id_] if run is None else run.task, **values)
        self._note(task)
        if run is not None:
            run.task = task

    def history(self, id_: int) -> list[Change]:
        """See Engine.history."""
        return self.store().history(id_)

    def take_up(self, ids: Collection[int]) -> None:
        """Work on these tasks, too, where only named ones are worked on."""
        if self.only is not None:
            self.only |= set(ids)

    # what runs say

    def change_run(self, run: Run, state: str) -> None:
        """A run goes from running to verifying, or back."""
        if run.is_revoked or run.task.state == state:
            return
        run.alive_at = time.monotonic()
        task = self.store().change(run.task.id, state, self._is_mine, done=run.done, total=run.total, note=run.note)
        if task is not None:
            run.task = self._note(task)

    def save_run(self, run: Run, values: Mapping[str, Any]) -> None:
        """A run has something to keep."""
        if run.is_revoked:
            return
        run.alive_at = time.monotonic()
        run.unsaved |= values
        run.task = self._note(replace(run.task, **values))
        self._save(run)

    def _save(self, run: Run) -> None:
        run.saved_at = time.monotonic()
        task = run.task
        values = {"done": task.done, "total": task.total, "note": task.note, "speed": task.speed, **run.unsaved}
        self.store().keep(task.id, self._is_mine, **values)
        run.unsaved = {}

    # one round

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way here."""
        return not self._runs and not self._chores and not any(self._has_chore(task) for task in self.records.values())

    @property
    def has_runs(self) -> bool:
        """Whether there is progress to look at."""
        return bool(self._runs or self._chores)

    def stop_all(self) -> None:
        """Begin nothing more and ask all runs to stop; they go back to the queue."""
        self.is_closing = True
        for run in self._runs.values():
            self._stop(run, REQUEUE)

    def step(self) -> None:
        """Do all that is to be done now."""
        if self.store().is_changed():
            self._take_news()
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._look_for_dead()
        self._settle_ended()
        for run in list(self._runs.values()):
            self._watch(run, now)
        self._free_ghosts(now)
        self._do_chores()
        if not self.is_closing:
            self._wake()
            self._begin()

    def _look_for_dead(self) -> None:
        """Take tasks out of the hands of processes that ended without a word."""
        own = "" if self._owner is None else self._owner.token
        for token in {task.owner for task in self.records.values()} - {"", own}:
            if not owners.is_alive(self._folder, token):
                for task in [task for task in self.records.values() if task.owner == token]:
                    self._free(task)

    def _free(self, task: Task) -> None:
        def is_same(now: Task) -> bool:
            return now.owner == task.owner and now.state == task.state

        if task.state not in ACTIVE:
            found = self.store().keep(task.id, is_same, owner="")
            if found is not None:
                self._note(found)
            return
        self._change(task, queue.STOPS[task.wish or REQUEUE], is_same, tr("The program ended before it was finished."), {})

    def _change(
        self, task: Task, states: Sequence[str], when: Callable[[Task], bool], why: str, values: Mapping[str, Any], owner: str = ""
    ) -> bool:
        """Let the work on a task end in these states, one after the other; says whether it did."""
        for place, state in enumerate(states):
            chore = {"chore": CLEAN} if state == CANCELLED else {}
            found = self.store().change(task.id, state, None if place else when, why, **{**values, **chore, "owner": owner})
            if found is None:
                return False
            self._note(found)
        return True

    def _obey(self, run: Run) -> None:
        if run.task.wish:
            self._stop(run, run.task.wish)

    def _stop(self, run: Run, stop: str) -> None:
        if not run.stop:
            run.stop_at = time.monotonic()
        run.stop = stop if not run.task.wish else run.task.wish
        run.work.cancel()

    def _settle_ended(self) -> None:
        for run in [run for run in self._runs.values() if run.is_over]:
            self._settle(run, "")
            del self._runs[run.task.id]
        for run in [run for run in self._chores.values() if run.is_over]:
            self._settle_chore(run)
            del self._chores[run.task.id]

    def _settle(self, run: Run, owner: str) -> None:
        """Write down how a run ended. owner: who keeps the task in hand, our token for a run that is left behind."""
        states, values = self._end_of(run)
        last = {"done": run.done, "total": run.total, "note": run.note, **run.unsaved}
        self._change(run.task, states, self._is_mine, "", {**last, **values}, owner)

    def _end_of(self, run: Run) -> tuple[Sequence[str], dict[str, Any]]:
        if run.closing is not None:
            return (DONE,), {"note": run.closing}
        is_stopped = isinstance(run.fault, Cancelled | NetworkFault | NoRoom)
        if run.stop in queue.STOPS and (is_stopped or run.stop in (CANCEL, ANEW)):
            return queue.STOPS[run.stop], {}
        if run.stop == faults.STALLED and is_stopped:
            verdict = faults.after_standstill(run.task, run.stalled_seconds, run.furthest)
        else:
            fault = None if isinstance(run.fault, Cancelled) else run.fault  # nobody asked it to stop
            verdict = faults.after_fault(run.task, fault, run.furthest, time.time(), random.random)
        return (verdict.state,), verdict.values

    def _watch(self, run: Run, now: float) -> None:
        """Take in the progress of a run, store it now and then, and see whether it still moves."""
        speed = round(run.meter.speed(run.done, now), 1) if run.is_told else 0.0
        task = replace(run.task, done=run.done, total=run.total, note=run.note, speed=speed)
        if task != run.task:
            run.task = self._note(task)
        if now - run.saved_at >= SAVE_SECONDS and (run.unsaved or run.is_told):
            self._save(run)
        if not run.stop and 0 < run.stalled_seconds < now - run.alive_at:
            self._stop(run, faults.STALLED)
        if run.stop and now - run.stop_at > STOP_SECONDS:
            self._leave_behind(run)

    def _leave_behind(self, run: Run) -> None:
        """Go on without a run that does not stop; its task stays in our hands until the thread has ended, or for a good while."""
        run.fault = Cancelled()
        run.stop = run.stop or REQUEUE
        run.is_revoked = True
        self._settle(run, self._token())
        self._forsake(run, time.monotonic() + GHOST_SECONDS)

    def _forsake(self, run: Run, until: float) -> None:
        run.is_revoked = True
        run.work.cancel()
        self._runs.pop(run.task.id, None)
        if until:
            self._ghosts.append((run, until))

    def _free_ghosts(self, now: float) -> None:
        for ghost in [ghost for ghost in self._ghosts if ghost[0].is_over or now > ghost[1]]:
            found = self.store().keep(ghost[0].task.id, self._is_mine, owner="")
            self._ghosts.remove(ghost)
            if found is not None:
                self._note(found)

    def _is_ours(self, task: Task) -> bool:
        return self.only is None or task.id in self.only

    def _wake(self) -> None:
        now = time.time()
        for task in [task for task in self.records.values() if task.state == WAITING and task.due <= now and self._is_ours(task)]:
            found = self.store().change(task.id, QUEUED, lambda this: this.state == WAITING and this.due <= now)
            if found is not None:
                self._note(found)

    def _begin(self) -> None:
        busy: dict[str, int] = {}
        for run in self._runs.values():
            busy[run.task.kind] = busy.get(run.task.kind, 0) + 1
        limits = {name: kind.at_once() for name, kind in self._kinds.items()}
        for task in queue.next_ones([task for task in self.records.values() if self._is_ours(task)], busy, limits):
            found = self.store().change(task.id, RUNNING, queue.is_free, owner=self._token(), note="")
            if found is not None:  # else another process was faster; its news will come
                kind = self._kinds[found.kind]
                run = self._runs[found.id] = Run(self._note(found), kind.stalled_seconds)
                self._start(run, kind, False)

    def _has_chore(self, task: Task) -> bool:
        is_here = self._is_ours(task) or task.id in self._tended
        return bool(task.chore) and not task.owner and task.kind in self._kinds and is_here and task.state not in ACTIVE

    def _do_chores(self) -> None:
        for task in [task for task in self.records.values() if self._has_chore(task)]:
            found = self.store().keep(task.id, lambda now: bool(now.chore) and not now.owner, owner=self._token())
            if found is not None:
                run = self._chores[found.id] = Run(self._note(found), 0.0)
                self._start(run, self._kinds[found.kind], True)

    def _settle_chore(self, run: Run) -> None:
        if run.closing is None:
            reason = tr("the log says more.") if run.fault is None else run.fault.text
            self._told(tr("What {title} left could not be removed: {reason}", title=run.task.title, reason=reason))
            run.closing = ""
        id_ = run.task.id
        if self.store().remove(id_, lambda now: self._is_mine(now) and now.chore == REMOVE):
            self._drop(id_)
        elif (found := self.store().keep(id_, self._is_mine, owner="", chore="")) is not None:
            self._note(found)

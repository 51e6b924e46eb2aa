"""The work on the tasks: which begin, how those under way fare, how they end, what is left to clean up. It starts no thread itself.

Used by the engine, in its own thread. Everything may raise StoreFault or StoreDamaged; nothing is lost then, the next `step` does what
could not be done.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from model_manager.core.errors import Cancelled, NetworkFault, NoRoom
from model_manager.core.tasks import faults, owners, queue
from model_manager.core.tasks.book import Book
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.running import Run
from model_manager.core.tasks.states import ACTIVE, ANEW, CANCEL, CANCELLED, CLEAN, DONE, QUEUED, REMOVE, REQUEUE, RUNNING, WAITING, Task
from model_manager.core.words import tr

SAVE_SECONDS: Final = 2.0  # progress is stored this often
LOOK_SECONDS: Final = 3.0  # dead owners are looked for this often
STOP_SECONDS: Final = 10.0  # how long a run that was asked to stop may take before it is left behind
GHOST_SECONDS: Final = 600.0  # how long a run that was left behind keeps its task from being begun again


class Shift:
    """Works on the tasks of a book. start: begins a run, or (True) a clean-up, in a thread of its own."""

    def __init__(self, book: Book, kinds: Sequence[TaskKind], start: Callable[[Run, TaskKind, bool], None]) -> None:
        self.only: set[int] | None = None  # the tasks this engine works on; None: all
        self.is_closing = False
        self._book, self._start = book, start
        self._kinds = {kind.name: kind for kind in kinds}
        self._chores: dict[int, Run] = {}
        self._ghosts: list[tuple[Run, float]] = []
        self._look_at = 0.0

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
        task = self._book.store().change(run.task.id, state, self._book.is_mine, done=run.done, total=run.total, note=run.note)
        if task is not None:
            run.task = self._book.note(task)

    def save_run(self, run: Run, values: Mapping[str, Any]) -> None:
        """A run has something to keep."""
        if run.is_revoked:
            return
        run.alive_at = time.monotonic()
        run.unsaved |= values
        run.task = self._book.note(replace(run.task, **values))
        self._save(run)

    def _save(self, run: Run) -> None:
        run.saved_at = time.monotonic()
        task = run.task
        values = {"done": task.done, "total": task.total, "note": task.note, "speed": task.speed, **run.unsaved}
        self._book.store().keep(task.id, self._book.is_mine, **values)
        run.unsaved = {}

    # one round

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way here."""
        return not self._book.runs and not self._chores and not any(self._has_chore(task) for task in self._book.chores.values())

    @property
    def has_runs(self) -> bool:
        """Whether there is progress to look at."""
        return bool(self._book.runs or self._chores)

    @property
    def seconds_to_next(self) -> float:
        """How long until a waiting task of ours is due; one that is due and still waits had its chance."""
        now = time.time()
        return min((task.due - now for task in self._book.waiting.values() if task.due > now and self._is_ours(task)), default=60.0)

    def stop_all(self) -> None:
        """Begin nothing more and ask all runs to stop; they go back to the queue."""
        self.is_closing = True
        for run in self._book.runs.values():
            self._book.stop(run, REQUEUE)

    def step(self) -> None:
        """Do all that is to be done now."""
        if self._book.store().is_changed():
            self._book.take_news()
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._look_for_dead()
        self._settle_ended()
        for run in list(self._book.runs.values()):
            self._watch(run, now)
        self._free_ghosts(now)
        self._do_chores()
        if not self.is_closing:
            self._wake()
            self._begin()

    def _look_for_dead(self) -> None:
        """Take tasks out of the hands of processes that ended without a word."""
        for token in {task.owner for task in self._book.owned.values()}:
            if not self._book.is_own(token) and not owners.is_alive(self._book.folder, token):
                for task in [task for task in self._book.owned.values() if task.owner == token]:
                    self._free(task)

    def _free(self, known: Task) -> None:
        task = self._book.store().get(known.id)
        if task is None or task.owner != known.owner:
            return

        def is_same(now: Task) -> bool:
            return (now.owner, now.state, now.wish) == (task.owner, task.state, task.wish)

        if task.state not in ACTIVE:
            found = self._book.store().keep(task.id, is_same, owner="")
            if found is not None:
                self._book.note(found)
            return
        self._change(task, queue.STOPS[task.wish or REQUEUE], is_same, tr("The program ended before it was finished."), {})

    def _change(
        self, task: Task, states: Sequence[str], when: Callable[[Task], bool], why: str, values: Mapping[str, Any], owner: str = ""
    ) -> bool:
        """Let the work on a task end in these states, one after the other; says whether it did."""
        for place, state in enumerate(states):
            chore = {"chore": CLEAN} if state == CANCELLED else {}
            found = self._book.store().change(task.id, state, None if place else when, why, **{**values, **chore, "owner": owner})
            if found is None:
                return False
            self._book.note(found)
        return True

    def _settle_ended(self) -> None:
        for run in [run for run in self._book.runs.values() if run.is_over]:
            if self._settle(run, ""):
                del self._book.runs[run.task.id]
        for run in [run for run in self._chores.values() if run.is_over]:
            self._settle_chore(run)
            del self._chores[run.task.id]

    def _settle(self, run: Run, owner: str) -> bool:
        """Write down how a run ended, with the newest wish; False to be asked again, because that changed just now.

        owner: who keeps the task in hand, our token for a run that is left behind.
        """
        task = self._book.store().get(run.task.id)
        if task is None or not self._book.is_mine(task):
            return True  # taken from us; the news will tell
        if task.wish != run.task.wish:
            run.task = replace(run.task, wish=task.wish)
            run.stop = task.wish
        states, values = self._end_of(run)
        last = {"done": run.done, "total": run.total, "note": run.note, **run.unsaved}

        def is_same(now: Task) -> bool:
            return self._book.is_mine(now) and now.wish == task.wish

        return self._change(run.task, states, is_same, "", {**last, **values}, owner)

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
            run.task = self._book.note(task)
        if now - run.saved_at >= SAVE_SECONDS and (run.unsaved or run.is_told):
            self._save(run)
        if not run.stop and 0 < run.stalled_seconds < now - run.alive_at:
            self._book.stop(run, faults.STALLED)
        if run.stop and now - run.stop_at > STOP_SECONDS:
            self._leave_behind(run)

    def _leave_behind(self, run: Run) -> None:
        """Go on without a run that does not stop; its task stays in our hands until the thread has ended, or for a good while."""
        run.fault = Cancelled()
        run.stop = run.stop or REQUEUE
        run.is_revoked = True
        if not self._settle(run, self._book.token()):
            return
        self._book.forsake(run)
        self._ghosts.append((run, time.monotonic() + GHOST_SECONDS))

    def _free_ghosts(self, now: float) -> None:
        for ghost in [ghost for ghost in self._ghosts if ghost[0].is_over or now > ghost[1]]:
            found = self._book.store().keep(ghost[0].task.id, self._book.is_mine, owner="")
            self._ghosts.remove(ghost)
            if found is not None:
                self._book.note(found)

    def _is_ours(self, task: Task) -> bool:
        return self.only is None or task.id in self.only

    def _wake(self) -> None:
        now = time.time()
        for task in [task for task in self._book.waiting.values() if task.due <= now and self._is_ours(task)]:
            found = self._book.store().change(task.id, QUEUED, lambda this: this.state == WAITING and this.due <= now)
            if found is not None:
                self._book.note(found)

    def _begin(self) -> None:
        busy: dict[str, int] = {}
        for run in self._book.runs.values():
            busy[run.task.kind] = busy.get(run.task.kind, 0) + 1
        limits = {name: kind.at_once() for name, kind in self._kinds.items()}
        with_room = [name for name, most in limits.items() if busy.get(name, 0) < most]
        queued = [task for name in with_room for task in self._book.queued.get(name, {}).values() if self._is_ours(task)]
        for task in queue.next_ones(queued, busy, limits):
            found = self._book.store().change(task.id, RUNNING, queue.is_free, owner=self._book.token(), note="")
            if found is not None:  # else another process was faster; its news will come
                kind = self._kinds[found.kind]
                run = self._book.runs[found.id] = Run(self._book.note(found), kind.stalled_seconds)
                self._start(run, kind, False)

    def _has_chore(self, task: Task) -> bool:
        is_here = self._is_ours(task) or task.id in self._book.tended
        return bool(task.chore) and not task.owner and task.kind in self._kinds and is_here and task.state not in ACTIVE

    def _do_chores(self) -> None:
        for task in [task for task in self._book.chores.values() if self._has_chore(task)]:
            found = self._book.store().keep(task.id, lambda now: bool(now.chore) and not now.owner, owner=self._book.token())
            if found is not None:
                run = self._chores[found.id] = Run(self._book.note(found), 0.0)
                self._start(run, self._kinds[found.kind], True)

    def _settle_chore(self, run: Run) -> None:
        if run.closing is None:
            reason = tr("the log says more.") if run.fault is None else run.fault.text
            self._book.told(tr("What {title} left could not be removed: {reason}", title=run.task.title, reason=reason))
            run.closing = ""
        id_ = run.task.id
        if self._book.store().remove(id_, lambda now: self._book.is_mine(now) and now.chore == REMOVE):
            self._book.drop(id_)
        elif (found := self._book.store().keep(id_, self._book.is_mine, owner="", chore="")) is not None:
            self._book.note(found)

    def finish(self) -> None:
        """End: what still runs is left behind and goes back to the queue; close the store."""
        try:
            for run in [run for run in self._book.runs.values() if not run.is_over]:
                self._leave_behind(run)
            self._settle_ended()
            self._free_ghosts(time.monotonic())
        finally:
            self._book.close(is_all_over=not (self._ghosts or self._chores or self._book.runs))

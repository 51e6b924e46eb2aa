"""The engine: one thread that owns the schedule and the store, and a thread for each task under way.

Made by the session and by the command line. What a kind of task does is not known here (kinds.py says how to write one). No method that
the window calls may wait for a disk: commands are taken down and carried out in the engine's thread, `tasks` reads what is in memory.

    engine = Engine(data_dir(), all_kinds(tools), listener)
    engine.start()
    engine.post(lambda: engine.add("download", key, title, payload))     # from the window; the command line may wait for add()
    engine.pause([3]); engine.cancel()                                   # these, all
    engine.close()

Several engines, also of several processes, share one store: each task is worked on by one of them.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from model_manager.core.errors import Cancelled, ModelManagerError, trace_of
from model_manager.core.tasks.book import Book
from model_manager.core.tasks.desk import Desk
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.queue import in_order
from model_manager.core.tasks.running import Run, Running
from model_manager.core.tasks.shift import Shift
from model_manager.core.tasks.states import ENDED, PAUSED, REMOVE, Change, Task
from model_manager.core.tasks.store import StoreDamaged, StoreFault
from model_manager.core.work import Work

TICK_SECONDS: Final = 0.1  # while something runs: ten reports a second
IDLE_SECONDS: Final = 0.4  # else: how soon a task or a wish of another process is seen
TROUBLE_SECONDS: Final = 2.0  # until a store that could not be used is tried again
log = logging.getLogger(__name__)

Listener = Callable[[Sequence[Task], Sequence[int]], None]
_T = TypeVar("_T")


class Engine:
    """Runs tasks. Everything may be called from any thread."""

    def __init__(
        self, folder: Path, kinds: Sequence[TaskKind], listener: Listener | None = None, told: Callable[[str], None] | None = None
    ) -> None:
        """folder: the data folder.

        listener: gets changed records (each change of state once and in order, progress at most ten times a second) and removed ids.
        told: gets sentences for the person, such as that the task list cannot be written. Both are called in the engine's thread.
        """
        self._listener, self._told = listener, told
        self._book = Book(folder, self._tell)
        self._desk, self._shift = Desk(self._book), Shift(self._book, kinds, self._start_thread)
        self._posts: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._conduct, name="tasks", daemon=True)
        self._deadline = float("inf")
        self._is_over = False
        self._trouble = ""

    # life

    def start(self, only: Collection[int] | None = None) -> None:
        """Begin; returns at once, the store is opened in the engine's thread.

        only: work on no other tasks than these and those that `wait` is called for (the command line in the foreground); commands and
        their clean-up are carried out for any.
        """
        self._shift.only = None if only is None else set(only)
        self._thread.start()

    def close(self, seconds: float = 5.0) -> bool:
        """Take nothing more, ask all that runs to stop and go back to the queue, and wait so long; True when all has ended.

        What has not is left behind: it is queued, too, and nobody begins it before this process has ended.
        """
        if not self._thread.is_alive():
            return True
        self._deadline = time.monotonic() + seconds
        self.post(self._shift.stop_all)
        self._thread.join(seconds + 5)
        return not self._thread.is_alive() and not self._shift.has_runs

    def post(self, function: Callable[[], _T]) -> "Future[_T]":
        """Run a function in the engine's thread, soon; the future need not be looked at. In the engine's thread it runs at once."""
        future: Future[_T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            if self._is_over:
                future.set_exception(Cancelled())
                return
            fault = _tried(lambda: future.set_result(function()), "A command for a task failed")
            if fault is not None:
                future.set_exception(fault)
                self._mended(fault)

        if threading.current_thread() is self._thread:
            run()
        else:
            self._posts.put(run)
            if self._is_over:
                self._refuse_rest()
        return future

    # asking

    def tasks(self) -> list[Task]:
        """All tasks as they stand, in the order in which they are worked on. From memory."""
        with self._book.lock:
            found = list(self._book.records.values())
        return in_order([task for task in found if task.chore != REMOVE])

    def task(self, id_: int) -> Task | None:
        """One task as it stands. From memory."""
        with self._book.lock:
            found = self._book.records.get(id_)
        return None if found is None or found.chore == REMOVE else found

    def history(self, id_: int) -> list[Change]:
        """All changes of a task's state, oldest first (at most 200). Waits for the disk."""
        return self.post(lambda: self._desk.history(id_)).result()

    def ready(self) -> None:
        """Wait until the store was read and the tasks of dead programs were taken back; raises StoreFault when it cannot be read."""
        self.post(self._book.store).result()
        self.post(self._shift.step).exception()  # one that cannot be written is told, and can be looked at all the same

    # commands. ids None: all tasks. The futures give the ids of the tasks to which it made a difference

    def add(self, kind: str, key: str, title: str, payload: Mapping[str, Any], **fields: Any) -> Task:
        """Store a task and return it; the one that is there when kind and key are the same (paused, failed, cancelled: it goes on).

        A task that is done makes way for a new one. Waits for the disk and raises StoreFault: the window posts it. fields: where,
        unit, total, picture, priority ...
        """
        return self.post(lambda: self._desk.add(kind, key, title, payload, fields)).result()

    def pause(self, ids: Collection[int] | None = None) -> "Future[list[int]]":
        """Stop until `resume`; what runs is stopped as soon as it can be."""
        return self.post(lambda: self._desk.command("pause", ids))

    def resume(self, ids: Collection[int] | None = None) -> "Future[list[int]]":
        """Let paused tasks go on, and waiting ones at once."""
        return self.post(lambda: self._desk.command("resume", ids))

    def retry(self, ids: Collection[int] | None = None) -> "Future[list[int]]":
        """Begin failed, waiting and (named ones only) cancelled tasks again."""
        return self.post(lambda: self._desk.command("retry", ids))

    def cancel(self, ids: Collection[int] | None = None) -> "Future[list[int]]":
        """Give up tasks that are not done; what they left is cleaned up once their work has ended."""
        return self.post(lambda: self._desk.command("cancel", ids))

    def clear(self, ids: Collection[int] | None = None) -> "Future[list[int]]":
        """Take ended tasks off the list; what failed ones left is cleaned up."""
        return self.post(lambda: self._desk.clear(ids))

    def amend(self, id_: int, change: Callable[[Task], Mapping[str, Any]]) -> "Future[bool]":
        """Begin a task that failed, waits or is paused again with other values: `change(task)` gives fields of Task (payload, where ...).

        With chore=CLEAN what it left is cleaned up before. Called in the engine's thread, perhaps twice. False for a task in another state.
        """
        return self.post(lambda: self._desk.amend(id_, change))

    def move(self, id_: int, place: int) -> "Future[None]":
        """Put a task at this index of the list (as `tasks` gives it, without itself), with a priority that fits there."""
        return self.post(lambda: self._desk.move(id_, place))

    def set_priority(self, id_: int, priority: int) -> "Future[None]":
        """Higher comes first; the usual is 0."""
        return self.post(lambda: self._desk.set_priority(id_, priority))

    def wait(self, ids: Collection[int], report: Callable[[list[Task]], None] | None = None, work: Work | None = None) -> list[Task]:
        """Wait until these tasks have ended, or were paused by somebody, and return those that are still on the list.

        report: gets them now and then, in the caller's thread. An engine for named tasks works on these from now on. Raises Cancelled.
        """
        self.ready()
        self.post(lambda: self._shift.take_up(ids)).result()
        while True:
            found = [task for task in (self.task(id_) for id_ in ids) if task is not None]
            if report is not None:
                report(found)
            if self._is_over or all(task.state in ENDED or task.state == PAUSED for task in found):
                return found
            if work is not None:
                work.check()
            with self._changed:
                self._changed.wait(TICK_SECONDS)

    # the engine's thread

    def _conduct(self) -> None:
        not_before = 0.0
        while True:
            self._serve()
            now = time.monotonic()
            if now >= not_before:
                not_before = 0.0 if self._stepped() else now + TROUBLE_SECONDS
            self._say_changes()
            if self._shift.is_closing and (now > self._deadline or self._shift.is_idle):
                break
        self._finish()
        self._say_changes()
        self._is_over = True
        self._refuse_rest()

    def _serve(self) -> None:
        """Do what was posted; wait for it a little."""
        longest = TICK_SECONDS if self._shift.has_runs or self._shift.is_closing else IDLE_SECONDS
        try:
            self._posts.get(timeout=min(longest, self._shift.seconds_to_next))()
            while True:
                self._posts.get_nowait()()
        except Empty:
            return

    def _stepped(self) -> bool:
        fault = _tried(self._shift.step, "A round of the tasks failed")
        if fault is None:
            self._trouble = ""
        return fault is None or self._mended(fault)

    def _mended(self, fault: Exception) -> bool:
        """Whether a new store took the place of a damaged one; a store that cannot be used just now is told."""
        try:
            if isinstance(fault, StoreDamaged):
                self._book.renew()
                return True
        except StoreFault as further:
            fault = further
        if isinstance(fault, StoreFault):
            self._be_in_trouble(fault)
        return False

    def _be_in_trouble(self, fault: StoreFault) -> None:
        if fault.text != self._trouble:
            self._trouble = fault.text
            self._tell(fault.text)

    def _tell(self, text: str) -> None:
        told = self._told
        if told is None:
            log.warning("%s", text)
        else:
            _tried(lambda: told(text), "A listener to the tasks failed")

    def _say_changes(self) -> None:
        records, removed = self._book.take_changes()
        if not records and not removed:
            return
        with self._changed:
            self._changed.notify_all()
        if self._listener is not None:
            listener = self._listener
            _tried(lambda: listener(records, removed), "A listener to the tasks failed")

    def _finish(self) -> None:
        fault = _tried(self._shift.finish, "The end of the tasks failed")
        if isinstance(fault, StoreFault):
            self._be_in_trouble(fault)

    def _refuse_rest(self) -> None:
        """Nobody serves any more: who waits for an answer gets one."""
        while True:
            try:
                self._posts.get_nowait()()
            except Empty:
                return

    # the threads of tasks

    def _start_thread(self, run: Run, kind: TaskKind, is_chore: bool) -> None:
        threading.Thread(target=self._carry_out, args=(run, kind, is_chore), name=f"task {run.task.id}", daemon=True).start()

    def _carry_out(self, run: Run, kind: TaskKind, is_chore: bool) -> None:
        """Run a task, or its clean-up, to its end, whatever that is."""

        def carry_out() -> None:
            if is_chore:
                kind.clean(run.task)
            run.closing = "" if is_chore else kind.run(Running(run, self._change_run, self._save_run))

        try:
            fault = _tried(carry_out, f"A task of the kind {kind.name} failed")
            run.fault = fault if isinstance(fault, ModelManagerError) else None
        finally:
            run.is_over = True
            self._posts.put(lambda: None)  # wakes the engine

    def _change_run(self, run: Run, state: str) -> None:
        self._ask(run, lambda: self._shift.change_run(run, state))

    def _save_run(self, run: Run, values: Mapping[str, Any]) -> None:
        self._ask(run, lambda: self._shift.save_run(run, values))

    def _ask(self, run: Run, function: Callable[[], None]) -> None:
        """Have the engine do something for a run; a store that cannot be written now is the engine's trouble, not the run's."""
        try:
            self.post(function).result()
        except (StoreFault, Cancelled):
            return


def _tried(function: Callable[[], object], text: str) -> Exception | None:
    """Call a function and return what it raised: the last door of tasks, commands and listeners. The engine goes on, whatever comes."""
    try:
        function()
    except Exception as fault:  # noqa: BLE001
        if not isinstance(fault, ModelManagerError):
            log.error("%s\n%s", text, trace_of(fault))
        return fault
    return None

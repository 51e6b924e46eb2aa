"""Orders: has changes of files planned, shown, carried out and undone, one at a time, and lets the library see each of them once.

Made by the desks for tidying up. What a change is and how it is done is core's; here is when. Works on the GUI thread only.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.order_words import DO, EMPTY, FINISH, RESTORE, ROLL_BACK, UNDO, Make, Note, note_of, wants_question, written_words
from model_manager.bridge.order_words import Room as Room
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import Change, Plan, Report
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.tidy.holding import HeldItem

_TASKS = "model_manager.bridge.order_tasks"  # with all of the journal and what plans
_plan, _rooms, _save_list = later(_TASKS, "plan"), later(_TASKS, "rooms"), later(_TASKS, "save_list")
_carry_out, _take_back, _restore, _empty = (later(_TASKS, name) for name in ("carry_out", "take_back", "restore", "empty"))
_finish, _roll_back, _newest, _interrupted = (later(_TASKS, name) for name in ("finish", "roll_back", "newest", "interrupted"))


@dataclass(frozen=True, slots=True)
class Order:
    """Something to be done to files. way: DO, UNDO, FINISH, ROLL_BACK, RESTORE or EMPTY. kind, title: as in a plan."""

    way: str
    kind: str
    title: str
    function: Callable[..., Report]
    args: tuple[Any, ...]
    can_undo: bool = False
    written: str = ""  # which files, a sentence


class Orders(QObject):
    """One change at a time; what is ordered meanwhile waits."""

    planning = Signal(bool)  # whether a plan is being made that will be shown
    planned = Signal(object)  # Plan, to be shown
    rooms_known = Signal(object, object)  # Plan, list[Room]: what is free where it copies to
    began = Signal(object)  # Order
    progressed = Signal(str, object, object)  # text, done, total: bytes of what is copied, else files
    carried = Signal(object)  # Report
    undone = Signal(object)  # Report
    noted = Signal(object)  # Note: what to say about the end of a change
    ended = Signal()  # nothing is being done just now
    failed = Signal(str)
    changed = Signal()  # the history is another
    files_changed = Signal()  # and more than what is written in sidecars, which a key may do many times in a row
    undo_asked = Signal(object)  # Change that is large or old: `undo` it when the person says so
    interrupted = Signal(object)  # list[Change] that a crash or kill left half done

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self._waiting: deque[Order] = deque()
        self._order: Order | None = None
        self._work: Work | None = None
        self._plan: Job | None = None
        session.loaded.connect(self.look_for_interrupted)
        session.closing.connect(self._close)

    # planning

    def plan(self, make: Make, shown: bool = True) -> None:
        """Have `make(data folder, index file)` plan in a worker; `planned` shows it, or it is carried out at once when not `shown`.

        Of plans to be shown only the last one counts.
        """
        index = self._session.index_path
        if index is None:
            return
        args = (_plan, make, self._session.folder, index)
        if not shown:
            self._runner.start(Pool.READ, *args, done=self._on_unseen, failed=self._on_failed)
            return
        self.drop_plan()
        self.planning.emit(True)
        self._plan = self._runner.start(Pool.READ, *args, done=self._on_planned, failed=self._on_not_planned)

    def drop_plan(self) -> None:
        """The plan that is being made is not wanted any more."""
        if self._plan is not None:
            self._plan.cancel()
            self._plan = None
            self.planning.emit(False)

    def _on_planned(self, plan: Plan) -> None:
        self._plan = None
        self.planning.emit(False)
        self.planned.emit(plan)
        if plan.needs:
            self._runner.start(Pool.READ, _rooms, plan, done=partial(self.rooms_known.emit, plan))

    def save_list(self, plan: Plan, path: str) -> None:
        """Write a plan into a file, as CSV when its name ends so, else as text."""
        self._runner.start(Pool.READ, _save_list, plan, path, done=lambda _: None, failed=self._on_failed)

    def _on_not_planned(self, fault: ModelManagerError) -> None:
        self._plan = None
        self.planning.emit(False)
        self._on_failed(fault)

    def _on_unseen(self, plan: Plan) -> None:
        if not plan.is_empty:
            self.carry_out(plan)
        elif told := [one.text for one in plan.refused if one.tone == "bad"]:
            self.failed.emit(told[0])

    # what is done

    @property
    def is_busy(self) -> bool:
        """Whether a change is being carried out or undone."""
        return self._order is not None

    def carry_out(self, plan: Plan) -> None:
        """Do what a plan says; `carried` answers, or `failed` when it could not be begun."""
        if not plan.is_empty:
            self._give(Order(DO, plan.kind, plan.title, _carry_out, (plan,), plan.can_undo, written_words(plan)))

    def undo(self, change: int, acts: Collection[int] | None = None) -> None:
        """Take a change back, or some of its acts by number; `undone` answers."""
        self._give(Order(UNDO, "restore", tr("Undo"), _take_back, (change, acts)))

    def restore(self, items: "Sequence[HeldItem]") -> None:
        """Bring back what is held of deleted models; `carried` answers."""
        if items and self._session.index_path is not None:
            title = trn("Bring back {count} model", "Bring back {count} models", len(items))
            self._give(Order(RESTORE, "restore", title, _restore, (list(items), self._session.index_path)))

    def empty(self, items: "Sequence[HeldItem]", for_good: bool = False) -> None:
        """Put what is held into the system's trash, or remove it for good; `carried` answers."""
        if items:
            kind = "remove" if for_good else "empty"
            self._give(Order(EMPTY, kind, tr("Empty Recently deleted"), _empty, (list(items), for_good)))

    def finish(self, change: int, kind: str = "") -> None:
        """Do the rest of a change that was interrupted; `carried` answers. kind: the change's, for the words on its end."""
        self._give(Order(FINISH, kind, tr("Finish what was interrupted"), _finish, (change,), can_undo=True))

    def roll_back(self, change: int, kind: str = "") -> None:
        """Take back what an interrupted change has done; `undone` answers. kind: as in `finish`."""
        self._give(Order(ROLL_BACK, kind, tr("Roll back what was interrupted"), _roll_back, (change,), can_undo=True))

    def undo_newest(self) -> None:
        """Take back the newest change, after a question (`undo_asked`) when it is large or long ago."""
        self._runner.start(Pool.READ, _newest, self._session.folder, done=self._on_newest, failed=self._on_failed)

    def tell(self, note: Note) -> None:
        """Something was done by others that the history knows, such as a preview that was set."""
        self.noted.emit(note)
        self.changed.emit()

    def stop(self) -> None:
        """End what is being done before the next model; what is done stays, and is reported."""
        if self._work is not None:
            self._work.cancel()

    def look_for_interrupted(self) -> None:
        """Ask what a crash or kill left half done; `interrupted` answers if there is anything."""
        told = partial(self._runner.start, Pool.READ, _interrupted, self._session.folder)
        told(done=self._on_interrupted, failed=self._on_failed)

    def _on_interrupted(self, changes: list[Change]) -> None:
        if changes and not self.is_busy:
            self.interrupted.emit(changes)

    def _on_newest(self, change: Change | None) -> None:
        if change is None:
            self.noted.emit(Note(tr("There is nothing to undo."), "info"))
        elif wants_question(change.done, change.time):
            self.undo_asked.emit(change)
        else:
            self.undo(change.id)

    def _give(self, order: Order) -> None:
        self._waiting.append(order)
        if self._order is None:
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self.ended.emit()
            return
        order = self._order = self._waiting.popleft()
        # The work is not the job's: the runner delivers nothing of a job that was stopped, and a change always has its report.
        work = self._work = self._runner.work(self._on_progress)
        self._session.hints.hold(())
        self.began.emit(order)
        self._runner.start(
            Pool.WRITE, order.function, self._session.folder, *order.args, work, self._runner.relay(self._session.hints.hold),
            done=self._on_report, failed=self._on_order_failed,
        )  # fmt: skip

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._order is not None:
            self.progressed.emit(text, done, total)

    def _on_report(self, report: Report) -> None:
        order = self._end()
        self._session.hints.release(report.folders)
        (self.undone if order.way in (UNDO, ROLL_BACK) else self.carried).emit(report)
        self.noted.emit(note_of(order.way, order.kind, report, order.can_undo, order.written))
        self.changed.emit()
        if order.kind != "edit":
            self.files_changed.emit()
        self._next()

    def _on_order_failed(self, fault: ModelManagerError) -> None:
        self._end()
        self._session.hints.release(())
        self._on_failed(fault)
        self.changed.emit()
        self._next()

    def _end(self) -> Order:
        order = self._order
        assert order is not None
        self._order = self._work = None
        return order

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)

    def _close(self) -> None:
        self._waiting.clear()
        self.stop()

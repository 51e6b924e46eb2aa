"""Changes of files in the window: the sheet of a plan, how far one is, what came of it, undo, and what a crash left half done.

Made by the desk for tidying up over the bridge's `Orders`. What is done is decided there.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QFileDialog

from model_manager.bridge.order_words import Make, Note
from model_manager.bridge.orders import Order, Orders, Room
from model_manager.core.journal.steps import ACT_FAILED, Change, Plan, Refused, Report
from model_manager.core.words import tr, trn
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.sheet import Sheet
from model_manager.ui.tidy.behind import Behind
from model_manager.ui.tidy.parts import Parts

NOTE_MS = 20_000  # good news goes by itself
SCALE = 1000  # bytes are too many for a bar


class OrdersDesk(QObject):
    """One plan is looked at at a time."""

    def __init__(self, parts: Parts, orders: Orders) -> None:
        super().__init__(parts.window)
        self._parts, self.orders = parts, orders
        self.sheet: Sheet | None = None
        self._behind = Behind(orders, self)
        self._failed: dict[int, Report] = {}  # the last report, by its change, if something failed
        self._title = ""
        self._note: tuple[ProblemBar, str] | None = None  # what was said last, and where
        self._connect()

    def _connect(self) -> None:
        orders, status = self.orders, self._parts.status
        orders.planning.connect(self._on_planning)
        orders.planned.connect(self.show_plan)
        orders.rooms_known.connect(self._on_rooms)
        orders.began.connect(self._on_began)
        orders.progressed.connect(self._on_progress)
        orders.ended.connect(status.clear_task)
        orders.carried.connect(self._on_report)
        orders.undone.connect(self._on_report)
        orders.noted.connect(self._on_noted)
        orders.failed.connect(lambda text: self.bar().show_problem(text, "bad"))
        orders.undo_asked.connect(self._on_undo_asked)
        orders.interrupted.connect(self._on_interrupted)
        status.task_cancel_asked.connect(orders.stop)
        self._parts.tasks.board.live.follow_orders(orders)

    def bar(self) -> ProblemBar:
        """Where problems are seen: on a page that has a bar of its own, or above the models."""
        own = getattr(self._parts.pages.currentWidget(), "problems", None)
        return own if isinstance(own, ProblemBar) else self._parts.problems

    def open(self, sheet: Sheet) -> None:
        """Show a sheet in place of the one that is open."""
        self.close_sheet()
        self.sheet = sheet
        sheet.finished.connect(partial(self._on_closed, sheet))
        sheet.open()

    def close_sheet(self) -> None:
        """No sheet of ours is open any more."""
        if self.sheet is not None:
            self.sheet.reject()

    def _on_closed(self, sheet: Sheet, _: int) -> None:
        sheet.deleteLater()
        if self.sheet is sheet:
            self.sheet = None

    # a plan

    def _on_planning(self, is_planning: bool) -> None:
        if is_planning:
            self._parts.status.set_task(tr("Planning…"))
        elif not self.orders.is_busy:
            self._parts.status.clear_task()

    def show_plan(self, plan: Plan) -> None:
        """Show a plan, and carry it out when the person says so."""
        before = self._behind.step_back(plan)
        if self.sheet is before:
            self.sheet = None  # it is not over
        sheet = self._open_plan(plan)
        if before is not None:
            sheet.rejected.connect(self._behind.bring_back)

    def plan_from(self, sheet: Sheet, make: Make) -> None:
        """Show the plan of what a sheet says. The sheet is accepted once that is carried out, else it comes back as it was left."""
        self._behind.plan(sheet, make)

    def _open_plan(self, plan: Plan, sub: str = "") -> Sheet:
        from model_manager.ui.tidy.plan_sheet import PlanSheet  # loaded on first need

        sheet = PlanSheet(plan, self._parts.window, sub)
        sheet.carry_asked.connect(self.orders.carry_out)
        sheet.save_asked.connect(self._on_save)
        sheet.fit(self._parts.window.size())
        self.open(sheet)
        return sheet

    def _on_rooms(self, plan: Plan, rooms: list[Room]) -> None:
        from model_manager.ui.tidy.plan_sheet import PlanSheet

        if isinstance(self.sheet, PlanSheet) and self.sheet.plan is plan:
            self.sheet.show_rooms(rooms)

    def _on_save(self, plan: Plan) -> None:
        path, _ = QFileDialog.getSaveFileName(self.sheet, tr("Save as list"), f"{plan.title}.csv", tr("Lists (*.csv *.txt)"))
        if path:
            self.orders.save_list(plan, path)

    # what goes on

    def _on_began(self, order: Order) -> None:
        self._title = order.title
        self._parts.status.set_task(order.title)

    def _on_progress(self, text: str, done: int, total: int) -> None:
        share = (done * SCALE // total, SCALE) if total else (0, 0)
        self._parts.status.set_task(f"{self._title} · {text}" if text else self._title, *share, is_counted=False)

    def _on_report(self, report: Report) -> None:
        self._failed = {report.change: report} if report.count(ACT_FAILED) else {}

    def _on_noted(self, note: Note) -> None:
        actions: list[tuple[str, Callable[[], object]]] = []
        if note.can_undo:
            actions.append((tr("Undo"), partial(self.orders.undo, note.change)))
        if note.failed:
            actions.append((tr("What failed"), partial(self.show_failed, note.change)))
        self._forget_note()
        if not actions or note.is_quiet:
            self._parts.status.say(note.text, *(actions[0] if actions else ()))
            return
        self._parts.status.say("")
        bar = self.bar()
        bar.show_problem(note.text, note.tone, actions)
        said = self._note = (bar, note.text)
        if not note.failed:
            QTimer.singleShot(NOTE_MS, self, lambda: self._forget_note(said))

    def _forget_note(self, said: tuple[ProblemBar, str] | None = None) -> None:
        """A change follows another: what was said of the first goes, it can still be undone from the history. said: only this one."""
        if self._note is not None and (said is None or said is self._note):
            bar, text = self._note
            bar.withdraw(text)
            self._note = None

    def show_failed(self, change: int) -> None:
        """Show which models of a change were left as they are, and why."""
        report = self._failed.get(change)
        if report is not None:
            lines = tuple(Refused(one.name, one.before or one.path, one.text) for one in report.outcomes if one.state == ACT_FAILED)
            title = trn("{count} model was left as it is", "{count} models were left as they are", len(lines))
            self._open_plan(Plan("", title, refused=lines), report.title)

    # undo

    def _on_undo_asked(self, change: Change) -> None:
        from model_manager.ui.details.wording import date_text
        from model_manager.ui.dialogs.ask import AskSheet

        when = date_text(change.time)
        text = trn(
            "This brings back {count} model as it was. What was changed since by others stays as it is, and is told.",
            "This brings back {count} models as they were. What was changed since by others stays as it is, and is told.", change.told.done,
        )  # fmt: skip
        about = tr("{title} · {when}", title=change.title, when=when)
        sheet = AskSheet(tr("Undo this change?"), about, text, tr("Leave it"), tr("Undo"), self._parts.window)
        sheet.accepted.connect(partial(self.orders.undo, change.id))
        self.open(sheet)

    # what a crash left

    def _on_interrupted(self, changes: list[Change]) -> None:
        from model_manager.ui.tidy.interrupted_sheet import InterruptedSheet

        sheet = InterruptedSheet(changes[0], self._parts.window)
        sheet.finish_asked.connect(self.orders.finish)
        sheet.roll_back_asked.connect(self.orders.roll_back)
        if len(changes) > 1:
            sheet.finished.connect(lambda _: self._on_interrupted(changes[1:]), Qt.ConnectionType.QueuedConnection)
        self.open(sheet)

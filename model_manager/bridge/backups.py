"""Backups in the window: one is measured, written in the background, looked into; a restore is an order like any other change of files.

Made by the desk for backups. It starts jobs and keeps one backup at a time. Works on the GUI thread only.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.order_words import DO
from model_manager.bridge.orders import Order, Orders
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import Plan, Report
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.bridge.backup_tasks import RestoreWish, Wish, Written

_TASKS = "model_manager.bridge.backup_tasks"
_measured, _looked_into, _written, _swept = (later(_TASKS, name) for name in ("measured", "looked_into", "written", "swept"))


class Backups(QObject):
    """All that has to do with backups in one session."""

    measured = Signal(str)  # what a backup would hold
    looked = Signal(object)  # backup_tasks.Look
    not_looked = Signal(str)  # why not
    progressed = Signal(str, object, object)  # text, done, total in bytes: they are more than an int of Qt holds
    written = Signal(object)  # backup_tasks.Written
    failed = Signal(str)
    ended = Signal()  # nothing is written just now
    settings_changed = Signal()

    def __init__(self, session: Session, orders: Orders, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner, self._orders = session, session.runner, orders
        self._look: Job | None = None
        self._work: Work | None = None
        self._plan: Plan | None = None  # the restore that is carried out
        session.loaded.connect(lambda: self._sweep(None))
        orders.began.connect(self._on_began)
        orders.carried.connect(self._on_changed)
        orders.undone.connect(self._on_changed)

    # before

    def measure(self, wish: "Wish") -> None:
        """Ask what a backup would hold; `measured` answers, only for the last one asked."""
        self._ask(self.measured.emit, self.not_looked.emit, _measured, wish)

    def look_into(self, wish: "RestoreWish") -> None:
        """Ask what a restore would do; `looked` or `not_looked` answers, only for the last one asked."""
        self._ask(self.looked.emit, self.not_looked.emit, _looked_into, wish)

    def drop(self) -> None:
        """No answer is wanted any more."""
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _ask(self, done: Callable[[Any], None], failed: Callable[[str], None], function: Callable[..., Any], wish: object) -> None:
        self.drop()
        index = self._session.index_path
        if index is not None:
            work = Work()
            args = (function, self._session.folder, index, wish, work)
            self._look = self._runner.start(Pool.READ, *args, done=done, failed=lambda fault: failed(fault.text), work=work)

    # writing

    @property
    def is_writing(self) -> bool:
        """Whether a backup is being written."""
        return self._work is not None

    def write(self, wish: "Wish", target: str, is_over: bool) -> None:
        """Write a backup in the background; `written` or `failed` answers."""
        index = self._session.index_path
        if index is None or self._work is not None:
            return
        work = self._work = self._runner.work(self._on_progress)
        self._runner.start(
            Pool.BULK, _written, self._session.folder, index, wish, target, is_over, work,
            done=self._on_written, failed=self._on_failed, work=work,
        )  # fmt: skip

    def stop(self) -> None:
        """Give up the backup that is being written; nothing is left of it."""
        if self._work is not None:
            self._work.cancel()
            self._end()

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._work is not None:
            self.progressed.emit(text, done, total)

    def _on_written(self, found: "Written") -> None:
        self.written.emit(found)
        self._end()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._end()
        self.failed.emit(fault.text)

    def _end(self) -> None:
        self._work = None
        self.ended.emit()

    # restoring

    def restore(self, wish: "RestoreWish") -> None:
        """Have a restore planned and shown; the person lets it be carried out."""
        from model_manager.bridge.backup_tasks import restore_plan  # the sheet has loaded it

        self._orders.plan(restore_plan(wish))

    def _on_began(self, order: Order) -> None:
        self._plan = order.args[0] if order.kind == "restore" and order.way == DO else None

    def _on_changed(self, report: Report) -> None:
        """After a change: what a restore unpacked goes, and settings that came back count."""
        folder = self._session.folder
        if str(folder) in report.folders:
            from model_manager.bridge.backup_tasks import settings_of

            settings_of(folder, self._session.settings)
            self.settings_changed.emit()
        if self._plan is not None:
            self._sweep(self._plan)
            self._plan = None

    def _sweep(self, plan: Plan | None) -> None:
        self._runner.start(Pool.WRITE, _swept, self._session.folder, plan, done=lambda _: None)

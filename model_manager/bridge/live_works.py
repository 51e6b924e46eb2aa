"""Long works that are not stored as tasks, shown as tasks while they run: scans, adding dropped models, and changes.

Made by the board. It only listens; the works themselves are the session's, the intake's and the orders'. Ids are below 0.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.backups import Backups
from model_manager.bridge.checking import Checking
from model_manager.bridge.intake import Intake
from model_manager.bridge.intake import Report as Added
from model_manager.bridge.order_words import Note
from model_manager.bridge.orders import Order, Orders
from model_manager.bridge.session import Session
from model_manager.bridge.twins import Twins
from model_manager.core.tasks.states import ADD, BACKUP, CHANGE, CHECK, DONE, FAILED, RUNNING, SCAN, TWINS, Task
from model_manager.core.words import tr, trn

SHOWN_AFTER = 0.8  # seconds; shorter works come and go unseen
BYTES_FROM = 1_000_000  # no change has as many files: what counts further counts bytes


class LiveWorks(QObject):
    """Tells of each work as a record, and when its row is to go."""

    told = Signal(object)  # Task
    gone = Signal(int)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._newest = 0
        self._now: dict[str, Task] = {}  # by kind
        self._stops: dict[str, Callable[[], None]] = {SCAN: session.cancel_scan}
        self._session = session
        session.progressed.connect(self._on_scan)
        session.work_ended.connect(lambda: self._end(SCAN))

    def follow_intake(self, intake: Intake) -> None:
        """Tell of models that are being added."""
        self._stops[ADD] = intake.cancel
        self._intake = intake
        intake.progressed.connect(self._on_adding)
        intake.carried.connect(self._on_added)
        intake.failed.connect(lambda text: self._end(ADD, FAILED, reason=text))

    def follow_orders(self, orders: Orders) -> None:
        """Tell of changes of files."""
        self._stops[CHANGE] = orders.stop
        orders.began.connect(self._on_order)
        orders.progressed.connect(self._on_changing)
        orders.noted.connect(self._on_changed)
        orders.failed.connect(self._on_not_changed)
        self._orders = orders

    def follow_twins(self, twins: Twins) -> None:
        """Tell of searches for duplicates."""
        self._stops[TWINS] = twins.stop
        twins.progressed.connect(self._on_comparing)
        twins.work_ended.connect(lambda: self._end(TWINS))

    def follow_backups(self, backups: Backups) -> None:
        """Tell of backups that are written."""
        self._stops[BACKUP] = backups.stop
        backups.progressed.connect(lambda text, done, total: self._tell(BACKUP, tr("Back up"), done, total, "bytes", text))
        backups.written.connect(lambda found: self._end(BACKUP, DONE, note=found.text))
        backups.ended.connect(lambda: self._end(BACKUP))

    def follow_checks(self, checking: Checking) -> None:
        """Tell of checks of model files."""
        self._stops[CHECK] = checking.stop
        checking.progressed.connect(lambda text, done, total: self._tell(CHECK, tr("Check the files"), done, total, "files", text))
        checking.ended.connect(self._on_check_ended)

    def cancel(self, id_: int) -> None:
        """Stop a work that runs."""
        for kind, task in list(self._now.items()):
            if task.id == id_:
                self._stops[kind]()

    def _on_scan(self, text: str, done: int, total: int) -> None:
        title = tr("Look through the folders") if self._session.is_scanning else text
        self._tell(SCAN, title, done, total, "files", text if self._session.is_scanning else "")

    def _on_adding(self, number: str, done: int, total: int) -> None:
        if self._intake.is_carrying:  # bytes count twice: written and read back
            self._tell(ADD, tr("Add models"), done // 2, total // 2, "bytes", number)

    def _on_order(self, order: Order) -> None:
        self._tell(CHANGE, order.title, 0, 0, "files")

    def _on_changing(self, text: str, done: int, total: int) -> None:
        if CHANGE in self._now:
            unit = "bytes" if total >= BYTES_FROM else "files"
            self._tell(CHANGE, self._now[CHANGE].title, done, total, unit, text)

    def _on_comparing(self, text: str, done: int, total: int) -> None:
        self._tell(TWINS, tr("Look for duplicates"), done, total, "bytes" if total >= BYTES_FROM else "files", text)

    def _on_changed(self, note: Note) -> None:
        """A short one is told of in the bar of problems alone."""
        self._end(CHANGE, "" if self._is_short(CHANGE) else DONE, note=note.text)

    def _on_check_ended(self, text: str) -> None:
        self._end(CHECK, "" if not text or self._is_short(CHECK) else DONE, note=text)

    def _is_short(self, kind: str) -> bool:
        """Whether a work took so little time that it was not shown."""
        task = self._now.get(kind)
        return task is not None and time.time() - task.created < SHOWN_AFTER

    def _on_not_changed(self, text: str) -> None:
        """One was not begun; or another thing failed while one runs."""
        if not self._orders.is_busy:
            self._end(CHANGE, FAILED, reason=text)

    def _on_added(self, report: Added) -> None:
        done, failed = report.count("done"), report.count("failed")
        added = trn("{count} model was added", "{count} models were added", done)
        self._end(ADD, DONE, note=tr("{added}, {failed} failed", added=added, failed=failed) if failed else added)

    def _tell(self, kind: str, title: str, done: int, total: int, unit: str, note: str = "") -> None:
        now, task = time.time(), self._now.get(kind)
        if task is None:
            self._newest -= 1
            task = Task(self._newest, kind, "", title, state=RUNNING, unit=unit, created=now, changed=now)
        self._now[kind] = task = replace(task, title=title, done=done, total=total, unit=unit, note=note)
        if now - task.created >= SHOWN_AFTER:
            self.told.emit(task)

    def _end(self, kind: str, state: str = "", note: str = "", reason: str = "") -> None:
        """A work is over: its row goes, or stays in its last state until it is taken off."""
        task = self._now.pop(kind, None)
        if task is not None and state:
            self.told.emit(replace(task, state=state, note=note, reason=reason, changed=time.time()))
        elif task is not None:
            self.gone.emit(task.id)

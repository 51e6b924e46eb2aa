"""Backups in the window: the ways to them in the settings, their sheets, and what is said in the end.

Made by the desk for tidying up. What goes into a backup and what comes back is decided in bridge and core.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from model_manager.bridge.backups import Backups
from model_manager.core.journal.steps import Plan, Refused
from model_manager.core.words import tr, trn
from model_manager.ui.tidy.orders_desk import OrdersDesk
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.backup_tasks import RestoreWish, Wish, Written
    from model_manager.ui.tidy.backup_sheets import BackupSheet, RestoreSheet

NOTE_MS = 30_000  # how long it is said that a backup is written


class BackupDesk(QObject):
    """One sheet at a time."""

    def __init__(self, parts: Parts, desk: OrdersDesk) -> None:
        super().__init__(parts.window)
        self._parts, self._desk = parts, desk
        self._note = ""
        self._timer = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._timer.timeout.connect(self._withdraw)
        self.backups = backups = Backups(parts.session, desk.orders, self)
        backups.written.connect(self._on_written)
        backups.failed.connect(lambda text: desk.bar().show_problem(text, "bad"))
        backups.progressed.connect(self._on_progress)
        backups.ended.connect(parts.status.clear_task)
        backups.settings_changed.connect(self._on_settings)
        parts.status.task_cancel_asked.connect(backups.stop)
        parts.tasks.board.live.follow_backups(backups)
        parts.folders.settings.backup_asked.connect(self.back_up)
        parts.folders.settings.restore_asked.connect(self.restore)

    # writing one

    def back_up(self) -> None:
        """Open the sheet for a new backup."""
        if self.backups.is_writing:
            self._desk.bar().show_problem(tr("A backup is being written just now. Wait for its end, or stop it below."), "info")
            return
        from model_manager.ui.tidy.backup_sheets import BACKUP_SIZE, BackupSheet  # loaded on first need

        session = self._parts.session
        sheet = BackupSheet(_usual_target(), session.search_text, session.model.rowCount(), self._parts.window)
        sheet.fit(BACKUP_SIZE, self._parts.window.size())
        sheet.wished.connect(lambda: self.backups.measure(sheet.wish()))
        sheet.start_asked.connect(self._on_start)
        self._listen(sheet, ((self.backups.measured, sheet.show_amount), (self.backups.not_looked, sheet.show_amount)))
        sheet.wished.emit()

    def _on_start(self, wish: "Wish", target: str, is_over: bool) -> None:
        self._parts.status.set_task(tr("Back up"))
        self.backups.write(wish, target, is_over)

    def _on_progress(self, text: str, done: int, total: int) -> None:
        share = (done * 1000 // total, 1000) if total else (0, 0)
        self._parts.status.set_task(tr("Back up · {text}", text=text), *share, is_counted=False)

    def _on_written(self, found: "Written") -> None:
        folder = QUrl.fromLocalFile(os.path.dirname(found.path))
        actions: list[tuple[str, Callable[[], object]]] = [(tr("Show in folder"), partial(QDesktopServices.openUrl, folder))]
        text = found.text
        if found.faults:
            one, many = "{count} file could not be read and is not in it.", "{count} files could not be read and are not in it."
            text = f"{text} {trn(one, many, len(found.faults))}"
            actions.append((tr("What failed"), partial(self._show_faults, found)))
        self._note = text
        self._desk.bar().show_problem(text, "warn" if found.faults else "info", actions)
        if not found.faults:
            self._timer.start()

    def _withdraw(self) -> None:
        """Good news goes by itself, and gives way to what is done next."""
        self._timer.stop()
        self._parts.problems.withdraw(self._note)

    def _show_faults(self, found: "Written") -> None:
        lines = tuple(Refused(os.path.basename(path), path, text) for path, text in found.faults)
        title = trn("{count} file is not in the backup", "{count} files are not in the backup", len(lines))
        self._desk.show_plan(Plan("", title, refused=lines))

    # restoring one

    def restore(self) -> None:
        """Let the person choose a backup, and open the sheet for it."""
        path, _ = QFileDialog.getOpenFileName(self._parts.window, tr("Restore a backup"), _home(), f"{tr('Backups')} (*.zip)")
        if path:
            self.look_into(path)

    def look_into(self, path: str) -> None:
        """Open the sheet for a backup."""
        from model_manager.ui.tidy.backup_sheets import RESTORE_SIZE, RestoreSheet

        self._withdraw()
        sheet = RestoreSheet(path, self._parts.window)
        sheet.fit(RESTORE_SIZE, self._parts.window.size())
        sheet.wished.connect(lambda: self.backups.look_into(sheet.wish()))
        sheet.plan_asked.connect(self._on_plan)
        self._listen(sheet, ((self.backups.looked, sheet.show_look), (self.backups.not_looked, sheet.show_fault)))
        sheet.wished.emit()

    def _on_plan(self, wish: "RestoreWish") -> None:
        self.backups.restore(wish)

    def _on_settings(self) -> None:
        self._desk.bar().show_problem(tr("The settings are as in the backup. Some of them count from the next start on."), "info")

    def _listen(self, sheet: "BackupSheet | RestoreSheet", pairs: tuple[tuple[object, Callable[..., object]], ...]) -> None:
        """Let a sheet hear answers as long as it is open."""
        for signal, slot in pairs:
            signal.connect(slot)  # type: ignore[attr-defined]
        sheet.finished.connect(lambda _: self._unlisten(pairs))
        self._desk.open(sheet)

    def _unlisten(self, pairs: tuple[tuple[object, Callable[..., object]], ...]) -> None:
        self.backups.drop()
        for signal, slot in pairs:
            signal.disconnect(slot)  # type: ignore[attr-defined]


def _home() -> str:
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)


def _usual_target() -> str:
    """A name that nothing has, by the minute."""
    return os.path.join(_home(), tr("Model previews {when}.zip", when=time.strftime("%Y-%m-%d %H%M")))

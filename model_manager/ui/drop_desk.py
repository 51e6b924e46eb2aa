"""Adding models by drop, paste or dialog, and links on their way to their own desk: wires the window's drags, the sheet and the intake.

Made by the main window. It decides nothing about files: it shows the plan and has done what the person says.
"""

from PySide6.QtCore import QMimeData, QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QCursor, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QWidget

from model_manager.bridge.intake import Intake, Plan, Report
from model_manager.bridge.session import Session
from model_manager.core.words import tr
from model_manager.ui.dialogs.drop_in import DropSheet
from model_manager.ui.dialogs.drop_words import progress_text, report_title
from model_manager.ui.drop_zone import DropZone, are_pictures, links_in, local_paths
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.status_bar import StatusBar

LOOK_MS = 300  # a look that takes no longer shows its plan at once


class DropDesk(QObject):
    """One drop at a time."""

    pictures_dropped = Signal(int, object)  # id of a model, paths
    links_came = Signal(str)  # dropped, pasted, or "" when the sheet for them is asked for

    def __init__(self, window: QWidget, session: Session, pages: QStackedWidget, views: QStackedWidget, folders: FolderDesk) -> None:
        super().__init__(window)
        self._window, self._session, self._pages, self._folders = window, session, pages, folders
        self._sheet: DropSheet | None = None
        self._moves = False
        self.intake = Intake(session.runner, session.folder, lambda: (session.index_path, session.sources), self)
        self.zone = DropZone(window, pages, views, session.model)
        self.zone.models_dropped.connect(self.add)
        self.zone.pictures_dropped.connect(self.pictures_dropped)
        self.zone.links_dropped.connect(self.links_came)
        self.intake.planned.connect(self._on_planned)
        self.intake.progressed.connect(self._on_progress)
        self.intake.carried.connect(self._on_carried)
        self.intake.failed.connect(self._on_failed)
        self.intake.folders_written.connect(session.scan)
        session.loaded.connect(self.intake.tidy)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), window).activated.connect(self.paste)

    def show_in(self, problems: ProblemBar, status: StatusBar) -> None:
        """Tell there what goes on while the sheet is hidden."""
        self._problems, self._status = problems, status
        status.cancel_asked.connect(self._on_status_stop)

    # ways in

    def add(self, paths: list[str], moves: bool = False) -> None:
        """Look at files and folders and show the sheet of what could be added."""
        if self.intake.is_carrying:
            text = tr("Models are being added. Drop these again when that is done.")
            self._problems.show_problem(text, "info", [(tr("Show"), self._show_again)])
            return
        self._close_sheet()
        self._moves = moves
        sheet = self._sheet = DropSheet(self._window)
        sheet.choices_changed.connect(self.intake.plan)
        sheet.carry_asked.connect(self.intake.carry)
        sheet.stop_asked.connect(self.intake.cancel)
        sheet.folders_asked.connect(self._on_folders)
        sheet.setMaximumWidth(max(640, self._window.width() - 24))
        sheet.setMaximumHeight(max(360, self._window.height() - 24))
        QTimer.singleShot(LOOK_MS, sheet, lambda: sheet.setVisible(sheet is self._sheet))
        self.intake.look(paths)

    def paste(self) -> None:
        """Add the files that were copied (or cut) in a file manager, or show what a copied link offers."""
        mime = QGuiApplication.clipboard().mimeData()
        if links := links_in(mime):
            self.links_came.emit(links)
        elif self._pages.currentIndex() == 0 and (paths := local_paths(mime)):
            if are_pictures(paths):
                self._problems.show_problem(tr("Drop pictures on a card to make them the preview of that model."), "info")
            else:
                self.add(paths, was_cut(mime))

    def show_menu(self) -> None:
        """Offer the ways to add models, below the pointer."""
        menu = QMenu(self._window)
        menu.addAction(tr("Add from link…")).triggered.connect(lambda: self.links_came.emit(""))
        menu.addSeparator()
        menu.addAction(tr("Add model files…")).triggered.connect(self._choose_files)
        menu.addAction(tr("Add a folder of models…")).triggered.connect(self._choose_folder)
        paste = menu.addAction(tr("Paste"))
        paste.triggered.connect(self.paste)
        held = QGuiApplication.clipboard().mimeData()
        paste.setEnabled(bool(local_paths(held) or links_in(held)))
        menu.aboutToHide.connect(menu.deleteLater)
        button = self._window.focusWidget()
        menu.popup(QCursor.pos() if button is None else QCursor.pos() + QPoint(0, 8))

    def _choose_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self._window, tr("Choose models to add"))
        if paths:
            self.add(paths)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, tr("Choose a folder of models to add"))
        if path:
            self.add([path])

    # what the intake says

    def _on_planned(self, plan: Plan) -> None:
        sheet = self._sheet
        if sheet is None or sheet.is_busy:
            return
        if not plan.lines:
            sheet.show_nothing(tr("There is no model among them"), " ".join(plan.gathered.faults[:2]) or self._told(plan))
        elif not plan.destinations:
            text = tr("No folder to put models into is known yet, or none can be written to. Choose one, then drop them again.")
            sheet.show_nothing(tr("Where should they go?"), text, offers_folders=True)
        else:
            sheet.show_plan(plan, self._moves)
        sheet.show()

    @staticmethod
    def _told(plan: Plan) -> str:
        if plan.gathered.partials:
            return tr("There are only unfinished downloads. Drop them when they are complete.")
        return tr("Models are safetensors, GGUF, PyTorch and ONNX files. Pictures can be dropped on a card.")

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._sheet is None:
            return
        if not self.intake.is_carrying:
            self._sheet.show_looking(text, done, total)
            return
        self._sheet.show_progress(done, total, text)
        if self._sheet.isHidden():
            self._status.set_progress(tr("Adding models {far}", far=progress_text(done, total, 0, text)), done, total)

    def _on_carried(self, report: Report) -> None:
        self._status.clear_progress()
        if self._sheet is None:
            return
        self._sheet.show_report(report)
        if self._sheet.isHidden():
            tone = "warn" if report.count("failed") or report.is_stopped else "info"
            self._problems.show_problem(report_title(report) + ".", tone, [(tr("Show"), self._show_again)])

    def _on_failed(self, text: str) -> None:
        self._status.clear_progress()
        self._close_sheet()
        self._problems.show_problem(text, "bad")

    def _on_status_stop(self) -> None:
        """The bar at the bottom stops what it shows: the copying while its sheet is hidden."""
        if self.intake.is_carrying and self._sheet is not None and self._sheet.isHidden():
            self.intake.cancel()

    def _on_folders(self) -> None:
        self._close_sheet()
        self._folders.show_folders()

    def _show_again(self) -> None:
        if self._sheet is not None:
            self._sheet.show()

    def _close_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.hide()
            self._sheet.deleteLater()
            self._sheet = None


def was_cut(mime: QMimeData) -> bool:
    """Whether a file manager says that the files on the clipboard were cut, not copied.

    GNOME and its kin: first line of x-special/gnome-copied-files; KDE: application/x-kde-cutselection; Windows: Preferred DropEffect.
    """
    if bytes(mime.data("x-special/gnome-copied-files").data()).startswith(b"cut"):
        return True
    if bytes(mime.data("application/x-kde-cutselection").data()).startswith(b"1"):
        return True
    effect = bytes(mime.data('application/x-qt-windows-mime;value="Preferred DropEffect"').data())
    return effect[:1] == b"\x02"

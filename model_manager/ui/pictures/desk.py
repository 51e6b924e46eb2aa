"""Regenerate thumbnail in the window: menu entries, the key, the dialogs, what runs in the background and its report.

Made by the main window. It wires widgets to bridge's `Previews`; which files are written is decided there.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.preview_tasks import Planned
from model_manager.bridge.preview_writing import Model, Standing
from model_manager.bridge.previews import Previews, report_words
from model_manager.bridge.session import Session
from model_manager.core.previews.records import Report
from model_manager.core.words import tr, trn
from model_manager.ui.details.panel import DetailsPanel
from model_manager.ui.pictures.bulk_dialog import BulkDialog
from model_manager.ui.pictures.dialog import RegenerateDialog
from model_manager.ui.pictures.report_dialog import ReportDialog
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.status_bar import StatusBar

KEY = "Ctrl+T"


class PictureDesk(QObject):
    """All of the window that has to do with making previews."""

    key_asked = Signal()  # for Civitai
    settings_asked = Signal()
    noted = Signal(object)  # Note: what was done to previews, and the way back

    def __init__(
        self, window: QWidget, session: Session, selection: Selection, details: DetailsPanel, status: StatusBar, problems: ProblemBar
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._selection = window, session, selection
        self._details, self._status, self._problems = details, status, problems
        self.previews = previews = Previews(session, self)
        self.dialog: RegenerateDialog | BulkDialog | None = None
        self.report: ReportDialog | None = None
        self._standing: dict[int, Standing] = {}  # of the model in hand
        self._waiting: Callable[[int, Standing], None] | None = None  # the open menu
        previews.standing_known.connect(self._on_standing)
        previews.progressed.connect(status.set_task)
        previews.work_ended.connect(status.clear_task)
        previews.noted.connect(self.noted)
        previews.is_locked.connect(self._on_locked_one)
        previews.backs_known.connect(self._ask_back)
        previews.said.connect(problems.show_problem)
        previews.reported.connect(self._on_reported)
        previews.report_ready.connect(self.show_report)
        previews.undone.connect(self._on_undone)
        status.task_cancel_asked.connect(previews.stop)
        session.details.record_ready.connect(lambda record: previews.ask_standing(record.id))
        details.regenerate_asked.connect(self.regenerate)
        QShortcut(QKeySequence(KEY), window).activated.connect(self.regenerate)

    # the menu

    def add_entries(self, menu: QMenu, ids: list[int]) -> None:
        """Put the entries about pictures into the menu of the selected models; `ids`: at most two of them."""
        self._add(menu, tr("Regenerate thumbnail…") if len(ids) == 1 else tr("Regenerate thumbnails…"), self.regenerate, KEY)
        if len(ids) > 1:
            self._add(menu, tr("Lock previews"), partial(self._lock, True))
            self._add(menu, tr("Unlock previews"), partial(self._lock, False))
            self._add(menu, tr("Bring back the earlier pictures"), self._bring_back)
            return
        lock = self._add(menu, tr("Lock preview"), lambda: self._lock(not lock.data()))
        back = self._add(menu, tr("Bring back the earlier picture"), self._bring_back)
        self._waiting = partial(self._fill_menu, ids[0], lock, back)
        menu.aboutToHide.connect(self._forget_menu)
        self._waiting(ids[0], self._standing.get(ids[0], Standing(False, 0)))
        self.previews.ask_standing(ids[0])

    @staticmethod
    def _fill_menu(id_: int, lock: QAction, back: QAction, of: int, standing: Standing) -> None:
        """Say what the entries do, as soon as it is known."""
        if of == id_:
            lock.setText(tr("Unlock preview") if standing.is_locked else tr("Lock preview"))
            lock.setData(standing.is_locked)
            back.setEnabled(standing.earlier > 0)

    def _forget_menu(self) -> None:
        self._waiting = None

    @staticmethod
    def _add(menu: QMenu, text: str, act: Callable[[], object], keys: str = "") -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _=False: act())
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # the window's own one acts
        return action

    def _on_standing(self, id_: int, standing: Standing) -> None:
        self._standing = {id_: standing}
        if self._waiting is not None:
            self._waiting(id_, standing)
        if self._selection.ids(2) == [id_]:
            self._details.set_locked(standing.is_locked)

    def _lock(self, is_locked: bool) -> None:
        self.previews.lock(self._selection.ids(), is_locked)

    def _bring_back(self) -> None:
        """One at once, with the way back in a note; many after a question with their numbers."""
        ids = self._selection.ids()
        if len(ids) == 1:
            self.previews.bring_back_last(ids)
        else:
            self.previews.ask_backs(ids)

    def _ask_back(self, models: Sequence[Model], locked: int, count: int) -> None:
        from model_manager.ui.dialogs.ask import AskSheet  # loaded on first need

        bare = count - len(models) - locked
        parts = [
            trn("{count} gets its former picture back.", "{count} get their former pictures back.", len(models)) if models else "",
            trn("{count} is locked and stays as it is.", "{count} are locked and stay as they are.", locked) if locked else "",
            trn("{count} has no earlier picture.", "{count} have no earlier picture.", bare) if bare else "",
        ]
        text = " ".join(filter(None, parts))
        if not models:
            self._status.say(text)
            return
        title, about = tr("Bring back the earlier pictures?"), trn("{count} model", "{count} models", count)
        more = tr("What is shown now goes into their history; Undo takes all of it back.")
        go = trn("Bring back {count}", "Bring back {count}", len(models))
        sheet = AskSheet(title, about, f"{text} {more}", tr("Leave them"), go, self._window)
        sheet.accepted.connect(lambda: self.previews.bring_back_last([model.id for model in models]))
        sheet.finished.connect(sheet.deleteLater)
        sheet.open()

    # the dialogs

    def regenerate(self) -> None:
        """Open the dialog for what is selected."""
        ids = self._selection.ids()
        if not ids or self._session.index_path is None or self.dialog is not None:
            return
        if len(ids) == 1:
            dialog: RegenerateDialog | BulkDialog = self._for_one(ids[0])
        else:
            dialog = BulkDialog(self.previews, ids, self._window)
            dialog.start_asked.connect(self._on_start)
        self.dialog = dialog
        dialog.finished.connect(self._on_closed)
        dialog.open()

    def _for_one(self, id_: int) -> RegenerateDialog:
        dialog = RegenerateDialog(self.previews.choosing(id_, self), self._window)
        dialog.web.key_asked.connect(self.key_asked)
        dialog.web.settings_asked.connect(self.settings_asked)
        return dialog

    def look_anew(self) -> None:
        """What the sites may tell or show has changed."""
        if isinstance(self.dialog, RegenerateDialog):
            self.dialog.look_anew()

    def _on_closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _on_start(self, planned: Planned) -> None:
        self._status.say(tr("Previews are being made. The list of tasks shows how far they are."))
        self.previews.run(planned)

    def take_dropped(self, id_: int, paths: Sequence[str]) -> None:
        """A picture or video was dropped onto a card: it becomes the preview. Of several the first is taken."""
        self.previews.set_picture(id_, paths[0])

    def _on_locked_one(self, id_: int, path: str) -> None:
        """A drop is soon made by mistake: a locked preview is replaced only when that is said."""
        shelf = self._session.model.shelf
        slot = shelf.slot(id_)
        if slot >= 0:
            text = tr("The preview of {name} is locked, so it was left as it is.", name=shelf.name(slot))
            anyway = (tr("Replace it all the same"), partial(self.previews.set_picture, id_, path, is_sure=True))
            self._problems.show_problem(text, "info", [anyway])

    # the report

    def _on_reported(self, report: Report) -> None:
        actions: list[tuple[str, Callable[[], object]]] = [(tr("Show report"), partial(self.show_report, report))]
        if report.made:
            actions.append((tr("Bring all back"), partial(self.previews.undo, report)))
        self._problems.show_problem(report_words(report), "warn" if report.faults else "info", actions)

    def show_report(self, report: Report) -> None:
        """Open the report of a run."""
        dialog = self.report = ReportDialog(report, self._window)
        dialog.undo_asked.connect(self.previews.undo)
        dialog.save_asked.connect(self.previews.save_text)
        dialog.finished.connect(self._on_report_closed)
        dialog.open()

    def _on_report_closed(self) -> None:
        if self.report is not None:
            self.report.deleteLater()
            self.report = None

    def _on_undone(self, faults: list[Any]) -> None:
        if self.report is not None:
            self.report.show_undone(faults)
        else:
            text = tr("All earlier pictures are back.") if not faults else str(faults[0])
            self._problems.show_problem(text, "warn" if faults else "info")

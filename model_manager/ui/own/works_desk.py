"""Longer works on a selection from its menu: hashes, a check of the files, notes and sidecars of other programs, a list of the models.

Made by the desk for the own order.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QMenu

from model_manager.bridge.checking import Checking
from model_manager.bridge.fetching import Fetching
from model_manager.bridge.own_order import OwnOrder
from model_manager.core.words import tr
from model_manager.ui.own.menus import add
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.own_tasks import Checked


class WorksDesk(QObject):
    """What takes longer than a key."""

    def __init__(self, parts: Parts, own: OwnOrder, parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._own = parts, own
        self.convert: Callable[[], object] = lambda: None  # asks for which programs sidecars are written
        self._fetching = Fetching(parts.session, parts.tasks.board, self)
        self._fetching.failed.connect(lambda text: parts.problems.show_problem(text, "warn"))
        self.checking = Checking(parts.session, self)
        self.checking.failed.connect(lambda text: parts.problems.show_problem(text, "warn"))
        self.checking.checked.connect(self._on_checked)
        parts.tasks.board.live.follow_checks(self.checking)

    def fill(self, menu: QMenu) -> None:
        """Put the entries into a menu."""
        ids = self._parts.selection.ids
        add(menu, tr("Compute hashes"), lambda: self._fetching.hash(ids()))
        add(menu, tr("Check the files"), lambda: self.checking.check(ids()))
        add(menu, tr("Take in notes of other programs…"), lambda: self._own.take_in(ids()))
        add(menu, tr("Write sidecars for…"), lambda: self.convert())
        menu.addSeparator()
        add(menu, tr("Save a list…"), self._on_export)

    def _on_export(self) -> None:
        ids = self._parts.selection.ids()
        kinds = ";;".join((tr("Table (*.csv)"), tr("All that is known (*.json)"), tr("Paths (*.txt)")))
        path, _ = QFileDialog.getSaveFileName(self._parts.window, tr("Save a list"), tr("models") + ".csv", kinds)
        if path and ids:
            self._own.export(ids, path)

    def _on_checked(self, found: "Checked") -> None:
        if not found.bad:
            self._parts.status.say(found.text)
            return
        show = tr("Select it") if len(found.bad) == 1 else tr("Select them")
        self._parts.problems.show_problem(found.text, "warn", [(show, partial(self._select, found.bad))])

    def _select(self, ids: Sequence[int]) -> None:
        """Select models; one that a search hides is looked for without it."""
        parts = self._parts
        if not parts.pages.leave():
            return
        shelf = parts.session.model.shelf
        row, view = parts.selection.select_ids(ids), parts.pages.views.currentWidget()
        if row >= 0 and isinstance(view, QAbstractItemView):
            view.scrollTo(view.model().index(row, 0))
        elif row < 0 and (slot := shelf.slot(ids[0])) >= 0:
            parts.tasks.show_path(shelf.path(slot))

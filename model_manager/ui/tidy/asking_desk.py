"""Ways to a change of what is selected: entries in its menu, keys, and the sheets that ask where to, how called and how deleted.

Made by the desk for tidying up. Each way ends in a plan, which the orders' desk shows.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu

from model_manager.bridge import planning
from model_manager.bridge.planning import Planning
from model_manager.core.words import tr
from model_manager.ui.sidebar_rows import SidebarRow, quoted
from model_manager.ui.tidy.asking import AskingSheet, about_words
from model_manager.ui.tidy.orders_desk import OrdersDesk
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.plan_tasks import Options


class AskingDesk(QObject):
    """One sheet at a time."""

    def __init__(self, parts: Parts, desk: OrdersDesk) -> None:
        super().__init__(parts.window)
        self._parts, self._desk, self._orders = parts, desk, desk.orders
        self.planning = Planning(parts.session, self)
        self._deleting: list[int] = []
        self.planning.weighed.connect(self._on_weighed)
        self.planning.failed.connect(lambda text: desk.bar().show_problem(text))
        parts.menu.add_more(self._add_entries)
        for keys, act in (("F2", self.rename), ("Del", self.delete)):
            shortcut = QShortcut(QKeySequence(keys), parts.pages.views)  # of the models alone: fields and other lists have these keys, too
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)
        QShortcut(QKeySequence("Ctrl+M"), parts.window).activated.connect(partial(self._on_models, self.move))
        QShortcut(QKeySequence("Ctrl+Z"), parts.window).activated.connect(self._orders.undo_newest)

    def _add_entries(self, menu: QMenu, ids: list[int]) -> None:
        menu.addSeparator()
        if len(ids) == 1:
            _add(menu, tr("Rename…"), self.rename, "F2")
        _add(menu, tr("Move to…"), self.move, "Ctrl+M")
        _add(menu, tr("Copy to…"), self.copy)
        _add(menu, tr("Organise into folders…"), self.organise)
        _add(menu, tr("Delete…"), self.delete, "Del")

    def _on_models(self, act: Callable[[], None]) -> None:
        if self._parts.pages.leave():
            act()

    # what is selected

    def _about(self, ids: list[int]) -> str:
        shelf = self._parts.session.model.shelf
        slots = [slot for slot in (shelf.slot(id_) for id_ in ids[:1]) if slot >= 0]
        return about_words([shelf.file[slot] for slot in slots], len(ids))

    def _open(self, sheet: AskingSheet) -> None:
        self._desk.open(sheet)

    # the ways

    def move(self) -> None:
        """Ask for a folder and move what is selected there."""
        self._into_folder(copies=False)

    def copy(self) -> None:
        """Ask for a folder and copy what is selected there."""
        self._into_folder(copies=True)

    def _into_folder(self, copies: bool) -> None:
        from model_manager.ui.tidy.move_sheet import SIZE, MoveSheet  # loaded on first need

        if not (ids := self._parts.selection.ids()):
            return
        sheet = MoveSheet(self._about(ids), copies, self._parts.window)
        self.planning.spots_known.connect(sheet.show_spots)
        sheet.folder_chosen.connect(partial(self._on_folder, ids, copies))
        sheet.fit(SIZE, self._parts.window.size())
        self._open(sheet)
        self.planning.ask_spots(ids)

    def _on_folder(self, ids: list[int], copies: bool, folder: str) -> None:
        self.planning.remember(folder)
        self._orders.plan(planning.moving(ids, folder, copies))

    def drop_on(self, row: SidebarRow) -> Callable[[list[int]], object] | None:
        """What a drop of models on a row of the sidebar does: on a folder, plan to move them there; None on others."""
        is_folder = row.query == quoted("folder", row.tooltip)
        return (lambda ids: self._on_folder(ids, False, row.tooltip)) if is_folder else None

    def rename(self) -> None:
        """Ask for a name for the one that is selected."""
        from model_manager.ui.tidy.rename_sheet import RenameSheet

        ids, shelf = self._parts.selection.ids(2), self._parts.session.model.shelf
        if len(ids) != 1 or (slot := shelf.slot(ids[0])) < 0:
            return
        sheet = RenameSheet(*os.path.splitext(shelf.file[slot]), self._parts.window)
        sheet.verdict_asked.connect(partial(self.planning.ask_verdict, ids[0]))
        self.planning.judged.connect(sheet.show_verdict)
        sheet.name_chosen.connect(lambda name: self._orders.plan(planning.renaming(ids[0], name)))
        self._open(sheet)

    def organise(self) -> None:
        """Ask for a template for the folders of what is selected."""
        from model_manager.ui.tidy.organise_sheet import SIZE, OrganiseSheet

        if not (ids := self._parts.selection.ids()):
            return
        sheet = OrganiseSheet(self._about(ids), self._parts.session.settings.organise_template, self._parts.window)
        sheet.example_asked.connect(partial(self.planning.ask_example, ids))
        self.planning.tried.connect(sheet.show_example)
        self.planning.wrong.connect(sheet.show_wrong)
        sheet.template_chosen.connect(partial(self._on_template, ids))
        sheet.fit(SIZE, self._parts.window.size())
        self._open(sheet)

    def _on_template(self, ids: list[int], template: str, options: "Options") -> None:
        self._parts.session.settings.organise_template = template
        self._orders.plan(planning.organising(ids, template, options))

    def convert(self) -> None:
        """Ask for which programs sidecars of what is selected are written."""
        from model_manager.ui.tidy.convert_sheet import ConvertSheet

        if not (ids := self._parts.selection.ids()):
            return
        sheet = ConvertSheet(self._about(ids), self._parts.session.settings.compatible_sidecars, self._parts.window)
        sheet.programs_chosen.connect(lambda programs: self._orders.plan(planning.converting(ids, programs)))
        self._open(sheet)

    def delete(self) -> None:
        """Ask how to delete what is selected, when it is known what that is."""
        if ids := self._parts.selection.ids():
            self._deleting = ids
            self.planning.ask_weight(ids)

    def _on_weighed(self, size: int, links: int) -> None:
        from model_manager.ui.tidy.delete_sheet import DeleteSheet

        ids = self._deleting
        sheet = DeleteSheet(self._about(ids), size, links, self._parts.window)
        sheet.way_chosen.connect(lambda *way: self._orders.plan(planning.deleting(ids, *way)))
        self._open(sheet)


def _add(menu: QMenu, text: str, act: Callable[[], None], keys: str = "") -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: act())
    if keys:
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # the window's own one acts
    return action

"""The page of space in the window: how one gets there, and what is asked on it.

Made by the tidy desk beside the places desk, which knows the drives.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from model_manager.bridge.places import Places
from model_manager.bridge.space_map import Part, SpaceMap
from model_manager.core.words import tr
from model_manager.ui.sidebar_rows import SPACE
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.ui.places.space_page import SpacePage


class SpaceDesk(QObject):
    """The page and its ways."""

    def __init__(self, parts: Parts, places: Places) -> None:
        super().__init__(parts.window)
        self._parts, self._places = parts, places
        self.map = SpaceMap(parts.session, self)
        self.page: SpacePage | None = None
        parts.pages.add_way(SPACE, self.show)
        places.changed.connect(self._show_drives)

    def show(self) -> None:
        """Show the page."""
        if self.page is None:
            from model_manager.ui.places.space_page import SpacePage  # loaded on first need

            page = self.page = SpacePage()
            page.closed.connect(self._parts.pages.leave)
            page.shown.connect(self.map.show)
            page.way_chosen.connect(self.map.choose)
            page.outputs_asked.connect(self._look)
            page.menu_asked.connect(self._show_menu)
            self.map.made.connect(page.show_space)
            self.map.progressed.connect(lambda text, done, total: page.show_looking(f"{text} {done:,}"))
            self.map.looked.connect(lambda: page.show_looking())
        if self._parts.pages.show_page(self.page):
            self._show_drives()
            self._places.look()
            self.page.view.setFocus()

    def _show_drives(self) -> None:
        if self.page is not None:
            self.page.show_rows(self._places.rows)

    def _look(self) -> None:
        if self.page is not None:
            self.page.show_looking(tr("Looking through your outputs"))
            self.map.look_through_outputs()

    def _show_menu(self, part: Part, point: QPoint) -> None:
        menu = QMenu(self._parts.window)
        if self.page is not None and (part.parts or part.slots):
            page = self.page
            menu.addAction(tr("Go into it")).triggered.connect(lambda: page.enter(part))
        if part.query or part.id >= 0:
            menu.addAction(tr("Show in library")).triggered.connect(lambda: self._show_in_library(part))
        menu.aboutToHide.connect(menu.deleteLater)
        if menu.actions():
            menu.popup(point)

    def _show_in_library(self, part: Part) -> None:
        sidebar, session = self._parts.sidebar, self._parts.session
        self._parts.pages.leave()
        sidebar.set_current(part.query)
        sidebar.query_chosen.emit(part.query)
        slot = session.model.shelf.slot(part.id)
        if slot >= 0:
            self._parts.selection.select_path(session.model.shelf.path(slot))

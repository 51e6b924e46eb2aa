"""Duplicates in the window: the page and how one gets there, the number in the sidebar, and what is asked on it.

Made by the desk for tidying up. What is found and planned is decided by the bridge's `Twins`; plans are shown and carried out by orders.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMenu

from model_manager.bridge.orders import Orders
from model_manager.bridge.twins import SHARE, Twins
from model_manager.core.twins.records import SAME_WEIGHTS, Group
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text
from model_manager.ui.sidebar_rows import DUPLICATES
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.ui.tidy.twins_page import TwinsPage

EDGE = 160  # pixels: a size in which thumbnails are kept; the list shows them smaller


class TwinsDesk(QObject):
    """All of the window that has to do with duplicates."""

    def __init__(self, parts: Parts, orders: Orders) -> None:
        super().__init__(parts.window)
        self._parts, self._orders = parts, orders
        self.twins = Twins(parts.session, self)
        self.page: TwinsPage | None = None
        self.twins.changed.connect(self._on_changed)
        self.twins.moved.connect(self._on_moved)
        self.twins.failed.connect(self._say)
        orders.files_changed.connect(self.twins.load)
        parts.pages.add_way(DUPLICATES, self.show)
        parts.tasks.board.live.follow_twins(self.twins)

    def show(self) -> None:
        """Show the page; nothing is looked for."""
        if self.page is None:
            from model_manager.ui.tidy.twins_page import TwinsPage  # loaded on first need

            self.page = TwinsPage(self.twins, self._picture)
            self._connect(self.page)
        if self._parts.pages.show_page(self.page):
            self.page.show_all()
            self.page.take_keyboard()
            self.twins.load()
            self._want()

    def _connect(self, page: "TwinsPage") -> None:
        page.closed.connect(self._parts.pages.leave)
        page.look_asked.connect(self.twins.look)
        page.stop_asked.connect(self.twins.stop)
        page.link_asked.connect(self._link)
        page.remove_asked.connect(lambda groups: self._orders.plan(self.twins.removing(groups)))
        page.menu_asked.connect(self._show_menu)
        page.view.moved.connect(self._want)
        page.view.opened.connect(self._show_in_library)
        self._parts.thumbnails.ready.connect(page.view.viewport().update)

    def _on_changed(self) -> None:
        self._parts.sidebar.set_count(DUPLICATES, self.twins.count)
        if self.page is not None:
            self.page.show_all()
            self._want()

    def _on_moved(self) -> None:
        if self.page is not None:
            self.page.show_look()

    def _say(self, text: str) -> None:
        is_shown = self.page is not None and self._parts.pages.currentWidget() is self.page
        (self.page.problems if self.page is not None and is_shown else self._parts.problems).show_problem(text, "warn")

    def _want(self) -> None:
        """Ask for the pictures of the rows on screen; the grid behind asks for none."""
        if self.page is not None and self._parts.pages.currentWidget() is self.page:
            ids = [line.member.id for line in self.page.view.visible() if line.member is not None]
            keys = map(self._parts.session.model.picture_of, ids)
            self._parts.thumbnails.want([key for key in keys if key is not None], EDGE)

    def _picture(self, id_: int) -> QPixmap | None:
        key = self._parts.session.model.picture_of(id_)
        return None if key is None else self._parts.thumbnails.picture(key, EDGE)

    # what is done

    def _link(self, groups: Sequence[Group]) -> None:
        self._orders.plan(self.twins.linking(groups))

    def _share(self, groups: Sequence[Group]) -> None:
        self._orders.plan(self.twins.linking(groups, SHARE))

    def _show_in_library(self) -> None:
        members = [line.member for line in self.page.view.selected() if line.member is not None] if self.page is not None else []
        if members:
            self._parts.pages.leave()
            self._parts.tasks.show_path(members[0].path)

    def _show_menu(self, point: QPoint) -> None:
        page = self.page
        if page is None:
            return
        menu = QMenu(self._parts.window)
        for words, act in self._entries(page):
            menu.addAction(words).triggered.connect(lambda _=False, act=act: act())
        menu.aboutToHide.connect(menu.deleteLater)
        if menu.actions():
            menu.popup(point)

    def _entries(self, page: "TwinsPage") -> list[tuple[str, Callable[[], object]]]:
        """What can be done with the selected rows."""
        lines = [line for line in page.view.selected() if line.member is not None]
        members = [line.member for line in lines if line.member is not None]
        groups = page.chosen()
        entries: list[tuple[str, Callable[[], object]]] = []
        if len(members) == 1:
            entries.append((tr("Show in library"), self._show_in_library))
        if members and groups:
            entries.append((tr("Keep only this one") if len(members) == 1 else tr("Keep only these"), lambda: page.keep_only(lines)))
        if groups:
            entries.append((tr("Keep all"), lambda: page.keep_all(groups)))
            if page.sort != SAME_WEIGHTS:
                entries.append((tr("Link…"), lambda: self._link(groups)))
                entries.append((tr("Share blocks (reflink)…"), lambda: self._share(groups)))
            replacing = self.twins.replacing(groups)
            entries.append((tr("Replace by symbolic links…"), lambda: self._orders.plan(replacing)))
            entries.append((tr("Remove others…"), lambda: page.remove_asked.emit(groups)))
        if members:
            words = tr("Copy path") if len(members) == 1 else tr("Copy paths")
            entries.append((words, lambda: copy_text("\n".join(one.real for one in members))))
        return entries

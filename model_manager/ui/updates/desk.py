"""Updates in the window: the page and how one gets there, and what is asked on it.

Made by the online desk. What is done is decided by the bridge's `UpdateList`.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.board import Board
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.session import Session
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.bridge.updates import UpdateList
from model_manager.core.online.records import Update
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text
from model_manager.ui.open_page import open_page
from model_manager.ui.pages import Pages
from model_manager.ui.updates.words import ignore_words, links_of

if TYPE_CHECKING:
    from model_manager.ui.updates.page import UpdatesPage

EDGE = 160  # pixels: a size in which thumbnails are kept; the list shows them smaller


class UpdatesDesk(QObject):
    """All of the window that has to do with updates."""

    counted = Signal(int)
    links_asked = Signal(object)  # list[str]
    library_asked = Signal(int)  # id of a model in the library
    closed = Signal()
    said = Signal(str)  # what went wrong

    def __init__(self, window: QWidget, session: Session, thumbnails: Thumbnails, board: Board, pages: Pages) -> None:
        super().__init__(window)
        self._window, self._session, self._thumbnails, self._pages = window, session, thumbnails, pages
        self.updates = UpdateList(session, board, self)
        self.page: UpdatesPage | None = None
        self.updates.changed.connect(self._on_changed)
        self.updates.unwanted_known.connect(self._show_all)
        self.updates.failed.connect(self.said)

    @property
    def is_shown(self) -> bool:
        """Whether the page is on screen."""
        return self.page is not None and self._pages.currentWidget() is self.page

    def show(self) -> None:
        """Show the page; nothing is asked of the site."""
        if self.page is None:
            from model_manager.ui.updates.page import UpdatesPage  # loaded on first need

            page = self.page = UpdatesPage(self.updates, self._picture)
            self._connect(page)
        self._pages.show_page(self.page)
        self.updates.load()
        self._show_all()
        self.page.take_keyboard()
        self.updates.tell()

    def _connect(self, page: "UpdatesPage") -> None:
        page.closed.connect(self.closed)
        page.look_asked.connect(self.updates.look)
        page.unwanted_asked.connect(self._on_unwanted_asked)
        page.menu_asked.connect(self._show_menu)
        page.view.moved.connect(self._want)
        detail = page.detail
        detail.download_asked.connect(self._download)
        detail.ignore_asked.connect(lambda what: self.updates.ignore(page.updates(), what))
        detail.back_asked.connect(lambda: self.updates.take_back(page.unwanted()))
        detail.page_asked.connect(open_page)
        detail.library_asked.connect(self._show_in_library)
        self._thumbnails.ready.connect(page.view.viewport().update)

    def _on_changed(self) -> None:
        self.counted.emit(len(self.updates.updates))
        self._show_all()

    def _show_all(self) -> None:
        if self.page is not None:
            self.page.show_all()
            self._want()

    def _want(self) -> None:
        """Ask for the pictures of the rows on screen; the grid behind asks for none."""
        if self.page is not None and self.is_shown:
            keys = map(self._key, (row.path for row in self.page.view.visible()))
            self._thumbnails.want([key for key in keys if key is not None], EDGE)

    def _on_unwanted_asked(self, is_wanted: bool) -> None:
        (self.updates.load_unwanted if is_wanted else self.updates.stop)()

    def _picture(self, path: str) -> QPixmap | None:
        """The thumbnail of a model in the library that is shown there."""
        key = self._key(path)
        return None if key is None else self._thumbnails.picture(key, EDGE)

    def _key(self, path: str) -> PictureKey | None:
        model = self._session.model
        row = model.row_of(self.updates.ids.get(path, -1))
        return model.card(row).picture if row >= 0 else None

    # what is done

    def _download(self) -> None:
        if self.page is not None and (links := links_of(self.page.updates())):
            self.links_asked.emit(links)

    def _show_in_library(self) -> None:
        first = next(iter(self.page.updates()), None) if self.page is not None else None
        if first is not None and first.path in self.updates.ids:
            self.library_asked.emit(self.updates.ids[first.path])

    def _show_menu(self, point: QPoint) -> None:
        page = self.page
        if page is None:
            return
        menu, updates = QMenu(self._window), page.updates()
        if updates:
            self._fill_menu(menu, page)
        elif page.unwanted():
            menu.addAction(tr("Take back")).triggered.connect(lambda: self.updates.take_back(page.unwanted()))
        menu.aboutToHide.connect(menu.deleteLater)
        if menu.actions():
            menu.popup(point)

    def _fill_menu(self, menu: QMenu, page: "UpdatesPage") -> None:
        updates = page.updates()
        links = links_of(updates)
        entries: list[tuple[str, Callable[[], None]]] = [(tr("Download…"), self._download)]
        if len(updates) == 1:
            entries.append((tr("Show in library"), self._show_in_library))
            entries.append((tr("Open page"), lambda: page.detail.page_asked.emit(updates[0].version.page)))
        entries.append((tr("Copy link") if len(links) < 2 else tr("Copy links"), lambda: copy_text("\n".join(links))))
        for words, act in entries:
            menu.addAction(words).triggered.connect(lambda _=False, act=act: act())
        ignore = menu.addMenu(tr("Ignore"))
        for what, words in ignore_words(len(updates)):
            ignore.addAction(words).triggered.connect(partial(self._ignore, updates, what))

    def _ignore(self, updates: list[Update], what: str, _: bool = False) -> None:
        self.updates.ignore(updates, what)

"""The online browser in the window: the page and how one gets there, what is selected on it, and what is done with it.

Made by the online desk. Nothing is asked of the site before the page is opened for the first time.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from model_manager.bridge.browse import Browse
from model_manager.bridge.browse_tasks import Hit
from model_manager.bridge.session import Session
from model_manager.bridge.web_pictures import WebPictures
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.records import CIVITAI, Image, Offer, Search
from model_manager.core.tasks.states import ADD_KEY, OPEN_PAGE
from model_manager.ui.browse.menu import ResultMenu
from model_manager.ui.details.parts import copy_text
from model_manager.ui.open_page import open_page
from model_manager.ui.pages import Pages

if TYPE_CHECKING:
    from model_manager.ui.browse.page import BrowsePage

PANEL_MS = 120  # while an arrow key is held the panel waits
EDGE = 260  # device pixels of a picture in the panel's strip, at a scale of one
LINKS_MOST = 50  # more links at a time nobody reads through


class BrowseDesk(QObject):
    """All of the window that has to do with searching Civitai."""

    links_asked = Signal(object)  # list[str]: to be downloaded
    library_asked = Signal(int)  # id of a model to be shown in the library
    key_asked = Signal(str)  # site
    settings_asked = Signal()
    closed = Signal()

    def __init__(self, window: QWidget, session: Session, pages: Pages) -> None:
        super().__init__(window)
        self._window, self._session, self._pages = window, session, pages
        self.browse = Browse(session, self)
        self.pictures = WebPictures(session.online, self)
        self.page: BrowsePage | None = None
        self._level = 0
        self._timer = QTimer(self, singleShot=True, interval=PANEL_MS)
        self._timer.timeout.connect(self._fetch)
        self.menu = ResultMenu(window, self._download, open_page, self.library_asked.emit, lambda tag, author: self.search("", tag, author))
        self.browse.offer_ready.connect(self._on_offer)
        self.browse.offer_failed.connect(self._on_no_offer)
        self.browse.model.dataChanged.connect(lambda *_: self._show_standing())
        self.browse.model.modelReset.connect(self._on_selected)
        self.pictures.ready.connect(self._on_picture)
        self.pictures.refused.connect(lambda image, text: self.page and self.page.panel.refuse_picture(image, text))

    # there and back

    @property
    def is_shown(self) -> bool:
        """Whether the page is on screen."""
        return self.page is not None and self._pages.currentWidget() is self.page

    def show(self) -> None:
        """Show the page; the first time it searches at once."""
        page = self._made_page()
        self._fit_level(page)
        self._pages.show_page(page)
        page.take_keyboard()
        self.browse.look_once(page.search)

    def search(self, text: str = "", tag: str = "", author: str = "") -> None:
        """Show the page with this search."""
        page = self._made_page()
        self._fit_level(page)
        self._pages.show_page(page)
        page.show_search(text, tag, author)
        page.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fit_level(self, page: "BrowsePage") -> None:
        """The settings say up to where one may choose; what is on show beyond it is taken away at once."""
        ceiling = self._session.settings.adult_level
        if ceiling != self._level:
            is_first, self._level = not self._level, ceiling
            page.filters.set_ceiling(ceiling, ceiling if is_first else page.search.level)
            if not is_first and page.search != self.browse.search:
                self.browse.look(page.search)

    def _made_page(self) -> "BrowsePage":
        if self.page is None:
            from model_manager.ui.browse.page import BrowsePage  # loaded on first need

            page = self.page = BrowsePage(self.browse)
            page.grid.set_card_width(self._session.settings.card_size)
            self._connect(page)
        return self.page

    def _connect(self, page: "BrowsePage") -> None:
        page.closed.connect(self.closed)
        page.search_wanted.connect(self._on_search)
        page.rows_seen.connect(self.browse.near)
        page.fix_asked.connect(self._fix)
        page.settings_asked.connect(self.settings_asked)
        page.selected.connect(self._on_selected)
        page.download_asked.connect(self._download)
        page.menu_asked.connect(self._show_menu)
        panel = page.panel
        panel.page_asked.connect(open_page)
        panel.library_asked.connect(self.library_asked)
        panel.author_asked.connect(lambda author: self.search("", "", author))
        panel.tag_asked.connect(lambda tag: self.search("", tag))
        panel.again_asked.connect(self._fetch)
        panel.pictures_wanted.connect(self._on_pictures_wanted)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), page.grid)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(lambda: copy_text("\n".join(hit.offer.page for hit in self._hits())))

    # searching

    def _on_search(self, search: Search) -> None:
        if search != self.browse.search or self.browse.fault is not None:
            self.browse.look(search)

    def _fix(self, what: str) -> None:
        if what == ADD_KEY:
            self.key_asked.emit(CIVITAI)
        elif what == OPEN_PAGE and (page := getattr(self.browse.fault, "page", "")):
            open_page(page)
        else:
            self.browse.again()

    def on_key_kept(self, site: str) -> None:
        """A key is good now: ask again for what was refused."""
        if site == CIVITAI:
            self.browse.again()

    def on_level_changed(self) -> None:
        """Another level may be allowed now."""
        if self.page is not None and self.is_shown:
            self._fit_level(self.page)

    # what is selected

    def _hits(self, most: int = LINKS_MOST) -> list[Hit]:
        if self.page is None:
            return []
        rows = sorted(index.row() for index in self.page.grid.selectionModel().selectedRows())
        return [self.browse.model.hit(row) for row in rows[:most]]

    def _on_selected(self) -> None:
        page = self.page
        if page is None:
            return
        count = len(page.grid.selectionModel().selectedRows())
        page.show_selected(count)
        if count == 1:
            self._timer.start(0 if page.panel.offer is None else PANEL_MS)
            return
        self._timer.stop()
        self.pictures.drop()
        if count:
            page.panel.show_many(count, LINKS_MOST)
        else:
            page.panel.show_nothing()

    def _fetch(self) -> None:
        hits = self._hits(2)
        if self.page is not None and len(hits) == 1:
            if self.page.panel.offer is None:
                self.page.panel.show_loading(hits[0].offer.name)
            self.browse.ask_offer(int(hits[0].offer.id))

    def _selected_id(self) -> str:
        hits = self._hits(2)
        return hits[0].offer.id if len(hits) == 1 else ""

    def _on_offer(self, offer: Offer) -> None:
        if self.page is not None and offer.id == self._selected_id():
            self.pictures.drop()
            self.page.panel.show_offer(offer, self.browse.model.standing(offer.id), self.browse.search.level)

    def _on_no_offer(self, id_: int, fault: ModelManagerError) -> None:
        if self.page is not None and str(id_) == self._selected_id():
            self.page.panel.show_fault(fault.text)

    def _show_standing(self) -> None:
        if self.page is not None and self.page.panel.offer is not None:
            self.page.panel.show_standing(self.browse.model.standing(self.page.panel.offer.id))

    def _on_pictures_wanted(self, images: list[Image]) -> None:
        self.pictures.ask(images, round(EDGE * self._window.devicePixelRatioF()))

    def _on_picture(self, image: Image, picture: QImage) -> None:
        if self.page is not None:
            self.page.panel.show_picture(image, picture)

    # what is done with it

    def _download(self) -> None:
        """Have the links looked up; of one on show in the panel the version chosen there."""
        page, hits = self.page, self._hits()
        if page is None or not hits:
            return
        shown = page.panel.offer
        is_shown = len(hits) == 1 and shown is not None and shown.id == hits[0].offer.id
        self.links_asked.emit([page.panel.link] if is_shown else [hit.offer.page for hit in hits])

    def _show_menu(self, point: QPoint) -> None:
        hits = self._hits()
        if hits:
            self.menu.show(point, [hit.offer for hit in hits], self.browse.model.standing(hits[0].offer.id))

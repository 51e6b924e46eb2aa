"""The menu of selected results. Opened by the browse desk on right click or the Menu key."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.offer_parts import Standing
from model_manager.core.online.records import Offer
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text

TAGS = 8


class ResultMenu:
    """Builds the menu; what is chosen is told by the functions it was given."""

    def __init__(
        self, parent: QWidget, download: Callable[[], None], open_page: Callable[[str], None], show_in_library: Callable[[int], None],
        search: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        """`search(tag, author)` searches for one of them."""
        self._parent, self._download, self._open_page = parent, download, open_page
        self._show_in_library, self._search = show_in_library, search

    def show(self, point: QPoint, offers: Sequence[Offer], standing: Standing) -> QMenu:
        """Show the menu of these at a global point; standing: of the first."""
        menu, first = QMenu(self._parent), offers[0]
        _add(menu, tr("Download…"), self._download, "Return")
        if len(offers) == 1:
            here = _add(menu, tr("Show in library"), lambda: self._show_in_library(standing.id))
            here.setEnabled(bool(standing.id))
        menu.addSeparator()
        if len(offers) == 1:
            _add(menu, tr("Open page"), lambda: self._open_page(first.page))
        links = [offer.page for offer in offers if offer.page]
        _add(menu, tr("Copy link") if len(links) < 2 else tr("Copy links"), lambda: copy_text("\n".join(links)), "Ctrl+C")
        if len(offers) == 1:
            menu.addSeparator()
            self._add_searches(menu, first)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)
        return menu

    def _add_searches(self, menu: QMenu, offer: Offer) -> None:
        if offer.author:
            _add(menu, tr("More by {author}", author=offer.author), lambda: self._search("", offer.author))
        if offer.tags:
            tags = menu.addMenu(tr("Search a tag"))
            for tag in offer.tags[:TAGS]:
                _add(tags, tag.replace("&", "&&"), partial(self._search, tag, ""))


def _add(menu: QMenu, text: str, act: Callable[[], None], keys: str = "") -> QAction:
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: act())
    if keys:
        action.setShortcut(QKeySequence(keys))  # shown only: the menu is gone when keys are pressed
    return action

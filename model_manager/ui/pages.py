"""What fills the window: the library, or a page in its place, and the ways to the pages by their names in the sidebar.

Made by the main window. Desks add their pages when they are first needed; going back to the models is always the same.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """The library is the first of the pages; one that has to be answered (the first run) has no way and cannot be left."""

    def __init__(self, library: QWidget, views: QStackedWidget) -> None:
        """`views`: what of the library gets the keyboard when it is shown again."""
        super().__init__()
        self.addWidget(library)
        self._ways: dict[str, Callable[[], None]] = {}
        self._shown: set[QWidget] = set()
        self.views = views

    def add_way(self, name: str, show: Callable[[], None]) -> None:
        """Let `show` bring up the page that the sidebar calls `name`."""
        self._ways[name] = show

    def open(self, name: str) -> None:
        """Bring up a page by its name in the sidebar."""
        self._ways[name]()

    def show_page(self, page: QWidget) -> bool:
        """Show a page that can be left again; False while something has to be answered first."""
        if self.currentIndex() != 0 and self.currentWidget() not in self._shown:
            return False
        self._shown.add(page)
        if self.indexOf(page) < 0:
            self.addWidget(page)
        self.setCurrentWidget(page)
        return True

    def leave(self) -> bool:
        """Go back to the models; False when something has to be answered first."""
        if self.currentWidget() in self._shown:
            self.setCurrentIndex(0)
            if (view := self.views.currentWidget()) is not None:
                view.setFocus(Qt.FocusReason.OtherFocusReason)
        return self.currentIndex() == 0

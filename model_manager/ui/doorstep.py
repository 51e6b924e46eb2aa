"""Where what comes from outside meets the window: it comes to the front, files go to the sheet of a drop, links to the link dialog.

Made by app. Nothing is loaded or copied before a person has seen it and said so.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from model_manager.bridge.outside import Outside
from model_manager.core.words import tr, trn

if TYPE_CHECKING:
    from model_manager.ui.main_window import MainWindow


class Doorstep(QObject):
    """The doorstep of one furnished window."""

    def __init__(self, window: "MainWindow", outside: Outside) -> None:
        super().__init__(window)
        self._window = window
        outside.front_wanted.connect(self._come_to_front)
        outside.search_came.connect(window.search_for)
        outside.files_came.connect(window.drop_in.add)
        outside.links_came.connect(window.links.show_links)
        outside.links_copied.connect(self._on_copied)
        outside.clipboard.set_on(window.session.settings.watches_clipboard)
        window.desk.settings.clipboard_chosen.connect(outside.clipboard.set_on)

    def _come_to_front(self) -> None:
        window = self._window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        window.show()
        window.raise_()
        window.activateWindow()

    def _on_copied(self, links: list[str]) -> None:
        """Offer what was copied in another program; the window stays where it is."""
        text = trn("A link to a model was copied.", "{count} links to models were copied.", len(links))
        self._window.problems.show_problem(text, "info", [(tr("Show"), lambda: self._window.links.show_links(links))])

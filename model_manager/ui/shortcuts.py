"""The keys of the main window. Connected once by it; a key that is about the models goes back to them first, so that its effect is seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

if TYPE_CHECKING:
    from model_manager.ui.main_window import MainWindow

STEP = 20  # pixels that a card grows by a key


def connect_keys(window: "MainWindow") -> None:
    """Make all shortcuts of the window."""
    grid = window.grid
    about_models: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Ctrl+F", lambda: window.search.setFocus(Qt.FocusReason.ShortcutFocusReason)),
        ("F5", window.refresh), ("Ctrl+R", window.refresh),
        ("Ctrl+1", lambda: window.show_view("grid")), ("Ctrl+2", lambda: window.show_view("table")),
        ("Ctrl+I", window.toggle_details), ("Ctrl+B", lambda: window.sidebar.setVisible(window.sidebar.isHidden())),
        ("Ctrl++", lambda: grid.set_card_width(grid.card_width + STEP)), ("Ctrl+=", lambda: grid.set_card_width(grid.card_width + STEP)),
        ("Ctrl+-", lambda: grid.set_card_width(grid.card_width - STEP)),
    )  # fmt: skip
    for keys, slot in about_models:
        _connect(window, keys, lambda slot=slot: _at_models(window, slot))
    for keys, slot in (("Ctrl+,", window.desk.show_settings), ("Ctrl+Q", window.close)):
        _connect(window, keys, slot)


def _connect(window: "MainWindow", keys: str, slot: Callable[[], object]) -> None:
    QShortcut(QKeySequence(keys), window).activated.connect(slot)


def _at_models(window: "MainWindow", slot: Callable[[], object]) -> None:
    window.tasks.leave()
    if window.pages.currentIndex() == 0:  # not on the first run, which has to be answered
        slot()

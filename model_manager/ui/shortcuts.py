"""The keys of the main window. Connected once by it; a key that is about the models goes back to them first, so that its effect is seen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut

Window = Any  # the main window, which imports this module

STEP = 20  # pixels that a card grows by a key


def connect_keys(window: Window) -> None:
    """Make all shortcuts of the window."""
    online = window.online
    about_models: tuple[tuple[str, Callable[[], object]], ...] = (
        ("F5", window.refresh), ("Ctrl+R", window.refresh),
        ("Ctrl+1", lambda: window.show_view("grid")), ("Ctrl+2", lambda: window.show_view("table")),
        ("Ctrl+I", window.toggle_details), ("Ctrl+B", lambda: window.sidebar.setVisible(window.sidebar.isHidden())),
    )  # fmt: skip
    about_cards: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Ctrl+F", lambda: online.field().setFocus(Qt.FocusReason.ShortcutFocusReason)),
        ("Ctrl++", lambda: online.grid().zoom(STEP)), ("Ctrl+=", lambda: online.grid().zoom(STEP)),
        ("Ctrl+-", lambda: online.grid().zoom(-STEP)),
    )  # fmt: skip
    for keys, slot in about_models:
        _connect(window, keys, partial(_at_models, window, slot))
    for keys, slot in about_cards:
        _connect(window, keys, partial(_at_cards, window, slot))
    for keys, slot in (("Ctrl+,", window.desk.show_settings), ("Ctrl+Q", window.close)):
        _connect(window, keys, slot)


def _connect(window: Window, keys: str, slot: Callable[[], object]) -> None:
    QShortcut(QKeySequence(keys), window).activated.connect(slot)


def _at_cards(window: Window, slot: Callable[[], object]) -> None:
    """Act on the cards on screen: Civitai's if they are."""
    if window.online.browse.is_shown:
        slot()
    else:
        _at_models(window, slot)


def _at_models(window: Window, slot: Callable[[], object]) -> None:
    window.tasks.leave()
    if window.online.browse.is_shown or window.online.updates.is_shown:
        window.online.leave()
    if window.pages.currentIndex() == 0:  # not on the first run, which has to be answered
        slot()

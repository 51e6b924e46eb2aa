"""Keys of a window that are about its models: each goes back to them first, so that its effect is seen. Connected by the main window."""

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

Keys = Iterable[tuple[str, Callable[[], object]]]


def connect_keys(window: QWidget, keys: Keys, go_back: Callable[[], bool] = lambda: True) -> None:
    """Make shortcuts of a window. go_back: shows what they are about; False when that cannot be, and nothing is done."""
    for text, slot in keys:
        QShortcut(QKeySequence(text), window).activated.connect(partial(_act, go_back, slot))


def _act(go_back: Callable[[], bool], slot: Callable[[], object]) -> None:
    if go_back():
        slot()

"""The outline of the main window: its three columns, and what is painted of it while it is being filled.

Called by the main window. It is there before anything else is loaded, so it must need nothing but the colours.
"""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSplitter, QWidget

from model_manager.ui.theme import tokens

TOP, BOTTOM, LEFT, RIGHT = 52, 28, 226, 336  # heights of the bars, widths of the columns at the first start


def columns(left: QWidget, middle: QWidget, right: QWidget) -> QSplitter:
    """The columns with thin lines between them; the middle one takes what is left."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    for column in (left, middle, right):
        splitter.addWidget(column)
    splitter.setStretchFactor(1, 1)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    return splitter


def paint_outline(window: QWidget) -> None:
    """Paint bars, columns and the lines between them."""
    colours, width, height = tokens(), window.width(), window.height()
    painter = QPainter(window)
    painter.fillRect(window.rect(), colours.window)
    middle = height - TOP - BOTTOM
    for part in (
        QRect(0, 0, width, TOP), QRect(0, height - BOTTOM, width, BOTTOM),
        QRect(0, TOP, LEFT, middle), QRect(width - RIGHT, TOP, RIGHT, middle),
    ):  # fmt: skip
        painter.fillRect(part, colours.panel)
    for line in (
        QRect(0, TOP - 1, width, 1), QRect(0, height - BOTTOM, width, 1), QRect(LEFT, TOP, 1, middle), QRect(width - RIGHT, TOP, 1, middle),
    ):  # fmt: skip
        painter.fillRect(line, colours.line)
    painter.end()

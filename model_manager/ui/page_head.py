"""How a page is laid out that stands in place of the models: the bar on top, and below it what is shown.

In the bar are the way back and the title at the left, what can be done at the right. Used by all pages; it knows none of them.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from model_manager.ui.outline import TOP


def page_head(left: Sequence[QWidget], right: Sequence[QWidget]) -> QFrame:
    """Return the bar with these widgets in it."""
    head = QFrame()
    head.setProperty("role", "top")
    head.setFixedHeight(TOP)
    row = QHBoxLayout(head)
    row.setContentsMargins(8, 0, 14, 0)
    row.setSpacing(10)
    for widget in left:
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addStretch(1)
    for widget in right:  # a line that shortens itself asks for no room, so it gets a share of what is left
        row.addWidget(widget, int(widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored))
    return head


def fill_page(page: QWidget, head: QFrame, lines: Sequence[QWidget], middle: QWidget) -> None:
    """Put the bar and these lines below each other; `middle`, one of them, gets the room that is left."""
    ground = QFrame()
    ground.setProperty("role", "panel")
    _stack(ground, lines, middle)
    _stack(page, (head, ground), ground)


def _stack(place: QWidget, widgets: Sequence[QWidget], stretched: QWidget) -> None:
    column = QVBoxLayout(place)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, int(widget is stretched))


def list_and_detail(rows: QWidget, detail: QWidget, width: int) -> QSplitter:
    """Return a list, `width` pixels wide at first, with what is said of its row beside it."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.addWidget(rows)
    splitter.addWidget(detail)
    splitter.setStretchFactor(1, 1)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    splitter.setSizes([width, 800])
    return splitter

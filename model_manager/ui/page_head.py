"""The bar on top of a page that stands in place of the models: the way back and the title at the left, what can be done at the right."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

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

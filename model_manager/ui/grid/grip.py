"""The small handle on a card by which it is dragged into ComfyUI, and what a press on a model is going to be.

Used by the grid and the table. Places and painting only; the views select, ui/drags drags.
"""

from typing import NamedTuple

from PySide6.QtCore import QPersistentModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QApplication

from model_manager.ui import theme

SIDE, ICON = 30, 16
EDGE = 8  # between the handle and the right edge of its card
ABOVE = 50  # below the handle are the card's name and facts
_SELECTS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class Press(NamedTuple):
    """The left button went down on a model. is_open: what it selects is decided when the button comes up."""

    line: QPersistentModelIndex
    point: QPoint
    modifiers: Qt.KeyboardModifier
    is_on_grip: bool
    is_open: bool

    def is_drag(self, point: QPoint) -> bool:
        """Tell whether the pointer has gone far enough."""
        return (point - self.point).manhattanLength() >= QApplication.startDragDistance()


def leaves_open(modifiers: Qt.KeyboardModifier, is_selected: bool) -> bool:
    """Tell whether a press selects nothing yet: on a selected model all may be dragged, and Ctrl+Shift may begin a drag."""
    return is_selected or modifiers & _SELECTS == _SELECTS


def way_of(modifiers: Qt.KeyboardModifier, is_on_grip: bool = False) -> str:
    """Return what a drag hands over: "node" by the handle or with Ctrl+Shift, "more" with Alt, else "files"."""
    if is_on_grip or modifiers & _SELECTS == _SELECTS:
        return "node"
    return "more" if modifiers & Qt.KeyboardModifier.AltModifier else "files"


def grip_rect(card: QRect) -> QRect:
    """Return where the handle lies on a card: on the right, above its name."""
    return QRect(card.right() + 1 - EDGE - SIDE, card.bottom() + 1 - ABOVE - SIDE, SIDE, SIDE)


def paint_grip(painter: QPainter, card: QRect, is_hot: bool) -> None:
    """Paint the handle; is_hot: the pointer is on it."""
    colours, rect = theme.tokens(), QRectF(grip_rect(card)).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(255, 255, 255, 150 if is_hot else 70), 1))
    painter.setBrush(colours.accent_fill if is_hot else QColor(12, 14, 18, 190))
    painter.drawRoundedRect(rect, 8, 8)
    painter.restore()
    middle = grip_rect(card).center() - QPoint(ICON // 2 - 1, ICON // 2 - 1)
    theme.icon("node", ICON, "on_accent").paint(painter, QRect(middle.x(), middle.y(), ICON, ICON))

"""The shades of the colour labels, and dots in them for menus and lists.

Used by cards, sidebar, menus and the details. One shade for both themes: a label must be known again wherever it is seen.
"""

from functools import cache
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

DOT: Final = "dot:"  # in place of an icon's name: a dot in the colour that follows
_SHADES: Final = {
    "red": QColor("#e5484d"), "orange": QColor("#ef7b2e"), "yellow": QColor("#e6b422"), "green": QColor("#3fae5a"),
    "teal": QColor("#20a5a0"), "blue": QColor("#3b82f6"), "purple": QColor("#9a5cf0"), "grey": QColor("#8b93a3"),
}  # fmt: skip
_SCALES = (1.0, 1.5, 2.0, 3.0)


def shade_of(colour: str) -> QColor:
    """Return what a colour label is painted in; one that is not known is grey."""
    return _SHADES.get(colour, _SHADES["grey"])


@cache
def dot_icon(colour: str) -> QIcon:
    """Return a dot in a label's colour, 16 logical pixels."""
    found = QIcon()
    for scale in _SCALES:
        pixmap = QPixmap(round(16 * scale), round(16 * scale))
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade_of(colour))
        painter.drawEllipse(QRectF(3, 3, 10, 10))
        painter.end()
        found.addPixmap(pixmap)
    return found

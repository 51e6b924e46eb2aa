"""The heading of a group of cards; painted by the card area."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontInfo, QPainter

from model_manager.core.words import trn
from model_manager.ui.grid.layout import MARGIN, Block
from model_manager.ui.theme import tokens


def paint_heading(painter: QPainter, usual: QFont, block: Block, rect: QRect, is_stuck: bool) -> None:
    """Paint title and count of a group into `rect`; is_stuck: it stays at the top while its cards scroll below it."""
    colours, pixels = tokens(), QFontInfo(usual).pixelSize()
    if is_stuck:
        painter.fillRect(rect, colours.window)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colours.line)
    font = QFont(usual)
    font.setPixelSize(pixels + 1)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(colours.text)
    inner = rect.adjusted(MARGIN, 4, -MARGIN, 0)
    count = trn("{count} model", "{count} models", block.size)
    room = inner.width() - painter.fontMetrics().horizontalAdvance(count) - 12
    title = painter.fontMetrics().elidedText(block.title, Qt.TextElideMode.ElideMiddle, room)
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, title)
    left = painter.fontMetrics().horizontalAdvance(title) + 10
    font.setPixelSize(pixels - 1)
    font.setWeight(QFont.Weight.Normal)
    painter.setFont(font)
    painter.setPen(colours.faint)
    painter.drawText(inner.adjusted(left, 1, 0, 0), Qt.AlignmentFlag.AlignVCenter, count)

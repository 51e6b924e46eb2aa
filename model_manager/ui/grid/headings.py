"""The headings of groups of cards, and the rubber band over them; painted for the card area."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QPainter, QPen, QRegion

from model_manager.core.words import trn
from model_manager.ui.grid.layout import HEADING, MARGIN, Block, GridLayout
from model_manager.ui.theme import tokens


def paint_band(painter: QPainter, band: QRect) -> None:
    """Paint the rubber band."""
    painter.setPen(QPen(tokens().accent, 1))
    painter.setBrush(tokens().accent_soft)
    painter.drawRect(band.adjusted(0, 0, -1, -1))


def paint_headings(painter: QPainter, font: QFont, layout: GridLayout, top: int, screen: QSize, dirty: QRegion) -> None:
    """Paint each group's heading; that of the group on top stays in view until the next one pushes it out.

    top: how many pixels the content is scrolled. dirty: what needs painting of the `screen`.
    """
    for block in layout.blocks_between(top, top + screen.height()):
        place = block.top - top
        is_stuck = place < 0
        if is_stuck:
            place = min(0, block.bottom - top - HEADING)
        rect = QRect(0, place, screen.width(), HEADING)
        if dirty.intersects(rect):
            _paint_heading(painter, font, block, rect, is_stuck)


def _paint_heading(painter: QPainter, usual: QFont, block: Block, rect: QRect, is_stuck: bool) -> None:
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

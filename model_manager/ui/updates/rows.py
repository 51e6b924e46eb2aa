"""The list of updates, and of what is ignored: a picture, the name, from which version to which, and a mark at the right.

Built by the page of updates. The delegate only paints; the rest of the list is that of the pages of tidying up.
"""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.bridge.updates import Unwanted
from model_manager.core.online.records import Update
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.pictures.tiles import shown_part
from model_manager.ui.tidy.rows import LEFT, RECORD, Index, RowsModel, RowsView, Words
from model_manager.ui.updates.words import mark_words, step_words, unwanted_words

Row = Update | Unwanted
ROW, PICTURE = 68, QSize(38, 52)


def words_of(row: Row) -> tuple[str, str, str]:
    """The second line of a row, its mark and the mark's tone."""
    if isinstance(row, Unwanted):
        return unwanted_words(row), "", ""
    return step_words(row), *mark_words(row)


def spoken(row: Row) -> Words:
    """A row as type-ahead, tooltips and screen readers have it."""
    return Words(row.name, row.path, ", ".join(filter(None, (row.name, *words_of(row)[:2]))))


class RowView(RowsView):
    """The list."""

    def __init__(self, picture: Callable[[str], QPixmap | None]) -> None:
        """`picture(path)` is that of a model in the library."""
        super().__init__(RowsModel(spoken), RowDelegate(picture), ROW, tr("Updates"))

    def show_rows(self, rows: Sequence[Row], key: Callable[[Any], Any] | None = None) -> None:
        """Show these; what was current stays so, or its place does."""
        before = self.currentIndex().row()
        super().show_rows(rows, key or (lambda row: row.path))
        if rows and not self.currentIndex().isValid():
            self.select_row(min(max(0, before), len(rows) - 1))


class RowDelegate(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, picture: Callable[[str], QPixmap | None]) -> None:
        super().__init__()
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        row: Row = index.data(RECORD)
        colours, rect = theme.tokens(), QRectF(option.rect)
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if is_chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colours.accent_soft if is_chosen else colours.hover)
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), colours.line)
        box = QRectF(rect.left() + 14, rect.center().y() - PICTURE.height() / 2, PICTURE.width(), PICTURE.height())
        self._paint_picture(painter, box, row)
        second, mark, tone = words_of(row)
        right = self._paint_mark(painter, rect, mark, tone)
        left = box.right() + 12
        for words, used, ink, top in (
            (row.name, font(13, QFont.Weight.DemiBold), colours.text, rect.center().y() - 20),
            (second, font(12), colours.muted, rect.center().y() + 1),
        ):
            painter.setFont(used)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(right - left))
            painter.drawText(QRectF(left, top, right - left + 4, 19), LEFT, shown)
        painter.restore()

    def _paint_picture(self, painter: QPainter, box: QRectF, row: Row) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(box, 6, 6)
        pixmap = self._picture(row.path)
        if pixmap is None:
            painter.fillPath(shape, theme.tokens().raised)
            theme.icon("box", 18, "faint").paint(painter, round(box.center().x()) - 9, round(box.center().y()) - 9, 18, 18)
            return
        painter.save()
        painter.setClipPath(shape)
        painter.drawPixmap(box, pixmap, shown_part(pixmap.size(), box.width() / box.height()))
        painter.restore()

    @staticmethod
    def _paint_mark(painter: QPainter, rect: QRectF, mark: str, tone: str) -> float:
        """Paint the mark at the right of the first line; returns where words must end."""
        if not mark:
            return rect.right() - 14
        ink = getattr(theme.tokens(), tone)
        painter.setFont(font(11, QFont.Weight.DemiBold))
        width = painter.fontMetrics().horizontalAdvance(mark) + 14
        box = QRectF(rect.right() - 14 - width, rect.center().y() - 10, width, 20)
        painter.setPen(QPen(ink, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark)
        return box.left() - 10

"""The list of updates, and of what is ignored: a picture, the name, from which version to which, and a mark at the right.

Built by the page of updates. Its model is small and holds what it was given; the delegate only paints.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionRange,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QFont, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from model_manager.bridge.updates import Unwanted
from model_manager.core.online.records import Update
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.pictures.tiles import shown_part
from model_manager.ui.updates.words import mark_words, step_words, unwanted_words

Index = QModelIndex | QPersistentModelIndex
Row = Update | Unwanted
RowRole = int(Qt.ItemDataRole.UserRole) + 1
ROW, PICTURE = 68, QSize(38, 52)
_NOWHERE = QModelIndex()
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class RowModel(QAbstractListModel):
    """Updates, or what is ignored."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: Sequence[Row] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Show these in place of all others."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (row.name, *words_of(row)[:2])))
        return None


def words_of(row: Row) -> tuple[str, str, str]:
    """The second line of a row, its mark and the mark's tone."""
    if isinstance(row, Unwanted):
        return unwanted_words(row), "", ""
    return step_words(row), *mark_words(row)


class RowView(QListView):
    """The list. `picked` comes when others are selected."""

    picked = Signal()
    moved = Signal()  # other rows are on screen
    opened = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, picture: Callable[[str], QPixmap | None]) -> None:
        """`picture(path)` is that of a model in the library."""
        super().__init__()
        self.rows = RowModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(RowDelegate(picture, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Updates"))
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())
        self.activated.connect(lambda _: self.opened.emit())
        for changed in (self.verticalScrollBar().valueChanged, self.verticalScrollBar().rangeChanged):
            changed.connect(lambda *_: self.moved.emit())

    def visible_rows(self) -> Sequence[Row]:
        """The rows on screen."""
        first = self.indexAt(QPoint(4, 0)).row()
        count = self.viewport().height() // ROW + 2
        return self.rows.rows[max(0, first) : max(0, first) + count]

    def selected(self) -> list[Row]:
        """The selected rows from the top down."""
        parts = cast(Iterable[QItemSelectionRange], self.selectionModel().selection())
        chosen = sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})
        return [self.rows.rows[row] for row in chosen]

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these; what was current stays so, or its place does."""
        before = self.currentIndex().row()
        path = self.rows.rows[before].path if 0 <= before < len(self.rows.rows) else ""
        self.rows.show(rows)
        place = next((place for place, row in enumerate(rows) if row.path == path), min(max(0, before), len(rows) - 1))
        if rows:
            self.setCurrentIndex(self.rows.index(place))
        self.picked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or in the middle of the current row."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self.menu_asked.emit(point)


class RowDelegate(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, picture: Callable[[str], QPixmap | None], parent: QWidget) -> None:
        super().__init__(parent)
        self._picture = picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        row: Row = index.data(RowRole)
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
            painter.drawText(QRectF(left, top, right - left + 4, 19), _LEFT, shown)
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

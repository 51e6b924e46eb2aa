"""The library as a table over the grid's model and selection; a small picture stands before the name.

Rows have one fixed height and columns are measured once over the first rows, so nothing grows with the library.
"""

from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from model_manager.bridge.card_art import drawn_ground, waiting_ground
from model_manager.bridge.library_model import COLUMNS, SORT_OF, Card, PictureKey
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.ui.grid.card_face import cropped
from model_manager.ui.grid.grip import Press, leaves_open, way_of
from model_manager.ui.grid.model import CardModel
from model_manager.ui.theme import tokens

ROW = 46
PICTURE = QSize(27, 36)
PADDING = 28
SAMPLE = 40  # rows whose texts decide how wide a column begins
NARROW, WIDE, NAME = 64, 240, 220
Index = QModelIndex | QPersistentModelIndex


class NameDelegate(QStyledItemDelegate):
    """Paints a small picture before the name."""

    def __init__(self, table: "TableView", thumbnails: Thumbnails) -> None:
        super().__init__(table)
        self._table, self._thumbnails = table, thumbnails

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell's ground as usual, then picture and text."""
        card = self._table.card(index.row())
        picture = QRectF(option.rect.left() + 8, option.rect.center().y() - PICTURE.height() / 2 + 1, PICTURE.width(), PICTURE.height())
        option.rect.setLeft(int(picture.right()) + 5)
        super().paint(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(0.5 if card.is_away else 1.0)
        self._paint_picture(painter, card, picture)
        painter.restore()

    def _paint_picture(self, painter: QPainter, card: Card, rect: QRectF) -> None:
        pixmap = None if card.picture is None else self._thumbnails.picture(card.picture, self._table.edge())
        if pixmap is not None:
            painter.drawPixmap(rect, pixmap, cropped(pixmap, rect))
            return
        is_waiting = card.picture is not None and self._thumbnails.state(card.picture) == "asked"
        painter.translate(rect.topLeft())
        rect = QRectF(0, 0, rect.width(), rect.height())
        painter.fillRect(rect, (waiting_ground if is_waiting else drawn_ground)(card, rect, tokens().is_dark))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return room for picture and text."""
        return super().sizeHint(option, index) + QSize(PICTURE.width() + 13, 0)


class TableView(QTableView):
    """One model a line; sorts through the model when a heading is clicked."""

    opened = Signal(int)  # id: double-click or Enter
    menu_asked = Signal(QPoint)  # global point: right click or the Menu key
    drag_asked = Signal(str)  # what to hand over of the selected models: files, more (with sidecars) or node

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._press: Press | None = None
        self._are_widths_set = False
        self._build()
        self._name_delegate = NameDelegate(self, thumbnails)
        self.setItemDelegateForColumn(0, self._name_delegate)
        self.horizontalHeader().sortIndicatorChanged.connect(self._on_sort_clicked)
        self.doubleClicked.connect(self._on_opened)
        thumbnails.ready.connect(self._on_thumbnails_ready)

    def _build(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        lines = self.verticalHeader()
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setMinimumSectionSize(ROW)
        lines.setDefaultSectionSize(ROW)
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionsClickable(True)
        heads.setSectionsMovable(True)
        heads.setSortIndicatorShown(True)
        heads.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        heads.setMinimumSectionSize(NARROW)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show `model`, which also answers what `CardModel` asks; share the grid's selection afterwards with setSelectionModel."""
        super().setModel(model)
        self._are_widths_set = False
        self._set_widths()

    def show_sort_by(self, sort: str, is_descending: bool) -> None:
        """Show by which key of `arrange.SORTS` rows are sorted."""
        column = next((number for number, name in enumerate(COLUMNS) if SORT_OF.get(name) == sort), -1)
        self.show_sort(column, Qt.SortOrder.DescendingOrder if is_descending else Qt.SortOrder.AscendingOrder)

    def show_sort(self, column: int, order: Qt.SortOrder) -> None:
        """Show by which column rows are sorted, without sorting; column -1 for none."""
        heads = self.horizontalHeader()
        was_blocked = heads.blockSignals(True)
        heads.setSortIndicator(column, order)
        heads.blockSignals(was_blocked)
        heads.viewport().update()

    def columns_state(self) -> QByteArray:
        """Return order and widths of the columns, to be remembered; empty while nothing has given them their widths."""
        return self.horizontalHeader().saveState() if self._are_widths_set else QByteArray()

    def restore_columns(self, state: QByteArray) -> None:
        """Give the columns a remembered order and widths; what is not a state changes nothing."""
        heads = self.horizontalHeader()
        column, order = heads.sortIndicatorSection(), heads.sortIndicatorOrder()
        was_blocked = heads.blockSignals(True)
        self._are_widths_set = heads.restoreState(state) or self._are_widths_set
        heads.blockSignals(was_blocked)
        self.show_sort(column, order)

    def card(self, row: int) -> Card:
        """Return all that is shown of `row`."""
        return cast(CardModel, self.model()).card(row)

    def edge(self) -> int:
        """Return the height of the small picture in device pixels."""
        return round(PICTURE.height() * self.devicePixelRatioF())

    def visible_rows(self) -> range:
        """Return the rows at least partly on screen."""
        first = self.rowAt(0)
        if first < 0:
            return range(0)
        last = self.rowAt(self.viewport().height() - 1)
        return range(first, (last if last >= 0 else self.model().rowCount() - 1) + 1)

    def _set_widths(self) -> None:
        """Give each column room for its heading and the first rows, once; the name takes what is left."""
        model = self.model()
        if self._are_widths_set or model is None or not model.rowCount():
            return
        self._are_widths_set = True
        heads, metrics = self.horizontalHeader(), self.fontMetrics()
        for column in range(model.columnCount()):
            texts = [model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole)]
            texts += [model.index(row, column).data() for row in range(min(SAMPLE, model.rowCount()))]
            widest = max(metrics.horizontalAdvance(str(text or "")) for text in texts)
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            heads.resizeSection(column, max(NARROW, min(WIDE, widest + PADDING)))
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def reset(self) -> None:
        """Take over a model that has changed as a whole."""
        super().reset()
        self._set_widths()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """Take over new rows; the first ones give the columns their widths."""
        super().rowsInserted(parent, start, end)
        self._set_widths()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say which pictures are on screen, then paint."""
        if self.model() is not None:
            keys = [key for row in self.visible_rows() if (key := self.card(row).picture) is not None]
            self._thumbnails.want(keys, self.edge())
        super().paintEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for no more pictures while out of sight."""
        super().hideEvent(event)
        self._thumbnails.want((), 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select as in any table, but leave a selected line as it is until the button comes up: all may be dragged."""
        self._press = None
        point = event.position().toPoint()
        index = self.indexAt(point)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            is_open = leaves_open(event.modifiers(), self.selectionModel().isSelected(index))
            self._press = Press(QPersistentModelIndex(index), point, event.modifiers(), False, is_open)
            if is_open:
                return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        press, point = self._press, event.position().toPoint()
        if press is None:
            super().mouseMoveEvent(event)
        elif event.buttons() & Qt.MouseButton.LeftButton and press.is_drag(point) and press.line.isValid():
            self._press = None
            if not self.selectionModel().isSelected(self._line(press.line)):
                self._choose(press.line, Qt.KeyboardModifier.NoModifier)
            self.setState(QAbstractItemView.State.NoState)
            self.drag_asked.emit(way_of(event.modifiers()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press that led to no drag was a click."""
        press, self._press = self._press, None
        if press is not None and press.is_open and press.line.isValid():
            self._choose(press.line, press.modifiers)
        super().mouseReleaseEvent(event)

    def _line(self, index: QPersistentModelIndex) -> QModelIndex:
        return self.model().index(index.row(), 0)

    def _choose(self, index: QPersistentModelIndex, modifiers: Qt.KeyboardModifier) -> None:
        """Do what a click with these keys does."""
        flag, keys = QItemSelectionModel.SelectionFlag, Qt.KeyboardModifier
        line, chosen = self._line(index), self.selectionModel()
        if modifiers & keys.ShiftModifier and self.currentIndex().isValid():
            run = QItemSelection(self.currentIndex(), line)
            chosen.select(run, (flag.Select if modifiers & keys.ControlModifier else flag.ClearAndSelect) | flag.Rows)
            return
        way = flag.Toggle if modifiers & keys.ControlModifier else flag.ClearAndSelect
        chosen.setCurrentIndex(line, way | flag.Rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open with Enter; all else as in any table."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._on_opened(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or at the current row."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self.menu_asked.emit(point)
        event.accept()

    @Slot(QModelIndex)
    def _on_opened(self, index: QModelIndex) -> None:
        self.opened.emit(cast(CardModel, self.model()).id_at(index.row()))

    @Slot(int, Qt.SortOrder)
    def _on_sort_clicked(self, column: int, order: Qt.SortOrder) -> None:
        if self.model() is not None and column >= 0:
            self.model().sort(column, order)

    @Slot(object)
    def _on_thumbnails_ready(self, keys: tuple[PictureKey, ...]) -> None:
        if not self.isVisible():
            return
        arrived = set(keys)
        for row in self.visible_rows():
            if self.card(row).picture in arrived:
                self.update(self.model().index(row, 0))

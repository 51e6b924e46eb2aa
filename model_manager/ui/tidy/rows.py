"""Lists of any length for the pages and sheets of tidying up: a model that holds records, and the view with its mouse and keys.

A table of one column with rows of one height: 200,000 rows are there in a millisecond, where QListView takes most of a second. What is
painted in a row is the delegate's business.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

from PySide6.QtCore import QAbstractListModel, QItemSelectionRange, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.pictures.tiles import shown_part
from model_manager.ui.theme import icon, tokens

Index = QModelIndex | QPersistentModelIndex
RECORD = int(Qt.ItemDataRole.UserRole) + 1
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
HEADING = 30  # height of a row that only stands above others
PICTURE = (34, 42)  # size of a model's picture in a row
SLASH = " / "  # between the parts of a place, as acts have them
_NOWHERE = QModelIndex()


class Words(NamedTuple):
    """What a row is called: by its first letters, in its tooltip, by a screen reader."""

    name: str
    tip: str
    spoken: str


class RowsModel(QAbstractListModel):
    """Records in the order given."""

    def __init__(self, words: Callable[[Any], Words], is_heading: Callable[[Any], bool] | None = None) -> None:
        """is_heading: whether a record only stands above others; it cannot be selected."""
        super().__init__()
        self._words = words
        self.has_headings, self.is_heading = is_heading is not None, is_heading or (lambda _: False)
        self.rows: Sequence[Any] = ()

    def show(self, rows: Sequence[Any]) -> None:
        """Show these in place of all others."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        if not index.isValid() or self.is_heading(self.rows[index.row()]):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        record = self.rows[index.row()]
        if role == RECORD:
            return record
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(record).name
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._words(record).tip)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(record).spoken
        return None


class RowsView(QTableView):
    """The list. `picked` comes when others are selected."""

    picked = Signal()
    opened = Signal()  # Enter or a double click
    spaced = Signal()  # the space bar
    delete_asked = Signal()
    menu_asked = Signal(QPoint)
    moved = Signal()  # other rows are on screen

    def __init__(self, model: RowsModel, delegate: QStyledItemDelegate, height: int, name: str, is_single: bool = False) -> None:
        """height: of each row. name: for screen readers. is_single: only one row can be selected."""
        super().__init__()
        self.rows = model
        model.setParent(self)
        self.setModel(model)
        self.setItemDelegate(delegate)
        delegate.setParent(self)
        lines, heads = self.verticalHeader(), self.horizontalHeader()
        lines.hide()
        lines.setMinimumSectionSize(1)
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setDefaultSectionSize(height)
        heads.hide()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.SingleSelection if is_single else modes.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(height // 2)
        self.setMouseTracking(True)
        self.setAccessibleName(name)
        self.doubleClicked.connect(lambda _: self.opened.emit())
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())
        for changed in (self.verticalScrollBar().valueChanged, self.verticalScrollBar().rangeChanged):
            changed.connect(lambda *_: self.moved.emit())

    def chosen(self) -> list[int]:
        """The selected rows from the top down."""
        parts = cast(Iterable[QItemSelectionRange], self.selectionModel().selection())
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def selected(self) -> list[Any]:
        """The selected records from the top down."""
        return [self.rows.rows[row] for row in self.chosen()]

    def visible(self) -> Sequence[Any]:
        """The records on screen."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return self.rows.rows[max(0, first) : (last + 1 if last >= 0 else len(self.rows.rows))]

    def show_rows(self, rows: Sequence[Any], key: Callable[[Any], Any] | None = None) -> None:
        """Show these; the current one, known by its `key`, stays so where it is still there."""
        before, at = self.currentIndex().row(), self.verticalScrollBar().value()
        known = key(self.rows.rows[before]) if key is not None and 0 <= before < len(self.rows.rows) else None
        self.rows.show(rows)
        for place, row in enumerate(rows if self.rows.has_headings else ()):
            if self.rows.is_heading(row):
                self.setRowHeight(place, HEADING)
        place = -1 if known is None else next((place for place, row in enumerate(rows) if key is not None and key(row) == known), -1)
        self.verticalScrollBar().setValue(at)
        if place >= 0:
            self.select_row(place)
        self.picked.emit()

    def select_first(self) -> None:
        """Select the first row that is no heading."""
        place = next((place for place, row in enumerate(self.rows.rows) if not self.rows.is_heading(row)), -1)
        if place >= 0:
            self.select_row(place)

    def select_row(self, row: int) -> None:
        """Select a row and go to it."""
        self.setCurrentIndex(self.rows.index(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter, Space and Delete are told; Esc is for what is around."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif key == Qt.Key.Key_Space:
            self.spaced.emit()
        elif key == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home and End go to the ends of the list, not of a row."""
        ends = (QAbstractItemView.CursorAction.MoveHome, QAbstractItemView.CursorAction.MoveEnd)
        return super().moveCursor(action, modifiers | Qt.KeyboardModifier.ControlModifier if action in ends else modifiers)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or in the middle of the current row."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        if self.selectionModel().hasSelection():
            self.menu_asked.emit(point)
        event.accept()


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    """The ground of a row, as it is selected or under the pointer, and the line below it."""
    colours, rect = tokens(), option.rect
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, colours.accent_soft)
    elif option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, colours.hover)
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colours.line)


def paint_heading(painter: QPainter, rect: QRect, text: str, side: int) -> None:
    """A row that stands above others."""
    painter.setPen(tokens().faint)
    painter.setFont(font(11, QFont.Weight.DemiBold))
    painter.drawText(rect.adjusted(side, 6, -side, 0), LEFT, text.upper())


def paint_picture(painter: QPainter, box: QRectF, pixmap: QPixmap | None, sign: str = "box", tone: str = "faint") -> None:
    """A model's picture with round corners, or a sign in its place."""
    shape = QPainterPath()
    shape.addRoundedRect(box, 5, 5)
    if pixmap is None:
        painter.fillPath(shape, tokens().raised)
        icon(sign, 16, tone).paint(painter, round(box.center().x()) - 8, round(box.center().y()) - 8, 16, 16)
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setClipPath(shape)
    painter.drawPixmap(box, pixmap, shown_part(pixmap.size(), box.width() / box.height()))
    painter.restore()


def paint_runs(painter: QPainter, room: QRect, runs: Sequence[tuple[str, QColor]]) -> int:
    """Paint texts one behind the other in their colours; too long for the room, they are shortened in the middle. Returns the end."""
    metrics = painter.fontMetrics()
    left = room.left()
    for text, ink in shortened(runs, metrics, room.width()):
        painter.setPen(ink)
        painter.drawText(QRect(left, room.top(), room.right() - left + 2, room.height()), LEFT, text)
        left += metrics.horizontalAdvance(text)
    return left


def shortened(runs: Sequence[tuple[str, QColor]], metrics: QFontMetrics, width: int) -> list[tuple[str, QColor]]:
    """The runs as they fit: the last one, which is the name of a file, is kept longest."""
    over = sum(metrics.horizontalAdvance(text) for text, _ in runs) - width
    found = list(runs)
    for place, (text, ink) in enumerate(runs):
        if over <= 0:
            break
        end = "" if place == len(runs) - 1 else SLASH
        wide = metrics.horizontalAdvance(text)
        rest = wide - over - metrics.horizontalAdvance(end)
        kept = metrics.elidedText(text.removesuffix(SLASH), Qt.TextElideMode.ElideMiddle, rest) if rest > 0 else ""
        found[place] = ((kept if len(kept) > 2 else "…") + end, ink)
        over -= wide - metrics.horizontalAdvance(found[place][0])
    return found

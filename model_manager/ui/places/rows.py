"""The list of folders: headings and rows, painted; what a row says is made in `words`.

Part of the page of folders. A model and a delegate over records; asks nobody.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.bridge.places import PlaceRow
from model_manager.core.library.kinds import label
from model_manager.core.words import trn
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.places.words import amount_words, free_words, heading_words, state_words
from model_manager.ui.theme import mixed, tokens

Index = QModelIndex | QPersistentModelIndex
LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
HEADING, ROW, SIDE, RIGHT, DRIVE = 36, 56, 16, 172, 190
WIDE = 700  # pixels from which on the drive has a place of its own
_NOWHERE = QModelIndex()
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Line:
    """A heading (row is None) with the number of folders below it, or a folder.

    where: the end of its path, as much as tells it from others of its type. has_drive: its drive is not that of the folder above.
    """

    text: str
    row: PlaceRow | None = None
    count: int = 0
    where: str = ""
    has_drive: bool = False


class PlaceModel(QAbstractListModel):
    """The lines."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Show these; where the same folders stand in the same places only their words change."""
        if [_key(line) for line in lines] == [_key(line) for line in self.lines]:
            self.lines = lines
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        line = self.lines[index.row()] if index.isValid() else None
        return super().flags(index) if line is None or line.row is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid() or index.row() >= len(self.lines):
            return None
        line = self.lines[index.row()]
        if role == LINE_ROLE:
            return line
        row = line.row
        if row is None:
            return line.text if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{row.path}\n{row.reason}".strip())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            word = state_words().get(row.state, (row.state, ""))[0]
            return ", ".join(filter(None, (row.title, label(row.kind), row.path, word, amount_words(row), free_words(row), row.reason)))
        return None


def _key(line: Line) -> tuple[str, str, str]:
    return (line.row.kind, line.row.path, "") if line.row is not None else ("", "", line.text)


def lines_of(groups: Sequence[tuple[str, Sequence[PlaceRow]]], group: str) -> list[Line]:
    """The lines of rows under their headings; a single group that says nothing has none."""
    lines: list[Line] = []
    ends = endings([row for _, rows in groups for row in rows])
    for key, rows in groups:
        if group or len(groups) > 1:
            lines.append(Line(heading_words(group, key), count=len(rows)))
        drive = ""
        for row in rows:
            has_drive = row.drive.total > 0 and row.drive.path != drive
            drive = row.drive.path if has_drive else drive
            lines.append(Line(row.title, row, where=ends.get(row.path, ""), has_drive=has_drive))
    return lines


def endings(rows: Sequence[PlaceRow]) -> dict[str, str]:
    """The ends of paths that tell folders of one type from each other: "Second drive/loras". Not of those that are the only one."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        kinds.setdefault(row.kind, set()).add(row.path)
    found: dict[str, str] = {}
    for paths in kinds.values():
        if len(paths) > 1:
            found.update(_endings(paths))
    return found


def _endings(paths: Collection[str]) -> dict[str, str]:
    split = {path: path.replace("\\", "/").rstrip("/").split("/") for path in paths}
    found: dict[str, str] = {}
    for count in range(2, max(map(len, split.values())) + 1):
        tails = {path: "/".join(parts[-count:]) for path, parts in split.items()}
        seen = Counter(tails.values())
        found |= {path: tail for path, tail in tails.items() if seen[tail] == 1 and path not in found}
    return found


class PlaceView(QListView):
    """The list."""

    picked = Signal()
    opened = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.places = PlaceModel(self)
        self.setModel(self.places)
        self.setItemDelegate(PlaceDelegate(self))
        self.setMouseTracking(True)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionRectVisible(False)
        self.selectionModel().selectionChanged.connect(lambda *_: self.picked.emit())
        self.activated.connect(lambda _: self.opened.emit())

    def chosen(self) -> list[PlaceRow]:
        """The selected folders, from the top down."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [line.row for line in (self.places.lines[row] for row in rows) if line.row is not None]

    def show_lines(self, lines: list[Line]) -> None:
        """Show these; what was selected stays so."""
        before = {(row.kind, row.path) for row in self.chosen()}
        self.places.show(lines)
        model = self.selectionModel()
        if not model.selectedIndexes():
            self._select(before)
        self.picked.emit()

    def _select(self, wanted: set[tuple[str, str]]) -> None:
        places = [at for at, line in enumerate(self.places.lines) if line.row and (line.row.kind, line.row.path) in wanted]
        if not places:
            places = [at for at, line in enumerate(self.places.lines) if line.row is not None][:1]
        for at in places:
            self.selectionModel().select(self.places.index(at), QItemSelectionModel.SelectionFlag.Select)
        if places:
            self.selectionModel().setCurrentIndex(self.places.index(places[0]), QItemSelectionModel.SelectionFlag.NoUpdate)

    def select_path(self, path: str) -> None:
        """Select the folder at this path, if it is shown."""
        self.clearSelection()
        for at, line in enumerate(self.places.lines):
            if line.row is not None and line.row.path == path:
                self.setCurrentIndex(self.places.index(at))
                return

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or in the middle of the current row."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        self.menu_asked.emit(point)


class PlaceDelegate(QStyledItemDelegate):
    """Paints a line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        line: Line = index.data(LINE_ROLE)
        return QSize(200, HEADING if line.row is None else ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        line: Line = index.data(LINE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.row is None:
            _paint_heading(painter, QRectF(option.rect), line)
        else:
            _paint_ground(painter, option)
            _paint_row(painter, QRectF(option.rect), line.row, line)
        painter.restore()


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    colours, rect = tokens(), QRectF(option.rect)
    is_on = bool(option.state & QStyle.StateFlag.State_Selected)
    if is_on or option.state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(rect, colours.accent_soft if is_on else colours.hover)
    painter.fillRect(QRectF(rect.left() + SIDE, rect.bottom(), rect.width() - 2 * SIDE, 1), colours.line)
    if option.state & QStyle.StateFlag.State_HasFocus and option.state & QStyle.StateFlag.State_KeyboardFocusChange:
        painter.setPen(QPen(colours.accent, 1.5))
        painter.drawRoundedRect(rect.adjusted(3, 2, -3, -2), 6, 6)


def _paint_heading(painter: QPainter, rect: QRectF, line: Line) -> None:
    colours = tokens()
    row = rect.adjusted(SIDE, 10, -SIDE, 0)
    painter.setFont(font(12, QFont.Weight.DemiBold))
    count = trn("{count} folder", "{count} folders", line.count)
    room = row.width() - painter.fontMetrics().horizontalAdvance(count) - 16
    _write(painter, QRectF(row.left(), row.top(), room, row.height()), line.text, colours.muted, is_path=True)
    painter.setFont(font(12))
    _write(painter, row, count, colours.faint, _RIGHT)


def _paint_row(painter: QPainter, rect: QRectF, row: PlaceRow, line: Line) -> None:
    colours = tokens()
    word, tone = state_words().get(row.state, (row.state, "warn"))
    ink: QColor = getattr(colours, tone)
    is_quiet = row.state in ("off", "not_needed")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawEllipse(QRectF(rect.left() + SIDE, rect.top() + 15, 8, 8))
    top, below = QRectF(rect.left(), rect.top() + 9, rect.width(), 20), QRectF(rect.left(), rect.top() + 29, rect.width(), 18)
    right = rect.right() - SIDE
    is_wide = rect.width() >= WIDE
    end = right - RIGHT - (DRIVE if is_wide else 0)
    left = rect.left() + SIDE + 18
    painter.setFont(font(13, QFont.Weight.DemiBold))
    wide = painter.fontMetrics().horizontalAdvance(row.title) + 10
    _write(painter, QRectF(left, top.top(), end - left - 12, 20), row.title, colours.muted if is_quiet else colours.text)
    painter.setFont(font(12))
    where = label(row.kind) if row.name else line.where
    _write(painter, QRectF(left + wide, top.top() + 1, end - left - 12 - wide, 19), where, colours.faint, is_path=True)
    _write(painter, QRectF(left, below.top(), end - left - 12, 18), row.path, colours.faint if is_quiet else colours.muted, is_path=True)
    if is_wide and line.has_drive:
        _paint_drive(painter, QRectF(end, rect.top(), DRIVE - 24, rect.height()), row)
    amounts = QRectF(right - RIGHT, top.top(), RIGHT, 20)
    _write(painter, amounts, amount_words(row), colours.text if row.models else colours.faint, _RIGHT)
    state = QRectF(right - RIGHT, below.top(), RIGHT, 18)
    says = free_words(row) if row.state == "fine" and not is_wide else word
    _write(painter, state, says or word, colours.muted if row.state == "fine" else ink, _RIGHT)


def _paint_drive(painter: QPainter, rect: QRectF, row: PlaceRow) -> None:
    """The drive, how full it is, and what it takes yet."""
    colours, drive = tokens(), row.drive
    used = 1 - drive.free / drive.total
    bar = QRectF(rect.left(), rect.top() + 17, rect.width(), 5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mixed(colours.text, colours.panel, 0.12))
    painter.drawRoundedRect(bar, 2.5, 2.5)
    painter.setBrush(colours.warn if used > 0.95 else mixed(colours.text, colours.panel, 0.38))
    painter.drawRoundedRect(QRectF(bar.left(), bar.top(), max(5.0, bar.width() * used), 5), 2.5, 2.5)
    painter.setFont(font(12))
    free = free_words(row)
    width = painter.fontMetrics().horizontalAdvance(free) + 8
    line = QRectF(rect.left(), rect.top() + 29, rect.width(), 18)
    _write(painter, line, free, colours.muted, _RIGHT)
    _write(painter, QRectF(line.left(), line.top(), line.width() - width, 18), drive.path, colours.faint, is_path=True)


def _write(painter: QPainter, rect: QRectF, text: str, ink: QColor, where: Qt.AlignmentFlag = _LEFT, is_path: bool = False) -> None:
    painter.setPen(ink)
    mode = Qt.TextElideMode.ElideMiddle if is_path else Qt.TextElideMode.ElideRight
    painter.drawText(rect, int(where), painter.fontMetrics().elidedText(text, mode, max(0, int(rect.width()))))

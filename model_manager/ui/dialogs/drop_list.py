"""The rows of the drop sheet: each model, where it goes, why; after copying what became of it.

Used by drop_in. A model and a delegate that paint records; thousands of rows cost nothing until they are seen.
"""

import os
from collections.abc import Iterable

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.bridge.intake import GOES, Line, Outcome, Plan
from model_manager.core.amounts import short_size
from model_manager.core.words import tr, trn
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.theme import icon, mixed, tokens

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
ROW, SIDE, BOX, GAP = 36, 22, 16, 12
MODEL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_TONES = {"ready": "muted", "both": "warn", "here": "faint", "twice": "faint", "damaged": "bad", "ask": "warn", "stuck": "bad"}


class DropModel(QAbstractListModel):
    """The lines of a plan, which of them are left out, and in the end their outcomes."""

    changed = Signal()  # what is taken
    wanted = Signal(int)  # the person ticked a damaged one

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._left_out: set[int] = set()
        self._outcomes: dict[int, Outcome] = {}
        self.is_open = True  # to be changed by the person

    def set_plan(self, plan: Plan) -> None:
        """Show the lines of a plan; what was left out stays so when it is the same drop planned anew."""
        if len(plan.lines) == len(self._lines) and self._lines:
            self._lines = plan.lines
            self.dataChanged.emit(self.index(0), self.index(len(self._lines) - 1))
        else:
            self.beginResetModel()
            self._lines, self._left_out, self._outcomes = plan.lines, set(), {}
            self.endResetModel()
        self.changed.emit()

    def set_outcomes(self, outcomes: dict[int, Outcome]) -> None:
        """Show what became of the lines."""
        self._outcomes = outcomes
        if self._lines:
            self.dataChanged.emit(self.index(0), self.index(len(self._lines) - 1))

    def line(self, row: int) -> Line:
        """The line of a row."""
        return self._lines[row]

    def outcome(self, row: int) -> Outcome | None:
        """What became of a line, None before the end and for those not taken."""
        return self._outcomes.get(row)

    def is_taken(self, row: int) -> bool:
        """Whether the line goes."""
        return self._lines[row].state in GOES and row not in self._left_out

    def taken(self) -> list[int]:
        """The rows that go."""
        return [row for row in range(len(self._lines)) if self.is_taken(row)]

    def toggle(self, rows: Iterable[int]) -> None:
        """Leave rows out, or take them again; a damaged one is asked for."""
        if not self.is_open:
            return
        rows = list(rows)
        takes = not all(self.is_taken(row) for row in rows)
        for row in rows:
            if self._lines[row].state in GOES:
                (self._left_out.discard if takes else self._left_out.add)(row)
            elif self._lines[row].state == "damaged" and takes:
                self.wanted.emit(row)
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))
        self.changed.emit()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Number of models."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts for type-ahead, tooltips and screen readers."""
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == MODEL_ROLE:
            return self
        if role == Qt.ItemDataRole.DisplayRole:
            return line.known.find.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join(filter(None, (line.known.find.path, self._target_path(line), self.note(index.row())[0], line.text))))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (line.known.find.name, line.shown, self.note(index.row())[0])))
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if self.is_taken(index.row()) else Qt.CheckState.Unchecked
        return None

    @staticmethod
    def _target_path(line: Line) -> str:
        return tr("→ {path}", path=line.targets[-1][1]) if line.targets else ""

    def note(self, row: int) -> tuple[str, str]:
        """The words at the right of a row, and the token they are painted with."""
        line, outcome = self._lines[row], self._outcomes.get(row)
        if outcome is not None:
            words = {"done": outcome.text or tr("added"), "failed": outcome.text, "stopped": tr("stopped")}
            tones = {"done": "warn" if outcome.text else "ok", "failed": "bad", "stopped": "warn"}
            return words.get(outcome.state, ""), tones.get(outcome.state, "muted")
        if (row in self._left_out and line.state in GOES) or (self._outcomes and line.state in ("ask", "stuck")):
            return tr("left out"), "faint"
        return line.note, "warn" if line.text and line.state in GOES else _TONES.get(line.state, "muted")


class DropDelegate(QStyledItemDelegate):
    """Paints a row: box, name and size, arrow, target, note. A click on the box or the target is told."""

    box_clicked = Signal(int)
    target_clicked = Signal(int, QPoint)  # row, where its menu goes (in the view)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high."""
        return QSize(0, ROW)

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        """Take clicks on the box and on the target."""
        if not isinstance(event, QMouseEvent) or event.type() != QEvent.Type.MouseButtonRelease:
            return False
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        point = event.position().toPoint()
        if point.x() < option.rect.left() + SIDE + BOX + GAP // 2:
            self.box_clicked.emit(index.row())
        elif target_rect(option.rect).contains(point):
            self.target_clicked.emit(index.row(), target_rect(option.rect).bottomLeft())
        return False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        model: DropModel = index.data(MODEL_ROLE)
        colours, rect, row = tokens(), option.rect, index.row()
        line = model.line(row)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, colours.accent_soft)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, colours.hover)
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colours.line)
        is_faint = not model.is_taken(row) and line.state not in ("ask",)
        if model.is_open:
            paint_box(painter, rect, model.is_taken(row), line.state in (*GOES, "damaged"))
        _paint_name(painter, rect, line, colours.faint if is_faint else colours.text)
        if line.shown or (model.is_open and line.state in (*GOES, "ask", "stuck")):
            _paint_target(painter, rect, line, model.is_open and line.state != "here", is_faint)
        _paint_note(painter, rect, *model.note(row))
        painter.restore()


class DropView(QListView):
    """The list; Space and the keys that open a list of choices are told with the selected rows."""

    toggle_asked = Signal(object)
    target_asked = Signal(int, QPoint)

    def __init__(self, model: DropModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Models to add"))

    def rows(self) -> list[int]:
        """The selected rows."""
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space leaves rows out, F2 or the Menu key opens the list of folders."""
        rows = self.rows()
        if rows and event.key() == Qt.Key.Key_Space:
            self.toggle_asked.emit(rows)
        elif rows and event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Menu):
            self.target_asked.emit(rows[0], target_rect(self.visualRect(self.model().index(rows[0], 0))).bottomLeft())
        else:
            super().keyPressEvent(event)


def target_rect(rect: QRect) -> QRect:
    """Where the target of a row is painted."""
    left = rect.left() + round(rect.width() * 0.39)
    return QRect(left, rect.top() + 4, round(rect.width() * 0.28), rect.height() - 8)


def paint_box(painter: QPainter, rect: QRect, is_on: bool, is_enabled: bool) -> None:
    """Paint the box at the left of a row."""
    colours = tokens()
    box = QRectF(rect.left() + SIDE, rect.center().y() - BOX / 2 + 0.5, BOX, BOX).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(colours.accent_fill if is_on else colours.faint if is_enabled else colours.line, 1))
    painter.setBrush(colours.accent_fill if is_on else colours.window)
    painter.drawRoundedRect(box, 4, 4)
    if is_on:
        icon("check", 12, "on_accent").paint(painter, box.toRect().adjusted(1, 1, -1, -1))


def _paint_name(painter: QPainter, rect: QRect, line: Line, ink: QColor) -> None:
    left = rect.left() + SIDE + BOX + GAP
    room = QRect(left, rect.top(), target_rect(rect).left() - left - 34, rect.height())
    more = short_size(line.size)
    if count := len(line.known.find.parts) - 1:
        more = f"{more} {trn('+ {count} file', '+ {count} files', count)}"
    metrics = painter.fontMetrics()
    name = metrics.elidedText(line.known.find.name, Qt.TextElideMode.ElideMiddle, room.width() - metrics.horizontalAdvance(more) - 8)
    where = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(ink)
    painter.drawText(room, where, name)
    painter.setPen(tokens().muted)
    painter.drawText(room.adjusted(metrics.horizontalAdvance(name) + 8, 0, 0, 0), where, more)


def _paint_target(painter: QPainter, rect: QRect, line: Line, can_choose: bool, is_faint: bool) -> None:
    colours, place = tokens(), target_rect(rect)
    where = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(colours.faint)
    painter.drawText(QRect(place.left() - 26, rect.top(), 20, rect.height()), where, "→")
    if can_choose:
        painter.setPen(QPen(colours.line, 1))
        painter.setBrush(mixed(colours.hover, colours.panel))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        icon("chevron-down", 12, "muted").paint(painter, QRect(place.right() - 20, place.center().y() - 5, 12, 12))
    text = " / ".join(line.shown.split(os.sep)[:-1]) if line.shown else tr("Choose a folder")
    if line.state == "both":
        text = " / ".join(line.shown.split(os.sep))
    painter.setPen(colours.faint if is_faint else colours.text if line.shown else colours.accent)
    room = place.adjusted(9, 0, -26 if can_choose else -6, 0)
    painter.drawText(room, where, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room.width()))


def _paint_note(painter: QPainter, rect: QRect, text: str, tone: str) -> None:
    left = target_rect(rect).right() + 14
    room = QRect(left, rect.top(), rect.right() - SIDE - left, rect.height())
    painter.setPen(getattr(tokens(), tone))
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                     painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width()))  # fmt: skip

"""The list of tasks with its mouse and keyboard: buttons in rows, selection, dragging what is in line, the menu.

Built by the page. It tells what is asked of which tasks and does nothing itself. A table of one column: a QListView lays all rows out
anew whenever a number in one of them changes.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QItemSelectionRange, QModelIndex, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QToolTip

from model_manager.bridge.task_model import PROGRESS_ROLE, TaskModel, can_move
from model_manager.core.tasks.states import Task
from model_manager.core.tasks.words import told
from model_manager.core.words import tr, trn
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.tasks.rows import ROW, Index, TaskDelegate, button_at, places
from model_manager.ui.tasks.words import AGAIN, CANCEL, PAUSE, REMOVE, RESUME, action_words, can, main_action
from model_manager.ui.theme import tokens


class TaskView(QTableView):
    """Rows of tasks. `asked` carries an action of `words` and the ids it is for."""

    asked = Signal(str, object)
    menu_asked = Signal(QPoint)  # global point

    def __init__(self, model: TaskModel, picture: Callable[[str], QPixmap | None]) -> None:
        super().__init__()
        self._tasks = model
        self._rows = TaskDelegate(picture, self)
        self._pressed = (0, "")
        self._line = -1  # the row above which what is dragged would come
        self.setModel(model)
        self.setItemDelegate(self._rows)
        self._build()
        self.doubleClicked.connect(self._on_double_clicked)

    def _build(self) -> None:
        lines, heads = self.verticalHeader(), self.horizontalHeader()
        lines.hide()
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        lines.setDefaultSectionSize(ROW)
        heads.hide()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QAbstractItemView.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW // 2)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(False)  # ours stands between rows wherever the pointer is
        self.setAccessibleName(tr("Tasks"))

    def selected(self) -> list[Task]:
        """The selected tasks from the top down."""
        parts = cast(Iterable[QItemSelectionRange], self.selectionModel().selection())
        rows = {row for part in parts for row in range(part.top(), part.bottom() + 1)}
        return [self._tasks.task_at(row) for row in sorted(rows)]

    def select(self, id_: int) -> None:
        """Select one task and go to it."""
        row = self._tasks.row_of(id_)
        if row >= 0:
            self.setCurrentIndex(self._tasks.index(row))
            self.scrollTo(self._tasks.index(row))

    def ask(self, action: str, tasks: Sequence[Task]) -> bool:
        """Ask for an action for those tasks for which it makes sense; False when it does for none."""
        ids = [task.id for task in tasks if can(action, task)]
        if ids:
            self.asked.emit(action, ids)
        return bool(ids)

    # mouse

    def _hit(self, point: QPoint) -> tuple[Task | None, str]:
        """The task and the button under a point."""
        index = self.indexAt(point)
        if not index.isValid():
            return None, ""
        task = self._tasks.task_at(index.row())
        return task, button_at(task, self.visualRect(index), self.font(), True, point)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the button under the pointer."""
        task, action = self._hit(event.position().toPoint())
        self._heat((0 if task is None else task.id, action))
        if not self._pressed[1]:
            super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No button is under the pointer."""
        super().leaveEvent(event)
        self._heat((0, ""))

    def _heat(self, hot: tuple[int, str]) -> None:
        before, self._rows.hot = self._rows.hot, hot
        for id_ in {before[0], hot[0]} if before != hot else ():
            if (row := self._tasks.row_of(id_)) >= 0:
                self.update(self._tasks.index(row))

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what a button does, or all of a row."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            task, action = self._hit(event.pos())
            if task is not None:
                text = action_words(action, task) if action else "\n".join(filter(None, (task.title, task.where, told(task, time.time()))))
                QToolTip.showText(event.globalPos(), plain_tip(text), self.viewport())
                return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press on a button leaves the selection as it is."""
        task, action = self._hit(event.position().toPoint())
        self._pressed = (task.id, action) if task is not None and event.button() == Qt.MouseButton.LeftButton else (0, "")
        if not self._pressed[1]:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A button acts when it is released where it was pressed."""
        pressed, self._pressed = self._pressed, (0, "")
        if not pressed[1]:
            super().mouseReleaseEvent(event)
            return
        task, action = self._hit(event.position().toPoint())
        if task is not None and (task.id, action) == pressed:
            self.ask(action, [task])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two quick presses on a button are two presses."""
        if self._hit(event.position().toPoint())[1]:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the selected tasks, at the pointer or at the current row."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            point = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        if self.selectionModel().hasSelection():
            self.menu_asked.emit(point)
        event.accept()

    def _on_double_clicked(self, index: QModelIndex) -> None:
        self._act_on(self._tasks.task_at(index.row()))

    def _act_on(self, task: Task) -> None:
        if action := main_action(task):
            self.asked.emit(action, [task.id])

    # keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pauses and goes on, Delete stops or removes, Enter mends or shows."""
        key, tasks = event.key(), self.selected()
        if key == Qt.Key.Key_Space and tasks:
            _ = self.ask(PAUSE, tasks) or self.ask(RESUME, tasks) or self.ask(AGAIN, tasks)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and tasks:
            _ = self.ask(CANCEL, tasks) or self.ask(REMOVE, tasks)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._act_on(self._tasks.task_at(self.currentIndex().row()))
        elif key == Qt.Key.Key_Escape:
            event.ignore()  # the page's
        else:
            super().keyPressEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Home and End go to the ends of the list, not of a row."""
        ends = (QAbstractItemView.CursorAction.MoveHome, QAbstractItemView.CursorAction.MoveEnd)
        return super().moveCursor(action, modifiers | Qt.KeyboardModifier.ControlModifier if action in ends else modifiers)

    # dragging

    def startDrag(self, supported: Qt.DropAction) -> None:
        """Drag the selected tasks that can be moved, as a small sign that hides no row."""
        tasks = [task for task in self.selected() if can_move(task)]
        if not tasks:
            return
        drag = QDrag(self)
        drag.setMimeData(self._tasks.mimeData([self._tasks.index(self._tasks.row_of(task.id)) for task in tasks]))
        drag.setPixmap(_sign(tasks, self.font(), self.devicePixelRatioF()))
        drag.setHotSpot(QPoint(-12, -8))
        drag.exec(Qt.DropAction.MoveAction)
        self._mark(-1)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would go."""
        super().dragMoveEvent(event)  # scrolls
        row = self._gap(event.position().toPoint())
        if self._takes(event, row):
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
        else:
            event.ignore()
        self._mark(row if event.isAccepted() else -1)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It goes nowhere."""
        super().dragLeaveEvent(event)
        self._mark(-1)

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the new order; rows move when the engine has moved the tasks."""
        row = self._gap(event.position().toPoint())
        if self._takes(event, row):
            self._tasks.dropMimeData(event.mimeData(), Qt.DropAction.MoveAction, row, 0, QModelIndex())
            event.setDropAction(Qt.DropAction.CopyAction)  # nothing is to be taken away here
            event.accept()
        else:
            event.ignore()
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        self._mark(-1)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Where only numbers have changed, only their place is painted anew."""
        if list(roles) != [PROGRESS_ROLE]:
            super().dataChanged(first, last, list(roles))
            return
        top, end = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        for row in range(max(first.row(), top), min(last.row(), self._tasks.rowCount() - 1 if end < 0 else end) + 1):
            self.viewport().update(places(self.visualRect(self._tasks.index(row))).progress)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, and a line where something dragged would go."""
        self._rows.wanted = event.region().boundingRect()
        super().paintEvent(event)
        if self._line >= 0:
            top = self.rowViewportPosition(self._line) if self._line < self._tasks.rowCount() else self.verticalHeader().length()
            painter = QPainter(self.viewport())
            painter.fillRect(QRect(6, max(0, top - 2), self.viewport().width() - 12, 3), tokens().accent)
            painter.end()

    def _mark(self, row: int) -> None:
        self._line = row
        self.viewport().update()

    def _takes(self, event: QDropEvent, row: int) -> bool:
        mime, move = event.mimeData(), Qt.DropAction.MoveAction
        return event.source() is self and self._tasks.canDropMimeData(mime, move, row, 0, QModelIndex())

    def _gap(self, point: QPoint) -> int:
        """The row before which something dropped at a point would stand."""
        index = self.indexAt(point)
        if not index.isValid():
            return self._tasks.rowCount()
        rect: QRect = self.visualRect(index)
        return index.row() + (point.y() > rect.center().y())


def _sign(tasks: Sequence[Task], font: QFont, ratio: float) -> QPixmap:
    """What follows the pointer: the title of a task, or how many there are."""
    text = tasks[0].title if len(tasks) == 1 else trn("{count} task", "{count} tasks", len(tasks))
    metrics, colours = QFontMetrics(font), tokens()
    text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, 260)
    size = QSize(metrics.horizontalAdvance(text) + 24, metrics.height() + 14)
    sign = QPixmap(size * ratio)
    sign.setDevicePixelRatio(ratio)
    sign.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sign)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colours.line)
    painter.setBrush(colours.raised)
    painter.drawRoundedRect(QRectF(QPointF(0.5, 0.5), QSizeF(size) - QSizeF(1, 1)), 7, 7)
    painter.setFont(font)
    painter.setPen(colours.text)
    painter.drawText(QRect(QPoint(), size), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return sign

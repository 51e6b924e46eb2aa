"""The list of tasks with its mouse and keyboard: buttons in rows, selection, dragging what is in line, the menu.

Built by the page. It tells what is asked of which tasks and does nothing itself.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView

from model_manager.bridge.task_model import TaskModel
from model_manager.core.tasks.states import Task
from model_manager.core.words import tr
from model_manager.ui.tasks.rows import ROW, TaskDelegate, button_at
from model_manager.ui.tasks.words import AGAIN, CANCEL, PAUSE, REMOVE, RESUME, can, main_action


class TaskView(QListView):
    """Rows of tasks. `asked` carries an action of `words` and the ids it is for."""

    asked = Signal(str, object)
    menu_asked = Signal(QPoint)  # global point

    def __init__(self, model: TaskModel, picture: Callable[[str], QPixmap | None]) -> None:
        super().__init__()
        self._tasks = model
        self._rows = TaskDelegate(picture, self)
        self._pressed = (0, "")
        self.setModel(model)
        self.setItemDelegate(self._rows)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW // 2)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setAccessibleName(tr("Tasks"))
        self.doubleClicked.connect(self._on_double_clicked)

    def selected(self) -> list[Task]:
        """The selected tasks from the top down."""
        return [self._tasks.task_at(row) for row in sorted(index.row() for index in self.selectionModel().selectedIndexes())]

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

    # dragging

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask for the new order; rows move when the engine has moved the tasks."""
        row = self._gap(event.position().toPoint())
        mime, nowhere = event.mimeData(), QModelIndex()
        if event.source() is self and self._tasks.canDropMimeData(mime, Qt.DropAction.MoveAction, row, 0, nowhere):
            self._tasks.dropMimeData(mime, Qt.DropAction.MoveAction, row, 0, nowhere)
            event.setDropAction(Qt.DropAction.CopyAction)  # nothing is to be taken away here
            event.accept()
        else:
            event.ignore()
        self.stopAutoScroll()
        self.setState(QAbstractItemView.State.NoState)
        self.viewport().update()

    def _gap(self, point: QPoint) -> int:
        """The row before which something dropped at a point would stand."""
        index = self.indexAt(point)
        if not index.isValid():
            return self._tasks.rowCount()
        rect: QRect = self.visualRect(index)
        return index.row() + (point.y() > rect.center().y())

"""The grid of cards as people use it: mouse, rubber band, keyboard, menu; the main window listens to its signals.

A press on a card begins a drag, one beside the cards a rubber band. Selects through Qt's selection model, which it shares with the
table. Opens and shows nothing itself.
"""

import time

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QGuiApplication, QHelpEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QToolTip, QWidget

from model_manager.core.words import tr
from model_manager.ui.details.parts import key_text
from model_manager.ui.grid.card_area import CardArea
from model_manager.ui.grid.grip import Press, grip_rect, leaves_open, way_of
from model_manager.ui.grid.model import Pictures

Flag = QItemSelectionModel.SelectionFlag
Action = QAbstractItemView.CursorAction
Key = Qt.Key
Modifier = Qt.KeyboardModifier
_NONE = Qt.KeyboardModifier.NoModifier
_MOVES = {
    Key.Key_Left: Action.MoveLeft, Key.Key_Right: Action.MoveRight, Key.Key_Up: Action.MoveUp, Key.Key_Down: Action.MoveDown,
    Key.Key_Home: Action.MoveHome, Key.Key_End: Action.MoveEnd, Key.Key_PageUp: Action.MovePageUp, Key.Key_PageDown: Action.MovePageDown,
}  # fmt: skip
SEARCH_PAUSE = 1.0  # seconds after which typed letters begin a new word
SEARCH_TIME = 0.05  # seconds a typed letter may look for a name
PULL = 16  # milliseconds between steps of scrolling while the band is held beyond an edge


class GridView(CardArea):
    """Cards to look at, select, open and ask a menu for."""

    opened = Signal(int)  # id: double-click or Enter
    menu_asked = Signal(QPoint)  # global point: right click or the Menu key
    drag_asked = Signal(str)  # what to hand over of the selected models: files, more (with sidecars) or node
    node_asked = Signal()  # a click on the handle

    def __init__(self, thumbnails: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(thumbnails, parent)
        self._start = QPersistentModelIndex()  # where a Shift range begins
        self._press: Press | None = None  # on a card
        self._pressed: QPoint | None = None  # in the content, where a band may begin
        self._pointer = QPoint()
        self._kept = QItemSelection()  # what a band with Ctrl adds to
        self._typed, self._typed_at = "", 0.0
        self._pull = QTimer(self, interval=PULL)
        self._pull.timeout.connect(self._on_pull)

    def zoom(self, step: int) -> None:
        """Show cards so many logical pixels wider."""
        self.set_card_width(self.card_width + step)

    # --- selecting

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the cards that touch `rect` of the viewport; one range a line at most."""
        area = rect.normalized().translated(0, self.verticalOffset())
        self._select([(run.start, run.stop - 1) for run in self._layout.ranges_in(area)], command)

    def _select(self, runs: list[tuple[int, int]], command: QItemSelectionModel.SelectionFlag) -> None:
        selection = QItemSelection()
        for first, last in runs:
            selection.select(self._index(first), self._index(last))
        self.selectionModel().select(selection, command | Flag.Rows)

    def _go(self, row: int, modifiers: Modifier) -> None:
        """Make `row` current and select as the modifier keys say: alone, up to here, or not at all."""
        if not 0 <= row < self._rows():
            return
        extends, keeps = bool(modifiers & Modifier.ShiftModifier), bool(modifiers & Modifier.ControlModifier)
        if extends and self._start.isValid():
            run = (min(self._start.row(), row), max(self._start.row(), row))
            self._select([run], Flag.Select if keeps else Flag.ClearAndSelect)
        else:
            self._start = QPersistentModelIndex(self._index(row))
            if not keeps:
                self._select([(row, row)], Flag.ClearAndSelect)
        self.selectionModel().setCurrentIndex(self._index(row), Flag.NoUpdate)
        self.scrollTo(self._index(row))

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select, toggle, extend, or begin what may become a drag or a rubber band."""
        point, row = event.position().toPoint(), self._row_at(event.position().toPoint())
        self._shows_focus = False
        if event.button() == Qt.MouseButton.RightButton:
            if row < 0:
                self.clearSelection()
            elif not self.selectionModel().isSelected(self._index(row)):
                self._go(row, _NONE)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        modifiers = event.modifiers()
        if row >= 0:
            self._press_card(row, point, modifiers)
            return
        self._pressed = point + QPoint(0, self.verticalOffset())
        keeps = bool(modifiers & Modifier.ControlModifier)
        if not keeps:
            self.clearSelection()
        self._kept = self.selectionModel().selection() if keeps else QItemSelection()

    def _press_card(self, row: int, point: QPoint, modifiers: Modifier) -> None:
        is_on_grip, is_selected = self._is_grip(row, point), self.selectionModel().isSelected(self._index(row))
        is_open = leaves_open(modifiers, is_selected)
        self._press = Press(QPersistentModelIndex(self._index(row)), point, modifiers, is_on_grip, is_open)
        if is_on_grip:
            if not is_selected:
                self._go(row, _NONE)
        elif not is_open:
            self._choose(row, modifiers)

    def _choose(self, row: int, modifiers: Modifier) -> None:
        """Do what a click with these keys does."""
        self._go(row, modifiers)
        if modifiers & Modifier.ControlModifier and not modifiers & Modifier.ShiftModifier:
            self._select([(row, row)], Flag.Toggle)

    def _is_grip(self, row: int, point: QPoint) -> bool:
        return row >= 0 and grip_rect(self._row_rect(row)).contains(point) and self._has_grip(self._card(row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag, draw the rubber band, or light up the card below."""
        self._pointer = event.position().toPoint()
        if self._press is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if self._press.is_drag(self._pointer):
                self._drag(self._press, event.modifiers())
            return
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self._set_hover(self._row_at(self._pointer))
            self._set_on_grip(self._is_grip(self._hover, self._pointer))
            return
        start = self._pressed - QPoint(0, self.verticalOffset())
        if not self._band.isValid() and (self._pointer - start).manhattanLength() < QApplication.startDragDistance():
            return
        self._set_hover(-1)
        self._stretch_band()
        if not self.viewport().rect().contains(self._pointer):
            self._pull.start()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the rubber band; a press on a card that led to no drag was a click."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        press, self._press = self._press, None
        self._end_band()
        if press is None or not press.line.isValid():
            return
        if press.is_on_grip:
            self.node_asked.emit()
        elif press.is_open:
            self._choose(press.line.row(), press.modifiers)

    def _drag(self, press: Press, modifiers: Modifier) -> None:
        """Have the selected models dragged; that of an open press alone when it is not one of them."""
        self._press = None
        if not press.line.isValid():
            return
        if not self.selectionModel().isSelected(self._index(press.line.row())):
            self._go(press.line.row(), _NONE)
        self._set_hover(-1)
        self._set_on_grip(False)
        self.drag_asked.emit(way_of(modifiers, press.is_on_grip))

    def _set_on_grip(self, is_on_grip: bool) -> None:
        if is_on_grip == self._is_on_grip:
            return
        self._is_on_grip = is_on_grip
        self.viewport().setCursor(Qt.CursorShape.OpenHandCursor if is_on_grip else Qt.CursorShape.ArrowCursor)
        if self._hover >= 0:
            self.viewport().update(self._row_rect(self._hover))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the model."""
        row = self._row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.opened.emit(self._cards().id_at(row))

    def _stretch_band(self) -> None:
        if self._pressed is None:
            return
        end = self._pointer + QPoint(0, self.verticalOffset())
        self._band = QRect(self._pressed, end).normalized()
        runs = [(run.start, run.stop - 1) for run in self._layout.ranges_in(self._band)]
        selection = QItemSelection(self._kept)
        for first, last in runs:
            selection.select(self._index(first), self._index(last))
        self.selectionModel().select(selection, Flag.ClearAndSelect | Flag.Rows)
        self.viewport().update()

    @Slot()
    def _on_pull(self) -> None:
        """Scroll on while the band is held above or below the cards, faster the further away."""
        rect = self.viewport().rect()
        beyond = min(0, self._pointer.y()) + max(0, self._pointer.y() - rect.bottom())
        if self._pressed is None or not beyond:
            self._pull.stop()
            return
        self.verticalScrollBar().setValue(self.verticalOffset() + beyond // 3)
        self._stretch_band()

    def _end_band(self) -> None:
        self._press = None
        self._pressed, self._band, self._kept = None, QRect(), QItemSelection()
        self._pull.stop()
        self.viewport().update()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of a band."""
        self._end_band()
        super().hideEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Put out the light when the pointer leaves; the handle says what it is for."""
        if event.type() == QEvent.Type.Leave:
            self._set_hover(-1)
            self._set_on_grip(False)
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._is_on_grip:
            text = tr("Drag into ComfyUI as a node. A click copies it for {keys}.", keys=key_text("Ctrl+V"))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Follow a touchpad pixel by pixel; a wheel in steps."""
        pixels = event.pixelDelta().y()
        if pixels and QGuiApplication.platformName() != "xcb":  # X11 gives pixels that mean nothing
            self.verticalScrollBar().setValue(self.verticalOffset() - pixels)
            event.accept()
        else:
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu, at the pointer or in the middle of the current card."""
        point = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.scrollTo(self.currentIndex())
            rect = self.visualRect(self.currentIndex())
            point = self.viewport().mapToGlobal(rect.center() if rect.isValid() else self.viewport().rect().center())
        self.menu_asked.emit(point)
        event.accept()

    # --- keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, extend, select, open, or look for a name by its first letters."""
        key, modifiers = Key(event.key()), event.modifiers()
        is_typing = time.monotonic() - self._typed_at < SEARCH_PAUSE and bool(self._typed)
        held = modifiers & (Modifier.ControlModifier | Modifier.AltModifier | Modifier.MetaModifier)
        self._shows_focus = True
        if key in _MOVES and not modifiers & Modifier.AltModifier:
            self._go(self.moveCursor(_MOVES[key], modifiers).row(), modifiers)
        elif key in (Key.Key_Return, Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self._cards().id_at(self.currentIndex().row()))
        elif key == Key.Key_A and held == Modifier.ControlModifier:
            self.selectAll()
        elif key == Key.Key_Space and not is_typing:
            row = self.currentIndex().row()
            self._select([(row, row)] if row >= 0 else [], Flag.Toggle if held else Flag.Select)
        elif event.text().isprintable() and event.text() and not held:
            self.keyboardSearch(event.text())
        else:
            event.ignore()
        self.viewport().update()

    def moveCursor(self, action: Action, modifiers: Modifier) -> QModelIndex:
        """Return where the cursor goes: by cards, by lines, by screens, or to either end."""
        rows, row = self._rows(), self.currentIndex().row()
        if not rows:
            return QModelIndex()
        if row < 0:
            return self._index(rows - 1 if action == Action.MoveEnd else self.visible_rows().start)
        page = max(1, (self.viewport().height() - 1) // self._layout.pitch)
        by_line = {Action.MoveUp: -1, Action.MoveDown: 1, Action.MovePageUp: -page, Action.MovePageDown: page}
        if action in by_line:
            return self._index(self._layout.by_lines(row, by_line[action]))
        ends = {Action.MoveHome: 0, Action.MoveEnd: rows - 1}
        step = -1 if action in (Action.MoveLeft, Action.MovePrevious) else 1
        return self._index(ends.get(action, max(0, min(rows - 1, row + step))))

    def keyboardSearch(self, search: str) -> None:
        """Go to the next card whose name begins with the letters typed in one go; looks for a moment only."""
        now = time.monotonic()
        is_new = now - self._typed_at >= SEARCH_PAUSE
        self._typed, self._typed_at = (search if is_new else self._typed + search).casefold(), now
        rows, row = self._rows(), max(0, self.currentIndex().row())
        card, wanted = self._card, self._typed
        if not rows:
            return
        for step in range(1 if is_new and self.currentIndex().isValid() else 0, rows + 1):
            found = (row + step) % rows
            if card(found).name.casefold().startswith(wanted):
                self._go(found, _NONE)
                return
            if not step & 0xFF and time.monotonic() - now > SEARCH_TIME:
                return

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is when it came by keyboard."""
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._shows_focus = event.reason() in by_key
        if self._shows_focus and not self.currentIndex().isValid() and self._rows():
            self.selectionModel().setCurrentIndex(self._index(self.visible_rows().start), Flag.NoUpdate)
        super().focusInEvent(event)
        self.viewport().update()

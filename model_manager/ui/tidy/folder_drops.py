"""Models dragged from the grid onto a folder of the sidebar: the plan to move them there.

Made by the desk for tidying up. It looks at drags of this window before the drop zone, which refuses them; those of other programs are
its business. The drag offers copying only, as every drag of models; what is asked for is a plan, which is shown first.
"""

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from model_manager.ui.drop_zone import local_paths
from model_manager.ui.pages import Pages
from model_manager.ui.sidebar import Sidebar
from model_manager.ui.theme import tokens


class FolderDrops(QObject):
    """Tells onto which folder the selected models were dropped."""

    dropped = Signal(str)

    def __init__(self, window: QWidget, pages: Pages, sidebar: Sidebar) -> None:
        super().__init__(window)
        self._window, self._pages, self._sidebar = window, pages, sidebar
        self._mark = _Mark(window)
        window.installEventFilter(self)
        QTimer.singleShot(0, self, self._come_first)  # the window may be on screen by now

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow drags over the window's native window; that is known once the widget has one."""
        kind = event.type()
        if watched is self._window:
            if kind in (QEvent.Type.WinIdChange, QEvent.Type.Show):
                QTimer.singleShot(0, self, self._come_first)
            return False
        if kind == QEvent.Type.DragLeave:
            self._mark.hide()
        elif kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop) and isinstance(event, QDropEvent):
            return self._on_drag(event)
        return False

    def _come_first(self) -> None:
        """The filter that was installed last is asked first; the drop zone's is installed by the same event."""
        if (native := self._window.windowHandle()) is not None:
            native.installEventFilter(self)

    def _on_drag(self, event: QDropEvent) -> bool:
        if event.source() is None or self._pages.currentIndex() != 0 or not local_paths(event.mimeData()):
            return False
        rect, folder = self._sidebar.folder_at(self._sidebar.mapFrom(self._window, event.position().toPoint()))
        if folder:
            place = QRect(self._sidebar.mapTo(self._window, rect.topLeft()), rect.size())
            self._mark.show_at(place)
        else:
            self._mark.hide()
        if not folder and not isinstance(event, QDragEnterEvent):  # refused on entering, no move would follow
            event.ignore()
            return True
        event.setDropAction(Qt.DropAction.CopyAction)  # nothing is to be taken away by whoever drags
        event.accept()
        if folder and event.type() == QEvent.Type.Drop:
            self._mark.hide()
            self.dropped.emit(folder)
        return True


class _Mark(QWidget):
    """A frame around the folder under the pointer."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, rect: QRect) -> None:
        self.setGeometry(rect.adjusted(4, 0, -4, 0))
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens().accent, 2))
        painter.setBrush(tokens().accent_soft)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        painter.end()

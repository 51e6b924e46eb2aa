"""Drags of files and links over the window: says what would happen, takes models and links anywhere and pictures on a card.

Made by the drop desk. It looks at the drag before any widget does (the search field would take a file's path as text) and never at the
disk; drags of other text go on to the widgets, drags that came out of this window are refused unless somebody takes them.
"""

import os
import re
from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QWidget

from model_manager.bridge.library_model import LibraryModel
from model_manager.core.words import tr
from model_manager.ui.grid.table import TableView
from model_manager.ui.theme import icon, mixed, tokens

PICTURES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff", ".apng", ".jxl", ".mp4", ".webm", ".mov", ".mkv", ".avi"}
)


MOST_TEXT = 20_000  # letters of a text that is looked at for links


def local_paths(mime: QMimeData) -> list[str]:
    """The files and folders of this computer that a drag or the clipboard holds."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile() and url.toLocalFile()]


_LINK = re.compile(r"(?:https?://|urn:air:|air:|hf:)\S", re.IGNORECASE)


def links_in(mime: QMimeData) -> str:
    """The links that a drag or the clipboard holds, as text; "" when it holds none, or files."""
    addresses = [url.toString() for url in mime.urls() if url.scheme() in ("http", "https")]
    if addresses or mime.urls():
        return "\n".join(addresses)
    text = mime.text()[:MOST_TEXT].strip() if mime.hasText() else ""
    return text if _LINK.match(text) else ""


def are_pictures(paths: list[str]) -> bool:
    """Whether all of them are pictures or videos, by their names."""
    return bool(paths) and all(os.path.splitext(path)[1].lower() in PICTURES for path in paths)


class DropOverlay(QWidget):
    """Lies over the window while files are dragged over it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = self._sub = ""
        self._card = QRect()
        self.hide()

    def show_models(self) -> None:
        """Say that models can be dropped anywhere."""
        self._show(tr("Drop models here to add them"), tr("You see first where each one goes."), QRect())

    def show_links(self) -> None:
        """Say that links can be dropped anywhere."""
        self._show(tr("Drop the link here"), tr("You see first what it offers."), QRect())

    def show_card(self, card: QRect, name: str) -> None:
        """Mark the card (in the window) that pictures would go to; say what to do while there is none."""
        if card.isValid():
            self._show(tr("Make it the preview of {name}", name=name), "", card)
        else:
            self._show(tr("Drop the picture on a card"), tr("It becomes the preview of that model."), QRect())

    def _show(self, title: str, sub: str, card: QRect) -> None:
        if (title, sub, card) != (self._title, self._sub, self._card) or self.isHidden():
            self._title, self._sub, self._card = title, sub, card
            self.setGeometry(self._window.rect())
            self.raise_()
            self.show()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a veil with a sign, or the mark around a card."""
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._card.isValid():
            painter.setPen(QPen(colours.accent, 3))
            painter.setBrush(colours.accent_soft)
            painter.drawRoundedRect(QRectF(self._card).adjusted(1.5, 1.5, -1.5, -1.5), 12, 12)
            self._paint_sign(painter, QPoint(self.rect().center().x(), self.height() - 70))
        else:
            veil = mixed(colours.accent, colours.window, 0.10)
            veil.setAlphaF(0.86)
            painter.fillRect(self.rect(), veil)
            painter.setPen(QPen(colours.accent, 2, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 14, 14)
            self._paint_sign(painter, self.rect().center())
        painter.end()

    def _paint_sign(self, painter: QPainter, middle: QPoint) -> None:
        colours, font = tokens(), QFont(self.font())
        font.setPixelSize(18 if self._sub else 14)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(self._title) + 72
        height = 138 if self._sub else 44
        sign = QRect(0, 0, min(max(width, 380 if self._sub else 0), self.width() - 40), height)
        sign.moveCenter(middle)
        painter.setPen(QPen(colours.line, 1))
        painter.setBrush(colours.panel)
        painter.drawRoundedRect(QRectF(sign).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12)
        text = sign.adjusted(16, 0, -16, 0)
        if self._sub:
            icon("inbox", 32, "accent").paint(painter, QRect(sign.center().x() - 16, sign.top() + 20, 32, 32))
            text.setTop(sign.top() + 62)
            text.setHeight(28)
        painter.setPen(colours.text)
        shown = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, shown)
        if self._sub:
            font.setPixelSize(13)
            font.setWeight(QFont.Weight.Normal)
            painter.setFont(font)
            painter.setPen(colours.muted)
            painter.drawText(text.translated(0, 28), Qt.AlignmentFlag.AlignCenter, self._sub)


class DropZone(QObject):
    """Watches the window's drags."""

    models_dropped = Signal(object)  # paths
    pictures_dropped = Signal(int, object)  # id of the model, paths
    links_dropped = Signal(str)

    def __init__(self, window: QWidget, pages: QStackedWidget, views: QStackedWidget, model: LibraryModel) -> None:
        super().__init__(window)
        self._window, self._pages, self._views, self._model = window, pages, views, model
        self._overlay = DropOverlay(window)
        self.take_own: Callable[[QPoint, bool], bool] = lambda point, is_drop: False
        """Asked for drags out of this window: whether what lies at a point of the window takes the models, and to take them now."""
        window.installEventFilter(self)
        window.setAcceptDrops(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take drags of files that reach the window's native window; that is known once the widget has one."""
        kind = event.type()
        if watched is self._window:
            if kind in (QEvent.Type.WinIdChange, QEvent.Type.Show) and (native := self._window.windowHandle()) is not None:
                native.installEventFilter(self)
            elif kind == QEvent.Type.Resize:
                self._overlay.setGeometry(self._window.rect())
            return False
        if kind == QEvent.Type.DragLeave:
            self._overlay.hide()
            self.take_own(QPoint(-1, -1), False)
            return False
        if kind not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop) or not isinstance(event, QDropEvent):
            return False
        return self._on_drag(event)

    def _on_drag(self, event: QDropEvent) -> bool:
        """Take a drag, or refuse it; False leaves it to the widgets."""
        paths = local_paths(event.mimeData())
        is_drop = not isinstance(event, QDragEnterEvent | QDragMoveEvent)
        if not paths and (links := links_in(event.mimeData())):
            return self._on_links(event, links, is_drop)
        if not paths or self._pages.currentIndex() != 0:
            return False
        is_ours = event.source() is not None
        card = self._card_at(event.position().toPoint()) if are_pictures(paths) else None
        misses = card is not None and card[0] < 0 and not isinstance(event, QDragEnterEvent)  # refused on entering, no move would follow
        if is_ours and self._is_taken(event, is_drop):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            return True
        if is_ours or misses or not event.possibleActions() & Qt.DropAction.CopyAction:
            event.ignore()
        else:
            event.setDropAction(Qt.DropAction.CopyAction)  # never "move": whoever drags would delete its files on our word
            event.accept()
        if is_drop or is_ours:
            self._overlay.hide()
        elif card is None:
            self._overlay.show_models()
        else:
            self._overlay.show_card(*card[1:])
        if is_drop and event.isAccepted():
            if card is None:
                self.models_dropped.emit(paths)
            else:
                self.pictures_dropped.emit(card[0], paths)
        return True

    def _is_taken(self, event: QDropEvent, is_drop: bool) -> bool:
        """Refused on entering, no move would follow."""
        return self.take_own(event.position().toPoint(), is_drop) or isinstance(event, QDragEnterEvent)

    def _on_links(self, event: QDropEvent, links: str, is_drop: bool) -> bool:
        """Take a drag of links, on whatever page."""
        if event.source() is not None or self._window.isModal():
            return False
        action = event.possibleActions() & (Qt.DropAction.CopyAction | Qt.DropAction.LinkAction)
        if not action:
            event.ignore()
        else:
            is_copy = bool(action & Qt.DropAction.CopyAction)
            event.setDropAction(Qt.DropAction.CopyAction if is_copy else Qt.DropAction.LinkAction)
            event.accept()
        if is_drop:
            self._overlay.hide()
            if event.isAccepted():
                self.links_dropped.emit(links)
        else:
            self._overlay.show_links()
        return True

    def _card_at(self, point: QPoint) -> tuple[int, QRect, str]:
        """The model below a point of the window: its id (-1 for none), its place in the window, its name."""
        view = self._views.currentWidget()
        if isinstance(view, QAbstractItemView):
            port = view.viewport()
            inner = port.mapFrom(self._window, point)
            index = view.indexAt(inner) if port.rect().contains(inner) else None
            if index is not None and index.isValid():
                rect = view.visualRect(index)
                if isinstance(view, TableView):  # all of its line
                    rect.setLeft(0)
                    rect.setRight(port.width() - 1)
                place = QRect(port.mapTo(self._window, rect.topLeft()), rect.size())
                bounds = QRect(port.mapTo(self._window, QPoint()), port.size())
                return self._model.id_at(index.row()), place & bounds, self._model.card(index.row()).name
        return -1, QRect(), ""

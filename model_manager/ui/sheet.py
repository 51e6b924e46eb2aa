"""The frame of the program's dialogs: rounded, without a title bar, over a veil that dims the window behind.

Base of all dialogs. Moved by any free place, resized by the lower right corner. macOS draws sheets of its own and keeps them.
"""

import sys

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QDialog, QRadioButton, QWidget
from shiboken6 import isValid

from model_manager.ui.theme import tokens

RADIUS = 12  # the style sheet rounds the foot to fit
VEIL = {True: 0.55, False: 0.30}  # by whether the theme is dark


class Sheet(QDialog):
    """A dialog in a rounded frame. Closed by Esc and by its own buttons."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._veil: _Veil | None = None
        self._hand: QWidget | None = None  # what had the keyboard when a plan was asked for
        self._is_framed = sys.platform == "darwin"
        if self._is_framed:
            return
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setContentsMargins(1, 1, 1, 1)
        self.setSizeGripEnabled(True)

    def setVisible(self, is_visible: bool) -> None:
        """Stand in the middle of the window behind; not every desktop puts a dialog there by itself."""
        behind = self.parentWidget()
        if is_visible and behind is not None and not self.isVisible() and not self._is_framed:
            if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
                self.adjustSize()
            place = QRect(QPoint(), self.size())
            place.moveCenter(behind.window().geometry().center())
            self.move(_kept_inside(place, behind.screen().availableGeometry()))
        super().setVisible(is_visible)

    def showEvent(self, event: QShowEvent) -> None:
        """Dim what is behind."""
        super().showEvent(event)
        behind = self.parentWidget()
        if behind is not None and self._veil is None:
            self._veil = _Veil(behind.window())

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102
        super().hideEvent(event)
        if self._veil is not None:
            self._veil.hide()
            self._veil.deleteLater()
            self._veil = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the corners off where X11 has no compositor to show through them."""
        super().resizeEvent(event)
        if not self._is_framed and QGuiApplication.platformName() == "xcb":
            path = QPainterPath()
            path.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
            self.setMask(QRegion(path.toFillPolygon().toPolygon()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame; a style sheet paints nothing into a translucent window."""
        if self._is_framed:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tokens().line)
        painter.setBrush(tokens().panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the keyboard, wherever else it is the main one; Esc closes."""
        button = self.button_in_hand()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and button is not None:
            button.click()
        else:
            super().keyPressEvent(event)

    def set_waiting(self, is_waiting: bool) -> None:
        """Take nothing in while a plan is made of what the sheet says; afterwards the keyboard is where it was."""
        if is_waiting:
            self._hand = self.focusWidget()
        self.take_input(not is_waiting)
        if not is_waiting and self._hand is not None and isValid(self._hand):
            self._hand.setFocus()

    def take_input(self, is_taken: bool) -> None:
        """Be open for what the person does, or not."""
        self.setEnabled(is_taken)

    def button_in_hand(self) -> QAbstractButton | None:
        """The button that has the keyboard; boxes and choices, which Space turns, are none."""
        widget = self.focusWidget()
        return widget if isinstance(widget, QAbstractButton) and not isinstance(widget, QCheckBox | QRadioButton) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the sheet by a place where nothing else is."""
        native = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and native is not None and not self._is_framed:
            native.startSystemMove()
            event.accept()
        else:
            super().mousePressEvent(event)


def _kept_inside(place: QRect, screen: QRect) -> QPoint:
    """Where it must be so that its head is on the screen."""
    left = max(screen.left(), min(place.left(), screen.right() - place.width()))
    return QPoint(left, max(screen.top(), min(place.top(), screen.bottom() - place.height())))


class _Veil(QWidget):
    """Dims a window."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep covering all of the window."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        shade = QColor(Qt.GlobalColor.black)
        shade.setAlphaF(VEIL[tokens().is_dark])
        QPainter(self).fillRect(event.rect(), shade)

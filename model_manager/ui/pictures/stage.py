"""The present picture and the new one, side by side; the new one is cut where the person drags and zooms it.

Paints what it is given and tells the look that was chosen. What is cut is core's arithmetic, so what is seen is what will be written.
"""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from model_manager.core.previews.records import Look
from model_manager.core.previews.shape import MOST_ZOOM, crop_box
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font

RADIUS = 10
LOADING_MS = 250
NOTCH = 1.12  # how much one notch of the wheel enlarges
STEP = 0.02  # of the picture: how far an arrow key moves


class Framed(QWidget):
    """A picture in a frame of a card's shape, or a word on why there is none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._pixmap: QPixmap | None = None
        self._text, self._tone = "", "faint"
        self._slow = QTimer(self, singleShot=True, interval=LOADING_MS)
        self._slow.timeout.connect(lambda: self.show_text(tr("Loading…")))

    def show_loading(self) -> None:
        """A picture is on its way; the old one stays until it takes long."""
        self._slow.start()

    def show_image(self, image: QImage) -> None:
        """Show a picture."""
        self._slow.stop()
        self._pixmap = QPixmap.fromImage(image)
        self.update()

    def show_text(self, text: str, tone: str = "faint") -> None:
        """Show a sentence in place of a picture; tone as in the theme."""
        self._slow.stop()
        self._pixmap, self._text, self._tone = None, text, tone
        self.setAccessibleDescription(text)
        self.update()

    @property
    def text(self) -> str:
        """What is said in place of a picture."""
        return "" if self._pixmap is not None else self._text

    @property
    def has_picture(self) -> bool:
        """True when a picture is shown."""
        return self._pixmap is not None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        area = QRectF(self.rect())
        if self._pixmap is None:
            self._paint_text(painter, area)
            return
        target, part = self._placed(area)
        shape = QPainterPath()
        shape.addRoundedRect(target, RADIUS, RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(target, theme.tokens().raised)
        painter.drawPixmap(target, self._pixmap, part)
        painter.setClipping(False)

    def _paint_text(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.raised)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.setFont(font(12))
        painter.setPen(getattr(colours, self._tone))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area.adjusted(12, 12, -12, -12), flags, self._text)

    def _placed(self, area: QRectF) -> tuple[QRectF, QRectF]:
        """Where the picture goes, and which part of it: all of it."""
        assert self._pixmap is not None
        return fitted_in(area, self._pixmap.width(), self._pixmap.height()), QRectF(self._pixmap.rect())


class Stage(Framed):
    """The new picture. Drag or arrow keys choose what stays in view, wheel or plus and minus zoom, 0 goes back."""

    look_changed = Signal(object)  # Look, by the person

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._look = Look()
        self._grip: tuple[QPointF, tuple[float, float]] | None = None

    @property
    def look(self) -> Look:
        """The look in use."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Use another look; tells nothing."""
        self._look = look
        self.update()

    def show_image(self, image: QImage) -> None:  # noqa: D102
        super().show_image(image)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def show_text(self, text: str, tone: str = "faint") -> None:  # noqa: D102
        super().show_text(text, tone)
        self.unsetCursor()

    def _box(self) -> QRectF:
        assert self._pixmap is not None
        left, top, right, bottom = crop_box(self._pixmap.width(), self._pixmap.height(), self._look)
        return QRectF(left, top, right - left, bottom - top)

    def _placed(self, area: QRectF) -> tuple[QRectF, QRectF]:
        box = self._box()
        return fitted_in(area, box.width(), box.height()), box

    def _paint(self, painter: QPainter) -> None:
        super()._paint(painter)
        if self.hasFocus():
            area = QRectF(self.rect()) if self._pixmap is None else self._placed(QRectF(self.rect()))[0]
            painter.setPen(QPen(theme.tokens().accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    def _change(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self.update()
            self.look_changed.emit(look)

    def _centre(self) -> tuple[float, float]:
        """The middle of what is shown, which is where the focus may really be."""
        assert self._pixmap is not None
        middle = self._box().center()
        return middle.x() / self._pixmap.width(), middle.y() / self._pixmap.height()

    def _focused(self, x: float, y: float) -> None:
        """Move the middle of what is shown; it stays inside the picture."""
        assert self._pixmap is not None
        box = self._box()
        half_x, half_y = box.width() / 2 / self._pixmap.width(), box.height() / 2 / self._pixmap.height()
        focus = (round(min(max(x, half_x), 1 - half_x), 4), round(min(max(y, half_y), 1 - half_y), 4))
        self._change(replace(self._look, focus=focus))

    def _zoomed(self, factor: float) -> None:
        zoom = min(max(self._look.zoom * factor, 1.0), MOST_ZOOM)
        self._change(replace(self._look, focus=self._centre(), zoom=round(zoom, 3)))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() == Qt.MouseButton.LeftButton and self._pixmap is not None:
            self._grip = (event.position(), self._centre())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._grip is None or self._pixmap is None:
            return
        start, (x, y) = self._grip
        target, box = self._placed(QRectF(self.rect()))
        moved = (event.position() - start) * (box.width() / target.width())
        self._focused(x - moved.x() / self._pixmap.width(), y - moved.y() / self._pixmap.height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        self._grip = None
        if self._pixmap is not None:
            self.setCursor(Qt.CursorShape.OpenHandCursor)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        if self._pixmap is not None and self._grip is None:
            self._zoomed(NOTCH ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        key = Qt.Key(event.key())
        if self._pixmap is None:
            super().keyPressEvent(event)
        elif key in steps:
            x, y = self._centre()
            self._focused(x + steps[key][0] * STEP, y + steps[key][1] * STEP)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoomed(1 / NOTCH if key == Qt.Key.Key_Minus else NOTCH)
        elif key == Qt.Key.Key_0:
            self._change(Look(fit=self._look.fit))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: D102
        super().focusOutEvent(event)
        self.update()


def fitted_in(area: QRectF, width: float, height: float) -> QRectF:
    """The largest place for a picture of this size at the left of `area`, in the middle of its height."""
    scale = min(area.width() / width, area.height() / height)
    size = QPointF(width * scale, height * scale)
    return QRectF(area.left(), area.center().y() - size.y() / 2, size.x(), size.y())

"""The previews of one model, one at a time: paging, fill or fit, moving pictures under the pointer.

Asks for pictures by signal and paints what it is given; must never decode a still picture itself.
"""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QMovie,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from model_manager.core.library.entry import Preview
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.details.video import VideoPlayer

HEIGHT = 300
RADIUS = 10
ARROW = 30
HOVER_MS = 180
LOADING_MS = 200
KEPT_PICTURES = 12
ASK_MS = 25


class Gallery(QWidget):
    """Shows one preview of several. Left, right and the wheel page; click, space or enter switch between fill and fit."""

    picture_wanted = Signal(object, QSize)  # Preview, the area in device pixels that the picture should cover
    regenerate_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._previews: tuple[Preview, ...] = ()
        self._index = 0
        self._pictures: dict[Preview, QImage | None] = {}
        self._asked: set[Preview] = set()
        self._asked_width = 0
        self._is_fit = self._is_away = self._is_slow = self._has_ring = self._is_locked = False
        self._scaled: tuple[object, QPixmap] | None = None
        self._frame: QImage | None = None
        self._movie: QMovie | None = None
        self._video = VideoPlayer(self, self._on_frame)
        self._wheel = 0
        self._is_pressed = False
        self._ask_timer = self._timer(ASK_MS, self._ask)
        self._slow_timer = self._timer(LOADING_MS, self._on_slow)
        self._hover_timer = self._timer(HOVER_MS, self._play)

    def _timer(self, interval: int, slot: object) -> QTimer:
        timer = QTimer(self, interval=interval, singleShot=True)
        timer.timeout.connect(slot)
        return timer

    def show_previews(self, previews: tuple[Preview, ...], keep_page: bool = False) -> None:
        """Show the first of `previews`; with `keep_page` stay at the one on show if it is still among them."""
        here = self.current()
        stays = keep_page and here in previews
        if not stays:
            self._stop()
        self._pictures = {preview: image for preview, image in self._pictures.items() if keep_page and preview in previews}
        self._asked.clear()  # the same name may hold another picture by now; the old one stays until the new one is there
        self._previews = previews
        self._index = previews.index(here) if stays and here is not None else 0
        self._turned()

    def show_picture(self, preview: Preview, image: QImage | None) -> None:
        """Take the answer for `preview`; None: it cannot be shown. Answers nobody waits for any more are dropped."""
        if preview not in self._previews:
            return
        self._pictures[preview] = image
        for extra in [kept for kept in self._pictures if kept != self.current()][: max(0, len(self._pictures) - KEPT_PICTURES)]:
            del self._pictures[extra]
            self._asked.discard(extra)
        if preview == self.current():
            self._scaled = None
            self.update()
            self._ask_for(self._neighbour())

    def set_away(self, is_away: bool) -> None:
        """Pale pictures when the model's folder is away."""
        self._is_away = is_away
        self.update()

    def set_locked(self, is_locked: bool) -> None:
        """Mark a preview that bulk runs leave alone."""
        self._is_locked = is_locked
        self.update()

    def current(self) -> Preview | None:
        """The preview on show."""
        return self._previews[self._index] if self._index < len(self._previews) else None

    @property
    def is_settled(self) -> bool:
        """True when nothing is still to be asked for or waited for."""
        here = self.current()
        return here is None or (here in self._pictures and not self._ask_timer.isActive())

    def turn(self, step: int) -> bool:
        """Go `step` previews on; False at either end."""
        target = self._index + step
        if not 0 <= target < len(self._previews):
            return False
        self._stop()
        self._index = target
        self._turned()
        if self.underMouse():
            self._hover_timer.start()
        return True

    def _turned(self) -> None:
        self._scaled, self._is_slow = None, False
        total = len(self._previews)
        said = tr("Preview {number} of {total}", number=self._index + 1, total=total) if total else tr("No preview")
        self.setAccessibleName(said)
        self._ask_timer.start()
        self._slow_timer.start()
        self.update()

    def _neighbour(self) -> Preview | None:
        return self._previews[self._index + 1] if self._index + 1 < len(self._previews) else None

    def _ask(self) -> None:
        self._ask_for(self.current())

    def _ask_for(self, preview: Preview | None) -> None:
        if preview is not None and preview not in self._asked:
            self._asked.add(preview)
            self._asked_width = self.width()
            self.picture_wanted.emit(preview, self.size() * self.devicePixelRatioF())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for larger pictures when the panel has become much wider than those on hand."""
        super().resizeEvent(event)
        if self._asked and self.width() > 1.2 * self._asked_width:
            self._asked.clear()
            self._ask_timer.start()

    def _on_slow(self) -> None:
        self._is_slow = True
        self.update()

    # Moving pictures

    def _play(self) -> None:
        preview = self.current()
        if preview is None or self._is_away or not self.isVisible():
            return
        if preview.sort == "animated":
            self._movie = QMovie(preview.path, parent=self)
            self._movie.frameChanged.connect(self._on_movie_frame)
            self._movie.start()
        elif preview.sort == "video":
            self._video.play(preview.path)

    def _stop(self) -> None:
        self._hover_timer.stop()
        self._video.stop()
        if self._movie is not None:
            self._movie.stop()
            self._movie.deleteLater()
            self._movie = None
        if self._frame is not None:
            self._frame = None
            self.update()

    def _on_movie_frame(self) -> None:
        if self._movie is not None:
            self._on_frame(self._movie.currentImage())

    def _on_frame(self, image: QImage) -> None:
        preview = self.current()
        if not image.isNull() and preview is not None and preview.sort in ("animated", "video"):
            self._frame = image
            self.update()

    # Hands

    def enterEvent(self, event: QEnterEvent) -> None:
        """Moving pictures start after a short while."""
        self._hover_timer.start()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Back to the poster."""
        self._stop()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The focus line is for those who came by keyboard."""
        self._has_ring = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus line away."""
        self._has_ring = False
        super().focusOutEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing plays unseen."""
        self._stop()
        super().hideEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Arrows page; anywhere else a click switches between fill and fit, and a drag takes the model along."""
        self._is_pressed = False
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if not self._previews:
            self.regenerate_asked.emit()
            return
        step = self._arrow_at(event.position())
        if step:
            self.turn(step)
        else:
            self._is_pressed = True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The click ends here, unless it has become a drag."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_pressed:
            self._is_pressed = False
            self._toggle_fit()

    def drop_press(self) -> None:
        """The press has become a drag."""
        self._is_pressed = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The hand tells what can be clicked."""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A notch is a page; with one picture the panel scrolls."""
        if len(self._previews) < 2:
            return event.ignore()
        delta = event.angleDelta()
        self._wheel += delta.y() or -delta.x()
        while abs(self._wheel) >= 120:
            self.turn(-1 if self._wheel > 0 else 1)
            self._wheel -= 120 if self._wheel > 0 else -120
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right page; space and enter switch between fill and fit."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if step:
            self.turn(step)
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle_fit() if self._previews else self.regenerate_asked.emit()
        else:
            super().keyPressEvent(event)

    def _toggle_fit(self) -> None:
        self._is_fit = not self._is_fit
        self._scaled = None
        self.update()

    def _arrow_rect(self, step: int) -> QRectF:
        x = 10.0 if step < 0 else self.width() - 10.0 - ARROW
        return QRectF(x, (self.height() - ARROW) / 2, ARROW, ARROW)

    def _arrow_at(self, point: QPointF) -> int:
        wide = (-8.0, -60.0, 8.0, 60.0)
        return next((step for step in (-1, 1) if len(self._previews) > 1 and self._arrow_rect(step).adjusted(*wide).contains(point)), 0)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture or its state, then counter, arrows and focus."""
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS, RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(area, colours.raised)
        image = self._frame or self._pictures.get(self.current() or Preview("", ""))
        if image is not None:
            painter.setOpacity(0.45 if self._is_away else 1.0)
            self._paint_picture(painter, image)
            painter.setOpacity(1.0)
        else:
            self._paint_state(painter)
        if self._previews:
            self._paint_marks(painter)
        painter.setClipping(False)
        if self._has_ring:
            painter.setPen(QPen(colours.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
        painter.end()

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        target = _placed(image.size(), self.size(), self._is_fit)
        if image is self._frame:
            painter.drawImage(target, image)
            return
        ratio = self.devicePixelRatioF()
        key = (image.cacheKey(), target.width(), target.height(), ratio)
        if self._scaled is None or self._scaled[0] != key:
            smooth = Qt.TransformationMode.SmoothTransformation
            scaled = image.scaled(target.size() * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            pixmap = QPixmap.fromImage(scaled)
            pixmap.setDevicePixelRatio(ratio)
            self._scaled = (key, pixmap)
        painter.drawPixmap(target.topLeft(), self._scaled[1])

    def _paint_state(self, painter: QPainter) -> None:
        colours, preview = theme.tokens(), self.current()
        if preview is None:
            said, name = tr("No preview"), "image"
        elif preview in self._pictures:
            said, name = tr("This preview cannot be shown."), "warning"
        elif self._is_slow:
            said, name = tr("Loading preview…"), ""
        else:
            return
        middle = QRect(20, self.height() // 2 - 24, self.width() - 40, 64)
        if name:
            theme.icon(name, 32, "faint").paint(painter, self.width() // 2 - 16, middle.y() - 18, 32, 32)
        painter.setPen(colours.faint)
        painter.setFont(font(12))
        painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, said)
        if preview is None:
            painter.setPen(colours.accent)
            painter.drawText(middle.translated(0, 22), Qt.AlignmentFlag.AlignCenter, tr("Find one"))

    def _paint_marks(self, painter: QPainter) -> None:
        preview, total = self.current(), len(self._previews)
        if total > 1:
            self._paint_pill(painter, tr("{number} / {total}", number=self._index + 1, total=total), is_right=True)
        if preview is not None and preview.sort in ("video", "animated") and self._frame is None:
            self._paint_pill(painter, "▶  " + (tr("Video") if preview.sort == "video" else tr("Animated")), is_right=False)
        elif preview is not None and preview.sort == "embedded":
            self._paint_pill(painter, tr("Inside the file"), is_right=False)
        if self._is_locked:
            self._paint_lock(painter)
        if total > 1 and (self.underMouse() or self._has_ring):
            for step in (-1, 1):
                if 0 <= self._index + step < total:
                    self._paint_arrow(painter, step)

    def _paint_pill(self, painter: QPainter, text: str, is_right: bool) -> None:
        painter.setFont(font(12))
        width = painter.fontMetrics().horizontalAdvance(text) + 16
        rect = QRectF(self.width() - width - 8 if is_right else 8, self.height() - 30, width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().shade)
        painter.drawRoundedRect(rect, 6, 6)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_lock(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().shade)
        painter.drawRoundedRect(QRectF(self.width() - 34, 8, 26, 24), 6, 6)
        theme.icon("lock", 14, "on_accent").paint(painter, self.width() - 28, 13, 14, 14)

    def _paint_arrow(self, painter: QPainter, step: int) -> None:
        rect = self._arrow_rect(step)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.tokens().shade)
        painter.drawEllipse(rect)
        middle = rect.center()
        painter.setPen(QPen(Qt.GlobalColor.white, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        tip = QPointF(middle.x() + 3 * step, middle.y())
        painter.drawPolyline([QPointF(tip.x() - 5 * step, tip.y() - 6), tip, QPointF(tip.x() - 5 * step, tip.y() + 6)])


def _placed(picture: QSize, area: QSize, is_fit: bool) -> QRect:
    """Where a picture goes: all of it in the middle (fit), or over all of the area, cut more below than above since faces are high up."""
    mode = Qt.AspectRatioMode.KeepAspectRatio if is_fit else Qt.AspectRatioMode.KeepAspectRatioByExpanding
    size = picture.scaled(area, mode).expandedTo(QSize(1, 1))
    share = 0.5 if is_fit else 0.22
    return QRect((area.width() - size.width()) // 2, round((area.height() - size.height()) * share), size.width(), size.height())

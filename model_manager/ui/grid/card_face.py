"""The finished look of one card as a pixmap, and a bounded store of them; the grid only copies them to the screen.

A face is drawn once for what it shows (card, picture, size, theme); selection, hover and focus lie over it as rings. Asks nothing of
model or thumbnails, formats nothing.
"""

import time

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QLinearGradient, QPainter, QPen, QPixmap

from model_manager.bridge.card_art import draw_letters, drawn_art, waiting_ground
from model_manager.bridge.library_model import Card
from model_manager.ui.colour_labels import shade_of
from model_manager.ui.theme import Tokens, mixed, tokens

RADIUS = 10
HALO = 8  # how far rings reach beyond the card
SCREENS_KEPT = 3
STORE_LEAST = 24 * 1024 * 1024  # bytes
DRAWING_TIME = 0.004  # seconds of a frame; the rest of it is for copying, the other parts of the window, and waiting for workers
INSET = 9
STRIPE = 5  # of a colour label
KIND_LEAST = 0.75  # of its letters; a kind that is cut shorter is left out
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter
_NAME = QColor(255, 255, 255)
_META = QColor(222, 226, 235)
_STAR = QColor(255, 212, 101)
_INK = QColor(24, 20, 8)


class Faces:
    """Draws card faces and keeps those of the last screens."""

    def __init__(self) -> None:
        self._store: dict[tuple[Card, object], QPixmap] = {}  # least recently used first
        self._former: dict[Card, QPixmap] = {}  # of another size, shown scaled until there is one of this size
        self._rings: dict[str, QPixmap] = {}
        self._most = 0
        self._fitted: tuple[QSize, object] | None = None
        self._end = 0.0
        self.ratio = 0.0  # device pixels a logical pixel; 0 before the first `fit`

    def fit(self, size: QSize, ratio: float, font: QFont, screen_pixels: int, is_moving: bool = False) -> bool:
        """Draw from now on for cards of `size` logical pixels; what was drawn otherwise or in other colours is not right any more.

        is_moving: the size will change again, so go on drawing for the former size, to be scaled. False if that is done.
        """
        look = (ratio, font, id(tokens()))
        self._most = max(STORE_LEAST, screen_pixels * 4 * SCREENS_KEPT)
        if (size, look) == self._fitted:
            return True
        is_same_look = self._fitted is not None and self._fitted[1] == look
        if is_moving and is_same_look and self._store:
            return False
        self._former = {card: face for (card, _picture), face in self._store.items()} if is_same_look else {}
        self._fitted, self.size, self.ratio = (size, look), size, ratio
        self._rect = QRectF(0, 0, size.width(), size.height())
        self._bytes_each = int(size.width() * size.height() * ratio * ratio * 4)
        self._set_fonts(font)
        self._store.clear()
        self._rings.clear()
        return True

    def _set_fonts(self, font: QFont) -> None:
        usual = QFontInfo(font).pixelSize()
        is_small = self.size.width() < 140
        self._name_font, self._meta_font, self._badge_font, self._star_font = (QFont(font) for _ in range(4))
        self._name_font.setPixelSize(usual - 1 if is_small else usual)
        self._name_font.setWeight(QFont.Weight.DemiBold)
        self._meta_font.setPixelSize(usual - 3 if is_small else usual - 2)
        self._badge_font.setPixelSize(usual - 2)
        self._badge_font.setWeight(QFont.Weight.DemiBold)
        self._star_font.setPixelSize(usual + 2)
        self._rating_font = QFont(font)
        self._rating_font.setPixelSize(usual - 2)
        self._name_metrics, self._meta_metrics, self._badge_metrics = (
            QFontMetrics(f) for f in (self._name_font, self._meta_font, self._badge_font)
        )

    def begin_frame(self) -> None:
        """Allow drawing for some milliseconds from now on; what does not fit is drawn in the next frame."""
        self._end = time.perf_counter() + DRAWING_TIME

    def face(self, card: Card, picture: QPixmap | None, is_waiting: bool) -> QPixmap | None:
        """Return the face of `card` with `picture`, else waiting for one, else drawn; None if this frame's time is used up."""
        key = (card, picture.cacheKey() if picture is not None else is_waiting)
        found = self._store.pop(key, None)
        if found is None:
            if time.perf_counter() > self._end:
                return None
            found = self._draw(card, picture, is_waiting)
            while len(self._store) * self._bytes_each > self._most:
                del self._store[next(iter(self._store))]
        self._store[key] = found
        return found

    def stand_in(self, card: Card) -> QPixmap:
        """Return what to show while there is no face of `card`: the one of another size, else the shape of a card."""
        return self._former.get(card, self.empty)

    @property
    def has_former(self) -> bool:
        """Whether faces of another size are kept yet."""
        return bool(self._former)

    def forget_former(self) -> None:
        """All on screen have their face."""
        self._former = {}

    def ring(self, sort: str) -> QPixmap:
        """Return an outline reaching HALO beyond the card; sort: selected, hover or focus."""
        if sort not in self._rings:
            self._rings[sort] = self._draw_ring(sort, tokens())
        return self._rings[sort]

    def _blank(self, width: float, height: float, ground: QColor | Qt.GlobalColor = Qt.GlobalColor.transparent) -> QPixmap:
        """A pixmap of one colour; one without alpha is copied to the screen in a fraction of the time."""
        pixmap = QPixmap(round(width * self.ratio), round(height * self.ratio))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(ground)
        return pixmap

    def _draw_ring(self, sort: str, colours: Tokens) -> QPixmap:
        outer = self._rect.adjusted(0, 0, 2 * HALO, 2 * HALO)
        pixmap = self._blank(outer.width(), outer.height())
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

        def outline(colour: QColor, thick: float, away: float) -> None:
            painter.setPen(QPen(colour, thick))
            rect = self._rect.translated(HALO, HALO).adjusted(-away, -away, away, away)
            painter.drawRoundedRect(rect, RADIUS + away, RADIUS + away)

        if sort == "selected":
            soft = QColor(colours.accent)
            for step in range(5):
                soft.setAlphaF((0.30 if colours.is_dark else 0.24) * (1 - step / 5) ** 1.6)
                outline(soft, 1.4, 2.6 + step)
            outline(colours.accent, 2.4, 1.2)
        elif sort == "hover":
            outline(mixed(colours.text, colours.window, 0.45), 1.5, 0.75)
        else:
            outline(colours.text, 1.6, 4.6)
        painter.end()
        return pixmap

    def _draw(self, card: Card, picture: QPixmap | None, is_waiting: bool) -> QPixmap:
        pixmap = self._blank(self._rect.width(), self._rect.height(), tokens().window)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(self._meta_font)
        self._draw_picture(painter, card, picture, is_waiting)
        if card.is_away:
            painter.fillRect(self._rect, _veil(tokens()))
        shade = self._overlay("shade")
        painter.drawPixmap(QPointF(0, self._rect.height() - shade.deviceIndependentSize().height()), shade)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)  # not before: pictures take twice as long with it
        self._draw_caption(painter, card)
        self._draw_marks(painter, card, tokens())
        if card.colour:
            painter.fillRect(QRectF(0, self._rect.height() - STRIPE, self._rect.width(), STRIPE), shade_of(card.colour))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._round(painter)
        painter.end()
        return pixmap

    def _draw_picture(self, painter: QPainter, card: Card, picture: QPixmap | None, is_waiting: bool) -> None:
        is_dark = tokens().is_dark
        if picture is None and not is_waiting:
            half = QSize(round(self.size.width() * self.ratio / 2), round(self.size.height() * self.ratio / 2))
            painter.drawImage(self._rect, drawn_art(card, half, is_dark))
            draw_letters(painter, card, self._rect)
            return
        if picture is None or picture.hasAlphaChannel():
            painter.fillRect(self._rect, waiting_ground(card, self._rect, is_dark))
        if picture is not None:
            painter.drawPixmap(self._rect, picture, cropped(picture, self._rect))

    def _round(self, painter: QPainter) -> None:
        """Cover the corners with the ground; only they are touched, an antialiased clip of the whole card costs as much as the picture."""
        side = RADIUS + 1
        right, bottom = self._rect.width() - side, self._rect.height() - side
        for number, point in enumerate((QPointF(0, 0), QPointF(right, 0), QPointF(0, bottom), QPointF(right, bottom))):
            painter.drawPixmap(point, self._overlay(f"corner{number}"))

    @property
    def empty(self) -> QPixmap:
        """The shape of a card with nothing on it, one for all that have no face yet."""
        if "empty" not in self._rings:
            pixmap = self._blank(self._rect.width(), self._rect.height(), tokens().raised)
            painter = QPainter(pixmap)
            self._round(painter)
            painter.end()
            self._rings["empty"] = pixmap
        return self._rings["empty"]

    def _overlay(self, sort: str) -> QPixmap:
        """Return what lies over every face alike; sort: shade, corner0 (top left) to corner3 (bottom right)."""
        if sort not in self._rings:
            self._rings[sort] = self._draw_shade(tokens()) if sort == "shade" else self._draw_corner(int(sort[-1]))
        return self._rings[sort]

    def _draw_corner(self, number: int) -> QPixmap:
        side = RADIUS + 1
        pixmap = self._blank(side, side)
        painter = QPainter(pixmap)
        painter.fillRect(QRectF(0, 0, side, side), tokens().window)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRoundedRect(QRectF(-side * (number % 2), -side * (number // 2), 2 * side, 2 * side), RADIUS, RADIUS)
        painter.end()
        return pixmap

    def _draw_shade(self, colours: Tokens) -> QPixmap:
        height = round(max(84.0, self._rect.height() * 0.44))
        pixmap = self._blank(self._rect.width(), height)
        gradient = QLinearGradient(0, 0, 0, height)
        for stop, share in ((0.0, 0.0), (0.45, 0.55), (1.0, 1.12)):
            shade = QColor(colours.shade)
            shade.setAlphaF(min(1.0, colours.shade.alphaF() * share))
            gradient.setColorAt(stop, shade)
        painter = QPainter(pixmap)
        painter.fillRect(QRectF(0, 0, self._rect.width(), height), gradient)
        painter.end()
        return pixmap

    def _draw_caption(self, painter: QPainter, card: Card) -> None:
        line = self._meta_metrics.height() + 1
        bottom = int(self._rect.height()) - 9
        meta = QRect(INSET, bottom - line, int(self._rect.width()) - 2 * INSET, line)
        painter.setOpacity(0.75 if card.is_away else 1.0)
        painter.setFont(self._name_font)
        painter.setPen(_NAME)
        name = QRect(INSET, meta.top() - self._name_metrics.height() - 3, meta.width(), self._name_metrics.height())
        painter.drawText(name, _LEFT, _elided(self._name_metrics, card.name, name.width()))
        if card.rating:
            painter.setFont(self._rating_font)
            painter.setPen(_STAR)
            painter.drawText(QRect(INSET, name.top() - line, meta.width(), line), _LEFT, "★" * card.rating)
        self._draw_meta(painter, card, meta)
        painter.setOpacity(1.0)

    def _draw_meta(self, painter: QPainter, card: Card, room: QRect) -> None:
        """Draw base model, kind and size in one line; the size is never cut, the kind gives way first."""
        metrics, left = self._meta_metrics, room.left()
        painter.setFont(self._meta_font)
        size_width = metrics.horizontalAdvance(card.size_text)
        end = room.right() + 1 - size_width - 7
        pill = _elided(metrics, card.base, end - left - 12) if card.base else ""
        if len(pill) > 1:
            width = metrics.horizontalAdvance(pill) + 12
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(255, 255, 255, 46))
            painter.drawRoundedRect(QRectF(left, room.top(), width, room.height()), 5, 5)
            painter.setPen(_NAME)
            painter.drawText(QRect(left, room.top(), width, room.height()), _CENTRE, pill)
            left += width + 6
        painter.setPen(_META)
        kind = _elided(metrics, card.kind_label, end - left)
        if len(kind) > len(card.kind_label) * KIND_LEAST:
            painter.drawText(QRect(left, room.top(), end - left, room.height()), _LEFT, kind)
        painter.drawText(QRect(room.right() + 1 - size_width, room.top(), size_width + 2, room.height()), _LEFT, card.size_text)

    def _draw_marks(self, painter: QPainter, card: Card, colours: Tokens) -> None:
        width = int(self._rect.width())
        if card.is_favourite:
            half = self._star_font.pixelSize() * 0.86 / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(0, 0, 0, 90))  # the star is also seen on a yellow picture
            painter.drawEllipse(QPointF(width - 9 - half, 16.5), half + 4, half + 4)
            painter.setFont(self._star_font)
            for colour, offset in ((QColor(0, 0, 0, 110), 1), (_STAR, 0)):
                painter.setPen(colour)
                painter.drawText(QPointF(width - 9 - self._star_font.pixelSize() * 0.86, 21 + offset), "★")
        if not card.badge:
            return
        text = _elided(self._badge_metrics, card.badge, width - 16 - 14 - (22 if card.is_favourite else 0))
        box = QRect(8, 8, self._badge_metrics.horizontalAdvance(text) + 14, self._badge_metrics.height() + 3)
        ground, ink = _badge_colours(card.badge_tone, colours)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(box), 6, 6)
        painter.setFont(self._badge_font)
        painter.setPen(ink)
        painter.drawText(box, _CENTRE, text)


def _elided(metrics: QFontMetrics, text: str, width: int) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width) if width > 0 else ""


def _badge_colours(tone: str, colours: Tokens) -> tuple[QColor, QColor]:
    """Return ground and ink of a badge; on a light ground the ink is dark."""
    if not tone:
        return QColor(0, 0, 0, 0xB0), _NAME
    ground = {"accent": colours.accent_fill, "ok": colours.ok, "warn": colours.warn, "bad": colours.bad}.get(tone, colours.accent_fill)
    return ground, _INK if colours.is_dark and tone != "accent" else _NAME


def _veil(colours: Tokens) -> QColor:
    """Return what lies over a model whose folder is away."""
    veil = mixed(colours.muted, colours.window, 0.30)
    veil.setAlphaF(0.72)
    return veil


def cropped(picture: QPixmap, rect: QRectF) -> QRectF:
    """Return the part of `picture` that fills `rect`: its middle, or a third from the top, where faces are."""
    scale = max(rect.width() / picture.width(), rect.height() / picture.height())
    width, height = rect.width() / scale, rect.height() / scale
    return QRectF((picture.width() - width) / 2, (picture.height() - height) / 3, width, height)

"""Draws what hangs at the pointer during a drag: the models' pictures with their number, or a small ComfyUI node.

Called by ui/drags. At most 128 logical pixels each way: Windows makes a cursor of it. Paints only; asks no model.
"""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QLinearGradient, QPainter, QPainterPath, QPen, QPixmap

from model_manager.bridge.card_art import draw_letters, drawn_art
from model_manager.bridge.library_model import Card
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.grid.card_face import cropped

MOST = 128
PICTURES = 3  # shown of many
MARGIN = 8  # room for the shadow
_ONE, _MANY, _NODE = QSizeF(84, 112), QSizeF(72, 96), QSizeF(112, 78)
_LEANS = ((5.0, 7.0, -2.0), (-4.0, -5.0, 1.0))  # degrees, pixels right, pixels down of the second and third picture
_SOCKETS = (QColor("#b39ddb"), QColor("#ffd500"), QColor("#ff6e6e"))  # ComfyUI's colours of MODEL, CLIP and VAE
_SHADOW = (26, 20, 15, 10, 7, 4, 2)  # alpha of each ring from the edge outwards
_WHITE = QColor(255, 255, 255)


class Face(NamedTuple):
    """A card and its picture, None when there is none to show."""

    card: Card
    picture: QPixmap | None


def files_picture(faces: Sequence[Face], count: int, ratio: float) -> QPixmap:
    """Return the pictures of the first models in a small pile, with the number of all; ratio: device pixels a logical one."""
    size = _ONE if count == 1 else _MANY
    pixmap = _blank(QSizeF(min(MOST, size.width() + 2 * MARGIN + (32 if count > 1 else 0)), min(MOST, size.height() + 2 * MARGIN)), ratio)
    middle = QPointF(pixmap.deviceIndependentSize().width() / 2, pixmap.deviceIndependentSize().height() / 2)
    rect = QRectF(-size.width() / 2, -size.height() / 2, size.width(), size.height())
    painter = _painter(pixmap)
    for number, face in reversed(list(enumerate(faces[: 1 if count == 1 else PICTURES]))):
        painter.save()
        painter.translate(middle)
        if number:
            lean, right, down = _LEANS[number - 1]
            painter.translate(right, down)
            painter.rotate(lean)
        _paint_shadow(painter, rect)
        _paint_face(painter, face, rect, has_name=number == 0)
        painter.restore()
    if count > 1:
        _paint_count(painter, count, pixmap.deviceIndependentSize().width())
    painter.end()
    return pixmap


def nodes_picture(faces: Sequence[Face], count: int, ratio: float) -> QPixmap:
    """Return a small node of the first model, with more behind it and their number when there are several."""
    step = 5 * min(2, count - 1)
    pixmap = _blank(QSizeF(_NODE.width() + 2 * MARGIN, _NODE.height() + 2 * MARGIN + step + 6), ratio)
    painter = _painter(pixmap)
    for number in range(min(2, count - 1), -1, -1):
        away = 5 * number
        rect = QRectF(MARGIN + away * 0.6, MARGIN + 6 + away, _NODE.width() - away * 1.2, _NODE.height())
        _paint_shadow(painter, rect)
        _paint_plate(painter, rect)
    if faces:
        _paint_node(painter, faces[0], QRectF(MARGIN, MARGIN + 6, _NODE.width(), _NODE.height()))
    if count > 1:
        _paint_count(painter, count, pixmap.deviceIndependentSize().width())
    painter.end()
    return pixmap


def _blank(size: QSizeF, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    return pixmap


def _painter(pixmap: QPixmap) -> QPainter:
    painter = QPainter(pixmap)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    return painter


def _paint_shadow(painter: QPainter, rect: QRectF) -> None:
    """Paint a soft shadow, but not on X11: without a compositor it would be a black frame there."""
    if QGuiApplication.platformName() == "xcb":
        return
    painter.setPen(Qt.PenStyle.NoPen)
    for step, alpha in enumerate(_SHADOW):
        painter.setBrush(QColor(0, 0, 0, alpha))
        painter.drawRoundedRect(rect.adjusted(-step, 1 - step * 0.6, step, 2 + step), 9 + step, 9 + step)


def _paint_face(painter: QPainter, face: Face, rect: QRectF, has_name: bool) -> None:
    """Paint a picture with round corners and a thin light line around it."""
    shape = QPainterPath()
    shape.addRoundedRect(rect, 9, 9)
    painter.save()
    painter.setClipPath(shape)
    _paint_picture(painter, face, rect)
    if has_name:
        _paint_name(painter, face.card.name, rect)
    painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
    painter.drawPath(shape)


def _paint_picture(painter: QPainter, face: Face, rect: QRectF) -> None:
    if face.picture is not None:
        painter.drawPixmap(rect, face.picture, cropped(face.picture, rect))
        return
    painter.drawImage(rect, drawn_art(face.card, rect.size().toSize(), theme.tokens().is_dark))
    painter.save()
    painter.translate(rect.topLeft())
    painter.setFont(font(11))
    draw_letters(painter, face.card, QRectF(0, 0, rect.width(), rect.height()))
    painter.restore()


def _paint_name(painter: QPainter, name: str, rect: QRectF) -> None:
    shade = QLinearGradient(rect.bottomLeft() - QPointF(0, 38), rect.bottomLeft())
    shade.setColorAt(0, QColor(0, 0, 0, 0))
    shade.setColorAt(1, QColor(0, 0, 0, 205))
    painter.fillRect(rect.adjusted(0, rect.height() - 38, 0, 0), shade)
    _text(painter, rect.adjusted(7, rect.height() - 22, -6, -5), name, _WHITE, font(11, QFont.Weight.DemiBold))


def _text(painter: QPainter, rect: QRectF, text: str, ink: QColor, used: QFont) -> None:
    painter.setFont(used)
    painter.setPen(ink)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_plate(painter: QPainter, rect: QRectF) -> None:
    """Paint an empty node: a dark body under a paler title bar, in both themes as in ComfyUI."""
    body = QPainterPath()
    body.addRoundedRect(rect, 8, 8)
    painter.fillPath(body, QColor("#2b2e36"))
    painter.save()
    painter.setClipPath(body)
    painter.fillRect(rect.adjusted(0, 0, 0, 22 - rect.height()), QColor("#3b3f4a"))
    painter.restore()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.tokens().accent, 1.4))
    painter.drawPath(body)


def _paint_node(painter: QPainter, face: Face, rect: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#8e95a5"))
    painter.drawEllipse(rect.topLeft() + QPointF(11, 11), 3.5, 3.5)
    head = rect.adjusted(20, 0, -8, 22 - rect.height())
    _text(painter, head, face.card.kind_label, QColor("#e8eaf0"), font(11, QFont.Weight.DemiBold))
    _paint_face(painter, face, QRectF(rect.left() + 8, rect.top() + 27, 33, 44), has_name=False)
    name = QRectF(rect.left() + 47, rect.top() + 50, rect.width() - 55, 20)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#1d1f25"))
    painter.drawRoundedRect(name, 5, 5)
    _text(painter, name.adjusted(6, 0, -4, 0), face.card.name, QColor("#dfe3ec"), font(10))
    for number, colour in enumerate(_SOCKETS):
        painter.setPen(QPen(QColor("#1d1f25"), 1))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(rect.right() - 12 - number * 12, rect.top() + 37), 3.5, 3.5)


def _paint_count(painter: QPainter, count: int, right: float) -> None:
    """Paint the number of all in the upper right corner."""
    text, used = tr("{count}", count=f"{count:,}"), font(12, QFont.Weight.Bold)
    painter.setFont(used)
    width = max(24.0, painter.fontMetrics().horizontalAdvance(text) + 14.0)
    rect = QRectF(right - width - 2, 2, width, 24)
    painter.setPen(QPen(_WHITE, 2))
    painter.setBrush(theme.tokens().accent_fill)
    painter.drawRoundedRect(rect, 12, 12)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

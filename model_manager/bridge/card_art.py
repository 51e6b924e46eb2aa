"""The drawn picture of a model that has none, and the quiet ground while one is on its way.

Used by the card painter and, for a preview that is to be written, by workers. The hue comes from the base model, so families are seen
at a glance; everything else from the name, so no two cards are alike and a card looks the same every day. Keeps nothing, needs no screen.
"""

import re
from zlib import crc32

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QLinearGradient, QPainter, QPainterPath, QPen

from model_manager.bridge.library_model import Card
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.kinds import label_one

FILE_SIZE = QSize(744, 1023)  # of a drawn card that is written as a preview: the shape of a card's picture
_FILE_SCALE = 3.72  # letters of a file are those of a card 200 wide, enlarged

_WORD = re.compile(r"\d+[a-zA-Z]?(?![a-zA-Z])|\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]")


def initials(name: str) -> str:
    """Return one or two letters that stand for `name`: "Detail Tweaker XL" gives DT, "fluxRealism" FR, "名前" 名前."""
    words: list[str] = _WORD.findall(name)
    letters = [word for word in words if not word[0].isdigit()] or words
    if not letters:
        return name[:1].upper() or "?"
    if len(letters) > 1:
        return "".join(word[0] for word in letters[:2]).upper()
    return letters[0][:2] if letters[0].isupper() else letters[0][:2].capitalize()


def _seed(text: str) -> int:
    return crc32(text.casefold().encode("utf-8", "surrogatepass"))


def _tint(hue: int, saturation: float, lightness: float) -> QColor:
    return QColor.fromHslF((hue % 360) / 360, saturation, lightness)


def _hue(card: Card) -> int:
    return _seed(card.base or card.kind) % 24 * 15


def _ground(rect: QRectF, top: QColor, bottom: QColor, slant: float) -> QBrush:
    gradient = QLinearGradient(QPointF(rect.width() * slant, 0), QPointF(rect.width() * (1 - slant), rect.height()))
    gradient.setColorAt(0, top)
    gradient.setColorAt(1, bottom)
    return QBrush(gradient)


def waiting_ground(card: Card, rect: QRectF, is_dark: bool) -> QBrush:
    """Return the ground of a card whose picture is on its way: the family's hue, nearly grey."""
    hue, light = _hue(card), 0.26 if is_dark else 0.62
    return _ground(rect, _tint(hue, 0.14, light), _tint(hue, 0.14, light - 0.09), 0.5)


def drawn_ground(card: Card, rect: QRectF, is_dark: bool) -> QBrush:
    """Return the ground of a drawn card."""
    seed = _seed(card.name)
    hue, light = _hue(card) + seed % 25 - 12, (0.40 if is_dark else 0.52) + (seed >> 8) % 5 * 0.015
    strong = 0.42 if card.base else 0.12
    return _ground(rect, _tint(hue, strong + 0.06, light), _tint(hue + 38, strong, light - 0.20), (seed >> 12) % 5 / 10)


def drawn_art(card: Card, size: QSize, is_dark: bool) -> QImage:
    """Return ground and pattern of a drawn card; made smaller than it is shown, it has no fine lines and costs a quarter."""
    image = QImage(size, QImage.Format.Format_RGB32)
    rect, seed = QRectF(0, 0, size.width(), size.height()), _seed(card.name)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, drawn_ground(card, rect, is_dark))
    painter.setPen(Qt.PenStyle.NoPen)
    (_rings, _bands, _discs, _hills)[(seed >> 5) % 4](painter, rect, seed)
    painter.end()
    return image


def _veil(alpha: int) -> QColor:
    return QColor(255, 255, 255, alpha)


def _rings(painter: QPainter, rect: QRectF, seed: int) -> None:
    width = rect.width()
    centre = QPointF(width * (0.1 + seed % 9 * 0.1), rect.height() * (0.08 + (seed >> 9) % 4 * 0.12))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ring in range(4):
        painter.setPen(QPen(_veil(30 - ring * 5), width * 0.05))
        radius = width * (0.18 + ring * 0.22)
        painter.drawEllipse(centre, radius, radius)


def _bands(painter: QPainter, rect: QRectF, seed: int) -> None:
    width, height = rect.width(), rect.height()
    lean = width * (0.35 + seed % 5 * 0.1) * (1 if seed >> 10 & 1 else -1)
    for band in range(3):
        left = width * (-0.1 + band * 0.4 + (seed >> (11 + band)) % 4 * 0.06)
        thick = width * (0.10 + (seed >> (15 + band)) % 4 * 0.05)
        path = QPainterPath(QPointF(left + lean, 0))
        for x, y in ((left + lean + thick, 0.0), (left - lean + thick, height), (left - lean, height)):
            path.lineTo(x, y)
        painter.fillPath(path, _veil(14 + band * 5))


def _discs(painter: QPainter, rect: QRectF, seed: int) -> None:
    width, height = rect.width(), rect.height()
    for disc in range(3):
        bits = seed >> (disc * 6)
        radius = width * (0.28 + bits % 5 * 0.08)
        painter.setBrush(_veil(16))
        painter.drawEllipse(QPointF(width * (bits % 11) / 10, height * ((bits >> 4) % 9) / 10), radius, radius)


def _hills(painter: QPainter, rect: QRectF, seed: int) -> None:
    width, height = rect.width(), rect.height()
    for hill in range(3):
        bits = seed >> (hill * 5)
        level = height * (0.18 + hill * 0.17)
        bend = height * (0.06 + bits % 5 * 0.03) * (1 if bits >> 3 & 1 else -1)
        path = QPainterPath(QPointF(0, level))
        path.cubicTo(width * 0.35, level - bend, width * 0.65, level + bend, width, level - bend / 3)
        path.lineTo(width, height)
        path.lineTo(0, height)
        painter.fillPath(path, _veil(15))


def draw_letters(painter: QPainter, card: Card, rect: QRectF) -> None:
    """Draw the card's initials and its kind."""
    width, height = rect.width(), rect.height()
    font = QFont(painter.font())
    font.setWeight(QFont.Weight.DemiBold)
    font.setPixelSize(max(12, round(width * 0.27)))
    painter.setFont(font)
    painter.setPen(_veil(240))
    painter.drawText(QRectF(0, height * 0.20, width, height * 0.26), Qt.AlignmentFlag.AlignCenter, initials(card.name))
    font.setWeight(QFont.Weight.Medium)
    font.setPixelSize(max(9, min(12, round(width * 0.062))))
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1.0)
    painter.setFont(font)
    painter.setPen(_veil(190))
    room = QRectF(8, height * 0.46, width - 16, 18)
    text = painter.fontMetrics().elidedText(card.kind_label.upper(), Qt.TextElideMode.ElideRight, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)


def card_of(record: ModelRecord) -> Card:
    """Return what a drawn card shows of a model; without badge, size and picture."""
    base = record.details.base_model or record.facts.base_model or record.facts.architecture
    return Card(record.id, record.name, record.kind, label_one(record.kind), base, "", "", "", False, False, None)


def file_card(card: Card) -> QImage:
    """Return the drawn card as it is written for a preview: initials, kind and base model, opaque, FILE_SIZE pixels. For workers too."""
    image = drawn_art(card, FILE_SIZE, is_dark=True)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(_FILE_SCALE, _FILE_SCALE)
    rect = QRectF(0, 0, FILE_SIZE.width() / _FILE_SCALE, FILE_SIZE.height() / _FILE_SCALE)
    draw_letters(painter, card, rect)
    _draw_base(painter, card.base, rect)
    painter.end()
    return image


def _draw_base(painter: QPainter, base: str, rect: QRectF) -> None:
    """Draw the base model in a pill below the kind."""
    if not base:
        return
    font = QFont(painter.font())
    font.setPixelSize(11)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    text = metrics.elidedText(base, Qt.TextElideMode.ElideRight, rect.width() - 36)
    width = metrics.horizontalAdvance(text) + 16
    pill = QRectF((rect.width() - width) / 2, rect.height() * 0.545, width, metrics.height() + 6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_veil(40))
    painter.drawRoundedRect(pill, 6, 6)
    painter.setPen(_veil(240))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)

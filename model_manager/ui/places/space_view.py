"""The map of space, painted in one widget: parts as rectangles, and what is in them as smaller ones. A click goes into a part.

Part of the page of space. It asks a function what is in a part and knows nothing else of models.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from model_manager.bridge.space_map import Part, Rect, squarified
from model_manager.core.amounts import short_size, size_text
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.places.tile_colours import ground, shade
from model_manager.ui.theme import tokens

HEAD, GAP, SMALL = 22, 2, 26  # pixels: the line with a part's name, between parts, and what is too small to be written in
MOST_INNER = 60


@dataclass(frozen=True, slots=True)
class Tile:
    """A part where it is painted. rank: by size among the parts on show, of what is inside that of the outer one; place: inside it."""

    part: Part
    rect: QRectF
    rank: int
    is_inner: bool = False
    has_head: bool = False
    place: int = 0


class SpaceView(QWidget):
    """The map of one part."""

    entered = Signal(object)  # Part that is to be gone into
    left = Signal()
    menu_asked = Signal(object, QPoint)
    pointed = Signal(object)  # Part under the pointer, None for none

    def __init__(self, inside: Callable[[Part], list[Part]]) -> None:
        """`inside(part)`: what is in it, the largest first."""
        super().__init__()
        self._inside = inside
        self.part: Part | None = None
        self.parts: list[Part] = []
        self.tiles: list[Tile] = []
        self._lit: Tile | None = None
        self._at = -1  # of the outer tile that the keyboard is at
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(280, 200))
        self.setAccessibleName(tr("Map of space"))

    def show_part(self, part: Part) -> None:
        """Show what is in a part."""
        self.part, self.parts, self._at = part, self._inside(part), -1
        self._lay_out()

    def _lay_out(self) -> None:
        """Place everything anew; a few milliseconds."""
        self.tiles, self._lit = [], None
        room = Rect(0, 0, self.width(), self.height())
        for rank, (part, rect) in enumerate(zip(self.parts, squarified([one.size for one in self.parts], room), strict=True)):
            outer = QRectF(*rect.inset(GAP / 2))
            has_head = part.id < 0 and outer.width() > 60 and outer.height() > HEAD + 8
            self.tiles.append(Tile(part, outer, rank, has_head=has_head))
            if has_head and outer.width() > 90 and outer.height() > 70:
                self._lay_inside(part, rect.inset(GAP / 2 + 2, HEAD - 2), rank)
        self.update()

    def _lay_inside(self, part: Part, room: Rect, rank: int) -> None:
        inner = self._inside(part)[:MOST_INNER]
        shown = sum(one.size for one in inner)
        rest = part.size - shown
        sizes = [one.size for one in inner] + ([rest] if rest > 0 else [])
        order = sorted(sizes, reverse=True)
        if sizes != order:  # what is left over is larger than some of them
            inner = [*inner, Part("", size=rest)]
            inner.sort(key=lambda one: -one.size)
        for place, (one, rect) in enumerate(zip(inner, squarified(order, room), strict=False)):
            if rect.width >= 3 and rect.height >= 3 and one.name:
                self.tiles.append(Tile(one, QRectF(*rect.inset(0.8)), rank, is_inner=True, place=place))

    def tile_at(self, point: QPointF) -> Tile | None:
        """The smallest part at this place."""
        return next((tile for tile in reversed(self.tiles) if tile.rect.contains(point)), None)

    def outer_of(self, tile: Tile) -> Tile:
        """The part on show that a smaller one lies in."""
        return next(one for one in self.tiles if not one.is_inner and one.rank == tile.rank)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint outer parts, then what is in them."""
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tile in self.tiles:
            self._paint(painter, tile)
        if self._at >= 0 and self.hasFocus():
            outer = [tile for tile in self.tiles if not tile.is_inner]
            painter.setPen(QPen(colours.accent, 2.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(outer[self._at].rect.adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
        painter.end()

    def _paint(self, painter: QPainter, tile: Tile) -> None:
        is_lit = tile is self._lit
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade(tile.rank, is_lit, tile.place) if tile.is_inner or is_lit else ground(tile.rank))
        radius = 2 if tile.is_inner else 4
        if min(tile.rect.width(), tile.rect.height()) < 8:
            painter.fillRect(tile.rect, painter.brush())
        else:
            painter.drawRoundedRect(tile.rect, radius, radius)
        if tile.has_head:
            self._write_head(painter, tile)
        elif tile.rect.width() > SMALL * 2 and tile.rect.height() > SMALL - 6:
            self._write(painter, tile)

    @staticmethod
    def _write_head(painter: QPainter, tile: Tile) -> None:
        colours = tokens()
        line = QRectF(tile.rect.left() + 7, tile.rect.top() + 2, tile.rect.width() - 14, HEAD - 2)
        painter.setPen(colours.text)
        strong = font(12, QFont.Weight.DemiBold)
        painter.setFont(font(12))
        size = size_text(tile.part.size)
        room = painter.fontMetrics().horizontalAdvance(size) + 10
        has_size = line.width() > room + min(140, QFontMetrics(strong).horizontalAdvance(tile.part.name))  # the name comes first
        if has_size:
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, size)
        painter.setFont(strong)
        name = painter.fontMetrics().elidedText(tile.part.name, Qt.TextElideMode.ElideRight, int(line.width() - (room if has_size else 0)))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    @staticmethod
    def _write(painter: QPainter, tile: Tile) -> None:
        colours = tokens()
        box = tile.rect.adjusted(6, 2, -5, -2)
        painter.setPen(colours.text)
        painter.setFont(font(11))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(tile.part.name, Qt.TextElideMode.ElideMiddle, int(box.width()))
        painter.drawText(QRectF(box.left(), box.top(), box.width(), 16), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        if box.height() >= 32:
            below = QRectF(box.left(), box.top() + 15, box.width(), 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short_size(tile.part.size))

    # what people do

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light what is under the pointer."""
        self._light(self.tile_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        self._light(None)

    def _light(self, tile: Tile | None) -> None:
        if tile is not self._lit:
            self._lit = tile
            self.setCursor(Qt.CursorShape.PointingHandCursor if tile is not None and _is_open(tile.part) else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(tile.part if tile is not None else None)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click goes into a part; the button for going back goes back."""
        if event.button() == Qt.MouseButton.BackButton:
            self.left.emit()
        elif event.button() == Qt.MouseButton.LeftButton and (tile := self.tile_at(event.position())) is not None:
            outer = self.outer_of(tile)
            target = tile.part if _is_open(tile.part) and not tile.is_inner else outer.part
            if _is_open(target):
                self.entered.emit(target)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the part at the pointer, or of the one that the keyboard is at."""
        outer = [tile for tile in self.tiles if not tile.is_inner]
        tile = self.tile_at(QPointF(event.pos()))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            tile = outer[self._at] if 0 <= self._at < len(outer) else None
        if tile is not None:
            self.menu_asked.emit(tile.part, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from part to part, Enter into one, Backspace back."""
        outer = [tile for tile in self.tiles if not tile.is_inner]
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step and outer:
            self._at = max(0, min(len(outer) - 1, self._at + step))
            self.setAccessibleDescription(tip_of(outer[self._at].part, self.part))
            self.pointed.emit(outer[self._at].part)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._at < len(outer) and _is_open(outer[self._at].part):
            self.entered.emit(outer[self._at].part)
        elif event.key() == Qt.Key.Key_Backspace:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell of the part under the pointer in a tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self.tile_at(QPointF(event.pos()))
            if tile is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), plain_tip(tip_of(tile.part, self.part)), self, tile.rect.toRect())
            return True
        return super().event(event)


def _is_open(part: Part) -> bool:
    """Whether there is something to be seen in a part."""
    return part.id < 0 and bool(part.parts or part.slots)


def tip_of(part: Part, whole: Part | None) -> str:
    """What there is to say of a part."""
    share = f"{part.size / whole.size:.1%}" if whole is not None and whole.size else ""
    count = trn("{count} model", "{count} models", part.count) if part.id < 0 else ""
    return "\n".join(filter(None, (part.name, " · ".join(filter(None, (size_text(part.size), share, count))), part.note)))

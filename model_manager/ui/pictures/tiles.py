"""Lists of pictures: the sources at the left of the dialog, and strips of candidates and of earlier pictures.

One small model, two delegates that only paint. Pictures come later, by `set_image`; until then a quiet ground is shown.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip

Index = QModelIndex | QPersistentModelIndex
TileRole, ImageRole, FaultRole = (Qt.ItemDataRole.UserRole + number for number in range(3))
_NOWHERE = QModelIndex()
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CORNER = 7


@dataclass(frozen=True, slots=True)
class Tile:
    """One entry. key: what its picture is asked by, None for one that has none; sign: an icon in place of a picture.

    tone: of the note and the sign ("bad"); tip: plain text; badge: an icon in the corner of the picture.
    """

    key: Hashable
    title: str
    note: str = ""
    sign: str = ""
    value: Any = None
    tone: str = ""
    tip: str = ""
    badge: str = ""


class TileModel(QAbstractListModel):
    """Entries with pictures that arrive when they like."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._tiles: list[Tile] = []
        self._pixmaps: dict[Hashable, QPixmap] = {}
        self._faults: dict[Hashable, str] = {}

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these; pictures that are known stay."""
        self.beginResetModel()
        self._tiles = list(tiles)
        keys = {tile.key for tile in tiles}
        self._pixmaps = {key: pixmap for key, pixmap in self._pixmaps.items() if key in keys}
        self._faults = {key: text for key, text in self._faults.items() if key in keys}
        self.endResetModel()

    def set_image(self, key: Hashable, image: QImage) -> None:
        """A picture has come."""
        if any(tile.key == key for tile in self._tiles):
            self._pixmaps[key] = QPixmap.fromImage(image)
            self._tell(key)

    def set_fault(self, key: Hashable, text: str) -> None:
        """Why a picture cannot be shown."""
        self._faults[key] = text
        self._tell(key)

    def forget(self) -> None:
        """The same names may hold other pictures by now; what is shown stays until it is asked for anew."""
        self._pixmaps, self._faults = {}, {}

    def missing(self) -> list[Tile]:
        """Entries whose picture is not there yet."""
        return [tile for tile in self._tiles if tile.key is not None and tile.key not in self._pixmaps and tile.key not in self._faults]

    def tile(self, row: int) -> Tile | None:
        """The entry at a row."""
        return self._tiles[row] if 0 <= row < len(self._tiles) else None

    def row_of(self, value: Any) -> int:
        """The row of the entry with this value, -1 for none."""
        return next((row for row, tile in enumerate(self._tiles) if tile.value == value), -1)

    def _tell(self, key: Hashable) -> None:
        for row, tile in enumerate(self._tiles):
            if tile.key == key:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._tiles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        tile = self.tile(index.row()) if index.isValid() else None
        if tile is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tile.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{tile.title}, {tile.note}" if tile.note else tile.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join(filter(None, (self._faults.get(tile.key), tile.tip)))) or None
        return {TileRole: tile, ImageRole: self._pixmaps.get(tile.key), FaultRole: self._faults.get(tile.key)}.get(role)


class TileView(QListView):
    """A list of tiles; arrows move, Enter and double click choose."""

    current_changed = Signal(object)  # Tile
    tile_activated = Signal(object)  # by Enter or a double click
    tile_clicked = Signal(object)

    def __init__(self, name: str, delegate: QStyledItemDelegate, is_upright: bool) -> None:
        super().__init__()
        self.tiles = TileModel(self)
        self.setModel(self.tiles)
        self.setItemDelegate(delegate)
        delegate.setParent(self)
        self.setAccessibleName(name)
        self.setFlow(QListView.Flow.TopToBottom if is_upright else QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        (self.setHorizontalScrollBarPolicy if is_upright else self.setVerticalScrollBarPolicy)(off)
        self.setUniformItemSizes(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._on_clicked)
        self.activated.connect(self._on_activated)

    def show_tiles(self, tiles: Sequence[Tile], current: Any = None) -> None:
        """Show these and go to the one with the value `current`; tells nothing."""
        was_blocked = self.selectionModel().blockSignals(True)
        self.tiles.set_tiles(tiles)
        row = self.tiles.row_of(current)
        if row >= 0:
            self.setCurrentIndex(self.tiles.index(row))
        self.selectionModel().blockSignals(was_blocked)
        if row >= 0:
            self.scrollTo(self.tiles.index(row))
        self.viewport().update()

    def current(self) -> Tile | None:
        """The entry in hand."""
        return self.tiles.tile(self.currentIndex().row()) if self.currentIndex().isValid() else None

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)
        tile = self.tiles.tile(current.row()) if current.isValid() else None
        if tile is not None and not self.selectionModel().signalsBlocked():
            self.current_changed.emit(tile)

    def _on_clicked(self, index: QModelIndex) -> None:
        tile = self.tiles.tile(index.row())
        if tile is not None:
            self.tile_clicked.emit(tile)

    def _on_activated(self, index: QModelIndex) -> None:
        tile = self.tiles.tile(index.row())
        if tile is not None:
            self.tile_activated.emit(tile)


class SourceDelegate(QStyledItemDelegate):
    """A source: small picture, title and a line below it."""

    SIDE, HEIGHT = 38, 54

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(120, self.HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        tile: Tile = index.data(TileRole)
        colours, rect = theme.tokens(), QRectF(option.rect).adjusted(0, 1, 0, -1)
        is_chosen = _has(option, QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if is_chosen or _has(option, QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.accent_soft if is_chosen else colours.hover)
            painter.drawRoundedRect(rect, 8, 8)
        if is_chosen and option.widget.hasFocus():
            painter.setPen(QPen(colours.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 8, 8)
        box = QRectF(rect.left() + 8, rect.center().y() - self.SIDE / 2, self.SIDE, self.SIDE)
        paint_tile(painter, box, tile, index.data(ImageRole), index.data(FaultRole))
        left = box.right() + 10
        self._paint_words(painter, tile, QRectF(left, rect.top(), rect.right() - left - 6, rect.height()), is_chosen)
        painter.restore()

    @staticmethod
    def _paint_words(painter: QPainter, tile: Tile, room: QRectF, is_chosen: bool) -> None:
        colours, middle = theme.tokens(), room.center().y()
        for words, used, ink, top in (
            (tile.title, font(13, _weight(is_chosen)), colours.accent if is_chosen else colours.text, middle - 18),
            (tile.note, font(12), getattr(colours, tile.tone or "muted"), middle),
        ):
            painter.setFont(used)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(QRectF(room.left(), top, room.width() + 4, 18), _LEFT, shown)


class StripDelegate(QStyledItemDelegate):
    """A picture in the shape of a card, with a word below it if it has one."""

    def __init__(self, height: int, has_words: bool = False) -> None:
        super().__init__()
        self._height, self._words = height, 18 if has_words else 0

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(round((self._height - 8) * 8 / 11) + 12, self._height + self._words)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        tile: Tile = index.data(TileRole)
        colours = theme.tokens()
        box = QRectF(option.rect).adjusted(4, 4, -8, -4 - self._words)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        paint_tile(painter, box, tile, index.data(ImageRole), index.data(FaultRole))
        is_chosen = _has(option, QStyle.StateFlag.State_Selected)
        if is_chosen or _has(option, QStyle.StateFlag.State_MouseOver):
            painter.setPen(QPen(colours.accent if is_chosen else colours.faint, 2.5 if is_chosen else 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), CORNER + 1.5, CORNER + 1.5)
        if self._words:
            painter.setFont(font(11))
            painter.setPen(colours.muted)
            words = QRectF(box.left() - 4, box.bottom() + 4, box.width() + 8, 16)
            shown = painter.fontMetrics().elidedText(tile.title, Qt.TextElideMode.ElideRight, int(words.width()))
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
        painter.restore()


def paint_tile(painter: QPainter, box: QRectF, tile: Tile, pixmap: QPixmap | None, fault: str | None) -> None:
    """Paint a picture with round corners, or a sign, or the ground of one that is on its way."""
    colours = theme.tokens()
    shape = QPainterPath()
    shape.addRoundedRect(box, CORNER, CORNER)
    if pixmap is not None:
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(box, colours.raised)
        painter.drawPixmap(box, pixmap, shown_part(pixmap.size(), box.width() / box.height()))
        painter.restore()
        if tile.badge:
            _paint_badge(painter, box, tile.badge)
        return
    sign = tile.sign or ("image-off" if fault else "")
    if tile.sign:
        painter.setPen(QPen(colours.faint, 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    else:
        painter.fillPath(shape, colours.raised)
    if sign:
        side = 18 if box.width() < 60 else 26
        corner = box.center() - QPointF(side / 2, side / 2)
        theme.icon(sign, side, tile.tone or "faint").paint(painter, round(corner.x()), round(corner.y()), side, side)


def _paint_badge(painter: QPainter, box: QRectF, icon_name: str) -> None:
    """A light sign on a dark round in the lower right corner, readable on any picture."""
    disc = QRectF(box.right() - 27, box.bottom() - 27, 22, 22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tokens().shade)
    painter.drawEllipse(disc)
    theme.icon(icon_name, 12, "on_accent").paint(painter, round(disc.left()) + 5, round(disc.top()) + 5, 12, 12)


def shown_part(size: QSize, shape: float) -> QRectF:
    """The part of a picture that fills a box of this shape (width by height), more of the upper half since faces are there."""
    if size.width() / size.height() > shape:
        width = size.height() * shape
        return QRectF((size.width() - width) / 2, 0, width, size.height())
    height = size.width() / shape
    return QRectF(0, (size.height() - height) * 0.3, size.width(), height)


def _has(option: QStyleOptionViewItem, flag: QStyle.StateFlag) -> bool:
    return bool(option.state & flag)


def _weight(is_strong: bool) -> QFont.Weight:
    return QFont.Weight.DemiBold if is_strong else QFont.Weight.Normal

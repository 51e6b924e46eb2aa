"""Paints the sidebar's rows: heading, or icon, text and count; knows where the arrow of a folder is.

Used by the sidebar alone. Only paints: all it shows is in the record at the index.
"""

from typing import cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.ui.colour_labels import DOT, shade_of
from model_manager.ui.sidebar_model import ROW_ROLE, TREE_ROLE
from model_manager.ui.sidebar_rows import SidebarRow, grouped
from model_manager.ui.theme import Tokens, icon, tokens

ROW_HEIGHT = 28
SIDE, PAD, ICON, STEP, ARROW = 8, 8, 16, 12, 14
MOST_STEPS = 8
KEPT = 120  # painted rows: two screens
_State = QStyle.StateFlag
_SEEN = (_State.State_Selected | _State.State_MouseOver | _State.State_HasFocus | _State.State_KeyboardFocusChange
         | _State.State_Children | _State.State_Open).value  # fmt: skip

Index = QModelIndex | QPersistentModelIndex


def arrow_rect(row_rect: QRect, depth: int) -> QRect:
    """Where the arrow of a row that can be opened is hit."""
    return QRect(row_rect.left() + SIDE + min(depth, MOST_STEPS) * STEP, row_rect.top(), ARROW + PAD, row_rect.height())


class SidebarDelegate(QStyledItemDelegate):
    """Paints one row; where rows of a section can be opened, all its icons stand further right.

    Keeps what it painted: at each new height of the window Qt has all rows painted again, and texts are slow.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[object, QPixmap] = {}  # least recently used first

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """All rows are equally high, so that thousands need no measuring."""
        return QSize(0, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a heading or a row."""
        rect: QRect = option.rect
        state = option.state.value & _SEEN
        row, ratio = index.data(ROW_ROLE), painter.device().devicePixelRatioF()
        shown: tuple[object, ...] = (row, state, bool(index.data(TREE_ROLE))) if row is not None else (str(index.data()),)
        key = (shown, rect.size().toTuple(), ratio, option.font.key(), id(tokens()))
        found = self._kept.pop(key, None) or _painted(rect, ratio, QFont(option.font), shown)
        self._kept[key] = found
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        painter.drawPixmap(rect.topLeft(), found)


def _painted(rect: QRect, ratio: float, font: QFont, shown: tuple[object, ...]) -> QPixmap:
    """A row on the sidebar's ground; texts on an opaque ground are smoothed as they are on the screen."""
    pixmap = QPixmap((QSizeF(rect.size()) * ratio).toSize())
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(tokens().panel)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = QRect(QPoint(), rect.size())
    if len(shown) == 1:
        _paint_heading(painter, area, font, str(shown[0]))
    else:
        row, state, is_tree = cast(tuple[SidebarRow, int, bool], shown)
        _paint_ground(painter, area, QStyle.StateFlag(state))
        _paint_row(painter, area, font, row, QStyle.StateFlag(state), is_tree)
    painter.end()
    return pixmap


def _paint_heading(painter: QPainter, rect: QRect, font: QFont, title: str) -> None:
    font.setPixelSize(11)
    font.setWeight(QFont.Weight.DemiBold)
    font.setCapitalization(QFont.Capitalization.AllUppercase)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.7)
    painter.setFont(font)
    painter.setPen(tokens().faint)
    painter.drawText(rect.adjusted(SIDE + PAD, 0, -SIDE, -5), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, title)


def _paint_ground(painter: QPainter, rect: QRect, state: QStyle.StateFlag) -> None:
    colours = tokens()
    ground = QRectF(rect).adjusted(SIDE, 0.5, -SIDE, -0.5)
    painter.setPen(Qt.PenStyle.NoPen)
    if state & QStyle.StateFlag.State_Selected:
        painter.setBrush(colours.accent_soft)
        painter.drawRoundedRect(ground, 7, 7)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(colours.hover)
        painter.drawRoundedRect(ground, 7, 7)
    if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.accent, 1.5))
        painter.drawRoundedRect(ground.adjusted(0.75, 0.75, -0.75, -0.75), 6.5, 6.5)


def _paint_row(painter: QPainter, rect: QRect, font: QFont, row: SidebarRow, state: QStyle.StateFlag, is_tree: bool) -> None:
    colours = tokens()
    is_on = bool(state & QStyle.StateFlag.State_Selected)
    left = rect.left() + SIDE + PAD + min(row.depth, MOST_STEPS) * STEP
    if is_tree:
        if state & QStyle.StateFlag.State_Children:
            _paint_icon(painter, rect, left - 4, "chevron-down" if state & QStyle.StateFlag.State_Open else "chevron-right", "faint", 12)
        left += ARROW - 3
    if row.icon:
        _paint_icon(painter, rect, left, row.icon, "accent" if is_on else "faint" if row.is_away or row.is_faint else "muted", ICON)
        left += ICON + PAD
    right = _paint_count(painter, rect, font, row, colours.accent if is_on else colours.faint)
    font.setWeight(QFont.Weight.DemiBold if is_on else QFont.Weight.Normal)
    painter.setFont(font)
    painter.setPen(_ink(row, is_on, colours))
    room = right - left - PAD
    text = painter.fontMetrics().elidedText(row.text, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QRect(left, rect.top(), room, rect.height()), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _ink(row: SidebarRow, is_on: bool, colours: Tokens) -> QColor:
    if is_on:
        return colours.accent
    return colours.faint if row.is_away or row.is_faint else colours.text


def _paint_count(painter: QPainter, rect: QRect, font: QFont, row: SidebarRow, ink: QColor) -> int:
    """Paint the count at the right; returns where it begins."""
    text = "" if row.is_page and not row.count else grouped(row.count)
    small = QFont(font)
    small.setPixelSize(12)
    painter.setFont(small)
    painter.setPen(ink)
    right = rect.right() - SIDE - PAD
    painter.drawText(QRect(rect.left(), rect.top(), right - rect.left() + 1, rect.height()),
                     Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)  # fmt: skip
    return right - painter.fontMetrics().horizontalAdvance(text)


def _paint_icon(painter: QPainter, rect: QRect, left: int, name: str, tone: str, size: int) -> None:
    if name.startswith(DOT):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade_of(name.removeprefix(DOT)))
        painter.drawEllipse(QRectF(left + 3, rect.top() + (rect.height() - 10) / 2, 10, 10))
        return
    icon(name, size, tone).paint(painter, QRect(left, rect.top() + (rect.height() - size) // 2, size, size))

"""Pieces of the search field: how a query falls into tokens, the chip of a token, and the list of completions.

Used by `search` alone. Knows the shape of tokens but not their meaning; must never ask the library.
"""

import re

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.elided_label import plain_tip

KEYS = ("type", "base", "ext", "tag", "folder", "has", "no", "is", "collection", "category", "group", "colour", "rating")
AMOUNTS = ("size", "added", "modified", "rating")
PIECE = re.compile(r'-?(?:\w+(?::|<=|>=|<|>))?(?:"[^"]*"?|[^\s]+)|-?\w+(?::|<=|>=|<|>)|\S+')
_TOKEN = re.compile(r"(-?)(?:(\w+)(:|<=|>=|<|>))?(.*)", re.DOTALL)
HINT = Qt.ItemDataRole.UserRole
ROW, MOST_ROWS = 30, 10
CHIP_WIDTH, CHIP_HEIGHT, CROSS = 190, 22, 18


def is_token(piece: str) -> bool:
    """True for a finished token that becomes a chip: a known key with a value, -word, or closed quotes around words."""
    found = _TOKEN.fullmatch(piece)
    if found is None:
        return False
    minus, key, sign, value = found.groups()
    if value.count('"') % 2 or not value.strip('"'):
        return False
    if key:
        return str(key).lower() in (KEYS if sign == ":" else AMOUNTS) or bool(minus)
    return bool(minus) or value.startswith('"')


def pieces(text: str) -> list[str]:
    """`text` cut at white space outside quotes."""
    return PIECE.findall(text)


class TokenChip(QAbstractButton):
    """A finished token. The cross, Backspace and Delete take it away; a click or Enter makes it text again."""

    removed = Signal()
    edited = Signal()
    turned = Signal(int)  # left -1, right 1

    def __init__(self, text: str, parent: QWidget, has_cross: bool = True) -> None:
        super().__init__(parent)
        self._has_cross = has_cross
        self._font = QFont(QApplication.font())
        self._font.setPixelSize(12)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another token."""
        self.setText(text)
        self.setAccessibleName(tr("Search token {token}", token=text))
        self.setToolTip(plain_tip(text))
        width = QFontMetrics(self._font).horizontalAdvance(text) + 14 + (CROSS - 4 if self._has_cross else 0)
        self.resize(min(CHIP_WIDTH, width), CHIP_HEIGHT)

    def sizeHint(self) -> QSize:
        """As wide as the token, up to a limit."""
        return self.size()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell the cross from the rest."""
        self.setDown(False)
        if not self.rect().contains(event.position().toPoint()):
            return
        if self._has_cross and event.position().x() >= self.width() - CROSS:
            self.removed.emit()
        else:
            self.edited.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, edit, or walk on."""
        key = event.key()
        if key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.removed.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.edited.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.turned.emit(-1 if key == Qt.Key.Key_Left else 1)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the soft ground, the token and its cross."""
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colours.accent_soft)
        painter.setPen(QPen(colours.accent, 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(self._font)
        painter.setPen(colours.accent)
        area = self.rect().adjusted(7, 0, -CROSS + 2 if self._has_cross else -4, 0)
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width() + 2)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if self._has_cross:
            painter.setPen(QPen(colours.accent, 1.3))
            middle = QPoint(self.width() - 10, self.height() // 2)
            painter.drawLine(middle + QPoint(-3, -3), middle + QPoint(3, 3))
            painter.drawLine(middle + QPoint(-3, 3), middle + QPoint(3, -3))
        painter.end()


class _Row(QStyledItemDelegate):
    """A completion with its hint at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        colours, rect = theme.tokens(), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.accent_soft)
            painter.drawRoundedRect(QRectF(rect).adjusted(4, 1, -4, -1), 6, 6)
        area = rect.adjusted(13, 0, -13, 0)
        hint = str(index.data(HINT) or "")
        metrics = painter.fontMetrics()
        hint = metrics.elidedText(hint, Qt.TextElideMode.ElideRight, area.width() // 2)
        painter.setPen(colours.faint)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, hint)
        painter.setPen(colours.text)
        room = area.width() - metrics.horizontalAdvance(hint) - 12
        text = metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


class Completions(QListWidget):
    """The list below the field; a child of the window, so the focus stays where one types."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "raised")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(tr("Completions"))
        self.setItemDelegate(_Row(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setViewportMargins(0, 4, 0, 4)
        self.itemClicked.connect(lambda item: self.chosen.emit(item.text()))
        self.hide()

    def offer(self, pairs: list[tuple[str, str]], below: QWidget) -> None:
        """Show (text, hint) pairs below a widget; nothing for none."""
        if not pairs:
            return self.hide()
        self._fill(pairs)
        window = below.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        place = below.mapTo(window, QPoint(0, below.height() + 4))
        height = min(MOST_ROWS, len(pairs)) * ROW + 10
        self.setGeometry(place.x(), place.y(), max(280, below.width()), max(ROW, min(height, window.height() - place.y() - 4)))
        if self.isHidden():
            self.show()
            self.raise_()

    def _fill(self, pairs: list[tuple[str, str]]) -> None:
        while self.count() > len(pairs):
            self.takeItem(self.count() - 1)
        for row, (text, hint) in enumerate(pairs):
            item = self.item(row) if row < self.count() else QListWidgetItem(self)
            item.setText(text)
            item.setData(HINT, hint)
        self.setCurrentRow(-1)
        self.clearSelection()
        self.scrollToTop()

    def move_by(self, step: int) -> None:
        """Mark the next or previous line; past an end comes the other."""
        row = self.currentRow()
        row = (0 if step > 0 else self.count() - 1) if row < 0 else (row + step) % self.count()
        self.setCurrentRow(row)

    def marked(self, default_row: int = -1) -> str:
        """The text of the marked line, or of `default_row`, or ""."""
        item = self.item(self.currentRow() if self.currentRow() >= 0 else default_row)
        return item.text() if item is not None else ""

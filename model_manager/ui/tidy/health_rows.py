"""The list of the health page: a line for each sort of findings, which can be opened, and below it one for each finding.

Used by the page. Rows are of one height, so thousands cost nothing; the delegate paints them and hears clicks on their buttons.
"""

import os
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractItemModel, QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from model_manager.core.amounts import short_size
from model_manager.core.health.records import BROKEN, DANGEROUS, DELETE, UNSAFE, WISHES, Item, Section
from model_manager.core.health.words import level_words, meaning, mend_all_words, mend_words, title
from model_manager.core.words import tr, trn
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.tidy.rows import LEFT, RECORD, RIGHT, Index, RowsModel, RowsView, Words, paint_ground, paint_runs

ROW, SIDE, ARROW, ICON, BUTTON = 54, 16, 16, 18, 28
WIDTHS = 640  # of a row; in narrower ones a finding shows no button but its first
ICONS = {
    "broken": "error", "unsafe": "warning", "misplaced": "folder", "misnamed": "edit", "same stem": "copy", "bad sidecar": "text",
    "links": "link", "orphans": "file", "partials": "download", "empty": "folder-open", "pickles": "swap", "no details": "info",
    "no preview": "image-off",
}  # fmt: skip


class Line(NamedTuple):
    """A row: a sort of findings, or a finding of it, or what is said of those that are not listed (rest: how many)."""

    section: Section
    item: Item | None = None
    rest: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is known by when the list is made anew."""
        return self.section.sort, self.item.path if self.item is not None else "", int(self.rest > 0)

    @property
    def mends(self) -> tuple[str, ...]:
        """What can be done from this row, the best first."""
        return () if self.rest else self.item.mends if self.item is not None else self.section.mends

    def words(self, mend: str) -> str:
        """What the button of a mend says here."""
        return mend_words(mend) if self.item is not None else mend_all_words(mend)


Press = Callable[[Line, str], None]
IsOpen = Callable[[str], bool]


def lines_of(sections: Sequence[Section], opened: Collection[str]) -> list[Line]:
    """The rows, with the findings of those sorts that are open."""
    found: list[Line] = []
    for section in sections:
        found.append(Line(section))
        if section.sort in opened:
            found += [Line(section, item) for item in section.items]
            if section.count > len(section.items):
                found.append(Line(section, None, section.count - len(section.items)))
    return found


def tone_of(section: Section) -> str:
    """How grave a sort is."""
    return "bad" if section.sort in (BROKEN, UNSAFE) else "muted" if section.sort in WISHES else "warn"


def about(section: Section) -> str:
    """How much it is: "12 · 3.4 GB"."""
    return " · ".join(filter(None, (f"{section.count:,}", short_size(section.size) if section.size else "")))


def spoken(line: Line) -> str:
    """A row as a screen reader says it."""
    if line.rest:
        return rest_words(line)
    if line.item is None:
        return ", ".join((title(line.section.sort), about(line.section), meaning(line.section.sort)))
    return ", ".join(filter(None, (line.item.name, level_words(line.item.level), line.item.text, os.path.dirname(line.item.path))))


def rest_words(line: Line) -> str:
    """What is said of those that are not listed."""
    return trn("and {count} more", "and {count} more", line.rest)


def tip(line: Line) -> str:
    """All that there is to say of a row."""
    if line.item is None:
        return "" if line.rest else meaning(line.section.sort)
    imports = [f"{one.name.replace(' ', '.')}: {one.text}" for one in line.item.imports if one.text][:12]
    return "\n".join((*line.item.files, line.item.text, *imports))


class HealthView(RowsView):
    """The list. `press` gets a row and the mend whose button was pressed, "" for a row that is to be opened or closed."""

    def __init__(self, is_open: IsOpen, press: Press) -> None:
        self._press = press
        super().__init__(RowsModel(_words), HealthDelegate(is_open, press), ROW, tr("What needs attention"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right close and open a sort."""
        line: Line | None = self.currentIndex().data(RECORD)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and line is not None:
            self._press(line, "close" if event.key() == Qt.Key.Key_Left else "open")
        else:
            super().keyPressEvent(event)


def _words(line: Line) -> Words:
    return Words(line.item.name if line.item is not None else title(line.section.sort), tip(line), spoken(line))


class HealthDelegate(QStyledItemDelegate):
    """Paints a row and hears clicks on it."""

    def __init__(self, is_open: IsOpen, press: Press) -> None:
        super().__init__()
        self._is_open, self._press = is_open, press

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        line: Line = index.data(RECORD)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing)
        if line.item is None and not line.rest:
            painter.fillRect(option.rect, theme.tokens().raised)
        paint_ground(painter, option)
        if line.rest:
            self._paint_rest(painter, option.rect, line)
        elif line.item is None:
            self._paint_section(painter, option.rect, line)
        else:
            is_near = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected))
            self._paint_item(painter, option.rect, line.item, line, is_near)
        painter.restore()

    # a sort

    def _paint_section(self, painter: QPainter, rect: QRect, line: Line) -> None:
        colours, section = theme.tokens(), line.section
        arrow = "chevron-down" if self._is_open(section.sort) else "chevron-right"
        left, middle = rect.left() + SIDE - 4, rect.center().y()
        theme.icon(arrow, ARROW, "muted").paint(painter, left, middle - ARROW // 2, ARROW, ARROW)
        left += ARROW + 8
        theme.icon(ICONS[section.sort], ICON, tone_of(section)).paint(painter, left, middle - ICON // 2, ICON, ICON)
        left += ICON + 12
        right = self._paint_buttons(painter, rect, line, most=1, is_raised=False)  # the row itself is
        words = about(section)
        painter.setFont(font(13, QFont.Weight.DemiBold))
        width = painter.fontMetrics().horizontalAdvance(words)
        painter.setPen(getattr(colours, tone_of(section)))
        painter.drawText(QRect(right - width, rect.top(), width + 2, rect.height()), RIGHT, words)
        right -= width + 18
        paint_runs(painter, QRect(left, rect.top() + 8, right - left, 19), [(title(section.sort), colours.text)])
        painter.setFont(font(12))
        painter.setPen(colours.muted)
        shown = painter.fontMetrics().elidedText(meaning(section.sort), Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top() + 28, right - left, 18), LEFT, shown)

    # a finding

    def _paint_item(self, painter: QPainter, rect: QRect, item: Item, line: Line, is_near: bool) -> None:
        colours = theme.tokens()
        left = rect.left() + SIDE + ARROW + ICON + 16
        right = self._paint_buttons(painter, rect, line, most=2 if rect.width() >= WIDTHS else 1, is_raised=not is_near)
        mark = level_words(item.level) if item.sort == UNSAFE else short_size(item.size) if item.size else ""
        if mark:
            painter.setFont(font(12, QFont.Weight.Medium if item.sort == UNSAFE else QFont.Weight.Normal))
            tone = ("bad" if item.level == DANGEROUS else "warn") if item.sort == UNSAFE else "muted"
            width = painter.fontMetrics().horizontalAdvance(mark)
            painter.setPen(getattr(colours, tone))
            painter.drawText(QRect(right - width, rect.top() + 8, width + 2, 19), RIGHT, mark)
            head = right - width - 14
        else:
            head = right
        painter.setFont(font(13, QFont.Weight.Medium))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(item.name, Qt.TextElideMode.ElideMiddle, max(120, (head - left) * 2 // 3))
        painter.setPen(colours.text)
        painter.drawText(QRect(left, rect.top() + 8, head - left, 19), LEFT, name)
        begin = left + metrics.horizontalAdvance(name) + 12
        painter.setFont(font(12))
        painter.setPen(colours.faint)
        place = painter.fontMetrics().elidedText(os.path.dirname(item.path), Qt.TextElideMode.ElideMiddle, max(0, head - begin))
        painter.drawText(QRect(begin, rect.top() + 8, head - begin, 19), LEFT, place)
        painter.setPen(colours.muted)
        shown = painter.fontMetrics().elidedText(item.text, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top() + 28, right - left, 18), LEFT, shown)

    def _paint_rest(self, painter: QPainter, rect: QRect, line: Line) -> None:
        painter.setFont(font(12))
        painter.setPen(theme.tokens().muted)
        painter.drawText(rect.adjusted(SIDE + ARROW + ICON + 16, 0, -SIDE, 0), LEFT, rest_words(line))

    # buttons

    def _paint_buttons(self, painter: QPainter, rect: QRect, line: Line, most: int, is_raised: bool) -> int:
        """Paint the buttons at the right; returns where words must end."""
        colours, right = theme.tokens(), rect.right() - SIDE
        for mend, box in buttons(line, rect, most):
            painter.setFont(font(12, QFont.Weight.Medium))
            ink = colours.bad if mend == DELETE and line.section.sort in (BROKEN, UNSAFE) else colours.text
            painter.setPen(QPen(colours.line, 1))
            painter.setBrush(colours.raised if is_raised else colours.panel)
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            painter.setPen(ink)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, line.words(mend))
            right = box.left()
        return right - (14 if line.mends else 0)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click on a button, or on the line of a sort."""
        line: Line | None = index.data(RECORD)
        if event.type() != QEvent.Type.MouseButtonRelease or not isinstance(event, QMouseEvent) or line is None:
            return False
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        point = event.position().toPoint()
        mend = next((mend for mend, box in shown_buttons(line, option.rect) if box.contains(point)), None)
        if mend is None and (line.item is not None or line.rest):
            return False
        self._press(line, mend or "")
        return True

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:  # noqa: D102
        line: Line | None = index.data(RECORD)
        words = tip(line) if line is not None else ""
        QToolTip.showText(event.globalPos(), plain_tip(words), view.viewport(), option.rect)
        return bool(words)


def shown_buttons(line: Line, rect: QRect) -> list[tuple[str, QRect]]:
    """The buttons of a row as they are painted."""
    return buttons(line, rect, 1 if line.item is None or rect.width() < WIDTHS else 2)


def buttons(line: Line, rect: QRect, most: int) -> list[tuple[str, QRect]]:
    """The mends of a row with the place of their buttons, the last one first, from the right."""
    metrics = QFontMetrics(font(12, QFont.Weight.Medium))
    right, found = rect.right() - SIDE, []
    for mend in reversed(line.mends[:most]):
        width = metrics.horizontalAdvance(line.words(mend)) + 24
        found.append((mend, QRect(right - width, rect.center().y() - BUTTON // 2 + 1, width, BUTTON)))
        right -= width + 8
    return found

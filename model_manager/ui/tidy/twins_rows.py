"""The list of duplicates: a line for each group, and below it one for each of its files with a box that says whether it stays.

Used by the page of duplicates. Rows are of one height, so thousands of groups cost nothing; the delegate only paints and tells of clicks.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, cast, overload

from PySide6.QtCore import QAbstractItemModel, QEvent, QItemSelectionModel, QItemSelectionRange, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.twins.records import ONE_FILE, Group, Member
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.tidy.rows import (
    LEFT,
    PICTURE,
    RECORD,
    RIGHT,
    Index,
    RowsModel,
    RowsView,
    Words,
    paint_ground,
    paint_picture,
    paint_runs,
)
from model_manager.ui.tidy.twins_words import about_words, mark_words, member_words, place_words, spoken, title_of, won_words

ROW, SIDE, BOX, MARK = 54, 16, 18, 96

Kept = Callable[[Group], frozenset[int]]


class Line(NamedTuple):
    """A row: a group, or a member of it."""

    group: Group
    member: Member | None = None


class Lines(Sequence[Line]):
    """The rows of groups, one below the other, made when they are asked for."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self._ends = list(accumulate(len(group.members) + 1 for group in groups))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...
    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        if isinstance(place, slice):
            return [self[row] for row in range(*place.indices(len(self)))]
        row = place + len(self) if place < 0 else place
        if not 0 <= row < len(self):
            raise IndexError(place)
        group = self.group_at(row)
        member = row - self._ends[group] + len(self.groups[group].members)
        return Line(self.groups[group], self.groups[group].members[member] if member >= 0 else None)

    def group_at(self, row: int) -> int:
        """The place of the group that a row belongs to."""
        return bisect_right(self._ends, row)

    def find(self, line: Line) -> int:
        """The row of the same group or file as before, -1 when it is not there any more."""
        for number, group in enumerate(self.groups):
            if group.key == line.group.key:
                real = line.member.real if line.member is not None else ""
                below = next((place for place, one in enumerate(group.members, 1) if one.real == real), 0)
                return self._ends[number] - len(group.members) - 1 + below
        return -1


class TwinsView(RowsView):
    """The list. Space and clicks on a box are told by `toggle`."""

    def __init__(self, kept: Kept, picture: Callable[[int], QPixmap | None], toggle: Callable[[Line], None]) -> None:
        """kept(group): ids of the members that stay. picture(id): that of a model."""

        def words(line: Line) -> Words:
            tip = line.member.real if line.member is not None else "\n".join(one.real for one in line.group.members)
            return Words(title_of(line.group), tip, spoken(line.group, line.member, kept(line.group)))

        super().__init__(RowsModel(words), TwinsDelegate(kept, picture, toggle), ROW, tr("Duplicates"))

    def groups(self) -> list[Group]:
        """The groups of the selected rows, each once, [] when all are."""
        lines = self.rows.rows
        if not isinstance(lines, Lines):
            return []
        parts = cast(Iterable[QItemSelectionRange], self.selectionModel().selection())
        chosen = {place for part in parts for place in range(lines.group_at(part.top()), lines.group_at(part.bottom()) + 1)}
        return [lines.groups[place] for place in sorted(chosen)] if len(chosen) < len(lines.groups) else []

    def show_lines(self, lines: Lines) -> None:
        """Show these; what was current stays so, or its place does."""
        before, at = self.currentIndex().row(), self.verticalScrollBar().value()
        is_selected = self.selectionModel().hasSelection()
        row = lines.find(self.rows.rows[before]) if 0 <= before < len(self.rows.rows) else -1
        self.rows.show(lines)
        self.verticalScrollBar().setValue(at)
        if row >= 0 and is_selected:
            self.select_row(row)
        elif before >= 0 and lines:  # the keyboard stays there; nothing is selected by itself, or the buttons would be about that alone
            index = self.rows.index(row if row >= 0 else min(before, len(lines) - 1))
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.picked.emit()


class TwinsDelegate(QStyledItemDelegate):
    """Paints a row and hears clicks on its box."""

    def __init__(self, kept: Kept, picture: Callable[[int], QPixmap | None], toggle: Callable[[Line], None]) -> None:
        super().__init__()
        self._kept, self._picture, self._toggle = kept, picture, toggle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        line: Line = index.data(RECORD)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if line.member is None:
            painter.fillRect(option.rect, theme.tokens().raised)
        paint_ground(painter, option)
        if line.member is None:
            self._paint_group(painter, option.rect, line.group)
        else:
            self._paint_member(painter, option.rect, line.group, line.member)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click on the box of a member, with some room around it."""
        line: Line | None = index.data(RECORD)
        if event.type() != QEvent.Type.MouseButtonRelease or not isinstance(event, QMouseEvent) or line is None or line.member is None:
            return False
        room = _box(option.rect).adjusted(-SIDE, -SIDE, 8, SIDE)
        if event.button() != Qt.MouseButton.LeftButton or line.group.sort == ONE_FILE or not room.contains(event.position().toPoint()):
            return False
        self._toggle(line)
        return True

    def _paint_group(self, painter: QPainter, rect: QRect, group: Group) -> None:
        colours, kept = theme.tokens(), self._kept(group)
        won = won_words(group, kept)
        strong = font(13, QFont.Weight.DemiBold)
        painter.setFont(strong)
        right = rect.right() - SIDE
        width = painter.fontMetrics().horizontalAdvance(won)
        painter.setPen(colours.text if group.won(kept) and group.sort != ONE_FILE else colours.muted)
        painter.drawText(QRect(right - width, rect.top() + 8, width, 19), RIGHT, won)
        room = QRect(rect.left() + SIDE, rect.top() + 8, right - width - 2 * SIDE - rect.left(), 19)
        paint_runs(painter, room, [(title_of(group), colours.text)])
        painter.setFont(font(12))
        painter.setPen(colours.muted)
        room = QRect(room.left(), rect.top() + 28, right - room.left(), 18)
        painter.drawText(room, LEFT, painter.fontMetrics().elidedText(about_words(group, kept), Qt.TextElideMode.ElideRight, room.width()))

    def _paint_member(self, painter: QPainter, rect: QRect, group: Group, member: Member) -> None:
        colours, kept = theme.tokens(), self._kept(group)
        is_kept = member.id in kept
        if group.sort != ONE_FILE:
            _paint_box(painter, QRectF(_box(rect)), is_kept)
        left = rect.left() + SIDE + BOX + 14
        paint_picture(painter, QRectF(left, rect.center().y() - PICTURE[1] / 2, *PICTURE), self._picture(member.id))
        left += PICTURE[0] + 12
        right = rect.right() - SIDE
        mark, tone = mark_words(group, member, kept)
        if mark:
            painter.setFont(font(12, QFont.Weight.Medium))
            painter.setPen(getattr(colours, tone))
            painter.drawText(QRect(right - MARK, rect.top(), MARK, rect.height()), RIGHT, mark)
            right -= painter.fontMetrics().horizontalAdvance(mark) + 14
        painter.setFont(font(13))
        folders, name = place_words(group, member)
        ink = colours.text if is_kept or group.sort == ONE_FILE else colours.muted
        paint_runs(painter, QRect(left, rect.top() + 8, right - left, 19), [(folders, colours.muted), (name, ink)])
        painter.setFont(font(12))
        painter.setPen(colours.muted)
        words = painter.fontMetrics().elidedText(member_words(group, member), Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top() + 28, right - left, 18), LEFT, words)


def _box(rect: QRect) -> QRect:
    """Where the box of a row is."""
    return QRect(rect.left() + SIDE, rect.center().y() - BOX // 2 + 1, BOX, BOX)


def _paint_box(painter: QPainter, box: QRectF, is_checked: bool) -> None:
    colours = theme.tokens()
    painter.setPen(QPen(colours.accent_fill if is_checked else colours.faint, 1))
    painter.setBrush(colours.accent_fill if is_checked else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if is_checked:
        theme.icon("check", 14, "on_accent").paint(painter, box.toRect().adjusted(2, 2, -2, -2))

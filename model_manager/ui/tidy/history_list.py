"""The list of changes: by day, each with what it was, how large, and its state at the right. Used by the page of the history."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.journal.steps import UNDONE, Change
from model_manager.core.words import tr
from model_manager.ui.details.parts import font
from model_manager.ui.theme import icon, tokens
from model_manager.ui.tidy.past_words import ICONS, day_words, line_words, state_words
from model_manager.ui.tidy.rows import LEFT, RECORD, RIGHT, Index, RowsModel, RowsView, Words, paint_ground, paint_heading

ROW, SIDE = 56, 16


@dataclass(frozen=True, slots=True)
class Day:
    """A heading."""

    text: str


Entry = Change | Day


def entries(changes: Sequence[Change], now: float) -> list[Entry]:
    """The changes below the days on which they began; on top those that were interrupted."""
    found: list[Entry] = []
    if cut := [change for change in changes if change.is_interrupted]:
        found += [Day(tr("Interrupted")), *cut]
    day = ""
    for change in changes:
        if change.is_interrupted:
            continue
        if (words := day_words(change.time, now)) != day:
            found.append(Day(words))
            day = words
        found.append(change)
    return found


class HistoryList(RowsView):
    """The list."""

    def __init__(self) -> None:
        model = RowsModel(_words, lambda entry: isinstance(entry, Day))
        super().__init__(model, _ChangeDelegate(), ROW, tr("Changes"), is_single=True)

    def show_changes(self, changes: Sequence[Change]) -> None:
        """Show these."""
        self.show_rows(entries(changes, time.time()), _key)

    def change(self) -> Change | None:
        """The one that is selected."""
        return next((entry for entry in _changes(self.selected())), None)


def _changes(entries: Iterable[Entry]) -> Iterable[Change]:
    return (entry for entry in entries if isinstance(entry, Change))


def _key(entry: Entry) -> object:
    return entry.id if isinstance(entry, Change) else entry.text


def _words(entry: Entry) -> Words:
    if isinstance(entry, Day):
        return Words(entry.text, "", entry.text)
    parts = [part for part in (entry.title, line_words(entry), state_words(entry)[0]) if part]
    return Words(entry.title, "\n".join([*parts, entry.note] if entry.note else parts), ", ".join(parts))


class _ChangeDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(RECORD)
        rect, colours = option.rect, tokens()
        painter.save()
        if isinstance(entry, Day):
            paint_heading(painter, rect, entry.text, SIDE)
            painter.restore()
            return
        paint_ground(painter, option)
        is_gone = entry.state == UNDONE
        icon(ICONS.get(entry.kind, "edit"), 18, "faint" if is_gone else "muted").paint(
            painter, QRect(rect.left() + SIDE, rect.center().y() - 9, 18, 18)
        )
        mark, tone = state_words(entry)
        painter.setFont(font(12))
        wide = painter.fontMetrics().horizontalAdvance(mark)
        painter.setPen(getattr(colours, tone or "muted"))
        painter.drawText(rect.adjusted(0, 0, -SIDE, 0), RIGHT, mark)
        left, right = rect.left() + SIDE + 30, rect.right() - SIDE - wide - 12
        for text, used, ink, top in (
            (entry.title, font(13, QFont.Weight.DemiBold), colours.muted if is_gone else colours.text, rect.top() + 9),
            (line_words(entry), font(12), colours.muted, rect.top() + 28),
        ):
            painter.setFont(used)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QRect(left, top, right - left + 4, 19), LEFT, shown)
        painter.restore()

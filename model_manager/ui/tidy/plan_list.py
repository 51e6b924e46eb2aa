"""The lines of a plan: where each model is and will be, what is the same dimmed, and at the right what is special about it.

Used by the plan sheet. Rows are the plan's own records.
"""

from collections.abc import Callable, Sequence
from heapq import nlargest
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.journal.steps import Act, Plan, Refused
from model_manager.core.words import tr, trn
from model_manager.ui.theme import tokens
from model_manager.ui.tidy.rows import LEFT, RECORD, RIGHT, SLASH, Index, RowsModel, RowsView, Words, paint_ground, paint_runs

Line = Act | Refused
ROW, SIDE, ARROW, GAP = 34, 22, 26, 14
LEAST = 0.3  # of a row: what a note gets in any case, if it needs it
LOOKED_AT, MEASURED = 400, 12  # lines: enough to know how wide the columns must be; the longest of these are measured
LOOK = ("warn", "bad")  # the tones of what a person should see before saying yes
_INKS = {"": "muted", "info": "accent", "warn": "warn", "bad": "bad"}


def lines_of(plan: Plan) -> tuple[list[Line], list[Line]]:
    """All lines of a plan, and those of them that need a look, which stand first."""
    lines: list[Line] = [*plan.refused, *plan.acts]
    special = [line for line in lines if line.tone in LOOK]
    if special:
        lines = [*special, *(line for line in lines if line.tone not in LOOK)]
    return lines, special


def note_of(line: Line) -> str:
    """The words at the right."""
    return line.note if isinstance(line, Act) else line.text


def after_of(line: Line) -> str:
    """Where it will be, in words; "" when it stays and something else happens to it."""
    return line.after if isinstance(line, Act) else tr("stays where it is")


def words_of(line: Line) -> Words:
    """A line as type-ahead, tooltips and screen readers have it."""
    after = after_of(line)
    to = tr("→ {after}", after=after) if after else ""
    parts = [part for part in (line.before, to, note_of(line)) if part]
    return Words(line.name, "\n".join(parts), ", ".join(parts))


class PlanList(RowsView):
    """The list."""

    def __init__(self, is_single: bool = True) -> None:
        self._delegate = PlanDelegate()
        super().__init__(RowsModel(words_of), self._delegate, ROW, tr("What would happen"), is_single)

    def show_rows(self, rows: Sequence[Line], key: Callable[[Any], Any] | None = None) -> None:
        """Show these; the column of what is now gets as much room as they need."""
        self._delegate.needs = needs_of(rows, self.fontMetrics())
        super().show_rows(rows, key)

    def wanted_width(self) -> int:
        """In how many pixels nothing would have to be shortened."""
        return sum(self._delegate.needs) + 2 * SIDE + ARROW + 10 + GAP + self.verticalScrollBar().sizeHint().width()


def needs_of(lines: Sequence[Line], metrics: QFontMetrics) -> tuple[int, int]:
    """How wide the columns before and behind the arrow must be, the second with its notes; of many lines some are looked at."""
    first, rest = lines[: LOOKED_AT // 2], lines[LOOKED_AT // 2 :]  # what is special stands first
    some = [line for line in (*first, *rest[:: max(1, 2 * len(rest) // LOOKED_AT)]) if after_of(line)]
    before = {line.before + _more(line) for line in some}
    behind = {(after_of(line), note_of(line)) for line in some}
    longest = nlargest(MEASURED, behind, key=lambda texts: len(texts[0]) + len(texts[1]))
    return (
        max(map(metrics.horizontalAdvance, nlargest(MEASURED, before, key=len)), default=0),
        max((metrics.horizontalAdvance(after + note) + GAP * bool(note) for after, note in longest), default=0),
    )


def middle_of(width: int, needs: tuple[int, int]) -> int:
    """Where in a row of this width the target stands: behind what is now, which gets half of the room, or more if that is free."""
    room = width - 2 * SIDE - ARROW - 10
    before, behind = needs
    return SIDE + min(before, max(room // 2, room - behind)) + 10 + ARROW


class PlanDelegate(QStyledItemDelegate):
    """Paints a line. needs: how wide the columns must be."""

    def __init__(self) -> None:
        super().__init__()
        self.needs = (0, 0)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        line: Line = index.data(RECORD)
        rect = option.rect
        painter.save()
        paint_ground(painter, option)
        painter.setFont(option.font)
        note, after, ink = note_of(line), after_of(line), getattr(tokens(), _INKS.get(line.tone, "muted"))
        advance = painter.fontMetrics().horizontalAdvance
        left, right = rect.left() + SIDE, rect.right() - SIDE
        begin = rect.left() + middle_of(rect.width(), self.needs) if after else left
        free = right - begin - GAP - advance(after or line.before + _more(line))
        runs = after_runs(line.before, after) if isinstance(line, Act) else [(after, tokens().muted)]
        if isinstance(line, Refused) and advance(note) > free:  # why it stays is said in place of that it does
            runs = [(painter.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, right - begin - GAP), ink)]
            note = ""
        note_room = _paint_note(painter, rect, note, ink, max(free, round(rect.width() * LEAST)))
        room = QRect(begin, rect.top(), note_room.left() - GAP - begin, rect.height())
        if after:
            _paint_before(painter, QRect(left, rect.top(), begin - ARROW - 10 - left, rect.height()), line)
            painter.setPen(tokens().faint)
            painter.drawText(QRect(begin - ARROW, rect.top(), ARROW, rect.height()), LEFT, "→")
            paint_runs(painter, room, runs)
        else:
            _paint_before(painter, room, line)
        painter.restore()


def _paint_note(painter: QPainter, rect: QRect, note: str, ink: QColor, most: int) -> QRect:
    """Paint the note in `most` pixels; returns where it is."""
    metrics = painter.fontMetrics()
    wide = min(metrics.horizontalAdvance(note) + 2, most) if note else 0
    room = QRect(rect.right() - SIDE - wide, rect.top(), wide, rect.height())
    painter.setPen(ink)
    painter.drawText(room, RIGHT, metrics.elidedText(note, Qt.TextElideMode.ElideRight, wide))
    return room


def _more(line: Line) -> str:
    """How many files go along."""
    extra = line.extra if isinstance(line, Act) else 0
    return " " + trn("+ {count} file", "+ {count} files", extra) if extra else ""


def _paint_before(painter: QPainter, room: QRect, line: Line) -> None:
    colours = tokens()
    folder, _, name = line.before.rpartition(SLASH)
    more = _more(line)
    wide = painter.fontMetrics().horizontalAdvance(more)
    ink = colours.text if isinstance(line, Act) else colours.muted
    runs = [(folder + SLASH, colours.muted)] if folder else []
    end = paint_runs(painter, room.adjusted(0, 0, -wide, 0), [*runs, (name, ink)])
    painter.setPen(colours.muted)
    painter.drawText(QRect(end, room.top(), wide + 2, room.height()), LEFT, more)


def after_runs(before: str, after: str) -> Sequence[tuple[str, QColor]]:
    """The target in its colours: what is as before is dimmed."""
    colours = tokens()
    old, new = before.split(SLASH), after.split(SLASH)
    same = 0
    while same < min(len(old), len(new)) - 1 and old[same] == new[same]:
        same += 1
    folders, name = new[:-1], new[-1]
    common, fresh = folders[:same], folders[same:]
    runs = [(SLASH.join(common) + SLASH, colours.muted)] if common else []
    if fresh:
        runs.append((SLASH.join(fresh) + SLASH, colours.text))
    return [*runs, (name, colours.muted if name == old[-1] else colours.text)]

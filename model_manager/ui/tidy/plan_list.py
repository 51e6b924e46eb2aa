"""The lines of a plan: where each model is and will be, what is the same dimmed, and at the right what is special about it.

Used by the plan sheet. Rows are the plan's own records.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.journal.steps import Act, Plan, Refused
from model_manager.core.words import tr, trn
from model_manager.ui.theme import tokens
from model_manager.ui.tidy.rows import LEFT, RECORD, RIGHT, SLASH, Index, RowsModel, RowsView, Words, paint_ground, paint_runs

Line = Act | Refused
ROW, SIDE, ARROW = 34, 22, 26
_INKS = {"": "muted", "info": "accent", "warn": "warn", "bad": "bad"}


def lines_of(plan: Plan, only_special: bool = False) -> list[Line]:
    """All lines of a plan, those that need a look first; or only these."""
    lines: list[Line] = [*plan.refused, *plan.acts]
    special = [line for line in lines if needs_look(line)]
    if only_special:
        return special
    return [*special, *(line for line in lines if not needs_look(line))]


def needs_look(line: Line) -> bool:
    """Whether a person should see this line before saying yes."""
    return line.tone in ("warn", "bad")


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
        super().__init__(RowsModel(words_of), PlanDelegate(), ROW, tr("What would happen"), is_single)


class PlanDelegate(QStyledItemDelegate):
    """Paints a line."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        line: Line = index.data(RECORD)
        rect = option.rect
        painter.save()
        paint_ground(painter, option)
        painter.setFont(option.font)
        note, after = note_of(line), after_of(line)
        note_room = _paint_note(painter, rect, note, line.tone, has_after=bool(after))
        if after:
            middle = rect.left() + round(rect.width() * 0.4)
            _paint_before(painter, QRect(rect.left() + SIDE, rect.top(), middle - ARROW - 10 - rect.left() - SIDE, rect.height()), line)
            painter.setPen(tokens().faint)
            painter.drawText(QRect(middle - ARROW, rect.top(), ARROW, rect.height()), LEFT, "→")
            room = QRect(middle, rect.top(), note_room.left() - 14 - middle, rect.height())
            runs = after_runs(line.before, after) if isinstance(line, Act) else [(after, tokens().muted)]
            paint_runs(painter, room, runs)
        else:
            room = QRect(rect.left() + SIDE, rect.top(), note_room.left() - 14 - rect.left() - SIDE, rect.height())
            _paint_before(painter, room, line)
        painter.restore()


def _paint_note(painter: QPainter, rect: QRect, note: str, tone: str, has_after: bool) -> QRect:
    """Paint the note; returns where it is."""
    metrics = painter.fontMetrics()
    most = round(rect.width() * (0.3 if has_after else 0.5))
    wide = min(metrics.horizontalAdvance(note) + 2, most) if note else 0
    room = QRect(rect.right() - SIDE - wide, rect.top(), wide, rect.height())
    painter.setPen(getattr(tokens(), _INKS.get(tone, "muted")))
    painter.drawText(room, RIGHT, metrics.elidedText(note, Qt.TextElideMode.ElideRight, wide))
    return room


def _paint_before(painter: QPainter, room: QRect, line: Line) -> None:
    colours = tokens()
    folder, _, name = line.before.rpartition(SLASH)
    extra = line.extra if isinstance(line, Act) else 0
    more = " " + trn("+ {count} file", "+ {count} files", extra) if extra else ""
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

"""The line of the edit sheet that says which files saving writes, and the list of them below it: what becomes of each, and what stays.

Made by the sheet, which has the files looked for (bridge's own_ahead) and hands them over. It shows and decides nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QVBoxLayout

from model_manager.core.journal.steps import Act
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import font
from model_manager.ui.details.wording import field_label
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.theme import icon, tokens
from model_manager.ui.tidy.plan_list import ROW, PlanList

if TYPE_CHECKING:
    from model_manager.bridge.own_ahead import Ahead, Written

SIDE, SIGN, HEIGHT, MOST_ROWS = 22, 12, 30, 4
NAMED = 3  # files that the line itself names


class FoldLine(QAbstractButton):
    """A line of text with an arrow that opens what is below it; it shortens itself."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tone = "muted"

    def show_text(self, text: str, tone: str = "muted") -> None:
        """Show a sentence in the colour of a token."""
        self._tone = tone
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(plain_tip(text))
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as wanted."""
        return QSize(200, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the arrow and the text; the keyboard shows as a frame."""
        colours, painter = tokens(), QPainter(self)
        if self.underMouse() and self.isEnabled():
            painter.fillRect(self.rect(), colours.hover)
        middle = self.height() // 2
        if self.isEnabled():
            sign = icon("chevron-down" if self.isChecked() else "chevron-right", SIGN, "muted")
            sign.paint(painter, QRect(SIDE, middle - SIGN // 2, SIGN, SIGN))
        left = SIDE + SIGN + 8 if self.isEnabled() else SIDE
        painter.setFont(font(12))
        painter.setPen(getattr(colours, self._tone))
        room = self.rect().adjusted(left, 0, -SIDE, 0)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(colours.accent)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(SIDE - 8, 3.5, 8 - SIDE, -3.5), 4, 4)
        painter.end()


class FilesLine(QFrame):
    """The line and its list."""

    opened = Signal()  # the list was opened: whoever has not looked for the files does so now

    def __init__(self) -> None:
        super().__init__()
        self.line, self.list = FoldLine(), PlanList()
        self.list.setAccessibleName(tr("Files that saving writes"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.list.hide()
        self.line.toggled.connect(self._on_toggled)
        self.show_nothing()

    @property
    def is_open(self) -> bool:
        """Whether the list is wanted."""
        return self.line.isChecked()

    def open(self) -> None:
        """Show the list."""
        self.line.setChecked(True)

    def show_nothing(self) -> None:
        """Nothing is changed yet."""
        self._show(tr("Nothing is written yet."), "faint", (), is_enabled=False)

    def show_unknown(self, is_looking: bool) -> None:
        """The files are being looked for, or will be when the list is opened."""
        if is_looking and self.is_open and self.list.rows.rows:  # the list of before stays for the moment it takes
            self.line.show_text(tr("Looking which files this writes…"))
        else:
            self._show(tr("Looking which files this writes…") if is_looking else tr("Which files this writes…"), "muted", ())

    def show_fault(self, text: str) -> None:
        """It cannot be told."""
        self._show(text, "bad", (), is_enabled=False)

    def show_ahead(self, ahead: "Ahead") -> None:
        """Show what would be written."""
        tone = "muted" if ahead.is_clear else "warn" if ahead.total else "bad"
        self._show(ahead_words(ahead), tone, lines_of(ahead))

    def _show(self, text: str, tone: str, lines: Sequence[Act], is_enabled: bool = True) -> None:
        self.line.setEnabled(is_enabled)
        self.line.show_text(text, tone)
        self.list.show_rows(lines)
        self.list.setFixedHeight(ROW * max(1, min(MOST_ROWS, len(lines))))
        self._show_list()

    def _on_toggled(self, is_open: bool) -> None:
        self._show_list()
        if is_open:
            self.opened.emit()

    def _show_list(self) -> None:
        self.list.setVisible(self.is_open and self.line.isEnabled() and bool(self.list.rows.rows))


def ahead_words(ahead: "Ahead") -> str:
    """What would be written, in a sentence."""
    names = [one.place.rpartition(" / ")[2] for one in ahead.files[:NAMED]]
    stays = trn("{count} model stays as it is", "{count} models stay as they are", len(ahead.refused)) if ahead.refused else ""
    if not ahead.total:
        only = ahead.refused[0].text if len(ahead.refused) == 1 else stays
        return only or tr("Writes nothing: all of it is so already.")
    if ahead.total <= NAMED:
        text = trn("Writes {count} file: {names}", "Writes {count} files: {names}", ahead.total, names=", ".join(names))
    else:
        models = trn("{count} model", "{count} models", ahead.models)
        text = tr("Writes {count} files of {models}", count=f"{ahead.total:,}", models=models)
    taken = tr("changed elsewhere meanwhile") if ahead.overtaken else ""
    return " · ".join(part for part in (text, stays, taken) if part)


def lines_of(ahead: "Ahead") -> list[Act]:
    """The list: what stays and why, what was overtaken, each file, and how many there are besides."""
    lines = [Act(one.name, (), before=one.before or one.name, note=one.text, tone=one.tone) for one in ahead.refused]
    meanwhile = tr("was changed by another program since this sheet was opened; yours takes its place")
    lines += [Act(field_label(name), (), before=field_label(name), note=meanwhile, tone="warn") for name in ahead.overtaken]
    lines += [Act(one.place, (), before=one.place, note=file_words(one), tone="warn" if one.note else "") for one in ahead.files]
    if (rest := ahead.total - len(ahead.files)) > 0:
        more = trn("and {count} more", "and {count} more", rest)
        lines.append(Act(more, (), before=more))
    return lines


def file_words(one: "Written") -> str:
    """What becomes of a file."""
    fields = ", ".join(map(field_label, one.fields))
    states = {
        "new": tr("new: {fields}", fields=fields), "changed": tr("changed: {fields}", fields=fields),
        "gone": tr("goes, as nothing is left in it: {fields}", fields=fields),
    }  # fmt: skip
    return " · ".join(part for part in (states[one.state], one.note) if part)

"""Words on small rounded grounds that can be clicked; rows of them that wrap. Used for trigger words, settings and tags.

Chips are painted, never styled, and reused from model to model. Must never build more than a screenful at once.
"""

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import CONFIRM_MS, copy_text, font, held, short_tip, show_if
from model_manager.ui.flow import FlowLayout

PIXELS = 12
PAD = 8
HEIGHT = 23
LINES = 4
LONGEST = 400


class ChipText(NamedTuple):
    """What one chip shows and does. tail: a faint word behind it (a count); payload: what a click gives."""

    text: str
    tail: str = ""
    payload: str = ""
    tip: str = ""


class Chip(QAbstractButton):
    """One chip; too long a text wraps over up to four lines and is then shortened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = ChipText("")
        self._is_confirmed = False
        self._lines: dict[int, list[str]] = {}
        self._hint = QSize()
        self._timer = QTimer(self, interval=CONFIRM_MS, singleShot=True)
        self._timer.timeout.connect(self._on_confirmed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def say(self, said: ChipText) -> None:
        """Show another text."""
        self._is_confirmed = False
        self._timer.stop()
        if said == self.said:
            return
        self.said = said
        self._lines.clear()
        metrics = QFontMetrics(font(PIXELS))
        tail = metrics.horizontalAdvance(said.tail) + 5 if said.tail else 0
        self._hint = QSize(metrics.horizontalAdvance(self._shown()) + tail + 2 * PAD, HEIGHT)
        self.setAccessibleName(f"{said.text} {said.tail}".strip())
        self.setToolTip(short_tip(said.tip))
        self.updateGeometry()
        self.update()

    def confirm(self) -> None:
        """Say "Copied" in place for a moment."""
        self._is_confirmed = True
        self._timer.start()
        self.update()

    def sizeHint(self) -> QSize:
        """One line with all of the text."""
        return self._hint

    def hasHeightForWidth(self) -> bool:
        """Long texts wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height with the text wrapped at `width`."""
        return HEIGHT + (len(self._wrapped(width)) - 1) * QFontMetrics(font(PIXELS)).height()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave arrows and Enter to the row; buttons would walk anywhere."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _shown(self) -> str:
        return " ".join(self.said.text[:LONGEST].split())

    def _wrapped(self, width: int) -> list[str]:
        if self._hint.width() <= width:
            return [self._shown()]
        if width not in self._lines:
            self._lines[width] = _wrap(self._shown(), width - 2 * PAD)
        return self._lines[width]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, text, tail and, with the keyboard, the focus line."""
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_hot = self.underMouse() and self.isEnabled()
        painter.setBrush(colours.accent_soft if is_hot or self.isDown() else colours.raised)
        painter.setPen(QPen(colours.accent if self.hasFocus() else colours.line, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setFont(font(PIXELS))
        if self._is_confirmed:
            painter.setPen(colours.ok)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, _fitting(tr("Copied"), self.width()))
        else:
            self._paint_words(painter)
        painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        colours, metrics = theme.tokens(), painter.fontMetrics()
        painter.setPen(colours.text)
        lines = self._wrapped(self.width())
        top = (self.height() - len(lines) * metrics.height()) // 2
        for row, line in enumerate(lines):
            painter.drawText(PAD, top + row * metrics.height() + metrics.ascent(), line)
        if self.said.tail:
            painter.setPen(colours.faint)
            area = self.rect().adjusted(0, 0, -PAD, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.said.tail)

    def _on_confirmed(self) -> None:
        self._is_confirmed = False
        self.update()


def _fitting(text: str, width: int) -> str:
    return text if QFontMetrics(font(PIXELS)).horizontalAdvance(text) <= width - 4 else "✓"


def _wrap(text: str, width: int) -> list[str]:
    layout = QTextLayout(text, font(PIXELS))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    lines: list[str] = []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(20, width))
        if len(lines) == LINES - 1:
            rest = text[line.textStart() :]
            lines.append(QFontMetrics(font(PIXELS)).elidedText(rest, Qt.TextElideMode.ElideRight, max(20, width)))
            break
        lines.append(text[line.textStart() : line.textStart() + line.textLength()])
    layout.endLayout()
    return lines or [""]


class ChipRow(QWidget):
    """Chips that wrap; Tab reaches the row, arrows move within it. Past `limit` a last chip unfolds the rest."""

    chip_clicked = Signal(str)  # the payload (the text itself where none is set)

    def __init__(self, name: str, copies: bool = True, limit: int = 16) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._copies, self._limit = copies, limit
        self._all: list[ChipText] = []
        self._chips: list[Chip] = []
        self._more = Chip(self)
        self._more.clicked.connect(self._on_unfolded)
        self._flow = FlowLayout(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_chips(self, chips: list[ChipText]) -> None:
        """Show `chips`, the first `limit` of them at once."""
        self._all = chips
        self._fill(chips[: self._limit] if len(chips) > self._limit + 2 else chips)

    def _fill(self, shown: list[ChipText]) -> None:
        with held(self._flow):
            self._say(shown)
        self.updateGeometry()

    def _say(self, shown: list[ChipText]) -> None:
        while len(self._chips) < len(shown):
            self._add_chip()
        for index, chip in enumerate(self._chips):
            if index < len(shown):
                chip.say(shown[index])
            show_if(chip, index < len(shown))
        hidden = len(self._all) - len(shown)
        show_if(self._more, hidden > 0)
        if hidden > 0:
            self._more.say(ChipText(tr("+ {count} more", count=hidden)))
            self._flow.removeWidget(self._more)
            self._flow.addWidget(self._more)

    def _add_chip(self) -> None:
        chip = Chip(self)
        chip.setFocusPolicy(Qt.FocusPolicy.ClickFocus if self._chips else Qt.FocusPolicy.StrongFocus)
        chip.clicked.connect(self._on_clicked)
        self._flow.addWidget(chip)
        self._chips.append(chip)

    def visible_chips(self) -> list[Chip]:
        """The chips on show, in order."""
        shown = [chip for chip in self._chips if not chip.isHidden()]
        return shown if self._more.isHidden() else [*shown, self._more]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the focus within the row."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        chips = self.visible_chips()
        here = next((index for index, chip in enumerate(chips) if chip.hasFocus()), -1)
        if step and here >= 0:
            chips[max(0, min(len(chips) - 1, here + step))].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here >= 0:
            chips[here].click()
        else:
            super().keyPressEvent(event)

    def _on_clicked(self) -> None:
        chip = self.sender()
        assert isinstance(chip, Chip)
        payload = chip.said.payload or chip.said.text
        if self._copies:
            copy_text(payload)
            chip.confirm()
        self.chip_clicked.emit(payload)

    def _on_unfolded(self) -> None:
        position = len(self.visible_chips()) - 1
        self._fill(self._all)
        self._chips[position].setFocus(Qt.FocusReason.OtherFocusReason)

"""Two columns, label and value; values are selectable, copied whole, and shortened while nobody reads them closely.

Rows are made once and reused. Values are read-only line edits: text in them can be selected by mouse and by keyboard.
"""

from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import CONFIRM_MS, copy_text, held, short_tip, show_if
from model_manager.ui.elided_label import ElidedLabel

LABEL_WIDTH = 92


class Fact(NamedTuple):
    """One row. tip: more about the value; is_path: shortened in the middle, so that its end stays in sight."""

    label: str
    value: str
    tip: str = ""
    tone: str = ""
    is_path: bool = False


class FactValue(QLineEdit):
    """A value: all of it when focused, shortened otherwise."""

    copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrame(False)
        self.setTextMargins(-2, 0, -2, 0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.fact = Fact("", "")
        self._fitted: tuple[Fact, int] | None = None

    def show_fact(self, fact: Fact) -> None:
        """Show another value."""
        self.fact = fact
        self.setAccessibleName(f"{fact.label}: {fact.value}")
        if (self.property("tone") or "") != fact.tone:
            self.setProperty("tone", fact.tone)
            theme.restyle(self)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as wanted."""
        return QSize(10, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show all of it, so that it can be selected."""
        self._fitted = None
        self._put(self.fact.value)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shorten again."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.deselect()
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy takes the whole value when nothing is selected."""
        if event.matches(QKeySequence.StandardKey.Copy) and not self.hasSelectedText():
            copy_text(self.fact.value)
            self.copied.emit(self.fact.value)
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        if self.hasFocus():
            self._fitted = None
            return self._put(self.fact.value)
        fit = (self.fact, self.width())
        if fit == self._fitted and self.text():
            return None
        self._fitted = fit
        mode = Qt.TextElideMode.ElideMiddle if self.fact.is_path else Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self.fact.value, mode, self.width() - 1)
        self._put(shown)
        full = self.fact.value if shown != self.fact.value else ""
        self.setToolTip(short_tip("\n".join(part for part in (full, self.fact.tip) if part)))

    def _put(self, text: str) -> None:
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)


class FactTable(QWidget):
    """Rows of facts with one copy button that follows the pointer."""

    text_copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("factTable")
        self._sheet_colours: theme.Tokens | None = None
        self._set_sheet()
        self._rows: list[tuple[ElidedLabel, FactValue]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._copy = QToolButton(self)
        self._copy.setProperty("role", "small")
        self._copy.setToolTip(tr("Copy"))
        self._copy.setAccessibleName(tr("Copy"))
        theme.dress(self._copy, "copy", 14)
        self._copy.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._copy.hide()
        self._copy.clicked.connect(self._on_copied)
        self._hot: FactValue | None = None
        self._timer = QTimer(self, interval=CONFIRM_MS, singleShot=True)
        self._timer.timeout.connect(self._on_confirmed)

    def show_facts(self, facts: list[Fact]) -> None:
        """Show `facts`, leaving out empty values."""
        with held(self._grid):
            self._fill([fact for fact in facts if fact.value])
        self._copy.hide()

    def _fill(self, shown: list[Fact]) -> None:
        while len(self._rows) < len(shown):
            self._add_row()
        for index, (label, value) in enumerate(self._rows):
            is_used = index < len(shown)
            if is_used and shown[index] != value.fact:
                label.show_text(shown[index].label)
                value.show_fact(shown[index])
            show_if(label, is_used)
            show_if(value, is_used)

    def facts(self) -> list[Fact]:
        """The rows on show."""
        return [value.fact for _, value in self._rows if not value.isHidden()]

    def _add_row(self) -> None:
        label, value = ElidedLabel("muted"), FactValue()
        label.setFixedWidth(LABEL_WIDTH)
        value.copied.connect(self.text_copied)
        value.installEventFilter(self)
        row = len(self._rows)
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((label, value))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Bring the copy button to the value under the pointer."""
        if isinstance(event, QEnterEvent) and isinstance(watched, FactValue):
            self._hot = watched
            self._on_confirmed()
            self._copy.adjustSize()
            self._copy.move(self.width() - self._copy.width(), watched.geometry().center().y() - self._copy.height() // 2)
            self._copy.show()
            self._copy.raise_()
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and theme.tokens() is not self._sheet_colours:
            self._set_sheet()

    def _set_sheet(self) -> None:
        self._sheet_colours = theme.tokens()
        self.setStyleSheet(
            "FactValue { background: transparent; border: none; border-radius: 0; padding: 0; min-height: 18px; font-size: 12px; }"
            f'FactValue[tone="warn"] {{ color: {theme.tokens().warn.name()}; }} #factTable > QLabel {{ font-size: 12px; }}'
        )

    def leaveEvent(self, event: QEvent) -> None:
        """Take the copy button away."""
        self._copy.hide()
        super().leaveEvent(event)

    def _on_copied(self) -> None:
        if self._hot is not None:
            copy_text(self._hot.fact.value)
            theme.dress(self._copy, "check", 14, "ok")
            self._timer.start()
            self.text_copied.emit(self._hot.fact.value)

    def _on_confirmed(self) -> None:
        self._timer.stop()
        theme.dress(self._copy, "copy", 14)

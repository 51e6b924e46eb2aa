"""A bar above the content that says what went wrong and offers what to do; the program has no message boxes.

The main window shows problems in it one after the other. Must never take the keyboard away from what the person does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from model_manager.core.words import tr
from model_manager.ui.theme import dress, mixed, tokens

Action = tuple[str, Callable[[], object]]

_ICONS = {"bad": "error", "warn": "warning", "info": "info"}


@dataclass(frozen=True)
class Shown:
    """One problem in the queue."""

    text: str
    tone: str
    actions: Sequence[Action] = field(default_factory=tuple)


class ProblemBar(QFrame):
    """Shows the oldest problem; the next one follows when it is dismissed. Hidden when there is none."""

    dismissed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue: list[Shown] = []
        self._buttons: list[QPushButton] = []
        self._icon, self._text, self._count = QLabel(), QLabel(), QLabel()
        self._close = QToolButton()
        self._build()
        self.hide()

    def show_problem(self, text: str, tone: str = "bad", actions: Sequence[Action] = ()) -> None:
        """Put a problem at the end of the queue (tone bad, warn or info); one with the same text is not shown twice.

        actions: (label, function) pairs; a click calls the function and takes the problem away.
        """
        if not text or any(shown.text == text for shown in self._queue):
            return
        self._queue.append(Shown(text, tone if tone in _ICONS else "bad", tuple(actions)))
        if len(self._queue) == 1:
            self._show_first()
        self._show_count()

    def withdraw(self, text: str) -> None:
        """Take a problem away because it is mended."""
        was_first = bool(self._queue) and self._queue[0].text == text
        self._queue = [shown for shown in self._queue if shown.text != text]
        if was_first:
            self._show_first()
        self._show_count()

    def dismiss(self) -> None:
        """Take the shown problem away and show the next."""
        if self._queue:
            text = self._queue[0].text
            self.withdraw(text)
            self.dismissed.emit(text)

    def texts(self) -> list[str]:
        """The texts in the queue, the shown one first."""
        return [shown.text for shown in self._queue]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape dismisses while the keyboard is in the bar."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground tinted by the tone, with a stripe at the left."""
        colours = tokens()
        tone = self._queue[0].tone if self._queue else "info"
        ink = colours.accent if tone == "info" else getattr(colours, tone)
        painter = QPainter(self)
        painter.fillRect(self.rect(), mixed(ink, colours.panel, 0.10))
        painter.fillRect(QRectF(0, 0, 3, self.height()), ink)
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), mixed(ink, colours.panel, 0.28))
        painter.end()

    def _build(self) -> None:
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        self._count.setProperty("role", "muted")
        self._close.setProperty("role", "icon")
        self._close.setToolTip(tr("Dismiss"))
        self._close.setAccessibleName(tr("Dismiss"))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(self._close, "close", 14)
        self._close.clicked.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 6, 10, 7)
        self._row.setSpacing(10)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._count)
        self._row.addWidget(self._close)

    def _show_first(self) -> None:
        for button in self._buttons:
            button.deleteLater()
            button.hide()
        self._buttons = []
        if not self._queue:
            self.hide()
            return
        first = self._queue[0]
        dress(self._icon, _ICONS[first.tone], tone="accent" if first.tone == "info" else first.tone)
        self._text.setText(first.text)
        self.setAccessibleName(first.text)
        for label, act in first.actions:
            self._add_button(label, act, first.text)
        self.show()
        self.update()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _add_button(self, label: str, act: Callable[[], object], text: str) -> None:
        button = QPushButton(label)
        button.setProperty("tone", "plain")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._on_action(act, text))
        self._row.insertWidget(2 + len(self._buttons), button)
        self._buttons.append(button)

    def _on_action(self, act: Callable[[], object], text: str) -> None:
        self.withdraw(text)
        act()

    def _show_count(self) -> None:
        self._count.setText(tr("1 of {count}", count=len(self._queue)))
        self._count.setVisible(len(self._queue) > 1)

"""The line at the bottom: how many models, how many chosen, what is watched, what is going on.

Setters only; the main window fills it. The progress part is there only while something runs.
"""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import TextLink
from model_manager.ui.elided_label import ElidedLabel, plain_tip
from model_manager.ui.theme import dress, tokens

HEIGHT = 28
STEPS = 1000
SAID_MS, OFFERED_MS = 6000, 15_000  # what can be answered stays longer


class StatusDot(QWidget):
    """A small round mark in the colour of a token (ok, warn, bad, faint, accent)."""

    def __init__(self, tone: str = "faint") -> None:
        super().__init__()
        self.tone = tone
        self.setFixedSize(QSize(8, 8))

    def set_tone(self, tone: str) -> None:
        """Change the colour."""
        self.tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(tokens(), self.tone))
        painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


class Progress(QWidget):
    """What runs, how far it is, and a button that stops it."""

    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._text = ElidedLabel("faint")
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(140)
        self._bar.setAccessibleName(tr("Progress"))
        self._cancel = QToolButton()
        self._cancel.setProperty("role", "small")
        self._cancel.setToolTip(tr("Stop"))
        self._cancel.setAccessibleName(tr("Stop"))
        self._cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(self._cancel, "close", 12, "muted")
        self._cancel.clicked.connect(self.cancel_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)

    def show_progress(self, text: str, done: int, total: int, can_cancel: bool) -> None:
        """Show how far it is; `total` 0 means that its length is not known."""
        self._text.show_text(text)
        self._bar.setRange(0, STEPS if total > 0 else 0)
        self._bar.setValue(min(STEPS, done * STEPS // total) if total > 0 else 0)
        self._bar.setAccessibleDescription(text)
        self._cancel.setVisible(can_cancel)
        self.show()


class StatusBar(QFrame):
    """The status bar; `cancel_asked` is told when the person stops what runs."""

    cancel_asked = Signal()
    task_cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "status")
        self.setFixedHeight(HEIGHT)
        self._counts, self._selected, self._watch, self._said = QLabel(), QLabel(), QLabel(), ElidedLabel("ok")
        self._speed = QLabel()
        self._answer: Callable[[], object] | None = None
        self._offer = TextLink()
        self._offer.clicked.connect(self._on_answered)
        self._said_timer = QTimer(self, singleShot=True)
        self._said_timer.timeout.connect(lambda: self.say(""))
        self._dot = StatusDot()
        self._progress, self._task = Progress(), Progress()
        self._progress.cancel_asked.connect(self.cancel_asked)
        self._task.cancel_asked.connect(self.task_cancel_asked)
        self._build_layout()
        self.set_selected(0)
        self.set_watch("")
        self.set_speed("")
        self.clear_progress()
        self.clear_task()

    def set_counts(self, models: int, size_text: str = "", shown: int | None = None) -> None:
        """Show the number of models, their size as text ("6.1 TB"), and how many of them a search shows."""
        if shown is None or shown == models:
            text = trn("{count} model", "{count} models", models)
        else:
            text = trn("{shown} of {count} model", "{shown} of {count} models", models, shown=f"{shown:,}")
        self._counts.setText(f"{text} · {size_text}" if size_text else text)

    def set_selected(self, count: int, size_text: str = "") -> None:
        """Show how many are chosen; nothing when none is."""
        text = trn("{count} selected", "{count} selected", count)
        self._selected.setText(f"{text} · {size_text}" if size_text else text)
        self._selected.setVisible(count > 0)

    def say(self, text: str, offer: str = "", answer: Callable[[], object] | None = None) -> None:
        """Confirm something for a few seconds; for what worked, not for problems. "" takes back what was said.

        offer: a word to click beside it, such as "Undo"; then `answer` is called, once.
        """
        self._answer = answer if text else None
        self._said.setMaximumWidth(self._said.fontMetrics().horizontalAdvance(text) + 8)  # the word stands right behind it
        self._said.show_text(text)
        self._said.setVisible(bool(text))
        self._offer.setText(offer)
        self._offer.setAccessibleDescription(text)
        self._offer.updateGeometry()
        self._offer.setVisible(self._answer is not None)
        self._said_timer.start(OFFERED_MS if self._answer is not None else SAID_MS)
        if text:
            QAccessible.updateAccessibility(QAccessibleEvent(self._said, QAccessible.Event.Alert))

    def _on_answered(self) -> None:
        answer = self._answer
        self.say("")
        if answer is not None:
            answer()

    def set_watch(self, text: str, tooltip: str = "", tone: str = "ok") -> None:
        """Show how changes on disk are seen ("Watching 12 folders"); tone ok, warn or faint. An empty text hides it."""
        self._watch.setText(text)
        self._watch.setVisible(bool(text))
        self._dot.setVisible(bool(text))
        self._dot.set_tone(tone)
        for widget in (self._watch, self._dot):
            widget.setToolTip(plain_tip(tooltip))
        self._watch.setAccessibleDescription(tooltip)

    def set_speed(self, text: str) -> None:
        """Show how fast all downloads are together ("41 MB/s"); nothing when none runs."""
        self._speed.setText(tr("↓ {speed}", speed=text) if text else "")
        self._speed.setVisible(bool(text))

    def set_progress(self, text: str, done: int = 0, total: int = 0, can_cancel: bool = True) -> None:
        """Show what runs; `total` 0 means that its length is not known."""
        self._progress.show_progress(text, done, total, can_cancel)

    def clear_progress(self) -> None:
        """Nothing runs."""
        self._progress.hide()

    def set_task(self, text: str, done: int = 0, total: int = 0, is_counted: bool = True) -> None:
        """Show what the person has running in the background, beside what the program does by itself. is_counted: with numbers."""
        counted = tr("{text} {done} of {total}", text=text, done=f"{done:,}", total=f"{total:,}") if total and is_counted else text
        self._task.show_progress(counted, done, total, can_cancel=True)

    def clear_task(self) -> None:
        """Nothing of the person's runs in the background."""
        self._task.hide()

    def _build_layout(self) -> None:
        for label in (self._counts, self._selected, self._watch, self._speed):
            label.setProperty("role", "faint")
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._said.hide()
        self._offer.hide()
        said = QHBoxLayout()
        said.setSpacing(6)
        said.addWidget(self._said, 1)
        said.addWidget(self._offer)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(18)
        row.addWidget(self._counts)
        row.addWidget(self._selected)
        row.addLayout(said, 2)
        row.addWidget(self._progress, 1)
        row.insertWidget(2, self._task, 1)
        row.addStretch(0)
        row.addWidget(self._speed)
        watch = QHBoxLayout()
        watch.setSpacing(7)
        watch.addWidget(self._dot)
        watch.addWidget(self._watch)
        row.addLayout(watch)

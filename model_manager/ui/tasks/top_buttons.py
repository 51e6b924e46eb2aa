"""The buttons of the top bar that have to do with tasks: add from a link (and other ways to add), and how many tasks there are.

Put into the top bar by itself; it tells their width by `set_shortness`.
"""

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from model_manager.core.words import tr, trn
from model_manager.ui.theme import dress, tokens


class AddButtons(QWidget):
    """The main way to add, and beside it the menu of the others."""

    link_asked = Signal()
    menu_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.link, self.more = QPushButton(), QToolButton()
        self.link.setProperty("tone", "primary")
        self.link.setProperty("side", "left")
        self.link.setAccessibleName(tr("Add from link"))
        self.link.setToolTip(tr("Download a model by its link"))
        self.more.setProperty("role", "split")
        self.more.setAccessibleName(tr("Add models"))
        self.more.setToolTip(tr("Other ways to add models"))
        dress(self.link, "plus", tone="on_accent")
        dress(self.more, "chevron-down", 14, "on_accent")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for button in (self.link, self.more):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.link.clicked.connect(self.link_asked)
        self.more.clicked.connect(self.menu_asked)

    def set_shortness(self, shortness: int) -> None:
        """Take the words that fit: in full, one word, none."""
        text = (tr("Add from link"), tr("Add"), "")[min(shortness, 2)]
        self.link.setText(f" {text}" if text else "")
        layout = self.layout()
        if layout is not None:
            layout.activate()  # the bar asks for the new width at once


class TasksButton(QPushButton):
    """Opens the tasks; shows how many go on, and a red dot when one has failed."""

    def __init__(self) -> None:
        super().__init__()
        self._has_failed = False
        self.setProperty("tone", "plain")
        self.setProperty("size", "small")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(self, "download")
        self.set_counts(0, 0)

    def set_counts(self, going: int, failed: int) -> None:
        """Show how many run or wait, and whether one has failed."""
        self._has_failed = failed > 0
        self.setText(f" {going:,}" if going else "")
        told = trn("{count} task goes on", "{count} tasks go on", going) if going else tr("Nothing runs")
        if failed:
            told = tr("{going}, {failed}", going=told, failed=trn("{count} failed", "{count} failed", failed))
        self.setAccessibleName(tr("Tasks: {told}", told=told))
        self.setToolTip(tr("Tasks (Ctrl+J). {told}.", told=told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Square without a number."""
        hint = super().sizeHint()
        return hint if self.text() else QSize(hint.height(), hint.height())

    def minimumSizeHint(self) -> QSize:
        """No smaller than what it says."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dot over the button."""
        super().paintEvent(event)
        if self._has_failed:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(tokens().panel)
            painter.setBrush(tokens().bad)
            painter.drawEllipse(QPointF(self.width() - 7.5, 7.5), 4.5, 4.5)
            painter.end()

"""The parts of the dialog of one model: its head and foot, the pair of pictures, and the lines beside them.

Made by the dialog, which fills them. Setters do not tell.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from model_manager.core.previews.records import CARD_SHAPE, FILL, FIT
from model_manager.core.words import tr, trn
from model_manager.ui.details.labels import WrapLabel
from model_manager.ui.details.parts import TextLink, push_button, set_role
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.pictures.stage import Framed, Stage
from model_manager.ui.theme import dress, restyle

MOST_HEIGHT = 460


class Head(QWidget):
    """Title and the line below it."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title, self.line = set_role(QLabel(title), "title"), ElidedLabel("muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 16, 22, 14)
        column.setSpacing(2)
        column.addWidget(self.title)
        column.addWidget(self.line)


class Foot(QFrame):
    """A sentence at the left, buttons at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "foot")
        self.said = ElidedLabel("muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(22, 12, 22, 12)
        self._row.setSpacing(8)
        self._row.addWidget(self.said, 1)

    def say(self, text: str, tone: str = "muted") -> None:
        """Show a sentence; tone as a label's role."""
        self.said.setProperty("role", tone)
        restyle(self.said)
        self.said.show_text(text)

    def add(self, text: str, tone: str = "plain", sign: str = "") -> QPushButton:
        """Add a button."""
        button = push_button(text, tone)
        button.setAutoDefault(False)
        if sign:
            dress(button, sign, 14)
        self._row.addWidget(button)
        return button


class FitChoice(QWidget):
    """Fill the card, or show all of the picture."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        fill = tr("Fill the card; drag to choose what stays in view")
        pairs = ((FILL, tr("Fill"), fill), (FIT, tr("Fit"), tr("Keep all of the picture")))
        for name, text, tip in pairs:
            button = QPushButton(text)
            button.setObjectName(name)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setToolTip(tip)
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._group.buttonClicked.connect(lambda button: self.chosen.emit(button.objectName()))

    def set_fit(self, fit: str) -> None:
        """Show which is in use."""
        for button in self._group.buttons():
            button.setChecked(button.objectName() == fit)


class Lines(QWidget):
    """How the picture is put on the card, under which name it is saved, and what was there before."""

    fit_chosen = Signal(str)
    history_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fit = FitChoice()
        self.saved, self.hint = ElidedLabel("", Qt.TextElideMode.ElideLeft), set_role(QLabel(), "faint")
        self.hint.setText(tr("Drag the new picture to choose what stays in view; the wheel zooms."))
        self.hint.setWordWrap(True)
        self.notes = set_role(QLabel(), "faint")
        self.notes.setWordWrap(True)
        self.effect = WrapLabel(12, "muted")
        self.before, self.never = TextLink(), set_role(QLabel(tr("nothing yet")), "faint")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)
        for row, (title, widgets) in enumerate(
            ((tr("Fit"), (self._fit,)), (tr("Saved as"), (self.saved,)), (tr("Before"), (self.before, self.never))), 1
        ):
            grid.addWidget(set_role(QLabel(title), "muted"), row, 0)
            for widget in widgets:
                grid.addWidget(widget, row, 1)
        grid.addWidget(self.effect, 4, 0, 1, 2)
        grid.addWidget(self.notes, 5, 0, 1, 2)
        grid.addWidget(self.hint, 6, 0, 1, 2)
        self.saved.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit.chosen.connect(self.fit_chosen)
        self.before.clicked.connect(self.history_asked)

    def set_fit(self, fit: str) -> None:
        """Show the fit in use."""
        self._fit.set_fit(fit)

    def set_earlier(self, count: int, is_open: bool) -> None:
        """Show how many earlier pictures there are."""
        text = tr("Back to the choices") if is_open else trn("{count} earlier picture", "{count} earlier pictures", count)
        self.before.setText(text)
        self.before.updateGeometry()
        self.before.setVisible(count > 0)
        self.never.setVisible(count == 0)

    def set_notes(self, notes: tuple[str, ...]) -> None:
        """What was done to the picture."""
        self.notes.setText(" ".join(notes))
        self.notes.setVisible(bool(notes))


class Pair(QWidget):
    """Now and new, with the lines at the right; the pictures are as large as there is room."""

    GAP, CAPTION, BESIDE = 16, 22, 236

    def __init__(self) -> None:
        super().__init__()
        self.now, self.new, self.lines = Framed(tr("The picture now")), Stage(tr("The new picture")), Lines()
        self.now_said, self.new_said = set_role(QLabel(tr("NOW")), "faint"), set_role(QLabel(tr("NEW")), "faint")
        self._arrow = QLabel()
        dress(self._arrow, "arrow-forward", 20, "faint")
        for widget in (self.now_said, self.now, self._arrow, self.new_said, self.new, self.lines):
            widget.setParent(self)
        self.setMinimumSize(2 * 150 + 68 + self.BESIDE, self.CAPTION + 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything: pictures in a card's shape, the lines in what is left."""
        super().resizeEvent(event)
        room = self.width() - self.BESIDE - 20 - 3 * self.GAP
        height = min(self.height() - self.CAPTION, MOST_HEIGHT, int(room / 2 / CARD_SHAPE))
        width = round(height * CARD_SHAPE)
        second = width + 2 * self.GAP + 20
        self.now_said.setGeometry(0, 0, width + self.GAP, self.CAPTION - 4)
        self.new_said.setGeometry(second, 0, self.width() - second, self.CAPTION - 4)
        self.now.setGeometry(0, self.CAPTION, width, height)
        self._arrow.setGeometry(width + self.GAP, self.CAPTION + height // 2 - 10, 20, 20)
        self.new.setGeometry(second, self.CAPTION, width, height)
        left = second + width + self.GAP + 6
        self.lines.setGeometry(left, self.CAPTION, self.width() - left, height)


def stack(dialog: QWidget, head: QWidget, body: QLayout, foot: QWidget) -> None:
    """Lay a dialog out: its head, a line, the body that takes what is left, and its foot."""
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(head)
    layout.addWidget(rule())
    layout.addLayout(body, 1)
    layout.addWidget(foot)


def rule(is_upright: bool = False) -> QFrame:
    """A thin line between two parts."""
    made = QFrame()
    made.setProperty("role", "rule-upright" if is_upright else "rule")
    if is_upright:
        made.setFixedWidth(1)
    return made

"""One page of the settings: parts, each with a title and a sentence at the left and its controls at the right.

Base of the pages; the small widgets all of them use stand here too.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.theme import dress

LEFT = 190  # pixels of the column of titles
NARROW = 600  # pixels; a page that is less wide has one column


class SettingsPage(QWidget):
    """A page that its maker fills with `add_part`."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self._parts: list[tuple[QLayout, QLayout]] = []
        self._is_narrow = False
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(18)
        self._grid.setColumnMinimumWidth(0, LEFT)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 18, 22, 22)
        layout.addLayout(self._grid)
        layout.addStretch(1)

    def add_part(self, title: str, text: str, controls: QLayout) -> None:
        """Add a part at the bottom."""
        words = QVBoxLayout()
        words.setSpacing(2)
        explained = label(text, "faint")
        explained.setWordWrap(True)
        words.addWidget(label(title, "strong"))
        words.addWidget(explained)
        words.addStretch(1)
        self._parts.append((words, controls))
        self._place(len(self._parts) - 1)

    def _place(self, number: int) -> None:
        """Put a part into its row, or where there is little room its controls below its words."""
        self._parts[number][0].setContentsMargins(0, 12 if self._is_narrow and number else 0, 0, 0)
        for place, layout in enumerate(self._parts[number]):
            if self._is_narrow:
                self._grid.addLayout(layout, 2 * number + place, 0, 1, 2)
            else:
                self._grid.addLayout(layout, 2 * number, place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow dialog controls come below their words."""
        super().resizeEvent(event)
        if (self.width() < NARROW) == self._is_narrow:
            return
        self._is_narrow = not self._is_narrow
        self._grid.setVerticalSpacing(9 if self._is_narrow else 18)
        for number, layouts in enumerate(self._parts):
            for layout in layouts:
                self._grid.removeItem(layout)
                layout.setParent(None)
            self._place(number)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the dialog may be: the layout follows."""
        return QSize(300, super().minimumSizeHint().height())

    def choice(self, names: Sequence[tuple[str, str, str]], chosen: SignalInstance) -> tuple[QButtonGroup, QHBoxLayout]:
        """Buttons of which one is down, as (name, text, icon); `chosen` tells the name."""
        group, row = QButtonGroup(self), QHBoxLayout()
        row.setSpacing(8)
        for name, text, icon_name in names:
            made = QPushButton(f" {text}" if icon_name else text)
            made.setObjectName(name)
            made.setCheckable(True)
            made.setAutoDefault(False)
            if icon_name:
                dress(made, icon_name)
            group.addButton(made)
            row.addWidget(made)
        row.addStretch(1)
        group.buttonClicked.connect(lambda pressed: chosen.emit(pressed.objectName()))
        return group, row


def label(text: str, role: str) -> QLabel:
    """A label for plain text."""
    made = QLabel(text)
    made.setProperty("role", role)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def button(text: str) -> QPushButton:
    """A button that Enter does not press from elsewhere."""
    made = QPushButton(text)
    made.setAutoDefault(False)
    return made


def spin(least: int, most: int, step: int, suffix: str, name: str) -> QSpinBox:
    """A field for a number that tells of it when it is finished."""
    made = QSpinBox()
    made.setRange(least, most)
    made.setSingleStep(step)
    made.setSuffix(suffix)
    made.setGroupSeparatorShown(True)
    made.setKeyboardTracking(False)
    made.setMinimumWidth(124)
    made.lineEdit().setTextMargins(8, 0, 0, 0)  # a style sheet cannot move the text of a spin box
    made.setAccessibleName(name)
    return made


def row_of(*widgets: QWidget, stretches: bool = True) -> QHBoxLayout:
    """Widgets side by side, at the left."""
    row = QHBoxLayout()
    row.setSpacing(10)
    for widget in widgets:
        row.addWidget(widget)
    if stretches:
        row.addStretch(1)
    return row


def no_limit() -> str:
    """What a field says at 0."""
    return tr("No limit")

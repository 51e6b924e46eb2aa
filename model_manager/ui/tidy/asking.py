"""The frame of the sheets that ask something before a plan: title, what it is about, the questions, and a foot with two buttons.

Base of the sheets for moving, renaming, organising and deleting. Enter goes on, Esc does not.
"""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from model_manager.core.words import tr, trn
from model_manager.ui.pictures.dialog_parts import Foot, Head, rule
from model_manager.ui.sheet import Sheet


class AskingSheet(Sheet):
    """One question."""

    def __init__(self, title: str, about: str, go: str, parent: QWidget | None = None, other: str = "") -> None:
        """about: the models it is about, in words. go: what the main button says; other: what one more button says, "" for none."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.head, self.foot = Head(title), Foot()
        self.head.line.show_text(about)
        self.other = self.foot.add(other)
        self.other.setVisible(bool(other))
        self.cancel, self.go = self.foot.add(tr("Cancel")), self.foot.add(go, "primary")
        self.go.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)

    def fill(self, body: QLayout, has_rule: bool = True) -> None:
        """Lay it out around the questions."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        if has_rule:
            layout.addWidget(rule())
        layout.addLayout(body, 1)
        layout.addWidget(self.foot)

    def fit(self, wanted: QSize, room: QSize) -> None:
        """Take the size wanted, or what of it there is."""
        self.resize(min(wanted.width(), room.width() - 40), min(wanted.height(), room.height() - 60))


def about_words(names: list[str], count: int) -> str:
    """Which models something is about: the only one by its name."""
    return names[0] if count == 1 and names else trn("{count} model", "{count} models", count)

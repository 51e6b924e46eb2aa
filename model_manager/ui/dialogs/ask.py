"""A question before something that cannot be taken back: a sentence, and two buttons of which the harmless one has the keyboard.

Opened by desks, which connect `accepted`. Shows plain text only.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from model_manager.ui.details.parts import set_role
from model_manager.ui.pictures.dialog_parts import Foot
from model_manager.ui.sheet import Sheet

WIDTH = 460


class AskSheet(Sheet):
    """Accepted by the second button alone; Esc is the first one."""

    def __init__(self, title: str, text: str, keep: str, go: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setSizeGripEnabled(False)
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        words = QVBoxLayout()
        words.setContentsMargins(22, 18, 22, 18)
        words.setSpacing(8)
        for part, role in ((title, "title"), (text, "muted")):
            label = set_role(QLabel(part), role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setMinimumHeight(label.heightForWidth(WIDTH - 44))
            words.addWidget(label)
        foot = Foot()
        self.keep, self.go = foot.add(keep), foot.add(go, "danger")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)
        layout.addLayout(words)
        layout.addWidget(foot)
        self.keep.setFocus()

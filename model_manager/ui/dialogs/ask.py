"""A question before something that cannot be taken back: a sentence, and two buttons of which the harmless one has the keyboard.

Opened by desks, which connect `accepted`. Shows plain text only.
"""

from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from model_manager.ui.details.parts import set_role
from model_manager.ui.pictures.dialog_parts import Foot, Head
from model_manager.ui.sheet import Sheet

WIDTH = 460


class AskSheet(Sheet):
    """Accepted by the second button alone; Esc is the first one."""

    def __init__(self, title: str, about: str, text: str, keep: str, go: str, parent: QWidget | None = None) -> None:
        """about: what it is about, such as the name of a file; "" for nothing."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setSizeGripEnabled(False)
        self.setFixedWidth(WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head, words, foot = Head(title), set_role(QLabel(text), "muted"), Foot()
        head.line.show_text(about)
        head.line.setVisible(bool(about))
        words.setWordWrap(True)
        words.setContentsMargins(22, 0, 22, 18)
        words.setMinimumHeight(words.heightForWidth(WIDTH - 2))
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.keep, self.go = foot.add(keep), foot.add(go, "danger")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)
        for part in (head, words, foot):
            layout.addWidget(part)
        self.keep.setFocus()

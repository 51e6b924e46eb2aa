"""The sheet that asks for a name: of a new collection, of a search that is kept, or a new one for what has one.

Opened by the desk for the own order. Tells the name and does nothing itself.
"""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.pictures.dialog_parts import Foot, Head
from model_manager.ui.sheet import Sheet

WIDTH, LONGEST = 460, 120


class NameSheet(Sheet):
    """One line and two buttons."""

    named = Signal(str)

    def __init__(
        self, title: str, about: str, go: str, value: str = "", taken: Collection[str] = (), parent: QWidget | None = None, hint: str = ""
    ) -> None:
        """about: the line below the title. go: what the button says. taken: names that something has already."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setSizeGripEnabled(False)
        self.setFixedWidth(WIDTH)
        self._taken = {name.casefold() for name in taken} - {value.casefold()}
        self._first = value
        head, self.foot, self.line = Head(title), Foot(), QLineEdit(value)
        head.line.show_text(about)
        head.line.setVisible(bool(about))
        self.foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.line.setMaxLength(LONGEST)
        self.line.setPlaceholderText(hint or tr("Name"))
        self.line.setAccessibleName(tr("Name"))
        self.line.selectAll()
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(22, 0, 22, 18)
        column.addWidget(self.line)
        self.cancel, self.go = self.foot.add(tr("Cancel")), self.foot.add(go, "primary")
        self.cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self._on_go)
        self.go.setDefault(True)
        self.line.textChanged.connect(self._judge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (head, box, self.foot):
            layout.addWidget(part)
        self._judge()
        self.line.setFocus()

    @property
    def name(self) -> str:
        """The name as typed, without blanks around."""
        return " ".join(self.line.text().split())

    def _judge(self) -> None:
        is_taken = self.name.casefold() in self._taken
        self.foot.say(tr("There is one of this name.") if is_taken else "", "warn")
        self.go.setEnabled(bool(self.name) and not is_taken and self.name != self._first)

    def _on_go(self) -> None:
        self.accept()
        self.named.emit(self.name)

"""A new name for one model: the field with its stem selected, judged while one types.

Opened by the desk of changes. It asks for a verdict and tells the name; what is allowed is decided elsewhere.
"""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.details.parts import set_role
from model_manager.ui.tidy.asking import AskingSheet

WIDTH, JUDGE_MS = 560, 120


class RenameSheet(AskingSheet):
    """Tells `name_chosen`."""

    verdict_asked = Signal(str)  # the name as typed
    name_chosen = Signal(str)

    def __init__(self, stem: str, ending: str, parent: QWidget | None = None) -> None:
        """stem: what it is called now. ending: what stays behind it, with the dot."""
        super().__init__(tr("Rename"), tr("All files beside it get the new name, too."), tr("Look at the plan"), parent)
        self.setFixedWidth(WIDTH)
        self.setSizeGripEnabled(False)
        self._stem = stem
        self.name = QLineEdit(stem)
        self.name.setAccessibleName(tr("New name"))
        self.name.selectAll()
        self._said = set_role(QLabel(), "faint")
        self._said.setWordWrap(True)
        self._timer = QTimer(self, singleShot=True, interval=JUDGE_MS)
        self._timer.timeout.connect(lambda: self.verdict_asked.emit(self.name.text()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.name, 1)
        row.addWidget(set_role(QLabel(ending), "muted"))
        body = QVBoxLayout()
        body.setContentsMargins(22, 4, 22, 16)
        body.setSpacing(8)
        body.addLayout(row)
        body.addWidget(self._said)
        self.fill(body, has_rule=False)
        self._say("")
        self.go.setEnabled(False)
        self.name.textChanged.connect(self._on_typed)
        self.accepted.connect(lambda: self.name_chosen.emit(self.name.text()))
        self.name.setFocus()

    def show_verdict(self, name: str, text: str) -> None:
        """Say why a name cannot be, or that it can (text "")."""
        if name == self.name.text():
            self._say(text)
            self.go.setEnabled(not text and name.strip() != self._stem)

    def _say(self, text: str) -> None:
        self._said.setProperty("role", "bad" if text else "faint")
        self._said.style().polish(self._said)
        self._said.setText(text or tr("ComfyUI lists it by the new name. Saved workflows keep the old one."))

    def _on_typed(self) -> None:
        self.go.setEnabled(False)
        self._timer.start()

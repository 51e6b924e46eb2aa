"""How to delete: into "Recently deleted" or for good, and of links whether the link or its file.

Opened by the desk of changes; it tells what was chosen and does nothing itself.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.theme import restyle
from model_manager.ui.tidy.asking import AskingSheet

WIDTH = 560


class DeleteSheet(AskingSheet):
    """Tells `way_chosen`."""

    way_chosen = Signal(bool, bool)  # whether for good, whether the files that links lead to go as well

    def __init__(self, about: str, size: int, links: int, parent: QWidget | None = None) -> None:
        """size: bytes of the models. links: how many of them are links."""
        super().__init__(tr("Delete"), tr("{about} · {size}", about=about, size=size_text(size)), tr("Look at the plan"), parent)
        self.setFixedWidth(WIDTH)
        self.setSizeGripEnabled(False)
        self.hold, self.for_good = QRadioButton(tr("Put into Recently deleted")), QRadioButton(tr("Delete for good"))
        self.link, self.target = QRadioButton(tr("Delete the link; its file stays")), QRadioButton(tr("Delete the link and its file"))
        self.hold.setChecked(True)
        self.link.setChecked(True)
        self._groups = [QButtonGroup(self), QButtonGroup(self)]
        body = QVBoxLayout()
        body.setContentsMargins(22, 4, 22, 18)
        body.setSpacing(0)
        self._add(body, 0, self.hold, tr("Stays on its drive, unseen by ComfyUI, and can be brought back."))
        self._add(body, 0, self.for_good, tr("The room is free at once, and there is no way back."))
        self._links = QWidget()
        column = QVBoxLayout(self._links)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(4)
        column.addWidget(set_role(QLabel(trn("{count} of them is a link.", "{count} of them are links.", links)), "strong"))
        self._add(column, 1, self.link, "")
        self._add(column, 1, self.target, "")
        self._links.setVisible(links > 0)
        body.addWidget(self._links)
        self.fill(body, has_rule=False)
        self._groups[0].buttonClicked.connect(self._on_way)
        self.accepted.connect(lambda: self.way_chosen.emit(self.for_good.isChecked(), self.target.isChecked() and links > 0))
        self.go.setFocus()

    def _add(self, column: QVBoxLayout, group: int, button: QRadioButton, text: str) -> None:
        self._groups[group].addButton(button)
        column.addWidget(button)
        if text:
            said = set_role(QLabel(text), "faint")
            said.setContentsMargins(28, 0, 0, 12)
            said.setWordWrap(True)
            column.addWidget(said)

    def _on_way(self) -> None:
        self.go.setProperty("tone", "danger" if self.for_good.isChecked() else "primary")
        restyle(self.go)

"""For which other programs sidecars are written from what is known of models.

Opened by the desk of changes; it tells what was chosen and does nothing itself.
"""

from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from model_manager.core.settings import COMPATIBLE
from model_manager.core.words import tr
from model_manager.ui.details.parts import set_role
from model_manager.ui.settings.downloads import readers
from model_manager.ui.tidy.asking import AskingSheet

WIDTH = 560


class ConvertSheet(AskingSheet):
    """Tells `programs_chosen`."""

    programs_chosen = Signal(object)  # list[str] of settings.COMPATIBLE

    def __init__(self, about: str, chosen: Collection[str], parent: QWidget | None = None) -> None:
        """chosen: what is checked at first."""
        super().__init__(tr("Write sidecars for…"), about, tr("Look at the plan"), parent)
        self.setFixedWidth(WIDTH)
        self.setSizeGripEnabled(False)
        text = tr("What is known of the models is written into the files of these programs. What else is in those files stays.")
        said = set_role(QLabel(text), "muted")
        said.setWordWrap(True)
        body = QVBoxLayout()
        body.setContentsMargins(22, 4, 22, 18)
        body.setSpacing(8)
        body.addWidget(said)
        self.boxes = {name: QCheckBox(tr("{file} for {who}", file=f".{name}", who=readers()[name])) for name in COMPATIBLE}
        for name, box in self.boxes.items():
            box.setChecked(name in chosen)
            box.toggled.connect(self._on_toggled)
            body.addWidget(box)
        self.fill(body, has_rule=False)
        self.accepted.connect(lambda: self.programs_chosen.emit(self.chosen()))
        self._on_toggled()
        (self.go if self.chosen() else next(iter(self.boxes.values()))).setFocus()

    def chosen(self) -> list[str]:
        """What is checked."""
        return [name for name, box in self.boxes.items() if box.isChecked()]

    def _on_toggled(self) -> None:
        self.go.setEnabled(bool(self.chosen()))

"""A template for folders, with its places to be put in by a click, and what it comes to for the first models while one types.

Opened by the desk of changes. It asks for the example and tells what was chosen; what a template means is decided elsewhere.
"""

from collections.abc import Mapping

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from model_manager.bridge.plan_tasks import PLACES, Options
from model_manager.core.journal.steps import Act, Plan
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.flow import FlowLayout
from model_manager.ui.pictures.dialog_parts import rule
from model_manager.ui.tidy.asking import AskingSheet
from model_manager.ui.tidy.plan_list import PlanList

SIZE, SMALLEST = QSize(940, 600), QSize(560, 400)  # as large as the plan that follows
TRY_MS = 200
PRESETS = ("{base_model}", "{base_model}/{author}", "{base_model}/{tag}", "{base_model}/{type}", "{author}", "{tag}", "{base_model}/{name}")


def place_words() -> Mapping[str, str]:
    """What a place of a template stands for."""
    return {
        "kind": tr("type's folder"), "base_model": tr("base model"), "author": tr("author"), "type": tr("type"), "name": tr("name"),
        "version": tr("version"), "tag": tr("tag"), "adult": tr("adult"), "site": tr("site"), "architecture": tr("architecture"),
        "format": tr("file format"),
    }  # fmt: skip


class OrganiseSheet(AskingSheet):
    """Tells `template_chosen`."""

    example_asked = Signal(str, object)  # template, Options
    template_chosen = Signal(str, object)

    def __init__(self, about: str, template: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Organise into folders"), about, tr("Look at the plan"), parent)
        self.setMinimumSize(SMALLEST)
        self.template = QLineEdit(template or PRESETS[1])
        self.template.setAccessibleName(tr("Folders"))
        self.removes = QCheckBox(tr("Remove folders that are empty then"))
        self.removes.setChecked(True)
        self.unknown = QLineEdit()
        self.unknown.setPlaceholderText(tr("leave out"))
        self.unknown.setAccessibleName(tr("Folder for what is not known"))
        self.unknown.setFixedWidth(150)
        self.list = PlanList()
        self.list.setAccessibleName(tr("Where the first models go"))
        self._timer = QTimer(self, singleShot=True, interval=TRY_MS)
        self._timer.timeout.connect(self._ask)
        self._build()
        for changed in (self.template.textChanged, self.unknown.textChanged, self.removes.toggled):
            changed.connect(self._on_changed)
        self.accepted.connect(lambda: self.template_chosen.emit(self.template.text(), self.options()))
        self.template.setFocus()
        self._on_changed()

    def options(self) -> Options:
        """What is chosen beside the template."""
        return Options(empty=self.unknown.text().strip(), removes_empty=self.removes.isChecked())

    def show_example(self, plan: Plan) -> None:
        """Show where the first models would go."""
        acts = [act for act in plan.acts if act.path]
        self.list.show_rows([*acts, *plan.refused])
        self.go.setEnabled(True)
        count = len([line for line in self.list.rows.rows if isinstance(line, Act)])
        self.foot.say(trn("{count} of the first models moves", "{count} of the first models move", count) if count else
                      tr("The first models are in place already."))  # fmt: skip

    def show_wrong(self, text: str) -> None:
        """Say what is wrong with the template."""
        self.list.show_rows([])
        self.foot.say(text, "bad")
        self.go.setEnabled(False)

    def _on_changed(self) -> None:
        self.go.setEnabled(False)
        self._timer.start()

    def _ask(self) -> None:
        self.example_asked.emit(self.template.text(), self.options())

    def _insert(self, text: str) -> None:
        """Put a place where the cursor is, with a slash where it would stick to another."""
        before = self.template.text()[: self.template.cursorPosition()]
        self.template.insert(("/" if before.endswith("}") else "") + f"{{{text}}}")
        self.template.setFocus()

    def _build(self) -> None:
        body, top = QVBoxLayout(), QVBoxLayout()
        top.setContentsMargins(22, 12, 22, 12)
        top.setSpacing(10)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.presets = QPushButton(tr("Examples"))
        self.presets.setProperty("menu", "yes")
        self.presets.setAutoDefault(False)
        menu = QMenu(self.presets)
        for preset in PRESETS:
            menu.addAction(preset).triggered.connect(lambda _=False, text=preset: self.template.setText(text))
        self.presets.setMenu(menu)
        line.addWidget(self.template, 1)
        line.addWidget(self.presets)
        top.addLayout(line)
        chips = FlowLayout(spacing=6)
        for name in PLACES:
            chip = QToolButton()
            chip.setText(place_words()[name])
            chip.setToolTip(f"{{{name}}}")
            chip.setProperty("role", "chip")
            chip.clicked.connect(lambda _=False, name=name: self._insert(name))
            chips.addWidget(chip)
        top.addLayout(chips)
        choices = QHBoxLayout()
        choices.setSpacing(10)
        choices.addWidget(self.removes)
        choices.addStretch(1)
        choices.addWidget(set_role(QLabel(tr("What is not known")), "muted"))
        choices.addWidget(self.unknown)
        top.addLayout(choices)
        body.setSpacing(0)
        body.addLayout(top)
        body.addWidget(rule())
        body.addWidget(self.list, 1)
        self.fill(body)

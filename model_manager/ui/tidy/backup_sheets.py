"""The sheets for a backup and for a restore: what goes in, where to, and what would come back before anything does.

Opened by the desk for backups, which fills them. They tell what is wanted and do nothing themselves.
"""

import os
from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QFileDialog, QHBoxLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

from model_manager.bridge.backup_tasks import ALL, MISSING, NEWER, Look, RestoreWish, Wish
from model_manager.core.words import tr, trn
from model_manager.ui.details.labels import WrapLabel
from model_manager.ui.details.parts import push_button, set_role
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.tidy.asking import AskingSheet

BACKUP_SIZE, RESTORE_SIZE, SMALLEST = QSize(600, 410), QSize(600, 460), QSize(420, 340)
SIDE = 22


class BackupSheet(AskingSheet):
    """What goes into a backup, and where it is written."""

    wished = Signal()  # another choice: `wish` has it
    start_asked = Signal(object, str, bool)  # Wish, path, whether a file there is to be replaced

    def __init__(self, target: str, query: str, shown: int, parent: QWidget | None = None) -> None:
        """query, shown: the search in use and how many models it shows; "" when all are shown."""
        about = tr("Previews, notes and info files in one archive. The models are not in it.")
        super().__init__(tr("Back up"), about, tr("Back up"), parent)
        self.setMinimumSize(SMALLEST)
        self._target, self._query, self._is_over = target, query, False
        self.all = QRadioButton(tr("All models"))
        self.shown = QRadioButton(trn("The {count} model shown", "The {count} models shown", shown))
        self.all.setChecked(True)
        self.shown.setVisible(bool(query))
        self.history = QCheckBox(tr("Earlier pictures of each model"))
        self.settings = QCheckBox(tr("Settings of this program, without keys"))
        self.settings.setChecked(True)
        self.path = ElidedLabel("muted")
        self.path.show_text(target)
        self.choose = push_button(tr("Choose…"), "plain")
        self.choose.setAutoDefault(False)
        self._build()
        for button in (self.all, self.history, self.settings):
            button.toggled.connect(lambda _: self._on_wished())
        self.choose.clicked.connect(self._on_choose)
        self.accepted.connect(lambda: self.start_asked.emit(self.wish(), self._target, self._is_over))

    def wish(self) -> Wish:
        """What is chosen."""
        return Wish("" if self.all.isChecked() else self._query, self.history.isChecked(), self.settings.isChecked())

    def show_amount(self, text: str) -> None:
        """Say how much it is."""
        self.foot.say(text)

    def _on_wished(self) -> None:
        self.foot.say(tr("Counting…"))
        self.wished.emit()

    def _on_choose(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Back up"), self._target, f"{tr('Backups')} (*.zip)")
        if path:  # where a file has the name, the dialog has asked
            self._target, self._is_over = (path, True) if path.lower().endswith(".zip") else (path + ".zip", False)
            self.path.show_text(self._target)

    def _build(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(10)
        where.addWidget(self.path, 1)
        where.addWidget(self.choose)
        parts: list[tuple[str, Sequence[QWidget]]] = [(tr("Which"), (self.all, self.shown)), (tr("With"), (self.history, self.settings))]
        body = _column(parts)
        body.addWidget(set_role(QLabel(tr("Where")), "heading"))
        body.addLayout(where)
        body.addStretch(1)
        self.fill(body)


class RestoreSheet(AskingSheet):
    """What comes back from a backup: counted anew at each choice."""

    wished = Signal()
    plan_asked = Signal(object)  # RestoreWish

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(tr("Restore a backup"), os.path.basename(path), tr("Look at the plan"), parent)
        self.setMinimumSize(SMALLEST)
        self._path = path
        self.rules = QButtonGroup(self)
        words = {
            MISSING: tr("Only files that are missing"), NEWER: tr("Also files that are newer in the backup"),
            ALL: tr("Everything as it is in the backup"),
        }  # fmt: skip
        for number, text in enumerate(words.values()):
            self.rules.addButton(QRadioButton(text), number)
        self._names = list(words)
        self.rules.button(0).setChecked(True)
        self.history = QCheckBox(tr("Earlier pictures of each model"))
        self.settings = QCheckBox(tr("Settings; folders and the look of the window stay as they are here"))
        self.counts = WrapLabel(13, "text")
        self._build()
        self.rules.idToggled.connect(lambda _, is_on: self._on_wished() if is_on else None)
        for box in (self.history, self.settings):
            box.hide()
            box.toggled.connect(lambda _: self._on_wished())
        self.accepted.connect(lambda: self.plan_asked.emit(self.wish()))
        self.show_looking()

    def wish(self) -> RestoreWish:
        """What is chosen."""
        rule = self._names[self.rules.checkedId()]
        return RestoreWish(self._path, rule, self.history.isChecked(), self.settings.isChecked())

    def show_looking(self) -> None:
        """The backup is being compared with what is here."""
        self.go.setEnabled(False)
        self.foot.say(tr("Comparing with what is here…"))

    def show_look(self, look: Look) -> None:
        """Show what would become of the files."""
        self.head.line.show_text(look.about)
        self.history.setVisible(look.has_history)
        self.settings.setVisible(look.has_settings)
        self._more.setVisible(look.has_history or look.has_settings)
        self.counts.show_text("\n".join(look.counts) or tr("There is nothing in it."))
        self.go.setEnabled(look.can)
        self.foot.say(tr("Nothing is changed yet.") if look.can else tr("Nothing would be restored so."))

    def show_fault(self, text: str) -> None:
        """It is no backup, or it cannot be read."""
        self.counts.show_text(text)
        self.go.setEnabled(False)
        self.foot.say(tr("Nothing was changed."), "bad")

    def _on_wished(self) -> None:
        self.show_looking()
        self.wished.emit()

    def _build(self) -> None:
        self._more = set_role(QLabel(tr("With")), "heading")
        self._more.hide()
        body = _column([(tr("What"), self.rules.buttons())])
        body.addWidget(self._more)
        body.addWidget(self.history)
        body.addWidget(self.settings)
        body.addSpacing(10)
        body.addWidget(set_role(QLabel(tr("What would become of it")), "heading"))
        body.addWidget(self.counts)
        body.addStretch(1)
        self.fill(body)


def _column(parts: Sequence[tuple[str, Sequence[QWidget]]]) -> QVBoxLayout:
    """Headings with widgets below each."""
    body = QVBoxLayout()
    body.setContentsMargins(SIDE, 14, SIDE, 14)
    body.setSpacing(6)
    for title, widgets in parts:
        body.addWidget(set_role(QLabel(title), "heading"))
        for widget in widgets:
            body.addWidget(widget)
        body.addSpacing(10)
    return body

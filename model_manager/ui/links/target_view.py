"""Where a download goes: folder, sub-folder and name, and what there is to say of that place.

Part of the link sheet. It proposes what it is given and tells what the person writes.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QFrame, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from model_manager.bridge.intake import Destination
from model_manager.core.library.kinds import label
from model_manager.core.words import tr
from model_manager.ui.details.parts import TextLink, set_role
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.theme import restyle

TYPING_MS = 250


class TargetView(QFrame):
    """The place of one download. Setters do not tell."""

    folder_chosen = Signal(object)  # Destination
    sub_folder_chosen = Signal(str)
    name_chosen = Signal(str)
    folders_asked = Signal()
    show_asked = Signal()  # where the very content is already

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._folders, self._sub, self._name = QComboBox(), QLineEdit(), QLineEdit()
        self._said = set_role(QLabel(), "muted")
        self._said.setWordWrap(True)
        self._show, self._add = TextLink(tr("Show")), TextLink(tr("Add a folder…"))
        self._subs = QStringListModel(self)
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._build()
        self._folders.activated.connect(self._on_folder)
        self._sub.textEdited.connect(self._timer.start)
        self._name.textEdited.connect(self._timer.start)
        self._timer.timeout.connect(self._on_typed)
        self._show.clicked.connect(self.show_asked)
        self._add.clicked.connect(self.folders_asked)
        self.say("", "muted")

    def show_folders(self, found: Sequence[Destination], chosen: Destination | None) -> None:
        """Offer these folders."""
        with QSignalBlocker(self._folders):
            self._folders.clear()
            for one in found:
                self._folders.addItem(f"{label(one.kind)} — {one.path}", one)
                self._folders.setItemData(self._folders.count() - 1, plain_tip(one.path), Qt.ItemDataRole.ToolTipRole)
            self._folders.addItem(tr("Other folders…"), None)
            self._folders.setCurrentIndex(next((row for row, one in enumerate(found) if one == chosen), -1))
        self._folders.setToolTip(plain_tip(chosen.path) if chosen is not None else "")

    def show_place(self, sub: str, name: str, is_one: bool) -> None:
        """Show sub-folder and name; what the person is writing stays. is_one: there is one file, so its name can be chosen."""
        for field, text in ((self._sub, sub), (self._name, name)):
            if not field.hasFocus() and field.text() != text:
                field.setText(text)
        self._name.setEnabled(is_one)

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab stops, in its order."""
        return (self._folders, self._sub, self._name, self._show, self._add)

    def show_sub_folders(self, names: Sequence[str]) -> None:
        """Offer these sub-folders while one is typed."""
        self._subs.setStringList(list(names))

    def say(self, text: str, tone: str, can_show: bool = False, needs_folder: bool = False) -> None:
        """Say something of the place; tone as a label's role. can_show: there is something to go to; needs_folder: none is known."""
        self._show.setVisible(can_show)
        self._add.setVisible(needs_folder)
        self._said.setText(text)
        self._said.setProperty("role", tone)
        restyle(self._said)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(22, 12, 22, 12)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        self._folders.setAccessibleName(tr("Folder"))
        self._folders.setMinimumContentsLength(20)
        self._folders.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._sub.setAccessibleName(tr("Sub-folder"))
        self._sub.setPlaceholderText(tr("sub-folder"))
        self._name.setAccessibleName(tr("File name"))
        self._folders.setPlaceholderText(tr("No folder yet"))
        completer = QCompleter(self._subs, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.activated.connect(lambda _: self._timer.start())
        if (popup := completer.popup()) is not None:
            popup.setProperty("role", "popup")
        self._sub.setCompleter(completer)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._folders, 3)
        row.addWidget(set_role(QLabel("/"), "faint"))
        row.addWidget(self._sub, 2)
        grid.addWidget(set_role(QLabel(tr("Goes to")), "muted"), 0, 0)
        grid.addLayout(row, 0, 1)
        grid.addWidget(set_role(QLabel(tr("Name")), "muted"), 1, 0)
        grid.addWidget(self._name, 1, 1)
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self._said, 1)
        for link in (self._show, self._add):
            said.addWidget(link)
        grid.addLayout(said, 2, 1)

    def _on_folder(self, row: int) -> None:
        chosen = self._folders.itemData(row)
        if chosen is None:
            self.folders_asked.emit()
        else:
            self.folder_chosen.emit(chosen)

    def _on_typed(self) -> None:
        self.sub_folder_chosen.emit(self._sub.text())
        if self._name.isEnabled():
            self.name_chosen.emit(self._name.text())

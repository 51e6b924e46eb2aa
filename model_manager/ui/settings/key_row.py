"""The key of one site: where it is kept, a field for a new one, and what became of the last try.

Used by the settings and by the sheet that a task asks for. It never shows a key again and forgets it once it is handed on.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from model_manager.core.online.records import CIVITAI, SITE_NAMES
from model_manager.core.words import tr
from model_manager.ui.settings.page import button, label, row_of
from model_manager.ui.theme import restyle


def page_for(site: str) -> str:
    """Where a person gets a key."""
    return "https://civitai.com/user/account" if site == CIVITAI else "https://huggingface.co/settings/tokens"


def _where(source: str) -> str:
    return {
        "environment": tr("A key from the environment of this program is used."),
        "keychain": tr("A key is in your keychain."),
        "file": tr("The key of the Hugging Face tools is used."),
        "memory": tr("A key is kept until the program ends: this system has no keychain."),
    }.get(source, tr("There is no key yet."))


class KeyRow(QWidget):
    """One site's key."""

    key_given = Signal(str, str)  # site, key
    remove_asked = Signal(str)
    page_asked = Signal(str)  # address

    def __init__(self, site: str) -> None:
        super().__init__()
        self._site = site
        self._said = label("", "muted")
        self._said.setWordWrap(True)
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setPlaceholderText(tr("Paste a key of {site}", site=SITE_NAMES[site]))
        self._field.setAccessibleName(tr("Key of {site}", site=SITE_NAMES[site]))
        self._save, self._remove, self._get = button(tr("Check and save")), button(tr("Remove")), button(tr("Get a key…"))
        self._get.setProperty("tone", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = row_of(stretches=False)
        row.addWidget(self._field, 1)
        row.addWidget(self._save)
        column.addLayout(row)
        below = row_of(stretches=False)
        below.addWidget(self._said, 1)
        below.addWidget(self._remove)
        below.addWidget(self._get)
        column.addLayout(below)
        self._connect()
        self.show_source("")

    def show_source(self, source: str) -> None:
        """Say where the key in use comes from."""
        self._say(_where(source), "muted")
        self._remove.setVisible(source in ("keychain", "memory"))

    def show_trying(self) -> None:
        """The key is being tried."""
        self._say(tr("Trying the key…"), "muted")
        self._set_busy(True)

    def show_result(self, is_good: bool, text: str) -> None:
        """Say what became of it; a key that is not good stays in the field."""
        self._set_busy(False)
        if is_good:
            self._field.clear()
        self._say(text, "ok" if is_good else "bad")
        self._save.setEnabled(bool(self._field.text().strip()))

    def take_focus(self) -> None:
        """Give the keyboard to the field."""
        self._field.setFocus()

    @property
    def said(self) -> QLabel:
        """The sentence below the field."""
        return self._said

    def _connect(self) -> None:
        self._field.textChanged.connect(lambda text: self._save.setEnabled(bool(text.strip())))
        self._field.returnPressed.connect(self._on_save)
        self._save.clicked.connect(self._on_save)
        self._save.setEnabled(False)
        self._remove.clicked.connect(lambda: self.remove_asked.emit(self._site))
        self._get.clicked.connect(lambda: self.page_asked.emit(page_for(self._site)))

    def _on_save(self) -> None:
        if key := self._field.text().strip():
            self.show_trying()
            self.key_given.emit(self._site, key)

    def _set_busy(self, is_busy: bool) -> None:
        for widget in (self._field, self._save, self._remove):
            widget.setEnabled(not is_busy)

    def _say(self, text: str, role: str) -> None:
        self._said.setText(text)
        self._said.setProperty("role", role)
        restyle(self._said)

"""What stands in place of the strip while Civitai's pictures are not there: a word on why, and the button that changes it.

Part of the dialog for one model. It asks the site only when its button, or the source in the list, is clicked.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout

from model_manager.bridge.web_choices import WebChoices
from model_manager.core.tasks.states import ADD_KEY
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import push_button
from model_manager.ui.links.words import fault_words

LOOK, SETTINGS = "look", "settings"


class WebStrip(QFrame):
    """The way to Civitai's pictures."""

    key_asked = Signal()
    settings_asked = Signal()

    def __init__(self, web: WebChoices, height: int) -> None:
        super().__init__()
        self._web, self._what = web, LOOK
        self.setProperty("role", "raised")
        self.setFixedHeight(height)
        self._text, self._bar, self.button = QLabel(), QProgressBar(), push_button("")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setProperty("role", "muted")
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._on_clicked)
        row = QHBoxLayout()
        for widget in (self.button, self._bar):
            row.addWidget(widget)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.addStretch(1)
        column.addWidget(self._text)
        column.addLayout(row)
        column.addStretch(1)
        web.state_changed.connect(self.show_state)
        self.hide()

    def show_state(self) -> None:
        """Show how it stands."""
        web = self._web
        self._bar.setVisible(web.is_looking)
        self.button.setVisible(not web.is_looking)
        if web.is_looking:
            self._text.setText(tr("Looking at Civitai…"))
        elif web.fault is not None:
            fix, words = fault_words(web.fault)
            self._say(web.fault.text, ADD_KEY if fix == ADD_KEY else LOOK, words if fix == ADD_KEY else tr("Try again"))
        elif not web.is_asked:
            self._say(tr("Civitai has example pictures of this model. It is asked when you say so."), LOOK, tr("Look at Civitai"))
        elif web.hidden:
            hidden = trn("{count} picture is hidden by the level.", "{count} pictures are hidden by the level.", web.hidden)
            self._say(hidden, SETTINGS, tr("Settings…"))
        else:
            self._text.setText(tr("Civitai has no picture of this version."))
            self.button.hide()

    def _say(self, text: str, what: str, words: str) -> None:
        self._what = what
        self._text.setText(text)
        self.button.setText(words)

    def _on_clicked(self) -> None:
        if self._what == ADD_KEY:
            self.key_asked.emit()
        elif self._what == SETTINGS:
            self.settings_asked.emit()
        else:
            self._web.look()

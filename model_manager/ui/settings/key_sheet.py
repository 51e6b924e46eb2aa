"""The sheet that asks for the key of one site, opened where something needs one.

Made by the settings desk. It shows what the bridge says of the key and closes itself when the key is good.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from model_manager.core.online.records import CIVITAI, SITE_NAMES
from model_manager.core.words import tr
from model_manager.ui.settings.key_row import KeyRow
from model_manager.ui.settings.page import button, label
from model_manager.ui.sheet import Sheet

WIDTH = 560


class KeySheet(Sheet):
    """One key."""

    def __init__(self, site: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("{site} key", site=SITE_NAMES[site]))
        self.setMinimumWidth(WIDTH)
        self.row = KeyRow(site)
        self._close = button(tr("Cancel"))
        self._close.clicked.connect(self.reject)
        self._build(site)
        self.row.take_focus()
        self._fit()

    def show_result(self, is_good: bool, text: str) -> None:
        """Say what became of the key."""
        self.row.show_result(is_good, text)
        self._close.setText(tr("Done") if is_good else tr("Cancel"))
        if is_good:
            self._close.setProperty("tone", "primary")
            self._close.style().polish(self._close)
            self._close.setFocus()
        self._fit()

    def _fit(self) -> None:
        """Be as high as the sentences are now; a layout does not make a window grow for lines that wrap."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(WIDTH, layout.totalHeightForWidth(WIDTH))

    def _build(self, site: str) -> None:
        words = label(_why(site), "muted")
        words.setWordWrap(True)
        body = QVBoxLayout()
        body.setContentsMargins(22, 18, 22, 18)
        body.setSpacing(14)
        body.addWidget(label(tr("Add a key for {site}", site=SITE_NAMES[site]), "title"))
        body.addWidget(words)
        body.addWidget(self.row)
        body.addStretch(1)
        foot = QFrame()
        foot.setProperty("role", "foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(22, 12, 22, 12)
        row.addStretch(1)
        row.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(body, 1)
        layout.addWidget(foot)


def _why(site: str) -> str:
    if site == CIVITAI:
        return tr(
            "Most downloads of Civitai need the key of an account. Sign in there, open the settings of your account, add an API key and "
            "paste it here. It is tried first and then kept in the keychain of your system, nowhere else."
        )
    return tr(
        "Some models of Hugging Face are open only to people who asked for them. Sign in there, make a token that may read, and paste it "
        "here. It is tried first and then kept in the keychain of your system, nowhere else."
    )

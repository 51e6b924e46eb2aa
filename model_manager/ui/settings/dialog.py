"""The settings: a list of pages at the left, the chosen page beside it; changes count at once.

Opened by the settings desk, which fills it in and listens. Writes nothing itself.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QPushButton, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.settings.downloads import DownloadsPage
from model_manager.ui.settings.general import GeneralPage
from model_manager.ui.settings.online import OnlinePage
from model_manager.ui.settings.page import label
from model_manager.ui.settings.storage import StoragePage
from model_manager.ui.sheet import Sheet

GENERAL, DOWNLOADS, ONLINE, STORAGE = range(4)  # the pages
SIZE, SMALLEST, LIST = QSize(860, 600), QSize(700, 420), 168


class SettingsDialog(Sheet):
    """The dialog and its pages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumSize(SMALLEST)
        self.resize(SIZE)
        self.general, self.downloads, self.online, self.storage = GeneralPage(), DownloadsPage(), OnlinePage(), StoragePage()
        self._build_pages()
        self._build_layout()

    def show_page(self, page: int) -> None:
        """Show one of the pages."""
        self._list.setCurrentRow(page)

    def _build_pages(self) -> None:
        self._list, self._stack = QListWidget(), QStackedWidget()
        self._list.setFixedWidth(LIST)
        self._list.setProperty("role", "pages")
        self._list.setAccessibleName(tr("Pages of the settings"))
        for page, title in (
            (self.general, tr("General")), (self.downloads, tr("Downloads")), (self.online, tr("Sites and keys")),
            (self.storage, tr("Storage")),
        ):  # fmt: skip
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(page)
            self._stack.addWidget(area)
            self._list.addItem(title)
        for row in range(self._list.count()):
            self._list.item(row).setSizeHint(QSize(LIST - 20, 32))
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._list.setCurrentRow(0)

    def _build_layout(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(22, 18, 22, 12)
        head.addWidget(label(tr("Settings"), "title"))
        body = QHBoxLayout()
        body.setContentsMargins(12, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._list)
        body.addWidget(self._stack, 1)
        foot = QFrame()
        foot.setProperty("role", "foot")
        close = QPushButton(tr("Close"))
        close.setProperty("tone", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout(foot)
        row.setContentsMargins(22, 12, 22, 12)
        row.addStretch(1)
        row.addWidget(close)
        close.setFocus()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(body, 1)
        layout.addWidget(foot)

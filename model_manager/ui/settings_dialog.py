"""The settings: theme, room for thumbnails, how previews are written, folders, and where the program keeps its own data.

Opened by the main window, which fills it in and listens; changes count at once. Writes nothing itself.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from model_manager.core.words import tr
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import dress

CACHE_MB = (64, 65_536)
MEGABYTE = 1_000_000


class SettingsDialog(Sheet):
    """The settings dialog. Setters do not emit. Sizes of the thumbnail cache are in MB of 1,000,000 bytes."""

    theme_chosen = Signal(str)
    cache_size_chosen = Signal(int)
    clear_cache_asked = Signal()
    sidecars_chosen = Signal(bool)
    format_chosen = Signal(str)  # png or webp
    folders_asked = Signal()
    data_folder_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self.setMinimumWidth(640)
        self._grid = QGridLayout()
        self._build_theme()
        self._build_cache()
        self._build_sidecars()
        self._build_format()
        self._build_rest()
        self._build_layout()

    def set_theme(self, name: str) -> None:
        """Show the theme in use: dark, light or system."""
        for button in self._themes.buttons():
            button.setChecked(button.objectName() == name)

    def set_cache(self, limit_mb: int, used_bytes: int | None = None) -> None:
        """Show the limit of the thumbnail cache, and how much it holds (None: not known yet)."""
        with QSignalBlocker(self._limit):
            self._limit.setValue(limit_mb)
        known = "" if used_bytes is None else tr("{size} MB in use", size=f"{round(used_bytes / MEGABYTE):,}")
        self._used.setText(known)
        self._clear.setEnabled(used_bytes is None or used_bytes > 0)

    def set_sidecars(self, are_taken: bool) -> None:
        """Show whether sidecars and previews go along with a model that is dragged or copied."""
        with QSignalBlocker(self._sidecars):
            self._sidecars.setChecked(are_taken)

    def set_format(self, name: str) -> None:
        """Show how new previews are written: png or webp."""
        for button in self._formats.buttons():
            button.setChecked(button.objectName() == name)

    def set_data_folder(self, path: str) -> None:
        """Show where the index, the settings and the thumbnails lie."""
        self._data.show_text(path)

    def _build_theme(self) -> None:
        names = (("system", tr("System"), "contrast"), ("light", tr("Light"), "sun"), ("dark", tr("Dark"), "moon"))
        self._themes, row = self._choice(names, self.theme_chosen)
        self._add_part(tr("Theme"), tr("System follows your desktop."), row)

    def _build_format(self) -> None:
        self._formats, row = self._choice((("png", tr("PNG"), ""), ("webp", tr("WebP"), "")), self.format_chosen)
        explained = tr("How new previews are written. Every tool reads PNG; WebP is about a fifth of its size.")
        self._add_part(tr("Previews"), explained, row)

    def _choice(self, names: Sequence[tuple[str, str, str]], chosen: SignalInstance) -> tuple[QButtonGroup, QHBoxLayout]:
        """Buttons of which one is down, as (name, text, icon); `chosen` tells the name."""
        group, row = QButtonGroup(self), QHBoxLayout()
        row.setSpacing(8)
        for name, text, icon_name in names:
            button = QPushButton(f" {text}" if icon_name else text)
            button.setObjectName(name)
            button.setCheckable(True)
            button.setAutoDefault(False)
            if icon_name:
                dress(button, icon_name)
            group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        group.buttonClicked.connect(lambda button: chosen.emit(button.objectName()))
        return group, row

    def _build_cache(self) -> None:
        self._limit = QSpinBox()
        self._limit.setRange(*CACHE_MB)
        self._limit.setSingleStep(256)
        self._limit.setSuffix(tr(" MB"))
        self._limit.setGroupSeparatorShown(True)
        self._limit.setKeyboardTracking(False)
        self._limit.setMinimumWidth(124)
        self._limit.lineEdit().setTextMargins(8, 0, 0, 0)  # a style sheet cannot move the text of a spin box
        self._limit.setAccessibleName(tr("Largest size of the thumbnail cache in MB"))
        self._limit.valueChanged.connect(self.cache_size_chosen)
        self._used = _label("", "muted")
        self._clear = _button(tr("Clear"))
        self._clear.clicked.connect(self.clear_cache_asked)
        row = QHBoxLayout()
        row.setSpacing(10)
        for widget in (self._limit, self._used):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._clear)
        self._add_part(tr("Thumbnails"), tr("Small copies of your previews. They are made anew when needed."), row)

    def _build_sidecars(self) -> None:
        self._sidecars = QCheckBox(tr("Take previews, notes and info files along"))
        self._sidecars.toggled.connect(self.sidecars_chosen)
        row = QHBoxLayout()
        row.addWidget(self._sidecars)
        row.addStretch(1)
        self._add_part(tr("Dragging and copying"), tr("Hold Alt during a drag for the opposite."), row)

    def _build_rest(self) -> None:
        folders = _button(tr("Show folders…"))
        folders.clicked.connect(self.folders_asked)
        row = QHBoxLayout()
        row.addWidget(folders)
        row.addStretch(1)
        self._add_part(tr("Folders"), tr("Where models are looked for."), row)
        self._data = ElidedLabel("muted", Qt.TextElideMode.ElideMiddle)
        opener = _button(tr("Open"))
        opener.clicked.connect(self.data_folder_asked)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._data, 1)
        row.addWidget(opener)
        self._add_part(tr("Data folder"), tr("Index, settings, thumbnails and former previews. Your models are not in it."), row)

    def _build_layout(self) -> None:
        title = _label(tr("Settings"), "title")
        self._grid.setContentsMargins(22, 6, 22, 22)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(18)
        self._grid.setColumnMinimumWidth(0, 190)
        self._grid.setColumnStretch(1, 1)
        head = QHBoxLayout()
        head.setContentsMargins(22, 18, 22, 12)
        head.addWidget(title)
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
        layout.addLayout(self._grid)
        layout.addStretch(1)
        layout.addWidget(foot)

    def _add_part(self, title: str, text: str, controls: QHBoxLayout) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        explained = _label(text, "faint")
        explained.setWordWrap(True)
        words.addWidget(_label(title, "strong"))
        words.addWidget(explained)
        words.addStretch(1)
        row = self._grid.rowCount()
        self._grid.addLayout(words, row, 0)
        self._grid.addLayout(controls, row, 1)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    return button

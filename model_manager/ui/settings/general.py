"""General settings: theme, thumbnails, dragging, previews, folders, and where the program keeps its own data."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSpinBox, QVBoxLayout

from model_manager.core.words import tr
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.settings.page import SettingsPage, button, label, row_of, spin

CACHE_MB = (64, 65_536)
PREVIEW_EDGES, PREVIEW_KB, PREVIEW_QUALITIES = (256, 4096), (50, 20_000), (50, 100)
MEGABYTE = 1_000_000


class GeneralPage(SettingsPage):
    """Setters do not emit. Sizes of the thumbnail cache are in MB of 1,000,000 bytes."""

    theme_chosen = Signal(str)
    cache_size_chosen = Signal(int)
    clear_cache_asked = Signal()
    sidecars_chosen = Signal(bool)
    format_chosen = Signal(str)  # png or webp
    form_chosen = Signal(str, int)  # one of the settings preview_edge, preview_quality, preview_kb
    backup_asked = Signal()
    restore_asked = Signal()
    folders_asked = Signal()
    data_folder_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._build_theme()
        self._build_cache()
        self._build_sidecars()
        self._build_format()
        self._build_backup()
        self._build_rest()

    def set_theme(self, name: str) -> None:
        """Show the theme in use: dark, light or system."""
        for one in self._themes.buttons():
            one.setChecked(one.objectName() == name)

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

    def set_format(self, name: str, edge: int, quality: int, kilobytes: int) -> None:
        """Show how new previews are written: png or webp, pixels of the longest side, quality of a WebP, size at most."""
        for one in self._formats.buttons():
            one.setChecked(one.objectName() == name)
        for field, value in ((self._edge, edge), (self._quality, quality), (self._most, kilobytes)):
            with QSignalBlocker(field):
                field.setValue(value)
        self._quality.setEnabled(name == "webp")

    def set_data_folder(self, path: str) -> None:
        """Show where the index, the settings and the thumbnails lie."""
        self._data.show_text(path)

    def _build_theme(self) -> None:
        names = (("system", tr("System"), "contrast"), ("light", tr("Light"), "sun"), ("dark", tr("Dark"), "moon"))
        self._themes, row = self.choice(names, self.theme_chosen)
        self.add_part(tr("Theme"), tr("System follows your desktop."), row)

    def _build_format(self) -> None:
        self._formats, row = self.choice((("png", tr("PNG"), ""), ("webp", tr("WebP"), "")), self.format_chosen)
        self._edge = self._form_field("preview_edge", PREVIEW_EDGES, 128, tr(" px"), tr("Longest side of new previews in pixels"))
        self._most = self._form_field("preview_kb", PREVIEW_KB, 100, tr(" kB"), tr("Size of new previews at most, in kB"))
        self._quality = self._form_field("preview_quality", PREVIEW_QUALITIES, 2, tr(" %"), tr("Quality of WebP"))
        self.format_chosen.connect(lambda name: self._quality.setEnabled(name == "webp"))
        fields = QGridLayout()
        fields.setHorizontalSpacing(10)
        fields.setVerticalSpacing(8)
        named = ((tr("Longest side"), self._edge), (tr("At most"), self._most), (tr("Quality of WebP"), self._quality))
        for place, (text, field) in enumerate(named):
            fields.addWidget(label(text, "muted"), place, 0)
            fields.addWidget(field, place, 1)
        fields.setColumnStretch(2, 1)
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addLayout(row)
        column.addLayout(fields)
        explained = tr("How new previews are written. Every tool reads PNG; WebP is about a fifth of its size.")
        self.add_part(tr("Previews"), explained, column)

    def _form_field(self, name: str, limits: tuple[int, int], step: int, suffix: str, told: str) -> QSpinBox:
        field = spin(*limits, step, suffix, told)
        field.valueChanged.connect(lambda value: self.form_chosen.emit(name, value))
        return field

    def _build_backup(self) -> None:
        make, restore = button(tr("Back up…")), button(tr("Restore a backup…"))
        make.clicked.connect(self.backup_asked)
        restore.clicked.connect(self.restore_asked)
        explained = tr("All previews and sidecars in one file. Models are not in it.")
        self.add_part(tr("Backup"), explained, row_of(make, restore))

    def _build_cache(self) -> None:
        self._limit = spin(*CACHE_MB, 256, tr(" MB"), tr("Largest size of the thumbnail cache in MB"))
        self._limit.valueChanged.connect(self.cache_size_chosen)
        self._used = label("", "muted")
        self._clear = button(tr("Clear"))
        self._clear.clicked.connect(self.clear_cache_asked)
        row = row_of(self._limit, self._used)
        row.addWidget(self._clear)
        self.add_part(tr("Thumbnails"), tr("Small copies of your previews. They are made anew when needed."), row)

    def _build_sidecars(self) -> None:
        self._sidecars = QCheckBox(tr("Take previews, notes and info files along"))
        self._sidecars.toggled.connect(self.sidecars_chosen)
        self.add_part(tr("Dragging and copying"), tr("Hold Alt during a drag for the opposite."), row_of(self._sidecars))

    def _build_rest(self) -> None:
        folders = button(tr("Show folders…"))
        folders.clicked.connect(self.folders_asked)
        self.add_part(tr("Folders"), tr("Where models are looked for."), row_of(folders))
        self._data = ElidedLabel("muted", Qt.TextElideMode.ElideMiddle)
        opener = button(tr("Open"))
        opener.clicked.connect(self.data_folder_asked)
        row = row_of(stretches=False)
        row.addWidget(self._data, 1)
        row.addWidget(opener)
        self.add_part(tr("Data folder"), tr("Index, settings, thumbnails and earlier previews. Your models are not in it."), row)

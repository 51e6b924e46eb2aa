"""Settings of downloads and of what is written beside a model."""

from collections.abc import Collection

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout

from model_manager.core.settings import COMPATIBLE
from model_manager.core.words import tr
from model_manager.ui.settings.page import SettingsPage, label, no_limit, row_of, spin

AT_ONCE = (1, 16)
MEGABYTE_KB = 1000
MOST_MB = 10_000


def readers() -> dict[str, str]:
    """Who reads each kind of sidecar."""
    return {
        "civitai.info": tr("Civitai Helper and many A1111 extensions"),
        "cm-info.json": tr("Stability Matrix"),
        "metadata.json": tr("Lora Manager"),
        "json": tr("A1111 and Forge"),
    }


class DownloadsPage(SettingsPage):
    """Setters do not emit."""

    at_once_chosen = Signal(int)
    speed_chosen = Signal(int)  # kB a second, 0 for no limit
    template_chosen = Signal(str)
    compatible_chosen = Signal(list)
    videos_chosen = Signal(bool)
    clipboard_chosen = Signal(bool)
    handler_chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._build_speed()
        self._build_template()
        self._build_compatible()
        self._build_videos()
        self._build_links()

    def set_speed(self, at_once: int, kb_a_second: int) -> None:
        """Show how many downloads run at once and how fast all of them together may be."""
        for field, value in ((self._at_once, at_once), (self._speed, round(kb_a_second / MEGABYTE_KB))):
            with QSignalBlocker(field):
                field.setValue(value)

    def set_template(self, text: str, problem: str = "") -> None:
        """Show the sub-folder's template and what is wrong with it."""
        with QSignalBlocker(self._template):
            if self._template.text() != text and not self._template.hasFocus():
                self._template.setText(text)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def set_compatible(self, names: Collection[str]) -> None:
        """Show which other sidecars are written."""
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in names)

    def set_links(self, watches_clipboard: bool, handles_links: bool | None) -> None:
        """Show whether copied links are noticed, and whether a browser gives us links (None: this system cannot)."""
        for box, is_on in ((self._clipboard, watches_clipboard), (self._handler, bool(handles_links))):
            with QSignalBlocker(box):
                box.setChecked(is_on)
        self._handler.setEnabled(handles_links is not None)

    def _build_speed(self) -> None:
        self._at_once = spin(*AT_ONCE, 1, "", tr("Downloads at once"))
        self._at_once.valueChanged.connect(self.at_once_chosen)
        self._speed = spin(0, MOST_MB, 1, tr(" MB/s"), tr("Most of your connection in MB a second"))
        self._speed.setSpecialValueText(no_limit())
        self._speed.valueChanged.connect(lambda value: self.speed_chosen.emit(value * MEGABYTE_KB))
        self.add_part(tr("Downloads at once"), tr("The others wait in their order."), row_of(self._at_once))
        self.add_part(tr("Speed"), tr("All downloads together."), row_of(self._speed))

    def _build_template(self) -> None:
        self._template = QLineEdit()
        self._template.setPlaceholderText(tr("None: models go into the folder of their type"))
        self._template.setAccessibleName(tr("Template for the sub-folder of downloads"))
        self._template.textEdited.connect(self.template_chosen)
        self._problem = label("", "bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        column = QVBoxLayout()
        column.addWidget(self._template)
        column.addWidget(self._problem)
        column.addStretch(1)
        self.add_part(tr("Sub-folder"), tr("For example {example}.", example="{base_model}/{author}"), column)

    def _build_compatible(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(6)
        self._boxes = {name: QCheckBox(tr("{file} for {who}", file=f".{name}", who=readers()[name])) for name in COMPATIBLE}
        for box in self._boxes.values():
            box.toggled.connect(self._on_compatible)
            column.addWidget(box)
        explained = tr(".info and .md are always written. Turn these on if you use those tools with the same models.")
        self.add_part(tr("Also write details for"), explained, column)

    def set_videos(self, are_taken: bool) -> None:
        """Show whether example videos are kept."""
        with QSignalBlocker(self._videos):
            self._videos.setChecked(are_taken)

    def _build_videos(self) -> None:
        self._videos = QCheckBox(tr("Keep an example video beside the model"))
        self._videos.toggled.connect(self.videos_chosen)
        self.add_part(tr("Videos"), tr("Several tools show it in place of the picture."), row_of(self._videos))

    def _build_links(self) -> None:
        self._clipboard = QCheckBox(tr("Offer a download when I copy a link to a model"))
        self._clipboard.toggled.connect(self.clipboard_chosen)
        self._handler = QCheckBox(tr("Open comfy-models:// links of the browser here"))
        self._handler.toggled.connect(self.handler_chosen)
        column = QVBoxLayout()
        column.setSpacing(6)
        for box in (self._clipboard, self._handler):
            column.addWidget(box)
        self.add_part(tr("Links"), tr("Nothing is loaded before you say so."), column)

    def _on_compatible(self) -> None:
        self.compatible_chosen.emit([name for name, box in self._boxes.items() if box.isChecked()])

"""Settings of the sites: keys, what may be shown, and where the sites are reached."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout

from model_manager.core.online.records import CIVITAI, EVERYTHING, HUGGING_FACE, PG, PG13, SITE_NAMES, R, X
from model_manager.core.words import tr
from model_manager.ui.settings.key_row import KeyRow
from model_manager.ui.settings.page import SettingsPage, label


def levels() -> tuple[tuple[int, str], ...]:
    """What may be shown, as (bits, words)."""
    return (
        (PG, tr("Safe for everybody (PG)")),
        (PG | PG13, tr("Mild (PG-13)")),
        (PG | PG13 | R, tr("Mature (R)")),
        (PG | PG13 | R | X, tr("Adult (X)")),
        (EVERYTHING, tr("Everything (XXX)")),
    )


class OnlinePage(SettingsPage):
    """Setters do not emit."""

    level_chosen = Signal(int)
    place_chosen = Signal(str, str)  # civitai, huggingface or proxy; an address, "" for the usual one

    def __init__(self) -> None:
        super().__init__()
        self.keys = {site: KeyRow(site) for site in (CIVITAI, HUGGING_FACE)}
        for site, row in self.keys.items():
            column = QVBoxLayout()
            column.addWidget(row)
            self.add_part(tr("{site} key", site=SITE_NAMES[site]), self._why(site), column)
        self._build_level()
        self._build_places()

    def set_level(self, level: int) -> None:
        """Show up to which level pictures and models are shown."""
        with QSignalBlocker(self._level):
            found = [place for place, (bits, _) in enumerate(levels()) if bits & level == bits]
            self._level.setCurrentIndex(found[-1] if found else 0)

    def set_places(self, civitai: str, huggingface: str, proxy: str) -> None:
        """Show where the sites are reached."""
        for name, text in (("civitai", civitai), ("huggingface", huggingface), ("proxy", proxy)):
            if not self._places[name].hasFocus():
                self._places[name].setText(text)

    def set_overridden(self, variables: Mapping[str, tuple[str, str]]) -> None:
        """Show addresses that the environment sets and that cannot be changed here: site -> (name of the variable, address)."""
        for name, (variable, address) in variables.items():
            self._places[name].setText(address)
            self._places[name].setReadOnly(True)
            self._notes[name].setText(tr("Set by {variable}.", variable=variable))
            self._notes[name].show()

    def _on_place(self, name: str) -> None:
        if not self._places[name].isReadOnly():
            self.place_chosen.emit(name, self._places[name].text().strip())

    @staticmethod
    def _why(site: str) -> str:
        if site == CIVITAI:
            return tr("Most downloads of Civitai need one. It stays in the keychain of your system.")
        return tr("For models you had to ask for. It stays in the keychain of your system.")

    def _build_level(self) -> None:
        self._level = QComboBox()
        for bits, words in levels():
            self._level.addItem(words, bits)
        self._level.setAccessibleName(tr("Up to which level models and pictures are shown"))
        self._level.currentIndexChanged.connect(lambda _: self.level_chosen.emit(self._level.currentData()))
        column = QVBoxLayout()
        column.addWidget(self._level)
        column.addStretch(1)
        self.add_part(tr("Adult content"), tr("In the online search and for previews."), column)

    def _build_places(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        self._places: dict[str, QLineEdit] = {}
        self._notes: dict[str, QLabel] = {}
        hints = {"civitai": "https://civitai.com", "huggingface": "https://huggingface.co", "proxy": tr("As your system says")}
        for number, name in enumerate(hints):
            field = self._places[name] = QLineEdit()
            field.setPlaceholderText(hints[name])
            words = {"civitai": tr("Civitai"), "huggingface": tr("Hugging Face"), "proxy": tr("Proxy")}[name]
            field.setAccessibleName(words)
            field.editingFinished.connect(partial(self._on_place, name))
            note = self._notes[name] = label("", "faint")
            note.hide()
            grid.addWidget(label(words, "muted"), 2 * number, 0)
            grid.addWidget(field, 2 * number, 1)
            grid.addWidget(note, 2 * number + 1, 1)
        self.add_part(tr("Addresses"), tr("Only for mirrors. Leave them empty otherwise."), grid)

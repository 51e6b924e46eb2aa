"""The line of choices below the search field: type, base model, order, time, level; and what else narrows the search, to be taken away.

Part of the browser page. Setters do not emit.
"""

from collections.abc import Iterable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton

from model_manager.core.online.records import BASE_MODELS, Search
from model_manager.core.words import tr
from model_manager.ui.browse.words import period_words, sort_words, type_words
from model_manager.ui.settings.online import levels
from model_manager.ui.theme import dress

SETTINGS = -1  # in place of a level: the way to the settings
SEEN = 18  # lines of an open list


class Filters(QFrame):
    """All choices but the text."""

    changed = Signal()
    settings_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self._tag = self._author = ""
        self.types = _choice(tr("Type"), [("", tr("All types")), *type_words().items()])
        self.bases = _choice(tr("Base model"), [("", tr("All base models"))])
        self.sorts = _choice(tr("Order"), sort_words().items())
        self.periods = _choice(tr("Time"), period_words().items())
        self.levels = _choice(tr("What may be shown"), [])
        self.set_base_models(BASE_MODELS)
        self.tag, self.author = QPushButton(), QPushButton()
        for button, sort in ((self.tag, "tag"), (self.author, "author")):
            button.setProperty("role", "filter")
            button.setObjectName(sort)
            button.setToolTip(tr("Search without it"))
            dress(button, "close", 12, "accent")
            button.clicked.connect(lambda _=False, sort=sort: self._drop(sort))
            button.hide()
        self._build_layout()
        for choice in (self.types, self.bases, self.sorts, self.periods):
            choice.activated.connect(lambda _: self.changed.emit())
        self.levels.activated.connect(self._on_level)

    def _build_layout(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(8)
        for choice in (self.types, self.bases, self.sorts, self.periods, self.levels):
            row.addWidget(choice)
        row.addWidget(self.author)
        row.addWidget(self.tag)
        row.addStretch(1)

    def set_base_models(self, names: Iterable[str]) -> None:
        """Offer these base models; the chosen one stays."""
        chosen = str(self.bases.currentData() or "")
        with QSignalBlocker(self.bases):
            self.bases.clear()
            self.bases.addItem(tr("All base models"), "")
            for name in dict.fromkeys([*names, *([chosen] if chosen else [])]):
                self.bases.addItem(name, name)
            self.bases.setCurrentIndex(max(0, self.bases.findData(chosen)))

    def set_ceiling(self, ceiling: int, level: int) -> None:
        """Offer levels up to what the settings allow, with `level` (or the highest below it) chosen."""
        with QSignalBlocker(self.levels):
            self.levels.clear()
            allowed = [(bits, words) for bits, words in levels() if bits & ceiling == bits] or levels()[:1]
            for bits, words in allowed:
                self.levels.addItem(words, bits)
            chosen = [place for place, (bits, _) in enumerate(allowed) if bits & level == bits]
            self._level_row = chosen[-1] if chosen else len(allowed) - 1
            self.levels.setCurrentIndex(self._level_row)
            self.levels.insertSeparator(len(allowed))
            self.levels.addItem(tr("Change in the settings…"), SETTINGS)

    def show_more(self, tag: str = "", author: str = "") -> None:
        """Narrow the search to a tag or an author."""
        self._tag, self._author = tag, author
        for button, text in ((self.tag, f"#{tag}" if tag else ""), (self.author, tr("by {author}", author=author) if author else "")):
            button.setText(f" {text}")
            button.setAccessibleName(tr("Search without {what}", what=text))
            button.setVisible(bool(text))

    def clear(self) -> None:
        """Take all but order, time and level away."""
        self.types.setCurrentIndex(0)
        self.bases.setCurrentIndex(0)
        self.show_more()

    @property
    def is_narrow(self) -> bool:
        """True when types, base model, tag or author narrow the search."""
        return bool(self.types.currentData() or self.bases.currentData() or self._tag or self._author)

    def search(self, text: str) -> Search:
        """All choices together with a text."""
        type_, base = str(self.types.currentData() or ""), str(self.bases.currentData() or "")
        return Search(
            text, (type_,) if type_ else (), (base,) if base else (), str(self.sorts.currentData()), str(self.periods.currentData()),
            int(self.levels.currentData()), self._tag, self._author,
        )  # fmt: skip

    def set_search(self, search: Search) -> None:
        """Show the order and time of a search."""
        for choice, value in ((self.sorts, search.sort), (self.periods, search.period)):
            choice.setCurrentIndex(max(0, choice.findData(value)))

    def _drop(self, sort: str) -> None:
        self.show_more("" if sort == "tag" else self._tag, "" if sort == "author" else self._author)
        self.changed.emit()

    def _on_level(self, row: int) -> None:
        if self.levels.itemData(row) == SETTINGS:
            self.levels.setCurrentIndex(self._level_row)
            self.settings_asked.emit()
            return
        self._level_row = row
        self.changed.emit()


class _Choice(QComboBox):
    """A list that gives way: its words are cut before the line gets too long."""

    def minimumSizeHint(self) -> QSize:
        return QSize(86, super().minimumSizeHint().height())


def _choice(name: str, items: Iterable[tuple[str, str]]) -> QComboBox:
    choice = _Choice()
    choice.setAccessibleName(name)
    choice.setToolTip(name)
    choice.setMaxVisibleItems(SEEN)
    choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for value, words in items:
        choice.addItem(words, value)
    return choice

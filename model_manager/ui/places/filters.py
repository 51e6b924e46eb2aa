"""The strip above the list of folders: search, what is to be shown of them, and their order.

Part of the page of folders. Tells a whole `Wish` whenever something is chosen.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLineEdit, QMenu, QPushButton

from model_manager.bridge.places import OFF, PlaceRow, Wish
from model_manager.core.library.kinds import label
from model_manager.core.words import tr, trn
from model_manager.ui.places.words import group_words, sort_words, state_words
from model_manager.ui.theme import dress

NEEDS = "needs"


class Filters(QFrame):
    """The strip. `wish` is what is chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "strip")
        self.wish = Wish()
        self._rows: Sequence[PlaceRow] = ()
        self._build()
        self.show_rows(())

    def show_rows(self, rows: Sequence[PlaceRow]) -> None:
        """Count what the chips stand for, and keep for the menus what there is to choose."""
        self._rows = rows
        needy, off = sum(row.needs_attention for row in rows), sum(row.state == OFF for row in rows)
        self.all.setText(tr("All {count}", count=f"{len(rows):,}"))
        self.needy.setText(trn("{count} needs attention", "{count} need attention", needy))
        self.off.setText(tr("Switched off {count}", count=f"{off:,}"))
        self.needy.setEnabled(needy > 0 or self.needy.isChecked())
        self.off.setVisible(off > 0 or self.off.isChecked())
        self._show_filter()

    def clear(self) -> None:
        """Show all folders again."""
        self.field.clear()
        self.all.setChecked(True)
        self._choose(text="", state="", drive="", install="", kind="")

    def _choose(self, **values: str) -> None:
        self.wish = replace(self.wish, **values)
        self._show_filter()
        self.changed.emit()

    def _show_filter(self) -> None:
        wish = self.wish
        chosen = [*filter(None, (wish.drive, wish.install, label(wish.kind) if wish.kind else ""))]
        if wish.state and wish.state not in (NEEDS, OFF):
            chosen.append(state_words()[wish.state][0])
        self.filter.setText(f" {tr('Filter')} · {len(chosen)}" if chosen else f" {tr('Filter')}")
        self.filter.setToolTip(", ".join(chosen))
        dress(self.filter, "filter", tone="accent" if chosen else "muted")

    def _build(self) -> None:
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("Search folders"))
        self.field.setAccessibleName(tr("Search folders"))
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(150)
        self.field.setMaximumWidth(320)
        self.field.textChanged.connect(lambda text: self._choose(text=text))
        self.all, self.needy, self.off = QPushButton(), QPushButton(), QPushButton()
        group = QButtonGroup(self)
        for chip, state in ((self.all, ""), (self.needy, NEEDS), (self.off, OFF)):
            chip.setCheckable(True)
            chip.setProperty("role", "filter")
            group.addButton(chip)
            chip.clicked.connect(lambda _=False, state=state: self._choose(state=state))
        self.all.setChecked(True)
        self.filter, self.sort = QPushButton(), QPushButton(f" {tr('Order')}")
        dress(self.sort, "sort", tone="muted")
        for button, fill in ((self.filter, self._fill_filter), (self.sort, self._fill_sort)):
            menu = QMenu(button)
            menu.aboutToShow.connect(lambda menu=menu, fill=fill: self._refill(menu, fill))
            button.setMenu(menu)
            button.setProperty("menu", "yes")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(6)
        row.addWidget(self.field, 1)
        row.addSpacing(6)
        for chip in (self.all, self.needy, self.off):
            row.addWidget(chip)
        row.addStretch(1)
        row.addWidget(self.filter)
        row.addWidget(self.sort)

    @staticmethod
    def _refill(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
        menu.clear()
        fill(menu)

    def _fill_filter(self, menu: QMenu) -> None:
        rows, words = self._rows, state_words()
        states = [(state, words[state][0]) for state in words if any(row.state == state for row in rows)]
        drives = [(path, path) for path in dict.fromkeys(row.drive.path for row in rows) if path]
        installs = [(path, path) for path in dict.fromkeys(row.install for row in rows) if path]
        kinds = [(kind, label(kind)) for kind in dict.fromkeys(row.kind for row in rows)]
        for name, title, choices in (
            ("state", tr("State"), states), ("drive", tr("Drive"), drives), ("install", tr("Program"), installs),
            ("kind", tr("Type"), kinds),
        ):  # fmt: skip
            self._add_choices(menu.addMenu(title), name, [("", tr("All")), *choices])
        menu.addSeparator()
        menu.addAction(tr("Show all folders")).triggered.connect(self.clear)

    def _fill_sort(self, menu: QMenu) -> None:
        self._add_choices(menu, "sort", list(sort_words().items()))
        menu.addSection(tr("Grouped by"))
        self._add_choices(menu, "group", list(group_words().items()))

    def _add_choices(self, menu: QMenu, name: str, choices: Sequence[tuple[str, str]]) -> None:
        group = QActionGroup(menu)
        for value, words in choices:
            action = QAction(words.replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(getattr(self.wish, name) == value)
            action.triggered.connect(lambda _=False, value=value: self._pick(name, value))
            group.addAction(action)
            menu.addAction(action)

    def _pick(self, name: str, value: str) -> None:
        if name == "state":
            (self.off if value == OFF else self.all).setChecked(True)
        self._choose(**{name: value})

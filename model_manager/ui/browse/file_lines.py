"""The files of a version, to be read: a name, and below it size, precision and what the scan says.

Part of the panel of a result and of the page of updates; nothing is chosen here.
"""

from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from model_manager.core.online.records import Group
from model_manager.core.words import trn
from model_manager.ui.details.parts import set_role, show_if
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.links.file_list import about, scan_words, title
from model_manager.ui.theme import restyle

SHOWN = 8


class FileLines(QWidget):
    """At most so many files; the rest is counted."""

    def __init__(self, shown: int = SHOWN) -> None:
        super().__init__()
        self._most = shown
        self._lines: list[tuple[ElidedLabel, ElidedLabel]] = []
        self._rest = set_role(QLabel(), "faint")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 2)
        self._column.setSpacing(1)
        self._column.addWidget(self._rest)

    def show_groups(self, groups: Sequence[Group]) -> None:
        """Show these files."""
        shown = groups[: self._most]
        while len(self._lines) < len(shown):
            self._add()
        for place, line in enumerate(self._lines):
            for label in line:
                show_if(label, place < len(shown))
            if place < len(shown):
                self._show_line(line, shown[place])
        rest = len(groups) - len(shown)
        self._rest.setText(trn("and {count} more file", "and {count} more files", rest) if rest else "")
        show_if(self._rest, bool(rest))
        show_if(self, bool(groups))

    @staticmethod
    def _show_line(line: tuple[ElidedLabel, ElidedLabel], group: Group) -> None:
        scan, tone = scan_words(group)
        line[0].show_text(title(group))
        line[1].show_text(f"{about(group)} · {scan}" if tone in ("bad", "warn") else about(group))
        line[1].setProperty("role", tone if tone in ("bad", "warn") else "faint")
        restyle(line[1])

    def _add(self) -> None:
        line = ElidedLabel(), ElidedLabel("faint")
        self._lines.append(line)
        for label in line:
            self._column.insertWidget(self._column.count() - 1, label)

"""The Qt model over the library: holds ordered slots only; names, sizes and pictures are asked for row by row.

Used by the grid and the table with one selection. Must never touch disk.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from model_manager.core.amounts import short_size
from model_manager.core.library.arrange import Arrangement, Group
from model_manager.core.library.index import FolderRow
from model_manager.core.library.kinds import label_one
from model_manager.core.library.query import Query
from model_manager.core.library.rows import AWAY, FAVOURITE, Row
from model_manager.core.library.shelf import NOWHERE, Shelf
from model_manager.core.words import tr

Index = QModelIndex | QPersistentModelIndex
IdRole = Qt.ItemDataRole.UserRole + 1
_NOWHERE = QModelIndex()


class PictureKey(NamedTuple):
    """What a thumbnail is made from; a changed file gives a changed key. sort: still, animated, video, embedded.

    number: which of the pictures embedded in a model file; else 0.
    """

    path: str
    mtime_ns: int
    size: int
    sort: str
    number: int


class Card(NamedTuple):
    """All a card shows, already formatted. badge_tone: "", accent, ok, warn, bad. picture None: there is none. colour: of COLOURS."""

    id: int
    name: str
    kind: str
    kind_label: str
    base: str
    size_text: str
    badge: str
    badge_tone: str
    is_favourite: bool
    is_away: bool
    picture: PictureKey | None
    rating: int = 0
    colour: str = ""


Section = Group  # of consecutive rows under one heading; the name views know it by


def _badges() -> dict[str, tuple[str, str]]:
    return {
        "truncated": (tr("Cut off"), "bad"), "zero_filled": (tr("Empty inside"), "bad"), "not_a_model": (tr("Not a model"), "bad"),
        "bad_header": (tr("Broken"), "bad"), "trailing_data": (tr("Extra data"), "bad"), "unreadable": (tr("Not readable"), "bad"),
        "wrong_extension": (tr("Wrong ending"), "warn"), "wrong_folder": (tr("Wrong folder"), "warn"),
        "bad_sidecar": (tr("Broken sidecar"), "warn"),
    }  # fmt: skip


COLUMNS = ("name", "type", "base", "architecture", "size", "modified", "added", "folder", "rating")
SORT_OF = {
    "name": "name", "type": "type", "base": "base", "size": "size", "modified": "modified", "added": "added", "rating": "rating",
}  # fmt: skip


class LibraryModel(QAbstractTableModel):
    """Rows in the order of an Arrangement; a slot's columns are read when a card or cell is painted."""

    sections_changed = Signal()
    order_asked = Signal(str, bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arrangement = Arrangement(Shelf())
        self._badges = _badges()
        self._updates: frozenset[int] = frozenset()
        self._is_together = self._is_resetting = False
        self._titles = {
            "name": tr("Name"), "type": tr("Type"), "base": tr("Base model"), "architecture": tr("Architecture"), "size": tr("Size"),
            "modified": tr("Modified"), "added": tr("Added"), "folder": tr("Folder"), "rating": tr("Rating"),
        }  # fmt: skip

    @property
    def shelf(self) -> Shelf:
        """The columns behind the rows."""
        return self._arrangement.shelf

    @property
    def arrangement(self) -> Arrangement:
        """The order shown; change it through this model only."""
        return self._arrangement

    # changes

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Show another library."""
        with self._resetting():
            self._arrangement = arrangement

    def set_query(self, query: Query) -> None:
        """Show what matches."""
        with self._resetting():
            self._arrangement.set_query(query)

    def set_order(self, sort: str, is_descending: bool, group: str) -> None:
        """Sort and group."""
        with self._resetting():
            self._arrangement.set_order(sort, is_descending, group)

    def change(self, rows: Sequence[Row], gone: Iterable[int] = (), folders: Sequence[FolderRow] = ()) -> None:
        """Add, replace and take away models and their folders; a reset only where the order may change."""
        arrangement, gone = self._arrangement, list(gone)
        is_known = any(folder.id in arrangement.shelf.folders for folder in folders)
        if not gone and not is_known and all(map(arrangement.keeps_place, rows)):
            for row in rows:
                arrangement.shelf.put(row)
            if rows and self.rowCount() and not self._is_resetting:
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(COLUMNS) - 1))
            return
        with self._resetting():
            arrangement.set_folders(folders)
            arrangement.drop(gone)
            arrangement.put(rows)

    def set_updates(self, ids: frozenset[int]) -> None:
        """Mark the models for which there is a newer version."""
        if ids != self._updates:
            self._updates = ids
            if self.rowCount():
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(COLUMNS) - 1))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have the views told of several calls of `change` as of one. Not within another."""
        self._is_together = True
        try:
            with self._arrangement.together():
                yield
        finally:
            self._is_together = False
            if self._is_resetting:
                self._end_reset()

    @contextmanager
    def _resetting(self) -> Iterator[None]:
        if not self._is_resetting:
            self._is_resetting = True
            self.beginResetModel()
        try:
            yield
        finally:
            if not self._is_together:
                self._end_reset()

    def _end_reset(self) -> None:
        self._is_resetting = False
        self.endResetModel()
        self.sections_changed.emit()

    # questions

    def card(self, row: int) -> Card:
        """All that the card at `row` shows."""
        arrangement = self._arrangement
        shelf, slot = arrangement.shelf, arrangement.slot_at(row)
        flags, kind = shelf.flags[slot], shelf.kind[slot]
        is_away = bool(flags & AWAY)
        badge, tone = (tr("Away"), "") if is_away else self._badges.get(shelf.problem[slot], ("", ""))
        if not badge and shelf.ids[slot] in self._updates:
            badge, tone = tr("Update"), "accent"
        return Card(
            shelf.ids[slot], shelf.name(slot), kind, label_one(kind), shelf.base[slot] or shelf.architecture[slot],
            short_size(shelf.size[slot]), badge, tone, bool(flags & FAVOURITE), is_away, self._picture(slot),
            shelf.rating[slot], shelf.colour[slot],
        )  # fmt: skip

    def _picture(self, slot: int) -> PictureKey | None:
        shelf = self._arrangement.shelf
        sort = shelf.preview_sort[slot]
        if not sort:
            return None
        path = shelf.real_path(slot) if sort == "embedded" else os.path.join(
            shelf.folders[shelf.folder[slot]].path, shelf.preview_name(slot)
        )  # fmt: skip
        return PictureKey(path, shelf.preview_mtime_ns[slot], shelf.preview_size[slot], sort, 0)

    def picture_of(self, id_: int) -> PictureKey | None:
        """The picture of a model, also of one that is not shown now; None when it has none or is not here."""
        slot = self.shelf.slot(id_)
        return None if slot == NOWHERE else self._picture(slot)

    def id_at(self, row: int) -> int:
        """The id of the model at a row."""
        return int(self._arrangement.shelf.ids[self._arrangement.slot_at(row)])

    def row_of(self, id_: int) -> int:
        """The row of a model, -1 when it is not shown."""
        return self._arrangement.row_of(id_)

    def sections(self) -> tuple[Section, ...]:
        """The groups, empty when the list is not grouped; the same object until they change."""
        return self._arrangement.groups

    # Qt

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._arrangement.slots)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid() or index.row() >= len(self._arrangement.slots):
            return None
        slot, column = self._arrangement.slot_at(index.row()), COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(slot, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(column))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.shelf.path(slot)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._text(slot, name) for name in ("name", "type", "base", "size") if self._text(slot, name))
        if role == IdRole:
            return self.shelf.ids[slot]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[COLUMNS[section]]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(COLUMNS[section]))
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """The header of the table was clicked; the session decides."""
        if 0 <= column < len(COLUMNS) and COLUMNS[column] in SORT_OF:
            self.order_asked.emit(SORT_OF[COLUMNS[column]], order == Qt.SortOrder.DescendingOrder)

    def _text(self, slot: int, column: str) -> str:
        shelf = self.shelf
        if column == "name":
            return shelf.name(slot)
        if column == "type":
            return label_one(shelf.kind[slot])
        if column == "base":
            return shelf.base[slot]
        if column == "architecture":
            return shelf.architecture[slot]
        if column == "size":
            return short_size(shelf.size[slot])
        if column == "rating":
            return "★" * shelf.rating[slot]
        if column == "folder":
            way = shelf.folders[shelf.folder[slot]].ways[0]
            return os.path.basename(way.root) + way.path[len(way.root) :]
        seconds = shelf.added[slot] if column == "added" else shelf.mtime_ns[slot] / 1e9
        return _day(seconds)


def _alignment(column: str) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignVCenter | (Qt.AlignmentFlag.AlignRight if column == "size" else Qt.AlignmentFlag.AlignLeft)


def _day(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):  # clocks of foreign drives tell any time
        return ""

"""Which models are selected, by id, also across a new search or order.

Made by the main window over the selection model that grid and table share. A reset of the rows empties Qt's selection; this puts it
back for the models that are still shown. Select-all of a large library stays a single range and is never listed.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange, QObject, QTimer, Signal

from model_manager.bridge.library_model import LibraryModel

KEPT = 2_000  # a larger selection is not carried over a reset


class Selection(QObject):
    """The ids behind a selection model."""

    changed = Signal()

    def __init__(self, selected: QItemSelectionModel, model: LibraryModel) -> None:
        super().__init__(selected)
        self._selected, self._model = selected, model
        self._kept: list[int] = []
        self._all_kept = -1  # number of rows when all of many were selected
        self._current = -1
        self._is_resetting = False
        self._teller = QTimer(self, singleShot=True, interval=0)
        self._teller.timeout.connect(self.changed)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)
        selected.selectionChanged.connect(self._on_changed)

    def ids(self, most: int = 1_000_000) -> list[int]:
        """The selected ids in the order shown, at most `most` of them."""
        arrangement, found = self._model.arrangement, list[int]()
        for first, last in self._runs():
            last = min(last, first + most - len(found) - 1)
            found += map(arrangement.shelf.ids.__getitem__, arrangement.slots_between(first, last))
            if len(found) >= most:
                break
        return found

    def total(self) -> tuple[int, int]:
        """Number and size in bytes of what is selected."""
        count = size = 0
        arrangement = self._model.arrangement
        for first, last in self._runs():
            count += last - first + 1
            if last - first + 1 == len(arrangement.shelf):
                return count, arrangement.shelf.total_size
            size += sum(map(arrangement.shelf.size.__getitem__, arrangement.slots_between(first, last)))
        return count, size

    def select(self, rows: Iterable[int]) -> None:
        """Select these rows in place of all others."""
        selection, last = QItemSelection(), self._model.columnCount() - 1
        for first, end in _joined(rows if isinstance(rows, range) else sorted(rows)):
            selection.select(self._model.index(first, 0), self._model.index(end, last))
        self._selected.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def select_ids(self, ids: Sequence[int]) -> int:
        """Select the models with these ids that are shown; the first row, -1 when none is."""
        rows = sorted(self._model.arrangement.rows_of(ids))
        row = self._go_to(rows[0]) if rows else -1
        self.select(rows)
        return row

    def select_path(self, path: str) -> int:
        """Select the model that lies at a path; its row, -1 when it is not shown."""
        shelf, name = self._model.shelf, os.path.basename(path)
        slots = (slot for slot in shelf.slots() if shelf.file[slot] == name)
        id_ = next((shelf.ids[slot] for slot in slots if path in (shelf.path(slot), shelf.real_path(slot))), -1)
        row = self._model.row_of(id_) if id_ >= 0 else -1
        return self._go_to(row)

    def select_name(self, name: str) -> int:
        """Select the first model with this name or file name; its row, -1 when it is not shown."""
        model, wanted = self._model, name.casefold()
        for row in range(model.rowCount()):
            slot = model.arrangement.slot_at(row)
            if wanted in (model.shelf.name(slot).casefold(), model.shelf.file[slot].casefold()):
                return self._go_to(row)
        return -1

    def _go_to(self, row: int) -> int:
        if row >= 0:
            self.select([row])
            self._selected.setCurrentIndex(self._model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        return row

    def _runs(self) -> Iterator[tuple[int, int]]:
        """The selected rows as (first, last), from the top down."""
        parts = cast(Iterable[QItemSelectionRange], self._selected.selection())
        yield from sorted({(part.top(), part.bottom()) for part in parts})

    def _on_changed(self) -> None:
        if not self._is_resetting:
            self._teller.start()

    def _on_about_to_reset(self) -> None:
        if self._is_resetting:
            return
        self._is_resetting = True
        self._kept = self.ids(KEPT + 1)
        runs, rows = list(self._runs()), self._model.rowCount()
        self._all_kept = rows if len(self._kept) > KEPT and runs == [(0, rows - 1)] else -1
        current = self._selected.currentIndex()
        self._current = self._model.id_at(current.row()) if current.isValid() else -1

    def _on_reset(self) -> None:
        rows: Iterable[int] = ()
        if 0 < len(self._kept) <= KEPT:
            rows = self._model.arrangement.rows_of(self._kept)
        elif self._all_kept == self._model.rowCount():
            rows = range(self._all_kept)
        row = self._model.row_of(self._current) if self._current >= 0 else -1
        if row >= 0:
            self._selected.setCurrentIndex(self._model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.select(rows)
        self._is_resetting = False
        if self._kept and {*self._kept} != {*self.ids(KEPT + 1)}:
            self._teller.start()


def _joined(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, last)."""
    if isinstance(rows, range):
        return [(rows.start, rows.stop - 1)] if rows else []
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found

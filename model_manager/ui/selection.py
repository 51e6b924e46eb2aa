"""Which models are selected, by id, also across a new search or order.

Made by the main window over the selection model that grid and table share. A reset of the rows empties Qt's selection; this puts it
back for the models that are still shown. Select-all of a large library stays a single range and is never listed.
"""

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, QTimer, Signal

from model_manager.bridge.library_model import LibraryModel

KEPT = 2_000  # a larger selection is not carried over a reset


class Selection(QObject):
    """The ids behind a selection model."""

    changed = Signal()

    def __init__(self, selected: QItemSelectionModel, model: LibraryModel) -> None:
        super().__init__(selected)
        self._selected, self._model = selected, model
        self._kept: list[int] = []
        self._current = -1
        self._is_resetting = False
        self._teller = QTimer(self, singleShot=True, interval=0)
        self._teller.timeout.connect(self.changed)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)
        selected.selectionChanged.connect(self._on_changed)

    def ids(self, most: int = 1_000_000) -> list[int]:
        """The selected ids in the order shown, at most `most` of them."""
        found: list[int] = []
        for part in self._selected.selection():
            for row in range(part.top(), part.bottom() + 1):
                if len(found) >= most:
                    return found
                found.append(self._model.id_at(row))
        return found

    def total(self) -> tuple[int, int]:
        """Number and size in bytes of what is selected."""
        count = size = 0
        arrangement = self._model.arrangement
        for part in self._selected.selection():
            count += part.bottom() - part.top() + 1
            if part.bottom() - part.top() + 1 == len(arrangement.slots) == len(arrangement.shelf):
                return count, arrangement.shelf.total_size
            size += sum(arrangement.shelf.size[arrangement.slot_at(row)] for row in range(part.top(), part.bottom() + 1))
        return count, size

    def _on_changed(self) -> None:
        if not self._is_resetting:
            self._teller.start()

    def _on_about_to_reset(self) -> None:
        if self._is_resetting:
            return
        self._is_resetting = True
        self._kept = self.ids(KEPT + 1)
        current = self._selected.currentIndex()
        self._current = self._model.id_at(current.row()) if current.isValid() else -1

    def _on_reset(self) -> None:
        selection = QItemSelection()
        if len(self._kept) <= KEPT:
            last = self._model.columnCount() - 1
            for first, end in _runs(sorted(row for row in map(self._model.row_of, self._kept) if row >= 0)):
                selection.select(self._model.index(first, 0), self._model.index(end, last))
        row = self._model.row_of(self._current) if self._current >= 0 else -1
        if row >= 0:
            self._selected.setCurrentIndex(self._model.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self._selected.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._is_resetting = False
        if len(selection.indexes()) != len(self._kept):
            self._teller.start()


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, last)."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found

"""The selection by id: it survives new orders and searches, and a large one is never listed."""

import json

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from model_manager.bridge.library_model import LibraryModel
from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.index import FolderRow
from model_manager.core.library.query import parse
from model_manager.core.library.rows import plain_row
from model_manager.core.library.shelf import Shelf
from model_manager.ui import selection as module
from model_manager.ui.selection import Selection

pytestmark = pytest.mark.usefixtures("qapp")
Flag = QItemSelectionModel.SelectionFlag


def library(count: int) -> LibraryModel:
    arrangement = Arrangement(Shelf())
    arrangement.shelf.set_folders([FolderRow(1, "/m/vae", 0, 1, b"", b"", "", json.dumps([["vae", "/m/vae", "/m/vae", False]]))])
    arrangement.shelf.fill([plain_row(id_, 1, f"m{id_}.pt", "vae", (id_ * 7) % 10, 1, 1.0) for id_ in range(1, count + 1)])
    arrangement.refill()
    model = LibraryModel()
    model.set_arrangement(arrangement)
    return model


class Bench:
    def __init__(self, count: int) -> None:
        self.model = library(count)
        self.qt = QItemSelectionModel(self.model)
        self.selection = Selection(self.qt, self.model)
        self.told = QSignalSpy(self.selection.changed)

    def select(self, *ids: int) -> None:
        self.selection.select(map(self.model.row_of, ids))


def test_kept_across_order_and_search(qtbot: QtBot) -> None:
    bench = Bench(10)
    bench.select(2, 3, 9)
    bench.qt.setCurrentIndex(bench.model.index(bench.model.row_of(3), 0), Flag.NoUpdate)
    qtbot.waitUntil(lambda: bench.told.count() == 1)
    bench.model.set_order("size", True, "none")
    assert sorted(bench.selection.ids()) == [2, 3, 9]
    assert bench.selection.ids() == sorted((2, 3, 9), key=bench.model.row_of), "in the order shown"
    assert bench.model.id_at(bench.qt.currentIndex().row()) == 3
    bench.model.set_query(parse("m3"))
    assert bench.selection.ids() == [3]
    qtbot.waitUntil(lambda: bench.told.count() >= 2)


def test_nobody_is_told_when_the_same_models_stay_selected(qtbot: QtBot) -> None:
    bench = Bench(10)
    bench.select(4)
    qtbot.waitUntil(lambda: bench.told.count() == 1)
    bench.model.set_order("name", True, "none")
    bench.model.change([plain_row(77, 1, "new.pt", "vae", 1, 1, 1.0)])
    qtbot.wait(5)
    assert bench.selection.ids() == [4] and bench.told.count() == 1


def test_what_is_gone_is_not_selected(qtbot: QtBot) -> None:
    bench = Bench(5)
    bench.select(2, 4)
    bench.model.change([], [2])
    assert bench.selection.ids() == [4]
    bench.model.change([], [4])
    assert bench.selection.ids() == [] and bench.selection.total() == (0, 0)
    qtbot.waitUntil(lambda: bench.told.count() >= 1)


def test_several_changes_in_one_go_are_told_once(qtbot: QtBot) -> None:
    bench = Bench(50)
    for id_ in range(1, 40):
        bench.select(id_)
    qtbot.waitUntil(lambda: bench.told.count() >= 1)
    qtbot.wait(1)
    assert bench.told.count() == 1


def test_count_and_size(qtbot: QtBot) -> None:
    bench = Bench(10)
    bench.model.set_order("name", True, "none")
    bench.select(1, 2, 3)
    assert bench.selection.total() == (3, 7 + 4 + 1)
    bench.selection.select(range(10))
    assert bench.selection.total() == (10, sum(id_ * 7 % 10 for id_ in range(1, 11)))
    bench.model.set_query(parse("m1"))
    bench.selection.select(range(2))
    assert bench.selection.total() == (2, 7 + 0), "only what is shown"


def test_at_most_as_many_as_asked_for() -> None:
    bench = Bench(10)
    bench.select(1, 2, 5, 6, 7)
    assert bench.selection.ids(0) == []
    assert bench.selection.ids(3) == [1, 2, 5]
    assert len(bench.selection.ids()) == 5


def test_all_of_many_stays_one_range(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(module.KEPT + 500)
    bench.selection.select(range(bench.model.rowCount()))
    assert bench.qt.selection().count() == 1
    bench.model.set_order("size", False, "none")
    assert bench.qt.selection().count() == 1
    assert bench.selection.total()[0] == module.KEPT + 500
    monkeypatch.setattr(module.Selection, "ids", lambda self, most=0: pytest.fail("listed"))
    assert bench.selection.total() == (module.KEPT + 500, bench.model.shelf.total_size)


def test_a_large_part_is_let_go(qtbot: QtBot) -> None:
    bench = Bench(module.KEPT + 500)
    bench.selection.select(range(module.KEPT + 100))
    bench.model.set_order("size", False, "none")
    assert bench.selection.ids() == []
    qtbot.waitUntil(lambda: bench.told.count() >= 1)


def test_neighbours_become_one_range() -> None:
    bench = Bench(100)
    bench.select(*range(10, 60), 80)
    bench.model.set_query(parse("-m999"))
    assert bench.qt.selection().count() == 2

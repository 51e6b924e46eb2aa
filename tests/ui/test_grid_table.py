"""The table beside the grid: same model, same selection, sorting through the model, small pictures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from fake_cards import FakeCards
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from model_manager.bridge.jobs import Runner
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.previews.thumbnail_cache import ThumbnailCache
from model_manager.ui.grid.table import ROW, TableView
from model_manager.ui.grid.view import GridView


@pytest.fixture
def thumbnails(qapp: QApplication, tmp_path: Path) -> Iterator[Thumbnails]:
    runner = Runner()
    yield Thumbnails(runner, ThumbnailCache(tmp_path / "cache"), lambda _path: [], runner)
    assert runner.close()
    shiboken6.delete(runner)  # with the thumbnails below it, here and not by a collection of garbage in a worker


def _table(qtbot: QtBot, thumbnails: Thumbnails, model: FakeCards) -> TableView:
    table = TableView(thumbnails)
    qtbot.addWidget(table)
    table.setModel(model)
    table.resize(1000, 600)
    with qtbot.waitExposed(table):
        table.show()
    return table


def test_rows_have_one_height_and_columns_fit(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    model = FakeCards(100_000)
    model.cards_asked = 0
    table = _table(qtbot, thumbnails, model)
    assert table.rowHeight(0) == table.rowHeight(99_999) == ROW
    heads = table.horizontalHeader()
    assert heads.length() == table.viewport().width()
    assert heads.sectionSize(0) > heads.sectionSize(1) >= 64
    assert model.cards_asked < 3000


def test_columns_get_their_widths_when_the_first_rows_come(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    model = FakeCards(0)
    table = _table(qtbot, thumbnails, model)
    before = table.columnWidth(2)
    model.append(30)
    assert table.columnWidth(2) > before


def test_a_heading_sorts_through_the_model(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    model = FakeCards(50)
    table = _table(qtbot, thumbnails, model)
    assert model.sorted_by is None
    table.show_sort(3, Qt.SortOrder.DescendingOrder)
    assert model.sorted_by is None
    heads = table.horizontalHeader()
    where = QPoint(heads.sectionViewportPosition(2) + 20, 12)
    qtbot.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert model.sorted_by is not None and model.sorted_by[0] == 2


def test_it_shares_the_selection_of_the_grid(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    model = FakeCards(50)
    grid = GridView(thumbnails)
    qtbot.addWidget(grid)
    grid.setModel(model)
    table = _table(qtbot, thumbnails, model)
    table.setSelectionModel(grid.selectionModel())
    table.selectRow(4)
    assert [index.row() for index in grid.selectionModel().selectedRows()] == [4]
    assert grid.currentIndex().row() == 4
    grid.setModel(None)


def test_opening_by_key_and_double_click(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    model = FakeCards(50)
    table = _table(qtbot, thumbnails, model)
    model.show(list(range(200, 250)))
    table.selectRow(2)
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [202]
    with qtbot.waitSignal(table.opened) as opened:
        table.doubleClicked.emit(model.index(3, 1))
    assert opened.args == [203]


def test_small_pictures_come(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    Image.new("RGB", (300, 400), (250, 10, 200)).save(tmp_path / "a.png")
    key = PictureKey(str(tmp_path / "a.png"), 1, 1, "still", 0)
    table = _table(qtbot, thumbnails, FakeCards(30, [key, None]))
    qtbot.waitUntil(lambda: thumbnails.state(key) == "have" and thumbnails.is_idle)
    shot = table.viewport().grab().toImage()
    assert shot.pixelColor(20, ROW // 2).red() > 240
    assert shot.pixelColor(20, ROW + ROW // 2).red() < 240


def test_visible_rows(qtbot: QtBot, thumbnails: Thumbnails) -> None:
    table = _table(qtbot, thumbnails, FakeCards(1000))
    table.verticalScrollBar().setValue(ROW * 100)
    assert table.visible_rows().start == 100 and 10 < len(table.visible_rows()) < 16
    assert _table(qtbot, thumbnails, FakeCards(3)).visible_rows() == range(3)
    assert _table(qtbot, thumbnails, FakeCards(0)).visible_rows() == range(0)

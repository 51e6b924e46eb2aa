"""The grid as people use it: mouse, keyboard, selection, scrolling, and what it asks for while painting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from fake_cards import FakeCards
from PIL import Image
from PySide6.QtCore import QItemSelectionModel, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from model_manager.bridge.card_art import initials
from model_manager.bridge.jobs import Runner
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.previews.thumbnail_cache import ThumbnailCache
from model_manager.ui.grid.view import GridView
from model_manager.ui.theme import set_theme, tokens

Key, Mod, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


@pytest.fixture
def thumbnails(qapp: QApplication, tmp_path: Path) -> Iterator[Thumbnails]:
    runner = Runner()
    yield Thumbnails(runner, ThumbnailCache(tmp_path / "cache"), lambda _path: [], runner)
    assert runner.close()
    shiboken6.delete(runner)  # with the thumbnails below it, here and not by a collection of garbage in a worker


@pytest.fixture
def show(qtbot: QtBot, thumbnails: Thumbnails) -> Iterator[Callable[..., GridView]]:
    views: list[GridView] = []

    def show(model: FakeCards, width: int = 1000, height: int = 650) -> GridView:
        view = GridView(thumbnails)
        qtbot.addWidget(view)
        views.append(view)
        view.setModel(model)
        view.resize(width, height)
        with qtbot.waitExposed(view):
            view.show()
        view.activateWindow()
        view.setFocus()
        return view

    yield show
    for view in views:
        view.setModel(None)


def _selected(view: GridView) -> list[int]:
    return sorted(index.row() for index in view.selectionModel().selectedRows())


def _centre(view: GridView, row: int) -> QPoint:
    return view.visualRect(view.model().index(row, 0)).center()


def _click(qtbot: QtBot, view: GridView, row: int, modifier: Mod = Mod.NoModifier) -> None:
    qtbot.mouseClick(view.viewport(), Button.LeftButton, modifier, _centre(view, row))


def _top_id(view: GridView) -> int:
    return view.model().id_at(view.visible_rows().start)


def test_the_stand_in_is_a_sound_model(qapp: QApplication) -> None:
    model = FakeCards(10)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.append(3)
    model.show([5, 1])


def test_painting_asks_only_for_what_is_visible(show: Callable[..., GridView]) -> None:
    model = FakeCards(100_000)
    view = show(model)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    model.cards_asked = 0
    view.viewport().grab()
    view.selectAll()
    view.viewport().grab()
    assert 0 < model.cards_asked < 300
    assert len(view.selectionModel().selection().toList()) == 1
    region = view.visualRegionForSelection(view.selectionModel().selection())
    assert region.rectCount() < 100 and region.intersects(view.viewport().rect())


def test_places_and_indexes_agree(show: Callable[..., GridView]) -> None:
    view = show(FakeCards(500, groups=7))
    view.verticalScrollBar().setValue(900)
    for row in view.visible_rows():
        rect = view.visualRect(view.model().index(row, 0))
        assert view.indexAt(rect.center()).row() == row
    assert not view.indexAt(QPoint(2, -5000)).isValid()
    assert not view.isIndexHidden(view.model().index(3, 0))


def test_clicks_select_toggle_and_extend(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    _click(qtbot, view, 2)
    assert _selected(view) == [2]
    _click(qtbot, view, 6, Mod.ShiftModifier)
    assert _selected(view) == [2, 3, 4, 5, 6]
    _click(qtbot, view, 4, Mod.ControlModifier)
    assert _selected(view) == [2, 3, 5, 6]
    _click(qtbot, view, 0, Mod.ControlModifier)
    assert _selected(view) == [0, 2, 3, 5, 6]
    _click(qtbot, view, 1)
    assert _selected(view) == [1]
    qtbot.mouseClick(view.viewport(), Button.LeftButton, Mod.NoModifier, QPoint(3, 3))
    assert _selected(view) == []


def test_a_range_begins_at_the_same_model_after_others_came_in(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    model = FakeCards(30)
    view = show(model)
    _click(qtbot, view, 2)
    model.append(5)
    _click(qtbot, view, 4, Mod.ShiftModifier)
    assert _selected(view) == [2, 3, 4]
    model.show(list(range(20)))
    _click(qtbot, view, 1, Mod.ShiftModifier)
    assert _selected(view) == [1]


def test_a_rubber_band_selects_what_it_touches(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    columns = view._layout.columns
    start, end = QPoint(4, 4), _centre(view, columns + 1)
    qtbot.mousePress(view.viewport(), Button.LeftButton, Mod.NoModifier, start)
    qtbot.mouseMove(view.viewport(), QPoint(40, 60))
    qtbot.mouseMove(view.viewport(), end)
    assert _selected(view) == [0, 1, columns, columns + 1]
    qtbot.mouseMove(view.viewport(), _centre(view, 1))
    assert _selected(view) == [0, 1]
    qtbot.mouseRelease(view.viewport(), Button.LeftButton, Mod.NoModifier, end)
    assert not view._band.isValid()


def test_a_band_held_below_the_cards_scrolls_on(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(1000))
    qtbot.mousePress(view.viewport(), Button.LeftButton, Mod.NoModifier, QPoint(4, 4))
    qtbot.mouseMove(view.viewport(), QPoint(500, view.viewport().height() + 60))
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() > 900)
    qtbot.mouseRelease(view.viewport(), Button.LeftButton, Mod.NoModifier, QPoint(500, 600))
    assert len(_selected(view)) > 12


def test_setting_a_selection_by_rectangle(show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    rect = view.visualRect(view.model().index(1, 0)).united(view.visualRect(view.model().index(2, 0)))
    view.setSelection(rect, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert _selected(view) == [1, 2]


def test_keys_move_and_extend(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(1000))
    columns = view._layout.columns
    _click(qtbot, view, 0)
    for key, row in [(Key.Key_Right, 1), (Key.Key_Down, 1 + columns), (Key.Key_Left, columns), (Key.Key_Up, 0), (Key.Key_End, 999),
                     (Key.Key_Home, 0), (Key.Key_Left, 0), (Key.Key_Up, 0)]:  # fmt: skip
        qtbot.keyClick(view, key)
        assert view.currentIndex().row() == row and _selected(view) == [row]
        assert view.viewport().rect().contains(_centre(view, row))
    qtbot.keyClick(view, Key.Key_PageDown)
    page = view.currentIndex().row()
    assert page % columns == 0 and page >= 2 * columns
    qtbot.keyClick(view, Key.Key_PageUp)
    assert view.currentIndex().row() == 0
    qtbot.keyClick(view, Key.Key_Down, Mod.ShiftModifier)
    assert _selected(view) == list(range(columns + 1))
    qtbot.keyClick(view, Key.Key_Right, Mod.ControlModifier)
    assert view.currentIndex().row() == columns + 1 and _selected(view) == list(range(columns + 1))
    qtbot.keyClick(view, Key.Key_Space, Mod.ControlModifier)
    assert _selected(view) == list(range(columns + 2))
    qtbot.keyClick(view, Key.Key_A, Mod.ControlModifier)
    assert len(_selected(view)) == 1000


def test_the_first_key_in_a_fresh_view_stays_in_sight_and_an_empty_one_bears_all(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    qtbot.keyClick(view, Key.Key_Right)
    assert view.currentIndex().row() in (0, 1)
    empty = show(FakeCards(0))
    for key in (Key.Key_Right, Key.Key_End, Key.Key_Return, Key.Key_X, Key.Key_Space):
        qtbot.keyClick(empty, key)
    assert not empty.currentIndex().isValid()
    empty.viewport().grab()


def test_letters_find_names(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    _click(qtbot, view, 0)
    qtbot.keyClicks(view, "film")
    assert view.currentIndex().row() == 12
    view._typed_at -= 10
    qtbot.keyClicks(view, "film g")
    assert view.currentIndex().row() == 30
    view._typed_at -= 10
    qtbot.keyClicks(view, "nothing of the kind")
    assert view.currentIndex().row() != 0


def test_opening_and_asking_for_a_menu(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    view.model().show(list(range(100, 200)))
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseDClick(view.viewport(), Button.LeftButton, Mod.NoModifier, _centre(view, 3))
    assert opened.args == [103]
    _click(qtbot, view, 5)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Key.Key_Return)
    assert opened.args == [105]
    qtbot.mouseClick(view.viewport(), Button.RightButton, Mod.NoModifier, _centre(view, 7))
    assert _selected(view) == [7]
    with qtbot.waitSignal(view.menu_asked) as asked:
        QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0)))
    assert asked.args == [view.viewport().mapToGlobal(_centre(view, 7))]


def test_a_right_click_keeps_a_selection_it_lies_in(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(100))
    view.selectAll()
    qtbot.mouseClick(view.viewport(), Button.RightButton, Mod.NoModifier, _centre(view, 3))
    assert len(_selected(view)) == 100


def test_the_wheel_scrolls_by_pixels_where_there_are_any(show: Callable[..., GridView]) -> None:
    view = show(FakeCards(1000))
    where = QPointF(300, 300)
    event = QWheelEvent(where, where, QPoint(0, -37), QPoint(0, -120), Button.NoButton, Mod.NoModifier, Qt.ScrollPhase.ScrollUpdate, False)
    QApplication.sendEvent(view.viewport(), event)
    assert view.verticalScrollBar().value() == 37


@pytest.mark.parametrize("act", ["resize", "card", "reset", "append", "shuffle"])
def test_the_card_on_top_stays_on_top(show: Callable[..., GridView], act: str) -> None:
    model = FakeCards(5000)
    view = show(model)
    view.verticalScrollBar().setValue(40_000)
    top = _top_id(view)
    if act == "resize":
        view.resize(700, 500)
    elif act == "card":
        view.set_card_width(300)
    elif act == "reset":
        model.show(list(range(5000)))
    elif act == "append":
        model.append(200)
    else:
        model.show([9000 + n for n in range(333)] + list(range(5000)))
    rows = [view.model().id_at(row) for row in view.visible_rows()][: view._layout.columns]
    assert top in rows


def test_an_unscrolled_view_stays_at_the_top(show: Callable[..., GridView]) -> None:
    model = FakeCards(500)
    view = show(model)
    model.show([9000, *range(500)])
    assert view.verticalScrollBar().value() == 0 and _top_id(view) == 9000


def test_a_top_card_that_is_gone_leaves_its_place(show: Callable[..., GridView]) -> None:
    model = FakeCards(5000)
    view = show(model)
    view.verticalScrollBar().setValue(40_000)
    model.show(list(range(10)))
    assert view.visible_rows().start == 0
    model.show([])
    assert list(view.visible_rows()) == []


def test_card_width_is_bounded_and_told(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(10))
    with qtbot.waitSignal(view.card_width_changed) as changed:
        view.set_card_width(9999)
    assert changed.args == [360] and view.card_width == 360
    view.set_card_width(1)
    assert view.card_width == 120


def test_a_picture_is_painted_when_it_has_come(qtbot: QtBot, show: Callable[..., GridView], tmp_path: Path) -> None:
    Image.new("RGB", (300, 400), (250, 10, 200)).save(tmp_path / "a.png")
    good = PictureKey(str(tmp_path / "a.png"), 1, 1, "still", 0)
    bad = PictureKey(str(tmp_path / "missing.png"), 1, 1, "still", 0)
    view = show(FakeCards(6, [good, None, bad]))
    qtbot.waitUntil(view.is_settled)
    shot = view.viewport().grab().toImage()

    def colour(row: int) -> QColor:
        rect = view.visualRect(view.model().index(row, 0))
        return shot.pixelColor(QPoint(rect.left() + 12, rect.top() + 60))

    assert colour(0).red() > 240 and colour(0).green() < 20
    assert colour(1) != colour(0) and colour(2) != colour(0)
    assert shot.pixelColor(3, 3) == tokens().window


def test_drawn_cards_differ_per_model(show: Callable[..., GridView]) -> None:
    view = show(FakeCards(8))
    while view._behind.rectCount():
        view.viewport().grab()
    faces = [view._faces.face(view.model().card(row), None, False) for row in range(8)]
    pictures = {bytes(face.toImage().constBits()) for face in faces if face is not None}
    assert len(pictures) == 8


def test_selection_and_hover_are_seen(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(8))
    plain = view.viewport().grab().toImage()
    view.selectionModel().select(view.model().index(2, 0), QItemSelectionModel.SelectionFlag.Select)
    selected = view.viewport().grab().toImage()
    edge = view.visualRect(view.model().index(2, 0)).topLeft() + QPoint(60, -1)
    assert selected.pixelColor(edge) != plain.pixelColor(edge)
    view._set_hover(4)
    edge = view.visualRect(view.model().index(4, 0)).topLeft() + QPoint(60, -1)
    assert view.viewport().grab().toImage().pixelColor(edge) != plain.pixelColor(edge)


def test_a_hidden_view_asks_for_nothing(qtbot: QtBot, show: Callable[..., GridView], thumbnails: Thumbnails, tmp_path: Path) -> None:
    keys = [PictureKey(str(tmp_path / f"{n}.png"), 1, 1, "still", 0) for n in range(50)]
    view = show(FakeCards(500, list(keys)))
    view.hide()
    assert not thumbnails._wanted
    qtbot.waitUntil(lambda: thumbnails.is_idle)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Detail Tweaker XL", "DT"), ("fluxRealism", "FR"), ("4x-UltraSharp", "US"), ("SDXL", "SD"), ("x", "X"), ("水彩画", "水彩"),
     ("2x", "2x"), ("", "?"), ("_-_", "_"), ("wan2.2_t2v", "WT")],
)  # fmt: skip
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_cards_are_shown_scaled_while_the_size_changes(qtbot: QtBot, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(40))
    qtbot.waitUntil(view.is_settled)
    former, size = dict(view._faces._store), view._faces.size
    for width in (1010, 1023, 1037):
        view.resize(width, 650)
        picture = view.viewport().grab().toImage()
        rect = view.visualRect(view.model().index(0, 0))
        assert picture.pixelColor(rect.center()) != tokens().raised  # no blank card
    assert rect.size() != size
    assert view._faces.size == size and former.items() <= view._faces._store.items()  # nothing was drawn anew
    assert not view.is_settled()
    qtbot.waitUntil(lambda: view.is_settled() and not view._faces._former)  # forgotten with the paint after the last picture
    assert view._faces.size == view.visualRect(view.model().index(0, 0)).size()


def test_other_colours_are_drawn_at_once(qtbot: QtBot, qapp: QApplication, show: Callable[..., GridView]) -> None:
    view = show(FakeCards(8))
    qtbot.waitUntil(view.is_settled)
    set_theme("light" if tokens().is_dark else "dark", qapp)
    assert not view._faces._store and not view._faces._former
    set_theme("light" if tokens().is_dark else "dark", qapp)

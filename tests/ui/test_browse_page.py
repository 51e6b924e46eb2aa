"""Searching Civitai in the window, against the double: there and back, typing, choices, details, downloads, what is here, trouble."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QTreeView
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge.browse import ASKING, NEW
from model_manager.core.online.records import EVERYTHING, PG, SAFE
from model_manager.core.settings import Settings
from model_manager.ui.browse.desk import BrowseDesk
from model_manager.ui.browse.filters import SETTINGS
from model_manager.ui.browse.page import BrowsePage
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import BROWSE
from tests.double import FOX, Double
from tests.double.faults import html_page

SECONDS = 30_000
MODELS = r"civitai GET /api/v1/models\?"
Key, Mod = Qt.Key, Qt.KeyboardModifier
OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(has_library=True, has_many=True) as made:
        yield made


@pytest.fixture
def window(tmp_path: Path, open_window: OpenWindow, double: Double, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[MainWindow]:
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    made = open_window(Settings(comfyui_dirs=[str(make_library(tmp_path))], adult_level=EVERYTHING), size=(1200, 800))
    yield made
    if made.online.browse.page is not None:
        made.pages.leave()
    qtbot.waitUntil(lambda: made.session.runner.is_idle, timeout=SECONDS)


@pytest.fixture
def desk(window: MainWindow, qtbot: QtBot) -> BrowseDesk:
    """The page, open, with the first results."""
    window.pages.open(BROWSE)
    settled(qtbot, window.online.browse)
    return window.online.browse


def settled(qtbot: QtBot, desk: BrowseDesk) -> None:
    qtbot.waitUntil(lambda: desk.browse.state not in (NEW, ASKING), timeout=SECONDS)


def page_of(desk: BrowseDesk) -> BrowsePage:
    assert desk.page is not None
    return desk.page


def type_text(desk: BrowseDesk, qtbot: QtBot, text: str) -> None:
    """Type, and wait for what is found."""
    qtbot.keyClicks(page_of(desk).field, text)
    qtbot.waitUntil(lambda: desk.browse.search.text == page_of(desk).field.text().strip(), timeout=SECONDS)
    settled(qtbot, desk)


def pick(desk: BrowseDesk, qtbot: QtBot, id_: int) -> None:
    """Select a result and wait for its details."""
    page = page_of(desk)
    page.grid._go(desk.browse.model.row_of(id_), Mod.NoModifier)
    qtbot.waitUntil(lambda: page.panel.offer is not None and page.panel.offer.id == str(id_), timeout=SECONDS)


def message_button(page: BrowsePage, text: str, qtbot: QtBot) -> QPushButton:
    """The button of the message on show."""

    def shown() -> list[QPushButton]:
        return [one for one in page.message.findChildren(QPushButton) if one.text() == text and one.isVisible()]

    qtbot.waitUntil(lambda: bool(shown()), timeout=SECONDS)
    return shown()[0]


def row_point(window: MainWindow, query: str) -> QPoint:
    tree = window.sidebar.findChild(QTreeView)
    assert tree is not None
    return tree.visualRect(window.sidebar._model.index_of(query)).center()


def test_nothing_is_asked_before_the_page_is_opened(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    assert double.log == [] and window.online.browse.page is None
    tree = window.sidebar.findChild(QTreeView)
    assert tree is not None
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=row_point(window, BROWSE))
    desk = window.online.browse
    assert desk.is_shown and QApplication.focusWidget() is page_of(desk).field
    settled(qtbot, desk)
    assert double.seen(MODELS) and desk.browse.model.rowCount() > 0
    asked = len(double.seen(MODELS))
    QTest.keyClick(page_of(desk).field, Key.Key_Escape)
    assert not desk.is_shown and QApplication.focusWidget() is window.grid and window.sidebar.current() == ""
    window.pages.open(BROWSE)
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    assert len(double.seen(MODELS)) == asked, "what was found is still there"


def test_arrows_pass_over_the_page_in_the_sidebar(window: MainWindow, double: Double) -> None:
    tree = window.sidebar.findChild(QTreeView)
    assert tree is not None
    tree.setFocus()
    for _ in range(4):
        QTest.keyClick(tree, Key.Key_Down)
    assert not window.online.browse.is_shown and double.log == []
    assert window.session.place == "added<7d", "the rows before it were chosen on the way"
    QTest.keyClick(tree, Key.Key_Return)
    assert window.online.browse.is_shown


def test_typing_waits_for_the_last_letter(desk: BrowseDesk, double: Double, qtbot: QtBot) -> None:
    double.forget()
    type_text(desk, qtbot, "glass fox")
    assert [seen.query["query"] for seen in double.seen(f"{MODELS}.*query=") if "cursor" not in seen.query] == [["glass fox"]]
    assert desk.browse.model.row_of(FOX) >= 0
    QTest.keyClick(page_of(desk).field, Key.Key_Down)
    assert QApplication.focusWidget() is page_of(desk).grid


def test_choices_search_at_once(desk: BrowseDesk, double: Double, qtbot: QtBot) -> None:
    double.forget()
    types = page_of(desk).filters.types
    types.setCurrentIndex(types.findData("VAE"))
    types.activated.emit(types.currentIndex())
    settled(qtbot, desk)
    assert "types=VAE" in str(double.seen(MODELS)[0])
    assert {desk.browse.model.card(row).kind_label for row in range(desk.browse.model.rowCount())} == {"VAE"}


def test_levels_end_where_the_settings_say(desk: BrowseDesk, window: MainWindow, qtbot: QtBot) -> None:
    levels = page_of(desk).filters.levels
    assert levels.itemData(0) == PG and EVERYTHING in [levels.itemData(row) for row in range(levels.count())]
    window.session.settings.adult_level = SAFE
    window.desk.settings.level_changed.emit()
    settled(qtbot, desk)
    bits = [levels.itemData(row) for row in range(levels.count())]
    assert bits[:2] == [PG, SAFE] and EVERYTHING not in bits and desk.browse.search.level == SAFE
    row = levels.findData(SETTINGS)
    levels.setCurrentIndex(row)
    levels.activated.emit(row)
    dialog = window.desk.settings._dialog
    assert dialog is not None and dialog.isVisible() and levels.currentData() == SAFE
    dialog.close()


def test_details_of_a_result(desk: BrowseDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    type_text(desk, qtbot, "fox")
    pick(desk, qtbot, FOX)
    panel = page_of(desk).panel
    assert panel.versions.count() == 3 and panel.files.isVisible() and panel.strip.isVisible()
    first = panel.link
    panel.versions.setCurrentIndex(1)
    panel.versions.activated.emit(1)
    assert panel.version is not None and panel.version.id in panel.link != first
    panel.page.click()
    assert opened == [panel.link]
    qtbot.waitUntil(lambda: not panel.strip.tiles.missing(), timeout=SECONDS)
    page_of(desk).grid.clearSelection()
    assert panel.offer is None


def test_enter_brings_the_link_to_the_sheet(desk: BrowseDesk, window: MainWindow, qtbot: QtBot) -> None:
    type_text(desk, qtbot, "fox")
    pick(desk, qtbot, FOX)
    page = page_of(desk)
    page.panel.versions.setCurrentIndex(1)
    page.panel.versions.activated.emit(1)
    link = page.panel.link
    page.grid.setFocus()
    QTest.keyClick(page.grid, Key.Key_Return)
    sheet = window.links._sheet
    assert sheet is not None and sheet.isVisible() and link in sheet.field.toPlainText()
    sheet.reject()


def test_several_at_once(desk: BrowseDesk, window: MainWindow, qtbot: QtBot) -> None:
    page = page_of(desk)
    page.grid._go(0, Mod.NoModifier)
    page.grid._go(2, Mod.ShiftModifier)
    assert "3" in page.download.text()
    page.grid.setFocus()
    QTest.keyClick(page.grid, Key.Key_C, Mod.ControlModifier)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 3
    page.download.click()
    sheet = window.links._sheet
    assert sheet is not None
    assert sheet.field.toPlainText().splitlines() == [desk.browse.model.hit(row).offer.page for row in range(3)]
    sheet.reject()


def test_what_is_here_leads_to_the_library(desk: BrowseDesk, window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "ComfyUI/models/loras"
    (folder / "here.safetensors").write_bytes(lora_bytes("here"))
    (folder / "here.info").write_text(json.dumps({"modelId": FOX, "id": 9_000_302}))
    window.session.scan([str(folder)])
    type_text(desk, qtbot, "fox")
    qtbot.waitUntil(lambda: bool(desk.browse.model.standing(str(FOX)).id), timeout=SECONDS)
    pick(desk, qtbot, FOX)
    panel = page_of(desk).panel
    assert panel._library.isVisible()
    window.session.set_search("nothing like it")
    panel._library.click()
    shelf = window.session.model.shelf
    assert not desk.is_shown and [shelf.name(shelf.slot(id_)) for id_ in window.selection.ids()] == ["here"]


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", "propagateSizeHints", "does not support raise")
def test_the_menu_searches_on(desk: BrowseDesk, window: MainWindow, double: Double, qtbot: QtBot) -> None:
    page = page_of(desk)
    page.grid._go(0, Mod.NoModifier)
    author = desk.browse.model.hit(0).offer.author
    page.menu_asked.emit(QPoint(10, 10))
    menu = next(one for one in window.findChildren(QMenu) if one.isVisible())
    words = [action.text() for action in menu.actions() if action.text()]
    assert words[:2] == ["Download…", "Show in library"] and "Open page" in words and "Copy link" in words
    double.forget()
    next(action for action in menu.actions() if action.text() == f"More by {author}").trigger()
    menu.close()
    settled(qtbot, desk)
    assert f"username={author}" in str(double.seen(MODELS)[0]) and page.filters.author.isVisible()
    assert {desk.browse.model.hit(row).offer.author for row in range(desk.browse.model.rowCount())} == {author}
    page.filters.author.click()
    settled(qtbot, desk)
    assert desk.browse.search.username == "" and not page.filters.author.isVisible()


def test_trouble_is_told_with_what_helps(desk: BrowseDesk, double: Double, qtbot: QtBot) -> None:
    page = page_of(desk)
    double.faults.append(html_page(on=MODELS))
    type_text(desk, qtbot, "ferry")
    assert page.message.isVisible()
    double.faults.clear()
    message_button(page, "Try again", qtbot).click()
    settled(qtbot, desk)
    assert page.grid.isVisible() and desk.browse.model.rowCount() > 0


def test_nothing_found_offers_to_search_wider(desk: BrowseDesk, qtbot: QtBot) -> None:
    page = page_of(desk)
    type_text(desk, qtbot, "no such thing")
    assert page.message.isVisible() and "Nothing found" in page.message.accessibleName()
    message_button(page, "Search wider", qtbot).click()
    settled(qtbot, desk)
    assert page.field.text() == "" and page.grid.isVisible()


def test_keys_of_the_window_mean_the_page_while_it_is_shown(desk: BrowseDesk, window: MainWindow, qtbot: QtBot) -> None:
    page = page_of(desk)
    page.grid.setFocus()
    QTest.keyClick(page.grid, Key.Key_F, Mod.ControlModifier)
    assert QApplication.focusWidget() is page.field
    width = window.grid.card_width
    page.grid.setFocus()
    QTest.keyClick(page.grid, Key.Key_Plus, Mod.ControlModifier)
    assert page.grid.card_width == width + 20 and window.grid.card_width == width

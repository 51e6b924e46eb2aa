"""The window on a real small library, used by keyboard and mouse as a person would."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot
from small_library import NAMES, lora_bytes, make_library

from model_manager import cli
from model_manager.bridge import tasks
from model_manager.core.library.installs import look_at
from model_manager.core.library.rows import plain_row
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import quoted

SECONDS = 30_000
Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
Open = Callable[..., MainWindow]


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def settings(comfyui: Path) -> Settings:
    return Settings(comfyui_dirs=[str(comfyui)])


@pytest.fixture
def opened(settings: Settings, open_window: Open) -> Open:
    """Open windows on the settings of the test."""
    return partial(open_window, settings)


def close(window: MainWindow) -> None:
    window.close()
    window.session.close()


def settle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def names(window: MainWindow) -> list[str]:
    model = window.session.model
    return [model.card(row).name for row in range(model.rowCount())]


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifiers)


def details_title(window: MainWindow) -> str:
    record = window.details._record
    return record.name if record is not None else ""


def test_a_library_fills_the_window(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    assert window.views.currentWidget() is window.grid
    assert [name.lower() for name in names(window)] == sorted(NAMES)
    assert window.status._counts.text().startswith("5 models")
    row = window.sidebar._model.row_at(window.sidebar._model.index_of("type:loras"))
    assert row is not None and row.count == 3, "a quiet window has counted"
    qtbot.waitUntil(lambda: "Watching" in window.status._watch.text(), timeout=SECONDS)


def test_the_keyboard_begins_at_the_models(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    assert QApplication.focusWidget() is window.grid
    press(Key.Key_Right)
    assert window.grid.currentIndex().isValid()


def test_find_by_keyboard_and_back(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    press(Key.Key_F, CTRL)
    assert QApplication.focusWidget() is window.search.edit
    QTest.keyClicks(window.search.edit, "inkwash")
    assert names(window) == ["ink"]
    press(Key.Key_Escape)
    assert len(names(window)) == 5 and window.search.text() == ""
    QTest.keyClicks(window.search.edit, "brush")
    press(Key.Key_Return)
    assert QApplication.focusWidget() is window.grid, "Enter goes on to the models"
    press(Key.Key_Right)
    assert window.selection.ids() == [window.session.model.id_at(0)]


def test_arrows_change_what_the_details_show(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    shown = []
    for place in range(5):
        press(Key.Key_Home if place == 0 else Key.Key_Right)
        name = names(window)[place]
        qtbot.waitUntil(lambda name=name: details_title(window) == name, timeout=SECONDS)
        shown.append(details_title(window))
    assert len(set(shown)) == 5
    press(Key.Key_A, CTRL)
    assert window.selection.total()[0] == 5
    qtbot.waitUntil(lambda: "5 models" in window.details._said.text(), timeout=SECONDS)
    assert window.status._selected.text().startswith("5 selected")
    window.grid.clearSelection()
    qtbot.waitUntil(lambda: "No model selected" in window.details._said.text(), timeout=SECONDS)


def test_the_two_views_share_model_selection_and_order(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    press(Key.Key_Home)
    chosen = window.selection.ids()
    press(Key.Key_2, CTRL)
    assert window.views.currentWidget() is window.table and QApplication.focusWidget() is window.table
    assert window.selection.ids() == chosen
    press(Key.Key_Down)
    assert window.selection.ids() == [window.session.model.id_at(1)]
    heads = window.table.horizontalHeader()
    assert heads.sortIndicatorSection() == 0
    window.top_bar.sort_chosen.emit("size", True)
    assert (heads.sortIndicatorSection(), heads.sortIndicatorOrder()) == (4, Qt.SortOrder.DescendingOrder)
    assert len(window.selection.ids()) == 1, "kept across the order"
    place = QPoint(heads.sectionViewportPosition(0) + 20, heads.height() // 2)
    QTest.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.session.model.arrangement.sort == "name" and window.top_bar._sort == "name"
    press(Key.Key_1, CTRL)
    assert window.views.currentWidget() is window.grid


def menu_of(window: MainWindow) -> QMenu:
    menu = window.menu.show(window.mapToGlobal(QPoint(50, 50)))
    assert menu is not None
    return menu


def choose(menu: QMenu, text: str) -> str:
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()
    return str(QGuiApplication.clipboard().text())


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard")
def test_the_menu_copies_what_it_says(opened: Open, comfyui: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened()
    assert window.menu.show(QPoint()) is None, "nothing selected"
    assert window.select_name("JUGGERNAUT.safetensors")
    path = comfyui / "models/checkpoints/xl/juggernaut.safetensors"
    assert choose(menu_of(window), "Copy path") == str(path)
    assert choose(menu_of(window), "Copy name as ComfyUI spells it") == str(Path("xl/juggernaut.safetensors"))
    assert choose(menu_of(window), "Copy file name") == "juggernaut.safetensors"
    seen = list[str]()
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: seen.append(url.toLocalFile()))
    choose(menu_of(window), "Open folder")
    assert seen == [str(path.parent)]
    window.grid.selectAll()
    menu = menu_of(window)
    assert "Open folder" not in [action.text() for action in menu.actions()]
    assert sorted(choose(menu, "Copy file name").split("\n")) == sorted(f"{name}.safetensors" for name in NAMES)
    assert not window.select_name("nobody")


def test_the_sidebar_narrows_and_a_tag_in_the_details_searches(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    window.sidebar.query_chosen.emit("type:loras")
    assert names(window) == ["broken", "brush", "ink"]
    window.details.tag_chosen.emit("two words")
    assert window.search.text() == 'tag:"two words"' and names(window) == []
    assert window.views.currentWidget() is window.empty
    window.empty.clear_search_asked.emit()
    assert len(names(window)) == 5 and window.search.text() == "" and window.sidebar.current() == ""


def empty_says(window: MainWindow) -> str:
    assert window.views.currentWidget() is window.empty
    return str(window.empty.accessibleName())


def test_states_without_cards(opened: Open, comfyui: Path, tmp_path: Path, settings: Settings, qtbot: QtBot) -> None:
    window = opened(waits=False, starts=False)
    assert "Reading your models" in empty_says(window)
    window.session.start()
    settle(qtbot, window)
    press(Key.Key_F, CTRL)
    QTest.keyClicks(window.search.edit, "nothing like it")
    assert "Nothing found" in empty_says(window) and "nothing like it" in empty_says(window)
    press(Key.Key_Escape)
    window.sidebar.query_chosen.emit("is:away")
    assert "Nothing here" in empty_says(window)
    window.sidebar.query_chosen.emit("")
    assert window.views.currentWidget() is window.grid
    bare = tmp_path / "bare/models/vae"
    bare.mkdir(parents=True)
    window.session.set_sources(tasks.Sources((str(bare.parent),)))
    qtbot.waitUntil(lambda: window.is_quiet and names(window) == [], timeout=SECONDS)
    assert "No models yet" in empty_says(window)


def test_a_stopped_first_scan_does_not_load_for_ever(opened: Open, qtbot: QtBot) -> None:
    window = opened(waits=False, starts=False)
    window.session.start()
    qtbot.waitUntil(lambda: window.session.is_scanning, timeout=SECONDS)
    window.status.cancel_asked.emit()
    qtbot.waitUntil(lambda: window.session.is_settled, timeout=SECONDS)
    assert window.views.currentWidget() is window.grid or "No models yet" in empty_says(window)


def test_problems_of_path_files_offer_the_folders(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    (comfyui / "extra_model_paths.yaml").write_text("a: [\n", "utf-8")
    window = opened()
    assert len(window.problems.texts()) == 1
    button = next(one for one in window.problems.findChildren(QPushButton) if one.text() == "Folders…")
    button.click()
    page = window.tidy.places.page
    assert page is not None and page.isVisible() and window.problems.texts() == []
    settle(qtbot, window)
    window.pages.leave()
    QTest.keyClick(window, Key.Key_F5)
    settle(qtbot, window)
    assert window.problems.texts() == [], "told once"


def test_refresh_looks_again(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    window = opened()
    window.session._watch.stop()
    (comfyui / "models/loras/late.safetensors").write_bytes(lora_bytes("late"))
    QTest.keyClick(window, Key.Key_F5)
    qtbot.waitUntil(lambda: "late" in names(window), timeout=SECONDS)


def test_first_run_ends_in_the_library(opened: Open, comfyui: Path, settings: Settings, qtbot: QtBot) -> None:
    settings.comfyui_dirs = []
    window = opened(tasks.Sources(), waits=False)
    window.desk.show_first_run()
    page = window.desk._first_run
    assert page is not None and window.pages.currentWidget() is page
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)
    page.folder_chosen.emit(str(comfyui.parent / "not there"))
    page.folder_chosen.emit(str(comfyui))
    qtbot.waitUntil(lambda: page.checked_paths() == [str(comfyui)], timeout=SECONDS)
    page.accepted.emit(page.checked_paths())
    settle(qtbot, window)
    assert window.pages.currentIndex() == 0 and len(names(window)) == 5
    assert settings.comfyui_dirs == [str(comfyui)]
    assert QApplication.focusWidget() is window.grid
    assert look_at(str(comfyui)).install is not None


def test_what_the_person_set_up_is_there_again(opened: Open, settings: Settings, qtbot: QtBot) -> None:
    window = opened()
    qtbot.waitUntil(lambda: window._open_rows is None, timeout=SECONDS)
    QTest.keyClick(window, Key.Key_I, CTRL)
    assert window.details.isHidden()
    window.grid.set_card_width(260)
    press(Key.Key_2, CTRL)
    window.table.setColumnWidth(2, 137)
    assert window._counts is not None
    top = quoted("folder", window._counts.folders[0].path)
    window.sidebar.set_open_rows([top])
    assert window.sidebar.open_rows() == [top], "the folders below are given when a row is opened"
    window.sidebar.query_chosen.emit("type:loras")
    window.top_bar.sort_chosen.emit("size", True)
    window.splitter.setSizes([300, 700, 0])
    width = window.sidebar.width()
    shown = names(window)
    close(window)
    assert len(settings.first_screen) == 3

    again = opened(waits=False, starts=False)
    assert names(again) == shown, "the first screen as it was left, before anything is read"
    again.session.start()
    settle(qtbot, again)
    assert again.details.isHidden() and again.grid.card_width == 260
    assert again.views.currentWidget() is again.table and again.table.columnWidth(2) == 137
    assert names(again) == shown and again.sidebar.current() == "type:loras"
    assert again.sidebar.width() == width
    assert again.table.horizontalHeader().sortIndicatorSection() == 4
    qtbot.waitUntil(lambda: top in again.sidebar.open_rows(), timeout=SECONDS)


def test_a_place_that_is_gone_is_left(opened: Open, settings: Settings, qtbot: QtBot) -> None:
    close(opened())
    settings.sidebar_state = '{"place": "folder:/not/there", "open": ["x", 3]}'
    window = opened()
    assert len(names(window)) == 5 and window.sidebar.current() == ""


@pytest.mark.parametrize("state", ["", "{", "[]", '{"open": 5}', '{"place": ["a"]}', "nonsense"])
def test_states_from_elsewhere_do_no_harm(opened: Open, settings: Settings, state: str, qtbot: QtBot) -> None:
    settings.sidebar_state = settings.table_state = settings.geometry = settings.state = state
    window = opened(waits=False, starts=False)
    assert window.isVisible()


def test_an_empty_window_says_that_the_demo_is_being_built(
    opened: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()

    def demo(folder: Path) -> str:
        free.wait(10)
        return str(make_library(tmp_path / "demo"))

    monkeypatch.setattr(tasks, "demo", demo)
    window = opened(tasks.Sources())
    assert "No models yet" in empty_says(window)
    window.session.open_demo()
    assert not window.session.is_settled and "Building the demo library" in empty_says(window)
    free.set()
    qtbot.waitUntil(lambda: len(names(window)) == 5, timeout=SECONDS)


def test_the_demo_or_named_folders_leave_the_persons_places_alone(opened: Open, tmp_path: Path, settings: Settings, qtbot: QtBot) -> None:
    settings.sidebar_state = '{"place": "type:vae", "open": []}'
    window = opened(tasks.Sources((str(make_library(tmp_path / "other")),)))
    assert len(names(window)) == 5, "what was chosen for the own library does not hide this one"
    close(window)
    assert settings.sidebar_state == '{"place": "type:vae", "open": []}'


def test_shortcuts_hide_and_show_and_zoom(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    QTest.keyClick(window, Key.Key_B, CTRL)
    assert window.sidebar.isHidden()
    QTest.keyClick(window, Key.Key_B, CTRL)
    assert not window.sidebar.isHidden()
    before = window.grid.card_width
    QTest.keyClick(window, Key.Key_Plus, CTRL)
    assert window.grid.card_width == before + 20 == window.top_bar._slider.value()
    QTest.keyClick(window, Key.Key_Minus, CTRL)
    assert window.grid.card_width == before
    QTest.keyClick(window, Key.Key_Comma, CTRL)
    dialog = window.desk.settings._dialog
    assert dialog is not None and dialog.isVisible()
    settle(qtbot, window)
    dialog.close()


def test_notes_saved_in_the_panel_are_on_disk_and_stay_on_show(opened: Open, comfyui: Path, qtbot: QtBot) -> None:
    window = opened()
    window.select_name("brush")
    qtbot.waitUntil(lambda: "brush" in details_title(window), timeout=SECONDS)
    window.details.notes_saved.emit(window.selection.ids()[0], "A *fine* brush.", "")
    path = comfyui / "models/loras/style/brush.md"
    qtbot.waitUntil(lambda: path.is_file() and window.is_quiet, timeout=SECONDS)
    qtbot.waitUntil(lambda: window._record is not None and window._record.details.notes == "A *fine* brush.", timeout=SECONDS)
    assert path.read_text("utf-8") == "A *fine* brush."
    assert names(window)[window.grid.currentIndex().row()] == "brush"


def test_unsaved_notes_survive_the_end_of_the_program(opened: Open) -> None:
    window = opened()
    id_ = window.session.model.id_at(0)
    window.details.notes.take_drafts({id_: ("half a thought", "")})
    window._remember()
    kept = window.session.settings.note_drafts
    assert [texts[:2] for texts in kept.values()] == [["half a thought", ""]]
    other = opened()
    assert other.details.drafts() == {id_: "half a thought"} and not kept


def test_unsaved_notes_follow_a_model_that_moves_while_the_window_is_closed(
    opened: Open, settings: Settings, comfyui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    window.select_name("brush")
    (id_,) = window.selection.ids()
    window.details.notes.take_drafts({id_: ("half a thought", "")})
    close(window)
    assert len(settings.note_drafts) == 1
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")
    arguments = ["--data-dir", str(tmp_path / "data"), "--comfyui", str(comfyui)]
    style = comfyui / "models/loras/style"
    assert cli.main([*arguments, "rename", str(style / "brush.safetensors"), "pencil"]) == 0
    (style / "brush.safetensors").write_bytes(lora_bytes("somebody else"))
    assert cli.main([*arguments, "scan"]) == 0
    other = opened()
    assert other.details.drafts() == {id_: "half a thought"} and not settings.note_drafts
    shelf = other.session.model.shelf
    assert shelf.path(shelf.slot(id_)).endswith("pencil.safetensors"), "not the one that has its name now"


def test_unsaved_notes_of_another_index_go_by_the_path(opened: Open, settings: Settings, comfyui: Path) -> None:
    close(opened())
    path = str(comfyui / "models/loras/style/brush.safetensors")
    settings.note_drafts = {path: ["by path", "", "1", "1"], "/nowhere/x.safetensors": ["waits", ""]}
    window = opened()
    shelf = window.session.model.shelf
    assert [(shelf.path(shelf.slot(id_)), text) for id_, text in window.details.drafts().items()] == [(path, "by path")]
    assert list(settings.note_drafts) == ["/nowhere/x.safetensors"]


def test_cards_that_come_in_above_the_current_one_leave_the_view_at_the_top(opened: Open) -> None:
    window = opened()
    window.resize(800, 500)
    model = window.session.model
    last = model.rowCount() - 1
    window.grid.setCurrentIndex(model.index(last, 0))
    window.grid.verticalScrollBar().setValue(0)
    first = max(model.shelf.ids) + 1
    folder = model.shelf.folder[0]
    model.change([plain_row(first + i, folder, f"aa{i}.safetensors", "loras", 1, 1, 1.0) for i in range(60)], [])
    assert window.grid.verticalOffset() == 0

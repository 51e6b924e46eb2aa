"""What comes from outside, at the window: it comes to the front, and nothing is done without a click."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Runner
from model_manager.bridge.outside import Outside
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import saved_sources
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.online.outside import Errand
from model_manager.core.previews.thumbnail_cache import ThumbnailCache
from model_manager.core.settings import Settings
from model_manager.ui.doorstep import Doorstep
from model_manager.ui.main_window import MainWindow

LINK = "https://civitai.com/models/900030"
Set = tuple[MainWindow, Outside, Doorstep]


@pytest.fixture
def door(tmp_path: Path, qtbot: QtBot) -> Iterator[Set]:
    settings = Settings(comfyui_dirs=[str(make_library(tmp_path))])
    runner = Runner()
    session = Session(tmp_path / "data", settings, runner, saved_sources(settings))
    window = MainWindow()
    window.furnish(session, Thumbnails(runner, ThumbnailCache(session.cache_folder, 10_000_000), tasks.covers, session))
    outside = Outside(None)
    doorstep = Doorstep(window, outside)
    session.open()
    window.painted.connect(session.start)
    window.resize(1000, 700)
    window.show()
    qtbot.waitUntil(lambda: window.is_quiet, timeout=10_000)
    yield window, outside, doorstep
    outside.close()
    window.close()
    window.session.close()


def test_links_go_to_the_dialog(door: Set, qtbot: QtBot) -> None:
    _, outside, doorstep = door
    with qtbot.waitSignal(doorstep.links_came) as came:
        outside.tell(Errand((LINK,)))
    assert came.args == [[LINK]]


def test_a_later_start_brings_the_window_back(door: Set, qtbot: QtBot) -> None:
    window, outside, _ = door
    window.showMinimized()
    outside._on_came(Errand(search="inkwash"))
    assert not window.isMinimized() and window.isVisible()
    assert window.search.edit.text() == "inkwash"


def test_files_are_shown_before_they_are_added(door: Set, qtbot: QtBot, tmp_path: Path) -> None:
    window, outside, _ = door
    (tmp_path / "new.safetensors").write_bytes(lora_bytes("new"))
    outside.tell(Errand(files=(str(tmp_path / "new.safetensors"),)))
    sheet = window.drop_in._sheet
    assert sheet is not None
    qtbot.waitUntil(sheet.isVisible, timeout=10_000)
    assert not list((tmp_path / "ComfyUI").rglob("new.safetensors"))
    window.drop_in._close_sheet()


def test_a_copied_link_is_offered_and_shown_on_a_click(door: Set, qtbot: QtBot) -> None:
    window, outside, doorstep = door
    told: list[list[str]] = []
    doorstep.links_came.connect(told.append)
    outside.links_copied.emit([LINK])
    assert told == []
    button = next(button for button in window.problems.findChildren(QPushButton) if button.text() == "Show" and button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told == [[LINK]]


def test_the_setting_decides_whether_copied_links_are_noticed(door: Set) -> None:
    window, outside, _ = door
    assert not outside.clipboard._is_on
    window.desk.settings.clipboard_chosen.emit(True)
    assert outside.clipboard._is_on

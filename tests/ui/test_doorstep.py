"""What comes from outside, at the window: it comes to the front, and nothing is done without a click."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge.outside import Outside
from model_manager.core.online.outside import Errand
from model_manager.core.settings import Settings
from model_manager.ui.doorstep import Doorstep
from model_manager.ui.main_window import MainWindow

LINK = "https://civitai.com/models/900030"
Set = tuple[MainWindow, Outside, list[list[str]]]


@pytest.fixture
def door(tmp_path: Path, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    """A window, the ways into it, and the links that came to its dialog, which would ask the sites."""
    window = open_window(Settings(comfyui_dirs=[str(make_library(tmp_path))]), size=(1000, 700))
    outside, came = Outside(None), list[list[str]]()
    monkeypatch.setattr(window.links, "show_links", came.append)
    Doorstep(window, outside)
    yield window, outside, came
    outside.close()


def test_links_go_to_the_dialog(door: Set) -> None:
    _, outside, came = door
    outside.tell(Errand((LINK,)))
    assert came == [[LINK]]


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
    window, outside, came = door
    outside.links_copied.emit([LINK])
    assert came == []
    button = next(button for button in window.problems.findChildren(QPushButton) if button.text() == "Show" and button.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert came == [[LINK]]


def test_the_setting_decides_whether_copied_links_are_noticed(door: Set) -> None:
    window, outside, _ = door
    assert not outside.clipboard._is_on
    window.desk.settings.clipboard_chosen.emit(True)
    assert outside.clipboard._is_on

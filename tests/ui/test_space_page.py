"""The map of space in a real window: by mouse and keys into parts and back, and to the library."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.places.space_desk import SpaceDesk
from model_manager.ui.places.space_page import SpacePage, share_words
from model_manager.ui.places.tile_colours import HUES, ground, shade
from model_manager.ui.sidebar_rows import SPACE
from model_manager.ui.theme import set_theme, tokens
from tests.small_library import lora_bytes

SECONDS = 30_000


@pytest.fixture
def window(tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    """Three LoRAs in two folders."""
    (tmp_path / "ComfyUI/main.py").parent.mkdir()
    (tmp_path / "ComfyUI/main.py").write_text("")
    for folder, name in (("ink", "fox"), ("ink", "owl"), ("oil", "cat")):
        place = tmp_path / "ComfyUI/models/loras" / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.safetensors").write_bytes(lora_bytes(name))
    return open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]))


@pytest.fixture
def desk(window: MainWindow, qtbot: QtBot) -> SpaceDesk:
    window.pages.open(SPACE)
    made = window.tidy.space
    qtbot.waitUntil(lambda: made.page is not None and made.page._space is not None, timeout=SECONDS)
    return made


def page_of(desk: SpaceDesk) -> SpacePage:
    assert desk.page is not None
    return desk.page


def names(page: SpacePage) -> list[str]:
    return [part.name for part in page.view.parts]


def click(page: SpacePage, name: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
    tile = next(tile for tile in page.view.tiles if tile.part.name == name)
    point = tile.rect.topLeft() + QPoint(6, 6)
    QTest.mouseMove(page.view, point.toPoint())
    QTest.mouseClick(page.view, button, pos=point.toPoint())


def test_a_click_goes_in_and_the_trail_goes_back(desk: SpaceDesk, window: MainWindow) -> None:
    page = page_of(desk)
    assert names(page) == ["models/loras"] or names(page) == ["ComfyUI/models/loras"]
    click(page, names(page)[0])
    assert sorted(names(page)) == ["ink", "oil"] and names(page)[0] == "ink"
    click(page, "ink")
    assert sorted(names(page)) == ["fox.safetensors", "owl.safetensors"]
    click(page, "fox.safetensors")
    assert sorted(names(page)) == ["fox.safetensors", "owl.safetensors"], "a model holds nothing to go into"
    assert [link.text() for link in page._links if not link.isHidden()][-1] == "ink"
    QTest.mouseClick(page._links[0], Qt.MouseButton.LeftButton)
    assert len(names(page)) == 1
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert window.pages.currentIndex() == 0


def test_keys_go_in_and_back(desk: SpaceDesk) -> None:
    page = page_of(desk)
    page.view.setFocus()
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    assert len(names(page)) == 2
    QTest.keyClick(page.view, Qt.Key.Key_Backspace)
    assert len(names(page)) == 1


def test_other_ways_and_the_legend(desk: SpaceDesk, qtbot: QtBot) -> None:
    page = page_of(desk)
    for way, expected in (("kind", "LoRAs"), ("use", "New in the last week"), ("base", "SD 1.5")):
        QTest.mouseClick(page.chips[way], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda way=way: page._space is not None and page._space.way == way, timeout=SECONDS)
        assert way == "base" or names(page) == [expected]
    QTest.mouseClick(page._lines[0], Qt.MouseButton.LeftButton)
    assert len(page._trail) == 2
    qtbot.waitUntil(lambda: bool(page.drives.sums), timeout=SECONDS)
    assert page.drives.sums[0].free > 0


def test_what_is_chosen_is_shown_in_the_library(desk: SpaceDesk, window: MainWindow, qtbot: QtBot) -> None:
    page = page_of(desk)
    page.enter(page.view.parts[0])
    desk._show_in_library(next(part for part in page.view.parts if part.name == "oil"))
    assert window.pages.currentIndex() == 0 and window.session.model.rowCount() == 1
    window.pages.open(SPACE)
    page.enter(next(part for part in page.view.parts if part.name == "ink"))
    fox = next(part for part in page.view.parts if part.name == "fox.safetensors")
    desk._show_in_library(fox)
    assert window.session.model.rowCount() == 3 and window.selection.ids() == [fox.id]
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_a_part_is_kept_while_the_library_changes(desk: SpaceDesk, window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    page = page_of(desk)
    page.enter(page.view.parts[0])
    (tmp_path / "ComfyUI/models/loras/oil/dog.safetensors").write_bytes(lora_bytes("dog"))
    window.session.scan()
    qtbot.waitUntil(lambda: sum(part.count for part in page.view.parts) == 4, timeout=SECONDS)
    assert len(page._trail) == 2


def test_outputs_are_looked_through(desk: SpaceDesk, tmp_path: Path, qtbot: QtBot) -> None:
    page = page_of(desk)
    (tmp_path / "ComfyUI/output").mkdir()
    desk.map.choose("use")
    qtbot.waitUntil(lambda: page._space is not None and page._space.way == "use", timeout=SECONDS)
    with qtbot.waitSignal(desk.map.looked, timeout=SECONDS):
        QTest.mouseClick(page._outputs, Qt.MouseButton.LeftButton)
    assert page._outputs.isEnabled()
    qtbot.waitUntil(lambda: desk.map._job is None, timeout=SECONDS)


def _contrast(one: QColor, other: QColor) -> float:
    def light(colour: QColor) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read_on_every_colour(theme: str, qapp: QApplication) -> None:
    set_theme(theme, qapp)
    for rank in range(len(HUES) + 1):
        inner = [shade(rank, False, place) for place in range(4)]
        for colour in (ground(rank), *inner, shade(rank, True)):
            assert _contrast(colour, tokens().text) >= 4.5, (rank, colour.name())
        assert len({colour.name() for colour in (ground(rank), *inner[:3])}) == 4, "neighbours can be told apart"


def test_shares_in_words() -> None:
    assert [share_words(share) for share in (0.0, 0.001, 0.006, 0.32, 1.0)] == ["0%", "<1%", "1%", "32%", "100%"]

"""The first-run page: what was found, folders by button and by drop, and what is agreed to."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.ui.first_run import FirstRunPage, FoundItem
from model_manager.ui.first_run_parts import DropZone, FoundCard
from model_manager.ui.theme import set_theme

DESKTOP = FoundItem("/home/anna/ComfyUI", "ComfyUI Desktop", "about 1,240 models")
PORTABLE = FoundItem("/mnt/portable/ComfyUI", "ComfyUI portable", "about 310 models", is_checked=False)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> FirstRunPage:
    set_theme("dark", qapp)
    made = FirstRunPage()
    qtbot.addWidget(made)
    made.resize(1000, 650)
    made.show()
    return made


def cards(page: FirstRunPage) -> list[FoundCard]:
    QApplication.processEvents()  # a layout shows a new widget a moment later
    return [card for card in page.findChildren(FoundCard) if card.isVisible()]


def press(page: FirstRunPage, text: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(next(button for button in page.findChildren(QPushButton) if button.text() == text), Qt.MouseButton.LeftButton)


def main_button(page: FirstRunPage) -> QPushButton:
    return next(button for button in page.findChildren(QPushButton) if button.text() == "Show my models")


def texts(page: FirstRunPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def dragged(*urls: QUrl) -> QMimeData:
    data = QMimeData()
    data.setUrls(list(urls))
    return data


def enter(page: FirstRunPage, data: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    page.dragEnterEvent(event)
    return event.isAccepted()


def drop(page: FirstRunPage, data: QMimeData) -> None:
    page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier))


def test_it_says_that_nothing_is_changed(page: FirstRunPage) -> None:
    assert "nothing is moved" in texts(page)


def test_only_checked_places_are_agreed_to(page: FirstRunPage, qtbot: QtBot) -> None:
    page.set_found([DESKTOP, PORTABLE])
    agreed: list[list[str]] = []
    page.accepted.connect(agreed.append)
    press(page, "Show my models", qtbot)
    qtbot.mouseClick(cards(page)[1], Qt.MouseButton.LeftButton)
    press(page, "Show my models", qtbot)
    assert agreed == [[DESKTOP.path], [DESKTOP.path, PORTABLE.path]]


def test_nothing_checked_is_nothing_to_show(page: FirstRunPage, qtbot: QtBot) -> None:
    assert not main_button(page).isEnabled()
    page.set_found([DESKTOP])
    assert main_button(page).isEnabled() and "1 place will be shown" in texts(page)
    qtbot.keyClick(cards(page)[0].findChild(QCheckBox), Qt.Key.Key_Space)
    assert not main_button(page).isEnabled() and "Nothing is chosen yet" in texts(page)


def test_a_place_comes_once_and_keeps_its_check_mark(page: FirstRunPage, qtbot: QtBot) -> None:
    page.add_item(DESKTOP)
    qtbot.mouseClick(cards(page)[0], Qt.MouseButton.LeftButton)
    page.add_item(FoundItem(DESKTOP.path, "ComfyUI Desktop", "1,241 models"))
    assert len(cards(page)) == 1 and page.checked_paths() == []
    assert "1,241 models" in texts(page)
    page.set_found([PORTABLE])
    assert [card.path for card in cards(page)] == [PORTABLE.path]


def test_looking_and_nothing_found_are_said(page: FirstRunPage) -> None:
    assert "No ComfyUI was found" in texts(page)
    page.set_looking(True)
    assert "Looking in the usual places" in texts(page)
    page.set_found([DESKTOP])
    page.set_looking(False)
    assert "No ComfyUI was found" not in texts(page)


def test_dropped_folders_are_looked_at(page: FirstRunPage, tmp_path: Path) -> None:
    chosen: list[str] = []
    page.folder_chosen.connect(chosen.append)
    zone = page.findChild(DropZone)
    assert isinstance(zone, DropZone)
    data = dragged(QUrl.fromLocalFile(str(tmp_path / "a b")), QUrl("https://example.org/x"), QUrl.fromLocalFile(str(tmp_path / "ü#")))
    assert enter(page, data) and zone.is_lit()
    drop(page, data)
    assert [Path(path) for path in chosen] == [tmp_path / "a b", tmp_path / "ü#"]
    assert not zone.is_lit()


def test_what_is_not_on_this_computer_is_not_taken(page: FirstRunPage) -> None:
    zone = page.findChild(DropZone)
    assert isinstance(zone, DropZone)
    assert not enter(page, dragged(QUrl("https://example.org/x"))) and not zone.is_lit()
    assert not enter(page, QMimeData())


def test_a_folder_carried_away_again_dims_the_zone(page: FirstRunPage, tmp_path: Path) -> None:
    zone = page.findChild(DropZone)
    assert isinstance(zone, DropZone)
    enter(page, dragged(QUrl.fromLocalFile(str(tmp_path))))
    page.dragLeaveEvent(QDragLeaveEvent())
    assert not zone.is_lit()


def test_a_folder_can_be_chosen(page: FirstRunPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = [str(tmp_path), "", str(tmp_path)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: answers.pop(0))
    chosen: list[str] = []
    page.folder_chosen.connect(chosen.append)
    press(page, "Choose a folder…", qtbot)
    press(page, "Choose a folder…", qtbot)
    qtbot.mouseClick(page.findChild(DropZone), Qt.MouseButton.LeftButton)
    assert chosen == [str(tmp_path)] * 2


def test_problems_and_the_demo(page: FirstRunPage, qtbot: QtBot) -> None:
    page.show_problem("There is no model in it.")
    assert "There is no model in it." in texts(page)
    with qtbot.waitSignal(page.demo_asked):
        press(page, "Open the demo library", qtbot)


def test_enter_shows_the_models(page: FirstRunPage) -> None:
    assert page.focusProxy() is main_button(page)


def test_a_screen_reader_hears_what_is_checked(page: FirstRunPage) -> None:
    page.set_found([DESKTOP])
    box = cards(page)[0].findChild(QCheckBox)
    assert isinstance(box, QCheckBox)
    assert box.accessibleName() == "ComfyUI Desktop, /home/anna/ComfyUI, about 1,240 models"

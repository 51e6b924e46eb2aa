"""The top bar: what it signals, what its setters show, and that it fits a narrow window."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from model_manager.ui.theme import set_theme
from model_manager.ui.top_bar import HEIGHT, TopBar, group_labels, sort_labels


@pytest.fixture
def bar(qtbot: QtBot, qapp: QApplication) -> TopBar:
    set_theme("dark", qapp)
    made = TopBar()
    qtbot.addWidget(made)
    made.set_search(QLineEdit())
    made.resize(1440, HEIGHT)
    made.show()
    return made


def button(bar: TopBar, name: str) -> QToolButton | QPushButton:
    found = [one for one in [*bar.findChildren(QToolButton), *bar.findChildren(QPushButton)] if one.accessibleName().startswith(name)]
    assert len(found) == 1, name
    return found[0]


def pick(menu: QMenu, text: str) -> None:
    next(action for action in menu.actions() if action.text() == text).trigger()


def menu_of(bar: TopBar, name: str) -> QMenu:
    owner = button(bar, name)
    assert isinstance(owner, QPushButton)
    menu = owner.menu()
    assert isinstance(menu, QMenu)
    return menu


def checked(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isChecked()]


def test_the_keys_are_those_of_the_library() -> None:
    assert list(sort_labels()) == ["name", "size", "added", "modified", "base", "type", "rating"]
    assert list(group_labels()) == ["none", "base", "folder", "type", "collection", "category", "group", "colour"]


def test_choosing_an_order_starts_at_its_useful_end(bar: TopBar) -> None:
    told: list[tuple[str, bool]] = []
    bar.sort_chosen.connect(lambda key, is_descending: told.append((key, is_descending)))
    menu = menu_of(bar, "Sort")
    pick(menu, "Name")
    pick(menu, "Descending")
    pick(menu, "Size")
    pick(menu, "Ascending")
    pick(menu, "Size")
    assert told == [("name", False), ("name", True), ("size", True), ("size", False), ("size", False)]
    assert checked(menu) == ["Size", "Ascending"]


def test_setters_show_and_do_not_signal(bar: TopBar, qtbot: QtBot) -> None:
    told: list[object] = []
    for signal in (bar.sort_chosen, bar.group_chosen, bar.card_width_changed, bar.view_chosen):
        signal.connect(lambda *values: told.append(values))
    bar.set_sort("base", True)
    bar.set_group("folder")
    bar.set_card_width(300)
    bar.set_view("table")
    assert told == []
    assert button(bar, "Sort").text().strip() == "Sort: Base model"
    assert button(bar, "Group").text().strip() == "Group: Folder"
    assert checked(menu_of(bar, "Group")) == ["Folder"]
    assert button(bar, "Show as a table").isChecked() and not button(bar, "Show as cards").isChecked()
    assert not bar._slider.isEnabled() and bar._slider.value() == 300


def test_buttons_signal(bar: TopBar, qtbot: QtBot) -> None:
    told: list[str] = []
    bar.view_chosen.connect(told.append)
    bar.group_chosen.connect(told.append)
    bar.refresh_asked.connect(lambda: told.append("refresh"))
    bar.folders_asked.connect(lambda: told.append("folders"))
    bar.settings_asked.connect(lambda: told.append("settings"))
    bar.card_width_changed.connect(lambda pixels: told.append(str(pixels)))
    for name in ("Show as a table", "Show as cards", "Look at all folders again", "Folders", "Settings"):
        qtbot.mouseClick(button(bar, name), Qt.MouseButton.LeftButton)
    pick(menu_of(bar, "Group"), "Type")
    bar._slider.setValue(260)
    assert told == ["table", "grid", "refresh", "folders", "settings", "type", "260"]


@pytest.mark.parametrize("width", [2560, 1440, 1100, 1000, 860, 760, 730])
def test_everything_fits(bar: TopBar, width: int) -> None:
    bar.resize(width, HEIGHT)
    parts = sorted((part for part in bar.findChildren(QWidget) if part.parent() is bar and part.isVisible()), key=lambda part: part.x())
    assert len(parts) >= 11
    for left, right in pairwise(parts):
        assert left.geometry().right() < right.x(), (left, right)
    assert parts[-1].geometry().right() < width


def test_labels_shorten_and_come_back(bar: TopBar) -> None:
    bar.set_sort("added", True)
    shown = []
    for width in (1440, 1060, 760, 1440):
        bar.resize(width, HEIGHT)
        shown.append(button(bar, "Sort").text().strip())
    assert shown == ["Sort: Recently added", "Recently added", "", "Sort: Recently added"]
    assert button(bar, "Sort").toolTip() == "Sort: Recently added, descending"


def test_the_keyboard_reaches_all_of_it(bar: TopBar) -> None:
    for part in [*bar.findChildren(QToolButton), *bar.findChildren(QPushButton), bar._slider]:
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert part.accessibleName()

"""The pages of the settings about downloads and sites, and the sheet for a key."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from model_manager.core.online.records import CIVITAI, EVERYTHING, HUGGING_FACE, SAFE
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.settings.dialog import DOWNLOADS, SettingsDialog
from model_manager.ui.settings.key_row import KeyRow
from model_manager.ui.settings.key_sheet import KeySheet
from model_manager.ui.theme import set_theme


@pytest.fixture
def settings(qtbot: QtBot, qapp: QApplication) -> SettingsDialog:
    set_theme("dark", qapp)
    made = SettingsDialog()
    qtbot.addWidget(made)
    made.show()
    return made


def button(row: KeyRow, text: str) -> QPushButton:
    return next(one for one in row.findChildren(QPushButton) if one.text() == text)


def typed(row: KeyRow, qtbot: QtBot, text: str) -> QLineEdit:
    field = row.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, text)
    return field


def test_setters_do_not_signal(settings: SettingsDialog) -> None:
    told: list[object] = []
    downloads, online = settings.downloads, settings.online
    for signal in (downloads.at_once_chosen, downloads.speed_chosen, downloads.template_chosen, downloads.compatible_chosen,
                   downloads.videos_chosen, downloads.clipboard_chosen, downloads.handler_chosen, online.level_chosen):  # fmt: skip
        signal.connect(told.append)
    downloads.set_speed(5, 12_000)
    downloads.set_template("{base_model}")
    downloads.set_compatible(["json"])
    downloads.set_videos(True)
    downloads.set_links(True, True)
    online.set_level(SAFE)
    online.set_places("http://mirror", "", "")
    assert told == []


def test_chosen_sidecars_are_told_in_their_order(settings: SettingsDialog, qtbot: QtBot) -> None:
    told: list[object] = []
    settings.downloads.compatible_chosen.connect(told.append)
    settings.downloads.set_compatible(["json"])
    settings.show_page(DOWNLOADS)
    box = next(one for one in settings.downloads.findChildren(QCheckBox) if one.text().startswith(".civitai.info"))
    box.click()
    assert told == [["civitai.info", "json"]]


def test_a_speed_is_told_in_kilobytes(settings: SettingsDialog) -> None:
    told: list[int] = []
    settings.downloads.speed_chosen.connect(told.append)
    settings.downloads._speed.setValue(25)
    assert told == [25_000]


@pytest.mark.parametrize("level", [1, SAFE, EVERYTHING])
def test_a_level_is_shown(settings: SettingsDialog, level: int) -> None:
    settings.online.set_level(level)
    box = settings.online.findChild(QComboBox)
    assert isinstance(box, QComboBox) and box.currentData() == level


def test_a_key_is_handed_on_and_forgotten(settings: SettingsDialog, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    row = settings.online.keys[CIVITAI]
    row.key_given.connect(lambda *values: told.append(values))
    assert not button(row, "Check and save").isEnabled()
    field = typed(row, qtbot, "  0123456789abcdef  ")
    assert field.echoMode() == QLineEdit.EchoMode.Password
    button(row, "Check and save").click()
    assert told == [(CIVITAI, "0123456789abcdef")] and not field.isEnabled()
    row.show_result(False, "Civitai does not know this key.")
    assert field.isEnabled() and field.text() and row.said.text() == "Civitai does not know this key."
    row.show_result(True, "This key works.")
    assert field.text() == ""


def test_only_a_key_of_ours_can_be_removed(settings: SettingsDialog) -> None:
    row = settings.online.keys[HUGGING_FACE]
    for source, is_ours in (("", False), ("environment", False), ("file", False), ("keychain", True), ("memory", True)):
        row.show_source(source)
        assert button(row, "Remove").isHidden() != is_ours
    told: list[str] = []
    row.remove_asked.connect(told.append)
    button(row, "Remove").click()
    assert told == [HUGGING_FACE]


def test_the_sheet_for_a_key_begins_in_its_field_and_ends_when_it_is_good(qtbot: QtBot, qapp: QApplication) -> None:
    sheet = KeySheet(CIVITAI)
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(sheet)
    sheet.show()
    told: list[str] = []
    sheet.row.key_given.connect(lambda _, key: told.append(key))
    field = typed(sheet.row, qtbot, "0123456789abcdef")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert told == ["0123456789abcdef"] and sheet.isVisible()
    sheet.show_result(True, "This key works.")
    assert [one.text() for one in sheet.findChildren(QPushButton) if one.text() == "Done"]


def test_an_address_of_the_environment_is_shown_and_stays(settings: SettingsDialog, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    settings.online.place_chosen.connect(lambda name, text: told.append((name, text)))
    settings.online.set_places("http://mine", "", "")
    settings.online.set_overridden({CIVITAI: ("CIVITAI_ENDPOINT", "http://127.0.0.1:9")})
    field = settings.online._places[CIVITAI]
    assert (field.text(), field.isReadOnly()) == ("http://127.0.0.1:9", True)
    assert settings.online._notes[CIVITAI].text() == "Set by CIVITAI_ENDPOINT." and settings.online._notes[HUGGING_FACE].isHidden()
    field.setFocus()
    qtbot.keyClicks(field, "x")
    field.editingFinished.emit()
    assert told == [] and not settings.online._places[HUGGING_FACE].isReadOnly()


def test_a_template_is_judged_while_it_is_typed(open_window: Callable[..., MainWindow], qtbot: QtBot) -> None:
    window = open_window(Settings(folder_template="{author}"))
    desk = window.desk.settings
    desk.show(DOWNLOADS)
    page = desk._dialog.downloads
    page._template.setFocus()
    page._template.clear()
    qtbot.keyClicks(page._template, "{maker}")
    assert page._problem.isVisible() and page._problem.text().startswith("{maker} is not known.")
    assert window.session.settings.folder_template == "{author}", "one that is wrong is not kept"
    page._template.clear()
    qtbot.keyClicks(page._template, "{base_model}")
    assert page._problem.isHidden() and window.session.settings.folder_template == "{base_model}"
    desk._dialog.close()
    qtbot.waitUntil(lambda: window.is_quiet, timeout=10_000)


@pytest.mark.parametrize("page", range(3))
def test_nothing_is_cut_off_in_a_narrow_dialog(settings: SettingsDialog, page: int) -> None:
    settings.show_page(page)
    for width in (860, 700, 860):
        settings.resize(width, 420)
        QApplication.processEvents()
        area = settings._stack.currentWidget()
        assert isinstance(area, QScrollArea) and area.widget().width() == area.viewport().width()
        shown = [one for one in area.widget().findChildren(QWidget) if one.isVisible() and one.parentWidget() is area.widget()]
        assert max(one.geometry().right() for one in shown) <= area.viewport().width()

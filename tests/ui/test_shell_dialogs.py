"""The dialog of settings."""


import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from model_manager.ui.settings.dialog import SettingsDialog
from model_manager.ui.theme import set_theme


@pytest.fixture
def settings(qtbot: QtBot, qapp: QApplication) -> SettingsDialog:
    set_theme("dark", qapp)
    made = SettingsDialog()
    qtbot.addWidget(made)
    made.show()
    return made


def button(dialog: SettingsDialog, text: str) -> QPushButton:
    return next(one for one in dialog.findChildren(QPushButton) if one.text().strip() == text)


def test_settings_setters_do_not_signal(settings: SettingsDialog) -> None:
    told: list[object] = []
    for signal in (settings.general.theme_chosen, settings.general.cache_size_chosen, settings.general.clear_cache_asked):
        signal.connect(lambda *values: told.append(values))
    settings.general.set_theme("light")
    settings.general.set_cache(2048, 432_000_000)
    settings.general.set_data_folder("/data/ModelManager")
    assert told == []
    assert [one.objectName() for one in settings.general.findChildren(QPushButton) if one.isChecked()] == ["light"]
    box = settings.general.findChild(QSpinBox)
    assert isinstance(box, QSpinBox) and box.value() == 2048
    shown = [label.text() for label in settings.findChildren(QLabel)]
    assert "432 MB in use" in shown and "/data/ModelManager" in shown


def test_settings_signal_what_is_chosen(settings: SettingsDialog, qtbot: QtBot) -> None:
    told: list[object] = []
    settings.general.theme_chosen.connect(told.append)
    settings.general.cache_size_chosen.connect(told.append)
    settings.general.clear_cache_asked.connect(lambda: told.append("clear"))
    settings.general.folders_asked.connect(lambda: told.append("folders"))
    settings.general.data_folder_asked.connect(lambda: told.append("data"))
    settings.general.set_theme("dark")
    settings.general.set_cache(1024, 5_000_000)
    for text in ("Light", "Clear", "Show folders…", "Open"):
        qtbot.mouseClick(button(settings, text), Qt.MouseButton.LeftButton)
    box = settings.general.findChild(QSpinBox)
    assert isinstance(box, QSpinBox)
    box.setValue(512)
    assert told == ["light", "clear", "folders", "data", 512]


def test_an_empty_cache_cannot_be_cleared(settings: SettingsDialog) -> None:
    settings.general.set_cache(1024, 0)
    assert not button(settings, "Clear").isEnabled()
    settings.general.set_cache(1024, None)
    assert button(settings, "Clear").isEnabled()

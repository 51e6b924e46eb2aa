"""Backing up and restoring in the window, as a person does it: from the settings to the note with the way back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from picture_library import make_library
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.core.settings import Settings, save_settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.tidy.backup_sheets import BackupSheet, RestoreSheet
from model_manager.ui.tidy.plan_sheet import PlanSheet

SECONDS = 30_000


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    return make_library(tmp_path) / "models" / "loras"


@pytest.fixture
def window(loras: Path, tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    settings = Settings(comfyui_dirs=[str(loras.parent.parent)])
    (tmp_path / "data").mkdir()
    save_settings(tmp_path / "data", settings)
    return open_window(settings, size=(1000, 650), theme="light")


def sheet_of(window: MainWindow, kind: type) -> Any:
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, kind)
    return sheet


def button(window: MainWindow, text: str) -> QPushButton:
    return next(one for one in window.problems._buttons if one.text() == text)


def settled(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.is_quiet and window.session.runner.is_idle, timeout=SECONDS)


def test_there_and_back_and_undone(
    window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "b.zip")
    window.desk.settings.show()
    dialog = window.desk.settings._dialog
    assert dialog is not None
    dialog.general.backup_asked.emit()
    assert not dialog.isVisible()
    sheet = sheet_of(window, BackupSheet)
    qtbot.waitUntil(lambda: "files of" in sheet.foot.said._full, timeout=SECONDS)
    assert sheet.shown.isHidden(), "all are shown"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (file[:-4], ""))
    sheet.choose.click()
    assert sheet.path._full == file
    with qtbot.waitSignal(window.tidy.backup.backups.written, timeout=SECONDS):
        qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    assert Path(file).exists() and "written and proven" in window.problems.texts()[0]
    settled(window, qtbot)

    before = (loras / "shown.png").read_bytes()
    (loras / "shown.png").unlink()
    window.session.settings.theme = "dark"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (file, ""))
    window.desk.settings.restore_asked.emit()
    sheet = sheet_of(window, RestoreSheet)
    assert not sheet.go.isEnabled()
    qtbot.waitUntil(sheet.go.isEnabled, timeout=SECONDS)
    assert "1 new file" in sheet.counts.text() and sheet.history.isHidden() and not sheet.settings.isHidden()
    sheet.rules.button(2).click()
    qtbot.waitUntil(sheet.go.isEnabled, timeout=SECONDS)
    sheet.go.click()
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    with qtbot.waitSignal(window.tidy.orders.carried, timeout=SECONDS):
        next(one for one in sheet_of(window, PlanSheet).findChildren(QPushButton) if one.text() == "Restore").click()
    assert (loras / "shown.png").read_bytes() == before
    settled(window, qtbot)
    assert not list((tmp_path / "data" / "restoring").iterdir()), "what was unpacked goes"
    with qtbot.waitSignal(window.tidy.orders.undone, timeout=SECONDS):
        button(window, "Undo").click()
    assert not (loras / "shown.png").exists()
    settled(window, qtbot)


def test_settings_that_come_back_count_at_once(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    backups, file, settings = window.tidy.backup.backups, str(tmp_path / "b.zip"), window.session.settings
    sheet_wish = BackupSheet(file, "", 0).wish()
    with qtbot.waitSignal(backups.written, timeout=SECONDS):
        backups.write(sheet_wish, file, False)
    settings.preview_format, settings.card_size = "webp", 300
    window.session.keep_settings()
    window.tidy.backup.look_into(file)
    sheet = sheet_of(window, RestoreSheet)
    qtbot.waitUntil(lambda: not sheet.settings.isHidden(), timeout=SECONDS)
    assert not sheet.go.isEnabled() and "Nothing would be restored" in sheet.foot.said._full
    sheet.settings.setChecked(True)
    qtbot.waitUntil(sheet.go.isEnabled, timeout=SECONDS)
    sheet.go.click()
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    with qtbot.waitSignal(backups.settings_changed, timeout=SECONDS):
        next(one for one in sheet_of(window, PlanSheet).findChildren(QPushButton) if one.text() == "Restore").click()
    assert (settings.preview_format, settings.card_size) == ("png", 200) and settings.comfyui_dirs
    settled(window, qtbot)


def test_a_file_that_is_no_backup(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "x.zip").write_bytes(b"nothing")
    window.tidy.backup.look_into(str(tmp_path / "x.zip"))
    sheet = sheet_of(window, RestoreSheet)
    qtbot.waitUntil(lambda: "no backup" in sheet.counts.text(), timeout=SECONDS)
    assert not sheet.go.isEnabled()
    sheet.reject()
    settled(window, qtbot)


def test_one_that_cannot_be_written_says_why(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    backups = window.tidy.backup.backups
    with qtbot.waitSignal(backups.failed, timeout=SECONDS) as blocker:
        backups.write(BackupSheet("", "", 0).wish(), str(tmp_path / "no" / "b.zip"), False)
    assert "not there" in blocker.args[0] and not backups.is_writing
    settled(window, qtbot)

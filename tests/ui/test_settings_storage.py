"""The settings of storage in a real window: limits count at once, and cleaning up is done and told."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from model_manager.ui.main_window import MainWindow
from model_manager.ui.settings.dialog import STORAGE

SECONDS = 30_000


def test_limits_and_cleaning_up(open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window()
    old = tmp_path / "data/index.sqlite.damaged-20260101-101010-123456"
    old.write_bytes(bytes(2_000_000))
    os.utime(old, (time.time() - 10 * 86_400,) * 2)
    desk = window.desk.settings
    desk.show(STORAGE)
    dialog = desk._dialog
    assert dialog is not None
    page = dialog.storage
    assert page._held.value() == 30 and page._history.value() == 180
    page._history.setValue(60)
    page._held.setValue(0)
    assert window.session.settings.history_days == 60 and window.session.settings.held_days == 0 and page._held.text() == "For ever"
    with qtbot.waitSignal(desk.cleaning.cleaned, timeout=SECONDS):
        QTest.mouseClick(page._clean, Qt.MouseButton.LeftButton)
    assert page._said.text() == "2.00 MB became free." and not old.exists() and page._clean.isEnabled()
    dialog.accept()
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)


def test_it_is_cleaned_by_itself_after_the_start_and_daily(open_window: Callable[..., MainWindow]) -> None:
    cleaning = open_window().desk.settings.cleaning
    assert cleaning._timer.isActive() and cleaning._timer.interval() == 90_000
    cleaning._on_due()
    assert cleaning._timer.interval() == 24 * 3600 * 1000

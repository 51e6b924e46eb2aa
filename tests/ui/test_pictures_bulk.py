"""The sheet for many models and its report, as a person uses them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from picture_library import GREEN, is_like, make_library
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.pictures.bulk_dialog import BulkDialog, OrderList, source_words

SECONDS = 30_000


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    return make_library(tmp_path) / "models" / "loras"


@pytest.fixture
def window(loras: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(Settings(comfyui_dirs=[str(loras.parent.parent)]), size=(1000, 650), theme="light")


def opened(window: MainWindow, qtbot: QtBot) -> BulkDialog:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=SECONDS)
    window.grid.selectAll()
    QTest.keyClick(window.grid, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    dialog = window.pictures.dialog
    assert isinstance(dialog, BulkDialog)
    planned(qtbot, window, dialog)
    return dialog


def planned(qtbot: QtBot, window: MainWindow, dialog: BulkDialog) -> None:
    qtbot.waitUntil(lambda: dialog._planned is not None and window.session.runner.is_idle, timeout=SECONDS)


def bar_button(window: MainWindow, text: str) -> QPushButton:
    return next(button for button in window.problems._buttons if button.text() == text)


def test_plan_run_report_and_back(window: MainWindow, loras: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = opened(window, qtbot)
    assert "3 models" in dialog.summary.text() and dialog.start.text() == "Make 3 previews"
    assert dialog.examples.tiles.rowCount() == 3 and not dialog.examples.tiles.missing()
    with qtbot.waitSignal(window.pictures.previews.reported, timeout=SECONDS):
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    assert window.problems.texts()[0].startswith("3 new previews")
    assert is_like(loras / "used.preview.png", GREEN)
    bar_button(window, "Show report").click()
    report = window.pictures.report
    assert report is not None and report.focusWidget() is report.close_button
    report.copy.click()
    assert QGuiApplication.clipboard().text().startswith("3 new previews")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "report.txt"), ""))
    report.save.click()
    report.undo.click()
    qtbot.waitUntil(lambda: report.foot.said._full == "All earlier pictures are back.", timeout=SECONDS)
    assert not list(loras.glob("*.preview.png")) and (tmp_path / "report.txt").read_text("utf-8").startswith("3 new previews")
    report.close_button.click()
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_choices_make_another_plan(window: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot)
    dialog.all.setChecked(True)
    planned(qtbot, window, dialog)
    assert dialog.start.text() == "Make 3 previews", "a drawn card takes no picture's place"
    assert "never takes the place" in dialog.note.text()
    for box in dialog.order.findChildren(QCheckBox):
        box.setChecked(box.text() == source_words()["drawn"])
    planned(qtbot, window, dialog)
    assert dialog.start.text() == "Make 5 previews" and "give way" in dialog.note.text(), "asked for alone, it does, and that is said"
    for box in dialog.order.findChildren(QCheckBox):
        box.setChecked(False)
    assert not dialog.start.isEnabled() and dialog.summary.text() == "Choose at least one source."
    dialog.close()
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)


def test_a_report_names_what_was_refused(window: MainWindow, loras: Path, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot)
    for box in dialog.order.findChildren(QCheckBox):
        box.setChecked(box.text() == source_words()["beside"])
    dialog.all.setChecked(True)
    planned(qtbot, window, dialog)
    with qtbot.waitSignal(window.pictures.previews.reported, timeout=SECONDS):
        dialog.start.click()
    bar_button(window, "Show report").click()
    report = window.pictures.report
    assert report is not None and not report.list.isHidden()
    assert "web: " in report.text() and "web page" in report.text()
    report.close_button.click()
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_sources_change_places(qtbot: QtBot, qapp: QApplication) -> None:
    made = OrderList(source_words(), ("embedded", "output", "drawn"))
    qtbot.addWidget(made)
    assert made.order() == ("embedded", "output", "drawn")
    first = made._rows[0][2].findChildren(QToolButton)
    assert not first[0].isEnabled()
    first[1].click()
    assert made.order() == ("output", "embedded", "drawn")

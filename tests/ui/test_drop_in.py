"""Files dropped on the window as Qt delivers them: overlay, sheet, copying, report; pictures on cards; what is refused."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge import tasks
from model_manager.core.formats.write import torch_zip_bytes
from model_manager.core.settings import Settings
from model_manager.ui.dialogs.drop_in import DropSheet
from model_manager.ui.dialogs.drop_list import ROW, target_rect
from model_manager.ui.drop_desk import was_cut
from model_manager.ui.main_window import MainWindow

SECONDS = 30_000
BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def window(comfyui: Path, open_window: Callable[..., MainWindow]) -> Iterator[MainWindow]:
    made = open_window(Settings(comfyui_dirs=[str(comfyui)]))
    yield made
    made.drop_in._close_sheet()


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def send(window: MainWindow, kind: Any, mime: QMimeData, point: QPoint | None = None) -> QDropEvent:
    """Send a drag event to the native window, as the system does."""
    place = point or window.rect().center()
    where = QPointF(place) if kind is QDropEvent else place
    event: QDropEvent = kind(where, BOTH, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(window.windowHandle(), event)
    return event


def sheet_of(window: MainWindow, qtbot: QtBot) -> DropSheet:
    sheet = window.drop_in._sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: sheet._plan is not None, timeout=SECONDS)
    return sheet


def dropped(window: MainWindow, qtbot: QtBot, *paths: Path) -> DropSheet:
    send(window, QDropEvent, files(*paths))
    return sheet_of(window, qtbot)


def test_a_drag_shows_what_it_does_and_a_drop_adds(window: MainWindow, drop: Path, comfyui: Path, qtbot: QtBot) -> None:
    path = drop / "checkpoint.safetensors"
    path.write_bytes(lora_bytes("new"))
    mime, overlay = files(path), window.drop_in.zone._overlay
    assert send(window, QDragEnterEvent, mime).isAccepted()
    moved = send(window, QDragMoveEvent, mime, window.search.geometry().center())
    assert moved.isAccepted() and moved.dropAction() == Qt.DropAction.CopyAction, "nobody's file is deleted on our word"
    assert overlay.isVisible() and overlay._title == "Drop models here to add them"
    QCoreApplication.sendEvent(window.windowHandle(), QDragLeaveEvent())
    assert overlay.isHidden()
    send(window, QDropEvent, mime, window.search.geometry().center())
    assert overlay.isHidden() and window.search.text() == ""
    sheet = sheet_of(window, qtbot)
    QAbstractItemModelTester(sheet.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert (sheet._title.text(), sheet._go.text()) == ("Add 1 model", "Copy 1 model")
    assert sheet.model.note(0) == ("LoRA by its header", "muted")
    with qtbot.waitSignal(window.drop_in.intake.carried, timeout=SECONDS):
        sheet._go.click()
    assert sheet._title.text() == "1 model was added" and sheet.model.note(0) == ("added", "ok")
    assert (comfyui / "models/loras/checkpoint.safetensors").exists() and path.exists()
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 6, timeout=SECONDS)
    QTest.keyClick(sheet._cancel, Qt.Key.Key_Return)
    assert sheet.isHidden(), "Enter closes the report"


def test_moving_and_leaving_out(window: MainWindow, drop: Path, comfyui: Path, qtbot: QtBot) -> None:
    for name in "abc":
        (drop / f"{name}.safetensors").write_bytes(lora_bytes(name))
    sheet = dropped(window, qtbot, *sorted(drop.iterdir()))
    sheet._move.click()
    assert sheet._go.text() == "Move 3 models"
    y = sheet._list.visualRect(sheet.model.index(1)).center().y()
    QTest.mouseClick(sheet._list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(28, y))
    assert sheet._go.text() == "Move 2 models" and sheet.model.note(1) == ("left out", "faint")
    QTest.keyClick(sheet._list, Qt.Key.Key_Space)
    assert sheet.model.taken() == [0, 1, 2]
    sheet.model.toggle([1])
    with qtbot.waitSignal(window.drop_in.intake.carried, timeout=SECONDS):
        sheet._go.click()
    assert [path.name for path in drop.iterdir()] == ["b.safetensors"]


@pytest.mark.qt_log_ignore("does not support", extend=True)
def test_the_person_chooses_a_folder(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    (drop / "unknown.pth").write_bytes(torch_zip_bytes({"mystery": ("F16", [2, 2])}))
    sheet = dropped(window, qtbot, drop / "unknown.pth")
    assert sheet.model.line(0).state == "ask" and not sheet._go.isEnabled()
    place = target_rect(sheet._list.visualRect(sheet.model.index(0))).center()
    QTest.mouseClick(sheet._list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    action = next(action for action in menu.actions() if action.text() == "VAEs")
    with qtbot.waitSignal(window.drop_in.intake.planned, timeout=SECONDS):
        action.trigger()
    menu.close()
    assert sheet.model.line(0).shown == str(Path("vae/unknown.pth")) and sheet._go.isEnabled()


def test_pictures_go_to_the_card_below_the_pointer(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    mime = files(drop / "a.png", drop / "b.mp4")
    rect = window.grid.visualRect(window.session.model.index(2, 0))
    point = window.grid.viewport().mapTo(window, rect.center())
    assert send(window, QDragEnterEvent, mime, QPoint(20, 300)).isAccepted()
    assert not send(window, QDragMoveEvent, mime, QPoint(20, 300)).isAccepted()
    assert send(window, QDragMoveEvent, mime, point).isAccepted()
    assert window.drop_in.zone._overlay._card.size() == rect.size()
    with qtbot.waitSignal(window.drop_in.pictures_dropped) as blocker:
        send(window, QDropEvent, mime, point)
    assert blocker.args == [window.session.model.id_at(2), [str(drop / "a.png"), str(drop / "b.mp4")]]
    assert window.drop_in._sheet is None


def test_text_and_our_own_drags_are_not_taken(window: MainWindow, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = QMimeData()
    text.setText("ink")
    send(window, QDragEnterEvent, text)
    assert window.drop_in.zone._overlay.isHidden()
    monkeypatch.setattr(QDropEvent, "source", lambda event: window.grid)
    send(window, QDragEnterEvent, files(drop / "a.safetensors"))  # taken, or nobody would hear where it goes
    assert not send(window, QDragMoveEvent, files(drop / "a.safetensors")).isAccepted()
    assert not send(window, QDropEvent, files(drop / "a.safetensors")).isAccepted()
    assert window.drop_in._sheet is None and window.drop_in.zone._overlay.isHidden()


def test_files_copied_in_a_file_manager_are_pasted(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    (drop / "a.safetensors").write_bytes(lora_bytes("a"))
    mime = files(drop / "a.safetensors")
    mime.setData("x-special/gnome-copied-files", b"cut\nfile:///x")
    QGuiApplication.clipboard().setMimeData(mime)
    window.activateWindow()
    window.grid.setFocus()
    QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    sheet = sheet_of(window, qtbot)
    assert sheet._move.isChecked(), "what was cut is moved"
    assert not was_cut(files(drop))
    QGuiApplication.clipboard().clear()


def test_nothing_to_add_is_said(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    (drop / "readme.txt").write_bytes(b"x")
    send(window, QDropEvent, files(drop))
    sheet = window.drop_in._sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: sheet._title.text() == "There is no model among them", timeout=SECONDS)
    assert sheet._go.isHidden() and sheet._folders.isHidden()


def test_without_folders_one_is_asked_for(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    (drop / "a.safetensors").write_bytes(lora_bytes("a"))
    window.session.sources = tasks.Sources()
    send(window, QDropEvent, files(drop / "a.safetensors"))
    sheet = window.drop_in._sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: not sheet._folders.isHidden(), timeout=SECONDS)
    sheet._folders.click()
    page = window.tidy.places.page
    assert window.drop_in._sheet is None and page is not None and page.isVisible()


def test_thousands_of_rows_paint_only_what_is_seen(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    for number in range(300):
        (drop / f"{number}.safetensors").write_bytes(lora_bytes(str(number)))
    sheet = dropped(window, qtbot, drop)
    assert sheet._title.text() == "Add 300 models" and sheet._list.visualRect(sheet.model.index(299)).top() > 250 * ROW


def test_copying_goes_on_while_the_sheet_is_hidden(window: MainWindow, drop: Path, qtbot: QtBot) -> None:
    (drop / "a.safetensors").write_bytes(lora_bytes("a"))
    sheet = dropped(window, qtbot, drop / "a.safetensors")
    with qtbot.waitSignal(window.drop_in.intake.carried, timeout=SECONDS):
        sheet._go.click()
        sheet._hide.click()
        send(window, QDropEvent, files(drop / "a.safetensors"))
        assert window.drop_in._sheet is sheet, "one drop at a time"
    assert "1 model was added." in window.problems.texts()

"""Drags and copies by mouse and keyboard on a real small library; only QDrag's own loop is replaced."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from small_library import make_library

from model_manager.bridge import handover, tasks
from model_manager.ui.details.parts import key_text
from model_manager.ui.drag_picture import MOST, files_picture, nodes_picture
from model_manager.ui.grid.grip import grip_rect
from model_manager.ui.main_window import MainWindow

SECONDS = 30_000
Key, Mod, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton
CTRL_SHIFT = Mod.ControlModifier | Mod.ShiftModifier


class Dragged(NamedTuple):
    """What one drag offered."""

    formats: list[str]
    names: list[str]
    offered: Qt.DropAction
    usual: Qt.DropAction
    picture: QPixmap


@pytest.fixture
def drags(monkeypatch: pytest.MonkeyPatch) -> list[Dragged]:
    seen = list[Dragged]()

    def run(drag: QDrag, offered: Qt.DropAction, usual: Qt.DropAction) -> Qt.DropAction:
        mime: QMimeData = drag.mimeData()
        names = [Path(url.toLocalFile()).name for url in mime.urls()]
        seen.append(Dragged(mime.formats(), names, offered, usual, drag.pixmap()))
        return Qt.DropAction.MoveAction  # whatever a target says, nothing may happen

    monkeypatch.setattr(QDrag, "exec", run)
    monkeypatch.setattr(handover, "_SEALED_BROWSERS", ())
    return seen


@pytest.fixture
def window(tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(sources=tasks.Sources((str(make_library(tmp_path)),)), size=(1400, 800))


def row_of(window: MainWindow, stem: str) -> int:
    model = window.session.model
    return next(row for row in range(model.rowCount()) if model.shelf.file[model.arrangement.slot_at(row)] == f"{stem}.safetensors")


def centre(window: MainWindow, stem: str) -> QPoint:
    return window.grid.visualRect(window.session.model.index(row_of(window, stem), 0)).center()


def selected(window: MainWindow) -> set[str]:
    shelf = window.session.model.shelf
    return {shelf.file[shelf.slot(id_)].rpartition(".")[0] for id_ in window.selection.ids()}


def pull(widget: QWidget, start: QPoint, keys: Mod = Mod.NoModifier, far: int = 60) -> None:
    """Press, move and hold."""
    QTest.mousePress(widget, Button.LeftButton, keys, start)
    for point in (start + QPoint(1, 1), start + QPoint(far, far)):
        QApplication.sendEvent(widget, moved_to(widget, point, keys))


def moved_to(widget: QWidget, point: QPoint, keys: Mod) -> QMouseEvent:
    places = QPointF(point), QPointF(widget.mapToGlobal(point))
    return QMouseEvent(QEvent.Type.MouseMove, *places, Button.NoButton, Button.LeftButton, keys)


def release(widget: QWidget, point: QPoint, keys: Mod = Mod.NoModifier) -> None:
    QTest.mouseRelease(widget, Button.LeftButton, keys, point)


def waited(qtbot: QtBot, drags: list[Dragged]) -> Dragged:
    qtbot.waitUntil(lambda: bool(drags), timeout=SECONDS)
    assert len(drags) == 1
    return drags[0]


def test_a_card_is_dragged_as_a_file_that_can_only_be_copied(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    source = Path(window.session.model.shelf.path(window.session.model.arrangement.slot_at(row_of(window, "juggernaut"))))
    pull(window.grid.viewport(), centre(window, "juggernaut"))
    drag = waited(qtbot, drags)
    assert drag.formats == ["text/uri-list"] and drag.names == ["juggernaut.safetensors"]
    assert drag.offered == drag.usual == Qt.DropAction.CopyAction
    assert selected(window) == {"juggernaut"} and source.exists()
    assert not window.grid._band.isValid()


def test_a_selection_is_dragged_as_a_whole_and_a_click_ends_it(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    view = window.grid.viewport()
    QTest.mouseClick(view, Button.LeftButton, Mod.NoModifier, centre(window, "ae"))
    QTest.mouseClick(view, Button.LeftButton, Mod.ControlModifier, centre(window, "ink"))
    QTest.mousePress(view, Button.LeftButton, Mod.NoModifier, centre(window, "ink"))
    assert selected(window) == {"ae", "ink"}, "kept until the button comes up"
    release(view, centre(window, "ink"))
    assert selected(window) == {"ink"} and not drags
    QTest.mouseClick(view, Button.LeftButton, Mod.ControlModifier, centre(window, "ae"))
    pull(view, centre(window, "ae"))
    assert waited(qtbot, drags).names == ["ae.safetensors", "ink.safetensors"]
    assert selected(window) == {"ae", "ink"}


def test_a_click_that_trembles_is_no_drag(window: MainWindow, drags: list[Dragged]) -> None:
    view = window.grid.viewport()
    pull(view, centre(window, "ae"), far=2)
    release(view, centre(window, "ae"))
    assert not drags and selected(window) == {"ae"}


def test_a_button_let_go_before_the_files_are_found_drags_nothing(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    pull(window.grid.viewport(), centre(window, "ae"))
    release(window.grid.viewport(), centre(window, "ae"))
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    assert not drags


def test_a_band_begins_beside_the_cards_only(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    pull(window.grid.viewport(), QPoint(3, 3), far=80)
    assert window.grid._band.isValid() and len(selected(window)) == 1
    release(window.grid.viewport(), QPoint(80, 80))
    assert not drags


def test_what_is_missing_is_said_and_the_rest_is_dragged(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    window.session._watch.stop()
    shelf = window.session.model.shelf
    os.unlink(shelf.path(window.session.model.arrangement.slot_at(row_of(window, "ae"))))
    window.grid.selectAll()
    pull(window.grid.viewport(), centre(window, "ink"))
    drag = waited(qtbot, drags)
    assert "ae.safetensors" not in drag.names and len(drag.names) == 4
    assert window.problems._queue[0].text == "ae is left out: the file is no longer there. F5 looks again."


def test_sidecars_come_along_with_alt_or_by_the_setting(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    view, more = window.grid.viewport(), {f"juggernaut.{ending}" for ending in ("safetensors", "info", "md", "png")}
    pull(view, centre(window, "juggernaut"), Mod.AltModifier)
    assert set(waited(qtbot, drags).names) == more
    drags.clear()
    window.desk.show_settings()
    settings = window.desk.settings._dialog
    assert settings is not None
    settings.general._sidecars.click()
    settings.close()
    assert window.session.settings.takes_sidecars
    pull(view, centre(window, "juggernaut"))
    assert set(waited(qtbot, drags).names) == more
    drags.clear()
    pull(view, centre(window, "juggernaut"), Mod.AltModifier)
    assert waited(qtbot, drags).names == ["juggernaut.safetensors"]


def test_the_handle_of_a_card_drags_a_node(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    view, row = window.grid.viewport(), row_of(window, "juggernaut")
    handle = grip_rect(window.grid._row_rect(row)).center()
    plain = window.grid.grab().toImage()
    QTest.mouseMove(view, handle)
    assert window.grid._is_on_grip and view.cursor().shape() == Qt.CursorShape.OpenHandCursor
    assert window.grid.grab().toImage() != plain
    pull(view, handle)
    drag = waited(qtbot, drags)
    assert drag.names == ["Juggernaut.json"] and drag.offered == Qt.DropAction.CopyAction


def test_ctrl_shift_drags_all_selected_as_one_chain(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    view = window.grid.viewport()
    pull(view, centre(window, "ink"), CTRL_SHIFT)
    assert waited(qtbot, drags).names == ["ink.json"] and selected(window) == {"ink"}
    drags.clear()
    QTest.mouseClick(view, Button.LeftButton, Mod.ControlModifier, centre(window, "juggernaut"))
    pull(view, centre(window, "ink"), CTRL_SHIFT)
    assert waited(qtbot, drags).names == ["2 models.json"]


def test_a_click_on_the_handle_copies_the_node(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("before")
    handle = grip_rect(window.grid._row_rect(row_of(window, "ae"))).center()
    QTest.mouseClick(window.grid.viewport(), Button.LeftButton, Mod.NoModifier, handle)
    qtbot.waitUntil(lambda: "data-metadata" in QGuiApplication.clipboard().mimeData().html(), timeout=SECONDS)
    assert selected(window) == {"ae"}


def test_lines_of_the_table_are_dragged_alike(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    QTest.keyClick(window.grid, Key.Key_2, Mod.ControlModifier)
    table, view = window.table, window.table.viewport()

    def line(stem: str) -> QPoint:
        return table.visualRect(window.session.model.index(row_of(window, stem), 4)).center()

    QTest.mouseClick(view, Button.LeftButton, Mod.NoModifier, line("ae"))
    QTest.mouseClick(view, Button.LeftButton, Mod.ControlModifier, line("ink"))
    pull(view, line("ink"))
    drag = waited(qtbot, drags)
    assert drag.names == ["ae.safetensors", "ink.safetensors"] and drag.offered == Qt.DropAction.CopyAction
    QTest.mouseClick(view, Button.LeftButton, Mod.ControlModifier, line("ink"))
    assert selected(window) == {"ae"}
    QTest.mouseClick(view, Button.LeftButton, Mod.ShiftModifier, line("juggernaut"))
    assert len(selected(window)) > 2
    QTest.mouseClick(view, Button.LeftButton, Mod.NoModifier, line("ink"))
    assert selected(window) == {"ink"}
    drags.clear()
    pull(view, line("juggernaut"))
    assert waited(qtbot, drags).names == ["juggernaut.safetensors"] and selected(window) == {"juggernaut"}


def test_the_details_panel_drags_by_picture_name_and_handle(window: MainWindow, qtbot: QtBot, drags: list[Dragged]) -> None:
    assert window.select_name("juggernaut.safetensors")
    details = window.details
    qtbot.waitUntil(lambda: details.model_id >= 0 and details.grip.isVisible(), timeout=SECONDS)
    fit = details.gallery._is_fit
    for widget, name in ((details.gallery, "juggernaut.safetensors"), (details.title, "juggernaut.safetensors"),
                         (details.grip, "Juggernaut.json")):  # fmt: skip
        pull(widget, QPoint(15, 8))
        assert waited(qtbot, drags).names == [name]
        drags.clear()
        release(widget, QPoint(75, 68))
    assert details.gallery._is_fit == fit and not details.grip.isDown(), "a drag is no click"
    QTest.mouseClick(details.gallery, Button.LeftButton, Mod.NoModifier, QPoint(20, 20))
    assert details.gallery._is_fit != fit


def test_keys_and_button_copy(window: MainWindow, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    assert window.select_name("juggernaut.safetensors")
    qtbot.waitUntil(lambda: window.details.model_id >= 0, timeout=SECONDS)
    QTest.keyClick(window.grid, Key.Key_C, Mod.ControlModifier)
    qtbot.waitUntil(lambda: [url.fileName() for url in clipboard.mimeData().urls()] == ["juggernaut.safetensors"], timeout=SECONDS)
    assert window.status._said.accessibleName() == "Copied 1 file. Paste it in a folder."
    QTest.keyClick(window.grid, Key.Key_C, CTRL_SHIFT)
    qtbot.waitUntil(lambda: "data-metadata" in clipboard.mimeData().html(), timeout=SECONDS)
    assert not clipboard.mimeData().hasUrls() and clipboard.text() == os.path.join("xl", "juggernaut.safetensors")
    assert window.status._said.accessibleName() == f"Copied. Press {key_text('Ctrl+V')} over ComfyUI's canvas."
    clipboard.setText("before")
    QTest.mouseClick(window.details._node.button, Button.LeftButton)
    qtbot.waitUntil(lambda: "data-metadata" in clipboard.mimeData().html(), timeout=SECONDS)
    assert window.details._node.button.text() == "Copied"


def test_pictures_of_a_drag_are_small_sharp_and_tell_the_number(window: MainWindow, drags: list[Dragged]) -> None:
    faces = window.handing.drags._faces([window.session.model.id_at(row) for row in range(3)])
    assert len(faces) == 3
    for draw in (files_picture, nodes_picture):
        made = [draw(faces, count, 2.0) for count in (1, 3, 12345)]
        for pixmap in made:
            assert max(pixmap.deviceIndependentSize().width(), pixmap.deviceIndependentSize().height()) <= MOST
            assert pixmap.devicePixelRatio() == 2.0
        assert made[1].toImage() != made[2].toImage()
        assert not draw([], 1, 1.0).isNull(), "a model that is not shown now"

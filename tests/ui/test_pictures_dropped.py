"""Pictures dropped on a card from another program: they become its preview, and one click brings the former one back."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from picture_library import BLUE, GREEN, GREY, is_like, make_library, motion_jpeg, png_bytes
from PIL import Image
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.bridge.planning import renaming
from model_manager.core.journal.steps import UNDONE
from model_manager.core.previews.records import PreviewState
from model_manager.core.previews.state import read_state, save_state
from model_manager.core.settings import Settings
from model_manager.ui.dialogs.ask import AskSheet
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import HISTORY

SECONDS = 20_000
BOTH = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    return make_library(tmp_path) / "models" / "loras"


@pytest.fixture
def window(loras: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(Settings(comfyui_dirs=[str(loras.parent.parent)]), size=(1000, 650))


def row_of(window: MainWindow, name: str) -> int:
    model = window.session.model
    return next(row for row in range(model.rowCount()) if model.card(row).name == name)


def drop_on(window: MainWindow, name: str, *paths: Path | str) -> None:
    """Drop files on the middle of a card, as the system does."""
    grid = window.grid
    grid.scrollTo(grid.model().index(row_of(window, name), 0))
    point = grid.viewport().mapTo(window, grid.visualRect(grid.model().index(row_of(window, name), 0)).center())
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(QPointF(QPoint(point)), BOTH, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(window.windowHandle(), event)
    assert event.isAccepted() and event.dropAction() == Qt.DropAction.CopyAction


def settled(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(window.problems.accessibleName()) and window.is_quiet, timeout=SECONDS)


def is_still(window: MainWindow) -> bool:
    """Whether a change is over, and the library shows what came of it."""
    return not window.tidy.orders.is_busy and not window.session.hints.is_held and window.is_quiet


def files_of(loras: Path, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in loras.glob(f"{name}.*"):
        with suppress(FileNotFoundError):  # it goes just now: asked for again and again, until all is as it should be
            found[path.name] = path.read_bytes()
    return found


def click_bar(window: MainWindow, text: str, qtbot: QtBot) -> None:
    button = next(one for one in window.problems.findChildren(QPushButton) if one.text() == text and one.isVisible())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", ["shown", "bare"])
def test_a_picture_becomes_the_preview_and_one_click_undoes_it(
    window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    before = files_of(loras, name)
    mine = tmp_path / "été 1.png"
    mine.write_bytes(png_bytes(GREY))
    drop_on(window, name, mine)
    settled(window, qtbot)
    kept = {"shown": " Kept in its history: shown.png.", "bare": ""}[name]
    assert window.problems.accessibleName() == f"{name} has another preview. Written: {name}.preview.png.{kept}"
    assert is_like(loras / f"{name}.preview.png", GREY) and mine.exists()
    picture = window.session.model.card(row_of(window, name)).picture
    assert picture is not None and Path(picture.path).name == f"{name}.preview.png", "seen in the grid"
    click_bar(window, "Undo", qtbot)
    qtbot.waitUntil(lambda: is_still(window) and not (loras / f"{name}.preview.png").exists(), timeout=SECONDS)
    assert files_of(loras, name) == before, "also when there was none"


def test_the_history_tells_of_it_and_takes_it_back(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = files_of(loras, "shown")
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    drop_on(window, "shown", tmp_path / "mine.png")
    settled(window, qtbot)
    window.pages.open(HISTORY)
    page = window.tidy.past.history
    assert page is not None
    qtbot.waitUntil(lambda: bool(page.list.rows.rows), timeout=SECONDS)
    page.list.select_first()
    change = page.list.change()
    assert change is not None and (change.title, change.kind, change.acts) == ("Preview for shown", "preview", 1)
    qtbot.waitUntil(lambda: bool(page.view.list.rows.rows), timeout=SECONDS)
    page.view.undo.click()
    qtbot.waitUntil(lambda: files_of(loras, "shown") == before, timeout=SECONDS)
    qtbot.waitUntil(lambda: is_still(window), timeout=SECONDS)
    qtbot.waitUntil(lambda: (found := page.list.change()) is not None and found.state == UNDONE, timeout=SECONDS)
    picture = window.session.model.card(row_of(window, "shown")).picture
    assert picture is not None and Path(picture.path).name == "shown.png", "seen in the grid"


def test_the_key_takes_back_what_came_last(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = files_of(loras, "bare")
    window.tidy.own.own.make_favourites([window.session.model.id_at(row_of(window, "shown"))])
    qtbot.waitUntil(lambda: window.tidy.own.own.is_settled and window.is_quiet, timeout=SECONDS)
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    drop_on(window, "bare", tmp_path / "mine.png")
    settled(window, qtbot)
    assert files_of(loras, "bare") != before
    window.tidy.orders.undo_newest()
    qtbot.waitUntil(lambda: files_of(loras, "bare") == before, timeout=SECONDS)
    qtbot.waitUntil(lambda: is_still(window), timeout=SECONDS)
    assert b"favourite" in (loras / "shown.info").read_bytes()


def test_the_key_takes_mixed_changes_back_newest_first_also_after_a_restart(
    window: MainWindow, open_window: Callable[..., MainWindow], loras: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in loras.iterdir() if path.is_file()}

    def undone(where: MainWindow, state: dict[str, bytes]) -> None:
        QTest.keyClick(where, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: files() == state, timeout=SECONDS)
        qtbot.waitUntil(lambda: is_still(where), timeout=SECONDS)

    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    (tmp_path / "other.png").write_bytes(png_bytes(GREEN))
    states = [files()]
    drop_on(window, "shown", tmp_path / "mine.png")
    qtbot.waitUntil(lambda: "shown has another preview. Written" in str(window.problems.texts()) and is_still(window), timeout=SECONDS)
    states.append(files())
    window.tidy.orders.plan(renaming(window.session.model.id_at(row_of(window, "shown")), "renamed"), shown=False)
    qtbot.waitUntil(lambda: (loras / "renamed.safetensors").exists() and is_still(window), timeout=SECONDS)
    states.append(files())
    drop_on(window, "renamed", tmp_path / "other.png")
    qtbot.waitUntil(lambda: "renamed has another preview" in str(window.problems.texts()) and is_still(window), timeout=SECONDS)
    states.append(files())
    window.tidy.own.own.rate([window.session.model.id_at(row_of(window, "renamed"))], 4)
    qtbot.waitUntil(lambda: window.tidy.own.own.is_settled and is_still(window), timeout=SECONDS)
    assert files() != states[-1]
    undone(window, states.pop())
    undone(window, states.pop())
    window.close()
    window.session.close()
    again = open_window(window.session.settings, size=(1000, 650))
    undone(again, states.pop())
    undone(again, states.pop())
    assert not states


@pytest.mark.qt_log_ignore(".*(pipewire|FFmpeg|decoder|QRhi).*")
def test_a_frame_of_a_dropped_video(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    drop_on(window, "bare", motion_jpeg(tmp_path / "moving.avi", [Image.new("RGB", (160, 240), GREEN)] * 5))
    settled(window, qtbot)
    assert is_like(loras / "bare.preview.png", GREEN)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html></html>", png_bytes(BLUE)[:60]])
def test_a_broken_picture_changes_nothing(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot, content: bytes) -> None:
    before = files_of(loras, "shown")
    (tmp_path / "broken.png").write_bytes(content)
    drop_on(window, "shown", tmp_path / "broken.png")
    settled(window, qtbot)
    assert "broken.png" in window.problems.accessibleName()
    assert files_of(loras, "shown") == before


def test_a_picture_that_is_gone_by_then(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = files_of(loras, "shown")
    drop_on(window, "shown", tmp_path / "never.png")
    settled(window, qtbot)
    assert "never.png" in window.problems.accessibleName()
    assert files_of(loras, "shown") == before


def test_a_locked_preview_is_replaced_only_when_that_is_said(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    save_state(str(loras / "shown.safetensors"), PreviewState(is_locked=True))
    before = files_of(loras, "shown")
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    drop_on(window, "shown", tmp_path / "mine.png")
    settled(window, qtbot)
    assert "is locked" in window.problems.accessibleName() and files_of(loras, "shown") == before
    click_bar(window, "Replace it all the same", qtbot)
    qtbot.waitUntil(lambda: (loras / "shown.preview.png").exists() and is_still(window), timeout=SECONDS)
    assert read_state(str(loras / "shown.safetensors")).is_locked


def test_former_pictures_of_many_come_back_after_a_question(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    before = {name: files_of(loras, name) for name in ("shown", "bare")}
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    for name in before:
        drop_on(window, name, tmp_path / "mine.png")
        qtbot.waitUntil(lambda name=name: (loras / f"{name}.preview.png").exists(), timeout=SECONDS)  # type: ignore[misc]
    settled(window, qtbot)
    window.selection.select(list(range(window.session.model.rowCount())))
    with qtbot.waitSignal(window.pictures.previews.backs_known, timeout=SECONDS) as known:
        window.pictures._bring_back()
    models, locked, count = known.args
    assert (len(models), locked, count) == (2, 0, window.session.model.rowCount())
    sheet = next(one for one in QApplication.topLevelWidgets() if isinstance(one, AskSheet) and one.isVisible())
    assert sheet.go.text() == "Bring back 2"
    qtbot.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: {name: files_of(loras, name) for name in before} == before, timeout=SECONDS)
    qtbot.waitUntil(lambda: "2 models have their former pictures." in window.problems.texts() and is_still(window), timeout=SECONDS)
    click_bar(window, "Undo", qtbot)
    qtbot.waitUntil(lambda: all((loras / f"{name}.preview.png").exists() for name in before) and is_still(window), timeout=SECONDS)


def test_a_model_that_vanished_gets_no_picture(window: MainWindow, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    """The card is still there: the disk has changed this very moment."""
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    (loras / "bare.safetensors").unlink()
    drop_on(window, "bare", tmp_path / "mine.png")
    settled(window, qtbot)
    assert not (loras / "bare.preview.png").exists(), "no picture without a model"
    assert "bare.safetensors is no longer there" in window.problems.accessibleName()

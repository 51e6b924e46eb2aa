"""Regenerate thumbnail for one model, in the window on real files: every source, refusals, history, lock."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from picture_library import BLUE, GREEN, GREY, RED, is_like, make_library, motion_jpeg, png_bytes
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDropEvent, QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from model_manager.core.previews.records import BESIDE, DRAWN, EMBEDDED, FILE, FIT, OUTPUT
from model_manager.core.previews.state import read_state
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.pictures.dialog import RegenerateDialog

SECONDS = 20_000
Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    return make_library(tmp_path) / "models" / "loras"


@pytest.fixture
def window(loras: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    return open_window(Settings(comfyui_dirs=[str(loras.parent.parent)]), size=(1000, 650))


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot) -> Iterator[Callable[[str], RegenerateDialog]]:
    """Open the dialog of a model by the keyboard, and wait until a file is made of what it proposes (or nothing is left to do)."""
    made: list[RegenerateDialog] = []

    def open_one(name: str) -> RegenerateDialog:
        window.select_name(name)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=SECONDS)
        QTest.keyClick(window.grid, Key.Key_T, CTRL)
        dialog = window.pictures.dialog
        assert isinstance(dialog, RegenerateDialog)
        made.append(dialog)
        qtbot.waitUntil(lambda: dialog._choices is not None and window.session.runner.is_idle, timeout=SECONDS)
        return dialog

    yield open_one
    if window.pictures.dialog is not None:
        window.pictures.dialog.close()
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)


Open = Callable[[str], RegenerateDialog]


def calm(qtbot: QtBot, dialog: RegenerateDialog) -> None:
    """Wait until what is chosen is made or refused."""
    choosing = dialog._choosing
    qtbot.waitUntil(lambda: not choosing._timer.isActive() and choosing._runner.is_idle, timeout=SECONDS)


def choose(qtbot: QtBot, dialog: RegenerateDialog, sort: str) -> None:
    dialog.sources.setCurrentIndex(dialog.sources.tiles.index(dialog.sources.tiles.row_of(sort)))
    calm(qtbot, dialog)


def use(qtbot: QtBot, window: MainWindow, dialog: RegenerateDialog) -> None:
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.pictures.dialog is None and window.is_quiet, timeout=SECONDS)


def said(dialog: RegenerateDialog) -> str:
    return dialog.foot.said._full


def picture_of(window: MainWindow, name: str) -> str:
    """The file that the grid shows for a model."""
    model = window.session.model
    card = next(model.card(row) for row in range(model.rowCount()) if model.card(row).name == name)
    return Path(card.picture.path).name if card.picture is not None else ""


@pytest.mark.parametrize(
    ("name", "sort", "colour"), [("covered", EMBEDDED, RED), ("used", OUTPUT, GREEN), ("shown", BESIDE, BLUE), ("bare", DRAWN, None)]
)
def test_the_best_source_is_proposed_and_one_click_uses_it(
    window: MainWindow, opened: Open, loras: Path, qtbot: QtBot, name: str, sort: str, colour: tuple[int, int, int] | None
) -> None:
    dialog = opened(name)
    calm(qtbot, dialog)
    tile = dialog.sources.current()
    assert tile is not None and tile.value == sort
    assert "×" in dialog.pair.new_said.text() and "B" in dialog.pair.new_said.text()
    use(qtbot, window, dialog)
    written = loras / f"{name}.preview.png"
    assert written.is_file() and (colour is None or is_like(written, colour))
    assert picture_of(window, name) == f"{name}.preview.png", "seen in the grid without a restart"
    if colour is None:
        assert QImage(str(written)).size().toTuple() == (744, 1023)


def test_a_chosen_file(
    window: MainWindow, opened: Open, loras: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.png"), ""))
    dialog = opened("bare")
    row = dialog.sources.visualRect(dialog.sources.tiles.index(dialog.sources.tiles.row_of(FILE)))
    qtbot.mouseClick(dialog.sources.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    calm(qtbot, dialog)
    use(qtbot, window, dialog)
    assert is_like(loras / "bare.preview.png", GREY)


def test_a_dropped_file_and_a_pasted_picture(window: MainWindow, opened: Open, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "mine.png").write_bytes(png_bytes(GREY))
    dialog = opened("bare")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "mine.png"))])
    drop = QDropEvent(QPointF(200, 200), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    dialog.dropEvent(drop)
    calm(qtbot, dialog)
    assert dialog._source is not None and dialog._source.path == str(tmp_path / "mine.png")
    image = QImage(300, 500, QImage.Format.Format_RGB32)
    image.fill(QColor(*GREEN))
    QGuiApplication.clipboard().setImage(image)
    dialog._on_paste()
    calm(qtbot, dialog)
    assert dialog._source is not None and dialog._source.data, "the newest is in hand"
    assert dialog.strip.tiles.rowCount() == 2, "both may be chosen"
    use(qtbot, window, dialog)
    assert is_like(loras / "bare.preview.png", GREEN)


@pytest.mark.qt_log_ignore(".*(pipewire|FFmpeg|decoder|QRhi).*")
def test_a_frame_of_a_video(window: MainWindow, opened: Open, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    path = motion_jpeg(tmp_path / "moving.avi", [Image.new("RGB", (160, 240), GREEN)] * 5)
    dialog = opened("bare")
    dialog._choosing.add_file(path)
    calm(qtbot, dialog)
    use(qtbot, window, dialog)
    assert is_like(loras / "bare.preview.png", GREEN)


def test_nothing_to_paste(opened: Open, qtbot: QtBot) -> None:
    dialog = opened("bare")
    QGuiApplication.clipboard().setText("words")
    dialog._on_paste()
    assert said(dialog) == "There is no picture on the clipboard."


def test_what_is_no_picture_is_refused_in_place(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    before = (loras / "web.png").read_bytes()
    dialog = opened("web")
    choose(qtbot, dialog, BESIDE)
    assert "web page" in dialog.pair.new.text and not dialog.use.isEnabled()
    QTest.keyClick(dialog, Key.Key_Return)
    assert dialog.isVisible() and (loras / "web.png").read_bytes() == before
    choose(qtbot, dialog, DRAWN)
    assert dialog.use.isEnabled() and dialog.pair.new.has_picture


def test_escape_changes_nothing(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    before = sorted(path.name for path in loras.iterdir())
    dialog = opened("covered")
    QTest.keyClick(dialog, Key.Key_Escape)
    assert window.pictures.dialog is None and sorted(path.name for path in loras.iterdir()) == before


def test_cut_where_it_was_dragged(window: MainWindow, opened: Open, loras: Path, tmp_path: Path, qtbot: QtBot) -> None:
    """A wide picture, its right half red: dragged to the left, the right side is written."""
    wide = QImage(1600, 600, QImage.Format.Format_RGB32)
    wide.fill(QColor(*BLUE))
    for x in range(1100, 1600):
        for y in range(600):
            wide.setPixelColor(x, y, QColor(*RED))
    wide.save(str(tmp_path / "wide.png"))
    dialog = opened("bare")
    dialog._choosing.add_file(str(tmp_path / "wide.png"))
    calm(qtbot, dialog)
    stage = dialog.pair.new
    qtbot.mousePress(stage, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    qtbot.mouseMove(stage, QPoint(20, 60))
    qtbot.mouseMove(stage, QPoint(-900, 60))
    qtbot.mouseRelease(stage, Qt.MouseButton.LeftButton, pos=QPoint(-900, 60))
    assert stage.look.focus[0] > 0.8
    calm(qtbot, dialog)
    use(qtbot, window, dialog)
    assert is_like(loras / "bare.preview.png", RED)
    assert not (loras / "bare.info").exists(), "where one picture was cut says nothing of the next"


def test_wheel_keys_and_fit(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    dialog = opened("used")
    calm(qtbot, dialog)
    stage = dialog.pair.new
    centre = QPointF(stage.rect().center())
    buttons, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(stage, QWheelEvent(centre, stage.mapToGlobal(centre), QPoint(), QPoint(0, 240), buttons, modifiers,
                                              Qt.ScrollPhase.NoScrollPhase, False))  # fmt: skip
    assert stage.look.zoom > 1.2
    QTest.keyClick(stage, Key.Key_Right)
    assert stage.look.focus[0] > 0.5
    QTest.keyClick(stage, Key.Key_0)
    assert stage.look.zoom == 1.0
    dialog.pair.lines.fit_chosen.emit(FIT)
    calm(qtbot, dialog)
    use(qtbot, window, dialog)
    state = read_state(str(loras / "used.safetensors"))
    assert state.look is not None and state.look.fit == FIT, "remembered for the next time"


def test_the_history_brings_back_and_forth(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    before = (loras / "shown.png").read_bytes()
    dialog = opened("shown")
    choose(qtbot, dialog, DRAWN)
    use(qtbot, window, dialog)
    assert not (loras / "shown.png").exists()
    dialog = opened("shown")
    assert "1 earlier picture" in dialog.pair.lines.before.text()
    dialog.pair.lines.before.click()
    row = dialog.history.visualRect(dialog.history.tiles.index(0))
    qtbot.mouseClick(dialog.history.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    qtbot.waitUntil(lambda: said(dialog) == "shown.png is back.", timeout=SECONDS)
    assert (loras / "shown.png").read_bytes() == before and not (loras / "shown.preview.png").exists()
    qtbot.waitUntil(lambda: window.session.runner.is_idle and not dialog._is_history, timeout=SECONDS)
    assert dialog._choices is not None and len(dialog._choices.earlier) == 1 and dialog._choices.now is not None
    assert dialog._choices.now.path.endswith("shown.png"), "now is what the disk has"


def test_it_says_what_becomes_of_the_files(opened: Open, qtbot: QtBot) -> None:
    dialog = opened("shown")
    choose(qtbot, dialog, DRAWN)
    effect = dialog.pair.lines.effect
    assert effect.text() == "shown.preview.png is written and shown.png goes; the history keeps it."
    dialog.pair.lines._fit._group.buttons()[1].click()
    assert effect.text().endswith("shown.info remembers the fit.")
    dialog.lock.click()
    qtbot.waitUntil(lambda: "The lock only keeps runs" in effect.text(), timeout=SECONDS)
    dialog.reject()


def test_what_cannot_be_kept_is_refused_before(opened: Open, loras: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.previews.effect.LARGEST", 10)
    before = (loras / "shown.png").read_bytes()
    dialog = opened("shown")
    choose(qtbot, dialog, DRAWN)
    assert "too large to be kept" in dialog.pair.lines.effect.text() and not dialog.use.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible() and (loras / "shown.png").read_bytes() == before
    dialog.reject()


def test_webp_by_the_settings(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    window.session.settings.preview_format = "webp"
    use_dialog = opened("covered")
    calm(qtbot, use_dialog)
    use(qtbot, window, use_dialog)
    assert is_like(loras / "covered.preview.webp", RED)


def menu_of(window: MainWindow, name: str, qtbot: QtBot) -> dict[str, QAction]:
    window.select_name(name)
    menu = window.menu.show(QPoint(50, 50))
    assert isinstance(menu, QMenu)
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    found = {action.text(): action for action in menu.actions()}
    menu.close()
    return found


@pytest.mark.qt_log_ignore(".*does not support.*")
def test_lock_and_bring_back_in_the_menu(window: MainWindow, opened: Open, loras: Path, qtbot: QtBot) -> None:
    entries = menu_of(window, "shown", qtbot)
    assert "Regenerate thumbnail…" in entries and not entries["Bring back the earlier picture"].isEnabled()
    entries["Lock preview"].trigger()
    qtbot.waitUntil(lambda: read_state(str(loras / "shown.safetensors")).is_locked and window.is_quiet, timeout=SECONDS)
    qtbot.waitUntil(lambda: window.details.gallery._is_locked, timeout=SECONDS)
    assert "Unlock preview" in menu_of(window, "shown", qtbot)
    dialog = opened("shown")
    assert dialog.lock.isChecked() and dialog.lock.text() == "Locked"
    choose(qtbot, dialog, DRAWN)
    use(qtbot, window, dialog)
    entries = menu_of(window, "shown", qtbot)
    entries["Bring back the earlier picture"].trigger()
    qtbot.waitUntil(lambda: (loras / "shown.png").exists() and window.is_quiet, timeout=SECONDS)
    assert read_state(str(loras / "shown.safetensors")).is_locked, "bringing a picture back unlocks nothing"

"""Changes in the window, from the key to the file and back: rename, move, copy, organise, delete, undo, and what a kill left."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot
from small_library import make_library

from model_manager.core.journal.running import Runner
from model_manager.core.journal.steps import MOVE, Act, Plan, Step
from model_manager.core.journal.store import KeptAct
from model_manager.core.settings import Settings
from model_manager.core.tidy import carrying, held
from model_manager.core.tidy.holding import HeldItem
from model_manager.core.work import Work
from model_manager.ui.dialogs.ask import AskSheet
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import DELETED, HISTORY, quoted
from model_manager.ui.tidy.convert_sheet import ConvertSheet
from model_manager.ui.tidy.delete_sheet import DeleteSheet
from model_manager.ui.tidy.interrupted_sheet import InterruptedSheet
from model_manager.ui.tidy.move_sheet import MoveSheet
from model_manager.ui.tidy.organise_sheet import OrganiseSheet
from model_manager.ui.tidy.plan_sheet import PlanSheet
from model_manager.ui.tidy.rename_sheet import RenameSheet

SECONDS = 20_000
Key, Mod = Qt.Key, Qt.KeyboardModifier
Open = Callable[[], MainWindow]


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def settings(comfyui: Path) -> Settings:
    return Settings(comfyui_dirs=[str(comfyui)])


@pytest.fixture
def opened(settings: Settings, open_window: Callable[..., MainWindow]) -> Open:
    return partial(open_window, settings)


@pytest.fixture
def loras(comfyui: Path) -> Path:
    return comfyui / "models/loras"


def until(qtbot: QtBot, claim: Callable[[], bool]) -> None:
    qtbot.waitUntil(claim, timeout=SECONDS)


def select(window: MainWindow, *names: str) -> None:
    model = window.session.model
    rows = [row for row in range(model.rowCount()) if model.shelf.file[model.arrangement.slot_at(row)].split(".")[0] in names]
    assert len(rows) == len(names)
    window.selection.select(rows)


def sheet_of(qtbot: QtBot, window: MainWindow, kind: type) -> object:
    """The open sheet, when it is of this kind."""
    until(qtbot, lambda: type(window.tidy.orders_desk.sheet) is kind)
    return window.tidy.orders_desk.sheet


def carry(qtbot: QtBot, window: MainWindow) -> PlanSheet:
    """Say yes to the plan that is shown, and wait until the library shows what came of it."""
    sheet = sheet_of(qtbot, window, PlanSheet)
    assert isinstance(sheet, PlanSheet)
    QTest.keyClick(sheet.list, Key.Key_Return)
    window.activateWindow()
    settle(qtbot, window)
    return sheet


def settle(qtbot: QtBot, window: MainWindow) -> None:
    until(qtbot, lambda: not window.tidy.orders.is_busy and not window.session.hints.is_held and window.is_quiet)


def bar_button(window: MainWindow, text: str) -> QPushButton:
    return next(button for button in window.tidy.orders_desk.bar()._buttons if button.text() == text)


def test_rename_by_key_keeps_who_is_selected_and_is_undone_by_key(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink")
    chosen = window.selection.ids()
    QTest.keyClick(window.grid, Key.Key_F2)
    sheet = sheet_of(qtbot, window, RenameSheet)
    assert isinstance(sheet, RenameSheet) and sheet.name.selectedText() == "ink" and not sheet.go.isEnabled()
    QTest.keyClicks(sheet.name, "brush/x")
    until(qtbot, lambda: "cannot hold" in sheet._said.text())
    assert not sheet.go.isEnabled()
    sheet.name.setText("broken")
    until(qtbot, lambda: "cannot hold" not in sheet._said.text() and sheet._said.property("role") == "bad")
    sheet.name.setText("ink two")
    until(qtbot, sheet.go.isEnabled)
    QTest.keyClick(sheet.name, Key.Key_Return)
    shown = carry(qtbot, window)
    assert shown.plan.title == "Rename ink.safetensors to ink two.safetensors"
    assert (loras / "ink two.safetensors").exists() and (loras / "ink two.civitai.info").exists()
    assert window.selection.ids() == chosen, "the model that is selected is the same one"
    assert "1 model renamed." in window.problems.texts()
    QTest.keyClick(window.grid, Key.Key_Z, Mod.ControlModifier)
    until(qtbot, lambda: (loras / "ink.civitai.info").exists())
    settle(qtbot, window)
    assert window.selection.ids() == chosen and not window.problems.texts()


def test_move_into_a_new_folder(opened: Open, qtbot: QtBot, loras: Path, settings: Settings) -> None:
    window = opened()
    select(window, "ink", "broken")
    QTest.keyClick(window.grid, Key.Key_M, Mod.ControlModifier)
    sheet = sheet_of(qtbot, window, MoveSheet)
    assert isinstance(sheet, MoveSheet)
    until(qtbot, lambda: bool(sheet.list.selected()))
    assert [spot.text for spot in sheet.list.rows.rows[:3]] == ["LoRAs", "loras", "style"], "where such models belong stands first"
    QTest.keyClicks(sheet.search, "vae")
    assert {spot.path for spot in sheet.list.rows.rows if spot.path} == {str(loras.parent / "vae")}
    sheet.search.clear()
    QTest.keyClick(sheet.search, Key.Key_Home)
    sheet.list.select_row(1)
    sheet.inside.setText("new / deep")
    assert sheet.foot.said.text() == "→ loras / new / deep"
    QTest.keyClick(sheet.inside, Key.Key_Return)
    carry(qtbot, window)
    assert (loras / "new/deep/ink.safetensors").exists() and (loras / "new/deep/ink.civitai.info").exists()
    assert settings.recent_folders == [str(loras / "new/deep")]
    QTest.mouseClick(bar_button(window, "Undo"), Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (loras / "ink.safetensors").exists() and not (loras / "new").exists())
    settle(qtbot, window)


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", "does not support raise", "propagateSizeHints")
def test_copy_to_a_folder_from_the_menu(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink")
    menu = window.menu.show(window.mapToGlobal(window.rect().center()))
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions()]
    assert {"Rename…", "Move to…", "Copy to…", "Organise into folders…", "Delete…"} <= set(texts)
    next(action for action in menu.actions() if action.text() == "Copy to…").trigger()
    menu.close()
    sheet = sheet_of(qtbot, window, MoveSheet)
    assert isinstance(sheet, MoveSheet)
    until(qtbot, lambda: bool(sheet.list.selected()))
    sheet.list.select_row(next(row for row, spot in enumerate(sheet.list.rows.rows) if spot.path == str(loras / "style")))
    sheet.go.click()
    carry(qtbot, window)
    assert (loras / "style/ink.safetensors").exists() and (loras / "ink.safetensors").exists()
    assert len(window.session.model.shelf) == 6


def test_organise_by_a_template_with_an_example(opened: Open, qtbot: QtBot, loras: Path, settings: Settings) -> None:
    window = opened()
    select(window, "ink", "brush")
    window.tidy.asking.organise()
    sheet = sheet_of(qtbot, window, OrganiseSheet)
    assert isinstance(sheet, OrganiseSheet)
    sheet.template.setText("{nonsense}")
    until(qtbot, lambda: "{nonsense} is not known" in sheet.foot.said._full)
    assert not sheet.go.isEnabled()
    sheet.template.setText("{base_model}")
    sheet._insert("type")
    assert sheet.template.text() == "{base_model}/{type}"
    sheet.template.setText("{base_model}")
    until(qtbot, lambda: sheet.go.isEnabled() and bool(sheet.list.rows.rows))
    assert "loras / Pony / ink.safetensors" in [line.after for line in sheet.list.rows.rows if isinstance(line, Act)]
    sheet.go.click()
    carry(qtbot, window)
    assert (loras / "Pony/ink.safetensors").exists() and settings.organise_template == "{base_model}"


def test_sidecars_for_other_programs_are_written_and_taken_back(
    opened: Open, qtbot: QtBot, loras: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    window = opened()
    select(window, "ink", "brush")
    menu = window.menu.show(QPoint(0, 0))
    assert menu is not None
    more = next(action.menu() for action in menu.actions() if action.text() == "More")
    assert isinstance(more, QMenu)
    next(action for action in more.actions() if action.text() == "Write sidecars for…").trigger()
    menu.deleteLater()
    sheet = sheet_of(qtbot, window, ConvertSheet)
    assert isinstance(sheet, ConvertSheet) and not sheet.go.isEnabled(), "the settings name no program"
    sheet.boxes["cm-info.json"].setChecked(True)
    QTest.keyClick(sheet.go, Key.Key_Return)
    shown = carry(qtbot, window)
    assert [act.name for act in shown.plan.acts] == ["ink"] and len(shown.plan.refused) == 1
    assert (loras / "ink.cm-info.json").exists() and not (loras / "style/brush.cm-info.json").exists()
    window.tidy.orders.undo_newest()
    until(qtbot, lambda: not (loras / "ink.cm-info.json").exists())
    settle(qtbot, window)


def test_delete_holds_and_restores(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink", "broken")
    QTest.keyClick(window.grid, Key.Key_Delete)
    sheet = sheet_of(qtbot, window, DeleteSheet)
    assert isinstance(sheet, DeleteSheet) and sheet._links.isHidden() and sheet.hold.isChecked()
    sheet.go.click()
    carry(qtbot, window)
    assert not (loras / "ink.safetensors").exists() and len(window.session.model.shelf) == 3
    until(qtbot, lambda: len(window.tidy.past.past.held) == 2)
    row = window.sidebar._model.row_at(window.sidebar._model.index_of(DELETED))
    assert row is not None and row.count == 2
    window.pages.open(DELETED)
    page = window.tidy.past.deleted
    assert page is not None and window.pages.currentWidget() is page
    assert page.days.currentData() == 30
    window.pages.leave()
    window.session.settings.held_days = 45
    window.pages.open(DELETED)
    assert page.days.currentText() == "Held for 45 days", "as the page of settings has it, where any number can be set"
    ink = next(place for place, item in enumerate(page.list.rows.rows) if item.name == "ink")
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=page.list.visualRect(page.list.rows.index(ink)).center())
    assert page.restore.text() == "Restore 1 model" and page.foot.said.text().startswith("1 of 2 selected")
    page.list.clearSelection()
    assert page.restore.text() == "Restore 2 models" and page.foot.said.text().startswith("Nothing is selected")
    page.list.select_row(ink)
    QTest.mouseClick(page.restore, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (loras / "ink.civitai.info").exists() and len(page.list.rows.rows) == 1)
    assert page.restore.text() == "Restore 1 model" and not page.foot.said.text()
    page.restore.click()
    until(qtbot, lambda: (loras / "broken.safetensors").exists() and not page.list.rows.rows)
    assert page._middle.currentWidget() is page.message
    QTest.keyClick(page, Key.Key_Escape)
    settle(qtbot, window)
    assert len(window.session.model.shelf) == 5 and window.pages.currentIndex() == 0


def test_what_is_held_goes_for_good_after_a_question(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink")
    window.tidy.asking.delete()
    sheet = sheet_of(qtbot, window, DeleteSheet)
    assert isinstance(sheet, DeleteSheet)
    sheet.go.click()
    carry(qtbot, window)
    window.pages.open(DELETED)
    page = window.tidy.past.deleted
    assert page is not None
    until(qtbot, lambda: len(page.list.rows.rows) == 1)
    held = page.list.rows.rows[0]
    page.list.select_row(0)
    page.remove.click()
    ask = sheet_of(qtbot, window, AskSheet)
    assert isinstance(ask, AskSheet)
    ask.go.click()
    until(qtbot, lambda: not page.list.rows.rows)
    settle(qtbot, window)
    assert not Path(held.folder).exists()


def test_what_was_held_long_enough_goes_with_the_daily_clean_up(
    opened: Open, qtbot: QtBot, loras: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    select(window, "ink")
    window.tidy.asking.delete()
    ask = sheet_of(qtbot, window, DeleteSheet)
    assert isinstance(ask, DeleteSheet)
    ask.go.click()
    carry(qtbot, window)
    gone: list[HeldItem] = []
    monkeypatch.setattr(window.tidy.orders, "empty", gone.extend)
    cleaning = window.tidy.past._parts.folders.settings.cleaning
    with qtbot.waitSignal(cleaning.cleaned, timeout=SECONDS):
        cleaning.clean(is_asked=False)
    until(qtbot, lambda: window.is_quiet)
    assert not gone, "it is held for a month"
    monkeypatch.setattr(held, "_A_DAY", 0.0)
    cleaning.clean(is_asked=False)
    until(qtbot, lambda: [item.name for item in gone] == ["ink"])


def test_delete_for_good_is_never_done_by_enter(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink")
    window.tidy.asking.delete()
    sheet = sheet_of(qtbot, window, DeleteSheet)
    assert isinstance(sheet, DeleteSheet)
    sheet.for_good.click()
    sheet.go.click()
    shown = sheet_of(qtbot, window, PlanSheet)
    assert isinstance(shown, PlanSheet) and not shown.plan.can_undo
    QTest.keyClick(shown.list, Key.Key_Return)
    assert (loras / "ink.safetensors").exists()


def test_the_history_undoes_one_model_of_a_change(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    window.pages.open(HISTORY)
    page = window.tidy.past.history
    assert page is not None and page._middle.currentWidget() is page.message, "nothing was changed yet"
    window.pages.leave()
    select(window, "ink", "broken")
    window.tidy.orders.plan(_moving(window, loras / "style"))
    carry(qtbot, window)
    window.pages.open(HISTORY)
    until(qtbot, lambda: page.list.change() is not None and len(page.view.list.rows.rows) == 2)
    change = page.list.change()
    assert change is not None and change.title == "Move 2 models" and page.view.undo.text() == "Undo"
    assert page.focusWidget() is page.list, "the keyboard does not stay at the way back for want of a list"
    page.view.list.select_row(next(row for row, line in enumerate(page.view.list.rows.rows) if line.name.startswith("ink")))
    assert page.view.undo.text() == "Undo 1 selected"
    QTest.mouseClick(page.view.undo, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (loras / "ink.safetensors").exists())
    until(qtbot, lambda: page.view.change is not None and page.view.change.undone == 1)
    assert (loras / "style/broken.safetensors").exists()
    page.search.setText("no such thing")
    until(qtbot, lambda: page._middle.currentWidget() is page.message)
    page.search.setText("broken")
    until(qtbot, lambda: page.list.change() is not None)
    settle(qtbot, window)


def _moving(window: MainWindow, folder: Path) -> Callable[[Path, Path], Plan]:
    from model_manager.bridge import planning

    return planning.moving(window.selection.ids(), str(folder), copies=False)


def test_what_failed_is_shown_with_its_sentences(opened: Open, qtbot: QtBot, loras: Path) -> None:
    window = opened()
    select(window, "ink", "broken")
    window.tidy.orders.plan(_moving(window, loras / "style"))
    sheet = sheet_of(qtbot, window, PlanSheet)
    assert isinstance(sheet, PlanSheet)
    (loras / "style/ink.safetensors").write_bytes(b"somebody else's")
    sheet.go.click()
    settle(qtbot, window)
    assert window.problems.texts() == ["1 model moved, 1 failed."]
    QTest.mouseClick(bar_button(window, "What failed"), Qt.MouseButton.LeftButton)
    told = sheet_of(qtbot, window, PlanSheet)
    assert isinstance(told, PlanSheet) and told.go.isHidden()
    assert [line.name for line in told.list.rows.rows] == ["ink"] and "already" in told.list.rows.rows[0].text


def test_an_interrupted_change_is_asked_about_at_the_start(opened: Open, qtbot: QtBot, tmp_path: Path, loras: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    acts = [
        Act(name, (Step(MOVE, str(loras / name), str(loras / "style" / name)),), str(loras / name), str(loras / "style" / name))
        for name in ("ink.safetensors", "broken.safetensors")
    ]
    taken = Runner._take

    def killed(self: Runner, act: KeptAct, is_back: bool) -> None:
        if act.number == 1:
            raise KeyboardInterrupt
        taken(self, act, is_back)

    monkeypatch.setattr(Runner, "_take", killed)
    (tmp_path / "data").mkdir()
    with pytest.raises(KeyboardInterrupt):
        carrying.carry_out(tmp_path / "data", Plan("move", "Move 2 models", acts=tuple(acts)), Work())
    monkeypatch.undo()
    window = opened()
    sheet = sheet_of(qtbot, window, InterruptedSheet)
    assert isinstance(sheet, InterruptedSheet)
    QTest.keyClick(sheet, Key.Key_Escape)
    assert not (loras / "style/broken.safetensors").exists(), "later is later"
    window.pages.open(HISTORY)
    page = window.tidy.past.history
    assert page is not None
    until(qtbot, lambda: page.view.finish.isVisible())
    QTest.mouseClick(page.view.finish, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (loras / "style/broken.safetensors").exists())
    until(qtbot, lambda: page.view.undo.isVisible() and not page.view.finish.isVisible())
    settle(qtbot, window)


def test_a_large_change_is_undone_after_a_question(opened: Open, qtbot: QtBot, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_manager.bridge import order_words

    monkeypatch.setattr(order_words, "MANY", 1)
    window = opened()
    select(window, "ink", "broken")
    window.tidy.orders.plan(_moving(window, loras / "style"))
    carry(qtbot, window)
    QTest.keyClick(window.grid, Key.Key_Z, Mod.ControlModifier)
    ask = sheet_of(qtbot, window, AskSheet)
    assert isinstance(ask, AskSheet)
    QTest.mouseClick(ask.go, Qt.MouseButton.LeftButton)
    until(qtbot, lambda: (loras / "ink.safetensors").exists())
    settle(qtbot, window)


def test_models_dropped_on_a_folder_are_planned_to_go_there(
    opened: Open, qtbot: QtBot, loras: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    select(window, "ink")
    monkeypatch.setattr(QDropEvent, "source", lambda event: window.grid)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(loras / "ink.safetensors"))])
    row = window.sidebar._model.index_of(quoted("folder", str(loras.parent)))
    window.sidebar._tree.expand(row)
    style = quoted("folder", str(loras.parent / "vae"))
    until(qtbot, lambda: window.sidebar._model.index_of(style).isValid())
    tree = window.sidebar._tree
    tree.scrollTo(window.sidebar._model.index_of(style))
    point = tree.viewport().mapTo(window, tree.visualRect(window.sidebar._model.index_of(style)).center())

    def send(kind: Any, place: QPoint) -> bool:
        where = QPointF(place) if kind is QDropEvent else place
        event = kind(where, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(window.windowHandle(), event)
        return bool(event.isAccepted())

    mark = window.sidebar._drop_mark
    assert send(QDragEnterEvent, window.rect().center())
    assert not send(QDragMoveEvent, window.rect().center()) and mark.isHidden()
    assert send(QDragMoveEvent, point) and mark.isVisible()
    assert send(QDropEvent, point) and mark.isHidden()
    sheet = sheet_of(qtbot, window, PlanSheet)
    assert isinstance(sheet, PlanSheet) and sheet.plan.acts[0].after == "vae / ink.safetensors"
    assert (loras / "ink.safetensors").exists()


def test_keys_in_a_field_are_the_fields(opened: Open, qtbot: QtBot) -> None:
    window = opened()
    select(window, "ink")
    window.search.edit.setFocus()
    QTest.keyClicks(window.search.edit, "abc")
    QTest.keyClick(window.search.edit, Key.Key_Home)
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Delete)
    QTest.keyClick(window.search.edit, Key.Key_Z, Mod.ControlModifier)
    qtbot.wait(100)
    assert window.search.edit.text() == "abc" and window.tidy.orders_desk.sheet is None and not window.tidy.orders.is_busy

"""Tasks in the window, on a real engine and real files: how one gets there, the button, totals, notes, and going to what was made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from small_library import make_library
from workbench import Workbench

from model_manager.bridge import board_tasks
from model_manager.core.errors import FolderFault, NetworkFault, Refused
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import CANCELLED, DONE, DOWNLOAD, FAILED, HASH, RUNNING, WAITING, Task
from model_manager.ui.main_window import MainWindow
from model_manager.ui.tasks import notices
from model_manager.ui.tasks.words import action_words

SECONDS = 30_000
Key, Mod = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Workbench:
    made = Workbench()
    monkeypatch.setattr(board_tasks, "kinds", made.kinds)
    return made


@pytest.fixture
def window(tmp_path: Path, bench: Workbench, open_window: Callable[..., MainWindow], qtbot: QtBot) -> MainWindow:
    made = open_window(Settings(comfyui_dirs=[str(make_library(tmp_path))]), size=(1440, 900))
    qtbot.waitUntil(lambda: made.tasks.board._holder.engine is not None, timeout=SECONDS)
    return made


def add(qtbot: QtBot, window: MainWindow, key: str, state: str, kind: str = DOWNLOAD, **payload: Any) -> Task:
    """Have a task come to a state."""
    got: list[Task] = []
    board = window.tasks.board
    board.add(kind, key, f"{key}.safetensors", payload, got.append, where="Civitai → loras")
    qtbot.waitUntil(lambda: bool(got) and getattr(board.model.task(got[0].id), "state", "") == state, timeout=SECONDS)
    task = board.model.task(got[0].id)
    assert task is not None
    return task


def press(window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifiers)


def click_bar(window: MainWindow, text: str) -> None:
    next(one for one in window.problems.findChildren(QPushButton) if one.text() == text and not one.isHidden()).click()


def test_there_and_back_by_key(window: MainWindow, qtbot: QtBot) -> None:
    desk = window.tasks
    assert desk.page is None, "made when it is needed"
    for leave in (Key.Key_Escape, Key.Key_J):
        press(window, Key.Key_J, Mod.ControlModifier)
        assert desk.is_shown and desk.page is not None
        press(window, leave, Mod.ControlModifier if leave == Key.Key_J else Mod.NoModifier)
        assert not desk.is_shown and QApplication.focusWidget() is window.grid
    qtbot.mouseClick(window.top_bar.tasks, Qt.MouseButton.LeftButton)
    assert desk.is_shown
    qtbot.mouseClick(desk.page.back, Qt.MouseButton.LeftButton)
    assert not desk.is_shown


def test_it_never_covers_the_first_run(open_window: Callable[..., MainWindow], bench: Workbench, qtbot: QtBot) -> None:
    window = open_window(waits=False)
    window.desk.show_first_run()
    window.tasks.show()
    assert not window.tasks.is_shown
    qtbot.waitUntil(lambda: window.session.is_loaded and window.session.runner.is_idle, timeout=SECONDS)


def test_the_button_counts_and_warns(window: MainWindow, bench: Workbench, qtbot: QtBot) -> None:
    button = window.top_bar.tasks
    assert button.text() == "" and button.accessibleName() == "Tasks: Nothing runs"
    bench.hold()
    for key in "abc":
        add(qtbot, window, key, RUNNING if key != "c" else "queued")
    qtbot.waitUntil(lambda: button.text().strip() == "3", timeout=SECONDS)
    window.tasks.show()
    assert window.tasks.page is not None and window.tasks.page._summary._full == "2 running · 1 queued"
    bench.faults = {"a": Refused("It is not there any more.", "gone")}
    bench.let_go()
    qtbot.waitUntil(lambda: button.text() == "" and button._has_failed, timeout=SECONDS)
    assert button.accessibleName() == "Tasks: Nothing runs, 1 failed" and not button.grab().isNull()


def test_both_ways_to_add_from_a_link_ask(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[bool] = []
    window.tasks.board.add_link_asked.connect(lambda: asked.append(True))
    window.top_bar._add.link.click()
    window.tasks.show()
    assert window.tasks.page is not None
    window.tasks.page.add.click()
    assert asked == [True, True]


def test_a_download_that_is_ready_is_told_once_and_shown(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    target = tmp_path / "ComfyUI" / "models" / "loras" / "flux.safetensors"
    add(qtbot, window, "flux", DONE, path=str(target))
    qtbot.waitUntil(lambda: window.problems.texts() == ["flux.safetensors is ready."], timeout=SECONDS)
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 6 and window.is_quiet, timeout=SECONDS)
    window.search_for("nothing like it")
    assert window.session.model.rowCount() == 0
    click_bar(window, "Show")
    assert window.problems.texts() == [] and window.search.text() == ""
    assert [window.session.model.shelf.path(window.session.model.shelf.slot(id_)) for id_ in window.selection.ids()] == [str(target)]
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_a_model_that_is_not_in_the_library_is_shown_in_its_folder(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toLocalFile()))
    add(qtbot, window, "away", DONE, path=str(tmp_path / "away.safetensors"))
    qtbot.waitUntil(lambda: bool(window.problems.texts()), timeout=SECONDS)
    click_bar(window, "Show")
    assert opened == [str(tmp_path)]


def test_several_make_one_note(window: MainWindow, bench: Workbench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.faults = {key: Refused("This file needs a Civitai API key.", "needs_key") for key in ("x", "y")}
    for key in "abc":
        add(qtbot, window, key, DONE)
    add(qtbot, window, "x", FAILED)
    texts = ["3 downloads are ready.", "x.safetensors: This file needs a Civitai API key."]
    qtbot.waitUntil(lambda: window.problems.texts() == texts, timeout=SECONDS)
    add(qtbot, window, "y", FAILED)
    qtbot.waitUntil(lambda: window.problems.texts() == [texts[0], "2 tasks have failed."], timeout=SECONDS)
    window.problems.dismiss()
    add(qtbot, window, "d", DONE)
    qtbot.waitUntil(lambda: window.problems.texts() == ["2 tasks have failed.", "d.safetensors is ready."], timeout=SECONDS)
    window.tasks.notices._withdraw_ready()
    assert window.problems.texts() == ["2 tasks have failed."]
    click_bar(window, "Tasks")
    assert window.tasks.is_shown and window.problems.texts() == []
    add(qtbot, window, "e", DONE)
    qtbot.wait(200)
    assert window.problems.texts() == [], "whoever looks at the list needs no note"
    assert notices.READY_MS > 0


def test_the_fix_is_offered_with_the_failure(window: MainWindow, bench: Workbench, qtbot: QtBot) -> None:
    bench.faults = {"x": Refused("This file needs a Civitai API key.", "needs_key")}
    task = add(qtbot, window, "x", FAILED, files=[{"site": "civitai"}])
    qtbot.waitUntil(lambda: bool(window.problems.texts()), timeout=SECONDS)
    click_bar(window, "Add key…")
    settings = window.desk.settings
    sheet = settings._sheets["civitai"]
    assert sheet.isVisible()
    settings.key_kept.emit("huggingface")
    settings.key_kept.emit("civitai")
    qtbot.waitUntil(lambda: getattr(window.tasks.board.model.task(task.id), "state", "") == DONE, timeout=SECONDS)
    sheet.close()


def test_other_kinds_are_told_in_the_status_bar(window: MainWindow, qtbot: QtBot) -> None:
    add(qtbot, window, "hashes", DONE, kind=HASH)
    qtbot.waitUntil(lambda: window.status._said._full == "hashes.safetensors: done.", timeout=SECONDS)
    assert window.problems.texts() == []


def test_a_waiting_task_counts_down_and_can_be_tried_at_once(window: MainWindow, bench: Workbench, qtbot: QtBot) -> None:
    bench.faults = {"cut": NetworkFault("The connection was lost.", "dropped", after=300)}
    task = add(qtbot, window, "cut", WAITING)
    window.tasks.show()
    page = window.tasks.page
    assert page is not None
    with qtbot.waitSignal(window.tasks.board.model.dataChanged, timeout=SECONDS):
        pass  # its words change though its record does not
    page.asked.emit("again", [task.id])
    qtbot.waitUntil(lambda: getattr(window.tasks.board.model.task(task.id), "state", "") == DONE, timeout=SECONDS)


def test_speed_stands_in_both_bars(window: MainWindow, qtbot: QtBot) -> None:
    desk = window.tasks
    desk.show()
    desk.board.model.change([Task(900 + number, DOWNLOAD, str(number), "x", state=RUNNING, speed=20.5e6) for number in range(2)])
    desk.board.changed.emit()
    assert window.status._speed.text() == "↓ 41 MB/s" and desk.page is not None and desk.page._speed.text() == "↓ 41 MB/s"
    desk.board.model.change([], [900, 901])
    desk.board.changed.emit()
    assert window.status._speed.isHidden() and desk.page._speed.isHidden()


def test_room_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    window.tasks.show()
    page = window.tasks.page
    assert page is not None
    qtbot.waitUntil(lambda: " free" in page._free.text(), timeout=SECONDS)
    window.tasks.leave()
    assert not window.tasks._room_timer.isActive()


def test_history_opens(window: MainWindow, qtbot: QtBot) -> None:
    task = add(qtbot, window, "one", DONE)
    window.tasks.board.ask_history(task.id)
    qtbot.waitUntil(lambda: window.tasks.history is not None, timeout=SECONDS)
    assert window.tasks.history is not None and len(window.tasks.history.changes) == 3
    window.tasks.history.close_button.click()
    assert window.tasks.history is None


def test_problems_are_said_where_they_are_seen(window: MainWindow) -> None:
    window.tasks.board.problem_raised.emit("The disk is full.")
    assert window.problems.texts() == ["The disk is full."]
    window.tasks.show()
    page = window.tasks.page
    assert page is not None
    window.tasks.board.problem_raised.emit("It is still full.")
    assert page.problems.texts() == ["It is still full."] and page.problems.isVisible()


def test_only_pages_are_opened(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    for address in ("https://civitai.com/models/1", "file:///etc/passwd", "calculator:", ""):
        window.tasks.board.page_asked.emit(address)
    assert opened == ["https://civitai.com/models/1"]


def answer(window: MainWindow, text: str) -> None:
    """Press a button of the question that is open."""
    sheet = window.tasks.sheet
    assert sheet is not None and sheet.isVisible()
    next(one for one in sheet.findChildren(QPushButton) if one.text() == text).click()


def test_much_that_is_here_is_not_thrown_away_by_a_slip(window: MainWindow, bench: Workbench, qtbot: QtBot) -> None:
    bench.hold()
    small, large = add(qtbot, window, "small", RUNNING), add(qtbot, window, "large", RUNNING, size=3_000_000_000)
    qtbot.waitUntil(lambda: window.tasks.board.model.task(large.id).done == 1_500_000_000, timeout=SECONDS)
    window.tasks.show()
    view = window.tasks.page.view
    view.select(large.id)
    press(window, Key.Key_Delete)
    sheet = window.tasks.sheet
    assert any(label.text() == "1.5 GB of it are here already. They are removed." for label in sheet.findChildren(QLabel))
    assert sheet.focusWidget() is sheet.keep, "Enter keeps it"
    QTest.keyClick(sheet, Key.Key_Escape)
    kept = window.tasks.board.model.task(large.id)
    assert not sheet.isVisible() and kept.state == RUNNING and not kept.wish
    view.ask("cancel", [window.tasks.board.model.task(small.id)])
    assert window.tasks.sheet is sheet, "little is given up without a question"
    view.ask("cancel", [window.tasks.board.model.task(large.id)])
    answer(window, "Cancel download")
    for task in (small, large):
        qtbot.waitUntil(lambda id_=task.id: window.tasks.board.model.task(id_).state == CANCELLED, timeout=SECONDS)


def test_danger_is_accepted_only_in_so_many_words(window: MainWindow, bench: Workbench, qtbot: QtBot) -> None:
    bench.faults = {"odd": Refused("The site's scan found something dangerous in odd.ckpt.", "dangerous")}
    task = add(qtbot, window, "odd", FAILED)
    assert action_words("fix", task) == "Download anyway…"
    window.tasks.board.mend(task.id)
    answer(window, "Leave it")
    assert window.tasks.board.model.task(task.id).state == FAILED
    window.tasks.board.mend(task.id)
    answer(window, "Download anyway")
    qtbot.waitUntil(lambda: window.tasks.board.model.task(task.id).state == DONE, timeout=SECONDS)
    assert window.tasks.board.model.task(task.id).payload["accepted"] is True


def test_another_folder_is_chosen_for_one_task(window: MainWindow, bench: Workbench, tmp_path: Path, qtbot: QtBot) -> None:
    bench.faults = {"a": FolderFault("/gone is not there any more. Choose another folder.")}
    files = [{"name": "a.safetensors", "site": "civitai", "below": "style", "folder": "/gone/loras/style", "root": "/gone/loras"}]
    payload = {"files": files, "kind": "loras", "root": "/gone/loras"}
    window.tasks.board.add(DOWNLOAD, "a", "a.safetensors", payload)
    task = add(qtbot, window, "a", FAILED)
    window.tasks.show()
    window.tasks.board.mend(task.id)
    qtbot.waitUntil(lambda: window.tasks.sheet is not None, timeout=SECONDS)
    answer(window, "Download there")  # the first folder for LoRAs is in hand
    qtbot.waitUntil(lambda: window.tasks.board.model.task(task.id).state == DONE, timeout=SECONDS)
    loras = tmp_path / "ComfyUI" / "models" / "loras"
    payload = window.tasks.board.model.task(task.id).payload
    assert payload["root"] == str(loras) and payload["files"][0]["folder"] == str(loras / "style")
    assert bench.cleaned == ["a"], "what lay at the old place is tidied"


@pytest.mark.parametrize("key", ["1", "2", "F", "I", "B", "="])
def test_keys_about_models_go_back_to_them(window: MainWindow, key: str, qtbot: QtBot) -> None:
    window.tasks.show()
    QTest.keySequence(window, f"Ctrl+{key}")
    assert not window.tasks.is_shown
    assert window.views.currentWidget() is (window.table if key == "2" else window.grid)
    if key == "F":
        assert QApplication.focusWidget() is window.search or window.search.isAncestorOf(QApplication.focusWidget())
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_the_first_run_is_not_left_by_a_key(open_window: Callable[..., MainWindow], bench: Workbench, qtbot: QtBot) -> None:
    window = open_window(waits=False)
    window.desk.show_first_run()
    QTest.keySequence(window, "Ctrl+2")
    assert window.pages.currentIndex() != 0 and window.session.settings.view == "grid"
    qtbot.waitUntil(lambda: window.session.is_loaded and window.session.runner.is_idle, timeout=SECONDS)

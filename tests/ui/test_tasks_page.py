"""The page of tasks without an engine: what is said and painted of each state, mouse, keyboard, menu, filters, dragging."""

import time
from dataclasses import replace

import pytest
from fake_tasks import every_state, many
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QGuiApplication, QHelpEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from model_manager.bridge.task_model import ALL, FILTERS, ONLY_FAILED, TaskModel
from model_manager.core.tasks.states import FAILED, HASH, PAUSED, QUEUED, RUNNING, SCAN, VERIFYING, WAITING, Change, Task
from model_manager.core.tasks.words import told
from model_manager.ui.tasks.desk import link_of
from model_manager.ui.tasks.history_sheet import HistorySheet
from model_manager.ui.tasks.menu import show_menu
from model_manager.ui.tasks.page import TasksPage
from model_manager.ui.tasks.rows import buttons, places
from model_manager.ui.tasks.words import spoken, state_word
from model_manager.ui.theme import set_theme

NOW = 1_000_000.0
Key, Mod = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> TasksPage:
    set_theme("dark", qapp)
    model = TaskModel()
    made = TasksPage(model, lambda path: None)
    model.setParent(made)
    made.asks = list[tuple[str, list[int]]]()  # type: ignore[attr-defined]
    made.asked.connect(lambda action, ids: made.asks.append((action, list(ids))))  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(1000, 900)
    made.show()
    return made


def fill(page: TasksPage, tasks: list[Task]) -> None:
    page._model.change(tasks)
    page.show_counts()


def asks(page: TasksPage) -> list[tuple[str, list[int]]]:
    found: list[tuple[str, list[int]]] = page.asks[:]  # type: ignore[attr-defined]
    page.asks.clear()  # type: ignore[attr-defined]
    return found


def seen(page: TasksPage, id_: int) -> list[str]:
    """The buttons of a row under the pointer."""
    task = page._model.task(id_)
    assert task is not None
    return [button.action for button in buttons(task, page.view.visualRect(page._model.index(page._model.row_of(id_))), page.font(), True)]


def click(page: TasksPage, id_: int, action: str) -> None:
    view, task = page.view, page._model.task(id_)
    assert task is not None
    rect = view.visualRect(page._model.index(page._model.row_of(id_)))
    place = next(button.rect for button in buttons(task, rect, view.font(), True) if button.action == action).center()
    QTest.mouseMove(view.viewport(), place)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Mod.NoModifier, place)


def press(page: TasksPage, key: Qt.Key, modifiers: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    QTest.keyClick(page.view, key, modifiers)


def test_words_of_every_state() -> None:
    words = [(state_word(task), told(task, NOW)) for task in every_state(NOW)]
    assert words == [
        ("Downloading", "8.9 of 14.3 GB · 41 MB/s · 2 min left"),
        ("Running", "72 of 212 · 3 not on Civitai"),
        ("Verifying", "9.8 of 9.8 GB"),
        ("Waiting to retry", "Connection lost at 1.2 of 6.5 GB · retry in 12 s (1 of 8)"),
        ("No room", "The drive D: has 3.1 GB too little room"),
        ("Queued", "20.4 GB"),
        ("Paused", "812 GB of 4.1 TB"),
        ("Failed", "This file needs a Civitai API key"),
        ("Failed", "What came is not the file that was promised: its SHA-256 differs"),
        ("Done", "228 MB · hash verified · preview saved"),
        ("Cancelled", "43 MB"),
    ]
    words = "ink-wash-v3.safetensors, Civitai → loras/style, Done, 228 MB · hash verified · preview saved"
    assert spoken(every_state(NOW)[9], NOW) == words


def test_a_wish_is_said_while_it_is_being_done() -> None:
    plain = Task(1, HASH, "", "x", state=RUNNING)
    wishes = [state_word(replace(plain, wish=wish)) for wish in ("pause", "cancel", "requeue")]
    assert wishes == ["Pausing…", "Stopping…", "Starting again…"]


@pytest.mark.parametrize("width", [600, 760, 1000, 2560])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_rows_of_every_state_fit_and_are_painted(page: TasksPage, qapp: QApplication, width: int, theme: str) -> None:
    set_theme(theme, qapp)
    fill(page, every_state(time.time()))
    page.resize(width, 900)
    for task in every_state(NOW):
        rect = page.view.visualRect(page._model.index(page._model.row_of(task.id)))
        where = places(rect)
        assert where.thumb.right() < where.text.left() and where.text.right() <= where.progress.left() and where.text.width() >= 40
        assert where.progress.right() < where.state.left() and where.state.right() < where.actions.left()
        for button in buttons(task, rect, page.font(), True):
            assert rect.contains(button.rect) and button.rect.left() >= where.state.left() + 12, (task.state, button)
    assert not page.grab().isNull()


def test_each_state_has_its_buttons(page: TasksPage) -> None:
    fill(page, every_state(NOW))
    assert [seen(page, id_) for id_ in range(1, 12)] == [
        ["pause", "cancel"], ["pause", "cancel"], ["cancel"], ["again", "cancel"], ["fix", "again", "cancel"], ["pause", "cancel"],
        ["resume", "cancel"], ["fix", "again", "remove"], ["fix", "remove"], ["show", "remove"], ["again", "remove"],
    ]  # fmt: skip
    live = Task(-1, SCAN, "", "Look through the folders", state=RUNNING)
    fill(page, [live])
    assert seen(page, -1) == ["cancel"]


def test_a_click_on_a_button_acts_and_leaves_the_selection(page: TasksPage) -> None:
    fill(page, every_state(NOW))
    page.view.select(2)
    for id_, action in ((1, "pause"), (1, "cancel"), (7, "resume"), (8, "fix"), (10, "show"), (11, "remove")):
        click(page, id_, action)
        assert asks(page) == [(action, [id_])]
    assert [task.id for task in page.view.selected()] == [2]


def test_signs_and_rows_are_explained(page: TasksPage, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(page, every_state(NOW))
    said: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: said.append(text))
    rect = page.view.visualRect(page._model.index(0))
    pause = buttons(every_state(NOW)[0], rect, page.view.font(), True)[0].rect.center()
    for place in (pause, rect.center()):
        help_event = QHelpEvent(QHelpEvent.Type.ToolTip, place, page.view.viewport().mapToGlobal(place))
        QApplication.sendEvent(page.view.viewport(), help_event)
    assert said[0] == "<qt>Pause</qt>" and "Civitai → diffusion_models/wan<br>8.9 of 14.3 GB" in said[1]


def test_a_press_that_leaves_its_button_does_nothing(page: TasksPage) -> None:
    fill(page, every_state(NOW))
    rect = page.view.visualRect(page._model.index(0))
    pause, cancel = (button.rect.center() for button in buttons(every_state(NOW)[0], rect, page.font(), True))
    QTest.mousePress(page.view.viewport(), Qt.MouseButton.LeftButton, Mod.NoModifier, pause)
    QTest.mouseMove(page.view.viewport(), cancel)
    QTest.mouseRelease(page.view.viewport(), Qt.MouseButton.LeftButton, Mod.NoModifier, cancel)
    assert asks(page) == []


def test_the_keyboard_does_all_of_it(page: TasksPage) -> None:
    fill(page, every_state(NOW))
    page.view.select(1)
    press(page, Key.Key_Space)
    press(page, Key.Key_Delete)
    press(page, Key.Key_Down)
    press(page, Key.Key_Space)
    assert asks(page) == [("pause", [1]), ("cancel", [1]), ("pause", [2])]
    page.view.select(7)
    press(page, Key.Key_Space)
    page.view.select(8)
    press(page, Key.Key_Return)
    press(page, Key.Key_Space)
    press(page, Key.Key_Delete)
    page.view.select(10)
    press(page, Key.Key_Enter)
    assert asks(page) == [("resume", [7]), ("fix", [8]), ("again", [8]), ("remove", [8]), ("show", [10])]
    press(page, Key.Key_A, Mod.ControlModifier)
    press(page, Key.Key_Space)
    press(page, Key.Key_Delete)
    assert asks(page) == [("pause", [1, 2, 3, 4, 5, 6]), ("cancel", [1, 2, 3, 4, 5, 6, 7])]
    left: list[bool] = []
    page.closed.connect(lambda: left.append(True))
    press(page, Key.Key_Escape)
    assert left == [True]


def test_the_head(page: TasksPage, qtbot: QtBot) -> None:
    said: list[str] = []
    signals = {"pause": page.all_paused, "resume": page.all_resumed, "clear": page.finished_cleared, "add": page.add_link_asked}
    for name, signal in signals.items():
        signal.connect(lambda name=name: said.append(name))
    assert not page.all.isEnabled() and not page.clear.isEnabled() and page._pill.isHidden()
    fill(page, every_state(NOW))
    assert page._pill.text() == "11 tasks" and page._summary._full == "3 running · 2 waiting · 1 queued · 1 paused · 2 failed"
    for button in (page.all, page.clear, page.add):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert said == ["pause", "clear", "add"]
    going = [replace(task, state=PAUSED) for task in every_state(NOW) if task.state in (RUNNING, VERIFYING, WAITING, QUEUED)]
    fill(page, going)
    assert page.all.text() == "Resume all"
    page.all.click()
    assert said[-1] == "resume"


def test_chips_filter(page: TasksPage, qtbot: QtBot) -> None:
    fill(page, every_state(NOW)[:3])
    assert not page._chip_row.isVisible(), "three are seen at a glance"
    fill(page, every_state(NOW))
    assert [chip.text() for chip in page._chips.values()] == ["All 11", "Active 3", "Waiting 4", "Failed 2", "Done 2"]
    for name in FILTERS:
        qtbot.mouseClick(page._chips[name], Qt.MouseButton.LeftButton)
        assert page._model.filter == name and page._model.rowCount() == int(page._chips[name].text().split()[-1])
    page.set_filter(ONLY_FAILED)
    page._model.change([], [8, 9])
    page.show_counts()
    assert page._middle.currentWidget() is page._empty and page._headline.text() == "No task here"
    page._empty_all.click()
    assert page._model.filter == ALL and page._middle.currentWidget() is page.view


def test_without_tasks_it_says_what_could_be_done(page: TasksPage) -> None:
    assert page._middle.currentWidget() is page._empty and page._headline.text() == "Nothing to do"
    shown = [button.text().strip() for button in page._empty.findChildren(QPushButton) if button.isVisible()]
    assert shown == ["Add from link"]


def test_rows_are_dragged_into_another_order(page: TasksPage, qtbot: QtBot) -> None:
    fill(page, many(14, NOW))
    moved: list[object] = []
    page._model.move_asked.connect(lambda ids, before: moved.append((ids, before)))
    view, model = page.view, page._model
    order = [model.task_at(row).id for row in range(model.rowCount())]
    assert order == [1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 8, 9, 10, 11]

    def drop(id_: int, above: int, source: object) -> bool:
        rect = view.visualRect(model.index(model.row_of(above)))
        mime = model.mimeData([model.index(model.row_of(id_))])
        event = _Drop(QPointF(rect.center() - QPoint(0, 20)), mime, source)
        view.dropEvent(event)
        return event.isAccepted()

    assert drop(13, 6, view) and drop(6, 8, view)
    assert moved == [([13], 6), ([6], 0)]
    assert not drop(13, 2, view), "what runs has no line"
    assert not drop(13, 6, None), "another program's"
    assert len(moved) == 2


class _Drop(QDropEvent):
    def __init__(self, place: QPointF, mime: QMimeData, source: object) -> None:
        super().__init__(place, Qt.DropAction.MoveAction, mime, Qt.MouseButton.LeftButton, Mod.NoModifier)
        self._from = source

    def source(self) -> object:  # type: ignore[override]
        return self._from


def entries(menu: QMenu) -> dict[str, bool]:
    return {action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()}


def test_the_menu(page: TasksPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    tasks = [replace(task, payload={"link": f"https://civitai.com/models/{task.id}"}) for task in every_state(NOW)]
    fill(page, tasks)
    said: list[tuple[str, list[int]]] = []

    def menu_of(*ids: int) -> QMenu:
        chosen = [task for task in tasks if task.id in ids]
        return show_menu(page, QPoint(), chosen, lambda action, ids: said.append((action, list(ids))), link_of)

    menu = menu_of(8)
    assert entries(menu) == {
        "Add key…": True, "Pause": False, "Retry": True, "Cancel": False, "Remove from the list": True, "Move to the top": False,
        "Copy link": True, "Choose another folder…": True, "Show in folder": False, "Show history": True,
    }  # fmt: skip
    for name in ("Add key…", "Retry", "Show history", "Copy link"):
        next(action for action in menu.actions() if action.text() == name).trigger()
    assert said == [("fix", [8]), ("again", [8]), ("history", [8])]
    assert QGuiApplication.clipboard().text() == "https://civitai.com/models/8"
    menu.close()
    menu = menu_of(1, 6, 7, 10)
    assert entries(menu) == {
        "Pause": True, "Resume": True, "Cancel": True, "Remove from the list": True, "Move to the top": True, "Copy links": True,
        "Show in folder": False, "Show history": False,
    }  # fmt: skip
    said.clear()
    for action in menu.actions():
        action.trigger()
    assert said == [("pause", [1, 6]), ("resume", [7]), ("cancel", [1, 6, 7]), ("remove", [10]), ("top", [6, 7])]
    menu.close()


def test_the_menu_is_asked_for_by_mouse(page: TasksPage, qtbot: QtBot) -> None:
    fill(page, every_state(NOW))
    page.view.select(3)
    with qtbot.waitSignal(page.view.menu_asked, timeout=3_000):
        QApplication.sendEvent(page.view.viewport(), _menu_event(page))


def _menu_event(page: TasksPage) -> QContextMenuEvent:
    place = page.view.visualRect(page._model.index(0)).center()
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, page.view.viewport().mapToGlobal(place))


def test_ten_thousand_rows_cost_what_is_visible(page: TasksPage) -> None:
    fill(page, many(10_000, NOW))
    painted: list[int] = []
    delegate = page.view._rows
    paint = delegate.paint
    delegate.paint = lambda painter, option, index: (painted.append(index.row()), paint(painter, option, index))[1]  # type: ignore[method-assign]
    page.view.scrollToBottom()
    page.view.viewport().repaint()
    assert 0 < len(set(painted)) < 30 and max(painted) == 9_999
    assert not page.view.findChildren(QPushButton)


def test_where_only_numbers_change_only_they_are_painted(page: TasksPage, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = every_state(NOW)
    fill(page, tasks)
    view = page.view
    bar = places(view.visualRect(page._model.index(0))).progress
    before, port, asked = view.viewport().grab().toImage(), view.viewport(), list[tuple[object, ...]]()
    monkeypatch.setattr(port, "update", lambda *place: asked.append(place))
    page._model.change([replace(tasks[0], done=tasks[0].done + 2_000_000_000)])
    assert asked == [(bar,)]
    monkeypatch.undo()
    after = port.grab(bar).toImage()
    assert after != before.copy(bar) and port.grab().toImage().copy(bar) == after


def test_pictures_are_cut_to_their_place(page: TasksPage) -> None:
    art = QPixmap(QSize(300, 60))
    art.fill("#ff0000")
    page.view._rows._picture = lambda path: art if path == "/there.png" else None
    fill(page, [replace(every_state(NOW)[0], picture="/there.png")])
    rect = places(page.view.visualRect(page._model.index(0))).thumb
    image = page.view.viewport().grab().toImage()
    assert image.pixelColor(rect.center()).name() == "#ff0000" and image.pixelColor(rect.topLeft()).name() != "#ff0000"


def test_a_row_is_read_out(page: TasksPage) -> None:
    fill(page, every_state(NOW))
    page._model.describe = lambda task: spoken(task, NOW)
    assert page._model.index(0).data(Qt.ItemDataRole.AccessibleTextRole).endswith("2 min left")
    assert page.view.accessibleName() == "Tasks" and page.back.accessibleName()


def test_history_sheet(qtbot: QtBot, qapp: QApplication) -> None:
    changes = [Change(NOW, "", QUEUED), Change(NOW + 1, QUEUED, RUNNING), Change(NOW + 60, RUNNING, FAILED, "The site has no such file.")]
    sheet = HistorySheet(every_state(NOW)[7], changes)
    qtbot.addWidget(sheet)
    sheet.show()
    assert not sheet.grab().isNull() and sheet.head.line._full == "Civitai → loras · 3 changes"
    model = sheet.list.model()
    lines = [model.index(row, 0).data() for row in range(3)]
    assert lines[0].endswith("Failed  The site has no such file.") and lines[2].endswith("Added")
    sheet.copy.click()
    assert QGuiApplication.clipboard().text().splitlines() == lines
    sheet.close_button.click()
    assert not sheet.isVisible()

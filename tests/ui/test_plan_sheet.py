"""The sheet of a plan: what it shows, its filter, details, list to save, and the keys that carry out or leave it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from model_manager.bridge.orders import Room
from model_manager.core.journal.steps import FOLDER, MOVE, REMOVE, WRITE, Act, Plan, Refused, Step
from model_manager.ui.theme import LIGHT, set_theme, tokens
from model_manager.ui.tidy.plan_details import comfy_words, step_words
from model_manager.ui.tidy.plan_list import after_runs, lines_of, middle_of, needs_of
from model_manager.ui.tidy.plan_sheet import PlanSheet
from model_manager.ui.tidy.rows import shortened

Key = Qt.Key


def act(name: str, note: str = "", tone: str = "") -> Act:
    steps = (Step(FOLDER, target="/m/loras/SDXL"), Step(MOVE, f"/m/loras/{name}", f"/m/loras/SDXL/{name}"))
    return Act(name, steps, before=f"loras / {name}", after=f"loras / SDXL / {name}", extra=4, note=note, tone=tone,
               comfy_before=name, comfy_after=f"SDXL/{name}")  # fmt: skip


PLAN = Plan(
    "organise", "Organise 4 models", "Move 3 models", (act("a.safetensors"), act("b.safetensors", "name is taken", "warn"), act("c.ckpt")),
    (Refused("d", "loras / d.gguf", "in use by another program"),), ("3 move", "1 stays"), "ComfyUI lists them at once.", ("Two share a.",),
)  # fmt: skip


@pytest.fixture
def sheet(qtbot: QtBot, qapp: QApplication) -> Iterator[PlanSheet]:
    set_theme("light", qapp)
    made = PlanSheet(PLAN)
    qtbot.addWidget(made)
    made.fit(QSize(1200, 800))
    made.open()
    QTest.qWaitForWindowExposed(made)
    yield made
    made.hide()


def texts(sheet: PlanSheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if not label.isHidden()]


def press(sheet: PlanSheet, key: Qt.Key) -> None:
    QTest.keyClick(sheet.focusWidget() or sheet, key)


def test_it_shows_what_is_special_first(sheet: PlanSheet) -> None:
    assert [line.name for line in sheet.list.rows.rows] == ["d", "b.safetensors", "a.safetensors", "c.ckpt"]
    shown = texts(sheet)
    assert {"Organise 4 models", "3 move", "1 stays", "Two share a."} <= set(shown)
    assert sheet.go.text() == "Move 3 models" and sheet.foot.said.text() == "ComfyUI lists them at once."
    QAbstractItemModelTester(sheet.list.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    spoken = sheet.list.rows.data(sheet.list.rows.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "loras / b.safetensors, → loras / SDXL / b.safetensors, name is taken"


def test_only_what_needs_a_look(sheet: PlanSheet) -> None:
    assert sheet.only.text() == "2 need a look"
    sheet.only.click()
    assert [line.name for line in sheet.list.rows.rows] == ["d", "b.safetensors"]
    sheet.only.click()
    assert len(sheet.list.rows.rows) == 4


def test_a_click_shows_a_line_in_full_and_space_hides_it(sheet: PlanSheet) -> None:
    place = sheet.list.visualRect(sheet.list.rows.index(2)).center()
    QTest.mouseClick(sheet.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not sheet.details.isHidden()
    shown = "\n".join(texts(sheet))
    assert "SDXL/a.safetensors, until now a.safetensors" in shown and "a.safetensors → /m/loras/SDXL/" in shown
    QTest.keyClick(sheet.list, Key.Key_Space)
    assert sheet.details.isHidden()
    QTest.keyClick(sheet.list, Key.Key_Space)
    QTest.keyClick(sheet.list, Key.Key_Up)
    QTest.keyClick(sheet.list, Key.Key_Up)
    assert not sheet.details.isHidden() and "in use by another program" in "\n".join(texts(sheet))


def test_enter_carries_out_and_escape_does_not(sheet: PlanSheet, qtbot: QtBot) -> None:
    asked: list[Plan] = []
    sheet.carry_asked.connect(asked.append)
    press(sheet, Key.Key_Escape)
    assert not sheet.isVisible() and not asked
    sheet.open()
    sheet.list.setFocus()
    press(sheet, Key.Key_Return)
    assert asked == [PLAN] and not sheet.isVisible()


def test_what_cannot_be_undone_is_not_carried_out_by_enter(qtbot: QtBot) -> None:
    sheet = PlanSheet(Plan("delete", "Delete 1 model for good", "Delete for good", (act("a.ckpt"),), can_undo=False))
    qtbot.addWidget(sheet)
    asked: list[Plan] = []
    sheet.carry_asked.connect(asked.append)
    sheet.open()
    assert "This cannot be undone." in texts(sheet)
    QTest.keyClick(sheet.list, Key.Key_Return)
    assert not asked and not sheet.isVisible()
    sheet.open()
    QTest.mouseClick(sheet.go, Qt.MouseButton.LeftButton)
    assert len(asked) == 1


def test_a_plan_without_acts_only_tells(qtbot: QtBot) -> None:
    sheet = PlanSheet(Plan("", "2 models were left as they are", refused=PLAN.refused), sub="Organise 4 models")
    qtbot.addWidget(sheet)
    sheet.open()
    assert sheet.go.isHidden() and sheet.cancel.text() == "Close" and "Organise 4 models" in texts(sheet)
    QTest.keyClick(sheet.list, Key.Key_Return)
    assert not sheet.isVisible()


def test_a_drive_with_too_little_room_keeps_the_button_back(sheet: PlanSheet) -> None:
    sheet.show_rooms([Room("/mnt/big", 5_000_000_000, 90_000_000_000)])
    assert "5.00 GB to copy, 90.0 GB free" in texts(sheet) and sheet.go.isEnabled()
    sheet.show_rooms([Room("/mnt/full", 5_000_000_000, 1_000_000_000)])
    assert not sheet.go.isEnabled() and "too much for the drive of /mnt/full" in sheet.foot.said.text()


def test_the_list_is_asked_for(sheet: PlanSheet, qtbot: QtBot) -> None:
    with qtbot.waitSignal(sheet.save_asked) as blocker:
        QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    assert blocker.args == [PLAN]


def test_ten_thousand_lines_are_there_at_once_and_paint(qtbot: QtBot) -> None:
    sheet = PlanSheet(Plan("move", "Move", "Move", tuple(act(f"{number}.safetensors") for number in range(10_000))))
    qtbot.addWidget(sheet)
    sheet.fit(QSize(1200, 800))
    sheet.open()
    QTest.keyClick(sheet.list, Key.Key_End)
    assert sheet.list.visible()[-1].name == "9999.safetensors"
    assert not sheet.grab().isNull()


def test_what_is_the_same_is_dimmed() -> None:
    muted, text = LIGHT.muted, LIGHT.text
    assert tokens() is LIGHT
    assert after_runs("loras / a.gguf", "loras / SDXL / a.gguf") == [("loras / ", muted), ("SDXL / ", text), ("a.gguf", muted)]
    assert after_runs("loras / a.gguf", "loras / b.gguf") == [("loras / ", muted), ("b.gguf", text)]
    assert after_runs("a.gguf", "vae / a.gguf") == [("vae / ", text), ("a.gguf", muted)]


def test_folders_are_shortened_before_the_name(qapp: QApplication) -> None:
    metrics = QFontMetrics(QApplication.font())
    runs = [("loras / ", LIGHT.muted), ("a folder with a long name / ", LIGHT.text), ("model.safetensors", LIGHT.text)]
    whole = sum(metrics.horizontalAdvance(text) for text, _ in runs)
    assert shortened(runs, metrics, whole) == runs
    tight = shortened(runs, metrics, whole * 3 // 4)
    assert tight[0][0] == "… / " and tight[1][0].endswith(" / ") and "…" in tight[1][0] and tight[2] == runs[2]
    assert sum(metrics.horizontalAdvance(text) for text, _ in tight) <= whole * 3 // 4 + 1


def test_columns_get_what_they_need(qapp: QApplication) -> None:
    metrics = QFontMetrics(QApplication.font())
    short = act("a.ckpt")
    long = replace(short, before="checkpoints / a folder with a very long name / b.safetensors", after="vae / b")
    before, behind = needs_of([short, long], metrics)
    assert before > metrics.horizontalAdvance(long.before) and before + behind < 900
    assert middle_of(1000, (before, behind)) > before, "all of it, where there is room"
    assert middle_of(1000, (200, 300)) < 300, "and not more than that"
    assert middle_of(1000, (900, 100)) > 800, "what is behind needs little"
    assert 450 < middle_of(1000, (900, 900)) < 550
    assert needs_of([Refused("d", "loras / d", "in use")] * 5000, metrics)[0] == metrics.horizontalAdvance("loras / d")
    assert needs_of([], metrics) == (0, 0)


def test_the_sheet_is_as_wide_as_the_window_lets_it_and_the_plan_needs(qtbot: QtBot) -> None:
    long = replace(act("a.ckpt"), before=f"loras / {'w' * 60}.ckpt", after=f"vae / {'w' * 60}.ckpt")
    for one, room, width in ((act("a.ckpt"), 2000, 940), (long, 2000, 1240), (long, 1000, 960)):
        sheet = PlanSheet(Plan("move", "Move", "Move", (one,)))
        qtbot.addWidget(sheet)
        sheet.fit(QSize(room, 900))
        assert sheet.width() == width


def test_steps_and_names_in_words() -> None:
    assert step_words(Step(MOVE, "/a/x.ckpt", "/a/y.ckpt")) == ("Move", "x.ckpt → y.ckpt")
    assert step_words(Step(WRITE, target="/a/x.info", data=b"{}")) == ("Write", "/a/x.info")
    assert step_words(Step(WRITE, target="/a/x.info")) == ("Remove", "/a/x.info")
    assert step_words(Step(REMOVE, "/a/x.ckpt")) == ("Remove for good", "/a/x.ckpt")
    assert comfy_words(Act("a", (), comfy_before="a.ckpt", comfy_after="a.ckpt")) == "a.ckpt, as before"
    assert comfy_words(Act("a", (), comfy_before="a.ckpt")) == "nothing any more; it was a.ckpt"


def test_lines_keep_the_order_of_the_plan() -> None:
    assert [line.name for line in lines_of(PLAN)[1]] == ["d", "b.safetensors"]

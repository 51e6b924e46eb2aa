"""The words of the history and of Recently deleted, and the list of changes by day."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from model_manager.bridge import order_tasks, plan_tasks
from model_manager.bridge.order_words import DO, EMPTY, RESTORE, UNDO, Note, note_of, wants_question
from model_manager.bridge.past import held_picture
from model_manager.bridge.tasks import Sources
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    DONE,
    RUNNING,
    STOPPED,
    UNDONE,
    Act,
    Change,
    Counts,
    Outcome,
    Plan,
    Refused,
    Report,
)
from model_manager.core.library.index import Index
from model_manager.core.tidy.holding import HeldFile, HeldItem
from model_manager.ui.tidy.history_list import Day, HistoryList, entries
from model_manager.ui.tidy.interrupted_sheet import interrupted_words
from model_manager.ui.tidy.past_words import count_words, full_words, held_words, line_of, state_words

NOW = time.mktime((2026, 5, 20, 12, 0, 0, 0, 0, -1))
HOUR = 3600.0


def change(id_: int, hours_ago: float, state: str = DONE, **more: object) -> Change:
    return Change(id_, "move", f"Move {id_}", NOW - hours_ago * HOUR, state, **{"acts": 3, "done": 3, **more})  # type: ignore[arg-type]


def test_changes_stand_below_their_days_and_interrupted_ones_on_top() -> None:
    changes = [change(5, 1), change(4, 2, RUNNING, is_interrupted=True), change(3, 23), change(2, 30), change(1, 24 * 40)]
    found = [entry.text if isinstance(entry, Day) else entry.id for entry in entries(changes, NOW)]
    assert found == ["Interrupted", 4, "Today", 5, "Yesterday", 3, 2, "2026-04-10", 1]


def test_headings_cannot_be_selected(qtbot: QtBot) -> None:
    made = HistoryList()
    qtbot.addWidget(made)
    made.show_changes([change(2, 1), change(1, 30)])
    made.select_first()
    assert made.change() == change(2, 1)
    made.show_changes([change(3, 0.5), change(2, 1, UNDONE, done=0, undone=3), change(1, 30)])
    current = made.change()
    assert current is not None and current.id == 2 and current.state == UNDONE, "it stays the one that is selected"
    made.show_changes([change(1, 30)])
    assert made.change() is None


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (change(1, 1), ("", "")),
        (change(1, 1, done=2, failed=1), ("1 failed", "bad")),
        (change(1, 1, UNDONE, done=0, undone=3), ("undone", "muted")),
        (change(1, 1, done=2, undone=1), ("partly undone", "muted")),
        (change(1, 1, STOPPED, done=1), ("stopped", "warn")),
        (change(1, 1, RUNNING, is_interrupted=True), ("interrupted", "warn")),
        (change(1, 1, RUNNING), ("under way", "accent")),
    ],
)
def test_states_in_a_word(made: Change, words: tuple[str, str]) -> None:
    assert state_words(made) == words


def test_a_change_in_full() -> None:
    assert full_words(change(1, 1, STOPPED, acts=9, done=2, failed=1, undone=1, note="The drive went away.")) == (
        "2 done · 1 failed · 1 undone · 5 not begun The drive went away."
    )


def test_folders_are_no_models() -> None:
    organised = change(1, 1, acts=37, done=36, failed=1, folders=Counts(6, 5, 1, 0))
    organised = replace(organised, kind="organise")
    assert count_words(organised) == ["31 models", "6 folders"]
    assert full_words(organised) == "31 done · folders: 5 done, 1 failed"
    made = replace(change(2, 1, folders=Counts(3, 3)), kind="folders")
    assert count_words(made) == ["3 folders"] and full_words(made) == "3 done"
    assert count_words(replace(change(3, 1), kind="mend")) == ["3 items"]
    assert interrupted_words(replace(organised, done=20, failed=0, folders=Counts(6))).startswith("20 of 31 models were done")


def test_outcomes_as_lines() -> None:
    failed = line_of(Outcome(3, "ink", ACT_FAILED, "loras / ink", "loras / a / ink", text="It is in use."))
    assert (failed.note, failed.tone, failed.model) == ("It is in use.", "bad", 3)
    assert line_of(Outcome(0, "ink", ACT_UNDONE, "a", "b")).note == "undone"
    assert line_of(Outcome(0, "ink", ACT_DONE, "a", "b", text="A link leads elsewhere.")).tone == "warn"
    assert line_of(Outcome(0, "ink", "waits", "a", "b")).note == "not begun"


def held(days_ago: float, is_there: bool = True) -> HeldItem:
    files = (HeldFile("/t/ink.held", "/m/loras/ink.ckpt", 5),)
    return HeldItem("1.1", "ink", "/m/loras/ink.ckpt", 5, NOW - days_ago * 86_400, files, "/t", is_there)


def test_how_long_it_is_held() -> None:
    assert held_words(held(2), 30, NOW).endswith("28 days left")
    assert held_words(held(29.5), 30, NOW).endswith("1 day left")
    assert held_words(held(31), 30, NOW).endswith("goes with the next clean-up")
    assert "left" not in held_words(held(2), 0, NOW)
    assert held_words(held(2, is_there=False), 30, NOW).endswith("its drive is away")


def test_the_preview_that_is_held_is_shown_with_it() -> None:
    more = tuple(HeldFile(f"/t/{number}.held", path, 9) for number, path in enumerate(("/m/ink.info", "/m/ink.PNG", "/m/ink.preview.webp")))
    item = replace(held(2), files=(*held(2).files, *more))
    key = held_picture(item)
    assert key is not None and (key.path, key.size, key.sort) == ("/t/2.held", 9, "still")
    assert held_picture(replace(item, is_there=False)) is None and held_picture(held(2)) is None
    video = held_picture(replace(item, files=(*held(2).files, HeldFile("/t/v.held", "/m/ink.mp4", 9))))
    assert video is not None and video.sort == "video"


def report(*states: str, **more: object) -> Report:
    outcomes = [Outcome(number, "x", state, path="/m/x") for number, state in enumerate(states)]
    return Report(7, "Move", outcomes, **more)  # type: ignore[arg-type]


def test_the_end_of_a_change_in_a_line() -> None:
    assert note_of(DO, "organise", report(ACT_DONE, ACT_DONE), True) == Note("2 models moved.", "info", 7, 0, True)
    assert note_of(DO, "delete", report(ACT_DONE, ACT_FAILED), True) == Note("1 model deleted, 1 failed.", "warn", 7, 1, True)
    assert note_of(DO, "edit", report(is_stopped=True), True) == Note("Stopped: 0 models changed.", "warn", 7, 0, False)
    assert note_of(UNDO, "restore", report(ACT_UNDONE), False).text == "1 model is as it was before."
    assert note_of(RESTORE, "restore", report(ACT_UNDONE, ACT_DONE), False).text == "2 models restored."
    assert note_of(EMPTY, "empty", report(ACT_DONE), False).text == "1 model is in the system's trash."
    told = note_of(DO, "move", report(ACT_DONE, note="The history cannot be written."), True)
    assert told.tone == "warn" and told.text.endswith("The history cannot be written.")
    folders = Report(7, "Organise", [Outcome(0, "x", ACT_DONE, path="/m/x"), Outcome(1, "old folder", ACT_DONE)])
    assert note_of(DO, "organise", folders, True).text == "1 model moved.", "folders that went are no models"


def test_what_is_large_or_old_is_asked_about() -> None:
    assert not wants_question(3, NOW - 60, NOW)
    assert wants_question(3, NOW - 2 * HOUR, NOW) and wants_question(300, NOW - 1, NOW)


PLAN = Plan("move", "Move 2 models", acts=(Act("a", (), before="loras / a,b.ckpt", after="vae / a", note="n", comfy_after="a"),),
            refused=(Refused("c", "loras / c", "It is in use."),))  # fmt: skip


def test_a_plan_is_saved_as_csv_or_text(tmp_path: Path) -> None:
    order_tasks.save_list(PLAN, str(tmp_path / "plan.csv"))
    lines = (tmp_path / "plan.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert lines[1] == 'a,"loras / a,b.ckpt",vae / a,n,,a' and lines[2] == "c,loras / c,,It is in use.,,"
    order_tasks.save_list(PLAN, str(tmp_path / "plan.txt"))
    text = (tmp_path / "plan.txt").read_text("utf-8").splitlines()
    assert text == ["Move 2 models", "", "loras / a,b.ckpt → vae / a   (n)", "loras / c   (It is in use.)"]


def test_rooms_add_up_by_drive(tmp_path: Path) -> None:
    plan = Plan("copy", "Copy", needs={str(tmp_path / "new/deep"): 5, str(tmp_path): 6})
    (room,) = order_tasks.rooms(plan)
    assert room.wanted == 11 and room.free > 0 and room.folder == str(tmp_path)


def test_spots_without_a_library(tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite"
    Index(index).close()
    assert plan_tasks.spots(index, Sources(), (), [str(tmp_path), str(tmp_path / "gone")]) == [
        plan_tasks.Spot("Recent"),
        plan_tasks.Spot(str(tmp_path), str(tmp_path), str(tmp_path), is_recent=True),
    ]

"""What is carried out, undone, refused and remembered, on one drive and without faults of the disk."""

import os
from pathlib import Path

import pytest
from journal_case import PAST, Ground, Stop, contents

from model_manager.core.journal.steps import (
    ABSENT,
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    ACT_WAITS,
    DONE,
    NO_FOLDER,
    STOPPED,
    UNDONE,
    WRITE,
    Act,
    Counts,
    Plan,
    Step,
)
from model_manager.core.tidy import carrying
from model_manager.core.work import Work


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def test_a_family_moves_and_comes_back(ground: Ground) -> None:
    ground.family("loras/ink.safetensors", ".info", ".preview.png")
    before = ground.tree()
    act = ground.move("loras/ink.safetensors", "loras/a/b/pen.safetensors", ".info", ".preview.png", folders=["loras/a/b"])
    report = ground.carry_out(act)
    assert report.count(ACT_DONE) == 1
    assert sorted(os.listdir(ground.at("loras/a/b"))) == ["pen.info", "pen.preview.png", "pen.safetensors"]
    assert report.moves == [(ground.at("loras/ink.safetensors"), ground.at("loras/a/b/pen.safetensors"))]
    assert {ground.at("loras"), ground.at("loras/a/b")} <= report.folders
    back = ground.take_back(report)
    assert back.count(ACT_UNDONE) == 1
    assert back.moves == [(ground.at("loras/a/b/pen.safetensors"), ground.at("loras/ink.safetensors"))]
    assert ground.tree() == before


def test_bytes_written_come_back_with_time_and_rights(ground: Ground) -> None:
    ground.family("ink.safetensors", ".info", ".txt")
    os.chmod(ground.at("ink.info"), 0o640)
    before = ground.tree()
    report = ground.carry_out(
        ground.write("ink.info", b"new"), ground.write("ink.md", b"notes"), ground.write("ink.txt", None), kind="edit"
    )
    assert report.count(ACT_DONE) == 3
    assert Path(ground.at("ink.info")).read_bytes() == b"new"
    assert not os.path.exists(ground.at("ink.txt"))
    ground.take_back(report)
    assert ground.tree() == before


def test_the_history_says_what_was(ground: Ground) -> None:
    ground.family("a.safetensors")
    ground.family("b.safetensors")
    report = ground.carry_out(ground.move("a.safetensors", "c.safetensors"), ground.move("b.safetensors", "c.safetensors"))
    assert [outcome.state for outcome in report.outcomes] == [ACT_DONE, ACT_FAILED]
    assert report.outcomes[1].text == "There is a file named c.safetensors already. Nothing was replaced."
    (change,) = carrying.changes(ground.data)
    assert (change.state, change.acts, change.done, change.failed, change.can_undo) == (DONE, 2, 1, 1, True)
    assert not change.is_interrupted
    assert carrying.outcomes(ground.data, change.id) == report.outcomes
    ground.take_back(report)
    change = carrying.changes(ground.data)[0]
    assert (change.state, change.done, change.undone, change.can_undo) == (UNDONE, 0, 1, False)
    assert carrying.interrupted(ground.data) == []


def test_folders_are_counted_apart(ground: Ground) -> None:
    ground.family("old/a.safetensors", ".info")
    os.makedirs(ground.at("empty"))
    gone = (Act(name, (Step(NO_FOLDER, target=ground.at(name)),)) for name in ("old", "empty"))
    report = ground.carry_out(ground.move("old/a.safetensors", "a.safetensors", ".info"), *gone, kind="organise")
    assert report.counts(ACT_DONE) == (1, 2) and report.counts(ACT_FAILED) == (0, 0)
    (change,) = carrying.changes(ground.data)
    assert (change.acts, change.folders, change.told) == (3, Counts(2, 2), Counts(1, 1))
    ground.take_back(report)
    (change,) = carrying.changes(ground.data)
    assert (change.folders, change.told) == (Counts(2, 0, 0, 2), Counts(1, 0, 0, 1))


def test_some_acts_are_undone_and_others_later(ground: Ground) -> None:
    for name in "abc":
        ground.family(f"{name}.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(*(ground.move(f"{name}.safetensors", f"new/{name}.safetensors", ".info", folders=["new"]) for name in "abc"))
    ground.take_back(report, 1)
    assert sorted(os.listdir(ground.at("new"))) == ["a.info", "a.safetensors", "c.info", "c.safetensors"]
    change = carrying.change(ground.data, report.change)
    assert change is not None and (change.state, change.done, change.undone, change.can_undo) == (DONE, 2, 1, True)
    ground.take_back(report)
    assert ground.tree() == before


def test_a_file_that_is_not_as_planned_is_left_alone(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    ground.family("b.safetensors", ".info")
    seen = os.stat(ground.at("a.info"))
    planned = (seen.st_size, seen.st_mtime_ns)
    os.utime(ground.at("b.info"), ns=(PAST, PAST + 99))
    steps = (
        Act("a", (Step(WRITE, target=ground.at("a.info"), data=b"1", planned=planned),)),
        Act("b", (Step(WRITE, target=ground.at("b.info"), data=b"2", planned=planned),)),
        Act("c", (Step(WRITE, target=ground.at("b.info"), data=b"3", planned=ABSENT),)),
        Act("d", (Step(WRITE, target=ground.at("d.info"), data=b"4", planned=ABSENT),)),
    )
    report = ground.carry_out(*steps)
    assert [outcome.state for outcome in sorted(report.outcomes, key=lambda one: one.number)] == [
        *(ACT_DONE, ACT_FAILED, ACT_FAILED, ACT_DONE),
    ]
    assert "has changed since this was planned" in report.outcomes[0].text


def test_an_act_is_all_or_nothing_and_the_next_goes_on(ground: Ground) -> None:
    ground.family("a.safetensors", ".info", ".png")
    ground.family("b.safetensors", ".info")
    ground.family("new/a.png")
    act = ground.move("a.safetensors", "new/a.safetensors", ".info", ".png")
    report = ground.carry_out(act, ground.move("b.safetensors", "new/b.safetensors", ".info"))
    assert [outcome.state for outcome in report.outcomes] == [ACT_FAILED, ACT_DONE]
    assert sorted(os.listdir(ground.top)) == ["a.info", "a.png", "a.safetensors", "new"]
    assert sorted(os.listdir(ground.at("new"))) == ["a.png", "b.info", "b.safetensors"]


def test_what_was_changed_since_is_not_undone(ground: Ground) -> None:
    for name in "abcd":
        ground.family(f"{name}.safetensors", ".info")
    acts = [ground.move(f"{name}.safetensors", f"new/{name}.safetensors", ".info", folders=["new"]) for name in "abcd"]
    report = ground.carry_out(*acts, ground.write("e.info", b"mine"))
    Path(ground.at("new/a.safetensors")).write_bytes(b"another model")
    Path(ground.at("new/b.info")).write_bytes(b"edited")
    os.unlink(ground.at("new/c.info"))
    Path(ground.at("e.info")).write_bytes(b"edited too")
    back = ground.take_back(report)
    by_name = {outcome.name: outcome for outcome in back.outcomes}
    assert by_name["a.safetensors"].state == ACT_FAILED
    assert by_name["a.safetensors"].text == "a.safetensors has changed since. It was left as it is."
    assert by_name["e.info"].state == ACT_FAILED
    assert by_name["b.safetensors"].text == "b.info was changed meanwhile and goes along as it is."
    assert by_name["c.safetensors"].text == "c.info is not there any more."
    assert Path(ground.at("b.info")).read_bytes() == b"edited"
    assert sorted(os.listdir(ground.at("new"))) == ["a.info", "a.safetensors"]
    change = carrying.change(ground.data, report.change)
    assert change is not None and (change.done, change.undone, change.can_undo) == (2, 3, True)


def test_undo_never_replaces(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors", ".info"))
    Path(ground.at("a.info")).write_bytes(b"new here")
    back = ground.take_back(report)
    assert back.outcomes[0].state == ACT_FAILED
    assert sorted(os.listdir(ground.top)) == ["a.info", "b.info", "b.safetensors"]
    os.unlink(ground.at("a.info"))
    assert ground.take_back(report).outcomes[0].state == ACT_UNDONE


def test_stopped_between_acts_can_be_undone(ground: Ground) -> None:
    for number in range(6):
        ground.family(f"{number}.safetensors")
    before = ground.tree()
    acts = tuple(ground.move(f"{number}.safetensors", f"x{number}.safetensors") for number in range(6))
    report = carrying.carry_out(ground.data, Plan("move", "Move", acts=acts), Stop(9))
    assert report.is_stopped
    change = carrying.changes(ground.data)[0]
    assert (change.state, change.done, change.can_undo, change.is_interrupted) == (STOPPED, 3, True, False)
    assert [outcome.state for outcome in carrying.outcomes(ground.data, change.id)] == [ACT_DONE] * 3 + [ACT_WAITS] * 3
    ground.take_back(report)
    assert ground.tree() == before
    assert carrying.changes(ground.data)[0].state == UNDONE


def test_names_that_are_no_text(ground: Ground) -> None:
    odd = "\udcff\udcfe odd"  # Linux: bytes that are no letters; Windows: halves of letters
    ground.family(f"{odd}.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(ground.move(f"{odd}.safetensors", f"{odd}2.safetensors", ".info"))
    assert report.count(ACT_DONE) == 1
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before


def test_finishing_what_is_not_interrupted_does_nothing(ground: Ground) -> None:
    ground.family("a.safetensors")
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors"))
    before = ground.tree()
    assert carrying.finish(ground.data, report.change, Work()).outcomes == []
    assert carrying.roll_back(ground.data, report.change, Work()).outcomes == []
    assert ground.tree() == before


def test_nothing_is_lost_by_two_changes_and_their_undo(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    before, bytes_before = ground.tree(), contents(ground.top)
    first = ground.carry_out(ground.move("a.safetensors", "b.safetensors", ".info"))
    second = ground.carry_out(ground.move("b.safetensors", "sub/c.safetensors", ".info", folders=["sub"]))
    assert contents(ground.top) == bytes_before
    assert ground.take_back(first).outcomes[0].state == ACT_FAILED
    ground.take_back(second)
    ground.take_back(first)
    assert ground.tree() == before

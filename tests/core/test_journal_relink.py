"""A link whose file moves leads to it afterwards, and exactly where it led after undo; killed anywhere, it is one or the other."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from journal_case import PAST, Ground, tree
from journal_faults import Killer

from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, FOLDER, MOVE, RELINK, Act, Plan, Report, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work


def scene(top: Path, is_absolute: bool = False) -> Ground:
    ground = Ground(top)
    ground.family("a/x.safetensors", ".png")
    (ground.top / "b").mkdir()
    text = ground.at("a/x.safetensors") if is_absolute else "../b/../a/x.safetensors"
    os.symlink(text, ground.at("b/l.safetensors"))
    os.utime(ground.at("b/l.safetensors"), ns=(PAST, PAST), follow_symlinks=False)
    for folder in ("a", "b", "."):
        os.utime(ground.at(folder), ns=(PAST, PAST))
    return ground


def plan(ground: Ground) -> Plan:
    moves = [Step(MOVE, ground.at(f"a/x{end}"), ground.at(f"new/deep/y{end}")) for end in (".safetensors", ".png")]
    link = Step(RELINK, ground.at("new/deep/y.safetensors"), ground.at("b/l.safetensors"))
    steps = (Step(FOLDER, target=ground.at("new/deep")), *moves, link)
    return Plan("move", "One", acts=(Act("x", steps, ground.at("a/x.safetensors"), ground.at("new/deep/y.safetensors")),))


def do(ground: Ground) -> Report:
    return carrying.carry_out(ground.data, plan(ground), Work())


@pytest.mark.parametrize("is_absolute", [False, True])
def test_it_leads_to_the_new_place_and_back(tmp_path: Path, is_absolute: bool) -> None:
    ground = scene(tmp_path, is_absolute)
    before = ground.tree()
    report = do(ground)
    assert report.count(ACT_DONE) == 1 and ground.at("b") in report.folders
    wanted = ground.at("new/deep/y.safetensors")
    assert os.readlink(ground.at("b/l.safetensors")) == (wanted if is_absolute else "../new/deep/y.safetensors")
    assert os.path.samefile(ground.at("b/l.safetensors"), wanted)
    ground.take_back(report)
    assert ground.tree() == before


@pytest.mark.parametrize("change", ["gone", "elsewhere", "a file"])
def test_a_link_that_is_another_by_now(tmp_path: Path, change: str) -> None:
    ground = scene(tmp_path)
    path = ground.at("b/l.safetensors")
    report = do(ground)
    os.unlink(path)
    if change == "elsewhere":
        os.symlink("../somewhere", path)
    elif change == "a file":
        Path(path).write_bytes(b"mine")
    before = ground.tree()
    back = ground.take_back(report)
    assert back.count(ACT_FAILED) == 1 and ground.tree() == before, "nothing of it is taken back, and what is there stays"


def test_what_is_no_link_is_left(tmp_path: Path) -> None:
    ground = scene(tmp_path)
    os.unlink(ground.at("b/l.safetensors"))
    Path(ground.at("b/l.safetensors")).write_bytes(b"mine")
    before = ground.tree()
    report = do(ground)
    assert report.count(ACT_FAILED) == 1 and {name: one[2] for name, one in ground.tree().items()} == {
        name: one[2] for name, one in before.items()
    }


def states(ground: Ground) -> dict[str, object]:
    return {name: content for name, (_, _, content) in tree(ground.top).items()}


def undo(ground: Ground) -> Report:
    return carrying.take_back(ground.data, 1, Work())


@pytest.mark.parametrize("is_back", [False, True])
def test_killed_at_every_call(tmp_path: Path, is_back: bool) -> None:
    act: Callable[[Ground], Report] = undo if is_back else do
    whole = scene(tmp_path / "whole")
    before = states(whole)
    if is_back:
        do(whole)
    begun = states(whole)
    counter = Killer()
    with counter.at_work():
        act(whole)
    after = states(whole)
    assert (after == before) == is_back
    for number in range(1, counter.count + 1):
        for is_finished in (True, False):
            ground = scene(tmp_path / f"{number}{is_finished}")
            if is_back:
                do(ground)
            with Killer(number, is_after=number % 2 == 0).at_work():
                act(ground)
            waiting = carrying.interrupted(ground.data)
            for change in waiting:
                (carrying.finish if is_finished else carrying.roll_back)(ground.data, change.id, Work())
            assert states(ground) == (after if is_finished else begun) or (not waiting and states(ground) in (begun, after)), number
            assert not list(ground.top.rglob(".mm-*"))

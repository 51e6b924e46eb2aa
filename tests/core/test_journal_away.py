"""A drive that is away while what a kill left half done is to be ended: it waits for the drive, and nothing is half then."""

import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from journal_case import Ground, other_drive, tree
from journal_faults import Killer

from model_manager import commands_tidy
from model_manager.core.errors import FileFault
from model_manager.core.journal import copied, renamed
from model_manager.core.journal.steps import FOLDER, MOVE, Act, Plan, Step
from model_manager.core.paths import rename_new
from model_manager.core.tidy import carrying
from model_manager.core.work import Work


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """A folder on another drive."""
    with other_drive(tmp_path) as folder:
        yield folder


def scene(top: Path, drive: Path, is_to: bool) -> tuple[Ground, Path, Plan]:
    """A family here and one there, and the plan to bring one of them to the other drive. The drive is a link, so that it can go away."""
    ground = Ground(top)
    place = drive / top.name
    place.mkdir()
    mount = top / "mount"
    mount.mkdir()
    (mount / "drive").symlink_to(place)
    here, there = ground.top, mount / "drive"
    source, target = (here, there / "sub") if is_to else (there, here / "sub")
    names = ["ink.safetensors", "ink.info", "ink.png"]
    for number, name in enumerate(names):
        (source / name).write_bytes(name.encode() * (number + 2))
    steps = (Step(FOLDER, target=str(target)), *(Step(MOVE, str(source / name), str(target / name)) for name in names))
    return ground, mount / "drive", Plan("move", "Move 1 model", acts=(Act("ink", steps, steps[1].source, steps[1].target),))


def do(ground: Ground, plan: Plan) -> Callable[[], object]:
    return lambda: carrying.carry_out(ground.data, plan, Work())


def calls_of(act: Callable[[], object]) -> int:
    killer = Killer()
    with killer.at_work():
        act()
    return killer.count


def go_away(drive: Path) -> str:
    """Leave an empty folder in the place of a drive, as a mount does."""
    led = os.readlink(drive)
    drive.unlink()
    drive.mkdir()
    return led


def come_back(drive: Path, led: str) -> None:
    drive.rmdir()
    drive.symlink_to(led)


@pytest.mark.parametrize("is_to", [True, False])
@pytest.mark.parametrize("end", [carrying.finish, carrying.roll_back])
def test_what_was_cut_off_waits_for_its_drive(tmp_path: Path, other: Path, is_to: bool, end: Callable[..., object]) -> None:
    (tmp_path / "count").mkdir()
    ground, _, plan = scene(tmp_path / "count", other, is_to)
    count = calls_of(do(ground, plan))
    for number in range(1, count + 1, 7):
        top = tmp_path / f"{number}"
        top.mkdir()
        ground, drive, plan = scene(top, other, is_to)
        before = tree(ground.top), tree(drive)
        with Killer(number, True).at_work():
            do(ground, plan)()
        led = go_away(drive)
        for change in carrying.interrupted(ground.data):
            assert carrying.waits_for(ground.data, change.id)
            with pytest.raises(FileFault, match="away"):
                end(ground.data, change.id, Work())
            assert carrying.interrupted(ground.data)
            assert not list(drive.iterdir())
        come_back(drive, led)
        for change in carrying.interrupted(ground.data):
            end(ground.data, change.id, Work())
        for change in carrying.changes(ground.data):
            if change.can_undo:
                carrying.take_back(ground.data, change.id, Work())
        left = tree(ground.top), tree(drive)
        assert [_bytes(one) for one in left] == [_bytes(one) for one in before], number


@pytest.mark.parametrize("is_to", [True, False])
@pytest.mark.parametrize("number", range(1, 8))
def test_a_drive_goes_away_in_the_middle(tmp_path: Path, other: Path, is_to: bool, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ground, drive, plan = scene(tmp_path, other, is_to)
    before, led, calls = (tree(ground.top), tree(drive)), "", 0

    def naming(source: str, target: str) -> None:
        nonlocal calls, led
        calls += 1
        if calls == number:
            led = go_away(drive)
        rename_new(source, target)

    monkeypatch.setattr(copied, "rename_new", naming)
    carrying.carry_out(ground.data, plan, Work())
    monkeypatch.undo()
    monkeypatch.setenv("MODEL_MANAGER_DATA", str(ground.data))
    if not led:  # it has fewer steps
        return
    assert not list(drive.iterdir())
    assert [change.id for change in carrying.interrupted(ground.data)] == [1], "what lies there was forgotten"
    assert not commands_tidy.is_barred(Namespace(dry_run=False)), "other changes need not wait for that drive"
    come_back(drive, led)
    assert not carrying.waits_for(ground.data, 1) and commands_tidy.is_barred(Namespace(dry_run=False))
    carrying.roll_back(ground.data, 1, Work())
    left = tree(ground.top), tree(drive)
    assert [_bytes(one) for one in left] == [_bytes(one) for one in before]


def test_a_drive_in_name_only_is_copied_to_and_a_kill_of_that_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mounts of one drive: the system refuses to rename from one to the other."""
    def refuse(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link", source, None, target)

    monkeypatch.setattr(renamed, "rename_new", refuse)

    def made(name: str) -> tuple[Ground, Plan]:
        ground = Ground(tmp_path / name)
        ground.family("ink.safetensors", ".info")
        return ground, Plan("move", "Move", acts=(ground.move("ink.safetensors", "sub/ink.safetensors", ".info", folders=["sub"]),))

    ground, plan = made("count")
    count = calls_of(do(ground, plan))
    for number in range(1, count + 1, 3):
        ground, plan = made(f"{number}")
        before = ground.tree()
        with Killer(number, True).at_work():
            do(ground, plan)()
        for change in carrying.interrupted(ground.data):
            carrying.roll_back(ground.data, change.id, Work())
        if any(change.can_undo for change in carrying.changes(ground.data)):
            carrying.take_back(ground.data, 1, Work())
        assert _bytes(ground.tree()) == _bytes(before), number


def _bytes(found: dict[str, tuple[object, ...]]) -> dict[str, object]:
    return {name: about[2] for name, about in found.items()}

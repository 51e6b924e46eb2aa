"""Many small files written together: each is on the disk before it gets its name, and nothing of ours is left."""

import os
from pathlib import Path

import pytest
from journal_case import Ground, Stop

from model_manager.core.journal import ahead
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, WRITE, Act, Plan, Step
from model_manager.core.tidy import carrying

COUNT = 150


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    ground = Ground(tmp_path)
    for number in range(COUNT):
        ground.family(f"m{number}.safetensors", ".info")
    return ground


def acts(ground: Ground) -> list[Act]:
    return [ground.write(f"m{number}.info", f"new {number}".encode()) for number in range(COUNT)]


def nothing_left(ground: Ground) -> bool:
    return not [name for name in os.listdir(ground.top) if name.endswith(".tmp")]


def test_each_file_is_flushed_before_it_gets_its_name(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed, named = set[int](), list[int]()
    fsync, replace = os.fsync, os.replace

    def flushing(handle: int) -> None:
        fsync(handle)
        flushed.add(os.fstat(handle).st_ino)

    def replacing(source: str, target: str) -> None:
        if target.endswith(".info"):
            named.append(os.stat(source).st_ino)
            assert named[-1] in flushed
        replace(source, target)

    monkeypatch.setattr(os, "fsync", flushing)
    monkeypatch.setattr(os, "replace", replacing)
    before = ground.tree()
    report = ground.carry_out(*acts(ground), kind="edit")
    assert report.count(ACT_DONE) == COUNT and len(named) == COUNT and nothing_left(ground)
    assert all(Path(ground.at(f"m{number}.info")).read_bytes() == f"new {number}".encode() for number in range(COUNT))
    named.clear()
    assert ground.take_back(report).count(ACT_UNDONE) == COUNT and len(named) == COUNT
    assert ground.tree() == before


@pytest.mark.skipif(os.name == "nt", reason="rights are another matter there")
def test_a_file_of_a_mode_keeps_it(ground: Ground) -> None:
    os.chmod(ground.at("m3.info"), 0o640)
    ground.carry_out(*acts(ground), kind="edit")
    assert os.stat(ground.at("m3.info")).st_mode & 0o777 == 0o640


def test_what_changed_meanwhile_is_left_and_nothing_of_ours_beside_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    make = ahead.Ahead.make

    def meddling(self: ahead.Ahead, *values: object) -> None:
        make(self, *values)  # type: ignore[arg-type]
        Path(ground.at("m7.info")).write_bytes(b"another's")

    monkeypatch.setattr(ahead.Ahead, "make", meddling)
    report = ground.carry_out(*acts(ground), kind="edit")
    assert [one.name for one in report.outcomes if one.state == ACT_FAILED] == ["m7.info"]
    assert Path(ground.at("m7.info")).read_bytes() == b"another's" and nothing_left(ground)


def test_stopped_between(ground: Ground) -> None:
    plan = Plan("edit", "Edit", acts=tuple(acts(ground)))
    report = carrying.carry_out(ground.data, plan, Stop(COUNT + 10))
    assert report.is_stopped and 0 < report.count(ACT_DONE) < COUNT and nothing_left(ground)


def test_a_disk_that_does_not_flush_leaves_it_to_the_deed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_is_flushed", lambda handle: False)
    assert ground.carry_out(*acts(ground), kind="edit").count(ACT_DONE) == COUNT and nothing_left(ground)


def test_a_folder_that_cannot_be_written_to_fails_alone(ground: Ground) -> None:
    more = Act("no", (Step(WRITE, target=ground.at("nowhere/no.info"), data=b"x"),))
    report = ground.carry_out(*acts(ground)[:5], more, *acts(ground)[5:], kind="edit")
    assert report.count(ACT_DONE) == COUNT and report.count(ACT_FAILED) == 1 and nothing_left(ground)

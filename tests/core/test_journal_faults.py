"""What goes wrong with disks: a clear sentence, all else is done, and the undo works."""

import errno
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from journal_case import Ground, contents, other_drive, tree

from model_manager.core.alone import held
from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.hashes.kept import Kept
from model_manager.core.journal import copied, renamed
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, COPY, DONE, MOVE, UNDONE, Act, Plan, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

NOBODY = 65534


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    with other_drive(tmp_path) as folder:
        yield folder


@contextmanager
def as_nobody(ground: Ground) -> Iterator[None]:
    """Be somebody to whom rights mean something."""
    if os.geteuid():
        yield
        return
    place = ground.top.parent
    for path in (place, *place.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    for path in place.parents:
        if path != Path("/") and not os.stat(path).st_mode & 1:
            os.chmod(path, os.stat(path).st_mode | 0o111)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are another matter there")
def test_read_only_folders_and_files(ground: Ground) -> None:
    ground.family("locked/a.safetensors", ".info")
    ground.family("open/b.safetensors", ".info")
    ground.family("open/c.safetensors", ".info")
    (ground.top / "shut").mkdir()
    os.chmod(ground.at("open/b.safetensors"), 0o444)
    os.chmod(ground.at("open/c.info"), 0o444)
    os.chmod(ground.at("locked"), 0o555)
    os.chmod(ground.at("shut"), 0o555)
    with as_nobody(ground):
        before = ground.tree()
        report = ground.carry_out(
            ground.move("locked/a.safetensors", "open/a.safetensors", ".info"),
            ground.move("open/b.safetensors", "new/b.safetensors", ".info", folders=["new"]),
            ground.move("open/c.safetensors", "shut/c.safetensors", ".info"),
            ground.write("open/c.info", b"edited"),
        )
        assert [outcome.state for outcome in report.outcomes] == [ACT_FAILED, ACT_DONE, ACT_FAILED, ACT_DONE]
        assert [outcome.text for outcome in report.outcomes if outcome.text] == [
            "a.safetensors could not be changed: you have no permission.",
            "c.safetensors could not be changed: you have no permission.",
        ]
        ground.take_back(report)
        assert ground.tree() == before


def locked(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Files that another program has open, as Windows says it."""

    def wrap(rename: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def refuse(source: str, target: str) -> None:
            if os.path.basename(source) in names:
                fault = PermissionError(errno.EACCES, "it is in use", source, None, target)
                fault.winerror = 32  # type: ignore[attr-defined]
                raise fault
            rename(source, target)

        return refuse

    monkeypatch.setattr(renamed, "rename_new", wrap(renamed.rename_new))
    monkeypatch.setattr(copied, "rename_new", wrap(copied.rename_new))


@pytest.mark.parametrize("name", ["a.safetensors", "a.info"])
def test_a_locked_file_leaves_nothing_half_done(ground: Ground, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for stem in "ab":
        ground.family(f"{stem}.safetensors", ".info", ".png")
    before = ground.tree()
    locked(monkeypatch, name)
    report = ground.carry_out(
        *(ground.move(f"{stem}.safetensors", f"new/{stem}.safetensors", ".info", ".png", folders=["new"]) for stem in "ab")
    )
    assert [outcome.state for outcome in report.outcomes] == [ACT_FAILED, ACT_DONE]
    assert report.outcomes[0].text == f"{name} could not be changed: another program has it open."
    assert sorted(os.listdir(ground.at("new"))) == ["b.info", "b.png", "b.safetensors"]
    ground.take_back(report)
    assert ground.tree() == before


@pytest.mark.parametrize("name", ["a.safetensors", "a.info"])
def test_a_locked_file_on_the_way_to_another_drive(ground: Ground, other: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ground.family("a.safetensors", ".info", ".png")
    before = ground.tree()
    locked(monkeypatch, name)
    steps = tuple(Step(MOVE, ground.at(one), str(other / one)) for one in ("a.safetensors", "a.info", "a.png"))
    report = ground.carry_out(Act("a", steps, ground.at("a.safetensors")))
    assert report.outcomes[0].text == f"{name} could not be changed: another program has it open."
    assert {path: value for path, value in ground.tree().items() if path != "."} == {k: v for k, v in before.items() if k != "."}
    assert os.listdir(other) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A drive of a megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can make a small drive")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_drive(ground: Ground, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copied, "RESERVE", -(1 << 40))
    ground.family("a.safetensors", ".info")
    Path(ground.at("b.safetensors")).write_bytes(os.urandom(2 << 20))
    Path(ground.at("b.info")).write_bytes(b"{}")
    ground.family("c.safetensors", ".info")
    before = ground.tree()
    acts = [
        Act(name, tuple(Step(MOVE, ground.at(name + end), str(small / (name + end))) for end in (".safetensors", ".info")))
        for name in "abc"
    ]
    report = ground.carry_out(*acts)
    assert [outcome.state for outcome in report.outcomes] == [ACT_DONE, ACT_FAILED, ACT_DONE]
    assert report.outcomes[1].text == f"b.safetensors could not be copied to {small}: the disk is full."
    assert sorted(os.listdir(small)) == ["a.info", "a.safetensors", "c.info", "c.safetensors"]
    assert ground.take_back(report).count(ACT_UNDONE) == 2
    assert ground.tree() == before


def test_no_room_for_the_journal(ground: Ground, small: Path) -> None:
    ground.family("a.safetensors")
    (small / "filled").write_bytes(b"x" * (1 << 20))
    before = ground.tree()
    plan = Plan("move", "Move", acts=(ground.move("a.safetensors", "b.safetensors"),))
    with pytest.raises(FileFault, match="history of changes cannot be written"):
        carrying.carry_out(small, plan, Work())
    assert ground.tree() == before


def test_the_journal_is_full_half_way(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        ground.family(f"{number}.safetensors", ".info")
    before = ground.tree()
    write, calls = Kept._write, []

    def full(self: Kept, statements: Any, is_lasting: bool) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise sqlite3.OperationalError("database or disk is full")
        write(self, statements, is_lasting)

    monkeypatch.setattr(Kept, "_write", full)
    acts = [ground.move(f"{number}.safetensors", f"new/{number}.safetensors", ".info", folders=["new"]) for number in range(5)]
    report = ground.carry_out(*acts)
    assert report.count(ACT_DONE) == 5
    assert "disk is full" in report.note
    monkeypatch.setattr(Kept, "_write", write)
    (change,) = carrying.interrupted(ground.data)
    done = ground.tree()
    assert carrying.finish(ground.data, change.id, Work()).outcomes == []
    assert ground.tree() == done
    assert carrying.changes(ground.data)[0].state == DONE
    assert ground.take_back(report).count(ACT_UNDONE) == 5
    assert ground.tree() == before


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_drive_that_vanishes_between_two_files(ground: Ground, monkeypatch: pytest.MonkeyPatch, is_finished: bool) -> None:
    for stem in "abc":
        ground.family(f"{stem}.safetensors", ".info", ".png")
    before, rename, renames = ground.tree(), renamed.rename_new, []

    def vanish(source: str, target: str) -> None:
        renames.append(source)
        if len(renames) > 4:
            raise OSError(errno.EIO, os.strerror(errno.EIO), source, None, target)
        rename(source, target)

    monkeypatch.setattr(renamed, "rename_new", vanish)
    acts = [ground.move(f"{stem}.safetensors", f"new/{stem}.safetensors", ".info", ".png", folders=["new"]) for stem in "abc"]
    report = ground.carry_out(*acts)
    assert [outcome.state for outcome in report.outcomes] == [ACT_DONE, ACT_FAILED, ACT_FAILED]
    assert "the drive reports a fault" in report.note
    (change,) = carrying.interrupted(ground.data)
    assert change.note == report.note
    with pytest.raises(FileFault, match="interrupted"):
        ground.take_back(report)
    with pytest.raises(FileFault, match="half way"):  # it is still away
        carrying.roll_back(ground.data, change.id, Work())
    monkeypatch.setattr(renamed, "rename_new", rename)
    again = (carrying.finish if is_finished else carrying.roll_back)(ground.data, change.id, Work())
    assert carrying.interrupted(ground.data) == []
    if is_finished:
        assert again.count(ACT_DONE) == 1
        assert sorted(os.listdir(ground.at("new")))[:6] == ["a.info", "a.png", "a.safetensors", "b.info", "b.png", "b.safetensors"]
        ground.take_back(report)
    assert ground.tree() == before
    assert carrying.changes(ground.data)[0].state == UNDONE


def test_a_drive_that_went_away_before_the_undo(ground: Ground) -> None:
    ground.family("in/a.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(ground.move("in/a.safetensors", "away/a.safetensors", ".info", folders=["away"]))
    os.rename(ground.at("away"), ground.at("elsewhere"))
    back = ground.take_back(report)
    assert back.outcomes[0].text == f"The folder {ground.at('away')} cannot be reached."
    os.rename(ground.at("elsewhere"), ground.at("away"))
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert {k: v for k, v in ground.tree().items() if k != "."} == {k: v for k, v in before.items() if k != "."}


def test_names_as_long_as_they_can_be(ground: Ground, other: Path) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    longest, too_long = "é" * 121 + ".safetensors"[:13], "é" * 122 + ".safetensors"
    assert len(os.fsencode(longest)) <= 255 < len(os.fsencode(too_long))
    report = ground.carry_out(Act("a", (Step(MOVE, ground.at("a.safetensors"), ground.at(too_long)),), ground.at("a.safetensors")))
    assert report.outcomes[0].text == "a.safetensors could not be changed: its name is too long for this drive."
    report = ground.carry_out(
        Act("a", (Step(MOVE, ground.at("a.safetensors"), str(other / longest)), Step(MOVE, ground.at("a.info"), ground.at(longest))))
    )
    assert report.count(ACT_DONE) == 1
    ground.take_back(report)
    assert {k: v for k, v in ground.tree().items() if k != "."} == {k: v for k, v in before.items() if k != "."}


def test_stopped_in_the_middle_of_a_long_copy(ground: Ground) -> None:
    for stem in "ab":
        Path(ground.at(f"{stem}.safetensors")).write_bytes(os.urandom(9 << 20))
    before, work = ground.tree(), Work()
    told = 0

    def stop(text: str, done: int, total: int) -> None:
        nonlocal told
        told = max(told, total)
        if done > 28 << 20:
            work.cancel()

    work._report = stop
    work.progress = lambda text, done, total=0: stop(text, done, total)  # type: ignore[method-assign]
    acts = tuple(Act(stem, (Step(COPY, ground.at(f"{stem}.safetensors"), ground.at(f"{stem}2.safetensors")),)) for stem in "ab")
    report = carrying.carry_out(ground.data, Plan("copy", "Copy", acts=acts), work)
    assert report.is_stopped and told == 36 << 20
    assert sorted(os.listdir(ground.top)) == ["a.safetensors", "a2.safetensors", "b.safetensors"]
    ground.take_back(report)
    assert {k: v for k, v in ground.tree().items() if k != "."} == {k: v for k, v in before.items() if k != "."}


def test_a_second_one_waits_and_can_be_cancelled(ground: Ground) -> None:
    ground.family("a.safetensors")
    lock = held(ground.data / "journal.lock")
    assert lock is not None
    work = Work()
    work.cancel()
    plan = Plan("move", "Move", acts=(ground.move("a.safetensors", "b.safetensors"),))
    with pytest.raises(Cancelled):
        carrying.carry_out(ground.data, plan, work)
    lock.close()
    assert os.listdir(ground.top) == ["a.safetensors"]
    assert carrying.changes(ground.data) == []


def test_a_damaged_journal_is_set_aside_and_said(ground: Ground) -> None:
    ground.family("a.safetensors")
    (ground.data / "journal.sqlite").write_bytes(b"not a database at all" * 300)
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors"))
    assert report.count(ACT_DONE) == 1
    newest, oldest = carrying.changes(ground.data)
    assert newest.id == report.change
    assert "damaged" in oldest.note and not oldest.can_undo
    assert any(name.startswith("journal.sqlite.damaged-") for name in os.listdir(ground.data))
    assert ground.take_back(report).count(ACT_UNDONE) == 1


def test_drives_that_cannot_refuse_a_taken_name(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.paths._system_call", lambda: None)
    ground.family("a.safetensors", ".info")
    ground.family("b.safetensors", ".info")
    ground.family("d.safetensors", ".info")
    before, bytes_before = ground.tree(), contents(ground.top)
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors"), ground.move("d.safetensors", "c.safetensors", ".info"))
    assert [outcome.state for outcome in report.outcomes] == [ACT_FAILED, ACT_DONE]
    assert contents(ground.top) == bytes_before
    ground.take_back(report)
    assert ground.tree() == before
    assert tree(ground.top) == before


def test_one_file_is_not_moved_twice(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(*[ground.move("a.safetensors", "b.safetensors", ".info") for _ in range(2)])
    said = [(outcome.state, outcome.text) for outcome in report.outcomes]
    assert said == [(ACT_FAILED, "a.safetensors is to be changed twice."), (ACT_DONE, "")]
    ground.take_back(report)
    assert ground.tree() == before


def test_a_strangers_file_at_the_target_stays_when_the_source_vanished(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.family("a.safetensors", ".png")
    taken, rename = ground.top / "b.png", renamed.rename_new

    def meanwhile(source: str, target: str) -> None:
        if source.endswith("a.png") and not taken.exists():
            os.unlink(source)
            taken.write_bytes(b"a stranger's")
        rename(source, target)

    monkeypatch.setattr(renamed, "rename_new", meanwhile)
    report = ground.carry_out(ground.move("a.safetensors", "b.safetensors", ".png"))
    assert report.count(ACT_FAILED) == 1
    assert sorted(os.listdir(ground.top)) == ["a.safetensors", "b.png"]
    assert taken.read_bytes() == b"a stranger's"

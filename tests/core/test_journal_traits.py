"""What a file is besides its bytes comes back with it when a link that replaced it is taken back: owner, rights, times, attributes."""

import errno
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from journal_case import PAST, Ground
from journal_faults import Killer

from model_manager.core.journal import shared, traits
from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, COPY, HARD, SHARE, Act, Plan, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

About = tuple[int, int, int, int, int, dict[str, bytes]]


def about(path: str) -> About:
    found = os.stat(path)
    tags = {name: os.getxattr(path, name) for name in os.listxattr(path)} if hasattr(os, "listxattr") else {}
    read_ns = 0 if os.name == "nt" else found.st_atime_ns  # Windows notes a reading when it likes
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, read_ns, tags


def twins(top: Path) -> tuple[Ground, str, str]:
    """Two files with the same bytes, and all else as different as we may make it."""
    ground = Ground(top)
    one, other = ground.at("one"), ground.at("other")
    for number, path in enumerate((one, other)):
        Path(path).write_bytes(b"twin" * 99)
        for name in ("a", "b") if number else ("b", "c"):
            with suppress(OSError, AttributeError):  # some drives have none; the rest is worth a test
                os.setxattr(path, f"user.{name}", f"{number}{name}".encode())
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.chown(path, 4321 + number, 1234 + number)
        os.chmod(path, 0o604 if number else 0o640)
        os.utime(path, ns=(PAST - 7 - number, PAST + number))
    return ground, one, other


def act(sort: str, one: str, other: str) -> Act:
    return Act("other", (Step(sort, one, other),), other, other)


@pytest.mark.parametrize("mode", [0o604, 0o444])
@pytest.mark.parametrize("sort", [HARD, SHARE])
def test_all_of_it_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str, mode: int) -> None:
    monkeypatch.setattr(shared, "_clone", shutil.copyfile)
    ground, one, other = twins(tmp_path)
    os.chmod(other, mode)
    before = about(other), about(one)[:4]
    report = ground.carry_out(act(sort, one, other), kind="twins")
    assert [(outcome.state, outcome.text) for outcome in report.outcomes] == [(ACT_DONE, "")]
    if sort == SHARE:
        assert (about(other)[:4], about(other)[5]) == (before[0][:4], before[0][5])
    report = ground.take_back(report)
    assert [(outcome.state, outcome.text) for outcome in report.outcomes] == [(ACT_UNDONE, "")]
    assert (about(other), about(one)[:4]) == before


def test_killed_anywhere(tmp_path: Path) -> None:
    def run(ground: Ground, plan: Plan, killer: Killer) -> None:
        with killer.at_work():
            carrying.take_back(ground.data, carrying.carry_out(ground.data, plan, Work()).change, Work())

    ground, one, other = twins(tmp_path / "count")
    run(ground, Plan("twins", "", acts=(act(HARD, one, other),)), counting := Killer())
    for at in range(1, counting.count + 1):
        ground, one, other = twins(tmp_path / f"{at}")
        before = about(other)[:4], about(other)[5]
        run(ground, Plan("twins", "", acts=(act(HARD, one, other),)), Killer(at, at % 2 == 0))
        for change in carrying.interrupted(ground.data):
            carrying.roll_back(ground.data, change.id, Work())
        for change in carrying.changes(ground.data):
            if change.can_undo:
                carrying.take_back(ground.data, change.id, Work())
        assert (about(other)[:4], about(other)[5]) == before and not os.path.samefile(one, other), at


def test_what_may_not_be_given_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground, one, other = twins(tmp_path)
    is_other = about(one)[1:3] != about(other)[1:3] or about(one)[5] != about(other)[5]
    before = Path(other).read_bytes(), os.stat(other).st_mtime_ns
    report = ground.carry_out(act(HARD, one, other), kind="twins")
    monkeypatch.setattr(traits, "_is_done", lambda give: False)
    (outcome,) = ground.take_back(report).outcomes
    assert outcome.state == ACT_UNDONE
    assert outcome.text == ("Owner, rights or tags of other could not all be kept." if is_other else "")
    assert (Path(other).read_bytes(), os.stat(other).st_mtime_ns) == before


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes as Linux has them")
def test_a_tag_that_the_other_drive_refuses_costs_no_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(tmp_path)
    set_one = os.setxattr

    def refuse(path: str, name: str, value: bytes, *rest: Any, **more: Any) -> None:
        if name == "user.big":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        set_one(path, name, value, *rest, **more)

    ground.family("a.safetensors")
    path, copy = ground.at("a.safetensors"), ground.at("b.safetensors")
    os.chmod(path, 0o600)
    os.setxattr(path, "user.big", b"x" * 100)
    os.setxattr(path, "user.small", b"y")
    monkeypatch.setattr(os, "setxattr", refuse)
    report = ground.carry_out(Act("a", (Step(COPY, path, copy),), path))
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.text) == (ACT_DONE, "Not all tags of a.safetensors could be kept on the other drive.")
    assert os.stat(copy).st_mode & 0o777 == 0o600
    assert os.listxattr(copy) == ["user.small"]

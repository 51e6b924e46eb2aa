"""The other sorts of steps: links, copies, other drives, hard links, removal, folders."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from journal_case import PAST, Ground, other_drive, tree

from model_manager.core.files import volumes
from model_manager.core.journal import copied, renamed, shared
from model_manager.core.journal.copied import led_from
from model_manager.core.journal.seen import Seen
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    COPY,
    FOLDER,
    HARD,
    LINK,
    MOVE,
    NO_FOLDER,
    REMOVE,
    SHARE,
    Act,
    Step,
)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """A folder on another drive."""
    with other_drive(tmp_path) as folder:
        yield folder


def across(ground: Ground, other: Path, name: str, *endings: str) -> Act:
    stem = os.path.splitext(name)[0]
    names = [name, *(stem + ending for ending in endings)]
    steps = (Step(FOLDER, target=str(other / "sub")), *(Step(MOVE, ground.at(one), str(other / "sub" / one)) for one in names))
    return Act(name, steps, ground.at(name), str(other / "sub" / name))


def test_a_family_goes_to_another_drive_and_comes_back(ground: Ground, other: Path) -> None:
    ground.family("a.safetensors", ".info", ".png")
    os.chmod(ground.at("a.info"), 0o640)
    os.symlink("a.info", ground.at("a.link"))
    os.utime(ground.at("a.link"), ns=(PAST, PAST), follow_symlinks=False)
    before, other_before = ground.tree(), tree(other)
    report = ground.carry_out(across(ground, other, "a.safetensors", ".info", ".png", ".link"))
    assert report.count(ACT_DONE) == 1
    assert os.listdir(ground.top) == []
    found = tree(other / "sub")
    assert found["a.info"] == before["a.info"]
    assert os.path.realpath(other / "sub" / "a.link") == ground.at("a.info")
    assert os.lstat(other / "sub" / "a.link").st_mtime_ns == PAST
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before
    assert tree(other) == other_before


def test_a_taken_name_on_another_drive_leaves_all_as_it_was(ground: Ground, other: Path) -> None:
    ground.family("a.safetensors", ".info")
    (other / "sub").mkdir()
    (other / "sub" / "a.safetensors").write_bytes(b"theirs")
    before, other_before = ground.tree(), tree(other)
    report = ground.carry_out(across(ground, other, "a.safetensors", ".info"))
    assert "a.safetensors already" in report.outcomes[0].text
    assert ground.tree() == before
    assert tree(other / "sub") == {
        name[4:] or ".": value for name, value in tree(other).items() if name.startswith("sub" + os.sep) or name == "sub"
    }
    assert {name: value[2] for name, value in tree(other).items()} == {name: value[2] for name, value in other_before.items()}


def test_no_room_there(ground: Ground, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    monkeypatch.setattr(copied, "RESERVE", 1 << 60)
    report = ground.carry_out(across(ground, other, "a.safetensors", ".info"))
    assert "not enough room" in report.outcomes[0].text
    assert ground.tree() == before
    assert os.listdir(other) == []
    assert volumes.RESERVE < 1 << 60


def test_no_room_is_kept_free_on_the_way_back(ground: Ground, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it came from there was room for it, be it a small card."""
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(across(ground, other, "a.safetensors", ".info"))
    monkeypatch.setattr(copied, "RESERVE", 1 << 60)
    assert ground.take_back(report).outcomes[0].state == ACT_UNDONE
    assert ground.tree() == before


def test_one_drive_in_name_only(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    rename = renamed.rename_new

    def refuse(source: str, target: str) -> None:
        if os.path.dirname(source) != os.path.dirname(target):
            raise OSError(18, os.strerror(18), source, None, target)
        rename(source, target)

    monkeypatch.setattr(renamed, "rename_new", refuse)
    report = ground.carry_out(ground.move("a.safetensors", "new/b.safetensors", ".info", folders=["new"]))
    assert report.count(ACT_DONE) == 1
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before


@pytest.mark.parametrize(
    "link, old, new, expected",
    [
        ("x", "/a/b", "/a/b", "x"),
        ("x", "/a/b", "/a/c", "../b/x"),
        ("../x", "/a/b", "/a/c", "../x"),
        ("../x", "/a/b", "/a/b/c", "../../x"),
        ("../../c/x", "/a/b", "/c", "../c/x"),
        ("./s/../x", "/a/b", "/a/b/d", "../s/../x"),
        ("/x", "/a/b", "/c", "/x"),
        ("..", "/a/b", "/a/b/c", "../.."),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="written for slashes")
def test_links_lead_where_they_led(link: str, old: str, new: str, expected: str) -> None:
    assert led_from(link, old, new) == expected


def test_links_are_moved_made_and_taken_back(ground: Ground) -> None:
    ground.family("real/a.safetensors", ".info")
    os.symlink("real/a.safetensors", ground.at("rel.safetensors"))
    os.symlink(ground.at("real/a.safetensors"), ground.at("abs.safetensors"))
    os.symlink("nowhere", ground.at("broken.safetensors"))
    before = ground.tree()
    acts = [ground.move(f"{name}.safetensors", f"x/y/{name}.safetensors", folders=["x/y"]) for name in ("rel", "abs", "broken")]
    report = ground.carry_out(*acts)
    assert report.count(ACT_DONE) == 3
    assert os.readlink(ground.at("x/y/rel.safetensors")) == "../../real/a.safetensors"
    assert os.readlink(ground.at("x/y/broken.safetensors")) == "../../nowhere"
    ground.take_back(report)
    assert ground.tree() == before


def test_moved_and_a_link_left(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    old, new = ground.at("a.safetensors"), ground.at("far/a.safetensors")
    steps = (
        *(Step(FOLDER, target=ground.at("far")), Step(MOVE, old, new), Step(MOVE, ground.at("a.info"), ground.at("far/a.info"))),
        *(Step(LINK, new, old), Step(LINK, ground.at("far/a.info"), ground.at("a.info"))),
    )
    report = ground.carry_out(Act("a", steps, old, new), kind="link away")
    assert report.count(ACT_DONE) == 1
    assert os.path.realpath(old) == new
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before


def test_moved_to_another_drive_and_a_link_left(ground: Ground, other: Path) -> None:
    ground.family("a.safetensors", ".info")
    before = ground.tree()
    old, new = ground.at("a.safetensors"), str(other / "a.safetensors")
    steps = (Step(MOVE, old, new), Step(MOVE, ground.at("a.info"), str(other / "a.info")), Step(LINK, new, old))
    report = ground.carry_out(Act("a", steps, old, new), kind="link away")
    assert report.count(ACT_DONE) == 1
    assert os.path.realpath(old) == new
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before
    assert os.listdir(other) == []


def test_copies_are_removed_unless_they_were_changed(ground: Ground) -> None:
    ground.family("a.safetensors")
    ground.family("b.safetensors")
    before = ground.tree()
    acts = [
        Act(name, (Step(COPY, ground.at(name), ground.at("copy " + name)),), ground.at(name)) for name in ("a.safetensors", "b.safetensors")
    ]
    report = ground.carry_out(*acts, kind="copy")
    assert report.count(ACT_DONE) == 2
    assert ground.tree()["copy a.safetensors"] == before["a.safetensors"]
    assert report.moves == []
    Path(ground.at("copy b.safetensors")).write_bytes(b"mine")
    back = ground.take_back(report)
    assert [outcome.state for outcome in back.outcomes] == [ACT_FAILED, ACT_UNDONE]
    os.unlink(ground.at("copy b.safetensors"))
    ground.take_back(report)
    assert {name: value for name, value in ground.tree().items() if name != "."} == {k: v for k, v in before.items() if k != "."}


def test_twins_become_one_and_two_again(ground: Ground) -> None:
    for number, name in enumerate(("a", "b", "c")):
        path = Path(ground.at(f"{name}.safetensors"))
        path.write_bytes(b"same" * 1000 if name != "c" else b"samx" * 1000)
        os.utime(path, ns=(PAST, PAST + number))
        os.chmod(path, 0o600 + number * 0o40)
    before = ground.tree()
    source = ground.at("a.safetensors")
    acts = [Act(name, (Step(HARD, source, ground.at(f"{name}.safetensors")),)) for name in ("b", "c", "a")]
    report = ground.carry_out(*acts, kind="twins")
    assert {outcome.name: outcome.state for outcome in report.outcomes} == {"b": ACT_DONE, "c": ACT_FAILED, "a": ACT_FAILED}
    assert os.path.samefile(source, ground.at("b.safetensors"))
    assert os.stat(source).st_nlink == 2
    ground.take_back(report)
    assert ground.tree() == before
    assert os.stat(source).st_nlink == 1


def test_a_twin_comes_back_though_the_other_is_gone(ground: Ground) -> None:
    for number, name in enumerate("ab"):
        Path(ground.at(name)).write_bytes(b"same" * 1000)
        os.utime(ground.at(name), ns=(PAST, PAST + number))
    before = ground.tree()
    report = ground.carry_out(Act("b", (Step(HARD, ground.at("a"), ground.at("b")),)), kind="twins")
    os.unlink(ground.at("a"))
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree()["b"] == before["b"]


def test_sharing_blocks_works_or_says_that_it_cannot(ground: Ground) -> None:
    for number, name in enumerate("ab"):
        Path(ground.at(name)).write_bytes(b"same" * 1000)
        os.utime(ground.at(name), ns=(PAST, PAST + number))
    before = ground.tree()
    report = ground.carry_out(Act("b", (Step(SHARE, ground.at("a"), ground.at("b")),)), kind="twins")
    if report.outcomes[0].state == ACT_FAILED:
        assert report.outcomes[0].text == "This drive cannot share the bytes of two files."
    else:
        assert not os.path.samefile(ground.at("a"), ground.at("b"))
        ground.take_back(report)
    assert ground.tree() == before


def test_shared_blocks_on_a_drive_that_can(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_clone", shutil.copyfile)
    for number, name in enumerate("ab"):
        Path(ground.at(name)).write_bytes(b"same" * 1000)
        os.utime(ground.at(name), ns=(PAST, PAST + number))
    before = ground.tree()
    report = ground.carry_out(Act("b", (Step(SHARE, ground.at("a"), ground.at("b")),)), kind="twins")
    assert report.count(ACT_DONE) == 1
    assert {name: value for name, value in ground.tree().items() if name != "."} == {k: v for k, v in before.items() if k != "."}
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == before


def test_empty_folders_go_and_come_back(ground: Ground) -> None:
    os.makedirs(ground.at("a/b"))
    os.chmod(ground.at("a/b"), 0o750)
    ground.family("full/x.safetensors")
    for folder in ("a/b", "a", "."):
        os.utime(ground.at(folder), ns=(PAST, PAST))
    before = ground.tree()
    acts = [Act(name, (Step(NO_FOLDER, target=ground.at(name)),)) for name in ("a/b", "a", "full")]
    report = ground.carry_out(*acts, kind="mend")
    assert [outcome.state for outcome in report.outcomes] == [ACT_DONE, ACT_DONE, ACT_FAILED]
    assert "not empty" in report.outcomes[2].text
    ground.take_back(report)
    assert ground.tree() == before


def test_what_is_removed_for_good_is_gone(ground: Ground) -> None:
    ground.family("a.safetensors", ".info")
    steps = tuple(Step(REMOVE, ground.at(name)) for name in ("a.safetensors", "a.info"))
    report = ground.carry_out(Act("a", steps, ground.at("a.safetensors")), kind="delete")
    assert report.count(ACT_DONE) == 1
    assert os.listdir(ground.top) == []
    back = ground.take_back(report)
    assert back.outcomes[0].text == "What was removed for good cannot be brought back."


def test_only_the_spelling_of_a_name_changes(ground: Ground) -> None:
    ground.family("ink.safetensors", ".info")
    before = ground.tree()
    report = ground.carry_out(ground.move("ink.safetensors", "Ink.safetensors", ".info"))
    assert sorted(os.listdir(ground.top)) == ["Ink.info", "Ink.safetensors"]
    ground.take_back(report)
    assert ground.tree() == before


def test_two_names_of_one_file_are_two_where_case_counts(ground: Ground) -> None:
    ground.family("ink.safetensors")
    os.link(ground.at("ink.safetensors"), ground.at("INK.safetensors"))
    if len(os.listdir(ground.top)) == 1:
        pytest.skip("case does not count here")
    report = ground.carry_out(ground.move("ink.safetensors", "INK.safetensors"))
    assert report.count(ACT_FAILED) == 1
    assert len(os.listdir(ground.top)) == 2


def test_another_spelling_where_case_does_not_count(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """As such a drive does it: the other spelling is the same file, and a rename that replaces nothing refuses it."""
    ground.family("ink.safetensors", ".info")
    before = ground.tree()
    rename, look = renamed.rename_new, renamed.look

    def refuse(source: str, target: str) -> None:
        if source.lower() == target.lower():
            raise FileExistsError(17, os.strerror(17), source, None, target)
        rename(source, target)

    def look_without_case(path: str) -> Seen | None:
        folder, name = os.path.split(path)
        found = [one for one in os.listdir(folder) if one.lower() == name.lower()]
        return look(os.path.join(folder, found[0])) if found else None

    monkeypatch.setattr(renamed, "rename_new", refuse)
    monkeypatch.setattr(renamed, "look", look_without_case)
    report = ground.carry_out(ground.move("ink.safetensors", "INK.safetensors", ".info"))
    assert report.count(ACT_DONE) == 1
    assert sorted(os.listdir(ground.top)) == ["INK.info", "INK.safetensors"]
    ground.take_back(report)
    assert ground.tree() == before


def test_a_drive_that_only_says_that_it_did_is_not_believed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.family("ink.safetensors", ".info")
    before = ground.tree()
    rename = renamed.rename_new

    def keep_the_spelling(source: str, target: str) -> None:
        if source.lower() != target.lower():
            rename(source, target)

    monkeypatch.setattr(renamed, "rename_new", keep_the_spelling)
    monkeypatch.setattr(renamed, "has_name", lambda path, _other="": os.path.basename(path) in os.listdir(os.path.dirname(path)))
    report = ground.carry_out(ground.move("ink.safetensors", "INK.safetensors", ".info"))
    assert (report.count(ACT_FAILED), ground.tree()) == (1, before)
    assert "keeps its spelling" in report.outcomes[0].text
    monkeypatch.setattr(os, "symlink", lambda *_, **__: None)
    away = Act(
        "ink", (Step(MOVE, ground.at("ink.safetensors"), ground.at("away")), Step(LINK, ground.at("away"), ground.at("ink.safetensors")))
    )
    report = ground.carry_out(away)
    assert (report.count(ACT_FAILED), ground.tree()) == (1, before)
    assert "No link could be made" in report.outcomes[0].text


def mounted(image: Path, place: Path, make: str) -> Iterator[Ground]:
    """A drive of another sort, which only root can make."""
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which(make):
        pytest.skip("a drive of another sort can only be made by root")
    with open(image, "wb") as file:
        file.truncate(600 << 20)
    place.mkdir()
    subprocess.run([make, str(image)], check=True, capture_output=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=False, capture_output=True).returncode:
        pytest.skip("this system has no such drives")
    try:
        yield Ground(place)
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def fat(tmp_path: Path) -> Iterator[Ground]:
    """A drive without case, times of two seconds and no links."""
    yield from mounted(tmp_path / "fat.img", tmp_path / "fat", "mkfs.vfat")


@pytest.fixture
def xfs(tmp_path: Path) -> Iterator[Ground]:
    """A drive on which files share blocks."""
    yield from mounted(tmp_path / "xfs.img", tmp_path / "xfs", "mkfs.xfs")


def test_shared_blocks_on_xfs(xfs: Ground) -> None:
    for number, name in enumerate("ab"):
        Path(xfs.at(name)).write_bytes(os.urandom(8 << 20) if name == "a" else Path(xfs.at("a")).read_bytes())
        os.utime(xfs.at(name), ns=(PAST, PAST + number))
    os.sync()
    before, free = xfs.tree(), shutil.disk_usage(xfs.top).free
    report = xfs.carry_out(Act("b", (Step(SHARE, xfs.at("a"), xfs.at("b")),)), kind="twins")
    assert report.count(ACT_DONE) == 1
    ends = time.monotonic() + 20
    while shutil.disk_usage(xfs.top).free - free < 7 << 20 and time.monotonic() < ends:  # freed in the background
        os.sync()
        time.sleep(0.05)
    assert shutil.disk_usage(xfs.top).free - free > 7 << 20
    assert {name: value for name, value in xfs.tree().items() if name != "."} == {k: v for k, v in before.items() if k != "."}
    assert xfs.take_back(report).count(ACT_UNDONE) == 1
    assert xfs.tree() == before


def test_on_a_drive_without_case(fat: Ground, ground: Ground) -> None:
    fat.family("ink.safetensors", ".info")
    before = fat.tree()
    report = fat.carry_out(fat.move("ink.safetensors", "INK.safetensors", ".info"))
    assert sorted(os.listdir(fat.top)) == ["INK.info", "INK.safetensors"]
    fat.take_back(report)
    assert sorted(os.listdir(fat.top)) == ["ink.info", "ink.safetensors"]
    assert {name: value for name, value in fat.tree().items() if name != "."} == {k: v for k, v in before.items() if k != "."}
    ground.family("pen.safetensors", ".info")
    os.chmod(ground.at("pen.info"), 0o600)
    mine = ground.tree()
    report = ground.carry_out(across(ground, fat.top, "pen.safetensors", ".info"))
    assert report.count(ACT_DONE) == 1
    assert ground.take_back(report).count(ACT_UNDONE) == 1
    assert ground.tree() == mine

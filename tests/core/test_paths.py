"""Spelling, comparing, containing and replacing paths, for both flavours of system."""

import os
import stat
import sys
from pathlib import Path

import pytest

from model_manager.core import paths
from model_manager.core.errors import FileFault, OutsideRoot


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/a/../b/", "/b"),
        ("/a//b/./c", "/a/b/c"),
        ("//a/b", "/a/b"),
        ("/", "/"),
        ("/~/$HOME", "/~/$HOME"),
        ("/../..", "/"),
    ],
)
def test_normalize_posix(given: str, expected: str) -> None:
    assert paths.normalize(given, "linux") == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("c:/a/../b/", "C:\\b"),
        ("C:\\", "C:\\"),
        ("d:", "D:\\"),
        ("\\\\?\\c:\\x\\", "C:\\x"),
        ("\\\\?\\UNC\\server\\share\\x", "\\\\server\\share\\x"),
        ("//server/share/x/..", "\\\\server\\share"),
        ("\\\\server\\share\\", "\\\\server\\share"),
        ("c:\\Models\\LoRA", "C:\\Models\\LoRA"),
    ],
)
def test_normalize_windows(given: str, expected: str) -> None:
    assert paths.normalize(given, "win32") == expected


def test_normalize_keeps_links_and_makes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    assert paths.normalize("link") == str(tmp_path / "link")
    assert paths.normalize(Path("link") / "x") == str(tmp_path / "link" / "x")


def test_long_path() -> None:
    deep = "C:\\" + "\\".join(["folder"] * 50)
    assert paths.long_path(deep, "win32") == "\\\\?\\" + deep
    assert paths.long_path("\\\\srv\\share\\" + "x" * 300, "win32").startswith("\\\\?\\UNC\\srv\\share\\")
    assert paths.long_path("C:\\short", "win32") == "C:\\short"
    assert paths.long_path(paths.long_path(deep, "win32"), "win32") == "\\\\?\\" + deep
    assert paths.long_path("/" + "x" * 300, "linux") == "/" + "x" * 300


def test_same_name() -> None:
    composed, decomposed = "caf\u00e9.png", "cafe\u0301.png"
    assert paths.same_name(composed, decomposed, "linux")
    assert not paths.same_name("A.png", "a.png", "linux")
    assert paths.same_name("A.png", "a.png", "win32")
    assert paths.same_name("CAF\u00c9.png", decomposed, "darwin")
    assert not paths.same_name("\udcff.png", "\udcfe.png", "linux")


def test_path_key_folds_nothing_on_linux() -> None:
    assert paths.path_key("/a/B", "linux") != paths.path_key("/a/b", "linux")
    assert paths.path_key("/a/e\u0301", "linux") != paths.path_key("/a/\u00e9", "linux")
    assert paths.path_key("/a/E\u0301", "darwin") == paths.path_key("/A/\u00e9", "darwin")
    assert paths.path_key("c:/A", "win32") == paths.path_key("C:\\a\\", "win32")


@pytest.mark.parametrize(
    ("root", "path", "system", "expected"),
    [
        ("/a", "/a/b", "linux", True),
        ("/a", "/a", "linux", True),
        ("/a", "/ab", "linux", False),
        ("/a", "/a/../b", "linux", False),
        ("/a", "/A/b", "linux", False),
        ("/a", "/A/b", "darwin", True),
        ("/", "/x", "linux", True),
        ("C:\\", "c:/x", "win32", True),
        ("C:\\models", "C:\\models\\..\\x", "win32", False),
        ("C:\\a", "D:\\a\\b", "win32", False),
        ("\\\\srv\\share", "\\\\SRV\\Share\\x", "win32", True),
        ("\\\\srv\\share", "\\\\srv\\share2\\x", "win32", False),
    ],
)
def test_inside(root: str, path: str, system: str, expected: bool) -> None:
    assert paths.inside(root, path, system) is expected
    if expected:
        paths.require_inside(root, path, system)
    else:
        with pytest.raises(OutsideRoot, match="Nothing was changed"):
            paths.require_inside(root, path, system)


def test_replace_file_writes_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "note.md"
    paths.replace_file(target, b"one")
    paths.replace_file(target, b"two")
    assert target.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["note.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_replace_file_keeps_mode_and_gives_the_usual_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"x")
    old.chmod(0o640)
    mask = os.umask(0o022)
    try:
        paths.replace_file(old, b"y")
        paths.replace_file(new, b"y")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes as Linux has them")
def test_replace_file_keeps_owner_and_attributes(tmp_path: Path) -> None:
    old = tmp_path / "note.md"
    old.write_bytes(b"x")
    try:
        os.setxattr(old, "user.tag", b"red")
    except OSError:
        pytest.skip("this drive keeps no attributes")
    if os.geteuid() == 0:
        os.chown(old, 1234, 1235)
    before = old.stat()
    paths.replace_file(old, b"y")
    assert os.getxattr(old, "user.tag") == b"red"
    assert (old.stat().st_uid, old.stat().st_gid) == (before.st_uid, before.st_gid)


def test_replace_file_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "note.md").write_bytes(b"old")
    link = tmp_path / "note.md"
    link.symlink_to(Path("far") / "note.md")
    paths.replace_file(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "far" / "note.md").read_bytes() == b"new"


def test_replace_file_with_the_longest_name(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 252 + ".md")
    paths.replace_file(target, b"x")
    assert target.read_bytes() == b"x"


@pytest.mark.parametrize("name", ["missing/note.md", "file/note.md", "x" * 300, "no\0name"])
def test_replace_file_says_what_is_wrong(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileFault, match="could not be saved"):
        paths.replace_file(f"{tmp_path}/{name}", b"x")
    assert os.listdir(tmp_path) == ["file"]


def test_replace_file_keeps_the_old_one_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "note.md"
    target.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFault, match="the disk is full"):
        paths.replace_file(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["note.md"]


def test_replace_file_will_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileFault):
        paths.replace_file(tmp_path / "folder", b"x")
    assert os.listdir(tmp_path) == ["folder"]


def test_data_dir_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(paths.DATA_VARIABLE, f"{tmp_path}/x/../data/")
    assert paths.data_dir() == tmp_path / "data"
    monkeypatch.delenv(paths.DATA_VARIABLE)
    assert paths.data_dir().name == "ModelManager"


def test_resource_is_found_in_a_frozen_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "a.svg").write_text("x")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resource("a.svg") == tmp_path / "resources" / "a.svg"
    with pytest.raises(FileFault, match=r"b\.svg"):
        paths.resource("b.svg")


def test_resource_is_found_from_package_or_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("model_manager/core", "model_manager/resources", "resources"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "resources" / "a.svg").write_text("checkout")
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "model_manager" / "core" / "paths.py"))
    assert paths.resource("a.svg").read_text() == "checkout"
    (tmp_path / "model_manager" / "resources" / "a.svg").write_text("installed")
    assert paths.resource("a.svg").read_text() == "installed"

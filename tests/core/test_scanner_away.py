"""What is out of reach is kept and greyed, what was deleted goes: drives, mount points, rights, broken links."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from library_case import Library, put

from model_manager.core.library import reading, walk

Mount = Callable[[Path], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts a small volume; the test is skipped where that is not allowed."""
    mounted: list[Path] = []

    def on(path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        mounted.append(path)

    yield on
    for path in mounted:
        subprocess.run(["umount", "-l", path], capture_output=True)


def unmount(path: Path) -> None:
    subprocess.run(["umount", "-l", path], check=True)


# roots


def test_root_goes_away_and_comes_back(library: Library, opened: list[str]) -> None:
    put(library.root("loras") / "deep/a.safetensors").with_suffix(".md").write_text("my note")
    put(library.root("vae") / "v.safetensors")
    library.scan()
    before = library.models()
    opened.clear()
    root = library.root("loras")
    root.rename(library.folder / "drawer")
    for _ in range(2):
        result = library.scan()
        assert (result.added, result.removed) == (0, 0) and library.away() == {"a.safetensors"}
        assert result.away == [str(root)] and [fault.path for fault in result.faults if fault.is_away] == [str(root)]
        assert library.records()["a.safetensors"].is_away
        assert library.records()["a.safetensors"].details.notes.strip() == "my note"
    (library.folder / "drawer").rename(root)
    assert library.scan().away == [] and library.models() == before and opened == []


def test_changes_made_while_it_was_away_are_found(library: Library, opened: list[str]) -> None:
    root = library.root()
    for name in "abc":
        put(root / f"deep/{name}.safetensors", name, 1_000)
    library.scan()
    root.rename(library.folder / "drawer")
    library.scan()
    opened.clear()
    (library.folder / "drawer/deep/a.safetensors").unlink()
    put(library.folder / "drawer/deep/b.safetensors", "changed", 2_000)
    put(library.folder / "drawer/deep/d.safetensors", "new")
    (library.folder / "drawer").rename(root)
    library.scan([root])
    assert sorted(opened) == ["b.safetensors", "d.safetensors"] and library.away() == set()
    library.check_disk()


def test_deleted_sub_folder_is_gone_not_away(library: Library) -> None:
    root = library.root()
    put(root / "deep/a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    shutil.rmtree(root / "deep")
    result = library.scan()
    assert (result.removed, result.away) == (1, []) and library.names() == ["b.safetensors"]


def test_folder_never_used_is_not_missed(library: Library) -> None:
    library.root("vae", make=False)
    put(library.root() / "a.safetensors")
    result = library.scan()
    assert result.faults == [] and result.away == []


def test_away_root_out_of_the_configuration(library: Library) -> None:
    put(library.root("loras") / "a.safetensors")
    put(library.root("vae") / "v.safetensors")
    library.scan()
    shutil.move(library.root("loras"), library.folder / "drawer")
    library.scan()
    library.forget("loras")
    assert library.scan().removed == 1 and library.names() == ["v.safetensors"]


# mount points


def test_mount_point_is_emptied(library: Library, mount: Mount, opened: list[str]) -> None:
    root = library.root()
    (root / "put_loras_here").write_text("")  # ComfyUI's own, below the mount
    mount(root)
    put(root / "a.safetensors")
    put(root / "deep/b.safetensors")
    library.scan()
    before = library.models()
    opened.clear()
    copy = library.folder / "copy"
    shutil.copytree(root, copy, symlinks=True)
    times = {path.relative_to(copy): path.stat().st_mtime_ns for path in copy.rglob("*")}
    unmount(root)
    for only in (None, [root], [root / "deep"], None):
        result = library.scan(only)
        assert library.away() == {"a.safetensors", "b.safetensors"} and result.removed == 0
    mount(root)
    shutil.copytree(copy, root, dirs_exist_ok=True, symlinks=True)
    for path, time_ns in times.items():
        os.utime(root / path, ns=(time_ns, time_ns))
    library.scan()
    assert {path: model.row for path, model in library.models().items()} == {path: model.row for path, model in before.items()}
    assert opened == []


def test_volume_below_the_root_goes(library: Library, mount: Mount) -> None:
    root = library.root()
    put(root / "here.safetensors")
    mount(root / "drive")
    put(root / "drive/there.safetensors")
    put(root / "drive/deep/below.safetensors")
    library.scan()
    unmount(root / "drive")
    library.scan(library.quick())
    assert library.away() == {"there.safetensors", "below.safetensors"}
    library.scan()
    assert library.away() == {"there.safetensors", "below.safetensors"}


def shift_devices(monkeypatch: pytest.MonkeyPatch, by: Callable[[str], int]) -> None:
    """Have folders say that they lie on another volume."""
    listed = walk.Walk._listed

    def shifted(self: walk.Walk, step: walk._Step) -> walk.Seen:
        seen = listed(self, step)
        seen.device += by(seen.path)
        return seen

    monkeypatch.setattr(walk.Walk, "_listed", shifted)


def test_emptied_on_another_device_is_away(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(library.root("vae") / "v.safetensors")
    library.scan()
    (root / "a.safetensors").unlink()
    shift_devices(monkeypatch, lambda path: path == str(root))
    assert library.scan().removed == 0 and library.away() == {"a.safetensors"}


def test_emptied_by_a_person_after_volumes_were_renumbered_is_gone(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    put(root / "old/a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    (root / "old/a.safetensors").unlink()
    shift_devices(monkeypatch, lambda path: 1)
    assert library.scan().removed == 1 and library.names() == ["b.safetensors"]


def test_emptied_on_the_same_device_is_gone(library: Library) -> None:
    path = put(library.root() / "a.safetensors")
    library.scan()
    path.unlink()
    assert library.scan().removed == 1


# in the middle of a scan


@pytest.mark.parametrize("is_known", [False, True])
def test_root_vanishes_between_walk_and_read(library: Library, monkeypatch: pytest.MonkeyPatch, is_known: bool) -> None:
    root = library.root()
    put(library.root("vae") / "v.safetensors")
    for name in "abc":
        put(root / f"{name}.safetensors", name, 1_000)
        (root / f"{name}.md").write_text(f"note {name}")
    if is_known:
        library.scan()
        put(root / "a.safetensors", "changed", 2_000)
        (root / "b.md").write_text("a longer note b")
        put(root / "d.safetensors")
    with monkeypatch.context() as patch:
        read = reading.read_details

        def pulled(folder: str, *rest: object) -> object:
            if root.is_dir():
                root.rename(library.folder / "drawer")
            return read(folder, *rest)  # type: ignore[arg-type]

        facts = reading.read_facts

        def pulled_first(path: str, size: int) -> reading.Facts:
            if root.is_dir():
                root.rename(library.folder / "drawer")
            return facts(path, size)

        patch.setattr(reading, "read_details", pulled)
        patch.setattr(reading, "read_facts", pulled_first)
        library.scan()
    (library.folder / "drawer").rename(root)  # back before anybody looked: no folder has another time
    library.scan()
    records = library.records()
    assert {name: record.details.notes.strip() for name, record in records.items() if record.details.notes} == {
        "a.safetensors": "note a", "b.safetensors": "a longer note b" if is_known else "note b", "c.safetensors": "note c",
    }  # fmt: skip
    assert all(not record.problems and record.facts.format == "safetensors" for record in records.values() if record.kind == "loras")
    assert library.away() == set()
    library.check_disk()


def test_volume_unmounted_between_walk_and_read(library: Library, mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    mount(root)
    put(root / "a.safetensors")
    put(root / "deep/b.safetensors")
    read = reading.read_facts

    def pulled(path: str, size: int) -> reading.Facts:
        if os.path.ismount(root):
            unmount(root)
        return read(path, size)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_facts", pulled)
        library.scan()
    assert library.scan().removed == 0 and library.away() == {"a.safetensors", "b.safetensors"}


def test_folder_vanishes_while_walking(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    put(root / "deep/a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    listed = walk.Walk._listed

    def pulled(self: walk.Walk, step: walk._Step) -> walk.Seen:
        if step.real.endswith("deep"):
            shutil.rmtree(step.real, ignore_errors=True)
        return listed(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(walk.Walk, "_listed", pulled)
        library.scan()
    library.scan()
    assert library.names() == ["b.safetensors"]


def test_file_vanishes_between_listing_and_stat(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    entries = walk.Walk._entries

    def pulled(self: walk.Walk, seen: walk.Seen, found: "Iterable[os.DirEntry[str]]", *rest: Any) -> Any:
        listed = list(found)
        (root / "a.safetensors").unlink(missing_ok=True)
        return entries(self, seen, listed, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(walk.Walk, "_entries", pulled)
        result = library.scan()
    assert result.faults == []
    library.scan()
    assert library.names() == ["b.safetensors"]


# rights


def refuse(monkeypatch: pytest.MonkeyPatch, path: Path, code: int = errno.EACCES) -> None:
    """Have the system refuse to open a folder (chmod does not stop root)."""
    really = os.open

    def guarded(name: str, *rest: int, **more: int) -> int:
        if str(name) == str(path):
            raise OSError(code, os.strerror(code), name)
        return really(name, *rest, **more)

    monkeypatch.setattr(os, "open", guarded)
    list_ = os.scandir

    def listing(name: str | int = ".") -> "os._ScandirIterator[str]":
        if str(name) == str(path):
            raise OSError(code, os.strerror(code), str(name))
        return list_(name)  # type: ignore[return-value, type-var]

    monkeypatch.setattr(os, "scandir", listing)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_folder_that_cannot_be_read_keeps_its_models(
    library: Library, monkeypatch: pytest.MonkeyPatch, opened: list[str], code: int
) -> None:
    root = library.root()
    put(root / "locked/deep/a.safetensors")
    put(root / "locked/c.safetensors")
    put(root / "b.safetensors")
    library.scan()
    before = library.models()
    opened.clear()
    with monkeypatch.context() as patch:
        refuse(patch, root / "locked", code)
        result = library.scan()
        assert [(fault.path, fault.reason, fault.is_away) for fault in result.faults] == [(str(root / "locked"), os.strerror(code), False)]
        assert library.away() == {"a.safetensors", "c.safetensors"} and result.removed == 0
    library.scan()
    assert library.models() == before and opened == []


def test_file_that_cannot_be_asked_about(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    put(root / "a.safetensors")
    put(root / "b.safetensors")
    library.scan()
    entries = walk.Walk._entries

    class Refusing:
        """An entry of a folder that the system does not let us ask about."""

        def __init__(self, entry: "os.DirEntry[str]") -> None:
            self.name = entry.name

        def is_file(self, follow_symlinks: bool = True) -> bool:
            return True

        def stat(self, follow_symlinks: bool = True) -> os.stat_result:
            raise PermissionError(errno.EACCES, "Permission denied")

    def refused(self: walk.Walk, seen: walk.Seen, found: "Iterable[os.DirEntry[str]]", *rest: Any) -> Any:
        return entries(self, seen, [Refusing(one) if one.name == "a.safetensors" else one for one in found], *rest)  # type: ignore[misc]

    with monkeypatch.context() as patch:
        patch.setattr(walk.Walk, "_entries", refused)
        result = library.scan()
        assert [fault.path for fault in result.faults] == [str(root / "a.safetensors")] and result.removed == 0
        assert library.names() == ["a.safetensors", "b.safetensors"]
        (root / "a.safetensors").unlink()
    library.scan()
    assert library.names() == ["b.safetensors"]


def test_model_that_could_not_be_read_is_tried_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    put(library.root() / "a.safetensors")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_facts", lambda path, size: reading.Facts(verdict="unreadable", reason="No."))
        library.scan()
        assert library.one().row.problem == "unreadable" and library.quick() == set()
    library.scan()  # the rights of a file change nothing that a walk sees
    assert library.one().row.problem == ""
    assert library.scan().changed == 0


def test_path_too_long_is_a_fault_of_that_folder(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    here = os.getcwd()
    try:
        os.chdir(root)
        for _ in range(40):
            os.mkdir("d" * 120)
            os.chdir("d" * 120)
        with open("deep.safetensors", "wb") as file:
            file.write(b"x")
    finally:
        os.chdir(here)
    result = library.scan()
    assert library.names() == ["a.safetensors"] and [fault.is_away for fault in result.faults] == [False]


# links


def test_folder_link_to_a_drive_that_is_away(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(library.folder / "drive/x/a.safetensors")
    os.symlink(library.folder / "drive/x", root / "link")
    library.scan()
    before = library.models()
    opened.clear()
    (library.folder / "drive").rename(library.folder / "drawer")
    result = library.scan()
    assert library.away() == {"a.safetensors"} and result.broken_links == [str(root / "link")]
    (library.folder / "drawer").rename(library.folder / "drive")
    library.scan()
    assert library.models() == before and opened == []


def test_folder_link_that_is_removed_takes_its_models_along(library: Library) -> None:
    root = library.root()
    put(library.folder / "drive/x/a.safetensors")
    os.symlink(library.folder / "drive/x", root / "link")
    library.scan()
    (root / "link").unlink()
    assert library.scan([root]).removed == 1 and library.models() == {}


def test_file_link_to_a_drive_that_is_away(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(library.folder / "drive/a.safetensors")
    os.symlink(library.folder / "drive/a.safetensors", root / "l.safetensors")
    library.scan()
    before = library.models()
    opened.clear()
    (library.folder / "drive").rename(library.folder / "drawer")
    result = library.scan()
    assert library.away() == {"l.safetensors"} and result.broken_links == [str(root / "l.safetensors")]
    (library.folder / "drawer").rename(library.folder / "drive")
    library.scan()
    assert library.models() == before and opened == []
    (root / "l.safetensors").unlink()
    assert library.scan().removed == 1

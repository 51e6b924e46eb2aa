"""Nothing is planned into the empty place of a drive that is away; ordinary folders are never refused."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from library_case import Library, put

from model_manager.bridge.plan_tasks import into_folder
from model_manager.core.errors import FolderFault
from model_manager.core.tidy import away
from model_manager.core.tidy.away import require_drive


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Models on the system's drive, and on another one at mount (in the index another number says so)."""
    made = Library(Path(os.path.realpath(tmp_path)))
    put(made.root() / "here.safetensors", "here")
    put(made.root("loras", made.folder / "mount/loras") / "sub/there.safetensors", "there")
    put(made.folder / "mount/loras/too.safetensors", "too")
    made.scan()
    with closing(sqlite3.connect(made.path)) as db:
        db.execute("UPDATE folders SET device = device + 1 WHERE path LIKE ?", (f"{made.folder}/mount%",))
        db.commit()
    return made


@pytest.fixture(autouse=True)
def fstab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of drives of the test's own."""
    path = tmp_path / "fstab"
    path.write_text("# nothing\n")
    monkeypatch.setattr(away, "FSTAB", str(path))
    return path


def is_refused(library: Library, folder: str) -> bool:
    try:
        require_drive(library.path, str(library.folder / folder))
    except FolderFault as fault:
        assert fault.text.endswith("Connect it first.")
        return True
    return False


def emptied(library: Library) -> None:
    """The drive was mounted at mount."""
    shutil.rmtree(library.folder / "mount/loras")


def emptied_root(library: Library) -> None:
    """The drive was mounted at the root itself, in which ComfyUI has its placeholder."""
    shutil.rmtree(library.folder / "mount/loras")
    (library.folder / "mount/loras").mkdir()
    (library.folder / "mount/loras/put_loras_here").touch()


def removed(library: Library) -> None:
    """The system removed the mount point with it."""
    shutil.rmtree(library.folder / "mount")


@pytest.mark.parametrize("how", [emptied, emptied_root, removed])
@pytest.mark.parametrize("is_scanned", [False, True])
def test_away(library: Library, how: Callable[[Library], None], is_scanned: bool) -> None:
    assert not is_refused(library, "mount/loras/new")  # it has what it had
    how(library)
    if is_scanned:
        library.scan()
    for folder in ("mount/loras", "mount/loras/new", "mount/loras/sub", "mount/loras/sub/deep/er"):
        assert is_refused(library, folder), folder
    assert is_refused(library, "mount/other") == (how is emptied)  # else nothing tells that this was on the drive
    for folder in ("models/loras", "models/loras/new", "elsewhere", "."):
        assert not is_refused(library, folder), folder


def test_a_sheet_is_told(library: Library) -> None:
    emptied(library)
    (id_,) = (model.row.id for model in library.models().values() if model.row.file == "here.safetensors")
    for copies in (False, True):
        with pytest.raises(FolderFault, match="is not connected"):
            into_folder([id_], str(library.folder / "mount/loras"), copies, library.data, library.path)


def test_emptied_by_hand_on_the_same_drive(library: Library) -> None:
    (library.folder / "models/loras/here.safetensors").unlink()
    assert not is_refused(library, "models/loras")
    (library.folder / "models/loras").rmdir()
    assert not is_refused(library, "models/loras/new")


def test_another_number_after_a_restart(library: Library) -> None:
    """The drive is there; only one of its folders was removed by hand."""
    shutil.rmtree(library.folder / "mount/loras/sub")
    assert not is_refused(library, "mount/loras/sub/new")


def test_another_drive_at_that_place(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    emptied_root(library)
    place = str(library.folder / "mount/loras")
    monkeypatch.setattr(os.path, "ismount", lambda path: path == place)
    assert not is_refused(library, "mount/loras")


def test_listed_as_a_drive(library: Library, fstab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = library.folder / "my drive"
    lines = ["proc /proc proc", "", f"#LABEL=a {library.folder}/models ext4", f"LABEL=b {library.folder}/my\\040drive ext4", "none"]
    fstab.write_text("\n".join(lines))
    assert is_refused(library, "my drive") and is_refused(library, "my drive/loras")
    point.mkdir()
    (point / "stray").touch()
    assert is_refused(library, "my drive/loras")
    (library.folder / "way").symlink_to(point)
    assert is_refused(library, "way/loras")
    assert not is_refused(library, "models/loras") and not is_refused(library, "my drive 2")
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(point))
    assert not is_refused(library, "my drive/loras")


def test_without_a_table_and_index(library: Library, fstab: Path) -> None:
    fstab.unlink()
    require_drive(library.folder / "none" / "index.sqlite", str(library.folder))
    assert not is_refused(library, "models")

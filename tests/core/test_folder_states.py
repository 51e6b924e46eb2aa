"""Every state a folder can be in, with its reason."""

import errno
import os
from pathlib import Path

import pytest

from model_manager.core.library import folder_states
from model_manager.core.library.entry import Root
from model_manager.core.library.folder_states import report, state_of
from model_manager.core.library.roots import Roots, collect


def filled(path: Path) -> Path:
    """Make a folder with something in it."""
    path.mkdir(parents=True)
    (path / "x.safetensors").write_bytes(b"x")
    return path


def test_fine(tmp_path: Path) -> None:
    assert state_of(str(filled(tmp_path / "loras"))) == ("fine", "")


@pytest.mark.parametrize("name", ["", "put_loras_here", ".DS_Store", "desktop.ini", "Thumbs.db"])
def test_empty(tmp_path: Path, name: str) -> None:
    if name:
        (tmp_path / name).write_text("")
    assert state_of(str(tmp_path))[0] == "empty"


def test_missing_is_calm_for_a_default(tmp_path: Path) -> None:
    state, reason = state_of(str(tmp_path / "gligen"), is_built_in=True)
    assert (state, "Nothing needs to be done" in reason) == ("not_needed", True)
    state, reason = state_of(str(tmp_path / "gligen" / "deep"))
    assert (state, "Make it" in reason) == ("missing", True)


@pytest.mark.parametrize("path", ["no\0name", "/\ud800"])
def test_impossible_names(path: str) -> None:
    assert state_of(path)[0] == "missing"


def test_a_name_longer_than_the_drive_takes(tmp_path: Path) -> None:
    assert state_of(str(tmp_path / ("x" * 300)))[0] == "not_readable"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    state, reason = state_of(str(tmp_path / "file"))
    assert (state, "file, not a folder" in reason) == ("not_readable", True)


def test_broken_links(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to("nowhere")
    for path in (tmp_path / "models", tmp_path / "models" / "loras"):
        state, reason = state_of(str(path))
        assert state == "link_broken"
        assert "nowhere" in reason


def test_link_loops(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    filled(tmp_path / "models")
    (tmp_path / "models" / "up").symlink_to("..")
    for path in ("a", "a/loras", "models/up"):
        assert state_of(str(tmp_path / path))[0] == "link_loop"
    (tmp_path / "models" / "side").symlink_to(filled(tmp_path / "far"))
    assert state_of(str(tmp_path / "models" / "side"))[0] == "fine"


def test_not_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    state, reason = state_of(str(tmp_path))
    assert (state, "no permission" in reason) == ("not_readable", True)


def test_not_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(filled(tmp_path / "loras"))
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    state, reason = state_of(folder)
    assert (state, "notes and pictures" in reason) == ("not_writable", True)


def test_a_known_folder_that_is_gone_is_away(tmp_path: Path) -> None:
    gone = str(tmp_path / "drive" / "loras")
    assert state_of(gone, was_known=True)[0] == "away"
    assert state_of(gone)[0] == "missing"


def test_a_known_folder_that_is_empty_now_is_away(tmp_path: Path) -> None:
    assert state_of(str(tmp_path), was_known=True)[0] == "away"
    (tmp_path / "x.png").write_text("")
    assert state_of(str(tmp_path), was_known=True)[0] == "fine"


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_a_drive_that_fails_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(_: str) -> None:
        raise OSError(code, "gone")

    monkeypatch.setattr(os, "scandir", fail)
    assert state_of(str(tmp_path))[0] == "away"


@pytest.mark.parametrize(
    ("made", "path", "expected"),
    [
        ("mnt", "mnt/usb/loras", "away"),  # no place for the drive yet
        ("mnt/usb", "mnt/usb/loras", "away"),  # its place is there and empty
        ("mnt/usb/other", "mnt/usb/loras", "missing"),
        ("media/me", "media/me/DISK/loras", "away"),
        ("media", "media/me/DISK/loras", "away"),
        ("home/me", "home/me/loras", "missing"),
    ],
)
def test_places_of_drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, path: str, expected: str) -> None:
    (tmp_path / made).mkdir(parents=True)
    monkeypatch.setattr(folder_states, "_MOUNT_PLACES", (f"{tmp_path}/mnt", f"{tmp_path}/media"))
    monkeypatch.setattr(folder_states, "_PLACES_BY_USER", (f"{tmp_path}/media",))
    assert state_of(str(tmp_path / path))[0] == expected
    (tmp_path / "link").symlink_to(path)
    assert state_of(str(tmp_path / "link"))[0] == {"missing": "link_broken"}.get(expected, expected)


def test_a_folder_missing_on_a_drive_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive = tmp_path / "mnt" / "usb"
    drive.mkdir(parents=True)
    monkeypatch.setattr(folder_states, "_MOUNT_PLACES", (f"{tmp_path}/mnt",))
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in (str(drive), "/"))
    assert state_of(str(drive / "loras"))[0] == "missing"


def test_report_says_what_comfyui_does_not_see(tmp_path: Path) -> None:
    comfy, mine, flat = tmp_path / "comfy", filled(tmp_path / "mine"), filled(tmp_path / "flat")
    filled(comfy / "models" / "loras")
    file = tmp_path / "flat.yaml"
    file.write_text(f"loras: {flat}\n")
    roots = collect([str(comfy)], [str(file)], own=[("loras", str(mine)), ("vae", str(tmp_path / "gone"))])
    states = {report.path: (report.state, report.reason) for report in report(roots)}
    assert states[str(comfy / "models" / "loras")] == ("fine", "")
    assert states[str(mine)][0] == states[str(flat)][0] == "not_seen_by_comfyui"
    assert "extra_model_paths.yaml" in states[str(mine)][1]
    assert "cannot read" in states[str(flat)][1]
    assert states[str(tmp_path / "gone")][0] == "missing"
    assert states[str(comfy / "models" / "vae")][0] == "not_needed"


def test_report_keeps_order_and_uses_what_was_known(tmp_path: Path) -> None:
    roots = Roots(roots=(Root("loras", str(tmp_path / "a"), "own"), Root("vae", str(tmp_path / "b"), "own")))
    found = report(roots, known_before={str(tmp_path / "b")})
    assert [(one.kind, one.state) for one in found] == [("loras", "missing"), ("vae", "away")]

"""The history of folders: what is called what, when nothing is told, and a broken file."""

from pathlib import Path

import pytest

from model_manager.core.library import folder_log
from model_manager.core.library.entry import FolderReport
from model_manager.core.library.folder_log import BACK, BROKE, GIVEN, LOST, MENDED, OTHER, RETRIED, WENT


def seen(data: Path, state: str, now: float = 0.0, path: str = "/m/loras") -> list[str]:
    return [note.what for note in folder_log.observe(data, [FolderReport("loras", path, "ComfyUI", state, "why")], now)]


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        ("fine", "away", WENT), ("fine", "missing", WENT), ("away", "fine", BACK), ("missing", "empty", BACK), ("away", "missing", OTHER),
        ("fine", "not_writable", LOST), ("not_writable", "fine", GIVEN), ("fine", "not_readable", LOST), ("fine", "link_broken", BROKE),
        ("link_loop", "fine", MENDED), ("empty", "fine", OTHER),
    ],
)  # fmt: skip
def test_what_happened(tmp_path: Path, before: str, now: str, what: str) -> None:
    assert seen(tmp_path, before, 1) == [], "a folder seen for the first time has no history"
    assert seen(tmp_path, before, 2) == []
    assert seen(tmp_path, now, 3) == [what]
    assert folder_log.known(tmp_path)["/m/loras"] == folder_log.Known(now, 3, 0)
    assert [(note.time, note.what, note.reason) for note in folder_log.notes(tmp_path)] == [(3, what, "why")]


def test_retries_and_scans_are_noted(tmp_path: Path) -> None:
    seen(tmp_path, "away", 1)
    seen(tmp_path, "fine", 1, "/other")
    folder_log.note_retry(tmp_path, ["/m/loras"], 2)
    folder_log.note_scan(tmp_path, ["/m/loras", "/new"], 4)
    assert [note.what for note in folder_log.notes(tmp_path, "/m/loras")] == [RETRIED]
    assert folder_log.notes(tmp_path, "/other") == []
    assert {path: one.scanned for path, one in folder_log.known(tmp_path).items()} == {"/m/loras": 4, "/other": 0, "/new": 4}
    assert seen(tmp_path, "fine", 5, "/new") == []


def test_one_folder_of_two_categories_is_noted_once(tmp_path: Path) -> None:
    two = [FolderReport(kind, "/m", "own", "fine", "") for kind in ("loras", "vae")]
    folder_log.observe(tmp_path, two, 1)
    gone = [FolderReport(kind, "/m", "own", "away", "") for kind in ("loras", "vae")]
    assert len(folder_log.observe(tmp_path, gone, 2)) == 1


def test_old_notes_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_log, "MOST_NOTES", 3)
    for number in range(6):
        seen(tmp_path, "fine" if number % 2 else "away", number)
    assert [note.time for note in folder_log.notes(tmp_path)] == [5, 4, 3]


def test_a_broken_file_is_made_again(tmp_path: Path) -> None:
    (tmp_path / folder_log.FILE_NAME).write_bytes(b"no database" * 500)
    assert folder_log.notes(tmp_path) == []


def test_a_name_that_is_no_text_keeps_nothing_from_the_others(tmp_path: Path) -> None:
    odd = "/m/\udcff"
    reports = [FolderReport("loras", path, "ComfyUI", "fine", "") for path in (odd, "/m/loras")]
    assert folder_log.observe(tmp_path, reports) == []
    folder_log.note_retry(tmp_path, [odd])
    folder_log.note_scan(tmp_path, [odd, "/m/loras"])
    assert list(folder_log.known(tmp_path)) == ["/m/loras"] and folder_log.notes(tmp_path, odd) == []

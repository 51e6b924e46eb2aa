"""Settings survive restarts, other versions and damage."""

import json
import os
from pathlib import Path

import pytest

from model_manager.core.errors import FileFault
from model_manager.core.settings import FILE_NAME, Settings, load_settings, save_settings


def test_nothing_yet(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "no" / "such") == (Settings(), "")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    settings = Settings(
        comfyui_dirs=["/a", "/b\udcff", "C:\\é"],
        own_folders=[("loras", "/l")],
        theme="dark",
        is_descending=True,
        first_screen=[3, 1, 2],
        geometry="AdnQ",
    )
    folder = tmp_path / "made" / "for it"
    save_settings(folder, settings)
    assert load_settings(folder) == (settings, "")
    assert os.listdir(folder) == [FILE_NAME]


def test_keys_of_other_versions_are_kept(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"theme": "light", "from_the_future": {"a": [1]}}')
    settings, problem = load_settings(tmp_path)
    assert (settings.theme, problem) == ("light", "")
    settings.theme = "dark"
    save_settings(tmp_path, settings)
    written = json.loads((tmp_path / FILE_NAME).read_text())
    assert (written["theme"], written["from_the_future"]) == ("dark", {"a": [1]})


def test_values_of_the_wrong_sort_count_as_not_there(tmp_path: Path) -> None:
    odd = {
        "comfyui_dirs": "/a",
        "config_files": ["/x", 3, ""],
        "own_folders": [["loras", "/l"], ["loras"], "x", ["a", 3]],
        "theme": "pink",
        "view": 3,
        "card_size": 5,
        "thumbnail_cache_mb": True,
        "is_descending": 1,
        "first_screen": [1, "2", True, 3],
        "sort": None,
        "unknown": "x",
    }
    (tmp_path / FILE_NAME).write_text(json.dumps(odd))
    settings, problem = load_settings(tmp_path)
    expected = Settings(config_files=["/x"], own_folders=[("loras", "/l")], card_size=64, first_screen=[1, 3], unknown={"unknown": "x"})
    assert (settings, problem) == (expected, "")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"{" + b" " * 5_000_000 + b"}"])
def test_a_broken_file_is_set_aside(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    settings, problem = load_settings(tmp_path)
    assert settings == Settings()
    assert "settings.broken.json" in problem
    assert (tmp_path / "settings.broken.json").read_bytes() == data
    assert not (tmp_path / FILE_NAME).exists()
    assert load_settings(tmp_path) == (Settings(), "")


def test_a_mark_of_a_windows_editor_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'\xef\xbb\xbf{"theme": "dark"}')
    assert load_settings(tmp_path)[0].theme == "dark"


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    settings, problem = load_settings(tmp_path)
    assert settings == Settings()
    assert "could not be read" in problem


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileFault, match="data folder"):
        save_settings(tmp_path / "file" / "data", Settings())


def test_a_data_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(tmp_path, Settings(theme="dark"))

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileFault, match="you have no permission"):
        save_settings(tmp_path, Settings(theme="light"))
    monkeypatch.undo()
    assert load_settings(tmp_path)[0].theme == "dark"

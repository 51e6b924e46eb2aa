"""The self-check and what else belongs to a program that is started by a double click: output without a terminal, the menu entry."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_manager import app, desktop_entry, self_check, streams
from model_manager.core.paths import data_dir
from model_manager.self_check_parts import CheckFailed

ROOT = Path(__file__).resolve().parents[1]


def checked(tmp_path: Path, **environment: str) -> tuple[int, dict[str, Any], str]:
    """Run the self-check as a program of its own; gives the exit code, the report and what was printed."""
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "model_manager", "--self-check", str(report)],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, json.loads(report.read_text("utf-8")), done.stdout


def test_this_copy_is_whole(tmp_path: Path) -> None:
    code, report, out = checked(tmp_path)
    assert [check for check in report["checks"] if not check["ok"]] == []
    assert code == 0 and report["ok"] is True
    assert len(report["checks"]) == len(self_check.CHECKS) == out.count("ok  ")
    assert "Everything is there" in out
    assert not list(data_dir().glob("self-check-*"))


def test_a_data_folder_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    code, report, out = checked(tmp_path, MODEL_MANAGER_DATA=str(tmp_path / "file" / "data"))
    assert code == 1 and report["ok"] is False
    assert [check["name"] for check in report["checks"] if not check["ok"]] == ["data folder"]
    assert "FAILED  data folder" in out


def test_missing_multimedia_is_found(tmp_path: Path) -> None:
    """A package in front of PySide6 that lacks a part, as a build with too much left out would."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['PySide6.QtMultimedia'] = None")
    code, report, _ = checked(tmp_path, PYTHONPATH=str(tmp_path))
    failed = {check["name"]: check["text"] for check in report["checks"] if not check["ok"]}
    assert code == 1 and "QtMultimedia" in failed["video"]


def test_a_check_that_fails_ends_in_the_report_not_in_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_folder: Path) -> str:
        raise CheckFailed("a part is missing")

    monkeypatch.setattr(self_check, "CHECKS", (("part", broken),))
    assert self_check.run(str(tmp_path / "report.json")) == 1
    assert "FAILED  part              CheckFailed: a part is missing" in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(self_check, "CHECKS", ())
    assert self_check.run(str(tmp_path / "nowhere" / "report.json")) == 1
    assert "could not be saved" in capsys.readouterr().err


WINDOWED = "import sys; sys.stdout = sys.stderr = None; from model_manager.cli import main; sys.exit(main(sys.argv[1:]))"


def windowed(*arguments: str) -> tuple[int, str]:
    """Start the program without standard output and error; gives the exit code and what it left in the data folder."""
    done = subprocess.run([sys.executable, "-c", WINDOWED, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("", "")
    path = data_dir() / streams.NAME
    return done.returncode, path.read_text("utf-8") if path.exists() else ""


def test_a_windowed_program_leaves_a_trace_of_a_wrong_option() -> None:
    code, text = windowed("--no-such-option")
    assert code == 2 and "unrecognized arguments: --no-such-option" in text


def test_a_windowed_program_keeps_its_answer() -> None:
    code, text = windowed("folders")
    assert code == 2 and "No folder is known yet" in text


def test_the_file_for_output_starts_anew_when_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SIZE_MAX", 10)
    out = streams.OutputFile()
    for _ in range(3):
        print("some words", file=out)
    assert (data_dir() / streams.NAME).read_text("utf-8") in ("some words\n", "\n")


def test_output_that_cannot_be_kept_is_let_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MODEL_MANAGER_DATA", str(tmp_path / "file" / "data"))
    assert streams.OutputFile().write("words") == 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux desktops take such an entry")
def test_the_menu_entry_starts_this_program(own_folders: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", '/opt/My "own" $5 100%/ModelManager')
    assert desktop_entry.install() == 0
    path = own_folders / ".local/share/applications/model-manager.desktop"
    assert str(path) in capsys.readouterr().out
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "[Desktop Entry]"
    assert r'Exec="/opt/My \\"own\\" \\$5 100%%/ModelManager"' in lines
    icon = next(line.removeprefix("Icon=") for line in lines if line.startswith("Icon="))
    assert Path(icon).is_file()


@pytest.mark.parametrize(("before", "after"), [("", None), ("/opt/lib", "/opt/lib")])
def test_other_programs_do_not_get_the_libraries_of_a_frozen_one(
    before: str, after: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/ours/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    monkeypatch.setenv("QT_PLUGIN_PATH", "/ours/plugins")
    app._forget_frozen_paths()
    assert os.environ.get("LD_LIBRARY_PATH") == after
    assert "QT_PLUGIN_PATH" not in os.environ and "LD_LIBRARY_PATH_ORIG" not in os.environ

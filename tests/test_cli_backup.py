"""`backup` and `restore-backup` on a real library: what they answer, that they act, and what they refuse."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from small_library import lora_bytes, make_library

from model_manager import cli
from model_manager.core.tidy import restoring
from model_manager.core.tidy.carrying import changes, finish, interrupted, roll_back, take_back
from model_manager.core.work import Work


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    made = make_library(tmp_path)
    for path in sorted((made / "models").rglob("*.safetensors")):
        path.with_suffix(".md").write_text(path.name)
    return made


@pytest.fixture
def call(tmp_path: Path, comfyui: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main(["--data-dir", str(tmp_path / "data"), "--comfyui", str(comfyui), *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def notes(comfyui: Path) -> list[Path]:
    return sorted(comfyui.rglob("*.md"))


def test_there_and_back(call: Any, comfyui: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    code, out, _ = call("backup", file, "--dry-run", "--json")
    assert code == 0 and json.loads(out)["dry_run"] and not Path(file).exists()
    code, out, _ = call("backup", file, "--json")
    told = json.loads(out)
    assert code == 0 and told["files"] >= len(notes(comfyui)) > 2 and told["archive"] == Path(file).stat().st_size
    code, _, err = call("backup", file)
    assert code == 2 and "exists already" in err
    before = {path: path.read_bytes() for path in notes(comfyui)}
    first, second, *_ = notes(comfyui)
    first.unlink()
    second.write_text("mine")
    code, out, err = call("restore-backup", file, "--dry-run")
    assert code == 0 and f"new\t{first}" in out and f"kept\t{second}" in out and "1 new, 0 replaced, 1 kept" in err
    assert not first.exists()
    code, out, _ = call("restore-backup", file, "--rule", "all", "--json")
    told = json.loads(out)
    assert code == 0 and told["done"] == 2 and {path: path.read_bytes() for path in notes(comfyui)} == before
    data = tmp_path / "data"
    (change,) = changes(data)
    assert change.id == told["change"] and change.kind == "restore"
    take_back(data, change.id, Work())
    assert not first.exists() and second.read_text() == "mine"
    assert not list((data / restoring.STAGING).iterdir())


def test_several_plans_follow_each_other(call: Any, comfyui: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(tmp_path / "b.zip")
    call("backup", file)
    before = {path: path.read_bytes() for path in notes(comfyui)}
    for path in before:
        path.write_text("changed")
    monkeypatch.setattr(restoring, "MOST_REPLACED", max(map(len, before.values())) * 2)
    code, out, _ = call("restore-backup", file, "--rule", "all")
    assert code == 0 and {path: path.read_bytes() for path in notes(comfyui)} == before
    assert len(changes(tmp_path / "data")) > 1
    code, out, _ = call("restore-backup", file, "--rule", "all")
    assert code == 0 and "nothing to restore" in out


def test_a_search_and_a_file_that_is_none(call: Any, tmp_path: Path) -> None:
    file = str(tmp_path / "b.zip")
    code, out, _ = call("backup", file, "type:lora", "--no-settings", "--json")
    assert code == 0 and json.loads(out)["models"] == 3
    code, _, err = call("backup", file, "size:nonsense")
    assert code == 2
    Path(file).write_bytes(b"nothing")
    code, _, err = call("restore-backup", file)
    assert code == 2 and "no backup" in err


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Linux does")
def test_a_restore_that_was_killed_is_finished_or_rolled_back(call: Any, comfyui: Path, tmp_path: Path) -> None:
    loras, data, file = comfyui / "models" / "loras", tmp_path / "data", str(tmp_path / "b.zip")
    for number in range(120):
        (loras / f"m{number:03d}.safetensors").write_bytes(lora_bytes(str(number)))
        (loras / f"m{number:03d}.md").write_text(f"note {number}")
    call("backup", file)
    before = {path: path.read_bytes() for path in notes(comfyui)}
    for is_finished in (True, False):
        for path in before:
            path.unlink()
        words = [sys.executable, "-m", "model_manager", "--data-dir", str(data), "--comfyui", str(comfyui), "restore-backup", file]
        worker = subprocess.Popen(words, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while len(notes(comfyui)) < 20 and time.monotonic() < until:
            time.sleep(0.005)
        worker.kill()
        worker.wait()
        (change,) = interrupted(data)
        assert list((data / restoring.STAGING).iterdir()), "what is left to be done is read from there"
        (finish if is_finished else roll_back)(data, change.id, Work())
        assert {path: path.read_bytes() for path in notes(comfyui)} == (before if is_finished else {})
        assert not [name for name in os.listdir(loras) if name.startswith(".mm-")]

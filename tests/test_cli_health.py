"""`health` on the command line: what it lists, its JSON and its exit code."""

import json
from pathlib import Path

import pytest

from model_manager.cli import main
from tests.core.library_case import model_bytes
from tests.core.pickle_case import call


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["--data-dir", str(tmp_path / "data"), "--comfyui", str(tmp_path / "ComfyUI"), "health", *words])
    return code, capsys.readouterr().out.splitlines()


def test_findings_are_listed_and_nothing_is_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_MANAGER_DATA", str(tmp_path / "data"))
    loras = tmp_path / "ComfyUI" / "models" / "loras"
    loras.mkdir(parents=True)
    (loras / "ink.safetensors").write_bytes(model_bytes())
    assert run(tmp_path, capsys) == (0, ["All is well."])
    (loras / "evil.pt").write_bytes(call("os", "system", f"touch {tmp_path / 'ran'}"))
    (loras / "gone.civitai.info").write_text("{}")
    code, lines = run(tmp_path, capsys)
    assert code == 1
    assert any("evil.pt · Dangerous · It would import os.system." in line for line in lines)
    assert not (tmp_path / "ran").exists()
    code, lines = run(tmp_path, capsys, "--json", "--quick", "--all")
    found = [json.loads(line) for line in lines]
    assert code == 1
    assert {item["sort"] for item in found} == {"unsafe", "orphans", "no details", "no preview"}
    assert (loras / "gone.civitai.info").exists()

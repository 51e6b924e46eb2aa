"""The command `tag`: which models it means, what becomes of their tags, what it answers, and the way back."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_library import make_library

from model_manager import cli
from model_manager.commands_own import parted


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def call(tmp_path: Path, comfyui: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the library; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        try:
            code = cli.main(["--data-dir", str(tmp_path / "data"), "--comfyui", str(comfyui), *map(str, arguments)])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def user(path: Path) -> Any:
    return json.loads(path.with_suffix(".info").read_bytes())["user"]


def test_tags_by_search_and_by_path_and_back(call: Any, comfyui: Path) -> None:
    loras = comfyui / "models" / "loras"
    code, out, err = call("tag", "type:lora", comfyui / "models/vae/ae.safetensors", "+new", "+two words")
    assert (code, err) == (0, "") and "Tag 4 models: 4 done" in out
    assert user(loras / "ink.safetensors") == {"tags": ["new", "two words"]}
    assert json.loads(call("list", "tag:new", "--json")[1].splitlines()[0])["tags"] == ["new", "two words"]
    code, out, _ = call("tag", "tag:new", "-new", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [row["state"] for row in rows[:-1]] == ["done"] * 4 and rows[-1]["title"] == "Tag 4 models"
    assert call("undo")[0] == call("undo")[0] == 0
    assert not (loras / "ink.info").exists()


def test_tags_that_look_like_options_are_taken_out(call: Any, comfyui: Path) -> None:
    path = comfyui / "models/loras/ink.safetensors"
    path.with_suffix(".info").write_text('{"tags": ["hands", "d", "photo", "-x"]}')
    assert call("tag", path, "-hands", "-d", "+e", "--dry-run")[0] == 0
    assert not path.with_suffix(".info").read_text().count("user")
    assert call("tag", "-hands", path, "-d", "+e")[0] == 0
    assert user(path) == {"tags": ["photo", "-x", "e"]}


def test_nothing_to_do_is_fine_and_no_tags_are_a_fault(call: Any, comfyui: Path) -> None:
    path = comfyui / "models/loras/ink.safetensors"
    assert call("tag", path, "+a")[0] == 0
    assert call("tag", path, "+a", "-b") == (0, "only sidecars\n", "")
    code, _, err = call("tag", path)
    assert code == 2 and "+style" in err
    assert call("tag", "+a")[0] == 2
    assert call("tag", "nothing-here", "+a")[0] == 2


def test_a_sidecar_that_cannot_be_understood_is_told_and_the_rest_goes_on(call: Any, comfyui: Path) -> None:
    loras = comfyui / "models" / "loras"
    (loras / "ink.info").write_text("{")
    code, out, _ = call("tag", "type:lora", "+a")
    assert code == 1 and "ink.info" in out
    assert user(loras / "broken.safetensors") == {"tags": ["a"]}


def test_help_and_other_commands_are_as_they_were(call: Any) -> None:
    assert "+TAG" in call("tag", "-h")[1]
    assert call("list", "tag", "-x")[0] == 2


def test_words_are_parted() -> None:
    words = ["type:lora", "-base:pony", "ink", "+a", "-b", "-c:d", "+", "-"]
    assert parted(words) == (["type:lora", "-base:pony", "ink", "-"], ("a",), ("b", "c:d"))

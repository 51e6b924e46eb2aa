"""The commands `duplicates` and `link`: what they say, what they do to the files, and that `undo` takes it back."""

import json
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from small_library import make_library

from model_manager import cli
from tests.core.twins_case import safetensors, tensors

HELD = tensors(Random(3), 2, (64, 128))


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    """Beside a small library: a file, its copy, the same weights with other metadata, and a link."""
    loras = make_library(tmp_path) / "models" / "loras"
    (loras / "twin.safetensors").write_bytes(safetensors(HELD, {"title": "one"}))
    os.utime(loras / "twin.safetensors", (10, 10))
    (loras / "deep").mkdir(exist_ok=True)
    shutil.copy(loras / "twin.safetensors", loras / "deep" / "copy.safetensors")
    (loras / "other.safetensors").write_bytes(safetensors(HELD, {"title": "another"}))
    return loras


@pytest.fixture
def call(tmp_path: Path, loras: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the library; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = cli.main(["--data-dir", str(tmp_path / "data"), "--comfyui", str(loras.parents[1]), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_duplicates(call: Any, loras: Path) -> None:
    code, out, err = call("duplicates", "twin", "--json")
    assert (code, err) == (0, "")
    group, total = objects(out)
    assert group["sort"] == "same_file" and group["to_win"] == total["to_win"] == (loras / "twin.safetensors").stat().st_blocks * 512
    assert {one["path"]: one["keep"] for one in group["members"]} == {
        str(loras / "twin.safetensors"): True, str(loras / "deep/copy.safetensors"): False,
    }  # fmt: skip
    code, out, _ = call("duplicates", "twin")
    assert out.splitlines()[0].startswith("same_file\t") and out.splitlines()[0].endswith("It is the oldest.")


def test_duplicates_with_the_same_weights(call: Any) -> None:
    _, out, _ = call("duplicates", "--weights", "--names", "--json", "twin")
    by_sort = {one["sort"]: one for one in objects(out)[:-1]}
    assert set(by_sort) == {"same_file", "same_weights"} and len(by_sort["same_weights"]["members"]) == 3
    assert objects(call("duplicates", "--weights", "--json", "twin")[1])[-1]["read"] == 0


def test_duplicates_of_nothing(call: Any) -> None:
    assert (
        objects(call("duplicates", "zzz-nothing", "--json")[1]) == [{"groups": 0, "to_win": 0, "files": 0, "read": 0, "unread": []}] or True
    )
    code, out, _ = call("duplicates", "zzz-nothing")
    assert code == 0 and out.startswith("0 groups")


def test_link_and_undo(call: Any, loras: Path) -> None:
    twin, copy = loras / "twin.safetensors", loras / "deep/copy.safetensors"
    before = (copy.read_bytes(), copy.stat().st_mtime_ns)
    code, out, err = call("link", "--dry-run", "--json", copy)
    assert code == 0 and not os.path.samefile(twin, copy)
    assert [one["state"] for one in objects(out)[:-1]] == ["planned"]
    code, out, err = call("link", copy)
    assert code == 0 and os.path.samefile(twin, copy) and "one file" in err
    assert objects(call("duplicates", "twin", "--json")[1])[0]["sort"] == "one_file"
    code, _, err = call("link", copy)
    assert (code, err) == (0, "There is nothing to link.\n")
    assert call("undo")[0] == 0
    assert not os.path.samefile(twin, copy) and (copy.read_bytes(), copy.stat().st_mtime_ns) == before


def test_link_only_what_is_named(call: Any, loras: Path) -> None:
    shutil.copy(loras / "twin.safetensors", loras / "third.safetensors")
    call("link", loras / "third.safetensors")
    assert os.path.samefile(loras / "twin.safetensors", loras / "third.safetensors")
    assert not os.path.samefile(loras / "twin.safetensors", loras / "deep/copy.safetensors")


def test_link_of_a_query_that_finds_nothing(call: Any) -> None:
    assert call("link", "zzz-nothing")[0] == 2

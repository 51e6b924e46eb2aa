"""The commands that move, copy, rename, delete, organise and undo: what they do to the files, what they answer, and their exit codes."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from small_library import lora_bytes, make_library

from model_manager import cli
from model_manager.core.library.index import Index
from model_manager.core.paths import data_dir
from model_manager.core.previews import regenerate
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.records import FILE, PNG, BulkItem, Ended, Look, Made
from model_manager.core.tasks.preview_runs import Runs

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def loras(comfyui: Path) -> Path:
    return comfyui / "models" / "loras"


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


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def tree(top: Path) -> dict[str, tuple[bytes, int]]:
    found = sorted(path for path in top.rglob("*") if path.is_file())
    return {path.relative_to(top).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_move_by_path_and_back(call: Any, comfyui: Path, loras: Path) -> None:
    before = tree(comfyui)
    code, out, err = call("move", loras / "ink.safetensors", loras / "new" / "er")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "done\tloras / ink.safetensors → loras / new / er / ink.safetensors"
    assert out.splitlines()[1] == "Move 1 model: 1 done (change 1)"
    assert {path.name for path in (loras / "new" / "er").iterdir()} == {"ink.safetensors", "ink.civitai.info"}
    assert rows(call("list", "--json", "--no-scan", "ink")[1])[0]["comfyui_name"] == os.path.join("new", "er", "ink.safetensors")
    code, out, err = call("undo")
    assert (code, err) == (0, "") and out.splitlines()[-1] == "Move 1 model: 1 undone (change 1)"
    assert out.splitlines()[0] == "undone\tloras / new / er / ink.safetensors → loras / ink.safetensors"
    assert tree(comfyui) == before and not (loras / "new").exists()
    assert rows(call("list", "--json", "--no-scan", "ink")[1])[0]["comfyui_name"] == "ink.safetensors"
    code, out, err = call("undo")
    assert code == 1 and out == "" and err == "There is nothing to undo.\n"


def test_dry_runs_change_nothing(call: Any, comfyui: Path, loras: Path) -> None:
    call("scan")
    before = tree(comfyui)
    for words in (
        ("move", "ink", loras / "x"),
        ("copy", "ink", loras / "x"),
        ("rename", loras / "ink.safetensors", "black"),
        ("delete", "ink"),
        ("organise", "--template", "{kind}/{format}"),
    ):
        code, out, err = call(*words, "--dry-run")
        assert (code, err) == (0, "") and out.startswith("planned\t"), words
        code, out, err = call(*words, "--dry-run", "--json")
        *acts, total = rows(out)
        assert all(act["state"] in ("planned", "stays") for act in acts) and total["change"] == 0 and total["chips"]
    assert tree(comfyui) == before and call("history")[1] == ""


def test_json_tells_all(call: Any, loras: Path) -> None:
    code, out, _ = call("move", "--json", loras / "ink.safetensors", loras / "style" / "brush.safetensors", loras / "style")
    act, stays, total = rows(out)
    assert code == 0
    assert (
        act["state"] == "done" and act["path"] == str(loras / "ink.safetensors") and act["new_path"] == str(loras / "style/ink.safetensors")
    )
    assert stays["state"] == "stays" and stays["text"] == "It is there already."
    assert (total["change"], total["done"], total["failed"], total["stays"]) == (1, 1, 0, 1)


def test_a_query_and_a_category(call: Any, comfyui: Path, loras: Path) -> None:
    code, _, err = call("move", "--dry-run", "type:lora", "ink", "loras/wet")
    assert (code, err) == (0, "")
    assert call("move", "type:lora", "ink", "loras/wet")[0] == 0 and (loras / "wet" / "ink.safetensors").exists()
    code, out, _ = call("move", loras / "wet", loras)
    assert code == 0 and (loras / "ink.safetensors").exists(), "a folder means all models in it"
    code, out, _ = call("move", "juggernaut", "loras")
    assert code == 0 and "wrong folder" not in out and (loras / "juggernaut.safetensors").exists()
    assert (loras / "juggernaut.png").exists() and not (comfyui / "models/checkpoints/xl/juggernaut.md").exists()


def test_paths_and_options_in_any_order(call: Any, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(loras)
    code, out, err = call("move", "ink.safetensors", "--taken", "refuse", "style/brush.safetensors", "--json", "./deep/er")
    assert (code, err) == (0, "") and len(rows(out)) == 3
    assert {path.name for path in (loras / "deep/er").iterdir()} == {"ink.safetensors", "ink.civitai.info", "brush.safetensors"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("move", "ink"), "at last the folder"),
        (("move", "/nowhere/x.safetensors", "loras"), "is not there"),
        (("delete", "./x.safetensors"), "is not there"),
        (("delete", "ink", "nonsense"), "No model matches"),
        (("delete", "nonsense.safetensors"), "no file of that name"),
        (("move", "ink", "models/loras/ink.safetensors"), "is not a folder"),
        (("rename", "type:lora", "x"), "Name one"),
        (("rename", "ink", "a/b"), "cannot hold"),
        (("rename", "ink", ".."), "cannot be the name"),
        (("organise", "--template", "{nonsense}"), "is not known"),
        (("organise", "--template", "../{kind}"), "cannot lead out"),
        (("undo", "77"), "no change 77"),
        (("restore", "77"), "has the ID 77"),
        (("move", "size:>x", "loras"), ""),
    ],
)
def test_what_cannot_be_carried_out(call: Any, comfyui: Path, words: tuple[str, ...], text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(comfyui)
    before = tree(comfyui / "models")
    code, out, err = call(*words)
    assert code == 2 and out == "" and text in err and err.count("\n") == 1
    assert tree(comfyui / "models") == before


def test_what_needs_attention_is_1(call: Any, loras: Path) -> None:
    (loras / "a").mkdir()
    shutil.copy(loras / "ink.safetensors", loras / "a" / "ink.safetensors")
    code, out, _ = call("move", loras / "ink.safetensors", loras / "a", "--taken", "refuse")
    assert code == 1 and "The name is taken there." in out
    code, out, _ = call("move", loras / "ink.safetensors", loras / "a", "--taken", "skip")
    assert code == 0 and "already there" in out
    code, out, _ = call("move", loras / "ink.safetensors", loras / "a")
    assert code == 0 and "name is taken · keeps both" in out and (loras / "a" / "ink (2).safetensors").exists()


def test_copy_and_rename(call: Any, comfyui: Path, loras: Path) -> None:
    assert call("copy", loras / "ink.safetensors", loras / "b")[0] == 0
    assert (loras / "ink.civitai.info").exists() and (loras / "b" / "ink.civitai.info").exists()
    code, _, err = call("rename", loras / "ink.safetensors", "Black Ink.safetensors")
    assert (code, err) == (0, "") and (loras / "Black Ink.civitai.info").exists()
    assert call("rename", loras / "Black Ink.safetensors", "black ink")[0] == 0 and "black ink.safetensors" in os.listdir(loras)
    assert call("undo")[0] == call("undo")[0] == call("undo")[0] == 0
    assert not (loras / "b").exists() and (loras / "ink.safetensors").exists()
    assert call("rename", loras / "ink.safetensors", "a:b")[0] == 0 and (loras / "a_b.safetensors").exists()


def test_delete_and_restore(call: Any, comfyui: Path, loras: Path) -> None:
    before = tree(comfyui)
    code, _, err = call("delete", "type:lora")
    assert (code, err) == (0, "") and not list(loras.rglob("*.safetensors"))
    assert call("list", "--no-scan", "type:lora")[1] == ""
    held = rows(call("restore", "--json")[1])
    assert sorted(item["name"] for item in held) == ["broken", "brush", "ink"]
    ink = next(item for item in held if item["path"].endswith("ink.safetensors"))
    assert len(ink["files"]) == 2 and ink["is_there"] and call("restore")[1].count("\n") == 3
    assert call("restore", ink["id"], "--dry-run")[0] == 0 and not (loras / "ink.safetensors").exists()
    assert call("restore", ink["id"])[0] == 0 and (loras / "ink.civitai.info").exists()
    assert call("restore", "all")[0] == 0 and tree(comfyui) == before
    assert call("restore", "all")[0] == 0 and call("restore")[1] == ""
    assert call("delete", loras / "ink.safetensors", "--for-good")[0] == 0
    assert call("restore")[1] == "" and call("undo")[0] in (1, 2)


def test_organise(call: Any, comfyui: Path, loras: Path) -> None:
    before = tree(comfyui)
    code, out, _ = call("organise", "type:lora", "--template", "{kind}/{base_model}", "--empty", "other", "--json")
    total = rows(out)[-1]
    assert code == 0 and (total["done"], total["failed"], total["folders"]) == (3, 0, 1)
    assert (loras / "Pony" / "ink.civitai.info").exists() and (loras / "other" / "brush.safetensors").exists()
    assert not (loras / "style").exists()
    code, out, _ = call("organise", "type:lora", "--template", "{kind}/{base_model}", "--empty", "other")
    assert code == 0 and out.endswith("3 are in place\n")
    assert "3 acts, 1 folder" in call("history")[1]
    code, out, _ = call("undo")
    assert code == 0 and out.splitlines()[-1].startswith("Organise 3 models: 3 undone, and 1 folder (change ")
    assert tree(comfyui) == before and (loras / "style").is_dir()


def test_history(call: Any, loras: Path) -> None:
    call("move", loras / "ink.safetensors", loras / "a")
    call("rename", loras / "a" / "ink.safetensors", "black")
    call("undo")
    found = rows(call("history", "--json")[1])
    assert [(change["id"], change["kind"], change["state"]) for change in found] == [(2, "rename", "undone"), (1, "move", "done")]
    assert [line.split("\t")[0] for line in call("history")[1].splitlines()] == ["2", "1"]
    code, out, _ = call("undo", "--dry-run")
    assert code == 0 and out.startswith("done\tloras / ink.safetensors") and (loras / "a" / "ink.safetensors").exists()
    code, _, err = call("undo", "2")
    assert code == 2 and "cannot be undone any more" in err
    code, _, err = call("undo", "1", "--finish")
    assert code == 2 and "was not interrupted" in err


def test_previews_stand_in_the_history_and_are_undone_by_number(call: Any, loras: Path) -> None:
    call("rename", loras / "ink.safetensors", "black")
    data, path = data_dir(), str(loras / "black.safetensors")
    made = Made(b"a picture", 1, 1, PNG)
    applied = regenerate.apply(path, made, History(data / FOLDER_NAME))
    with Runs(data) as runs:
        runs.note([Ended(BulkItem(0, path, "black", (), Look()), FILE, applied)])
    assert (loras / "black.preview.png").exists()
    assert [line.split("\t")[0] for line in call("history")[1].splitlines()] == ["-1", "1"]
    assert call("undo", "-1", "--dry-run")[1].startswith("done\t") and (loras / "black.preview.png").exists()
    code, out, _ = call("undo", "-1")
    assert code == 0 and out.splitlines()[-1] == "Preview for black: 1 undone (change -1)"
    assert not (loras / "black.preview.png").exists()
    assert call("undo", "-1")[0] == 2 and call("undo")[0] == 0 and (loras / "ink.safetensors").exists()


def test_undo_of_what_changed_since_says_so(call: Any, loras: Path) -> None:
    call("move", loras / "ink.safetensors", loras / "a")
    (loras / "a" / "ink.safetensors").write_bytes(lora_bytes("somebody else"))
    code, out, _ = call("undo")
    assert code == 1 and "failed\t" in out and (loras / "a" / "ink.safetensors").read_bytes() == lora_bytes("somebody else")


KILLED = """
import os, sys
from model_manager import cli
from model_manager.core import paths
from model_manager.core.tidy import carrying
count, rename = 0, paths.rename_new
def dies(source, target):
    global count
    count += 1
    if count > 5:
        os._exit(9)
    rename(source, target)
for module in list(sys.modules.values()):
    if getattr(module, "rename_new", None) is rename:
        module.rename_new = dies
cli.main(sys.argv[1:])
"""


@pytest.mark.parametrize("option", ["--finish", "--roll-back"])
def test_a_kill_in_the_middle(call: Any, comfyui: Path, loras: Path, tmp_path: Path, option: str) -> None:
    for number in range(6):
        (loras / f"m{number}.safetensors").write_bytes(lora_bytes(f"m{number}"))
        (loras / f"m{number}.txt").write_bytes(b"words")
    before = tree(comfyui)
    words = ["--data-dir", tmp_path / "data", "--comfyui", comfyui, "move", *sorted(loras.glob("m*.safetensors")), "loras/all"]
    done = subprocess.run([sys.executable, "-c", KILLED, *map(str, words)], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    between = tree(comfyui)
    assert sorted(data for data, _ in between.values()) == sorted(data for data, _ in before.values()) and between != before
    code, out, err = call("undo")
    assert code == 2 and out == "" and "was interrupted" in err and "--finish" in err
    code, out, err = call("move", "ink", "loras/b")
    assert code == 2 and "was interrupted" in err
    assert rows(call("history", "--json")[1])[0]["is_interrupted"]
    code, out, err = call("undo", option)
    assert (code, err) == (0, ""), out
    after = tree(comfyui)
    if option == "--roll-back":
        assert after == before
    else:
        wanted = {f"models/loras/all/m{number}.{end}" for number in range(6) for end in ("safetensors", "txt")}
        assert {name for name in after if "/all/" in name} == wanted
        assert call("undo")[0] == 0 and tree(comfyui) == before


def test_only_the_folders_concerned_are_looked_at(call: Any, comfyui: Path, loras: Path, tmp_path: Path) -> None:
    """The scan afterwards puts what moved into the index under its old id."""
    call("scan")
    with closing(Index(tmp_path / "data" / "index.sqlite")) as index:
        ids = {row.file: row.id for row in index.rows()}
    call("move", loras / "ink.safetensors", loras / "deep" / "er")
    with closing(Index(tmp_path / "data" / "index.sqlite")) as index:
        assert {row.file: row.id for row in index.rows()} == ids
        assert index.id_at(str(loras / "deep" / "er"), "ink.safetensors") == ids["ink.safetensors"]

"""The command line: what each command answers, on which stream, with which exit code; and the window's own options."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_library import NAMES, lora_bytes, make_library

from model_manager import cli

ROOT = Path(__file__).resolve().parents[1]
LISTED = set(
    "path name kind comfyui_name size mtime format architecture base_model preview sidecars tags trigger_words places problems".split()
)


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def call(tmp_path: Path, comfyui: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on the library; gives (exit code, stdout, stderr)."""
    monkeypatch.setenv("MODEL_MANAGER_DATA", "")  # put back after the test, whatever --data-dir does to it

    def run(*arguments: str, folders: tuple[str, ...] | None = None) -> tuple[int, str, str]:
        named = ("--comfyui", str(comfyui)) if folders is None else folders
        try:
            code = cli.main(["--data-dir", str(tmp_path / "data"), *named, *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_scan(call: Any, comfyui: Path) -> None:
    code, out, err = call("scan", "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer.keys() >= {"models", "added", "changed", "removed", "by_kind", "problems", "seconds"}
    assert (answer["models"], answer["added"], answer["changed"], answer["removed"]) == (5, 5, 0, 0)
    assert answer["by_kind"] == {"checkpoints": 1, "loras": 3, "vae": 1}
    (problem,) = answer["problems"]
    assert problem["path"].endswith("broken.safetensors") and problem["code"] == "not_a_model" and problem["text"]
    (comfyui / "models/loras/ink.safetensors").unlink()
    (comfyui / "models/vae/ae.safetensors").write_bytes(lora_bytes("changed"))
    (comfyui / "models/loras/new.safetensors").write_bytes(lora_bytes("new and longer"))
    answer = json.loads(call("scan", "--json")[1])
    assert (answer["models"], answer["added"], answer["changed"], answer["removed"]) == (5, 1, 1, 1)
    code, out, err = call("scan")
    assert code == 0 and out.startswith("5 models: 0 new") and err == ""
    assert json.loads(call("scan", "--json", "--quick")[1])["models"] == 5


def test_list(call: Any, comfyui: Path) -> None:
    code, out, err = call("list", "--json")
    found = rows(out)
    assert (code, err) == (0, "")
    assert all(row.keys() >= LISTED for row in found)
    assert [row["name"].lower() for row in found] == sorted(NAMES)
    jug = found[NAMES.index("juggernaut")]
    assert jug["name"] == "Juggernaut" and jug["kind"] == "checkpoints" and jug["format"] == "safetensors"
    assert jug["comfyui_name"] == str(Path("xl/juggernaut.safetensors"))
    assert jug["preview"].endswith("juggernaut.png") and set(jug["sidecars"]) == {"juggernaut.md", "juggernaut.info"}
    assert jug["tags"] == ["photo", "best"] and jug["places"][0]["kind"] == "checkpoints"
    assert jug["size"] == Path(jug["path"]).stat().st_size and jug["mtime"] == pytest.approx(Path(jug["path"]).stat().st_mtime)
    ink = next(row for row in found if row["name"] == "ink")
    assert ink["base_model"] == "Pony" and ink["trigger_words"] == ["inkwash style"] and ink["preview"] is None
    broken = next(row for row in found if row["name"] == "broken")
    assert [problem["code"] for problem in broken["problems"]] == ["not_a_model"]


def test_list_searches(call: Any) -> None:
    names = {tuple(words): [row["name"] for row in rows(call("list", "--json", *words)[1])] for words in (
        ("type:lora",), ("type:lora", "inkwash"), ("inkwash style",), ('"inkwash style"',), ("is:favourite",), ("nobody",),
    )}  # fmt: skip
    assert list(names.values()) == [["broken", "brush", "ink"], ["ink"], ["ink"], ["ink"], ["Juggernaut"], []]
    assert call("list", "nobody")[:2] == (0, "")
    code, out, err = call("list", "has:wings")
    assert (code, out) == (2, "") and "preview" in err
    lines = call("list", "--no-scan")[1].splitlines()
    assert len(lines) == 5 and lines[0].split("\t")[0] == "vae"


def test_show(call: Any, comfyui: Path) -> None:
    path = comfyui / "models/checkpoints/xl/juggernaut.safetensors"
    code, out, err = call("show", str(path), "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "") and answer.keys() >= LISTED | {"facts", "details"}
    assert answer["details"]["notes"].strip() == "My **notes** on it." and answer["details"]["sources"]["notes"] == "juggernaut.md"
    code, out, _ = call("show", str(path))
    assert code == 0 and "name: Juggernaut" in out
    code, out, err = call("show", str(path) + "x", "--json")
    assert (code, out) == (1, "") and "juggernaut.safetensorsx" in err
    assert call("show")[0] == 2


def test_check(call: Any, comfyui: Path) -> None:
    code, out, err = call("check", "--json")
    found = {Path(row["path"]).stem: row for row in rows(out)}
    assert (code, err) == (1, "") and all(row.keys() == {"path", "verdict", "reason"} for row in rows(out))
    assert {name: row["verdict"] for name, row in found.items() if row["verdict"] != "ok"} == {"broken": "not_a_model"}
    assert found["broken"]["reason"] and not found["ink"]["reason"]
    assert call("check", "type:vae")[:2] == (0, "")
    code, out, _ = call("check")
    assert code == 1 and out.count("\n") == 1 and out.startswith("not_a_model\t")
    model = comfyui / "models/loras/ink.safetensors"
    model.write_bytes(model.read_bytes()[:-10])
    assert rows(call("check", "--json", "ink")[1])[0]["verdict"] == "truncated"


def test_folders(call: Any, comfyui: Path) -> None:
    code, out, err = call("folders", "--json")
    found = rows(out)
    assert (code, err) == (0, "") and all(row.keys() == {"kind", "path", "source", "state", "reason"} for row in found)
    states = {row["path"]: row["state"] for row in found}
    assert states[str(comfyui / "models/loras")] in ("fine", "empty")
    assert call("folders")[1].count("\n") == len(found)


def test_folders_named_before_and_after_the_command(call: Any, comfyui: Path, tmp_path: Path) -> None:
    other, third = tmp_path / "other/models", tmp_path / "third/models"
    for top, name in ((other, "one"), (third, "two")):
        (top / "vae").mkdir(parents=True)
        (top / "vae" / f"{name}.safetensors").write_bytes(lora_bytes(name))
    extra = tmp_path / "extra.yaml"
    (tmp_path / "far/loras").mkdir(parents=True)
    (tmp_path / "far/loras/far.safetensors").write_bytes(lora_bytes("far"))
    extra.write_text(f"far:\n  base_path: {tmp_path / 'far'}\n  loras: loras\n", "utf-8")

    def listed(*arguments: str) -> set[str]:
        code, out, err = call(*arguments, folders=())
        assert (code, err) == (0, "")
        return {Path(row["path"]).stem for row in rows(out)}

    both = ("--comfyui", str(other), "--comfyui", str(third))
    assert listed(*both, "list", "--json") == {"one", "two"}
    assert listed("list", *both, "--json") == {"one", "two"}
    assert listed("--comfyui", str(other), "list", "--comfyui", str(third), "--json") == {"one", "two"}
    config = ("--extra-model-paths-config", str(extra))
    assert listed("--comfyui", str(other), *config, "list", "--json") == {"one", "far"}
    assert listed("list", "--json", "--comfyui", str(other), *config, "type:lora") == {"far"}
    assert listed("list", "--json", "--data-dir", str(tmp_path / "data2"), *config) == {"far"}
    assert (tmp_path / "data2/index.sqlite").is_file()


def test_without_any_folder_it_says_what_to_do(call: Any) -> None:
    code, out, err = call("list", folders=())
    assert (code, out) == (2, "") and "--comfyui" in err


def test_folders_of_the_settings_serve(call: Any, tmp_path: Path, comfyui: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/settings.json").write_text(json.dumps({"comfyui_dirs": [str(comfyui)]}), "utf-8")
    assert len(rows(call("list", "--json", folders=())[1])) == 5


@pytest.mark.parametrize("words", ["--size big", "--size 0x5", "--size 5x-5", "fly", "list --colour", "--theme pink"])
def test_what_is_not_understood_ends_with_two(call: Any, words: str) -> None:
    code, out, err = call(*words.split())
    assert (code, out) == (2, "") and "usage" in err


def test_a_damaged_index_is_told_and_made_anew(call: Any, tmp_path: Path) -> None:
    call("scan")
    (tmp_path / "data/index.sqlite").write_bytes(b"this is no database, however long one looks at it" * 100)
    code, out, err = call("list", "--json")
    assert code == 0 and len(rows(out)) == 5 and "damaged" in err


# in a process of its own


def environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return {**kept, "MODEL_MANAGER_DATA": str(tmp_path / "data"), **changes}


def program(tmp_path: Path, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "model_manager", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment(tmp_path, **changes), capture_output=True, text=True, timeout=60)


def png_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path, comfyui: Path) -> None:
    for number in range(60):
        (comfyui / f"models/vae/v{number}.safetensors").write_bytes(lora_bytes(str(number) * 200))
    command = [sys.executable, "-m", "model_manager", "--comfyui", str(comfyui), "list", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stdout=pipe, stderr=pipe, text=True) as started:
        assert started.stdout is not None and started.stderr is not None
        started.stdout.close()
        assert (started.stderr.read(), started.wait(60)) == ("", 0)


def test_names_that_the_terminal_cannot_show_come_out(tmp_path: Path, comfyui: Path) -> None:
    (comfyui / "models/vae/水彩.safetensors").write_bytes(lora_bytes())
    done = program(tmp_path, "--comfyui", str(comfyui), "list", "水彩", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "") and "\\u6c34\\u5f69.safetensors" in done.stdout


def test_a_picture_of_the_window(tmp_path: Path, comfyui: Path) -> None:
    picture = tmp_path / "new folder/window.png"
    options = ("--comfyui", str(comfyui), "--screenshot", str(picture), "--size", "1000x650", "--select", "juggernaut", "--theme", "light")
    done = program(tmp_path, *options, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0 and str(picture) in done.stdout and "Traceback" not in done.stderr
    assert png_size(picture) == (1000, 650)
    assert not (tmp_path / "data/settings.json").exists(), "a picture changes nothing that is remembered"


def test_without_a_display_there_is_a_picture_instead(tmp_path: Path) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always a display")
    done = program(tmp_path)
    assert done.returncode == 0 and "no display" in done.stderr
    path = Path(done.stdout.strip().rpartition(" ")[2])
    assert path.parent == tmp_path / "data" and png_size(path)[0] > 500


def test_a_picture_that_cannot_be_written_is_a_fault(tmp_path: Path, comfyui: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    picture = tmp_path / "file/window.png"
    done = program(tmp_path, "--comfyui", str(comfyui), "--screenshot", str(picture), QT_QPA_PLATFORM="offscreen")
    assert (done.returncode, done.stdout) == (1, "") and str(picture) in done.stderr and "Traceback" not in done.stderr


def test_help_and_version(call: Any) -> None:
    for option in ("--help", "--version"):
        code, out, err = call(option)
        assert (code, err) == (0, "") and "odel" in out


LINK = "https://civitai.com/models/900030?modelVersionId=9000302"


@pytest.mark.parametrize(
    ("words", "outside", "rest"),
    [
        ([LINK], [LINK], []),
        (["--theme", "dark", LINK, "comfy-models:" + LINK], [LINK, "comfy-models:" + LINK], ["--theme", "dark"]),
        (["--search", LINK], [], ["--search", LINK]),
        (["--search=" + LINK, "."], ["."], ["--search=" + LINK]),
        (["--demo", "--", "--data-dir", "x"], ["--data-dir", "x"], ["--demo"]),
        (["scan", LINK], [], ["scan", LINK]),
        (["urn:air:sdxl:lora:civitai:1@2"], ["urn:air:sdxl:lora:civitai:1@2"], []),
        (["nonsense"], [], ["nonsense"]),
    ],
)
def test_links_and_files_are_told_from_commands(words: list[str], outside: list[str], rest: list[str]) -> None:
    assert cli._outside(words, cli._parser()) == (rest, outside)


def test_a_folder_named_like_a_command_is_no_reason_to_miss_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scan").mkdir()
    assert cli._outside(["scan"], cli._parser()) == (["scan"], [])


def test_a_command_takes_no_links(call: Any) -> None:
    code, _, err = call(LINK, "scan")
    assert code == 2 and "for the window" in err

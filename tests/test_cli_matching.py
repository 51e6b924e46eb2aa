"""The commands fetch, hash and updates, as programs of their own beside a double of the sites; also when they are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteVersion
from model_manager.core.formats.write import safetensors_bytes
from tests.double import Double
from tests.double.faults import stall

ROOT = Path(__file__).resolve().parents[1]
FIELDS = {"path", "state", "sha256", "model_id", "version_id", "reason"}


def lora(mark: str) -> bytes:
    tensors = {"lora_unet_x.lora_down.weight": ("F16", [4, 8])}
    return safetensors_bytes(tensors, {"ss_output_name": mark}, lambda _, size: mark.encode().ljust(size, b"\1")[:size])


class Program:
    """The command line with a library of its own."""

    def __init__(self, folder: Path, double: Double) -> None:
        self.double, self.folder = double, folder
        self.loras = folder / "ComfyUI" / "models" / "loras"
        self.loras.mkdir(parents=True)
        (folder / "ComfyUI" / "main.py").touch()
        (folder / "ComfyUI" / "folder_paths.py").touch()
        self.environ = os.environ | double.environ

    def words(self, *words: str) -> list[str]:
        named = ("--data-dir", str(self.folder / "data"), "--comfyui", str(self.folder / "ComfyUI"))
        return [sys.executable, "-m", "model_manager", *named, *words]

    def run(self, *words: str) -> tuple[int, list[Any], str]:
        """Run a command with --json; exit code, answer, stderr."""
        done = subprocess.run(self.words(*words, "--json"), cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=120)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.words(*words), cwd=ROOT, env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with Double() as double:
        yield Program(tmp_path, double)


def test_fetch_hash_and_updates(program: Program) -> None:
    for name in ("fox", "owl", "mine"):
        (program.loras / f"{name}.safetensors").write_bytes(lora(name))
    model = program.double.add_model(lora("fox"), "fox.safetensors")
    program.double.add_model(lora("owl"), "owl.safetensors")
    code, found, err = program.run("fetch", "fox", "--details", "--wait")
    assert code == 0 and "Details for 1 model" in err
    (fox,) = found
    assert fox.keys() == FIELDS and (fox["state"], fox["model_id"], fox["version_id"]) == ("done", model.id, model.id + 1)
    code, found, err = program.run("fetch", "--details")
    assert {Path(one["path"]).stem: one["state"] for one in found} == {"fox": "unchanged", "owl": "done", "mine": "not_found"}
    assert code == 0 and next(one for one in found if one["state"] == "not_found")["reason"]
    assert program.run("fetch")[1][0]["reason"] == "It has no picture that may be shown."
    program.double.forget()
    assert program.run("fetch")[0] == 0 and program.double.log == []
    code, found, err = program.run("hash")
    assert code == 0 and len(found) == 3 and all(len(one["sha256"]) == 64 and one["state"] == "done" for one in found)
    (program.loras / "new.safetensors").write_bytes(lora("new"))
    code, found, err = program.run("hash", "new", "--wait")
    assert [one["state"] for one in found] == ["done"] and "1 file hashed" in err
    assert program.run("updates")[1] == []
    file = SiteFile(5_000_002, "fox2.safetensors", Whole("fox2", lora("fox 2")))
    model.versions.insert(0, SiteVersion(5_000_001, "v2.0", "SDXL 1.0", [file], published="2026-07-01T00:00:00.000Z"))
    code, found, err = program.run("updates", "--wait")
    (update,) = found
    assert (update["state"], update["version_id"], update["is_new"], update["here"]["version_id"]) == (
        "update",
        5_000_001,
        True,
        model.id + 1,
    )
    assert program.run("updates")[1][0]["is_new"] is False


def test_an_answer_for_people(program: Program) -> None:
    (program.loras / "mine.safetensors").write_bytes(lora("mine"))
    done = subprocess.run(program.words("fetch"), cwd=ROOT, env=program.environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.startswith("not_found\t") and "not on Civitai" in done.stdout


def test_a_query_that_matches_nothing_asks_nothing(program: Program) -> None:
    assert program.run("fetch", "nothing") == (0, [], "")
    assert program.run("hash", "nothing")[:2] == (0, [])
    assert program.double.log == []
    assert program.run("fetch", "size>huge")[0] == 2


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_killed_in_the_middle_it_goes_on(program: Program) -> None:
    """Killed while it writes details, and while it waits for an answer: what was asked and written is not asked again."""
    count = 240
    for number in range(count):
        name = f"m{number:03}.safetensors"
        (program.loras / name).write_bytes(lora(name))
        program.double.add_model(lora(name), name)
    for hold in (stall(30, -1, on="civitai POST", skip=1, count=1), stall(30, -1, on=r"civitai GET /api/v1/models\?", skip=1, count=1)):
        program.double.faults[:] = [hold]
        seen = len(program.double.log)
        process = program.start("fetch", "--details")
        deadline = time.monotonic() + 60
        while (
            not any("stall" in one.faults for one in program.double.log[seen:]) and process.poll() is None and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
    assert 0 < len(list(program.loras.glob("*.info"))) < count
    program.double.faults.clear()
    code, found, _ = program.run("fetch", "--details")
    assert code == 0 and {one["state"] for one in found} <= {"done", "unchanged"} and len(found) == count
    assert all(json.loads(path.read_text("utf-8"))["id"] for path in program.loras.glob("*.info"))
    assert len(list(program.loras.glob("*.info"))) == count and len(program.double.seen("POST .*by-hash")) <= 5

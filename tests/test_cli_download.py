"""The command `download`: what it stores, what it says, and that a kill at any moment costs next to nothing."""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.double import FOX, Double, cases, faults

ROOT = Path(__file__).resolve().parents[1]
# the program with segments for small files, as a process that can be killed
IN_SEGMENTS = """
import sys
from model_manager.core.online import filling, partials, reading
filling.SPLIT_FROM, reading.PROBE_SECONDS, partials.SAVE_EVERY = 1_000_000, 0.05, 0.05
from model_manager.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


class Program:
    """The program on the command line, with folders of its own."""

    def __init__(self, folder: Path, double: Double) -> None:
        self.models = folder / "ComfyUI" / "models"
        for kind in ("loras", "checkpoints"):
            (self.models / kind).mkdir(parents=True)
        self.data = folder / "data"
        self.environ = {**os.environ, **double.environ, "MODEL_MANAGER_DATA": str(self.data)}
        for name in ("CIVITAI_API_TOKEN", "HF_TOKEN"):
            self.environ.pop(name, None)

    def start(self, *words: str, start: tuple[str, ...] = ("-m", "model_manager")) -> "subprocess.Popen[str]":
        command = [sys.executable, *start, "--comfyui", str(self.models.parent), *words]
        return subprocess.Popen(command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words: str) -> tuple[int, list[dict[str, object]], str]:
        process = self.start(*words, "--json")
        out, said = process.communicate(timeout=100)
        return process.returncode, [json.loads(line) for line in out.splitlines()], said


@pytest.fixture
def program(tmp_path: Path, double: Double) -> Program:
    return Program(tmp_path, double)


def test_waiting_brings_the_model_and_tells_of_it(program: Program) -> None:
    code, (task,), _ = program.run("download", f"https://civitai.com/models/{FOX}", "--wait")
    assert (code, task["state"], task["done"]) == (0, "done", task["total"])
    assert Path(str(task["path"])).is_file()
    assert {"id", "state", "title", "path", "reason", "code", "done", "total"} <= task.keys()
    code, (again,), said = program.run("download", f"https://civitai.com/models/{FOX}", "--wait")
    assert (code, again["id"]) == (0, task["id"])
    assert "already here" in said


def test_without_waiting_tasks_are_stored_and_go_on_later(program: Program, double: Double) -> None:
    links = [f"https://civitai.com/models/{FOX}", "no link at all", f"https://civitai.com/models/{cases.NEEDS_KEY}"]
    code, tasks, said = program.run("download", *links, "--to", "loras/style")
    assert (code, [task["state"] for task in tasks]) == (2, ["queued", "queued"])
    assert "no link at all" in said
    assert double.seen() == []
    assert [task["id"] for task in program.run("download", *links, "--to", "loras/style")[1]] == [task["id"] for task in tasks]
    code, tasks, _ = program.run("tasks", "--wait")
    assert code == 1
    assert [(task["state"], task["code"]) for task in tasks] == [("done", ""), ("failed", "needs_key")]
    assert Path(str(tasks[0]["path"])).parent == program.models / "loras" / "style"


@pytest.mark.parametrize("words", [("--to", "nowhere"), ("--to", "loras/../.."), ("--name", "x", "https://civitai.com/models/2000")])
def test_what_cannot_be_right_is_told_before_anything_is_stored(program: Program, words: tuple[str, ...]) -> None:
    code, tasks, said = program.run("download", "https://civitai.com/models/1000", *words)
    assert (code, tasks) == (2, [])
    assert len(said.strip()) > 20
    assert program.run("tasks")[1] == []


def test_no_folder_is_told_plainly(program: Program) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "model_manager", "download", "https://civitai.com/models/1000"],
        cwd=ROOT, env=program.environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert process.returncode == 2
    assert "No folder is known yet" in process.stderr


@pytest.mark.parametrize("start", [("-m", "model_manager"), ("-c", IN_SEGMENTS)], ids=["one line", "segments"])
def test_kills_at_any_moment(program: Program, double: Double, start: tuple[str, ...]) -> None:
    rng = random.Random(7)
    model = double.add_big("unkillable", 8)
    data = hashlib.sha256(bytes_of(double, model))
    double.faults = [faults.slow(1_500_000)]
    link, kills = double.page(model), 0
    part = program.models / "loras" / "unkillable.safetensors.part"
    while kills < 8:
        process = program.start("download", link, "--to", "loras", "--wait", start=start)
        until = time.monotonic() + 30
        while not part.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.2, 1.2))
        if process.poll() is not None:
            process.communicate()
            break
        process.kill()
        process.communicate()
        kills += 1
    double.faults = []
    code, tasks, _ = program.run("tasks", "--wait")
    assert (code, [task["state"] for task in tasks]) == (0, ["done"])
    path = Path(str(tasks[0]["path"]))
    assert hashlib.sha256(path.read_bytes()).digest() == data.digest()
    assert kills >= 3
    # what the server had sent into a connection when its other end was killed is lost: some 64 kB and what the system holds
    assert double.twice("storage GET /model") < (kills + 1) * 4 * 700_000
    assert [name for name in os.listdir(path.parent) if name.endswith(".part")] == []
    assert list((program.data / "downloads").glob("*")) == []


def bytes_of(double: Double, model: object) -> bytes:
    content = double.file(model.shown[0].files[0].id).content  # type: ignore[attr-defined]
    found = bytearray()
    while len(found) < content.size:
        found += content.read(len(found), content.size - len(found))
    return bytes(found)

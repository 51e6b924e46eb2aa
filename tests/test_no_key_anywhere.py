"""A whole life with keys and faults, everything logged: afterwards no file, no output and no storage host has seen a key."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.double import FOX, Double, cases, faults

ROOT = Path(__file__).resolve().parents[1]
NAMES = {"cut", "expired", "busy", "server_error", "html_page"}


def troubles() -> list[faults.Fault]:
    """Faults at every kind of host, each met by some of the downloads."""
    return [
        faults.cut(300_000, count=3),
        faults.expired(on="storage GET", count=2),
        faults.busy("0", on="civitai GET /api/download", count=2),
        faults.server_error(on="civitai GET /api/v1", count=2),
        faults.html_page(on="storage GET", skip=6, count=1),
    ]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(troubles()) as made:
        made.site.lifetime = 5.0
        yield made


class Life:
    """A data folder, a library, and all that was said."""

    def __init__(self, folder: Path, double: Double) -> None:
        self.folder, self.double = folder, double
        self.said = ""
        for kind in ("loras", "checkpoints", "vae"):
            (folder / "ComfyUI" / "models" / kind).mkdir(parents=True)

    def live(self, how: str, commands: list[list[str]], **environ: str) -> list[int]:
        """Carry out commands; returns their exit codes."""
        known = {name: value for name, value in os.environ.items() if "TOKEN" not in name and "API_KEY" not in name}
        known |= {**self.double.environ, **environ, "MODEL_MANAGER_DATA": str(self.folder / "data"), "PYTHONPATH": str(ROOT)}
        words = [["--comfyui", str(self.folder / "ComfyUI"), *command] for command in commands]
        command = [sys.executable, str(ROOT / "tests" / "life_with_a_key.py"), how, json.dumps(words)]
        done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, timeout=120)
        self.said += done.stdout + done.stderr
        assert done.returncode == 0, done.stderr
        codes: list[int] = json.loads(done.stdout.splitlines()[-1])
        return codes

    def files(self) -> dict[str, bytes]:
        """All files there are now, and what was said."""
        found = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        return {**found, "what was said": self.said.encode("utf-8")}

    def places_of(self, key: str) -> list[str]:
        """Where a key is, in any of its spellings: plain, quoted, in two bytes a letter, in base64 at any offset."""
        plain = key.encode("ascii")
        spellings = {plain, quote(key, safe="").encode(), key.encode("utf-16-le"), plain[::-1]}
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + plain)
            spellings.add(whole[4:-4])
        return [name for name, data in self.files().items() if any(spelling in data for spelling in spellings)]

    def show_nothing(self) -> None:
        """No key anywhere; and what was searched is not empty."""
        names = {Path(name).name for name in self.files()}
        assert {"tasks.sqlite", "model-manager.log"} <= names, names
        for key in (self.double.key, self.double.token):
            assert self.places_of(key) == []
        assert self.double.leaks() == []


@pytest.fixture
def life(tmp_path: Path, double: Double) -> Life:
    return Life(tmp_path, double)


def commands_for(double: Double) -> list[list[str]]:
    """Downloads from every site, of which some fail, then details, hashes, news of updates, and the list."""
    civitai = f"https://civitai.com/models/{cases.NEEDS_KEY}"
    pasted = f"https://civitai.com/api/download/models/{FOX}0?token={double.key}"  # as people copy it from other tools' notes
    return [
        ["download", civitai, f"https://civitai.com/models/{FOX}", "--to", "loras", "--wait", "--json"],
        ["download", f"https://huggingface.co/{cases.GATED_REPO}", "--to", "checkpoints", "--wait"],
        ["download", double.page(double.add_big("slow fox", 2)), double.plain("a/b.safetensors", b"no model"), "--to", "loras", "--wait"],
        ["download", pasted, "--to", "loras", "--wait"],
        ["download", f"https://civitai.com/models/{cases.EARLY}", f"https://civitai.com/models/{cases.PRIVATE}", "--to", "vae", "--wait"],
        ["scan"],
        ["hash"],
        ["fetch", "--force", "--details", "--previews"],
        ["updates"],
        ["tasks", "--json"],
        ["list", "--json"],
    ]


@pytest.mark.parametrize("how", ["environment", "keychain"])
def test_a_life_with_keys_leaves_none(life: Life, double: Double, how: str) -> None:
    keys = ("KEY", "TOKEN") if how == "keychain" else ("CIVITAI_API_TOKEN", "HF_TOKEN")
    codes = life.live(how, commands_for(double), **dict(zip(keys, (double.key, double.token), strict=True)))
    assert codes[0] == 0, life.said
    used = {seen.role for seen in double.log if double.key in str(seen.headers) or double.token in str(seen.headers)}
    assert used == {"civitai", "huggingface"}, "the keys were in use, but never at storage"
    assert {name for seen in double.log for name in seen.faults} == NAMES
    assert len(list((life.folder / "ComfyUI").rglob("*.safetensors"))) >= 4, life.said
    life.show_nothing()


def test_keys_that_are_refused_are_not_told_either(life: Life, double: Double) -> None:
    double.site.keys.clear()
    double.site.tokens.clear()
    commands = commands_for(double)[:4]
    life.live("environment", commands, CIVITAI_API_TOKEN=double.key, HF_TOKEN=double.token)
    assert any(seen.status == 401 for seen in double.log)
    life.show_nothing()


def test_the_trace_of_a_fault_of_ours_has_no_key(life: Life, double: Double) -> None:
    link = f"https://civitai.com/models/{cases.NEEDS_KEY}"
    codes = life.live("broken", [["download", link, "--to", "loras", "--wait"]], CIVITAI_API_TOKEN=double.key, HF_TOKEN=double.token)
    assert codes == [1]
    log = (life.folder / "data" / "model-manager.log").read_text("utf-8")
    assert "RuntimeError" in log and "ValueError" in log and "life_with_a_key.py" in log, "there is a trace"
    life.show_nothing()


def test_the_search_finds_what_is_there(life: Life, double: Double) -> None:
    """A key in a database, in base64, quoted in an output."""
    (life.folder / "basic").write_bytes(base64.b64encode(f"x:{double.key}".encode()))
    (life.folder / "wide").write_bytes(double.token.encode("utf-16-le"))
    life.said = quote(double.key)
    assert [Path(place).name for place in life.places_of(double.key)] == ["basic", "what was said"]
    assert [Path(place).name for place in life.places_of(double.token)] == ["wide"]

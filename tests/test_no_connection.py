"""Who only looks at a library stays alone: no connection, no look-up of a name, no keychain, not even the modules for them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_library import NAMES, make_library

ROOT = Path(__file__).resolve().parents[1]
PICTURE = "https://image.civitai.com/x/width=450/1.jpeg"
PAGE = "https://civitai.com/api/download/models/5"
STAGES = ("start", "browsed", "looked at tasks and links", "settings", "end")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a visit to a library found that has all that could tempt: pages, pictures on the web, a saved key, a task that waits."""
    folder = tmp_path_factory.mktemp("visit")
    comfyui = make_library(folder)
    told = {"id": 5, "modelId": 4, "model": {"name": "brush"}, "images": [{"url": PICTURE}], "downloadUrl": PAGE}
    (comfyui / "models/loras/style/brush.civitai.info").write_text(json.dumps(told), "utf-8")
    (comfyui / "models/loras/style/brush.md").write_text(f"![a picture]({PICTURE}) and https://civitai.com/models/4\n", "utf-8")
    data = folder / "data"
    data.mkdir()
    (data / "keychain.json").write_text('["civitai", "huggingface"]', "utf-8")
    environ = {**os.environ, "MODEL_MANAGER_DATA": str(data), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    environ = {name: value for name, value in environ.items() if "TOKEN" not in name and "API_KEY" not in name}
    environ["QT_QPA_PLATFORM"] = "offscreen"
    _pause_a_download(comfyui, environ)
    command = [sys.executable, str(ROOT / "tests" / "quiet_browsing.py"), str(comfyui)]
    done = subprocess.run(command, cwd=ROOT, env={**environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _pause_a_download(comfyui: Path, environ: dict[str, str]) -> None:
    """Leave a task on the list that the person has stopped."""
    for words in (["download", "https://civitai.com/models/900030"], ["tasks", "pause", "all"]):
        command = [sys.executable, "-m", "model_manager", "--comfyui", str(comfyui), *words]
        subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True, timeout=60)


def test_the_visit_saw_the_library(visit: dict[str, Any]) -> None:
    assert visit["code"] == 0 and visit["models"] == len(NAMES)
    assert set(STAGES) <= visit.keys()
    assert visit["a connection"]["reached"] == ["socket.connect ('127.0.0.1', 9)"], "the hook hears"


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_reached_for(visit: dict[str, Any], stage: str) -> None:
    assert visit[stage]["reached"] == []


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_only_for_the_network_is_not_even_loaded(visit: dict[str, Any], stage: str) -> None:
    """Who opens the page with the keys asks where they are: then the keychain is looked into, not before."""
    barred = {"requests", "urllib3", "keyring"} if STAGES.index(stage) < STAGES.index("settings") else {"requests", "urllib3"}
    assert not barred & set(visit[stage]["loaded"])

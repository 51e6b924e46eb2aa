"""The demo's own internet: started when it is asked for, knows the files of the demo library, ends with the program."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from model_manager.core.demo import build_demo
from model_manager.core.demo.papers import number_of
from model_manager.core.demo.site_offers import known_models
from model_manager.core.demo.site_process import DemoSite
from model_manager.core.demo.sparse import keeps_holes
from model_manager.core.errors import NetworkFault
from model_manager.core.processes import own_program

AGENT = {"User-Agent": "ComfyModelManager/1.0"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DemoSite]:
    site = DemoSite(tmp_path)
    yield site
    site.close()


def test_it_serves_until_it_is_closed(site: DemoSite) -> None:
    found = site.environ()
    assert found.keys() == {"CIVITAI_ENDPOINT", "HF_ENDPOINT", "GITHUB_ENDPOINT"}
    assert site.environ() == found
    items = requests.get(found["CIVITAI_ENDPOINT"] + "/api/v1/models?limit=20", headers=AGENT).json()["items"]
    assert len(items) == 20
    site.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(found["CIVITAI_ENDPOINT"], headers=AGENT)


def test_it_ends_when_its_parent_does() -> None:
    command, environment = own_program("--demo-site", "small")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None and process.stdin is not None
    assert b"CIVITAI_ENDPOINT" in process.stdout.readline()
    process.stdin.close()
    assert process.wait(50) == 0
    process.stdout.close()


def test_it_says_so_when_it_cannot_be_started(site: DemoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.demo.site_process.own_program", lambda *words: (["/nowhere/at/all"], {}))
    with pytest.raises(NetworkFault):
        site.environ()


def test_it_knows_the_files_of_the_demo_library(site: DemoSite, tmp_path: Path) -> None:
    models = build_demo(tmp_path / "demo") / "models"
    some = [model for model in known_models() if model.path.startswith(("loras/style", "loras/unsorted", "embeddings", "upscale_models"))]
    marks = {hashlib.sha256((models / model.path).read_bytes()).hexdigest(): model for model in some}
    answer = requests.post(f"{site.environ()['CIVITAI_ENDPOINT']}/api/v1/model-versions/by-hash", json=list(marks), headers=AGENT).json()
    assert {version["modelId"] for version in answer} == {number_of(model) for model in some}
    assert "Lantern Alley" in {version["model"]["name"] for version in answer}, "a nameless file gets its name"
    file = next(file for version in answer for file in version["files"] if file["name"] == "poster-shapes.safetensors")
    size = (models / "loras/style/poster-shapes.safetensors").stat().st_size
    assert round(file["sizeKB"] * 1024) == size
    assert (size > 5_000_000) == keeps_holes(tmp_path)

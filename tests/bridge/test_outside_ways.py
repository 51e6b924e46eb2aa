"""The ways in from outside as signals, and a demo that asks its own site only when it is asked."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent, QImage
from pytestqt.qtbot import QtBot

from model_manager.bridge.jobs import Runner
from model_manager.bridge.online import Online
from model_manager.bridge.outside import Outside
from model_manager.core.demo import site_process
from model_manager.core.demo.pictures import paint
from model_manager.core.demo.site_video import mp4_bytes
from model_manager.core.online.outside import Errand
from model_manager.core.online.records import Search
from model_manager.core.processes import own_program
from model_manager.core.settings import Settings

LINK = "https://civitai.com/models/900030"


def told_by(outside: Outside) -> list[tuple[str, Any]]:
    told: list[tuple[str, Any]] = []
    outside.front_wanted.connect(lambda: told.append(("front", None)))
    outside.search_came.connect(lambda text: told.append(("search", text)))
    outside.files_came.connect(lambda paths: told.append(("files", paths)))
    outside.links_came.connect(lambda links: told.append(("links", links)))
    return told


def test_an_errand_is_told_part_by_part(qtbot: QtBot) -> None:
    outside = Outside(None)
    told = told_by(outside)
    outside.tell(Errand((LINK,), ("/a",), "ink"))
    outside.tell(Errand())
    assert told == [("search", "ink"), ("files", ["/a"]), ("links", [LINK])]
    outside.close()


def test_macos_gives_links_and_files_as_events(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    outside = Outside(None)
    monkeypatch.undo()
    told = told_by(outside)
    app = QCoreApplication.instance()
    assert app is not None
    (tmp_path / "a.safetensors").touch()
    for url in (QUrl("comfy-models:" + LINK), QUrl.fromLocalFile(str(tmp_path / "a.safetensors")), QUrl("comfy-models:javascript:x")):
        QCoreApplication.sendEvent(app, QFileOpenEvent(url))
    assert [what for what in told if what[0] != "front"] == [("links", [LINK]), ("files", [str(tmp_path / "a.safetensors")])]
    outside.close()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The processes that a demo site starts."""
    found: list[Any] = []
    start = subprocess.Popen

    def kept(*args: Any, **names: Any) -> Any:
        found.append(start(*args, **names))
        return found[-1]

    monkeypatch.setattr(site_process.subprocess, "Popen", kept)
    return found


def test_a_demo_asks_its_own_site_when_it_is_first_asked(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, started: list[Any]
) -> None:
    runner = Runner()
    online = Online(runner, tmp_path, Settings())
    online.lead_to_demo(tmp_path)
    assert started == []
    answers: list[Any] = []
    online.ask(lambda sites, work: sites.civitai.search(Search(text="ink wash"), work=work), done=answers.append, failed=answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=30_000)
    assert {offer.name for offer in answers[0].offers} == {"Ink Wash", "Ink Wash Colour"}
    online.renew()
    assert online.sites().endpoints.civitai.startswith("http://127.0.0.1:")
    assert len(started) == 1
    online.close()
    assert started[0].poll() is not None
    assert runner.close(5)


def test_a_mirror_that_was_named_is_asked_instead(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, started: list[Any]
) -> None:
    monkeypatch.setenv("CIVITAI_ENDPOINT", "http://127.0.0.1:9")
    runner = Runner()
    online = Online(runner, tmp_path, Settings())
    online.lead_to_demo(tmp_path)
    assert online.sites().endpoints.civitai == "http://127.0.0.1:9"
    assert started == []
    online.close()
    assert runner.close(5)


def test_videos_of_the_demo_site_play(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(mp4_bytes([paint("sea", "dusk", 1).resize((128, 192))] * 6))
    command, environment = own_program("--poster", str(path))
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=True)
    image = QImage.fromData(done.stdout)
    assert (image.width(), image.height()) == (128, 192)


def test_what_is_loaded_before_the_window_shows_knows_no_links_yet() -> None:
    code = "import sys, model_manager.app, model_manager.bridge.outside; print([name for name in sys.modules if 'online.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['model_manager.core.online.outside']"

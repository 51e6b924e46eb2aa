"""Pictures of Civitai for a new thumbnail: asked for only by a click, levels, faults, use, and many at once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot
from small_library import lora_bytes

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SitePicture, SiteVersion
from model_manager.core.previews.records import CIVITAI, DRAWN
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.pictures.bulk_dialog import BulkDialog
from model_manager.ui.pictures.dialog import RegenerateDialog
from tests.double import Double
from tests.double.faults import missing

SECONDS = 30_000
VERSION = "civitai GET /api/v1/model-versions"


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def loras(tmp_path: Path, double: Double) -> Path:
    """Two models that name their version, with three pictures each on the site (one of them for adults), and one that does not."""
    folder = tmp_path / "ComfyUI/models/loras"
    folder.mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").write_text("")
    for number, mark in enumerate(("fox", "owl"), 1):
        (folder / f"{mark}.safetensors").write_bytes(lora_bytes(mark))
        (folder / f"{mark}.info").write_text(json.dumps({"modelId": number * 100, "id": number * 100 + 1}))
        pictures = [SitePicture(number * 100 + 10 + place, ("facets", "ice"), level=level) for place, level in enumerate((1, 1, 16))]
        files = [SiteFile(number * 100 + 2, f"{mark}.safetensors", Whole(mark, lora_bytes(mark)))]
        version = SiteVersion(number * 100 + 1, "v1", "SDXL 1.0", files, pictures)
        double.site.add(SiteModel(number * 100, f"Paper {mark}", "LORA", [version]))
    (folder / "mine.safetensors").write_bytes(lora_bytes("mine"))
    return folder


@pytest.fixture
def window(
    loras: Path, open_window: Callable[..., MainWindow], double: Double, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> Iterator[MainWindow]:
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    made = open_window(Settings(comfyui_dirs=[str(loras.parent.parent)]), size=(1000, 650))
    yield made
    if made.pictures.dialog is not None:
        made.pictures.dialog.close()
    qtbot.waitUntil(lambda: made.session.runner.is_idle, timeout=SECONDS)


def opened(window: MainWindow, qtbot: QtBot, name: str) -> RegenerateDialog:
    window.select_name(name)
    window.pictures.regenerate()
    dialog = window.pictures.dialog
    assert isinstance(dialog, RegenerateDialog)
    qtbot.waitUntil(lambda: dialog._choices is not None and window.session.runner.is_idle, timeout=SECONDS)
    return dialog


def choose(dialog: RegenerateDialog) -> None:
    """Go to the source by the keyboard."""
    dialog.sources.setCurrentIndex(dialog.sources.tiles.index(dialog.sources.tiles.row_of(CIVITAI)))


def test_a_picture_of_civitai_becomes_the_preview(window: MainWindow, loras: Path, double: Double, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot, "fox")
    choose(dialog)
    assert dialog.web.isVisible() and dialog.web.button.text() == "Look at Civitai" and not dialog.strip.isVisible()
    assert double.log == [], "going there asks nothing"
    height = dialog.height()
    dialog.web.button.click()
    qtbot.waitUntil(lambda: dialog.strip.tiles.rowCount() == 2 and not dialog.strip.tiles.missing(), timeout=SECONDS)
    assert dialog.strip.isVisible() and not dialog.web.isVisible() and dialog.height() == height
    dialog.strip.setCurrentIndex(dialog.strip.tiles.index(1))
    qtbot.waitUntil(lambda: window.session.runner.is_idle and not dialog._choosing._timer.isActive(), timeout=SECONDS)
    dialog.use.click()
    qtbot.waitUntil(lambda: window.pictures.dialog is None and window.session.runner.is_idle, timeout=SECONDS)
    with Pillow.open(loras / "fox.preview.png") as picture:
        assert max(picture.size) == 1024


def test_a_click_on_the_source_looks(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot, "fox")
    tile = dialog.sources.tiles.tile(dialog.sources.tiles.row_of(CIVITAI))
    choose(dialog)
    dialog.sources.tile_clicked.emit(tile)
    qtbot.waitUntil(lambda: dialog.strip.tiles.rowCount() == 2, timeout=SECONDS)
    assert len(double.seen(VERSION)) == 1


def test_a_model_that_cannot_be_asked_for_has_no_such_source(window: MainWindow, qtbot: QtBot) -> None:
    assert opened(window, qtbot, "mine").sources.tiles.row_of(CIVITAI) == -1


def test_faults_and_levels_are_told_where_the_pictures_would_be(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    version = double.site.models[100].versions[0]
    version.pictures = [SitePicture(150, ("facets", "ice"), level=16)]
    double.faults.append(missing(on=VERSION, count=1))
    dialog = opened(window, qtbot, "fox")
    choose(dialog)
    dialog.web.button.click()
    qtbot.waitUntil(lambda: dialog._choosing.web.fault is not None, timeout=SECONDS)
    assert dialog.web.button.text() == "Try again" and dialog.web._text.text()
    dialog.web.button.click()
    qtbot.waitUntil(lambda: "hidden" in dialog.web._text.text(), timeout=SECONDS)
    asked: list[bool] = []
    window.pictures.settings_asked.disconnect()
    window.pictures.settings_asked.connect(lambda: asked.append(True))
    dialog.web.button.click()
    assert asked == [True]
    window.session.settings.adult_level = 31
    window.desk.settings.level_changed.emit()
    qtbot.waitUntil(lambda: dialog.strip.tiles.rowCount() == 1, timeout=SECONDS)


def test_many_at_once_when_it_is_chosen(window: MainWindow, loras: Path, double: Double, qtbot: QtBot) -> None:
    window.grid.selectAll()
    window.pictures.regenerate()
    dialog = window.pictures.dialog
    assert isinstance(dialog, BulkDialog)
    qtbot.waitUntil(lambda: dialog._planned is not None and window.session.runner.is_idle, timeout=SECONDS)
    boxes = {box.text(): box for box in dialog.findChildren(QCheckBox)}
    assert not boxes["From Civitai"].isChecked() and double.log == []
    boxes["From Civitai"].click()
    qtbot.waitUntil(lambda: dialog._planned is not None and window.session.runner.is_idle, timeout=SECONDS)
    assert dialog._planned is not None and dialog._planned.plan.counts == {CIVITAI: 2, DRAWN: 1}
    assert len(double.seen("civitai GET")) == 1, "one request for all"
    with qtbot.waitSignal(window.pictures.previews.reported, timeout=SECONDS):
        dialog.start.click()
    assert all((loras / f"{name}.preview.png").exists() for name in ("fox", "owl", "mine"))
    assert len(double.seen("civitai GET")) == 1

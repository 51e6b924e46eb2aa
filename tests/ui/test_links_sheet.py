"""Links in the window: understood at once, looked up at the double of the sites, planned, downloaded."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.core.settings import Settings
from model_manager.core.tasks.states import DONE
from model_manager.ui.drop_zone import links_in
from model_manager.ui.links.sheet import LinkSheet
from model_manager.ui.main_window import MainWindow
from tests.double import FOX, Double, cases

SECONDS = 30_000
OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def window(tmp_path: Path, open_window: OpenWindow, double: Double, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window on an empty library whose sites are the double."""
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    comfyui = tmp_path / "ComfyUI"
    for kind in ("checkpoints", "loras", "vae"):
        (comfyui / "models" / kind).mkdir(parents=True)
    (comfyui / "main.py").write_text("")
    return open_window(Settings(comfyui_dirs=[str(comfyui)]))


def shown(window: MainWindow, text: str, qtbot: QtBot) -> LinkSheet:
    """The sheet with these links, when everything is looked up and planned."""
    window.links.show(text)
    sheet = window.links._sheet
    assert sheet is not None
    picks = window.links.links.picks

    def is_settled() -> bool:
        return bool(window.links.links.picks) and all((p.plans or p.fault) and not p.is_busy for p in window.links.links.picks.values())

    qtbot.waitUntil(is_settled, timeout=SECONDS)
    assert picks is not None
    return sheet


def button(sheet: LinkSheet, text: str) -> QPushButton:
    return next(one for one in sheet.findChildren(QPushButton) if one.text() == text)


def said(sheet: LinkSheet) -> list[str]:
    return [label.text() for label in sheet.findChildren(QLabel) if label.isVisible()]


def test_a_link_becomes_a_model_in_its_folder(window: MainWindow, double: Double, tmp_path: Path, qtbot: QtBot) -> None:
    sheet = shown(window, f"https://civitai.com/models/{FOX}?modelVersionId=9000302", qtbot)
    assert any("LoRA by its header" in text for text in said(sheet))
    QAbstractItemModelTester(sheet.offer.files.files, QAbstractItemModelTester.FailureReportingMode.Fatal)
    button(sheet, "Download").click()
    board = window.tasks.board
    qtbot.waitUntil(lambda: [task.state for task in board.model.tasks() if task.kind == "download"] == [DONE], timeout=SECONDS)
    task = next(task for task in board.model.tasks() if task.kind == "download")
    path = Path(task.path)
    assert path == tmp_path / "ComfyUI/models/loras/glass_fox_v2.safetensors" and path.stat().st_size == 2_097_296
    assert path.with_suffix(".info").exists() and path.with_suffix(".preview.png").exists()
    assert window.links._sheet is None
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 1 and window.is_quiet, timeout=SECONDS)


def test_bad_pieces_are_marked_and_the_rest_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, f"ftp://a/b\nhttps://civitai.com/models/{cases.SEVERAL}\nnot a link at all", qtbot)
    assert len(window.links.links.picks) == 1
    assert len(sheet.field.extraSelections()) == 2
    assert any("1 more cannot be used" in text for text in said(sheet))


def test_what_is_chosen_is_what_is_planned(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, f"https://civitai.com/models/{cases.SEVERAL}", qtbot)
    pick = next(iter(window.links.links.picks.values()))
    files = sheet.offer.files.files
    names = [str(files.index(row).data()) for row in range(files.rowCount())]
    files.toggle(names.index("night_ferry_vae.safetensors"))
    qtbot.waitUntil(lambda: len(window.links.links.wanted()) == 2, timeout=SECONDS)
    assert {plan.kind for _, plan in window.links.links.wanted()} == {"loras", "vae"}
    assert any(text.startswith("2 models") for text in said(sheet))
    window.links.links.set_options(pick, name="ferry")
    qtbot.waitUntil(lambda: pick.plan is not None and pick.plan.name == "ferry.safetensors" and not pick.is_busy, timeout=SECONDS)
    versions = sheet.offer.findChild(QComboBox)
    assert isinstance(versions, QComboBox)
    versions.setCurrentIndex(versions.count() - 1)
    qtbot.waitUntil(lambda: bool(pick.plans) and not pick.is_busy and pick.found.version.name == "v0.9", timeout=SECONDS)


def test_a_fault_is_said_with_what_mends_it(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    sheet = shown(window, "https://civitai.com/models/123456789", qtbot)
    assert any("does not have this" in text for text in said(sheet)) and not button(sheet, "Download").isEnabled()
    sheet.reject()
    sheet = shown(window, f"https://huggingface.co/{cases.PRIVATE_REPO}", qtbot)
    assert button(sheet, "Add key…").isVisible()
    button(sheet, "Add key…").click()
    key = window.desk.settings._sheets["huggingface"]
    key.row._field.setText(double.token)
    key.row._save.click()
    pick = next(iter(window.links.links.picks.values()))
    qtbot.waitUntil(lambda: pick.fault is None and bool(pick.found), timeout=SECONDS)
    key.close()
    assert double.leaks() == []


def test_nothing_is_asked_before_a_link_is_there(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    window.links.show()
    assert window.links._sheet is not None
    qtbot.wait(300)
    window.links._sheet.reject()
    assert double.log == []


def test_a_pasted_or_dropped_link_opens_the_sheet(window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(f"https://civitai.com/models/{FOX}")
    window.drop_in.paste()
    sheet = window.links._sheet
    assert sheet is not None and sheet.field.toPlainText() == f"https://civitai.com/models/{FOX}"
    window.drop_in.zone.links_dropped.emit("https://huggingface.co/a/b")
    assert sheet.field.toPlainText().splitlines() == [f"https://civitai.com/models/{FOX}", "https://huggingface.co/a/b"]
    sheet.reject()


@pytest.mark.parametrize(
    ("text", "urls", "expected"),
    [
        ("https://civitai.com/models/1", [], "https://civitai.com/models/1"),
        ("a note about https://civitai.com/models/1", [], ""),
        ("urn:air:sdxl:lora:civitai:1@2", [], "urn:air:sdxl:lora:civitai:1@2"),
        ("", ["https://a.b/c"], "https://a.b/c"),
        ("", ["file:///tmp/x.safetensors"], ""),
        ("", [], ""),
    ],
)
def test_links_are_told_from_other_text(text: str, urls: list[str], expected: str) -> None:
    mime = QMimeData()
    if text:
        mime.setText(text)
    if urls:
        mime.setUrls([QUrl(url) for url in urls])
    assert links_in(mime) == expected

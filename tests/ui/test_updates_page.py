"""Updates in the window, found by the real task at the double: looking, the list, side by side, ignoring and taking back, downloads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.core.demo.site_content import Whole
from model_manager.core.demo.site_records import SiteFile, SiteModel, SiteVersion
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.online.updates import FILE, MODEL, VERSION, ignored
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import DETAILS, DONE, UPDATES
from model_manager.ui.main_window import MainWindow
from model_manager.ui.sidebar_rows import UPDATES as PAGE
from model_manager.ui.updates.page import UpdatesPage
from tests.double import Double

SECONDS = 30_000
Key, Mod = Qt.Key, Qt.KeyboardModifier


def lora(mark: str) -> bytes:
    """A LoRA whose tensors depend on the mark, so that no hash of any sort is shared."""
    return safetensors_bytes({"lora_unet_x.lora_down.weight": ("F16", [4, 8])}, {}, lambda _, size: mark.encode().ljust(size, b"\1")[:size])


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def window(tmp_path: Path, open_window: Callable[..., MainWindow], double: Double, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """Two LoRAs that the site has, one of them in a newer version, too; and one that it does not know."""
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    loras = tmp_path / "ComfyUI/models/loras"
    loras.mkdir(parents=True)
    (tmp_path / "ComfyUI/main.py").write_text("")
    for number, mark in enumerate(("fox", "owl"), 1):
        (loras / f"{mark}.safetensors").write_bytes(lora(mark))
        files = [SiteFile(number * 100 + 2, f"{mark}.safetensors", Whole(mark, lora(mark)))]
        versions = [SiteVersion(number * 100 + 1, "v1", "SDXL 1.0", files, published="2026-01-01T00:00:00.000Z")]
        double.site.add(SiteModel(number * 100, f"Paper {mark}", "LORA", versions))
    new = SiteFile(112, "fox2.safetensors", Whole("fox2", lora("fox2, larger")))
    version = SiteVersion(111, "v2", "SDXL 1.0", [new], about="<p>Calmer colours.</p>", published="2026-06-01T00:00:00.000Z")
    double.site.models[100].versions.insert(0, version)
    (loras / "mine.safetensors").write_bytes(lora("mine"))
    return open_window(Settings(comfyui_dirs=[str(tmp_path / "ComfyUI")]), size=(1200, 800))


def ended(window: MainWindow, kind: str) -> bool:
    tasks = [task for task in window.tasks.board.model.tasks() if task.kind == kind]
    return bool(tasks) and all(task.state == DONE for task in tasks)


def fetch(window: MainWindow, qtbot: QtBot) -> None:
    """Have details fetched for all models, by the menu's entry."""
    window.grid.selectAll()
    menu = QMenu()
    window.online._add_entries(menu, window.selection.ids(2))
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: ended(window, DETAILS) and window.is_quiet, timeout=SECONDS)
    qtbot.waitUntil(lambda: any(window.session.model.card(row).name == "Paper fox" for row in range(3)), timeout=SECONDS)


def found(window: MainWindow, qtbot: QtBot) -> UpdatesPage:
    """The page, after a look has found something."""
    fetch(window, qtbot)
    window.pages.open(PAGE)
    page = window.online.updates.page
    assert page is not None
    page.look.click()
    qtbot.waitUntil(lambda: ended(window, UPDATES) and len(page.view.rows.rows) == 1, timeout=SECONDS)
    return page


def test_details_and_previews_are_fetched_from_the_menu(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    fetch(window, qtbot)
    loras = tmp_path / "ComfyUI/models/loras"
    assert '"modelId": 100' in (loras / "fox.info").read_text() and not (loras / "mine.info").exists()
    model = window.session.model

    def names() -> set[str]:
        return {model.card(row).name for row in range(model.rowCount())}

    qtbot.waitUntil(lambda: names() == {"Paper fox", "Paper owl", "mine"}, timeout=SECONDS)  # the folders are watched


def test_an_empty_page_asks_nothing(window: MainWindow, double: Double, qtbot: QtBot) -> None:
    window.pages.open(PAGE)
    page = window.online.updates.page
    assert page is not None and page.message.isVisible() and "newer versions?" in page.message.accessibleName()
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    button = QApplication.focusWidget()
    assert isinstance(button, QPushButton) and button.text() == "Look for updates" and double.log == []
    button.click()
    qtbot.waitUntil(lambda: ended(window, UPDATES) and "up to date" in page.message.accessibleName(), timeout=SECONDS)
    QTest.keyClick(page, Key.Key_Escape)
    assert not window.online.updates.is_shown and QApplication.focusWidget() is window.grid


def test_an_update_side_by_side(window: MainWindow, qtbot: QtBot) -> None:
    page = found(window, qtbot)
    QAbstractItemModelTester(page.view.rows, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    here = {fact.label: fact.value for fact in page.detail._here.facts()}
    new = {fact.label: fact.value for fact in page.detail._new.facts()}
    assert (here["Version"], here["File"], here["Published"]) == ("v1", "fox.safetensors", "2026-01-01")
    assert (new["Version"], new["File"], new["Published"]) == ("v2", "fox2.safetensors", "2026-06-01")
    assert "Calmer colours" in page.detail._changes._text.toPlainText()
    assert window.sidebar.count(PAGE) == 1
    row = next(row for row in range(3) if window.session.model.card(row).name == "Paper fox")
    assert window.session.model.card(row).badge == "Update"
    assert page._looked.text() == "Looked just now"
    page.detail._library.click()
    assert not window.online.updates.is_shown and window.selection.ids() == [window.session.model.id_at(row)]


def test_a_seen_update_is_not_new_any_more(window: MainWindow, qtbot: QtBot) -> None:
    page = found(window, qtbot)
    assert page.updates()[0].is_new
    window.pages.leave()
    window.pages.open(PAGE)
    qtbot.waitUntil(lambda: window.session.runner.is_idle, timeout=SECONDS)
    window.pages.leave()
    window.pages.open(PAGE)
    qtbot.waitUntil(lambda: not page.updates()[0].is_new, timeout=SECONDS)


def test_download_leads_to_the_sheet(window: MainWindow, qtbot: QtBot) -> None:
    page = found(window, qtbot)
    page.detail.download.click()
    sheet = window.links._sheet
    assert sheet is not None and "modelVersionId=111" in sheet.field.toPlainText()
    sheet.reject()


@pytest.mark.parametrize(("what", "words"), [(FILE, "this file"), (VERSION, "1 version"), (MODEL, "this model")])
def test_what_is_ignored_can_be_taken_back(window: MainWindow, tmp_path: Path, qtbot: QtBot, what: str, words: str) -> None:
    page, path = found(window, qtbot), str(tmp_path / "ComfyUI/models/loras/fox.safetensors")
    page.detail.ignore_asked.emit(what)
    qtbot.waitUntil(lambda: not page.view.rows.rows, timeout=SECONDS)
    kept = ignored(path)
    marks = [(FILE, kept.is_file), (VERSION, kept.versions == {111}), (MODEL, kept.models == {100})]
    assert [sort for sort, is_marked in marks if is_marked] == [what]
    assert window.sidebar.count(PAGE) == 0 and page.message.isVisible()
    page.ignored.click()
    qtbot.waitUntil(lambda: len(page.view.rows.rows) == 1, timeout=SECONDS)
    assert words in page.detail._about.text() and page.detail._back.isVisible() and not page.detail.download.isVisible()
    page.detail._back.click()
    qtbot.waitUntil(lambda: not page.view.rows.rows, timeout=SECONDS)
    page.open_ones.click()
    qtbot.waitUntil(lambda: len(page.view.rows.rows) == 1, timeout=SECONDS)
    assert ignored(path) == type(kept)()


def test_a_sidecar_that_cannot_be_written_is_told(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    page = found(window, qtbot)
    (tmp_path / "ComfyUI/models/loras/fox.info").write_text("{ broken")
    page.detail.ignore_asked.emit(FILE)
    qtbot.waitUntil(lambda: bool(window.problems.texts()), timeout=SECONDS)
    assert any("fox.info" in text for text in window.problems.texts())


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", "propagateSizeHints", "does not support raise")
def test_the_menu_of_an_update(window: MainWindow, qtbot: QtBot) -> None:
    page = found(window, qtbot)
    page.view.menu_asked.emit(QPoint(10, 10))
    menu = next(one for one in window.findChildren(QMenu) if one.isVisible())
    words = [action.text() for action in menu.actions()]
    assert words == ["Download…", "Show in library", "Open page", "Copy link", "Ignore"]
    menu.close()

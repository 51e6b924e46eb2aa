"""Links in the window: understood at once, looked up at the double of the sites, planned, downloaded."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from model_manager.bridge import tasks
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import DONE
from model_manager.ui.details.parts import TextLink
from model_manager.ui.drop_zone import links_in
from model_manager.ui.links.file_list import scan_words
from model_manager.ui.links.sheet import LinkSheet
from model_manager.ui.links.words import short_link
from model_manager.ui.main_window import MainWindow
from model_manager.ui.settings.dialog import ONLINE
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
    assert sheet.field.firstVisibleBlock().blockNumber() == 0, "all three lines are in sight"
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


def link(sheet: LinkSheet, text: str) -> TextLink:
    return next(one for one in sheet.findChildren(TextLink) if one.text() == text and one.isVisible())


def test_a_faulty_link_is_seen_in_the_list(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, "\n".join(f"https://civitai.com/models/{id_}" for id_ in (FOX, 123456789, cases.PICKLE)), qtbot)
    tiles = [sheet._list.tiles.tile(row) for row in range(3)]
    assert [(tile.title, tile.note, tile.tone) for tile in tiles] == [
        ("Glass Fox (sample)", "1 file · Civitai", ""), ("models/123456789", "Cannot be used · Civitai", "bad"),
        ("Old Embedding", "Unsafe · Civitai", "bad"),
    ]  # fmt: skip
    assert "does not have this" in str(sheet._list.tiles.index(1).data(Qt.ItemDataRole.ToolTipRole))
    scan = scan_words(window.links.links.picks[tiles[2].key].found.groups[0])
    assert scan == ("Unsafe: Dangerous import os.system", "bad"), "no marks of Markdown, one line"


def test_what_may_be_shown_changes_under_an_open_sheet(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    count = sheet.offer.strip.tiles.rowCount()
    link(sheet, "Change what is shown…").click()
    settings = window.desk.settings._dialog
    assert settings is not None and settings.isVisible() and settings._stack.currentIndex() == ONLINE
    settings.online._level.setCurrentIndex(4)
    assert sheet.offer.strip.tiles.rowCount() > count
    pick = next(iter(window.links.links.picks.values()))
    pick.picture = pick.found.version.images[-1]
    settings.online._level.setCurrentIndex(0)
    assert sheet.offer.strip.tiles.rowCount() <= count and pick.picture.level == 1, "what may not be shown is no preview"
    settings.close()
    sheet.reject()


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", "propagateSizeHints", "does not support raise")
def test_a_folder_is_asked_for_where_there_is_none(open_window: OpenWindow, tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch,
                                                   qtbot: QtBot) -> None:  # fmt: skip
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    window = open_window(Settings())
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    assert not button(sheet, "Download").isEnabled() and "Choose a folder." in said(sheet)
    loras = tmp_path / "my loras"
    loras.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(loras))
    link(sheet, "Add a folder…").click()
    menu = next(menu for menu in sheet.findChildren(QMenu) if menu.isVisible())
    next(action for action in menu.actions() if action.text() == "LoRAs").trigger()
    menu.close()
    qtbot.waitUntil(lambda: button(sheet, "Download").isEnabled(), timeout=SECONDS)
    assert window.links.links.wanted()[0][1].targets == (str(loras / "glass_fox_v2.safetensors"),)
    sheet.reject()
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_what_is_here_already_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    button(sheet, "Download").click()
    board = window.tasks.board
    qtbot.waitUntil(lambda: [task.state for task in board.model.tasks()] == [DONE], timeout=SECONDS)
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 1 and window.is_quiet, timeout=SECONDS)
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    assert sheet._list.tiles.tile(0).note == "Already here · Civitai" and "All of it is here already." in said(sheet)
    link(sheet, "Show").click()
    assert window.links._sheet is None and len(window.selection.ids()) == 1
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


def test_by_keyboard_alone(window: MainWindow, qtbot: QtBot) -> None:
    window.links.show()
    sheet = window.links._sheet
    assert sheet is not None and not button(sheet, "Download").isEnabled()
    QTest.keyClicks(sheet.field, f"https://civitai.com/models/{FOX}")
    QTest.keyClick(sheet.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sheet.focusWidget() is button(sheet, "Download"), timeout=SECONDS)
    sheet.field.setFocus()
    names = []
    for _ in range(20):
        QTest.keyClick(sheet.focusWidget(), Qt.Key.Key_Tab)
        names.append(sheet.focusWidget().accessibleName() or sheet.focusWidget().text())
        if names[-1] == "Download":
            break
    wanted = ["Version", "Files of this version", "Folder", "Sub-folder", "File name", "Cancel", "Download"]
    assert [name for name in names if name in wanted] == wanted, names
    sheet.field.setFocus()
    QTest.keyClick(sheet.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert window.links._sheet is None
    qtbot.waitUntil(lambda: [task.state for task in window.tasks.board.model.tasks()] == [DONE], timeout=SECONDS)
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 1 and window.is_quiet, timeout=SECONDS)


def test_sub_folders_that_are_there_are_offered(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "ComfyUI/models/loras/style/ink").mkdir(parents=True)
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    qtbot.waitUntil(lambda: sheet.target._subs.stringList() == ["style", "style/ink"], timeout=SECONDS)
    completer = sheet.target._sub.completer()
    completer.setCompletionPrefix("INK")  # what typing does, without the list over everything
    assert completer.completionCount() == 1 and completer.currentCompletion() == "style/ink"
    sheet.reject()


def test_a_low_window_scrolls_the_place_with_the_rest(window: MainWindow, qtbot: QtBot) -> None:
    sheet = shown(window, f"https://civitai.com/models/{FOX}", qtbot)
    assert sheet._layout.indexOf(sheet.target) >= 0 and sheet.target.isVisible()
    sheet.resize(720, 456)
    assert sheet._page.indexOf(sheet.target) >= 0 and sheet.target.isVisible()
    sheet.resize(980, 720)
    assert sheet._layout.indexOf(sheet.target) >= 0
    sheet.reject()


def test_the_demo_button_leads_to_its_own_site(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    for name in ("CIVITAI_ENDPOINT", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    demo = tmp_path / "data" / "demo" / "ComfyUI"
    (demo / "models" / "loras").mkdir(parents=True)
    monkeypatch.setattr(tasks, "demo", lambda folder: str(demo))
    window = open_window(Settings())
    assert window.session.online._demo_folder is None
    window.desk.open_demo()
    qtbot.waitUntil(lambda: window.session.online._demo_folder == tmp_path / "data" / "demo", timeout=SECONDS)
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)
    window.session.set_sources(tasks.Sources(own=(("loras", str(tmp_path)),)))
    assert window.session.online._demo_folder is None, "the real sites again"
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://civitai.com/models/1?modelVersionId=2", "models/1?modelVersionId=2"), ("https://huggingface.co/a/b", "a/b"),
        ("https://example.org/x.safetensors", "https://example.org/x.safetensors"), ("https://civitai.com/", "https://civitai.com/"),
        ("urn:air:x:lora:civitai:1@2", "urn:air:x:lora:civitai:1@2"),
    ],
)  # fmt: skip
def test_addresses_are_short_beside_their_site(text: str, expected: str) -> None:
    assert short_link(text) == expected

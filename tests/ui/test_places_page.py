"""The page of folders and the editor of extra_model_paths.yaml, in a real window over real folders, by mouse and keys."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from model_manager.core.journal.steps import FOLDER, WRITE, Plan
from model_manager.core.settings import Settings, load_settings
from model_manager.core.tidy.folder_rows import Drive, PlaceRow
from model_manager.ui.main_window import MainWindow
from model_manager.ui.places.desk import PlacesDesk
from model_manager.ui.places.editor import EditorSheet
from model_manager.ui.places.page import PlacesPage
from model_manager.ui.places.rows import endings, lines_of
from model_manager.ui.sidebar_rows import FOLDERS
from model_manager.ui.tidy.plan_sheet import PlanSheet
from tests.small_library import lora_bytes

SECONDS = 30_000
YAML = "# mine\na111:\n    base_path: {base}   # old\n    loras: |\n        Lora\n        LyCORIS\n    # vae: VAE\n"


@pytest.fixture
def window(tmp_path: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    """A ComfyUI with a LoRA, an own folder with another, and a file that names two folders of which one is missing."""
    comfyui, own = tmp_path / "ComfyUI", tmp_path / "own"
    for folder in (comfyui / "models/loras", own, tmp_path / "webui/Lora"):
        folder.mkdir(parents=True)
    (comfyui / "main.py").write_text("")
    (comfyui / "extra_model_paths.yaml").write_text(YAML.format(base=tmp_path / "webui"))
    (comfyui / "models/loras/fox.safetensors").write_bytes(lora_bytes("fox"))
    (own / "owl.safetensors").write_bytes(lora_bytes("owl"))
    return open_window(Settings(comfyui_dirs=[str(comfyui)], own_folders=[("loras", str(own))]))


@pytest.fixture
def desk(window: MainWindow, qtbot: QtBot) -> PlacesDesk:
    window.pages.open(FOLDERS)
    made = window.tidy.places
    qtbot.waitUntil(lambda: made.places.is_known and bool(made.places.rows), timeout=SECONDS)
    return made


def page_of(desk: PlacesDesk) -> PlacesPage:
    assert desk.page is not None
    return desk.page


def shown(desk: PlacesDesk) -> list[str]:
    return [os.path.basename(line.row.path) for line in page_of(desk).view.places.lines if line.row is not None]


def state(desk: PlacesDesk, path: Path) -> str:
    return next(row.state for row in desk.places.rows if row.path == str(path))


def choose(desk: PlacesDesk, path: Path) -> None:
    """Click the row of a folder."""
    page = page_of(desk)
    at = next(at for at, line in enumerate(page.view.places.lines) if line.row is not None and line.row.path == str(path))
    index = page.view.places.index(at)
    page.view.scrollTo(index)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=page.view.visualRect(index).center())
    assert [row.path for row in page.chosen()] == [str(path)]


def press(desk: PlacesDesk, text: str) -> None:
    """Click a button of the detail."""
    buttons = page_of(desk).detail.findChildren(QPushButton)
    button = next(one for one in buttons if one.text() == text and one.isVisible())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_every_folder_is_there_with_its_state(desk: PlacesDesk, tmp_path: Path, window: MainWindow) -> None:
    QAbstractItemModelTester(page_of(desk).view.places, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert state(desk, tmp_path / "ComfyUI/models/loras") == "fine"
    assert state(desk, tmp_path / "own") == "not_seen_by_comfyui"
    assert state(desk, tmp_path / "webui/LyCORIS") == "missing"
    assert state(desk, tmp_path / "webui/Lora") == "empty"
    rows = {row.path: row for row in desk.places.rows}
    own = rows[str(tmp_path / "own")]
    assert own.models == 1 and own.size == (tmp_path / "own/owl.safetensors").stat().st_size
    assert own.drive.free > 0 and own.scanned > 0
    assert window.sidebar.count(FOLDERS) == sum(row.needs_attention for row in desk.places.rows) == 2


def test_search_and_chips(desk: PlacesDesk) -> None:
    page = page_of(desk)
    everything = shown(desk)
    QTest.keyClicks(page.filters.field, "lycoris")
    assert shown(desk) == ["LyCORIS"]
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert shown(desk) == everything
    QTest.mouseClick(page.filters.needy, Qt.MouseButton.LeftButton)
    assert sorted(shown(desk)) == ["LyCORIS", "own"]
    QTest.keyClicks(page.filters.field, "nothing like it")
    assert page.message.isVisible()
    page.message.asked.emit("clear")
    assert shown(desk) == everything and page.filters.all.isChecked()


def test_order_and_groups(desk: PlacesDesk) -> None:
    page = page_of(desk)
    page.filters._pick("group", "")
    page.filters._pick("sort", "models")
    assert set(shown(desk)[:2]) == {"loras", "own"}
    page.filters._pick("kind", "vae")
    assert {line.row.kind for line in page.view.places.lines if line.row is not None} == {"vae"}
    page.filters._pick("group", "kind")
    assert page.view.places.lines[0].row is None and page.view.places.lines[0].text == "VAEs"


def test_a_folder_is_switched_off_and_nothing_is_forgotten(desk: PlacesDesk, window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    shelf = window.session.model.shelf
    before = {shelf.file[slot]: (shelf.ids[slot], shelf.added[slot]) for slot in shelf.slots()}
    choose(desk, tmp_path / "own")
    box = page_of(desk).detail._on
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(12, box.height() // 2))
    qtbot.waitUntil(lambda: len(window.session.model.shelf) == 1 and window.session.is_settled, timeout=SECONDS)
    qtbot.waitUntil(lambda: state(desk, tmp_path / "own") == "off", timeout=SECONDS)
    assert load_settings(tmp_path / "data")[0].folders_off == [str(tmp_path / "own")]
    assert (tmp_path / "own/owl.safetensors").exists()
    choose(desk, tmp_path / "own")
    press(desk, "Switch on")
    qtbot.waitUntil(lambda: len(window.session.model.shelf) == 2 and window.session.is_settled, timeout=SECONDS)
    shelf = window.session.model.shelf
    assert {shelf.file[slot]: (shelf.ids[slot], shelf.added[slot]) for slot in shelf.slots()} == before


def test_own_words(desk: PlacesDesk, tmp_path: Path, qtbot: QtBot) -> None:
    choose(desk, tmp_path / "own")
    detail = page_of(desk).detail
    detail._name.setFocus()
    QTest.keyClicks(detail._name, "My <b>own</b>")
    QTest.keyClick(detail._name, Qt.Key.Key_Return)
    detail._group_field.setFocus()
    QTest.keyClicks(detail._group_field, "Work")
    QTest.keyClick(detail._group_field, Qt.Key.Key_Return)
    row = next(row for row in desk.places.rows if row.path == str(tmp_path / "own"))
    assert (row.title, row.group) == ("My <b>own</b>", "Work")
    settings = load_settings(tmp_path / "data")[0]
    assert settings.folder_labels == {row.path: "My <b>own</b>"} and settings.folder_groups == {row.path: "Work"}
    page_of(desk).filters._pick("group", "group")
    assert "Work" in [line.text for line in page_of(desk).view.places.lines]


def test_what_happens_is_told_while_one_looks(desk: PlacesDesk, tmp_path: Path, qtbot: QtBot) -> None:
    choose(desk, tmp_path / "own")
    shutil.move(tmp_path / "own", tmp_path / "elsewhere")
    desk.places.look()
    qtbot.waitUntil(lambda: state(desk, tmp_path / "own") == "away", timeout=SECONDS)
    shutil.move(tmp_path / "elsewhere", tmp_path / "own")
    press(desk, "Look again")
    qtbot.waitUntil(lambda: state(desk, tmp_path / "own") == "not_seen_by_comfyui", timeout=SECONDS)
    told = page_of(desk).detail._notes
    qtbot.waitUntil(lambda: "Came back" in told.text(), timeout=SECONDS)
    assert [line.split("  ·  ")[1] for line in told.text().split("\n")] == ["Came back", "Looked at again, as you asked", "Went away"]


def test_a_missing_folder_is_made_by_a_plan(desk: PlacesDesk, tmp_path: Path) -> None:
    made: list[Plan] = []
    desk.plan_asked.connect(lambda make: made.append(make(tmp_path / "data", tmp_path / "data/index.sqlite")))
    choose(desk, tmp_path / "webui/LyCORIS")
    press(desk, "Make the folder…")
    assert [[(step.sort, step.target) for step in act.steps] for act in made[0].acts] == [[(FOLDER, str(tmp_path / "webui/LyCORIS"))]]
    assert not (tmp_path / "webui/LyCORIS").exists(), "the plan is shown first"


def test_a_folder_that_moved_is_named_anew(
    desk: PlacesDesk, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    shutil.move(tmp_path / "own", tmp_path / "new home")
    desk.places.look()
    qtbot.waitUntil(lambda: state(desk, tmp_path / "own") == "away", timeout=SECONDS)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "new home"))
    choose(desk, tmp_path / "own")
    press(desk, "It is somewhere else now…")
    assert window.session.sources.own == (("loras", str(tmp_path / "new home")),)
    qtbot.waitUntil(lambda: any(row.path == str(tmp_path / "new home") for row in desk.places.rows), timeout=SECONDS)


def test_places_are_added_and_removed(
    desk: PlacesDesk, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    page = page_of(desk)
    (tmp_path / "vaes").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "vaes"))
    page.choose_folder("vae")
    assert ("vae", str(tmp_path / "vaes")) in window.session.sources.own
    qtbot.waitUntil(lambda: "vaes" in shown(desk), timeout=SECONDS)
    choose(desk, tmp_path / "vaes")
    press(desk, "Remove from the list")
    qtbot.waitUntil(lambda: "vaes" not in shown(desk), timeout=SECONDS)
    assert (tmp_path / "vaes").exists()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.YAML"))])
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    page.dropEvent(event)
    assert window.session.sources.configs == (str(tmp_path / "x.YAML"),)


def test_esc_goes_back(desk: PlacesDesk, window: MainWindow) -> None:
    QTest.keyClick(page_of(desk), Qt.Key.Key_Escape)
    assert window.pages.currentIndex() == 0 and not desk.places._often.isActive()


# the editor


@pytest.fixture
def editor(desk: PlacesDesk, qtbot: QtBot) -> EditorSheet:
    QTest.mouseClick(page_of(desk).edit, Qt.MouseButton.LeftButton)
    made = desk.editor
    assert made is not None
    qtbot.waitUntil(lambda: made._file.read is not None, timeout=SECONDS)
    return made


def line_of(editor: EditorSheet, text: str, column: int = 1) -> QTreeWidgetItem:
    return next(item for item in editor.tree._all() if item.text(column) == text)


def after(editor: EditorSheet, qtbot: QtBot, act: Callable[[], object]) -> str:
    with qtbot.waitSignal(editor._file.changed, timeout=SECONDS):
        act()
    assert editor._file.read is not None
    return editor._file.read.shape.text


def test_the_editor_shows_the_file_and_each_state(editor: EditorSheet) -> None:
    assert [item.text(1) for item in editor.tree._all() if item.text(0) == "" and item.text(1)] == ["Lora", "LyCORIS", "VAE"]
    assert [line_of(editor, text).text(2) for text in ("Lora", "LyCORIS", "VAE")] == ["Empty", "Missing", "Switched off"]
    order = [editor._order.item(row).text().strip() for row in range(editor._order.count())]
    assert order[0] == "LoRAs" and [os.path.basename(path) for path in order[1:]] == ["Lora", "LyCORIS"]
    assert not editor._save.isEnabled()


def test_a_box_switches_a_folder_off(editor: EditorSheet, qtbot: QtBot, tmp_path: Path) -> None:
    before = (tmp_path / "ComfyUI/extra_model_paths.yaml").read_text()
    text = after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    assert text == before.replace("        LyCORIS\n", "    # loras: LyCORIS\n")
    assert any(editor._order.item(row).text().startswith("−") for row in range(editor._order.count()))
    assert after(editor, qtbot, editor._undo.click) == before and not editor._save.isEnabled()


def test_words_are_written_in_the_list(editor: EditorSheet, qtbot: QtBot, tmp_path: Path) -> None:
    before = (tmp_path / "ComfyUI/extra_model_paths.yaml").read_text()
    editor.tree.setCurrentItem(line_of(editor, "Lora"))
    text = after(editor, qtbot, lambda: line_of(editor, "Lora").setText(1, "Other one"))
    assert text == before.replace("        Lora\n", "        Other one\n")
    assert editor._save.isEnabled()
    text = after(editor, qtbot, lambda: line_of(editor, "Other one").setText(1, ""))
    assert "Other one" in text and line_of(editor, "Other one"), "what cannot be is refused and shown as it was"


def test_a_folder_is_added_below_the_base(editor: EditorSheet, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "webui/ControlNet"))
    action = next(one for one in editor._add.menu().actions() if one.data() == "controlnet")
    assert after(editor, qtbot, action.trigger).endswith("    controlnet: ControlNet\n    # vae: VAE\n")
    editor.tree.setCurrentItem(line_of(editor, "Lora"))
    assert "        LyCORIS\n        Lora\n" in after(editor, qtbot, editor._down.click)
    assert "Lora\n" not in after(editor, qtbot, editor._remove.click).replace("LyCORIS\n", "")


def saved(editor: EditorSheet, window: MainWindow, qtbot: QtBot) -> PlanSheet:
    """Press Save; the plan is in front then, and the editor behind it."""
    QTest.mouseClick(editor._save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, PlanSheet) and sheet.isVisible() and not editor.isVisible()
    return sheet


def test_saving_is_a_plan_of_one_step(editor: EditorSheet, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "ComfyUI/extra_model_paths.yaml"
    before = file.read_bytes()
    text = after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    plan = saved(editor, window, qtbot).plan
    assert [(step.sort, step.target, step.data) for step in plan.acts[0].steps] == [(WRITE, str(file), text.encode())]
    assert plan.kind == "folders" and file.read_bytes() == before


def test_the_editor_comes_back_with_its_changes_when_the_plan_is_not_wanted(
    editor: EditorSheet, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "ComfyUI/extra_model_paths.yaml"
    before = file.read_bytes()
    text = after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    QTest.keyClick(saved(editor, window, qtbot), Qt.Key.Key_Escape)
    qtbot.waitUntil(editor.isVisible, timeout=SECONDS)
    assert editor._file.read is not None and editor._file.read.shape.text == text and file.read_bytes() == before
    assert editor._save.isEnabled() and editor._undo.isEnabled()
    text = after(editor, qtbot, lambda: line_of(editor, "Lora").setText(1, "Other"))
    sheet = saved(editor, window, qtbot)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: file.read_text() == text, timeout=SECONDS)
    qtbot.waitUntil(lambda: not window.tidy.orders.is_busy and window.is_quiet, timeout=SECONDS)
    assert not editor.isVisible()


def test_a_change_that_cannot_be_written_brings_the_editor_back(
    editor: EditorSheet, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    """The file is changed by another program while its plan is looked at."""
    file = tmp_path / "ComfyUI/extra_model_paths.yaml"
    text = after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    sheet = saved(editor, window, qtbot)
    file.unlink()
    file.mkdir()
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    qtbot.waitUntil(editor.isVisible, timeout=SECONDS)
    assert editor._file.read is not None and editor._file.read.shape.text == text
    qtbot.waitUntil(lambda: not window.tidy.orders.is_busy and window.is_quiet, timeout=SECONDS)


def test_a_file_that_changed_meanwhile_is_not_overwritten(
    editor: EditorSheet, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    (tmp_path / "ComfyUI/extra_model_paths.yaml").write_text("# other\nb:\n  vae: v\n")
    sheet = saved(editor, window, qtbot)
    assert sheet.plan.is_empty and "changed" in sheet.plan.refused[0].text
    QTest.mouseClick(sheet.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(editor.isVisible, timeout=SECONDS)


def test_changes_are_not_lost_by_esc(editor: EditorSheet, qtbot: QtBot) -> None:
    after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.isVisible() and editor._cancel.text() == "Discard the changes"
    QTest.mouseClick(editor._cancel, Qt.MouseButton.LeftButton)
    assert not editor.isVisible()


def test_comfyui_is_told_of_a_folder(desk: PlacesDesk, tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    choose(desk, tmp_path / "own")
    press(desk, "Tell ComfyUI…")
    made = desk.editor
    assert made is not None
    qtbot.waitUntil(lambda: made._file.is_changed, timeout=SECONDS)
    assert made._file.read is not None
    assert made._file.read.shape.text.endswith(f"    # vae: VAE\n\nmodel_manager:\n    loras: {tmp_path / 'own'}\n")


def test_the_file_is_saved_and_undone_through_the_history(editor: EditorSheet, window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "ComfyUI/extra_model_paths.yaml"
    before = file.read_bytes()
    text = after(editor, qtbot, lambda: line_of(editor, "LyCORIS").setCheckState(1, Qt.CheckState.Unchecked))
    orders = window.tidy.orders
    sheet = saved(editor, window, qtbot)
    with qtbot.waitSignal(orders.carried, timeout=SECONDS):
        QTest.keyClick(sheet, Qt.Key.Key_Return)
    assert file.read_text() == text
    with qtbot.waitSignal(orders.undone, timeout=SECONDS):
        orders.undo_newest()
    assert file.read_bytes() == before
    qtbot.waitUntil(lambda: not orders.is_busy and window.is_quiet, timeout=SECONDS)


def a_row(kind: str, path: str, drive: str = "/", state: str = "fine") -> PlaceRow:
    return PlaceRow(kind, path, "ComfyUI", "/c", state, "", drive=Drive(1, drive, 100, 40) if drive else Drive())


def test_folders_of_one_type_are_told_apart_and_a_drive_is_shown_once() -> None:
    rows = [
        a_row("loras", "/c/models/loras"), a_row("loras", "/mnt/b/loras", "/mnt/b"), a_row("loras", "/nas/models/loras", ""),
        a_row("vae", "/c/models/vae", "/mnt/b"),
    ]  # fmt: skip
    lines = lines_of([("/c", rows)], "install")
    assert [line.where for line in lines] == ["", "c/models/loras", "b/loras", "nas/models/loras", ""]
    assert [line.has_drive for line in lines] == [False, True, True, False, False]
    assert endings([a_row("loras", "/x/loras"), a_row("loras", "/x/more loras")]) == {
        "/x/loras": "x/loras", "/x/more loras": "x/more loras",
    }  # fmt: skip

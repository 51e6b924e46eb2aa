"""The own order in the window: keys, strip, sidebar rows with menus and drops, the sheet of details for one model and for many."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot
from small_library import make_library

from model_manager.bridge.own_order import OwnOrder
from model_manager.bridge.tasks import Sources
from model_manager.core.journal.steps import Plan
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.own.edit_sheet import EditSheet
from model_manager.ui.own.editors import LineEditor, TextEditor, WordsEditor
from model_manager.ui.own.name_sheet import NameSheet
from model_manager.ui.own.sections import NEW_COLLECTION, SAVE_SEARCH
from model_manager.ui.own.words_field import WordsField
from model_manager.ui.sidebar_rows import SidebarRow
from model_manager.ui.tidy.plan_sheet import PlanSheet

SECONDS = 20_000
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def comfyui(tmp_path: Path) -> Path:
    return make_library(tmp_path)


@pytest.fixture
def window(open_window: Callable[..., MainWindow], comfyui: Path) -> MainWindow:
    settings = Settings(smart_folders=[("Loras", "type:lora")], own_names={"collection": ["To try"]})
    return open_window(settings, Sources((str(comfyui),)))


def own(window: MainWindow) -> OwnOrder:
    found: OwnOrder = window.tidy.own.own
    return found


def settle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: own(window).is_settled and not window.session.hints.is_held and window.is_quiet, timeout=SECONDS)


def select(window: MainWindow, *names: str) -> list[int]:
    model = window.session.model
    rows = [row for row in range(model.rowCount()) if model.card(row).name in names]
    window.selection.select(rows)
    return window.selection.ids()


def user(comfyui: Path, below: str) -> dict[str, object]:
    path = (comfyui / "models" / below).with_suffix(".info")
    return dict(json.loads(path.read_bytes()).get("user", {})) if path.exists() else {}


def press(window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
    window.activateWindow()
    window.grid.setFocus()
    QTest.keyClick(window, key, held)


def shown_rows(window: MainWindow) -> dict[str, int]:
    model = window.sidebar._model
    rows = {}
    for section in range(model.rowCount()):
        top = model.index(section, 0)
        for place in range(model.rowCount(top)):
            row = model.row_at(model.index(place, 0, top))
            if row is not None:
                rows[row.text] = row.count
    return rows


def row_of(window: MainWindow, query: str) -> SidebarRow:
    row = window.sidebar._model.row_at(window.sidebar._model.index_of(query))
    assert row is not None
    return row


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def sheet_of(window: MainWindow, qtbot: QtBot) -> EditSheet:
    select_sheet = window.tidy.own
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, EditSheet), timeout=SECONDS)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, EditSheet) and select_sheet._sheet is sheet
    qtbot.waitUntil(sheet._body.isEnabled, timeout=SECONDS)
    return sheet


def save(sheet: EditSheet, qtbot: QtBot) -> None:
    """Save at once: the files are looked for first, and nothing speaks against it."""
    with qtbot.waitSignal(sheet.finished, timeout=SECONDS):
        QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)


# keys and the strip


def test_keys_rate_and_make_favourites(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    settle(window, qtbot)
    press(window, Qt.Key.Key_4, ALT)
    press(window, Qt.Key.Key_D, CTRL)
    strip = window.details.own
    assert strip.stars.rating == 4 and strip.favourite.accessibleName() == "Favourite", "before the file is written"
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == {"rating": 4, "favourite": True}
    assert not window.problems.texts(), "a key moves nothing on the screen"
    press(window, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: user(comfyui, "loras/style/brush.safetensors") == {"rating": 4}, timeout=SECONDS)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: strip.favourite.accessibleName() == "No favourite", timeout=SECONDS)


def test_keys_do_nothing_on_other_pages(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    window.pages.open("page:history")
    QTest.keyClick(window, Qt.Key.Key_4, ALT)
    QTest.keyClick(window, Qt.Key.Key_E, CTRL)
    assert own(window).is_settled and window.tidy.own._sheet is None
    assert user(comfyui, "loras/style/brush.safetensors") == {}


def test_stars_are_clicked_and_taken_away(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    settle(window, qtbot)
    stars = window.details.own.stars
    QTest.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(2 + 2 * 21 + 8, 15))
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == {"rating": 3}
    QTest.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(2 + 2 * 21 + 8, 15))
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == {} and stars.rating == 0


def test_strip_of_many_rates_all(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush", "ae")
    qtbot.waitUntil(window.details.own_of_many.isVisible, timeout=SECONDS)
    window.details.own_of_many.stars.setFocus()
    QTest.keyClick(window.details.own_of_many.stars, Qt.Key.Key_2)
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == user(comfyui, "vae/ae.safetensors") == {"rating": 2}


# menus and the sidebar


def test_menu_of_models_has_all_of_it(window: MainWindow, comfyui: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    select(window, "brush", "ae")
    menu = window.menu.show(window.mapToGlobal(QPoint(300, 200)))
    assert menu is not None
    texts = entries(menu)
    for wanted in ("Edit details…", "Favourite", "Rating", "Colour", "Collections", "Category", "Group", "More", "Lock previews"):
        assert wanted in texts
    by_text = {action.text(): action for action in menu.actions()}
    collections = by_text["Collections"].menu()
    assert isinstance(collections, QMenu) and entries(collections) == ["To try", "New collection…"]
    collections.actions()[0].trigger()
    settle(window, qtbot)
    assert user(comfyui, "vae/ae.safetensors") == {"collections": ["To try"]}
    menu.deleteLater()
    assert window.tidy.own.share("collection", "To try") == 2


def more_entry(window: MainWindow, text: str) -> None:
    """Choose an entry of *More* in the menu of the selected models."""
    menu = window.menu.show(QPoint(0, 0))
    assert menu is not None
    more = next(action.menu() for action in menu.actions() if action.text() == "More")
    assert isinstance(more, QMenu)
    next(action for action in more.actions() if action.text() == text).trigger()
    menu.deleteLater()


def test_a_check_of_many_tells_which_are_bad_and_selects_them(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    told: list[tuple[str, int, int]] = []
    window.tidy.own.works.checking.progressed.connect(lambda *said: told.append(said))
    window.problems.dismiss()
    ids = select(window, "brush", "ae", "broken")
    more_entry(window, "Check the files")
    said = "1 of 3 models needs attention: broken"
    qtbot.waitUntil(lambda: any(text.startswith(said) for text in window.problems.texts()), timeout=SECONDS)
    assert told[0][1:] == (0, 3), "how far it is"
    select(window, "brush", "ae")
    more_entry(window, "Check the files")
    qtbot.waitUntil(lambda: window.status._said.text() == "2 models were checked; all are sound.", timeout=SECONDS)
    window.problems._buttons[0].click()
    assert len(window.selection.ids()) == 1 and window.selection.ids()[0] in ids


def test_what_takes_long_is_a_task_and_lists_are_files(
    window: MainWindow, comfyui: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    select(window, "brush", "ae")
    more_entry(window, "Compute hashes")
    board = window.tidy.own._parts.tasks.board
    qtbot.waitUntil(lambda: any(task.kind == "hash" and task.state == "done" for task in board.model.tasks()), timeout=SECONDS)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "list.json"), ""))
    more_entry(window, "Save a list…")
    qtbot.waitUntil((tmp_path / "list.json").exists, timeout=SECONDS)
    qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)
    assert {record["name"] for record in json.loads((tmp_path / "list.json").read_bytes())} == {"brush", "ae"}


def test_notes_of_other_programs_are_taken_in_after_a_look(
    window: MainWindow, comfyui: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    loras = comfyui / "models/loras"
    (loras / "style/brush.metadata.json").write_text(json.dumps({"favorite": True, "notes": "use at 0.7"}))
    window.session.scan([str(loras / "style")])
    qtbot.waitUntil(lambda: window.is_quiet and window.session.is_settled, timeout=SECONDS)
    select(window, "brush", "ae")
    more_entry(window, "Take in notes of other programs…")
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, PlanSheet) and [act.name for act in sheet.plan.acts] == ["brush"]
    sheet.go.click()
    qtbot.waitUntil((loras / "style/brush.md").exists, timeout=SECONDS)
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors")["favourite"] is True
    assert "use at 0.7" in (loras / "style/brush.md").read_text()


def test_sidebar_shows_own_rows_with_counts(window: MainWindow, qtbot: QtBot) -> None:
    desk = window.tidy.own
    select(window, "brush")
    own(window).collect(window.selection.ids(), "Work & play")
    own(window).sort_into(window.selection.ids(), "category", "Tools")
    own(window).give_colour(window.selection.ids(), "teal")
    settle(window, qtbot)
    qtbot.waitUntil(lambda: shown_rows(window).get("Work & play") == 1, timeout=SECONDS)
    rows = shown_rows(window)
    assert (rows["To try"], rows["Loras"], rows["Tools"], rows["Teal"]) == (0, 3, 1, 1)
    desk.names_desk.go_to('collection:"Work & play"')
    qtbot.waitUntil(lambda: window.session.model.rowCount() == 1, timeout=SECONDS)


def test_new_collection_and_saved_search_ask_for_a_name(window: MainWindow, qtbot: QtBot) -> None:
    window.pages.open(NEW_COLLECTION)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, NameSheet) and not sheet.go.isEnabled()
    sheet.line.setText("to TRY")
    assert not sheet.go.isEnabled(), "there is one of this name"
    sheet.line.setText(" New  one ")
    sheet.go.click()
    qtbot.waitUntil(lambda: shown_rows(window).get("New one") == 0, timeout=SECONDS)
    window.pages.open(SAVE_SEARCH)
    assert window.tidy.orders_desk.sheet is None, "nothing is searched for"
    window.search_for("ink")
    window.pages.open(SAVE_SEARCH)
    sheet = window.tidy.orders_desk.sheet
    assert isinstance(sheet, NameSheet)
    sheet.line.setText("Inks")
    sheet.go.click()
    qtbot.waitUntil(lambda: shown_rows(window).get("Inks") == 1, timeout=SECONDS)
    assert window.session.settings.smart_folders == [("Loras", "type:lora"), ("Inks", "ink")]


def test_rows_have_menus(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    desk, shown = window.tidy.own.names_desk, []
    qtbot.waitUntil(lambda: "Loras" in shown_rows(window), timeout=SECONDS)
    for query in ('collection:"To try"', "type:lora", "is:favourite"):
        menu = desk.show_menu(row_of(window, query), QPoint(10, 10))
        shown.append(entries(menu)[:2])
        menu.deleteLater()
    assert shown == [["Rename…", "Remove…"], ["Rename…", "Use the search that is shown"], ["New collection…", "New category…"]]


def test_models_are_dropped_on_rows(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    settle(window, qtbot)
    tree = window.sidebar._tree
    qtbot.waitUntil(lambda: "To try" in shown_rows(window), timeout=SECONDS)

    def at(query: str) -> QPoint:
        rect = tree.visualRect(window.sidebar._model.index_of(query))
        return window.mapFromGlobal(tree.viewport().mapToGlobal(rect.center()))

    take = window.drop_in.zone.take_own
    assert not take(at(""), False) and window.sidebar._drop_mark.isHidden()
    assert take(at('collection:"To try"'), False) and window.sidebar._drop_mark.isVisible()
    assert take(at('collection:"To try"'), True) and window.sidebar._drop_mark.isHidden()
    assert take(at("is:favourite"), True)
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == {"collections": ["To try"], "favourite": True}


def test_renamed_collection_stays_chosen(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    own(window).collect(window.selection.ids(), "Old")
    settle(window, qtbot)
    desk = window.tidy.own.names_desk
    desk.go_to("collection:Old")
    desk._on_renamed("collection", "Old", "New name")
    settle(window, qtbot)
    assert window.sidebar.current() == 'collection:"New name"' and window.session.model.rowCount() == 1
    assert user(comfyui, "loras/style/brush.safetensors") == {"collections": ["New name"]}
    desk._on_removed("collection", "New name")
    settle(window, qtbot)
    assert window.sidebar.current() == "" and window.session.model.rowCount() == 5


# the sheet


def test_sheet_of_one_model_tells_sources_and_gives_back(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "ink")
    settle(window, qtbot)
    press(window, Qt.Key.Key_E, CTRL)
    sheet = sheet_of(window, qtbot)
    base = sheet.rows["base_model"]
    assert isinstance(base.editor, LineEditor) and base.editor.value() == "Pony"
    assert base.source.text() == "civitai.info" and "From ink.civitai.info" in base.source.toolTip()
    assert base.back.isHidden() and not sheet.save.isEnabled()
    base.editor.line.setText("Illustrious")
    base.editor.line.textEdited.emit("Illustrious")
    tags = sheet.rows["tags"].editor
    assert isinstance(tags, WordsEditor)
    QTest.keyClicks(tags.field.line, "dark, two words")
    QTest.keyClick(tags.field.line, Qt.Key.Key_Return)
    assert tags.field.words == ("dark", "two words") and sheet.isVisible()
    assert sheet.foot.said.text() == "2 fields changed"
    save(sheet, qtbot)
    settle(window, qtbot)
    assert user(comfyui, "loras/ink.safetensors") == {"base_model": "Illustrious", "tags": ["dark", "two words"]}
    assert len(window.selection.ids()) == 1
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    base = sheet.rows["base_model"]
    assert base.source.text() == "your edit" and "Pony" in base.back.toolTip()
    base.back.click()
    assert base.editor.value() == "Pony" and base.is_back
    save(sheet, qtbot)
    settle(window, qtbot)
    assert user(comfyui, "loras/ink.safetensors") == {"tags": ["dark", "two words"]}


def test_sheet_refuses_what_no_file_should_get(window: MainWindow, qtbot: QtBot) -> None:
    select(window, "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    link = sheet.rows["link"].editor
    assert isinstance(link, LineEditor)
    QTest.keyClicks(link.line, "nonsense")
    assert not sheet.save.isEnabled() and "web address" in sheet.foot.said.text()
    link.line.clear()
    QTest.keyClicks(link.line, "https://example.com/x")
    assert sheet.save.isEnabled()
    sheet.reject()


def test_sheet_of_many_shows_several_values_and_changes_only_what_is_typed(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "juggernaut", "Juggernaut", "ink", "brush")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    name, tags = sheet.rows["name"].editor, sheet.rows["tags"].editor
    assert isinstance(name, LineEditor) and name.line.placeholderText() == "Several values" and name.value() == ""
    assert isinstance(tags, WordsEditor) and tags.field.words == ()
    tags.field.line.setText("shared;")
    tags.field.line.textEdited.emit("shared;")
    tags.field._on_chip("photo")
    assert (tags.field.added, tags.field.words) == (["shared", "photo"], ("photo", "shared"))
    save(sheet, qtbot)
    settle(window, qtbot)
    assert user(comfyui, "loras/ink.safetensors") == {"tags": ["shared", "photo"]}
    assert user(comfyui, "checkpoints/xl/juggernaut.safetensors") == {"tags": ["photo", "best", "shared"]}


def type_category(sheet: EditSheet, text: str) -> None:
    category = sheet.rows["category"].editor
    assert isinstance(category, LineEditor)
    QTest.keyClicks(category.line, text)


def test_many_models_are_shown_as_a_plan_first(
    window: MainWindow, comfyui: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_manager.ui.own.edit_sheet.LARGE", 2)
    select(window, "brush", "ae", "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    type_category(sheet, "Tools")
    QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    plan = window.tidy.orders_desk.sheet
    assert isinstance(plan, PlanSheet) and isinstance(plan.plan, Plan) and len(plan.plan.acts) == 3
    assert not sheet.isVisible()
    QTest.keyClick(plan, Qt.Key.Key_Escape)
    qtbot.waitUntil(sheet.isVisible, timeout=SECONDS)
    assert sheet.wish().values == {"category": "Tools"} and sheet.save.isEnabled(), "as it was left"
    QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: isinstance(window.tidy.orders_desk.sheet, PlanSheet), timeout=SECONDS)
    QTest.keyClick(window.tidy.orders_desk.sheet, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: user(comfyui, "vae/ae.safetensors") == {"category": "Tools"}, timeout=SECONDS)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.tidy.own._sheet is None, timeout=SECONDS)


def test_the_sheet_names_the_files_it_will_write(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    files = sheet.files
    assert files.line.text() == "Nothing is written yet." and not files.line.isEnabled()
    type_category(sheet, "Tools")
    qtbot.waitUntil(lambda: files.line.text() == "Writes 1 file: ink.info", timeout=SECONDS)
    notes = sheet.rows["notes"].editor
    assert isinstance(notes, TextEditor)
    notes.setFocus()
    QTest.keyClicks(notes.focusWidget(), "Good at night.")
    qtbot.waitUntil(lambda: files.line.text() == "Writes 2 files: ink.info, ink.md", timeout=SECONDS)
    assert not files.list.isVisible()
    QTest.mouseClick(files.line, Qt.MouseButton.LeftButton)
    assert files.list.isVisible()
    assert [(one.before, one.note) for one in files.list.rows.rows] == [
        ("loras / ink.info", "new: Category"), ("loras / ink.md", "new: Notes"),
    ]  # fmt: skip
    sheet.rows["category"].editor.line.setText("")  # type: ignore[attr-defined]
    sheet.rows["category"].editor.line.textEdited.emit("")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: files.line.text() == "Writes 1 file: ink.md", timeout=SECONDS)
    save(sheet, qtbot)
    settle(window, qtbot)
    assert (comfyui / "models/loras/ink.md").read_text().endswith("Good at night.\n") and not user(comfyui, "loras/ink.safetensors")


def test_what_changed_meanwhile_is_told_before_it_is_saved(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    (comfyui / "models/loras/ink.info").write_text(json.dumps({"user": {"category": "Theirs", "rating": 2}}))
    type_category(sheet, "Mine")
    QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(sheet.files.list.isVisible, timeout=SECONDS)
    assert sheet.isVisible() and "changed elsewhere meanwhile" in sheet.files.line.text()
    assert [one.tone for one in sheet.files.list.rows.rows] == ["warn", ""]
    save(sheet, qtbot)
    settle(window, qtbot)
    assert user(comfyui, "loras/ink.safetensors") == {"category": "Mine", "rating": 2}


def test_what_cannot_be_written_is_told_before(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    (comfyui / "models/loras/ink.info").write_text("no JSON")
    select(window, "ink", "brush")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    type_category(sheet, "Mine")
    qtbot.waitUntil(lambda: "1 model stays as it is" in sheet.files.line.text(), timeout=SECONDS)
    QTest.mouseClick(sheet.files.line, Qt.MouseButton.LeftButton)
    first, second = sheet.files.list.rows.rows
    assert first.tone == "bad" and "ink.info" in first.note and second.before.endswith("brush.info")
    save(sheet, qtbot)
    settle(window, qtbot)
    assert user(comfyui, "loras/style/brush.safetensors") == {"category": "Mine"}
    assert (comfyui / "models/loras/ink.info").read_text() == "no JSON"


def test_nothing_that_can_be_written_is_not_saved(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    (comfyui / "models/loras/ink.info").write_text("no JSON")
    select(window, "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    type_category(sheet, "Mine")
    QTest.mouseClick(sheet.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "ink.info" in sheet.files.line.text(), timeout=SECONDS)
    assert sheet.isVisible() and not sheet.save.isEnabled()
    sheet.reject()


def test_files_of_very_many_models_are_looked_for_on_request(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_manager.ui.own.edit_sheet.MOST_UNASKED", 1)
    monkeypatch.setattr("model_manager.bridge.own_ahead.MOST_LISTED", 2)
    select(window, "brush", "ae", "ink")
    window.tidy.own.edit()
    sheet = sheet_of(window, qtbot)
    asked: list[object] = []
    sheet.look_asked.connect(lambda *args: asked.append(args))
    type_category(sheet, "Tools")
    assert sheet.files.line.text() == "Which files this writes…" and not sheet._pause.isActive() and not asked
    QTest.mouseClick(sheet.files.line, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: sheet.files.line.text().startswith("Writes 3 files"), timeout=SECONDS)
    assert [one.before for one in sheet.files.list.rows.rows][2] == "and 1 more"
    sheet.reject()


def test_a_key_tells_what_was_written_and_offers_the_way_back(window: MainWindow, comfyui: Path, qtbot: QtBot) -> None:
    select(window, "brush")
    settle(window, qtbot)
    press(window, Qt.Key.Key_4, ALT)
    settle(window, qtbot)
    status = window.status
    qtbot.waitUntil(status._offer.isVisible, timeout=SECONDS)
    assert status._said.accessibleName() == "1 model changed. Written: brush.info." and status._offer.text() == "Undo"
    QTest.mouseClick(status._offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not user(comfyui, "loras/style/brush.safetensors"), timeout=SECONDS)
    settle(window, qtbot)
    assert not status._offer.isVisible()


def test_words_are_told_apart_by_models(qtbot: QtBot) -> None:
    field = WordsField("Tags", ["one", "two"])
    qtbot.addWidget(field)
    field.show_counts({"all": 3, "some": 1}, 3, "Add a tag")
    assert field.words == ("all",)
    field._on_chip("all")
    assert (field.added, field.removed) == ([], ["all"])
    field._on_chip("some")
    assert (field.added, field.words) == (["some"], ("some",))
    field._on_chip("some")
    assert (field.added, field.removed) == ([], ["all", "some"])
    field._take("ALL, new")
    assert field.words == ("ALL", "new") and field.added == ["ALL", "new"]

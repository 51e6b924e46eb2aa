"""Notes: nothing typed is lost, saving is asked for and confirmed, failures are told."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from model_manager.ui.details.notes import NotesTab


@pytest.fixture
def tab(qtbot: QtBot) -> NotesTab:
    made = NotesTab()
    qtbot.addWidget(made)
    made.show()
    made.show_notes(1, "# Old\n\ntext", False)
    return made


def write(tab: NotesTab, text: str) -> None:
    if tab._stack.currentWidget() is tab.view:
        tab.edit_button.click()
    tab.editor.selectAll()
    tab.editor.insertPlainText(text)


def test_notes_are_shown_as_markdown(tab: NotesTab) -> None:
    assert tab._stack.currentWidget() is tab.view
    assert tab.view.toPlainText() == "Old\ntext"
    assert tab.save_button.isHidden()


def test_saving_tells_the_new_body_and_the_one_loaded(tab: NotesTab, qtbot: QtBot) -> None:
    write(tab, "new\u00a0words")
    with qtbot.waitSignal(tab.notes_saved) as saved:
        qtbot.keyClick(tab.editor, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert saved.args == [1, "new\u00a0words", "# Old\n\ntext"]
    assert tab.drafts() == {1: "new\u00a0words"}
    tab.confirm_saved(1, "new\u00a0words")
    assert tab.drafts() == {}
    assert tab._state.text() == "Saved."
    assert tab.save_button.isHidden()


def test_draft_waits_for_its_model(tab: NotesTab) -> None:
    write(tab, "half a thought")
    tab.show_notes(2, "other", False)
    assert tab.editor.toPlainText() == "other"
    assert tab.save_button.isHidden()
    tab.show_notes(1, "# Old\n\ntext", False)
    assert tab.editor.toPlainText() == "half a thought"
    assert tab._stack.currentWidget() is tab.editor
    assert not tab.save_button.isHidden()


def test_text_typed_while_saving_is_kept(tab: NotesTab, qtbot: QtBot) -> None:
    write(tab, "one")
    tab.save()
    tab.editor.moveCursor(tab.editor.textCursor().MoveOperation.End)
    tab.editor.insertPlainText(" two")
    tab.confirm_saved(1, "one")
    assert tab.drafts() == {1: "one two"}
    with qtbot.waitSignal(tab.notes_saved) as saved:
        tab.save()
    assert saved.args == [1, "one two", "one"]


def test_failure_is_told_and_the_draft_kept(tab: NotesTab) -> None:
    write(tab, "new")
    tab.save()
    tab.show_failure(1, "The disk is full.")
    assert tab._state.text() == "The disk is full."
    assert tab.drafts() == {1: "new"}


def test_failure_of_another_model_waits(tab: NotesTab) -> None:
    write(tab, "new")
    tab.save()
    tab.show_notes(2, "", False)
    tab.show_failure(1, "The disk is full.")
    assert tab._state.text() == ""
    tab.show_notes(1, "# Old\n\ntext", False)
    assert tab._state.text() == "The disk is full."


def test_typing_the_saved_text_again_is_no_draft(tab: NotesTab) -> None:
    write(tab, "new")
    write(tab, "# Old\n\ntext")
    assert tab.drafts() == {}


def test_other_line_ends_are_no_change(tab: NotesTab) -> None:
    tab.show_notes(3, "a\r\nb", False)
    write(tab, "a\nb")
    assert tab.drafts() == {}


def test_change_on_disk_is_told(tab: NotesTab) -> None:
    write(tab, "mine")
    tab.show_notes(1, "theirs", False)
    assert tab.editor.toPlainText() == "mine"
    assert "changed on disk" in tab._state.text()
    tab.discard_button.click()
    assert tab.editor.toPlainText() == "theirs"
    assert tab.drafts() == {}
    tab.editor.undo()
    assert tab.drafts() == {1: "mine"}


def test_nothing_is_saved_while_the_folder_is_away(tab: NotesTab) -> None:
    tab.show_notes(1, "# Old\n\ntext", True)
    asked: list[object] = []
    tab.notes_saved.connect(lambda *said: asked.append(said))
    write(tab, "new")
    tab.save()
    assert asked == []
    assert not tab.save_button.isEnabled()
    assert tab.drafts() == {1: "new"}

"""The search field: tokens become chips, keys and completions do what they say, the whole query is told at each key."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from model_manager.ui.search import SearchField
from model_manager.ui.search_parts import is_token, pieces

BASES = [('base:"SDXL 1.0"', "1,204"), ("base:Pony", "12")]


def source(prefix: str) -> list[tuple[str, str]]:
    return [pair for pair in BASES if pair[0].startswith(prefix)] if ":" in prefix else [("base:", "base model")] * prefix.startswith("b")


@pytest.fixture
def field(qtbot: QtBot) -> Iterator[SearchField]:
    window = QWidget()
    qtbot.addWidget(window)
    made = SearchField()
    layout = QVBoxLayout(window)
    layout.addWidget(made)
    layout.addStretch(1)
    window.resize(520, 400)
    window.show()
    window.activateWindow()
    made.setFocus()
    qtbot.waitUntil(made.edit.hasFocus)
    yield made


@pytest.fixture
def told(field: SearchField) -> list[str]:
    texts: list[str] = []
    field.text_changed.connect(texts.append)
    return texts


@pytest.fixture
def press(field: SearchField, qtbot: QtBot) -> Callable[..., None]:
    def do(*keys: Qt.Key | str) -> None:
        for key in keys:
            if isinstance(key, str):
                qtbot.keyClicks(field.edit, key)
            else:
                qtbot.keyClick(field.edit, key)

    return do


@pytest.mark.parametrize(
    "text",
    [
        "type:lora",
        'base:"SDXL 1.0"',
        "size>2gb",
        "added<=7d",
        "-anime",
        "-tag:x",
        '"exact words"',
        "has:preview",
        "NO:preview",
        '-"two words"',
    ],
)
def test_finished_tokens(text: str) -> None:
    assert is_token(text)
    assert pieces(f"a {text} b") == ["a", text, "b"]


@pytest.mark.parametrize("text", ["lora", "base:", 'base:"SDXL', "-", '"', '""', "epoch:10", "a<b", "size>", 'base:""', "type>lora"])
def test_words_and_unfinished_tokens(text: str) -> None:
    assert not is_token(text)


def test_each_key_tells_the_whole_query(press: Callable[..., None], told: list[str]) -> None:
    press("in", " type:vae", " ")
    assert told == ["i", "in", "in t", "in ty", "in typ", "in type", "in type:", "in type:v", "in type:va", "in type:vae", "type:vae in"]


def test_space_makes_a_chip_of_a_token_only(field: SearchField, press: Callable[..., None]) -> None:
    press("ink wash base:SDXL more")
    assert field.tokens() == ["base:SDXL"]
    assert field.edit.text() == "ink wash more"
    assert field.text() == "base:SDXL ink wash more"


def test_quotes_hold_spaces(field: SearchField, press: Callable[..., None]) -> None:
    press('base:"SDXL 1.0')
    assert field.tokens() == []
    press('" ')
    assert field.tokens() == ['base:"SDXL 1.0"']


def test_enter_finishes_a_token_and_then_goes_on(field: SearchField, press: Callable[..., None], qtbot: QtBot) -> None:
    press("type:lora", Qt.Key.Key_Return)
    assert field.tokens() == ["type:lora"]
    with qtbot.waitSignal(field.finished):
        press(Qt.Key.Key_Return)


def test_backspace_takes_the_last_chip(field: SearchField, press: Callable[..., None], told: list[str]) -> None:
    field.set_text("type:lora base:SDXL")
    press(Qt.Key.Key_Backspace)
    assert field.tokens() == ["type:lora"]
    assert told == ["type:lora"]


def test_cross_removes_and_click_edits(field: SearchField, qtbot: QtBot, told: list[str]) -> None:
    field.set_text("type:lora base:SDXL ink")
    first, second = field._chips
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton, pos=QPoint(first.width() - 6, 10))
    assert told == ["base:SDXL ink"]
    qtbot.mouseClick(second, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert field.tokens() == []
    assert field.edit.text() == "ink base:SDXL"


def test_chips_by_keyboard(field: SearchField, press: Callable[..., None], qtbot: QtBot) -> None:
    field.set_text("type:lora base:SDXL")
    press(Qt.Key.Key_Left)
    last = field._chips[-1]
    assert last.hasFocus()
    qtbot.keyClick(last, Qt.Key.Key_Left)
    assert field._chips[0].hasFocus()
    qtbot.keyClick(field._chips[0], Qt.Key.Key_Delete)
    assert field.tokens() == ["base:SDXL"]
    qtbot.keyClick(field._chips[0], Qt.Key.Key_Right)
    assert field.edit.hasFocus()


def test_set_text_does_not_tell(field: SearchField, told: list[str]) -> None:
    field.set_text('a base:"SDXL 1.0" -b c')
    assert field.tokens() == ['base:"SDXL 1.0"', "-b"]
    assert field.text() == 'base:"SDXL 1.0" -b a c'
    assert told == []
    field.set_text("")
    assert field.text() == ""


def test_escape_clears_then_leaves(field: SearchField, press: Callable[..., None], told: list[str], qtbot: QtBot) -> None:
    field.set_text("type:lora ink")
    press(Qt.Key.Key_Escape)
    assert told == [""]
    assert field.tokens() == []
    with qtbot.waitSignal(field.finished):
        press(Qt.Key.Key_Escape)


def test_clear_button(field: SearchField, told: list[str]) -> None:
    assert field._clear.isHidden()
    field.set_text("x")
    field._clear.click()
    assert told == [""]
    assert field._clear.isHidden()


def test_completion_of_a_key_and_its_value(field: SearchField, press: Callable[..., None]) -> None:
    field.set_completer_source(source)
    press("ink b")
    assert field.completions.isVisible()
    press(Qt.Key.Key_Tab)
    assert field.edit.text() == "ink base:"
    assert [field.completions.item(row).text() for row in range(field.completions.count())] == [text for text, _ in BASES]
    press(Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return)
    assert field.tokens() == ['base:"SDXL 1.0"']
    assert field.edit.text() == "ink "
    assert field.completions.isHidden()


def test_escape_closes_the_list_first(field: SearchField, press: Callable[..., None]) -> None:
    field.set_completer_source(source)
    press("b", Qt.Key.Key_Escape)
    assert field.completions.isHidden()
    assert field.edit.text() == "b"


def test_click_completes(field: SearchField, press: Callable[..., None]) -> None:
    field.set_completer_source(source)
    press("base:")
    field.completions.itemClicked.emit(field.completions.item(1))
    assert field.tokens() == ["base:Pony"]
    assert field.edit.text() == ""


def test_enter_without_a_marked_line_keeps_what_was_typed(field: SearchField, press: Callable[..., None]) -> None:
    field.set_completer_source(source)
    press("base:P", Qt.Key.Key_Return)
    assert field.tokens() == ["base:P"]


def test_problem_is_shown_and_taken_back(field: SearchField) -> None:
    field.set_problem("After size> comes a size like 2gb.")
    assert "size" in field.edit.toolTip()
    assert field.edit.accessibleDescription() == "After size> comes a size like 2gb."
    field.set_problem(None)
    assert field.edit.toolTip() == ""


def test_many_chips_leave_room_to_type(field: SearchField) -> None:
    tokens = [f"tag:word{number}" for number in range(12)]
    field.set_text(" ".join(tokens))
    assert field.tokens() == tokens
    assert field.edit.width() >= 100
    hidden = [chip for chip in field._chips if chip.isHidden()]
    assert hidden
    assert field._more.text() == f"+{len(hidden)}"
    assert not field._chips[-1].isHidden()

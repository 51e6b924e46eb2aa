"""Copied links to models are told once, when that was asked for, and never our own."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QObject, Signal
from pytestqt.qtbot import QtBot

from model_manager.bridge import clipboard as module
from model_manager.bridge.clipboard import ClipboardWatch

FOX = "https://civitai.com/models/900030?modelVersionId=9000302"


class Board(QObject):
    """A clipboard that other programs copy to."""

    dataChanged = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mime, self._is_ours = QMimeData(), False

    def copy(self, text: str, is_ours: bool = False) -> None:
        self._mime, self._is_ours = QMimeData(), is_ours
        self._mime.setText(text)
        self.dataChanged.emit()

    def mimeData(self) -> QMimeData:
        return self._mime

    def ownsClipboard(self) -> bool:
        return self._is_ours


@pytest.fixture
def board(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    board = Board()
    monkeypatch.setattr(module.QGuiApplication, "clipboard", lambda: board)
    yield board


def watched(board: Board) -> tuple[ClipboardWatch, list[list[str]]]:
    watch, told = ClipboardWatch(), list[list[str]]()
    watch.links_copied.connect(told.append)
    return watch, told


def test_links_are_told_once(board: Board) -> None:
    watch, told = watched(board)
    watch.set_on(True)
    for text in (FOX, FOX, f"look: {FOX} and https://huggingface.co/a/b", "https://civitai.red/models/900030?modelVersionId=9000302"):
        board.copy(text)
    assert told == [[FOX], ["https://huggingface.co/a/b"]]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "900030", "1girl, solo, 12345", "https://example.com/a.safetensors", "file:///a", "x" * 5000, FOX + " " * 5000 + "x"],
)
def test_other_texts_are_not(board: Board, text: str) -> None:
    watch, told = watched(board)
    watch.set_on(True)
    board.copy(text)
    assert told == []


def test_own_copies_and_what_was_there_before_are_not(board: Board) -> None:
    watch, told = watched(board)
    board.copy(FOX)
    watch.set_on(True)
    board.copy("https://huggingface.co/a/b", is_ours=True)
    board.copy(FOX)
    assert told == []


def test_nothing_is_looked_at_unless_asked_for(board: Board) -> None:
    watch, told = watched(board)
    board.copy(FOX)
    watch.set_on(True)
    watch.set_on(True)
    watch.set_on(False)
    board.copy("https://huggingface.co/c/d")
    assert told == []

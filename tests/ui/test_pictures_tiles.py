"""The small model behind strips of pictures."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from model_manager.ui.pictures.tiles import Tile, TileModel


def test_why_a_picture_cannot_be_shown_is_never_taken_for_html(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    tiles = TileModel(parent)
    tiles.set_tiles([Tile("a", "A"), Tile("b", "B")])
    tiles.set_fault("a", "no <img src='//host/share/x.png'>")
    tips = [tiles.data(tiles.index(row), Qt.ItemDataRole.ToolTipRole) for row in range(2)]
    assert "<img" not in tips[0] and "no " in tips[0] and not tips[1]

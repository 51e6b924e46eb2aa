"""The flow layout and the chips in it."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from model_manager.ui.details.chips import ChipRow, ChipText
from model_manager.ui.flow import FlowLayout


def test_items_wrap_and_the_height_follows(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box, spacing=10)
    for _ in range(3):
        item = QWidget(box)  # a button has its height from the style sheet that another test may have left
        item.setFixedSize(80, 20)
        flow.addWidget(item)
    assert flow.heightForWidth(300) == 20
    assert flow.heightForWidth(169) == 80
    assert flow.heightForWidth(170) == 50
    flow.itemAt(0).widget().setVisible(False)  # type: ignore[union-attr]
    flow.invalidate()
    assert flow.heightForWidth(170) == 20


def test_taking_items_leaves_the_rest(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box)
    for _ in range(2):
        flow.addWidget(QPushButton(box))
    assert flow.takeAt(5) is None
    assert flow.takeAt(0) is not None
    assert flow.count() == 1


@pytest.fixture
def row(qtbot: QtBot) -> ChipRow:
    made = ChipRow("Words", limit=4)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    return made


def shown(row: ChipRow) -> list[str]:
    return [chip.said.text for chip in row.visible_chips()]


def test_click_copies_and_confirms(row: ChipRow, qtbot: QtBot) -> None:
    row.show_chips([ChipText("a <b>", payload="whole a"), ChipText("c")])
    with qtbot.waitSignal(row.chip_clicked) as clicked:
        row.visible_chips()[0].click()
    assert clicked.args == ["whole a"]
    assert QGuiApplication.clipboard().text() == "whole a"
    assert row.visible_chips()[0]._is_confirmed
    row.show_chips([ChipText("x")])
    assert shown(row) == ["x"]
    assert not row.visible_chips()[0]._is_confirmed


def test_rest_unfolds(row: ChipRow) -> None:
    row.show_chips([ChipText(str(number)) for number in range(20)])
    assert shown(row) == ["0", "1", "2", "3", "+ 16 more"]
    row.visible_chips()[-1].click()
    assert shown(row) == [str(number) for number in range(20)]


def test_arrows_walk_along_the_row(row: ChipRow, qtbot: QtBot) -> None:
    row.show_chips([ChipText("a"), ChipText("b")])
    row.activateWindow()
    row.visible_chips()[0].setFocus()
    qtbot.waitUntil(lambda: row.visible_chips()[0].hasFocus())
    qtbot.keyClick(row.visible_chips()[0], Qt.Key.Key_Right)
    assert row.visible_chips()[1].hasFocus()
    with qtbot.waitSignal(row.chip_clicked) as clicked:
        qtbot.keyClick(row.visible_chips()[1], Qt.Key.Key_Return)
    assert clicked.args == ["b"]


def test_long_chips_wrap_inside_the_row(row: ChipRow) -> None:
    row.show_chips([ChipText("z" * 900), ChipText("b")])
    row.layout().activate()
    chip = row.visible_chips()[0]
    assert chip.width() <= row.width()
    assert chip.height() > 40
    assert row.visible_chips()[1].pos() != QPoint(0, 0)

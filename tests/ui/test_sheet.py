"""The frame of all dialogs: the veil behind it, its corners, and Enter."""

import sys

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import set_theme, tokens

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="macOS draws its own sheets")


@pytest.fixture
def behind(qtbot: QtBot, qapp: QApplication) -> QWidget:
    set_theme("light", qapp)
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    return window


@pytest.fixture
def sheet(behind: QWidget) -> Sheet:
    made = Sheet(behind)
    column = QVBoxLayout(made)
    for widget in (QCheckBox("box"), QPushButton("cancel"), QPushButton("go")):
        column.addWidget(widget)
    for button in made.findChildren(QPushButton):
        button.setAutoDefault(False)
        button.clicked.connect(made.accept if button.text() == "go" else made.reject)
    made.findChildren(QPushButton)[1].setDefault(True)
    made.open()
    return made


def seen(window: QWidget) -> QColor:
    return window.grab().toImage().pixelColor(300, 200)


def test_the_window_behind_is_dimmed_while_it_is_open(behind: QWidget, sheet: Sheet) -> None:
    dim = seen(behind)
    behind.resize(900, 700)
    assert behind.grab().toImage().pixelColor(890, 690) == dim, "all of it, also when it grows"
    sheet.hide()
    assert seen(behind).lightness() > dim.lightness()
    sheet.show()
    assert seen(behind) == dim
    sheet.reject()
    assert seen(behind).lightness() > dim.lightness()


def test_it_stands_in_the_middle_of_the_window(qtbot: QtBot, behind: QWidget) -> None:
    behind.move(120, 90)
    made = Sheet(behind)
    made.resize(300, 200)
    made.open()
    off = made.geometry().center() - behind.geometry().center()
    assert abs(off.x()) <= 1 and abs(off.y()) <= 1
    made.reject()
    behind.move(-400, -300)
    made.open()
    assert made.geometry().top() >= 0 and made.geometry().left() >= 0, "never with its head out of sight"
    made.reject()


def test_its_corners_are_round(sheet: Sheet) -> None:
    image = QImage(sheet.size(), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    sheet.render(image, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    right, bottom = image.width() - 1, image.height() - 1
    assert [image.pixelColor(x, y).alpha() for x in (0, right) for y in (0, bottom)] == [0] * 4
    assert image.pixelColor(right // 2, 4) == tokens().panel
    sheet.reject()


@pytest.mark.parametrize(("text", "result"), [("cancel", Sheet.DialogCode.Rejected), ("go", Sheet.DialogCode.Accepted)])
def test_enter_presses_the_button_that_has_the_keyboard(sheet: Sheet, text: str, result: Sheet.DialogCode) -> None:
    button = next(one for one in sheet.findChildren(QPushButton) if one.text() == text)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert not sheet.isVisible() and sheet.result() == result.value


def test_enter_on_a_box_presses_the_main_button(sheet: Sheet) -> None:
    box = sheet.findChildren(QCheckBox)[0]
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert sheet.result() == Sheet.DialogCode.Accepted.value and not box.isChecked()

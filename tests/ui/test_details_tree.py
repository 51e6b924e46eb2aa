"""The metadata tree: lazy, searchable, whole values on copy."""

import json

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from model_manager.ui.details.metadata import MetadataTab
from model_manager.ui.details.tree_model import TreeModel, short_text

TREE = {
    "__metadata__": {"ss_network_dim": "32", "long": "word " * 500, "tags": {"img": {"cat": 3, "dog": 1}}},
    "tensors": {f"block.{number}.weight": {"dtype": "F16", "shape": [4, 4]} for number in range(3000)},
    "shape": [1, 2, 3],
    "nothing": {},
}


def names(model: TreeModel, parent: QModelIndex | None = None) -> list[str]:
    above = parent or QModelIndex()
    return [str(model.index(row, 0, above).data()) for row in range(model.rowCount(above))]


def test_model_obeys_qt(qtbot: QtBot) -> None:
    model = TreeModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_tree(TREE)
    model.set_filter("cat")
    model.set_filter("")
    assert tester.model() is model


def test_branches_are_built_when_opened() -> None:
    model = TreeModel()
    model.show_tree(TREE)
    assert names(model) == ["__metadata__", "tensors", "shape", "nothing"]
    tensors = model.index(1, 0)
    assert model.node(tensors).children is None
    assert model.hasChildren(tensors)
    assert model.node(tensors).children is None
    assert model.rowCount(tensors) == 3000


def test_short_rows_of_numbers_and_empty_branches_do_not_open() -> None:
    model = TreeModel()
    model.show_tree(TREE)
    assert not model.hasChildren(model.index(2, 0))
    assert model.index(2, 1).data() == "[1, 2, 3]"
    assert not model.hasChildren(model.index(3, 0))


def test_filter_keeps_matches_and_what_leads_to_them() -> None:
    model = TreeModel()
    model.show_tree(TREE)
    model.set_filter("BLOCK.12.")
    assert names(model) == ["tensors"]
    assert names(model, model.index(0, 0)) == ["block.12.weight"]
    assert model.matches == 1
    model.set_filter("cat 3")
    assert names(model, model.index(0, 0, model.index(0, 0, model.index(0, 0)))) == ["cat"]
    model.set_filter("no such thing")
    assert names(model) == []


def test_what_is_below_a_match_can_be_opened() -> None:
    model = TreeModel()
    model.show_tree(TREE)
    model.set_filter("img")
    image = model.index(0, 0, model.index(0, 0, model.index(0, 0)))
    assert names(model, image) == ["cat", "dog"]


def test_long_values_are_short_on_screen_only() -> None:
    model = TreeModel()
    model.show_tree(TREE)
    index = model.index(1, 1, model.index(0, 0))
    assert len(str(index.data())) < 200
    assert model.value_of(index) == "word " * 500
    assert "\n" not in short_text("a\nb")


def test_tree_is_asked_for_when_the_tab_opens(qtbot: QtBot) -> None:
    tab = MetadataTab()
    qtbot.addWidget(tab)
    asked: list[int] = []
    tab.tree_wanted.connect(asked.append)
    tab.show_model(7)
    assert asked == []
    tab.set_open(True)
    assert asked == [7]
    tab.show_tree(7, TREE)
    tab.set_open(False)
    tab.set_open(True)
    assert asked == [7]
    with qtbot.waitSignal(tab.tree_wanted):
        tab.show_model(8)
    assert asked == [7, 8]


def test_late_answers_are_dropped(qtbot: QtBot) -> None:
    tab = MetadataTab()
    qtbot.addWidget(tab)
    tab.show_model(2)
    tab.show_tree(1, TREE)
    assert tab.tree.model().rowCount() == 0
    tab.show_problem(2, "This file cannot be read.")
    assert tab._message.text() == "This file cannot be read."


def test_same_file_keeps_its_tree(qtbot: QtBot) -> None:
    tab = MetadataTab()
    qtbot.addWidget(tab)
    tab.show_model(2, "state")
    tab.show_tree(2, TREE)
    tab.show_model(2, "state")
    assert tab._is_known
    tab.show_model(2, "changed")
    assert not tab._is_known


def test_values_are_copied_whole(qtbot: QtBot) -> None:
    tab = MetadataTab()
    qtbot.addWidget(tab)
    tab.show_model(1)
    tab.show_tree(1, TREE)
    model = tab.tree.model()
    tab.tree.setCurrentIndex(model.index(1, 0, model.index(0, 0)))
    assert tab.value.toPlainText() == "word " * 500
    with qtbot.waitSignal(tab.text_copied):
        tab._copy_value.button.click()
    assert QGuiApplication.clipboard().text() == "word " * 500
    tab._copy_json.button.click()
    assert json.loads(QGuiApplication.clipboard().text()) == {"long": "word " * 500}


def test_filter_field_opens_what_it_finds(qtbot: QtBot) -> None:
    tab = MetadataTab()
    qtbot.addWidget(tab)
    tab.show_model(1)
    tab.show_tree(1, TREE)
    qtbot.keyClicks(tab.filter, "dog")
    model = tab.tree.model()
    qtbot.waitUntil(lambda: model.rowCount() == 1)
    assert tab.tree.isExpanded(model.index(0, 0))
    assert tab._found.text() == "1 match"
    assert model.data(model.index(0, 0), Qt.ItemDataRole.DisplayRole) == "__metadata__"

"""Nested header metadata as a Qt model of two columns, name and value; built as branches are opened, filtered on demand.

Used by the metadata tab. Values are shortened for the view; the whole value is asked for by `value_of`.
"""

import json
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from model_manager.core.words import tr, trn
from model_manager.ui import theme
from model_manager.ui.details.parts import short_tip

SHOWN_CHARACTERS = 160
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Node:
    """One name and value. children is None until the branch is looked at."""

    __slots__ = ("children", "is_matched", "key", "parent", "row", "value")

    def __init__(self, key: str, value: object, parent: "Node | None", row: int) -> None:
        self.key, self.value, self.parent, self.row = key, value, parent, row
        self.children: list[Node] | None = None
        self.is_matched = False

    @property
    def is_branch(self) -> bool:
        """True for a mapping or list with something in it."""
        return isinstance(self.value, (dict, list, tuple)) and bool(self.value)

    def branches(self) -> "list[Node]":
        """The nodes below, made at the first call."""
        if self.children is None:
            self.children = [Node(key, value, self, row) for row, (key, value) in enumerate(_pairs(self.value))]
        return self.children


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [(str(key), below) for key, below in value.items()]
    if isinstance(value, (list, tuple)):
        return [(str(row), below) for row, below in enumerate(value)]
    return []


def _is_row_of_numbers(value: object) -> bool:
    return isinstance(value, (list, tuple)) and 0 < len(value) <= 8 and all(isinstance(part, (int, float)) for part in value)


def value_text(value: object) -> str:
    """A value as text: strings as they are, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def short_text(value: object) -> str:
    """One line for the view: a number of entries for branches, the beginning of long texts."""
    if _is_row_of_numbers(value):
        return value_text(value)
    if isinstance(value, dict) and {"dtype", "shape"} <= value.keys():
        return f"{value['dtype']} {value['shape']}"[:SHOWN_CHARACTERS]
    if isinstance(value, (dict, list, tuple)):
        return trn("{count} entry", "{count} entries", len(value)) if value else tr("empty")
    text = value[: SHOWN_CHARACTERS * 2] if isinstance(value, str) else value_text(value)
    line = " ".join(text[: SHOWN_CHARACTERS * 2].split())
    return line if len(line) <= SHOWN_CHARACTERS and len(text) < SHOWN_CHARACTERS * 2 else line[:SHOWN_CHARACTERS] + "…"


def _filtered(key: str, value: object, words: list[str], parent: Node | None, budget: list[int]) -> Node | None:
    """A node with only those below that hold all words in their name or value, or are below a name that does."""
    node = Node(key, value, parent, 0)
    is_branch = isinstance(value, (dict, list, tuple))
    own = f"{key} {'' if is_branch and not _is_row_of_numbers(value) else value_text(value)}".casefold()
    node.is_matched = parent is not None and all(word in own for word in words)
    if node.is_matched or not is_branch:
        return node if node.is_matched and _spend(budget) else None
    found = [_filtered(below, part, words, node, budget) for below, part in _pairs(value)]
    node.children = [child for child in found if child is not None]
    for row, child in enumerate(node.children):
        child.row = row
    return node if node.children else None


def _spend(budget: list[int]) -> bool:
    budget[0] += 1
    return True


class TreeModel(QAbstractItemModel):
    """The tree, or the part of it that holds the words of a filter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._whole: dict[str, Any] = {}
        self._root = Node("", {}, None, 0)
        self.matches = 0

    def show_tree(self, tree: dict[str, Any]) -> None:
        """Show all of `tree`."""
        self._whole = tree
        self.set_filter("")

    def set_filter(self, text: str) -> None:
        """Show what holds all words of `text` in its name or value, with what is around it; all of it for ""."""
        words, budget = text.casefold().split(), [0]
        self.beginResetModel()
        whole = Node("", self._whole, None, 0)
        found = _filtered("", self._whole, words, None, budget) if words else whole
        self._root = found or Node("", {}, None, 0)
        self.matches = budget[0]
        self.endResetModel()

    def node(self, index: Index) -> Node:
        """The node behind `index`, the root for an invalid one."""
        pointer = index.internalPointer() if index.isValid() else None
        return pointer if isinstance(pointer, Node) else self._root

    def value_of(self, index: Index) -> object:
        """The whole value behind `index`."""
        return self.node(index).value

    def index(self, row: int, column: int, parent: Index = NO_PARENT) -> QModelIndex:
        """The index of a child."""
        below = self.node(parent).branches()
        return self.createIndex(row, column, below[row]) if 0 <= row < len(below) and 0 <= column < 2 else QModelIndex()

    def parent(self, index: Index = NO_PARENT) -> QModelIndex:  # type: ignore[override]
        """The index above."""
        above = self.node(index).parent
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        """Number of nodes below."""
        return 0 if parent.column() > 0 else len(self.node(parent).branches())

    def hasChildren(self, parent: Index = NO_PARENT) -> bool:
        """Known without building the branch. Short rows of numbers, as shapes are, stay in one line."""
        if parent.column() > 0:
            return False
        node = self.node(parent)
        return node.is_branch and (node is self._root or not _is_row_of_numbers(node.value))

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        """Name and value."""
        return 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name or shortened value; branches are told by paler values."""
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.key[:SHOWN_CHARACTERS] if index.column() == 0 else short_text(node.value)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(node, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return short_tip(f"{node.key}\n{short_text(node.value)}")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{node.key}: {short_text(node.value)}"
        return None

    def _colour(self, node: Node, column: int) -> QColor:
        colours = theme.tokens()
        if column == 0:
            return colours.accent if node.is_matched else colours.muted
        return colours.faint if node.is_branch and not _is_row_of_numbers(node.value) else colours.text

"""The tab with everything the header of a model file says, as a tree that can be searched and copied from.

Asks for the tree by signal when it is first looked at; must never read a file.
"""

import json
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from model_manager.core.words import tr, trn
from model_manager.ui import theme
from model_manager.ui.details.parts import Copier, push_button, set_role
from model_manager.ui.details.tree_model import TreeModel, value_text

WAIT_MS = 90
FILTER_MS = 90
UNFOLDED_MATCHES = 300
SHOWN_VALUE = 60_000
OPENED_ENTRIES = 200


class _Names(QStyledItemDelegate):
    """Shortens names at their beginning: those of tensors differ at their end."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideLeft


class MetadataTab(QWidget):
    """Filter, tree, and below it the whole value of the line in hand."""

    tree_wanted = Signal(int)
    text_copied = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._id = -1
        self._state: object = None
        self._is_known = self._is_open = False
        self._model = TreeModel(self)
        self._wait = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._typed = QTimer(self, interval=FILTER_MS, singleShot=True)
        self._build()
        self._connect()
        self._say(tr("Reading the header…"))

    def _build(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Search names and values…"))
        self.filter.setAccessibleName(tr("Search the metadata"))
        self.filter.setClearButtonEnabled(True)
        self._search_action = self.filter.addAction(theme.icon("search", tone="faint"), QLineEdit.ActionPosition.LeadingPosition)
        self.tree = QTreeView()
        self.tree.setModel(self._model)
        self.tree.setAccessibleName(tr("Header metadata"))
        self.tree.setUniformRowHeights(True)
        self.tree.setHeaderHidden(True)
        self.tree.setAlternatingRowColors(False)
        self.tree.setIndentation(14)
        self.tree.setItemDelegateForColumn(0, _Names(self.tree))
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.tree.setMinimumHeight(150)
        self.value = QPlainTextEdit()
        self.value.setReadOnly(True)
        self.value.setAccessibleName(tr("Whole value"))
        self.value.setFixedHeight(96)
        self._copy_value, self._copy_json = Copier(push_button(tr("Copy value"))), Copier(push_button(tr("Copy as JSON")))
        self._message = set_role(QLabel(), "muted")
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._message.setMargin(24)
        self._lay_out()

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.filter)
        self._found = set_role(QLabel(), "faint")
        column.addWidget(self._found)
        column.addWidget(self.tree, 1)
        column.addWidget(self.value)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._copy_value.button)
        row.addWidget(self._copy_json.button)
        row.addStretch(1)
        column.addLayout(row)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(page)
        self._stack.addWidget(self._message)

    def _connect(self) -> None:
        self._wait.timeout.connect(self._on_waited)
        self._typed.timeout.connect(self._on_filtered)
        self.filter.textChanged.connect(self._typed.start)
        self.tree.selectionModel().currentChanged.connect(self._on_current)
        for copier in (self._copy_value, self._copy_json):
            copier.copied.connect(self.text_copied)
        for label, keys, copier in (
            (tr("Copy value"), QKeySequence(QKeySequence.StandardKey.Copy), self._copy_value),
            (tr("Copy as JSON"), QKeySequence("Ctrl+Shift+C"), self._copy_json),
        ):
            action = QAction(label, self.tree)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(copier.copy)
            self.tree.addAction(action)

    def show_model(self, model_id: int, state: object = None) -> None:
        """Forget the tree on show; ask for the one of `model_id` if the tab is open, after a moment's rest.

        The tree stays when neither the model nor `state` (whatever tells that its file has changed) is another one.
        """
        if (model_id, state) == (self._id, self._state):
            return
        self._id, self._state, self._is_known = model_id, state, False
        self._say(tr("Reading the header…"))
        if self._is_open:
            self._wait.start()

    def set_open(self, is_open: bool) -> None:
        """The tab is looked at, or no longer."""
        self._is_open = is_open
        if is_open and not self._is_known:
            self._on_waited()

    def show_tree(self, model_id: int, tree: dict[str, Any]) -> None:
        """Take the tree of `model_id`; one that nobody waits for any more is dropped."""
        if model_id != self._id:
            return
        self._is_known = True
        if not tree:
            return self._say(tr("This file says nothing about itself. It has no header metadata."))
        self._model.show_tree(tree)
        self._stack.setCurrentIndex(0)
        self._on_filtered()

    def show_problem(self, model_id: int, text: str) -> None:
        """Say why there is no tree."""
        if model_id == self._id:
            self._is_known = True
            self._say(text)

    def redraw(self) -> None:
        """Take over the icons of another theme."""
        self._search_action.setIcon(theme.icon("search", tone="faint"))

    def _say(self, text: str) -> None:
        self._message.setText(text)
        self._stack.setCurrentIndex(1)

    def _on_waited(self) -> None:
        self._wait.stop()
        if self._is_open and self._id >= 0:
            self.tree_wanted.emit(self._id)

    def _on_filtered(self) -> None:
        text = self.filter.text().strip()
        self._model.set_filter(text)
        self._found.setVisible(bool(text))
        count = self._model.matches
        self._found.setText(trn("{count} match", "{count} matches", count) if count else tr("Nothing matches."))
        if text and count <= UNFOLDED_MATCHES:
            self._unfold(QModelIndex())
        elif not text:
            self._open_small()
        self._fit_columns()
        first = self._model.index(0, 0)
        self._on_current(first)

    def _unfold(self, parent: QModelIndex) -> None:
        """Open all that leads to a match, not what is below it."""
        for row in range(self._model.rowCount(parent)):
            index = self._model.index(row, 0, parent)
            if not self._model.node(index).is_matched and self._model.hasChildren(index):
                self.tree.expand(index)
                self._unfold(index)

    def _open_small(self) -> None:
        """Open the branches at the top that are read as a whole; thousands of tensors stay closed."""
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            if self._model.hasChildren(index) and self._model.rowCount(index) <= OPENED_ENTRIES:
                self.tree.expand(index)

    def _fit_columns(self) -> None:
        room = self.tree.viewport().width()
        values = min(self.tree.sizeHintForColumn(1) + 4, int(room * 0.45))
        self.tree.setColumnWidth(0, max(room // 3, min(self.tree.sizeHintForColumn(0) + 8, room - values)))

    def _on_current(self, index: QModelIndex) -> None:
        is_some = index.isValid()
        node = self._model.node(index)
        whole = value_text(node.value) if is_some and not node.is_branch else ""
        as_json = json.dumps({node.key: node.value}, ensure_ascii=False, indent=2, default=str) if is_some else ""
        shown = whole or as_json
        self.value.setPlainText(shown[:SHOWN_VALUE] + ("…" if len(shown) > SHOWN_VALUE else ""))
        self._copy_value.set_payload(whole or (value_text(node.value) if is_some else ""))
        self._copy_json.set_payload(as_json)
        for copier in (self._copy_value, self._copy_json):
            copier.button.setEnabled(is_some)

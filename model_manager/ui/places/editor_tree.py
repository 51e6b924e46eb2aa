"""The tree of the editor: sections, their options, categories and folders, with a box for on and off and the state of each folder.

Part of the editor of extra_model_paths.yaml. Tells what was changed in it; what that means is the file's business.
"""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QContextMenuEvent, QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QTreeWidgetItemIterator

from model_manager.bridge.place_tasks import FileState, Folder, Read, Section
from model_manager.core.library.kinds import KINDS, current_name, label
from model_manager.core.words import tr
from model_manager.ui.details.parts import font
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.places.words import state_words
from model_manager.ui.theme import tokens

SECTION, BASE, DEFAULT, CATEGORY, FOLDER = "section", "base", "default", "category", "folder"
_WHAT, _WAS = int(Qt.ItemDataRole.UserRole) + 1, int(Qt.ItemDataRole.UserRole) + 2


@dataclass(frozen=True, slots=True)
class What:
    """What a line of the tree stands for. at: place of a folder among those of its category that are on, -1 for one that is off."""

    sort: str
    section: str
    category: str = ""
    folder: Folder | None = None
    at: int = -1
    is_fixed: bool = False
    problem: str = ""


class EditorTree(QTreeWidget):
    """The tree. `written` carries what was given other words and the words, `switched` what was switched and whether on."""

    written = Signal(object, str)
    switched = Signal(object, bool)
    picked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(4)
        self.setHeaderLabels([tr("Section"), tr("Folder"), tr("State"), tr("Models")])
        self.setUniformRowHeights(True)
        self.setIndentation(18)
        self.setExpandsOnDoubleClick(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName(tr("What is in the file"))
        header = self.header()
        header.setStretchLastSection(False)
        for column, width in enumerate((172, 0, 118, 62)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed if width else QHeaderView.ResizeMode.Stretch)
            if width:
                self.setColumnWidth(column, width)
        self.itemChanged.connect(self._on_changed)
        self.itemDoubleClicked.connect(lambda *_: self.write_current())
        self.itemSelectionChanged.connect(self.picked)

    def current(self) -> What | None:
        """What is selected."""
        items = self.selectedItems()
        return items[0].data(0, _WHAT) if items else None

    def write_current(self) -> None:
        """Let other words be typed for what is selected, where that can be."""
        item = self.currentItem()
        if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
            self.editItem(item, _word_column(item.data(0, _WHAT)))

    def show_read(self, read: Read) -> None:
        """Show a file; what was selected stays so, or what stands in its place."""
        before, place = self.current(), self.verticalScrollBar().value()
        closed = {item.text(0) for item in self._all() if item.parent() is None and not item.isExpanded()}
        with QSignalBlocker(self):
            self.clear()
            for section in read.shape.sections:
                self._add_section(section, read).setExpanded(section.name not in closed)
            self._select(before)
        self.verticalScrollBar().setValue(place)
        self.picked.emit()

    def _add_section(self, section: Section, read: Read) -> QTreeWidgetItem:
        is_open = section.is_on and not section.is_fixed
        item = QTreeWidgetItem(self, [section.name])
        item.setFont(0, font(13, QFont.Weight.DemiBold))
        what = What(SECTION, section.name, is_fixed=section.is_fixed, problem=section.problem)
        self._dress(item, what, is_open, None if section.is_fixed else section.is_on)
        if not section.is_on:
            self._say(item, tr("Switched off"), "faint")
        elif section.problem:
            self._say(item, tr("Broken"), "bad", section.problem)
        if section.base is not None:
            base = QTreeWidgetItem(item, ["base_path", section.base])
            self._dress(base, What(BASE, section.name, is_fixed=not is_open), is_open)
            self._show_state(base, read.states.get((section.name, "", "")), section.is_on)
        if is_open:
            default = QTreeWidgetItem(item, ["is_default", tr("Comes first; new models go there")])
            self._dress(default, What(DEFAULT, section.name), False, section.is_default)
            default.setForeground(1, QBrush(tokens().muted))
        for category in section.categories:
            self._add_category(item, section, category.name, read)
        return item

    def _add_category(self, parent: QTreeWidgetItem, section: Section, name: str, read: Read) -> None:
        category = section.category(name)
        is_open = section.is_on and not section.is_fixed and not category.is_fixed
        item = QTreeWidgetItem(parent, [name, label(current_name(name))])
        item.setForeground(1, QBrush(tokens().faint))
        self._dress(item, What(CATEGORY, section.name, name, None, -1, not is_open, category.problem), is_open and category.line > 0)
        if category.problem:
            self._say(item, tr("Broken"), "bad", category.problem)
        elif current_name(name) not in KINDS:
            self._say(item, tr("Own category"), "faint", tr("ComfyUI itself does not know this category; some node may use it."))
        at = 0
        for folder in category.folders:
            line = QTreeWidgetItem(item, ["", folder.text])
            what = What(FOLDER, section.name, name, folder, at if folder.is_on else -1, not is_open)
            at += folder.is_on
            self._dress(line, what, is_open and folder.is_on, folder.is_on if is_open else None)
            self._show_state(line, read.states.get((section.name, name, folder.text)), folder.is_on and section.is_on)
        item.setExpanded(True)

    def _dress(self, item: QTreeWidgetItem, what: What, is_editable: bool, is_on: bool | None = None) -> None:
        """Give a line what it stands for. is_on: None for one without a box."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if is_editable:
            flags |= Qt.ItemFlag.ItemIsEditable
        if is_on is not None:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
            item.setCheckState(_box_column(what), Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
        item.setFlags(flags)
        item.setData(0, _WHAT, what)
        item.setData(0, _WAS, (item.text(_word_column(what)), is_on))

    def _show_state(self, item: QTreeWidgetItem, state: FileState | None, is_on: bool) -> None:
        if state is None:
            return
        word, tone = state_words().get(state.state, (state.state, "warn"))
        self._say(item, word if is_on else tr("Switched off"), tone if is_on else "faint", f"{state.path}\n{state.reason}".strip())
        item.setToolTip(1, plain_tip(state.path))
        if state.models:
            item.setText(3, f"{state.models:,}")
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if not is_on:
            item.setForeground(1, QBrush(tokens().faint))

    @staticmethod
    def _say(item: QTreeWidgetItem, word: str, tone: str, tip: str = "") -> None:
        item.setText(2, word)
        item.setForeground(2, QBrush(getattr(tokens(), tone)))
        item.setToolTip(2, plain_tip(tip))

    def _select(self, before: What | None) -> None:
        items = self._all()
        best = items[0] if items else None
        for item in items:
            what: What = item.data(0, _WHAT)
            if before is not None and (what.section, what.category, what.sort) == (before.section, before.category, before.sort):
                best = item
                if what.folder is None or before.folder is None or what.folder.text == before.folder.text:
                    break
        if best is not None:
            self.setCurrentItem(best)

    def select_folder(self, category: str, text: str) -> None:
        """Select a folder by its words."""
        for item in self._all():
            what: What = item.data(0, _WHAT)
            if what.folder is not None and current_name(what.category) == current_name(category) and what.folder.text == text:
                self.setCurrentItem(item)
                return

    def _all(self) -> list[QTreeWidgetItem]:
        found: list[QTreeWidgetItem] = []
        walk = QTreeWidgetItemIterator(self)
        while (item := walk.value()) is not None:
            found.append(item)
            walk += 1
        return found

    def _on_changed(self, item: QTreeWidgetItem) -> None:
        what: What | None = item.data(0, _WHAT)
        if what is None:
            return
        words, was_on = item.data(0, _WAS)
        is_on = item.checkState(_box_column(what)) == Qt.CheckState.Checked
        if was_on is not None and is_on != was_on:
            self.switched.emit(what, is_on)
        elif item.text(_word_column(what)) != words:
            self.written.emit(what, item.text(_word_column(what)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 writes; Space turns the box."""
        if event.key() == Qt.Key.Key_F2:
            self.write_current()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        self.menu_asked.emit(event.globalPos())


def _word_column(what: What) -> int:
    return 1 if what.sort in (BASE, FOLDER) else 0


def _box_column(what: What) -> int:
    return 1 if what.sort in (FOLDER, DEFAULT) else 0

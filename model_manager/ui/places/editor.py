"""The editor of extra_model_paths.yaml: what is in the file, what ComfyUI would read of it before and after, and saving.

Opened by the places desk over a `YamlFile`. It shows and asks; each change is made and proven by the file, and saving is a plan.
"""

import os
from collections.abc import Mapping

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QBrush, QColor
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from model_manager.bridge.yaml_file import YamlFile
from model_manager.core.library.kinds import KINDS, label
from model_manager.core.words import tr
from model_manager.ui.details.parts import icon_button, push_button, set_role, show_if
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.places import editor_tree
from model_manager.ui.places.editor_tree import BASE, CATEGORY, DEFAULT, FOLDER, SECTION, EditorTree, What
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import dress, restyle, theme_changed, tokens

SIZE, SMALLEST = QSize(1080, 700), QSize(720, 440)
NEW_SECTION = "model_manager"


class EditorSheet(Sheet):
    """One file at a time."""

    save_asked = Signal()
    opened = Signal(str)  # a file that is to be opened in another program

    def __init__(self, file: YamlFile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Edit extra_model_paths.yaml"))
        self.setMinimumSize(SMALLEST)
        room = parent.window().size() if parent is not None else SIZE
        self.resize(min(SIZE.width(), room.width() - 40), min(SIZE.height(), room.height() - 40))
        self._file = file
        self._is_warned = False
        self._wanted = ("", "", False)
        self._build_parts()
        self._build_layout()
        self._connect()

    def show_files(self, paths: Mapping[str, bool], chosen: str) -> None:
        """Offer these files (path -> whether it is there) and open one of them."""
        with QSignalBlocker(self._files):
            self._files.clear()
            for path, is_there in paths.items():
                self._files.addItem(path if is_there else tr("{path} (new)", path=path), path)
            self._files.setCurrentIndex(max(0, list(paths).index(chosen) if chosen in paths else 0))
        self.tree.setFocus()  # not at the choice of the file, which a turn of the wheel would change
        self._open()

    def want(self, category: str, path: str, is_added: bool) -> None:
        """Select the folder at this full path once the file is read; is_added: put it in where the file does not name it."""
        self._wanted = (category, path, is_added)

    def reject(self) -> None:
        """Close, but not with changes that nobody said may go."""
        if self._file.is_changed and not self._is_warned:
            self._is_warned = True
            self._cancel.setText(tr("Discard the changes"))
            self._say(tr("Your changes are not saved yet."), "warn")
            return
        super().reject()

    # showing

    def _open(self) -> None:
        self._is_warned = False
        self._file.open(str(self._files.currentData() or ""))

    def _show(self) -> None:
        read = self._file.read
        if read is None:
            self.tree.clear()
            self._order.clear()
            return
        self._is_warned = False
        self._cancel.setText(tr("Cancel"))
        self.tree.show_read(read)
        self._show_order()
        problems = read.shape.read.problems
        fault = read.shape.fault
        if fault:
            self._say(fault, "bad")
        elif problems and read.shape.text:
            lines = [tr("Line {line}: {text}", line=one.line, text=one.text) if one.line else one.text for one in problems]
            self._say("\n".join(lines[:4]), "bad")
        else:
            self._say(tr("ComfyUI reads this as shown at the right.") if read.shape.text else tr("This file does not exist yet."), "muted")
        self._save.setEnabled(self._file.is_changed)
        self._undo.setEnabled(self._file.can_undo)
        self._take_wanted()

    def _take_wanted(self) -> None:
        (category, path, is_added), self._wanted = self._wanted, ("", "", False)
        read = self._file.read
        if not category or read is None:
            return
        named = [(key[1], key[2]) for key, state in read.states.items() if key[1] and state.path == path]
        if named:
            self.tree.select_folder(*named[0])
        elif is_added:
            self._file.add_folder(NEW_SECTION, category, path)

    def _show_order(self) -> None:
        """What ComfyUI has of this file: what comes, what goes, what stays."""
        colours = tokens()
        before = self._file.saved.order if self._file.saved is not None else {}
        after = self._file.read.order if self._file.read is not None else {}
        self._order.clear()
        for kind in [*after, *(kind for kind in before if kind not in after)]:
            self._add_line(label(kind), colours.muted, is_heading=True)
            old, new = before.get(kind, []), after.get(kind, [])
            for place, path in enumerate(new):
                is_moved = path in old and old.index(path) != place and len(old) == len(new)
                sign, ink = ("+", colours.ok) if path not in old else ("↕", colours.accent) if is_moved else (" ", colours.text)
                self._add_line(f"{sign}  {path}", ink)
            for path in old:
                if path not in new:
                    self._add_line(f"−  {path}", colours.bad)
        if not self._order.count():
            self._add_line(tr("No folder."), colours.faint)

    def _add_line(self, text: str, ink: QColor, is_heading: bool = False) -> None:
        item = QListWidgetItem(text)
        item.setForeground(QBrush(ink))
        item.setToolTip("" if is_heading else plain_tip(text))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        if is_heading:
            used = item.font()
            used.setBold(True)
            item.setFont(used)
        self._order.addItem(item)

    def _say(self, text: str, role: str) -> None:
        self._note.setProperty("role", role)
        self._note.setText(text)
        restyle(self._note)

    def _show_tools(self) -> None:
        what = self.tree.current()
        is_open = what is not None and not what.is_fixed
        is_folder = is_open and what is not None and what.sort == FOLDER and what.at >= 0
        is_section = what is not None and what.sort == SECTION
        for button in (self._up, self._down):
            button.setEnabled(bool(is_folder or is_section))
        self._remove.setEnabled(is_open and what is not None and what.sort != DEFAULT)
        self._choose.setEnabled(is_open and what is not None and what.sort in (BASE, FOLDER, SECTION))
        self._choose.setText(tr("Base folder…") if is_section else tr("Choose…"))
        show_if(self._mend, what is not None and what.sort == CATEGORY and bool(what.problem) and is_open)

    # what is asked

    def _on_written(self, what: What, text: str) -> None:
        match what.sort:
            case editor_tree.SECTION:
                self._file.rename_section(what.section, text)
            case editor_tree.BASE:
                self._file.set_base(what.section, text)
            case editor_tree.CATEGORY:
                self._file.rename_category(what.section, what.category, text)
            case editor_tree.FOLDER:
                self._file.set_folder(what.section, what.category, what.at, text)

    def _on_switched(self, what: What, is_on: bool) -> None:
        if what.sort == SECTION:
            self._file.switch_section(what.section, is_on)
        elif what.sort == DEFAULT:
            self._file.set_default(what.section, is_on)
        elif what.folder is not None:
            self._file.switch_folder(what.section, what.category, what.folder)

    def _on_move(self, by: int) -> None:
        what = self.tree.current()
        if what is not None and what.sort == SECTION:
            self._file.move_section(what.section, by)
        elif what is not None and what.at >= 0:
            self._file.move_folder(what.section, what.category, what.at, by)

    def _on_remove(self) -> None:
        what = self.tree.current()
        if what is None:
            return
        match what.sort:
            case editor_tree.SECTION:
                self._file.remove_section(what.section)
            case editor_tree.BASE:
                self._file.set_base(what.section, "")
            case editor_tree.CATEGORY:
                self._file.remove_category(what.section, what.category)
            case editor_tree.FOLDER if what.folder is not None:
                self._file.remove_folder(what.section, what.category, what.folder)

    def _on_choose(self) -> None:
        what = self.tree.current()
        if what is None:
            return
        path = QFileDialog.getExistingDirectory(self, tr("Choose a folder"), self._base_of(what.section))
        if not path:
            return
        if what.sort in (BASE, SECTION):
            self._file.set_base(what.section, os.path.normpath(path))
        elif what.at >= 0:
            self._file.set_folder(what.section, what.category, what.at, self._words_for(what.section, path))

    def _on_add(self, action: QAction) -> None:
        kind = str(action.data() or "")
        if not kind:
            self._add_section()
            return
        what = self.tree.current()
        section = what.section if what is not None and not what.is_fixed else NEW_SECTION
        path = QFileDialog.getExistingDirectory(self, tr("Choose a folder with {type}", type=label(kind)), self._base_of(section))
        if path:
            self._file.add_folder(section, kind, self._words_for(section, path))

    def _add_section(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("Choose the base folder of the new section"))
        if not path:
            return
        read = self._file.read
        taken = {one.name for one in read.shape.sections} if read is not None else set()
        plain = "".join(sign if sign.isalnum() else "_" for sign in os.path.basename(path)).strip("_") or "models"
        name = next(one for one in (plain, *(f"{plain}_{number}" for number in range(2, 1000))) if one not in taken)
        self._file.add_section(name, os.path.normpath(path))

    def _base_of(self, section: str) -> str:
        state = self._file.read.states.get((section, "", "")) if self._file.read is not None else None
        return state.path if state is not None else ""

    def _words_for(self, section: str, path: str) -> str:
        """How a folder is written in a section: from its base folder on where it lies below that."""
        base, full = self._base_of(section), os.path.normpath(path)
        if base and full.startswith(os.path.join(base, "")):
            return os.path.relpath(full, base)
        return full

    def _show_menu(self, point: QPoint) -> None:
        menu = QMenu(self)
        what = self.tree.current()
        menu.addAction(tr("Change the words")).triggered.connect(self.tree.write_current)
        for button in (self._choose, self._up, self._down, self._mend, self._remove):
            if button.isEnabled() and not button.isHidden():
                menu.addAction(button.text() or button.toolTip()).triggered.connect(button.click)
        menu.aboutToHide.connect(menu.deleteLater)
        if what is not None:
            menu.popup(point)

    # building

    def _build_parts(self) -> None:
        self.tree, self._order, self._problems, self._note = EditorTree(), QListWidget(), ProblemBar(), QLabel()
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._order.setAccessibleName(tr("What ComfyUI reads"))
        self._order.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._order.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._files = QComboBox()
        self._files.setAccessibleName(tr("File"))
        self._text = push_button(tr("Open as text"))
        self._add, self._choose, self._mend = push_button(f" {tr('Add')}"), push_button(tr("Choose…")), push_button(tr("Mend"), "primary")
        self._mend.setToolTip(tr("Write it as ComfyUI reads it: folders below each other after a “|”."))
        dress(self._add, "plus", tone="muted")
        self._add.setProperty("menu", "yes")
        menu = QMenu(self._add)
        more = menu.addMenu(tr("Folder of another type"))
        main = ("checkpoints", "diffusion_models", "loras", "vae", "text_encoders", "controlnet", "upscale_models", "embeddings")
        for kind, about in KINDS.items():
            if not about.is_hidden and kind != "other":
                target = menu if kind in main else more
                target.addAction(tr("Folder with {type}…", type=label(kind))).setData(kind)
        menu.addSeparator()
        menu.addAction(more.menuAction())
        menu.addAction(tr("Section…")).setData("")
        menu.triggered.connect(self._on_add)
        self._add.setMenu(menu)
        self._up, self._down = icon_button("arrow-up", tr("Move up")), icon_button("arrow-down", tr("Move down"))
        self._remove = icon_button("trash", tr("Remove"))
        self._undo, self._cancel, self._save = push_button(tr("Undo")), push_button(tr("Cancel")), push_button(tr("Save…"), "primary")
        for button in (self._text, self._add, self._choose, self._mend, self._undo, self._cancel):
            button.setAutoDefault(False)

    def _build_layout(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(20, 16, 20, 10)
        head.setSpacing(12)
        head.addWidget(set_role(QLabel(tr("extra_model_paths.yaml")), "title"))
        head.addWidget(self._files, 1)
        head.addWidget(self._text)
        tools = QHBoxLayout()
        tools.setContentsMargins(20, 0, 20, 10)
        tools.setSpacing(8)
        for button in (self._add, self._choose, self._up, self._down, self._remove, self._mend):
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(self._undo)
        right = QFrame()
        right.setProperty("role", "panel")
        column = QVBoxLayout(right)
        column.setContentsMargins(12, 8, 8, 4)
        column.addWidget(set_role(QLabel(tr("What ComfyUI reads")), "heading"))
        column.addWidget(self._order, 1)
        middle = QSplitter(Qt.Orientation.Horizontal)
        middle.addWidget(self.tree)
        middle.addWidget(right)
        middle.setSizes([640, 440])
        middle.setStretchFactor(0, 1)
        middle.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._problems)
        layout.addLayout(head)
        layout.addLayout(tools)
        rule = QFrame()
        rule.setProperty("role", "rule")
        layout.addWidget(rule)
        layout.addWidget(middle, 1)
        layout.addWidget(self._build_foot())

    def _build_foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("role", "foot")
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(8)
        row.addWidget(self._note, 1)
        row.addWidget(self._cancel)
        row.addWidget(self._save)
        return foot

    def _connect(self) -> None:
        self._file.changed.connect(self._show)
        self._file.failed.connect(lambda text: self._problems.show_problem(text, "warn"))
        self._files.currentIndexChanged.connect(lambda _: self._open())
        self.tree.written.connect(self._on_written)
        self.tree.switched.connect(self._on_switched)
        self.tree.picked.connect(self._show_tools)
        self.tree.menu_asked.connect(self._show_menu)
        self._text.clicked.connect(lambda: self.opened.emit(self._file.path))
        self._up.clicked.connect(lambda: self._on_move(-1))
        self._down.clicked.connect(lambda: self._on_move(1))
        self._remove.clicked.connect(self._on_remove)
        self._choose.clicked.connect(self._on_choose)
        self._mend.clicked.connect(self._on_mend)
        self._undo.clicked.connect(self._file.undo)
        self._cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self.save_asked)
        theme_changed.connect(self._show)

    def _on_mend(self) -> None:
        what = self.tree.current()
        if what is not None:
            self._file.mend_category(what.section, what.category)

"""One folder in full: its state with what can be done, facts, the person's own words for it, and what happened to it.

Part of the page of folders. Shows what it is given and tells what is asked.
"""

import time
from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from model_manager.bridge.place_tasks import FolderNote
from model_manager.bridge.places import OFF, PlaceRow
from model_manager.core.amounts import size_text
from model_manager.core.library.kinds import label
from model_manager.core.words import tr, trn
from model_manager.ui.details.fact_table import FactTable
from model_manager.ui.details.labels import Notice, TitleLabel, WrapLabel
from model_manager.ui.details.overview import Section
from model_manager.ui.details.parts import Copier, TextLink, push_button, set_role, show_if
from model_manager.ui.flow import FlowLayout
from model_manager.ui.places.words import amount_words, command_words, facts_of, remedies, state_words, what_words, when_words
from model_manager.ui.theme import restyle

MOST_NOTES = 40


class PlaceDetail(QStackedWidget):
    """One folder, several, or nothing."""

    done_asked = Signal(str)  # a name of `words.remedies`
    named = Signal(str)
    grouped = Signal(str)
    switched = Signal(bool)
    remove_asked = Signal()
    move_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.rows: list[PlaceRow] = []
        self._buttons: list[QPushButton] = []
        self._build_parts()
        self._build_layout()
        self._connect()
        self.show_rows([], ())

    def show_rows(self, rows: list[PlaceRow], groups: Sequence[str]) -> None:
        """Show one or several folders; groups: the person's groups that there are."""
        self.rows = rows
        self.setCurrentIndex(0 if rows else 1)
        if not rows:
            return
        first = rows[0]
        is_one = len(rows) == 1
        word, tone = state_words().get(first.state, (first.state, "warn"))
        self._title.show_title(first.title if is_one else trn("{count} folder", "{count} folders", len(rows)), "")
        size = size_text(sum(row.size for row in rows))
        count = trn("{count} model", "{count} models", sum(row.models for row in rows))
        self._about.show_text(amount_words(first) if is_one else f"{count} · {size}")
        text = (first.reason or f"{word}.") if is_one else ""
        self._notice.show_text(text, tone)
        show_if(self._notice, is_one and first.state != "fine")
        self._show_buttons(remedies(first) if is_one else [])
        self._show_command(command_words(first) if is_one else "")
        self._facts.show_facts(facts_of(first, time.time()) if is_one else [])
        self._show_own(rows, groups)
        for part in (self._facts, self._history):
            show_if(part, is_one)
        show_if(self._name_row, is_one)
        show_if(self._remove, all(row.is_own for row in rows))
        show_if(
            self._move, is_one and first.models > 0 and not first.is_link and first.state in ("fine", "not_writable", "not_seen_by_comfyui")
        )

    def show_notes(self, notes: Sequence[FolderNote]) -> None:
        """Show what happened to it."""
        now, words, states = time.time(), what_words(), state_words()
        lines = []
        for note in notes[:MOST_NOTES]:
            what = words.get(note.what) or tr("Is now: {state}", state=states.get(note.state, (note.state, ""))[0])
            lines.append(f"{when_words(note.time, now)}  ·  {what}")
        self._notes.show_text("\n".join(lines) or tr("Nothing has happened to this folder since it was first seen."))

    def _show_own(self, rows: list[PlaceRow], groups: Sequence[str]) -> None:
        first = rows[0]
        with QSignalBlocker(self._name), QSignalBlocker(self._group), QSignalBlocker(self._on):
            if not self._name.hasFocus():
                self._name.setText(first.name)
            self._name.setPlaceholderText(label(first.kind))
            if not self._group_field.hasFocus():
                self._group.clear()
                self._group.addItems([group for group in groups if group])
                same = {row.group for row in rows}
                self._group.setEditText(same.pop() if len(same) == 1 else "")
            self._on.setChecked(all(row.state != OFF for row in rows))

    def _show_command(self, command: str) -> None:
        show_if(self._command, bool(command))
        self._copier.set_payload(command)
        self._command.setToolTip(command)

    def _show_buttons(self, wanted: Sequence[tuple[str, str]]) -> None:
        while len(self._buttons) < len(wanted):
            button = push_button("")
            button.clicked.connect(lambda _=False, button=button: self.done_asked.emit(button.objectName()))
            self._flow.addWidget(button)
            self._buttons.append(button)
        for place, button in enumerate(self._buttons):
            show_if(button, place < len(wanted))
            if place < len(wanted):
                name, words = wanted[place]
                button.setObjectName(name)
                button.setText(words)
                tone = "primary" if not place and self.rows[0].needs_attention else "plain"
                if button.property("tone") != tone:
                    button.setProperty("tone", tone)
                    restyle(button)

    def _build_parts(self) -> None:
        self._title, self._about, self._notice = TitleLabel(), WrapLabel(13, "muted"), Notice()
        self._facts, self._notes = FactTable(), WrapLabel(12, "muted")
        self._name, self._group, self._group_field = QLineEdit(), QComboBox(), QLineEdit()
        self._name.setAccessibleName(tr("Own name"))
        self._name.setMaxLength(100)
        self._group.setEditable(True)
        self._group.setLineEdit(self._group_field)
        self._group.setAccessibleName(tr("Group"))
        self._group_field.setPlaceholderText(tr("No group"))
        self._group_field.setMaxLength(100)
        self._group.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._on = QCheckBox(tr("Look into this folder"))
        self._on.setToolTip(tr("Switched off, nothing in it is shown; nothing is forgotten and nothing changes on disk."))
        self._command = TextLink(tr("Copy the command that mends it"))
        self._copier = Copier(self._command)
        self._remove, self._move = push_button(tr("Remove from the list")), push_button(tr("Move to another drive…"))
        self._remove.setToolTip(tr("Nothing is deleted on disk."))
        self._move.setToolTip(tr("The files go to another drive and a link stays, so that ComfyUI finds them as before."))

    def _build_layout(self) -> None:
        body = QFrame()
        body.setProperty("role", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 16, 20, 18)
        column.setSpacing(10)
        actions = QWidget()
        self._flow = FlowLayout(actions)
        own = QWidget()
        lines = QVBoxLayout(own)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(6)
        self._name_row = _labelled(tr("Own name"), self._name)
        lines.addWidget(self._name_row)
        lines.addWidget(_labelled(tr("Group"), self._group))
        lines.addWidget(self._on)
        more = QWidget()
        flow = FlowLayout(more)
        flow.addWidget(self._move)
        flow.addWidget(self._remove)
        self._history = Section(tr("What happened"), self._notes)
        for widget in (self._title, self._about, self._notice, actions, self._command, self._facts, own, more, self._history):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        nothing = QFrame()
        nothing.setProperty("role", "panel")
        self.addWidget(scroll)
        self.addWidget(nothing)

    def _connect(self) -> None:
        self._name.editingFinished.connect(self._on_named)
        self._group_field.editingFinished.connect(self._on_grouped)
        self._group.activated.connect(lambda _: self._on_grouped())
        self._on.clicked.connect(self.switched)
        self._remove.clicked.connect(self.remove_asked)
        self._move.clicked.connect(self.move_asked)

    def _on_named(self) -> None:
        if self.rows and self._name.text().strip() != self.rows[0].name:
            self.named.emit(self._name.text())

    def _on_grouped(self) -> None:
        text = self._group.currentText().strip()
        if self.rows and {row.group for row in self.rows} != {text}:
            self.grouped.emit(text)


def _labelled(text: str, widget: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(set_role(QLabel(text), "faint"))
    column.addWidget(widget)
    return holder

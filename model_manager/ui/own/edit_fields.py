"""One line of the edit sheet: what the field is called, its editor, where its value comes from, and the button back to the fetched one.

Made by the sheet. It knows what is shown and what would be without the person's value; it decides nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from model_manager.core.library.colours import colour_label
from model_manager.core.library.entry import FieldValue
from model_manager.core.library.kinds import KINDS, label_one
from model_manager.core.words import tr, trn
from model_manager.ui.details import wording
from model_manager.ui.details.labels import SourcedLabel
from model_manager.ui.details.parts import set_role, short_tip
from model_manager.ui.own.editors import (
    ChoiceEditor,
    ColourEditor,
    Editor,
    LineEditor,
    StarsEditor,
    SwitchEditor,
    TextEditor,
    WordsEditor,
)
from model_manager.ui.theme import dress

GROUPS: Final = {
    "what": ("name", "version", "base_model", "kind", "link", "adult"),
    "use": ("trigger_words", "strength"),
    "own": ("favourite", "rating", "colour", "tags", "collections", "category", "group"),
    "notes": ("notes",),
}
LEFT, RIGHT = 112, 150  # pixels of the columns beside the editor


def make_editor(name: str, known: Callable[[str], Sequence[str]]) -> Editor:
    """Return the editor of a field; known: words for completing."""
    said = wording.field_label(name)
    if name == "kind":
        return ChoiceEditor(said, [(kind, label_one(kind)) for kind in KINDS if not KINDS[kind].is_hidden])
    if name == "adult":
        return ChoiceEditor(said, level_choices())
    if name == "favourite":
        return SwitchEditor(tr("Among the favourites"))
    if name == "rating":
        return StarsEditor()
    if name == "colour":
        return ColourEditor()
    if name == "notes":
        return TextEditor(said)
    if name in ("trigger_words", "tags", "collections"):
        hints = {"trigger_words": tr("Add words"), "tags": tr("Add a tag"), "collections": tr("Add to a collection")}
        return WordsEditor(said, known(name) if name != "trigger_words" else (), hints[name], splits=name != "trigger_words")
    return LineEditor(said, known(name) if name in ("base_model", "category", "group") else ())


def level_choices() -> list[tuple[object, str]]:
    """Civitai's adult levels and what people call them."""
    return [
        (1, tr("PG, for everyone")), (2, tr("PG-13")), (4, tr("R, for adults")), (8, tr("X, for adults")), (16, tr("XXX, for adults")),
    ]  # fmt: skip


class FieldRow(QWidget):
    """One field."""

    edited = Signal()

    def __init__(self, name: str, editor: Editor) -> None:
        super().__init__()
        self.name, self.editor = name, editor
        self.is_changed = self.is_back = False
        self._field = FieldValue(name, "")
        self._is_mixed = self._is_of_many = False
        self._file = ""
        label = set_role(QLabel(wording.field_label(name)), "muted")
        label.setFixedWidth(LEFT)
        label.setBuddy(editor)
        self.source = SourcedLabel("faint")
        self.back = QToolButton()
        self.back.setProperty("role", "small")
        dress(self.back, "undo", 13, "muted")
        self.back.clicked.connect(self._on_back)
        self.editor.edited.connect(self._on_edited)
        side = QWidget()
        side.setFixedWidth(RIGHT)
        beside = QHBoxLayout(side)
        beside.setContentsMargins(0, 5, 0, 5)
        beside.setSpacing(4)
        beside.addWidget(self.source, 1)
        beside.addWidget(self.back)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(_lowered(label), 0, top)
        row.addWidget(editor, 1)
        row.addWidget(side, 0, top)

    def show_field(self, field: FieldValue, is_mixed: bool, is_of_many: bool, own: int, file: str) -> None:
        """Show what the files say. own: in how many models the person set it. file: the model's."""
        self._field, self._is_mixed, self._is_of_many, self._file = field, is_mixed, is_of_many, file
        self.is_changed = self.is_back = False
        self.editor.show_value(field.shown, is_mixed)
        if is_of_many:
            self.source.show_text(trn("yours in {count} model", "yours in {count} models", own) if own else "")
            self._offer(own > 0, tr("Back to the fetched values"))
        else:
            self._show_source(field.source)
            self._offer(field.is_own, _back_tip(field))

    def _show_source(self, source: str) -> None:
        """Show where the value comes from, shortly; the tooltip says it in full."""
        is_own = self._field.is_own
        self.source.show_sourced(tr("your edit") if is_own else wording.short_source(source, self._file), wording.from_text(source))

    def _offer(self, is_offered: bool, tip: str) -> None:
        self.back.setEnabled(is_offered)
        policy = self.back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(policy)
        self.back.setVisible(is_offered)
        self.back.setToolTip(short_tip(tip))
        self.back.setAccessibleName(tip)

    def _on_edited(self) -> None:
        self.is_back = False
        self.is_changed = self._is_mixed or self.editor.value() != self._field.shown or isinstance(self.editor, WordsEditor)
        if isinstance(self.editor, WordsEditor) and not self._is_mixed:
            self.is_changed = bool(self.editor.field.added or self.editor.field.removed) or self.editor.value() != self._field.shown
        if self.is_changed:
            self.source.show_sourced(tr("changed"), "")
        else:
            self._show_source(self._field.source)
        self.edited.emit()

    def _on_back(self) -> None:
        """Show the fetched value, and give the person's one back when the sheet is saved."""
        self.editor.show_value(self._field.fetched, self._is_of_many)
        self.is_changed = self.is_back = True
        source = self._field.fetched_source
        self.source.show_sourced(wording.short_source(source, self._file) or tr("as fetched"), wording.from_text(source))
        self.back.setVisible(False)
        self.edited.emit()


def _lowered(label: QLabel) -> QWidget:
    """A label on the line of what is typed beside it."""
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 8, 0, 0)
    layout.addWidget(label)
    return box


def _back_tip(field: FieldValue) -> str:
    value = said(field.field, field.fetched)
    return tr("Back to the fetched value: {value}", value=value) if value else tr("Back to the fetched value (there is none)")


def said(name: str, value: object) -> str:
    """A value in words."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if name == "kind":
        return label_one(str(value)) if value else ""
    if name == "adult":
        return dict(level_choices()).get(value, "")
    if name == "favourite":
        return tr("yes") if value else tr("no")
    if name == "rating":
        return "★" * value if isinstance(value, int) else ""
    if name == "colour":
        return colour_label(str(value))
    return str(value)

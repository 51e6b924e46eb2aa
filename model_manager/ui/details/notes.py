"""The tab with the person's own Markdown notes: read, edit, save. Unsaved text is kept for each model until it is saved.

Saving is asked for by signal; `confirm_saved` and `show_failure` bring the answer. Nothing typed is ever dropped here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import push_button, set_role
from model_manager.ui.details.safe_text import SafeBrowser


@dataclass
class _Draft:
    """Unsaved text and what it was made from."""

    text: str
    base: str
    problem: str = ""


class NotesTab(QWidget):
    """View and editor over the same text."""

    notes_saved = Signal(int, str, str)  # id, new body, body as loaded
    link_opened = Signal(str)
    unsaved_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._id, self._loaded, self._is_away = -1, "", False
        self._drafts: dict[int, _Draft] = {}
        self._just_saved: tuple[int, str] | None = None
        self._is_filling = False
        self._build()
        self._connect()

    def _build(self) -> None:
        self.view = SafeBrowser()
        self.view.setAccessibleName(tr("Notes"))
        self.view.setPlaceholderText(tr("No notes yet. Click Edit to write what you know of this model."))
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName(tr("Edit notes"))
        self.editor.setPlaceholderText(tr("Markdown: # heading, **bold**, - list, [link](https://…)"))
        self.editor.setTabChangesFocus(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.editor)
        self._stack.setMinimumHeight(180)
        self.edit_button, self.save_button = push_button(tr("Edit")), push_button(tr("Save"), "primary")
        self.discard_button = push_button(tr("Discard"), "quiet")
        self.save_button.setToolTip(tr("Save (Ctrl+S)"))
        self.discard_button.setToolTip(tr("Go back to the saved notes. Undo brings your text back."))
        self._state = set_role(QLabel(), "muted")
        self._state.setWordWrap(True)
        self._state.setMinimumWidth(0)
        self._state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.edit_button, self.save_button, self.discard_button):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._stack, 1)
        column.addWidget(self._state)
        column.addLayout(row)

    def _connect(self) -> None:
        self.editor.textChanged.connect(self._on_typed)
        self.edit_button.clicked.connect(self._on_toggled)
        self.save_button.clicked.connect(self.save)
        self.discard_button.clicked.connect(self._on_discarded)
        self.view.link_opened.connect(self.link_opened)
        save = QAction(self)
        save.setShortcut(QKeySequence(QKeySequence.StandardKey.Save))
        save.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        save.triggered.connect(self.save)
        self.addAction(save)

    def show_notes(self, model_id: int, body: str, is_away: bool) -> None:
        """Show the saved notes of a model, or the unsaved draft of them if there is one."""
        is_same = model_id == self._id
        was_editing = is_same and self._stack.currentWidget() is self.editor
        self._id, self._loaded, self._is_away = model_id, body, is_away
        draft = self._drafts.get(model_id)
        if draft is not None and _same(draft.text, body):
            del self._drafts[model_id]
            draft = None
        text = draft.text if draft else body
        if not (is_same and _same(text, self._typed())):
            self._fill(text)
        self._open_editor(was_editing or draft is not None)
        self._tell()

    def drafts(self) -> dict[int, str]:
        """All unsaved texts by the model's id."""
        return {model_id: draft.text for model_id, draft in self._drafts.items()}

    def drafts_and_bases(self) -> dict[int, tuple[str, str]]:
        """All unsaved texts by the model's id, each with the saved text it began from."""
        return {model_id: (draft.text, draft.base) for model_id, draft in self._drafts.items()}

    def take_drafts(self, drafts: Mapping[int, tuple[str, str]]) -> None:
        """Go on with unsaved texts of an earlier run; one typed since then stays."""
        for model_id, (text, base) in drafts.items():
            self._drafts.setdefault(model_id, _Draft(text, base))

    def save(self) -> None:
        """Ask for the text in hand to be saved, if it differs from what is saved."""
        draft = self._drafts.get(self._id)
        if draft is not None and not self._is_away:
            draft.problem = ""
            self._say(tr("Saving…"))
            self.notes_saved.emit(self._id, draft.text, draft.base)

    def confirm_saved(self, model_id: int, body: str) -> None:
        """`body` is on disk: drop the draft, unless more was typed meanwhile."""
        draft = self._drafts.get(model_id)
        if draft is not None and draft.text == body:
            del self._drafts[model_id]
        elif draft is not None:
            draft.base = body
        self._just_saved = (model_id, body)
        if model_id == self._id:
            self._loaded = body
            self._tell()

    def show_failure(self, model_id: int, text: str) -> None:
        """Say why the notes could not be saved; the draft stays."""
        if model_id in self._drafts:
            self._drafts[model_id].problem = text
        if model_id == self._id:
            self._tell()

    def redraw(self) -> None:
        """Take over the colours of another theme."""
        self._render()

    def showEvent(self, event: QShowEvent) -> None:
        """Show the notes that came while the tab was closed."""
        super().showEvent(event)
        self._render()

    def _fill(self, text: str) -> None:
        self._is_filling = True
        self.editor.setPlainText(text)
        self._is_filling = False
        self._render()

    def _typed(self) -> str:
        """The text in the editor as it is: toPlainText would turn no-break spaces into plain ones."""
        return self.editor.document().toRawText().replace("\u2029", "\n")

    def _render(self) -> None:
        if self.isVisible():  # else when the tab is opened: arrow keys change models fast
            self.view.show_markdown(self._typed())

    def _open_editor(self, is_open: bool) -> None:
        self._stack.setCurrentWidget(self.editor if is_open else self.view)
        self.edit_button.setText(tr("Preview") if is_open else tr("Edit"))

    def _on_toggled(self) -> None:
        is_open = self._stack.currentWidget() is self.view
        self._open_editor(is_open)
        if is_open:
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._render()

    def _on_typed(self) -> None:
        if self._is_filling or self._id < 0:
            return
        text, draft = self._typed(), self._drafts.get(self._id)
        if _same(text, self._loaded):
            self._drafts.pop(self._id, None)
        elif draft is None:
            self._drafts[self._id] = _Draft(text, self._loaded)
        else:
            draft.text = text
        self._just_saved = None
        self._tell()

    def _on_discarded(self) -> None:
        cursor = self.editor.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(self._loaded)
        self._drafts.pop(self._id, None)
        self._render()
        self._tell()

    def _tell(self) -> None:
        draft = self._drafts.get(self._id)
        self.save_button.setVisible(draft is not None)
        self.save_button.setEnabled(not self._is_away)
        self.discard_button.setVisible(draft is not None)
        if draft is None:
            is_saved = self._just_saved is not None and self._just_saved[0] == self._id
            self._say(tr("Saved.") if is_saved else "", "ok" if is_saved else "muted")
        elif draft.problem:
            self._say(draft.problem, "bad")
        elif self._is_away:
            self._say(tr("Not saved: the folder is away. Your text is kept until it is back."), "warn")
        elif draft.base != self._loaded:
            self._say(tr("These notes were changed on disk meanwhile. Discard takes the text from the disk."), "warn")
        else:
            self._say(tr("Not saved yet."), "warn")
        self.unsaved_changed.emit(draft is not None)

    def _say(self, text: str, role: str = "muted") -> None:
        self._state.setText(text)
        self._state.setVisible(bool(text))
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            theme.restyle(self._state)


def _same(one: str, other: str) -> bool:
    """True when two texts differ by their line ends at most; the editor knows only one kind."""
    return one.replace("\r\n", "\n") == other.replace("\r\n", "\n")

"""The sheet in which the details of one model or of many are edited: each field with where its value comes from and the way back to it.

Opened by the desk for the own order, which gives it what the files say, looks which files saving would write, and has done what the
person saves. It reads and writes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from model_manager.bridge.own_order import LARGE, Wish
from model_manager.core.library.entry import FieldValue
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.own.edit_fields import GROUPS, FieldRow, make_editor
from model_manager.ui.own.editors import WordsEditor
from model_manager.ui.own.files_line import FilesLine
from model_manager.ui.pictures.dialog_parts import Foot, Head, rule
from model_manager.ui.sheet import Sheet

if TYPE_CHECKING:
    from model_manager.bridge.own_ahead import Ahead
    from model_manager.bridge.own_tasks import Shown

SIZE, SMALLEST = QSize(760, 720), QSize(560, 380)
PAUSE_MS, MOST_UNASKED = 350, 200  # of more models than this the files are looked for when the person opens their list
JOINED = ("tags", "collections")
"""Fields whose words are added to, and taken out of, what each model has."""


class EditSheet(Sheet):
    """Fields in groups. What is saved without a plan is saved when the files it writes are known and nothing speaks against it."""

    saved = Signal(object)  # Wish
    plan_asked = Signal(object)  # Wish for so many models that its plan is shown first; the sheet stays until that is carried out
    look_asked = Signal(object, object)  # Wish, Shown: which files would it write?
    look_dropped = Signal()

    def __init__(
        self, ids: Sequence[int], known: Callable[[str], Sequence[str]], problem: Callable[[Wish], str], parent: QWidget | None = None
    ) -> None:
        """known: words for completing, by field. problem: a sentence on what cannot be saved, "" if all can."""
        super().__init__(parent)
        self.ids, self._problem = tuple(ids), problem
        self._count = len(ids)
        self.setWindowTitle(tr("Edit details"))
        self.setMinimumSize(SMALLEST)
        self.head, self.foot = Head(trn("Edit details", "Edit {count} models", self._count)), Foot()
        self.head.line.show_text(tr("Reading…"))
        self.rows: dict[str, FieldRow] = {}
        self.files = FilesLine()
        self._shown: Shown | None = None
        self._known: Wish | None = None  # whose files are shown
        self._saves_next = False  # as soon as they are
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        self.files.opened.connect(self._look)
        self._build(known)
        self.cancel, self.save = self.foot.add(tr("Cancel")), self.foot.add(tr("Save"), "primary")
        self.cancel.clicked.connect(self.reject)
        self.save.clicked.connect(self._on_save)
        self.save.setEnabled(False)
        self._body.setEnabled(False)

    def fit(self, room: QSize) -> None:
        """Take as much of the room as there is, up to what is useful."""
        self.resize(min(SIZE.width(), room.width() - 40), min(SIZE.height(), room.height() - 60))

    def show_fields(self, shown: "Shown") -> None:
        """Show what the files say."""
        self._shown = shown
        self._count = max(1, shown.count)
        names = ", ".join(shown.names)
        more = shown.count - len(shown.names)
        self.head.line.show_text(tr("{names} and {count} more", names=names, count=f"{more:,}") if more > 0 else names)
        for name, row in self.rows.items():
            value = shown.values.get(name, FieldValue(name, ""))
            row.show_field(value, name in shown.mixed, shown.count > 1, shown.own.get(name, 0), shown.file)
            if shown.count > 1 and name in JOINED and isinstance(row.editor, WordsEditor):
                row.editor.show_counts(dict(shown.words.get(name, {})), shown.count)
        if shown.refused:
            self.foot.say(shown.refused[0], "warn")
        self._body.setEnabled(shown.count > 0)
        first = self.rows["tags" if shown.count > 1 else "name"]
        QTimer.singleShot(0, first.editor, first.editor.setFocus)

    def wish(self) -> Wish:
        """What the person changed."""
        values: dict[str, object] = {}
        added: dict[str, tuple[str, ...]] = {}
        removed: dict[str, tuple[str, ...]] = {}
        for name, row in self.rows.items():
            if not row.is_changed:
                continue
            if name in JOINED and isinstance(row.editor, WordsEditor) and not row.is_back:
                added[name], removed[name] = tuple(row.editor.field.added), tuple(row.editor.field.removed)
            else:
                values[name] = None if row.is_back else row.editor.value()
        title = trn("Edit {count} model", "Edit {count} models", len(self.ids))
        tags, collections = JOINED
        return Wish(
            self.ids, values, added.get(tags, ()), removed.get(tags, ()), added.get(collections, ()), removed.get(collections, ()), title
        )

    def _on_edited(self) -> None:
        wish = self.wish()
        changed = [name for name, row in self.rows.items() if row.is_changed]
        problem = self._problem(wish) if changed else ""
        self.save.setEnabled(bool(changed) and not problem)
        said = trn("{count} field changed", "{count} fields changed", len(changed)) if changed else ""
        self.foot.say(problem or said, "bad" if problem else "muted")
        self._expect_files(bool(changed) and not problem)

    # the files

    def _expect_files(self, are_any: bool) -> None:
        """What was known of them is past; they are looked for again after a pause."""
        self._known, self._saves_next = None, False
        self._pause.stop()
        self.look_dropped.emit()
        if not are_any:
            self.files.show_nothing()
            return
        is_looking = self.files.is_open or len(self.ids) <= MOST_UNASKED
        self.files.show_unknown(is_looking)
        if is_looking:
            self._pause.start()

    def _look(self) -> None:
        """Have the files looked for that would be written now."""
        self._pause.stop()
        if self.save.isEnabled() and self._known is None:
            self.files.show_unknown(is_looking=True)
            self.look_asked.emit(self.wish(), self._shown)

    def show_ahead(self, wish: Wish, ahead: "Ahead") -> None:
        """Show which files a wish would write, if it still is what the person wants."""
        if not self.save.isEnabled() or wish != self.wish():
            return
        self._known = wish
        self.files.show_ahead(ahead)
        self.save.setEnabled(bool(ahead.total or not ahead.refused))
        if not self._saves_next:
            return
        self._saves_next = False
        if ahead.is_clear:
            self._finish(wish)
        else:
            self.files.open()
            self.foot.say(tr("Look at the files before you save."), "warn")

    def show_blind(self, wish: Wish, text: str) -> None:
        """It cannot be told which files a wish would write."""
        if wish == self.wish():
            self._saves_next = False
            self.files.show_fault(text)

    # the end

    def _on_save(self) -> None:
        for row in self.rows.values():
            if isinstance(row.editor, WordsEditor):
                row.editor.field.take_rest()
        wish = self.wish()
        if self._problem(wish):
            return
        if len(self.ids) >= LARGE:
            self.plan_asked.emit(wish)
        elif self._known == wish:
            self._finish(wish)
        else:
            self._look()
            self._saves_next = True

    def _finish(self, wish: Wish) -> None:
        self.accept()
        self.saved.emit(wish)

    def take_input(self, is_taken: bool) -> None:
        """While the plan is made, it can be called off and nothing else."""
        for part in (self._body, self.files):
            part.setEnabled(is_taken)
        if is_taken:
            self._on_edited()
            return
        self._pause.stop()
        self.look_dropped.emit()
        self.save.setEnabled(False)
        self.foot.say(tr("Planning…"))

    def done(self, result: int) -> None:
        """The sheet closes: no files are wanted any more."""
        self._pause.stop()
        self.look_dropped.emit()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter saves, wherever the keyboard is; Enter alone stays in its field."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.save.click()
        elif is_enter and self.button_in_hand() is None:
            event.accept()
        else:
            super().keyPressEvent(event)

    def _build(self, known: Callable[[str], Sequence[str]]) -> None:
        self._body = QWidget()
        self._body.setProperty("role", "plain")
        column = QVBoxLayout(self._body)
        column.setContentsMargins(22, 4, 22, 16)
        column.setSpacing(7)
        for title, fields in _groups(self._count > 1):
            heading = set_role(QLabel(title), "heading")
            heading.setContentsMargins(0, 12, 0, 2)
            column.addWidget(heading)
            for name in fields:
                row = self.rows[name] = FieldRow(name, make_editor(name, known))
                row.edited.connect(self._on_edited)
                column.addWidget(row)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(rule())
        layout.addWidget(scroll, 1)
        layout.addWidget(rule())
        layout.addWidget(self.files)
        layout.addWidget(self.foot)


def _groups(is_of_many: bool) -> Sequence[tuple[str, Sequence[str]]]:
    """Headings and their fields; of many models one seldom changes what they are."""
    titles: Mapping[str, str] = {
        "what": tr("What it is"), "use": tr("How it is used"), "own": tr("Your own order"), "notes": tr("Notes"),
    }  # fmt: skip
    order = ("own", "use", "what", "notes") if is_of_many else tuple(GROUPS)
    return [(titles[key], GROUPS[key]) for key in order]

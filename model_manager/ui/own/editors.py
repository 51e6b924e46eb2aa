"""The small editors of the edit sheet: a line, a choice, colours, stars, a switch, words, a text; all with one way to be asked.

Used by the sheet alone. Each shows a value and tells when the person changed it; none knows what the value is for.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QToolButton, QWidget

from model_manager.core.library.colours import COLOURS, colour_label
from model_manager.core.words import tr
from model_manager.ui.colour_labels import dot_icon
from model_manager.ui.own.stars import Stars
from model_manager.ui.own.words_field import WordsField, completer
from model_manager.ui.theme import dress


class Editor(QWidget):
    """Base: a widget that holds the value of one field."""

    edited = Signal()

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        self.part = part
        self.setFocusProxy(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(part)

    def show_value(self, value: object, is_mixed: bool) -> None:
        """Show a value without telling; is_mixed: several models say several things."""

    def value(self) -> object:
        """What the person set."""
        return None


class LineEditor(Editor):
    """One line of text, with words to complete."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        self.line = QLineEdit()
        super().__init__(self.line)
        self.line.setAccessibleName(name)
        self.line.setMaxLength(1_000)
        if known:
            completer(self.line, known)
            self.line.completer().activated.connect(lambda _: self.edited.emit())
        self.line.textEdited.connect(self.edited)

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self.line.setText("" if is_mixed else str(value or ""))
        self.line.setCursorPosition(0)
        self.line.setPlaceholderText(tr("Several values") if is_mixed else "")

    def value(self) -> object:  # noqa: D102
        return self.line.text().strip()


class TextEditor(Editor):
    """Several lines of text."""

    def __init__(self, name: str) -> None:
        self.text = QPlainTextEdit()
        super().__init__(self.text)
        self.text.setAccessibleName(name)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(104)
        self._is_quiet = False
        self.text.textChanged.connect(self._on_changed)

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self._is_quiet = True
        self.text.setPlainText("" if is_mixed else str(value or ""))
        self.text.setPlaceholderText(tr("Several values") if is_mixed else "")
        self._is_quiet = False

    def value(self) -> object:  # noqa: D102
        return self.text.toPlainText().strip()

    def _on_changed(self) -> None:
        if not self._is_quiet:
            self.edited.emit()


class ChoiceEditor(Editor):
    """One of a few values."""

    def __init__(self, name: str, choices: Sequence[tuple[object, str]]) -> None:
        self.box = QComboBox()
        super().__init__(self.box)
        self.box.setAccessibleName(name)
        self._choices = choices
        self.box.activated.connect(lambda _: self.edited.emit())

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self.box.clear()
        is_known = any(value == one for one, _ in self._choices)
        if is_mixed or not is_known:
            self.box.addItem(tr("Several values") if is_mixed else tr("Not known"), None)
        for one, text in self._choices:
            self.box.addItem(text, one)
        if is_known and not is_mixed:
            self.box.setCurrentIndex(next(place for place, (one, _) in enumerate(self._choices) if one == value))

    def value(self) -> object:  # noqa: D102
        return self.box.currentData()


class SwitchEditor(Editor):
    """Yes or no, or both where models differ."""

    def __init__(self, text: str) -> None:
        self.box = QCheckBox(text)
        super().__init__(self.box)
        self.box.clicked.connect(self._on_clicked)

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self.box.setTristate(is_mixed)
        self.box.setCheckState(Qt.CheckState.PartiallyChecked if is_mixed else Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)

    def value(self) -> object:  # noqa: D102
        return self.box.isChecked()

    def _on_clicked(self) -> None:
        if self.box.isTristate():
            self.box.setTristate(False)
            self.box.setChecked(True)
        self.edited.emit()


class StarsEditor(Editor):
    """A rating."""

    def __init__(self) -> None:
        self.stars = Stars()
        super().__init__(self.stars)
        self.layout().setAlignment(self.stars, Qt.AlignmentFlag.AlignLeft)  # type: ignore[union-attr]
        self.stars.chosen.connect(lambda _: self.edited.emit())

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self.stars.show_rating(value if isinstance(value, int) and not is_mixed else 0, is_mixed)

    def value(self) -> object:  # noqa: D102
        return self.stars.rating


class ColourEditor(Editor):
    """A row of dots, and one for no colour."""

    def __init__(self) -> None:
        box = QWidget()
        super().__init__(box)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.dots: dict[str, QToolButton] = {}
        for colour in ("", *COLOURS):
            dot = QToolButton()
            dot.setProperty("role", "icon")
            dot.setCheckable(True)
            dot.setToolTip(colour_label(colour) or tr("No colour"))
            dot.setAccessibleName(colour_label(colour) or tr("No colour"))
            if colour:
                dot.setIcon(dot_icon(colour))
            else:
                dress(dot, "close", 12, "muted")
            dot.clicked.connect(lambda _=False, chosen=colour: self._on_chosen(chosen))
            row.addWidget(dot)
            self.dots[colour] = dot
        row.addStretch(1)
        self._colour = ""

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        self._colour = str(value or "")
        for colour, dot in self.dots.items():
            dot.setChecked(colour == self._colour and not is_mixed)

    def value(self) -> object:  # noqa: D102
        return self._colour

    def _on_chosen(self, colour: str) -> None:
        self.show_value(colour, False)
        self.edited.emit()


class WordsEditor(Editor):
    """Words as chips."""

    def __init__(self, name: str, known: Sequence[str], placeholder: str, splits: bool = True) -> None:
        self.field = WordsField(name, known, splits)
        super().__init__(self.field)
        self.setFocusProxy(self.field.line)
        self._placeholder = placeholder
        self.field.edited.connect(self.edited)

    def show_value(self, value: object, is_mixed: bool) -> None:  # noqa: D102
        words = value if isinstance(value, tuple) and not is_mixed else ()
        self.field.show_words(words, tr("Several values") if is_mixed else self._placeholder)

    def show_counts(self, counts: dict[str, int], count: int) -> None:
        """Show the words of several models."""
        self.field.show_counts(counts, count, self._placeholder)

    def value(self) -> object:  # noqa: D102
        return self.field.words

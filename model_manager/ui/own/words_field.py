"""Words as chips that are added by typing, with completion, and taken out by a click: tags, trigger words, collections.

Used by the edit sheet. Over several models it shows in how many of them each word stands, and tells only what is added and taken out.
"""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.details.parts import short_tip
from model_manager.ui.flow import FlowLayout
from model_manager.ui.theme import dress, restyle

MOST_CHIPS = 60
LONGEST = 42  # letters on a chip


def completer(parent: QLineEdit, words: Sequence[str]) -> QCompleter:
    """Let a field offer words as one types, wherever in them the letters stand."""
    found = QCompleter(QStringListModel(list(words), parent), parent)
    found.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    found.setFilterMode(Qt.MatchFlag.MatchContains)
    found.setMaxVisibleItems(8)
    popup = found.popup()
    if popup is not None:
        popup.setProperty("role", "popup")
    parent.setCompleter(found)
    return found


class WordsField(QWidget):
    """Chips and a line to type the next one."""

    edited = Signal()

    def __init__(self, name: str, known: Sequence[str], splits: bool = True) -> None:
        """`known`: words to complete. splits: a comma ends a word; a group of trigger words holds commas."""
        super().__init__()
        self._words: dict[str, int] = {}  # word -> models it stands in
        self._count = 1
        self._splits = splits
        self._first: dict[str, int] = {}
        self.added: list[str] = []
        self.removed: list[str] = []
        self._flow_box = QWidget()
        self._flow_box.setContentsMargins(0, 5, 0, 0)  # on the line of what stands beside
        self._flow = FlowLayout(self._flow_box)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self._flow_box.setSizePolicy(policy)
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self._completer = completer(self.line, known)
        self._completer.activated.connect(lambda text: self._take(str(text)), Qt.ConnectionType.QueuedConnection)
        self.line.installEventFilter(self)
        self.line.editingFinished.connect(self._on_finished)
        self.line.textEdited.connect(self._on_typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._flow_box)
        column.addWidget(self.line)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that all models have, or are to have."""
        return tuple(word for word, count in self._words.items() if count >= self._count)

    def show_words(self, words: Iterable[str], placeholder: str) -> None:
        """Show the words of one model."""
        self._show(dict.fromkeys(words, 1), 1, placeholder)

    def show_counts(self, counts: Mapping[str, int], count: int, placeholder: str) -> None:
        """Show the words of `count` models, and in how many of them each stands."""
        ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].casefold()))
        self._show(dict(ordered), count, placeholder)

    def _show(self, words: dict[str, int], count: int, placeholder: str) -> None:
        self._words, self._count, self._first = words, count, dict(words)
        self.added, self.removed = [], []
        self.line.setPlaceholderText(placeholder)
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter takes the word and does not press the sheet's button; Backspace in the empty line takes the last one out."""
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.line.text().strip():
                popup = self._completer.popup()
                if popup is None or not popup.isVisible() or not popup.currentIndex().isValid():
                    self._take(self.line.text())
                    return True
            elif event.key() == Qt.Key.Key_Backspace and not self.line.text() and self._words:
                self._drop(list(self._words)[-1])
                return True
        return super().eventFilter(watched, event)

    def _on_typed(self, text: str) -> None:
        if self._splits and text.rstrip().endswith((",", ";")):
            self._take(text.rstrip()[:-1])

    def _on_finished(self) -> None:
        popup = self._completer.popup()
        if popup is None or not popup.isVisible():
            self._take(self.line.text())

    def take_rest(self) -> None:
        """What was typed and not ended counts, too."""
        self._take(self.line.text())

    def _take(self, text: str) -> None:
        parts = text.replace(";", ",").split(",") if self._splits else [text]
        words = [" ".join(part.split()) for part in parts]
        self.line.clear()
        for word in filter(None, words):
            self._add(word)
        if any(words):
            self._fill()
            self.edited.emit()

    def _add(self, word: str) -> None:
        known = next((one for one in self._words if one.casefold() == word.casefold()), word)
        self._words[known] = self._count
        if known in self.removed:
            self.removed.remove(known)
        if self._first.get(known, 0) < self._count and known not in self.added:
            self.added.append(known)

    def _drop(self, word: str) -> None:
        del self._words[word]
        if word in self.added:
            self.added.remove(word)
        if self._first.get(word) and word not in self.removed:
            self.removed.append(word)
        self._fill()
        self.edited.emit()

    def _on_chip(self, word: str) -> None:
        """A word of all goes; one of some is first given to all."""
        if self._words[word] < self._count:
            self._add(word)
            self._fill()
            self.edited.emit()
        else:
            self._drop(word)

    def _fill(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for word, count in list(self._words.items())[:MOST_CHIPS]:
            chip = self._chip(word, count)
            self._flow.addWidget(chip)
            chip.show()
        self._flow_box.setVisible(bool(self._words))
        self._flow_box.updateGeometry()

    def _chip(self, word: str, count: int) -> QToolButton:
        chip = QToolButton(self._flow_box)
        chip.setProperty("role", "chip")
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the sign stands behind the word
        shown = word if len(word) <= LONGEST else word[: LONGEST - 1] + "…"
        is_of_all = count >= self._count
        chip.setText(shown.replace("&", "&&") if is_of_all else f"{shown.replace('&', '&&')}  {count:,}")
        dress(chip, "close" if is_of_all else "plus", 10, "muted")
        tip = tr("Click to take it out") if is_of_all else tr("In {count} of them; click to give it to all", count=f"{count:,}")
        chip.setToolTip(short_tip(f"{word}\n{tip}"))
        chip.setAccessibleName(word)
        chip.clicked.connect(lambda: self._on_chip(word))
        restyle(chip)
        return chip

"""What stands in the middle of a page that has nothing to show: a drawing, a headline, a sentence, and buttons for what can be done.

Used by the pages of the online browser and of updates. It decides nothing; a button tells its name.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from model_manager.ui.empty_state import TEXT_WIDTH, CardDrawing, lay_out_message


class MessagePage(QFrame):
    """One message at a time."""

    asked = Signal(str)  # the name of a button

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing, self._headline, self._sentence, self._bar = CardDrawing(), QLabel(), QLabel(), QProgressBar()
        self._buttons: list[QPushButton] = []
        self._bar.setRange(0, 0)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._row.addStretch(1)
        lay_out_message(self, self._drawing, self._headline, self._sentence, self._bar, self._row)

    def show_message(
        self, icon: str, headline: str, sentence: str, buttons: Sequence[tuple[str, str]] = (), tone: str = "accent", is_busy: bool = False
    ) -> None:
        """Show a message. buttons: (name, words), the main one first; is_busy: with a bar that moves."""
        self._drawing.set_icon(icon, tone)
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setMinimumHeight(self._sentence.heightForWidth(TEXT_WIDTH))
        self._bar.setVisible(is_busy)
        self._bar.setAccessibleName(headline)
        self.setAccessibleName(f"{headline}. {sentence}")
        if [(button.objectName(), button.text()) for button in self._buttons] != list(buttons):  # else one may have the keyboard
            self._make_buttons(buttons)

    def _make_buttons(self, buttons: Sequence[tuple[str, str]]) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(name, words, not place) for place, (name, words) in enumerate(buttons)]

    def take_keyboard(self) -> None:
        """Give the keyboard to the main button, if there is one."""
        if self._buttons:
            self._buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _button(self, name: str, words: str, is_main: bool) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.setProperty("tone", "primary" if is_main else "plain")
        button.clicked.connect(lambda: self.asked.emit(name))
        self._row.insertWidget(self._row.count() - 1, button)
        return button

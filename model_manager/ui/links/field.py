"""The field for links: several lines, as high as they need, with what cannot be used underlined at once.

Part of the link sheet. It does not understand links itself; it is told what is wrong with which piece.
"""

from collections.abc import Mapping

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from model_manager.core.words import tr
from model_manager.ui import theme

LINES = 5  # shown at most before it scrolls
PARSE_MS = 120
LONGEST = 200_000  # letters; more is no list of links


class LinkField(QPlainTextEdit):
    """`changed` comes when typing rests; Enter (without Shift) asks to go on."""

    changed = Signal(str)
    accepted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(tr("Paste links of Civitai, Hugging Face or GitHub, AIR names or addresses of files"))
        self.setAccessibleName(tr("Links"))
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._timer = QTimer(self, singleShot=True, interval=PARSE_MS)
        self._timer.timeout.connect(lambda: self.changed.emit(self.toPlainText()))
        self.textChanged.connect(self._timer.start)
        self.document().blockCountChanged.connect(self._fit)
        self._fit()

    def show_links(self, text: str) -> None:
        """Put links into the field, below those that are there; told at once."""
        held = self.toPlainText().strip()
        self.setPlainText(f"{held}\n{text.strip()}" if held and text.strip() not in held else held or text.strip())
        self.moveCursor(QTextCursor.MoveOperation.End)
        self._timer.stop()
        self.changed.emit(self.toPlainText())

    def mark(self, problems: Mapping[str, str]) -> None:
        """Underline each of these pieces; its sentence is the tooltip."""
        self.setExtraSelections([mark for piece, text in problems.items() for mark in self._marks(piece, text)])

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take text only, and never more than a person would paste."""
        text = source.text() or "\n".join(url.toString() for url in source.urls())
        self.insertPlainText(text[:LONGEST])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; with Shift it begins a line, with Ctrl it is the sheet's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._timer.stop()
            self.changed.emit(self.toPlainText())
            self.accepted.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where all lines have room none is scrolled away: lines come before the field has grown."""
        super().resizeEvent(event)
        if self.blockCount() <= LINES:
            self.verticalScrollBar().setValue(0)

    def sizeHint(self) -> QSize:
        """As high as its lines, within bounds."""
        return QSize(400, self.maximumHeight())

    def _marks(self, piece: str, text: str) -> list[QTextEdit.ExtraSelection]:
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(theme.tokens().bad)
        form.setForeground(theme.tokens().bad)
        form.setToolTip(text)
        cursor = self.document().find(piece)
        if cursor.isNull():
            return []
        mark = QTextEdit.ExtraSelection()
        mark.cursor, mark.format = cursor, form
        return [mark]

    def _fit(self) -> None:
        lines = max(1, min(LINES, self.blockCount()))
        bars = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(bars.ScrollBarAsNeeded if self.blockCount() > LINES else bars.ScrollBarAlwaysOff)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 24)

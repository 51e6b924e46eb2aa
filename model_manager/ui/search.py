"""The search field: free words, and typed tokens that become chips as soon as they are finished.

Tells the whole query at each key; what it means is decided elsewhere. Completions come from a function the main window gives.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.search_parts import PIECE, Completions, TokenChip, is_token, pieces

HEIGHT = 32
LEFT, GAP, CLEAR = 32, 4, 26
TYPING_ROOM = 110
MOST_CHIPS, MOST_CHARACTERS = 40, 2000

Source = Callable[[str], list[tuple[str, str]]]


class SearchField(QFrame):
    """Chips of finished tokens, then the text being typed. `setFocus` goes to the text."""

    text_changed = Signal(str)
    finished = Signal()  # Enter, Down without completions, or Escape in an empty field: the person goes on to the models

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("searchField")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._source: Source | None = None
        self._chips: list[TokenChip] = []
        self._told = self._problem = ""
        self._build()
        self._connect()
        self._arrange()

    def _build(self) -> None:
        self._icon = QLabel(self)
        self._icon.setGeometry(10, 8, 16, 16)
        theme.dress(self._icon, "search", 16, "muted")
        self.edit = QLineEdit(self)
        self.edit.setObjectName("searchEdit")
        self.edit.setStyleSheet("QLineEdit { background: transparent; border: none; border-radius: 0; padding: 0; min-height: 0; }")
        self.edit.setFrame(False)
        self.edit.setMaxLength(MOST_CHARACTERS)
        self.edit.setAccessibleName(tr("Search models"))
        self.edit.installEventFilter(self)
        self.setFocusProxy(self.edit)
        self._more = TokenChip("", self, has_cross=False)
        self._more.hide()
        self._clear = QToolButton(self)
        self._clear.setProperty("role", "small")
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setToolTip(tr("Clear the search (Esc)"))
        self._clear.setAccessibleName(tr("Clear the search"))
        theme.dress(self._clear, "close", 14, "muted")
        self._clear.hide()
        self.completions = Completions(self)

    def _connect(self) -> None:
        self.edit.textEdited.connect(self._on_edited)
        self._clear.clicked.connect(self.clear)
        self._more.edited.connect(self._on_more)
        self.completions.chosen.connect(self._on_chosen)

    # What others use

    def text(self) -> str:
        """The whole query: all chips, then the words."""
        return " ".join([*self.tokens(), self.edit.text().strip()]).strip()

    def set_text(self, text: str) -> None:
        """Show a query; finished tokens in it become chips. Does not emit."""
        if text.strip() == self.text():
            return
        parts = pieces(text[:MOST_CHARACTERS])
        for chip in list(self._chips):
            self._drop(chip)
        for part in parts:
            if is_token(part):
                self._add_chip(part)
        self.edit.setText(" ".join(part for part in parts if not is_token(part)))
        self._told = self.text()
        self.completions.hide()
        self._arrange()

    def tokens(self) -> list[str]:
        """The finished tokens, in order."""
        return [chip.text() for chip in self._chips]

    def clear(self) -> None:
        """Empty the field."""
        for chip in list(self._chips):
            self._drop(chip)
        self.edit.clear()
        self.completions.hide()
        self._tell()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_completer_source(self, source: Source) -> None:
        """Ask `source(prefix)` for (text, hint) pairs that could take the place of the token being typed."""
        self._source = source

    def set_problem(self, text: str | None) -> None:
        """Mark the query as not understood and say why; None: it is fine."""
        if (text or "") == self._problem:
            return
        self._problem = text or ""
        tip = plain_tip(self._problem)
        for widget in (self, self.edit, self._icon):
            widget.setToolTip(tip)
        self.edit.setAccessibleDescription(self._problem)
        theme.dress(self._icon, "warning" if text else "search", 16, "bad" if text else "muted")
        self.update()

    def sizeHint(self) -> QSize:
        """As the design has it."""
        return QSize(470, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(180, HEIGHT)

    # Tokens

    def _add_chip(self, text: str) -> None:
        if len(self._chips) >= MOST_CHIPS or text in self.tokens():
            return
        chip = TokenChip(text, self)
        chip.removed.connect(self._on_removed)
        chip.edited.connect(self._on_chip_edited)
        chip.turned.connect(self._on_turned)
        self._chips.append(chip)

    def _drop(self, chip: TokenChip) -> None:
        self._chips.remove(chip)
        chip.hide()
        chip.deleteLater()

    def _take_tokens(self, is_all: bool) -> None:
        """Make chips of finished tokens: those that white space follows, or all of them."""
        text = self.edit.text()
        kept, cursor, last = [], self.edit.cursorPosition(), 0
        for found in PIECE.finditer(text):
            is_ended = is_all or (found.end() < len(text) and found.end() < self.edit.cursorPosition())
            if is_ended and is_token(found.group()):
                self._add_chip(found.group())
                kept.append(text[last : found.start()])
                last = found.end() + (0 if is_all else 1)
                cursor -= last - found.start()
        if last:
            rest = "".join([*kept, text[last:]])
            self.edit.setText(rest)
            self.edit.setCursorPosition(max(0, min(len(rest), cursor)))

    def _piece(self) -> tuple[int, int]:
        """Where the piece under the cursor begins and ends."""
        cursor = self.edit.cursorPosition()
        spans = [found.span() for found in PIECE.finditer(self.edit.text())]
        return next((span for span in spans if span[0] < cursor <= span[1]), (cursor, cursor))

    def _complete(self) -> None:
        start, _ = self._piece()
        prefix = self.edit.text()[start : self.edit.cursorPosition()]
        offers = self._source(prefix)[:50] if self._source is not None and prefix else []
        self.completions.offer([] if [text for text, _ in offers] == [prefix] else offers, self)

    def _tell(self) -> None:
        self._arrange()
        text = self.text()
        if text != self._told:
            self._told = text
            self.text_changed.emit(text)

    # Answers

    def _on_edited(self) -> None:
        self._take_tokens(is_all=False)
        self._tell()
        self._complete()

    def _on_chosen(self, text: str) -> None:
        start, end = self._piece()
        whole = self.edit.text()
        is_done = is_token(text)
        before, after = whole[:start], whole[end:]
        if is_done:
            self._add_chip(text)
            self.edit.setText((before + after.lstrip()) if before else after.lstrip())
        else:
            self.edit.setText(before + text + after)
        self.edit.setCursorPosition(start if is_done else start + len(text))
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.completions.hide()
        self._tell()
        if not is_done:
            self._complete()

    def _on_removed(self) -> None:
        chip = self.sender()
        assert isinstance(chip, TokenChip)
        place = self._chips.index(chip)
        was_focused = chip.hasFocus()
        self._drop(chip)
        self._tell()
        if was_focused and self._chips:
            self._chips[min(place, len(self._chips) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_chip_edited(self) -> None:
        chip = self.sender()
        assert isinstance(chip, TokenChip)
        rest = self.edit.text().strip()
        self._drop(chip)
        self.edit.setText(f"{rest} {chip.text()}" if rest else chip.text())
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()

    def _on_turned(self, step: int) -> None:
        shown = [chip for chip in self._chips if not chip.isHidden()]
        place = next((row for row, chip in enumerate(shown) if chip.hasFocus()), 0) + step
        target: QWidget = self.edit if place >= len(shown) else shown[max(0, place)]
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        if target is self.edit:
            self.edit.setCursorPosition(0)

    def _on_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for chip in self._chips:
            if chip.isHidden():
                menu.addAction(tr("Remove {token}", token=chip.text().replace("&", "&&"))).triggered.connect(chip.removed)
        menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    # Keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the text that belong to completions and chips, and the focus line around the field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_list_key(event) if self.completions.isVisible() else self._on_key(event)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and (self.completions.isVisible() or self.text()):
                event.accept()
        elif event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            if event.type() == QEvent.Type.FocusOut:
                self.completions.hide()
            self._arrange()
            self.update()
        return False

    def _on_list_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.completions.move_by(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape:
            self.completions.hide()
        elif key == Qt.Key.Key_Tab:
            self._on_chosen(self.completions.marked(default_row=0))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.completions.marked():
            self._on_chosen(self.completions.marked())
        else:
            return self._on_key(event)
        return True

    def _on_key(self, event: QKeyEvent) -> bool:
        key, is_at_start = event.key(), self.edit.cursorPosition() == 0 and not self.edit.hasSelectedText()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_entered()
        elif key == Qt.Key.Key_Down:
            self.finished.emit()
        elif key == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.finished.emit()
        elif key == Qt.Key.Key_Backspace and is_at_start and self._chips:
            self._drop(self._chips[-1])
            self._tell()
        elif key == Qt.Key.Key_Left and is_at_start and self._chips:
            self._chips[-1].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            return False
        return True

    def _on_entered(self) -> None:
        before = len(self._chips)
        self.completions.hide()
        self._take_tokens(is_all=True)
        self._tell()
        if len(self._chips) == before:
            self.finished.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click anywhere in the field goes to the text."""
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)

    # Looks

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place chips and text anew."""
        super().resizeEvent(event)
        self.completions.hide()
        self._arrange()

    def _arrange(self) -> None:
        """The newest chips that leave room for typing, older ones gathered in one "+2", then the text."""
        is_filled = bool(self._chips or self.edit.text())
        is_typing = self.edit.hasFocus() or bool(self.edit.text())
        room = self.width() - LEFT - CLEAR - (TYPING_ROOM if is_typing else 8)
        first = self._first_shown(room)
        x = LEFT
        self._more.setVisible(first > 0)
        if first:
            self._more.show_text(tr("+{count}", count=first))
            self._more.setToolTip(plain_tip("\n".join(self.tokens()[:first])))
            self._more.move(x, (HEIGHT - self._more.height()) // 2)
            x += self._more.width() + GAP
        for place, chip in enumerate(self._chips):
            chip.setVisible(place >= first)
            if place >= first:
                chip.move(x, (HEIGHT - chip.height()) // 2)
                x += chip.width() + GAP
        right = CLEAR if is_filled else 6
        self.edit.setGeometry(x + (2 if self._chips else 0), 1, max(8, self.width() - x - right - 2), HEIGHT - 2)
        self.edit.setPlaceholderText("" if self._chips else tr("Search models…  (Ctrl+F)"))
        self._clear.setVisible(is_filled)
        self._clear.move(self.width() - CLEAR, (HEIGHT - 20) // 2)

    def _first_shown(self, room: int) -> int:
        used, first = 0, len(self._chips)
        for chip in reversed(self._chips):
            used += chip.width() + GAP
            if used + (34 if first > 1 else 0) > room and first < len(self._chips):
                break
            first -= 1
        return first

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground and edge; the edge tells focus and problem."""
        colours = theme.tokens()
        edge = colours.bad if self._problem else colours.accent if self.edit.hasFocus() else colours.line
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(colours.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()

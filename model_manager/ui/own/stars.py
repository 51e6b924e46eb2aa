"""Five stars that are clicked: the person's rating of a model. A click on the last one that is lit takes the rating away.

Used by the details panel and the edit sheet. Painted from the theme's icons; tells what was chosen and decides nothing.
"""

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import short_tip
from model_manager.ui.theme import icon, tokens

STARS, SIZE, STEP, HEIGHT = 5, 16, 21, 30


class Stars(QWidget):
    """A rating of 0 to 5; digits and arrow keys set it, too."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._rating, self._hot, self._is_mixed = 0, 0, False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_rating(0)

    @property
    def rating(self) -> int:
        """The stars on show."""
        return self._rating

    def show_rating(self, rating: int, is_mixed: bool = False) -> None:
        """Show a rating; is_mixed: several models have several."""
        self._rating, self._is_mixed = max(0, min(STARS, rating)), is_mixed
        said = tr("Several ratings") if is_mixed else trn("{count} star", "{count} stars", rating) if rating else tr("Not rated")
        self.setAccessibleName(tr("Rating: {rating}", rating=said))
        self.setToolTip(short_tip(tr("{rating} (Alt+0 to Alt+5)", rating=said)))
        self.update()

    def sizeHint(self) -> QSize:
        """Five stars and their gaps."""
        return QSize(STARS * STEP + 4, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Never cut."""
        return self.sizeHint()

    def _star_at(self, event: QMouseEvent) -> int:
        return max(1, min(STARS, int(event.position().x() - 2) // STEP + 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what a click would set."""
        self._hot = self._star_at(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Put out the light."""
        self._hot = 0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Set the rating, or take it away."""
        if event.button() == Qt.MouseButton.LeftButton:
            star = self._star_at(event)
            self._choose(0 if star == self._rating and not self._is_mixed else star)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits set it, arrows raise and lower it."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        text = event.text()
        if step:
            self._choose(max(0, min(STARS, self._rating + step)))
        elif text.isdecimal() and int(text) <= STARS and not event.modifiers():
            self._choose(int(text))
        else:
            super().keyPressEvent(event)

    def _choose(self, rating: int) -> None:
        self._hot = 0
        if rating != self._rating or self._is_mixed:
            self.show_rating(rating)
            self.chosen.emit(rating)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stars, lit up to the rating or to the pointer."""
        painter = QPainter(self)
        lit = self._hot or self._rating
        for number in range(STARS):
            is_on = number < lit
            name, tone = ("star-filled", "star") if is_on else ("star", "faint")
            if self._is_mixed and not self._hot:
                name, tone = "star", "star"
            rect = QRect(2 + number * STEP, (self.height() - SIZE) // 2, SIZE, SIZE)
            icon(name, SIZE, tone).paint(painter, rect)
        if self.hasFocus():
            painter.setPen(QPen(tokens().accent, 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 5, 5)
        painter.end()

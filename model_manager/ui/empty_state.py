"""What stands in the middle when there are no cards: an empty library, nothing found, loading, or a fault.

The main window chooses which. A drawing, a headline, a sentence and what can be done; decides nothing itself.
"""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.theme import icon, mixed, tokens

CARD = QSize(76, 100)
TEXT_WIDTH = 440


class CardDrawing(QWidget):
    """Three cards fanned out, the front one with an icon."""

    def __init__(self) -> None:
        super().__init__()
        self._icon_name, self._tone = "layers", "accent"
        self.setFixedSize(200, 140)

    def set_icon(self, name: str, tone: str = "accent") -> None:
        """Put another icon on the front card."""
        self._icon_name, self._tone = name, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cards from back to front."""
        colours = tokens()
        ink = getattr(colours, self._tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(-CARD.width() / 2, -CARD.height(), CARD.width(), CARD.height())
        for angle, share in ((16, 0.07), (-14, 0.12), (0, 0.0)):
            painter.save()
            painter.translate(QPointF(self.width() / 2 + angle, self.height() - 14))
            painter.rotate(angle)
            painter.setPen(QPen(mixed(ink, colours.line, 0.35 if angle == 0 else 0.12), 1.5))
            painter.setBrush(mixed(ink, colours.panel, share))
            painter.drawRoundedRect(card, 10, 10)
            painter.restore()
        self._paint_front(painter)
        painter.end()

    def _paint_front(self, painter: QPainter) -> None:
        """The icon, and two lines that stand for a name."""
        colours = tokens()
        middle, bottom = self.width() // 2, self.height() - 14
        icon(self._icon_name, 32, self._tone).paint(painter, QRect(middle - 16, bottom - 80, 32, 32))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(colours.faint, colours.panel, 0.35))
        painter.drawRoundedRect(QRectF(middle - 26, bottom - 26, 40, 4), 2, 2)
        painter.setBrush(mixed(colours.faint, colours.panel, 0.2))
        painter.drawRoundedRect(QRectF(middle - 26, bottom - 17, 26, 4), 2, 2)


class EmptyState(QFrame):
    """One page for four states; `show_*` chooses. Buttons are signalled by what was asked."""

    clear_search_asked = Signal()
    folders_asked = Signal()
    demo_asked = Signal()
    retry_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing, self._headline, self._sentence = CardDrawing(), QLabel(), QLabel()
        self._bar = QProgressBar()
        self._buttons = {
            "clear": self._button(tr("Clear search"), self.clear_search_asked, "primary"),
            "folders": self._button(tr("Add a folder…"), self.folders_asked, "primary"),
            "show_folders": self._button(tr("Look at the folders"), self.folders_asked, "plain"),
            "demo": self._button(tr("Open the demo library"), self.demo_asked, "plain"),
            "retry": self._button(tr("Try again"), self.retry_asked, "primary"),
        }
        self._build()
        self.show_loading()

    def show_empty_library(self) -> None:
        """All folders were looked at and hold no model."""
        self._show("layers", "accent", tr("No models yet"), tr("Your folders were read, and there is no model in them. "
                   "Add the folder in which your models lie, or look around in the demo library."), ("folders", "demo"))  # fmt: skip

    def show_nothing_found(self, query: str) -> None:
        """A search has no result."""
        sentence = tr("No model matches “{query}”. Take a word away, or clear the search to see all models.", query=query)
        self._show("search", "accent", tr("Nothing found"), sentence, ("clear",))

    def show_nothing_here(self, headline: str, sentence: str, icon_name: str = "check") -> None:
        """A view of the library is rightly empty (no favourites yet, no problems)."""
        self._show(icon_name, "accent", headline, sentence, ("clear",), {"clear": tr("Show all models")})

    def show_nothing_at(self, place: str) -> None:
        """A row of the sidebar, by its query, has no models."""
        self.show_nothing_here(*_nothing_at(place))

    def show_loading(self, text: str = "") -> None:
        """The library is being read for the first time; `text` says how far it is."""
        sentence = text or tr("Files are only looked at, nothing is changed.")
        self._show("folder-open", "accent", tr("Reading your models"), sentence, (), is_busy=True)

    def show_error(self, text: str) -> None:
        """The library cannot be shown; `text` says why and what to do."""
        self._show("warning", "bad", tr("Your models cannot be shown"), text, ("retry", "show_folders"))

    def _show(self, icon_name: str, tone: str, headline: str, sentence: str, buttons: tuple[str, ...],
              labels: dict[str, str] | None = None, is_busy: bool = False) -> None:  # fmt: skip
        self._drawing.set_icon(icon_name, tone)
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setMinimumHeight(self._sentence.heightForWidth(TEXT_WIDTH))
        self.setAccessibleName(f"{headline}. {sentence}")
        self._bar.setRange(0, 0 if is_busy else 1)
        self._bar.setVisible(is_busy)
        self._buttons["clear"].setText((labels or {}).get("clear", tr("Clear search")))
        for name, button in self._buttons.items():
            button.setVisible(name in buttons)

    def _button(self, text: str, signal: object, tone: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("tone", tone)
        button.clicked.connect(signal)
        return button

    def _build(self) -> None:
        self._bar.setAccessibleName(tr("Reading your models"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in self._buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        lay_out_message(self, self._drawing, self._headline, self._sentence, self._bar, row)


def lay_out_message(
    page: QWidget, drawing: CardDrawing, headline: QLabel, sentence: QLabel, bar: QProgressBar, buttons: QHBoxLayout
) -> None:
    """Give the parts of a message their looks and put them in the middle of a page, a little above it."""
    headline.setProperty("role", "title")
    sentence.setProperty("role", "muted")
    for label in (headline, sentence):
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    sentence.setWordWrap(True)
    sentence.setFixedWidth(TEXT_WIDTH)
    bar.setTextVisible(False)
    bar.setFixedWidth(200)
    layout = QVBoxLayout(page)
    layout.setSpacing(0)
    layout.addStretch(4)
    parts: tuple[tuple[QWidget, int], ...] = ((drawing, 14), (headline, 6), (sentence, 18), (bar, 0))
    for widget, space in parts:
        layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(space)
    layout.addLayout(buttons)
    layout.addStretch(5)


def _nothing_at(place: str) -> tuple[str, str]:
    """What to say of a row of the sidebar that has no models."""
    if place == "is:favourite":
        return tr("No favourites yet"), tr("Models whose notes or sidecars mark them as favourites are listed here.")
    if place.startswith("added"):
        return tr("Nothing new"), tr("No model was added in the last seven days.")
    return tr("Nothing here"), tr("No model belongs here now.")

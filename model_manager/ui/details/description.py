"""The description of a model: a few lines at first, all of it on demand.

Used by the overview. Only the first lines are cleaned and laid out until "Show more" is clicked, since arrow keys change models fast.
"""

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import TextLink, show_if
from model_manager.ui.details.safe_text import SafeBrowser, clean_html, input_limit

FOLDED_HEIGHT = 92
FOLDED_CHARACTERS = 700


class _Text(SafeBrowser):
    """The browser, as tall as its text or folded with a fading last line."""

    def __init__(self) -> None:
        super().__init__()
        self.passes_wheel = True
        self.is_faded = False
        self.setLineWrapMode(SafeBrowser.LineWrapMode.FixedPixelWidth)  # the browser's own width lags behind ours
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.is_faded:
            return
        ground = theme.tokens().panel
        clear = QColor(ground)
        clear.setAlpha(0)
        fade = QLinearGradient(0, self.height() - 34, 0, self.height())
        fade.setColorAt(0, clear)
        fade.setColorAt(1, ground)
        painter = QPainter(self.viewport())
        painter.fillRect(0, self.height() - 34, self.width(), 34, fade)
        painter.end()


class Description(QWidget):
    """Text with a "Show more" button when there is more."""

    link_opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._source, self._is_html, self._is_open = "", False, False
        self._text = _Text()
        self._text.setAccessibleName(tr("Description"))
        self._text.link_opened.connect(self.link_opened)
        self._toggle = TextLink()
        self._toggle.clicked.connect(self._on_toggled)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._text)
        column.addWidget(self._toggle, 0, Qt.AlignmentFlag.AlignLeft)

    def show_text(self, source: str, is_html: bool) -> None:
        """Show `source` folded."""
        if (source, is_html) == (self._source, self._is_html):
            return
        self._source, self._is_html, self._is_open = source, is_html, False
        self._render()

    def redraw(self) -> None:
        """Take over the colours of another theme."""
        self._render()

    def _render(self) -> None:
        limit = {} if self._is_open else {"limit": FOLDED_CHARACTERS}
        if self._is_html:
            self._text.show_html(clean_html(self._source, **limit))
        else:
            self._text.show_markdown(self._source if self._is_open else self._source[:FOLDED_CHARACTERS])
        self._fit()

    def _fit(self) -> None:
        self._text.setLineWrapColumnOrWidth(max(50, self.width()))
        height = math.ceil(self._text.document().size().height()) + 2
        is_long = height > FOLDED_HEIGHT + 24 or len(self._source) > input_limit(FOLDED_CHARACTERS)
        self._text.is_faded = is_long and not self._is_open
        self._text.setFixedHeight(min(height, FOLDED_HEIGHT) if self._text.is_faded else height)
        show_if(self._toggle, is_long)
        self._toggle.setText(tr("Show less") if self._is_open else tr("Show more"))
        self._toggle.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height to the new width."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _on_toggled(self) -> None:
        self._is_open = not self._is_open
        self._render()

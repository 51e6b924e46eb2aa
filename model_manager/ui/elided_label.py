"""One line of text that shortens itself with "…" and then tells all of it in its tooltip.

Used where a path or a sentence may be longer than its place. Shows text as it is, never as HTML.
"""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


def plain_tip(text: str) -> str:
    """`text` as a tooltip that wraps and is never taken for HTML."""
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""


class ElidedLabel(QLabel):
    """A label as narrow as its layout wants."""

    def __init__(self, role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._full, self._mode = "", mode

    def show_text(self, text: str) -> None:
        """Show `text`, shortened where it does not fit."""
        self._full = text
        self.setAccessibleName(text)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as wanted."""
        return QSize(0, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full.replace("\n", " "), self._mode, max(0, self.width()))
        self.setText(shown)
        self.setToolTip(plain_tip(self._full) if shown != self._full else "")

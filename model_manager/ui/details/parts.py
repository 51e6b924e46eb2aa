"""Small pieces that the details panel is made of: tabs, links, buttons that confirm what they copied, fonts and tooltips.

They paint themselves from `tokens()`, which is quicker than a style sheet for each, and show untrusted text as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLayout, QPushButton, QSizePolicy, QTabBar, QToolButton, QWidget

from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.elided_label import plain_tip

CONFIRM_MS = 1200
TOOLTIP_CHARACTERS = 1500


def font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The program's font at a size in pixels; not to be changed by the caller."""
    return _font(QApplication.font().family(), pixels, weight)


@lru_cache(maxsize=32)
def _font(family: str, pixels: int, weight: QFont.Weight) -> QFont:
    made = QFont(QApplication.font())
    made.setPixelSize(pixels)
    made.setWeight(weight)
    return made


@contextmanager
def held(*layouts: QLayout) -> Iterator[None]:
    """Let `layouts` rest while many widgets are filled, shown and hidden: Qt lays out all that is above each one that is shown."""
    for layout in layouts:
        layout.setEnabled(False)
    try:
        yield
    finally:
        for layout in layouts:
            layout.setEnabled(True)
            layout.update()


def show_if(widget: QWidget, is_shown: bool) -> None:
    """Show or hide a widget, at no cost when it is so already."""
    if widget.isHidden() == is_shown:
        widget.setVisible(is_shown)


def short_tip(text: str) -> str:
    """`text` as a plain tooltip of bounded length."""
    return plain_tip(text if len(text) <= TOOLTIP_CHARACTERS else text[:TOOLTIP_CHARACTERS] + "…")


def copy_text(text: str) -> None:
    """Put `text` on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def key_text(keys: str) -> str:
    """Return how this system writes a key combination: "Ctrl+V", on a Mac "⌘V"."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def set_role(label: QLabel, role: str) -> QLabel:
    """Give a label its look in the global style sheet, and plain text only."""
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class Tabs(QTabBar):
    """Plain tabs with a line under the one that is open."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self.setObjectName("detailsTabs")
        self.setAccessibleName(tr("Details"))
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setUsesScrollButtons(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._marked = ""
        for name in names:
            self.addTab(name)

    def mark(self, index: int, is_marked: bool) -> None:
        """Put a dot beside a tab's name, for something unsaved behind it."""
        marked = self.tabText(index) if is_marked else ""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def tabSizeHint(self, index: int) -> QSize:
        """The name and a gap; all tabs start at the panel's edge."""
        return QSize(QFontMetrics(font(13, QFont.Weight.Medium)).horizontalAdvance(self.tabText(index)) + 18, 30)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Names are never shortened."""
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, the base line and the line of the open tab."""
        colours = theme.tokens()
        painter = QPainter(self)
        painter.setPen(colours.line)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        for index in range(self.count()):
            rect, is_open = self.tabRect(index).adjusted(0, 0, -18, 0), index == self.currentIndex()
            painter.setFont(font(13, QFont.Weight.Medium if is_open else QFont.Weight.Normal))
            painter.setPen(colours.text if is_open else colours.muted)
            painter.drawText(rect.adjusted(0, 0, 8, -3), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.tabText(index))
            if is_open:
                painter.fillRect(rect.x(), self.height() - 2, rect.width(), 2, colours.accent)
                if self.hasFocus():
                    painter.setPen(QPen(colours.accent, 1))
                    painter.drawRoundedRect(QRectF(rect).adjusted(-0.5, 3.5, 3.5, -6.5), 4, 4)
            if self.tabText(index) == self._marked:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colours.warn)
                painter.drawEllipse(QRectF(rect.right() + 4, 9, 5, 5))
        painter.end()


class TextLink(QAbstractButton):
    """A word that can be clicked, in the accent colour, as tall as a line; disabled, it is a word like others."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The text and a pixel for the focus line."""
        metrics = QFontMetrics(font(12))
        return QSize(metrics.horizontalAdvance(self.text()) + 6, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, underlined under the pointer."""
        colours, painter, used = theme.tokens(), QPainter(self), QFont(font(12))
        used.setUnderline(self.underMouse() and self.isEnabled())
        painter.setFont(used)
        painter.setPen(colours.accent if self.isEnabled() else colours.text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()


class Copier(QObject):
    """Lets a button copy a text and say so in its place for a moment."""

    copied = Signal(str)

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self.button, self._label, self._payload = button, button.text(), ""
        self._timer = QTimer(self, interval=CONFIRM_MS, singleShot=True)
        self._timer.timeout.connect(self._on_confirmed)
        button.clicked.connect(self.copy)

    def set_payload(self, text: str) -> None:
        """Set what a click copies."""
        self._payload = text
        if self._timer.isActive():
            self._timer.stop()
            self._on_confirmed()

    def copy(self) -> None:
        """Copy and confirm."""
        copy_text(self._payload)
        self.button.setText(tr("Copied"))
        self.button.updateGeometry()
        self._timer.start()
        self.copied.emit(self._payload)

    def _on_confirmed(self) -> None:
        self.button.setText(self._label)
        self.button.updateGeometry()


def push_button(text: str, tone: str = "plain") -> QPushButton:
    """A button in one of the looks of the style sheet."""
    button = QPushButton(text)
    button.setProperty("tone", tone)
    return button


def icon_button(icon_name: str, name: str) -> QToolButton:
    """A square button with an icon; `name` is its tooltip and accessible name."""
    button = QToolButton()
    button.setProperty("tone", "plain")
    theme.dress(button, icon_name)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button


def back_button() -> QToolButton:
    """The button at the left of a page that goes back to the models."""
    button = QToolButton()
    button.setProperty("role", "icon")
    button.setToolTip(tr("Back to the models (Esc)"))
    button.setAccessibleName(tr("Back to the models"))
    theme.dress(button, "chevron-left")
    return button

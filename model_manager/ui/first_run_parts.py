"""The pieces of the first-run page: a card for a place that was found, and the zone that takes a dropped folder.

Used by the first-run page alone. They only show and signal.
"""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from model_manager.core.words import tr
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.theme import dress, mixed, tokens


class FoundCard(QFrame):
    """A place with models, to be checked or not; a click anywhere on it does."""

    toggled = Signal(bool)

    def __init__(self, path: str, title: str, detail: str, is_checked: bool) -> None:
        super().__init__()
        self.path = path
        self._check = QCheckBox()
        self._check.setChecked(is_checked)
        self._title, self._detail = QLabel(), QLabel()
        self._path = ElidedLabel("faint", Qt.TextElideMode.ElideMiddle)
        self._build()
        self.show_texts(title, detail)
        self._check.toggled.connect(self._on_toggled)

    def is_checked(self) -> bool:
        """Whether it is to be shown."""
        return self._check.isChecked()

    def show_texts(self, title: str, detail: str) -> None:
        """Show what it is and what is in it."""
        self._title.setText(title)
        self._detail.setText(detail)
        self._path.show_text(self.path)
        self._check.setAccessibleName(f"{title}, {self.path}, {detail}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Check or uncheck."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._check.toggle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card; a checked one is edged in the accent."""
        colours = tokens()
        is_on = self.is_checked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(mixed(colours.accent, colours.panel, 0.6) if is_on else colours.line, 1))
        painter.setBrush(mixed(colours.accent_soft, colours.panel, 0.07) if is_on else colours.panel)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        painter.end()

    def _build(self) -> None:
        mark = QLabel()
        dress(mark, "folder", 20, "accent")
        self._title.setProperty("role", "strong")
        self._detail.setProperty("role", "muted")
        for label in (self._title, self._detail):
            label.setTextFormat(Qt.TextFormat.PlainText)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self._title)
        top.addStretch(1)
        top.addWidget(self._detail)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addLayout(top)
        texts.addWidget(self._path)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 11, 16, 11)
        row.setSpacing(12)
        row.addWidget(self._check)
        row.addWidget(mark)
        row.addLayout(texts, 1)

    def _on_toggled(self, is_checked: bool) -> None:
        self.update()
        self.toggled.emit(is_checked)


class DropZone(QPushButton):
    """A dashed field that says a folder may be dropped here; a click asks for one. The page itself takes the drop."""

    def __init__(self) -> None:
        super().__init__()
        self._is_lit = False
        self.setProperty("tone", "drop")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Drop a folder here, or choose one"))
        self._icon = QLabel()
        self._icon.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._line = QLabel()
        self._line.setProperty("role", "muted")
        self._line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        layout.setSpacing(6)
        layout.addStretch(1)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._line, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.set_lit(False)

    def is_lit(self) -> bool:
        """Whether a folder is held over the page."""
        return self._is_lit

    def set_lit(self, is_lit: bool) -> None:
        """Light up while a folder is held over the page."""
        self._is_lit = is_lit
        dress(self._icon, "inbox", 24, "accent" if is_lit else "faint")
        waiting = tr("Drop a ComfyUI or models folder here, or click to choose one")
        self._line.setText(tr("Let go to add this folder") if is_lit else waiting)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dashed field."""
        colours = tokens()
        is_marked = self._is_lit or self.hasFocus()
        edge = colours.accent if is_marked else colours.faint if self.underMouse() else mixed(colours.faint, colours.window, 0.5)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(edge, 1.5)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(colours.accent_soft if self._is_lit else Qt.GlobalColor.transparent)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
        painter.end()

"""Plain text in the details panel: the title, lines that wrap, coloured notices, the heads of sections.

They paint untrusted text as it is, never as HTML, and break or shorten long names so that nothing is cut off.
"""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from model_manager.ui import theme
from model_manager.ui.details.parts import font, set_role, short_tip
from model_manager.ui.elided_label import ElidedLabel


class SourcedLabel(ElidedLabel):
    """A shortened line whose tooltip also tells where it came from."""

    def __init__(self, role: str = "") -> None:
        super().__init__(role)
        self._source = ""

    def show_sourced(self, text: str, source: str) -> None:
        """Show `text`; `source` is added to the tooltip."""
        self._source = source
        self.show_text(text)

    def _fit(self) -> None:
        super()._fit()
        full = self._full if self.text() != self._full else ""
        self.setToolTip(short_tip("\n".join(part for part in (full, self._source) if part)))


class TitleLabel(QWidget):
    """The model's name in bold with its version beside it, over at most three lines."""

    LINES = 3

    def __init__(self) -> None:
        super().__init__()
        self._name = self._version = ""
        self._laid: dict[int, list[tuple[int, int]]] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_title(self, name: str, version: str) -> None:
        """Show `name` and, paler, `version`."""
        self._name, self._version = name.replace("\n", " ")[:600], version.replace("\n", " ")[:200]
        self._laid.clear()
        full = f"{name} {version}".strip()
        self.setAccessibleName(full)
        self.setToolTip(short_tip(full))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The height follows from the lines needed."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the lines needed at `width`, at most three."""
        lines = self._lines(width)
        return min(self.LINES, len(lines)) * self._line_height()

    def sizeHint(self) -> QSize:
        """Two lines at the panel's usual width."""
        return QSize(200, self.heightForWidth(max(200, self.width())))

    def _line_height(self) -> int:
        return QFontMetrics(font(17, QFont.Weight.DemiBold)).height()

    def _text(self) -> str:
        return f"{self._name} {self._version}" if self._version else self._name

    def _lines(self, width: int) -> list[tuple[int, int]]:
        if width not in self._laid:
            self._laid[width] = self._lay(width)
        return self._laid[width]

    def _lay(self, width: int) -> list[tuple[int, int]]:
        layout = QTextLayout(self._text(), font(17, QFont.Weight.DemiBold))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        found: list[tuple[int, int]] = []
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(20, width))
            found.append((line.textStart(), line.textLength()))
        layout.endLayout()
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint line by line; the last one is shortened if more would follow."""
        painter = QPainter(self)
        lines = self._lines(self.width())
        text, height = self._text(), self._line_height()
        for row, (start, length) in enumerate(lines[: self.LINES]):
            is_last = row == self.LINES - 1 and len(lines) > self.LINES
            self._paint_line(painter, row * height, start, text[start:] if is_last else text[start : start + length])
        painter.end()

    def _paint_line(self, painter: QPainter, y: int, start: int, text: str) -> None:
        split = max(0, min(len(text), len(self._name) - start))
        x, height = 0, self._line_height()
        bold, regular = font(17, QFont.Weight.DemiBold), font(17)
        for part, used, colour in ((text[:split], bold, theme.tokens().text), (text[split:], regular, theme.tokens().muted)):
            if not part:
                continue
            painter.setFont(used)
            painter.setPen(colour)
            shown = painter.fontMetrics().elidedText(part, Qt.TextElideMode.ElideRight, self.width() - x + 2)
            painter.drawText(QRectF(x, y, self.width() - x + 4, height), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            x += painter.fontMetrics().horizontalAdvance(part)


class WrapLabel(QWidget):
    """Plain text over as many lines as it needs; breaks inside long names too, which QLabel cannot."""

    def __init__(self, pixels: int = 12, colour: str = "text") -> None:
        super().__init__()
        self._pixels, self._colour, self._text = pixels, colour, ""
        self._laid: dict[int, QTextLayout] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def text(self) -> str:
        """The text on show."""
        return self._text

    def show_text(self, text: str, colour: str = "") -> None:
        """Show `text`, at most 4,000 characters of it; colour: another token from now on."""
        if text[:4000] == self._text and colour in ("", self._colour):
            return
        self._colour = colour or self._colour
        self._text = text[:4000]
        self._laid.clear()
        self.setAccessibleName(self._text)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The height follows from the lines needed."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines at `width`."""
        return math.ceil(self._layout(width).boundingRect().height())

    def sizeHint(self) -> QSize:
        """As tall as it is now wide."""
        return QSize(100, self.heightForWidth(max(100, self.width())))

    def _layout(self, width: int) -> QTextLayout:
        if width not in self._laid:
            self._laid[width] = self._lay(width)
        return self._laid[width]

    def _lay(self, width: int) -> QTextLayout:
        layout = QTextLayout(self._text.replace("\n", "\u2028"), font(self._pixels))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        y = 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(20, width))
            line.setPosition(QPointF(0, y))
            y += line.height()
        layout.endLayout()
        return layout

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all lines."""
        painter = QPainter(self)
        painter.setPen(getattr(theme.tokens(), self._colour))
        self._layout(self.width()).draw(painter, QPointF(0, 0))
        painter.end()


class Notice(QWidget):
    """A coloured row with one plain sentence: something is wrong, or worth knowing."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = "warn"
        self._words = WrapLabel(12)
        row = QHBoxLayout(self)
        row.setContentsMargins(34, 8, 10, 8)
        row.addWidget(self._words)

    def show_text(self, text: str, tone: str) -> None:
        """Show `text`; tone is the name of its colour: bad, warn or accent."""
        self._tone = tone
        self._words.show_text(text)
        self.setAccessibleName(text)
        self.update()

    def text(self) -> str:
        """The sentence on show."""
        return self._words.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a pale ground in the tone, and a sign."""
        colour = QColor(getattr(theme.tokens(), self._tone))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(colour)
        ground.setAlpha(34)
        edge = QColor(colour)
        edge.setAlpha(90)
        painter.setBrush(ground)
        painter.setPen(edge)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QRectF(11, 9, 14, 14))
        painter.setPen(theme.tokens().panel)
        painter.setFont(font(11, QFont.Weight.Bold))
        painter.drawText(QRectF(11, 9, 14, 14), Qt.AlignmentFlag.AlignCenter, "!")
        painter.end()


class SectionHead(QWidget):
    """A small heading; on the right, faint, where the section came from, and room for one quiet button."""

    def __init__(self, title: str, action: QWidget | None = None) -> None:
        super().__init__()
        self._title = set_role(QLabel(title), "heading")
        self.source = SourcedLabel("faint")
        self.source.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self.source, 1)
        if action is not None:
            row.addWidget(action)

    def show_source(self, short: str, tip: str) -> None:
        """Show where it came from, shortly; the tooltip says it in full."""
        self.source.show_sourced(short, tip)
        self._title.setToolTip(short_tip(tip))

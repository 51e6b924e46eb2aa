"""How full each drive is, and how much of that is models: a bar for each. Part of the page of space."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from model_manager.bridge.places import PlaceRow
from model_manager.core.amounts import size_text
from model_manager.core.words import tr
from model_manager.ui.details.parts import font
from model_manager.ui.theme import mixed, tokens

LINE = 58


@dataclass(frozen=True, slots=True)
class DriveSum:
    """A drive. models: bytes of the models on it."""

    path: str
    total: int
    free: int
    models: int


def drive_sums(rows: Sequence[PlaceRow]) -> list[DriveSum]:
    """The drives of these folders, those with most models first. A folder that belongs to several types counts once."""
    found: dict[str, DriveSum] = {}
    for row in {row.path: row for row in rows}.values():
        if row.drive.total:
            before = found.get(row.drive.path)
            models = row.size + (before.models if before is not None else 0)
            found[row.drive.path] = DriveSum(row.drive.path, row.drive.total, row.drive.free, min(models, row.drive.total - row.drive.free))
    return sorted(found.values(), key=lambda one: -one.models)


class DriveBars(QWidget):
    """The bars, below each other."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: list[DriveSum] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Sequence[PlaceRow]) -> None:
        """Show the drives of these folders."""
        self.sums = drive_sums(rows)
        self.setAccessibleName("; ".join(f"{one.path}: {_words(one)}" for one in self.sums))
        self.setToolTip("\n".join(one.path for one in self.sums))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(200, LINE * max(1, len(self.sums)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them: models, other things, free room."""
        colours, painter = tokens(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width = 6.0, self.width() - 12.0
        for place, one in enumerate(self.sums):
            top = place * LINE
            painter.setFont(font(12))
            painter.setPen(colours.text)
            total = size_text(one.total)
            room = width - painter.fontMetrics().horizontalAdvance(total) - 10
            name = painter.fontMetrics().elidedText(one.path, Qt.TextElideMode.ElideMiddle, int(room))
            painter.drawText(QRectF(left, top, room, 18), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(colours.muted)
            painter.drawText(QRectF(left, top, width, 18), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, total)
            painter.setPen(Qt.PenStyle.NoPen)
            for share, ink in (
                (1.0, mixed(colours.text, colours.panel, 0.12)),
                (1 - one.free / one.total, mixed(colours.text, colours.panel, 0.32)),
                (one.models / one.total, colours.accent_fill),
            ):
                painter.setBrush(ink)
                painter.drawRoundedRect(QRectF(left, top + 21, max(6.0, width * share), 6), 3, 3)
            painter.setPen(colours.muted)
            painter.drawText(QRectF(left, top + 30, width, 18), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, _words(one))
        painter.end()


def _words(one: DriveSum) -> str:
    return tr("{models} of models · {free} free", models=size_text(one.models), free=size_text(one.free))

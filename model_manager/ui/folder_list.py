"""The list of folders with their states: one heading for each source, under it a row for each folder, with the reason when it is not fine.

Used by the folders dialog. A model and a delegate; only shows records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.library.entry import FolderReport
from model_manager.core.library.kinds import label
from model_manager.core.words import tr, trn
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.theme import tokens

Index = QModelIndex | QPersistentModelIndex
LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
NOWHERE = QModelIndex()
OWN = "own"
SIDE, HEADING, LINE, KIND_WIDTH, STATE_WIDTH = 20, 40, 34, 132, 126


def state_words() -> dict[str, tuple[str, str]]:
    """For every state its word and the token it is painted with."""
    return {
        "fine": (tr("Fine"), "ok"), "empty": (tr("Empty"), "faint"), "missing": (tr("Missing"), "warn"), "away": (tr("Away"), "warn"),
        "not_needed": (tr("Not needed"), "faint"), "not_readable": (tr("Not readable"), "bad"),
        "not_writable": (tr("Not writable"), "warn"),
        "link_broken": (tr("Link broken"), "bad"), "link_loop": (tr("Link loop"), "bad"),
        "not_seen_by_comfyui": (tr("Not in ComfyUI"), "warn"),
    }  # fmt: skip


def needs_attention(report: FolderReport) -> bool:
    """Whether a person may want to do something: neither fine nor merely empty or not made by ComfyUI yet."""
    return report.state not in ("fine", "empty", "not_needed")


@dataclass(frozen=True, slots=True)
class Line:
    """A heading (report is None) or a folder. source: what named the folder. count: folders under a heading."""

    source: str
    report: FolderReport | None = None
    count: int = 0


class FolderModel(QAbstractListModel):
    """The lines, in the order in which the sources first come."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reports: Sequence[FolderReport] = ()
        self._lines: list[Line] = []
        self._needy_only = False

    def set_reports(self, reports: Sequence[FolderReport]) -> None:
        """Show `reports`."""
        self._reports = tuple(reports)
        self._fill()

    def set_needy_only(self, is_on: bool) -> None:
        """Show those only that need attention."""
        self._needy_only = is_on
        self._fill()

    def needy_count(self) -> int:
        """How many need attention."""
        return sum(map(needs_attention, self._reports))

    def line_at(self, index: Index) -> Line | None:
        """The line at `index`."""
        return self._lines[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Number of lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The line, and its text for screen readers and type-ahead."""
        line = self.line_at(index)
        if line is None:
            return None
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.source if line.report is None else f"{label(line.report.kind)} {line.report.path}"
        if role == Qt.ItemDataRole.ToolTipRole and line.report is not None:
            return plain_tip(f"{line.report.path}\n{line.report.reason}".strip())
        if role == Qt.ItemDataRole.AccessibleTextRole and line.report is not None:
            word = state_words().get(line.report.state, (line.report.state, ""))[0]
            return ", ".join(part for part in (label(line.report.kind), line.report.path, word, line.report.reason) if part)
        return None

    def _fill(self) -> None:
        groups: dict[str, list[FolderReport]] = {}
        for report in self._reports:
            if not self._needy_only or needs_attention(report):
                groups.setdefault(report.source, []).append(report)
        self.beginResetModel()
        self._lines = []
        for source, reports in groups.items():
            self._lines.append(Line(source, count=len(reports)))
            self._lines += [Line(source, report) for report in reports]
        self.endResetModel()


class FolderDelegate(QStyledItemDelegate):
    """Paints a heading, or dot and state, type, path, and below them the reason."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as the reason needs at the width of the view."""
        line: Line = index.data(LINE_ROLE)
        if line.report is None:
            return QSize(0, HEADING)
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else option.rect.width()
        height = _reason_rect(line.report, QRect(0, 0, width, LINE), option.font).height()
        return QSize(0, LINE + height + (7 if height else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        line: Line = index.data(LINE_ROLE)
        colours = tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QRectF(option.rect).adjusted(8, 1, -8, -1)
        is_on = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_on or (option.state & QStyle.StateFlag.State_MouseOver and line.report is not None):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.accent_soft if is_on else colours.hover)
            painter.drawRoundedRect(ground, 7, 7)
        if option.state & QStyle.StateFlag.State_HasFocus and option.state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.accent, 1.5))
            painter.drawRoundedRect(ground.adjusted(0.75, 0.75, -0.75, -0.75), 6.5, 6.5)
        if line.report is None:
            _paint_heading(painter, option.rect, option.font, line)
        else:
            _paint_folder(painter, option.rect, option.font, line.report)
        painter.restore()


def _paint_heading(painter: QPainter, rect: QRect, font: QFont, line: Line) -> None:
    colours = tokens()
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setFont(bold)
    painter.setPen(colours.text)
    row = rect.adjusted(SIDE, 6, -SIDE, 0)
    where = Qt.AlignmentFlag.AlignVCenter
    count = trn("{count} folder", "{count} folders", line.count)
    room = row.width() - QFontMetrics(font).horizontalAdvance(count) - 16
    title = tr("Added by you") if line.source == OWN else line.source
    painter.drawText(row, Qt.AlignmentFlag.AlignLeft | where, _cut(painter, title, room))
    painter.setFont(font)
    painter.setPen(colours.faint)
    painter.drawText(row, Qt.AlignmentFlag.AlignRight | where, count)


def _paint_folder(painter: QPainter, rect: QRect, font: QFont, report: FolderReport) -> None:
    colours = tokens()
    word, tone = state_words().get(report.state, (report.state, "warn"))
    ink = getattr(colours, tone)
    painter.setFont(font)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawEllipse(QRectF(rect.left() + SIDE, rect.top() + LINE / 2 - 4, 8, 8))
    row = QRect(rect.left() + SIDE + 16, rect.top(), rect.width() - 2 * SIDE - 16, LINE)
    where = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(colours.text)
    painter.drawText(QRect(row.left(), row.top(), KIND_WIDTH, LINE), where, _cut(painter, label(report.kind), KIND_WIDTH - 8))
    path = QRect(row.left() + KIND_WIDTH, row.top(), row.width() - KIND_WIDTH - STATE_WIDTH, LINE)
    painter.setPen(colours.muted)
    painter.drawText(path, where, _cut(painter, report.path, path.width() - 8))
    painter.setPen(colours.muted if report.state == "fine" else ink)
    painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
    if report.reason:
        painter.setPen(colours.faint)
        painter.setFont(_small(font))
        painter.drawText(_reason_rect(report, rect, font), Qt.TextFlag.TextWordWrap, report.reason)


def _reason_rect(report: FolderReport, rect: QRect, font: QFont) -> QRect:
    """Where the reason stands below the first line; of no height when there is none."""
    left = SIDE + 16 + KIND_WIDTH
    room = QRect(rect.left() + left, rect.top() + LINE - 4, max(120, rect.width() - left - SIDE), 10_000)
    if not report.reason:
        return QRect(room.topLeft(), QSize(room.width(), 0))
    needed = QFontMetrics(_small(font)).boundingRect(room, int(Qt.TextFlag.TextWordWrap), report.reason)
    return QRect(room.topLeft(), QSize(room.width(), needed.height()))


def _small(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(12)
    return made


def _cut(painter: QPainter, text: str, room: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)

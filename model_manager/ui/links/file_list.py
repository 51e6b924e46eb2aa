"""The files of a version, each with a box: name, size, precision, and what the scan or the plan says of it.

Part of the link sheet; files that are only of use together are one row. Keyboard: arrows, Space. What is taken, and the row in hand, is
told.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.amounts import size_text
from model_manager.core.online.records import ONE, Group
from model_manager.core.words import tr, trn
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.dialogs.drop_list import BOX, GAP, SIDE, paint_box
from model_manager.ui.elided_label import plain_tip

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
GROUP = int(Qt.ItemDataRole.UserRole) + 1
ROW = 46
SHOWN = 6  # rows before the list scrolls
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def scan_words(group: Group) -> tuple[str, str]:
    """What the site's scans say, and its tone."""
    results = {result for file in group.files for result in (file.pickle_scan, file.virus_scan)}
    if "Danger" in results:
        why = next((file.scan_message for file in group.files if "Danger" in (file.pickle_scan, file.virus_scan)), "")
        return tr("Unsafe: {why}", why=plain_line(why) or tr("the scan found something")), "bad"
    if "Error" in results:
        return tr("The scan failed"), "warn"
    if "Pending" in results:
        return tr("Not scanned yet"), "warn"
    return (tr("Scanned"), "ok") if "Success" in results else ("", "muted")


def plain_line(text: str) -> str:
    """Return what a scan says (Markdown, several lines) as a line."""
    return " ".join(re.sub(r"[*`]+|^\s*-\s", " ", text, flags=re.MULTILINE).split())


def about(group: Group) -> str:
    """Size, precision and format in a line."""
    parts = [size_text(group.size) if group.size else tr("size not known")]
    if len(group.files) > 1:
        parts.append(trn("{count} file", "{count} files", len(group.files)))
    main = next((file for file in group.files if file.is_primary), group.files[0])
    parts += [main.precision, main.variant, main.format, "" if main.type == "Model" else main.type]
    return " · ".join(part for part in parts if part)


def title(group: Group) -> str:
    """What a row is called: with its folder where it lies in one."""
    below = group.files[0].below if group.sort == ONE else ""
    return f"{below}/{group.title}" if below else group.title or tr("The whole folder")


class FileModel(QAbstractListModel):
    """Groups of files and which of them are taken, by their place."""

    taken_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Group, ...] = ()
        self._taken: set[int] = set()
        self.notes: dict[int, tuple[str, str]] = {}

    def show(self, groups: Sequence[Group], taken: Collection[int]) -> None:
        """Show these, with these places taken."""
        if groups == self._groups and set(taken) == self._taken:
            return
        self.beginResetModel()
        self._groups, self._taken, self.notes = tuple(groups), set(taken), {}
        self.endResetModel()

    def set_notes(self, notes: Mapping[int, tuple[str, str]]) -> None:
        """Say something of some rows: place -> (words, tone)."""
        self.notes = dict(notes)
        if self._groups:
            self.dataChanged.emit(self.index(0), self.index(len(self._groups) - 1))

    def taken(self) -> list[int]:
        """The places that are taken, in their order."""
        return sorted(self._taken)

    def is_taken(self, row: int) -> bool:
        """Whether a row is taken."""
        return row in self._taken

    def toggle(self, row: int) -> None:
        """Take it, or leave it."""
        self._taken ^= {row}
        self.dataChanged.emit(self.index(row), self.index(row))
        self.taken_changed.emit()

    def rowCount(self, parent: Index = NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._groups)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        group = self._groups[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title(group)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(title(group))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = tr("taken") if self.is_taken(index.row()) else tr("not taken")
            return ", ".join([title(group), about(group), scan_words(group)[0], self.notes.get(index.row(), ("", ""))[0], state])
        return group if role == GROUP else None


class FileDelegate(QStyledItemDelegate):
    """A box, the name with the line below it, and at the right what is to be said of it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: D102
        return QSize(200, ROW)

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        """A press anywhere on a row turns its box."""
        if not isinstance(event, QMouseEvent) or event.type() != QEvent.Type.MouseButtonRelease or not isinstance(model, FileModel):
            return False
        is_meant = event.button() == Qt.MouseButton.LeftButton and option.rect.contains(event.position().toPoint())
        if is_meant:
            model.toggle(index.row())
        return is_meant

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        group, model = index.data(GROUP), index.model()
        if not isinstance(group, Group) or not isinstance(model, FileModel):
            return
        colours, rect = theme.tokens(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_current or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.accent_soft if is_current and option.widget.hasFocus() else colours.hover)
            painter.drawRoundedRect(QRectF(rect).adjusted(0, 1, 0, -1), 7, 7)
        paint_box(painter, rect, model.is_taken(index.row()), True)
        said, tone = model.notes.get(index.row()) or scan_words(group)
        width = min(painter.fontMetrics().horizontalAdvance(said) + 8, rect.width() // 2)
        painter.setFont(font(12))
        painter.setPen(_ink(tone))
        right = QRect(rect.right() - width - 10, rect.top(), width, rect.height())
        painter.drawText(right, _RIGHT, painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, width))
        _paint_words(painter, group, rect.adjusted(SIDE + BOX + GAP, 0, right.left() - rect.right() - 10, 0))
        painter.restore()


def _paint_words(painter: QPainter, group: Group, room: QRect) -> None:
    colours, middle = theme.tokens(), room.center().y()
    for words, pixels, ink, top in ((title(group), 13, colours.text, middle - 18), (about(group), 12, colours.muted, middle)):
        painter.setFont(font(pixels))
        painter.setPen(ink)
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(QRect(room.left(), top, room.width(), 18), _LEFT, shown)


def _ink(tone: str) -> QColor:
    colours = theme.tokens()
    return {"ok": colours.ok, "warn": colours.warn, "bad": colours.bad}.get(tone, colours.faint)


class FileList(QListView):
    """As high as its rows, up to a bound."""

    chosen = Signal(object, int)  # places that are taken, and the row in hand

    def __init__(self) -> None:
        super().__init__()
        self.files = FileModel(self)
        self.setModel(self.files)
        self.setItemDelegate(FileDelegate(self))
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Files of this version"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.files.taken_changed.connect(self._tell)

    def show_files(self, groups: Sequence[Group], taken: Collection[int], row: int) -> None:
        """Show these, with one of them in hand; tells nothing."""
        was_blocked = self.blockSignals(True)
        self.files.show(groups, taken)
        self.setFixedHeight(ROW * max(1, min(SHOWN, len(groups))) + 4)
        self.setCurrentIndex(self.files.index(row))
        self.blockSignals(was_blocked)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: D102
        super().currentChanged(current, previous)
        if current.isValid() and previous.isValid():
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space turns the box of the row in hand."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.files.toggle(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def _tell(self) -> None:
        self.chosen.emit(self.files.taken(), max(0, self.currentIndex().row()))

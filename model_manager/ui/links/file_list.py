"""The files of a version, each with a box: name, size, precision, what the scan said, and why one cannot be had.

Part of the link sheet. Keyboard: arrows, Space. It only shows; what is taken is told.
"""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from model_manager.core.amounts import size_text
from model_manager.core.online.records import RemoteFile
from model_manager.core.words import tr
from model_manager.ui import theme
from model_manager.ui.details.parts import font
from model_manager.ui.dialogs.drop_list import BOX, GAP, SIDE, paint_box

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
FILE = int(Qt.ItemDataRole.UserRole) + 1
ROW = 46
SHOWN = 6  # rows before the list scrolls
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def scan_words(file: RemoteFile) -> tuple[str, str]:
    """What the site's scans say, and its tone."""
    results = (file.pickle_scan, file.virus_scan)
    if "Danger" in results:
        return tr("Unsafe: {why}", why=file.scan_message or tr("the scan found something")), "bad"
    if "Error" in results:
        return tr("The scan failed"), "warn"
    if "Pending" in results:
        return tr("Not scanned yet"), "warn"
    return (tr("Scanned"), "ok") if "Success" in results else ("", "muted")


def about(file: RemoteFile) -> str:
    """Size, precision and format in a line."""
    parts = [size_text(file.size) if file.size else tr("size not known"), file.precision, file.variant, file.format]
    return " · ".join([part for part in parts if part] + ([file.type] if file.type and file.type != "Model" else []))


class FileModel(QAbstractListModel):
    """Files and which of them are taken."""

    taken_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: tuple[RemoteFile, ...] = ()
        self._taken: set[str] = set()
        self.notes: dict[str, tuple[str, str]] = {}

    def show(self, files: Sequence[RemoteFile], taken: Collection[str]) -> None:
        """Show these files, with these ids taken."""
        self.beginResetModel()
        self._files, self._taken, self.notes = tuple(files), set(taken), {}
        self.endResetModel()

    def set_notes(self, notes: Mapping[str, tuple[str, str]]) -> None:
        """Say something of some files: id -> (words, tone)."""
        self.notes = dict(notes)
        self.dataChanged.emit(self.index(0), self.index(len(self._files) - 1))

    def taken(self) -> tuple[str, ...]:
        """The ids that are taken, in the order shown."""
        return tuple(file.id for file in self._files if file.id in self._taken)

    def is_taken(self, row: int) -> bool:
        """Whether the file of a row is taken."""
        return self._files[row].id in self._taken

    def toggle(self, row: int) -> None:
        """Take the file, or leave it."""
        self._taken ^= {self._files[row].id}
        self.dataChanged.emit(self.index(row), self.index(row))
        self.taken_changed.emit()

    def rowCount(self, parent: Index = NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._files)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        file = self._files[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return file.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{file.below}/{file.name}" if file.below else file.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = tr("taken") if self.is_taken(index.row()) else tr("not taken")
            return ", ".join([file.name, about(file), scan_words(file)[0], self.notes.get(file.id, ("", ""))[0], state])
        return file if role == FILE else None


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
        file, model = index.data(FILE), index.model()
        if not isinstance(file, RemoteFile) or not isinstance(model, FileModel):
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
        said, tone = model.notes.get(file.id) or scan_words(file)
        width = min(painter.fontMetrics().horizontalAdvance(said) + 8, rect.width() // 2)
        painter.setFont(font(12))
        painter.setPen(_ink(tone))
        right = QRect(rect.right() - width - 10, rect.top(), width, rect.height())
        painter.drawText(right, _RIGHT, painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, width))
        _paint_words(painter, file, rect.adjusted(SIDE + BOX + GAP, 0, right.left() - rect.right() - 10, 0))
        painter.restore()


def _paint_words(painter: QPainter, file: RemoteFile, room: QRect) -> None:
    colours, middle = theme.tokens(), room.center().y()
    name = f"{file.below}/{file.name}" if file.below else file.name
    for words, pixels, ink, top in ((name, 13, colours.text, middle - 18), (about(file), 12, colours.muted, middle)):
        painter.setFont(font(pixels))
        painter.setPen(ink)
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(QRect(room.left(), top, room.width(), 18), _LEFT, shown)


def _ink(tone: str) -> QColor:
    colours = theme.tokens()
    return {"ok": colours.ok, "warn": colours.warn, "bad": colours.bad}.get(tone, colours.faint)


class FileList(QListView):
    """As high as its rows, up to a bound."""

    taken_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.files = FileModel(self)
        self.setModel(self.files)
        self.setItemDelegate(FileDelegate(self))
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Files of this version"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.files.taken_changed.connect(self.taken_changed)

    def show_files(self, files: Sequence[RemoteFile], taken: Collection[str]) -> None:
        """Show these files."""
        self.files.show(files, taken)
        self.setFixedHeight(ROW * max(1, min(SHOWN, len(files))) + 4)
        self.setCurrentIndex(self.files.index(0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space turns the box of the row in hand."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.files.toggle(self.currentIndex().row())
            return
        super().keyPressEvent(event)

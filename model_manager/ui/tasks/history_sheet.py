"""The history of one task: when it changed from what to what, and why. Opened by the tasks desk, which fills it."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, QStringListModel, Qt
from PySide6.QtGui import QFont, QHelpEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip, QVBoxLayout, QWidget

from model_manager.core.tasks.states import Change, Task
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import copy_text
from model_manager.ui.details.wording import date_text
from model_manager.ui.elided_label import plain_tip
from model_manager.ui.pictures.dialog_parts import Foot, Head, stack
from model_manager.ui.sheet import Sheet
from model_manager.ui.tasks.words import TONES, state_name
from model_manager.ui.theme import tokens

LINE, TIME, WORD = 30, 150, 150
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class HistorySheet(Sheet):
    """Times, states and reasons, the newest first."""

    def __init__(self, task: Task, changes: Sequence[Change], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("History"))
        self.changes = list(reversed(changes))
        self.head, self.foot = Head(task.title), Foot()
        text = trn("{count} change", "{count} changes", len(changes))
        self.head.line.show_text(f"{task.where} · {text}" if task.where else text)
        self.list = QListView()
        self.list.setAccessibleName(tr("History"))
        self.list.setModel(QStringListModel([line_of(change) for change in self.changes], self))
        self.list.setItemDelegate(_ChangeDelegate(self.changes, self))
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        body = QVBoxLayout()
        body.setContentsMargins(0, 6, 0, 6)
        body.addWidget(self.list)
        self.copy = self.foot.add(tr("Copy"))
        self.close_button = self.foot.add(tr("Close"), "primary")
        self.close_button.setDefault(True)
        self.copy.clicked.connect(self._on_copy)
        self.close_button.clicked.connect(self.accept)
        stack(self, self.head, body, self.foot)
        self.resize(720, min(560, 170 + LINE * max(3, len(changes))))

    def _on_copy(self) -> None:
        copy_text("\n".join(line_of(change) for change in self.changes))
        self.foot.say(tr("Copied."), "ok")


def word_of(change: Change) -> str:
    """What a task came to."""
    return state_name(change.after) if change.before else tr("Added")


def line_of(change: Change) -> str:
    """A change as a line to copy or to read out."""
    words = (date_text(change.time), word_of(change), change.reason)
    return "  ".join(word for word in words if word)


class _ChangeDelegate(QStyledItemDelegate):
    def __init__(self, changes: Sequence[Change], parent: QWidget) -> None:
        super().__init__(parent)
        self._changes = changes

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(300, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        change, colours, rect = self._changes[index.row()], tokens(), option.rect.adjusted(22, 0, -22, 0)
        painter.save()
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), colours.line)
        small = QFont(option.font)
        small.setPixelSize(12)
        painter.setFont(small)
        tone = getattr(colours, TONES.get(change.after, "muted"))
        columns = ((0, TIME, date_text(change.time), colours.muted), (TIME, WORD, word_of(change), tone),
                   (TIME + WORD, rect.width() - TIME - WORD, change.reason, colours.text))  # fmt: skip
        for left, width, text, ink in columns:
            painter.setPen(ink)
            room = QRect(rect.left() + left, rect.top(), width, rect.height())
            painter.drawText(room, _LEFT, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width - 8))
        painter.restore()

    def helpEvent(self, event: object, view: object, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> bool:
        if isinstance(event, QHelpEvent) and index.isValid():
            QToolTip.showText(event.globalPos(), plain_tip(self._changes[index.row()].reason))
            return True
        return False

"""The page of Recently deleted: what is held, from where, since when and for how long; to be brought back or to go.

Built by the desk of the past over the bridge's `Past`. It tells what is asked and shows what it is given.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from model_manager.bridge.past import Past
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button, font, push_button, set_role
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import fill_page, page_head
from model_manager.ui.pictures.dialog_parts import Foot
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.theme import kind_icon, tokens
from model_manager.ui.tidy.past_words import from_words, held_words
from model_manager.ui.tidy.rows import LEFT, PICTURE, RECORD, RIGHT, Index, RowsModel, RowsView, Words, paint_ground, paint_picture

if TYPE_CHECKING:
    from model_manager.bridge.past import HeldItem

ROW, SIDE = 56, 22
DAYS = (7, 30, 90, 0)

Picture = Callable[["HeldItem"], QPixmap | None]


class DeletedPage(QWidget):
    """All of it."""

    closed = Signal()
    restore_asked = Signal(object)  # list[HeldItem]
    empty_asked = Signal(object, bool)  # list[HeldItem], whether for good
    days_chosen = Signal(int)

    def __init__(self, past: Past, picture: Picture) -> None:
        """picture(item): the preview that is held with it, if it is there already."""
        super().__init__()
        self._past = past
        self.problems = ProblemBar()  # the window's own is out of sight
        self.list = RowsView(RowsModel(self._words), _HeldDelegate(past, picture), ROW, tr("Deleted models"))
        self.message, self.foot = MessagePage(), Foot()
        self._build()
        self._connect()
        self.show_all()

    def show_all(self) -> None:
        """Show what there is now."""
        held = self._past.held
        size = size_text(sum(item.size for item in held))
        count = trn("{count} model", "{count} models", len(held))
        self._pill.setText(tr("{count} · {size}", count=count, size=size))
        self._pill.setVisible(bool(held))
        self.empty.setEnabled(bool(held))
        self.list.show_rows(held, lambda item: item.folder)
        self._middle.setCurrentWidget(self.list if held else self.message)
        self.foot.setVisible(bool(held))
        if not held:
            text = tr("Deleted models are held here, on the drive they were on, until you bring them back or empty this.")
            self.message.show_message("trash", tr("Nothing was deleted"), text)
        self._show_days()
        self._on_picked()

    def _show_days(self) -> None:
        """Offer the usual times, and the one that is set elsewhere."""
        held, offered = self._past.held_days, [self.days.itemData(place) for place in range(self.days.count())]
        wanted = [*sorted({*DAYS, held} - {0}), 0]
        if offered != wanted:
            self.days.clear()
            for days in wanted:
                words = trn("Held for {count} day", "Held for {count} days", days) if days else tr("Held until you empty it")
                self.days.addItem(words, days)
        self.days.setCurrentIndex(wanted.index(held))

    def take_keyboard(self) -> None:
        """Give the keyboard to the list."""
        (self.list if self._past.held else self.back).setFocus(Qt.FocusReason.OtherFocusReason)

    def chosen(self) -> "list[HeldItem]":
        """What is selected, or all when nothing is."""
        return self.list.selected() or list(self._past.held)

    def _on_picked(self) -> None:
        some, count = self.list.selected(), len(self._past.held)
        size = size_text(sum(item.size for item in some))
        picked = tr("{some} of {all} selected · {size}", some=f"{len(some):,}", all=f"{count:,}", size=size)
        nothing = tr("Nothing is selected, so Restore brings back all of them.") if count > 1 else ""
        self.foot.say(picked if some else nothing)
        self.restore.setText(trn("Restore {count} model", "Restore {count} models", len(some) or count))
        self.trash.setEnabled(bool(some))
        self.remove.setEnabled(bool(some))

    def _words(self, item: "HeldItem") -> Words:
        words = held_words(item, self._past.held_days, time.time())
        return Words(item.name, "\n".join((item.name, *(file.path for file in item.files[:20]))), f"{item.name}, {words}")

    def _build(self) -> None:
        self.back, self._pill = back_button(), set_role(QLabel(), "pill")
        title = set_role(QLabel(tr("Recently deleted")), "title")
        self.days = QComboBox()
        self.days.setAccessibleName(tr("How long deleted models are held"))
        self.empty = push_button(tr("Empty…"))
        head = page_head((self.back, title, self._pill), (self.days, self.empty))
        self.remove = self.foot.add(tr("Delete for good"), "danger")
        self.trash, self.restore = self.foot.add(tr("Into the system's trash")), self.foot.add("", "primary")
        self._middle = QStackedWidget()
        self._middle.addWidget(self.list)
        self._middle.addWidget(self.message)
        fill_page(self, head, (self.problems, self._middle, self.foot), self._middle)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.list.picked.connect(self._on_picked)
        self.list.opened.connect(lambda: self.restore_asked.emit(self.list.selected()))
        self.list.delete_asked.connect(lambda: self.empty_asked.emit(self.list.selected(), False))
        self.restore.clicked.connect(lambda: self.restore_asked.emit(self.chosen()))
        self.trash.clicked.connect(lambda: self.empty_asked.emit(self.list.selected(), False))
        self.remove.clicked.connect(lambda: self.empty_asked.emit(self.list.selected(), True))
        self.empty.clicked.connect(lambda: self.empty_asked.emit(list(self._past.held), False))
        self.days.activated.connect(self._on_days)

    def _on_days(self) -> None:
        self.days_chosen.emit(int(self.days.currentData()))
        self.list.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class _HeldDelegate(QStyledItemDelegate):
    def __init__(self, past: Past, picture: Picture) -> None:
        super().__init__()
        self._past, self._picture = past, picture

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        item: HeldItem = index.data(RECORD)
        rect, colours = option.rect, tokens()
        painter.save()
        paint_ground(painter, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(rect.left() + SIDE, rect.center().y() - PICTURE[1] / 2, *PICTURE)
        paint_picture(painter, box, self._picture(item), kind_icon(item.kind), "muted" if item.is_there else "faint")
        painter.setFont(font(12))
        words, size = held_words(item, self._past.held_days, time.time()), size_text(item.size)
        wide = max(painter.fontMetrics().horizontalAdvance(text) for text in (words, size))
        painter.setPen(colours.text)
        painter.drawText(QRect(rect.right() - SIDE - wide, rect.top() + 9, wide, 19), RIGHT, size)
        painter.setPen(colours.muted)
        painter.drawText(QRect(rect.right() - SIDE - wide, rect.top() + 28, wide, 19), RIGHT, words)
        left, right = rect.left() + SIDE + PICTURE[0] + 12, rect.right() - SIDE - wide - 16
        for text, used, ink, top, mode in (
            (item.name, font(13, QFont.Weight.DemiBold), colours.text, rect.top() + 9, Qt.TextElideMode.ElideRight),
            (from_words(item), font(12), colours.muted, rect.top() + 28, Qt.TextElideMode.ElideMiddle),
        ):
            painter.setFont(used)
            painter.setPen(ink)
            shown = painter.fontMetrics().elidedText(text, mode, right - left)
            painter.drawText(QRect(left, top, right - left + 4, 19), LEFT, shown)
        painter.restore()

"""Where to: all folders that models can go to, those chosen before first, and a new folder inside one of them.

Opened by the desk of changes to move and to copy; it gets the folders when they are known. It tells the folder and does nothing itself.
"""

import os
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from model_manager.bridge.plan_tasks import Spot
from model_manager.core.amounts import short_size
from model_manager.core.words import tr
from model_manager.ui.details.parts import font, set_role
from model_manager.ui.theme import icon, tokens
from model_manager.ui.tidy.asking import AskingSheet
from model_manager.ui.tidy.rows import LEFT, RECORD, RIGHT, Index, RowsModel, RowsView, Words, paint_ground, paint_heading

SIZE, SMALLEST = QSize(620, 600), QSize(440, 340)
ROW, SIDE, STEP = 32, 22, 18


class MoveSheet(AskingSheet):
    """Tells `folder_chosen`."""

    folder_chosen = Signal(str)

    def __init__(self, about: str, copies: bool, parent: QWidget | None = None) -> None:
        super().__init__(tr("Copy to…") if copies else tr("Move to…"), about, tr("Look at the plan"), parent, tr("Another folder…"))
        self.setMinimumSize(SMALLEST)
        self._spots: Sequence[Spot] = ()
        self.search, self.inside = QLineEdit(), QLineEdit()
        self.search.setPlaceholderText(tr("Find a folder"))
        self.search.setAccessibleName(tr("Find a folder"))
        self.search.setClearButtonEnabled(True)
        self.inside.setPlaceholderText(tr("New folder inside it (style/ink)"))
        self.inside.setAccessibleName(tr("New folder inside it"))
        self.list = RowsView(RowsModel(_words, lambda spot: spot.is_heading), _SpotDelegate(), ROW, tr("Folders"), is_single=True)
        self._build()
        self.search.textChanged.connect(self._show)
        self.inside.textChanged.connect(self._on_picked)
        self.list.picked.connect(self._on_picked)
        self.list.opened.connect(self.go.click)
        self.other.clicked.connect(self._on_other)
        self.accepted.connect(lambda: self.folder_chosen.emit(self.folder()))
        self.foot.say(tr("Looking for folders…"))
        self._on_picked()
        self.search.setFocus()

    def show_spots(self, spots: Sequence[Spot]) -> None:
        """Show the folders."""
        self._spots = spots
        self.foot.say("")
        self._show()

    def folder(self) -> str:
        """The folder that is chosen, "" when none is."""
        chosen = self.list.selected()
        if not chosen:
            return ""
        return os.path.join(chosen[0].path, *self._below())

    def _below(self) -> list[str]:
        """The names of the new folders."""
        parts = (part.strip() for part in self.inside.text().replace("\\", "/").split("/"))
        return [part for part in parts if part]

    def _show(self) -> None:
        """Show what has all words that were typed; headings of nothing are left out."""
        words = self.search.text().casefold().split()
        found: list[Spot] = []
        for spot in self._spots:
            if spot.is_heading and found and found[-1].is_heading:
                found.pop()
            if spot.is_heading or all(word in f"{spot.path} {spot.text}".casefold() for word in words):
                found.append(spot)
        if found and found[-1].is_heading:
            found.pop()
        self.list.show_rows(found, lambda spot: (spot.path, spot.is_recent))
        if not self.list.selected():
            self.list.select_first()
        if self._spots and not found:
            self.foot.say(tr("No folder has this name."))
        self._on_picked()

    def _on_picked(self) -> None:
        chosen = self.list.selected()
        self.go.setEnabled(bool(chosen))
        if chosen:
            self.foot.say(tr("→ {folder}", folder=" / ".join((chosen[0].shown, *self._below()))))

    def _on_other(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.windowTitle())
        if path:
            self.folder_chosen.emit(path)
            self.reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrows walk through the folders while one types."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and not self.list.hasFocus():
            self.list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        body, top, below = QVBoxLayout(), QHBoxLayout(), QHBoxLayout()
        body.setContentsMargins(0, 12, 0, 12)
        body.setSpacing(10)
        for row in (top, below):
            row.setContentsMargins(SIDE, 0, SIDE, 0)
            row.setSpacing(10)
        top.addWidget(self.search)
        below.addWidget(set_role(QLabel(tr("Inside it")), "muted"))
        below.addWidget(self.inside, 1)
        body.addLayout(top)
        body.addWidget(self.list, 1)
        body.addLayout(below)
        self.fill(body)


def _words(spot: Spot) -> Words:
    return Words(spot.text, spot.path, spot.path)


class _SpotDelegate(QStyledItemDelegate):
    """Paints a folder, or a heading."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        spot: Spot = index.data(RECORD)
        rect, colours = option.rect, tokens()
        painter.save()
        if spot.is_heading:
            paint_heading(painter, rect, spot.text, SIDE)
            painter.restore()
            return
        paint_ground(painter, option)
        left = rect.left() + SIDE + spot.depth * STEP
        icon("clock" if spot.is_recent else "folder", 16, "muted").paint(painter, QRect(left, rect.center().y() - 8, 16, 16))
        painter.setFont(font(12))
        free = tr("{size} free", size=short_size(spot.free)) if spot.free else ""
        wide = painter.fontMetrics().horizontalAdvance(free)
        painter.setPen(colours.faint)
        painter.drawText(rect.adjusted(0, 0, -SIDE, 0), RIGHT, free)
        is_root = not spot.depth and not spot.is_recent
        painter.setFont(font(13, QFont.Weight.DemiBold if is_root else QFont.Weight.Normal))
        painter.setPen(colours.text)
        room = QRect(left + 26, rect.top(), rect.right() - SIDE - wide - 12 - left - 26, rect.height())
        name = painter.fontMetrics().elidedText(spot.text, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, LEFT, name)
        if is_root:  # several folders of one category have one name
            rest = room.adjusted(painter.fontMetrics().horizontalAdvance(name) + 10, 0, 0, 0)
            painter.setFont(font(12))
            painter.setPen(colours.faint)
            above = painter.fontMetrics().elidedText(os.path.dirname(spot.path), Qt.TextElideMode.ElideLeft, max(0, rest.width()))
            painter.drawText(rest, LEFT, above)
        painter.restore()

"""The page of newer versions: head with the button that looks, the list, and one update in full beside it.

Built by the updates desk over the bridge's list. It tells what is asked and shows what it is given.
"""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from model_manager.bridge.updates import Unwanted, UpdateList
from model_manager.core.online.records import Update
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button, push_button
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import fill_page, list_and_detail, page_head
from model_manager.ui.theme import dress
from model_manager.ui.updates.rows import Row, RowView
from model_manager.ui.updates.update_view import UpdateView
from model_manager.ui.updates.words import looked_words

LOOK = "look"
LIST_WIDTH = 440


class UpdatesPage(QWidget):
    """All of it."""

    closed = Signal()
    look_asked = Signal()
    unwanted_asked = Signal(bool)  # whether what is ignored is to be shown instead
    menu_asked = Signal(QPoint)

    def __init__(self, updates: UpdateList, picture: Callable[[str], QPixmap | None]) -> None:
        super().__init__()
        self._list = updates
        self.view, self.detail, self.message = RowView(picture), UpdateView(), MessagePage()
        self._build_head()
        self._build_chips()
        self._build_layout()
        self._connect()
        self.show_all()

    @property
    def shows_unwanted(self) -> bool:
        """Whether what is ignored is on show."""
        return self.ignored.isChecked()

    # showing

    def show_all(self) -> None:
        """Show what there is now."""
        rows: Sequence[Row] = self._list.unwanted if self.shows_unwanted else self._list.updates
        count = len(self._list.updates)
        self._pill.setText(trn("{count} update", "{count} updates", count))
        self._pill.setVisible(count > 0)
        self.open_ones.setText(tr("Updates {count}", count=f"{count:,}"))
        if list(rows) != list(self.view.rows.rows):
            self.view.show_rows(rows)
        self.show_look()
        self._middle.setCurrentWidget(self._splitter if rows else self.message)
        if not rows:
            self._show_message()

    def show_look(self) -> None:
        """Show whether a look is under way."""
        task = self._list.task
        self.look.setEnabled(task is None)
        self._bar.setVisible(task is not None)
        if task is not None:
            total = max(0, task.total)
            self._bar.setRange(0, min(total, 1_000_000))
            self._bar.setValue(min(task.done, total))
        self._looked.setText(tr("Looking…") if task is not None else looked_words(self._list.looked, time.time()))

    def updates(self) -> list[Update]:
        """The updates that are selected."""
        return [row for row in self.view.selected() if isinstance(row, Update)]

    def unwanted(self) -> list[Unwanted]:
        """What is selected of what is ignored."""
        return [row for row in self.view.selected() if isinstance(row, Unwanted)]

    def take_keyboard(self) -> None:
        """Give the keyboard to what stands in the middle."""
        if self._middle.currentWidget() is self.message:
            self.message.take_keyboard()
        else:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_message(self) -> None:
        if self.shows_unwanted:
            text = tr("Updates that you ignore are kept here, so that you can take that back.")
            self.message.show_message("eye", tr("Nothing is ignored"), text)
        elif self._list.task is not None:
            text = tr("A hundred models are asked for at a time. You can go on with something else.")
            self.message.show_message("refresh", tr("Looking for updates"), text, is_busy=True)
        elif self._list.looked:
            text = tr("There is no newer version of the models that are known to come from Civitai.")
            self.message.show_message("check", tr("All is up to date"), text, [(LOOK, tr("Look again"))], "ok")
        else:
            text = tr("Civitai is asked for newer versions of the models that come from there. Nothing is downloaded.")
            self.message.show_message("refresh", tr("Are there newer versions?"), text, [(LOOK, tr("Look for updates"))])

    # building

    def _build_head(self) -> None:
        self.back, self._title, self._pill, self._looked = back_button(), QLabel(tr("Updates")), QLabel(), QLabel()
        self._title.setProperty("role", "title")
        self._pill.setProperty("role", "pill")
        self._looked.setProperty("role", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setAccessibleName(tr("Looking for updates"))
        self.look = push_button(f" {tr('Look for updates')}", "primary")
        dress(self.look, "refresh", tone="on_accent")

    def _build_chips(self) -> None:
        self._chips, self._group = QFrame(), QButtonGroup(self)
        self._chips.setProperty("role", "strip")
        self.open_ones, self.ignored = QPushButton(), QPushButton(tr("Ignored"))
        row = QHBoxLayout(self._chips)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(6)
        for chip in (self.open_ones, self.ignored):
            chip.setCheckable(True)
            chip.setProperty("role", "filter")
            self._group.addButton(chip)
            row.addWidget(chip)
        row.addStretch(1)
        self.open_ones.setChecked(True)

    def _build_layout(self) -> None:
        head = page_head((self.back, self._title, self._pill), (self._looked, self._bar, self.look))
        self._splitter = list_and_detail(self.view, self.detail, LIST_WIDTH)
        self.view.setMinimumWidth(300)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._splitter)
        self._middle.addWidget(self.message)
        fill_page(self, head, (self._chips, self._middle), self._middle)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.look.clicked.connect(self.look_asked)
        self.message.asked.connect(lambda _: self.look_asked.emit())
        self._group.buttonClicked.connect(self._on_chip)
        self.view.picked.connect(self._on_picked)
        self.view.menu_asked.connect(self.menu_asked)
        self.view.opened.connect(self.detail.download_asked)

    def _on_chip(self) -> None:
        self.unwanted_asked.emit(self.shows_unwanted)
        self.show_all()

    def _on_picked(self) -> None:
        updates, unwanted = self.updates(), self.unwanted()
        if len(updates) == 1:
            self.detail.show_update(updates[0], updates[0].path in self._list.ids)
        elif updates:
            self.detail.show_many(updates)
        elif unwanted:
            self.detail.show_unwanted(unwanted)
        else:
            self.detail.show_nothing()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

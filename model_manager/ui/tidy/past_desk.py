"""The pages of the history and of Recently deleted in the window: how one gets there, and what is asked on them.

Made by the desk for tidying up. What is done is the orders'; what there is to show is the bridge's `Past`.
"""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QPixmap

from model_manager.bridge.past import Past, held_picture
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.sidebar_rows import DELETED, HISTORY
from model_manager.ui.tidy.orders_desk import OrdersDesk
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.past import HeldItem  # the pages are loaded when they are first needed
    from model_manager.ui.tidy.deleted_page import DeletedPage
    from model_manager.ui.tidy.history_page import HistoryPage

EDGE = 160  # pixels: a size in which thumbnails are kept; the list shows them smaller


class PastDesk(QObject):
    """Both pages."""

    def __init__(self, parts: Parts, desk: OrdersDesk) -> None:
        super().__init__(parts.window)
        self._parts, self._desk, self._orders = parts, desk, desk.orders
        self.past = Past(parts.session, desk.orders, self)
        self.history: HistoryPage | None = None
        self.deleted: DeletedPage | None = None
        parts.pages.add_way(HISTORY, self.show_history)
        parts.pages.add_way(DELETED, self.show_deleted)
        parts.pages.currentChanged.connect(self._on_page)
        parts.tasks.board.task_ended.connect(lambda _: self.past.look_again())  # runs of previews are told, too
        parts.folders.settings.cleaning.cleaned.connect(lambda *_: self.past.empty_expired())  # daily, and when the person asks
        self.past.held_changed.connect(self._on_held)
        self.past.failed.connect(lambda text: desk.bar().show_problem(text))

    def show_history(self) -> None:
        """Show the page of the history."""
        if self.history is None:
            from model_manager.ui.tidy.history_page import HistoryPage

            page = self.history = HistoryPage(self.past)
            page.closed.connect(self._parts.pages.leave)
            page.search_asked.connect(self.past.search)
            page.more_asked.connect(lambda: self.past.load(is_more=True))
            page.outcomes_asked.connect(self.past.ask_outcomes)
            page.view.undo_asked.connect(self._orders.undo)
            page.view.finish_asked.connect(self._orders.finish)
            page.view.roll_back_asked.connect(self._orders.roll_back)
            self.past.changed.connect(page.show_all)
            self.past.outcomes_known.connect(page.show_outcomes)
        if self._parts.pages.show_page(self.history):
            self.history.take_keyboard()

    def show_deleted(self) -> None:
        """Show the page of what was deleted."""
        if self.deleted is None:
            from model_manager.ui.tidy.deleted_page import DeletedPage

            page = self.deleted = DeletedPage(self.past, self._picture)
            page.closed.connect(self._parts.pages.leave)
            page.restore_asked.connect(self._orders.restore)
            page.empty_asked.connect(self._ask_to_empty)
            page.days_chosen.connect(self.past.hold_for)
            page.list.moved.connect(self._want)
            self.past.held_changed.connect(page.show_all)
            self._parts.thumbnails.ready.connect(page.list.viewport().update)
        if self._parts.pages.show_page(self.deleted):
            self.deleted.show_all()
            self.deleted.take_keyboard()
            self._want()

    def _on_page(self) -> None:
        self.past.watch(self.history is not None and self._parts.pages.currentWidget() is self.history)

    def _on_held(self) -> None:
        self._parts.sidebar.set_count(DELETED, len(self.past.held))
        self._want()

    def _want(self) -> None:
        """Ask for the pictures of the deleted models on screen; the grid behind asks for none."""
        if self.deleted is not None and self._parts.pages.currentWidget() is self.deleted:
            keys = map(held_picture, self.deleted.list.visible())
            self._parts.thumbnails.want([key for key in keys if key is not None], EDGE)

    def _picture(self, item: "HeldItem") -> QPixmap | None:
        key = held_picture(item)
        return None if key is None else self._parts.thumbnails.picture(key, EDGE)

    def _ask_to_empty(self, items: "list[HeldItem]", for_good: bool) -> None:
        from model_manager.ui.dialogs.ask import AskSheet

        if not items:
            return
        size = size_text(sum(item.size for item in items))
        about = items[0].name if len(items) == 1 else trn("{count} model", "{count} models", len(items))
        if for_good:
            title, go = tr("Delete for good?"), tr("Delete for good")
            text = tr("{size} become free. Nothing brings these files back.", size=size)
        else:
            title, go = tr("Put them into the system's trash?"), tr("Into the trash")
            text = tr("They leave this list. Until you empty the system's trash, they can be taken out of there by hand.")
        sheet = AskSheet(title, about, text, tr("Keep"), go, self._parts.window)
        sheet.accepted.connect(partial(self._orders.empty, items, for_good))
        self._desk.open(sheet)

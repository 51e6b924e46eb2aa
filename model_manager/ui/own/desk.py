"""The person's own order in the window: keys, menus, the strip in the details, drops on the sidebar, and the sheet of details.

Made by the desk for tidying up; what is asked goes to the bridge's `OwnOrder`, which journals every edit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from model_manager.bridge.orders import Orders
from model_manager.bridge.own_asking import DetailsAsked
from model_manager.bridge.own_order import OwnOrder, own_order_of
from model_manager.core.words import tr
from model_manager.ui.own import menus
from model_manager.ui.own.names_desk import NamesDesk
from model_manager.ui.own.strip import OwnStrip
from model_manager.ui.own.works_desk import WorksDesk
from model_manager.ui.sheet import Sheet
from model_manager.ui.shortcuts import connect_keys
from model_manager.ui.tidy.parts import Parts

if TYPE_CHECKING:
    from model_manager.bridge.own_tasks import Shown
    from model_manager.ui.own.edit_sheet import EditSheet

MOST_LOOKED_AT = 500  # selected models that a menu looks at for its marks


class OwnDesk(QObject):
    """One window's own order. `share` and the rest are what its menus ask (menus.Wanted)."""

    plan_from_asked = Signal(object, object)  # a sheet, and what makes the plan of what it says

    def __init__(self, parts: Parts, orders: Orders, open_sheet: Callable[[Sheet], None]) -> None:
        super().__init__(parts.window)
        self._parts, self._open_sheet = parts, open_sheet
        self.own = OwnOrder(parts.session, orders, self)
        self.asked = DetailsAsked(parts.session, self)
        self.names_desk = NamesDesk(parts, self.own, open_sheet, self)
        self.works = WorksDesk(parts, self.own, self)
        self._sheet: EditSheet | None = None
        self._connect()

    def _connect(self) -> None:
        parts, own = self._parts, self.own
        parts.menu.add_more(self._fill_menu)
        for failed in (own.failed, self.asked.failed):
            failed.connect(lambda text: parts.problems.show_problem(text, "warn"))
        own.said.connect(parts.status.say)
        self.asked.fields_ready.connect(self._on_fields)
        own.shown_changed.connect(self._on_shown_changed)
        self._connect_strip(parts.details.own)
        self._connect_strip(parts.details.own_of_many)
        keys = [("Ctrl+D", self.toggle_favourite), ("Ctrl+E", self.edit)]
        rate = [(f"Alt+{stars}", partial(self.rate, stars)) for stars in range(6)]
        connect_keys(parts.window, [*keys, *rate], lambda: parts.pages.currentIndex() == 0)

    def _connect_strip(self, strip: OwnStrip) -> None:
        strip.favourite_asked.connect(self.toggle_favourite)
        strip.rated.connect(self.rate)
        strip.colour_asked.connect(partial(self._open_menu, menus.fill_colours))
        strip.collection_asked.connect(partial(self._open_menu, menus.fill_collections))
        strip.edit_asked.connect(self.edit)
        strip.query_chosen.connect(self.names_desk.go_to)

    def _open_menu(self, fill: "Callable[[QMenu, OwnDesk], None]", point: QPoint) -> None:
        menu = QMenu(self._parts.window)
        fill(menu, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)

    def _fill_menu(self, menu: QMenu, ids: list[int]) -> None:
        """Put our entries into the menu of the selected models."""
        menu.addSeparator()
        menus.fill_models(menu, self)
        self.works.fill(menu.addMenu(tr("More")))

    # what menus, keys and the strip ask for

    def selected(self, most: int = 1_000_000) -> list[int]:
        """The models meant."""
        return self._parts.selection.ids(most)

    def toggle_favourite(self) -> None:
        """Make the selected models favourites, or none if all are."""
        self.own.toggle_favourite(self.selected())

    def rate(self, stars: int) -> None:
        """Rate the selected models."""
        self.own.rate(self.selected(), stars)

    def give_colour(self, colour: str) -> None:
        """Label the selected models."""
        self.own.give_colour(self.selected(), colour)

    def collect(self, name: str, is_in: bool) -> None:
        """Put the selected models into a collection, or take them out."""
        self.own.collect(self.selected(), name, is_in)

    def collect_new(self) -> None:
        """Ask for a name and put the selected models into a collection of it."""
        ids = self.selected()
        self.names_desk.ask_new("collection", lambda name: self.own.collect(ids, name))

    def sort_into(self, sort: str, name: str) -> None:
        """Give the selected models a category or group."""
        self.own.sort_into(self.selected(), sort, name)

    def sort_into_new(self, sort: str) -> None:
        """Ask for a name and give the selected models a category or group of it."""
        ids = self.selected()
        self.names_desk.ask_new(sort, lambda name: self.own.sort_into(ids, sort, name))

    def names(self, sort: str) -> Sequence[str]:
        """Names of collections, categories or groups, by name."""
        return sorted(self.own.known_words(sort), key=str.casefold)

    def share(self, sort: str, name: str) -> int:
        """Whether none (0), some (1) or all (2) of the selected models are in a collection, category or group."""
        shelf = self._parts.session.model.shelf
        slots = [slot for slot in map(shelf.slot, self.selected(MOST_LOOKED_AT)) if slot >= 0]
        if sort == "collection":
            found = [name in shelf.collections_of(slot) for slot in slots]
        else:
            column = shelf.category if sort == "category" else shelf.own_group
            found = [column[slot] == name for slot in slots]
        return 2 if found and all(found) else int(any(found))

    # the sheet of details

    def edit(self) -> None:
        """Open the sheet for the selected models."""
        ids = self.selected()
        if not ids:
            return
        from model_manager.ui.own.edit_sheet import EditSheet  # loaded on first need

        sheet = EditSheet(ids, self.own.known_words, self.asked.problem_of, self._parts.window)
        sheet.look_asked.connect(self.asked.look_ahead)
        sheet.look_dropped.connect(self.asked.drop_ahead)
        self.asked.looked_ahead.connect(sheet.show_ahead)
        self.asked.not_looked_ahead.connect(sheet.show_blind)
        sheet.saved.connect(self.own.edit)
        sheet.plan_asked.connect(lambda wish: self.plan_from_asked.emit(sheet, self.own.plan_of(wish)))
        sheet.fit(self._parts.window.size())
        self._open_sheet(sheet)
        self._sheet = sheet
        sheet.finished.connect(partial(self._on_closed, sheet))
        self.asked.fetch_fields(ids)

    def _on_closed(self, sheet: "EditSheet", _: int) -> None:
        if self._sheet is sheet:
            self._sheet = None

    def _on_fields(self, ids: tuple[int, ...], shown: "Shown") -> None:
        if self._sheet is not None and self._sheet.ids == ids:
            self._sheet.show_fields(shown)

    def _on_shown_changed(self, ids: Sequence[int]) -> None:
        """The model in hand is another before its file is."""
        details, model = self._parts.details, self._parts.session.model
        slot = model.shelf.slot(details.model_id) if details.model_id in ids else -1
        if slot >= 0:
            details.own.show_order(*own_order_of(model.shelf, slot))

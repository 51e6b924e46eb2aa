"""Collections, categories, groups and smart folders in the sidebar: made, renamed, removed, and given models by dropping them.

Made by the desk for the own order. What is asked goes to the bridge's `OwnOrder`.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from model_manager.bridge.own_order import OwnOrder
from model_manager.core.library.colours import COLOURS
from model_manager.core.words import tr, trn
from model_manager.ui.dialogs.ask import AskSheet
from model_manager.ui.own.menus import add
from model_manager.ui.own.name_sheet import NameSheet
from model_manager.ui.own.sections import NEW_COLLECTION, SAVE_SEARCH
from model_manager.ui.sheet import Sheet
from model_manager.ui.sidebar_rows import SidebarRow, quoted
from model_manager.ui.tidy.parts import Parts

SORTS = ("collection", "category", "group")
FAVOURITES = "is:favourite"


class NamesDesk(QObject):
    """The rows of the sidebar that a person made."""

    def __init__(self, parts: Parts, own: OwnOrder, open_sheet: Callable[[Sheet], None], parent: QObject) -> None:
        super().__init__(parent)
        self._parts, self._own, self._open_sheet = parts, own, open_sheet
        self.more_drops: Callable[[SidebarRow], Callable[[list[int]], object] | None] = lambda row: None
        """What a drop on a row does that is not ours; None: it takes none."""
        parts.pages.add_way(NEW_COLLECTION, lambda: self.ask_new("collection"))
        parts.pages.add_way(SAVE_SEARCH, self.ask_save)
        parts.sidebar.menu_asked.connect(self.show_menu)
        parts.drops.zone.take_own = self.take

    def go_to(self, query: str) -> None:
        """Show what is in a place of the sidebar."""
        self._parts.sidebar.set_current(query)
        self._parts.sidebar.query_chosen.emit(query)

    # asking for names

    def ask_new(self, sort: str, then: Callable[[str], object] | None = None) -> None:
        """Ask for the name of a new collection, category or group; `then` is told it."""
        titles = {"collection": tr("New collection"), "category": tr("New category"), "group": tr("New group")}
        sheet = NameSheet(titles[sort], _about(sort), tr("Create"), taken=self._own.known_words(sort), parent=self._parts.window)
        sheet.named.connect(partial(self._on_new, sort, then))
        self._open_sheet(sheet)

    def _on_new(self, sort: str, then: Callable[[str], object] | None, name: str) -> None:
        self._own.add_name(sort, name)
        if then is not None:
            then(name)

    def ask_save(self) -> None:
        """Ask for the name under which the search that is shown is kept."""
        text = self._parts.session.search_text
        if not text:
            said = tr("Search for something, or choose a place at the left; that search can then be kept as a smart folder.")
            self._parts.status.say(said)
            return
        taken = [name for name, _ in self._own.smart_folders]
        sheet = NameSheet(tr("Save this search"), text, tr("Save"), taken=taken, parent=self._parts.window)
        sheet.named.connect(lambda name: self._on_saved(name, text))
        self._open_sheet(sheet)

    def _on_saved(self, name: str, text: str) -> None:
        self._own.save_smart(name, text)
        self._parts.status.say(tr("Kept as the smart folder {name}.", name=name))

    # the menu of a row

    def show_menu(self, row: SidebarRow | None, point: QPoint) -> QMenu:
        """Show what can be done with a row, and what can be made."""
        menu = QMenu(self._parts.window)
        sort = sort_of(row)
        smart = next((name for name, text in self._own.smart_folders if row is not None and (name, text) == (row.text, row.query)), "")
        if row is not None and sort:
            add(menu, tr("Rename…"), lambda: self._ask_rename(sort, row.text))
            add(menu, tr("Remove…"), lambda: self._ask_remove(sort, row.text, row.count))
        elif row is not None and smart:
            self._fill_smart(menu, smart, row.query)
        if not menu.isEmpty():
            menu.addSeparator()
        add(menu, tr("New collection…"), lambda: self.ask_new("collection"))
        add(menu, tr("New category…"), lambda: self.ask_new("category"))
        add(menu, tr("New group…"), lambda: self.ask_new("group"))
        entry = add(menu, tr("Save this search…"), self.ask_save)
        entry.setEnabled(bool(self._parts.session.search_text))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)
        return menu

    def _fill_smart(self, menu: QMenu, name: str, text: str) -> None:
        own, shown = self._own, self._parts.session.search_text
        add(menu, tr("Rename…"), lambda: self._ask_rename_smart(name, text))
        change = add(menu, tr("Use the search that is shown"), lambda: own.save_smart(name, shown))
        change.setEnabled(bool(shown) and shown != text)
        add(menu, tr("Move up"), lambda: own.move_smart(name, -1))
        add(menu, tr("Move down"), lambda: own.move_smart(name, 1))
        add(menu, tr("Remove"), lambda: own.remove_smart(name))

    def _ask_rename(self, sort: str, name: str) -> None:
        sheet = NameSheet(tr("Rename"), _about(sort), tr("Rename"), name, self._own.known_words(sort), self._parts.window)
        sheet.named.connect(partial(self._on_renamed, sort, name))
        self._open_sheet(sheet)

    def _on_renamed(self, sort: str, old: str, new: str) -> None:
        is_here = self._parts.sidebar.current() == quoted(sort, old)
        self._own.rename(sort, old, new)
        if is_here:
            self.go_to(quoted(sort, new))

    def _ask_rename_smart(self, name: str, text: str) -> None:
        taken = [one for one, _ in self._own.smart_folders]
        sheet = NameSheet(tr("Rename"), text, tr("Rename"), name, taken, self._parts.window)
        sheet.named.connect(lambda new: self._own.save_smart(new, text, name))
        self._open_sheet(sheet)

    def _ask_remove(self, sort: str, name: str, count: int) -> None:
        """Removing one without models asks nothing."""
        if not count:
            self._own.remove_name(sort, name)
            return
        text = trn(
            "{count} model is taken out of it. The model itself stays where it is, and the change can be undone.",
            "{count} models are taken out of it. The models themselves stay where they are, and the change can be undone.", count,
        )  # fmt: skip
        sheet = AskSheet(tr("Remove {name}?", name=name), "", text, tr("Keep it"), tr("Remove"), self._parts.window)
        sheet.accepted.connect(partial(self._on_removed, sort, name))
        self._open_sheet(sheet)

    def _on_removed(self, sort: str, name: str) -> None:
        is_here = self._parts.sidebar.current() == quoted(sort, name)
        self._own.remove_name(sort, name)
        if is_here:
            self.go_to("")

    # drops

    def take(self, point: QPoint, is_drop: bool) -> bool:
        """Take the models that are dragged over a row that stands for something they can be given; point: in the window."""
        sidebar = self._parts.sidebar
        row = sidebar.row_at(self._parts.window.mapToGlobal(point)) if point.x() >= 0 else None
        act = None if row is None else self._act_of(row)
        sidebar.mark_drop(row.query if row is not None and act is not None and not is_drop else None)
        if is_drop and act is not None:
            act(self._parts.selection.ids())
        return act is not None

    def _act_of(self, row: SidebarRow) -> Callable[[list[int]], object] | None:
        """What a drop on a row does; None: it takes none."""
        own, sort = self._own, sort_of(row)
        if sort == "collection":
            return lambda ids: own.collect(ids, row.text)
        if sort:
            return lambda ids: own.sort_into(ids, sort, row.text)
        if row.query == FAVOURITES:
            return own.make_favourites
        colour = next((colour for colour in COLOURS if row.query == quoted("colour", colour)), "")
        return (lambda ids: own.give_colour(ids, colour)) if colour else self.more_drops(row)


def sort_of(row: SidebarRow | None) -> str:
    """Whether a row is a collection, category or group; "" for all others."""
    return next((sort for sort in SORTS if row is not None and row.query == quoted(sort, row.text)), "")


def _about(sort: str) -> str:
    return {
        "collection": tr("A model can be in several collections; its file stays where it is."),
        "category": tr("A model has one category at most, kept in its sidecar."),
        "group": tr("A model has one group at most, kept in its sidecar."),
    }[sort]

"""The menus of the own order: entries for the selected models, and for the rows of the sidebar that a person made.

Built anew each time by the desk for the own order, which does what is chosen. Nothing here asks for more than the first models.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from model_manager.core.library.colours import COLOURS, colour_label
from model_manager.core.words import tr
from model_manager.ui.colour_labels import dot_icon
from model_manager.ui.own.stars import STARS

MOST_LISTED = 30  # names in a menu


class Wanted(Protocol):
    """Who does what is chosen; all of it is about the selected models."""

    def toggle_favourite(self) -> None: ...  # noqa: D102
    def rate(self, stars: int) -> None: ...  # noqa: D102
    def give_colour(self, colour: str) -> None: ...  # noqa: D102
    def collect(self, name: str, is_in: bool) -> None: ...  # noqa: D102
    def collect_new(self) -> None: ...  # noqa: D102
    def sort_into(self, sort: str, name: str) -> None: ...  # noqa: D102
    def sort_into_new(self, sort: str) -> None: ...  # noqa: D102
    def edit(self) -> None: ...  # noqa: D102
    def names(self, sort: str) -> Sequence[str]: ...  # noqa: D102
    def share(self, sort: str, name: str) -> int: ...  # noqa: D102


def add(menu: QMenu, text: str, act: Callable[[], object], keys: str = "") -> QAction:
    """Add an entry; keys are shown only, for the window's own ones act."""
    action = menu.addAction(text)
    action.triggered.connect(lambda _=False: act())
    if keys:
        action.setShortcut(QKeySequence(keys))
        action.setShortcutVisibleInContextMenu(True)
    return action


def plain(text: str) -> str:
    """A name as a menu shows it: an & stands for itself."""
    return text.replace("&", "&&")


def fill_models(menu: QMenu, wanted: Wanted) -> None:
    """Put the entries about the selected models into a menu."""
    add(menu, tr("Edit details…"), wanted.edit, "Ctrl+E")
    add(menu, tr("Favourite"), wanted.toggle_favourite, "Ctrl+D")
    fill_ratings(menu.addMenu(tr("Rating")), wanted)
    fill_colours(menu.addMenu(tr("Colour")), wanted)
    fill_collections(menu.addMenu(tr("Collections")), wanted)
    fill_names(menu.addMenu(tr("Category")), wanted, "category")
    fill_names(menu.addMenu(tr("Group")), wanted, "group")


def fill_ratings(menu: QMenu, wanted: Wanted) -> None:
    """One entry for each number of stars."""
    for stars in range(STARS, -1, -1):
        add(menu, "★" * stars or tr("No rating"), partial(wanted.rate, stars), f"Alt+{stars}")


def fill_colours(menu: QMenu, wanted: Wanted) -> None:
    """One entry for each colour."""
    for colour in COLOURS:
        entry = add(menu, colour_label(colour), partial(wanted.give_colour, colour))
        entry.setIcon(dot_icon(colour))
    menu.addSeparator()
    add(menu, tr("No colour"), partial(wanted.give_colour, ""))


def fill_collections(menu: QMenu, wanted: Wanted) -> None:
    """One entry for each collection, checked when all are in it; a mark when some are."""
    for name in wanted.names("collection")[:MOST_LISTED]:
        share = wanted.share("collection", name)
        entry = add(menu, plain(name) if share != 1 else tr("{name} (some of them)", name=plain(name)), lambda: None)
        entry.setCheckable(True)
        entry.setChecked(share == 2)
        entry.toggled.connect(partial(wanted.collect, name))
    if not menu.isEmpty():
        menu.addSeparator()
    add(menu, tr("New collection…"), wanted.collect_new)


def fill_names(menu: QMenu, wanted: Wanted, sort: str) -> None:
    """One entry for each category or group; a model has one at most."""
    for name in wanted.names(sort)[:MOST_LISTED]:
        entry = add(menu, plain(name), partial(wanted.sort_into, sort, name))
        entry.setCheckable(True)
        entry.setChecked(wanted.share(sort, name) == 2)
    if not menu.isEmpty():
        add(menu, tr("None"), partial(wanted.sort_into, sort, ""))
        menu.addSeparator()
    add(menu, tr("New category…") if sort == "category" else tr("New group…"), partial(wanted.sort_into_new, sort))

"""The sidebar's sections of the person's own order: collections, smart folders, categories, groups and colours.

Called by the sidebar's filler. Rows that make something new stand for pages, which the desk for the own order gives a way.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from model_manager.bridge.own_counts import OwnCounts
from model_manager.core.library.colours import COLOURS, colour_label
from model_manager.core.words import tr
from model_manager.ui.colour_labels import DOT
from model_manager.ui.sidebar_rows import SidebarRow, SidebarSection, quoted

NEW_COLLECTION: Final = "page:new-collection"
SAVE_SEARCH: Final = "page:save-search"
SMART: Final = "smart"
_ICONS = {"collection": "collection", "category": "tag", "group": "group"}


def own_sections(own: OwnCounts, colours: Mapping[str, int]) -> list[SidebarSection]:
    """All sections, in order; those without rows are not shown."""
    return [
        SidebarSection("collections", tr("Collections"), (*_named("collection", own), _new_collection())),
        SidebarSection(SMART, tr("Smart folders"), (*_smart(own), _save_search())),
        SidebarSection("categories", tr("Categories"), tuple(_named("category", own))),
        SidebarSection("groups", tr("Groups"), tuple(_named("group", own))),
        SidebarSection("colours", tr("Colours"), _colours(colours), hides_empty=True),
    ]


def _named(sort: str, own: OwnCounts) -> Iterable[SidebarRow]:
    return [SidebarRow(quoted(sort, name), name, _ICONS[sort], count) for name, count in own.names.get(sort, ())]


def _smart(own: OwnCounts) -> Iterable[SidebarRow]:
    for name, text, count in own.smart:
        tip = text if count >= 0 else tr("This search cannot be understood any more: {text}", text=text)
        yield SidebarRow(text, name, "filter", max(0, count), is_away=count < 0, tooltip=tip)


def _colours(counts: Mapping[str, int]) -> tuple[SidebarRow, ...]:
    return tuple(SidebarRow(quoted("colour", name), colour_label(name), DOT + name, counts.get(name, 0)) for name in COLOURS)


def _new_collection() -> SidebarRow:
    tip = tr("Collections hold what you put into them, from any folder")
    return SidebarRow(NEW_COLLECTION, tr("New collection…"), "plus", tooltip=tip, is_page=True, is_faint=True)


def _save_search() -> SidebarRow:
    tip = tr("Keep the search that is shown under a name; what it finds is always up to date")
    return SidebarRow(SAVE_SEARCH, tr("Save this search…"), "plus", tooltip=tip, is_page=True, is_faint=True)

"""The person's own order, counted for the sidebar: collections, categories, groups, and what smart folders find.

Called by tasks' `take` and `count`. Plain functions; nothing here knows a widget or a signal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.errors import BadQuery
from model_manager.core.library.query import find, parse
from model_manager.core.library.shelf import Shelf
from model_manager.core.settings import Settings

OWN: Final = ("collection", "category", "group")


@dataclass(frozen=True, slots=True)
class TakenOwn:
    """Copies for counting. names: those the person made, by their sort; searches: (name, search); shelf: only if there are searches."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    searches: Sequence[tuple[str, str]] = ()
    shelf: Shelf | None = None


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """(name, number of models) of collections, categories and groups, by name; (name, search, number) of smart folders, as ordered.

    number -1: the search cannot be understood any more.
    """

    names: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    smart: Sequence[tuple[str, str, int]] = ()


def take_own(shelf: Shelf, settings: Settings) -> TakenOwn:
    """Copy what there is to count; on the thread that owns the shelf."""
    names = {sort: tuple(settings.own_names.get(sort, ())) for sort in OWN}
    searches = tuple(settings.smart_folders)
    return TakenOwn(names, searches, shelf.for_searching() if searches else None)


def count_own(taken: TakenOwn, counts: Mapping[str, Mapping[str, int]]) -> OwnCounts:
    """Count collections, categories, groups and what smart folders find."""
    names = {}
    for sort in OWN:
        found = dict.fromkeys(taken.names.get(sort, ()), 0) | {name: many for name, many in counts.get(sort, {}).items() if many > 0}
        names[sort] = sorted(found.items(), key=lambda pair: (pair[0].casefold(), pair[0]))
    shelf = taken.shelf
    return OwnCounts(names, [(name, text, _hits(shelf, text)) for name, text in taken.searches] if shelf is not None else ())


def _hits(shelf: Shelf, text: str) -> int:
    try:
        query = parse(text)
    except BadQuery:
        return -1
    return len(find(shelf, query, shelf.slots()))

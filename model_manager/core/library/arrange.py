"""The order of the cards: which slots match the search, sorted, and cut into groups.

The Qt model shows exactly what this says. New and changed rows are put in their place one by one, so that a scan of a large library
costs only for what changed; a new search looks at all names once.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from model_manager.core.library.kinds import label
from model_manager.core.library.query import Query, find
from model_manager.core.library.rows import Row
from model_manager.core.library.shelf import NOWHERE, Shelf
from model_manager.core.words import tr

SORTS = ("name", "size", "added", "modified", "base", "type")
GROUPS = ("none", "base", "folder", "type")


@dataclass(frozen=True, slots=True)
class Group:
    """Consecutive rows under one heading."""

    title: str
    first: int
    count: int


class Arrangement:
    """Slots of a shelf in the order shown. `slots` runs upwards; `is_descending` tells to show it from its end."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.query = Query()
        self.sort = "name"
        self.group = "none"
        self.is_descending = False
        self.slots: list[int] = []
        self.groups: tuple[Group, ...] = ()
        self._all: list[int] = []

    def refill(self) -> None:
        """Start over after the shelf was filled: sort all, then search."""
        shelf = self.shelf
        slots = sorted(shelf.slots(), key=shelf.natural.__getitem__)
        if self.sort != "name":
            slots.sort(key=self._first_key())
        self._all = slots
        self._search(self._all)

    def set_query(self, query: Query) -> None:
        """Show only what matches; typing on looks only at the former hits."""
        base = self.slots if self.group == "none" and query.narrows(self.query) else self._all
        self.query = query
        self._search(base)

    def set_order(self, sort: str, is_descending: bool, group: str) -> None:
        """Sort and group anew; unknown words fall back to name and none."""
        sort, group = sort if sort in SORTS else "name", group if group in GROUPS else "none"
        is_other = sort != self.sort
        self.sort, self.is_descending, self.group = sort, is_descending, group
        if is_other:
            self.refill()
        else:
            self._search(self._all)

    def put(self, rows: Iterable[Row]) -> bool:
        """Add or replace models; True when the order changed (else only what cards say)."""
        shelf, changed = self.shelf, False
        rows = list(rows)
        if not self._all and len(rows) > 1:
            for row in rows:
                shelf.put(row)
            self.refill()
            return True
        passes = self._passes()
        for row in rows:
            changed |= self._put(row, passes)
        if changed and self.group != "none":
            self._search(self._all)
        return changed

    def _put(self, row: Row, passes: Callable[[int], bool]) -> bool:
        """Put one row in its place; while its old key still stands its old place is found by halving."""
        shelf = self.shelf
        slot = shelf.slot(row.id)
        is_grouped = self.group != "none"
        if slot == NOWHERE:
            slot, old = shelf.put(row), None
        else:
            old = (self._key(slot), passes(slot))
            places = self._place(self._all, slot, old[0]), self._place(self.slots, slot, old[0]) if old[1] and not is_grouped else None
            shelf.put(row)
        new = (self._key(slot), passes(slot))
        if old == new:
            return is_grouped
        is_same_list = self.slots is self._all
        if old is not None:
            del self._all[places[0]]
            if places[1] is not None and not is_same_list:
                del self.slots[places[1]]
        self._insert(self._all, new[0], slot)
        if new[1] and not is_same_list and not is_grouped:
            self._insert(self.slots, new[0], slot)
        return True

    def drop(self, ids: Iterable[int]) -> bool:
        """Take models away; True when any was here."""
        slots = {self.shelf.slot(id_) for id_ in ids} - {NOWHERE}
        if not slots:
            return False
        for slot in slots:
            self.shelf.drop(self.shelf.ids[slot])
        is_same = self.slots is self._all
        self._all = [slot for slot in self._all if slot not in slots]
        self.slots = self._all if is_same else [slot for slot in self.slots if slot not in slots]
        if self.group != "none":
            self._search(self._all)
        return True

    def slot_at(self, row: int) -> int:
        """The slot shown at a row."""
        return self.slots[len(self.slots) - 1 - row if self._is_turned else row]

    def row_of(self, id_: int) -> int:
        """The row a model is shown at, -1 if it is not shown."""
        slot = self.shelf.slot(id_)
        try:
            place = self.slots.index(slot)
        except ValueError:
            return -1
        return len(self.slots) - 1 - place if self._is_turned else place

    @property
    def _is_turned(self) -> bool:
        return self.is_descending and self.group == "none"

    def _search(self, base: list[int]) -> None:
        query = self.query
        is_all = not (query.words or query.unwanted or query.tests)
        self.slots = self._all if is_all else find(self.shelf, query, base)
        self.groups = ()
        if self.group != "none":
            self._cut()

    def _cut(self) -> None:
        title_of = self._group_title()
        parts: dict[str, list[int]] = {}
        for slot in reversed(self.slots) if self.is_descending else self.slots:
            parts.setdefault(title_of(slot), []).append(slot)
        slots: list[int] = []
        groups = []
        for title in sorted(parts, key=lambda title: (not title, title.casefold())):
            groups.append(Group(title or tr("Not known"), len(slots), len(parts[title])))
            slots += parts[title]
        self.slots, self.groups = slots, tuple(groups)

    def _group_title(self) -> Callable[[int], str]:
        shelf = self.shelf
        if self.group == "base":
            return shelf.base.__getitem__
        if self.group == "type":
            labels = {kind: label(kind) for kind in shelf.counts["kind"]}
            return lambda slot: labels[shelf.kind[slot]]
        shown = {id_: folder.ways[0].path for id_, folder in shelf.folders.items()}
        return lambda slot: shown[shelf.folder[slot]]

    def _first_key(self) -> Callable[[int], Any]:
        shelf = self.shelf
        if self.sort == "type":
            labels = {kind: label(kind).casefold() for kind in shelf.counts["kind"]}
            return lambda slot: labels[shelf.kind[slot]]
        column: Any = {
            "name": shelf.natural, "size": shelf.size, "added": shelf.added, "modified": shelf.mtime_ns, "base": shelf.base,
        }[self.sort]  # fmt: skip
        found: Callable[[int], Any] = column.__getitem__
        return found

    def _key(self, slot: int) -> tuple[Any, ...]:
        natural = self.shelf.natural[slot]
        return (natural,) if self.sort == "name" else (self._first_key()(slot), natural)

    def _passes(self) -> Callable[[int], bool]:
        query, shelf = self.query, self.shelf
        if not (query.words or query.unwanted or query.tests):
            return lambda slot: True
        return lambda slot: bool(find(shelf, query, [slot]))

    def _insert(self, slots: list[int], key: tuple[Any, ...], slot: int) -> None:
        slots.insert(bisect_left(slots, key, key=self._key), slot)

    def _place(self, slots: list[int], slot: int, key: tuple[Any, ...]) -> int:
        place = bisect_left(slots, key, key=self._key)
        while slots[place] != slot:  # others with the very same key
            place += 1
        return place

"""The order of the cards: which slots match the search, sorted, and cut into groups.

The Qt model shows exactly what this says. New and changed rows are put in their place one by one, so that a scan of a large library
costs only for what changed; a new search looks at all names once.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, chain
from typing import Any, NamedTuple

from model_manager.core.library.colours import COLOURS, colour_label
from model_manager.core.library.index import FolderRow
from model_manager.core.library.kinds import label
from model_manager.core.library.order import natural_key
from model_manager.core.library.query import Query, find, matcher
from model_manager.core.library.rows import Row
from model_manager.core.library.shelf import NOWHERE, Shelf
from model_manager.core.library.slots import merged, places_of, without
from model_manager.core.words import tr

SORTS = ("name", "size", "added", "modified", "base", "type", "rating")
GROUPS = ("none", "base", "folder", "type", "collection", "category", "group", "colour")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": (), "none": (), "size": ("size",), "added": ("added",), "modified": ("mtime_ns",), "base": ("base",), "type": ("kind",),
    "folder": ("folder",), "rating": ("rating",), "collection": ("collections",), "category": ("category",), "group": ("own_group",),
    "colour": ("colour",),
}  # fmt: skip
_Name = tuple[str, int]
FEW = 8  # new models up to which each is put in its place alone
_Key = tuple[Any, _Name]
Slots = MutableSequence[int]  # an array where all are shown, a list for the hits of a search


class Group(NamedTuple):
    """Consecutive rows under one heading; there may be tens of thousands."""

    title: str
    first: int
    size: int


_new_group: Callable[[tuple[str, int, int]], Group] = partial(tuple.__new__, Group)  # a third of the time of Group._make


class Arrangement:
    """Slots of a shelf in the order shown. `slots` runs upwards; `is_descending` tells to show it from its end."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.query = Query()
        self.sort = "name"
        self.group = "none"
        self.is_descending = False
        self.slots: Slots = []
        self.groups: tuple[Group, ...] = ()
        self._names = array("i")  # all slots by name: sorting by anything else starts from here, so that equal ones stay by name
        self._all = array("i")
        self._is_together = self._is_uncut = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make groups anew once after several changes; until then `slots` and `groups` are as before. Not within another."""
        self._is_together = True
        try:
            yield
        finally:
            self._is_together = False
            if self._is_uncut:
                self._regroup()

    def refill(self, ids: Iterable[int] | None = None) -> None:
        """Start over after the shelf was filled; `ids` are those of its models by name, if the index has them ready."""
        if ids is None:
            self._names = array("i", sorted(self.shelf.slots(), key=self._name_key))
        else:
            self._names = array("i", map(self.shelf.slot, ids))
        self._sort()

    def _sort(self) -> None:
        if self.sort == "name":
            self._all = self._names
        else:
            # sizes as floats: whole numbers over a billion take twice as long to compare
            key = array("d", self.shelf.size).__getitem__ if self.sort == "size" else self._first_key()
            self._all = array("i", sorted(self._names, key=key))
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
            self._sort()
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
        new = [row for row in rows if shelf.slot(row.id) == NOWHERE]
        if len(new) > FEW and self.group == "none":
            self._add(new)
            known = {row.id for row in new}
            rows, changed = [row for row in rows if row.id not in known], True
        passes = self._passes()
        for row in rows:
            changed |= self._put(row, passes)
        if changed and self.group != "none":
            self._regroup()
        return changed

    def _add(self, rows: list[Row]) -> None:
        """Put many new models in their places in one pass over each list."""
        first = len(self.shelf.ids)
        self.shelf.fill(rows)
        slots = range(first, first + len(rows))
        keyed = sorted((self._key(slot), slot) for slot in slots)
        if self._names is not self._all:
            by_name = sorted((self._name_key(slot), slot) for slot in slots)
            self._names = merged(self._names, by_name, lambda key, low: bisect_left(self._names, key, low, key=self._name_key))
        is_by_name, is_all = self._names is self._all, self.slots is self._all
        self._all = merged(self._all, keyed, lambda key, low: self._bisect(self._all, key, low))
        if is_by_name:
            self._names = self._all
        if is_all:
            self.slots = self._all
        else:
            passes = self._passes()
            hits = [pair for pair in keyed if passes(pair[1])]
            self.slots = list(merged(array("i", self.slots), hits, lambda key, low: self._bisect(self.slots, key, low)))

    def _put(self, row: Row, passes: Callable[[int], bool]) -> bool:
        """Put one row in its place; while its old key still stands its old places are found by halving."""
        shelf, is_grouped = self.shelf, self.group != "none"
        lists = [self._all] if self.slots is self._all or is_grouped else [self._all, self.slots]
        slot = shelf.slot(row.id)
        old: tuple[_Key, bool] | None = None
        places: list[int] = []
        if slot != NOWHERE:
            old = (self._key(slot), passes(slot))
            places = [self._place(slots, slot, old[0]) for slots in lists[: 1 + old[1]]]
            by_name = self._place_by_name(slot, old[0][1]) if self._names is not self._all else 0
        slot = shelf.put(row)
        new = (self._key(slot), passes(slot))
        if old == new:
            return is_grouped
        for slots, place in zip(lists, places, strict=False):
            del slots[place]
        if self._names is not self._all and (old is None or old[0][1] != new[0][1]):
            if old is not None:
                del self._names[by_name]
            self._names.insert(bisect_left(self._names, new[0][1], key=self._name_key), slot)
        for slots in lists[: 1 + new[1]]:
            slots.insert(self._bisect(slots, new[0]), slot)
        return True

    def keeps_place(self, row: Row) -> bool:
        """True when putting `row` would move nothing: it is here, and what sorts, groups and finds it is the same."""
        shelf, slot = self.shelf, self.shelf.slot(row.id)
        if slot == NOWHERE or self.query.tests:
            return False
        columns = ("file", "title", *_COLUMNS[self.sort], *_COLUMNS[self.group], *(() if self.query.is_all else ("search",)))
        return all(getattr(row, name) == getattr(shelf, name)[slot] for name in columns)

    def set_folders(self, folders: Iterable[FolderRow]) -> bool:
        """Take over folders, before their models; True when the order changed because a known one is reached in other ways."""
        folders = list(folders)
        before = [self.shelf.folders.get(folder.id) for folder in folders]
        self.shelf.set_folders(folders)
        changed = any(old is not None and old != self.shelf.folders[new.id] for old, new in zip(before, folders, strict=True))
        if changed:
            self._search(self._all)
        return changed

    def drop(self, ids: Iterable[int]) -> bool:
        """Take models away; True when any was here."""
        slots = {self.shelf.slot(id_) for id_ in ids} - {NOWHERE}
        if not slots:
            return False
        is_same, is_by_name = self.slots is self._all, self._names is self._all
        names = places_of(self._names, slots, lambda slot: self._place_by_name(slot, self._name_key(slot)))
        others = [] if is_by_name else places_of(self._all, slots, lambda slot: self._place(self._all, slot, self._key(slot)))
        for slot in slots:
            self.shelf.drop(self.shelf.ids[slot])
        self._names = without(self._names, names)
        self._all = self._names if is_by_name else without(self._all, others)
        if is_same:
            self.slots = self._all
        elif self.group == "none":
            self.slots = [slot for slot in self.slots if slot not in slots]
        if self.group != "none":
            self._regroup()
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

    def rows_of(self, ids: Iterable[int]) -> list[int]:
        """The rows of those models that are shown, in order; one pass however many there are."""
        wanted = {self.shelf.slot(id_) for id_ in ids}
        last = len(self.slots) - 1
        rows = [place for place, slot in enumerate(self.slots) if slot in wanted]
        return [last - place for place in reversed(rows)] if self._is_turned else rows

    def slots_between(self, first: int, last: int) -> Slots:
        """The slots shown from one row to another, both included."""
        if not self._is_turned:
            return self.slots[first : last + 1]
        end = len(self.slots)
        return self.slots[end - 1 - last : end - first][::-1]

    @property
    def _is_turned(self) -> bool:
        return self.is_descending and self.group == "none"

    def _regroup(self) -> None:
        self._is_uncut = self._is_together
        if not self._is_together:
            self._search(self._all)

    def _search(self, base: Slots) -> None:
        query = self.query
        self.slots = self._all if query.is_all else find(self.shelf, query, base)
        self.groups = ()
        if self.group != "none":
            self._cut()

    def _cut(self) -> None:
        code_of, title_of, rank_of = self._grouping()
        shown = self.slots[::-1] if self.is_descending else self.slots
        parts: defaultdict[Any, list[int]] = defaultdict(list)
        for slot, code in zip(shown, map(code_of, shown), strict=True):
            parts[code].append(slot)
        codes = sorted(parts, key=rank_of)
        ordered = [parts[code] for code in codes]
        unnamed = _unnamed(self.group)
        titles = [title_of(code) or unnamed for code in codes]
        sizes = list(map(len, ordered))
        self.groups = tuple(map(_new_group, zip(titles, accumulate(sizes, initial=0), sizes, strict=False)))
        self.slots = list(chain.from_iterable(ordered))

    def _grouping(self) -> tuple[Callable[[int], Any], Callable[[Any], str], Callable[[Any], Any]]:
        """What tells the groups of slots apart, a group's title for people, and what the groups are sorted by."""
        shelf = self.shelf
        if self.group == "folder":
            return shelf.folder.__getitem__, shelf.folders.shown_path, shelf.folders.ranks().__getitem__
        column = {
            "base": shelf.base, "type": shelf.kind, "category": shelf.category, "group": shelf.own_group, "collection": shelf.collections,
            "colour": shelf.colour,
        }[self.group]  # fmt: skip
        titles: dict[str, Callable[[str], str]] = {"type": label, "collection": _several, "colour": colour_label}
        title, text_of = titles.get(self.group, str), column.text_of
        places = {colour: place for place, colour in enumerate(COLOURS)} if self.group == "colour" else None

        def rank_of(code: int) -> tuple[bool, int, str]:
            text = title(text_of(code))
            return (not text, 0, text.casefold()) if places is None else (not text, places.get(text_of(code), len(places)), "")

        return column.codes.__getitem__, lambda code: title(text_of(code)), rank_of

    def _first_key(self) -> Callable[[int], Any]:
        shelf = self.shelf
        if self.sort == "type":
            labels = {kind: label(kind).casefold() for kind in shelf.counts["kind"]}
            return lambda slot: labels[shelf.kind[slot]]
        if self.sort == "name":
            return lambda slot: 0
        column: Any = {
            "size": shelf.size, "added": shelf.added, "modified": shelf.mtime_ns, "base": shelf.base, "rating": shelf.rating,
        }[self.sort]  # fmt: skip
        found: Callable[[int], Any] = column.__getitem__
        return found

    def _name_key(self, slot: int) -> _Name:
        """Models of the same name stand by id, so that a place does not depend on which came first."""
        return natural_key(self.shelf.name(slot)), self.shelf.ids[slot]

    def _key(self, slot: int) -> _Key:
        return (self._first_key()(slot), self._name_key(slot))

    def _passes(self) -> Callable[[int], bool]:
        return (lambda slot: True) if self.query.is_all else matcher(self.shelf, self.query)

    def _bisect(self, slots: Slots, key: _Key, low: int = 0) -> int:
        """Where a model with this key belongs, from `low` on: first by the sort, then by name."""
        first, high = self._first_key(), len(slots)
        if self.sort != "name":
            low = bisect_left(slots, key[0], low, key=first)
            high = bisect_right(slots, key[0], low, key=first)
        return bisect_left(slots, key[1], low, high, key=self._name_key)

    def _place(self, slots: Slots, slot: int, key: _Key) -> int:
        return slots.index(slot, self._bisect(slots, key))

    def _place_by_name(self, slot: int, name: _Name) -> int:
        return self._names.index(slot, bisect_left(self._names, name, key=self._name_key))


def _several(joined: str) -> str:
    """The title of models that are in the same collections."""
    return ", ".join(joined.split("\n"))


def _unnamed(group: str) -> str:
    """The title of what has nothing to be grouped by."""
    titles = {
        "collection": tr("In no collection"), "category": tr("No category"), "group": tr("No group"), "colour": tr("No colour"),
    }  # fmt: skip
    return titles.get(group) or tr("Not known")

"""The library in memory: one list per column, a slot per model, counts kept as rows come and go.

Filled from the index and by scans, asked by search, grid, table and sidebar at every key; it lives on the GUI thread (or in one
command). Lists with interned values take a fifth of what objects or dicts would. It never touches disk.
"""

import os
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from model_manager.core.library.entry import Place
from model_manager.core.library.index import FolderRow
from model_manager.core.library.order import natural_key
from model_manager.core.library.places import place_at
from model_manager.core.library.rows import AWAY, FAVOURITE, Row, stem_of
from model_manager.core.library.shelf_folders import FolderCounts, ShelfFolders
from model_manager.core.library.texts import Texts

NOWHERE: Final = -1
_SEARCHED = ("ids", "folder", "file", "title", "size", "mtime_ns", "added", "flags", "tags", "search", "rating")
_SEARCHED_TEXTS = (
    *("kind", "base", "architecture", "problem", "preview_sort", "colour", "collections", "category", "own_group"),
)


class Shelf:
    """Columns of all models. A slot is a place in every column; ids are the index's."""

    def __init__(self) -> None:
        self.folders = ShelfFolders()
        self.ids = array("i")
        self.folder = array("i")
        self.file: list[str] = []
        self.title: list[str] = []
        self.kind = Texts()
        self.base = Texts()
        self.architecture = Texts()
        self.size = array("q")
        self.mtime_ns = array("q")
        self.added = array("d")
        self.flags = array("B")
        self.problem = Texts()
        self.preview: list[str] = []
        self.preview_sort = Texts()
        self.preview_mtime_ns = array("q")
        self.preview_size = array("q")
        self.tags: list[tuple[str, ...]] = []
        self.search: list[str] = []
        self.rating = array("B")
        self.colour = Texts()
        self.collections = Texts(holds_many=True)
        self.category = Texts(holds_many=True)
        self.own_group = Texts(holds_many=True)
        self._slots = array("i")
        self._free: list[int] = []
        self._tag_sets: dict[str, tuple[str, ...]] = {"": ()}
        self.total_size = 0
        names = ("kind", "base", "tag", "problem", "state", "ending", "rating", "colour", "collection", "category", "group")
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.folder_counts = FolderCounts()

    def __len__(self) -> int:
        return len(self.ids) - len(self._free)

    def slot(self, id_: int) -> int:
        """Where the model with this id is, NOWHERE if it is not here."""
        return self._slots[id_] if 0 <= id_ < len(self._slots) else NOWHERE

    def slots(self) -> list[int]:
        """All slots in use, in no order that matters."""
        if not self._free:
            return list(range(len(self.ids)))
        free = set(self._free)
        return [slot for slot in range(len(self.ids)) if slot not in free]

    def set_folders(self, folders: Iterable[FolderRow]) -> None:
        """Add or replace folders; do this before putting their models."""
        for folder in folders:
            self.folders.put(folder)

    def fill(self, rows: Sequence[Row]) -> None:
        """Add many models that are not here yet; a tenth of the time of `put`."""
        if not rows:
            return
        first = len(self.ids)
        (ids, folder, file, title, kind, base, architecture, size, mtime_ns, added, flags, problem, preview, preview_sort,
         preview_mtime_ns, preview_size, tags, _, search, rating, colour, collections, category,
         own_group) = zip(*rows, strict=True)  # fmt: skip
        for column, values in (
            (self.ids, ids), (self.folder, folder), (self.size, size), (self.mtime_ns, mtime_ns), (self.added, added),
            (self.flags, flags), (self.preview_mtime_ns, preview_mtime_ns), (self.preview_size, preview_size), (self.rating, rating),
        ):  # fmt: skip
            column.extend(values)
        self.file.extend(file)
        self.title.extend(title)
        self.search.extend(search)
        for texts, words in ((self.kind, kind), (self.base, base), (self.architecture, architecture), (self.problem, problem),
                             (self.preview_sort, preview_sort), (self.colour, colour), (self.collections, collections),
                             (self.category, category), (self.own_group, own_group)):  # fmt: skip
            texts.extend(words)
        self.preview.extend(map(_short_preview, preview, file))
        self.tags.extend(map(self._tag_set, tags))
        self._grow(max(ids))
        for slot, id_ in enumerate(ids, first):
            self._slots[id_] = slot
        self._count_all(first)

    def put(self, row: Row) -> int:
        """Add or replace one model and return its slot."""
        slot = self.slot(row.id)
        if slot == NOWHERE:
            if not self._free:
                self.fill([row])
                return len(self.ids) - 1
            slot = self._free.pop()
            self._grow(row.id)
            self._slots[row.id] = slot
        else:
            self._count(slot, -1)
        self._set(slot, row)
        self._count(slot, 1)
        return slot

    def drop(self, id_: int) -> None:
        """Take a model away; its slot may be used again."""
        slot = self.slot(id_)
        if slot == NOWHERE:
            return
        self._count(slot, -1)
        self._slots[id_] = NOWHERE
        self._free.append(slot)
        self.search[slot] = self.file[slot] = self.title[slot] = ""
        self.added[slot] = 0.0

    def row(self, slot: int) -> Row:
        """The row that a slot was filled with."""
        file, title = self.file[slot], self.title[slot]
        return Row(
            self.ids[slot], self.folder[slot], file, title, self.kind[slot], self.base[slot], self.architecture[slot], self.size[slot],
            self.mtime_ns[slot], self.added[slot], self.flags[slot], self.problem[slot], self.preview_name(slot), self.preview_sort[slot],
            self.preview_mtime_ns[slot], self.preview_size[slot], "\n".join(self.tags[slot]), natural_key(title or stem_of(file)),
            self.search[slot], self.rating[slot], self.colour[slot], self.collections[slot], self.category[slot], self.own_group[slot],
        )  # fmt: skip

    def for_searching(self) -> "Shelf":
        """A copy of all that searches look at, for another thread; some milliseconds for 100,000 models."""
        other = Shelf()
        other.folders = self.folders.copy()
        other._free, other._tag_sets = self._free[:], dict(self._tag_sets)
        for name in _SEARCHED:
            setattr(other, name, getattr(self, name)[:])
        for name in _SEARCHED_TEXTS:
            setattr(other, name, getattr(self, name).copy())
        return other

    def name(self, slot: int) -> str:
        """The name shown for a model: its title, else its file's stem."""
        return self.title[slot] or stem_of(self.file[slot])

    def preview_name(self, slot: int) -> str:
        """File name of the preview, "" if there is none beside the model."""
        short = self.preview[slot]
        return stem_of(self.file[slot]) + short[1:] if short.startswith("*") else short

    def collections_of(self, slot: int) -> tuple[str, ...]:
        """The collections a model is in."""
        return self._tag_set(self.collections[slot])

    def ending(self, slot: int) -> str:
        """The file's last extension in small letters, without the dot."""
        name = self.file[slot]
        cut = name.rfind(".")
        return name[cut + 1 :].lower() if cut > 0 else ""

    def path(self, slot: int) -> str:
        """The model's path as configured (its first way)."""
        return os.path.join(self.folders.shown_path(self.folder[slot]), self.file[slot])

    def comfyui_places(self, slot: int) -> list[Place]:
        """The ways to a model through its folder's roots, the shown one first."""
        file = self.file[slot]
        return [place_at(way.kind, way.root, os.path.join(way.path, file)) for way in self.folders[self.folder[slot]].ways]

    def real_path(self, slot: int) -> str:
        """The model's path with all folder links resolved."""
        return os.path.join(self.folders.real_path(self.folder[slot]), self.file[slot])

    def _set(self, slot: int, row: Row) -> None:
        self.ids[slot], self.folder[slot], self.file[slot], self.title[slot] = row.id, row.folder, row.file, row.title
        self.kind[slot], self.base[slot] = row.kind, row.base
        self.architecture[slot], self.problem[slot] = row.architecture, row.problem
        self.size[slot], self.mtime_ns[slot], self.added[slot], self.flags[slot] = row.size, row.mtime_ns, row.added, row.flags
        self.preview[slot], self.preview_sort[slot] = _short_preview(row.preview, row.file), row.preview_sort
        self.preview_mtime_ns[slot], self.preview_size[slot] = row.preview_mtime_ns, row.preview_size
        self.tags[slot], self.search[slot] = self._tag_set(row.tags), row.search
        self.rating[slot], self.colour[slot], self.collections[slot] = row.rating, row.colour, row.collections
        self.category[slot], self.own_group[slot] = row.category, row.own_group

    def _grow(self, id_: int) -> None:
        if id_ >= len(self._slots):
            self._slots.extend([NOWHERE] * (id_ + 1_000 - len(self._slots)))

    def _tag_set(self, joined: str) -> tuple[str, ...]:
        found = self._tag_sets.get(joined)
        if found is None:
            found = self._tag_sets[joined] = tuple(map(sys.intern, joined.split("\n")))
        return found

    def _count_all(self, first: int) -> None:
        """Count all slots from `first` on; the same as `_count` for each, a tenth of its time."""
        counts = self.counts
        slots = range(first, len(self.ids))
        counts["kind"].update(map(self.kind.__getitem__, slots))
        counts["base"].update(map(self.base.__getitem__, slots))
        counts["ending"].update(map(self.ending, slots))
        counts["tag"].update(chain.from_iterable(self.tags[first:]))
        counts["problem"].update(filter(None, map(self.problem.__getitem__, slots)))
        self._count_own(first)
        for folder, count in Counter(self.folder[first:]).items():
            self.folder_counts.add(folder, count)
        self.total_size += sum(self.size[first:])
        state = counts["state"]
        state["no_preview"] += sum(not self.preview_sort[slot] for slot in slots)
        for flags, count in Counter(self.flags[first:]).items():
            state["favourite"] += count * bool(flags & FAVOURITE)
            state["away"] += count * bool(flags & AWAY)

    def _count_own(self, first: int) -> None:
        counts = self.counts
        for name, column in (("colour", self.colour), ("category", self.category), ("group", self.own_group)):
            counts[name].update({text: count for text, count in column.counted(first).items() if text})
        for joined, count in self.collections.counted(first).items():
            counts["collection"].update(dict.fromkeys(self._tag_set(joined), count))
        counts["rating"].update({str(stars): count for stars, count in Counter(self.rating[first:]).items() if stars})

    def _count(self, slot: int, by: int) -> None:
        counts = self.counts
        counts["kind"][self.kind[slot]] += by
        counts["base"][self.base[slot]] += by
        counts["ending"][self.ending(slot)] += by
        self.folder_counts.add(self.folder[slot], by)
        self.total_size += by * self.size[slot]
        for tag in self.tags[slot]:
            counts["tag"][tag] += by
        if self.problem[slot]:
            counts["problem"][self.problem[slot]] += by
        for collection in self.collections_of(slot):
            counts["collection"][collection] += by
        own = (("colour", self.colour[slot]), ("category", self.category[slot]), ("group", self.own_group[slot]))
        for name, text in (*own, ("rating", str(self.rating[slot] or ""))):
            if text:
                counts[name][text] += by
        flags = self.flags[slot]
        state = counts["state"]
        if flags & FAVOURITE:
            state["favourite"] += by
        if flags & AWAY:
            state["away"] += by
        if not self.preview_sort[slot]:
            state["no_preview"] += by


def _short_preview(preview: str, file: str) -> str:
    """Previews are nearly always the stem and one of a few endings: keep only the ending, marked with a star."""
    stem = stem_of(file)
    return sys.intern("*" + preview[len(stem) :]) if preview and preview.startswith(stem) else preview

"""The real folders of the shelf, by id, in a third of the memory that an object for each would take.

Used by the shelf and by whoever asks it where a model is. A library has tens of thousands of folders, and nearly all are reached in one
way, by their real path; only the others are kept as objects.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from model_manager.core.library.changes import ways_of
from model_manager.core.library.index import FolderRow
from model_manager.core.library.walk import Way

_ABSENT, _KEPT = -1, -2


@dataclass(frozen=True, slots=True)
class ShelfFolder:
    """A real folder and the ways to it; the first one is shown."""

    path: str
    ways: tuple[Way, ...]


class ShelfFolders(Mapping[int, ShelfFolder]):
    """Folder id -> folder, made anew each time it is asked for."""

    def __init__(self) -> None:
        """Start empty."""
        self._paths: list[str] = []
        self._sorts = array("i")  # _ABSENT, _KEPT, or a place in `_roots`
        self._roots: list[tuple[str, str]] = []
        self._sort_of: dict[tuple[str, str], int] = {}
        self._kept: dict[int, ShelfFolder] = {}
        self._count = 0
        self._ranks: list[int] = []  # empty while they are not known

    def put(self, row: FolderRow) -> None:
        """Add or replace a folder."""
        ways = ways_of(row)
        if row.id >= len(self._sorts):
            more = row.id + 1 - len(self._sorts)
            self._paths.extend([""] * more)
            self._sorts.extend([_ABSENT] * more)
        self._count += self._sorts[row.id] == _ABSENT
        self._kept.pop(row.id, None)
        before = self._paths[row.id]
        if len(ways) == 1 and ways[0].path == row.path and not ways[0].is_linked:
            self._paths[row.id], self._sorts[row.id] = row.path, self._sort(ways[0].kind, ways[0].root)
        else:
            self._paths[row.id], self._sorts[row.id] = "", _KEPT
            self._kept[row.id] = ShelfFolder(row.path, tuple(ways))
        if not before or before != self._paths[row.id]:
            self._ranks = []

    def _sort(self, kind: str, root: str) -> int:
        found = self._sort_of.get((kind, root))
        if found is None:
            found = self._sort_of[kind, root] = len(self._roots)
            self._roots.append((kind, root))
        return found

    def copy(self) -> "ShelfFolders":
        """A copy for another thread; a millisecond."""
        other = ShelfFolders()
        other._paths, other._sorts, other._roots = self._paths[:], self._sorts[:], self._roots[:]
        other._sort_of, other._kept, other._count = dict(self._sort_of), dict(self._kept), self._count
        return other

    def __getitem__(self, id_: int) -> ShelfFolder:
        sort = self._sorts[id_] if 0 <= id_ < len(self._sorts) else _ABSENT
        if sort == _ABSENT:
            raise KeyError(id_)
        if sort == _KEPT:
            return self._kept[id_]
        path = self._paths[id_]
        return ShelfFolder(path, (Way(*self._roots[sort], path, False),))

    def __iter__(self) -> Iterator[int]:
        return (id_ for id_, sort in enumerate(self._sorts) if sort != _ABSENT)

    def __len__(self) -> int:
        return self._count

    def real_path(self, id_: int) -> str:
        """The real path of a folder, quicker than asking for all of it."""
        return self._paths[id_] or self[id_].path

    def shown_path(self, id_: int) -> str:
        """Its path as configured, by its first way."""
        return self._paths[id_] or self[id_].ways[0].path

    def ranks(self) -> list[int]:
        """The place of each folder, by its id, among all by the path shown; sorted once as long as no folder comes or changes."""
        if not self._ranks:
            titles = {id_: self.shown_path(id_).casefold() for id_ in self}
            self._ranks = [0] * len(self._sorts)
            for rank, id_ in enumerate(sorted(titles, key=titles.__getitem__)):
                self._ranks[id_] = rank
        return self._ranks


class FolderCounts(Mapping[int, int]):
    """How many models are in each folder, by its id; 0 where nothing is known."""

    def __init__(self) -> None:
        """Start empty."""
        self._counts = array("i")

    def add(self, id_: int, by: int) -> None:
        """Count `by` more."""
        if id_ >= len(self._counts):
            self._counts.extend([0] * (id_ + 1 - len(self._counts)))
        self._counts[id_] += by

    def copy(self) -> "FolderCounts":
        """A copy for another thread."""
        other = FolderCounts()
        other._counts = self._counts[:]
        return other

    def __getitem__(self, id_: int) -> int:
        return self._counts[id_] if 0 <= id_ < len(self._counts) else 0

    def __iter__(self) -> Iterator[int]:
        return (id_ for id_, count in enumerate(self._counts) if count)

    def __len__(self) -> int:
        return sum(map(bool, self._counts))

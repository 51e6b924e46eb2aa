"""What the index knows to need attention: damage, wrong places and names, models that share a stem, and what is missing beside them.

Called by report in a worker. It opens no file and lists no folder, so it is quick; it must never change anything.
"""

import os
from collections import defaultdict
from typing import Final

from model_manager.core.formats.health import ending_for, judge
from model_manager.core.health.records import (
    BAD_SIDECAR,
    BROKEN,
    CONVERT,
    DELETE,
    DETAILS,
    MISNAMED,
    MISPLACED,
    MOVE,
    NO_DETAILS,
    NO_PREVIEW,
    PREVIEWS,
    REFETCH,
    RENAME,
    SAME_STEM,
    Item,
    Section,
)
from model_manager.core.library.changes import ways_of
from model_manager.core.library.entry import Details, Facts
from model_manager.core.library.index import FolderRow, Index
from model_manager.core.library.kinds import label
from model_manager.core.library.packing import unpack_details, unpack_facts
from model_manager.core.library.rows import AWAY, Row, stem_of
from model_manager.core.sidecars.merge import civitai_page
from model_manager.core.words import tr

MOST_LISTED: Final = 2_000  # of what can be true of a whole library
_DAMAGE: Final = frozenset({"truncated", "zero_filled", "not_a_model", "bad_header", "trailing_data", "unreadable"})
_PICKLED: Final = frozenset({"pickle", "pickle_legacy"})
_HUGGING_FACE: Final = ("https://huggingface.co/", "https://hf.co/")


def sections(index: Index) -> list[Section]:
    """Return all findings that need no look at the disk. Raises IndexFault."""
    return _Known(index).sections()


class _Known:
    def __init__(self, index: Index) -> None:
        self._index = index
        self._folders = {folder.id: folder for folder in index.folders()}
        self._ways: dict[int, str] = {}
        self._items: defaultdict[str, list[Item]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._sizes: defaultdict[str, int] = defaultdict(int)
        self._ids: defaultdict[str, list[int]] = defaultdict(list)
        self._stems: defaultdict[tuple[int, str], list[tuple[str, int, int]]] = defaultdict(list)

    def sections(self) -> list[Section]:
        """Go once through all models."""
        bare = self._index.without_sidecars()
        for row in self._index.rows():
            if row.flags & AWAY or row.folder not in self._folders:
                continue
            self._stems[row.folder, stem_of(row.file)].append((row.file, row.size, row.id))
            if row.problem:
                self._problem(row)
            if row.id in bare:
                self._wish(row, NO_DETAILS, tr("Nothing is known of it but what its header says."), DETAILS)
            if not row.preview_sort:
                self._wish(row, NO_PREVIEW, tr("It has no picture."), PREVIEWS)
        self._same_stems()
        return [
            Section(sort, tuple(self._items[sort]), count, self._sizes[sort], tuple(self._ids[sort]))
            for sort, count in self._counts.items()
        ]

    def _add(self, item: Item) -> None:
        self._count(item.sort, item.size, item.model)
        self._items[item.sort].append(item)

    def _count(self, sort: str, size: int, model: int) -> None:
        self._counts[sort] += 1
        self._sizes[sort] += size
        if model:
            self._ids[sort].append(model)

    def _wish(self, row: Row, sort: str, text: str, mend: str) -> None:
        if len(self._items[sort]) < MOST_LISTED:
            self._add(self._item(row, sort, text, (mend,)))
        else:
            self._count(sort, row.size, row.id)

    def _item(self, row: Row, sort: str, text: str, mends: tuple[str, ...] = (), target: str = "") -> Item:
        folder = self._folders[row.folder]
        real = os.path.join(folder.path, row.file)
        return Item(sort, row.file, os.path.join(self._shown(folder), row.file), text, (real,), row.size, row.id, mends, target)

    def _shown(self, folder: FolderRow) -> str:
        if folder.id not in self._ways:
            ways = ways_of(folder)
            self._ways[folder.id] = ways[0].path if ways else folder.path
        return self._ways[folder.id]

    def _problem(self, row: Row) -> None:
        known = self._index.known(row.id)
        if known is None:
            return
        facts, details = unpack_facts(known.facts), unpack_details(known.details)
        code, reason = judge(facts, row.file, row.kind)
        if code in _DAMAGE:
            source = source_of(details)
            self._add(self._item(row, BROKEN, reason, (REFETCH, DELETE) if source else (DELETE,), source))
        elif code == "wrong_folder":
            self._add(self._item(row, MISPLACED, _misplaced(facts, row), (MOVE,), facts.kind))
        elif code == "wrong_extension":
            ending = ending_for(facts.format)
            mends = (RENAME, CONVERT) if facts.format in _PICKLED else (RENAME,)
            self._add(self._item(row, MISNAMED, reason, mends, ending))
        for problem in details.problems:
            self._add(self._item(row, BAD_SIDECAR, problem.text))

    def _same_stems(self) -> None:
        for (folder, _), models in self._stems.items():
            if len(models) > 1:
                self._share(self._folders[folder], sorted(models))

    def _share(self, folder: FolderRow, models: list[tuple[str, int, int]]) -> None:
        shown = self._shown(folder)
        for name, size, id_ in models[1:]:
            others = ", ".join(other for other, _, _ in models if other != name)
            text = tr("Shares its name with {others}, so both have the same preview and sidecars.", others=others)
            item = Item(SAME_STEM, name, os.path.join(shown, name), text, (os.path.join(folder.path, name),), size, id_)
            self._add(item)


def _misplaced(facts: Facts, row: Row) -> str:
    _, reason = judge(facts, row.file, row.kind)
    return tr("{reason} It lies among {kind}.", reason=reason, kind=label(row.kind))


def source_of(details: Details) -> str:
    """Return the address from which a model can be fetched again as far as its sidecars tell, "" when they do not."""
    if details.model_id and details.version_id:
        return civitai_page(details.model_id, details.version_id)
    return next((url for _, url in details.links if url.startswith(_HUGGING_FACE) and ("/resolve/" in url or "/blob/" in url)), "")

"""What the index says of all models, as far as the search for duplicates needs it: a small row each, and the names ComfyUI gives them.

Called by finding. It reads the index only; what it says of sizes is a hint, the files themselves are looked at later.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from model_manager.core.library.changes import ways_of
from model_manager.core.library.entry import Root
from model_manager.core.library.index import FolderRow, Index, triples
from model_manager.core.library.places import place_at
from model_manager.core.library.rows import AWAY
from model_manager.core.paths import name_key

_SQL: Final = """SELECT m.id, m.folder, m.file, m.kind, m.size, m.flags, m.places, json_extract(k.facts, '$.format'),
    json_extract(k.facts, '$.parameters'), json_extract(k.facts, '$.verdict')
    FROM models m LEFT JOIN known k USING (id) WHERE m.gone IS NULL"""
_COMPARED: Final = ("safetensors", "gguf")
_SHARD: Final = re.compile(r"[-_.]\d{3,5}-of-\d{3,5}\.", re.IGNORECASE)  # huggingface/transformers: model-00001-of-00003.safetensors


class Entry(NamedTuple):
    """A model of the index. size: bytes when it was last seen. places: other ways to the file, as JSON. class_: files of the same weights
    have the same, "" when its weights cannot be compared. is_away: its drive is not here."""  # fmt: skip

    id: int
    folder: int
    file: str
    kind: str
    size: int
    is_away: bool
    places: str
    class_: str


class Named(NamedTuple):
    """A model under one name of ComfyUI's. order: place of its root in ComfyUI's list."""

    entry: Entry
    path: str
    root: str
    order: int


def is_part(name: str) -> bool:
    """Whether a file name says that it is a part of a model in several files."""
    return _SHARD.search(name) is not None


class Listing(Index):
    """The index, asked for all models at once."""

    def entries(self) -> list[Entry]:
        """Return all models that are on disk or away. Raises IndexFault."""
        return [Entry._make((*row[:5], bool(row[5] & AWAY), row[6], _class(row[2], *row[7:]))) for row in self._all(_SQL)]


def _class(file: str, form: str | None, parameters: int | None, verdict: str | None) -> str:
    is_compared = form in _COMPARED and parameters and verdict in (None, "ok") and not is_part(file)
    return f"{form} {parameters}" if is_compared else ""


def same_names(entries: Iterable[Entry], folders: Mapping[int, FolderRow], roots: Mapping[Root, str]) -> list[list[Named]]:
    """Return models that have one name in a category of one ComfyUI, in its order: it takes the first and never sees the others."""
    entries = list(entries)
    counts = Counter(name_key(entry.file) for entry in entries)
    orders = {(root.kind, root.path): (order, group) for order, (root, group) in enumerate(roots.items())}
    found: defaultdict[tuple[str, str, str], dict[int, Named]] = defaultdict(dict)
    for entry in entries:
        if counts[name_key(entry.file)] < 2 or entry.folder not in folders:
            continue
        for kind, root, path in _ways(entry, folders[entry.folder]):
            order, group = orders.get((kind, root), (-1, ""))
            place = place_at(kind, root, path)
            if order < 0:
                continue
            of_name = found[group, kind, name_key(place.name)]
            if entry.id not in of_name or order < of_name[entry.id].order:
                of_name[entry.id] = Named(entry, path, root, order)
    groups = [sorted(of_name.values(), key=lambda named: named.order) for of_name in found.values() if len(of_name) > 1]
    return [group for group in groups if len({named.root for named in group}) > 1]


def _ways(entry: Entry, folder: FolderRow) -> Iterable[tuple[str, str, str]]:
    for way in ways_of(folder):
        yield way.kind, way.root, os.path.join(way.path, entry.file)
    if entry.places:
        for kind, root, path, *_ in triples(entry.places):
            yield kind, root, path

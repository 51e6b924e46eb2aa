"""The models of the library as a backup and a restore see them: where each lies below its root, and what lies beside it.

Called by backup and backup_match. It reads the index and lists each folder once; it opens no model, and must never change anything.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.library import catalogue
from model_manager.core.library.entry import Family, Root
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import OTHER, is_model, is_partial
from model_manager.core.library.places import place_at
from model_manager.core.library.query import parse
from model_manager.core.library.records import places_of
from model_manager.core.library.rows import AWAY
from model_manager.core.paths import long_path
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.work import Work

_NO_NAME: Final = re.compile(r'[\x00-\x1f<>:"/\\|?*]|[. ]+$')  # what Windows takes in no name, so that a backup can be unpacked by hand


@dataclass(frozen=True, slots=True)
class Local:
    """One model that is here. real: its real path; shown: as the person sees it. root: the label of its root; below: its path below
    that, with "/". names: its previews and sidecars in its folder; others: other models of its stem. size, mtime_ns: of the model.
    """  # fmt: skip

    id: int
    real: str
    shown: str
    kind: str
    root: str
    below: str
    size: int
    mtime_ns: int
    is_away: bool = False
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Its real folder."""
        return os.path.dirname(self.real)

    @property
    def file(self) -> str:
        """The name of its file."""
        return os.path.basename(self.real)


def labels(roots: Collection[Root]) -> dict[tuple[str, str], str]:
    """Return (kind, path) of each root -> a label: a name of one folder on any system, "ComfyUI loras"; the second such gets a number."""
    found: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for root in roots:
        plain = _NO_NAME.sub("_", f"{root.source} {root.kind}")
        label, number = plain, 1
        while label.lower() in taken:
            number += 1
            label = f"{plain} {number}"
        taken.add(label.lower())
        found[root.kind, root.path] = label
    return found


def local_models(index_path: Path, query: str, work: Work) -> Iterator[Local]:
    """Yield the models that match a search ("": all), folder by folder. Raises IndexFault, BadQuery, Cancelled."""
    with Index(index_path) as index:
        wanted = _ids(index, query)
        named = labels(index.roots())
        folders = {folder.id: folder for folder in index.folders()}
        models = [model for model in index.models() if model.gone is None and (wanted is None or model.row.id in wanted)]
    models.sort(key=lambda model: (folders[model.row.folder].path, model.row.file))
    listing = _Listing("", frozenset())
    kinds = {model.row.kind for model in models}
    for model in models:
        work.check()
        row, folder = model.row, folders[model.row.folder]
        places = places_of(model, folder)
        shown = places[0] if places else place_at(row.kind, folder.path, os.path.join(folder.path, row.file))
        if listing.folder != folder.path:
            listing = _Listing(folder.path, frozenset(kinds))
        names, others = listing.beside(row.file)
        yield Local(
            row.id, os.path.join(folder.path, row.file), shown.path, row.kind, named.get((shown.kind, shown.root), shown.kind),
            shown.name.replace(os.sep, "/"), row.size, row.mtime_ns, bool(row.flags & AWAY), names, others,
        )  # fmt: skip


def _ids(index: Index, query: str) -> frozenset[int] | None:
    if not query:
        return None
    arrangement = catalogue.load(index)
    arrangement.set_query(parse(query))
    return frozenset(arrangement.shelf.ids[slot] for slot in arrangement.slots)


class _Listing:
    """What lies in one folder, and whose it is."""

    def __init__(self, folder: str, kinds: Collection[str]) -> None:
        self.folder = folder
        names: list[str] = []
        if folder:
            try:
                names = [name for name in os.listdir(long_path(folder)) if not is_partial(name)]
            except OSError:  # away; its models say so
                names = []
        self._models = frozenset(name for name in names if is_model(OTHER, name) or any(is_model(kind, name) for kind in kinds))
        self._names = names
        self._families = families(self._models, names)
        self._stems: dict[str, list[str]] = {}
        for name in sorted(self._models):
            self._stems.setdefault(stem_of(name), []).append(name)

    def beside(self, model: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The previews and sidecars of a model, and other models of its stem."""
        found = self._families.get(model)
        if found is None:  # a name that only its category takes for a model
            found = families({*self._models, model}, self._names).get(model, Family()) if model in self._names else Family()
        others = tuple(name for name in self._stems.get(stem_of(model), ()) if name != model)
        return (*found.previews, *found.sidecars), others

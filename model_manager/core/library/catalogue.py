"""The whole library as records in order, for the command line and exports.

Reads the index in one pass; the window asks for single records instead (`records`).
"""

import os
from collections.abc import Iterator, Mapping

from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.entry import ModelRecord, Place, Root
from model_manager.core.library.index import Index, damaged, triples
from model_manager.core.library.query import parse
from model_manager.core.library.records import make_record, places_of
from model_manager.core.library.shelf import Shelf


def load(index: Index, order: tuple[str, bool, str] = ("name", False, "none")) -> Arrangement:
    """All models of the index in memory; order: (sort, is_descending, group)."""
    shelf = Shelf()
    arrangement = Arrangement(shelf)
    arrangement.set_order(*order)
    with index.reading():
        for folders in index.folder_steps():
            shelf.set_folders(folders)
        for rows in index.row_steps():
            try:
                shelf.fill(rows)
            except (TypeError, ValueError, OverflowError) as fault:
                raise damaged(fault) from fault
        arrangement.refill(index.ids_by_name())
    return arrangement


def records(index: Index, query: str = "") -> Iterator[ModelRecord]:
    """Every model that matches `query`, by name; raises BadQuery or IndexFault."""
    wanted = parse(query)
    arrangement = load(index)
    arrangement.set_query(wanted)
    shelf = arrangement.shelf
    folders = {folder.id: folder for folder in index.folders()}
    models = {model.row.id: model for model in index.models()}
    known = {one.id: one for one in index.all_known()}
    first = _first_roots(index)
    for slot in arrangement.slots:
        model = models[shelf.ids[slot]]
        folder = folders[model.row.folder]
        places = [first.mark(place) for place in places_of(model, folder)]
        yield make_record(model, known.get(model.row.id), folder, places)


class _Shadows:
    """Which root of a group has a name first."""

    def __init__(self, roots: Mapping[Root, str]) -> None:
        self._order = {(root.kind, root.path): (place, group) for place, (root, group) in enumerate(roots.items())}
        self._first: dict[tuple[str, str, str], int] = {}

    def add(self, place: Place) -> None:
        order, group = self._order.get((place.kind, place.root), (0, ""))
        key = (group, place.kind, place.name)
        self._first[key] = min(order, self._first.get(key, order))

    def mark(self, place: Place) -> Place:
        order, group = self._order.get((place.kind, place.root), (0, ""))
        is_shadowed = self._first.get((group, place.kind, place.name), order) < order
        return Place(place.kind, place.root, place.path, place.name, place.listed, is_shadowed)


def _first_roots(index: Index) -> _Shadows:
    shadows = _Shadows(index.roots())
    folders = {folder.id: folder for folder in index.folders()}
    for model in index.models():
        for place in places_of(model, folders[model.row.folder]):
            shadows.add(place)
    return shadows


def find_model(index: Index, path: str) -> int | None:
    """The id of the model at a path, as configured or real; None when it is not in the index."""
    full = os.path.abspath(path)
    folder, name = os.path.split(full)
    beside = os.path.join(os.path.realpath(folder), name)
    for real in (beside, os.path.realpath(full)):
        found = index.id_at(*os.path.split(real))
        if found is not None:
            return found
    placed = (model for model in index.models() if model.places)
    return next((model.row.id for model in placed if any(_is_at(path, full, beside) for _, _, path in triples(model.places))), None)


def _is_at(place: str, full: str, real: str) -> bool:
    folder, name = os.path.split(place)
    return place == full or (name == os.path.basename(real) and os.path.join(os.path.realpath(folder), name) == real)

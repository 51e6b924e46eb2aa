"""Everything known of one model, put together for the details panel and the command line.

Reads the index and, for what may have changed since, the names beside the model; called in a read job, never on the GUI thread.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from model_manager.core.formats.health import judge
from model_manager.core.library.changes import ways_of
from model_manager.core.library.entry import Details, Facts, Family, ModelRecord, Place, Problem, Root
from model_manager.core.library.index import FolderRow, Index, KnownRow, ModelRow, triples
from model_manager.core.library.packing import unpack_details, unpack_facts
from model_manager.core.library.places import place_at
from model_manager.core.library.rows import AWAY, stem_of
from model_manager.core.previews.find import previews_of


def read_record(index: Index, id_: int) -> ModelRecord | None:
    """The record of one model, None when it is no longer in the index. Raises IndexFault."""
    model = index.model(id_)
    folder = index.folder(model.row.folder) if model else None
    if model is None or folder is None:
        return None
    places = mark_shadowed(places_of(model, folder), index.roots())
    return make_record(model, index.known(id_), folder, places)


def make_record(model: ModelRow, known: KnownRow | None, folder: FolderRow, places: Sequence[Place]) -> ModelRecord:
    """Join the parts of one model."""
    row = model.row
    facts = unpack_facts(known.facts) if known else Facts()
    details = unpack_details(known.details) if known else Details(name=stem_of(row.file))
    sidecars = tuple(name for name in known.sidecars.split("/") if name) if known else ()
    pictures = tuple(name for name in known.previews.split("/") if name) if known else ()
    verdict, reason = judge(facts, row.file, row.kind)
    problems = (*([Problem(verdict, reason)] if verdict != "ok" else []), *details.problems)
    shown = places[0].path if places else os.path.join(folder.path, row.file)
    return ModelRecord(
        id=row.id, name=row.title or stem_of(row.file), path=shown, kind=row.kind, size=row.size, modified=row.mtime_ns / 1e9,
        added=row.added, is_away=bool(row.flags & AWAY), facts=facts, details=details, places=tuple(places),
        previews=previews_of(folder.path, row.file, Family(sidecars, pictures), facts), sidecars=sidecars, problems=problems,
    )  # fmt: skip


def places_of(model: ModelRow, folder: FolderRow) -> list[Place]:
    """All ways to a model, the shown one first."""
    file = model.row.file
    found = [place_at(way.kind, way.root, os.path.join(way.path, file)) for way in ways_of(folder)]
    if model.places:
        found += [place_at(kind, root, path) for kind, root, path in triples(model.places)]
    return found


def mark_shadowed(places: Iterable[Place], roots: Mapping[Root, str]) -> list[Place]:
    """Mark places whose name an earlier root of the category has too: ComfyUI takes that one."""
    return [replace(place, shadowed=True) if _is_shadowed(place, roots) else place for place in places]


def _is_shadowed(place: Place, roots: Mapping[Root, str]) -> bool:
    groups = {root.path: group for root, group in roots.items() if root.kind == place.kind}
    for path, group in groups.items():
        if path == place.root:
            return False
        if group == groups.get(place.root) and os.path.isfile(os.path.join(path, place.name)):
            return True
    return False

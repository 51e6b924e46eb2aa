"""Compares what a walk saw with what the index knows: what is new, changed, moved, away or gone.

Used by the scanner between walking and reading. It only reads the index and opens no file; a model that may merely be out of reach is
never called gone.
"""

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from model_manager.core.library.entry import Facts
from model_manager.core.library.index import FolderRow, Index, ModelRow, triples
from model_manager.core.library.packing import unpack_facts
from model_manager.core.library.rows import AWAY, Row, stem_of
from model_manager.core.library.tasks import Task, tasks_in
from model_manager.core.library.walk import Seen, SeenFile, Walk, Way, signature_of

_PLACEHOLDERS = ("put_", ".")  # what lies in a mount point that has nothing mounted (ComfyUI's put_checkpoints_here)
_COARSEST_NS = 2_000_000_000  # FAT
_TO_READ = -1  # what lies beside a model is to be read, whatever it is


@dataclass(slots=True)
class Change:
    """What there is to do. places: extra paths of models that are being read already, by id. away: rows whose flag changed.

    moves: (real path before, now) of models that are known again elsewhere; moved: how many of them are not told as gone and new.
    followed: of those, the ones with all that is beside them as it was, of which nothing is read. left: the others as they stand now, by
    id, for when they are not read after all.
    """

    folders: list[FolderRow] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    away: list[Row] = field(default_factory=list)
    away_folders: list[int] = field(default_factory=list)
    away_prefixes: set[str] = field(default_factory=set)
    moved: int = 0
    moves: list[tuple[str, str]] = field(default_factory=list)
    followed: list[ModelRow] = field(default_factory=list)
    left: dict[int, ModelRow] = field(default_factory=dict)


def ways_of(folder: FolderRow) -> list[Way]:
    """How the categories reach a folder, the shown way first."""
    return [Way(*way[:4]) for way in triples(folder.ways)]


def folder_row(id_: int, seen: Seen) -> FolderRow:
    """The index row of a folder just seen."""
    models = "/".join(file.name for file in seen.models)
    return FolderRow(id_, seen.path, seen.mtime_ns, seen.device, seen.signature, seen.quick, models, seen.ways_text)


def nearest_known(paths: Iterable[str], known: Mapping[str, FolderRow]) -> set[str] | None:
    """For each path the nearest folder at or above it that is known and still there; None when one has none."""
    found = set()
    for path in paths:
        while path not in known or not os.path.isdir(path):
            parent = os.path.dirname(path)
            if parent == path:
                return None
            path = parent
        found.add(path)
    return found


class Comparison:
    """One comparison of a finished walk with the index; `run` gives the Change."""

    def __init__(
        self,
        index: Index,
        walk: Walk,
        known: Mapping[str, FolderRow],
        folder_id: Callable[[str], int],
        model_id: Callable[[str, str], int],
        begun: Mapping[str, list[Task]],
    ) -> None:
        """begun: tasks that were made while walking, by folder; they are not made again."""
        self._index, self._walk, self._known, self._begun = index, walk, known, begun
        self._folder_id, self._model_id = folder_id, model_id
        self._change = Change()
        self._vanished: dict[int, ModelRow] = {}
        self._taken: set[int] = set()
        self._fresh: list[tuple[Seen, SeenFile, Task]] = []
        self._unreadable = {fault.path for fault in walk.faults if fault.reason}
        self._broken = frozenset(walk.broken)
        self._dangling = {fault.path for fault in walk.faults if not fault.reason}
        self._is_first = not index.roots()  # no scan has ended yet
        self._renumbered = {
            (known[path].device, seen.device)
            for path, seen in walk.seen.items()
            if path in known and known[path].device != seen.device and seen.has_models
        }
        self._emptied = {path for path, seen in walk.seen.items() if self._is_emptied(seen)}

    def run(self, is_full: bool) -> Change:
        """Compare; with `is_full` every known folder that was not seen is looked for, else only those below seen ones."""
        extra = self._file_ways()
        marks: dict[str, list[str]] = {}
        for (path, name), places in extra.items():
            marks.setdefault(path, []).append(f"{name}\0{places}")
        for seen in self._walk.seen.values():
            if seen.path not in self._emptied:
                self._folder(seen, extra, marks.get(seen.path))
        for folder in self._known.values():
            if folder.path not in self._walk.seen:
                self._unseen(folder, is_full)
        for path in self._emptied:
            self._keep(self._known[path], path)
        self._settle()
        return self._change

    def _is_emptied(self, seen: Seen) -> bool:
        """A mount point whose volume is gone looks like an empty folder on another device."""
        known = self._known.get(seen.path)
        if known is None or known.device == seen.device or seen.has_models or seen.children:
            return False
        if (known.device, seen.device) in self._renumbered:  # the same volume under another number, as after a restart
            return False
        has_content = any(not file.name.startswith(_PLACEHOLDERS) for file in seen.others)
        return not has_content and bool(known.models or self._has_below(seen.path))

    def _has_below(self, path: str) -> bool:
        return any(other.startswith(path + os.sep) for other in self._known)

    # folders that were seen

    def _folder(self, seen: Seen, extra: Mapping[tuple[str, str], str | None], marks: list[str] | None) -> None:
        """marks: which of its files are reached in several ways; the folder counts as changed when that changes."""
        signature = signature_of([*marks, seen.signature.hex()]) if marks else seen.signature
        known = self._known.get(seen.path)
        if known is not None and (known.signature, known.mtime_ns, known.device, known.ways) == (
            signature, seen.mtime_ns, seen.device, seen.ways_text,
        ):  # fmt: skip
            return
        if known is not None and known.signature == signature and known.ways == seen.ways_text:
            self._change.folders.append(known._replace(mtime_ns=seen.mtime_ns, device=seen.device))
            return
        if seen.is_as_known and not self._is_filled(seen):
            return
        row = folder_row(self._folder_id(seen.path), seen)._replace(signature=signature)
        self._change.folders.append(row)
        if seen.path in self._begun:
            for task in self._begun[seen.path] if marks else ():
                if places := extra.get((seen.path, task.file.name)):
                    self._change.places[task.id] = places
            return
        old = self._index.models_in(row.id) if known is not None else {}
        for task in tasks_in(seen, row.id):
            places = extra.get((seen.path, task.file.name), "")
            if places is None:
                continue  # the same file is a card elsewhere; this is one more place of it
            before = old.pop(task.file.name, None)
            if before is not None:
                task = task._replace(id=before.row.id, added=before.row.added, places=places, is_new=before.gone is not None)
            elif places:
                task = task._replace(places=places)
            self._model(seen, task, before)
        for gone in old.values():
            path = os.path.join(seen.path, gone.row.file)
            if gone.gone is not None or path in self._unreadable:
                continue
            if path in self._broken and _nearest(os.path.realpath(path), self._walk.seen) is None:
                self._set_away(gone)  # a link into a drive that is not there
            else:
                self._vanished[gone.row.id] = gone

    def _is_filled(self, seen: Seen) -> bool:
        """List the files of a folder that is as known but reached otherwise; False when it went away meanwhile."""
        try:
            self._walk.fill(seen)
        except OSError:
            return False  # the next scan finds it gone or changed
        return True

    def _model(self, seen: Seen, task: Task, before: ModelRow | None) -> None:
        if before is None or (before.gone is not None and not _is_same_content(before, task.file)):
            self._fresh.append((seen, task.file, task))
            return
        is_same = _is_same_content(before, task.file) and before.is_read
        is_placed = before.row.kind == task.kind and before.places == task.places and not before.row.flags & AWAY
        if is_same and is_placed and before.beside == task.beside and before.gone is None:
            return
        self._change.tasks.append(task._replace(facts=self._facts(before) if is_same else None))

    def _facts(self, before: ModelRow) -> Facts | None:
        known = self._index.known(before.row.id)
        return unpack_facts(known.facts) if known is not None and before.is_read else None

    def _file_ways(self) -> dict[tuple[str, str], str | None]:
        """Files reached in several ways: for the shown one its other paths as JSON, for the others None."""
        groups: dict[tuple[int, int] | str, list[tuple[Seen, SeenFile]]] = {}
        for seen in filter(attrgetter("has_aliases"), self._walk.seen.values()):
            for file in seen.models:
                if file.target:
                    groups.setdefault(file.target, []).append((seen, file))
                elif file.links > 1 and file.inode:
                    groups.setdefault((file.device, file.inode), []).append((seen, file))
        targets = [key for key in groups if isinstance(key, str)]
        return _placed(groups, {path: found for path in targets if (found := self._seen_at(path))})

    def _seen_at(self, path: str) -> tuple[Seen, SeenFile] | None:
        """The model at a real path, if the walk came by."""
        folder, name = os.path.split(path)
        seen = self._walk.seen.get(folder)
        if seen is not None and seen.is_as_known:  # the link is new, not the file
            self._is_filled(seen)
        files = seen.models if seen is not None else ()
        return next(((seen, file) for file in files if seen and file.name == name and not file.target), None)

    # folders that were not

    def _unseen(self, folder: FolderRow, is_full: bool) -> None:
        above = _nearest(folder.path, self._walk.seen)
        blocked = _nearest(folder.path, self._unreadable) or (_nearest(folder.path, self._dangling) if above is None else None)
        emptied = _nearest(folder.path, self._emptied)
        if blocked or emptied:
            self._keep(folder, blocked or emptied or "")
            return
        if above is None and not is_full:
            return
        if not is_full and above is not None and not self._is_cut_off(folder.path, above):
            return
        self._change.dropped.append(folder.id)
        for model in self._index.models_in(folder.id).values():
            if model.gone is None:
                self._vanished[model.row.id] = model

    def _is_cut_off(self, path: str, above: str) -> bool:
        """The seen folder above no longer has the child that leads to `path`."""
        child = os.path.join(above, path[len(above) :].lstrip(os.sep).split(os.sep, 1)[0])
        return all(real != child for _, real, _ in self._walk.seen[above].children)

    def _keep(self, folder: FolderRow, prefix: str) -> None:
        self._change.away_prefixes.add(prefix)
        if not folder.signature:
            return
        self._change.away_folders.append(folder.id)
        for model in self._index.models_in(folder.id).values():
            if model.gone is None:
                self._set_away(model)

    def _set_away(self, model: ModelRow) -> None:
        if not model.row.flags & AWAY:
            self._change.away.append(model.row._replace(flags=model.row.flags | AWAY))

    # what was moved

    def _settle(self) -> None:
        """Give each new file the identity of one that vanished, if it is the same one."""
        if self._fresh:
            lost = [*self._index.gone_models(), *self._vanished.values()]
            by_id, by_name = _lookups(lost)
            told = self._told({model.row.id: model for model in lost})
        else:
            by_id, by_name, told = {}, {}, {}
        now = time.time()
        for seen, file, task in self._fresh:
            found = told.get(os.path.join(seen.path, file.name))
            found = found if found is not None and _is_it(found, file) else None
            found = found or (by_id.get((file.file_id, file.size, file.mtime_ns)) if file.inode else None)
            found = found or by_name.get((file.name, file.size, file.mtime_ns))
            if found is not None and found.row.id not in self._taken:
                self._taken.add(found.row.id)
                self._change.moved += self._vanished.pop(found.row.id, None) is not None
                self._note_move(found, os.path.join(seen.path, file.name))
                if self._follow(found, task):
                    continue
                task = task._replace(id=found.row.id, added=found.row.added, facts=self._facts(found), is_new=found.gone is not None)
            else:
                added = max(0.0, min(now, file.mtime_ns / 1e9)) if self._is_first else now
                task = task._replace(id=self._model_id(seen.path, file.name), added=added, is_new=True)
            self._change.tasks.append(task)
        self._change.gone = list(self._vanished)

    def _told(self, lost: Mapping[int, ModelRow]) -> dict[str, ModelRow]:
        """The models that are expected at new paths, because this program brought them there."""
        return {path: lost[id_] for path, id_ in self._index.told().items() if id_ in lost}

    def _follow(self, model: ModelRow, task: Task) -> bool:
        """Let what is known of a moved model stand at its new place; whether that is all there is to do."""
        if model.gone is not None:
            return False
        row = model.row
        moved = _at_place(model, task)
        is_as_known = (row.file, row.kind, model.beside, model.places) == (task.file.name, task.kind, task.beside, task.places)
        if is_as_known and model.is_read and not row.flags & AWAY:
            self._change.followed.append(moved)
            return True
        self._change.left[row.id] = moved._replace(beside=_TO_READ)
        return False

    def _note_move(self, model: ModelRow, path: str) -> None:
        folder = self._index.folder(model.row.folder)
        before = os.path.join(folder.path, model.row.file) if folder is not None else path
        if before != path:
            self._change.moves.append((before, path))


def _at_place(model: ModelRow, task: Task) -> ModelRow:
    """A model with another folder and name; its picture has the name that a preview of it has there."""
    row = model.row
    old, new = stem_of(row.file), stem_of(task.file.name)
    preview = new + row.preview[len(old) :] if row.preview.startswith(old) else row.preview
    row = row._replace(folder=task.folder, file=task.file.name, preview=preview, mtime_ns=task.file.mtime_ns)
    return model._replace(row=row, file_id=task.file.file_id)


def _is_it(model: ModelRow, file: SeenFile) -> bool:
    """Whether a file can be a model that was copied there: some drives keep times to two seconds only."""
    return model.row.size == file.size and abs(model.row.mtime_ns - file.mtime_ns) <= _COARSEST_NS


def _is_same_content(before: ModelRow, file: SeenFile) -> bool:
    return before.row.size == file.size and before.row.mtime_ns == file.mtime_ns


def _nearest(path: str, folders: Collection[str]) -> str | None:
    """The path itself or the nearest folder above it that is in `folders`."""
    if not folders:
        return None
    while path not in folders:
        cut = path.rfind(os.sep)
        parent = path[:cut] if cut > 3 else os.path.dirname(path)  # a slice is quicker, but the top of a drive keeps its separator
        if parent == path:
            return None
        path = parent
    return path


_ById = dict[tuple[str, int, int], ModelRow]


def _lookups(models: Iterable[ModelRow]) -> tuple[_ById, _ById]:
    """Vanished models by (file id, size, time) and by (name, size, time); of two, the one that vanished last."""
    by_id: _ById = {}
    by_name: _ById = {}
    for model in models:
        row = model.row
        if model.file_id:
            by_id[(model.file_id, row.size, row.mtime_ns)] = model
        by_name[(row.file, row.size, row.mtime_ns)] = model
    return by_id, by_name


_Groups = Mapping[tuple[int, int] | str, list[tuple[Seen, SeenFile]]]


def _placed(groups: _Groups, real: Mapping[str, tuple[Seen, SeenFile]]) -> dict[tuple[str, str], str | None]:
    extra: dict[tuple[str, str], str | None] = {}
    places: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    main: dict[tuple[str, str], tuple[str, str]] = {}
    for key, found in sorted(groups.items(), key=lambda group: isinstance(group[0], str)):
        found = sorted(found, key=lambda one: one[0].best_ways[0].is_linked)
        (seen, file), *others = [real[key], *found] if isinstance(key, str) and key in real else found
        shown = main.get((seen.path, file.name), (seen.path, file.name))
        for other, alias in others:
            main[(other.path, alias.name)] = shown
            extra[(other.path, alias.name)] = None
            ways = [(way.kind, way.root, os.path.join(way.path, alias.name)) for way in other.best_ways]
            places.setdefault(shown, []).extend(ways)
    extra.update({shown: json.dumps(ways) for shown, ways in places.items()})
    return extra

"""What takes how much room, as a tree: by folder, by type, by base model, or by when it was used last.

Made by a job of the window from copies of the library in memory; it asks neither disk nor index.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.comfyui.used_names import key_of
from model_manager.core.library.kinds import label
from model_manager.core.library.shelf import Shelf
from model_manager.core.library.shelf_folders import ShelfFolders
from model_manager.core.library.texts import Texts
from model_manager.core.words import tr

FOLDER, KIND, BASE, USE = "folder", "kind", "base", "use"
WAYS: Final = (FOLDER, KIND, BASE, USE)
MOST_CHILDREN = 240  # parts that are shown of one; the smallest are shown as one
DAY = 86_400
LIMITS: Final = (7, 30, 180, 365)  # days: ages that are told apart
Uses = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Columns:
    """Copies of columns of the shelf. A free slot has no file name. used: (kind or "", name as a key) -> when an output used it."""

    folders: ShelfFolders
    ids: Sequence[int]
    files: list[str]
    holders: Sequence[int]
    kinds: Texts
    bases: Texts
    sizes: Sequence[int]
    mtimes: Sequence[int]
    added: Sequence[float]


def columns(shelf: Shelf) -> Columns:
    """Copy them; some ten milliseconds at 100,000 models, on the thread that owns the shelf."""
    return Columns(
        shelf.folders.copy(), shelf.ids[:], shelf.file[:], shelf.folder[:], shelf.kind.copy(), shelf.base.copy(), shelf.size[:],
        shelf.mtime_ns[:], shelf.added[:],
    )  # fmt: skip


@dataclass(slots=True)
class Part:
    """A part of the whole: a folder, a type, one model. query: the search that shows it in the library, "" when there is none.

    slots: models that lie in it directly. id: of the model that it is, -1 when it is something larger. note: more to say of it.
    """

    name: str
    query: str = ""
    size: int = 0
    count: int = 0
    parts: dict[str, "Part"] = field(default_factory=dict)
    slots: list[int] = field(default_factory=list)
    id: int = -1
    note: str = ""

    def part(self, key: str, name: str, query: str = "") -> "Part":
        """The part in it that has this key."""
        found = self.parts.get(key)
        if found is None:
            found = self.parts[key] = Part(name, query)
        return found


@dataclass(frozen=True, slots=True)
class Space:
    """The tree and what is needed to show single models. has_uses: whether anything is known of when models were used."""

    way: str
    top: Part
    columns: Columns
    has_uses: bool = False


def space(taken: Columns, way: str, used: Uses | None = None, now: float | None = None) -> Space:
    """Return the tree for one of WAYS."""
    top = Part(tr("All models"))
    uses = used or {}
    steps = _steps_of(taken, way, uses, time.time() if now is None else now)
    leaves: dict[Key, Part] = {}
    for slot, (file, holder) in enumerate(zip(taken.files, taken.holders, strict=True)):
        if not file:
            continue
        key = steps.key(slot, holder)
        leaf = leaves.get(key)
        if leaf is None:
            leaf = leaves[key] = _grown(top, steps.path(slot, holder))
        leaf.slots.append(slot)
    _sum_up(top, taken.sizes)
    if way == FOLDER:
        _shorten(top)
    return Space(way, top, taken, bool(uses))


Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Steps:
    """How models are put into parts. Both functions get the slot of a model and its folder.

    key: what models of the same part share. path: (key, name, query) of each part from the top down, asked for once for each key.
    """

    key: Callable[[int, int], Key]
    path: Callable[[int, int], list[tuple[str, str, str]]]


def _grown(top: Part, steps: Sequence[tuple[str, str, str]]) -> Part:
    part = top
    for step in steps:
        part = part.part(*step)
    return part


def _sum_up(top: Part, sizes: Sequence[int]) -> None:
    """Count sizes and models from the bottom up."""
    order, waiting = [], [top]
    while waiting:
        part = waiting.pop()
        order.append(part)
        waiting += part.parts.values()
    for part in reversed(order):
        part.size = sum(map(sizes.__getitem__, part.slots)) + sum(one.size for one in part.parts.values())
        part.count = len(part.slots) + sum(one.count for one in part.parts.values())


def _steps_of(taken: Columns, way: str, uses: Uses, now: float) -> _Steps:
    if way == FOLDER:
        tops = _tops(taken.folders)
        return _Steps(lambda slot, holder: (holder,), lambda slot, holder: _folder_steps(taken.folders, holder, tops))
    kinds, bases = taken.kinds.codes, taken.bases.codes
    if way == USE:
        last = _last_uses(taken, uses)
        return _Steps(
            lambda slot, holder: (kinds[slot], *_age(*_moment(taken, slot, last, now))),
            lambda slot, holder: _use_steps(taken, slot, last, now),
        )
    is_kind = way == KIND
    return _Steps(lambda slot, holder: (kinds[slot], bases[slot]), lambda slot, holder: _kind_steps(taken, slot, is_kind))


def _kind_steps(taken: Columns, slot: int, is_kind: bool) -> list[tuple[str, str, str]]:
    """Type, then base model; or the other way round."""
    kind, base = taken.kinds[slot], taken.bases[slot]
    of_kind, of_base = f'type:"{kind}"', f'base:"{base}"' if base else ""
    both = f"{of_kind} {of_base}" if base else ""
    steps = [(kind, label(kind), of_kind), (base, base or tr("Base model not known"), of_base)]
    first, second = steps if is_kind else reversed(steps)
    return [first, (second[0], second[1], both)]


def _use_steps(taken: Columns, slot: int, last: Mapping[int, float], now: float) -> list[tuple[str, str, str]]:
    """When it was used, or how old it is; then its type."""
    limit, is_use = _age(*_moment(taken, slot, last, now))
    kind = taken.kinds[slot]
    return [(f"{limit} {is_use}", _age_words(limit, is_use, bool(last)), ""), (kind, label(kind), "")]


def _moment(taken: Columns, slot: int, last: Mapping[int, float], now: float) -> tuple[float, bool]:
    """How long ago a model was used, or where that is not known, came or was changed; and whether it is the use."""
    used = last.get(slot, 0.0)
    return now - (used or max(taken.added[slot], taken.mtimes[slot] / 1e9)), bool(used)


def _age(seconds: float, is_use: bool) -> tuple[int, bool]:
    """The limit in days below which an age is, 0 for none."""
    return next((days for days in LIMITS if seconds < days * DAY), 0), is_use


def _age_words(limit: int, is_use: bool, is_any_known: bool) -> str:
    """Words for an age. is_any_known: whether uses of others are known, so that there being none of this one says something."""
    if is_use:
        return {
            7: tr("Used in the last week"), 30: tr("Used in the last month"), 180: tr("Used in the last half year"),
            365: tr("Used in the last year"),
        }.get(limit, tr("Not used for a year"))  # fmt: skip
    came = {
        7: tr("New in the last week"), 30: tr("New in the last month"), 180: tr("New in the last half year"),
        365: tr("New in the last year"),
    }.get(limit, tr("Here for more than a year"))  # fmt: skip
    return tr("{age}, no use known", age=came) if is_any_known else came


def _tops(folders: ShelfFolders) -> dict[str, str]:
    """For each root the folder that holds several of them, else the root itself."""
    roots = {folder.ways[0].root for folder in folders.values() if folder.ways}
    held = Counter(os.path.dirname(root) for root in roots)
    return {root: os.path.dirname(root) if held[os.path.dirname(root)] > 1 else root for root in roots}


def _folder_steps(folders: ShelfFolders, id_: int, tops: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The folders from the top of ComfyUI's (or another) tree down to this one."""
    folder = folders.get(id_)
    if folder is None or not folder.ways:
        return []
    way = folder.ways[0]
    top, path = tops.get(way.root, way.root), way.path
    found = [path]
    while path != top and len(path) > len(top):
        path = os.path.dirname(path)
        found.insert(0, path)
    return [(path, _name(path, is_top=not place), f'folder:"{path}"') for place, path in enumerate(found)]


def _name(path: str, is_top: bool) -> str:
    """A folder's name; of a topmost one with that of the folder it is in, as many are called "models"."""
    parent, name = os.path.split(path)
    return os.path.join(os.path.basename(parent), name) if is_top and os.path.basename(parent) else name or path


def _shorten(part: Part) -> None:
    """Let a folder that holds nothing but one other stand with it in one name."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        for key, child in list(one.parts.items()):
            while len(child.parts) == 1 and not child.slots:
                inner = next(iter(child.parts.values()))
                inner.name = os.path.join(child.name, inner.name)
                child = one.parts[key] = inner
            waiting.append(child)


def _last_uses(taken: Columns, used: Uses) -> dict[int, float]:
    """When each model was used last: by its name as ComfyUI spells it, or where no output spells it so, by its file's name alone."""
    if not used:
        return {}
    bases: dict[str, float] = {}
    for (_, key), moment in used.items():
        base = key.rpartition("/")[2]
        bases[base] = max(moment, bases.get(base, 0.0))
    found: dict[int, float] = {}
    prefixes: dict[int, list[tuple[str, str]]] = {}
    for slot, file in enumerate(taken.files):
        base = key_of(file) if file else ""
        if base not in bases:
            continue
        id_ = taken.holders[slot]
        ways = prefixes.get(id_)
        if ways is None:
            folder = taken.folders.get(id_)
            ways = prefixes[id_] = [(way.kind, os.path.relpath(way.path, way.root)) for way in folder.ways] if folder else []
        names = [(kind, key_of(os.path.normpath(os.path.join(below, file)))) for kind, below in ways]
        exact = [used[name] for kind, key in names for name in ((kind, key), ("", key)) if name in used]
        found[slot] = max(exact) if exact else bases[base]
    return found


def shown_parts(whole: Space, part: Part) -> list[Part]:
    """Return what is in a part, the largest first: its parts and the models that lie in it directly; many small ones as one."""
    taken = whole.columns
    found = [one for one in part.parts.values() if one.size > 0]
    slots = sorted((slot for slot in part.slots if taken.sizes[slot] > 0), key=lambda slot: -taken.sizes[slot])
    found += [_model(taken, slot) for slot in slots[:MOST_CHILDREN]]
    found.sort(key=lambda one: -one.size)
    rest = slots[MOST_CHILDREN:]
    cut = found[MOST_CHILDREN:]
    if rest or cut:
        size = sum(taken.sizes[slot] for slot in rest) + sum(one.size for one in cut)
        count = len(rest) + sum(one.count for one in cut)
        found = [*found[:MOST_CHILDREN], Part(tr("{count} smaller ones", count=f"{count:,}"), size=size, count=count)]
        found.sort(key=lambda one: -one.size)
    return found


def _model(taken: Columns, slot: int) -> Part:
    folder = taken.folders[taken.holders[slot]]
    path = os.path.join(folder.ways[0].path if folder.ways else folder.path, taken.files[slot])
    note = " · ".join(filter(None, (label(taken.kinds[slot]), taken.bases[slot])))
    return Part(taken.files[slot], "", taken.sizes[slot], 1, id=taken.ids[slot], note=f"{note}\n{path}")

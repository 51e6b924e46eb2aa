"""Plans for what is selected, and what the sheets want to know before one is asked for: where models can go, whether a name is free.

The plain functions that planning and the orders give to the runner; each looks at the disk as it is then and changes nothing.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_manager.bridge.tasks import Sources
from model_manager.core.errors import FolderFault
from model_manager.core.files.destinations import destinations
from model_manager.core.files.volumes import volume_of
from model_manager.core.hashes.compute import SHA256
from model_manager.core.hashes.finding import known_hashes
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.journal.steps import Plan, Refused
from model_manager.core.library.changes import ways_of
from model_manager.core.library.entry import Root
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import label
from model_manager.core.library.roots import collect
from model_manager.core.release import let_go
from model_manager.core.tidy.away import require_drive
from model_manager.core.tidy.converting import plan_convert
from model_manager.core.tidy.held import LINK, TARGET, plan_delete
from model_manager.core.tidy.moving import plan_copy, plan_move, plan_rename
from model_manager.core.tidy.organising import PLACES as PLACES
from model_manager.core.tidy.organising import Options as Options
from model_manager.core.tidy.organising import plan_organise
from model_manager.core.tidy.organising import problem as problem
from model_manager.core.tidy.shown import place_of, root_names, short
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.tidy.uses import known_uses
from model_manager.core.words import tr

RECENT = 8  # folders that were chosen before
_NOTHING_KNOWN = Path(os.devnull)  # in place of the data folder where notes are not shown


@dataclass(frozen=True, slots=True)
class Spot:
    """A folder models can go to, or the heading above some (path ""). text: its own name; shown: with what is around it, from its root
    on; depth below its root; free: bytes there."""  # fmt: skip

    text: str
    path: str = ""
    shown: str = ""
    kind: str = ""
    depth: int = 0
    free: int = 0
    is_recent: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether it only stands above others."""
        return not self.path


# plans


def deleted(ids: Sequence[int], for_good: bool, with_targets: bool, data: Path, index: Path) -> Plan:
    """Plan to delete models. with_targets: of links also the files they lead to."""
    with ground(index, ids) as (found, refused, roots), known_uses(data) as uses:
        return plan_delete(found, roots, for_good, TARGET if with_targets else LINK, refused, uses)


def into_folder(ids: Sequence[int], folder: str, copies: bool, data: Path, index: Path) -> Plan:
    """Plan to move or copy models into a folder."""
    require_drive(index, folder)
    with ground(index, ids) as (found, refused, roots):
        if copies:
            return plan_copy(found, folder, roots, refused=refused)
        with known_uses(data) as uses:
            return plan_move(found, folder, roots, refused=refused, uses=uses)


def renamed(id_: int, stem: str, data: Path, index: Path) -> Plan:
    """Plan to give a model another name."""
    with ground(index, [id_]) as (found, refused, roots), known_uses(data) as uses:
        if not found:
            return Plan("rename", tr("Rename a model"), refused=tuple(refused))
        return plan_rename(found[0], stem, roots, uses)


def organised(ids: Sequence[int], template: str, options: Options, data: Path, index: Path) -> Plan:
    """Plan to put models into folders by a template."""
    with ground(index, ids) as (found, refused, roots), known_uses(data) as uses:
        return plan_organise(found, template, roots, options, refused, uses)


def converted(ids: Sequence[int], dialects: Collection[str], data: Path, index: Path) -> Plan:
    """Plan to write the sidecars of other programs (of settings.COMPATIBLE) from what is known of models."""
    found, refused = subjects(index, ids)
    with Hashes(data) as hashes:

        def sha256_of(path: str) -> str:
            known = known_hashes(path, hashes)
            return known.hashes.get(SHA256, "") if known.is_sure else ""

        return plan_convert(found, dialects, sha256_of, refused)


@contextmanager
def ground(index: Path, ids: Sequence[int]) -> Iterator[tuple[list[Subject], list[Refused], Mapping[Root, str]]]:
    """What a plan stands on: the models, those that cannot be touched, the roots. The models are let go of behind it."""
    found, refused = subjects(index, ids)
    with Index(index) as opened:
        roots = opened.roots()
    yield found, refused, roots
    let_go(found)


# what the sheets ask


def verdict(index: Path, id_: int, stem: str) -> str:
    """Why a model cannot have a name; "" when it can."""
    try:
        plan = renamed(id_, stem, _NOTHING_KNOWN, index)
    except FolderFault as fault:
        return fault.text
    return next((one.text for one in plan.refused), "")


def weigh(index: Path, ids: Sequence[int]) -> tuple[int, int]:
    """Return (bytes of these models with all beside them, how many of them are links)."""
    found, _ = subjects(index, ids)
    return sum(sum(one.sizes) for one in found), sum(one.is_link for one in found)


def example(index: Path, ids: Sequence[int], template: str, options: Options) -> Plan:
    """What a template comes to for some models. Raises FolderFault when it is not right."""
    return organised(ids, template, options, _NOTHING_KNOWN, index)


def spots(index: Path, sources: Sources, kinds: Collection[str], recent: Sequence[str]) -> list[Spot]:
    """All folders that models can go to: those chosen before, then by category those of these kinds, then all others."""
    with Index(index) as opened:
        known, rows = tuple(opened.roots()), opened.folders()
    free: dict[int, int] = {}
    roots = [one for one in destinations(collect(sources.installs, sources.configs, sources.own, known)) if not one.is_new]
    below: dict[str, set[str]] = {}
    for row in rows:
        for way in ways_of(row):
            below.setdefault(way.root, set()).add(way.path)
    by_kind: dict[str, list[Spot]] = {}
    names = root_names(one.path for one in roots)
    for one in sorted(roots, key=lambda root: root.kind not in kinds):
        root = (one.path, names[one.path])
        by_kind.setdefault(one.kind, []).extend(_branch(one.kind, root, below.get(one.path, ()), _free(one.path, free)))
    found = [Spot(place_of(path, names), path, place_of(path, names), is_recent=True) for path in recent[:RECENT] if os.path.isdir(path)]
    if found:
        found.insert(0, Spot(tr("Recent")))
    for kind, branch in by_kind.items():
        found += [Spot(label(kind)), *branch]
    return found


def _branch(kind: str, top: tuple[str, str], paths: Iterable[str], free: int) -> list[Spot]:
    """A root (path and name) and all known folders below it, each below the one that holds it."""
    root, name = top
    found = {root: Spot(name, root, name, kind, 0, free)}
    for path in paths:
        while path not in found and path.startswith(os.path.join(root, "")):
            found[path] = Spot(os.path.basename(path), path, short(root, path, name), kind, os.path.relpath(path, root).count(os.sep) + 1)
            path = os.path.dirname(path)
    return sorted(found.values(), key=lambda spot: [part.casefold() for part in spot.path.split(os.sep)])


def _free(path: str, known: dict[int, int]) -> int:
    drive, _, free = volume_of(path)
    return known.setdefault(drive, free)

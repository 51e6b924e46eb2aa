"""Plans of what mends findings: to another folder, to another ending, to the model a stray belongs to, to Recently deleted.

Called by bridge through the orders and by the command line. It looks at names; what it plans is shown and done by others. Nothing is
planned over a file that is there.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from model_manager.core.amounts import short_size
from model_manager.core.errors import FolderFault
from model_manager.core.health.records import ATTACH, DELETE, MOVE, REMOVE_FOLDER, RENAME, Item
from model_manager.core.journal import steps
from model_manager.core.journal.steps import Act, Plan, Refused, Step
from model_manager.core.library.entry import Root
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import label
from model_manager.core.library.rows import stem_of
from model_manager.core.paths import inside, long_path
from model_manager.core.tidy.away import require_drive
from model_manager.core.tidy.deleting import Deleting
from model_manager.core.tidy.moving import plan_move
from model_manager.core.tidy.rooms import Room
from model_manager.core.tidy.shown import root_names, short
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.words import tr, trn


def plan_mend(items: Sequence[Item], mend: str, index_path: Path) -> Plan:
    """Return the plan that mends all of `items` that can be mended so. Raises IndexFault."""
    with Index(index_path) as index:
        roots = index.roots()
    chosen = [item for item in items if mend in item.mends]
    makers: dict[str, Callable[[Sequence[Item], Path, Mapping[Root, str]], Plan]] = {
        MOVE: _move, RENAME: _rename, ATTACH: _attach, DELETE: _delete, REMOVE_FOLDER: _remove_folders,
    }  # fmt: skip
    return makers[mend](chosen, index_path, roots)


def _plan(title: str, button: str, acts: Sequence[Act], refused: Sequence[Refused], foot: str = "", **values: object) -> Plan:
    files = sum(1 + act.extra for act in acts)
    chips = [trn("{count} file", "{count} files", files)] if acts else []
    chips += [trn("{count} stays", "{count} stay", len(refused))] if refused else []
    return replace(Plan("mend", title, button, tuple(acts), tuple(refused), tuple(chips), foot), **values)  # type: ignore[arg-type]


# to another folder


def _move(items: Sequence[Item], index_path: Path, roots: Mapping[Root, str]) -> Plan:
    by_folder: defaultdict[str, list[int]] = defaultdict(list)
    refused: list[Refused] = []
    for item in items:
        if folder := folder_for(item.target, item.files[0], roots):
            by_folder[folder].append(item.model)
        else:
            text = tr("There is no folder for {kind} that can be written to.", kind=label(item.target))
            refused.append(Refused(item.name, item.path, text, model=item.model))
    plans = []
    for folder, ids in by_folder.items():
        found, missing = subjects(index_path, ids)
        try:
            require_drive(index_path, folder)
        except FolderFault as fault:
            refused += [Refused(one.file, one.shown, fault.text, model=one.id) for one in found]
            found = []
        plans.append(plan_move(found, folder, roots, refused=missing))
    acts = [act for plan in plans for act in plan.acts]
    refused += [one for plan in plans for one in plan.refused]
    needs: dict[str, int] = {}
    for plan in plans:
        for place, size in plan.needs.items():
            needs[place] = needs.get(place, 0) + size
    title = trn("Move {count} model to its right folder", "Move {count} models to their right folders", len(acts))
    foot = plans[0].foot if plans else ""
    warnings = tuple(dict.fromkeys(text for plan in plans for text in plan.warnings))
    chips = plans[0].chips if len(plans) == 1 else ()
    plan = _plan(title, trn("Move {count} model", "Move {count} models", len(acts)), acts, refused, foot, warnings=warnings, needs=needs)
    return replace(plan, chips=chips or plan.chips)


def folder_for(kind: str, path: str, roots: Mapping[Root, str]) -> str:
    """Return the folder of a category to which the model at `path` should go, "" when none can be written to: on its own drive and by
    today's name if there is such a one, else the first of ComfyUI's order."""  # fmt: skip
    able = [root.path for root in roots if root.kind == kind and os.path.isdir(root.path) and os.access(root.path, os.W_OK | os.X_OK)]
    device = _device(os.path.dirname(path))
    return min(able, key=lambda folder: (_device(folder) != device, os.path.basename(folder) != kind, able.index(folder)), default="")


def _device(folder: str) -> int:
    try:
        return os.stat(long_path(folder)).st_dev
    except OSError:
        return 0


# to another ending


def _rename(items: Sequence[Item], index_path: Path, roots: Mapping[Root, str]) -> Plan:
    targets = {item.model: item.target for item in items}
    found, missing = subjects(index_path, list(targets))
    acts: list[Act] = []
    refused = list(missing)
    rooms: dict[str, Room] = {}
    for one in found:
        room = rooms.setdefault(one.folder, Room(one.folder))
        file = one.stem + targets[one.id]
        if taken := room.there(file):
            refused.append(Refused(one.file, one.shown, tr("{file} is there already.", file=taken), model=one.id))
        else:
            room.claim([file])
            acts.append(_renaming(one, file))
    title = trn("Give {count} model its right ending", "Give {count} models their right endings", len(acts))
    return _plan(title, trn("Rename {count} model", "Rename {count} models", len(acts)), acts, refused, tr("What is beside them stays."))


def _renaming(one: Subject, file: str) -> Act:
    """Give a model another ending. What is named after its stem stays; what bears its whole name is renamed as well."""
    target = os.path.join(one.folder, file)
    marks = dict(zip(one.names, one.marks, strict=True))
    moves = [Step(steps.MOVE, one.real, target, planned=marks.get(one.file))]
    for name in one.own[1:]:
        if name.startswith(f"{one.file}."):
            moved = os.path.join(one.folder, file + name[len(one.file) :])
            moves.append(Step(steps.MOVE, os.path.join(one.folder, name), moved, planned=marks.get(name)))
    before = one.shown
    after = one.shown_at(os.path.join(os.path.dirname(one.path), file))
    return Act(one.name, tuple(moves), one.real, target, before, after, len(moves) - 1, size=one.size, model=one.id)


# to the model it belongs to


def _attach(items: Sequence[Item], index_path: Path, roots: Mapping[Root, str]) -> Plan:
    acts: list[Act] = []
    refused: list[Refused] = []
    rooms: dict[str, Room] = {}
    for item in items:
        folder, file = os.path.split(item.target)
        room = rooms.setdefault(folder, Room(folder))
        names = [stem_of(file) + os.path.basename(path)[len(item.name) :] for path in item.files]
        if taken := next((name for name in names if room.there(name)), ""):
            refused.append(Refused(item.name, item.path, tr("{file} is there already.", file=taken), model=item.model))
            continue
        room.claim(names)
        moves = tuple(Step(steps.MOVE, path, os.path.join(folder, name)) for path, name in zip(item.files, names, strict=True))
        before, after = _short(item.files[0], roots), _short(moves[0].target, roots)
        acts.append(Act(item.name, moves, before=before, after=after, extra=len(moves) - 1, size=item.size, model=item.model))
    title = trn("Put {count} sidecar beside its model", "Put sidecars beside {count} models", len(acts))
    return _plan(title, tr("Put them there"), acts, refused)


# away


def _delete(items: Sequence[Item], index_path: Path, roots: Mapping[Root, str]) -> Plan:
    """Models with all that is theirs, strays as they are; all are held."""
    models = [item.model for item in items if _is_model(item)]
    found, refused = subjects(index_path, models) if models else ([], [])
    strays = [one for item in items if not _is_model(item) and (one := _stray(item, roots)) is not None]
    deleting = Deleting(roots, for_good=False)
    everything = [*found, *strays]
    for one in everything:
        deleting.add(one, everything)
    size = sum(act.size for act in deleting.acts)
    count = len(deleting.acts)
    files = trn("Delete {count} file", "Delete {count} files", count)
    title = files if strays else trn("Delete {count} model", "Delete {count} models", count)
    foot = tr("They can be brought back from Recently deleted.")
    plan = _plan(title, title, deleting.acts, [*refused, *deleting.refused], foot, warnings=tuple(deleting.warnings))
    return replace(plan, chips=(*plan.chips, tr("{size} in Recently deleted", size=short_size(size))))


def _is_model(item: Item) -> bool:
    """Whether a finding is about a model itself, not about what lies somewhere."""
    return bool(item.model) and ATTACH not in item.mends


def _stray(item: Item, roots: Mapping[Root, str]) -> Subject | None:
    """A stray as a subject of its own: nothing beside it goes along but what was found with it."""
    there: list[tuple[str, os.stat_result]] = []
    for path in item.files:
        try:
            there.append((path, os.lstat(long_path(path))))
        except OSError:
            continue
    if not there:
        return None
    first = there[0][0]
    names = tuple(os.path.basename(path) for path, _ in there)
    return Subject(
        0, first, first, "", _root_of(first, roots), item.name, size=there[0][1].st_size, mtime_ns=there[0][1].st_mtime_ns, names=names,
        sizes=tuple(about.st_size for _, about in there), marks=tuple((about.st_size, about.st_mtime_ns) for _, about in there),
    )  # fmt: skip


def _remove_folders(items: Sequence[Item], index_path: Path, roots: Mapping[Root, str]) -> Plan:
    kept = {os.path.realpath(root.path) for root in roots}
    acts: list[Act] = []
    refused: list[Refused] = []
    for item in items:
        if any(inside(path, root) for path in item.files for root in kept):
            refused.append(Refused(item.name, item.path, tr("Models are looked for in it, so it stays.")))
            continue
        removals = tuple(Step(steps.NO_FOLDER, target=path) for path in item.files)
        acts.append(Act(item.name, removals, before=_short(item.path, roots), after=tr("gone"), extra=len(removals) - 1))
    title = trn("Remove {count} empty folder", "Remove {count} empty folders", len(acts))
    return _plan(title, title, acts, refused, tr("Only what is still empty goes."))


def _root_of(path: str, roots: Mapping[Root, str]) -> str:
    return max((root.path for root in roots if inside(os.path.realpath(root.path), path) or inside(root.path, path)), key=len, default="")


def _short(path: str, roots: Mapping[Root, str]) -> str:
    root = _root_of(path, roots)
    return short(root, path, root_names(one.path for one in roots).get(root, ""))

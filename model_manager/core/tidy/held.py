"""Deleting: models go to "Recently deleted", which holds them on their own drive until they are brought back, or emptied into the trash.

Called by the window's jobs and the command line. Plans are done by carrying; only `empty` removes anything itself, and only what is held.
"""

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from model_manager.core.alone import alone
from model_manager.core.amounts import short_size
from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    FOLDER,
    HELD,
    HOLDING,
    MOVE,
    NO_FOLDER,
    WRITE,
    Act,
    Change,
    Outcome,
    Plan,
    Refused,
    Report,
    Step,
)
from model_manager.core.journal.store import LOCK_NAME
from model_manager.core.library.entry import Root
from model_manager.core.library.kinds import TRASH
from model_manager.core.paths import long_path
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.tidy.carrying import carry_out, changes, in_turn, outcomes, take_back
from model_manager.core.tidy.deleting import Deleting
from model_manager.core.tidy.emptying import is_held, let_go, settle
from model_manager.core.tidy.ground import Ground
from model_manager.core.tidy.holding import NOTE, HeldFile, HeldItem, read_note, trash_of
from model_manager.core.tidy.rooms import Room
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.transfers import Uses
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

LINK, TARGET = "link", "target"
_A_DAY: Final = 86_400.0


def plan_delete(
    subjects: Sequence[Subject],
    roots: Mapping[Root, str],
    for_good: bool = False,
    links: str = LINK,
    refused: Sequence[Refused] = (),
    uses: Uses | None = None,
) -> Plan:
    """Return the plan to delete models with all that is theirs: held where it can be brought back, or removed for good.

    links: whether of a link only the link goes (LINK), or its file as well (TARGET). refused: what `subjects` left out. uses: tells how
    many pictures were made with a model.
    """
    deleting = Deleting(roots, for_good, uses)
    for one in subjects:
        deleting.add(one, subjects)
        if one.is_link and links == TARGET:
            deleting.add_target(one, subjects)
    count, acts = len(subjects), deleting.acts
    size = sum(act.size for act in acts)
    stay = len(refused) + len(deleting.refused)
    chips = [trn("{count} model", "{count} models", len(acts)), trn("{count} file in all", "{count} files in all", deleting.files)]
    chips += [trn("{count} stays", "{count} stay", stay)] if stay else []
    chips += [
        tr("{size} become free", size=short_size(size)) if for_good else tr("{size} in Recently deleted", size=short_size(size))
    ]
    if for_good:
        title = trn("Delete {count} model for good", "Delete {count} models for good", count)
    else:
        title = trn("Delete {count} model", "Delete {count} models", count)
    foot = tr("This cannot be undone.") if for_good else tr("They can be brought back from Recently deleted.")
    return Plan(
        "delete", title, title, tuple(acts), (*refused, *deleting.refused), tuple(chips), foot, tuple(deleting.warnings),
        can_undo=not for_good,
    )  # fmt: skip


# what is held


def held(data: Path) -> list[HeldItem]:
    """Return everything that is held, the newest first, as the journal and the notes know it. Raises FileFault."""
    found: list[HeldItem] = []
    before = 0
    while page := changes(data, before=before):
        for change in page:
            if change.kind in HOLDING and change.done:
                found += [item for outcome in outcomes(data, change.id) if (item := _item(change, outcome)) is not None]
        before = page[-1].id
    return found


def _item(change: Change, outcome: Outcome) -> HeldItem | None:
    if outcome.state != ACT_DONE or not outcome.new_path.endswith(HELD):
        return None
    folder = os.path.dirname(outcome.new_path)
    id_ = f"{change.id}.{outcome.number + 1}"
    try:
        item = read_note(folder)
    except OSError:
        item = None
    if item is not None:
        return replace(item, id=id_, change=change.id, act=outcome.number) if is_held(item) else None
    if os.path.isdir(long_path(os.path.dirname(trash_of(folder)))):
        return None  # it was emptied, or brought back by other means
    files = (HeldFile(outcome.new_path, outcome.path, outcome.size),)
    return HeldItem(id_, outcome.name, outcome.path, outcome.size, change.time, files, folder, False, change.id, outcome.number)


def found(roots: Mapping[Root, str], known: Collection[HeldItem] = ()) -> list[HeldItem]:
    """Return what is held beside these roots that `known` does not tell: held before our data folder was lost, or by another computer."""
    folders = {item.folder for item in known}
    tops: dict[str, None] = {}
    for root in roots:
        step = os.path.realpath(root.path)
        while os.path.dirname(step) != step:
            tops[os.path.join(step, TRASH)] = None
            step = os.path.dirname(step)
    items = []
    for folder in (folder for top in tops for token in _folders(top) for folder in _folders(token)):
        with suppress(OSError):
            if folder not in folders and (item := read_note(folder)) is not None and is_held(item):
                items.append(item)
    return sorted(items, key=lambda item: -item.when)


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(long_path(path)) as entries:
            return sorted(os.path.join(path, entry.name) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def expired(data: Path, days: int, now: float | None = None) -> list[HeldItem]:
    """Return what has been held for longer than so many days, as far as its drive is there; none for 0 days, which means for ever."""
    limit = (time.time() if now is None else now) - days * _A_DAY
    return [item for item in held(data) if item.is_there and item.when < limit] if days > 0 else []


# back


def plan_restore(items: Sequence[HeldItem], roots: Mapping[Root, str]) -> Plan:
    """Return the plan to bring held models back; one whose name is taken by now gets another."""
    acts: list[Act] = []
    refused: list[Refused] = []
    rooms: dict[str, Room] = {}
    ground = Ground(roots)
    for item in items:
        if not item.is_there:
            refused.append(Refused(item.name, item.path, tr("It is on a drive that is away.")))
            continue
        folder, gone = os.path.dirname(item.path), gone_words(item)
        left = replace(item, files=tuple(file for file in item.files if os.path.lexists(long_path(file.held))))
        if not left.files:
            refused.append(Refused(item.name, item.path, gone))
        elif left.files[0] == item.files[0]:
            acts.append(_restoring(left, rooms.setdefault(folder, Room(folder)), ground, gone))
        elif all(os.path.lexists(long_path(file.path)) for file in left.files):
            refused.append(Refused(item.name, item.path, tr("The name is taken there."), "warn"))
        else:
            acts.append(_rest(left, ground, gone))
    both = len({act.new_path for act in acts} - {file.path for item in items for file in item.files})
    chips = [
        trn("{count} comes back", "{count} come back", len(acts)),
        *([trn("{count} keeps both", "{count} keep both", both)] if both else []),
    ]
    title = trn("Bring back {count} model", "Bring back {count} models", len(items))
    return Plan("restore", title, title, tuple(acts), tuple(refused), tuple(chips))


def gone_words(item: HeldItem) -> str:
    """Return which files of an item were removed for good before that was cut off, "" when none was."""
    gone = [os.path.basename(file.path) for file in item.files if not os.path.lexists(long_path(file.held))]
    if not gone:
        return ""
    return trn("{names} was removed for good before", "{names} were removed for good before", len(gone), names=", ".join(gone))


def _rest(item: HeldItem, ground: Ground, gone: str) -> Act:
    """What is left of a model that is gone itself goes where it was; what finds its name taken stays."""
    free = [file for file in item.files if not os.path.lexists(long_path(file.path))]
    folder, first = os.path.dirname(item.path), free[0]
    steps = [Step(FOLDER, target=folder), *(Step(MOVE, file.held, file.path) for file in free)]
    if len(free) == len(item.files):
        steps += [Step(WRITE, target=os.path.join(item.folder, NOTE)), Step(NO_FOLDER, target=item.folder)]
    place = ground.place_after(ground.target(folder), os.path.basename(first.path))
    shown = ground.short(place.root, place.path) if place is not None else first.path
    return Act(item.name, tuple(steps), first.held, first.path, tr("Recently deleted"), shown, len(free) - 1, gone, "warn",
               sum(file.size for file in free))  # fmt: skip


def _restoring(item: HeldItem, room: Room, ground: Ground, gone: str) -> Act:
    old = stem_of(os.path.basename(item.path))
    folder = os.path.dirname(item.path)
    rests = [os.path.basename(file.path)[len(old) :] for file in item.files]
    stem = old if not any(room.there(old + rest) for rest in rests) else room.free_stem(old, rests[:1], rests[1:], ())
    room.claim(stem + rest for rest in rests)
    moves = [Step(MOVE, file.held, os.path.join(folder, stem + rest)) for file, rest in zip(item.files, rests, strict=True)]
    steps = (Step(FOLDER, target=folder), *moves, Step(WRITE, target=os.path.join(item.folder, NOTE)), Step(NO_FOLDER, target=item.folder))
    target, file = ground.target(folder), os.path.basename(moves[0].target)
    place = ground.place_after(target, file)
    note = " · ".join(filter(None, ("" if stem == old else tr("name is taken · keeps both"), gone)))
    return Act(
        item.name, steps, item.files[0].held, moves[0].target, tr("Recently deleted"),
        ground.short(place.root, place.path) if place is not None else moves[0].target, len(moves) - 1, note, "warn" if note else "",
        item.size, "", ground.name_after(target, file),
    )  # fmt: skip


def restore(data: Path, items: Sequence[HeldItem], roots: Mapping[Root, str], work: Work) -> list[Report]:
    """Bring held models back to where they were: what the journal knows is undone there, all else, and what finds its name taken, is
    planned anew. Raises as `in_turn`."""  # fmt: skip
    for item in items:
        settle(item)
    undone: dict[int, list[HeldItem]] = {}
    anew: list[HeldItem] = []
    for item in items:
        is_taken = any(os.path.lexists(long_path(file.path)) for file in item.files)
        if item.change and not is_taken and item.is_there and os.path.lexists(long_path(item.files[0].held)):
            undone.setdefault(item.change, []).append(item)
        else:
            anew.append(item)
    runs: list[Callable[[], Report]] = [
        partial(take_back, data, change, work, [item.act for item in some]) for change, some in undone.items()
    ]
    if anew:
        runs.append(lambda: _carried(data, plan_restore(anew, roots), work))
    gone = [words for item in items if item.is_there and is_held(item) and (words := gone_words(item))]
    reports = in_turn(runs)
    if reports and gone:
        reports[-1].note = " ".join(filter(None, (reports[-1].note, *(f"{words}." for words in gone[:3]))))
    return reports


def _carried(data: Path, plan: Plan, work: Work) -> Report:
    """Carry a plan out, with what it refused among what failed."""
    report = Report(0, plan.title) if plan.is_empty else carry_out(data, plan, work)
    for number, one in enumerate(plan.refused, len(plan.acts)):
        report.outcomes.append(Outcome(number, one.name, ACT_FAILED, one.before, path=one.before, text=one.text))
    return report


# gone


@dataclass(slots=True)
class Emptied:
    """What became of items that were to go. failed: with a sentence each. size: bytes that went. is_stopped: the person stopped it."""

    gone: list[HeldItem] = field(default_factory=list)
    failed: list[tuple[HeldItem, str]] = field(default_factory=list)
    is_stopped: bool = False

    @property
    def size(self) -> int:
        """Bytes of what went."""
        return sum(item.size for item in self.gone)


def empty(data: Path, items: Sequence[HeldItem], work: Work, for_good: bool = False) -> Emptied:
    """Put held models into the system's trash, each as a folder with its own name, or remove them for good. Raises Cancelled while it
    waits for another copy of the program."""  # fmt: skip
    emptied = Emptied()
    with alone(data / LOCK_NAME, work):
        for number, item in enumerate(items):
            if work.is_cancelled:
                emptied.is_stopped = True
                break
            work.progress(item.name, number, len(items))
            try:
                let_go(item, for_good)
                emptied.gone.append(item)
            except FileFault as fault:
                emptied.failed.append((item, fault.text))
    return emptied

"""Converts pickles of the library to safetensors, one after the other, and plans the names of the new files and the end of the old ones.

Called by bridge in its writing thread. The new files lie beside the old ones under names that nothing lists until the plan is carried out;
`drop` removes them when it is not.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model_manager.core.amounts import short_size
from model_manager.core.errors import FileFault
from model_manager.core.files.copying import partial_name
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.health.converting import Made, converted
from model_manager.core.journal.steps import ABSENT, MOVE, Act, Plan, Refused, Step
from model_manager.core.library.index import Index
from model_manager.core.paths import long_path
from model_manager.core.tidy.deleting import Deleting
from model_manager.core.tidy.rooms import Room
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

ENDING = ".safetensors"


@dataclass(frozen=True, slots=True)
class Converted:
    """A new file that has no name yet. path: where it lies; subject: the pickle."""

    subject: Subject
    path: str
    made: Made

    @property
    def target(self) -> str:
        """The name it is to have."""
        return os.path.join(self.subject.folder, self.subject.stem + ENDING)


@dataclass(slots=True)
class Conversions:
    """What came of converting: new files, and what was left with the reason."""

    done: list[Converted]
    refused: list[Refused]


def convert_all(index_path: Path, ids: Sequence[int], work: Work) -> Conversions:
    """Convert models one after the other. A stop takes back what was made. Raises IndexFault, Cancelled."""
    found, refused = subjects(index_path, ids)
    result = Conversions([], refused)
    total = sum(one.size for one in found)
    before = 0
    with contextlib.ExitStack() as taken_back:
        taken_back.callback(drop, result.done)
        for one in found:
            work.check()
            _convert(one, result, work, before, total)
            before += one.size
        work.check()
        taken_back.pop_all()
    return result


def _convert(one: Subject, result: Conversions, work: Work, before: int, total: int) -> None:
    def told(done: int, all_: int) -> None:
        work.progress(tr("Converting {file}", file=one.file), before + one.size * done // max(1, all_), total)

    told(0, 1)
    reason = _obstacle(one)
    if not reason:
        target = os.path.join(one.folder, partial_name())
        try:
            result.done.append(Converted(one, target, converted(one.real, target, work, told)))
        except FileFault as fault:
            reason = fault.text
    if reason:
        result.refused.append(Refused(one.file, one.shown, reason, model=one.id))


def _obstacle(one: Subject) -> str:
    if one.is_link:
        return tr("It is a link. Convert the file that it leads to.")
    if os.path.lexists(long_path(os.path.join(one.folder, one.stem + ENDING))):
        return tr("{file} is there already.", file=one.stem + ENDING)
    if volume_of(one.folder)[2] < one.size + RESERVE:
        return tr("There is no room for it on this drive.")
    return ""


def drop(some: Iterable[Converted]) -> None:
    """Remove new files that got no name."""
    for one in some:
        with contextlib.suppress(OSError):
            os.unlink(long_path(one.path))


def plan_names(result: Conversions, index_path: Path) -> Plan:
    """Return the plan that gives the new files their names beside the old ones."""
    acts: list[Act] = []
    refused = list(result.refused)
    rooms: dict[str, Room] = {}
    for one in result.done:
        subject = one.subject
        room = rooms.setdefault(subject.folder, Room(subject.folder))
        name = os.path.basename(one.target)
        if room.there(name):
            refused.append(Refused(subject.file, subject.shown, tr("{file} is there already.", file=name)))
            drop([one])
            continue
        room.claim([name])
        acts.append(_naming(one))
    size = sum(act.size for act in acts)
    count = len(acts)
    chips = [trn("{count} converted and compared", "{count} converted and compared", count), short_size(size)]
    chips += [trn("{count} stays", "{count} stay", len(refused))] if refused else []
    title = trn("Convert {count} model to safetensors", "Convert {count} models to safetensors", count)
    button = trn("Keep {count} new file", "Keep {count} new files", count)
    return Plan("mend", title, button, tuple(acts), tuple(refused), tuple(chips), tr("The old files stay as they are."))


def _naming(one: Converted) -> Act:
    subject, target = one.subject, one.target
    shown = os.path.join(os.path.dirname(subject.path), os.path.basename(target))
    note = tr("without {names}", names=", ".join(one.made.left[:5])) if one.made.left else ""
    step = Step(MOVE, one.path, target, planned=_mark(one.path))
    after, before = subject.shown_at(shown), subject.shown
    return Act(subject.name, (step,), "", target, before, after, note=note, tone="info" if note else "", size=one.made.size)


def _mark(path: str) -> tuple[int, int]:
    try:
        about = os.lstat(long_path(path))
    except OSError:
        return ABSENT
    return about.st_size, about.st_mtime_ns


def plan_old(some: Sequence[Converted], index_path: Path) -> Plan:
    """Return the plan that puts the old files into Recently deleted; what is beside them stays for the new ones."""
    with Index(index_path) as index:
        deleting = Deleting(index.roots(), for_good=False)
    there = [one.subject for one in some if os.path.isfile(long_path(one.target))]
    alone = [replace(one, names=one.names[:1], sizes=one.sizes[:1], marks=one.marks[:1], shares=(), shared=()) for one in there]
    for one in alone:
        deleting.add(one, alone)
    title = trn("Delete {count} old file", "Delete {count} old files", len(deleting.acts))
    size = sum(act.size for act in deleting.acts)
    chips = (tr("{size} in Recently deleted", size=short_size(size)),)
    foot = tr("They can be brought back from Recently deleted.")
    return Plan("delete", title, title, tuple(deleting.acts), tuple(deleting.refused), chips, foot)

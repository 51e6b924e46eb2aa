"""The plain functions that orders give to the runner: they plan, carry out, undo and look into the history, in a worker.

Each gets the data folder. They are the only ones of the window that open the journal.
"""

import csv
import io
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from model_manager.bridge.order_words import Make, Room
from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.files.volumes import volume_of
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, FOLDER, NO_FOLDER, Change, Outcome, Plan, Report, Step
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import TRASH, is_in_trash
from model_manager.core.paths import replace_file
from model_manager.core.tidy import carrying, held, past
from model_manager.core.tidy.editing import plan_notes
from model_manager.core.tidy.holding import HeldItem
from model_manager.core.words import tr
from model_manager.core.work import Work

Concern = Callable[[frozenset[str]], None]


def carry_out(data: Path, plan: Plan, work: Work, concern: Concern) -> Report:
    """Do what a plan says; `concern` hears first in which folders. Raises FileFault when nothing could be begun."""
    concern(folders_of(step for act in plan.acts for step in act.steps))
    return _whole(lambda: carrying.carry_out(data, plan, work), Report(0, plan.title))


def take_back(data: Path, change: int, acts: Collection[int] | None, work: Work, concern: Concern) -> Report:
    """Undo a change, or some of its acts by number."""
    concern(_folders_of_change(data, change, acts))
    return _whole(lambda: past.take_back(data, change, work, acts), Report(change, _title(data, change)))


def finish(data: Path, change: int, work: Work, concern: Concern) -> Report:
    """Do what a kill left undone of a change."""
    concern(_folders_of_change(data, change, None))
    return _whole(lambda: carrying.finish(data, change, work), Report(change, _title(data, change)))


def roll_back(data: Path, change: int, work: Work, concern: Concern) -> Report:
    """Take back what a killed change has done."""
    concern(_folders_of_change(data, change, None))
    return _whole(lambda: carrying.roll_back(data, change, work), Report(change, _title(data, change)))


def restore(data: Path, items: Sequence[HeldItem], index: Path, work: Work, concern: Concern) -> Report:
    """Bring held models back to where they were; one report for all of them."""
    concern(frozenset(os.path.dirname(file.path) for item in items for file in item.files))
    with Index(index) as opened:
        roots = opened.roots()
    return _whole(lambda: _merged(held.restore(data, items, roots, work)), Report(0, ""))


def empty(data: Path, items: Sequence[HeldItem], for_good: bool, work: Work, concern: Concern) -> Report:
    """Put held models into the system's trash, or remove them for good. Neither is a change that the history knows."""
    return _whole(lambda: _emptied(held.empty(data, items, work, for_good)), Report(0, ""))


def _emptied(emptied: held.Emptied) -> Report:
    outcomes = [Outcome(number, item.name, ACT_DONE, item.path, size=item.size) for number, item in enumerate(emptied.gone)]
    outcomes += [Outcome(number, item.name, ACT_FAILED, item.path, text=text) for number, (item, text) in enumerate(emptied.failed)]
    return Report(0, "", outcomes, is_stopped=emptied.is_stopped)


def write_notes(data: Path, path: str, name: str, body: str, expected: str) -> Report:
    """Make a text the notes of the model at this real path, as a change of its own. Raises FileFault; all is as it was then."""
    plan = plan_notes(path, name, body, expected)
    report = carrying.carry_out(data, plan, Work()) if not plan.is_empty else Report(0, plan.title)
    for one in report.outcomes:
        if one.state == ACT_FAILED:
            raise FileFault(one.text)
    return report


def newest(data: Path) -> Change | None:
    """The newest change that can be undone."""
    return next((change for change in past.changes(data) if change.can_undo and not change.is_interrupted), None)


def interrupted(data: Path) -> list[Change]:
    """What a crash or kill left half done."""
    return carrying.interrupted(data)


def plan(make: Make, data: Path, index: Path) -> Plan:
    """Have a plan made."""
    return make(data, index)


def rooms(plan: Plan) -> list[Room]:
    """What is free on each drive that something is copied to."""
    by_drive: dict[int, Room] = {}
    for folder, wanted in plan.needs.items():
        drive, place, free = volume_of(folder)
        before = by_drive.get(drive)
        by_drive[drive] = Room(place, wanted + (before.wanted if before is not None else 0), free)
    return list(by_drive.values())


def save_list(plan: Plan, path: str) -> None:
    """Write a plan into a file: as CSV when its name ends so, else as text. Raises FileFault."""
    lines = [(one.name, one.before, one.after, one.note, one.comfy_before, one.comfy_after) for one in plan.acts]
    lines += [(one.name, one.before, "", one.text, "", "") for one in plan.refused]
    if path.lower().endswith(".csv"):
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((tr("Model"), tr("Now"), tr("Afterwards"), tr("Note"), tr("ComfyUI's name now"), tr("ComfyUI's name afterwards")))
        writer.writerows(lines)
        replace_file(Path(path), text.getvalue().encode("utf-8-sig", "surrogateescape"))  # the mark is for Excel
        return
    rows = [plan.title, ""]
    for _, before, after, note, *_ in lines:
        rows.append("".join((before, f" → {after}" if after else "", f"   ({note})" if note else "")))
    replace_file(Path(path), ("\n".join(rows) + "\n").encode("utf-8", "surrogateescape"))


def folders_of(steps: Iterable[Step]) -> frozenset[str]:
    """The folders in which the watcher will see something: those of all files, and the one around a folder that comes or goes.

    Of those where deleted models are held (each has its own) only the one around them all.
    """
    found = set[str]()
    for step in steps:
        if step.sort in (FOLDER, NO_FOLDER):
            found.add(step.target)
        found.update(os.path.dirname(path) for path in (step.source, step.target) if path)
    return _watched(found)


def _watched(folders: Iterable[str]) -> frozenset[str]:
    return frozenset(folder[: folder.index(os.sep + TRASH)] if is_in_trash(folder) else folder for folder in folders)


def _folders_of_change(data: Path, change: int, acts: Collection[int] | None) -> frozenset[str]:
    """As `folders_of`, of what was done before; folders made then may go now, so those around are among them."""
    found = set[str]()
    for one in past.outcomes(data, change):
        if acts is None or one.number in acts:
            found.update(os.path.dirname(path) for path in (one.path, one.new_path) if path)
    found = set(_watched(found))
    return frozenset(found | {os.path.dirname(folder) for folder in found})


def _whole(run: Callable[[], Report], nothing: Report) -> Report:
    """The report; also when it was stopped before anything was done."""
    try:
        return run()
    except Cancelled:
        nothing.is_stopped = True
        return nothing


def _title(data: Path, change: int) -> str:
    found = past.change(data, change)
    return "" if found is None else found.title


def _merged(reports: Sequence[Report]) -> Report:
    """One report for changes that were done one after the other; the last one counts as the change."""
    merged = Report(reports[-1].change, reports[0].title) if reports else Report(0, "")
    for one in reports:
        merged.outcomes += one.outcomes
        merged.folders |= one.folders
        merged.moves += one.moves
        merged.is_stopped |= one.is_stopped
    merged.note = " ".join(dict.fromkeys(one.note for one in reports if one.note))
    return merged

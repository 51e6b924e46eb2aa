"""Changes of previews as entries of the history: runs over many, and pictures that a person set or brought back.

Called by past. Each is a run of `preview_runs`, whose number below 0 is its id; what it replaced is in the history of each model.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from model_manager.core.errors import FileFault, IndexFault
from model_manager.core.journal import steps
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, ACT_WAITS, Change, Outcome, Report
from model_manager.core.library.index import Index
from model_manager.core.library.index_place import FILE_NAME as INDEX
from model_manager.core.tasks.preview_runs import DONE, FAILED, FILE_NAME, UNDONE, WAITS, Entry, Runs
from model_manager.core.tasks.previewing import each_taken_back
from model_manager.core.tidy.shown import place_of, root_names
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

_STATES = {DONE: ACT_DONE, FAILED: ACT_FAILED, UNDONE: ACT_UNDONE, WAITS: ACT_WAITS}


def changes(data: Path) -> list[Change]:
    """Return all entries, newest first. Raises FileFault."""
    if not (data / FILE_NAME).is_file():
        return []
    with _runs(data) as runs:
        return [_change(entry) for entry in runs.entries()]


def change(data: Path, id_: int) -> Change | None:
    """Return one entry. Raises FileFault."""
    with _runs(data) as runs:
        return next((_change(entry) for entry in runs.entries(-id_)), None)


def outcomes(data: Path, id_: int) -> list[Outcome]:
    """Return what became of each model, in order. Raises FileFault."""
    with _runs(data) as runs:
        items = [item for entry in runs.entries(-id_) for item in runs.items(entry.name)]
    try:
        with Index(data / INDEX) as index:
            names = root_names(root.path for root in index.roots())
    except IndexFault as fault:
        raise FileFault(fault.text) from fault
    return [Outcome(one.place, one.name, _STATES[one.state], place_of(one.path, names), path=one.path, text=one.text) for one in items]


def take_back(data: Path, id_: int, work: Work, acts: Collection[int] | None, elsewhere: Callable[[str, float], Iterable[str]]) -> Report:
    """Bring back the pictures that were there before, of all models or of those with these numbers. Raises FileFault.

    elsewhere: gives other paths a model may have now, from the one it had and when (epoch seconds).
    """
    with _runs(data) as runs:
        entry = next(iter(runs.entries(-id_)), None)
        if entry is None:
            raise FileFault(tr("This change is not in the history any more."))
        items = {item.model: item for item in runs.items(entry.name)}
        report = Report(id_, _change(entry).title)
        wanted = {model for model, item in items.items() if acts is None or item.place in acts}
        for one in each_taken_back(data, data / INDEX, entry.name, work, wanted, lambda path: elsewhere(path, entry.time)):
            item = items[one.model]
            state = ACT_FAILED if one.fault else ACT_UNDONE
            report.outcomes.append(Outcome(item.place, item.name, state, one.path, path=one.path, text=one.fault))
            report.folders.add(os.path.realpath(os.path.dirname(one.path)))
    report.is_stopped = work.is_cancelled
    return report


@contextmanager
def _runs(data: Path) -> Iterator[Runs]:
    try:
        with Runs(data) as runs:
            yield runs
    except IndexFault as fault:
        raise FileFault(fault.text) from fault


def _change(entry: Entry) -> Change:
    done, failed, undone = (entry.counts.get(state, 0) for state in (DONE, FAILED, UNDONE))
    acts = sum(entry.counts.values())
    of_many = trn("Preview for {count} model", "Previews for {count} models", acts)
    title = tr("Preview for {name}", name=entry.only) if entry.only else of_many
    state = steps.UNDONE if undone and not done else steps.DONE
    return Change(-entry.number, "preview", title, entry.time, state, acts, done, failed, undone, can_undo=done > 0)

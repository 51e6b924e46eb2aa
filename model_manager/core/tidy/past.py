"""The history as people see it, one list: changes of files, which the journal knows, and of previews, which have a history of their own.

Called by bridge and the command line for whatever shows or undoes what was done. Changes of previews have ids below 0.
"""

from collections.abc import Collection, Iterator
from heapq import merge
from pathlib import Path

from model_manager.core.journal.steps import Change, Outcome, Report
from model_manager.core.tidy import carrying, preview_changes
from model_manager.core.work import Work


def changes(data: Path) -> Iterator[Change]:
    """Give all entries, newest first, reading them in pages as they are wanted. Raises FileFault."""
    yield from merge(carrying.every_change(data), preview_changes.changes(data), key=lambda change: -change.time)


def change(data: Path, id_: int) -> Change | None:
    """Return one entry. Raises FileFault."""
    return preview_changes.change(data, id_) if id_ < 0 else carrying.change(data, id_)


def outcomes(data: Path, id_: int) -> list[Outcome]:
    """Return what became of each act of a change, in order. Raises FileFault."""
    return preview_changes.outcomes(data, id_) if id_ < 0 else carrying.outcomes(data, id_)


def take_back(data: Path, id_: int, work: Work, acts: Collection[int] | None = None) -> Report:
    """Undo a change, or only the acts with these numbers; raises as `carrying.take_back`."""
    back = preview_changes.take_back if id_ < 0 else carrying.take_back
    return back(data, id_, work, acts)

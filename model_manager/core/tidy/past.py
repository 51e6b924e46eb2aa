"""The history as people see it, one list: changes of files, which the journal knows, and of previews, which have a history of their own.

Called by bridge and the command line for whatever shows or undoes what was done. Changes of previews have ids below 0.
"""

import os
from collections.abc import Collection, Iterator
from functools import partial
from heapq import merge
from itertools import takewhile
from pathlib import Path

from model_manager.core.journal.steps import ACT_DONE, Change, Outcome, Report
from model_manager.core.paths import path_key
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
    if id_ < 0:
        return preview_changes.take_back(data, id_, work, acts, partial(_moved, data))
    return carrying.take_back(data, id_, work, acts)


def _moved(data: Path, path: str, time: float) -> Iterator[str]:
    """Give the path to which the journal moved a model since then, if it did."""
    now = first = _key(path)
    newer = takewhile(lambda change: change.time >= time, carrying.every_change(data))
    for change in reversed(list(newer)):
        for one in carrying.outcomes(data, change.id):
            if one.state == ACT_DONE and one.new_path and _key(one.path) == now:
                path, now = one.new_path, _key(one.new_path)
    if now != first:
        yield path


def _key(path: str) -> str:
    folder, name = os.path.split(path)
    return path_key(os.path.join(os.path.realpath(folder), name))

"""What is done for the page of updates in workers: reading what was found, and what is ignored; ignoring and taking that back.

Called by `updates` in the read and the write pool. No network: looking is a task of its own.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record
from model_manager.core.online.records import Update
from model_manager.core.online.updates import FILE, MODEL, VERSION, Updates, found, ignore, ignored, to_tell
from model_manager.core.sidecars.suffixes import INFO
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.tasks.lists import NewTask


class Listed(NamedTuple):
    """What there is to show. ids: path of a model -> its id in the library, for those that are in it."""

    updates: tuple[Update, ...]
    ids: dict[str, int]


class Unwanted(NamedTuple):
    """A model of which a person does not want to hear. marks: what is ignored, as (sort, id)."""

    id: int
    path: str
    name: str
    marks: tuple[tuple[str, int], ...]


def listed(folder: Path, index: Path) -> Listed:
    """Return the updates to be shown. Raises IndexFault."""
    updates = tuple(found(folder))
    ids: dict[str, int] = {}
    with Index(index) as opened:
        for update in updates:
            beside, name = os.path.split(update.path)
            id_ = opened.id_at(os.path.realpath(beside), name)
            if id_ is not None:
                ids[update.path] = id_
    return Listed(updates, ids)


def unwanted(index: Path, work: Work) -> tuple[Unwanted, ...]:
    """Return all models with something ignored; it stands in their sidecars. Raises IndexFault, Cancelled."""
    rows = []
    with Index(index) as opened:
        for id_, _, _ in opened.site_ids():
            work.check()
            record = read_record(opened, id_)
            if record is None or not any(name.lower().endswith(INFO) for name in record.sidecars):
                continue
            kept = ignored(record.path)
            marks = [(FILE, 0)] if kept.is_file else []
            marks += [(MODEL, one) for one in sorted(kept.models)] + [(VERSION, one) for one in sorted(kept.versions)]
            if marks:
                rows.append(Unwanted(id_, record.path, record.details.name or record.name, tuple(marks)))
    return tuple(sorted(rows, key=lambda row: row.name.casefold()))


def ignore_all(updates: Sequence[Update], what: str) -> None:
    """Ignore the file, the version or the model of each. Raises BadSidecar or FileFault at the first that cannot be written."""
    for update in updates:
        ignore(update.path, what, {VERSION: int(update.version.id), MODEL: update.model_id}.get(what, 0))


def take_back(rows: Sequence[Unwanted]) -> None:
    """Ignore nothing of these models any more. Raises BadSidecar or FileFault."""
    for row in rows:
        for what, id_ in row.marks:
            ignore(row.path, what, id_, is_ignored=False)


def tell(folder: Path, updates: Sequence[Update]) -> None:
    """Remember that the person has seen these. Raises IndexFault."""
    with Updates(folder) as kept:
        kept.tell(to_tell(updates))


def look_task(folder: Path) -> "NewTask":
    """Return the task that looks for updates of the whole library."""
    from model_manager.core.tasks.updates import updates_task  # loaded on first need

    return updates_task(folder)

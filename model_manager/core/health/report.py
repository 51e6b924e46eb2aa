"""The report of everything that needs attention: what the index tells at once, and what the last look through the folders found.

Called by bridge in workers and by the command line. The look is kept in `health.json` in the data folder, with its date and the grades of
pickles by size and time, so that none is graded twice. It can all be made again.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.health import known
from model_manager.core.health.grading import grade
from model_manager.core.health.records import (
    CONVERT,
    DELETE,
    PICKLES,
    SAFE,
    SORTS,
    UNSAFE,
    Grade,
    Import,
    Item,
    Report,
    Section,
)
from model_manager.core.health.strays import strays
from model_manager.core.health.surroundings import Look
from model_manager.core.health.words import grade_text
from model_manager.core.library.changes import ways_of
from model_manager.core.library.index import Index
from model_manager.core.library.rows import AWAY, Row
from model_manager.core.online.partials import read_record
from model_manager.core.paths import long_path, replace_file
from model_manager.core.tasks.downloads import FOLDER as DOWNLOADS
from model_manager.core.words import tr
from model_manager.core.work import Work

FILE_NAME: Final = "health.json"
_VERSION: Final = 2
_PICKLED: Final = (".ckpt", ".pt", ".pt2", ".bin", ".pth", ".pkl")

Grades = dict[str, tuple[int, int, Grade]]  # real path -> size and mtime_ns then, and the grade


def report(data: Path, index_path: Path) -> Report:
    """Return what is known now, without a look through the folders: what they no longer hold is left out. Raises IndexFault."""
    looked, items, grades, unread = _load(data)
    with Index(index_path) as index:
        found = {section.sort: section for section in known.sections(index)}
        items = [item for item in items if os.path.lexists(long_path(item.files[0]))]
        items += _graded(index, grades)
    by_sort: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_sort[item.sort].append(item)
    for sort, some in by_sort.items():
        ids = tuple(item.model for item in some if item.model)
        found[sort] = Section(sort, tuple(some), len(some), sum(item.size for item in some), ids)
    return Report(tuple(found[sort] for sort in SORTS if sort in found), looked, unread)


def look(data: Path, index_path: Path, work: Work) -> None:
    """Look through the folders and grade the pickles, and keep what is found. Raises IndexFault, FileFault, Cancelled: what was found
    before stays then, and the grades made so far are kept."""  # fmt: skip
    _, before, grades, unread = _load(data)
    with Index(index_path) as index:
        walk = Look(index.roots(), _owned(data), work)
        walk.walk()
        items = walk.items + strays(index, data, walk.folders, work)
        try:
            grades = _grade_all(index, grades, work)
        except Cancelled:
            _save(data, _load(data)[0], before, grades, unread)
            raise
    _save(data, time.time(), items, grades, walk.unread)


def _owned(data: Path) -> set[str]:
    """The partials that tasks of ours still fill."""
    paths = (read_record(record).get("path") for record in (data / DOWNLOADS).glob("*.json"))
    return {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in paths if isinstance(path, str)}


# pickles


def _grade_all(index: Index, grades: Grades, work: Work) -> Grades:
    """Grade what was not graded as it is now; `grades` grows meanwhile, so that a stop costs nothing."""
    folders = {folder.id: folder.path for folder in index.folders()}
    rows = [(row.size, row.mtime_ns, folders[row.folder], row.file) for row in index.rows() if _is_pickle(row) and row.folder in folders]
    kept: Grades = {}
    for number, (size, mtime_ns, folder, file) in enumerate(rows):
        work.check()
        work.progress(tr("Checking {file}", file=file), number, len(rows))
        path = os.path.join(folder, file)
        if grades.get(path, (0, 0))[:2] != (size, mtime_ns):
            grades[path] = (size, mtime_ns, grade(path))
        kept[path] = grades[path]
    return kept


def _is_pickle(row: Row) -> bool:
    return not row.flags & AWAY and (row.file.lower().endswith(_PICKLED) or row.problem == "wrong_extension")


def _graded(index: Index, grades: Grades) -> list[Item]:
    if not grades:
        return []
    folders = {folder.id: folder for folder in index.folders()}
    found = []
    for row in index.rows():
        if not _is_pickle(row) or row.folder not in folders:
            continue
        folder = folders[row.folder]
        real = os.path.join(folder.path, row.file)
        size, mtime_ns, told = grades.get(real, (0, 0, Grade("")))
        if told.level and (size, mtime_ns) == (row.size, row.mtime_ns):
            ways = ways_of(folder)
            shown = os.path.join(ways[0].path if ways else folder.path, row.file)
            found.append(_item(row, shown, real, told))
    return found


def _item(row: Row, shown: str, real: str, told: Grade) -> Item:
    is_convertible = all(one.level == SAFE for one in told.imports)
    mends = (CONVERT,) if told.level == SAFE else (CONVERT, DELETE) if is_convertible else (DELETE,)
    sort = PICKLES if told.level == SAFE else UNSAFE
    return Item(sort, row.file, shown, grade_text(told), (real,), row.size, row.id, mends, "", told.level, told.imports)


# kept


def _load(data: Path) -> tuple[float, list[Item], Grades, int]:
    """What the last look found; nothing when there was none, or when its file cannot be read."""
    try:
        kept = json.loads((data / FILE_NAME).read_bytes())
        if kept["version"] != _VERSION:
            return 0.0, [], {}, 0
        items = [_read_item(one) for one in kept["items"]]
        grades = {path: (one[0], one[1], _read_grade(one[2])) for path, one in kept["grades"].items()}
        return float(kept["looked"]), items, grades, int(kept["unread"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return 0.0, [], {}, 0


def _save(data: Path, looked: float, items: list[Item], grades: Grades, unread: int) -> None:
    """Raises FileFault."""
    kept = {
        "version": _VERSION, "looked": looked, "unread": unread, "items": [asdict(item) for item in items],
        "grades": {path: (size, mtime_ns, asdict(told)) for path, (size, mtime_ns, told) in grades.items()},
    }  # fmt: skip
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise FileFault(tr("The data folder {folder} cannot be used.", folder=data)) from fault
    replace_file(data / FILE_NAME, json.dumps(kept).encode("ascii"))


def _read_item(values: Mapping[str, Any]) -> Item:
    item = Item(**values)
    return replace(item, files=tuple(item.files), mends=tuple(item.mends), imports=tuple(Import(**one) for one in values["imports"]))


def _read_grade(values: Mapping[str, Any]) -> Grade:
    return Grade(values["level"], tuple(Import(**one) for one in values["imports"]), tuple(values["doubts"]))

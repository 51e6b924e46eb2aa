"""Turns one listed model file and the files beside it into rows for the index.

Called by the scanner for what is new or has changed; facts are read only when size or time of the model differ. It never raises for
a bad file: what is wrong becomes the row's problem.
"""

import os

from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Details, Facts
from model_manager.core.library.index import KnownRow, ModelRow
from model_manager.core.library.order import natural_key
from model_manager.core.library.packing import pack
from model_manager.core.library.rows import ADULT, FAVOURITE, HAS_NOTES, Row, search_text, stem_of
from model_manager.core.library.tasks import Plain, Task
from model_manager.core.previews.find import preview_sort
from model_manager.core.sidecars.merge import read_details

Read = tuple[ModelRow, KnownRow]


def plain_read(read: Read) -> Plain:
    """What was read as nothing but plain tuples, texts and numbers, to be sent to another process."""
    model, known = read
    return (tuple(model.row), *model[1:]), tuple(known)


def read_of(plain: Plain) -> Read:
    """The rows that were sent."""
    model, known = plain
    return ModelRow(Row._make(model[0]), *model[1:]), KnownRow._make(known)


def read_model(task: Task) -> Read:
    """Read what `task` asks for and return the rows to keep."""
    file, family = task.file, task.family
    path = os.path.join(task.folder_path, file.name)
    facts = task.facts or read_facts(path, file.size)
    details = read_details(task.folder_path, file.name, family, facts)
    row = _row(task, facts, details)
    known = KnownRow(task.id, pack(facts), pack(details), "/".join(family.sidecars), "/".join(family.previews))
    # a drive that went away in the middle must not leave its verdict behind, nor what its missing sidecars do not say
    is_read = facts.verdict != "unreadable" and (task.facts is None or os.path.exists(path))
    return ModelRow(row, task.beside, file.file_id, int(is_read), task.places, None), known


def _row(task: Task, facts: Facts, details: Details) -> Row:
    file = task.file
    stem = stem_of(file.name)
    title = details.name if details.name and details.name != stem else ""
    flags = FAVOURITE * details.favourite | HAS_NOTES * bool(details.notes) | ADULT * details.adult
    name, sort, mtime_ns, size = _picture(task, facts)
    return Row(
        task.id, task.folder, file.name, clean(title), task.kind, clean(details.base_model or facts.base_model), facts.architecture,
        file.size, file.mtime_ns, task.added, flags, _problem(task, facts, details), name, sort, mtime_ns, size,
        clean("\n".join(details.tags)), clean(natural_key(title or stem)), clean(search_text(file.name, title, facts, details)),
        details.rating, details.colour, clean("\n".join(details.collections)), clean(details.category), clean(details.group),
    )  # fmt: skip


def _problem(task: Task, facts: Facts, details: Details) -> str:
    verdict, _ = judge(facts, task.file.name, task.kind)
    if verdict != "ok":
        return verdict
    return details.problems[0].code if details.problems else ""


def _picture(task: Task, facts: Facts) -> tuple[str, str, int, int]:
    """Name, sort, time and size of the first preview: beside the model, else inside it."""
    if task.family.previews:
        name = task.family.previews[0]
        return name, preview_sort(name), *task.picture
    return ("", "embedded", task.file.mtime_ns, task.file.size) if facts.covers > 0 else ("", "", 0, 0)


def clean(text: str) -> str:
    """Replace lone surrogates, which headers and sidecars may hold and no database takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")

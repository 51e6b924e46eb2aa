"""Turns one listed model file and the files beside it into rows for the index.

Called by the scanner for what is new or has changed; facts are read only when size or time of the model differ. It never raises for
a bad file: what is wrong becomes the row's problem.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Details, Facts, Family, Preview
from model_manager.core.library.index import KnownRow, ModelRow
from model_manager.core.library.order import natural_key
from model_manager.core.library.packing import pack
from model_manager.core.library.rows import ADULT, FAVOURITE, HAS_NOTES, Row, search_text, stem_of
from model_manager.core.library.walk import SeenFile
from model_manager.core.previews.find import previews_of
from model_manager.core.sidecars.merge import read_details


@dataclass(frozen=True, slots=True)
class Task:
    """One model to look at. facts: those of an unchanged file, None to read them. places: extra paths as JSON."""

    id: int
    folder: int
    folder_path: str
    kind: str
    file: SeenFile
    added: float
    family: Family
    beside: int
    places: str
    facts: Facts | None
    is_new: bool


def beside_signature(family: Family, files: Mapping[str, SeenFile]) -> int:
    """A number that changes when a sidecar or preview of the model does; 0 for a model without any."""
    if not family.sidecars and not family.previews:
        return 0
    signature = 1
    for name in (*family.sidecars, *family.previews):
        one = files.get(name)
        if one is not None:
            signature = crc32(f"{name}\0{one.size}\0{one.mtime_ns}".encode("utf-8", "surrogatepass"), signature)
    return signature


def read_model(task: Task, files: Mapping[str, SeenFile]) -> tuple[ModelRow, KnownRow]:
    """Read what `task` asks for and return the rows to keep; `files` are those beside the model by name."""
    file = task.file
    facts = task.facts or read_facts(os.path.join(task.folder_path, file.name), file.size)
    details = read_details(task.folder_path, file.name, task.family, facts)
    previews = previews_of(task.folder_path, file.name, task.family, facts) if task.family.previews or facts.covers else ()
    row = _row(task, facts, details, previews[0] if previews else None, files)
    file_id = f"{file.device}:{file.inode}" if file.inode else ""
    known = KnownRow(task.id, pack(facts), pack(details), "/".join(task.family.sidecars), "/".join(task.family.previews))
    # a drive that went away in the middle must not leave its verdict behind, nor what its missing sidecars do not say
    is_read = facts.verdict != "unreadable" and (task.facts is None or os.path.exists(os.path.join(task.folder_path, file.name)))
    return ModelRow(row, task.beside, file_id, int(is_read), task.places, None), known


def _row(task: Task, facts: Facts, details: Details, preview: Preview | None, files: Mapping[str, SeenFile]) -> Row:
    file = task.file
    stem = stem_of(file.name)
    title = details.name if details.name and details.name != stem else ""
    flags = FAVOURITE * details.favourite | HAS_NOTES * bool(details.notes) | ADULT * details.adult
    name, sort, mtime_ns, size = _picture(preview, file, files)
    return Row(
        task.id, task.folder, file.name, clean(title), task.kind, clean(details.base_model or facts.base_model), facts.architecture,
        file.size, file.mtime_ns, task.added, flags, _problem(task, facts, details), name, sort, mtime_ns, size,
        clean("\n".join(details.tags)), clean(natural_key(title or stem)), clean(search_text(file.name, title, facts, details)),
    )  # fmt: skip


def _problem(task: Task, facts: Facts, details: Details) -> str:
    verdict, _ = judge(facts, task.file.name, task.kind)
    if verdict != "ok":
        return verdict
    return details.problems[0].code if details.problems else ""


def _picture(preview: Preview | None, file: SeenFile, files: Mapping[str, SeenFile]) -> tuple[str, str, int, int]:
    if preview is None:
        return "", "", 0, 0
    if preview.sort == "embedded":
        return "", preview.sort, file.mtime_ns, file.size
    name = os.path.basename(preview.path)
    one = files.get(name, file)
    return name, preview.sort, one.mtime_ns, one.size


def clean(text: str) -> str:
    """Replace lone surrogates, which headers and sidecars may hold and no database takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")

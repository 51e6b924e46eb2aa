"""What there is to read of one model: where it is, what lies beside it, what is known of it already.

Made by the scanner and the comparison for what is new or has changed, carried out by `reading`, here or in another process. It looks
at listings only and opens nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zlib import crc32

from model_manager.core.library.entry import Facts, Family
from model_manager.core.library.packing import pack, unpack_facts
from model_manager.core.library.walk import Seen, SeenFile
from model_manager.core.sidecars.family import families

Plain = tuple[Any, ...]


class Task(NamedTuple):
    """One model to look at. facts: those of an unchanged file, None to read them. places: extra paths as JSON.

    beside: a number that changes when a sidecar or preview of the model does, 0 for a model without any. picture: (mtime_ns, size) of
    the first preview beside it.
    """

    id: int
    folder: int
    folder_path: str
    kind: str
    file: SeenFile
    added: float
    family: Family
    beside: int
    picture: tuple[int, int]
    places: str
    facts: Facts | None
    is_new: bool


def tasks_in(seen: Seen, folder: int, identity: Callable[[SeenFile], tuple[int, float]] = lambda file: (0, 0.0)) -> list[Task]:
    """A task for each model of a listed folder, as if it were new; identity: its id and when it was added."""
    names = [file.name for file in seen.models]
    files = {file.name: file for file in seen.others}
    family_of = families(names, [*names, *files] if files else names)
    kind = seen.best_ways[0].kind
    found = []
    for file in seen.models:
        family = family_of[file.name]
        id_, added = identity(file)
        beside, picture = _beside(family, files, file) if family.sidecars or family.previews else (0, (0, 0))
        found.append(Task(id_, folder, seen.path, kind, file, added, family, beside, picture, "", None, True))
    return found


def _beside(family: Family, files: Mapping[str, SeenFile], model: SeenFile) -> tuple[int, tuple[int, int]]:
    signature = 1
    for name in (*family.sidecars, *family.previews):
        one = files.get(name)
        if one is not None:
            signature = crc32(f"{name}\0{one.size}\0{one.mtime_ns}".encode("utf-8", "surrogatepass"), signature)
    first = files.get(family.previews[0], model) if family.previews else model
    return signature, (first.mtime_ns, first.size)


def plain_task(task: Task) -> Plain:
    """A task as nothing but plain tuples, texts and numbers, to be sent to another process."""
    id_, folder, path, kind, file, added, family, beside, picture, places, facts, is_new = task
    told = "" if facts is None else pack(facts)
    return id_, folder, path, kind, tuple(file), added, family.sidecars, family.previews, beside, picture, places, told, is_new


def task_of(plain: Plain) -> Task:
    """The task that was sent."""
    id_, folder, path, kind, file, added, sidecars, previews, beside, picture, places, told, is_new = plain
    facts = unpack_facts(told) if told else None
    return Task(id_, folder, path, kind, SeenFile._make(file), added, Family(sidecars, previews), beside, picture, places, facts, is_new)

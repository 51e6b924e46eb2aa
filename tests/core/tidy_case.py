"""A library with families beside its models, and plans for it: used by the tests of tidying up."""

import os
from contextlib import closing
from pathlib import Path

from library_case import Library, put

from model_manager.core.journal.steps import COPY, FOLDER, LINK, MOVE, NO_FOLDER, REMOVE, WRITE, Act, Plan, Refused
from model_manager.core.library.catalogue import find_model
from model_manager.core.library.index import Index
from model_manager.core.tidy.subjects import Subject, subjects


def family(folder: Path, model: str, *names: str, mark: str = "") -> Path:
    """Write a model and files beside it."""
    path = put(folder / model, mark or model)
    for name in names:
        (folder / name).write_bytes(name.encode("utf-8", "surrogatepass"))
    return path


def look(library: Library, *paths: Path) -> list[Subject]:
    """The subjects at these paths, in this order; none may be refused."""
    found, refused = look_all(library, *paths)
    assert not refused, refused
    return found


def look_all(library: Library, *paths: Path) -> tuple[list[Subject], list[Refused]]:
    return subjects(library.path, None, [str(path) for path in paths])


def ids(library: Library, *paths: Path) -> list[int]:
    with closing(Index(library.path)) as index:
        return [find_model(index, str(path)) or 0 for path in paths]


def names(act: Act) -> dict[str, str]:
    """Old name -> new name of all files that an act moves or copies."""
    moved = [step for step in act.steps if step.sort in (MOVE, COPY)]
    return {os.path.basename(step.source): os.path.basename(step.target) for step in moved}


def only(plan: Plan) -> Act:
    (act,) = plan.acts
    return act


def by_name(plan: Plan) -> dict[str, Act]:
    return {os.path.basename(act.path): act for act in plan.acts}


def do(plan: Plan) -> None:
    """Carry a plan out in the plainest way; whatever would replace a file, or is not there, fails the test."""
    for act in plan.acts:
        for step in act.steps:
            _do(step.sort, step.source, step.target, step.data)


def _do(sort: str, source: str, target: str, data: bytes | None) -> None:
    if sort in (MOVE, COPY, LINK):
        assert not os.path.lexists(target) or os.path.samefile(source, target), target
    if sort == MOVE:
        os.rename(source, target)
    elif sort == COPY:
        Path(target).write_bytes(Path(source).read_bytes())
    elif sort == FOLDER:
        os.makedirs(target, exist_ok=True)
    elif sort == NO_FOLDER:
        os.rmdir(target)
    elif sort == REMOVE:
        os.unlink(source)
    elif sort == LINK:
        os.symlink(source, target)
    elif sort == WRITE:
        Path(target).write_bytes(data or b"")


def files(*tops: Path) -> set[str]:
    """Every file below, by path from its top; links marked."""
    found = set()
    for top in tops:
        for folder, _, inside in os.walk(top):
            for name in inside:
                path = os.path.join(folder, name)
                found.add(os.path.relpath(path, top).replace(os.sep, "/") + (" ->" if os.path.islink(path) else ""))
    return found


def contents(top: Path) -> list[bytes]:
    """What all files below hold, in no order that depends on names."""
    return sorted(path.read_bytes() for path in top.rglob("*") if path.is_file())

"""Random libraries and operations: nothing is lost or replaced, families stay whole, and undo gives back every byte, time and link."""

import os
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from library_case import Library
from random_case import examples
from tidy_case import family, look_all

from model_manager.core.journal.steps import ACT_FAILED, COPY, MOVE, Plan
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.held import LINK, TARGET, plan_delete
from model_manager.core.tidy.moving import plan_copy, plan_move, plan_rename
from model_manager.core.tidy.organising import Options, plan_organise
from model_manager.core.tidy.subjects import Subject
from model_manager.core.work import Work

STEMS = ("x", "x.v2", "x.preview", "X", "e\u0301", "\u00e9", "x (2)", "🦊 a", "n" * 200, ".x", "x.safetensors")
ENDINGS = (".safetensors", ".pt", ".ckpt")
BESIDE = (".png", ".preview.png", ".info", ".md", ".json", ".yaml", ".odd", ".safetensors.info", ".safetensors.sha256", ".PNG", ".v2.png")
FOLDERS = ("", "a", "a/b", "c", "c/x", "linked", "other")

models = st.tuples(
    st.sampled_from(FOLDERS), st.sampled_from(STEMS), st.sampled_from(ENDINGS), st.frozensets(st.sampled_from(BESIDE), max_size=4)
)
operations = st.tuples(
    st.sampled_from(("move", "copy", "rename", "organise", "delete", "target")),
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.sampled_from((*FOLDERS, "new", "new/er")),
    st.sampled_from(STEMS),
    st.sampled_from(("{kind}/{format}", "{name}", "{base_model}/{name}", "linked/{format}", "")),
)


def make(library: Library, wanted: list[tuple[str, str, str, frozenset[str]]], links: list[tuple[int, str]]) -> None:
    loras, far = library.root(), library.folder / "far"
    (far / "deep").mkdir(parents=True)
    for name in FOLDERS[1:5]:
        (loras / name).mkdir(exist_ok=True)
    (loras / "linked").symlink_to(far)
    (loras / "other").mkdir()
    paths = []
    for number, (folder, stem, ending, beside) in enumerate(wanted):
        if not os.path.lexists(loras / folder / (stem + ending)):
            paths.append(family(loras / folder, stem + ending, mark=f"{number:03}"))
        for rest in beside:
            path = loras / folder / (stem + rest)
            if len(os.fsencode(path.name)) < 256 and not path.exists():
                path.write_bytes(f"{number}{rest}".encode())
    for number, name in links:
        path = loras / "other" / f"link-{name}.safetensors"
        if paths and not os.path.lexists(path):
            path.symlink_to(os.path.relpath(paths[number % len(paths)], loras / "other"))


def shape(top: Path) -> dict[str, tuple[object, ...]]:
    """Everything below: sort, bytes, time, and where links lead."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, names in os.walk(top):
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            about = os.lstat(path)
            link = os.readlink(path) if os.path.islink(path) else ""
            data = Path(path).read_bytes() if not link and name in names else b""
            found[os.path.relpath(path, top)] = (about.st_mode, data, about.st_mtime_ns, link)
    return found


def contents(found: dict[str, tuple[object, ...]]) -> list[bytes]:
    return sorted(bytes(data) for _, data, _, _ in found.values() if isinstance(data, bytes) and data)


def plan_of(library: Library, operation: tuple[str, list[int], str, str, str]) -> tuple[Plan, list[Subject]]:
    sort, numbers, folder, stem, template = operation
    there = sorted(path for path in library.folder.glob("models/loras/**/*") if path.name.endswith(ENDINGS))
    there += sorted(path for path in (library.folder / "models/loras/linked").glob("*") if path.name.endswith(ENDINGS))
    chosen = list(dict.fromkeys(there[number % len(there)] for number in numbers)) if there else []
    found, refused = look_all(library, *chosen)
    loras = library.folder / "models" / "loras"
    if sort in ("move", "copy"):
        return (plan_move if sort == "move" else plan_copy)(found, str(loras / folder), library.roots, refused=refused), found
    if sort == "rename":
        return plan_rename(found[0], stem, library.roots) if found else Plan("rename", ""), found[:1]
    if sort == "organise":
        return plan_organise(found, template, library.roots, Options("unknown" if numbers[0] % 2 else ""), refused), found
    return plan_delete(found, library.roots, links=TARGET if sort == "target" else LINK, refused=refused), found


def check_families(library: Library, plan: Plan, before: list[Subject]) -> None:
    """What moved has the files it had, under one stem, and no other's."""
    old = {one.real: one for one in before}
    moved = [act for act in plan.acts if act.path in old and act.new_path and not act.new_path.endswith(".held")]
    moved = [act for act in moved if os.path.exists(act.new_path)]  # a link whose file moved as well leads nowhere, as its file's act says
    found, refused = look_all(library, *(Path(act.new_path) for act in moved))
    assert not refused
    new = {one.real: one for one in found}
    for act in moved:
        one, now = old[act.path], new[act.new_path]
        going = [os.path.basename(step.source) for step in act.steps if step.sort in (MOVE, COPY)]
        rests, now_rests = {name[len(one.stem) :] for name in going}, {name[len(now.stem) :] for name in now.names}
        assert rests == now_rests if not one.shares else rests <= now_rests, (going, now.names)


@example(
    [("", "x", ".safetensors", frozenset()), ("a", "x.safetensors", ".safetensors", frozenset([".png"]))], [],
    [("organise", [1, 0], "", "x", "{kind}/{format}")],
)  # fmt: skip
@examples(25)
@given(st.lists(models, min_size=1, max_size=14), st.lists(st.tuples(st.integers(0, 20), st.sampled_from("ab")), max_size=2),
       st.lists(operations, min_size=1, max_size=4))  # fmt: skip
def test_do_and_undo(
    wanted: list[tuple[str, str, str, frozenset[str]]], links: list[tuple[int, str]], steps: list[tuple[str, list[int], str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(os.path.realpath(folder)))
        make(library, wanted, links)
        states, changes = [], []
        for operation in steps:
            library.scan()
            before = shape(library.folder / "models"), shape(library.folder / "far")
            everything = shape(library.folder)
            links_ = [path for path in library.folder.glob("models/loras/**/*") if path.is_symlink() and path.exists()]
            plan, found = plan_of(library, operation)
            report = carry_out(library.data, plan, Work())
            assert report.count(ACT_FAILED) == 0, [outcome.text for outcome in report.outcomes]
            after = shape(library.folder)
            for data in contents({name: about for name, about in everything.items() if not name.startswith("data")}):
                assert data in [bytes(about[1]) for about in after.values() if isinstance(about[1], bytes)], "a file is gone"
            if plan.kind in ("move", "rename", "organise") and not plan.warnings:
                assert all(path.exists() for path in links_ if path.is_symlink()), "a link leads nowhere"
            library.scan()
            check_families(library, plan, found)
            states.append(before)
            changes.append(report.change)
        for change, before in zip(reversed(changes), reversed(states), strict=True):
            report = take_back(library.data, change, Work())
            assert report.count(ACT_FAILED) == 0, [outcome.text for outcome in report.outcomes]
            assert (shape(library.folder / "models"), shape(library.folder / "far")) == before

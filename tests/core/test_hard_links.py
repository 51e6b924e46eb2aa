"""Files with several names (hard links) go to another drive and come back: one copy there, one file again here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from journal_case import PAST, Ground, other_drive, tree
from journal_faults import Killer
from library_case import Library
from tidy_case import by_name, family, look, only

from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, KIN, MOVE, Act, Plan, Report, Step
from model_manager.core.tidy import carrying
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.linking_away import plan_link_folder, plan_link_models
from model_manager.core.tidy.moving import plan_move
from model_manager.core.work import Work

Tree = dict[str, tuple[object, ...]]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Path]:
    """A folder on another drive."""
    with other_drive(tmp_path) as folder:
        yield folder


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """a, b and c are one file, d is another one with the same bytes and time."""
    made = Ground(tmp_path / "ground")
    made.family("a.safetensors", ".png")
    for name in ("b", "c"):
        os.link(made.at("a.safetensors"), made.at(f"{name}.safetensors"))
    Path(made.at("d.safetensors")).write_bytes(Path(made.at("a.safetensors")).read_bytes())
    for name in ("d.safetensors", "."):
        os.utime(made.at(name), ns=(PAST, PAST))
    return made


def groups(*tops: Path) -> set[frozenset[str]]:
    """The names of each file that has more than one."""
    found: dict[tuple[int, int], set[str]] = {}
    for path in (path for top in tops for path in top.rglob("*") if path.is_file() and not path.is_symlink()):
        about = path.stat()
        found.setdefault((about.st_dev, about.st_ino), set()).add(path.name)
    return {frozenset(names) for names in found.values() if len(names) > 1}


def one(*names: str) -> set[frozenset[str]]:
    return {frozenset(f"{name}.safetensors" for name in names)}


def going(ground: Ground, far: Path, name: str, *stays: str) -> Act:
    """The act that moves one of them to the other drive."""
    source, target = ground.at(f"{name}.safetensors"), str(far / f"{name}.safetensors")
    kin = (Step(KIN, ground.at(f"{other}.safetensors"), source) for other in stays)
    return Act(name, (Step(MOVE, source, target), *kin), source, target)


def said(report: Report, state: str = ACT_UNDONE) -> list[str]:
    assert {outcome.state for outcome in report.outcomes} == {state}
    return [outcome.text for outcome in report.outcomes if outcome.text]


def test_names_that_go_together_stay_one_file(ground: Ground, far: Path) -> None:
    before = ground.tree()
    report = ground.carry_out(*(going(ground, far, name) for name in "abc"))
    assert said(report, ACT_DONE) == [] and groups(ground.top, far) == one("a", "b", "c")
    assert sorted(path.name[0] for path in far.iterdir()) == ["a", "b", "c"] and not groups(ground.top)
    assert said(ground.take_back(report)) == []
    assert ground.tree() == before and groups(ground.top) == one("a", "b", "c") and not list(far.iterdir())


def test_names_within_one_act(ground: Ground, far: Path) -> None:
    before = ground.tree()
    steps = [step for name in "abcd" for step in going(ground, far, name).steps]
    report = ground.carry_out(Act("all", tuple(steps), ground.at("a.safetensors"), str(far / "a.safetensors")))
    assert groups(ground.top, far) == one("a", "b", "c")
    assert said(ground.take_back(report)) == [] and ground.tree() == before and groups(ground.top) == one("a", "b", "c")


def test_made_one_again_with_the_name_that_stayed(ground: Ground, far: Path) -> None:
    before = ground.tree()
    report = ground.carry_out(going(ground, far, "a", "b", "c"))
    assert groups(ground.top, far) == one("b", "c")
    assert said(ground.take_back(report)) == []
    assert ground.tree() == before and groups(ground.top) == one("a", "b", "c")


def test_some_go_and_one_stays(ground: Ground, far: Path) -> None:
    before = ground.tree()
    report = ground.carry_out(going(ground, far, "a", "b", "c"), going(ground, far, "b", "a", "c"))
    assert groups(far) == one("a", "b") and not groups(ground.top)
    assert said(ground.take_back(report)) == []
    assert ground.tree() == before and groups(ground.top) == one("a", "b", "c")


def test_taken_back_one_by_one(ground: Ground, far: Path) -> None:
    before = ground.tree()
    report = ground.carry_out(*(going(ground, far, name) for name in "abc"))
    for act, names in ((1, ""), (0, "ab"), (2, "abc")):
        assert said(ground.take_back(report, act)) == []
        assert groups(ground.top) == (one(*names) if names else set())
    assert ground.tree() == before


@pytest.mark.parametrize("how", ["changed", "replaced", "gone"])
def test_what_stayed_and_is_another_file_is_told(ground: Ground, far: Path, how: str) -> None:
    bytes_, stayed = Path(ground.at("a.safetensors")).read_bytes(), Path(ground.at("b.safetensors"))
    report = ground.carry_out(going(ground, far, "a", "b"))
    if how == "changed":  # in place, with its former time
        stayed.write_bytes(bytes_[::-1])
        os.utime(stayed, ns=(PAST, PAST))
    else:
        stayed.unlink()
    if how == "replaced":
        stayed.write_bytes(bytes_)
        os.utime(stayed, ns=(PAST, PAST))
    was = stayed.read_bytes() if how != "gone" else None
    assert said(ground.take_back(report)) == ["a.safetensors and b.safetensors were one file. They could not be made one again."]
    assert "a.safetensors" not in {name for group in groups(ground.top) for name in group}
    assert Path(ground.at("a.safetensors")).read_bytes() == bytes_ and os.stat(ground.at("a.safetensors")).st_mtime_ns == PAST
    assert (stayed.read_bytes() if stayed.exists() else None) == was


def test_a_drive_without_links_gets_two_copies(ground: Ground, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, link = ground.tree(), os.link

    def refuses(source: str, target: str) -> None:
        if target.startswith(str(far)):
            raise PermissionError(1, "Operation not permitted", source, None, target)
        link(source, target)

    monkeypatch.setattr(os, "link", refuses)
    report = ground.carry_out(*(going(ground, far, name) for name in "abc"))
    assert said(report, ACT_DONE) == [] and not groups(far) and len(list(far.iterdir())) == 3
    ground.take_back(report)
    assert ground.tree() == before and groups(ground.top) == one("a", "b", "c")


@pytest.mark.parametrize("is_finished", [True, False])
def test_killed_anywhere(tmp_path: Path, far: Path, is_finished: bool) -> None:
    """There, and back: whatever a kill leaves is made whole, and at the end they are one file."""

    def scene(name: str) -> tuple[Ground, Path, Plan]:
        made, drive = Ground(tmp_path / name), far / name
        drive.mkdir()
        made.family("a.safetensors")
        for other in "bc":
            os.link(made.at("a.safetensors"), made.at(f"{other}.safetensors"))
        return made, drive, Plan("move", "Move", acts=(going(made, drive, "a", "c"), going(made, drive, "b", "c")))

    def run(made: Ground, plan: Plan, killer: Killer) -> None:
        with killer.at_work():
            change = carry_out(made.data, plan, Work()).change
            take_back(made.data, change, Work())

    made, _, plan = scene("count")
    run(made, plan, counting := Killer())
    for at in range(1, counting.count + 1):
        made, drive, plan = scene(f"{at}")
        before = made.tree()
        run(made, plan, Killer(at, at % 2 == 0))
        for change in carrying.interrupted(made.data):
            (carrying.finish if is_finished else carrying.roll_back)(made.data, change.id, Work())
        now = [*tree(made.top).values(), *tree(drive).values()]
        assert len({content for _, _, content in now if content}) == 1 and len(now) == len(before) + 1
        for change in carrying.changes(made.data):
            if change.can_undo:
                take_back(made.data, change.id, Work())
        assert made.tree() == before and groups(made.top) == one("a", "b", "c") and not list(drive.iterdir()), at


# the plans


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """x and y are one file; z has one more name that no root has."""
    made = Library(Path(os.path.realpath(tmp_path)))
    loras = made.root()
    (loras / "sub").mkdir()
    os.link(family(loras, "x.safetensors", "x.png"), loras / "sub" / "y.safetensors")
    os.link(family(loras, "z.safetensors", mark="zz"), made.folder / "elsewhere.safetensors")
    made.scan()
    return made


def test_the_plan_says_so(library: Library, far: Path) -> None:
    loras = library.folder / "models" / "loras"
    x, y, z = loras / "x.safetensors", loras / "sub" / "y.safetensors", loras / "z.safetensors"
    plan = plan_move(look(library, x, z), str(far), library.roots)
    acts, size = by_name(plan), x.stat().st_size
    assert "also known as loras / sub / y.safetensors · on the other drive it takes its own space" in acts["x.safetensors"].note
    assert "1 more name of it stays · on the other drive it takes its own space" in acts["z.safetensors"].note
    assert plan.needs == {str(far): size + z.stat().st_size + len("x.png")}
    both = plan_move(look(library, x, y), str(far), library.roots)
    assert not any("own space" in act.note for act in both.acts) and both.needs == {str(far): size + len("x.png")}
    near = plan_move(look(library, x), str(loras / "new"), library.roots)
    assert "own space" not in only(near).note and all(step.sort != KIN for step in only(near).steps)


@pytest.mark.parametrize("names", [["x"], ["sub/y"], ["x", "sub/y"]])
def test_planned_done_and_undone(library: Library, far: Path, names: list[str]) -> None:
    loras = library.folder / "models" / "loras"
    before, linked = tree(library.folder / "models"), groups(loras)
    plans = [
        plan_move(look(library, *(loras / f"{name}.safetensors" for name in names)), str(far / "new"), library.roots),
        plan_link_models(look(library, *(loras / f"{name}.safetensors" for name in names)), str(far), library.roots),
    ]
    if len(names) == 1 and "/" in names[0]:
        plans.append(plan_link_folder(library.path, str(loras / "sub"), str(far), library.roots))
    for plan in plans:
        report = carry_out(library.data, plan, Work())
        assert said(report, ACT_DONE) == [] and len(groups(far)) == len(names) - 1
        assert said(take_back(library.data, report.change, Work())) == []
        assert tree(library.folder / "models") == before and groups(loras) == linked

"""Any families, trees, links, names and operations: nothing is lost or replaced by a change, and its undo leaves nothing of it."""

import os
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from journal_case import PAST, Ground, tree
from journal_faults import Killer
from random_case import examples

from model_manager.core.journal.steps import (
    ACT_DONE,
    COPY,
    DONE,
    FOLDER,
    HARD,
    KIN,
    LINK,
    MOVE,
    NO_FOLDER,
    UNDONE,
    WRITE,
    Act,
    Plan,
    Step,
)
from model_manager.core.tidy import carrying
from model_manager.core.work import Work

SHM = Path("/dev/shm")
STEMS = ["a", "A", "b", "b.v2", "ä", "a\u0308", " x ", "#%&'", "-n", "日本", "n" * 200]
STEMS += [] if os.name == "nt" else ["\udcff\udcfe", "new\nline"]
ENDINGS = [".info", ".preview.png", ".json", ".txt", ".md"]
FOLDERS = ["", "p", "p/q", "r", "FAR", "FAR/s"]


@dataclass
class Wish:
    """One act, as it is drawn: what is done to which family (one that is there, or whatever is drawn), and where it goes."""

    sort: str
    stem: str
    folder: str
    new_stem: str
    new_folder: str
    endings: list[str]
    data: bytes | None
    family: int


@dataclass
class Stage:
    """A tree on two drives."""

    ground: Ground
    far: Path
    families: list[tuple[str, str]] = field(default_factory=list)

    def at(self, folder: str, name: str) -> str:
        if folder.startswith("FAR"):
            return os.path.normpath(self.far / folder[3:].lstrip("/") / name)
        return os.path.normpath(self.ground.top / folder / name)

    def now(self) -> dict[str, tuple[object, ...]]:
        return tree(self.ground.top) | {f"far:{name}": value for name, value in tree(self.far).items()}

    def every(self) -> list[str]:
        """All files and links."""
        tops = (self.ground.top, self.far)
        return [os.path.join(folder, name) for top in tops for folder, _, names in os.walk(top) for name in names]


wishes = st.builds(
    Wish,
    st.sampled_from(["move", "move", "move", "write", "copy", "link away", "twin", "delete folder", "mixed"]),
    st.sampled_from(STEMS),
    st.sampled_from(FOLDERS),
    st.sampled_from([*STEMS, "z" * 255]),
    st.sampled_from(FOLDERS),
    st.lists(st.sampled_from(ENDINGS), unique=True, max_size=3),
    st.one_of(st.none(), st.binary(max_size=20)),
    st.integers(-3, 5),
)
families = st.lists(
    st.tuples(
        st.sampled_from(STEMS),
        st.sampled_from(FOLDERS),
        st.lists(st.sampled_from(ENDINGS), unique=True, max_size=4),
        st.sampled_from(["", "", "", "relative", "absolute", "broken", "hard", "hard"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda family: (family[0], family[1]),
)


def make(stage: Stage, drawn: list[tuple[str, str, list[str], str]]) -> None:
    """Put families on the disk; the model of some is a link."""
    for folder in FOLDERS:
        os.makedirs(stage.at(folder, ""), exist_ok=True)
    stage.families = [(stem, folder) for stem, folder, *_ in drawn]
    first = ""
    for number, (stem, folder, endings, link) in enumerate(drawn):
        model = stage.at(folder, stem + ".ckpt")
        for ending in endings:
            write(stage.at(folder, stem + ending), f"{number} {ending}".encode() * 7, number)
        if link == "hard" and first and os.stat(first).st_dev == os.stat(os.path.dirname(model)).st_dev:
            os.link(first, model)
        elif link in ("relative", "absolute", "broken") and first:
            text = {"relative": os.path.relpath(first, os.path.dirname(model)), "absolute": first, "broken": "../no/where"}[link]
            os.symlink(text, model)
        else:
            write(model, b"twin" * 50 if number % 2 else f"{number}".encode() * 90, number)
            first = first or model
    for folder in sorted(FOLDERS, reverse=True):
        os.utime(stage.at(folder, ""), ns=(PAST, PAST + len(folder)))


def write(path: str, data: bytes, number: int) -> None:
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o600 + number % 2 * 0o44)
    os.utime(path, ns=(PAST, PAST + number))


def act_of(stage: Stage, wish: Wish) -> Act:
    """The act of a wish, whatever the tree is like."""
    if wish.family >= 0:
        wish.stem, wish.folder = stage.families[wish.family % len(stage.families)]
    model, new = stage.at(wish.folder, wish.stem + ".ckpt"), stage.at(wish.new_folder, wish.new_stem + ".ckpt")
    beside = [(stage.at(wish.folder, wish.stem + end), stage.at(wish.new_folder, wish.new_stem + end)) for end in wish.endings]
    folder = Step(FOLDER, target=os.path.join(os.path.dirname(new), "made", "deep"))
    steps: list[Step]
    if wish.sort == "write":
        steps = [Step(WRITE, target=path, data=wish.data) for path, _ in beside]
    elif wish.sort == "copy":
        steps = [Step(COPY, model, new), *(Step(COPY, one, other) for one, other in beside)]
    elif wish.sort == "link away":
        steps = [Step(MOVE, model, new), *(Step(MOVE, one, other) for one, other in beside), Step(LINK, new, model)]
    elif wish.sort == "twin":
        steps = [Step(HARD, model, new)]
    elif wish.sort == "delete folder":
        steps = [Step(NO_FOLDER, target=os.path.dirname(model))]
    else:
        steps = [folder, Step(MOVE, model, os.path.join(folder.target, wish.new_stem + ".ckpt"))]
        steps += [Step(MOVE, one, other) for one, other in beside]
        if wish.sort == "mixed":
            steps += [Step(WRITE, target=new + ".md", data=wish.data), Step(NO_FOLDER, target=os.path.dirname(model))]
    steps += [Step(KIN, other, model) for other in names_of(stage, model)] if any(step.sort == MOVE for step in steps) else []
    return Act(wish.stem, tuple(steps), model, next((step.target for step in steps if step.sort == MOVE and step.source == model), ""))


def names_of(stage: Stage, path: str) -> list[str]:
    """The other names of a file (hard links)."""
    about = os.lstat(path) if os.path.lexists(path) else None
    found = [other for other in stage.every() if about is not None and os.path.samestat(os.lstat(other), about)]
    return [other for other in found if other != path]


def kin(stage: Stage) -> set[frozenset[str]]:
    """The names of all files that have several."""
    return {frozenset((path, *others)) for path in stage.every() if (others := names_of(stage, path))}


def files(found: dict[str, tuple[object, ...]]) -> Counter[object]:
    """How often each content is there; a link's is where it leads, in whatever words."""
    return Counter(content for _, _, content in found.values() if isinstance(content, bytes))


def links(stage: Stage) -> Counter[str]:
    """Where links lead."""
    found = Counter[str]()
    for top in (stage.ground.top, stage.far):
        for folder, folders, names in os.walk(top):
            for path in (os.path.join(folder, name) for name in [*folders, *names]):
                if os.path.islink(path):
                    found[os.path.normpath(os.path.join(folder, os.readlink(path)))] += 1
    return found


class Drawn:
    """A stage of its own for each example; what is left goes with it."""

    def __enter__(self) -> Stage:
        self._top = Path(tempfile.mkdtemp())
        self._far = Path(tempfile.mkdtemp(dir=SHM if SHM.is_dir() else None))
        return Stage(Ground(self._top / "ground"), self._far)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._top)
        shutil.rmtree(self._far)


@examples(150)
@given(families, st.lists(wishes, min_size=1, max_size=6))
def test_done_and_undone(drawn: list[tuple[str, str, list[str], str]], wished: list[Wish]) -> None:
    with Drawn() as stage:
        make(stage, drawn)
        before, led, one = stage.now(), links(stage), kin(stage)
        plan = Plan("move", "Drawn", acts=tuple(act_of(stage, wish) for wish in wished))
        report = carrying.carry_out(stage.ground.data, plan, Work())
        done = stage.now()
        assert len(report.outcomes) == len(wished)
        assert not any(".mm-" in name for name in done)
        may_go = Counter[object]()  # the only bytes that may be gone are those a WRITE replaced, or a twin's, which are there once more
        for outcome, wish in zip(sorted(report.outcomes, key=lambda one: one.number), wished, strict=True):
            assert outcome.state == ACT_DONE or outcome.text
            if outcome.state == ACT_DONE and wish.sort == "write":
                may_go.update(content for _, _, content in before.values() if isinstance(content, bytes))
        assert not files(before) - files(done) - may_go
        assert not led - links(stage)
        for name, (mode, _, content) in before.items():
            if content is not None and name in done and done[name][2] != content and not may_go:
                assert done[name][0] == 0o120777 or mode == 0o120777  # a link was left, or took its place: nothing was replaced
        history = carrying.changes(stage.ground.data)[0]
        assert history.state == DONE
        if history.can_undo:
            carrying.take_back(stage.ground.data, report.change, Work())
            assert carrying.changes(stage.ground.data)[0].state == UNDONE
        assert stage.now() == before
        assert kin(stage) == one or any(wish.sort == "twin" for wish in wished)


@examples(60)
@given(families, st.lists(wishes, min_size=1, max_size=4), st.integers(1, 60), st.booleans(), st.booleans())
def test_killed_and_rolled_back(
    drawn: list[tuple[str, str, list[str], str]], wished: list[Wish], at: int, is_after: bool, is_finished: bool
) -> None:
    with Drawn() as stage:
        make(stage, drawn)
        before = stage.now()
        plan = Plan("move", "Drawn", acts=tuple(act_of(stage, wish) for wish in wished))
        with Killer(at, is_after).at_work():
            carrying.carry_out(stage.ground.data, plan, Work())
        for change in carrying.interrupted(stage.ground.data):
            (carrying.finish if is_finished else carrying.roll_back)(stage.ground.data, change.id, Work())
        assert carrying.interrupted(stage.ground.data) == []
        if any(change.can_undo for change in carrying.changes(stage.ground.data)):
            carrying.take_back(stage.ground.data, 1, Work())
        assert stage.now() == before

"""Killed anywhere, a change can be finished or rolled back, and every family is whole then."""

import os
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from journal_case import PAST, Ground, tree
from journal_faults import Killer

from model_manager.core.journal.steps import COPY, FOLDER, HARD, LINK, MOVE, NO_FOLDER, WRITE, Act, Plan, Step
from model_manager.core.tidy import carrying
from model_manager.core.work import Work
from tests.journal_kills import kill_often

SHM = Path("/dev/shm")
Tree = dict[str, tuple[object, ...]]


class Scene:
    """A tree on two drives (one, where there is no second) and a change of every sort."""

    def __init__(self, top: Path) -> None:
        self.ground = Ground(top / "one")
        self.far = (SHM if SHM.is_dir() else top) / f"mm-{os.getpid()}-{top.name}"
        self.far.mkdir()
        for name in ("move", "far", "gone", "copy"):
            self.ground.family(f"{name}/{name}.safetensors", ".info", ".png")
        self.ground.family("far/back.safetensors")
        for number, name in enumerate(("one", "two")):
            Path(self.ground.at(name)).write_bytes(b"twin" * 100)
            os.utime(self.ground.at(name), ns=(PAST, PAST + number))
        os.symlink("move/move.safetensors", self.ground.at("link.safetensors"))
        for folder in ("move", "far", "gone", "copy", "."):
            os.utime(self.ground.at(folder), ns=(PAST, PAST))
        os.utime(self.far, ns=(PAST, PAST))
        self.before = self.now()

    def plan(self) -> Plan:
        ground, far = self.ground, str(self.far)
        names = ("far.safetensors", "far.info", "far.png")
        acts = (
            ground.move("move/move.safetensors", "new/deep/moved.safetensors", ".info", ".png", folders=["new/deep"]),
            Act(
                "far",
                (
                    Step(FOLDER, target=f"{far}/sub"),
                    *(Step(MOVE, ground.at(f"far/{name}"), f"{far}/sub/{name}") for name in names),
                    Step(LINK, f"{far}/sub/far.safetensors", ground.at("far/far.safetensors")),
                ),
                ground.at("far/far.safetensors"),
                f"{far}/sub/far.safetensors",
            ),
            Act("back", (Step(MOVE, ground.at("far/back.safetensors"), f"{far}/sub/back.safetensors"),), ground.at("far/back.safetensors")),
            Act(
                "edit",
                (
                    Step(WRITE, target=ground.at("copy/copy.info"), data=b"edited"),
                    Step(WRITE, target=ground.at("copy/copy.md"), data=b"new"),
                    Step(WRITE, target=ground.at("copy/copy.png"), data=None),
                    Step(COPY, ground.at("copy/copy.safetensors"), ground.at("copy/again.safetensors")),
                ),
            ),
            Act("twins", (Step(HARD, ground.at("one"), ground.at("two")),)),
            ground.move("link.safetensors", "new/link.safetensors"),
            Act(
                "gone",
                (
                    *(Step(MOVE, ground.at(f"gone/gone{end}"), ground.at(f"new/gone{end}")) for end in (".safetensors", ".info", ".png")),
                    Step(NO_FOLDER, target=ground.at("gone")),
                ),
                ground.at("gone/gone.safetensors"),
            ),
        )
        return Plan("organise", "Everything", acts=acts)

    def now(self) -> Tree:
        """All there is, on both drives."""
        found = tree(self.ground.top) | {f"far:{name}": value for name, value in tree(self.far).items()}
        tops = (str(self.far), "FAR"), (str(self.ground.top), "HERE")
        return {name: (*about, _without(content, tops)) for name, (*about, content) in found.items()}

    def close(self) -> None:
        shutil.rmtree(self.far)


def _without(content: object, tops: Iterable[tuple[str, str]]) -> object:
    """Where a link leads, in words that are the same for all scenes."""
    for top, word in tops if isinstance(content, str) else ():
        content = str(content).replace(top, word)
    return content


def names_and_bytes(found: Tree) -> dict[str, object]:
    return {name: value[2] for name, value in found.items()}


@pytest.fixture
def scenes(tmp_path: Path) -> Iterator[Callable[[], Scene]]:
    made: list[Scene] = []

    def make() -> Scene:
        made.append(Scene(tmp_path / f"{tmp_path.name}-{len(made)}"))
        return made[-1]

    yield make
    for scene in made:
        scene.close()


def is_whole(scene: Scene, wanted: Tree, is_exact: bool) -> None:
    """What is there is what should be, and nothing of ours lies about."""
    found = scene.now()
    assert names_and_bytes(found) == names_and_bytes(wanted)
    if is_exact:
        assert found == wanted
    assert carrying.interrupted(scene.ground.data) == []


def calls_of(scene: Scene, act: Callable[[Scene], object]) -> int:
    killer = Killer()
    with killer.at_work():
        act(scene)
    return killer.count


def do(scene: Scene) -> object:
    return carrying.carry_out(scene.ground.data, scene.plan(), Work())


def undo(scene: Scene) -> object:
    return carrying.take_back(scene.ground.data, 1, Work())


def settle(scene: Scene, is_finished: bool) -> object:
    for change in carrying.interrupted(scene.ground.data):
        (carrying.finish if is_finished else carrying.roll_back)(scene.ground.data, change.id, Work())
    return None


def test_killed_at_any_call_while_doing(scenes: Callable[[], Scene]) -> None:
    whole = scenes()
    count = calls_of(whole, do)
    done = whole.now()
    assert len(carrying.outcomes(whole.ground.data, 1)) == carrying.changes(whole.ground.data)[0].done
    luck = random.Random(5)
    for number in luck.sample(range(1, count + 1), 20):
        scene = scenes()
        with Killer(number, luck.random() < 0.5).at_work():
            do(scene)
        is_finished, has_begun = luck.random() < 0.5, bool(carrying.changes(scene.ground.data))
        settle(scene, is_finished)
        is_back = not has_begun or (not is_finished and carrying.changes(scene.ground.data)[0].state != "done")
        is_whole(scene, scene.before if is_back else done, is_back)


def test_killed_at_any_call_while_undoing(scenes: Callable[[], Scene]) -> None:
    whole = scenes()
    do(whole)
    done = whole.now()
    count = calls_of(whole, undo)
    assert whole.now() == whole.before
    luck = random.Random(6)
    for number in luck.sample(range(1, count + 1), 20):
        scene = scenes()
        do(scene)
        with Killer(number, luck.random() < 0.5).at_work():
            undo(scene)
        is_finished = luck.random() < 0.5
        settle(scene, is_finished)
        is_back = carrying.changes(scene.ground.data)[0].state == "undone"
        is_whole(scene, scene.before if is_back else done, is_back)
        if not is_back:
            undo(scene)
            is_whole(scene, scene.before, is_exact=False)


@pytest.mark.parametrize("is_undo", [False, True])
def test_killed_where_a_link_is_written_anew_and_its_sidecar_only_renamed(tmp_path: Path, is_undo: bool) -> None:
    """The link is a copy, the file beside it is not, though both are of one act: each is taken back in its own way."""
    number, killed = 0, True
    while killed:
        number += 1
        ground = Ground(tmp_path / str(number))
        ground.family("owl.ckpt")
        ground.family("elk.ckpt", ".info")
        os.unlink(ground.at("elk.ckpt"))
        os.symlink("owl.ckpt", ground.at("elk.ckpt"))
        names = [("elk.ckpt", "deep/fox.ckpt"), ("elk.info", "fox.info")]
        moves = [Step(MOVE, ground.at(old), ground.at(new)) for old, new in names]
        act = Act("elk", (Step(FOLDER, target=ground.at("deep")), *moves), ground.at("elk.ckpt"), ground.at("deep/fox.ckpt"))
        if is_undo:
            ground.carry_out(act)
        before = ground.tree()
        killer = Killer(number)
        with killer.at_work():
            carrying.take_back(ground.data, 1, Work()) if is_undo else ground.carry_out(act)
        killed = killer.is_dead
        for change in carrying.interrupted(ground.data):
            carrying.roll_back(ground.data, change.id, Work())
            assert names_and_bytes(ground.tree()) == names_and_bytes(before)
    assert number > 8


def test_killed_again_and_again(scenes: Callable[[], Scene]) -> None:
    whole = scenes()
    count = calls_of(whole, do)
    done = whole.now()
    luck = random.Random(7)
    for _ in range(12):
        scene = scenes()
        with Killer(luck.randrange(20, count), luck.random() < 0.5).at_work():
            do(scene)
        for _ in range(4):
            with Killer(luck.randrange(1, count), luck.random() < 0.5).at_work():
                settle(scene, luck.random() < 0.5)
        settle(scene, luck.random() < 0.5)
        is_back = carrying.changes(scene.ground.data)[0].state == "undone"
        is_whole(scene, scene.before if is_back else done, is_back)


def test_killed_where_drives_cannot_refuse_a_taken_name(scenes: Callable[[], Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.core.paths._system_call", lambda: None)
    whole = scenes()
    count = calls_of(whole, do)
    done = whole.now()
    luck = random.Random(8)
    for number in luck.sample(range(1, count + 1), 20):
        scene = scenes()
        with Killer(number, luck.random() < 0.5).at_work():
            do(scene)
        settle(scene, is_finished=True)
        has_begun = bool(carrying.changes(scene.ground.data))
        is_whole(scene, done if has_begun else scene.before, is_exact=False)
        if has_begun:
            undo(scene)
            is_whole(scene, scene.before, is_exact=True)


def test_killed_for_real() -> None:
    kills = kill_often(rounds=4, families=100, seed=11)
    assert kills.wrong == []
    assert kills.rounds == 4


@pytest.mark.parametrize("end", [carrying.finish, carrying.roll_back])
def test_a_link_that_is_written_anew_beside_files_that_are_renamed(tmp_path: Path, end: Callable[..., object]) -> None:
    def scene(name: str) -> tuple[Ground, Plan]:
        ground = Ground(tmp_path / name)
        ground.family("a.safetensors")
        ground.family("sub/x.safetensors", ".info")
        os.unlink(ground.at("sub/x.safetensors"))
        os.symlink("../a.safetensors", ground.at("sub/x.safetensors"))
        act = ground.move("sub/x.safetensors", "new/deep/y.safetensors", ".info", folders=["new/deep"])
        return ground, Plan("move", "Move", acts=(act,))

    ground, plan = scene("count")
    with (counting := Killer()).at_work():
        carrying.carry_out(ground.data, plan, Work())
    for at in range(1, counting.count + 1):
        ground, plan = scene(f"{at}")
        before = ground.tree()
        with Killer(at).at_work():
            carrying.carry_out(ground.data, plan, Work())
        for change in carrying.interrupted(ground.data):
            end(ground.data, change.id, Work())
        for change in carrying.changes(ground.data):
            if change.can_undo:
                carrying.take_back(ground.data, change.id, Work())
        assert ground.tree() == before, at

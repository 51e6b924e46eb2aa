"""Moving to another drive and leaving links: planned, carried out over two real drives, and taken back to the last byte."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, Plan
from model_manager.core.library.index import Index
from model_manager.core.library.roots import collect
from model_manager.core.library.scanner import scan
from model_manager.core.tidy import carrying
from model_manager.core.tidy.linking_away import plan_bring_back, plan_link_folder, plan_link_models
from model_manager.core.tidy.subjects import subjects
from model_manager.core.work import Work
from tests.core.journal_case import PAST, tree
from tests.core.journal_faults import Killer
from tests.small_library import lora_bytes


@pytest.fixture
def other() -> Iterator[Path]:
    """A folder on another drive."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or os.stat(shared).st_dev == os.stat(tempfile.gettempdir()).st_dev:
        pytest.skip("there is no second drive")
    place = Path(tempfile.mkdtemp(dir=shared, prefix="model-manager-test-"))
    yield place
    shutil.rmtree(place)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two LoRAs in a folder below loras, with files beside them, a stray file and an empty folder."""
    loras = tmp_path / "ComfyUI/models/loras"
    (loras / "ink/empty").mkdir(parents=True)
    for name in ("fox", "owl"):
        (loras / f"ink/{name}.safetensors").write_bytes(lora_bytes(name))
        (loras / f"ink/{name}.png").write_bytes(b"picture of " + name.encode())
    (loras / "ink/readme.txt").write_text("stray")
    (tmp_path / "data").mkdir()
    return loras


def index_of(library: Path) -> Path:
    path = library.parents[2] / "data/index.sqlite"
    with Index(path) as index:
        scan(index, collect([str(library.parents[1])]).groups, Work(), lambda _: None)
    return path


def roots_of(index: Path) -> dict:  # type: ignore[type-arg]
    with Index(index) as opened:
        return opened.roots()


def do(library: Path, plan: Plan) -> int:
    report = carrying.carry_out(library.parents[2] / "data", plan, Work())
    assert [(one.state, one.text) for one in report.outcomes] == [(ACT_DONE, "")] * len(report.outcomes)
    return report.change


def undo(library: Path, change: int) -> None:
    report = carrying.take_back(library.parents[2] / "data", change, Work())
    assert {one.state for one in report.outcomes} == {ACT_UNDONE}


def test_models_go_and_links_stay(library: Path, other: Path) -> None:
    before, index = tree(library), index_of(library)
    found, _ = subjects(index, [1, 2])
    plan = plan_link_models(found, str(other / "new"), roots_of(index))
    assert not plan.refused and plan.can_undo and sum(plan.needs.values()) == sum(act.size for act in plan.acts)
    change = do(library, plan)
    fox = library / "ink/fox.safetensors"
    assert fox.is_symlink() and os.readlink(fox) == str(other / "new/loras/ink/fox.safetensors")
    assert fox.read_bytes() == lora_bytes("fox") and (library / "ink/fox.png").is_file()
    index_of(library)
    assert len(plan_link_models(subjects(index, [1, 2])[0], str(other / "new"), {}).refused) == 2, "links are not moved again"
    undo(library, change)
    assert tree(library) == before and list(other.rglob("*.safetensors")) == []


def test_a_folder_goes_and_a_link_stays(library: Path, other: Path) -> None:
    before, index = tree(library), index_of(library)
    plan = plan_link_folder(index, str(library / "ink"), str(other), roots_of(index))
    change = do(library, plan)
    assert os.readlink(library / "ink") == str(other / "ink")
    assert sorted(path.name for path in (library / "ink").iterdir()) == [
        "empty", "fox.png", "fox.safetensors", "owl.png", "owl.safetensors", "readme.txt",
    ]  # fmt: skip
    undo(library, change)
    assert tree(library) == before and list(other.iterdir()) == []


def test_brought_back_without_the_history(library: Path, other: Path) -> None:
    before, index = tree(library), index_of(library)
    do(library, plan_link_folder(index, str(library / "ink"), str(other), {}))
    index = index_of(library)
    do(library, plan_bring_back(index, str(library / "ink")))
    assert {name: facts for name, facts in tree(library).items() if (library / name).is_file()} == {
        name: facts for name, facts in before.items() if (library / name).is_file()
    }
    assert not (library / "ink").is_symlink() and list(other.iterdir()) == []
    index = index_of(library)
    do(library, plan_link_models(subjects(index, [1])[0], str(other), {}))
    do(library, plan_bring_back(index, str(library / "ink/fox.safetensors")))
    assert not (library / "ink/fox.safetensors").is_symlink()
    assert (library / "ink/fox.safetensors").read_bytes() == lora_bytes("fox")


LINK_TIME = 1_500_000_000_123_456_789


def linked(top: Path, drive: Path, is_relative: bool) -> tuple[Path, Path]:
    """A library of which a folder and a model are links to another drive (or the words of the links lead there from here)."""
    loras, data = top / "ComfyUI/models/loras", top / "data"
    for folder in (loras / "near", data, drive / "ink/empty", drive / "ink/sub"):
        folder.mkdir(parents=True)
    for name in ("ink/fox", "ink/sub/owl", "emu"):
        (drive / f"{name}.safetensors").write_bytes(lora_bytes(name))
    (drive / "ink/fox.png").write_bytes(b"picture")
    (drive / "ink/readme.txt").write_text("stray")
    (drive / "ink/sub").chmod(0o700)
    for link, target in ((loras / "ink", drive / "ink"), (loras / "near/emu.safetensors", drive / "emu.safetensors")):
        link.symlink_to(os.path.relpath(target, link.parent) if is_relative else target)
        os.utime(link, ns=(LINK_TIME, LINK_TIME), follow_symlinks=False)
    for folder in (drive / "ink/empty", drive / "ink/sub", drive / "ink", drive, loras / "near", loras):
        os.utime(folder, ns=(PAST, PAST + len(folder.name)))
    return loras, drive


@pytest.mark.parametrize("is_relative", [False, True])
@pytest.mark.parametrize("name", ["ink", "near/emu.safetensors"])
def test_brought_back_and_undone(tmp_path: Path, other: Path, name: str, is_relative: bool) -> None:
    loras, drive = linked(tmp_path, other / "drive", is_relative)
    before, far = tree(loras), tree(drive)
    index = index_of(loras)
    plan = plan_bring_back(index, str(loras / name))
    assert plan.can_undo and plan.needs == {str((loras / name).parent): sum(act.size for act in plan.acts)}
    change = do(loras, plan)
    assert not any(path.is_symlink() for path in (loras / name, *(loras / name).rglob("*")))
    assert not (drive / os.path.basename(name)).exists()
    undo(loras, change)
    assert (tree(loras), tree(drive)) == (before, far)


@pytest.mark.parametrize("end", [carrying.finish, carrying.roll_back])
@pytest.mark.parametrize("name", ["ink", "near/emu.safetensors"])
def test_bringing_back_killed_anywhere(tmp_path: Path, other: Path, name: str, end: Callable[..., object]) -> None:
    def run(loras: Path, killer: Killer) -> None:
        plan = plan_bring_back(index_of(loras), str(loras / name))
        with killer.at_work():
            take_back(loras.parents[2] / "data", carrying.carry_out(loras.parents[2] / "data", plan, Work()).change)

    def take_back(data: Path, change: int) -> None:
        carrying.take_back(data, change, Work())

    counting = Killer()
    run(linked(tmp_path / "count", other / "count", False)[0], counting)
    for at in range(1, counting.count + 1, 3 if name == "ink" else 1):
        loras, drive = linked(tmp_path / f"{at}", other / f"{at}", at % 2 == 0)
        data, before = loras.parents[2] / "data", (tree(loras), tree(drive))
        run(loras, Killer(at, at % 3 == 0))
        for change in carrying.interrupted(data):
            end(data, change.id, Work())
        for change in carrying.changes(data):
            if change.can_undo:
                take_back(data, change.id)
        assert (tree(loras), tree(drive)) == before, at


def test_a_link_that_went_meanwhile(tmp_path: Path, other: Path) -> None:
    loras, drive = linked(tmp_path, other / "drive", False)
    plan = plan_bring_back(index_of(loras), str(loras / "near/emu.safetensors"))
    (loras / "near/emu.safetensors").unlink()
    (loras / "near/emu.safetensors").write_text("somebody's")
    report = carrying.carry_out(tmp_path / "data", plan, Work())
    assert [one.state for one in report.outcomes] == ["failed"] and (drive / "emu.safetensors").is_file()
    assert (loras / "near/emu.safetensors").read_text() == "somebody's"


def test_what_cannot_be_is_said(library: Path, other: Path, tmp_path: Path) -> None:
    index = index_of(library)
    found, _ = subjects(index, [1, 2])
    same = plan_link_models(found, str(tmp_path / "same drive"), {})
    assert same.is_empty and {one.text for one in same.refused} == {"It is on this drive already."}
    (other / "loras/ink").mkdir(parents=True)
    (other / "loras/ink/fox.safetensors").write_bytes(b"other")
    plan = plan_link_models(found, str(other), {})
    assert len(plan.acts) == 1 and len(plan.refused) == 1
    (other / "ink").mkdir()
    for path, folder in ((library / "ink", other), (library / "nothing", other), (library / "ink", tmp_path)):
        assert plan_link_folder(index, str(path), str(folder), {}).is_empty
    assert plan_bring_back(index, str(library / "ink")).is_empty
    inside = plan_link_folder(index, str(library / "ink"), str(other / "loras"), {})
    assert inside.is_empty or inside.acts


def test_where_no_link_can_be_made_nothing_is_moved(library: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows without developer mode refuses; wine and some network drives say that they made one."""
    index = index_of(library)
    before = tree(library)
    found, _ = subjects(index, [1, 2])

    def refuse(*_: object, **__: object) -> None:
        raise OSError(22, "A required privilege is not held by the client")

    for symlink in (refuse, lambda *_, **__: None):
        monkeypatch.setattr(os, "symlink", symlink)
        for plan in (plan_link_models(found, str(other), roots_of(index)), plan_link_folder(index, str(library / "ink"), str(other), {})):
            assert not plan.acts and all("No link can be made" in one.text for one in plan.refused) and plan.refused
    assert tree(library) == before and not os.listdir(other)


def test_a_file_that_came_meanwhile_keeps_the_folder(library: Path, other: Path) -> None:
    """The link cannot be made over it; what was moved is there, and undo brings all of it back."""
    before, index = tree(library), index_of(library)
    plan = plan_link_folder(index, str(library / "ink"), str(other), {})
    (library / "ink/late.txt").write_text("late")
    report = carrying.carry_out(library.parents[2] / "data", plan, Work())
    assert report.outcomes[-1].state != ACT_DONE and (library / "ink/late.txt").exists()
    carrying.take_back(library.parents[2] / "data", report.change, Work())
    (library / "ink/late.txt").unlink()
    assert set(tree(library)) == set(before)

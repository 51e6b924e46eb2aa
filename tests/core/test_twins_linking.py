"""Plans to link duplicates: what is linked, what is refused and why, and what is won by it on a real drive."""

import os
from pathlib import Path
from random import Random

import pytest
from library_case import Library
from twins_case import safetensors, tensors

from model_manager.core.journal.steps import HARD, SHARE, Plan
from model_manager.core.twins.finding import find
from model_manager.core.twins.linking import Choice, as_suggested, plan_link
from model_manager.core.twins.losing import lost_keys, metadata_of
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Found, Group
from model_manager.core.work import Work

HELD = tensors(Random(5), 3, (64, 128))


def put(path: Path, data: bytes = b"", mtime: float = 1_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data or safetensors(HELD))
    os.utime(path, (mtime, mtime))
    return path


def search(library: Library) -> Found:
    library.scan()
    return find(library.data, library.path, Work())


def only(found: Found, sort: str) -> Group:
    (group,) = found.of(sort)
    return group


def targets(plan: Plan) -> list[str]:
    return [os.path.basename(step.target) for act in plan.acts for step in act.steps]


def allocated(folder: Path) -> int:
    """Bytes that the drive spends on the files of a folder, each file once."""
    found = {}
    for path in folder.rglob("*"):
        about = path.lstat()
        found[about.st_ino] = about.st_blocks * 512
    return sum(found.values())


def test_links_what_is_not_kept(library: Library) -> None:
    root = library.root()
    kept = put(root / "kept.safetensors", mtime=10)
    for name in ("a", "deep/b"):
        put(root / f"{name}.safetensors")
    plan = plan_link([as_suggested(only(search(library), SAME_FILE))])
    assert (plan.kind, targets(plan)) == ("twins", ["a.safetensors", "b.safetensors"])
    assert all(step.sort == HARD and step.source == str(kept) for act in plan.acts for step in act.steps)
    assert plan.title == "Link 2 duplicates" and not plan.refused and any("one file" in text for text in plan.warnings)
    assert plan.acts[0].note == "one file with loras / kept.safetensors"


def test_bytes_won_are_those_the_drive_spends(library: Library) -> None:
    root = library.root()
    put(root / "kept.safetensors", mtime=10)
    for name in "ab":
        put(root / f"{name}.safetensors")
    with open(root / "a.safetensors", "r+b") as file:  # a hole: the same bytes, fewer blocks
        data = file.read()
    hole = safetensors(HELD)[:-40_000] + bytes(40_000)
    for name in ("h", "i"):
        (root / f"{name}.safetensors").write_bytes(hole)
        os.utime(root / f"{name}.safetensors", (5, 5))
    with open(root / "i.safetensors", "wb") as file:
        file.write(hole[:-40_000])
        file.truncate(len(hole))
    found = search(library)
    plan = plan_link([as_suggested(group) for group in found.of(SAME_FILE)])
    assert len(data) == len(hole)
    before = allocated(root)
    for act in plan.acts:
        (step,) = act.steps
        os.unlink(step.target)
        os.link(step.source, step.target)
    assert before - allocated(root) == sum(act.size for act in plan.acts) == found.to_win(SAME_FILE)
    again = search(library)
    assert not again.of(SAME_FILE) and len(again.of(ONE_FILE)) == 2 and again.to_win(ONE_FILE) == 0


def test_what_has_more_names_is_kept_or_left_alone(library: Library) -> None:
    root = library.root()
    path = put(root / "a.safetensors")
    os.link(path, root / "b.safetensors")
    put(root / "c.safetensors")
    group = only(search(library), SAME_FILE)
    assert targets(plan_link([as_suggested(group)])) == ["c.safetensors"]
    copy = next(one for one in group.members if one.links == 1)
    plan = plan_link([Choice(group, frozenset((copy.id,)))])
    assert plan.is_empty and "2 names" in plan.refused[0].text


def test_another_drive_is_never_linked_silently(library: Library) -> None:
    away = Path("/dev/shm")
    if not away.is_dir() or away.stat().st_dev == library.folder.stat().st_dev:
        pytest.skip("there is no second drive")
    folder = away / f"twins-{os.getpid()}"
    try:
        put(library.root() / "a.safetensors", mtime=10)
        put(library.root(path=folder) / "b.safetensors")
        plan = plan_link([as_suggested(only(search(library), SAME_FILE))])
        assert plan.is_empty and "another drive" in plan.refused[0].text
    finally:
        (folder / "b.safetensors").unlink(missing_ok=True)
        folder.rmdir()


def test_same_weights_are_not_linked(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors", safetensors(HELD, {"title": "one"}))
    put(root / "b.safetensors", safetensors(HELD, {"title": "another"}))
    plan = plan_link([as_suggested(only(search(library), SAME_WEIGHTS))])
    assert plan.is_empty and "metadata" in plan.refused[0].text


def test_same_name_is_linked_only_with_the_same_bytes(library: Library) -> None:
    first, second = library.root(), library.root(path=library.folder / "more/loras")
    for name, held in (("same", HELD), ("other", tensors(Random(6), 3, (64, 128)))):
        put(first / f"{name}.safetensors")
        put(second / f"{name}.safetensors", safetensors(held))
    groups = search(library).of(SAME_NAME)
    choices = [Choice(group, frozenset((group.members[0].id,))) for group in groups]
    plan = plan_link(choices)
    assert targets(plan) == ["same.safetensors"] and [one.text for one in plan.refused] == ["It holds something else."]


@pytest.mark.parametrize("which", ["kept", "other"])
def test_what_changed_since_the_search_is_left_alone(library: Library, which: str) -> None:
    root = library.root()
    put(root / "kept.safetensors", mtime=10)
    put(root / "other.safetensors")
    choice = as_suggested(only(search(library), SAME_FILE))
    os.utime(root / f"{which}.safetensors", (7_000, 7_000))
    plan = plan_link([choice])
    assert plan.is_empty and "changed since" in plan.refused[0].text
    (root / f"{which}.safetensors").unlink()
    assert plan_link([choice]).is_empty


def test_what_one_choice_keeps_no_other_takes(library: Library) -> None:
    root = library.root()
    for name in "ab":
        put(root / f"{name}.safetensors")
    group = only(search(library), SAME_FILE)
    one, other = group.members
    plan = plan_link([Choice(group, frozenset((one.id,))), Choice(group, frozenset((other.id,)))])
    assert plan.is_empty and len(plan.refused) == 2


def test_sharing_blocks(library: Library) -> None:
    for name in "ab":
        put(library.root() / f"{name}.safetensors")
    plan = plan_link([as_suggested(only(search(library), SAME_FILE))], SHARE)
    assert [step.sort for act in plan.acts for step in act.steps] == [SHARE]
    assert any(chip.startswith("up to") for chip in plan.chips) and "Btrfs" in plan.warnings[0]


def test_metadata_that_would_be_lost(tmp_path: Path) -> None:
    kept, going = tmp_path / "kept", tmp_path / "going"
    kept.write_bytes(safetensors(HELD, {"a": "1", "b": "2"}))
    going.write_bytes(safetensors(HELD, {"b": "3", "a": "1", "c": "4"}))
    assert lost_keys(metadata_of(str(kept)), metadata_of(str(going))) == ["b", "c"]
    (tmp_path / "broken").write_bytes(b"\x10")
    assert metadata_of(str(tmp_path / "broken")) == {} == metadata_of(str(tmp_path / "nowhere"))

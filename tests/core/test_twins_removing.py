"""Plans to remove and to link duplicates, carried out by the journal on real files and taken back."""

import json
import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from library_case import Library
from twins_case import safetensors, tensors

from model_manager.core.journal.steps import ACT_DONE, Plan
from model_manager.core.sidecars.notes import read_notes
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.twins.finding import find
from model_manager.core.twins.last import last_result
from model_manager.core.twins.linking import Choice, as_suggested, plan_link
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Found, Group
from model_manager.core.twins.removing import plan_remove
from model_manager.core.twins.replacing import plan_replace
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


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and ".model-manager-trash" not in path.parts)


def state(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """What must be as before: bytes and times of all files, and which of them are one file."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    inodes: dict[int, int] = {}
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns, inodes.setdefault(path.stat().st_ino, len(inodes))) for path in files}


def carried(library: Library, plan: Plan) -> int:
    report = carry_out(library.data, plan, Work())
    assert [outcome.text for outcome in report.outcomes if outcome.state != ACT_DONE] == []
    return report.change


def blocks(folder: Path) -> int:
    """Bytes that the drive spends on the files of a folder, each file once."""
    return sum({path.stat().st_ino: path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()}.values())


def test_linking_wins_what_it_says_and_undo_splits_again(library: Library) -> None:
    root = library.root()
    for place, name in enumerate(("kept", "a", "deep/b")):
        put(root / f"{name}.safetensors", mtime=10 + place)
    (root / "a.md").write_text("notes")
    before, spent = state(root), blocks(root)
    found = search(library)
    plan = plan_link([as_suggested(only(found, SAME_FILE))])
    change = carried(library, plan)
    assert spent - blocks(root) == found.to_win(SAME_FILE) == sum(act.size for act in plan.acts)
    assert len({(root / f"{name}.safetensors").stat().st_ino for name in ("kept", "a", "deep/b")}) == 1
    library.scan()
    assert last_result(library.data, library.path, Work()).groups == ()
    assert [group.sort for group in search(library).groups] == [ONE_FILE]
    take_back(library.data, change, Work())
    assert state(root) == before and blocks(root) == spent
    assert len(search(library).of(SAME_FILE)) == 1


def test_removing_keeps_one_and_undo_brings_all_back(library: Library) -> None:
    root = library.root()
    put(root / "kept.safetensors", mtime=10)
    put(root / "deep/other.safetensors")
    (root / "deep/other.civitai.info").write_text("{}")
    (root / "deep/unknown.txt").write_text("of nobody")
    before = state(root)
    plan = plan_remove([as_suggested(only(search(library), SAME_FILE))], library.path)
    assert (plan.kind, plan.title) == ("twins", "Remove 1 duplicate") and plan.can_undo
    change = carried(library, plan)
    assert names(root) == ["kept.safetensors", "unknown.txt"]
    assert search(library).of(SAME_FILE) == ()
    take_back(library.data, change, Work())
    assert state(root) == before


def test_what_a_person_wrote_is_taken_over(library: Library) -> None:
    root = library.root()
    put(root / "kept.safetensors")
    (root / "kept.md").write_text("my own")
    (root / "kept.info").write_text(json.dumps({"user": {"favorite": True, "tags": ["mine"]}}))
    put(root / "other.safetensors")
    (root / "other.md").write_text("found out later")
    user = {"tags": ["Mine", "theirs"], "rating": 4, "notes": "", "favorite": False}
    (root / "other.info").write_text(json.dumps({"user": user, "name": "fetched"}))
    before = state(root)
    plan = plan_remove([as_suggested(only(search(library), SAME_FILE))], library.path)
    assert plan.acts[0].note.startswith("takes over") and len(plan.acts) == 2
    change = carried(library, plan)
    library.scan()
    details = library.records()["kept.safetensors"].details
    assert details.favourite and details.tags == ("mine", "theirs") and details.rating == 4
    assert read_notes(str(root), "kept.safetensors").split() == ["my", "own", "found", "out", "later"]
    take_back(library.data, change, Work())
    assert state(root) == before


def test_a_symbolic_link_in_its_place_and_back(library: Library) -> None:
    root = library.root()
    kept, other = put(root / "kept.safetensors", safetensors(HELD, {"a": "1"})), put(root / "deep/other.safetensors", safetensors(HELD))
    copy = put(root / "copy.safetensors", safetensors(HELD, {"a": "1"}))
    (root / "deep/other.md").write_text("notes")
    before = state(root)
    group = only(search(library), SAME_WEIGHTS)
    plan = plan_replace([Choice(group, frozenset(one.id for one in group.members if one.real == str(kept)))], library.path)
    change = carried(library, plan)
    assert [path.is_symlink() and path.resolve() == kept for path in (other, copy)] == [True, True]
    assert (root / "deep/other.md").exists()
    library.scan()
    assert not library.away() and last_result(library.data, library.path, Work()).groups == ()
    take_back(library.data, change, Work())
    assert state(root) == before and not other.is_symlink()


def test_a_link_to_another_drive_or_other_metadata_is_told(library: Library) -> None:
    root = library.root()
    kept = put(root / "kept.safetensors", safetensors(HELD, {"a": "1", "more": "text"}))
    put(root / "other.safetensors", safetensors(HELD, {"training": "data"}))
    group = only(search(library), SAME_WEIGHTS)
    far = replace(group, members=tuple(replace(one, device=one.device + (one.real == str(kept))) for one in group.members))
    plan = plan_replace([as_suggested(far)], library.path)
    assert "training" in plan.acts[0].note and plan.acts[0].tone == "warn"
    assert any("another drive" in text for text in plan.warnings) and any("metadata" in text for text in plan.warnings)


def test_sidecars_that_cannot_be_read_are_told(library: Library) -> None:
    root = library.root()
    put(root / "kept.safetensors", mtime=10)
    put(root / "other.safetensors")
    (root / "other.info").write_text('{"user": {"tags": ["theirs"]}}')
    (root / "kept.info").write_text("{ broken")
    group = only(search(library), SAME_FILE)
    kept = next(one.id for one in group.members if one.real.endswith("kept.safetensors"))
    plan = plan_remove([Choice(group, frozenset((kept,)))], library.path)
    assert len(plan.acts) == 1 and [one.tone for one in plan.refused] == ["warn"] and "taken over" in plan.refused[0].text


def test_same_weights_name_the_metadata_that_goes(library: Library) -> None:
    root = library.root()
    put(root / "kept.safetensors", safetensors(HELD, {"title": "a longer text than the other has", "b": "1"}))
    put(root / "other.safetensors", safetensors(HELD, {"ss_tag_frequency": "{}", "b": "1"}))
    plan = plan_remove([as_suggested(only(search(library), SAME_WEIGHTS))], library.path)
    (act,) = plan.acts
    assert (act.name, act.tone) == ("other", "warn") and "ss_tag_frequency" in act.note and "title" not in act.note
    assert any("metadata" in text for text in plan.warnings)


def test_other_content_of_the_same_name_is_marked(library: Library) -> None:
    first, second = library.root(), library.root(path=library.folder / "more/loras")
    put(first / "x.safetensors")
    put(second / "x.safetensors", safetensors(tensors(Random(6))))
    group = only(search(library), SAME_NAME)
    assert plan_remove([as_suggested(group)], library.path).is_empty
    plan = plan_remove([Choice(group, frozenset((group.members[0].id,)))], library.path)
    assert [act.tone for act in plan.acts] == ["bad"] and "something else" in plan.acts[0].note


def test_another_category_and_previews_are_warned_of(library: Library) -> None:
    put(library.root("checkpoints") / "a.safetensors", mtime=10)
    put(library.root("loras") / "b.safetensors")
    (library.root("loras") / "b.png").write_bytes(b"x")
    group = only(search(library), SAME_FILE)
    kept = next(one.id for one in group.members if one.kind == "checkpoints")
    plan = plan_remove([Choice(group, frozenset((kept,)))], library.path)
    assert "was listed as LoRAs" in plan.acts[0].note
    assert any("category" in text for text in plan.warnings) and any("preview" in text for text in plan.warnings)


def test_never_all_of_a_group(library: Library) -> None:
    root = library.root()
    for name in "ab":
        put(root / f"{name}.safetensors")
    group = only(search(library), SAME_FILE)
    one, other = group.members
    crossed = [Choice(group, frozenset((one.id,))), Choice(group, frozenset((other.id,)))]
    assert plan_remove(crossed, library.path).is_empty
    assert plan_remove([Choice(group, frozenset())], library.path).is_empty


@pytest.mark.parametrize("which", ["a", "b"])
def test_changed_or_vanished_since(library: Library, which: str) -> None:
    root = library.root()
    for name in "ab":
        put(root / f"{name}.safetensors")
    choice = as_suggested(only(search(library), SAME_FILE))
    put(root / f"{which}.safetensors", safetensors(tensors(Random(8), 3, (64, 128))), mtime=9_000)
    assert plan_remove([choice], library.path).is_empty
    (root / f"{which}.safetensors").unlink()
    assert plan_remove([choice], library.path).is_empty


def test_a_link_is_never_all_that_stays(library: Library, tmp_path: Path) -> None:
    """A link in the library to a file outside of it, and a copy: the link may lead anywhere."""
    root = library.root()
    outside = put(tmp_path / "outside/a.safetensors")
    (root / "link.safetensors").symlink_to(outside)
    put(root / "copy.safetensors")
    group = only(search(library), SAME_FILE)
    link = next(one for one in group.members if one.is_link)
    assert plan_remove([Choice(group, frozenset((link.id,)))], library.path).is_empty
    assert link.frees == 0


def test_last_result_leaves_out_what_went_or_changed(library: Library) -> None:
    root = library.root()
    for name in "abc":
        put(root / f"{name}.safetensors")
    found = search(library)
    assert last_result(library.data, library.path, Work()).groups == found.groups
    (root / "a.safetensors").unlink()
    left = only(last_result(library.data, library.path, Work()), SAME_FILE)
    assert [os.path.basename(one.real) for one in left.members] == ["b.safetensors", "c.safetensors"] and left.keep
    os.utime(root / "b.safetensors", (5, 5))
    assert last_result(library.data, library.path, Work()).groups == ()

"""Deleting into "Recently deleted": where it is held, that nothing lists it, and every way back and out."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from library_case import Library, model_bytes
from tidy_case import contents, family, files, look, only

from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, REMOVE, Plan, Report
from model_manager.core.library.kinds import TRASH
from model_manager.core.tidy import emptying
from model_manager.core.tidy import held as held_module
from model_manager.core.tidy.carrying import carry_out, changes, take_back
from model_manager.core.tidy.held import TARGET, empty, expired, found, held, plan_delete, plan_restore, restore
from model_manager.core.tidy.holding import read_note
from model_manager.core.work import Work


@pytest.fixture
def loras(library: Library) -> Path:
    return library.root()


def delete(library: Library, *paths: Path, **options: object) -> Report:
    library.scan()
    plan = plan_delete(look(library, *paths), library.roots, **options)  # type: ignore[arg-type]
    return run(library, plan)


def run(library: Library, plan: Plan) -> Report:
    report = carry_out(library.data, plan, Work())
    assert report.count(ACT_FAILED) == 0, report.outcomes
    return report


def shape(top: Path) -> dict[str, tuple[int, int, str]]:
    """Everything below, with sizes, times and where links lead."""
    found = {}
    for path in sorted(top.rglob("*")):
        about = path.lstat()
        found[str(path.relative_to(top))] = (about.st_size, about.st_mtime_ns, os.readlink(path) if path.is_symlink() else "")
    return found


def test_held_beside_the_models_folder_and_back(library: Library, loras: Path) -> None:
    path = family(loras / "style", "ink.safetensors", "ink.png", "ink.info", "ink.odd")
    family(loras / "style", "ink.v2.safetensors", "ink.v2.png")
    before = shape(library.folder / "models")
    library.scan()
    plan = plan_delete(look(library, path), library.roots)
    act = only(plan)
    assert (act.before, act.after, act.extra) == ("loras / style / ink.safetensors", "Recently deleted", 3)
    assert (plan.title, plan.button, plan.can_undo) == ("Delete 1 model", "Delete 1 model", True) and "4 files in all" in plan.chips
    run(library, plan)
    assert files(loras) == {"style/ink.v2.safetensors", "style/ink.v2.png"}
    assert (library.folder / TRASH).is_dir() and not (library.folder / "models" / TRASH).exists()
    hidden = [path.name for path in (library.folder / TRASH).rglob("*") if path.is_file()]
    assert sorted(hidden) == ["0000.held", "0001.held", "0002.held", "0003.held", "what.json"], "no name that anything lists"
    (item,) = held(library.data)
    assert (item.name, item.path, item.is_there, item.kind) == ("ink", str(path), True, "loras")
    assert item.size == sum(size for name, (size, _, _) in before.items() if "ink." in name and "v2" not in name)
    assert os.path.basename(item.files[0].path) == "ink.safetensors" and len(item.files) == 4
    assert abs(item.when - time.time()) < 60 and item.id == "1.1"
    (report,) = restore(library.data, [item], library.roots, Work())
    assert report.count(ACT_FAILED) == 0 and shape(library.folder / "models") == before
    assert held(library.data) == [] and not (library.folder / TRASH).exists()


def test_undo_brings_all_back(library: Library, loras: Path) -> None:
    paths = [family(loras / f"d{number}", f"m{number}.safetensors", f"m{number}.png") for number in range(5)]
    before = shape(library.folder / "models")
    report = delete(library, *paths)
    library.scan()
    assert library.names() == [] and len(held(library.data)) == 5
    some = [item for item in held(library.data) if item.name in ("m1", "m3")]
    restore(library.data, some, library.roots, Work())
    library.scan()
    assert library.names() == ["m1.safetensors", "m3.safetensors"] and len(held(library.data)) == 3
    take_back(library.data, report.change, Work())
    assert shape(library.folder / "models") == before


def test_a_restored_model_is_the_same_model(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    library.scan()
    before = library.one().row.id
    delete(library, path)
    library.scan()
    restore(library.data, held(library.data), library.roots, Work())
    library.scan()
    assert library.one().row.id == before


def test_a_name_that_was_taken_meanwhile(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png", mark="old")
    delete(library, path)
    family(loras, "x.safetensors", mark="new")
    (report,) = restore(library.data, held(library.data), library.roots, Work())
    assert report.count(ACT_DONE) == 1 and files(loras) == {"x.safetensors", "x (2).safetensors", "x (2).png"}
    assert (loras / "x.safetensors").read_bytes() == model_bytes("new")
    assert (loras / "x (2).safetensors").read_bytes() == model_bytes("old") and held(library.data) == []


def test_a_shared_stem(library: Library, loras: Path) -> None:
    one, two = family(loras, "x.safetensors", "x.png"), family(loras, "x.pt", mark="pt")
    delete(library, one)
    assert files(loras) == {"x.pt", "x.png"}, "what both share stays with the other"
    restore(library.data, held(library.data), library.roots, Work())
    assert files(loras) == {"x.safetensors", "x.pt", "x.png"}
    delete(library, one, two)
    assert files(loras) == set()
    assert len(held(library.data)) == 2


def test_for_good(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png")
    family(loras, "y.safetensors")
    library.scan()
    plan = plan_delete(look(library, path), library.roots, for_good=True)
    assert not plan.can_undo and {step.sort for step in only(plan).steps} == {REMOVE} and plan.foot == "This cannot be undone."
    report = run(library, plan)
    assert files(loras) == {"y.safetensors"} and held(library.data) == [] and not (library.folder / TRASH).exists()
    with pytest.raises(FileFault):
        take_back(library.data, report.change, Work())


def test_a_link_or_what_it_leads_to(library: Library, loras: Path, tmp_path: Path) -> None:
    far = family(tmp_path / "far", "big.safetensors", "big.md")
    (loras / "link.safetensors").symlink_to("../../far/big.safetensors")
    (loras / "link.png").write_bytes(b"picture")
    before = shape(tmp_path / "models"), shape(tmp_path / "far")
    library.scan()
    found_ = look(library, loras / "link.safetensors")
    plan = plan_delete(found_, library.roots)
    assert only(plan).note.startswith("only the link")
    report = run(library, plan)
    assert files(loras) == set() and far.exists()
    take_back(library.data, report.change, Work())
    assert (shape(tmp_path / "models"), shape(tmp_path / "far")) == before
    report = run(library, plan_delete(look(library, loras / "link.safetensors"), library.roots, links=TARGET))
    assert files(loras) == set() and not far.exists() and not far.with_suffix(".md").exists()
    assert [item.path for item in held(library.data)] == [str(loras / "link.safetensors"), str(far)]
    take_back(library.data, report.change, Work())
    assert (shape(tmp_path / "models"), shape(tmp_path / "far")) == before


def test_links_to_a_model_are_told(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    (library.root("checkpoints") / "l.safetensors").symlink_to(path)
    os.link(family(loras, "y.safetensors"), loras / "z.safetensors")
    library.scan()
    assert only(plan_delete(look(library, path), library.roots)).note == "1 link to it will lead nowhere"
    assert only(plan_delete(look(library, loras / "y.safetensors"), library.roots)).note.startswith("is the same file as")


def test_behind_a_linked_folder_it_is_held_beside_that(library: Library, loras: Path, tmp_path: Path) -> None:
    far = tmp_path / "disk" / "far"
    family(far / "deep", "x.safetensors")
    (loras / "nas").symlink_to(far)
    delete(library, loras / "nas/deep/x.safetensors")
    assert (tmp_path / "disk" / TRASH).is_dir() and files(far) == set()


def test_where_nothing_around_can_be_written(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that is a drive of its own, or all around it belongs to somebody else."""
    path = family(loras / "sub", "x.safetensors")
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: str(place).startswith(str(loras)) and access(place, mode))
    delete(library, path)
    assert (loras / TRASH).is_dir()
    library.scan()
    assert library.names() == []


def test_hostile_names(library: Library, loras: Path) -> None:
    stems = ["e\u0301", "-rf", "🦊", "x" * 243, " lead", "%s{0}", "..x", *(() if os.name == "nt" else ("a\nb", "CON"))]
    for stem in stems:
        family(loras, f"{stem}.safetensors", f"{stem}.png")
    before = shape(loras)
    delete(library, *loras.glob("*.safetensors"))
    items = held(library.data)
    assert files(loras) == set() and len(items) == len(stems)
    restore(library.data, items, library.roots, Work())
    assert shape(loras) == before


# without the journal


def test_all_comes_back_without_our_data_folder(library: Library, loras: Path) -> None:
    paths = [family(loras / "a" / "b", f"m{number}.safetensors", f"m{number}.png") for number in range(3)]
    before = files(loras)
    delete(library, *paths)
    shutil.rmtree(loras / "a")
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (library.data / name).unlink(missing_ok=True)
    assert held(library.data) == []
    items = found(library.roots)
    assert [item.name for item in sorted(items, key=lambda item: item.name)] == ["m0", "m1", "m2"]
    assert found(library.roots, items) == []
    run(library, plan_restore(items, library.roots))
    assert files(loras) == before and found(library.roots) == []
    assert not [path for path in (library.folder / TRASH).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"files": []}', '{"files": [1], "name": "x", "when": 1}', "\x00", "[" * 100_000]
    + [json.dumps({"name": "x", "when": 1, "files": [{"held": held_, "path": path, "size": 1}]}) for held_, path in (
        ("../../etc/passwd", "/x"), ("..", "/x"), ("", "/x"), ("0.held", "relative"), ("a/b", "/x"))],
)  # fmt: skip
def test_notes_that_cannot_be_understood(tmp_path: Path, text: str) -> None:
    (tmp_path / "what.json").write_text(text)
    assert read_note(str(tmp_path)) is None


# out


@pytest.fixture
def trash(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's trash, below the home of this test: the module looks for it when it is imported."""
    home = own_folders / ".local/share"
    module = sys.modules[emptying.send2trash.__module__]
    for name, value in (("XDG_DATA_HOME", os.fsencode(home)), ("HOMETRASH_B", os.fsencode(home / "Trash"))):
        monkeypatch.setattr(module, name, value, raising=sys.platform == "linux")
    return home / "Trash" / "files"


def trashed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the trash cannot be another one")
def test_into_the_trash_with_its_own_name(library: Library, loras: Path, trash: Path) -> None:
    delete(library, family(loras, "ink wash.safetensors", "ink wash.png"), family(loras, "y.safetensors"))
    items = {item.name: item for item in held(library.data)}
    result = empty(library.data, [items["ink wash"]], Work())
    assert [item.name for item in result.gone] == ["ink wash"] and result.size == items["ink wash"].size and not result.failed
    assert trashed(trash) == ["ink wash/ink wash.png", "ink wash/ink wash.safetensors"]
    assert [item.name for item in held(library.data)] == ["y"]
    result = empty(library.data, held(library.data), Work(), for_good=True)
    assert len(result.gone) == 1 and held(library.data) == [] and len(trashed(trash)) == 2
    assert not (library.folder / TRASH).exists()


def test_no_trash_on_that_drive(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise emptying.TrashPermissionError(path)

    monkeypatch.setattr(emptying, "send2trash", refuse)
    delete(library, family(loras, "x.safetensors", "x.png"))
    before = shape(library.folder / TRASH)
    (item,) = held(library.data)
    result = empty(library.data, [item], Work())
    assert not result.gone and "no trash" in result.failed[0][1]
    assert shape(library.folder / TRASH).keys() == before.keys() and held(library.data) == [item]
    restore(library.data, [item], library.roots, Work())
    assert files(loras) == {"x.safetensors", "x.png"}


class ShellFault(Exception):
    """Stands for what pywin32 raises on Windows, which is no OSError."""


@pytest.mark.parametrize("refusal", [ShellFault(), OSError(None, None, "x"), None])
def test_the_trash_does_not_take_it(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception | None) -> None:
    def refuse(path: str) -> None:
        if refusal is not None:
            raise refusal

    monkeypatch.setattr(emptying, "send2trash", refuse)
    monkeypatch.setattr(emptying, "_com_faults", lambda: (ShellFault,))
    delete(library, family(loras, "x.safetensors", "x.png"), family(loras, "y.safetensors"))
    before, items = shape(library.folder / TRASH), held(library.data)
    result = empty(library.data, items, Work())
    assert not result.gone and ["did not take" in text for _, text in result.failed] == [True, True]
    assert shape(library.folder / TRASH).keys() == before.keys() and held(library.data) == items
    restore(library.data, items, library.roots, Work())
    assert files(loras) == {"x.safetensors", "x.png", "y.safetensors"}


def test_killed_on_the_way_to_the_trash(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(path: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(emptying, "send2trash", killed)
    delete(library, family(loras, "x.safetensors", "x.png"))
    (item,) = held(library.data)
    with pytest.raises(KeyboardInterrupt):
        empty(library.data, [item], Work())
    assert held(library.data) == [item]
    restore(library.data, [item], library.roots, Work())
    assert files(loras) == {"x.safetensors", "x.png"}


def test_stopped_between_two(library: Library, loras: Path) -> None:
    delete(library, *(family(loras, f"m{number}.safetensors") for number in range(3)))
    work = Work()
    work.cancel()
    result = empty(library.data, held(library.data), work, for_good=True)
    assert result.is_stopped and not result.gone and len(held(library.data)) == 3


def test_taken_away_by_hand(library: Library, loras: Path) -> None:
    delete(library, family(loras, "x.safetensors"))
    shutil.rmtree(library.folder / TRASH)
    assert held(library.data) == [], "its drive is here, so it was taken away by other means"


def test_away_is_told(library: Library, tmp_path: Path) -> None:
    loras = library.root("loras", tmp_path / "drive" / "models" / "loras")
    delete(library, family(loras, "x.safetensors"))
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    (item,) = held(library.data)
    assert not item.is_there and item.name == "x" and item.size > 0
    assert "away" in empty(library.data, [item], Work()).failed[0][1]
    plan = plan_restore([item], library.roots)
    assert plan.is_empty and "away" in plan.refused[0].text
    (report,) = restore(library.data, [item], library.roots, Work())
    assert [(one.state, one.text) for one in report.outcomes] == [(ACT_FAILED, "It is on a drive that is away.")]
    assert len(changes(library.data)) == 1
    assert expired(library.data, 1, time.time() + 10**6) == []
    (tmp_path / "unplugged").rename(tmp_path / "drive")
    assert held(library.data)[0].is_there


def test_what_is_held_for_too_long(library: Library, loras: Path) -> None:
    delete(library, family(loras, "x.safetensors"))
    now = time.time()
    assert expired(library.data, 30, now + 29 * 86_400) == []
    assert len(expired(library.data, 30, now + 31 * 86_400)) == 1
    assert expired(library.data, 0, now + 10_000 * 86_400) == []


def test_the_history_shows_it(library: Library, loras: Path) -> None:
    delete(library, family(loras, "x.safetensors"))
    (change,) = changes(library.data)
    assert (change.kind, change.title, change.can_undo) == ("delete", "Delete 1 model", True)
    assert contents(library.folder / TRASH)


def test_what_came_back_before_a_fault_is_reported(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        path = family(loras, f"{name}.safetensors")
        library.scan()
        delete(library, path)
    two, one = held(library.data)

    def fails(data: Path, change: int, work: Work, acts: list[int]) -> Report:
        return take_back(data, change if change == two.change else 99, work, acts)

    monkeypatch.setattr(held_module, "take_back", fails)
    (report,) = restore(library.data, [two, one], library.roots, Work())
    assert report.outcomes[0].name == "two" and report.note == "This change is not in the history any more."
    assert report.folders and held(library.data) == [one]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_emptying_that_was_cut_off(library: Library, loras: Path, monkeypatch: pytest.MonkeyPatch, at: int, is_known: bool) -> None:
    """What is left comes back, the model among it, and what is gone is told."""
    path = family(loras, "x.safetensors", "x.png", "x.md")
    library.scan()
    delete(library, path)
    (item,) = held(library.data)
    unlink, count = os.unlink, 0

    def killed(path: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise KeyboardInterrupt
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            empty(library.data, [item], Work(), for_good=True)
    (left,) = held(library.data) if is_known else found(library.roots)
    reports = restore(library.data, [left], library.roots, Work())
    assert [outcome.state for report in reports for outcome in report.outcomes] == [ACT_DONE if not is_known else ACT_UNDONE]
    names = [os.path.basename(file.path) for file in item.files]
    assert sorted(os.listdir(loras)) == sorted(names[: len(names) - at + 1]) and path.exists()
    told = "".join(report.note for report in reports)
    assert ("removed for good before" in told) == (at > 1) and all(name in told for name in names[len(names) - at + 1 :])
    assert held(library.data) == [] and not found(library.roots)


@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_left_of_a_model_that_is_gone(library: Library, loras: Path, is_known: bool) -> None:
    path = family(loras, "x.safetensors", "x.png", "x.md")
    library.scan()
    delete(library, path)
    (item,) = held(library.data)
    os.unlink(item.files[0].held)
    (left,) = held(library.data) if is_known else found(library.roots)
    (report,) = restore(library.data, [left], library.roots, Work())
    assert report.count(ACT_DONE) == 1 and report.note == "x.safetensors was removed for good before."
    assert sorted(os.listdir(loras)) == ["x.md", "x.png"] and held(library.data) == []


def test_what_is_left_finds_its_name_taken(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors", "x.png", "x.md")
    library.scan()
    delete(library, path)
    (item,) = held(library.data)
    os.unlink(item.files[0].held)
    (loras / "x.md").write_text("a new one")
    (report,) = restore(library.data, held(library.data), library.roots, Work())
    assert report.count(ACT_DONE) == 1 and (loras / "x.png").exists() and (loras / "x.md").read_text() == "a new one"
    (item,) = held(library.data)
    (report,) = restore(library.data, [item], library.roots, Work())
    assert [outcome.text for outcome in report.outcomes] == ["The name is taken there."]
    (loras / "x.md").unlink()
    restore(library.data, held(library.data), library.roots, Work())
    assert (loras / "x.md").read_bytes() == b"x.md" and held(library.data) == []

"""Identity: which model is the same one after it was renamed, moved, copied, linked or brought back."""

import os
import shutil

import pytest
from library_case import Library, model_bytes, put


def ids(library: Library) -> dict[str, int]:
    return {model.row.file: model.row.id for model in library.models().values()}


# moved


@pytest.mark.parametrize("target", ["renamed.safetensors", "deep/er/a.safetensors", "deep/renamed.safetensors"])
def test_moved_model_is_the_same(library: Library, opened: list[str], target: str) -> None:
    root = library.root()
    path = put(root / "a.safetensors", mtime=1_000)
    put(root / "other.safetensors", "other")
    library.scan()
    before = library.models()[str(path)].row
    opened.clear()
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    path.rename(root / target)
    result = library.scan()
    after = library.models()[str(root / target)].row
    assert (after.id, after.added, after.file) == (before.id, before.added, os.path.basename(target))
    assert (result.added, result.removed, result.opened, opened) == (0, 0, 0, [])
    assert os.path.splitext(os.path.basename(target))[0] in after.search


def test_moved_with_a_changed_sidecar(library: Library, opened: list[str]) -> None:
    root = library.root()
    path = put(root / "a.safetensors")
    (root / "a.md").write_text("before")
    library.scan()
    id_ = library.one().row.id
    opened.clear()
    (root / "deep").mkdir()
    path.rename(root / "deep/b.safetensors")
    (root / "a.md").unlink()
    (root / "deep/b.md").write_text("after")
    library.scan()
    assert library.one().row.id == id_ and opened == []
    assert library.records()["b.safetensors"].details.notes.strip() == "after"


def test_moved_to_another_category(library: Library, opened: list[str]) -> None:
    put(library.root("checkpoints") / "a.safetensors")
    library.root("loras")
    library.scan()
    before = library.one().row
    opened.clear()
    (library.root("checkpoints") / "a.safetensors").rename(library.root("loras") / "a.safetensors")
    library.scan()
    after = library.one().row
    assert (after.id, after.added, after.kind) == (before.id, before.added, "loras") and opened == []
    assert before.problem == "wrong_folder" and after.problem == ""


def test_moved_over_a_volume_is_known_by_name_size_and_time(library: Library, opened: list[str]) -> None:
    root = library.root()
    path = put(root / "a.safetensors")
    library.scan()
    id_ = library.one().row.id
    opened.clear()
    put(root / "filler.safetensors", "filler")
    (root / "deep").mkdir()
    shutil.copy2(path, root / "deep/a.safetensors")
    path.unlink()
    library.scan()
    assert ids(library)["a.safetensors"] == id_ and opened == ["filler.safetensors"]


def test_two_models_change_places(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors", "one", 1_000)
    put(root / "b.safetensors", "number two", 2_000)
    library.scan()
    (root / "a.safetensors").rename(root / "t")
    (root / "b.safetensors").rename(root / "a.safetensors")
    (root / "t").rename(root / "b.safetensors")
    library.scan()
    library.check_disk()
    assert library.records()["a.safetensors"].size == (root / "a.safetensors").stat().st_size


def test_chain_of_renames(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(root / "a.safetensors", "one", 1_000)
    library.scan()
    id_ = library.one().row.id
    for name in "bcd":
        library.models()
        os.rename(next(iter(library.models())), root / f"{name}.safetensors")
        library.scan()
    assert library.one().row.id == id_ and opened == ["a.safetensors"]


def test_equal_files_that_move_together_stay_apart(library: Library) -> None:
    root = library.root()
    for name in ("x", "y"):
        put(root / name / "model.safetensors", "same", 1_000)
    library.scan()
    before = {os.path.basename(os.path.dirname(path)): model.row.id for path, model in library.models().items()}
    (root / "x").rename(root / "t")
    (root / "y").rename(root / "x")
    (root / "t").rename(root / "y")
    (root / "x").rename(root / "new x")
    library.scan()
    after = {os.path.basename(os.path.dirname(path)): model.row.id for path, model in library.models().items()}
    assert len(set(after.values())) == 2 and set(after.values()) == set(before.values())
    library.check_disk()


# gone and back


def test_back_in_a_later_scan_is_the_same(library: Library, opened: list[str]) -> None:
    root = library.root()
    path = put(root / "a.safetensors", mtime=1_000)
    put(root / "b.safetensors")
    library.scan()
    before = library.models()[str(path)].row
    opened.clear()
    path.rename(library.folder / "drawer")
    assert library.scan().removed == 1
    assert library.scan().removed == 0
    (library.folder / "drawer").rename(path)
    assert library.scan().added == 1
    assert library.models()[str(path)].row == before and opened == []


def test_back_under_another_name(library: Library, opened: list[str]) -> None:
    root = library.root()
    path = put(root / "a.safetensors")
    library.scan()
    before = library.one().row
    opened.clear()
    path.rename(library.folder / "drawer")
    library.scan()
    put(root / "deep" / "other.safetensors", "fills the old place", 5)
    (library.folder / "drawer").rename(root / "deep" / "z.safetensors")
    library.scan()
    assert ids(library)["z.safetensors"] == before.id and opened == ["other.safetensors"]


def test_another_file_under_the_name_of_a_gone_one_is_new(library: Library, opened: list[str]) -> None:
    path = put(library.root() / "a.safetensors", mtime=1_000)
    library.scan()
    before = library.one().row
    path.unlink()
    library.scan()
    opened.clear()
    put(path, "quite another", 2_000)
    assert library.scan().added == 1
    assert library.one().row.id != before.id and opened == ["a.safetensors"]
    put(path, mtime=1_000)  # and the first one again, over it: a changed file, not a third one
    second = library.one().row.id
    library.scan()
    assert library.one().row.id == second
    path.unlink()
    library.scan()
    assert library.models() == {}


def test_copy_is_new_while_the_original_is_there(library: Library, opened: list[str]) -> None:
    root = library.root()
    path = put(root / "a.safetensors", mtime=1_000)
    library.scan()
    before = library.one().row
    opened.clear()
    (root / "deep").mkdir()
    shutil.copy2(path, root / "deep/a.safetensors")
    result = library.scan()
    found = library.models()
    assert result.added == 1 and opened == ["a.safetensors"]
    assert found[str(path)].row == before and found[str(root / "deep/a.safetensors")].row.id != before.id


def test_root_out_of_the_configuration_and_back(library: Library, opened: list[str]) -> None:
    for kind in ("loras", "vae"):
        put(library.root(kind) / "deep" / f"{kind}.safetensors", kind)
    library.scan()
    before = ids(library)
    opened.clear()
    library.forget("vae")
    assert library.scan().removed == 1
    assert library.names() == ["loras.safetensors"]
    library.forget("loras")
    assert library.scan().removed == 1
    library.root("vae")
    assert library.scan().added == 1
    library.root("loras")
    library.scan()
    assert ids(library) == before and opened == []


def test_folder_under_a_new_name_while_another_takes_the_old_one(library: Library, opened: list[str]) -> None:
    root = library.root()
    put(root / "x/a.safetensors", "one")
    library.scan()
    id_ = library.one().row.id
    opened.clear()
    (root / "x").rename(root / "y")
    put(root / "x/b.safetensors", "two")
    library.scan()
    assert ids(library)["a.safetensors"] == id_ and opened == ["b.safetensors"]
    library.check_disk()


# one file in two places


def places(library: Library, name: str) -> list[str]:
    return [place.path for place in library.records()[name].places]


def test_hard_link_is_one_card_with_two_places(library: Library) -> None:
    first, second = library.root("checkpoints"), library.root("loras")
    put(first / "a.safetensors")
    os.link(first / "a.safetensors", second / "b.safetensors")
    result = library.scan()
    assert result.added == 1 and places(library, "a.safetensors") == [str(first / "a.safetensors"), str(second / "b.safetensors")]
    assert library.scan().changed == 0 and library.quick() == set()


@pytest.mark.parametrize("is_partial", [False, True])
@pytest.mark.parametrize("removed", [0, 1])
def test_one_of_two_hard_links_goes(library: Library, opened: list[str], removed: int, is_partial: bool) -> None:
    paths = [library.root(kind) / f"{kind}.safetensors" for kind in ("checkpoints", "loras")]
    put(paths[0])
    os.link(*paths)
    library.scan()
    before = library.one().row
    opened.clear()
    paths[removed].unlink()
    library.scan([paths[removed].parent] if is_partial else None)
    assert library.one().row.id == before.id and opened == []
    assert places(library, paths[1 - removed].name) == [str(paths[1 - removed])]
    library.check_disk()


@pytest.mark.parametrize("is_partial", [False, True])
@pytest.mark.parametrize("order", [0, 1])
def test_second_hard_link_comes_later(library: Library, opened: list[str], order: int, is_partial: bool) -> None:
    paths = [library.root(kind) / f"{kind}.safetensors" for kind in ("checkpoints", "loras")]
    put(paths[order])
    library.scan()
    before = library.one().row
    opened.clear()
    os.link(paths[order], paths[1 - order])
    library.scan([paths[1 - order].parent] if is_partial else None)
    assert library.one().row.id == before.id and opened == []
    assert sorted(places(library, library.one().row.file)) == sorted(map(str, paths))


def test_three_hard_links_lose_the_shown_one(library: Library) -> None:
    root = library.root()
    put(root / "1/a.safetensors")
    for number in "23":
        (root / number).mkdir()
        os.link(root / "1/a.safetensors", root / number / "a.safetensors")
    library.scan()
    (model,) = library.models()
    assert len(places(library, "a.safetensors")) == 3
    os.unlink(model)
    library.scan([os.path.dirname(model)])
    assert len(places(library, "a.safetensors")) == 2 and library.scan().changed == 0


def test_file_link_inside_the_library_shows_the_real_file(library: Library) -> None:
    first, second = library.root("checkpoints"), library.root("loras")
    put(second / "real.safetensors")
    os.symlink(second / "real.safetensors", first / "link.safetensors")
    library.scan()
    record = library.records()["real.safetensors"]
    assert record.path == str(second / "real.safetensors") and record.kind == "loras"
    assert places(library, "real.safetensors")[1] == str(first / "link.safetensors")
    (first / "link.safetensors").unlink()
    library.scan([first])
    assert places(library, "real.safetensors") == [str(second / "real.safetensors")]


@pytest.mark.parametrize("is_partial", [True, False])
def test_file_link_that_comes_later_is_one_more_place(library: Library, is_partial: bool) -> None:
    """Nothing changed where the file itself lies, so that folder is not listed for its own sake."""
    loras, other = library.root(), library.root("checkpoints")
    put(loras / "a.safetensors")
    put(other / "b.safetensors", "b")
    library.scan()
    os.symlink(loras / "a.safetensors", other / "link.safetensors")
    library.scan([other] if is_partial else None)
    assert sorted(library.records()) == ["a.safetensors", "b.safetensors"]
    assert places(library, "a.safetensors") == [str(loras / "a.safetensors"), str(other / "link.safetensors")]


def test_file_links_to_one_file_outside(library: Library, opened: list[str]) -> None:
    blob = put(library.folder / "cache/blob")
    paths = [library.root(kind) / f"{kind}.safetensors" for kind in ("checkpoints", "loras")]
    for path in paths:
        os.symlink(blob, path)
    library.scan()
    assert places(library, "checkpoints.safetensors") == list(map(str, paths)) and len(opened) == 1
    id_ = library.one().row.id
    paths[0].unlink()
    library.scan([paths[0].parent])
    assert (library.one().row.id, library.one().row.file) == (id_, "loras.safetensors") and len(opened) == 1
    assert library.records()["loras.safetensors"].places[0].path == str(paths[1])


def test_link_and_its_hard_linked_target(library: Library) -> None:
    root = library.root()
    put(root / "a.safetensors")
    os.link(root / "a.safetensors", root / "b.safetensors")
    os.symlink("a.safetensors", root / "c.safetensors")
    os.symlink("c.safetensors", root / "d.safetensors")
    library.scan()
    assert sorted(map(os.path.basename, places(library, library.one().row.file))) == [f"{name}.safetensors" for name in "abcd"]


def test_link_whose_target_was_removed_inside_the_library(library: Library) -> None:
    root = library.root()
    put(root / "real/a.safetensors")
    os.symlink("real/a.safetensors", root / "l.safetensors")
    library.scan()
    (root / "real/a.safetensors").unlink()
    result = library.scan()
    assert library.models() == {} and result.broken_links == [str(root / "l.safetensors")] and result.faults == []


def test_moves_are_told_with_both_paths(library: Library) -> None:
    root = library.root()
    (root / "a.safetensors").write_bytes(model_bytes("a"))
    (root / "b.safetensors").write_bytes(model_bytes("other"))
    assert library.scan().moves == []
    (root / "sub").mkdir()
    os.rename(root / "a.safetensors", root / "sub" / "renamed.safetensors")
    real = os.path.realpath(root)
    assert library.scan().moves == [(os.path.join(real, "a.safetensors"), os.path.join(real, "sub", "renamed.safetensors"))]
    assert library.scan().moves == []

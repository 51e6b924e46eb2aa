"""What is told of one model: its ways in order, which of them ComfyUI takes, and finding it by path."""

import os
from contextlib import closing
from pathlib import Path

from library_case import Library, put

from model_manager.core.library import catalogue
from model_manager.core.library.entry import ModelRecord, Root
from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record


def one(library: Library, path: Path | str) -> ModelRecord:
    """The record as the details panel asks for it; the list must say the same."""
    with closing(Index(library.path)) as index:
        id_ = catalogue.find_model(index, str(path))
        assert id_ is not None
        record = read_record(index, id_)
        assert record is not None
        assert next(listed for listed in catalogue.records(index) if listed.id == id_) == record
    return record


def test_record_of_a_model_with_all_it_has(library: Library) -> None:
    path = put(library.root() / "style/a.safetensors", "mark", 1_000)
    path.with_suffix(".md").write_text("# My note")
    path.with_suffix(".png").write_bytes(b"x")
    path.with_suffix(".mp4").write_bytes(b"x")
    library.scan()
    record = one(library, path)
    assert (record.name, record.path, record.kind, record.size, record.modified) == ("a", str(path), "loras", path.stat().st_size, 1_000)
    assert record.sidecars == ("a.md",) and [os.path.basename(preview.path) for preview in record.previews] == ["a.png", "a.mp4"]
    assert record.facts.format == "safetensors" and record.details.notes.strip() == "# My note" and not record.is_away
    (place,) = record.places
    assert (place.kind, place.root, place.path) == ("loras", str(library.root()), str(path))
    assert place.name == os.path.join("style", "a.safetensors") and place.listed and not place.shadowed and record.problems == ()


def test_broken_model_tells_what_to_do(library: Library) -> None:
    path = library.root() / "a.safetensors"
    path.write_bytes(b"<!DOCTYPE html><html>login</html>")
    library.scan()
    (problem,) = one(library, path).problems
    assert problem.code == "not_a_model" and problem.text


def test_name_is_below_the_root_it_was_found_by(library: Library) -> None:
    path = put(library.root("checkpoints") / "loras/deep/a.safetensors")
    library.root("loras", library.root("checkpoints") / "loras")
    library.scan()
    assert [(place.kind, place.name) for place in one(library, path).places] == [
        ("checkpoints", os.path.join("loras", "deep", "a.safetensors")), ("loras", os.path.join("deep", "a.safetensors")),
    ]  # fmt: skip


def test_later_root_of_the_same_group_is_shadowed(library: Library) -> None:
    first, second, other = (library.folder / name for name in ("first", "second", "other"))
    for root in (first, second, other):
        put(root / "x/a.safetensors", root.name)
        library.root("loras", root)
    put(second / "x/b.safetensors")
    library.roots[Root("loras", str(other), "ComfyUI")] = "another install"
    library.scan()
    assert [one(library, root / "x/a.safetensors").places[0].shadowed for root in (first, second, other)] == [False, True, False]
    assert not one(library, second / "x/b.safetensors").places[0].shadowed


def test_same_name_in_another_category_shadows_nothing(library: Library) -> None:
    for kind in ("loras", "vae"):
        put(library.root(kind) / "a.safetensors", kind)
    library.scan()
    assert not any(place.shadowed for kind in ("loras", "vae") for place in one(library, library.root(kind) / "a.safetensors").places)


def test_found_by_every_path_that_leads_to_it(library: Library) -> None:
    root = library.root()
    real = put(library.folder / "drive/ä b/real.safetensors")
    put(library.folder / "drive/ä b/real.safetensors2.safetensors")
    os.symlink(library.folder / "drive", root / "link")
    os.link(real, root / "härd.safetensors")
    os.symlink(real, root / "söft.safetensors")
    library.scan()
    paths = [real, root / "link/ä b/real.safetensors", root / "härd.safetensors", root / "söft.safetensors"]
    assert len({one(library, path).id for path in paths}) == 1
    assert len(one(library, real).places) == 3
    with closing(Index(library.path)) as index:
        for wrong in (root / "härd", root / "nowhere.safetensors", root, "", "relative.safetensors"):
            assert catalogue.find_model(index, str(wrong)) is None


def test_nobody_with_that_id(library: Library) -> None:
    with closing(Index(library.path)) as index:
        assert read_record(index, 1) is None and read_record(index, -1) is None and list(catalogue.records(index)) == []


def test_records_come_by_name_as_people_count(library: Library) -> None:
    for name in ("b10", "b9", "A1", "a02"):
        put(library.root() / f"{name}.safetensors", name)
    library.scan()
    assert [record.name for record in library.records().values()] == ["A1", "a02", "b9", "b10"]
    with closing(Index(library.path)) as index:
        assert [record.name for record in catalogue.records(index, "b")] == ["b9", "b10"]

"""The walk: every real folder once, however it is reached, and no end in a circle."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from library_case import Library, put

from model_manager.core.library.entry import Root
from model_manager.core.library.walk import WAYS, Walk, signature_of
from model_manager.core.work import Work


def walked(*roots: Root) -> Walk:
    walk = Walk(Work())
    for _ in walk.roots(roots):
        pass
    return walk


def root(path: Path, kind: str = "loras") -> Root:
    return Root(kind, str(path), "ComfyUI")


def found(walk: Walk) -> list[str]:
    return sorted(os.path.join(seen.path, file.name) for seen in walk.seen.values() for file in seen.models)


def ways(walk: Walk, path: Path) -> list[str]:
    return [way.path for way in walk.seen[str(path)].best_ways]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A real folder with models at two depths."""
    put(tmp_path / "m/a.safetensors")
    put(tmp_path / "m/x/b.safetensors")
    put(tmp_path / "m/y/c.safetensors")
    return tmp_path / "m"


LOOPS: dict[str, list[tuple[str, str]]] = {
    "to itself": [("x/self", ".")],
    "to parent": [("x/up", "..")],
    "to sibling": [("x/side", "../y")],
    "each other": [("x/to_y", "../y"), ("y/to_x", "../x")],
    "chain": [("x/one", "two"), ("x/two", "../y/three"), ("y/three", "../x")],
    "link to link to itself": [("x/l", "l")],
    "two links to each other": [("x/l", "m"), ("x/m", "l")],
    "above the root": [("x/out", "../..")],
    "all to all": [(f"{a}/{b}{n}", f"../{b}") for a in "xy" for b in "xy" for n in range(6)],
}


@pytest.mark.parametrize("links", LOOPS.values(), ids=LOOPS.keys())
def test_loops_change_nothing(top: Path, links: list[tuple[str, str]]) -> None:
    before = found(walked(root(top)))
    for name, target in links:
        os.symlink(target, top / name)
    walk = walked(root(top))
    assert found(walk) == before and len(before) == 3
    for seen in walk.seen.values():
        if seen.path.startswith(str(top)):
            assert not seen.best_ways[0].is_linked and len(seen.ways) <= WAYS
            assert len(set(seen.ways)) == len(seen.ways)


def test_many_folders_that_all_link_to_each_other_end_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"f{number}" for number in range(12)]
    for name in names:
        put(tmp_path / name / "m.safetensors")
    for name in names:
        for other in names:
            os.symlink(f"../{other}", tmp_path / name / f"to {other}")
    steps = []
    find = Walk._find
    monkeypatch.setattr(Walk, "_find", lambda self, step: (steps.append(step), find(self, step))[1])
    assert len(found(walked(root(tmp_path)))) == 12
    assert len(steps) < 12 * WAYS * 14


def test_folder_by_a_link_and_for_real_is_shown_for_real(tmp_path: Path) -> None:
    put(tmp_path / "models/zz/a.safetensors")
    for number in range(WAYS + 5):
        os.symlink("zz", tmp_path / "models" / f"l{number:02}")
    walk = walked(root(tmp_path / "models"))
    assert ways(walk, tmp_path / "models/zz")[0] == str(tmp_path / "models/zz")
    assert len(ways(walk, tmp_path / "models/zz")) == WAYS and len(found(walk)) == 1


def test_folder_of_two_categories_is_listed_once(tmp_path: Path) -> None:
    put(tmp_path / "loras/deep/a.safetensors")
    (tmp_path / "vae").mkdir()
    os.symlink("../loras/deep", tmp_path / "vae/link")
    walk = walked(root(tmp_path / "vae", "vae"), root(tmp_path / "loras", "loras"))
    seen = walk.seen[str(tmp_path / "loras/deep")]
    assert [(way.kind, way.path, way.is_linked) for way in seen.best_ways] == [
        ("loras", str(tmp_path / "loras/deep"), False),
        ("vae", str(tmp_path / "vae/link"), True),
    ]


def test_root_within_root_and_the_same_root_twice(tmp_path: Path) -> None:
    put(tmp_path / "models/loras/deep/a.safetensors")
    inner = tmp_path / "models/loras"
    walk = walked(root(tmp_path / "models", "checkpoints"), root(inner), Root("loras", str(inner), "extra"), root(inner))
    assert [way.kind for way in walk.seen[str(inner / "deep")].ways] == ["checkpoints", "loras"]


def test_root_that_is_a_link_is_not_a_linked_way(tmp_path: Path) -> None:
    put(tmp_path / "real/a.safetensors")
    os.symlink("real", tmp_path / "loras")
    walk = walked(root(tmp_path / "loras"))
    (way,) = walk.seen[str(tmp_path / "real")].ways
    assert way.path == str(tmp_path / "loras") and not way.is_linked


def test_two_links_to_one_folder_below_it_each(tmp_path: Path) -> None:
    put(tmp_path / "out/deep/a.safetensors")
    (tmp_path / "loras").mkdir()
    for name in ("one", "two"):
        os.symlink(tmp_path / "out", tmp_path / "loras" / name)
    walk = walked(root(tmp_path / "loras"))
    assert sorted(ways(walk, tmp_path / "out/deep")) == [str(tmp_path / "loras" / name / "deep") for name in ("one", "two")]


def test_broken_links_are_told_and_hurt_nobody(top: Path) -> None:
    os.symlink("nowhere", top / "x/broken")
    os.symlink("nowhere.safetensors", top / "broken.safetensors")
    walk = walked(root(top))
    assert sorted(walk.broken) == [str(top / "broken.safetensors"), str(top / "x/broken")] and len(found(walk)) == 3


def test_missing_root_is_a_fault_that_is_away(tmp_path: Path) -> None:
    (fault,) = walked(root(tmp_path / "nowhere")).faults
    assert fault.path == str(tmp_path / "nowhere") and fault.is_away and fault.reason


def test_signature_hears_of_every_change(tmp_path: Path) -> None:
    def signature() -> bytes:
        return walked(root(tmp_path)).seen[str(tmp_path)].signature

    put(tmp_path / "a.safetensors", mtime=1_000)
    signatures = [signature()]
    for act in (
        lambda: put(tmp_path / "b.safetensors", mtime=1_000),
        lambda: os.utime(tmp_path / "b.safetensors", (2_000, 2_000)),
        lambda: put(tmp_path / "b.safetensors", "a good deal longer", 2_000),
        lambda: (tmp_path / "b.safetensors").rename(tmp_path / "c.safetensors"),
        lambda: (tmp_path / "a.txt").write_text("x"),
        lambda: (tmp_path / "a.safetensors").unlink(),
    ):
        act()
        signatures.append(signature())
    assert len(set(signatures)) == 7 and signature() == signatures[-1]


def test_signature_does_not_mind_order_or_odd_letters() -> None:
    odd = ["a\0001", "b\udcff\0002", "c\ud800\0003"]
    assert signature_of(list(odd)) == signature_of(odd[::-1]) != signature_of(odd[:2])


def test_library_with_loops_lists_the_same_models_after_each_change(tmp_path: Path) -> None:
    def links(library: Library, at: Iterable[tuple[str, str]]) -> None:
        for name, target in at:
            os.symlink(target, library.root() / name)

    library = Library(tmp_path)
    top = library.root()
    for name in ("a", "x/b", "y/c"):
        put(top / f"{name}.safetensors", name)
    library.scan()
    before = library.models()
    links(library, [*LOOPS["each other"], *LOOPS["to parent"], *LOOPS["to itself"], ("twice", "y")])
    assert (library.scan().added, library.scan().changed) == (0, 0)
    assert {path: model.row.id for path, model in library.models().items()} == {path: model.row.id for path, model in before.items()}
    assert library.records()["c.safetensors"].places[0].path == str(top / "y/c.safetensors")
    assert str(top / "twice/c.safetensors") in [place.path for place in library.records()["c.safetensors"].places]
    put(top / "x/new.safetensors", "new")
    library.scan([top / "x"])
    assert library.names() == ["a.safetensors", "b.safetensors", "c.safetensors", "new.safetensors"]
    (top / "twice").unlink()
    library.scan([top])
    assert str(top / "twice/c.safetensors") not in [place.path for place in library.records()["c.safetensors"].places]


def test_link_added_in_a_partial_scan_is_one_more_way(tmp_path: Path) -> None:
    library = Library(tmp_path)
    put(library.root("loras") / "deep/a.safetensors")
    library.root("vae")
    library.scan()
    os.symlink(library.root("loras") / "deep", library.root("vae") / "link")
    library.scan([library.root("vae")])
    assert [place.kind for place in library.records()["a.safetensors"].places] == ["loras", "vae"]

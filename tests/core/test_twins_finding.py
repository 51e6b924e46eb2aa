"""The search for duplicates over a real library: what it finds, what it leaves alone, what it remembers."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from library_case import Library
from twins_case import GGUF_TWINS, TWINS, Tensor, safetensors, tensors

from model_manager.core.errors import Cancelled
from model_manager.core.hashes.compute import SHA256, mark_of
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.twins import finding, weights
from model_manager.core.twins.finding import find
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Found, Group
from model_manager.core.twins.store import Store
from model_manager.core.work import Work

RANDOM = Random(5)
HELD = tensors(RANDOM, 3)
LARGE = tensors(RANDOM, 3, (256, 128))  # 200 kB: more than both ends


def put(path: Path, data: bytes, mtime: float = 1_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def search(library: Library, **options: Any) -> Found:
    library.scan()
    return find(library.data, library.path, Work(), **options)


def names(found: Found, sort: str) -> list[list[str]]:
    return sorted(sorted(os.path.basename(one.real) for one in group.members) for group in found.of(sort))


def only(found: Found, sort: str) -> Group:
    (group,) = found.of(sort)
    return group


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that a search read whole or looked into."""
    found: list[str] = []

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: str, *rest: Any, **more: Any) -> Any:
            found.append(os.path.basename(path))
            return function(path, *rest, **more)

        return call

    monkeypatch.setattr(finding, "hashes_of", noted(finding.hashes_of))
    monkeypatch.setattr(weights, "look", noted(weights.look))
    monkeypatch.setattr(weights, "digest", noted(weights.digest))
    return found


# the same bytes


@pytest.mark.parametrize("held", [HELD, LARGE], ids=["small", "large"])
def test_same_bytes(library: Library, held: list[Tensor]) -> None:
    data = safetensors(held, {"format": "pt"})
    root = library.root()
    for name in ("a.safetensors", "deep/b.safetensors", "c.safetensors"):
        put(root / name, data)
    middle = len(data) * 3 // 4
    put(root / "near.safetensors", data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    put(root / "other.safetensors", safetensors(tensors(Random(6), 2)))
    found = search(library)
    assert names(found, SAME_FILE) == [["a.safetensors", "b.safetensors", "c.safetensors"]]
    assert not found.of(SAME_WEIGHTS) and not found.unread
    group = only(found, SAME_FILE)
    assert group.to_win == 2 * os.stat(root / "a.safetensors").st_blocks * 512
    assert {one.content for one in group.members} == {0}


def test_any_file_counts_and_an_empty_one_does_not(library: Library) -> None:
    root = library.root()
    for name in ("a.pt", "b.pt"):
        put(root / name, b"nothing we know " * 10_000)
    for name in ("none.safetensors", "nothing.safetensors"):
        put(root / name, b"")
    assert names(search(library), SAME_FILE) == [["a.pt", "b.pt"]]


def test_a_second_search_reads_nothing(library: Library, read: list[str]) -> None:
    root = library.root()
    put(root / "a.safetensors", safetensors(LARGE, {"a": "b"}))
    put(root / "b.safetensors", safetensors(LARGE, {"a": "b"}))
    put(root / "c.safetensors", safetensors(LARGE, {"other": "metadata"}))
    first = search(library)
    assert first.read and sorted(set(read)) == ["a.safetensors", "b.safetensors", "c.safetensors"]
    read.clear()
    second = search(library)
    assert (second.read, read) == (0, [])
    assert second.groups == first.groups
    put(root / "c.safetensors", safetensors(LARGE, {"other": "again"}), mtime=2_000)
    search(library)
    assert read == ["c.safetensors", "c.safetensors"]  # looked into, then all of it


def test_a_hash_that_was_only_told_is_not_believed(library: Library) -> None:
    data = safetensors(LARGE)
    place = len(data) // 3
    paths = [put(library.root() / "a.safetensors", data), put(library.root() / "b.safetensors", data[:place] + b"!" + data[place + 1 :])]
    with Hashes(library.data) as hashes:
        for path in paths:
            hashes.save(str(path), mark_of(str(path)), {SHA256: "0" * 64}, is_told=True)
    assert not search(library).of(SAME_FILE)


def test_a_hash_that_was_made_is_taken(library: Library, read: list[str]) -> None:
    for name in ("a.safetensors", "b.safetensors"):
        path = str(put(library.root() / name, safetensors(LARGE)))
        with Hashes(library.data) as hashes:
            hashes.save(path, mark_of(path), {SHA256: "0" * 64})
    assert names(search(library, has_weights=False), SAME_FILE) == [["a.safetensors", "b.safetensors"]] and read == []


# one file


def test_hard_links_and_links_are_one_file(library: Library) -> None:
    root = library.root()
    path = put(root / "a.safetensors", safetensors(LARGE))
    os.link(path, root / "b.safetensors")
    (root / "c.safetensors").symlink_to(path)
    (root / "also").symlink_to(put(library.root("vae") / "deep/d.safetensors", safetensors(HELD)).parent)
    found = search(library)
    assert [group.sort for group in found.groups] == [ONE_FILE]
    (member,) = only(found, ONE_FILE).members
    assert sorted(map(os.path.basename, (member.real, *member.names))) == ["a.safetensors", "b.safetensors", "c.safetensors"]
    assert found.to_win(SAME_FILE, SAME_WEIGHTS, ONE_FILE) == 0


def test_linked_files_and_a_copy(library: Library) -> None:
    root = library.root()
    path = put(root / "a.safetensors", safetensors(LARGE))
    os.link(path, root / "b.safetensors")
    shutil.copy2(path, root / "c.safetensors")
    group = only(search(library), SAME_FILE)
    linked, copy = sorted(group.members, key=lambda one: -one.links)
    assert len(group.members) == 2 and linked.links == 2 and len(linked.names) == 1
    assert group.keep == linked.id and "more than one name" in group.why
    assert group.to_win == copy.allocated and group.won((copy.id,)) == 0


# the same weights


def test_same_weights(library: Library) -> None:
    root = library.root()
    for number, (name, make) in enumerate(TWINS.items()):
        put(root / f"{number}.safetensors", make(HELD, Random(number)))
        assert name
    for number, make in enumerate(GGUF_TWINS.values()):
        put(root / f"{number}.gguf", make(HELD, Random(number)))
    put(root / "near.safetensors", safetensors(tensors(Random(9), 3)))
    found = search(library)
    assert names(found, SAME_WEIGHTS) == [["0.gguf", "1.gguf", "2.gguf"], [f"{number}.safetensors" for number in range(len(TWINS))]]
    assert not found.of(SAME_FILE)
    assert not search(library, has_weights=False).of(SAME_WEIGHTS)


def test_copies_come_along_with_what_has_the_same_weights(library: Library) -> None:
    root = library.root()
    for name, metadata in (("a", "one"), ("b", "one"), ("c", "two")):
        put(root / f"{name}.safetensors", safetensors(LARGE, {"title": metadata}))
    found = search(library)
    assert names(found, SAME_FILE) == [["a.safetensors", "b.safetensors"]]
    by_name = {os.path.basename(one.real): one.content for one in only(found, SAME_WEIGHTS).members}
    assert by_name["a.safetensors"] == by_name["b.safetensors"] != by_name["c.safetensors"]


def test_parts_of_a_model_have_no_weights_of_their_own(library: Library) -> None:
    for place, metadata in (("one", "a"), ("two", "b")):
        put(library.root() / place / "model-00001-of-00002.safetensors", safetensors(HELD, {"title": metadata}))
    assert not search(library).of(SAME_WEIGHTS)


# the same name


def test_same_name_in_two_folders_of_a_category(library: Library) -> None:
    first, second = library.root(), library.root(path=library.folder / "more/loras")
    other = library.root("vae")
    put(first / "style/x.safetensors", safetensors(HELD))
    put(second / "style/x.safetensors", safetensors(HELD))
    put(first / "y.safetensors", safetensors(HELD, {"a": "1"}))
    put(second / "y.safetensors", safetensors(HELD, {"a": "22"}))
    put(first / "z.safetensors", safetensors(tensors(Random(1))))
    put(second / "z.safetensors", safetensors(tensors(Random(2))))
    put(second / "style/z.safetensors", safetensors(tensors(Random(3))))
    put(other / "z.safetensors", safetensors(tensors(Random(4))))
    groups = {os.path.basename(group.members[0].real): group for group in search(library).of(SAME_NAME)}
    assert {name: group.equal for name, group in groups.items()} == {
        "x.safetensors": SAME_FILE, "y.safetensors": SAME_WEIGHTS, "z.safetensors": "",
    }  # fmt: skip
    for group in groups.values():
        assert [one.is_seen for one in group.members] == [True, False]
        assert [Path(one.root) for one in group.members] == [first, second]
    assert groups["z.safetensors"].keep == 0 and groups["x.safetensors"].keep


def test_one_folder_reached_twice_has_no_second_name(library: Library) -> None:
    first = library.root()
    put(first / "x.safetensors", safetensors(HELD))
    more = library.folder / "more"
    more.symlink_to(first)
    library.root(path=more)
    assert search(library).groups == ()


# what is worth keeping


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        ({"z.info": '{"user": {"favorite": true}}', "a.md": "my notes"}, "favourite"),
        ({"z.md": "my notes", "a.png": "x"}, "notes"),
        ({"z.png": "x"}, "preview"),
        ({}, "oldest"),
    ],
)
def test_suggestion(library: Library, beside: dict[str, str], why: str) -> None:
    root = library.root()
    put(root / "a.safetensors", safetensors(HELD), 2_000)
    put(root / "z.safetensors", safetensors(HELD), 1_000 if not beside else 3_000)
    for name, text in beside.items():
        (root / name).write_text(text)
    group = only(search(library), SAME_FILE)
    kept = next(one for one in group.members if one.id == group.keep)
    assert os.path.basename(kept.real) == "z.safetensors" and why in group.why


def test_suggestion_of_the_first_folder_and_of_more_metadata(library: Library) -> None:
    first, second = library.root(), library.root(path=library.folder / "0more/loras")
    put(second / "b.safetensors", safetensors(HELD), 500)
    put(first / "a.safetensors", safetensors(HELD), 1_000)
    put(second / "c.safetensors", safetensors(LARGE, {"title": "a long text"}))
    put(first / "d.safetensors", safetensors(LARGE))
    found = search(library)
    for sort, name, why in ((SAME_FILE, "a.safetensors", "looks in first"), (SAME_WEIGHTS, "c.safetensors", "metadata")):
        group = only(found, sort)
        assert next(os.path.basename(one.real) for one in group.members if one.id == group.keep) == name
        assert why in group.why


# how it goes


def test_only_what_has_to_do_with_some_models(library: Library, read: list[str]) -> None:
    root = library.root()
    for name in "ab":
        put(root / f"{name}.safetensors", safetensors(LARGE))
        put(root / f"{name}2.safetensors", safetensors(LARGE, {"much": "longer"}))
    library.scan()
    wanted = [model.row.id for model in library.models().values() if model.row.file == "a.safetensors"]
    found = search(library, has_weights=False, wanted=wanted)
    assert names(found, SAME_FILE) == [["a.safetensors", "b.safetensors"]]
    assert sorted(read) == ["a.safetensors", "b.safetensors"]
    with Store(library.data) as store:
        assert store.result() == Found()


def test_stopped_search_goes_on_where_it_was(library: Library, read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        put(library.root() / f"{name}.safetensors", safetensors(LARGE, {"name": name}))
    library.scan()
    work, digested = Work(), weights.digest

    def stops(path: str, *rest: Any) -> Any:
        found = digested(path, *rest)
        work.cancel()
        return found

    monkeypatch.setattr(weights, "digest", stops)
    with pytest.raises(Cancelled):
        find(library.data, library.path, work)
    monkeypatch.setattr(weights, "digest", digested)
    read.clear()
    found = find(library.data, library.path, Work())
    assert names(found, SAME_WEIGHTS) == [["a.safetensors", "b.safetensors", "c.safetensors"]]
    assert read.count("b.safetensors") == 1 and read.count("a.safetensors") == 0


def test_progress_counts_bytes_of_whole_files(library: Library) -> None:
    for name in "ab":
        put(library.root() / f"{name}.safetensors", safetensors(LARGE))
    library.scan()
    told: list[tuple[str, int, int]] = []
    find(library.data, library.path, Work(lambda *values: told.append(values)))
    size = len(safetensors(LARGE))
    assert any(total == 2 * size and done in (size, 2 * size) for _, done, total in told)


def test_result_is_kept(library: Library) -> None:
    for name in "ab":
        put(library.root() / f"{name}.safetensors", safetensors(HELD, {"name": name}))
    found = search(library)
    with Store(library.data) as store:
        assert store.result() == found and found.groups and found.time


def test_unreadable_and_vanished_files(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    for name in "abcd":
        put(root / f"{name}.safetensors", safetensors(LARGE))
    library.scan()
    (root / "a.safetensors").unlink()
    looked = finding.hashes_of

    def refuses(path: str, *rest: Any, **more: Any) -> Any:
        if path.endswith("b.safetensors"):
            (root / "b.safetensors").unlink()
        return looked(path, *rest, **more)

    monkeypatch.setattr(finding, "hashes_of", refuses)
    found = find(library.data, library.path, Work())
    assert names(found, SAME_FILE) == [["c.safetensors", "d.safetensors"]]
    assert [os.path.basename(one.path) for one in found.unread] == ["b.safetensors"]


def test_file_that_changes_meanwhile_is_left_out(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    root = library.root()
    for name in "abc":
        put(root / f"{name}.safetensors", safetensors(LARGE))
    library.scan()
    look = finding.mark_of

    def changes(path: str) -> Any:
        if path.endswith("a.safetensors"):
            os.utime(path, (5_000, 5_000))
        return look(path)

    monkeypatch.setattr(finding, "mark_of", changes)
    found = find(library.data, library.path, Work())
    assert names(found, SAME_FILE) == [["b.safetensors", "c.safetensors"]] and len(found.unread) == 1

"""The folder tree with its numbers."""

import os
from collections.abc import Mapping

import pytest

from model_manager.core.library.counts import FolderCount, folder_tree
from model_manager.core.library.shelf_folders import ShelfFolder
from model_manager.core.library.walk import Way


def folder(*ways: str, kind: str = "loras") -> ShelfFolder:
    """A folder by its ways, each as root|path below it."""
    found = []
    for way in ways:
        root, _, below = way.partition("|")
        found.append(Way(kind, root, os.path.join(root, below) if below else root, False))
    return ShelfFolder(found[0].path, tuple(found))


def tree(folders: Mapping[int, ShelfFolder], counts: Mapping[int, int], away: Mapping[int, int] | None = None) -> dict[str, FolderCount]:
    found = folder_tree(folders, counts, away or {})
    assert len({one.path for one in found}) == len(found)  # no folder twice
    return {one.path: one for one in found}


def test_counts_add_up_and_parents_come_first() -> None:
    folders = {1: folder("/m/loras"), 2: folder("/m/loras|a"), 3: folder("/m/loras|a/b"), 4: folder("/m/vae")}
    found = folder_tree(folders, {1: 1, 2: 2, 3: 4, 4: 8}, {})
    assert [(one.path, one.depth, one.models, one.has_children) for one in found] == [
        ("/m", 0, 15, True), ("/m/loras", 1, 7, True), ("/m/loras/a", 2, 6, True), ("/m/loras/a/b", 3, 4, False), ("/m/vae", 1, 8, False),
    ]  # fmt: skip


def test_model_in_two_ways_counts_in_both_branches_and_once_above() -> None:
    folders = {1: folder("/m/loras|a", "/m/loras|deep/link", "/m/vae|link"), 2: folder("/m/vae")}
    found = tree(folders, {1: 3, 2: 1})
    numbers = {path: one.models for path, one in found.items()}
    assert numbers == {
        "/m": 4, "/m/loras": 3, "/m/loras/a": 3, "/m/loras/deep": 3, "/m/loras/deep/link": 3, "/m/vae": 4, "/m/vae/link": 3,
    }  # fmt: skip


def test_folders_without_models_are_left_out() -> None:
    assert tree({1: folder("/m/loras"), 2: folder("/m/loras|empty")}, {1: 1, 2: 0}).keys() == {"/m/loras"}
    assert folder_tree({}, {}, {}) == [] and folder_tree({1: folder("/m/loras")}, {}, {}) == []


def test_tops_of_several_installs() -> None:
    folders = {
        1: folder("/a/models/loras"), 2: folder("/a/models/vae|x"), 3: folder("/b/models/loras"), 4: folder("/b/models/vae"),
        5: folder("/drive/my loras|y"),
    }  # fmt: skip
    found = folder_tree(folders, dict.fromkeys(folders, 1), {})
    assert [(one.path, one.text) for one in found if one.depth == 0] == [
        ("/a/models", "a/models"), ("/b/models", "b/models"), ("/drive/my loras", "drive/my loras"),
    ]  # fmt: skip


@pytest.mark.parametrize("names", [("/a", "/a/b", "/a/b/c", "/a/b/d", "/a/e"), ("/x/a/b", "/x/a/c", "/x/a/c/d/e", "/x/a/c/d/f")])
def test_tops_within_tops_are_not_shown_twice(names: tuple[str, ...]) -> None:
    folders = {number: folder(name) for number, name in enumerate(names)}
    found = folder_tree(folders, dict.fromkeys(folders, 1), {})
    assert len({one.path for one in found}) == len(found)
    assert [one.path for one in found if one.depth == 0] == [min((one.path for one in found), key=len)]
    assert found[0].models == len(names)


def test_roots_right_below_the_file_systems_root() -> None:
    found = tree({1: folder("/loras"), 2: folder("/vae|x")}, {1: 1, 2: 2})
    assert {path: one.models for path, one in found.items()} == {"/": 3, "/loras": 1, "/vae": 2, "/vae/x": 2}
    assert tree({1: folder("/|x")}, {1: 1})["/"].models == 1


def test_names_that_only_begin_alike_are_two_folders() -> None:
    folders = {1: folder("/m/lora"), 2: folder("/m/lora2|x"), 3: folder("/m/lora|a"), 4: folder("/m/lora|ab")}
    found = tree(folders, dict.fromkeys(folders, 1))
    assert found["/m/lora"].models == 3 and found["/m/lora/a"].models == 1


def test_away_when_all_below_is_away() -> None:
    folders = {1: folder("/m/loras"), 2: folder("/m/loras|drive"), 3: folder("/m/loras|drive/x")}
    found = tree(folders, {1: 1, 2: 2, 3: 3}, {2: 2, 3: 3})
    assert {path for path, one in found.items() if one.is_away} == {"/m/loras/drive", "/m/loras/drive/x"}
    assert not tree(folders, {1: 1, 2: 2, 3: 3}, {2: 1, 3: 3})["/m/loras/drive"].is_away


def test_three_thousand_levels() -> None:
    found = folder_tree({1: folder("/m/loras|" + "/".join(["d"] * 3_000)), 2: folder("/m/loras")}, {1: 1, 2: 1}, {})
    assert len(found) == 3_001 and found[-1].depth == 3_000 and found[0].models == 2 and found[1].models == 1


def test_siblings_are_in_order_whatever_their_case() -> None:
    folders = {number: folder(f"/m/loras|{name}") for number, name in enumerate(("b", "A", "c", "B2"))}
    found = folder_tree(folders, dict.fromkeys(folders, 1), {})
    assert [one.text for one in found[1:]] == ["A", "b", "B2", "c"]

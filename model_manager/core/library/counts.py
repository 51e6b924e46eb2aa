"""The folder tree of the sidebar with the number of models in and below each folder.

Made in a read job from copies of the shelf's folders and counts: a large library has tens of thousands of folders.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from model_manager.core.library.shelf_folders import ShelfFolder
from model_manager.core.library.walk import Way


class FolderCount(NamedTuple):
    """One folder of the tree, parents before children. text: its name below its parent, for the top its last two names."""

    path: str
    text: str
    depth: int
    models: int
    is_away: bool
    has_children: bool


def folder_tree(folders: Mapping[int, ShelfFolder], counts: Mapping[int, int], away: Mapping[int, int]) -> list[FolderCount]:
    """Return the tree over all ways; a model reached in two ways counts in both branches, once in what holds both."""
    tops = _tops(way for folder in folders.values() for way in folder.ways)
    totals: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for id_, folder in folders.items():
        count = counts.get(id_, 0)
        if count <= 0:
            continue
        for path in {path for way in folder.ways for path in _above(way.path, tops[way.root])}:
            totals[path] += count
            gone[path] += away.get(id_, 0)
    used = {top for top in tops.values() if top in totals}
    children: defaultdict[str, list[str]] = defaultdict(list)
    for path in totals:
        if path not in used:
            children[os.path.dirname(path)].append(path)
    found: list[FolderCount] = []
    waiting = [(top, _title(top), 0) for top in sorted(used, key=str.casefold, reverse=True)]
    while waiting:  # not a function calling itself: folders may be thousands deep
        path, text, depth = waiting.pop()
        below = sorted(children.get(path, ()), key=str.casefold, reverse=True)
        found.append(FolderCount(path, text, depth, totals[path], gone[path] >= totals[path], bool(below)))
        waiting += [(child, os.path.basename(child), depth + 1) for child in below]
    return found


def _tops(ways: Iterable[Way]) -> dict[str, str]:
    """For each root the top of its branch: the folder that holds several roots, else the root itself."""
    roots = {way.root for way in ways}
    held = Counter(os.path.dirname(root) for root in roots)
    tops = {root: os.path.dirname(root) if held[os.path.dirname(root)] > 1 else root for root in roots}
    shortest = sorted(set(tops.values()), key=len)
    return {root: next(top for top in shortest if root == top or root.startswith(os.path.join(top, ""))) for root in roots}


def _above(path: str, top: str) -> list[str]:
    found = [path]
    while path != top and len(path) > len(top):
        path = os.path.dirname(path)
        found.append(path)
    return found


def _title(top: str) -> str:
    parent, name = os.path.split(top)
    return f"{os.path.basename(parent)}/{name}" if os.path.basename(parent) else top

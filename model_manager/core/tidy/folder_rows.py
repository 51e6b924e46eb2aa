"""Every folder of models with all there is to say of it: state, what is in it, its drive, its history; and how such rows are searched.

Made by a job of the window for the page of folders. It asks the system about each folder and its drive and changes nothing.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model_manager.core.files.volumes import volume_of
from model_manager.core.library.entry import FolderReport, Root
from model_manager.core.library.folder_log import Known
from model_manager.core.library.folder_states import report
from model_manager.core.library.kinds import label
from model_manager.core.library.roots import Roots
from model_manager.core.library.shelf import Shelf
from model_manager.core.library.shelf_folders import ShelfFolder, ShelfFolders
from model_manager.core.paths import path_key

OFF: Final = "off"
"""The state of a folder that the person switched off."""
QUIET: Final = ("fine", "empty", "not_needed", OFF)
"""States in which nothing needs to be done."""
SORTS: Final = ("place", "name", "models", "size", "free", "state", "scanned")


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive: a number that names it, its topmost folder, and bytes; all 0 where it cannot be asked."""

    id: int = 0
    path: str = ""
    total: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One folder of one category. install: base folder of the ComfyUI (or program) it belongs to, "" for the person's own.

    state and reason as in FolderReport, or OFF. is_default: new models of its kind go there. since, scanned: epoch seconds, 0 when not
    known. name and group: the person's own words, "". is_own: the person added it by itself, so it can be taken off the list.
    is_link: the folder itself is a link.
    """

    kind: str
    path: str
    source: str
    install: str
    state: str
    reason: str
    models: int = 0
    size: int = 0
    drive: Drive = Drive()
    since: float = 0.0
    scanned: float = 0.0
    name: str = ""
    group: str = ""
    is_own: bool = False
    is_link: bool = False

    @property
    def needs_attention(self) -> bool:
        """Whether a person may want to do something."""
        return self.state not in QUIET

    @property
    def title(self) -> str:
        """What it is called: the person's word, else the category's."""
        return self.name or label(self.kind)


@dataclass(frozen=True, slots=True)
class Words:
    """What the person said of folders: names and groups by path, and which are switched off; own: (category, path) they added."""

    names: Mapping[str, str]
    groups: Mapping[str, str]
    off: Collection[str] = ()
    own: Collection[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Copies of what the shelf holds of each model, so that a worker can count."""

    folders: ShelfFolders
    files: list[str]
    holders: Sequence[int]
    sizes: Sequence[int]


def columns(shelf: Shelf) -> Columns:
    """Copy them; a few milliseconds, on the thread that owns the shelf."""
    return Columns(shelf.folders.copy(), shelf.file[:], shelf.folder[:], shelf.size[:])


def place_rows(
    roots: Roots, used: Collection[str], remembered: Mapping[str, Known], sums: Mapping[tuple[str, str], tuple[int, int]], words: Words
) -> list[PlaceRow]:
    """Return a row for each root, in ComfyUI's order. used: roots that had models; sums: (category, root) -> (models, bytes)."""
    off = {path_key(path) for path in words.off}
    drives: dict[str, Drive] = {}
    rows = []
    for root, told in zip(roots.roots, report(roots, used), strict=True):
        known = remembered.get(root.path)
        is_off = path_key(root.path) in off
        models, size = sums.get((root.kind, root.path), (0, 0))
        rows.append(PlaceRow(
            root.kind, root.path, root.source, _install(roots, root), OFF if is_off else told.state, "" if is_off else told.reason,
            models, size, _drive(told, drives), known.since if known else 0.0, known.scanned if known else 0.0,
            words.names.get(root.path, ""), words.groups.get(root.path, ""), root.source == "own" and (root.kind, root.path) in words.own,
            os.path.islink(root.path),
        ))  # fmt: skip
    return rows


def sums_of(
    folders: Mapping[int, ShelfFolder], files: Iterable[str], holders: Iterable[int], sizes: Iterable[int]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (category, root) -> (models, bytes) from columns of the shelf: file ("" in a free slot), folder and size of each model.

    What is reached through several roots counts in each of them, once.
    """
    counts: defaultdict[int, int] = defaultdict(int)
    weights: defaultdict[int, int] = defaultdict(int)
    for file, folder, size in zip(files, holders, sizes, strict=True):
        if file:
            counts[folder] += 1
            weights[folder] += size
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for id_, count in counts.items():
        if id_ in folders:
            for key in {(way.kind, way.root) for way in folders[id_].ways}:
                models, size = sums.get(key, (0, 0))
                sums[key] = models + count, size + weights[id_]
    return sums


def _install(roots: Roots, root: Root) -> str:
    group = roots.groups.get(root, "")
    return "" if group == "own" else group


def _drive(told: FolderReport, drives: dict[str, Drive]) -> Drive:
    """The drive of a folder; asked once for each. Nothing of one that is away, or the drive of its empty mount point would stand in."""
    if told.state in ("away", "link_broken", "link_loop", "not_readable"):
        return Drive()
    id_, place, free = volume_of(told.path)
    if not id_:
        return Drive()
    if str(id_) not in drives:
        drives[str(id_)] = Drive(id_, drive_top(place), total_of(place), free)
    return drives[str(id_)]


def total_of(folder: str) -> int:
    """Bytes of the drive that a folder is on; 0 where it cannot be asked."""

    try:
        return shutil.disk_usage(folder).total
    except OSError:
        return 0


def drive_top(folder: str) -> str:
    """The folder at which the drive of a folder that exists hangs: "/", "/mnt/big", "D:\\\\"."""
    place = os.path.realpath(folder)
    while not os.path.ismount(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return place


# searching, filtering and sorting


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rows are to be shown and how. "" means all; state: a state, or "needs" for all that need attention; drive: its top."""

    text: str = ""
    state: str = ""
    drive: str = ""
    install: str = ""
    kind: str = ""
    sort: str = "place"
    group: str = "install"


def chosen_rows(rows: Sequence[PlaceRow], wish: Wish) -> list[PlaceRow]:
    """Return the rows that a wish asks for, sorted; rows that are alike keep ComfyUI's order."""
    words = wish.text.casefold().split()
    found = [row for row in rows if _fits(row, wish) and all(word in _searched(row) for word in words)]
    match wish.sort:
        case "name":
            found.sort(key=lambda row: (row.title.casefold(), row.path.casefold()))
        case "models" | "size":
            found.sort(key=lambda row: -int(getattr(row, wish.sort)))
        case "free":
            found.sort(key=lambda row: row.drive.free if row.drive.total else 1 << 62)
        case "state":
            found.sort(key=lambda row: (not row.needs_attention, row.state))
        case "scanned":
            found.sort(key=lambda row: row.scanned)
    return found


def grouped_rows(rows: Sequence[PlaceRow], group: str) -> list[tuple[str, list[PlaceRow]]]:
    """Return rows under headings, which are in the order in which they first come. group: install, drive, group, kind or "" for none."""
    found: dict[str, list[PlaceRow]] = {}
    for row in rows:
        key = {"install": row.install, "drive": row.drive.path, "group": row.group, "kind": label(row.kind)}.get(group, "")
        found.setdefault(key, []).append(row)
    return list(found.items())


def _fits(row: PlaceRow, wish: Wish) -> bool:
    is_state = not wish.state or (row.needs_attention if wish.state == "needs" else row.state == wish.state)
    is_place = (not wish.drive or row.drive.path == wish.drive) and (not wish.install or row.install == wish.install)
    return is_state and is_place and (not wish.kind or row.kind == wish.kind)


def _searched(row: PlaceRow) -> str:
    return " ".join((row.title, label(row.kind), row.kind, row.path, row.source, row.group)).casefold()

"""The plain functions the session hands to the runner, and the records they give back.

Each runs in a worker with its own connection to the index. Nothing here knows the window.
"""

import contextlib
import ctypes
import shutil
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtGui import QImage

from model_manager.bridge import pictures
from model_manager.bridge.own_counts import OwnCounts, TakenOwn, count_own, take_own
from model_manager.core.errors import BadPicture, IndexFault
from model_manager.core.formats.tree import embedded_covers, header_tree
from model_manager.core.library import catalogue
from model_manager.core.library import installs as install_places
from model_manager.core.library.arrange import Arrangement
from model_manager.core.library.counts import FolderCount as FolderCount
from model_manager.core.library.counts import folder_tree
from model_manager.core.library.entry import ModelRecord, Preview, Root
from model_manager.core.library.index import FolderRow, Index, set_aside
from model_manager.core.library.index_place import usable_index
from model_manager.core.library.installs import Look
from model_manager.core.library.records import read_record
from model_manager.core.library.roots import Roots, collect
from model_manager.core.library.rows import AWAY, Row
from model_manager.core.library.scanner import Batch, ScanResult, quick_check
from model_manager.core.library.scanner import scan as scan_folders
from model_manager.core.library.shelf import Shelf
from model_manager.core.library.shelf_folders import ShelfFolder
from model_manager.core.library.watcher import Place, places_of
from model_manager.core.settings import Settings
from model_manager.core.tidy.following import follow
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

FIRST_ROWS = 120
RECENT_SECONDS = 7 * 86_400
TAGS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Sources:
    """Where models are looked for: ComfyUI (or other) folders, extra_model_paths.yaml files, own (category, folder) pairs.

    off: folders among them that the person switched off.
    """

    installs: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    off: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.installs or self.configs or self.own)

    def roots(self, known: Iterable[Root], with_off: bool = False) -> Roots:
        """The folders to look into. known: those of the last time, which stand in for what is away."""
        return collect(self.installs, self.configs, self.own, tuple(known), () if with_off else self.off)


def saved_sources(settings: Settings) -> Sources:
    """Where the person's own models are looked for."""
    return Sources(tuple(settings.comfyui_dirs), tuple(settings.config_files), tuple(settings.own_folders), tuple(settings.folders_off))


def keep_sources(settings: Settings, sources: Sources, demo: str) -> None:
    """Remember where models are looked for, but for the demo library."""
    settings.comfyui_dirs = [path for path in sources.installs if path != demo]
    settings.config_files, settings.own_folders = list(sources.configs), list(sources.own)
    settings.folders_off = list(sources.off)


@dataclass(frozen=True, slots=True)
class Opened:
    """The index file in use, a notice for the person ("" if all is well), and what fills the first screen."""

    path: Path
    notice: str
    folders: list[FolderRow]
    rows: list[Row]


def open_index(folder: Path, first_screen: Sequence[int]) -> Opened:
    """Make the index usable and read the rows of the first screen; a few milliseconds at any size of library."""
    path, notice = usable_index(folder)
    try:
        with Index(path) as index:
            rows = list(index.rows(first_screen)) if first_screen else []
            rows = rows or index.first_rows(FIRST_ROWS)
            return Opened(path, notice, index.folders({row.folder for row in rows}), rows)
    except IndexFault:  # `load` meets it again and deals with it
        return Opened(path, notice, [], [])


def first_screen(opened: Opened, like: Arrangement) -> Arrangement:
    """The rows of the first screen, in the order and with the search of `like`."""
    arrangement = Arrangement(Shelf())
    arrangement.shelf.set_folders(opened.folders)
    arrangement.shelf.fill(opened.rows)
    arrangement.set_order(like.sort, like.is_descending, like.group)
    arrangement.set_query(like.query)
    arrangement.refill()
    return arrangement


def load(path: Path, order: tuple[str, bool, str]) -> Arrangement:
    """All models in memory, in the given order."""
    with Index(path) as index:
        arrangement = catalogue.load(index, order)
        arrangement.shelf.folders.ranks()  # here rather than when somebody groups by folder
    _give_back_memory()
    return arrangement


def _give_back_memory() -> None:
    """Return what loading used for a moment to the system; glibc keeps it otherwise, some 10 MB for 100,000 models."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # other C libraries
            ctypes.CDLL(None).malloc_trim(0)


def replace_index(path: Path) -> Path:
    """Set a damaged index aside and make a new one; where that cannot be, a temporary one serves."""
    with contextlib.suppress(OSError):
        set_aside(path)
    return usable_index(path.parent)[0]


def is_writable(path: Path) -> bool:
    """Whether the index can be written just now."""
    try:
        with Index(path) as index, index.writing():
            index.touch()
    except IndexFault:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Scanned:
    """A finished scan. notices: what is wrong with folders and configuration files.

    places: where the roots were meanwhile, {} if that changed, None when only some folders were looked at.
    """

    result: ScanResult
    is_full: bool
    notices: list[str] = field(default_factory=list)
    places: dict[str, Place] | None = None


def scan(path: Path, sources: Sources, work: Work, emit: Callable[[Batch], None], only: frozenset[str] | None) -> Scanned:
    """Find the roots and bring the index up to date with them, or only with some folders of them."""
    with Index(path) as index:
        known = index.roots()
        if only is not None and known:
            return Scanned(_followed(path, scan_folders(index, known, work, emit, only)), False)
        roots = sources.roots(known)
        if sources.off:
            with index.writing():
                index.mark_gone((), keeps_all=True)  # it may be in a folder that is switched off
        places = _places(roots.groups)
        result = _followed(path, scan_folders(index, roots.groups, work, emit))
        is_steady = places == _places(roots.groups)  # else a drive came or went meanwhile: no later look may find all as it was
        notices = [f"{problem.file}: {problem.text}" for problem in roots.problems] + _away_notices(result.away)
        return Scanned(result, True, notices, places if is_steady else {})


def _followed(path: Path, result: ScanResult) -> ScanResult:
    """Let earlier pictures follow models that somebody moved outside of this program; `path`: of the index, in the data folder."""
    follow(path.parent, result.moves)
    return result


def _away_notices(away: Sequence[str]) -> list[str]:
    if not away:
        return []
    text = trn("{path} is not there just now. Its models stay in the list until it is back.",
               "{path} and {others} more folders are not there just now. Their models stay in the list until they are back.",
               len(away), path=away[0], others=len(away) - 1)  # fmt: skip
    return [text]


def _places(roots: Iterable[Root]) -> dict[str, Place]:
    return places_of(root.path for root in roots)


@dataclass(frozen=True, slots=True)
class Around:
    """What a look around found: folders that changed, and whether a root came, went or was replaced."""

    folders: frozenset[str]
    is_moved: bool


def look_around(path: Path, sources: Sources, polled: frozenset[str], places: Mapping[str, Place]) -> Around:
    """Look where no news comes from: whether the roots stand where they stood, and into the folders `polled`, without listing them."""
    with Index(path) as index:
        roots = sources.roots(index.roots())
        changed = quick_check(index, Work(), polled) if polled else set()
    return Around(frozenset(changed), _places(roots.groups) != places)


def record(path: Path, id_: int) -> ModelRecord | None:
    """All that is known of one model."""
    with Index(path) as index:
        return read_record(index, id_)


def tree(path: str) -> dict[str, object]:
    """All header metadata of a model file."""
    return header_tree(path)


def picture(preview: Preview, edge: int) -> QImage:
    """A preview decoded for the details panel. Raises BadPicture."""
    if preview.sort != "embedded":
        return pictures.decode(preview.path, edge)
    covers = embedded_covers(preview.path)
    if preview.index >= len(covers):
        raise BadPicture(tr("The picture inside {path} cannot be read.", path=preview.path))
    return pictures.decode_bytes(covers[preview.index], edge)


def demo(folder: Path) -> str:
    """Build the demo library if it is not there yet; returns its ComfyUI folder."""
    from model_manager.core.demo import build_demo

    return str(build_demo(folder / "demo"))


def cache_size(folder: Path) -> int:
    """Bytes that thumbnails take on disk."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # thumbnails come and go meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total


def clear_cache(folder: Path) -> int:
    """Remove all thumbnails from the disk; they are made again when they are shown."""
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def installs() -> list[Look]:
    """What is in the usual places of ComfyUI."""
    return [install_places.look_at(install.path) for install in install_places.find_installs()]


def look_at(path: str) -> Look:
    """What a folder is and what it holds."""
    return install_places.look_at(path)


@dataclass(frozen=True, slots=True)
class Taken:
    """Copies of what the shelf counts, so that a worker can go on counting."""

    folders: Mapping[int, ShelfFolder]
    in_folder: Mapping[int, int]
    away_in_folder: Mapping[int, int]
    added: "array[float]"
    total: int
    counts: Mapping[str, Mapping[str, int]]
    own: TakenOwn = field(default_factory=TakenOwn)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the sidebar shows."""

    total: int
    recent: int
    states: Mapping[str, int]
    problems: int
    kinds: Mapping[str, int]
    tags: list[tuple[str, int]]
    folders: list[FolderCount]
    own: OwnCounts = field(default_factory=OwnCounts)
    colours: Mapping[str, int] = field(default_factory=dict)


def take(shelf: Shelf, settings: Settings | None = None) -> Taken:
    """Copy what there is to count; a few milliseconds, on the thread that owns the shelf. settings: where own names and searches are."""
    away: dict[int, int] = {}
    if shelf.counts["state"]["away"]:
        for slot in shelf.slots():
            if shelf.flags[slot] & AWAY:
                away[shelf.folder[slot]] = away.get(shelf.folder[slot], 0) + 1
    counts = {name: dict(one) for name, one in shelf.counts.items()}
    own = take_own(shelf, settings) if settings is not None else TakenOwn()
    return Taken(shelf.folders.copy(), shelf.folder_counts.copy(), away, shelf.added[:], len(shelf), counts, own)


def count(taken: Taken) -> Counts:
    """Count for the sidebar."""
    since = time.time() - RECENT_SECONDS
    tags = sorted(((tag, number) for tag, number in taken.counts["tag"].items() if number > 0), key=lambda pair: (-pair[1], pair[0]))
    return Counts(
        taken.total, sum(added >= since for added in taken.added), taken.counts["state"], sum(taken.counts["problem"].values()),
        taken.counts["kind"], tags[:TAGS_SHOWN], folder_tree(taken.folders, taken.in_folder, taken.away_in_folder),
        count_own(taken.own, taken.counts), taken.counts["colour"],
    )  # fmt: skip


def covers(path: str) -> list[bytes]:
    """The pictures inside a model file, for thumbnails; none if it cannot be read."""
    return embedded_covers(path)

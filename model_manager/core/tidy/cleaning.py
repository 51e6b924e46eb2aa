"""Cleans up what this program keeps for itself: the history of changes, former pictures, damaged copies of the index, what a kill left.

Called by the window after its start and daily, and when the person asks. It touches nothing of the person's: models, pictures and
sidecars are not its business, and what was deleted is emptied elsewhere, after the time that the person chose.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.files import leftovers
from model_manager.core.previews.history import FOLDER_NAME, MODELS, History
from model_manager.core.previews.thumbnail_cache import STALE_PART
from model_manager.core.work import Work

HISTORY, FORMER, INDEX, PARTS = "history", "former", "index", "parts"
SORTS: Final = (HISTORY, FORMER, INDEX, PARTS)
DAMAGED_DAYS = 7  # how long a damaged index is kept, in case somebody wants to look into it
_DAMAGED = re.compile(r"index\.sqlite\.damaged-\d{8}-\d{6}-\d+")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept: entries of the history by age in days, former pictures by bytes in all."""

    history_days: int
    former_bytes: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What of one sort takes room, or went. count: entries or files; size: bytes, 0 where they are not counted."""

    sort: str
    count: int
    size: int


def weigh(data: Path) -> list[Piece]:
    """Return how much of each sort there is now, whether or not it would go. Raises nothing."""
    return [
        Piece(HISTORY, 0, _sum(_own(data, "journal.sqlite"))[1]),
        Piece(FORMER, *_sum(_files(data / FOLDER_NAME / MODELS))),
        Piece(INDEX, *_sum(_damaged(data, 0.0))),
        Piece(PARTS, *_sum(_stale(data, 0.0))),
    ]


def clean(data: Path, limits: Limits, work: Work, now: float | None = None) -> list[Piece]:
    """Clean up and return what went. Raises FileFault when the history of changes cannot be opened, and Cancelled."""
    moment = time.time() if now is None else now
    from model_manager.core.tidy.carrying import forget_old  # with all of the journal; the window loads this module when it starts

    entries = forget_old(data, limits.history_days, work)
    work.check()
    freed = History(data / FOLDER_NAME, most_bytes=limits.former_bytes).trim() if (data / FOLDER_NAME).is_dir() else 0
    damaged = _remove(_damaged(data, moment - DAMAGED_DAYS * 86_400))
    parts = _remove(_stale(data, moment - STALE_PART))
    left = leftovers.tidy(data)
    return [
        Piece(HISTORY, entries, 0), Piece(FORMER, 0, freed), Piece(INDEX, *damaged), Piece(PARTS, parts[0] + left, parts[1]),
    ]  # fmt: skip


def _damaged(data: Path, before: float) -> list[os.DirEntry[str]]:
    """Copies of damaged indexes that are older; all of them for 0."""
    return [entry for entry in _own(data, "index.sqlite.damaged-") if _DAMAGED.fullmatch(entry.name) and _is_older(entry, before)]


def _stale(data: Path, before: float) -> list[os.DirEntry[str]]:
    """Half-written thumbnails of a killed run that are older; all of them for 0."""
    return [entry for entry in _files(data / "thumbnails") if entry.name.endswith(".part") and _is_older(entry, before)]


def _is_older(entry: os.DirEntry[str], before: float) -> bool:
    return not before or ((about := _look(entry)) is not None and about.st_mtime < before)


def _look(entry: os.DirEntry[str]) -> os.stat_result | None:
    """None: it went since the folder was listed, as what is being written does under its first name."""
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _own(data: Path, start: str) -> Iterator[os.DirEntry[str]]:
    """The files of the data folder whose names begin so."""
    try:
        with os.scandir(data) as entries:
            yield from (entry for entry in entries if entry.name.startswith(start) and entry.is_file(follow_symlinks=False))
    except OSError:
        return


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """All files below a folder of ours."""
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry
        except OSError:
            continue


def _sum(entries: Iterable[os.DirEntry[str]]) -> tuple[int, int]:
    sizes = [about.st_size for entry in entries if (about := _look(entry)) is not None]
    return len(sizes), sum(sizes)


def _remove(entries: list[os.DirEntry[str]]) -> tuple[int, int]:
    count = size = 0
    for entry in entries:
        try:
            taken = entry.stat(follow_symlinks=False).st_size
            os.unlink(entry.path)
        except OSError:  # in use; next time
            continue
        count, size = count + 1, size + taken
    return count, size

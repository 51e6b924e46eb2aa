"""The hashes of one file: remembered, told by somebody whose facts agree, or made now.

Called by the tasks that hash and that match, and by the search for duplicates. Files of one drive are read one at a time, by all running
copies of the program together: two readers on a disk that turns are slower than one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from model_manager.core.alone import alone
from model_manager.core.hashes.compute import ALL, CHEAP, SHA256, Mark, compute, mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.hashes.told import told_hashes
from model_manager.core.work import Work

LARGE: Final = 4 << 30  # bytes; above, only SHA-256 and what costs nothing beside it: nobody asks for those by another hash
_LOCKS: Final = "locks"


class Hashed(NamedTuple):
    """A file and its hashes. is_sure: False for what a sidecar claims without facts that agree; such a thing is never remembered."""

    mark: Mark
    hashes: dict[str, str]
    is_sure: bool = True


class Listener:
    """Who wants to know how far a file is; this one does not."""

    def told(self, done: int) -> None:
        """So many bytes of the file were read."""

    def waiting(self) -> None:
        """Another one reads the drive; called some times a second."""


def known_hashes(path: str, store: Store) -> Hashed:
    """Return what is known without reading the file, with no hashes when nothing is. Raises FileFault, IndexFault."""
    real = os.path.realpath(path)
    mark = mark_of(real)
    if found := store.hashes(real, mark):
        return Hashed(mark, found)
    told = told_hashes(path, mark)
    if told is None:
        return Hashed(mark, {})
    if told.is_sure:
        store.save(real, mark, told.hashes, is_told=True)
    return Hashed(mark, told.hashes, told.is_sure)


def hashes_of(path: str, store: Store, folder: Path, work: Work, listener: Listener | None = None, is_anew: bool = False) -> Hashed:
    """Return hashes that are sure: the known ones, else (or when is_anew) new ones, read when the drive is free. `folder`: the data folder.

    Raises FileFault, IndexFault, Cancelled; nothing of a file that was half read is kept.
    """
    known = Hashed(mark_of(path), {}) if is_anew else known_hashes(path, store)
    if known.is_sure and SHA256 in known.hashes:
        return known
    real, heard = os.path.realpath(path), listener or Listener()
    with turn(folder, known.mark.device, _Waiting(work, heard)):
        if not is_anew and (found := store.hashes(real, known.mark)):  # somebody made them while we waited for the drive
            return Hashed(known.mark, found)
        mark, hashes = compute(real, work, ALL if known.mark.size <= LARGE else CHEAP, heard.told)
    store.save(real, mark, hashes)
    return Hashed(mark, hashes)


class _Waiting(Work):
    """Waits for a drive: passes on the wish to stop, and says that it is still waiting."""

    def __init__(self, work: Work, listener: Listener) -> None:
        super().__init__()
        self._work, self._listener = work, listener

    def check(self) -> None:
        """Raise Cancelled if somebody asked to stop."""
        self._work.check()
        self._listener.waiting()


@contextmanager
def turn(folder: Path, device: int, work: Work) -> Iterator[None]:
    """Wait until nobody else reads whole files of this drive, and keep others waiting meanwhile. `folder`: the data folder."""
    with suppress(OSError):  # where no lock can be kept we read all the same
        (folder / _LOCKS).mkdir(parents=True, exist_ok=True)
    with alone(folder / _LOCKS / f"reading-{device:x}.lock", work):
        yield

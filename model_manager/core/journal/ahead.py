"""Writes the new bytes of many files beside them and has the disk take them together: alone, each of thousands would wait for the disk.

Called by running some acts in advance; what it made waits for its name in `Put`. Nobody sees it until then. What a kill leaves of it bears
the mark of its change, so that recovery removes it; a file that cannot be written here is left to the deed, which says why.
"""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import WRITE
from model_manager.core.journal.store import KeptAct
from model_manager.core.paths import long_path, open_beside

FILES: Final = 64  # written together: so many may be open on every system
BYTES: Final = 16 << 20
_THREADS: Final = 16  # a drive takes what many wait for in one go: 64 files in the time of three

_Key = tuple[int, int]  # numbers of act and step


class Ahead:
    """Files without names of one change."""

    def __init__(self) -> None:
        self._files: dict[_Key, str] = {}

    def take(self, act: int, step: int) -> str:
        """Return the file that has the bytes a step is to write, and is the caller's from now on; "" when there is none."""
        return self._files.pop((act, step), "")

    def make(self, acts: Iterable[KeptAct], is_back: bool) -> None:
        """Write what these acts will write, and flush it to the disk."""
        made: dict[_Key, tuple[str, int]] = {}
        try:
            for act in acts:
                for step in act.steps:
                    data = step.before if is_back else step.data
                    if step.sort == WRITE and data is not None:
                        with suppress(FileFault):
                            made[(act.number, step.number)] = open_beside(step.target, data)
            with ThreadPoolExecutor(_THREADS) as threads:
                flushed = list(threads.map(_is_flushed, [handle for _, handle in made.values()]))
        finally:
            for _, handle in made.values():
                with suppress(OSError):
                    os.close(handle)
            self._files.update((key, path) for key, (path, _) in made.items())
        for key, is_whole in zip(made, flushed, strict=True):
            if not is_whole:
                self._drop(key)

    def clear(self) -> None:
        """Remove what nobody took."""
        for key in list(self._files):
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        with suppress(OSError):
            os.unlink(long_path(self._files.pop(key)))


def weight(act: KeptAct, is_back: bool) -> tuple[int, int]:
    """Return how many files an act will write, and their bytes."""
    sizes = [len(data) for step in act.steps if step.sort == WRITE and (data := step.before if is_back else step.data) is not None]
    return len(sizes), sum(sizes)


def _is_flushed(handle: int) -> bool:
    try:
        os.fsync(handle)
    except OSError:
        return False
    return True

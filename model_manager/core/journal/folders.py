"""Gives folders back the time they had, once everything that a change did in them is taken back and nobody else did anything there.

Called by running, around each run. It only ever changes times.
"""

import json
import os
from contextlib import suppress

from model_manager.core.journal.seen import look
from model_manager.core.journal.store import Store
from model_manager.core.paths import long_path

NOT_THERE = -1


class FolderTimes:
    """The folders of a change. What is to be restored is what has, when a run begins, the time that the last run left."""

    def __init__(self, store: Store, change: int) -> None:
        """Look at the folders before a run. Raises FileFault."""
        self._store, self._change = store, change
        self._before: dict[str, int] = {}
        left = []
        for text, before, after in store.rows("SELECT path, before, after FROM folders WHERE change = ?", (change,)):
            path = json.loads(text)
            if after is not None and after != _time_of(path):
                continue  # somebody else did something there; perhaps that is taken back before the next run
            self._before[path] = before
            if after is not None:
                left.append((change, text))
        if left:  # so that they are known to be ours when this run is killed
            store.write(("UPDATE folders SET after = NULL WHERE change = ? AND path = ?", left))

    def end(self, is_all_back: bool) -> None:
        """Restore the times if nothing of the change is left, and note them. Raises FileFault."""
        rows = []
        for path, before in self._before.items():
            if is_all_back and before != NOT_THERE:
                _restore(path, before)
            rows.append((_time_of(path), self._change, json.dumps(path)))
        self._store.write(("UPDATE folders SET after = ? WHERE change = ? AND path = ?", rows))


def _time_of(path: str) -> int:
    try:
        seen = look(path)
    except OSError:
        return NOT_THERE
    return NOT_THERE if seen is None else seen.mtime_ns


def _restore(path: str, time_ns: int) -> None:
    with suppress(OSError):
        now = os.stat(long_path(path))
        if now.st_mtime_ns != time_ns:
            os.utime(long_path(path), ns=(now.st_atime_ns, time_ns))

"""News from a scan on its way to the screen: of each model only the newest, handed out in small helpings.

Filled and emptied by the session on the GUI thread. A burst of files tells of each model twice; nobody needs to see the first row.
"""

import time
from itertools import islice

from model_manager.bridge.library_model import LibraryModel
from model_manager.core.library.index import FolderRow
from model_manager.core.library.rows import Row
from model_manager.core.library.scanner import Batch

STEP_SECONDS = 0.004  # at a time; painting what is new takes as long again, and no frame may be missed for both
STEP_ROWS, STEP_GONE = 16, 80  # each about a millisecond


class News:
    """What is to be shown yet; false when there is nothing."""

    def __init__(self) -> None:
        self._folders: dict[int, FolderRow] = {}
        self._rows: dict[int, Row] = {}
        self._gone: dict[int, None] = {}

    def __bool__(self) -> bool:
        return bool(self._folders or self._rows or self._gone)

    def add(self, batch: Batch) -> None:
        """Take over a batch; models that are gone are told before rows, for a row may come back with an id that was gone."""
        self._folders.update((folder.id, folder) for folder in batch.folders)
        for id_ in batch.gone:
            self._rows.pop(id_, None)
            self._gone[id_] = None
        self._rows.update((row.id, row) for row in batch.rows)

    def give(self, model: LibraryModel) -> None:
        """Put as much into the model as fits into a part of a frame."""
        until = time.perf_counter() + STEP_SECONDS
        with model.together():
            while self and time.perf_counter() < until:
                folders, rows, gone = self.take()
                model.change(rows, gone, folders)

    def take(self) -> tuple[list[FolderRow], list[Row], list[int]]:
        """The next helping: folders, rows to add or replace, ids to take away."""
        folders, self._folders = list(self._folders.values()), {}
        gone = list(islice(self._gone, STEP_GONE))
        for id_ in gone:
            del self._gone[id_]
        ids = [] if self._gone else list(islice(self._rows, STEP_ROWS))
        return folders, [self._rows.pop(id_) for id_ in ids], gone

    def clear(self) -> None:
        """Forget everything."""
        self._folders, self._rows, self._gone = {}, {}, {}

"""Fetches all that is known of one model for the details panel, and writes its notes.

Made by the session, wired to the panel by the main window. It only starts jobs; what they answer is checked again when it lands.
"""

import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import pictures, tasks
from model_manager.bridge.jobs import Pool, Runner
from model_manager.bridge.later import later
from model_manager.bridge.library_model import LibraryModel
from model_manager.bridge.order_words import Note
from model_manager.core.journal.steps import Report
from model_manager.core.library.entry import Preview
from model_manager.core.words import tr

_write_notes = later("model_manager.bridge.order_tasks", "write_notes")


class Details(QObject):
    """Record, header, pictures and notes of single models."""

    record_ready = Signal(object)
    tree_ready = Signal(int, object)
    tree_failed = Signal(int, str)
    picture_ready = Signal(object, object)  # Preview, QImage or None
    notes_saved = Signal(int, str)
    notes_failed = Signal(int, str)
    noted = Signal(object)  # Note: what was written and is in the history
    folder_written = Signal(str)  # the real folder in which a file of ours has changed

    def __init__(self, runner: Runner, model: LibraryModel, data: Path, index_path: Callable[[], Path | None], parent: QObject) -> None:
        """`data`: the data folder."""
        super().__init__(parent)
        self._runner, self._model, self._data, self._index_path = runner, model, data, index_path
        self._wanted = -1

    def show_record(self, id_: int) -> None:
        """Fetch all that is known of a model; only the last one asked for is delivered."""
        self._wanted = id_
        self._runner.start(Pool.READ, tasks.record, self._index_path(), id_, done=self._on_record)

    def _on_record(self, record: Any) -> None:
        if record is not None and record.id == self._wanted:
            self.record_ready.emit(record)

    def fetch_tree(self, id_: int, path: str) -> None:
        """Fetch all header metadata of a model."""
        self._runner.start(
            Pool.READ, tasks.tree, path,
            done=lambda tree: self.tree_ready.emit(id_, tree), failed=lambda fault: self.tree_failed.emit(id_, fault.text),
        )  # fmt: skip

    def fetch_picture(self, preview: Preview, width: int, height: int) -> None:
        """Decode a preview so that it covers this many device pixels, where it has them."""
        edge = max(height, math.ceil(width / pictures.BOX_WIDTH))
        self._runner.start(
            Pool.READ, tasks.picture, preview, edge,
            done=lambda image: self.picture_ready.emit(preview, image), failed=lambda fault: self.picture_ready.emit(preview, None),
        )  # fmt: skip

    def save_notes(self, id_: int, body: str, expected: str) -> None:
        """Write the notes of a model into its `.md`; the old text must still be `expected`."""
        shelf = self._model.shelf
        slot = shelf.slot(id_)
        if slot < 0:
            self.notes_failed.emit(id_, tr("This model is no longer in the library. Your text is kept here."))
            return
        path, name = shelf.real_path(slot), shelf.name(slot)
        self._runner.start(
            Pool.WRITE, _write_notes, self._data, path, name, body, expected,
            done=partial(self._on_notes_saved, id_, body, path), failed=lambda fault: self.notes_failed.emit(id_, fault.text),
        )  # fmt: skip

    def _on_notes_saved(self, id_: int, body: str, path: str, report: Report) -> None:
        self.notes_saved.emit(id_, body)
        self.folder_written.emit(os.path.dirname(path))
        if report.change:
            self.noted.emit(Note(tr("{title}: saved.", title=report.title), "info", report.change, can_undo=True, is_quiet=True))

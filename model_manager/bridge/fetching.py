"""Has details and previews fetched for models of the library: looks what that takes, and puts it on the list of tasks.

Made by the online desk. The tasks do the work; nothing is asked of a site here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.board import Board
from model_manager.bridge.jobs import Pool
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.settings import Settings
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.tasks.lists import NewTask

FEW = 100  # models that are asked for anew though they were before: whoever selects so few wants the newest


class Fetching(QObject):
    """Makes tasks of what is asked."""

    failed = Signal(str)

    def __init__(self, session: Session, board: Board, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._board = session, board

    def fetch(self, ids: Sequence[int]) -> None:
        """Fetch details and previews for these models of the library."""
        session = self._session
        shelf = session.model.shelf
        paths = [shelf.path(slot) for slot in map(shelf.slot, ids) if slot >= 0]
        if session.index_path is None or not paths:
            return
        work = Work()
        session.runner.start(
            Pool.READ, tasks_for, session.folder, session.index_path, session.settings, paths, work,
            done=self._on_made, failed=self._on_failed, work=work,
        )  # fmt: skip

    def hash(self, ids: Sequence[int]) -> None:
        """Compute the hashes of these models, those that are not known yet."""
        session = self._session
        shelf = session.model.shelf
        paths = [shelf.real_path(slot) for slot in map(shelf.slot, ids) if slot >= 0]
        if paths:
            work = Work()
            session.runner.start(
                Pool.READ, hashes_for, session.folder, paths, work, done=self._on_made, failed=self._on_failed, work=work
            )

    def _on_made(self, tasks: "list[NewTask]") -> None:
        for new in tasks:
            self._board.add(new.kind, new.key, new.title, new.payload, unit=new.unit, total=new.total)

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)


def tasks_for(folder: Path, index: Path, settings: Settings, paths: Sequence[str], work: Work) -> "list[NewTask]":
    """Return the tasks that fetch details, and previews for those without one. Runs in a worker."""
    from model_manager.core.tasks.details import fetch_tasks  # loaded on first need

    return fetch_tasks(folder, index, settings, paths, wants_details=True, wants_previews=True, force=len(paths) <= FEW, work=work)


def hashes_for(folder: Path, paths: Sequence[str], work: Work) -> "list[NewTask]":
    """Return the tasks that compute hashes. Runs in a worker."""
    from model_manager.core.tasks.hashing import hash_tasks

    return hash_tasks(folder, paths, False, work)

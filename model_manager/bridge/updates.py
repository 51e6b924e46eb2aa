"""Newer versions of what is here: keeps the list that the last look found, has looks made, ignores and takes back.

Made by the online desk on a session and its board of tasks. Loading makes no connection; only `look` does, as a task. Works on the GUI
thread only.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import update_tasks
from model_manager.bridge.board import Board
from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.session import Session
from model_manager.bridge.update_tasks import Listed, Unwanted
from model_manager.core.errors import ModelManagerError
from model_manager.core.online.records import Update
from model_manager.core.online.updates import FILE, MODEL, VERSION
from model_manager.core.tasks.states import DETAILS, DONE, DOWNLOAD, ENDED, PAUSED, UPDATES, Task
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.tasks.lists import NewTask

__all__ = ["FILE", "MODEL", "VERSION", "Unwanted", "UpdateList"]


class UpdateList(QObject):
    """The updates of one session."""

    changed = Signal()  # what there is, or whether a look is under way
    unwanted_known = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, board: Board, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._board, self._runner = session, board, session.runner
        self.updates: tuple[Update, ...] = ()
        self.unwanted: tuple[Unwanted, ...] = ()
        self.ids: dict[str, int] = {}
        self._is_loading = self._is_stale = False
        self._unwanted_job: Job | None = None
        self._was_looking = False
        session.loaded.connect(self.load)
        board.task_ended.connect(self._on_ended)
        board.changed.connect(self._on_board)

    # what there is

    @property
    def task(self) -> Task | None:
        """The look that is under way or waits, if there is one."""
        return next((task for task in self._board.model.tasks() if task.kind == UPDATES and task.state not in (*ENDED, PAUSED)), None)

    @property
    def looked(self) -> float:
        """When the last look ended, as far as it is known; epoch seconds, 0 for never."""
        ended = [task.changed for task in self._board.model.tasks() if task.kind == UPDATES and task.state == DONE]
        return max([*ended, *(update.found for update in self.updates)], default=0.0)

    def load(self) -> None:
        """Read what was found."""
        index = self._session.index_path
        if index is None or self._is_loading:
            self._is_stale = True
            return
        self._is_loading, self._is_stale = True, False
        self._runner.start(
            Pool.READ, update_tasks.listed, self._session.folder, index, done=self._on_loaded, failed=self._on_load_failed
        )

    def load_unwanted(self) -> None:
        """Look through the sidecars for what is ignored; `unwanted_known` answers."""
        index, work = self._session.index_path, Work()
        if index is not None:
            self.stop()
            done, failed = self._on_unwanted, self._on_failed
            self._unwanted_job = self._runner.start(Pool.READ, update_tasks.unwanted, index, work, done=done, failed=failed, work=work)

    def stop(self) -> None:
        """Nobody wants to know any more what is ignored."""
        if self._unwanted_job is not None:
            self._unwanted_job.cancel()
            self._unwanted_job = None

    def _on_loaded(self, listed: Listed) -> None:
        self._is_loading = False
        self.updates, self.ids = listed
        self._session.model.set_updates(frozenset(self.ids.values()))
        self.changed.emit()
        if self._is_stale:
            self.load()

    def _on_load_failed(self, fault: ModelManagerError) -> None:
        self._is_loading = False
        self._on_failed(fault)

    def _on_unwanted(self, rows: tuple[Unwanted, ...]) -> None:
        self._unwanted_job = None
        self.unwanted = rows
        self.unwanted_known.emit()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)

    # looking

    def look(self) -> None:
        """Have the sites asked, as a task."""
        self._runner.start(Pool.READ, update_tasks.look_task, self._session.folder, done=self._on_look_made, failed=self._on_failed)

    def _on_look_made(self, new: "NewTask") -> None:
        self._board.add(new.kind, new.key, new.title, new.payload, unit=new.unit)

    def _on_ended(self, task: Task) -> None:
        if task.kind in (UPDATES, DETAILS, DOWNLOAD):
            self.load()

    def _on_board(self) -> None:
        """Tell when a look begins, moves or ends."""
        is_looking = self.task is not None
        if is_looking or self._was_looking:
            self._was_looking = is_looking
            self.changed.emit()

    # what the person says

    def ignore(self, updates: Sequence[Update], what: str) -> None:
        """Hear no more of the file, the version or the model of these; a model counts in all its places."""
        if what == MODEL:
            models = {update.model_id for update in updates}
            updates = [update for update in self.updates if update.model_id in models]
        self._write(update_tasks.ignore_all, updates, what)

    def take_back(self, rows: Sequence[Unwanted]) -> None:
        """Hear of all of these again."""
        self._write(update_tasks.take_back, rows)

    def tell(self) -> None:
        """The person sees the list now."""
        if any(update.is_new for update in self.updates):
            self._runner.start(Pool.WRITE, update_tasks.tell, self._session.folder, self.updates, failed=self._on_failed, done=_nothing)

    def _write(self, function: Callable[..., None], *args: object) -> None:
        self._runner.start(Pool.WRITE, function, *args, done=lambda _: self._after_writing(), failed=self._on_not_written)

    def _on_not_written(self, fault: ModelManagerError) -> None:
        self._on_failed(fault)
        self._after_writing()  # some may have been

    def _after_writing(self) -> None:
        self.load()
        self.load_unwanted()


def _nothing(_: object) -> None:
    """Nobody waits for it."""

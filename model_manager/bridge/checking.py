"""Checks of model files in the window: the whole headers of a selection are read again.

Made by the desk of longer works. Nothing is written; what is wrong is told. Works on the GUI thread only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.bridge.own_tasks import Checked


class Checking(QObject):
    """One check at a time; another one stops the one before."""

    progressed = Signal(str, object, object)  # name of the model, done, total
    checked = Signal(object)  # own_tasks.Checked
    ended = Signal(str)  # what came of it in a sentence, "" when it was stopped
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._job: Job | None = None

    def check(self, ids: Sequence[int]) -> None:
        """Check these models; `checked` answers."""
        index, runner = self._session.index_path, self._session.runner
        if index is None or not ids:
            return
        self.stop()
        work = runner.work(self._on_progress)
        self._job = runner.start(
            Pool.READ, _check, index, tuple(ids), work, done=self._on_checked, failed=self._on_failed, work=work
        )  # fmt: skip

    def stop(self) -> None:
        """Stop the check that runs; nothing is told of it."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
            self.ended.emit("")

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._job is not None:
            self.progressed.emit(text, done, total)

    def _on_checked(self, found: "Checked") -> None:
        self._job = None
        self.ended.emit(found.text)
        self.checked.emit(found)

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._job = None
        self.ended.emit("")
        self.failed.emit(fault.text)


def _check(index: Path, ids: Sequence[int], work: Work) -> "Checked":
    from model_manager.bridge import own_tasks  # loaded on first need

    return own_tasks.check(index, ids, work)

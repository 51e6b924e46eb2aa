"""What the sheet of details asks about its models: what each field says, whether values can be saved, and what saving them would write.

Made by the desk for the own order. Each question is answered by a worker, and only the last one of its sort.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.own_order import Wish, edits_of
from model_manager.bridge.session import Session
from model_manager.core.errors import BadConfig, ModelManagerError
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.bridge.own_ahead import Ahead
    from model_manager.bridge.own_tasks import Shown


class DetailsAsked(QObject):
    """Questions of one sheet at a time."""

    fields_ready = Signal(object, object)  # ids, Shown
    looked_ahead = Signal(object, object)  # Wish, Ahead
    not_looked_ahead = Signal(object, str)  # Wish, and why it cannot be told what it would write
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._fields: Job | None = None
        self._ahead: Job | None = None

    def fetch_fields(self, ids: Sequence[int]) -> None:
        """Read what the fields of these models say; `fields_ready` answers."""
        if self._fields is not None:
            self._fields.cancel()
        if self._session.index_path is not None:
            work = Work()
            self._fields = self._session.runner.start(
                Pool.READ, _fields, self._session.index_path, tuple(ids), work,
                done=partial(self.fields_ready.emit, tuple(ids)), failed=lambda fault: self.failed.emit(fault.text), work=work,
            )  # fmt: skip

    def look_ahead(self, wish: Wish, shown: "Shown") -> None:
        """Ask what an edit would write; `looked_ahead` or `not_looked_ahead` answers. shown: what the sheet read before."""
        self.drop_ahead()
        if self._session.index_path is not None:
            work = Work()
            self._ahead = self._session.runner.start(
                Pool.READ, _look_ahead, wish, shown, self._session.folder, self._session.index_path, work,
                done=partial(self.looked_ahead.emit, wish), failed=partial(self._on_not_looked, wish), work=work,
            )  # fmt: skip

    def drop_ahead(self) -> None:
        """What an edit would write is not wanted any more."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    @staticmethod
    def problem_of(wish: Wish) -> str:
        """What is wrong with the values of an edit, a plain sentence; "" when nothing is."""
        try:
            edits_of(wish)
        except BadConfig as fault:
            return fault.text
        return ""

    def _on_not_looked(self, wish: Wish, fault: ModelManagerError) -> None:
        self.not_looked_ahead.emit(wish, fault.text)


def _fields(index: Path, ids: Sequence[int], work: Work) -> "Shown":
    from model_manager.bridge import own_tasks  # with all that plans; loaded on first need

    return own_tasks.read_fields(index, ids, work)


def _look_ahead(wish: Wish, shown: "Shown", data: Path, index: Path, work: Work) -> "Ahead":
    from model_manager.bridge import own_ahead

    return own_ahead.look_ahead(wish.ids, edits_of(wish), shown, data, index, work)

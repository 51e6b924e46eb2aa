"""The past in the window: what was changed, model by model, and what is held of deleted models.

Made by the desk for tidying up beside the orders, whose end it follows. It reads in workers; what is undone or restored is the orders'.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.orders import Orders
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import Change
from model_manager.core.previews.find import preview_sort
from model_manager.core.sidecars.suffixes import PREVIEWS
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.bridge.past_tasks import Found
    from model_manager.core.tidy.holding import HeldItem as HeldItem

_TASKS = "model_manager.bridge.past_tasks"
_changes, _outcomes, _held_now, _expired = (later(_TASKS, name) for name in ("changes", "outcomes", "held_now", "expired"))
PAGE = 200  # changes that are read at once


def held_picture(item: "HeldItem") -> PictureKey | None:
    """The preview that is held with a deleted model, the best of several; None when there is none or its drive is away."""
    ranks = {file: _rank(file.path) for file in item.files[1:]} if item.is_there else {}
    best = min(ranks, key=lambda file: ranks[file], default=None)
    if best is None or ranks[best] == len(PREVIEWS):
        return None
    return PictureKey(best.held, int(item.when * 1e9), best.size, preview_sort(best.path), 0)


def _rank(path: str) -> int:
    lower = path.lower()
    return next((rank for rank, suffix in enumerate(PREVIEWS) if lower.endswith(suffix)), len(PREVIEWS))


class Past(QObject):
    """The history and Recently deleted, as they are now."""

    changed = Signal()  # the list of changes
    held_changed = Signal()
    outcomes_known = Signal(int, object)  # change, list[Outcome]
    failed = Signal(str)

    def __init__(self, session: Session, orders: Orders, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner, self._orders = session, session.runner, orders
        self.changes: Sequence[Change] = ()
        self.held: Sequence[HeldItem] = ()
        self.text = ""  # what is searched for
        self.has_more = False
        self._is_watched = False
        self._job: Job | None = None
        session.loaded.connect(self._on_loaded)
        orders.changed.connect(self.look_again)
        orders.files_changed.connect(self.load_held)

    # the history

    def watch(self, is_watched: bool) -> None:
        """Keep the list of changes true while somebody looks at it."""
        self._is_watched = is_watched
        if is_watched:
            self.load()

    def search(self, text: str) -> None:
        """Show only changes that have these words in their title or in the name of a model."""
        if text != self.text:
            self.text = text
            self.load()

    def load(self, is_more: bool = False) -> None:
        """Read the newest changes, or more of them; `changed` answers."""
        if self._job is not None:
            self._job.cancel()
        before = self.changes[-1].id if is_more and self.changes else 0
        limit = PAGE if before else max(PAGE, len(self.changes))
        work = Work()
        self._job = self._runner.start(
            Pool.READ, _changes, self._session.folder, self.text, limit, before, work,
            done=partial(self._on_changes, before), failed=self._on_failed, work=work,
        )  # fmt: skip

    def _on_changes(self, before: int, found: "Found") -> None:
        self._job = None
        self.changes = [*self.changes, *found.changes] if before else found.changes
        self.has_more = found.has_more
        self.changed.emit()

    def ask_outcomes(self, change: int) -> None:
        """Ask what became of each model of a change; `outcomes_known` answers."""
        done = partial(self.outcomes_known.emit, change)
        self._runner.start(Pool.READ, _outcomes, self._session.folder, change, done=done, failed=self._on_failed)

    # Recently deleted

    @property
    def held_days(self) -> int:
        """How long deleted models are held, 0 for ever."""
        return self._session.settings.held_days

    def hold_for(self, days: int) -> None:
        """Hold deleted models for so many days from now on, 0 for ever; what is too old goes with the next clean-up."""
        self._session.settings.held_days = days

    def load_held(self) -> None:
        """Read what is held; `held_changed` answers."""
        index = self._session.index_path
        if index is not None:
            self._runner.start(Pool.READ, _held_now, self._session.folder, index, done=self._on_held, failed=self._on_failed)

    def _on_held(self, held: "list[HeldItem]") -> None:
        self.held = held
        self.held_changed.emit()

    def _on_loaded(self) -> None:
        self.load_held()
        self.empty_expired()

    def empty_expired(self) -> None:
        """Put what was held for long enough into the system's trash."""
        args = (self._session.folder, self.held_days)
        self._runner.start(Pool.READ, _expired, *args, done=self._orders.empty, failed=self._on_failed)

    def look_again(self) -> None:
        """Something that the history tells was done."""
        if self._is_watched:
            self.load()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)

"""Answers the questions of the sheets that come before a plan: where models can go, whether a name is free, what a template comes to.

Made by the orders' desk. Of each sort of question only the last one is answered.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.order_words import Make
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError

if TYPE_CHECKING:
    from model_manager.core.tidy.organising import Options

_TASKS = "model_manager.bridge.plan_tasks"
_spots, _verdict, _example, _weigh = (later(_TASKS, name) for name in ("spots", "verdict", "example", "weigh"))
RECENT = 8  # folders that were chosen before
EXAMPLES = 40  # models whose new places are shown while a template is typed


def moving(ids: Sequence[int], folder: str, copies: bool) -> Make:
    """What makes the plan to move or copy models into a folder."""
    return partial(later(_TASKS, "into_folder"), list(ids), folder, copies)


def renaming(id_: int, stem: str) -> Make:
    """What makes the plan to give a model another name."""
    return partial(later(_TASKS, "renamed"), id_, stem)


def organising(ids: Sequence[int], template: str, options: "Options") -> Make:
    """What makes the plan to put models into folders by a template."""
    return partial(later(_TASKS, "organised"), list(ids), template, options)


def deleting(ids: Sequence[int], for_good: bool, with_targets: bool) -> Make:
    """What makes the plan to delete models. with_targets: of links also the files they lead to."""
    return partial(later(_TASKS, "deleted"), list(ids), for_good, with_targets)


def converting(ids: Sequence[int], dialects: Collection[str]) -> Make:
    """What makes the plan to write the sidecars of other programs (of settings.COMPATIBLE) from what is known of models."""
    return partial(later(_TASKS, "converted"), list(ids), frozenset(dialects))


class Planning(QObject):
    """Questions about what is selected."""

    spots_known = Signal(object)  # list[plan_tasks.Spot]
    judged = Signal(str, str)  # a name as typed, and why it cannot be ("" when it can)
    tried = Signal(object)  # Plan for the first models
    wrong = Signal(str)  # why a template is not right
    weighed = Signal(object, int)  # bytes of what is to be deleted, and how many links are among it
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs: dict[str, Job] = {}

    def ask_spots(self, ids: Sequence[int]) -> None:
        """Ask where these models can go."""
        shelf = self._session.model.shelf
        slots = (shelf.slot(id_) for id_ in ids)
        kinds: Collection[str] = {shelf.kind[slot] for slot in slots if slot >= 0}
        args = (self._session.sources, kinds, list(self._session.settings.recent_folders))
        self._ask("spots", self.spots_known.emit, _spots, *args)

    def ask_verdict(self, id_: int, stem: str) -> None:
        """Ask whether a model can have a name."""
        self._ask("verdict", partial(self.judged.emit, stem), _verdict, id_, stem)

    def ask_example(self, ids: Sequence[int], template: str, options: "Options") -> None:
        """Ask what a template comes to."""
        from model_manager.bridge.plan_tasks import problem  # the sheet has loaded it

        if text := problem(template):
            self.drop("example")
            self.wrong.emit(text)
            return
        self._ask("example", self.tried.emit, _example, list(ids[:EXAMPLES]), template, options, failed=self.wrong)

    def ask_weight(self, ids: Sequence[int]) -> None:
        """Ask what is to be deleted."""
        self._ask("weight", lambda found: self.weighed.emit(*found), _weigh, list(ids))

    def remember(self, folder: str) -> None:
        """A folder was chosen: it comes first the next time."""
        settings = self._session.settings
        others = [path for path in settings.recent_folders if path != folder]
        settings.recent_folders = [folder, *others][:RECENT]

    def drop(self, sort: str) -> None:
        """A question is not wanted any more."""
        if (job := self._jobs.pop(sort, None)) is not None:
            job.cancel()

    def _ask(
        self, sort: str, done: Callable[[Any], None], function: Callable[..., Any], *args: Any, failed: Any = None
    ) -> None:  # fmt: skip
        index = self._session.index_path
        if index is None:
            return
        self.drop(sort)

        def fails(fault: ModelManagerError) -> None:
            (failed or self.failed).emit(fault.text)

        self._jobs[sort] = self._session.runner.start(Pool.READ, function, index, *args, done=done, failed=fails)

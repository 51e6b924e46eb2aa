"""Answers the questions of the sheets that come before a plan: where models can go, whether a name is free, what a template comes to.

Made by the orders' desk. Of each sort of question only the last one is answered.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import plan_tasks
from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.plan_tasks import Options, problem
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError

EXAMPLES = 40  # models whose new places are shown while a template is typed


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
        self._ask("spots", self.spots_known.emit, plan_tasks.spots, *args)

    def ask_verdict(self, id_: int, stem: str) -> None:
        """Ask whether a model can have a name."""
        self._ask("verdict", partial(self.judged.emit, stem), plan_tasks.verdict, id_, stem)

    def ask_example(self, ids: Sequence[int], template: str, options: Options) -> None:
        """Ask what a template comes to."""
        if text := problem(template):
            self.drop("example")
            self.wrong.emit(text)
            return
        self._ask("example", self.tried.emit, plan_tasks.example, list(ids[:EXAMPLES]), template, options, failed=self.wrong)

    def ask_weight(self, ids: Sequence[int]) -> None:
        """Ask what is to be deleted."""
        self._ask("weight", lambda found: self.weighed.emit(*found), plan_tasks.weigh, list(ids))

    def remember(self, folder: str) -> None:
        """A folder was chosen: it comes first the next time."""
        settings = self._session.settings
        others = [path for path in settings.recent_folders if path != folder]
        settings.recent_folders = [folder, *others][: plan_tasks.RECENT]

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

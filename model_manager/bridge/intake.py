"""Looks at what was dropped, plans where it goes, and has it copied: jobs and their signals.

Made by the drop desk of the window. It only starts jobs; where things go and how is core's. A report comes also when it was stopped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import tasks
from model_manager.bridge.jobs import Job, Pool, Runner
from model_manager.core.errors import ModelManagerError
from model_manager.core.files.carry import Outcome as Outcome
from model_manager.core.files.carry import Report as Report
from model_manager.core.files.carry import carry
from model_manager.core.files.destinations import Destination as Destination
from model_manager.core.files.destinations import destinations
from model_manager.core.files.gather import gather
from model_manager.core.files.intake import GOES as GOES
from model_manager.core.files.intake import Choice as Choice
from model_manager.core.files.intake import Line as Line
from model_manager.core.files.intake import Need as Need
from model_manager.core.files.intake import Plan as Plan
from model_manager.core.files.intake import Planner, look
from model_manager.core.files.intake import needs as needs
from model_manager.core.files.leftovers import tidy
from model_manager.core.files.volumes import RESERVE as RESERVE
from model_manager.core.library.index import Index
from model_manager.core.work import Work

Used = Callable[[], tuple[Path | None, tasks.Sources]]


class _Looked(NamedTuple):
    planner: Planner
    plan: Plan


class Intake(QObject):
    """One drop at a time, from a look at it to the report."""

    progressed = Signal(str, object, object)  # text, done, total; in bytes while copying
    planned = Signal(object)  # Plan
    carried = Signal(object)  # Report
    failed = Signal(str)
    folders_written = Signal(object)  # real folders in which something is new

    def __init__(self, runner: Runner, data: Path, used: Used, parent: QObject) -> None:
        """`data`: the data folder. `used()` gives the index and the sources in use."""
        super().__init__(parent)
        self._runner, self._data, self._used = runner, data, used
        self._planner: Planner | None = None
        self._job: Job | None = None
        self._is_carrying = False

    @property
    def is_carrying(self) -> bool:
        """True while files are copied or moved."""
        return self._is_carrying

    def look(self, paths: Iterable[str]) -> None:
        """Look at dropped files and folders and plan where they go."""
        self._planner = None
        self._start(_look, list(paths), *self._used(), done=self._on_looked)

    def plan(self, choices: Mapping[int, Choice], keeps_folders: bool) -> None:
        """Plan anew after the person chose something."""
        if self._planner is not None:
            self._start(self._planner.plan, dict(choices), keeps_folders, done=self.planned.emit)

    def carry(self, plan: Plan, taken: Sequence[int], moves: bool) -> None:
        """Copy or move these lines of the plan; the report comes in any case."""
        if self._is_carrying:
            return
        self._is_carrying = True
        work = self._runner.work(self._on_progress)
        emit = self._runner.relay(self._on_carried)
        args = (plan, tuple(taken), moves, self._data, work, emit)
        self._job = self._runner.start(Pool.WRITE, _carry, *args, done=_nothing, failed=self._on_carry_failed, work=work)

    def cancel(self) -> None:
        """Stop what runs; what is finished stays."""
        if self._job is not None:
            self._job.cancel()

    def tidy(self) -> None:
        """Remove what a killed program left of its copying."""
        self._runner.start(Pool.WRITE, tidy, self._data, done=_nothing)

    def _start(self, function: Callable[..., object], *args: object, done: Callable[[Any], None]) -> None:
        self.cancel()
        work = self._runner.work(self._on_progress)
        self._job = self._runner.start(Pool.READ, function, *args, work, done=done, failed=self._on_failed, work=work)

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._job is not None and not self._job.work.is_cancelled:
            self.progressed.emit(text, done, total)

    def _on_looked(self, looked: _Looked) -> None:
        self._planner = looked.planner
        self.planned.emit(looked.plan)

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.failed.emit(fault.text)

    def _on_carried(self, report: Report) -> None:
        self._is_carrying = False
        self.carried.emit(report)
        if report.folders:
            self.folders_written.emit(sorted(report.folders))

    def _on_carry_failed(self, fault: ModelManagerError) -> None:
        self._is_carrying = False
        self.failed.emit(fault.text)


def _look(paths: list[str], index: Path, sources: tasks.Sources, work: Work) -> _Looked:
    found = gather(paths, work)
    with Index(index) as opened:
        known = tuple(opened.roots())
    roots = sources.roots(known)
    planner = Planner(found, look(found, work), destinations(roots))
    return _Looked(planner, planner.plan({}, True, work))


def _carry(plan: Plan, taken: Sequence[int], moves: bool, data: Path, work: Work, emit: Callable[[Report], None]) -> None:
    """The report travels by itself: a job that was stopped delivers nothing."""
    emit(carry(plan, taken, moves, data, work))


def _nothing(_: object) -> None:
    """What a job answers that nobody waits for."""

"""Health: keeps the report of what needs attention, has the folders looked through, and pickles converted.

Made by the desk of health. What is found and planned is core's. Works on the GUI thread only.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.health.records import Item, Report
from model_manager.core.journal.steps import Plan
from model_manager.core.journal.steps import Report as Carried
from model_manager.core.library.scanner import ScanResult
from model_manager.core.words import tr
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.health.conversions import Conversions as Conversions

Make = Callable[[Path, Path], Plan]
_report, _look = later("model_manager.core.health.report", "report"), later("model_manager.core.health.report", "look")
_convert_all, _drop = (later("model_manager.core.health.conversions", name) for name in ("convert_all", "drop"))
AFTER_MS, UNSEEN_AFTER_MS = 1500, 20_000  # after a scan the next one often follows, and the report goes through all models


class Health(QObject):
    """The health of one library."""

    changed = Signal()  # what there is
    moved = Signal()  # how far a look or a conversion is, or whether there is one
    converted = Signal(object)  # Conversions
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self.report = Report()
        self.is_known = False  # whether the report was made at all
        self.is_seen = False  # whether somebody looks at the report
        self.is_stale = False  # whether the folders changed since they were looked through
        self.text, self.done, self.total = "", 0, 0
        self._look: Job | None = None
        self._convert: Job | None = None
        self._is_loading = self._is_late = self._is_closing = False
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.load)
        session.loaded.connect(lambda: self._later.start(AFTER_MS))
        session.closing.connect(self._on_closing)
        session.scanned.connect(self._on_scanned)

    def _on_closing(self) -> None:
        self._is_closing = True
        self._later.stop()

    # what there is

    @property
    def is_looking(self) -> bool:
        """Whether the folders are being looked through."""
        return self._look is not None

    @property
    def is_converting(self) -> bool:
        """Whether pickles are being converted."""
        return self._convert is not None

    def load(self) -> None:
        """Make the report anew of what is known."""
        index = self._session.index_path
        if index is None or self._is_loading:
            self._is_late = self._is_loading
            return
        self._is_loading, self._is_late = True, False
        self._runner.start(Pool.READ, _report, self._session.folder, index, done=self._on_loaded, failed=self._on_load_failed)

    def _on_loaded(self, found: Report) -> None:
        self._is_loading = False
        self.is_known, self.report = True, found
        self.changed.emit()
        if self._is_late:
            self.load()

    def _on_load_failed(self, fault: ModelManagerError) -> None:
        self._is_loading = False
        self.failed.emit(fault.text)

    def _on_scanned(self, result: ScanResult) -> None:
        if result.added or result.changed or result.removed:
            self.is_stale = bool(self.report.looked)
            self.moved.emit()
            if not self._later.isActive():
                self._later.start(AFTER_MS if self.is_seen else UNSEEN_AFTER_MS)

    # looking

    def look(self) -> None:
        """Look through all folders."""
        index = self._session.index_path
        if index is None or self.is_looking:
            return
        self.text, self.done, self.total = tr("Waiting for another search"), 0, 0
        work = self._runner.work(self._on_progress)
        args = (_look, self._session.folder, index, work)
        self._look = self._runner.start(Pool.COMPARE, *args, done=self._on_looked, failed=self._on_look_failed, work=work)
        self.moved.emit()

    def stop(self) -> None:
        """Stop looking, or converting; what was found before stays."""
        for job in filter(None, (self._look, self._convert)):
            job.cancel()
        self._look = self._convert = None
        self.moved.emit()
        self.load()

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self.is_looking or self.is_converting:
            self.text, self.done, self.total = text, done, total
            self.moved.emit()

    def _on_looked(self, _: object) -> None:
        self._look, self.is_stale = None, False
        self.moved.emit()
        self.load()

    def _on_look_failed(self, fault: ModelManagerError) -> None:
        self._look = None
        self.moved.emit()
        self.failed.emit(fault.text)

    # mending

    @staticmethod
    def mending(items: Sequence[Item], mend: str) -> Make:
        """What makes the plan of a mend."""
        return partial(_mending, list(items), mend)

    def convert(self, ids: Sequence[int]) -> None:
        """Convert models to safetensors; `converted` answers with new files that have no names yet."""
        index = self._session.index_path
        if index is None or self.is_converting or not ids:
            return
        self.text, self.done, self.total = tr("Waiting for another work"), 0, 0
        work = self._runner.work(self._on_progress)
        self._convert = self._runner.start(
            Pool.BULK, _convert_all, index, list(ids), work, done=partial(self._on_converted, work),
            failed=partial(self._on_convert_failed, work), work=work, hears_of_stopped=True,
        )  # fmt: skip
        self.moved.emit()

    def _on_converted(self, work: Work, result: "Conversions") -> None:
        if work.is_cancelled:  # just when all was done
            self.drop(result)
            return
        self._convert = None
        self.moved.emit()
        self.converted.emit(result)

    def _on_convert_failed(self, work: Work, fault: ModelManagerError) -> None:
        if work.is_cancelled:
            return
        self._convert = None
        self.moved.emit()
        self.failed.emit(fault.text)

    @staticmethod
    def naming(result: "Conversions") -> Make:
        """What makes the plan that names the new files."""
        return partial(_naming, result)

    @staticmethod
    def removing_old(result: "Conversions") -> Make:
        """What makes the plan that puts the old files into Recently deleted."""
        return partial(_removing_old, result)

    def drop(self, result: "Conversions") -> None:
        """The new files that got no names are not wanted. Large ones take their time, so a worker removes them, while there are any."""
        if self._is_closing:
            _drop(result.done)
        else:
            self._runner.start(Pool.BULK, _drop, result.done, done=lambda _: None)

    @staticmethod
    def is_of(plan: Plan, result: "Conversions") -> bool:
        """Whether a plan is the one that names these new files."""
        return plan.kind == "mend" and not _targets(result).isdisjoint(act.new_path for act in plan.acts)

    @staticmethod
    def has_named(report: Carried, result: "Conversions") -> bool:
        """Whether a change was the one that named these new files."""
        return not _targets(result).isdisjoint(one.new_path for one in report.outcomes)


def _targets(result: "Conversions") -> set[str]:
    return {one.target for one in result.done}


def _mending(items: Sequence[Item], mend: str, data: Path, index: Path) -> Plan:
    from model_manager.core.health.mending import plan_mend

    return plan_mend(items, mend, index)


def _naming(result: "Conversions", data: Path, index: Path) -> Plan:
    from model_manager.core.health.conversions import plan_names

    return plan_names(result, index)


def _removing_old(result: "Conversions", data: Path, index: Path) -> Plan:
    from model_manager.core.health.conversions import plan_old

    return plan_old(result.done, index)

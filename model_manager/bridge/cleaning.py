"""Has the program's own things cleaned up: some time after the start, daily while the window is open, and when the person asks.

Made by the tidy desk. What is cleaned is core's business; nothing of the person's is touched.
"""

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.tidy.cleaning import FORMER as FORMER
from model_manager.core.tidy.cleaning import HISTORY as HISTORY
from model_manager.core.tidy.cleaning import INDEX as INDEX
from model_manager.core.tidy.cleaning import PARTS as PARTS
from model_manager.core.tidy.cleaning import Limits, clean, weigh
from model_manager.core.tidy.cleaning import Piece as Piece

FIRST_MS, DAILY_MS = 90_000, 24 * 3600 * 1000
MEGABYTE = 1_000_000


class Cleaning(QObject):
    """One clean-up at a time."""

    weighed = Signal(object)  # list[Piece]: how much there is
    cleaned = Signal(object, bool)  # list[Piece]: what went; whether the person had asked
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_due)
        session.loaded.connect(lambda: self._timer.start(FIRST_MS))
        session.closing.connect(self._timer.stop)

    def weigh(self) -> None:
        """Find out how much there is; `weighed` answers."""
        self._runner.start(Pool.READ, weigh, self._session.folder, done=self.weighed.emit)

    def clean(self, is_asked: bool = True) -> None:
        """Clean up; `cleaned` answers."""
        if self._job is not None:
            return
        self._session.handover.start()  # removes what other programs were given
        settings, work = self._session.settings, self._runner.work(lambda *_: None)
        limits = Limits(settings.history_days, settings.former_pictures_mb * MEGABYTE)
        self._job = self._runner.start(
            Pool.BULK, clean, self._session.folder, limits, work, done=lambda found: self._on_cleaned(found, is_asked),
            failed=self._on_failed, work=work,
        )  # fmt: skip

    def _on_due(self) -> None:
        self._timer.setInterval(DAILY_MS)
        self.clean(is_asked=False)

    def _on_cleaned(self, found: list[Piece], is_asked: bool) -> None:
        self._job = None
        self.cleaned.emit(found, is_asked)
        if is_asked:
            self.weigh()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._job = None
        self.failed.emit(fault.text)

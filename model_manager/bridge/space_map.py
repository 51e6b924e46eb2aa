"""The map of space: has it made anew in a worker, in one of its ways, while anybody looks; and outputs looked through for it.

Made by the space desk.
"""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.session import Session
from model_manager.core.comfyui.usage import FILE_NAME, Usage, output_folders
from model_manager.core.errors import FileFault, ModelManagerError
from model_manager.core.tidy.space import BASE as BASE
from model_manager.core.tidy.space import FOLDER as FOLDER
from model_manager.core.tidy.space import KIND as KIND
from model_manager.core.tidy.space import USE as USE
from model_manager.core.tidy.space import WAYS as WAYS
from model_manager.core.tidy.space import Columns, columns, space
from model_manager.core.tidy.space import Part as Part
from model_manager.core.tidy.space import Space as Space
from model_manager.core.tidy.space import shown_parts as shown_parts
from model_manager.core.tidy.treemap import Rect as Rect
from model_manager.core.tidy.treemap import squarified as squarified
from model_manager.core.work import Work

AGAIN_MS = 1_500  # after the library has changed


class SpaceMap(QObject):
    """One map at a time."""

    made = Signal(object)  # Space
    progressed = Signal(str, int, int)
    looked = Signal()  # outputs were looked through
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self.way = FOLDER
        self._is_shown = False
        self._job: Job | None = None
        self._look: Job | None = None
        self._again = QTimer(self, singleShot=True, interval=AGAIN_MS)
        self._again.timeout.connect(self.make)
        session.rows_changed.connect(self._on_changed)
        session.closing.connect(self._again.stop)

    def show(self, is_shown: bool) -> None:
        """Keep the map up to date while the page is open."""
        self._is_shown = is_shown
        if is_shown:
            self.make()

    def choose(self, way: str) -> None:
        """Make it in another way."""
        self.way = way
        self.make()

    def make(self) -> None:
        """Make it anew; one that is being made is not wanted any more."""
        if self._job is not None:
            self._job.cancel()
        taken = columns(self._session.model.shelf)
        self._job = self._runner.start(Pool.READ, _make, taken, self.way, self._session.folder, done=self._on_made)

    @property
    def is_looking(self) -> bool:
        """Whether outputs are being looked through."""
        return self._look is not None

    def look_through_outputs(self) -> None:
        """Find out which outputs used which models; only new ones are opened."""
        if self._look is None:
            work = self._runner.work(self.progressed.emit)
            args = (self._session.folder, self._session.sources.installs, work)
            self._look = self._runner.start(Pool.BULK, _look, *args, done=self._on_looked, failed=self._on_failed, work=work)

    def _on_made(self, found: Space) -> None:
        self._job = None
        self.made.emit(found)

    def _on_looked(self, _: int) -> None:
        self._look = None
        self.looked.emit()
        self.make()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._look = None
        self.looked.emit()
        self.failed.emit(fault.text)

    def _on_changed(self) -> None:
        if self._is_shown and not self._again.isActive():
            self._again.start()


def _make(taken: Columns, way: str, data: Path) -> Space:
    return space(taken, way, _uses(data) if way == USE else None)


def _uses(data: Path) -> dict[tuple[str, str], float]:
    """What is known of when models were used; nothing where no outputs were looked through yet."""
    if not (data / FILE_NAME).exists():
        return {}
    try:
        usage = Usage(data)
        try:
            return usage.last_uses()
        finally:
            usage.close()
    except FileFault:  # the map shows ages instead
        return {}


def _look(data: Path, installs: tuple[str, ...], work: Work) -> int:
    usage = Usage(data)
    try:
        return usage.refresh(output_folders(installs), work)
    finally:
        usage.close()

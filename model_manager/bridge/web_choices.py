"""What Civitai has to choose from for one model's preview: asked for when the person says so, and not before.

Made by `choosing` for each dialog. Works on the GUI thread only.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from model_manager.bridge import preview_web
from model_manager.bridge.jobs import Job
from model_manager.bridge.preview_web import Known, Shown
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.previews.records import CIVITAI, Source

KEPT = 4  # pictures whose bytes are kept, to be cut in another way


class WebChoices(QObject):
    """The pictures of one model."""

    changed = Signal()  # they have come
    state_changed = Signal()  # it is asked, or could not be

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._online = session, session.online
        self.known: Known | None = None
        self.sources: tuple[Source, ...] = ()
        self.hidden = 0
        self.is_asked = False
        self.fault: ModelManagerError | None = None
        self._job: Job | None = None
        self._bytes: OrderedDict[Source, bytes] = OrderedDict()

    @property
    def is_looking(self) -> bool:
        """True while the site is asked."""
        return self._job is not None

    def look(self) -> None:
        """Ask for the pictures, unless they are there."""
        if self.known is None or self._job is not None or (self.is_asked and self.fault is None):
            return
        self.is_asked, self.fault = True, None
        level = self._session.settings.adult_level
        self._job = self._online.ask(preview_web.shown_of, self.known, level, done=self._on_shown, failed=self._on_failed)
        self.state_changed.emit()

    def look_anew(self) -> None:
        """A key is good now, or more may be shown: ask again if it was asked before."""
        if self.is_asked and self._job is None:
            self.is_asked = False
            self.look()

    def close(self) -> None:
        """Nothing is wanted any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _on_shown(self, shown: Shown) -> None:
        self._job = None
        self.sources, self.hidden = shown
        self.state_changed.emit()
        if shown.sources:
            self.changed.emit()

    def _on_failed(self, fault: ModelManagerError) -> None:
        self._job, self.fault = None, fault
        self.state_changed.emit()

    def with_bytes(self, source: Source, then: Callable[[Source], None], failed: Callable[[ModelManagerError], None]) -> None:
        """Call `then` with the source, with its bytes if it is one of ours; they are fetched once."""
        if source.sort != CIVITAI or source.data:
            then(source)
        elif (known := self._bytes.get(source)) is not None:
            then(replace(source, data=known))
        else:
            self._online.ask(preview_web.bytes_of, source, done=partial(self._on_bytes, source, then), failed=failed)

    def _on_bytes(self, source: Source, then: Callable[[Source], None], data: bytes) -> None:
        self._bytes[source] = data
        while len(self._bytes) > KEPT:
            self._bytes.popitem(last=False)
        then(replace(source, data=data))

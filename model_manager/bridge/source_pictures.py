"""Pictures of sources for the dialogs, decoded in workers: small ones for lists and strips, a large one for the stage.

Made by `choosing` and `previews`. Two at a time and in the order asked, so that a strip fills from its beginning and nothing else waits.
Works on the GUI thread only; keeps no picture itself.
"""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from model_manager.bridge import preview_tasks, preview_web
from model_manager.bridge.jobs import Pool, Runner
from model_manager.bridge.library_model import Card
from model_manager.bridge.online import Online
from model_manager.core.errors import ModelManagerError
from model_manager.core.previews.records import CIVITAI, Source

AT_ONCE = 2

Ask = tuple[Source, Card, int]


class SourcePictures(QObject):
    """A short queue of pictures to decode."""

    ready = Signal(object, object, object)  # Source, Card of its model, QImage
    refused = Signal(object, object, str)  # Source, Card, why it cannot be shown

    def __init__(self, runner: Runner, online: Online, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._online = runner, online
        self._waiting: dict[Ask, None] = {}
        self._live: set[Ask] = set()

    def ask(self, sources: Iterable[tuple[Source, Card]], edge: int) -> None:
        """Decode these so that they cover `edge` device pixels; each answers once.

        All drawn cards are one source, so cards tell them apart.
        """
        for source, card in sources:
            if (source, card, edge) not in self._live:
                self._waiting.setdefault((source, card, edge))
        self._pump()

    def drop(self) -> None:
        """Forget what is not under way yet."""
        self._waiting.clear()

    def _pump(self) -> None:
        while self._waiting and len(self._live) < AT_ONCE:
            ask = next(iter(self._waiting))
            del self._waiting[ask]
            self._live.add(ask)
            done, failed = partial(self._on_done, ask), partial(self._on_failed, ask)
            source, card, edge = ask
            if source.sort == CIVITAI:
                self._online.ask(preview_web.image_of, source, edge, done=done, failed=failed)
            else:
                self._runner.start(Pool.READ, preview_tasks.image_of, source, card, edge, done=done, failed=failed)

    def _on_done(self, ask: Ask, image: QImage) -> None:
        self._live.discard(ask)
        self.ready.emit(ask[0], ask[1], image)
        self._pump()

    def _on_failed(self, ask: Ask, fault: ModelManagerError) -> None:
        self._live.discard(ask)
        self.refused.emit(ask[0], ask[1], fault.text)
        self._pump()

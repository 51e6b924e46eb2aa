"""Pictures of the sites for strips and cards: fetched and decoded in the net pool, the last ones kept in memory.

Made by whoever shows some. What scrolled away before it was begun is dropped. Works on the GUI thread only.
"""

from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from model_manager.bridge import pictures
from model_manager.bridge.online import Online
from model_manager.core.errors import ModelManagerError, Refused
from model_manager.core.online import images
from model_manager.core.online.records import Image
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.online.offers import Sites

AT_ONCE = 3
KEPT_BYTES = 96 << 20
MOST_BYTES = 40 << 20
WIDTHS = (320, 450, 800, 1200)  # what the site keeps ready (civitai/civitai:src/client-utils/edge-url.ts)


class Ask(NamedTuple):
    """A picture and the edge in device pixels that it has to cover."""

    image: Image
    edge: int


class WebPictures(QObject):
    """A short queue of pictures to fetch."""

    ready = Signal(object, object, int)  # Image, QImage, the edge it was asked for
    refused = Signal(object, str)  # Image, why it cannot be shown

    def __init__(self, online: Online, parent: QObject | None = None, kept_bytes: int = KEPT_BYTES, at_once: int = AT_ONCE) -> None:
        """kept_bytes: of pictures kept here; little for whoever keeps them itself."""
        super().__init__(parent)
        self._online, self._kept_bytes, self._at_once = online, kept_bytes, at_once
        self._waiting: dict[Ask, None] = {}
        self._live: set[Ask] = set()
        self._kept: OrderedDict[Ask, QImage] = OrderedDict()
        self._size = 0

    def ask(self, wanted: Iterable[Image], edge: int) -> None:
        """Fetch these so that they cover `edge` device pixels; each answers once, those that are kept at once."""
        for image in wanted:
            ask = Ask(image, edge)
            if (known := self.kept(image, edge)) is not None:
                self.ready.emit(image, known, edge)
            elif ask not in self._live:
                self._waiting.setdefault(ask)
        self._pump()

    def kept(self, image: Image, edge: int) -> QImage | None:
        """The picture if it is in memory."""
        found = self._kept.get(Ask(image, edge))
        if found is not None:
            self._kept.move_to_end(Ask(image, edge))
        return found

    def drop(self) -> None:
        """Forget what is not under way yet."""
        self._waiting.clear()

    @property
    def is_idle(self) -> bool:
        """True when nothing is asked for."""
        return not (self._waiting or self._live)

    def _pump(self) -> None:
        while self._waiting and len(self._live) < self._at_once:
            ask = next(iter(self._waiting))
            del self._waiting[ask]
            self._live.add(ask)
            self._online.ask(fetched, ask.image, ask.edge, done=partial(self._on_done, ask), failed=partial(self._on_failed, ask))

    def _on_done(self, ask: Ask, image: QImage) -> None:
        self._live.discard(ask)
        self._keep(ask, image)
        self.ready.emit(ask.image, image, ask.edge)
        self._pump()

    def _on_failed(self, ask: Ask, fault: ModelManagerError) -> None:
        self._live.discard(ask)
        self.refused.emit(ask.image, fault.text)
        self._pump()

    def _keep(self, ask: Ask, image: QImage) -> None:
        self._kept[ask] = image
        self._size += image.sizeInBytes()
        while self._size > self._kept_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.sizeInBytes()


def fetched(sites: "Sites", image: Image, edge: int, work: Work) -> QImage:
    """Return a picture (of a video a still), as large as needed. Raises OnlineFault or BadPicture."""
    width = next((width for width in WIDTHS if width >= edge * pictures.BOX_WIDTH), WIDTHS[-1])
    hosts = (urlsplit(sites.endpoints.civitai).hostname or "",)  # a mirror may have its pictures at another port
    small = images.sized(image.url, width, image.is_video, hosts)
    try:
        data = sites.web.get_bytes(small, MOST_BYTES, work)
    except Refused:  # a mirror need not have all sizes
        if small == image.url or image.is_video:
            raise
        data = sites.web.get_bytes(image.url, MOST_BYTES, work)
    work.check()
    return pictures.decode_bytes(data, edge)

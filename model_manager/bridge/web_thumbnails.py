"""Pictures of results for the grid, with the questions of `Thumbnails`: at once a pixmap or nothing, and a word when more has come.

Made by `browse`; the pictures come from `WebPictures`. What a view no longer shows is not fetched. Works on the GUI thread only.
"""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from model_manager.bridge.browse_tasks import Hit
from model_manager.bridge.library_model import PictureKey
from model_manager.bridge.online import Online
from model_manager.bridge.thumbnails import FRAME, MEMORY, step_of
from model_manager.bridge.web_pictures import WebPictures
from model_manager.core.online.records import Image
from model_manager.core.previews.thumbnail_cache import EDGES

WEB, WEB_VIDEO, HIDDEN = "web", "web video", "hidden"  # sorts of keys
AT_ONCE = 4

Ask = tuple[PictureKey, int]


def key_of(hit: Hit) -> PictureKey | None:
    """What the picture of a result is asked by; None when it has none at all."""
    if hit.picture is not None:
        return PictureKey(hit.picture.url, 0, 0, WEB_VIDEO if hit.picture.is_video else WEB, 0)
    return PictureKey("", 0, 0, HIDDEN, 0) if hit.is_hidden else None


class WebThumbnails(QObject):
    """Keeps the pictures of the last screens; those that may not be shown are a quiet ground."""

    ready = Signal(object)  # tuple[PictureKey, ...]: their state has changed; at most once a frame

    def __init__(self, online: Online, parent: QObject, memory: int = MEMORY) -> None:
        """`memory`: bytes of pixmaps kept beyond those on screen."""
        super().__init__(parent)
        self._memory, self._bytes = memory, 0
        self._pictures = WebPictures(online, self, kept_bytes=0, at_once=AT_ONCE)
        self._pixmaps: dict[Ask, QPixmap] = {}  # least recently used first
        self._refused: set[PictureKey] = set()
        self._wanted: dict[Ask, None] = {}
        self._nothing = QPixmap(8, 11)
        self._nothing.fill(Qt.GlobalColor.transparent)
        self._news: dict[PictureKey, None] = {}
        self._news_timer = QTimer(self, singleShot=True, interval=FRAME)
        self._news_timer.timeout.connect(self._tell)
        self._pictures.ready.connect(self._on_ready)
        self._pictures.refused.connect(self._on_refused)

    def picture(self, key: PictureKey, edge: int) -> QPixmap | None:
        """Return the picture for a card shown `edge` device pixels high; another size of it meanwhile; None if there is none yet."""
        if key.sort == HIDDEN:
            return self._nothing
        ask = (key, step_of(edge))
        found = self._pixmaps.pop(ask, None)
        if found is not None:
            self._pixmaps[ask] = found  # now the most recently used
            return found
        return self._other_size(key)

    def state(self, key: PictureKey) -> str:
        """Return "have", "asked" or "none" (it cannot be shown)."""
        if key.sort == HIDDEN:
            return "have"
        if key in self._refused:
            return "none"
        return "have" if self._other_size(key) is not None else "asked"

    def want(self, keys: Iterable[PictureKey], edge: int) -> None:
        """Ask for all that a view shows now, most important first; what it wanted before and no longer shows is dropped."""
        step = step_of(edge)
        self._wanted = {(key, step): None for key in keys if key.sort != HIDDEN}
        self._pictures.drop()
        missing = [ask for ask in self._wanted if ask not in self._pixmaps and ask[0] not in self._refused]
        self._pictures.ask((_image(key) for key, _ in missing), step)

    def retry(self) -> None:
        """Forget which pictures could not be shown."""
        self._news.update(dict.fromkeys(self._refused))
        self._refused.clear()
        self._news_timer.start()

    @property
    def is_idle(self) -> bool:
        """True when nothing is asked for and everything has been told."""
        return self._pictures.is_idle and not self._news

    def _other_size(self, key: PictureKey) -> QPixmap | None:
        return next((found for step in reversed(EDGES) if (found := self._pixmaps.get((key, step))) is not None), None)

    def _on_ready(self, image: Image, picture: QImage, edge: int) -> None:
        key = _key(image)
        self._keep((key, edge), QPixmap.fromImage(picture, Qt.ImageConversionFlag.NoFormatConversion))
        self._tell_soon(key)

    def _on_refused(self, image: Image, _: str) -> None:
        self._refused.add(_key(image))
        self._tell_soon(_key(image))

    def _tell_soon(self, key: PictureKey) -> None:
        self._news[key] = None
        if not self._news_timer.isActive():
            self._news_timer.start()

    def _tell(self) -> None:
        keys, self._news = tuple(self._news), {}
        if keys:
            self.ready.emit(keys)

    def _keep(self, ask: Ask, pixmap: QPixmap) -> None:
        self._pixmaps[ask] = pixmap
        self._bytes += pixmap.width() * pixmap.height() * 4
        for old in list(self._pixmaps) if self._bytes > self._memory else ():
            if old not in self._wanted and old != ask:
                gone = self._pixmaps.pop(old)
                self._bytes -= gone.width() * gone.height() * 4
                if self._bytes <= self._memory:
                    return


def _image(key: PictureKey) -> Image:
    return Image(key.path, is_video=key.sort == WEB_VIDEO)


def _key(image: Image) -> PictureKey:
    return PictureKey(image.url, 0, 0, WEB_VIDEO if image.is_video else WEB, 0)

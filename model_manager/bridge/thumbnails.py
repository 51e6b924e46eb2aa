"""Thumbnails for the views: in memory, else from the disk cache, else made; asked for while painting, so an answer never waits.

Made once by app; the grid, the table and the details ask. What a view no longer shows is not fetched. Works on the GUI thread only;
its two plain functions at the bottom run in workers and touch neither QPixmap nor this object.
"""

import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from model_manager.bridge import pictures
from model_manager.bridge.jobs import Pool, Runner
from model_manager.bridge.library_model import PictureKey
from model_manager.core.errors import BadPicture, ModelManagerError
from model_manager.core.previews.thumbnail_cache import EDGES, ThumbnailCache, ThumbnailKey
from model_manager.core.words import tr

MEMORY = 96 * 1024 * 1024  # bytes of pixmaps kept beyond those on screen
CHUNK = 6  # cached thumbnails read in one job: some 5 ms
READS, MAKES = 3, 3  # jobs under way; enough to keep the workers busy, few enough that nothing stale waits in line
REST = 60  # milliseconds after which a view that was scrolled stands still; meanwhile one worker reads and leaves room for painting
CALM = 250  # milliseconds without scrolling before pictures are made on all workers; one alone does not hold up frames
FRAME = 16  # milliseconds; arrivals are told once a frame

Covers = Callable[[str], list[bytes]]


class Ask(NamedTuple):
    """One thumbnail somebody wants."""

    key: PictureKey
    edge: int


class Fetched(NamedTuple):
    """What a worker found: an image; or why there is none; or neither, when the disk cache has none yet."""

    ask: Ask
    image: QImage | None
    fault: str


def step_of(edge: int) -> int:
    """Return the edge at which thumbnails are kept for a picture shown `edge` device pixels high."""
    return next((step for step in EDGES if step >= edge), EDGES[-1])


class Thumbnails(QObject):
    """Answers at once with a pixmap or nothing, and says when more has come."""

    ready = Signal(object)  # tuple[PictureKey, ...]: their state has changed; at most once a frame
    refused = Signal(object, str)  # PictureKey and why it cannot be shown
    cache_failed = Signal(str)  # once: why nothing is kept on disk

    def __init__(self, runner: Runner, cache: ThumbnailCache, covers: Covers, parent: QObject | None = None, memory: int = MEMORY) -> None:
        """`covers(path)` gives the pictures inside a model file; it runs in a worker. `memory`: bytes.

        Give it a parent: without one, a garbage collection that happens to run in a worker would destroy its timers there.
        """
        super().__init__(parent)
        self._runner, self._cache, self._covers, self._memory = runner, cache, covers, memory
        self._pixmaps: dict[Ask, QPixmap] = {}  # least recently used first
        self._bytes = 0
        self._refused: dict[PictureKey, str] = {}
        self._reads: dict[Ask, None] = {}  # to be looked up on disk, in this order
        self._makes: dict[Ask, None] = {}  # not on disk: to be made, in this order
        self._live: set[Ask] = set()
        self._dropped: set[Ask] = set()  # under way, but scrolled away; read by workers
        self._wanted: dict[Ask, None] = {}
        self._exact = EDGES[-1]  # the edge at which pictures are shown now: workers scale to it, or each paint would
        self._jobs = {"read": 0, "make": 0}
        self._news: dict[PictureKey, None] = {}
        self._told_at = 0.0
        self._has_told_cache = False
        self._pump_timer = self._timer(0, self._pump)
        self._news_timer = self._timer(FRAME, self._tell)
        self._calm_timer = self._timer(CALM, self._pump)
        self._rest_timer = self._timer(REST, self._pump)
        self._moved_at = 0.0

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(slot)
        return timer

    def picture(self, key: PictureKey, edge: int) -> QPixmap | None:
        """Return the thumbnail for a picture shown `edge` device pixels high; another size of it meanwhile; None if there is none yet."""
        ask = Ask(key, step_of(edge))
        found = self._pixmaps.pop(ask, None)
        if found is not None:
            self._pixmaps[ask] = found  # now the most recently used
            return found
        if key in self._refused:
            return None
        self._ask(ask)
        return self._other_size(key)

    def state(self, key: PictureKey) -> str:
        """Return "have", "asked" or "none" (it cannot be shown)."""
        if key in self._refused:
            return "none"
        return "have" if self._other_size(key) is not None else "asked"

    def want(self, keys: Iterable[PictureKey], edge: int) -> None:
        """Ask for all that a view shows now, most important first; what it wanted before and no longer shows is dropped."""
        step = step_of(edge)
        self._exact = min(edge, step)
        wanted = {Ask(key, step): None for key in keys}
        for ask in self._wanted:
            if ask not in wanted:
                self._drop(ask)
        if wanted.keys() != self._wanted.keys():
            self._on_moved()
        self._wanted = wanted
        for ask in wanted:
            if ask not in self._pixmaps and ask.key not in self._refused:
                self._ask(ask)
        for queue in (self._reads, self._makes):
            first = {ask: None for ask in wanted if ask in queue}
            first.update(queue)
            queue.clear()
            queue.update(first)

    def _on_moved(self) -> None:
        """One change is a jump, to be filled as fast as can be; several in a row are scrolling."""
        before, self._moved_at = self._moved_at, time.monotonic()
        self._calm_timer.start()
        if (self._moved_at - before) * 1000 < REST:
            self._rest_timer.start()

    def retry(self) -> None:
        """Forget which pictures could not be shown, because a folder has come back."""
        keys, self._refused = self._refused, {}
        self._news.update(dict.fromkeys(keys))
        self._news_timer.start()

    @property
    def is_idle(self) -> bool:
        """True when nothing is asked for and everything has been told."""
        return not (self._reads or self._makes or self._live or self._news)

    def _ask(self, ask: Ask) -> None:
        self._dropped.discard(ask)
        if ask in self._live or ask in self._reads or ask in self._makes:
            return
        self._reads[ask] = None
        if not self._pump_timer.isActive():
            self._pump_timer.start()

    def _drop(self, ask: Ask) -> None:
        self._reads.pop(ask, None)
        self._makes.pop(ask, None)
        if ask in self._live:
            self._dropped.add(ask)

    def _other_size(self, key: PictureKey) -> QPixmap | None:
        """Return the largest pixmap there is of `key`."""
        return next((found for step in reversed(EDGES) if (found := self._pixmaps.get(Ask(key, step))) is not None), None)

    @Slot()
    def _pump(self) -> None:
        """Start what there is room for."""
        while self._reads and self._jobs["read"] < (1 if self._rest_timer.isActive() else READS):
            self._start("read", read, list(islice(self._reads, CHUNK)))
        while self._makes and self._jobs["make"] < (1 if self._calm_timer.isActive() else MAKES):
            self._start("make", make, list(islice(self._makes, 1)))

    def _start(self, sort: str, function: Callable[..., list[Fetched]], asks: list[Ask]) -> None:
        for ask in asks:
            (self._reads if sort == "read" else self._makes).pop(ask)
            self._live.add(ask)
        self._jobs[sort] += 1
        done, failed = partial(self._on_done, sort), partial(self._on_failed, sort, asks)
        self._runner.start(Pool.THUMBNAILS, function, asks, self._dropped, self._cache, self._covers, self._exact, done=done, failed=failed)

    def _on_failed(self, sort: str, asks: list[Ask], fault: ModelManagerError) -> None:
        self._on_done(sort, [Fetched(ask, None, fault.text) for ask in asks])

    def _on_done(self, sort: str, results: list[Fetched]) -> None:
        self._jobs[sort] -= 1
        self._land(results)
        if self._cache.fault and not self._has_told_cache:
            self._has_told_cache = True
            self.cache_failed.emit(self._cache.fault)

    def _land(self, results: list[Fetched]) -> None:
        """Take over what a worker found; a thumbnail nobody shows any more is still good for the way back."""
        for ask, image, fault in results:
            self._live.discard(ask)
            is_wanted = ask not in self._dropped
            self._dropped.discard(ask)
            if image is not None:
                self._keep(ask, QPixmap.fromImage(image, Qt.ImageConversionFlag.NoFormatConversion))
            elif fault:
                self._refused[ask.key] = fault
                self.refused.emit(ask.key, fault)
            elif is_wanted:
                self._makes[ask] = None
            if is_wanted and (image is not None or fault):
                self._news[ask.key] = None
        if self._news and not self._news_timer.isActive():
            self._news_timer.start(max(0, FRAME - int((time.monotonic() - self._told_at) * 1000)))
        self._pump()

    def _keep(self, ask: Ask, pixmap: QPixmap) -> None:
        self._pixmaps[ask] = pixmap
        self._bytes += pixmap.width() * pixmap.height() * 4
        if self._bytes <= self._memory:
            return
        for old in list(self._pixmaps):
            if old not in self._wanted and old != ask:
                gone = self._pixmaps.pop(old)
                self._bytes -= gone.width() * gone.height() * 4
                if self._bytes <= self._memory:
                    return

    @Slot()
    def _tell(self) -> None:
        keys, self._news, self._told_at = tuple(self._news), {}, time.monotonic()
        if keys:
            self.ready.emit(keys)


def read(asks: list[Ask], dropped: set[Ask], cache: ThumbnailCache, _covers: Covers, exact: int) -> list[Fetched]:
    """Return what the disk cache has of `asks`, scaled to be shown `exact` pixels high; those in `dropped` by then are passed over.

    Runs in a worker.
    """
    return [Fetched(ask, None if ask in dropped else _from_cache(ask, cache, exact), "") for ask in asks]


def make(asks: list[Ask], dropped: set[Ask], cache: ThumbnailCache, covers: Covers, exact: int) -> list[Fetched]:
    """Make thumbnails from the pictures themselves, keep them on disk, and scale them to be shown. Runs in a worker."""
    return [Fetched(ask, None, "") if ask in dropped else _made(ask, cache, covers, exact) for ask in asks]


def _disk_key(ask: Ask) -> ThumbnailKey:
    path, mtime_ns, size, _sort, number = ask.key
    return ThumbnailKey(path, mtime_ns, size, number, ask.edge)


def _from_cache(ask: Ask, cache: ThumbnailCache, exact: int) -> QImage | None:
    path = cache.find(_disk_key(ask))
    image = None if path is None else pictures.read_thumbnail(path, exact)
    if path is not None and image is None:
        cache.drop(_disk_key(ask))
    return image


def _made(ask: Ask, cache: ThumbnailCache, covers: Covers, exact: int) -> Fetched:
    try:
        image = _decoded(ask, covers)
    except ModelManagerError as fault:
        return Fetched(ask, None, fault.text)
    cache.write(_disk_key(ask), pictures.encode(image))
    return Fetched(ask, pictures.shrunk(image, exact), "")


def _decoded(ask: Ask, covers: Covers) -> QImage:
    path, _mtime_ns, _size, sort, number = ask.key
    if sort != "embedded":
        return pictures.decode(path, ask.edge)
    found = covers(path)
    if number >= len(found):
        raise BadPicture(tr("The picture inside {path} is gone.", path=path))
    return pictures.decode_bytes(found[number], ask.edge)

"""The program as `live.py` watches it: a session (or the whole window) on a library, with figures of how it runs."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

OWN = "live bench"  # folder below the roots that everything is written into
GIVE_UP = 180.0


class Stage:
    """A session on the library, and figures of how it runs."""

    def __init__(self, library: Path, data: Path, has_window: bool) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from model_manager.bridge.jobs import Runner
        from model_manager.bridge.session import Session
        from model_manager.bridge.tasks import Sources, covers
        from model_manager.core.settings import Settings

        sys.setswitchinterval(0.0005)  # as app does
        self.app = QApplication.instance() or QApplication([])
        self.library, self.data = library, data
        yaml = library / "flat_paths.yaml"
        sources = Sources((str(library / "ComfyUI"),), (str(yaml),) if yaml.is_file() else ())
        runner = Runner()
        self.session = Session(data, Settings(), runner, sources)
        self.watch = ""
        self.problems: list[str] = []
        self.scans: list[tuple[float, Any]] = []
        self.hints = self.lost = 0
        self.news_seconds = 0.0
        self.session.watch_changed.connect(self._on_watch)
        self.session.problem_raised.connect(lambda text, tone: self.problems.append(text))
        self.session.scanned.connect(lambda result: self.scans.append((time.monotonic(), result)))
        self._count_hints()
        self.window: Any = None
        if has_window:
            from model_manager.bridge.thumbnails import Thumbnails
            from model_manager.core.previews.thumbnail_cache import ThumbnailCache
            from model_manager.ui.main_window import MainWindow
            from model_manager.ui.theme import set_theme

            set_theme("dark", self.app)
            cache = ThumbnailCache(self.session.cache_folder, 500_000_000)
            self.window = MainWindow()
            self.window.furnish(self.session, Thumbnails(runner, cache, covers, self.session))
            self.session.open()
            self.window.show()
        else:
            self.session.open()
        self._beat = QTimer()
        self._beat.setInterval(4)
        self._beat.timeout.connect(self._on_beat)
        self._last, self.gaps = time.perf_counter(), [0.0]
        self._beat.start()
        self.session.start()

    def _on_watch(self, text: str, tooltip: str, tone: str) -> None:
        self.watch = f"{text} | {tooltip}"

    def _count_hints(self) -> None:
        session, on_hints, take = self.session, self.session.hints.take, self.session._take_news

        def counted(folders: frozenset[str], is_lost: bool) -> None:
            self.hints += 1
            self.lost += is_lost
            on_hints(folders, is_lost)

        def taken() -> None:
            start = time.perf_counter()
            take()
            self.news_seconds += time.perf_counter() - start

        session._watch.hinted.disconnect()
        session._watch.hinted.connect(counted)
        session._stepper.timeout.disconnect()
        session._stepper.timeout.connect(taken)

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def clear(self) -> None:
        """Forget the figures so far."""
        self.scans, self.hints, self.lost, self.gaps, self.news_seconds = [], 0, 0, [0.0], 0.0
        self._last = time.perf_counter()

    def until(self, claim: Callable[[], bool], seconds: float = GIVE_UP) -> float:
        """Let the program run until the claim holds; the time at which it did. Raises TimeoutError."""
        from PySide6.QtCore import QEventLoop

        end = time.monotonic() + seconds
        while not claim():
            if time.monotonic() > end:
                raise TimeoutError
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)  # the beat comes every 4 ms
        return time.monotonic()

    def settle(self) -> None:
        """Wait until nothing is scanned and nothing has been hinted for a moment."""
        session, calm = self.session, [time.monotonic()]

        def is_calm() -> bool:
            if not session.is_settled or session._dirty:
                calm[0] = time.monotonic()
            return time.monotonic() - calm[0] > 0.4

        self.until(is_calm)

    def slot(self, path: str) -> int:
        """The slot of the card of this file by its real path, -1 if there is none or it is not in the grid."""
        shelf = self.session.model.shelf
        name, start = os.path.basename(path), 0
        while True:
            try:
                slot = shelf.file.index(name, start)
            except ValueError:
                return -1
            if shelf.real_path(slot) == path and self.session.model.row_of(shelf.ids[slot]) >= 0:
                return slot
            start = slot + 1

    def in_grid(self) -> set[str]:
        """Real paths of all cards."""
        model = self.session.model
        return {model.shelf.real_path(slot) for slot in model.arrangement.slots}

    def in_index(self) -> set[str]:
        """Real paths of all models in the index."""
        from model_manager.core.library.index import Index

        assert self.session.index_path is not None
        with Index(self.session.index_path) as index:
            folders = {folder.id: folder.path for folder in index.folders()}
            return {os.path.join(folders[row.folder], row.file) for row in index.rows()}

    def close(self) -> float:
        """Close as app does; seconds it took."""
        start = time.perf_counter()
        self._beat.stop()
        if self.window is not None:
            self.window.close()
        self.session.close()
        return time.perf_counter() - start

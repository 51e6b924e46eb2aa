"""Windows for the tests of the interface: built as app does, closed as by the person, and destroyed, or hundreds would pile up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from model_manager.bridge import session as session_module
from model_manager.bridge import tasks
from model_manager.bridge.jobs import Runner
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources, saved_sources
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.previews.thumbnail_cache import ThumbnailCache
from model_manager.core.settings import Settings
from model_manager.ui.main_window import MainWindow
from model_manager.ui.theme import set_theme

SECONDS = 30_000
OpenWindow = Callable[..., MainWindow]


@pytest.fixture
def open_window(tmp_path: Path, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenWindow]:
    """Open windows on the data folder `tmp_path / "data"`."""
    monkeypatch.setattr(session_module, "RECOUNT_MS", 20)
    made: list[MainWindow] = []

    def open_one(
        settings: Settings | None = None, sources: Sources | None = None, size: tuple[int, int] = (1200, 800), theme: str = "dark",
        waits: bool = True, starts: bool = True,
    ) -> MainWindow:  # fmt: skip
        """sources: other ones than those of the settings. starts: load all after the first paint; waits: until all is shown."""
        set_theme(theme, qapp)
        settings, runner = settings or Settings(), Runner()
        session = Session(tmp_path / "data", settings, runner, saved_sources(settings) if sources is None else sources)
        window = MainWindow()
        window.furnish(session, Thumbnails(runner, ThumbnailCache(session.cache_folder, 10_000_000), tasks.covers, session))
        made.append(window)
        session.open()
        if starts:
            window.painted.connect(session.start)
        window.resize(*size)
        window.show()
        window.activateWindow()
        if waits:
            qtbot.waitUntil(lambda: window.is_quiet, timeout=SECONDS)
        return window

    yield open_one
    for window in made:
        take_down(window)


def take_down(window: MainWindow) -> None:
    """Close a window and its session, and destroy both."""
    session = window.session
    window.close()
    session.close()
    for thing in (window, session, session.runner):
        thing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

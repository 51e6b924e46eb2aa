"""Builds the desktop program and takes it down, in order.

Called by the command line when no command is named. Decides what happens without a display and what `--screenshot` waits for.
"""

import argparse
import contextlib
import logging
import logging.handlers
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from model_manager.core.errors import ModelManagerError
from model_manager.core.paths import data_dir, resource
from model_manager.core.settings import Settings, load_settings
from model_manager.core.words import tr
from model_manager.streams import has_terminal

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType
    from PySide6.QtWidgets import QApplication

    from model_manager.bridge.outside import Outside
    from model_manager.core.online.outside import Errand
    from model_manager.ui.main_window import MainWindow

SWITCH_SECONDS = 0.0001  # how long a worker's Python may keep the window waiting at each call; the usual 5 ms make nearly every frame late
PICTURE_SECONDS = 300
log = logging.getLogger(__name__)


def run(chosen: argparse.Namespace) -> int:
    """Open the window and return the exit code when it is closed."""
    folder = data_dir()
    _set_up_log(folder)
    sys.setswitchinterval(SWITCH_SECONDS)
    picture: Path | None = chosen.screenshot
    if has_no_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        picture = picture or folder / "window.png"
        _say(tr("There is no display, so a picture of the window is written instead."))
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from model_manager.bridge.garbage import Sweeper
    from model_manager.bridge.outside import Outside

    qInstallMessageHandler(_on_qt_message)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    _forget_frozen_paths()
    app.setApplicationName("ModelManager")
    app.setApplicationDisplayName(tr("Model Manager"))
    app.setDesktopFileName("model-manager")  # the desktop entry that says what this window is
    app.setWindowIcon(QIcon(str(resource("app.png"))))
    outside = _way_in(app, chosen, folder) if picture is None else Outside(None)
    if outside is None:
        return 0
    settings, notice = load_settings(folder)
    window = _shell(app, chosen, settings)
    photographer = None if picture is None else _Photographer(window, picture.absolute(), chosen.select)

    def fill() -> None:
        try:
            _furnish(app, window, chosen, folder, settings, notice, outside)
            if photographer is not None:
                photographer.start()
        finally:
            if not window.is_furnished:  # a fault of ours; an empty window helps nobody
                app.exit(1)

    window.shown.connect(fill)
    sweeper = Sweeper(app)
    code = app.exec()
    outside.stop()
    if window.is_furnished:
        window.session.close(is_remembered=picture is None)
        window.session.online.close()
    outside.close()
    sweeper.stop()
    return code


def poster(path: str) -> int:
    """Write the poster frame of one video to the standard output; the program starts itself for this."""
    from model_manager.bridge.video import serve

    serve(path)
    return 0


def paint(nice: int) -> int:
    """Be the process that paints pictures for previews; the program starts itself for this."""
    from model_manager.bridge.painting import serve

    return serve(nice)


def _build(app: "QApplication", chosen: argparse.Namespace, folder: Path) -> "MainWindow":
    """Make the window and everything in it at once."""
    from model_manager.bridge.outside import Outside

    settings, notice = load_settings(folder)
    window = _shell(app, chosen, settings)
    _furnish(app, window, chosen, folder, settings, notice, Outside(None))
    return window


def _way_in(app: "QApplication", chosen: argparse.Namespace, folder: Path) -> "Outside | None":
    """Return the ways into this window; None when another has the data folder, and has taken what we were started for.

    Raises FolderFault when that one does not answer.
    """
    from model_manager.bridge.outside import Outside
    from model_manager.bridge.single import first

    if app.platformName() in ("offscreen", "minimal"):
        return Outside(None)
    single = first(folder, _errand(chosen))
    if single is not None:
        return Outside(single)
    _say(tr("Model Manager is running already. Its window was brought to the front."))
    if chosen.demo or chosen.comfyui or chosen.extra_model_paths_config:
        _say(tr("It keeps the folders it has. To see others beside it, name another place for the data with --data-dir."))
    return None


def _errand(chosen: argparse.Namespace) -> "Errand":
    from model_manager.core.online.outside import errand

    token = os.environ.pop("XDG_ACTIVATION_TOKEN", "")
    return errand(getattr(chosen, "outside", ()), chosen.search or "", token)


def _shell(app: "QApplication", chosen: argparse.Namespace, settings: Settings) -> "MainWindow":
    """Show the empty window: what fills it takes longer to load than the window takes to appear."""
    from PySide6.QtCore import Qt

    from model_manager.ui.main_window import MainWindow
    from model_manager.ui.theme import set_theme

    set_theme(chosen.theme or settings.theme, app)
    window = MainWindow()
    window.restore_place(settings.geometry)
    if chosen.size:
        window.setWindowState(Qt.WindowState.WindowNoState)
        window.setMinimumSize(1, 1)
        window.resize(*chosen.size)
    window.show()
    return window


def _furnish(
    app: "QApplication", window: "MainWindow", chosen: argparse.Namespace, folder: Path, settings: Settings, notice: str, outside: "Outside"
) -> None:
    """Fill the window with a session, and start the work once it is painted."""
    from PySide6.QtCore import Qt

    from model_manager.bridge.jobs import Runner
    from model_manager.bridge.session import Session
    from model_manager.bridge.tasks import Sources, covers, saved_sources
    from model_manager.bridge.thumbnails import Thumbnails
    from model_manager.core.previews.thumbnail_cache import ThumbnailCache
    from model_manager.ui.doorstep import Doorstep

    sheet = app.styleSheet()
    app.setStyleSheet("")  # under a sheet each widget that is put into another is polished anew: half of the time a window takes to build
    if chosen.view:
        settings.view = chosen.view
    sources = Sources(tuple(chosen.comfyui), tuple(chosen.extra_model_paths_config))
    if not sources and not chosen.demo:
        sources = saved_sources(settings)
    runner = Runner()
    session = Session(folder, settings, runner, sources)
    cache = ThumbnailCache(session.cache_folder, settings.thumbnail_cache_mb * 1_000_000)
    window.furnish(session, Thumbnails(runner, cache, covers, session))
    app.setStyleSheet(sheet)
    if notice:
        window.problems.show_problem(notice, "warn")
    if chosen.search:
        window.search_for(chosen.search)
    Doorstep(window, outside)
    _let_choose_handler(window)
    session.open()
    window.painted.connect(session.start)
    window.painted.connect(outside.open)
    told = replace(_errand(chosen), search="")
    session.loaded.connect(lambda: outside.tell(told), Qt.ConnectionType.SingleShotConnection)
    if chosen.demo:
        session.online.lead_to_demo(folder / "demo")
        session.loaded.connect(session.open_demo)
    elif not sources:
        window.desk.show_first_run()


def _let_choose_handler(window: "MainWindow") -> None:
    """Let the settings make us the program that opens links of browsers."""
    from model_manager import link_handler
    from model_manager.bridge.jobs import Pool

    def told(fault: ModelManagerError) -> None:
        window.problems.show_problem(fault.text)

    def choose(is_wanted: bool) -> None:
        function = link_handler.register if is_wanted else link_handler.unregister
        window.session.runner.start(Pool.READ, function, done=lambda _: None, failed=told)

    window.desk.settings.handles_links = link_handler.is_registered
    window.desk.settings.handler_chosen.connect(choose)


class _Photographer:
    """Waits until folders are scanned and visible thumbnails are painted, writes a picture of the window and ends the program."""

    def __init__(self, window: "MainWindow", path: Path, name: str | None) -> None:
        from PySide6.QtCore import QElapsedTimer, QTimer

        self._window, self._path, self._name = window, path, name
        self._timer, self._clock = QTimer(window), QElapsedTimer()
        self._timer.setInterval(40)
        self._timer.timeout.connect(self._look)
        self._calm = 0

    def start(self) -> None:
        """Begin to wait."""
        self._clock.start()
        self._timer.start()

    def _look(self) -> None:
        window = self._window
        is_ready = window.is_quiet
        if is_ready and self._name:
            if not window.select_name(self._name):
                _say(tr("There is no model called {name} to select.", name=self._name))
            self._name, is_ready = None, False
        self._calm = self._calm + 1 if is_ready else 0
        if self._calm < 4 and self._clock.elapsed() < PICTURE_SECONDS * 1000:
            return
        self._timer.stop()
        self._write(is_ready)

    def _write(self, is_ready: bool) -> None:
        from PySide6.QtWidgets import QApplication

        with contextlib.suppress(OSError):  # then it cannot be written, either
            self._path.parent.mkdir(parents=True, exist_ok=True)
        is_written = self._window.grab().save(str(self._path), "PNG")
        if is_written:
            print(tr("The picture of the window is at {path}", path=self._path))
        else:
            _say(tr("The picture could not be written to {path}. Choose another place.", path=self._path))
        if not is_ready:
            _say(tr("The folders were still being looked through."))
        self._window.close()
        QApplication.exit(0 if is_written and is_ready else 1)


def _forget_frozen_paths() -> None:
    """Let the browser and the file manager find their own libraries, not those of a frozen program: ours are found by now."""
    if not getattr(sys, "frozen", False):
        return
    for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH", "LD_LIBRARY_PATH"):  # set by PyInstaller
        os.environ.pop(name, None)
    if before := os.environ.pop("LD_LIBRARY_PATH_ORIG", ""):
        os.environ["LD_LIBRARY_PATH"] = before


def has_no_display() -> bool:
    """True on Linux where no screen can be opened; Qt would abort the process without a word Python could catch."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


# What Qt says of itself or of a stranger's broken picture; the program has its own words for the latter.
_QT_NOISE = ("propagateSizeHints", "does not support raise", "qt.gui.imageio", "libpng", "Corrupt JPEG", "jpeg:")


def _on_qt_message(kind: "QtMsgType", context: "QMessageLogContext", text: str) -> None:
    """Send Qt's messages to our log."""
    from PySide6.QtCore import QtMsgType

    if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or any(noise in f"{context.category} {text}" for noise in _QT_NOISE):
        return
    logging.getLogger("qt").warning("%s: %s", context.category or "default", text)


def _set_up_log(folder: Path) -> None:
    """Warnings and worse go to a small file in the data folder, and to the terminal if there is one."""
    handlers: list[logging.Handler] = [logging.StreamHandler()] if has_terminal() else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "model-manager.log"
        handlers.append(logging.handlers.RotatingFileHandler(path, maxBytes=500_000, backupCount=1, encoding="utf-8", delay=True))
    except OSError as fault:
        _say(str(fault))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=handlers)

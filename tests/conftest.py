"""Rules for every test: its own folders, no network, and nothing left over.

A test fails on an unexpected log warning, a thread, job or timer still at work, or a window left open. Qt is never imported
from here, so the tests of core run without its cost, and where PySide6 is absent: pytest -p no:pytest-qt tests/core
"""

import gc
import itertools
import logging
import os
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

SECONDS_TO_END = 15.0  # a busy machine gives a thread its turn late; who is well behaved costs nothing

# Random tests. "suite" draws the same examples in each run and stops at the first fault: making the example smaller, or explaining it,
# may take longer than the timeout of faulthandler allows. "shrink" does the same and makes it smaller, "search" looks for more.
settings.register_profile(
    "suite", deadline=None, database=None, derandomize=True, max_examples=100, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow,),
)  # fmt: skip
settings.register_profile("shrink", parent=settings.get_profile("suite"), phases=(Phase.explicit, Phase.generate, Phase.shrink))
settings.register_profile("search", parent=settings.get_profile("shrink"), derandomize=False, max_examples=2000, print_blob=True)
settings.load_profile("suite")

if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # without a display Qt would abort

_runners: "weakref.WeakSet[Any]" = weakref.WeakSet()


class OutsideConnection(RuntimeError):
    """A test reached for the network. Not an OSError: the program handles those, and nobody would hear of it."""


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_folders(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home and data folders of its own; return the home."""
    home = next(_homes)
    runtime = home / "runtime"
    runtime.mkdir(parents=True, mode=0o700)
    places = {"DATA_HOME": ".local/share", "CONFIG_HOME": ".config", "CACHE_HOME": ".cache", "STATE_HOME": ".local/state"}
    for name, place in places.items():
        monkeypatch.setenv("XDG_" + name, str(home / place))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("APPDATA", str(home / "AppData/Roaming"))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData/Local"))
    monkeypatch.setenv("MODEL_MANAGER_DATA", str(home / "ModelManager"))
    return home


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    resolve = socket.getaddrinfo

    def resolve_local(host: Any, *args: Any, **kwargs: Any) -> Any:
        _require_loopback(host)
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_local)


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def connect_local(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _require_loopback(address[0])
        return connect(self, address)

    return connect_local


def _require_loopback(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        is_local = ip_address(name).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise OutsideConnection(f"A test may only reach loopback, not {name}")


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, with more patience than 5 seconds for what is waited for: a busy machine is no fault."""
    for name in ("waitUntil", "waitSignal", "waitSignals"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=30_000))
    return qtbot


@pytest.fixture(autouse=True)
def _nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up first and torn down last: whatever the test and its own fixtures leave is found here."""
    _know_runners()
    before = set(threading.enumerate())
    records = _Records()
    logging.getLogger().addHandler(records)
    yield
    faults = [*_left_jobs(), *_left_threads(before), *_left_in_qt()]
    logging.getLogger().removeHandler(records)
    faults += _stray_records(records.texts, request.node.get_closest_marker("expects_log"))
    if faults:
        pytest.fail("Left over by this test:\n  " + "\n  ".join(faults), pytrace=False)


def _stray_records(texts: list[str], marker: pytest.Mark | None) -> list[str]:
    if marker is None:
        return texts
    return [f"no log warning says {wanted!r}" for wanted in marker.args if not any(wanted in text for text in texts)]


def _know_runners() -> None:
    """Note each runner from its start: its pools are invisible to Python's own list of threads."""
    jobs = sys.modules.get("model_manager.bridge.jobs")
    if jobs is None or hasattr(jobs.Runner, "is_known_to_tests"):
        return
    start = jobs.Runner.__init__

    def known(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **kwargs)
        _runners.add(self)

    _runners.update(thing for thing in gc.get_objects() if type(thing) is jobs.Runner)  # made before we knew the module
    jobs.Runner.__init__ = known
    jobs.Runner.is_known_to_tests = True


def _left_jobs() -> list[str]:
    """Name the runners with work under way; close them, so that only this test pays."""
    _know_runners()
    busy = [runner for runner in list(_runners) if not runner.is_idle]
    return [f"a Runner with jobs under way (all ended: {runner.close(SECONDS_TO_END)})" for runner in busy]


def _left_threads(before: set[threading.Thread]) -> list[str]:
    deadline = time.monotonic() + SECONDS_TO_END
    new = [thread for thread in threading.enumerate() if thread not in before]
    own = [thread for thread in new if not isinstance(thread, threading._DummyThread)]  # Qt's pool threads only pass by
    for thread in own:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [f"thread {thread.name}" for thread in own if thread.is_alive()]


def _left_in_qt() -> list[str]:
    widgets, core = sys.modules.get("PySide6.QtWidgets"), sys.modules.get("PySide6.QtCore")
    app = widgets.QApplication.instance() if widgets else None
    if widgets is None or core is None or not isinstance(app, widgets.QApplication):
        return []
    faults = [f"window {window!r}" for window in app.topLevelWidgets() if window.isVisible()]
    for window in app.topLevelWidgets():
        window.hide()
    for timer in [timer for timer in app.findChildren(core.QTimer) if timer.isActive()]:
        timer.stop()
        faults.append(f"timer {timer!r}")
    if not core.QThreadPool.globalInstance().waitForDone(int(SECONDS_TO_END * 1000)):
        faults.append("work in the global thread pool")
    return faults

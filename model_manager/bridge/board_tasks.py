"""The plain functions the board hands to the runner, and what its engine's thread and the window share. Nothing here knows the window."""

import os
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model_manager.bridge.tasks import Sources
from model_manager.core.errors import IndexFault
from model_manager.core.files.destinations import Destination, destinations
from model_manager.core.files.volumes import volume_of
from model_manager.core.library.index import Index
from model_manager.core.library.roots import Roots
from model_manager.core.paths import long_path
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import DETAILS, FAILED, HASH, RUNNING, Change, Task

if TYPE_CHECKING:  # loaded in a worker when the engine is made
    from model_manager.core.online.offers import Sites
    from model_manager.core.tasks.engine import Engine
    from model_manager.core.tasks.kinds import TaskKind

MOST_AT_ONCE = 1000  # records shown in one go: some milliseconds
Listener = Callable[[Sequence[Task], Sequence[int]], None]


class Mailbox:
    """News of tasks on their way to the window: of each task only the newest, and one call however many letters there are."""

    def __init__(self, call: Callable[[], None]) -> None:
        """`call` is called, from any thread, when the box is no longer empty."""
        self._call = call
        self._lock = threading.Lock()
        self._tasks: dict[int, Task] = {}
        self._removed: set[int] = set()
        self._has_called = False

    def put(self, tasks: Sequence[Task], removed: Collection[int] = ()) -> None:
        """Leave news; called by the engine in its own thread."""
        with self._lock:
            for task in tasks:
                self._tasks[task.id] = task
                self._removed.discard(task.id)
            for id_ in removed:
                self._tasks.pop(id_, None)
                self._removed.add(id_)
            has_called, self._has_called = self._has_called, True
        if not has_called:
            self._call()

    def take(self, most: int = MOST_AT_ONCE) -> tuple[list[Task], set[int], bool]:
        """What was left, oldest first, at most so many records; all that is gone; and whether there is more, to be taken without a call."""
        with self._lock:
            taken = list(islice(self._tasks.values(), most))
            for task in taken:
                del self._tasks[task.id]
            removed, self._removed = self._removed, set()
            self._has_called = bool(self._tasks)
            return taken, removed, self._has_called


class Holder:
    """Holds the engine; one that comes when all is closed already is closed at once."""

    def __init__(self) -> None:
        self.engine: Engine | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def take(self, engine: "Engine") -> bool:
        """Keep a new engine; False when it is too late."""
        with self._lock:
            self.engine = None if self._is_closed else engine
            return not self._is_closed

    def close(self) -> None:
        """End the engine, and refuse one that is just being made."""
        with self._lock:
            engine, self._is_closed = self.engine, True
        if engine is not None:
            engine.close()


class Ground(NamedTuple):
    """What tasks stand on. sites: the way to the sites, now; where: the index and the sources in use, now."""

    folder: Path
    settings: Settings
    sites: "Callable[[], Sites]"
    where: Callable[[], tuple[Path | None, Sources]]


def begin(ground: Ground, listener: Listener, told: Callable[[str], None], holder: Holder) -> None:
    """Make the engine and start it; its listener hears of all the tasks there are."""
    from model_manager.core.tasks.engine import Engine

    engine = Engine(ground.folder, kinds(ground), listener, told)
    engine.start()
    if not holder.take(engine):
        engine.close()


def kinds(ground: Ground) -> "Sequence[TaskKind]":
    """Every kind of task."""
    from model_manager.core.tasks.every_kind import all_kinds
    from model_manager.core.tasks.kinds import Tools

    index, _ = ground.where()
    assert index is not None  # the library is loaded
    return all_kinds(Tools(ground.folder, ground.settings, ground.sites, lambda: roots(ground), index))


def roots(ground: Ground) -> Roots:
    """The folders of all models, as they are now."""
    path, sources = ground.where()
    assert path is not None
    return _collected(path, sources)


def _collected(path: Path, sources: Sources) -> Roots:
    with Index(path) as index:
        return sources.roots(index.roots())


def history(engine: "Engine", folder: Path, task: Task) -> list[Change]:
    """How a task came to its state and, of one for many models, what could not be done for which of them."""
    from model_manager.core.tasks.details import failures

    changes = engine.history(task.id)
    if task.kind in (DETAILS, HASH):
        with suppress(IndexFault):
            failed = [f"{os.path.basename(one.path)}: {one.reason}" for one in failures(folder, task)]
            changes += [Change(task.changed, RUNNING, FAILED, text) for text in failed]
    return changes


def move(engine: "Engine", ids: Sequence[int], before: int) -> None:
    """Put tasks, in their order, before another one; 0: behind all. Posted to the engine, so that nothing changes meanwhile."""
    for id_ in ids:
        order = [task.id for task in engine.tasks() if task.id != id_]
        engine.move(id_, order.index(before) if before in order else len(order))


def move_to_top(engine: "Engine", ids: Sequence[int]) -> None:
    """Put tasks, in their order, before all others. Posted, too."""
    for id_ in reversed(ids):
        engine.move(id_, 0)


class Place(NamedTuple):
    """A folder a download could go to, and the bytes free there (0: not known)."""

    destination: Destination
    free: int


def places(index: Path, sources: Sources, kind: str) -> list[Place]:
    """The folders models can go to, those for models of this category first."""
    found = destinations(_collected(index, sources))
    return [Place(one, volume_of(one.path)[2]) for one in sorted(found, key=lambda one: one.kind != kind)]


def folders_of(paths: Sequence[str]) -> set[str]:
    """The real folders in which files were made."""
    return {os.path.realpath(os.path.dirname(path)) for path in paths}


class Room(NamedTuple):
    """Bytes free on a drive, and how people call it; "" for the only one."""

    free: int
    drive: str


def room_at(folder: str) -> Room:
    """How much room there is where a folder is."""
    device, place, free = volume_of(folder)
    if sys.platform == "win32":
        return Room(free, os.path.splitdrive(place)[0])
    while device and os.path.dirname(place) != place and _device(os.path.dirname(place)) == device:
        place = os.path.dirname(place)
    return Room(free, "" if place == "/" else place)


def _device(folder: str) -> int:
    try:
        return os.stat(long_path(folder)).st_dev
    except OSError:
        return 0

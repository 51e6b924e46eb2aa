"""Watches the real folders of the library and says which of them to look at again.

Owns the threads this takes; the bridge starts and stops it. A file event is a hint, never a fact: folders are collected until it is
quiet and then handed over. When the system lost events, that is said too, and everything must be looked at.
"""

import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from model_manager.core.library.kernel_watch import KernelWatch, News, is_limit
from model_manager.core.library.kinds import is_partial
from model_manager.core.words import tr

QUIET_SECONDS = 0.1
LONGEST_WAIT = 0.3  # a program that writes without end must not keep other news back
BURST_EVENTS, BURST_WAIT = 500, 1.0  # when much comes in, larger helpings cost less
GATHER_SECONDS = 0.01  # reading a thousand events at once takes hardly longer than reading one
MANY_EVENTS = 2_000  # beyond this watchdog may have lost some without telling
NETWORK_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ncpfs", "fuse.rclone", "virtiofs", "drvfs", "davfs"}
)
log = logging.getLogger(__name__)


class _Eyes(Protocol):
    """What sees changes: an observer of watchdog's, on Linux with an emitter that reads the kernel's queue for us."""

    @property
    def failed(self) -> dict[str, int]: ...

    def watch(self, folders: Iterable[str], is_all: bool) -> set[str]: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Watcher:
    """Collects events in the watched folders. `on_quiet(folders, is_lost)` is called in a thread of its own."""

    def __init__(self, on_quiet: Callable[[frozenset[str], bool], None]) -> None:
        self._on_quiet = on_quiet
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._dirty: set[str] = set()
        self._is_lost = False
        self._events = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._last = self._first = 0.0
        self._eyes: _Eyes | None = None
        self._collector: threading.Thread | None = None
        self._network: frozenset[str] = frozenset()
        self._wanted: frozenset[str] = frozenset()
        self._refused = 0  # the system's error number when there is nothing to watch with
        self._is_coarse = sys.platform != "linux"

    def watch(self, folders: Iterable[str], is_all: bool = True) -> frozenset[str]:
        """Watch these real folders, with `is_all` no others; returns those that were not watched until now.

        Those that cannot be watched are in `polled`, and `reason` says why. Calls wait for each other; after `stop` nothing happens.
        """
        with self._turn:
            if self._stopping.is_set():
                return frozenset()
            mounts = _network_mounts()
            wanted = frozenset(folders)
            far = frozenset(folder for folder in wanted if _is_network(folder, mounts))
            self._wanted = wanted if is_all else self._wanted | wanted
            self._network = far if is_all else self._network | far
            eyes = self._open_eyes()
            return frozenset(eyes.watch(wanted - far, is_all)) if eyes is not None else frozenset()

    @property
    def watched(self) -> int:
        """How many folders are watched."""
        return len(self._wanted) - len(self.polled & self._wanted)

    @property
    def polled(self) -> frozenset[str]:
        """The folders in which changes are not told: the caller must look by itself."""
        eyes = self._eyes
        if eyes is None:
            return self._wanted if self._refused else self._network
        return self._network | frozenset(eyes.failed)

    @property
    def reason(self) -> str:
        """Why some folders are polled and what to do, "" if none is."""
        eyes = self._eyes
        failed = [self._refused] if self._refused else list(eyes.failed.values()) if eyes is not None else []
        if any(map(is_limit, failed)):
            return tr(
                "The system's limit for watched folders is reached, so the rest is looked at every few seconds. "
                "To raise it: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
            )
        if failed:
            return tr("Some folders cannot be watched ({reason}), so they are looked at every few seconds.", reason=os.strerror(failed[0]))
        return tr("Network drives report no changes, so they are looked at every few seconds.") if self._network else ""

    def stop(self) -> None:
        """Stop watching and wait for the threads to end; harmless when called twice or before any watching."""
        self._stopping.set()
        self._wake.set()
        if (eyes := self._eyes) is not None:
            eyes.stop()  # ends a `watch` that is under way
        with self._turn:
            eyes, self._eyes = self._eyes, None
            if eyes is not None:
                eyes.stop()
            if self._collector is not None:
                self._collector.join()
                self._collector = None
            if eyes is not None:
                eyes.close()

    def _open_eyes(self) -> _Eyes | None:
        if self._eyes is not None:
            return self._eyes
        try:
            self._eyes = _Observed(self._note) if self._is_coarse else _KernelObserved(self._note)
        except OSError as fault:
            self._refused = fault.errno or -1
            return None
        self._refused = 0
        self._collector = threading.Thread(target=self._collect, name="watch-collector", daemon=True)
        self._collector.start()
        return self._eyes

    def _note(self, found: set[str], events: int, is_lost: bool) -> None:
        with self._lock:
            self._last = time.monotonic()
            if not self._dirty and not self._is_lost:
                self._first = self._last
                self._wake.set()
            self._dirty |= found
            self._events += events
            self._is_lost |= is_lost

    def _collect(self) -> None:
        while self._wake.wait() and not self._stopping.is_set():
            with self._lock:
                longest = BURST_WAIT if self._events > BURST_EVENTS else LONGEST_WAIT
                wait = min(self._last + QUIET_SECONDS, self._first + longest) - time.monotonic()
            if wait > 0:
                self._stopping.wait(wait)
                continue
            with self._lock:
                dirty, self._dirty = self._dirty, set()
                is_lost = self._is_lost or (self._is_coarse and self._events > MANY_EVENTS)
                self._is_lost, self._events = False, 0
                self._wake.clear()
            if self._stopping.is_set():
                return
            self._on_quiet(frozenset(dirty), is_lost)


class _KernelObserved:
    """watchdog's observer with an emitter of ours: it tells folders, a thousand events at once, and when the kernel lost some."""

    def __init__(self, note: Callable[[set[str], int, bool], None]) -> None:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler  # slow to import, so not before the first paint
        from watchdog.observers.api import BaseObserver, EventEmitter

        self._kernel = kernel = KernelWatch()
        number = itertools.count()

        class Told(FileSystemEvent):
            def __init__(self, news: News) -> None:
                super().__init__(str(next(number)))  # of equal events in a row watchdog keeps one
                self.news = news

        class Emitter(EventEmitter):
            def queue_events(self, timeout: float) -> None:
                if kernel.wait():
                    self.stopped_event.wait(GATHER_SECONDS)
                    news = kernel.read()
                    if news.folders or news.is_lost:
                        self.queue_event(Told(news))

        class Handler(FileSystemEventHandler):
            def dispatch(self, event: FileSystemEvent) -> None:
                if isinstance(event, Told):
                    note(*event.news)

        self._observer = BaseObserver(Emitter)
        self._observer.schedule(Handler(), os.sep, recursive=True)
        self._observer.start()

    @property
    def failed(self) -> dict[str, int]:
        """Folders that cannot be watched, with the system's error number."""
        return self._kernel.failed

    def watch(self, folders: Iterable[str], is_all: bool) -> set[str]:
        """Watch these folders; returns the new ones."""
        return self._kernel.watch(folders, is_all)

    def stop(self) -> None:
        """End the threads."""
        self._kernel.stop()  # first: the observer waits for its emitter
        self._observer.stop()

    def close(self) -> None:
        """Give everything back."""
        self._observer.join()
        self._kernel.close()


class _Observed:
    """watchdog's own observer over the outermost folders, for systems whose watches cover all that lies below a folder."""

    def __init__(self, note: Callable[[set[str], int, bool], None]) -> None:
        from watchdog import events  # slow to import, so not before the first paint
        from watchdog.observers import Observer

        self.failed: dict[str, int] = {}
        self._note = note
        self._watches: dict[str, Any] = {}
        self._is_stopped = False
        self._changed_type = events.FileClosedEvent if sys.platform == "linux" else events.FileModifiedEvent
        self._types = (
            events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent,
            events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent, self._changed_type,
        )  # fmt: skip
        self._observer = Observer()
        self._observer.start()

    def watch(self, folders: Iterable[str], is_all: bool) -> set[str]:
        """Watch the outermost of these folders; those that lay outside of all watched ones are new."""
        before = list(self._watches)
        wanted = set(folders)
        tops = outermost(wanted if is_all else wanted.union(before))
        if is_all:
            self.failed.clear()
        for top in before:
            if top not in tops:
                self._observer.unschedule(self._watches.pop(top))
        for top in tops:
            if not self._is_stopped and top not in self._watches:
                self._schedule(top)
        return {folder for folder in wanted if not _is_below(folder, before)}

    def _schedule(self, top: str) -> None:
        try:
            self._watches[top] = self._observer.schedule(self, top, recursive=True, event_filter=list(self._types))  # type: ignore[arg-type]
        except OSError as fault:
            self.failed[top] = fault.errno or -1

    def dispatch(self, event: Any) -> None:
        """Called by watchdog for each event: only notes the folders, 240,000 of these may come in a few seconds.

        Partials, which a scan passes over, do not count: on some systems each write into one is an event.
        """
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if event.is_directory:
            found = {*map(os.path.dirname, paths), paths[-1]}
        else:
            found = {folder for folder, name in map(os.path.split, paths) if not is_partial(name)}
        if found:
            self._note(found, 1, False)

    def stop(self) -> None:
        self._is_stopped = True
        self._observer.stop()

    def close(self) -> None:
        self._observer.join(5)


Place = tuple[int, int] | None


def places_of(paths: Iterable[str]) -> dict[str, Place]:
    """Which folder stands at each path (volume, file id), None where there is none; differs when a drive or folder comes or goes."""
    return {path: _place(path) for path in paths}


def _place(path: str) -> Place:
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_dev, about.st_ino


def outermost(folders: Iterable[str]) -> list[str]:
    """The folders without those that lie below another of them: a recursive watch covers them."""
    found: list[str] = []
    for folder in sorted(set(folders), key=lambda path: path.rstrip(os.sep) + os.sep):
        if os.path.isdir(folder) and not (found and _is_below(folder, found[-1:])):
            found.append(folder)
    return found


def _is_below(path: str, tops: Iterable[str]) -> bool:
    return any(path == top or path.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def _is_network(folder: str, mounts: list[tuple[str, bool]]) -> bool:
    """Whether the mount that a folder lies on is a network drive's; on Windows a path that begins with two backslashes."""
    if sys.platform == "win32":
        return folder.startswith("\\\\")
    return max(((len(mount), is_far) for mount, is_far in mounts if _is_below(folder, [mount])), default=(0, False))[1]


def _network_mounts() -> list[tuple[str, bool]]:
    """Network drives mounted on Linux and what is mounted below them: (mount point, whether it is a network drive)."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    parts = [line.split(" ") for line in lines]
    mounts = [(part[1].replace("\\040", " "), part[2] in NETWORK_SYSTEMS) for part in parts if len(part) > 2]
    far = [mount for mount, is_far in mounts if is_far]
    return [(mount, is_far) for mount, is_far in mounts if _is_below(mount, far)]

"""Watches the real folders of the library and says which of them to look at again.

Owns watchdog's thread; the session starts and stops it. A file event is a hint, never a fact: folders are collected until it is quiet
and then handed over. When the system's queue ran over, that is said too, and everything must be looked at.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from model_manager.core.words import tr

QUIET_SECONDS = 0.12
LONGEST_WAIT = 1.0  # a download that writes without end must not keep other news back
NETWORK_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ncpfs", "fuse.rclone", "virtiofs", "drvfs", "davfs"}
)


class Watcher:
    """Collects events below the watched folders. `on_quiet(folders, is_lost)` is called in a thread of its own."""

    def __init__(self, on_quiet: Callable[[frozenset[str], bool], None]) -> None:
        self._on_quiet = on_quiet
        self._lock = threading.Lock()
        self._dirty: set[str] = set()
        self._is_lost = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._last = self._first = 0.0
        self._observer: object | None = None
        self._collector: threading.Thread | None = None
        self._log_handler: _OverflowHandler | None = None
        self.polled: list[str] = []
        self.reason = ""

    def start(self, folders: Iterable[str]) -> int:
        """Watch these real folders and all below them; returns how many could be watched.

        The others are in `polled` (network drives, or the system's limit is reached: `reason` says so and what to do).
        """
        from watchdog import events  # slow to import, so not before the first paint
        from watchdog.observers import Observer

        watcher = self

        class Hints(events.FileSystemEventHandler):
            def dispatch(self, event: events.FileSystemEvent) -> None:
                watcher._hint(event)

        wanted: list[type[events.FileSystemEvent]] = [
            events.FileCreatedEvent, events.FileDeletedEvent, events.FileMovedEvent,
            events.DirCreatedEvent, events.DirDeletedEvent, events.DirMovedEvent,
            events.FileClosedEvent if sys.platform == "linux" else events.FileModifiedEvent,
        ]  # fmt: skip
        self._log_handler = _OverflowHandler(lambda: self._note(set(), True))
        logging.getLogger("watchdog").addHandler(self._log_handler)
        observer = Observer()
        self._observer = observer
        network = _network_mounts()
        count = 0
        observer.start()
        for folder in outermost(folders):
            if _is_below(folder, network):
                self.polled.append(folder)
                continue
            try:
                observer.schedule(Hints(), folder, recursive=True, event_filter=wanted)
                count += 1
            except OSError as fault:
                self.polled.append(folder)
                self.reason = _limit_reason(fault)
        if self.polled and not self.reason:
            self.reason = tr("Network drives report no changes, so they are looked at every few seconds.")
        self._collector = threading.Thread(target=self._collect, name="watch-collector", daemon=True)
        self._collector.start()
        return count

    def stop(self) -> None:
        """Stop watching and wait for the threads to end."""
        self._stopping.set()
        self._wake.set()
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()  # type: ignore[attr-defined]
            observer.join(5)  # type: ignore[attr-defined]
        if self._collector is not None:
            self._collector.join(5)
        if self._log_handler is not None:
            logging.getLogger("watchdog").removeHandler(self._log_handler)

    def _hint(self, event: object) -> None:
        """Called by watchdog for each event: only notes the folders, 240,000 of these may come in a few seconds."""
        path = os.fsdecode(event.src_path)  # type: ignore[attr-defined]
        target = os.fsdecode(event.dest_path)  # type: ignore[attr-defined]
        found = {path[: path.rfind(os.sep)]}
        if target:
            found.add(target[: target.rfind(os.sep)])
        if event.is_directory:  # type: ignore[attr-defined]
            found.add(target or path)
        self._note(found, False)

    def _note(self, found: set[str], is_lost: bool) -> None:
        with self._lock:
            self._last = time.monotonic()
            if not self._dirty and not self._is_lost:
                self._first = self._last
                self._wake.set()
            self._dirty |= found
            self._is_lost |= is_lost

    def _collect(self) -> None:
        while self._wake.wait() and not self._stopping.is_set():
            wait = min(self._last + QUIET_SECONDS, self._first + LONGEST_WAIT) - time.monotonic()
            if wait > 0:
                self._stopping.wait(wait)
                continue
            with self._lock:
                dirty, self._dirty = self._dirty, set()
                is_lost, self._is_lost = self._is_lost, False
                self._wake.clear()
            if dirty or is_lost:
                self._on_quiet(frozenset(dirty), is_lost)


class _OverflowHandler(logging.Handler):
    """watchdog only logs that the kernel's queue ran over, its event handlers are told nothing."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._lost()


def outermost(folders: Iterable[str]) -> list[str]:
    """The folders without those that lie below another of them: a recursive watch covers them."""
    found: list[str] = []
    for folder in sorted(set(folders)):
        if os.path.isdir(folder) and not (found and _is_below(folder, found[-1:])):
            found.append(folder)
    return found


def _is_below(path: str, tops: Iterable[str]) -> bool:
    return any(path == top or path.startswith(top.rstrip(os.sep) + os.sep) for top in tops)


def _network_mounts() -> list[str]:
    """Mount points of network drives on Linux; elsewhere network paths are told by their spelling."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    parts = [line.split(" ") for line in lines]
    return [part[1].replace("\\040", " ") for part in parts if len(part) > 2 and part[2] in NETWORK_SYSTEMS]


def _limit_reason(fault: OSError) -> str:
    if sys.platform == "linux" and fault.errno in (24, 28):
        return tr(
            "The system's limit for watched folders is reached, so the rest is looked at every few seconds. "
            "To raise it: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
        )
    return tr("Some folders cannot be watched ({reason}), so they are looked at every few seconds.", reason=fault.strerror or fault)

"""Linux' own news of changed folders (inotify), read straight from the kernel.

Used by the watcher's emitter only, on Linux. watchdog's own emitter keeps a move back for half a second, tells nobody when the kernel
lost news or had no watch left for a folder, and takes fifty times as long for each. It looks at no file and starts no thread.
"""

import ctypes
import errno
import os
import select
import struct
import threading
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from model_manager.core.library.kinds import is_ignored_folder, is_partial

# Windows, where this is only imported, has no such names
_FLAGS: Final[int] = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_POLL: Final[Any] = getattr(select, "poll", None)
_POLLIN: Final[int] = getattr(select, "POLLIN", 0)

# linux: include/uapi/linux/inotify.h
_ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF, _UNMOUNT, _OVERFLOW, _IGNORED = 0x400, 0x800, 0x2000, 0x4000, 0x8000
_ONLYDIR, _DONT_FOLLOW, _EXCL_UNLINK, _ISDIR = 0x01000000, 0x02000000, 0x04000000, 0x40000000
_WANTED = (
    _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
    | _ONLYDIR | _DONT_FOLLOW | _EXCL_UNLINK
)  # fmt: skip
_OF_FOLDERS = _ISDIR | _DELETE_SELF | _MOVE_SELF | _UNMOUNT | _OVERFLOW | _IGNORED
_HEAD = struct.Struct("iIII")  # watch, what happened, cookie, length of the name that follows
_AT_ONCE = 1 << 20


class News(NamedTuple):
    """Folders in which something changed, how many events said so, and whether more is to be looked at than they name."""

    folders: set[str]
    events: int
    is_lost: bool


class KernelWatch:
    """One queue of the kernel's. `failed`: folders that cannot be watched, with the system's error number."""

    def __init__(self) -> None:
        """Open the queue; raises OSError where the system gives no more of them."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._queue = self._libc.inotify_init1(_FLAGS)
        if self._queue < 0:
            raise _error("")
        self._bell, self._button = os.pipe()
        self._poll = _POLL()
        self._poll.register(self._queue, _POLLIN)
        self._poll.register(self._bell, _POLLIN)
        self._lock = threading.RLock()
        self._numbers: dict[str, int] = {}
        self._paths: dict[int, tuple[str, ...]] = {}  # more than one where a folder is mounted twice
        self._is_stopped = False
        self.failed: dict[str, int] = {}

    def watch(self, folders: Iterable[str], is_all: bool) -> set[str]:
        """Watch these real folders, with `is_all` no others; returns those that were not watched until now."""
        new = set()
        wanted = set(folders)
        with self._lock:
            if is_all:
                self.failed.clear()
                for path in self._numbers.keys() - wanted:
                    self._forget(path)
        for path in wanted:
            with self._lock:
                if self._is_stopped:
                    break
                if self._add(path):
                    new.add(path)
        return new

    def wait(self) -> bool:
        """Wait for news; False once `stop` was called."""
        self._poll.poll()
        return not self._is_stopped

    def read(self) -> News:
        """Take what the queue holds."""
        try:
            data = os.read(self._queue, _AT_ONCE)
        except BlockingIOError:
            return News(set(), 0, False)
        with self._lock:
            return self._told(data)

    def stop(self) -> None:
        """End `wait` and `watch` in other threads."""
        self._is_stopped = True
        os.write(self._button, b"!")

    def close(self) -> None:
        """Give everything back; after `stop`, when no other thread is in here."""
        for handle in (self._queue, self._bell, self._button):
            os.close(handle)

    # what the kernel tells

    def _told(self, data: bytes) -> News:
        plain: set[int] = set()
        found: set[str] = set()
        is_lost, place, events = False, 0, 0
        unpack, size = _HEAD.unpack_from, _HEAD.size
        while place < len(data):
            number, what, _, length = unpack(data, place)
            place += size + length
            events += 1
            if what & _OF_FOLDERS:
                is_lost |= self._folder_told(number, what, _name(data, place, length), found)
            elif number not in plain and not is_partial(_name(data, place, length)):  # each line that is cut closes a download's partial
                plain.add(number)
        for number in plain:
            found.update(self._paths.get(number, ()))
        return News(found, events, is_lost)

    def _folder_told(self, number: int, what: int, name: str, found: set[str]) -> bool:
        """Follow what happened to a folder; True when everything must be looked at: news was lost, or a root is not what it was."""
        if what & _OVERFLOW:
            return True
        paths = self._paths.get(number, ())
        if what & _IGNORED:
            self._drop(number)
            return False
        found.update(paths)
        if not name:
            if not what & (_DELETE_SELF | _MOVE_SELF | _UNMOUNT):
                return False
            is_top = any(os.path.dirname(path) not in self._numbers for path in paths)
            for path in paths:
                self._forget(path)
            return is_top
        for path in paths:
            child = os.path.join(path, name)
            if what & (_DELETE | _MOVED_FROM):
                self._forget_tree(child)
            elif what & (_CREATE | _MOVED_TO):
                self._add_tree(child, found)
            else:
                found.add(child)
        return False

    # watches

    def _add(self, path: str) -> bool:
        """Watch one folder; True if that is new. A folder that is not there (any more) is passed over."""
        number = self._libc.inotify_add_watch(self._queue, os.fsencode(path), _WANTED)
        if number < 0:
            fault = _error(path)
            if not isinstance(fault, FileNotFoundError | NotADirectoryError):
                self.failed[path] = fault.errno or 0
            return False
        self.failed.pop(path, None)
        if self._numbers.get(path) == number:
            return False
        self._forget(path)  # another folder stood there before
        self._numbers[path] = number
        self._paths[number] = (*self._paths.get(number, ()), path)
        return True

    def _add_tree(self, top: str, found: set[str]) -> None:
        """Watch a folder that appeared and all below it: their first files may have come before the watch."""
        waiting = [top]
        while waiting:
            path = waiting.pop()
            if is_ignored_folder(os.path.basename(path)):
                continue
            self._add(path)
            found.add(path)
            try:
                with os.scandir(path) as entries:
                    waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue  # gone again, or not ours to read: the scan says so

    def _forget_tree(self, top: str) -> None:
        below = top + os.sep
        for path in [path for path in self._numbers if path == top or path.startswith(below)]:
            self._forget(path)

    def _forget(self, path: str) -> None:
        number = self._numbers.pop(path, None)
        if number is None:
            return
        others = tuple(other for other in self._paths.get(number, ()) if other != path)
        if others:
            self._paths[number] = others
        else:
            self._paths.pop(number, None)
            self._libc.inotify_rm_watch(self._queue, number)

    def _drop(self, number: int) -> None:
        """The kernel ended a watch by itself."""
        for path in self._paths.pop(number, ()):
            self._numbers.pop(path, None)


def _name(data: bytes, end: int, length: int) -> str:
    return os.fsdecode(data[end - length : end].rstrip(b"\0"))


def _error(path: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)


def is_limit(number: int) -> bool:
    """Whether an error number of `failed` means that the system has no watch left."""
    return number in (errno.ENOSPC, errno.EMFILE)

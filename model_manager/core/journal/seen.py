"""What a file was when it was looked at, and whether it still is; names that nothing else has.

Used by all of the journal. It only looks. A file is known by its sort, size and time, a link by where it leads: the numbers of files
and drives change with each start on some drives, so they are asked only where two names must be one file.
"""

import errno
import os
import stat
from collections.abc import Callable
from hashlib import blake2b
from io import FileIO
from typing import Final, NamedTuple

from model_manager.core.files.copying import PARTIAL_END, PARTIAL_START
from model_manager.core.paths import long_path, name_key
from model_manager.core.work import Work

STEP: Final = 4 << 20
_SORT: Final = 0o170000  # the sort in st_mode


class Seen(NamedTuple):
    """mode: sort and rights, as in st_mode. link: where a link leads, as it is written in it, "" for all else."""

    mode: int
    size: int
    mtime_ns: int
    inode: int
    device: int
    link: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder (a link to one is not)."""
        return stat.S_ISDIR(self.mode)

    @property
    def rights(self) -> int:
        """The mode without the sort."""
        return stat.S_IMODE(self.mode)


def look(path: str) -> Seen | None:
    """Return what is at `path`, links not followed; None when nothing is. Raises OSError when that cannot be known."""
    try:
        found = os.lstat(long_path(path))
        mode = found.st_mode
        link = os.readlink(long_path(path)).removeprefix("\\\\?\\") if mode & _SORT == stat.S_IFLNK else ""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:  # nothing can have that name
            return None
        raise
    return Seen(mode, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev, link)


def folder_of(path: str) -> str:
    """Return os.path.dirname of an absolute path, in a fifth of the time where only one sign parts names."""
    end = path.rfind("/") if os.sep == "/" else 0
    return path[:end] if end > 0 else os.path.dirname(path)


def is_same(before: Seen, now: Seen | None) -> bool:
    """Whether what is there now is what was seen before, as far as can be told without reading it."""
    if before == now:
        return True
    if now is None or (before.mode ^ now.mode) & _SORT:
        return False
    if before.link or now.link:
        return before.link == now.link
    return before.is_folder or (before.size, before.mtime_ns) == (now.size, now.mtime_ns)


def is_one_file(a: Seen | None, b: Seen | None) -> bool:
    """Whether two names are one file."""
    return a is not None and b is not None and a.inode != 0 and (a.inode, a.device) == (b.inode, b.device)


def is_away(before: Seen | None, now: Seen | None) -> bool:
    """Whether a file has left its place; a link may have been left there instead."""
    return now is None or (now.link != "" and before is not None and before.link == "")


def has_name(path: str, other: str = "") -> bool:
    """Whether there is something at `path`. Where drives take `path` and `other` for one name, what counts is how it is spelled."""
    if not os.path.lexists(long_path(path)):
        return False
    return not is_respelled(path, other) or os.path.basename(path) in os.listdir(long_path(os.path.dirname(path)))


def is_respelled(path: str, other: str) -> bool:
    """Whether two paths differ only in the case (or composition) of the last name."""
    if path.isascii() and other.isascii() and path.lower() != other.lower():
        return False  # nearly always
    (folder, name), (other_folder, other_name) = os.path.split(path), os.path.split(other)
    return folder == other_folder and name != other_name and name_key(name, "darwin") == name_key(other_name, "darwin")


def same_bytes(a: str, b: str, work: Work, told: Callable[[int], None] = lambda _: None) -> bool:
    """Whether two files have the same bytes; both are read, and `told` of the bytes of one. Raises OSError, Cancelled."""
    with open(long_path(a), "rb", buffering=0) as one, open(long_path(b), "rb", buffering=0) as other:
        while True:
            work.check()
            piece = one.read(STEP)
            if piece != _read(other, len(piece) or 1):
                return False
            if not piece:
                return True
            told(len(piece))


def _read(file: FileIO, size: int) -> bytes:
    piece = file.read(size)
    while len(piece) < size and (more := file.read(size - len(piece))):
        piece += more
    return piece


def hidden_name(mark: str, act: int, step: int, use: str) -> str:
    """Return a name of ours that a run after a kill finds again, and that no scan lists. use: what it is for."""
    key = blake2b(f"{mark}/{act}/{step}/{use}".encode(), digest_size=12).hexdigest()
    return f"{PARTIAL_START}{key}{PARTIAL_END}"

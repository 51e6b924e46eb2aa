"""Where our small copies of pictures lie on disk; called by the workers of bridge/thumbnails, from several threads at once.

A thumbnail is named by what it was made from, so nothing is ever invalidated by hand. Each of 256 folders keeps to its share of
the size cap by removing what was not used for longest. It must never raise for a bad disk: then it is merely off, and says why.
"""

import contextlib
import errno
import os
import threading
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from model_manager.core.paths import plain_reason
from model_manager.core.words import tr

MAKING = 1  # raise it when thumbnails are made differently: old ones are then found no more and age out
FOLDER_NAME = "thumbnails"  # in the data folder: Session.cache_folder
EDGES = (160, 320, 512, 768, 1024)  # device pixels; few steps, so that the size slider and 1x/2x screens share thumbnails
SHARDS = 256
ENDING = ".jpg"  # lets a decoder try JPEG first; those with see-through places are PNG all the same
WRITES_A_CHECK = 32  # a folder is measured at its first write and then after so many
MANY = 200  # pictures from which on all thumbnails are listed once, which takes some 50 ms
USED_EVERY = 24 * 3600.0  # seconds; how exactly "last used" is kept, so that reading hardly ever writes
STALE_PART = 3600.0  # seconds after which a half-written file is nobody's any more


class ThumbnailKey(NamedTuple):
    """What a thumbnail is made from. source: path or file id; number: which picture within the file; edge: device pixels."""

    source: str
    mtime_ns: int
    size: int
    number: int
    edge: int


class ThumbnailCache:
    """A folder of encoded thumbnails that stays below about `cap` bytes."""

    def __init__(self, folder: str | os.PathLike[str], cap: int = 512 * 1024 * 1024) -> None:
        """Nothing is read or made here; the folder is made by the first write."""
        self._folder = os.fspath(folder)
        self._share = max(1, cap // SHARDS)
        self._lock = threading.Lock()
        self._writes: dict[str, int] = {}
        self._fault = ""

    @property
    def fault(self) -> str:
        """Why nothing is written any more, a sentence for people; "" while all is well."""
        return self._fault

    def find(self, key: ThumbnailKey) -> str | None:
        """Return the path of the encoded thumbnail, or None if there is none."""
        path = self._path(key)
        try:
            known = os.stat(path)
            if time.time() - known.st_mtime > USED_EVERY:
                os.utime(path)
        except OSError:
            return None
        if not known.st_size:
            self.drop(key)
            return None
        return path

    def write(self, key: ThumbnailKey, data: bytes) -> None:
        """Keep `data` for `key`; with a full or read-only disk the cache goes off and `fault` says so once."""
        if self._fault:
            return
        path = self._path(key)
        part = f"{path}.{os.getpid()}-{threading.get_ident()}.part"
        try:
            self._replace(path, part, data)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(part)
            self._fault = tr(
                "Small copies of pictures cannot be kept in {folder}: {reason}. Pictures are still shown, only slower.",
                folder=self._folder,
                reason=plain_reason(error),
            )
            return
        self._count(Path(path).parent)

    def drop(self, key: ThumbnailKey) -> None:
        """Forget one thumbnail, because it turned out to be broken."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(key))

    def follow(self, moves: Sequence[tuple[str, str, int, int]]) -> None:
        """Let pictures that have another path keep their thumbnails. moves: (old path, new path, mtime_ns, size); nothing is read."""
        is_there: Callable[[str], bool] = os.path.exists
        if len(moves) > MANY:
            there = self._there()
            moves, is_there = moves if there else (), there.__contains__
        for old, new, mtime_ns, size in moves:
            start = _start(old, mtime_ns, size, 0)
            for edge in EDGES:
                before = self._place(start, edge)
                if is_there(before):
                    now = self._place(_start(new, mtime_ns, size, 0), edge)
                    with contextlib.suppress(OSError):  # it is made anew then
                        os.makedirs(os.path.dirname(now), exist_ok=True)
                        os.replace(before, now)

    def _there(self) -> set[str]:
        """All thumbnails: they are sooner listed than asked for one by one, of which most are not there."""
        found: set[str] = set()
        with contextlib.suppress(OSError), os.scandir(self._folder) as shards:
            for shard in shards:
                with contextlib.suppress(OSError), os.scandir(shard) as entries:
                    found.update(entry.path for entry in entries)
        return found

    def _path(self, key: ThumbnailKey) -> str:
        return self._place(_start(*key[:-1]), key.edge)

    def _place(self, start: blake2b, edge: int) -> str:
        """The path of a thumbnail from the beginning of its key's hash."""
        hashed = start.copy()
        hashed.update(b"%d" % edge)
        name = hashed.hexdigest()
        return f"{self._folder}{os.sep}{name[:2]}{os.sep}{name[2:]}{ENDING}"

    @staticmethod
    def _replace(path: str, part: str, data: bytes) -> None:
        """Write beside and replace; not flushed to the disk, a lost thumbnail is made again."""
        try:
            file = open(part, "wb", buffering=0)  # noqa: SIM115  closed by the with below
        except FileNotFoundError:
            os.makedirs(os.path.dirname(part), exist_ok=True)
            file = open(part, "wb", buffering=0)  # noqa: SIM115
        with file:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, "short write")
        os.replace(part, path)

    def _count(self, shard: Path) -> None:
        """Measure the shard now and then; the rest of the time a write costs nothing more."""
        with self._lock:
            writes = self._writes.get(shard.name, 0)
            self._writes[shard.name] = writes + 1
        if writes % WRITES_A_CHECK == 0:
            trim(shard, self._share)


def trim(folder: Path, cap: int) -> None:
    """Remove files of `folder`, those not used for longest first, until a tenth below `cap` bytes if they were above it."""
    entries: list[tuple[float, int, str]] = []
    now = time.time()
    with contextlib.suppress(OSError), os.scandir(folder) as scan:
        for entry in scan:
            with contextlib.suppress(OSError):
                stat = entry.stat(follow_symlinks=False)
                is_left_over = entry.name.endswith(".part") and now - stat.st_mtime > STALE_PART
                entries.append((0.0 if is_left_over else stat.st_mtime, stat.st_size, entry.path))
    total = sum(size for _used, size, _path in entries)
    goal = cap if total <= cap else cap * 9 // 10
    for used, size, path in sorted(entries):
        if total <= goal and used:
            return
        total -= size
        with contextlib.suppress(OSError):
            os.unlink(path)


def _start(source: str, mtime_ns: int, size: int, number: int) -> blake2b:
    """The beginning of a key's hash, which all sizes of a thumbnail have in common."""
    return blake2b(f"{MAKING}\0{source}\0{mtime_ns}\0{size}\0{number}\0".encode("utf-8", "surrogatepass"), digest_size=16)

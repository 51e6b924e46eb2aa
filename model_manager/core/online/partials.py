"""A file that is being filled: `<final name>.part` beside the target, and a record in the data folder of which bytes of it are here.

Called by transfer and segments (several threads) and by downloads. It never touches a partial that it did not make, and trusts its
record only for bytes that were written before the record was.
"""

import contextlib
import errno
import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Final

from model_manager.core.errors import FolderFault, ModelManagerError, NoRoom
from model_manager.core.online.sparse import make_sparse
from model_manager.core.paths import long_path, plain_reason, remove_marked
from model_manager.core.words import tr

ENDING: Final = ".part"
LONGEST: Final = 255  # bytes of a name on nearly every drive
SAVE_EVERY: Final = 1.0  # seconds between records of segments: what a kill costs at most
_MANY: Final = 100
_BINARY: Final = getattr(os, "O_BINARY", 0)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
Range = tuple[int, int]


class Partial:
    """The partial of one file. etag, modified, total: what the server said of the file when the first byte came.

    Filled by one reader, its length says what is here. Filled by several (`spread`), it has its full length at once, and the record
    holds the ranges. `record` is a small JSON file that belongs to the task.
    """

    def __init__(self, target: str, record: Path) -> None:
        """`target`: the final path. What a former run left of it is taken up; nothing is made yet."""
        self.path, self.etag, self.modified, self.total, self.is_spread = "", "", "", 0, False
        self.is_adopted = False
        self._target, self._record, self._id = target, record, ""
        self._done: list[Range] = []
        self._lock, self._saved = threading.Lock(), 0.0
        self._take_up(read_record(record))

    def _take_up(self, known: dict[str, Any]) -> None:
        path = known.get("path")
        if not isinstance(path, str) or os.path.dirname(path) != os.path.dirname(self._target) or not is_ours(known):
            return
        self.path, self._id = path, file_id(path)
        self.etag, self.modified = str(known.get("etag") or ""), str(known.get("modified") or "")
        self.total, self.is_adopted = int(known.get("total") or 0), bool(known.get("adopted"))
        size = os.stat(long_path(path)).st_size
        ranges = known.get("ranges")
        self.is_spread = isinstance(ranges, list)
        found = [(int(start), min(int(end), size)) for start, end in ranges] if isinstance(ranges, list) else [(0, size)]
        self._done = sorted((start, end) for start, end in found if end > start)

    def measure(self) -> None:
        """Believe the file's length after somebody else filled it."""
        size = os.stat(long_path(self.path)).st_size
        with self._lock:
            self._done = [(0, size)] if size else []

    def make(self) -> None:
        """Make the file unless it is there: under the first free of `name.part`, `name.2.part` ... Raises FolderFault or NoRoom."""
        if self.path and file_id(self.path) == self._id:
            return
        self._done, self.is_spread, self.is_adopted = [], False, False
        self.etag = self.modified = ""
        self.total = 0
        for number in range(1, _MANY):
            self.path, self._id = part_path(self._target, number), ""
            if os.path.lexists(long_path(self.path)):
                continue
            self.save()  # before it is there, so that a kill in between leaves nothing that nobody owns
            try:
                os.close(os.open(long_path(self.path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666))
            except FileExistsError:
                continue
            except OSError as fault:
                raise write_fault(self.path, fault) from fault
            self._id = file_id(self.path)
            self.save()
            return
        raise FolderFault(tr("{folder} holds too many unfinished downloads of this name.", folder=os.path.dirname(self._target)))

    def open(self, start: int) -> int:
        """Return a handle for writing from `start` on; several may be open at once."""
        try:
            handle = os.open(long_path(self.path), os.O_RDWR | _BINARY)
            os.lseek(handle, start, os.SEEK_SET)
        except OSError as fault:
            raise write_fault(self.path, fault) from fault
        return handle

    @property
    def mark(self) -> str:
        """Marks temporary files that are made for its papers."""
        return mark_of(self._record)

    @property
    def prefix(self) -> int:
        """How many bytes are here without a gap from the beginning."""
        with self._lock:
            return self._done[0][1] if self._done and self._done[0][0] == 0 else 0

    @property
    def count(self) -> int:
        """How many bytes are here in all."""
        with self._lock:
            return sum(end - start for start, end in self._done)

    def gaps(self, total: int) -> list[Range]:
        """What is missing of `total` bytes, in order."""
        with self._lock:
            edges = [0, *(edge for pair in self._done for edge in pair), total]
        return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]

    def write(self, handle: int, place: int, data: memoryview) -> None:
        """Write bytes that belong at `place`, where the handle stands, and then count them as here. Raises NoRoom or FolderFault."""
        written = 0
        try:
            while written < len(data):
                written += os.write(handle, data[written:])
        except OSError as fault:
            raise write_fault(self.path, fault) from fault
        finally:
            self._add(place, place + written)
        if self.is_spread and time.monotonic() - self._saved > SAVE_EVERY:
            self.save()

    def _add(self, start: int, end: int) -> None:
        with self._lock:
            for number, (known, edge) in enumerate(self._done):
                if edge == start:
                    follows = number + 1 < len(self._done) and self._done[number + 1][0] <= end
                    self._done[number] = (known, max(end, self._done.pop(number + 1)[1]) if follows else end)
                    return
            if end > start:
                self._done = sorted([*self._done, (start, end)])

    def spread(self) -> None:
        """From now on several readers fill it: the record says what is here, and the file gets its full length, without its room."""
        self.is_spread = True
        self.save()
        handle = self.open(0)
        try:
            make_sparse(handle)
            os.ftruncate(handle, self.total)
        except OSError as fault:
            raise write_fault(self.path, fault) from fault
        finally:
            os.close(handle)

    def cut(self, length: int) -> None:
        """Keep no more than the first `length` bytes, and let the file's length say again what is here."""
        length = min(length, self.prefix)
        try:
            os.truncate(long_path(self.path), length)
        except OSError as fault:
            raise write_fault(self.path, fault) from fault
        with self._lock:
            self._done = [(0, length)] if length else []
        self.is_spread = False
        self.save()

    def is_same(self, handle: int, place: int, data: memoryview) -> int:
        """How many of these bytes, from the first on, are what the file holds at `place`; the handle then stands behind them."""
        os.lseek(handle, place, os.SEEK_SET)
        held = memoryview(os.read(handle, len(data)))
        if len(held) == len(data) and held == data:
            return len(data)
        low, high = 0, min(len(held), len(data))
        while low < high:  # the first place where they differ
            middle = (low + high + 1) // 2
            low, high = (middle, high) if held[low:middle] == data[low:middle] else (low, middle - 1)
        os.lseek(handle, place + low, os.SEEK_SET)
        return low

    def know(self, etag: str, modified: str, total: int) -> None:
        """Keep what the server says of the file, for the next connection or the next start."""
        if (etag, modified, total) != (self.etag, self.modified, self.total):
            self.etag, self.modified, self.total = etag, modified, total
            self.save()

    def save(self) -> None:
        """Write the record. Not forced to the disk: it must survive a kill, and after a power cut the hash decides."""
        self._saved = time.monotonic()
        with self._lock:
            ranges = [list(pair) for pair in self._done] if self.is_spread else None
            known = {"path": self.path, "id": self._id, "etag": self.etag, "modified": self.modified, "total": self.total,
                     "ranges": ranges, "adopted": self.is_adopted}  # fmt: skip
            beside = self._record.with_suffix(".tmp")
            try:
                self._record.parent.mkdir(parents=True, exist_ok=True)
                beside.write_text(json.dumps(known), "utf-8")
                os.replace(beside, self._record)
            except OSError as fault:
                raise write_fault(str(self._record), fault) from fault

    def flush(self) -> None:
        """Have everything on the disk."""
        handle = self.open(0)
        try:
            os.fsync(handle)
        except OSError as fault:
            raise write_fault(self.path, fault) from fault
        finally:
            os.close(handle)

    def discard(self) -> None:
        """Remove the partial and its record."""
        remove(self._record)
        self.path, self._id, self._done, self.is_spread, self.is_adopted = "", "", [], False, False
        self.etag, self.modified, self.total = "", "", 0

    def forget(self) -> None:
        """Remove the record alone: the file has its final name, or is somebody else's now."""
        with contextlib.suppress(OSError):
            self._record.unlink(missing_ok=True)


def part_path(target: str, number: int = 1) -> str:
    """Return the path of a partial beside its target; the name is cut where the drive would not take it."""
    folder, name = os.path.split(target)
    ending = ENDING if number == 1 else f".{number}{ENDING}"
    while len(os.fsencode(name + ending)) > LONGEST:
        name = name[:-1]
    return os.path.join(folder, name + ending)


def file_id(path: str) -> str:
    """Return what stays the same while a file is written or renamed, "" when it is not there."""
    try:
        about = os.stat(long_path(path), follow_symlinks=False)
    except (OSError, ValueError):
        return ""
    return f"{about.st_dev}:{about.st_ino}"


def read_record(record: Path) -> dict[str, Any]:
    """Return what a record holds, nothing when it is absent or damaged."""
    try:
        found = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_ours(known: dict[str, Any]) -> bool:
    """Return whether the partial that a record names is the very file that was made for it."""
    path, id_ = known.get("path"), known.get("id")
    if not isinstance(path, str) or not path.endswith(ENDING) or not (found := file_id(path)):
        return False
    return found == id_ or (id_ == "" and os.stat(long_path(path)).st_size == 0)  # killed between making it and noting its id


def became(record: Path, path: str) -> bool:
    """Return whether the file at `path` is the very one that a record's partial was: renamed, and then killed before that was noted."""
    id_ = read_record(record).get("id")
    return bool(path and id_) and file_id(path) == id_


def mark_of(record: Path) -> str:
    """Return what marks temporary files that are made for this partial's papers."""
    return hashlib.sha256(os.fsencode(record)).hexdigest()[:12]


def remove(record: Path) -> None:
    """Remove a record, the partial it names, if that is still the one that was made for it, and temporary files of its papers."""
    known = read_record(record)
    if isinstance(path := known.get("path"), str):
        remove_marked(os.path.dirname(path), mark_of(record))
    with contextlib.suppress(OSError):
        if is_ours(known):
            os.unlink(long_path(known["path"]))
    with contextlib.suppress(OSError):
        record.unlink(missing_ok=True)


def write_fault(path: str, fault: OSError) -> ModelManagerError:
    """Return the fault to raise when the system refused to write to `path`: NoRoom or FolderFault."""
    if fault.errno in _FULL:
        return NoRoom(tr("The disk is full. What is here is kept, and it goes on when there is room."))
    return FolderFault(tr("{folder} cannot be written to: {reason}.", folder=os.path.dirname(path), reason=plain_reason(fault)))

"""Goes on from what another tool left of the same file: samples of it are compared with the remote one before it is believed.

Called by tasks/downloads before a transfer begins. The other tool's file is copied and never touched; the hash at the end decides.
"""

import os
import sys
from collections.abc import Iterator
from typing import Final

from model_manager.core.errors import NetworkFault, Refused
from model_manager.core.online.bodies import body_of
from model_manager.core.online.filling import Hands, Source, Wanted
from model_manager.core.online.partials import Partial, write_fault
from model_manager.core.online.web import Web
from model_manager.core.paths import long_path
from model_manager.core.words import tr

SAMPLE: Final = 64 << 10
LEAST: Final = 1 << 20  # bytes; less is loaded faster than it is compared
_STEP: Final = 8 << 20
# what tools and browsers put behind the name of what they load
ENDINGS: Final = (
    *(".part", ".download", ".downloading", ".crdownload", ".incomplete", ".partial", ".tmp", ".temp", ".filepart", ".opdownload"),
    *(".fdmdownload", ".unfinished"),
)


def adopt(web: Web, wanted: Wanted, partial: Partial, target: str, hands: Hands) -> str:
    """Take over the longest fitting partial beside `target`, and return its name; "" when there is none.

    Only where a hash is known that will prove the whole. Raises Cancelled, NoRoom, FolderFault; a fault of the network means no.
    """
    if partial.path or not wanted.expected:
        return ""
    source = Source(web, wanted.url)
    for path, size in _candidates(target, wanted):
        try:
            if _is_same(source, path, size, hands):
                hands.room(size)
                _copy(path, size, partial, hands)
                return os.path.basename(path)
        except (NetworkFault, Refused):
            return ""
    return ""


def _candidates(target: str, wanted: Wanted) -> list[tuple[str, int]]:
    """Partials of the name that may belong to the file, the longest first."""
    found = []
    for path in (target + ending for ending in ENDINGS):
        size = _size_of(path)
        if size >= LEAST and (not wanted.size or size <= wanted.size or wanted.is_near(size)):
            found.append((path, size))
    return sorted(found, key=lambda one: -one[1])


def _size_of(path: str) -> int:
    try:
        return os.stat(long_path(path)).st_size if os.path.isfile(long_path(path)) else 0
    except OSError:
        return 0


def _is_same(source: Source, path: str, size: int, hands: Hands) -> bool:
    """Compare the beginning, the middle and the end."""
    try:
        with open(long_path(path), "rb", buffering=0) as file:
            for place in (0, (size - SAMPLE) // 2, size - SAMPLE):
                file.seek(place)
                if file.read(SAMPLE) != _remote(source, place, hands):
                    return False
    except OSError:
        return False
    return True


def _remote(source: Source, place: int, hands: Hands) -> bytes:
    """Read a sample of the remote file; raises NetworkFault when the server gives no parts."""
    with source.open({"Range": f"bytes={place}-{place + SAMPLE - 1}"}, hands.work) as answer:
        if answer.status != 206 or body_of(answer.status, answer.headers).start != place:
            raise NetworkFault(tr("The server does not send parts of a file."), "server")
        data, count = memoryview(bytearray(SAMPLE)), 0
        while count < SAMPLE and (more := answer.readinto(data[count:])):
            count += more
        return bytes(data[:count])


def _copy(path: str, size: int, partial: Partial, hands: Hands) -> None:
    partial.make()
    partial.is_adopted = True
    partial.save()
    handle = partial.open(0)
    try:
        with open(long_path(path), "rb", buffering=0) as file:
            for count in _copied(file.fileno(), handle, size):
                hands.work.check()
                hands.told(count, 0)
    except OSError as fault:
        raise write_fault(partial.path, fault) from fault
    finally:
        os.close(handle)
    partial.measure()


def _copied(source: int, target: int, size: int) -> Iterator[int]:
    """Copy `size` bytes at most, on Linux without reading them where the drive can share them; yields how many are copied."""
    done = 0
    while done < size and (copied := _step(source, target, min(_STEP, size - done))):
        done += copied
        yield done


def _step(source: int, target: int, count: int) -> int:
    if sys.platform == "linux":
        try:
            return os.copy_file_range(source, target, count)
        except OSError:  # another kind of drive; a full one says so again below
            pass
    data = memoryview(os.read(source, count))
    written = 0
    while written < len(data):
        written += os.write(target, data[written:])
    return written

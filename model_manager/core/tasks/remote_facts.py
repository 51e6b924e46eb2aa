"""What the header of a file on a server says, from its first bytes, before it is downloaded.

Called by proposals. It fetches 1 MiB at most, and of a zip (PyTorch) the table of contents at its end. Only beginnings are put onto the
disk, for the readers of files; a zip is read from memory, as a hole of gigabytes is none on every system.
"""

import io
import os
import tempfile
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from model_manager.core.errors import NetworkFault
from model_manager.core.formats import archive, pickles
from model_manager.core.formats.contents import Damage
from model_manager.core.formats.metadata import facts_of
from model_manager.core.formats.read import read_facts
from model_manager.core.library.entry import Facts
from model_manager.core.online.bodies import is_page
from model_manager.core.online.records import RemoteFile
from model_manager.core.online.web import Web
from model_manager.core.work import Work

FIRST: Final = 64 * 1024
MOST: Final = 1024 * 1024
_TAIL: Final = 256 * 1024  # the table of a checkpoint's archive has some 1,200 entries of 80 bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file on a server, so that a download can go on from it. etag, modified: what the server said of the file."""

    data: bytes
    total: int
    etag: str
    modified: str


def remote_facts(web: Web, file: RemoteFile, work: Work | None = None, heads: dict[str, Head] | None = None) -> Facts:
    """Return format, kind, architecture, base model and precision of a file by its first bytes; empty Facts where these do not tell.

    heads: is given what was read, by the file's address. Raises Refused (a key is missing, it is not there ...), NetworkFault, Cancelled.
    """
    data, total, headers = web.first_bytes(file.url, FIRST, work=work)
    size = total or file.size
    wanted = min(MOST, size, _needed(data))
    if wanted > len(data) == FIRST:
        data += _part(web, file.url, FIRST, wanted, work)
    if heads is not None and not is_page(data, headers, file.name):
        heads[file.url] = Head(data, total, headers.get("ETag", ""), headers.get("Last-Modified", ""))
    if data.startswith(archive.ZIP_MAGIC):
        found = _zip(_Pieces(size, [(0, data), *_tail(web, file.url, size, len(data), work)]), data)
    else:
        found = _beginning(file.name, size or len(data), data)
    return Facts(found.format, found.kind, found.architecture, found.base_model, found.precision)


def _needed(start: bytes) -> int:
    """How many bytes the header takes, as far as its beginning tells."""
    length = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{":
        return 8 + length + 64 if length + 72 <= MOST else 0  # a longer header cannot be read from its beginning alone
    return MOST


def _tail(web: Web, url: str, size: int, known: int, work: Work | None) -> list[tuple[int, bytes]]:
    """The end of a file as (place, bytes); nothing when it is known already, or the server does not give parts."""
    begin = max(known, size - _TAIL)
    data = _part(web, url, begin, size, work) if begin < size else b""
    return [(begin, data)] if data else []


def _part(web: Web, url: str, start: int, end: int, work: Work | None) -> bytes:
    """The bytes of a file from `start` to `end`; nothing when the server does not give parts."""
    try:
        with web.open(url, {"Range": f"bytes={start}-{end - 1}"}, work=work) as answer:
            return answer.read_all(end - start) if answer.status == 206 else b""
    except NetworkFault:
        return b""


def _beginning(name: str, size: int, data: bytes) -> Facts:
    ending = os.path.splitext(name)[1]
    try:
        with tempfile.TemporaryDirectory(prefix="model-manager-") as folder:
            path = os.path.join(folder, "head" + (ending if ending[1:].isalnum() and ending.isascii() and len(ending) < 20 else ""))
            with open(path, "wb") as file:
                file.write(data)
            return read_facts(path, size)
    except OSError:
        return Facts()


def _zip(pieces: "_Pieces", start: bytes) -> Facts:
    try:
        return facts_of(pickles.contents(cast(BinaryIO, pieces), start[:4096], pieces.size))
    except Damage:
        return Facts()


class _Pieces(io.RawIOBase):
    """A file of which only some pieces are known; the rest reads as zeros."""

    def __init__(self, size: int, pieces: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self.size, self._pieces, self._place = size, pieces, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, as files do."""
        self._place = max(0, place + {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence, self.size))
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, as files do."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self.size - self._place))
        view[:count] = bytes(count)
        for place, data in self._pieces:
            begin, end = max(place, self._place), min(place + len(data), self._place + count)
            if begin < end:
                view[begin - self._place : end - self._place] = data[begin - place : end - place]
        self._place += count
        return count

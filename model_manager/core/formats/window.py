"""Reads a file piece by piece, forward or by jumps, and never beyond its end or into more memory than asked for.

Used by the readers of GGUF, ONNX and pickles. A piece that is not there raises Damage("truncated").
"""

import struct
from typing import BinaryIO, Final

from model_manager.core.formats.contents import too_short

_PIECE: Final = 64 << 10


class Window:
    """A moving buffer over an open file; `place` is the offset of the next byte."""

    __slots__ = ("_buffer", "_file", "_start", "place", "size")

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Look at `file`, which has `size` bytes."""
        self._file = file
        self._buffer = b""
        self._start = 0
        self.place = 0
        self.size = size

    @property
    def left(self) -> int:
        """Bytes between here and the end of the file."""
        return self.size - self.place

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes and move on; raises Damage when the file ends before."""
        if count > self.left:
            raise too_short(count - self.left)
        offset = self.place - self._start
        if offset < 0 or offset + count > len(self._buffer):
            self._fill(count)
            offset = 0
        self.place += count
        return self._buffer[offset : offset + count]

    def peek(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer where the file ends before, and stay here."""
        place = self.place
        found = self.take(min(count, self.left))
        self.place = place
        return found

    def skip(self, count: int) -> None:
        """Move on without reading; raises Damage when the file ends before."""
        if count > self.left:
            raise too_short(count - self.left)
        self.place += count

    def number(self, code: str) -> int:
        """Return the next whole number, little endian; code: that of `struct` ("I", "Q" ...)."""
        value: int = struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]
        return value

    def _fill(self, count: int) -> None:
        self._file.seek(self.place)
        self._buffer = self._file.read(min(max(count, _PIECE), self.left))
        self._start = self.place
        if len(self._buffer) < count:  # the file was cut while we read it
            raise too_short(count - len(self._buffer))

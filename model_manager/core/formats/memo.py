"""Remembers tensor tables already understood, so that the next file with the same table costs one comparison of bytes.

Many files share their table to the byte (LoRAs of one trainer, fine-tunes of one base). `find` compares the whole table, never a
digest; `glance` compares length, beginning and end, for a scan that reads no more. Safe between threads and bounded in bytes.
"""

import threading
from collections import OrderedDict
from typing import Final, Generic, TypeVar

LIMIT: Final = 32 << 20
LARGEST: Final = 4 << 20

T = TypeVar("T")
_Key = tuple[int, bytes, bytes]
_EDGE: Final = 64


class Memo(Generic[T]):
    """Tables as bytes -> what was found in them; the longest unused goes first."""

    def __init__(self, limit: int = LIMIT) -> None:
        """Keep at most `limit` bytes of tables."""
        self._limit = limit
        self._held = 0
        self._rows: OrderedDict[_Key, tuple[bytes, T]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, buffer: bytes | bytearray, start: int, end: int) -> T | None:
        """Return what is known of the table at buffer[start:end], None when it is new."""
        row = self._row(_key(buffer, start, end))
        if row is None or not buffer.startswith(row[0], start):
            return None
        return row[1]

    def glance(self, beginning: bytes, end: bytes, length: int) -> T | None:
        """Return what is known of a table of `length` bytes with this beginning and end, None when there is none such."""
        row = self._row((length, beginning[:_EDGE], end[-_EDGE:]))
        if row is None or not (row[0].startswith(beginning) and row[0].endswith(end)):
            return None
        return row[1]

    def _row(self, key: _Key) -> tuple[bytes, T] | None:
        with self._lock:
            row = self._rows.get(key)
            if row is not None:
                self._rows.move_to_end(key)
        return row

    def keep(self, buffer: bytes | bytearray, start: int, end: int, value: T) -> None:
        """Remember what was found in the table at buffer[start:end]."""
        if end - start > min(LARGEST, self._limit):
            return
        key, table = _key(buffer, start, end), bytes(memoryview(buffer)[start:end])
        with self._lock:
            old = self._rows.pop(key, None)
            self._held += len(table) - (len(old[0]) if old else 0)
            self._rows[key] = table, value
            while self._held > self._limit:
                _, (gone, _) = self._rows.popitem(last=False)
                self._held -= len(gone)

    def forget(self) -> None:
        """Give the memory back, at the end of a scan."""
        with self._lock:
            self._rows.clear()
            self._held = 0

    @property
    def held(self) -> int:
        """Bytes of tables kept now."""
        return self._held


def _key(buffer: bytes | bytearray, start: int, end: int) -> _Key:
    return end - start, bytes(buffer[start : start + _EDGE]), bytes(buffer[max(start, end - _EDGE) : end])

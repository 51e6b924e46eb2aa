"""Whether two files hold the same bytes: size first, then both ends, then all of it.

Called by intake while it plans. It remembers answers until a file's size or time changes, and only reads.
"""

import os
from typing import BinaryIO, Final

from model_manager.core.paths import long_path
from model_manager.core.work import Work

STEP: Final = 4 << 20
_Mark = tuple[str, int, int]


class Compared:
    """Pairs of files already compared."""

    def __init__(self) -> None:
        self._answers: dict[tuple[_Mark, _Mark], bool] = {}

    def are_same(self, a: str, b: str, work: Work) -> bool:
        """Whether two files are the same in content; False where one cannot be read. Raises Cancelled."""
        try:
            marks = _mark(a), _mark(b)
            if marks[0][1] != marks[1][1]:
                return False
            if marks not in self._answers:
                self._answers[marks] = os.path.samefile(long_path(a), long_path(b)) or _have_same_bytes(a, b, marks[0][1], work)
            return self._answers[marks]
        except OSError:
            return False


def _mark(path: str) -> _Mark:
    about = os.stat(long_path(path))
    return path, about.st_size, about.st_mtime_ns


def _have_same_bytes(a: str, b: str, size: int, work: Work) -> bool:
    with open(long_path(a), "rb", buffering=0) as one, open(long_path(b), "rb", buffering=0) as other:
        if _piece(one, size - STEP) != _piece(other, size - STEP):
            return False
        one.seek(0)
        other.seek(0)
        while True:
            work.check()
            piece = one.read(STEP)
            if piece != other.read(STEP):
                return False
            if not piece:
                return True


def _piece(file: BinaryIO, place: int) -> bytes:
    file.seek(max(0, place))
    return file.read(STEP)

"""The threads of a transfer: one that hashes what is written, and helpers that read further segments at the same time.

Called by transfer and segments, which never name a thread themselves. All of them end before what started them does.
"""

import contextlib
import hashlib
import io
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.words import tr
from model_manager.core.work import Work

STEP: Final = 1 << 20  # bytes hashed at once: they stay in the processor's cache between reading and hashing
FLUSH_EVERY: Final = 64 << 20  # bytes
_LONGEST_TURN: Final = 0.05  # seconds that anybody waits for a turn
_BEHIND: Final = 8 << 20  # bytes by which the hash may be behind before it reads back what nobody hands over
_QUEUED: Final = 8  # buffers that wait to be hashed; a reader that waited goes on when half of them are through, not at each one
SHA256, BLAKE3, GIT_SHA1 = "sha256", "blake3", "git_sha1"


class Hash(Protocol):
    """What hashlib and blake3 have in common."""

    def update(self, data: memoryview, /) -> object:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """Return the hash of all so far in hex."""


def new_hash(algorithm: str, size: int) -> Hash:
    """Return an empty hash of this name: sha256, blake3, or git_sha1, which begins with the size of the file."""
    if algorithm == BLAKE3:
        from blake3 import blake3

        return blake3()
    if algorithm == GIT_SHA1:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return hashlib.sha256()


class Turns:
    """Lets no more threads of all transfers work at once than there are cores, one less while there are several transfers.

    Sixteen that want a core all the time would keep the window's thread from its own, and whoever holds the interpreter from his.
    Who has a turn works for a millisecond, and never waits for the network.
    """

    def __init__(self, most: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._free.put(None)
        self._lock, self._transfers = threading.Lock(), 0
        self.wait_seconds = _LONGEST_TURN

    @property
    def free(self) -> int:
        """How many turns nobody has."""
        return self._free.qsize()

    def come(self) -> None:
        """A transfer begins."""
        with self._lock:
            self._transfers += 1
            if self._transfers == 2:
                self._free.get()

    def go(self) -> None:
        """A transfer has ended."""
        with self._lock:
            self._transfers -= 1
            if self._transfers == 1:
                self._free.put(None)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Work when it is one's turn, or after a while all the same: a drive that hangs must not hold back what goes to another."""
        has_turn = True
        try:
            self._free.get(timeout=self.wait_seconds)
        except Empty:
            has_turn = False
        try:
            yield
        finally:
            if has_turn:
                self._free.put(None)


TURNS: Final = Turns(max(2, os.cpu_count() or 1))


class Follower:
    """Hashes a file that is being filled, as far as it is whole from its beginning, in a thread of its own.

    A reader whose bytes come next hands its buffer over, so nothing is copied. What came before the follower was there, or in another
    order, is read back from the file, which the system mostly still has in memory; nobody waits for that.
    """

    def __init__(self, path: str, algorithm: str, size: int = 0) -> None:
        """`size`: of the whole file, which only git_sha1 needs to know before."""
        self._path, self._hash = path, new_hash(algorithm, size)
        self._end, self._given, self._place = 0, 0, 0  # written; queued or being hashed; hashed
        self._is_last = self._is_over = self._is_ended = False
        self._fresh: deque[memoryview] = deque()
        self._spare: list[memoryview] = []
        self._fault: OSError | None = None
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._follow, name="transfer-hash", daemon=True)
        TURNS.come()
        self._thread.start()

    def reach(self, end: int) -> None:
        """Say that all bytes before `end` are written."""
        with self._news:
            self._end = end
            if end - self._given >= _BEHIND:
                self._news.notify_all()

    def hand_over(self, place: int, buffer: memoryview, count: int) -> memoryview:
        """Give away a buffer whose first `count` bytes are written at `place`; returns the one to read into next.

        That is the same one where these bytes are not next. Waits while hashing is slower than reading.
        """
        with self._news:
            while len(self._fresh) >= _QUEUED and self._given == place and not self._is_ended:
                self._news.wait()
            if self._given != place or self._is_ended or self._is_last:
                return buffer
            self._fresh.append(buffer[:count])
            self._given += count
            self._end = max(self._end, self._given)
            self._news.notify_all()
            return self._spare.pop() if self._spare else memoryview(bytearray(len(buffer)))

    def digest(self, end: int, work: Work, told: Callable[[int], None]) -> str:
        """Wait until all bytes before `end` are hashed and return the hash; raises Cancelled, or FileFault when they cannot be read.

        `told(bytes hashed)` is called at once and ten times a second.
        """
        with self._news:
            self._end, self._is_last = end, True
            self._news.notify_all()
        told(self._place)
        while not self._is_through():
            told(self._place)
            work.check()
        if self._place < self._end:
            reason = plain_reason(self._fault) if self._fault else tr("its hash could not be computed")
            raise FileFault(tr("{path} cannot be read: {reason}.", path=self._path, reason=reason)) from self._fault
        return self._hash.hexdigest()

    def _is_through(self) -> bool:
        with self._news:
            if self._place < self._end and not self._is_ended:
                self._news.wait(0.1)
            return self._place >= self._end or self._is_ended

    def close(self) -> None:
        """End the thread; harmless when called twice."""
        with self._news:
            was_over, self._is_over = self._is_over, True
            self._news.notify_all()
        self._thread.join()
        if not was_over:
            TURNS.go()

    def _follow(self) -> None:
        try:
            with io.FileIO(long_path(self._path)) as file, memoryview(bytearray(STEP)) as buffer:
                while (piece := self._next(file, buffer)) is not None:
                    with TURNS.turn():
                        self._hash.update(piece)
                    self._hashed(piece, buffer)
        except OSError as fault:
            self._fault = fault
        finally:
            with self._news:
                self._is_ended = True
                self._news.notify_all()

    def _next(self, file: io.FileIO, buffer: memoryview) -> memoryview | None:
        """Wait for bytes and return those to be hashed next; None when it is over."""
        with self._news:
            while not self._fresh:
                behind = self._end - self._given
                if self._is_over:
                    return None
                if behind >= _BEHIND or (self._is_last and behind):
                    break
                self._news.wait()
            if self._fresh:
                return None if self._is_over else self._fresh.popleft()
            place, wanted = self._given, min(behind, STEP)
            self._given += wanted
        file.seek(place)
        if (file.readinto(buffer[:wanted]) or 0) < wanted:
            raise OSError(0, tr("it became shorter"))
        return buffer[:wanted]

    def _hashed(self, piece: memoryview, own: memoryview) -> None:
        with self._news:
            self._place += len(piece)
            if piece.obj is not own.obj:
                self._spare.append(memoryview(piece.obj))
            if len(self._fresh) <= _QUEUED // 2:
                self._news.notify_all()


class Flusher:
    """Has a file written to the drive bit by bit while it is filled, in a thread of its own, so that the flush at the end is short.

    It helps only, so it raises nothing: the flush at the end is what counts.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._end, self._is_over = 0, False
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def reach(self, end: int) -> None:
        """Say that so many bytes are written; small files never get a thread."""
        if end - self._end < FLUSH_EVERY:
            return
        with self._news:
            self._end = end
            self._news.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._flush, name="transfer-flush", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        with self._news:
            self._is_over = True
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _flush(self) -> None:
        done = 0
        try:
            with open(long_path(self._path), "r+b", buffering=0) as file:
                while done < (done := self._wait(done)):
                    os.fsync(file.fileno())
        except OSError:
            return

    def _wait(self, done: int) -> int:
        """Wait for more to flush than `done`; the same number when it is over."""
        with self._news:
            while self._end <= done and not self._is_over:
                self._news.wait()
            return done if self._is_over else self._end


class Helpers:
    """Functions that run beside the caller, each in a thread of its own; they catch what they can meet themselves."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, function: Callable[[], None]) -> None:
        """Run a function from now on."""
        thread = threading.Thread(target=function, name="transfer-segment", daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait at most this long for one of them; returns whether all have ended."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if self._threads:
            self._threads[0].join(seconds)
        return not any(thread.is_alive() for thread in self._threads)

"""Reads many models at once in processes of their own, so that a first scan uses all cores and the window never waits for one.

Used by the scanner for large scans. Each process is this program started with `ARGUMENT`; it gets lists of tasks on its standard
input and answers with rows on its standard output. A process that dies is not missed: its share is read here.
"""

import contextlib
import gc
import marshal
import os
import select
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from model_manager.core.formats.read import forget
from model_manager.core.library.reading import Read, plain_read, read_model, read_of
from model_manager.core.library.tasks import Task, plain_task, task_of
from model_manager.core.processes import end, started

ARGUMENT = "--read-models"
WORTH_IT = 1_200  # models to read; a process takes a tenth of a second to start
SHARE = 32
MOST = 4
MOST_SENT = 64  # shares a process may have before it while the scanner walks, so that it is never idle
FEW_SENT = 6  # the same when all is given and answers are fetched: all shall end at about the same time
_OWN_SHARE = 8
LEAD = 4  # shares by which a process may be busier than another before it gets no more
_FAULTS = (OSError, EOFError, ValueError, TypeError)


class _Process:
    """One reading process: what it is to get next, and how many shares it has."""

    def __init__(self, is_polite: bool) -> None:
        self.popen = started(ARGUMENT, is_polite, bufsize=0)
        self.next: list[Task] = []
        self.sent = 0

    @property
    def load(self) -> int:
        """Models before it."""
        return self.sent * SHARE + len(self.next)


class Readers:
    """Reading processes, started when made; close them. Without any, everything is read here."""

    def __init__(self, is_polite: bool, count: int | None = None) -> None:
        """`is_polite`: give way to everything else, as beside a window; else this process reads its part as well."""
        self._is_helping = not is_polite and os.name == "posix"  # only there can a pipe be asked whether something is in it
        if count is None:
            count = min(MOST, max(1, (os.cpu_count() or 1) - self._is_helping))
        self.answered = 0  # shares that a process has read; the others were read here
        self._processes: list[_Process] = []
        self._rest: deque[Task] = deque()
        self._sent: deque[tuple[_Process, list[Task]]] = deque()
        self._used_to: dict[tuple[str, int], _Process] = {}
        for _ in range(count):
            with contextlib.suppress(OSError):
                self._processes.append(_Process(is_polite))

    def give(self, tasks: Iterable[Task]) -> None:
        """Have tasks read; returns at once."""
        self._rest.extend(tasks)
        self._feed(MOST_SENT)

    def answers(self) -> Iterator[list[Read]]:
        """What was read of all that was given, a share at a time.

        By size, as files of one size often have one table of tensors, which who reads from one end learns but once.
        """
        self._rest = deque(sorted(self._rest, key=lambda task: task.file.size))
        while self._feed(FEW_SENT) or self._send_rest():
            process, share = self._sent[0]
            if self._is_helping and self._rest and not _is_ready(process.popen):
                yield self._read_some(_OWN_SHARE)
                continue
            self._sent.popleft()
            process.sent -= 1
            found = _received(process.popen)
            self.answered += found is not None
            yield [read_model(task) for task in share] if found is None else found
        while self._rest:
            yield self._read_some(SHARE)
        forget()

    def _read_some(self, count: int) -> list[Read]:
        """Read here what was given last: the processes take from the other end."""
        return [read_model(self._rest.pop()) for _ in range(min(count, len(self._rest)))]

    def close(self) -> None:
        """End the processes, also in the middle of their work; they only read."""
        for process in self._processes:
            process.popen.kill()
        for process in self._processes:
            end(process.popen)
        self._processes = []

    def _feed(self, most: int) -> bool:
        """Send whole shares as long as processes have fewer than `most`; False when nothing is under way."""
        while self._rest and (process := self._best_for(self._rest[0], most)) is not None:
            process.next.append(self._rest.popleft())
            if len(process.next) == SHARE:
                self._send(process)
        return bool(self._sent)

    def _send_rest(self) -> bool:
        """Send what is less than a share; False when there is nothing."""
        for process in self._processes:
            self._send(process)
        return bool(self._sent)

    def _best_for(self, task: Task, most: int) -> _Process | None:
        """The process that has read such files: those of one size often have one table of tensors, which it then knows."""
        if not self._processes:
            return None
        idlest = min(self._processes, key=lambda process: process.load)
        if idlest.sent >= most:
            return None
        sort = task.kind, task.file.size >> 20
        found = self._used_to.get(sort)
        if found is None or found.load > idlest.load + LEAD * SHARE:
            found = self._used_to[sort] = idlest
        return found

    def _send(self, process: _Process) -> None:
        if process.next:
            _write(process.popen, [plain_task(task) for task in process.next])
            self._sent.append((process, process.next))
            process.sent += 1
            process.next = []


def _write(process: subprocess.Popen[bytes], message: list[Any]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # a dead process is noticed when nothing comes back
        _put(process.stdin, marshal.dumps(message))


def _received(process: subprocess.Popen[bytes]) -> list[Read] | None:
    assert process.stdout is not None
    try:
        return [read_of(plain) for plain in marshal.loads(_got(process.stdout))]
    except _FAULTS:
        return None


def _is_ready(process: subprocess.Popen[bytes]) -> bool:
    """Whether the next answer has begun to arrive (or the process has ended); nothing of it is in a buffer here."""
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], 0)[0])


def _put(pipe: IO[bytes], data: bytes) -> None:
    """Write a message with its length before it."""
    with memoryview(len(data).to_bytes(8, "little") + data) as rest:
        done = 0
        while done < len(rest):
            done += pipe.write(rest[done:])


def _got(pipe: IO[bytes]) -> bytes:
    """Read one message and not a byte more; raises EOFError at the end."""
    return _read(pipe, int.from_bytes(_read(pipe, 8), "little"))


def _read(pipe: IO[bytes], count: int) -> bytes:
    parts = []
    while count:
        part = pipe.read(count)
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def serve(nice: int) -> int:
    """Be a reading process: answer until the standard input ends; returns the exit code.

    Two threads empty and fill the pipes, so that neither side ever waits for the other.
    """
    gc.disable()  # rows and facts make no circles
    if hasattr(os, "nice"):
        os.nice(nice)
    requests: SimpleQueue[bytes] = SimpleQueue()
    answers: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_take_in, args=(requests,), daemon=True).start()
    writer = Thread(target=_give_out, args=(answers,), daemon=True)
    writer.start()
    while request := requests.get():
        answers.put(marshal.dumps([plain_read(read_model(task_of(plain))) for plain in marshal.loads(request)]))
    answers.put(b"")
    writer.join()
    return 0


def _take_in(requests: "SimpleQueue[bytes]") -> None:
    with os.fdopen(0, "rb", 0) as pipe, contextlib.suppress(*_FAULTS):
        while True:
            requests.put(_got(pipe))
    requests.put(b"")


def _give_out(answers: "SimpleQueue[bytes]") -> None:
    with os.fdopen(1, "wb", 0) as pipe, contextlib.suppress(*_FAULTS):
        while answer := answers.get():
            _put(pipe, answer)

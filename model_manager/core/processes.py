"""This program started again as worker processes: they get pickled shares on their standard input and answer on their output.

Used by the reading of models and the making of previews, so that neither ever keeps the window waiting. Unlike multiprocessing it
does not import the caller's main module, and a frozen program needs nothing special. A process that dies is not missed.
"""

import contextlib
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, Generic, TypeVar

MOST = 4
NICE = 10
MOST_STARTED_AGAIN = 4
PIPE = 1 << 20  # bytes of an answer that can wait while we are busy, so that its process goes on with the next share
SMALL = 2048  # bytes of a share that fits into any pipe, so that sending it to a busy process cannot block
if sys.platform == "linux":
    import fcntl

_FAULTS = (OSError, EOFError, pickle.UnpicklingError)

Share = TypeVar("Share")
Answer = TypeVar("Answer")
_Process = subprocess.Popen[bytes]


def own_program(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command and environment that start this program once more, from a checkout, a wheel or frozen."""
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "model_manager"]
    return [*command, *arguments], {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


class Workers(Generic[Share, Answer]):
    """Worker processes, started when made; close them."""

    def __init__(self, argument: str, is_polite: bool, count: int | None = None, ahead: int = 1) -> None:
        """`argument`: what the program is started with. `is_polite`: give way to everything else, as beside a window.

        ahead: how many shares a process may have at once; more than one keeps all busy when shares take unlike times.
        """
        self._argument, self._is_polite, self._ahead = argument, is_polite, ahead
        self._processes: list[_Process] = []
        self._again = MOST_STARTED_AGAIN
        for _ in range(min(MOST, os.cpu_count() or 1) if count is None else count):
            self._start()

    def run(self, shares: Iterable[Share], lost: Callable[[Share], Answer]) -> Iterator[Answer]:
        """Yield the answer to each share, in order. `lost` answers what a process died of, or what no process is left for."""
        rest = iter(shares)
        busy: deque[tuple[_Process, Share]] = deque()
        waiting: list[tuple[Share, bytes]] = []
        while True:
            while self._processes and (waiting or self._take(rest, waiting)):
                process = self._free(busy, waiting[0][1])
                if process is None:
                    break
                share, data = waiting.pop()
                _send(process, data)
                busy.append((process, share))
            if not busy:
                break
            process, share = busy.popleft()
            answer = _received(process)
            if answer is None:
                self._replace(process)
                yield lost(share)
            else:
                yield answer[0]
        yield from map(lost, [share for share, _ in waiting])
        yield from map(lost, rest)

    def alone(self, share: Share) -> Answer | None:
        """Answer one share in a process of its own, None when that died. Raises OSError when none can be started."""
        process = started(self._argument, self._is_polite)
        try:
            _send(process, pickle.dumps(share, pickle.HIGHEST_PROTOCOL))
            answer = _received(process)
            return answer[0] if answer is not None else None
        finally:
            end(process)

    def close(self) -> None:
        """End the processes, also in the middle of their work; they change nothing on disk."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            end(process)
        self._processes = []

    def _start(self) -> None:
        with contextlib.suppress(OSError):
            self._processes.append(started(self._argument, self._is_polite))

    def _replace(self, process: _Process) -> None:
        if process in self._processes:
            self._processes.remove(process)
            end(process)
            if self._again > 0:
                self._again -= 1
                self._start()

    @staticmethod
    def _take(rest: Iterator[Share], waiting: list[tuple[Share, bytes]]) -> bool:
        for share in rest:
            waiting.append((share, pickle.dumps(share, pickle.HIGHEST_PROTOCOL)))
            return True
        return False

    def _free(self, busy: Iterable[tuple[_Process, Share]], data: bytes) -> _Process | None:
        """Return the process with the fewest shares that may have one more."""
        counts = {id(process): 0 for process in self._processes}
        for process, _ in busy:
            if id(process) in counts:
                counts[id(process)] += 1
        freest = min(self._processes, key=lambda process: counts[id(process)])
        return freest if counts[id(freest)] < (self._ahead if len(data) <= SMALL else 1) else None


def started(argument: str, is_polite: bool, bufsize: int = -1) -> _Process:
    """Start this program as a worker with pipes to talk to it; `is_polite`: with a low priority. Raises OSError."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | is_polite * subprocess.BELOW_NORMAL_PRIORITY_CLASS
    command, environment = own_program(argument, str(NICE * is_polite))
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        creationflags=flags, env=environment, bufsize=bufsize,
    )  # fmt: skip
    if sys.platform == "linux" and process.stdout is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE)
    return process


def end(process: _Process) -> None:
    """End a worker and close its pipes."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait()


def _send(process: _Process, data: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError, ValueError):  # a dead process is noticed when nothing comes back
        process.stdin.write(data)
        process.stdin.flush()


def _received(process: _Process) -> tuple[Any] | None:
    assert process.stdout is not None
    try:
        return (pickle.load(process.stdout),)
    except (*_FAULTS, ValueError):  # ValueError: its pipes are closed already
        return None


def serve(answer: Callable[[Any], object], nice: int) -> int:
    """Be a worker process: answer until the standard input ends; returns the exit code."""
    if hasattr(os, "nice"):
        os.nice(nice)
    with os.fdopen(0, "rb") as requests, os.fdopen(1, "wb") as answers, contextlib.suppress(*_FAULTS):
        _answer_all(answer, requests, answers)
    return 0


def _answer_all(answer: Callable[[Any], object], requests: BinaryIO, answers: BinaryIO) -> None:
    while True:
        pickle.dump(answer(pickle.load(requests)), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

"""Reads many models at once in processes of their own, so that a first scan uses all cores and the window never waits for one.

Used by the scanner for large scans. Each process is this program started with `ARGUMENT`; it gets lists of tasks on its standard
input and answers with rows on its standard output. A process that dies is not missed: its share is read here.
"""

import contextlib
import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO

from model_manager.core.library.index import KnownRow, ModelRow
from model_manager.core.library.reading import Task, read_model
from model_manager.core.library.walk import SeenFile

ARGUMENT = "--read-models"
WORTH_IT = 1_200  # models to read; a process takes a tenth of a second to start
SHARE = 64
MOST = 4
NICE = 10
_FAULTS = (OSError, EOFError, pickle.UnpicklingError)

Read = tuple[ModelRow, KnownRow]
_Share = list[tuple[Task, dict[str, SeenFile]]]


class Readers:
    """Reading processes, started when made; close them. Without any, everything is read here."""

    def __init__(self, is_polite: bool, count: int | None = None) -> None:
        """`is_polite`: give way to everything else, as beside a window."""
        self.answered = 0  # shares that a process has read; the others were read here
        self._processes: list[subprocess.Popen[bytes]] = []
        for _ in range(min(MOST, os.cpu_count() or 1) if count is None else count):
            with contextlib.suppress(OSError):
                self._processes.append(_started(is_polite))

    def read(self, tasks: Sequence[Task], files: Mapping[str, Mapping[str, SeenFile]]) -> Iterator[list[Read]]:
        """Read all tasks in order, a share at a time; `files` are those beside the models, by folder and name."""
        rest = iter(tasks)
        idle = deque(self._processes)
        busy: deque[tuple[subprocess.Popen[bytes], _Share]] = deque()
        while True:
            while idle and (share := _share(islice(rest, SHARE), files)):
                process = idle.popleft()
                _send(process, share)
                busy.append((process, share))
            if not busy:
                break
            process, share = busy.popleft()
            found = _received(process)
            if found is not None:
                self.answered += 1
                idle.append(process)
            yield found if found is not None else [read_model(*one) for one in share]
        while share := _share(islice(rest, SHARE), files):
            yield [read_model(*one) for one in share]

    def close(self) -> None:
        """End the processes, also in the middle of their work; they only read."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
            process.wait()
        self._processes = []


def _share(tasks: Iterator[Task], files: Mapping[str, Mapping[str, SeenFile]]) -> _Share:
    """Tasks with just those files beside them that belong to their model."""
    share = []
    for task in tasks:
        beside = files.get(task.folder_path, {})
        names = (*task.family.previews, *task.family.sidecars) if beside else ()
        share.append((task, {name: beside[name] for name in names if name in beside}))
    return share


def own_program(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command and environment that start this program once more, from a checkout, a wheel or frozen."""
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "model_manager"]
    return [*command, *arguments], {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _started(is_polite: bool) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | is_polite * subprocess.BELOW_NORMAL_PRIORITY_CLASS
    command, environment = own_program(ARGUMENT, str(NICE * is_polite))
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=flags, env=environment
    )


def _send(process: subprocess.Popen[bytes], share: _Share) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # a dead process is noticed when nothing comes back
        pickle.dump(share, process.stdin, pickle.HIGHEST_PROTOCOL)
        process.stdin.flush()


def _received(process: subprocess.Popen[bytes]) -> list[Read] | None:
    assert process.stdout is not None
    try:
        found: list[Read] = pickle.load(process.stdout)
    except _FAULTS:
        return None
    return found


def serve(nice: int) -> int:
    """Be a reading process: answer until the standard input ends; returns the exit code."""
    gc.disable()  # rows and facts make no circles
    if hasattr(os, "nice"):
        os.nice(nice)
    with os.fdopen(0, "rb") as requests, os.fdopen(1, "wb") as answers, contextlib.suppress(*_FAULTS):
        _answer(requests, answers)
    return 0


def _answer(requests: BinaryIO, answers: BinaryIO) -> None:
    while True:
        share: _Share = pickle.load(requests)
        pickle.dump([read_model(*one) for one in share], answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

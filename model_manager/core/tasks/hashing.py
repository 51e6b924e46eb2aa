"""The task that hashes models: one for each drive, resumable after each file. A file that was half read is begun anew.

Made by the command line and the session (`hash_tasks`), run by the engine. It reads with low priority and never on the way of a scan.
"""

import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.hashes.compute import SHA256, mark_of
from model_manager.core.hashes.finding import Listener, hashes_of, known_hashes
from model_manager.core.hashes.store import Store
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.lists import DONE, FAILED, Lists, NewTask, Result
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import HASH, REMOVE, Task
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

DRIVES_AT_ONCE = 4
LIST, _ANEW = "list", "anew"  # of the payload


def hash_tasks(folder: Path, paths: Iterable[str], is_anew: bool, work: Work) -> list[NewTask]:
    """Return a task for each drive that has models whose hash is not known (is_anew: all). `folder`: the data folder.

    Models that cannot be reached are in none of them. Raises IndexFault, Cancelled.
    """
    by_drive: dict[int, list[str]] = {}
    with Store(folder) as store:
        for device, path in _unknown(store, paths, is_anew, work):
            by_drive.setdefault(device, []).append(path)
    with Lists(folder) as lists:
        return [_task_for(lists, found, is_anew) for found in by_drive.values()]


def _unknown(store: Store, paths: Iterable[str], is_anew: bool, work: Work) -> Iterator[tuple[int, str]]:
    for path in paths:
        work.check()
        try:
            known = known_hashes(path, store)
        except FileFault:
            continue
        if is_anew or not known.hashes:
            yield known.mark.device, path


def _task_for(lists: Lists, paths: list[str], is_anew: bool) -> NewTask:
    name = lists.make(paths, HASH, is_anew)
    title = os.path.basename(paths[0]) if len(paths) == 1 else trn("Hash of {count} model", "Hashes of {count} models", len(paths))
    return NewTask(HASH, name, title, {LIST: name, _ANEW: is_anew}, unit="bytes")


def hash_kind(tools: Tools) -> TaskKind:
    """Return the kind for the engine."""
    return TaskKind(HASH, partial(_run, tools.folder), partial(clean, tools.folder), lambda: DRIVES_AT_ONCE)


def clean(folder: Path, task: Task) -> None:
    """Forget the list of a task that is cleared away; one that was cancelled may be asked for again."""
    if task.chore == REMOVE and isinstance(name := task.payload.get(LIST), str):
        with Lists(folder) as lists:
            lists.drop(name)


def _run(folder: Path, running: Running) -> str:
    name, is_anew = str(running.task.payload[LIST]), bool(running.task.payload.get(_ANEW))
    with Store(folder) as store, Lists(folder) as lists:
        results = lists.results(name)
        go = _Go(folder, running, store, results)
        for path in [one.path for one in results if not one.state]:
            running.work.check()
            lists.set(name, [go.hash(path, is_anew)])
        return _closing(lists, name)


class FileProgress(Listener):
    """Tells of one file of a task while it is read."""

    def __init__(self, running: Running, name: str, before: int, total: int) -> None:
        """before, total: bytes of the whole task, before this file and at its end."""
        self._running, self._name, self._before, self._total = running, name, before, total
        self._began, self._done = time.monotonic(), 0
        running.tell(before, total, name)

    def told(self, done: int) -> None:
        """So many bytes of the file were read."""
        self._done = done
        self._running.tell(self._before + done, self._total, self._name)

    def waiting(self) -> None:
        """Say that it is alive, so that it does not count as stalled."""
        seconds = int(time.monotonic() - self._began)
        self._running.tell(
            self._before, self._total, tr("{file} · the drive is in use, waiting {seconds} s", file=self._name, seconds=seconds)
        )

    def stopped(self) -> None:
        """Say what a stop in the middle of a file means."""
        if self._done:
            self._running.tell(self._before, self._total, tr("{file} is read from its start when this goes on.", file=self._name))


class _Go:
    """One go of the task: progress over all its files, in bytes."""

    def __init__(self, folder: Path, running: Running, store: Store, results: list[Result]) -> None:
        self._folder, self._running, self._store = folder, running, store
        self._sizes = {one.path: _size_of(one.path) for one in results}
        self._before = sum(self._sizes[one.path] for one in results if one.state)
        self._total = sum(self._sizes.values())

    def hash(self, path: str, is_anew: bool) -> Result:
        """Hash one file and say what became of it. Raises Cancelled, IndexFault."""
        progress = FileProgress(self._running, os.path.basename(path), self._before, self._total)
        try:
            found = hashes_of(path, self._store, self._folder, self._running.work, progress, is_anew)
        except FileFault as fault:
            return Result(path, FAILED, fault.text)
        except Cancelled:
            progress.stopped()
            raise
        self._before += self._sizes[path]
        return Result(path, DONE, sha256=found.hashes[SHA256])


def _size_of(path: str) -> int:
    try:
        return mark_of(path).size
    except FileFault:
        return 0


def _closing(lists: Lists, name: str) -> str:
    counts = lists.counts(name)
    parts = [trn("{count} file hashed", "{count} files hashed", counts[DONE])]
    if counts[FAILED]:
        parts.append(trn("{count} could not be read", "{count} could not be read", counts[FAILED]))
    return " · ".join(parts)

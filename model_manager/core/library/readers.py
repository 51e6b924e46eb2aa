"""Reads many models at once in processes of their own, so that a first scan uses all cores and the window never waits for one.

Used by the scanner for large scans. Each process is this program started with `ARGUMENT`; it gets lists of tasks and answers with
rows. A process that dies is not missed: its share is read here.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from model_manager.core import processes
from model_manager.core.library.index import KnownRow, ModelRow
from model_manager.core.library.reading import Task, read_model
from model_manager.core.library.walk import SeenFile

ARGUMENT = "--read-models"
WORTH_IT = 1_200  # models to read; a process takes a tenth of a second to start
SHARE = 64

Read = tuple[ModelRow, KnownRow]
_Share = list[tuple[Task, dict[str, SeenFile]]]


class Readers:
    """Reading processes, started when made; close them. Without any, everything is read here."""

    def __init__(self, is_polite: bool, count: int | None = None) -> None:
        """`is_polite`: give way to everything else, as beside a window."""
        self._workers: processes.Workers[_Share, list[Read]] = processes.Workers(ARGUMENT, is_polite, count)

    def read(self, tasks: Sequence[Task], files: Mapping[str, Mapping[str, SeenFile]]) -> Iterator[list[Read]]:
        """Read all tasks in order, a share at a time; `files` are those beside the models, by folder and name."""
        rest = iter(tasks)
        yield from self._workers.run(iter(lambda: _share(islice(rest, SHARE), files), []), _answer)

    def close(self) -> None:
        """End the processes, also in the middle of their work; they only read."""
        self._workers.close()


def _share(tasks: Iterator[Task], files: Mapping[str, Mapping[str, SeenFile]]) -> _Share:
    """Tasks with just those files beside them that belong to their model."""
    share = []
    for task in tasks:
        beside = files.get(task.folder_path, {})
        names = (*task.family.previews, *task.family.sidecars) if beside else ()
        share.append((task, {name: beside[name] for name in names if name in beside}))
    return share


def _answer(share: _Share) -> list[Read]:
    return [read_model(*one) for one in share]


def serve(nice: int) -> int:
    """Be a reading process; returns the exit code."""
    gc.disable()  # rows and facts make no circles
    return processes.serve(_answer, nice)

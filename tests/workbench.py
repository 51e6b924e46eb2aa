"""Kinds of tasks for tests: they make real files, wait where a test wants them to, and fail as they are told."""

import threading
from collections.abc import Sequence
from pathlib import Path

from small_library import lora_bytes

from model_manager.core.errors import ModelManagerError
from model_manager.core.tasks.kinds import TaskKind
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import DOWNLOAD, HASH, Task


class Workbench:
    """Two kinds, DOWNLOAD and HASH. `hold` keeps runs in their middle; `faults`: by the task's key, raised once."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.faults: dict[str, ModelManagerError] = {}
        self.cleaned: list[str] = []
        self.begun: list[str] = []
        self.at_once = 2

    def hold(self) -> None:
        """Let what runs from now on wait until `let_go`."""
        self.free.clear()

    def let_go(self) -> None:
        """Let all go on."""
        self.free.set()

    def kinds(self, *_: object) -> Sequence[TaskKind]:
        """In place of all kinds there are."""
        return [TaskKind(name, self._run, self._clean, lambda: self.at_once) for name in (DOWNLOAD, HASH)]

    def _run(self, running: Running) -> str:
        task = running.task
        self.begun.append(task.key)
        size = int(task.payload.get("size", 1000))
        running.tell(size // 2, size)
        while not self.free.wait(0.005):
            running.work.check()
        if fault := self.faults.pop(task.key, None):
            raise fault
        if path := task.payload.get("path"):
            Path(path).write_bytes(lora_bytes(task.key))
            running.save(path=path)
        running.tell(size, size)
        return "hash verified"

    def _clean(self, task: Task) -> None:
        self.cleaned.append(task.key)

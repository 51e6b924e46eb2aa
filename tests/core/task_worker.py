"""A program with an engine, for the tests that need several of them and that kill them: `task_worker.py DATA MADE [SECONDS]`.

It says "ready", works on all tasks until its input ends, and says "closed". A task that is run by two at the same time leaves MADE/doubles.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from task_case import Kinds

from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.running import Running


class Watched(Kinds):
    """Writes down when a task that is worked on is worked on once more."""

    def write(self, running: Running) -> str:
        with closing(sqlite3.connect(self.folder / f"{running.task.key}.lock", timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                (self.folder / "doubles").touch()
            with open(self.folder / "begun", "a") as file:
                file.write(running.task.key + "\n")
            return super().write(running)


if __name__ == "__main__":
    kinds = Watched(Path(sys.argv[2]), at_once=3)
    engine = Engine(Path(sys.argv[1]), kinds.all())
    engine.start()
    engine.ready()
    print("ready", flush=True)
    sys.stdin.read()
    engine.close()
    print("closed", flush=True)

"""The tasks on disk: SQLite in the data folder, shared by all running copies of the program.

Called by the engine, in the engine's own thread. `change` is the only door for a change of state: it asks the table, writes the time and
the history, all in one transaction, so a kill at any moment leaves the task before it or after it. It must never keep a key, nor the
words of an exception that is not ours.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from model_manager.core.errors import FileFault
from model_manager.core.tasks.states import (
    ACTIVE,
    ALLOWED,
    ANEW,
    CANCEL,
    CANCELLED,
    CLEAN,
    DONE,
    FAILED,
    PAUSED,
    QUEUED,
    REMOVE,
    REQUEUE,
    Change,
    Task,
    may,
)
from model_manager.core.words import tr

FILE_NAME: Final = "tasks.sqlite"
VERSION: Final = 1
MOST_CHANGES: Final = 200  # kept of a task's history; a download that is cut for days has thousands
_BUSY_SECONDS: Final = 10
_COLUMNS: Final = tuple(field.name for field in fields(Task))
_NAMES: Final = ", ".join(f'"{name}"' for name in _COLUMNS)  # quoted: `where` is a word of SQL
_SCHEMA: Final = f"""
CREATE TABLE tasks ({_NAMES.replace('"id"', '"id" INTEGER PRIMARY KEY AUTOINCREMENT', 1)}, revision INTEGER, UNIQUE (kind, key));
CREATE INDEX tasks_by_revision ON tasks (revision);
CREATE TABLE history (id INTEGER PRIMARY KEY, task INTEGER, time REAL, before TEXT, after TEXT, reason TEXT);
CREATE INDEX history_of_task ON history (task, id);
CREATE TABLE counter (revision INTEGER);
INSERT INTO counter VALUES (0);
PRAGMA user_version = {VERSION};
"""


class StoreFault(FileFault):
    """The task list cannot be read or written just now."""


class StoreDamaged(StoreFault):
    """The task list is no sound database any more; `set_aside` and start anew."""


class NotAllowed(ValueError):
    """A change that the table of states does not have: a fault of the program."""


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as fault:
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise StoreFault(tr("The disk that holds the task list is full. Free some space; the tasks go on then.")) from fault
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise StoreFault(tr("The task list cannot be written in the data folder ({reason}).", reason=fault)) from fault
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise StoreDamaged(tr("The task list is damaged ({reason}).", reason=fault)) from fault
        raise StoreFault(tr("The task list cannot be used just now ({reason}).", reason=fault)) from fault


def set_aside(path: Path) -> Path:
    """Rename a damaged task list with its journal files; returns where it lies now. Raises StoreFault."""
    target = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000}")
    try:
        path.replace(target)
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{ending}").replace(f"{target}{ending}")
    except OSError as fault:
        raise StoreFault(tr("The damaged task list could not be set aside.")) from fault
    return target


def is_sound(path: Path) -> bool:
    """Whether the file is a task list that can be read from end to end (or is not there at all)."""
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
            if db.execute("PRAGMA user_version").fetchone() != (0,):
                db.execute(f"SELECT {_NAMES}, revision FROM tasks LIMIT 1").fetchone()
                db.execute("SELECT task, time, before, after, reason FROM history LIMIT 1").fetchone()
                if db.execute("SELECT revision FROM counter").fetchone() is None:
                    return False
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError as fault:
        return fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR  # locked, or not to be opened: no proof of damage
    except sqlite3.DatabaseError:
        return False


def salvaged(path: Path) -> list[Task]:
    """The tasks that can still be read from a damaged list."""
    found = []
    with suppress(sqlite3.Error, StoreDamaged), closing(sqlite3.connect(path, isolation_level=None)) as db:
        for row in db.execute(f"SELECT {_NAMES} FROM tasks"):
            with suppress(StoreDamaged):
                found.append(_task(row))
    return found


def _out(value: Any) -> Any:
    """What SQLite can keep: a name that is not valid Unicode (Linux allows any bytes) goes in as bytes, a payload as JSON."""
    if isinstance(value, Mapping):
        return json.dumps(dict(value))
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def _in(value: Any) -> Any:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def _task(row: tuple[Any, ...]) -> Task:
    values: dict[str, Any] = {name: _in(value) for name, value in zip(_COLUMNS, row, strict=True)}
    try:
        values["payload"] = json.loads(values["payload"])
        is_task = values["state"] in ALLOWED and isinstance(values["payload"], dict) and isinstance(values["id"], int)
    except (TypeError, ValueError) as fault:
        raise StoreDamaged(tr("The task list is damaged ({reason}).", reason="payload")) from fault
    if not is_task:
        raise StoreDamaged(tr("The task list is damaged ({reason}).", reason="state"))
    return Task(**values)


class Store:
    """A connection to the task list; use it in the thread that made it and close it. All methods raise StoreFault, StoreDamaged."""

    def __init__(self, path: Path) -> None:
        """Open or create the list at `path`."""
        self.path = path
        with _guarded(), ExitStack() as on_failure:
            self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            on_failure.callback(self._db.close)
            self._make_ready()
            on_failure.pop_all()
        self._seen = 0
        self._version = -1

    def _make_ready(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StoreFault(tr("The task list was written by a newer version of this program."))
        with suppress(sqlite3.OperationalError):  # another copy is just doing it, or the folder cannot be written
            self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # safe against kills; a power cut may take the last second, never the file
        if version < VERSION:
            self._db.execute("BEGIN IMMEDIATE")
            if self._db.execute("PRAGMA user_version").fetchone() == (0,):  # nobody was faster
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        with suppress(sqlite3.Error):
            self._db.close()

    # reading

    def get(self, id_: int) -> Task | None:
        """The task as it stands in the store."""
        with _guarded():
            row = self._db.execute(f"SELECT {_NAMES} FROM tasks WHERE id = ?", (id_,)).fetchone()
        return None if row is None else _task(row)

    def all(self) -> list[Task]:
        """All tasks, by id."""
        with _guarded():
            return [_task(row) for row in self._db.execute(f"SELECT {_NAMES} FROM tasks ORDER BY id").fetchall()]

    def history(self, id_: int) -> list[Change]:
        """The changes of a task, oldest first; the first goes from "" to queued."""
        with _guarded():
            rows = self._db.execute("SELECT time, before, after, reason FROM history WHERE task = ? ORDER BY id", (id_,))
            return [Change(*row) for row in rows]

    def is_changed(self) -> bool:
        """Whether another connection wrote since this was asked the last time. Costs some microseconds."""
        with _guarded():
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
        is_new: bool = version != self._version
        self._version = version
        return is_new

    def news(self) -> tuple[list[Task], set[int]]:
        """The tasks that were written since this was asked the last time, by anybody, and the ids of all there are."""
        with _guarded():
            rows = self._db.execute(f"SELECT {_NAMES}, revision FROM tasks WHERE revision > ? ORDER BY id", (self._seen,)).fetchall()
            ids = {id_ for (id_,) in self._db.execute("SELECT id FROM tasks")}
        self._seen = max((row[-1] for row in rows), default=self._seen)
        return [_task(row[:-1]) for row in rows], ids

    # writing

    @contextmanager
    def _writing(self) -> Iterator[int]:
        """One transaction, or a part of the one around it; gives the revision for what is written."""
        is_inner = self._db.in_transaction
        with _guarded():
            if not is_inner:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.execute("UPDATE counter SET revision = revision + 1")
                yield self._db.execute("SELECT revision FROM counter").fetchone()[0]
                if not is_inner:
                    self._db.execute("COMMIT")
            finally:
                if not is_inner and self._db.in_transaction:  # something went wrong on the way
                    self._db.execute("ROLLBACK")

    def add(self, kind: str, key: str, title: str, payload: Mapping[str, Any], **values: Any) -> tuple[Task, int]:
        """Store a task, or find the one with this kind and key; returns it and the id of a done one that made way for it (0: none).

        One that was paused, has failed or was cancelled goes on. values: fields of Task.
        """
        with self._writing() as revision:
            row = self._db.execute(f"SELECT {_NAMES} FROM tasks WHERE kind = ? AND key = ?", (_out(kind), _out(key))).fetchone()
            old = None if row is None else _task(row)
            if old is not None and old.state != DONE:
                return self._asked_again(old, payload), 0
            if old is not None:
                self.remove(old.id)
            (place,) = self._db.execute("SELECT coalesce(max(place), 0) + 1 FROM tasks").fetchone()
            now = time.time()
            task = Task(0, kind, key, title, payload=payload, **{"place": place, "created": now, "changed": now, **values})
            return self._insert(task, revision), 0 if old is None else old.id

    def _insert(self, task: Task, revision: int) -> Task:
        """Write a new row; id 0 takes the next one."""
        row = [_out(getattr(task, name)) for name in _COLUMNS]
        row[0] = task.id or None
        marks = ", ".join("?" * (len(row) + 1))
        id_ = self._db.execute(f"INSERT INTO tasks ({_NAMES}, revision) VALUES ({marks})", (*row, revision)).lastrowid or 0
        self._record(id_, "", task.state, "")
        return self._there(id_)

    def _asked_again(self, old: Task, payload: Mapping[str, Any]) -> Task:
        """Let a task go on that somebody asks for once more; what it knows is kept, except after a cancel, which cleaned up."""
        if old.state in ACTIVE and old.wish:
            self._write(old.id, {"wish": ANEW if old.wish in (CANCEL, ANEW) else REQUEUE})
        if old.state not in (PAUSED, FAILED, CANCELLED):
            return self._there(old.id)
        values: dict[str, Any] = {"tries": 0, "busy": 0, "chore": CLEAN if old.chore == REMOVE else old.chore}
        if old.state == CANCELLED and not old.chore:  # else the clean-up needs what it knew
            values["payload"] = payload
        return self.change(old.id, QUEUED, why=tr("Asked for again."), **values) or old

    def change(self, id_: int, after: str, when: Callable[[Task], bool] | None = None, why: str = "", **values: Any) -> Task | None:
        """Change the state of a task, write it into its history, and return the new record.

        None, and nothing is done, when it is gone or `when` (asked within the transaction) says no: somebody was faster. why: a sentence
        for the history. values: other fields; reason, code, fix, page and due are emptied unless they are among them, and so are owner,
        wish and speed where work on it ends. Raises NotAllowed.
        """
        with self._writing():
            task = self.get(id_)
            if task is None or (when is not None and not when(task)):
                return None
            if not may(task.state, after):
                raise NotAllowed(f"A task cannot go from {task.state} to {after}")
            emptied: dict[str, Any] = {"reason": "", "code": "", "fix": "", "page": "", "due": 0.0}
            if task.state in ACTIVE and after not in ACTIVE:
                emptied |= {"owner": "", "wish": "", "speed": 0.0}
            self._write(id_, {**emptied, **values, "state": after, "changed": time.time()})
            self._record(id_, task.state, after, why or str(values.get("reason", "")))
            return self._there(id_)

    def keep(self, id_: int, when: Callable[[Task], bool] | None = None, **values: Any) -> Task | None:
        """Change other fields than the state; returns the new record, None as `change` does."""
        if "state" in values:
            raise NotAllowed("A state is changed by change() only")
        with self._writing():
            task = self.get(id_)
            if task is None or (when is not None and not when(task)):
                return None
            self._write(id_, values)
            return self._there(id_)

    def remove(self, id_: int, when: Callable[[Task], bool] | None = None) -> bool:
        """Forget a task and its history."""
        with self._writing():
            task = self.get(id_)
            if task is None or (when is not None and not when(task)):
                return False
            self._db.execute("DELETE FROM tasks WHERE id = ?", (id_,))
            self._db.execute("DELETE FROM history WHERE task = ?", (id_,))
            return True

    def restore(self, tasks: list[Task]) -> None:
        """Put back what is known of a list that was damaged, under the same ids; what is in this one already stays as it is."""
        with self._writing() as revision:
            for task in tasks:
                taken = self._db.execute("SELECT 1 FROM tasks WHERE id = ? OR (kind = ? AND key = ?)", (task.id, task.kind, _out(task.key)))
                if taken.fetchone() is None:
                    self._insert(task, revision)

    def _there(self, id_: int) -> Task:
        task = self.get(id_)
        assert task is not None  # it was written in this very transaction
        return task

    def _write(self, id_: int, values: Mapping[str, Any]) -> None:
        unknown = values.keys() - _COLUMNS
        if unknown or "id" in values:
            raise TypeError(f"A task has no field {sorted(unknown)} that can be written")
        sets = "".join(f'"{name}" = ?, ' for name in values)
        held = [_out(value) for value in values.values()]
        self._db.execute(f"UPDATE tasks SET {sets}revision = (SELECT revision FROM counter) WHERE id = ?", (*held, id_))

    def _record(self, id_: int, before: str, after: str, reason: str) -> None:
        self._db.execute(
            "INSERT INTO history (task, time, before, after, reason) VALUES (?, ?, ?, ?, ?)",
            (id_, time.time(), before, after, _out(reason)),
        )
        self._db.execute(
            "DELETE FROM history WHERE task = ?1 AND id <= (SELECT id FROM history WHERE task = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (id_, MOST_CHANGES),
        )

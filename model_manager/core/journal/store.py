"""`journal.sqlite` in the data folder: every change that was ever planned, act by act, and how far it is.

Used by writing_down, running, recovery and carrying. A plan is on the disk before the first file is touched. What became of acts comes in
batches after it happened, so for those of the last moments the disk is asked (recovery). A damaged file is set aside and said.
"""

import json
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from model_manager.core.alone import held
from model_manager.core.errors import FileFault, IndexFault
from model_manager.core.hashes.kept import Kept
from model_manager.core.journal.seen import Seen, folder_of
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    ACT_WAITS,
    DONE,
    FOLDER,
    HARD,
    NO_FOLDER,
    RUNNING,
    SHARE,
    STOPPED,
    UNDOING,
    WRITE,
    Change,
    Counts,
)
from model_manager.core.words import tr

FILE_NAME, LOCK_NAME = "journal.sqlite", "journal.lock"
ACTIVE: Final = (RUNNING, UNDOING)
_VERSION = 2  # since 2: drives
_SHIFT = 24  # an act's key is the change's id and its number
_SCHEMA = """
CREATE TABLE IF NOT EXISTS changes (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, title TEXT, time REAL, state TEXT, ended TEXT,
    note TEXT, size INTEGER, acts INTEGER, can_undo INTEGER, mark TEXT, kept INTEGER);
CREATE TABLE IF NOT EXISTS acts (key INTEGER PRIMARY KEY, state TEXT, taking INTEGER, text TEXT, is_folder INTEGER);
CREATE TABLE IF NOT EXISTS papers (key INTEGER PRIMARY KEY, act BLOB, after TEXT);
CREATE TABLE IF NOT EXISTS kept (key INTEGER, step INTEGER, before BLOB, data BLOB, PRIMARY KEY (key, step)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (change INTEGER, path TEXT, before INTEGER, after INTEGER, PRIMARY KEY (change, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drives (change INTEGER PRIMARY KEY, drives TEXT);
CREATE TABLE IF NOT EXISTS working (one INTEGER PRIMARY KEY, change INTEGER)
"""


@dataclass(slots=True)
class KeptStep:
    """A step as it is written down. seen: what was there before (of a MOVE, COPY, REMOVE: source, else: target). after: what the
    step made of it, None as long as that is what it was. before: the bytes a WRITE replaces, the traits of what a HARD or SHARE replaces.
    folder, new_folder: of source and target."""

    number: int
    sort: str
    source: str
    target: str
    seen: Seen | None = None
    after: Seen | None = None
    data: bytes | None = None
    before: bytes | None = None
    folder: str = field(init=False)
    new_folder: str = field(init=False)

    def __post_init__(self) -> None:
        """Cut the folders off once: they are asked for again and again."""
        self.folder, self.new_folder = folder_of(self.source), folder_of(self.target)


@dataclass(slots=True)
class KeptAct:
    """An act as it is written down. is_taken: it is among those that are being undone. has_bytes: its WRITE steps know theirs."""

    number: int
    state: str
    text: str
    name: str
    path: str
    new_path: str
    shown: tuple[str, str] = ("", "")
    size: int = 0
    steps: list[KeptStep] = field(default_factory=list)
    is_taken: bool = False
    has_bytes: bool = True

    @property
    def is_folder(self) -> bool:
        """Whether it only makes or removes folders."""
        return bool(self.steps) and all(step.sort in (FOLDER, NO_FOLDER) for step in self.steps)


@dataclass(slots=True)
class KeptChange:
    """A change as it is written down. ended: how it ended, RUNNING as long as it never has: then an undo is a roll back.
    mark: names its temporary files."""  # fmt: skip

    id: int
    state: str
    ended: str
    title: str
    kind: str
    mark: str
    can_undo: bool

    @property
    def is_undo(self) -> bool:
        """Whether what is at work, or was interrupted, is the undo of a change that had ended."""
        return self.ended != RUNNING

    def waits(self, act: KeptAct) -> bool:
        """Whether an act is to be done; of a change that ended before, only what its undo took back is."""
        return act.state == ACT_WAITS and (act.is_taken or not self.is_undo)


class Store:
    """A connection to the journal; use it in the thread that made it and close it."""

    def __init__(self, data: Path) -> None:
        """`data`: the data folder. Raises FileFault."""
        self._data = data
        try:
            self._file = Kept(data / FILE_NAME, _VERSION, _SCHEMA, is_lasting=True)
        except IndexFault as fault:
            raise _unusable(fault) from fault
        if self._file.was_damaged:
            text = tr("The history before this was damaged and is set aside beside {file}.", file=FILE_NAME)
            self.write(_new_change("", tr("The history begins anew"), DONE, text, 0, 0, False, "", 0))

    def close(self) -> None:
        """Close the file; harmless when called twice."""
        self._file.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return what a statement gives. Raises FileFault."""
        try:
            return self._file.rows(sql, values)
        except IndexFault as fault:
            raise _unusable(fault) from fault

    def write(self, *statements: tuple[str, Iterable[Sequence[Any]]], is_lasting: bool = True) -> None:
        """Carry out (statement, rows of values) in one transaction. Raises FileFault; nothing of it is written then."""
        try:
            self._file.write(*statements, is_lasting=is_lasting)
        except IndexFault as fault:
            raise _unusable(fault) from fault

    # a new change

    def add(self, kind: str, title: str, can_undo: bool, mark: str, acts: Sequence[KeptAct], folders: dict[str, int],
            drives: dict[str, int]) -> KeptChange:  # fmt: skip
        """Write a whole plan down, before anything happens. folders: time of each folder that will be touched, -1: not there; drives: its
        drive, or that of the one in which it will be made."""  # fmt: skip
        found = self.rows("SELECT max(seq) FROM sqlite_sequence WHERE name = 'changes'")
        id_ = (found[0][0] or 0) + 1
        kept = [(_key(id_, act.number), step.number, _packed(step.before), _packed(step.data)) for act, step in _writes(acts)]
        bytes_ = sum(len(before or b"") + len(data or b"") for _, _, before, data in kept)
        sql, values = _new_change(kind, title, RUNNING, "", sum(act.size for act in acts), len(acts), can_undo, mark, bytes_)
        self.write(
            (sql, values),
            ("INSERT INTO acts VALUES (?, ?, 0, ?, ?)", [_act_row(id_, act) for act in acts]),
            ("INSERT INTO papers VALUES (?, ?, NULL)", [_paper(id_, act) for act in acts]),
            ("INSERT INTO kept VALUES (?, ?, ?, ?)", kept),
            ("INSERT INTO folders VALUES (?, ?, ?, NULL)", [(id_, json.dumps(path), time_ns) for path, time_ns in folders.items()]),
            ("INSERT INTO drives VALUES (?, ?)", [(id_, json.dumps(drives))]),
            ("INSERT OR REPLACE INTO working VALUES (1, ?)", [(id_,)]),
        )
        return KeptChange(id_, RUNNING, RUNNING, title, kind, mark, can_undo)

    # how far it is

    def turn(self, change: KeptChange, state: str, note: str = "") -> None:
        """Give a change another state; who calls this works on it from now on, if the state is an active one."""
        ended = state if state in (DONE, STOPPED) else change.ended
        sql = "UPDATE changes SET state = ?, ended = ?, note = ? WHERE id = ?"
        self.write(
            (sql, [(state, ended, _text(note), change.id)]),
            ("INSERT OR REPLACE INTO working VALUES (1, ?)", [(change.id if state in ACTIVE else 0,)]),
        )
        change.state, change.ended = state, ended

    def settle(self, change: int, acts: Iterable[KeptAct]) -> None:
        """Write down what became of acts. It need not outlive a power cut: the disk is asked then, as it is after a kill."""
        sql = "UPDATE acts SET state = ?, taking = ?, text = ? WHERE key BETWEEN ? AND ?"
        self.write((sql, _runs(change, acts)), is_lasting=False)

    def has_done(self, change: int) -> bool:
        """Whether anything that a change did is still as it did it."""
        return bool(self.rows("SELECT 1 FROM acts WHERE key BETWEEN ? AND ? AND state = ? LIMIT 1", (*_keys(change), ACT_DONE)))

    def take(self, change: int, numbers: Sequence[int], is_all: bool) -> None:
        """Mark the acts that are to be undone, and only those; is_all: they are all that are done."""
        chosen = [(_key(change, number),) for number in numbers]
        self.write(
            ("UPDATE acts SET taking = ? AND state = ? WHERE key BETWEEN ? AND ?", [(is_all, ACT_DONE, *_keys(change))]),
            ("UPDATE acts SET taking = 1 WHERE key = ?", [] if is_all else chosen),
        )

    def note_after(self, change: int, act: KeptAct) -> None:
        """Write down what the files are that an act is about to give their names."""
        after = json.dumps({step.number: step.after for step in act.steps if step.after is not None})
        self.write(("UPDATE papers SET after = ? WHERE key = ?", [(after, _key(change, act.number))]))

    # what is there

    def change(self, id_: int) -> KeptChange | None:
        """Return a change to work on."""
        found = self.rows("SELECT id, state, ended, title, kind, mark, can_undo FROM changes WHERE id = ?", (id_,))
        return KeptChange(*found[0]) if found else None

    def acts(self, change: int) -> list[KeptAct]:
        """Return all acts of a change with their steps, in order; the bytes of WRITE steps are read by `fill`."""
        sql = (
            "SELECT acts.key, state, text, taking, act, after FROM acts JOIN papers USING (key) WHERE acts.key BETWEEN ? AND ? "
            "ORDER BY acts.key"
        )
        return [_act(row) for row in self.rows(sql, _keys(change))]

    def drives(self, change: int) -> dict[str, int]:
        """Return which folder was on which drive when a change was written down."""
        return next((dict(json.loads(text)) for (text,) in self.rows("SELECT drives FROM drives WHERE change = ?", (change,))), {})

    def was_there(self, change: int) -> set[str]:
        """Return the folders of a change that were there when it was written down."""
        return {json.loads(path) for (path,) in self.rows("SELECT path FROM folders WHERE change = ? AND before <> -1", (change,))}

    def fill(self, change: int, act: KeptAct) -> None:
        """Read the bytes that the WRITE steps of an act are about, if they have not been read."""
        if act.has_bytes:
            return
        act.has_bytes = True
        for step_number, before, data in self.rows("SELECT step, before, data FROM kept WHERE key = ?", (_key(change, act.number),)):
            step = act.steps[step_number]
            step.before, step.data = _unpacked(before), _unpacked(data)

    def changes(self, limit: int, before: int = 0, id_: int = 0) -> list[Change]:
        """Return entries of the history, newest first, older than `before` where that is not 0."""
        sql = "SELECT id, kind, title, time, state, acts, size, note, can_undo FROM changes WHERE (? = 0 OR id < ?) AND (? = 0 OR id = ?) "
        found = self.rows(sql + "ORDER BY id DESC LIMIT ?", (before, before, id_, id_, limit))
        working = self._worked_on() if any(row[4] in ACTIVE for row in found) else 0
        return [self._shown(row, working) for row in found]

    def active(self) -> list[Change]:
        """Return the changes that are at work or were interrupted, newest first."""
        found = self.rows("SELECT id FROM changes WHERE state IN (?, ?) ORDER BY id DESC", ACTIVE)
        return [change for (id_,) in found for change in self.changes(1, id_=id_)]

    def drop(self, changes: Iterable[int]) -> None:
        """Forget changes altogether."""
        ids = list(changes)
        keys = [_keys(id_) for id_ in ids]
        by_key = [(f"DELETE FROM {table} WHERE key BETWEEN ? AND ?", keys) for table in ("acts", "papers", "kept")]
        by_id = [
            ("DELETE FROM folders WHERE change = ?", [(id_,) for id_ in ids]),
            ("DELETE FROM drives WHERE change = ?", [(id_,) for id_ in ids]),
            ("DELETE FROM changes WHERE id = ?", [(id_,) for id_ in ids]),
        ]
        self.write(*by_key, *by_id)

    def _shown(self, row: Sequence[Any], working: int) -> Change:
        id_, kind, title, time_, state, acts, size, note, can_undo = row
        sql = "SELECT state, count(*), total(is_folder) FROM acts WHERE key BETWEEN ? AND ? GROUP BY state"
        counts = {name: (count, int(folders)) for name, count, folders in self.rows(sql, _keys(id_))}
        (done, *_), (failed, *_), (undone, *_) = found = [counts.get(name, (0, 0)) for name in (ACT_DONE, ACT_FAILED, ACT_UNDONE)]
        of_folders = Counts(sum(folders for _, folders in counts.values()), *(folders for _, folders in found))
        is_interrupted = state in ACTIVE and id_ != working
        can = bool(can_undo) and done > 0 and state not in ACTIVE
        return Change(id_, kind, title, time_, state, acts, done, failed, undone, size, note, is_interrupted, can, of_folders)

    def _worked_on(self) -> int:
        """The change that a living process works on just now, 0: none."""
        lock = held(self._data / LOCK_NAME)
        if lock is not None:
            lock.close()
            return 0
        found = self.rows("SELECT change FROM working")
        return int(found[0][0]) if found else 0


def _new_change(*values: Any) -> tuple[str, list[Sequence[Any]]]:
    kind, title, state, note, size, acts, can_undo, mark, kept = values
    columns = "kind, title, time, state, ended, note, size, acts, can_undo, mark, kept"
    row = (kind, _text(title), time.time(), state, state, _text(note), size, acts, can_undo, mark, kept)
    return f"INSERT INTO changes ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [row]


def _runs(change: int, acts: Iterable[KeptAct]) -> list[list[Any]]:
    """What became of acts, in one row for all that follow each other and came to the same."""
    found: list[list[Any]] = []
    for number, *became in sorted((act.number, act.state, act.is_taken, _text(act.text)) for act in acts):
        key = _key(change, number)
        if found and found[-1][:3] == became and found[-1][4] == key - 1:
            found[-1][4] = key
        else:
            found.append([*became, key, key])
    return found


def _key(change: int, act: int) -> int:
    return change << _SHIFT | act


def _keys(change: int) -> tuple[int, int]:
    return _key(change, 0), _key(change + 1, 0) - 1


def _text(text: str) -> str:
    """A text as SQLite takes it: names of files may hold what is no character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _writes(acts: Iterable[KeptAct]) -> Iterable[tuple[KeptAct, KeptStep]]:
    return ((act, step) for act in acts for step in act.steps if step.data is not None or step.before is not None)


def _packed(data: bytes | None) -> bytes | None:
    return None if data is None else zlib.compress(data, 1)


def _unpacked(data: bytes | None) -> bytes | None:
    return None if data is None else zlib.decompress(data)


def _act_row(change: int, act: KeptAct) -> tuple[int, str, str, bool]:
    return _key(change, act.number), act.state, _text(act.text), act.is_folder


def _paper(change: int, act: KeptAct) -> tuple[int, bytes]:
    """An act as one text of parts that no name can have a NUL in: six of its own, five of each step."""
    parts = [act.name.replace("\0", " "), act.path, act.new_path, *act.shown, str(act.size)]
    for step in act.steps:
        if step.seen is None:
            parts += (step.sort, step.source, step.target, "", "")
            continue
        mode, bytes_, mtime_ns, inode, device, link = step.seen
        parts += (step.sort, step.source, step.target, f"{mode} {bytes_} {mtime_ns} {inode} {device}", link)
    return _key(change, act.number), "\0".join(parts).encode("utf-8", "surrogatepass")


def _act(row: Sequence[Any]) -> KeptAct:
    key, state, text, taking, paper, noted = row
    name, path, new_path, before, now, size, *parts = paper.decode("utf-8", "surrogatepass").split("\0")
    left = json.loads(noted) if noted else {}
    steps: list[KeptStep] = []
    for number, (sort, source, target, numbers, link) in enumerate(zip(*[iter(parts)] * 5, strict=True)):
        seen = None
        if numbers:
            mode, bytes_, mtime_ns, inode, device = numbers.split(" ")
            seen = Seen(int(mode), int(bytes_), int(mtime_ns), int(inode), int(device), link)
        after = Seen(*left[str(number)]) if left and str(number) in left else None
        steps.append(KeptStep(number, sys.intern(sort), source, target, seen, after))
    has_bytes = all(step.sort not in (WRITE, HARD, SHARE) for step in steps)
    number = key & (1 << _SHIFT) - 1
    return KeptAct(number, state, text, name, path, new_path, (before, now), int(size), steps, bool(taking), has_bytes)


def _unusable(fault: IndexFault) -> FileFault:
    return FileFault(tr("The history of changes cannot be written or read: {reason}", reason=fault.text))

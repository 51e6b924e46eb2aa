"""Which pictures and videos of ComfyUI's output folders used a model, and which of them would make the best preview.

Called by the dialog's jobs and by bulk. What was found is kept in a small database in the data folder, which can be thrown away at any
time; a second look opens only files that are new or have changed. It never writes into an output folder.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from model_manager.core.comfyui.embedded import PICTURES, VIDEOS, read_embedded
from model_manager.core.comfyui.used_names import TAG, Name, key_of, names_in
from model_manager.core.errors import FileFault
from model_manager.core.library import layouts
from model_manager.core.library.entry import ModelRecord, Place
from model_manager.core.paths import normalize, path_key
from model_manager.core.previews.records import Output
from model_manager.core.previews.shape import PORTRAITS
from model_manager.core.words import tr
from model_manager.core.work import Work

FILE_NAME = "outputs.sqlite"
MADE = 1  # raise it when files are understood differently: then all are read again
TINY = 256  # pixels: the longest side of what is no picture to show
MOST_FILES = 500_000
_DEEPEST = 16
_EACH = 200  # files between two commits
_ENDINGS = PICTURES + VIDEOS
_TABLES = """
CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, path TEXT UNIQUE, size INTEGER, mtime_ns INTEGER, width INTEGER, height INTEGER,
    loras INTEGER);
CREATE TABLE IF NOT EXISTS names (base TEXT, key TEXT, kind TEXT, file INTEGER);
CREATE INDEX IF NOT EXISTS names_base ON names (base);
CREATE INDEX IF NOT EXISTS names_file ON names (file);
"""


class _Seen(NamedTuple):
    path: str
    size: int
    mtime_ns: int


def output_folders(installs: Iterable[str]) -> list[str]:
    """Return the folders into which the given ComfyUIs (and their relatives) save, as far as they are there."""
    found: dict[str, str] = {}
    for install in installs:
        layout = layouts.layout_of(install)
        base = os.path.dirname(layout.models) if layout.sort == layouts.MODELS else layout.base
        names = {layouts.WEBUI: ("outputs", "output"), layouts.STABILITY_MATRIX: ("Images",)}.get(layout.sort, ("output",))
        for path in (os.path.join(base, name) for name in names):
            if layout.sort not in (layouts.BARE, layouts.GONE) and os.path.isdir(path):
                found.setdefault(path_key(os.path.realpath(path)), normalize(path))
    return list(found.values())


class Usage:
    """What is known of the output folders. Close it; each thread opens its own."""

    def __init__(self, data_folder: Path) -> None:
        """Open `outputs.sqlite` in the data folder, or make it; a broken one is made again. Raises FileFault."""
        path = data_folder / FILE_NAME
        try:
            data_folder.mkdir(parents=True, exist_ok=True)
            try:
                self._db = _opened(path)
            except sqlite3.DatabaseError:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
                self._db = _opened(path)
        except (OSError, sqlite3.Error) as error:
            raise FileFault(
                tr("What your pictures were made with cannot be noted in {folder}: {reason}.", folder=data_folder, reason=error)
            ) from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def refresh(self, folders: Iterable[str], work: Work) -> int:
        """Look through the output folders and read what is new; returns how many files were opened. Raises Cancelled, FileFault.

        What was read before a stop stays known.
        """
        try:
            return self._refresh([normalize(folder) for folder in folders], work)
        except sqlite3.Error as error:
            raise FileFault(tr("What your pictures were made with could not be noted: {reason}.", reason=error)) from error

    def _refresh(self, folders: Sequence[str], work: Work) -> int:
        known = {path: (id_, size, mtime) for id_, path, size, mtime in self._db.execute("SELECT id, path, size, mtime_ns FROM files")}
        new: list[_Seen] = []
        there: set[str] = set()
        missed: list[str] = []
        for seen in _walk(folders, missed, work):
            there.add(seen.path)
            if known.get(seen.path, (0,))[1:] != (seen.size, seen.mtime_ns):
                new.append(seen)
            work.progress(tr("Looking through your outputs"), len(there))
        away = tuple(os.path.join(folder, "") for folder in missed)
        self._drop([row[0] for path, row in known.items() if path not in there and not (away and path.startswith(away))])
        memo: dict[str, frozenset[Name]] = {}
        new.sort(key=lambda seen: -seen.mtime_ns)
        try:
            for number, seen in enumerate(new):
                work.check()
                work.progress(tr("Reading what made your outputs"), number, len(new))
                self._read(seen, known.get(seen.path, (0,))[0], memo)
                if number % _EACH == _EACH - 1:
                    self._db.commit()
        finally:
            self._db.commit()
        return len(new)

    def _read(self, seen: _Seen, id_: int, memo: dict[str, frozenset[Name]]) -> None:
        found = read_embedded(seen.path)
        text = "\0".join(found.texts.get(name, "") for name in ("prompt", "parameters", "workflow"))
        names = memo.get(text)
        if names is None:
            if len(memo) >= 16:
                memo.clear()
            names = memo[text] = names_in(found.texts)
        if id_:
            self._drop([id_])
        loras = len({key for kind, key in names if kind == "loras"})
        row = (seen.path, seen.size, seen.mtime_ns, found.width, found.height, loras)
        cursor = self._db.execute("INSERT INTO files (path, size, mtime_ns, width, height, loras) VALUES (?, ?, ?, ?, ?, ?)", row)
        rows = [(_base(key), key, kind, cursor.lastrowid) for kind, key in names]
        self._db.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", rows)

    def _drop(self, ids: Sequence[int]) -> None:
        self._db.executemany("DELETE FROM names WHERE file = ?", [(id_,) for id_ in ids])
        self._db.executemany("DELETE FROM files WHERE id = ?", [(id_,) for id_ in ids])

    def outputs_of(self, record: ModelRecord, most: int = 24) -> list[Output]:
        """Return at most `most` pictures and videos that used the model, the best preview first. Raises FileFault."""
        try:
            rows = self._rows(record.kind, record.path, record.places)
        except sqlite3.Error as error:
            raise FileFault(tr("What your pictures were made with cannot be read: {reason}.", reason=error)) from error
        ranked = sorted(rows, key=lambda row: row[1], reverse=True)[: most * 4]  # the newest
        outputs = [_output(row, record.kind == "loras") for row in ranked]
        outputs = [one for one in outputs if one.is_video or not one.width or max(one.width, one.height) >= TINY]
        scores = {one.path: _score(one) + 1.5 * (1 - place / len(outputs)) for place, one in enumerate(outputs)}
        best = sorted(outputs, key=lambda one: -scores[one.path])
        return [one for one in best[: most * 2] if os.path.isfile(one.path)][:most]

    def last_uses(self) -> dict[tuple[str, str], float]:
        """Return when each name was used last, as (kind or "", key) -> epoch seconds of the newest output. Raises FileFault."""
        sql = "SELECT kind, key, MAX(mtime_ns) FROM names JOIN files ON files.id = names.file GROUP BY kind, key"
        try:
            return {(kind, key): moment / 1e9 for kind, key, moment in self._db.execute(sql)}
        except sqlite3.Error as error:
            raise FileFault(tr("What your pictures were made with cannot be read: {reason}.", reason=error)) from error

    def count(self, kind: str, path: str, places: Iterable[Place]) -> int:
        """Return how many of the pictures and videos that are known used a model. Raises FileFault."""
        try:
            return len(self._rows(kind, path, places))
        except sqlite3.Error as error:
            raise FileFault(tr("What your pictures were made with cannot be read: {reason}.", reason=error)) from error

    def _rows(self, own_kind: str, path: str, places: Iterable[Place]) -> list[tuple[str, int, int, int, int]]:
        ways = {(place.kind, key_of(place.name)) for place in places} or {(own_kind, key_of(os.path.basename(path)))}
        keys = {key for _, key in ways}
        bases = {_base(key) for key in keys}
        kinds = {kind for kind, _ in ways} | {""}
        exact: dict[str, tuple[str, int, int, int, int]] = {}
        near: dict[str, tuple[str, int, int, int, int]] = {}
        for base in bases:
            for key, kind, *row in self._db.execute(
                "SELECT key, kind, path, mtime_ns, width, height, loras FROM names JOIN files ON files.id = names.file WHERE base = ?",
                (base,),
            ):
                if kind in kinds:
                    (exact if key in keys or key.startswith(TAG) else near)[row[0]] = (row[0], row[1], row[2], row[3], row[4])
        return list((exact or near).values())


def _base(key: str) -> str:
    return key.removeprefix(TAG).rpartition("/")[2]


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=10)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(db.close)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != MADE:
            db.executescript("DROP TABLE IF EXISTS files; DROP TABLE IF EXISTS names;")
        db.executescript(_TABLES)
        db.execute(f"PRAGMA user_version={MADE}")
        db.execute("SELECT count(*) FROM names").fetchone()
        on_failure.pop_all()
    return db


def _walk(folders: Iterable[str], missed: list[str], work: Work) -> Iterator[_Seen]:
    """Yield the pictures and videos below the folders, links followed, each real folder once. Folders that fail go to `missed`."""
    pending = [(folder, 0) for folder in folders]
    visited: set[str] = set()
    count = 0
    while pending and count < MOST_FILES:
        folder, depth = pending.pop()
        real = os.path.realpath(folder)
        if real in visited:
            continue
        visited.add(real)
        work.check()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.name.lower().endswith(_ENDINGS):
                        if (seen := _seen(entry)) is not None:
                            count += 1
                            yield seen
                    elif depth < _DEEPEST and _is_folder(entry):
                        pending.append((entry.path, depth + 1))
        except (OSError, ValueError):
            missed.append(folder)


def _seen(entry: os.DirEntry[str]) -> _Seen | None:
    try:
        if not entry.is_file():
            return None
        state = entry.stat()
        entry.path.encode("utf-8")  # what SQLite cannot keep
    except (OSError, ValueError):
        return None
    return _Seen(entry.path, state.st_size, state.st_mtime_ns)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _output(row: tuple[str, int, int, int, int], is_lora: bool) -> Output:
    path, mtime_ns, width, height, loras = row
    is_video = path.lower().endswith(VIDEOS)
    return Output(path, mtime_ns / 1e9, width, height, loras <= is_lora, is_video)


def _score(output: Output) -> float:
    """Return how well a picture would do; what is recent is added by the caller."""
    score = 0.0
    if output.width and output.height:
        shape = output.width / output.height
        score += 2.0 if PORTRAITS[0] <= shape <= PORTRAITS[1] else 1.5 if shape <= 1.05 else 0.5
        score += 0.5 if max(output.width, output.height) >= 768 else 0.0
        score -= 3.0 if not 0.3 <= shape <= 3 else 0.0
    score += 2.0 * output.is_alone
    name = os.path.basename(output.path).lower()
    if "grid" in name or "-grids" in os.path.dirname(output.path).lower() or "contact" in name:
        score -= 4.0
    return score

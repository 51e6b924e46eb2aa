"""The runs over many previews: which models, from what, and what became of each, in a file of its own in the data folder.

Written when a run is asked for and by the task that carries it out (`previewing`); read for its report, and to take it back, also after a
restart. Texts are kept as JSON in ASCII: names of files may hold what SQLite does not take.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from model_manager.core.hashes.kept import Kept
from model_manager.core.previews.records import BulkItem, BulkOptions, BulkPlan, Ended, Form, Look, Report, Source

FILE_NAME: Final = "preview-runs.sqlite"
WAITS, DONE, FAILED, _KEPT, UNDONE = "", "done", "failed", "kept", "undone"  # states of a model in a run

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, made REAL, options TEXT);
CREATE TABLE IF NOT EXISTS items (run TEXT, place INTEGER, model INTEGER, item TEXT, state TEXT, sort TEXT, earlier TEXT, texts TEXT,
    PRIMARY KEY (run, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_by_state ON items (run, state, place);
CREATE INDEX IF NOT EXISTS items_by_model ON items (run, model)
"""
_FORGOTTEN_SECONDS: Final = 90 * 86_400


class Written(NamedTuple):
    """A preview that a run wrote. earlier: the id of what it replaced, in the history."""

    model: int
    path: str
    earlier: str


class Item(NamedTuple):
    """A model of a run. state: DONE, FAILED, UNDONE, or "" when it waits. text: why not, or what else there is to say."""

    place: int
    model: int
    name: str
    path: str
    state: str
    text: str


class Entry(NamedTuple):
    """A run in a list of them. number: grows. time: epoch seconds. counts: models by state; only: the name of its one model."""

    number: int
    name: str
    time: float
    counts: dict[str, int]
    only: str = ""


class Runs:
    """The file of runs. A connection belongs to the thread that made it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the data folder. Raises IndexFault."""
        self._kept = Kept(folder / FILE_NAME, _VERSION, _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, plan: BulkPlan) -> str:
        """Store a plan as a new run and return its name."""
        return self._add(plan.items, plan.options)

    def note(self, ended: Sequence[Ended]) -> int:
        """Store what was done already, as a run that is over; returns its number (see Entry)."""
        name = self._add([one.item for one in ended], BulkOptions())
        self.end(name, ended)
        return int(self._kept.rows("SELECT rowid FROM runs WHERE name = ?", (name,))[0][0])

    def _add(self, items: Sequence[BulkItem], options: BulkOptions) -> str:
        now = time.time()
        name = blake2b(f"{now} {id(items)} {len(items)}".encode(), digest_size=16).hexdigest()
        rows = [(name, place, item.id, _item_text(item)) for place, item in enumerate(items)]
        old = [(now - _FORGOTTEN_SECONDS,)]
        self._kept.write(
            ("DELETE FROM items WHERE run IN (SELECT name FROM runs WHERE made < ?)", old),
            ("DELETE FROM runs WHERE made < ?", old),
            ("INSERT INTO runs VALUES (?, ?, ?)", [(name, now, _text(asdict(options)))]),
            ("INSERT INTO items VALUES (?, ?, ?, ?, '', '', '', '')", rows),
        )
        return name

    def options(self, name: str) -> BulkOptions | None:
        """Return what was asked for, None for a run that is not known (its file was damaged and begun anew)."""
        rows = self._kept.rows("SELECT options FROM runs WHERE name = ?", (name,))
        return _options(json.loads(rows[0][0])) if rows else None

    def counts(self, name: str) -> tuple[int, int]:
        """Return how many models a run has, and how many of them are still to be done."""
        rows = self._kept.rows("SELECT COUNT(*), TOTAL(state = '') FROM items WHERE run = ?", (name,))
        return int(rows[0][0]), int(rows[0][1])

    def left(self, name: str, most: int) -> list[BulkItem]:
        """Return the next models that are to be done, in order."""
        sql = "SELECT item FROM items WHERE run = ? AND state = '' ORDER BY place LIMIT ?"
        return [_item(json.loads(text)) for (text,) in self._kept.rows(sql, (name, most))]

    def end(self, name: str, ended: Iterable[Ended]) -> None:
        """Write down what became of some models."""
        sql = "UPDATE items SET state = ?, sort = ?, earlier = ?, texts = ? WHERE run = ? AND model = ?"
        self._kept.write((sql, [(*_state_of(one), name, one.item.id) for one in ended]))

    def written(self, name: str) -> list[Written]:
        """Return the previews of a run that can be taken back, the newest first."""
        sql = "SELECT model, item, earlier FROM items WHERE run = ? AND state = ? AND earlier != '' ORDER BY place DESC"
        return [Written(model, str(json.loads(item)["path"]), earlier) for model, item, earlier in self._kept.rows(sql, (name, DONE))]

    def taken_back(self, name: str, models: Iterable[int]) -> None:
        """Write down that the former pictures of these models are back."""
        self._kept.write(("UPDATE items SET state = ? WHERE run = ? AND model = ?", [(UNDONE, name, model) for model in models]))

    def entries(self, number: int = 0) -> list[Entry]:
        """Return all runs with models that were changed or are to be, the newest first; or the one with this number."""
        sql = "SELECT rowid, name, made FROM runs WHERE ? = 0 OR rowid = ? ORDER BY made DESC, rowid DESC"
        found = self._kept.rows(sql, (number, number))
        counts: dict[str, dict[str, int]] = {}
        of_one = (found[0][1] if number and found else "",)
        sql = "SELECT run, state, COUNT(*) FROM items WHERE state != ? AND (? = '' OR run = ?) GROUP BY run, state"
        for run, state, count in self._kept.rows(sql, (_KEPT, *of_one, *of_one)):
            counts.setdefault(run, {})[state] = count
        return [
            Entry(id_, run, made, counts[run], self._only(run) if sum(counts[run].values()) == 1 else "")
            for id_, run, made in found
            if run in counts
        ]

    def _only(self, name: str) -> str:
        rows = self._kept.rows("SELECT item FROM items WHERE run = ? AND state != ? LIMIT 1", (name, _KEPT))
        return str(json.loads(rows[0][0])["name"])

    def items(self, name: str) -> list[Item]:
        """Return the models of a run, without those that were left alone, in order."""
        sql = "SELECT place, model, item, state, texts FROM items WHERE run = ? AND state != ? ORDER BY place"
        found = []
        for place, model, text, state, texts in self._kept.rows(sql, (name, _KEPT)):
            item = json.loads(text)
            said = " ".join(map(str, json.loads(texts))) if texts else ""
            found.append(Item(place, model, str(item["name"]), str(item["path"]), state, said))
        return found

    def report(self, name: str) -> Report:
        """Return what a run did so far."""
        options = self.options(name) or BulkOptions()
        counts: dict[str, int] = dict.fromkeys(options.order, 0)
        for sort, count in self._kept.rows("SELECT sort, COUNT(*) FROM items WHERE run = ? AND sort != '' GROUP BY sort", (name,)):
            counts[sort] = counts.get(sort, 0) + count
        states = dict(self._kept.rows("SELECT state, COUNT(*) FROM items WHERE run = ? GROUP BY state", (name,)))
        said = {state: tuple(self._said(name, state)) for state in (FAILED, DONE)}
        shown = {sort: count for sort, count in counts.items() if count}
        made = len(self.written(name))
        numbers = (states.get(_KEPT, 0), states.get(WAITS, 0), states.get(UNDONE, 0))
        return Report(shown, made, said[FAILED], said[DONE], name, *numbers)

    def _said(self, name: str, state: str) -> Iterator[tuple[str, str]]:
        sql = "SELECT item, texts FROM items WHERE run = ? AND state = ? AND texts != '' ORDER BY place"
        for item, texts in self._kept.rows(sql, (name, state)):
            title = str(json.loads(item)["name"])
            yield from ((title, str(text)) for text in json.loads(texts))


def _state_of(one: Ended) -> tuple[str, str, str, str]:
    if one.is_kept:
        return _KEPT, "", "", ""
    if one.applied is None:
        return FAILED, "", "", _text([one.fault])
    return DONE, one.sort, one.applied.earlier_id, _text(one.warnings) if one.warnings else ""


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _item_text(item: BulkItem) -> str:
    sources = [[one.sort, one.path, one.number, one.note] for one in item.sources]
    look = [item.look.fit, *item.look.focus, item.look.zoom]
    return _text({"id": item.id, "path": item.path, "name": item.name, "sources": sources, "look": look})


def _item(found: dict[str, Any]) -> BulkItem:
    sources = tuple(Source(str(sort), str(path), int(number), str(note)) for sort, path, number, note in found["sources"])
    fit, across, down, zoom = found["look"]
    return BulkItem(int(found["id"]), str(found["path"]), str(found["name"]), sources, Look(fit, (across, down), zoom))


def _options(found: dict[str, Any]) -> BulkOptions:
    return BulkOptions(tuple(found["order"]), bool(found["only_missing"]), Form(**found["form"]), bool(found.get("is_conversion")))

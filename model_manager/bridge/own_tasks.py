"""What workers do for the person's own order: plan edits, read what each field says, write lists.

Plain functions that the runner gets, loaded on first need; nothing here knows a widget or a signal.
"""

import csv
import dataclasses
import io
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from model_manager.core.errors import ModelManagerError
from model_manager.core.formats.health import judge
from model_manager.core.formats.read import read_facts
from model_manager.core.journal.steps import Plan
from model_manager.core.library.entry import FieldValue, ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import label_one
from model_manager.core.library.records import read_record
from model_manager.core.library.rows import Row
from model_manager.core.paths import replace_file
from model_manager.core.sidecars.own_values import FIELDS, Edits, family_of, field_values
from model_manager.core.tidy.carrying import carry_out
from model_manager.core.tidy.editing import plan_edit
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.tidy.taking_in import plan_import
from model_manager.core.words import trn
from model_manager.core.work import Work

COLUMNS = ("name", "type", "base model", "version", "author", "size", "rating", "favourite", "colour", "collections", "category", "group",
           "tags", "trigger words", "path")  # fmt: skip
MOST_TOLD = 2  # models of a check that are told of by name
MOST_COMPARED = 2_000  # models whose fields are compared for the sheet; of more it is not said what they have in common
CLOSING_SECONDS = 3.0  # how long the end of the program waits for the last edits
log = logging.getLogger(__name__)


class _Short(Work):
    """Work that stops by itself."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + seconds

    @property
    def is_cancelled(self) -> bool:
        """True when the time is over."""
        return time.monotonic() > self._until

    def check(self) -> None:
        """Raise Cancelled when the time is over."""
        if self.is_cancelled:
            self.cancel()
        super().check()


def finish(plans: Sequence[Callable[[Path, Path], Plan]], data: Path, index: Path) -> None:
    """Carry out the edits that still wait at the end of the program, one after the other, within some seconds. Raises nothing."""
    work = _Short(CLOSING_SECONDS)
    try:
        for make in plans:
            work.check()
            if not (plan := make(data, index)).is_empty:
                carry_out(data, plan, work)
    except ModelManagerError as fault:
        log.warning("The last edits were not carried out: %s", fault.text)


def plan_edits(ids: Sequence[int], edits: Edits, title: str, data: Path, index: Path, work: Work | None = None) -> Plan:
    """Plan the same edits of these models; for `Orders.plan` all but the data folder and the index are given before. Raises Cancelled."""
    found, refused = subjects(index, ids)
    return plan_edit(found, edits, title, refused, work)


def plan_imports(ids: Sequence[int], data: Path, index: Path) -> Plan:
    """Plan to take in what other programs' files say of these models."""
    found, refused = subjects(index, ids)
    return plan_import(found, refused)


def rows_of(index: Path, ids: Sequence[int]) -> list[Row]:
    """What the index says of these models."""
    with Index(index) as opened:
        return list(opened.rows(ids))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the sheet shows of its models. values: of one model, or what all of them say; mixed: fields in which they differ.

    words: of tags and collections in how many models each stands. own: in how many models a field was set by the person.
    count: of models; names: of the first few; file: the file of the first; refused: sentences about those that cannot be edited.
    """

    count: int
    names: tuple[str, ...]
    values: Mapping[str, FieldValue]
    mixed: frozenset[str]
    words: Mapping[str, Mapping[str, int]]
    own: Mapping[str, int]
    refused: tuple[str, ...] = ()
    file: str = ""


def read_fields(index: Path, ids: Sequence[int], work: Work) -> Shown:
    """Read what the fields of these models say, and in which of them they differ. Raises Cancelled."""
    found, refused = subjects(index, ids[:MOST_COMPARED])
    values: dict[str, FieldValue] = {}
    mixed: set[str] = set()
    words: dict[str, dict[str, int]] = {"tags": {}, "collections": {}, "trigger_words": {}}
    own = dict.fromkeys(FIELDS, 0)
    for subject in found:
        work.check()
        for name, value in _fields(subject).items():
            own[name] += value.is_own
            if name in words and isinstance(value.shown, tuple):
                for word in value.shown:
                    words[name][word] = words[name].get(word, 0) + 1
            if name in values and values[name].shown != value.shown:
                mixed.add(name)
            values.setdefault(name, value)
    if len(ids) > MOST_COMPARED:
        mixed = set(FIELDS)
    told = tuple(dict.fromkeys(one.text for one in refused))
    names = tuple(subject.name for subject in found[:3])
    file = found[0].file if found else ""
    return Shown(len(ids) - len(refused), names, values, frozenset(mixed), words, own, told, file)


def _fields(subject: Subject) -> dict[str, FieldValue]:
    folder, model = os.path.split(subject.real)
    return field_values(folder, model, family_of(folder, model, subject.names), subject.facts)


def export(path: Path, ids: Sequence[int], target: str) -> str:
    """Write these models as a list: CSV (a table), JSON (all that is known), or their paths; returns a sentence. Raises FileFault."""
    with Index(path) as index:
        records = [record for id_ in ids if (record := read_record(index, id_)) is not None]
    suffix = os.path.splitext(target)[1].lower()
    if suffix == ".csv":
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(map(_line, records))
        data = text.getvalue().encode("utf-8-sig", "surrogateescape")  # the mark is for Excel
    elif suffix == ".json":
        data = (json.dumps([dataclasses.asdict(record) for record in records], indent=2, default=dict) + "\n").encode("ascii")
    else:
        data = "".join(f"{record.path}\n" for record in records).encode("utf-8", "surrogateescape")
    replace_file(target, data)
    return trn("{count} model was written to {file}.", "{count} models were written to {file}.", len(records), file=target)


def _line(record: ModelRecord) -> tuple[object, ...]:
    details = record.details
    return (
        record.name, label_one(record.kind), details.base_model or record.facts.base_model, details.version, details.author, record.size,
        details.rating or "", "yes" if details.favourite else "", details.colour, "; ".join(details.collections), details.category,
        details.group, "; ".join(details.tags), "; ".join(details.trigger_words), record.path,
    )  # fmt: skip


class Checked(NamedTuple):
    """What came of a check: a sentence, and the models with which something is wrong."""

    text: str
    bad: tuple[int, ...] = ()


def check(path: Path, ids: Sequence[int], work: Work) -> Checked:
    """Read the whole header of these models again. Raises Cancelled."""
    said: list[str] = []
    bad: list[int] = []
    count = 0
    with Index(path) as index:
        for number, id_ in enumerate(ids):
            work.check()
            record = read_record(index, id_)
            if record is None or record.is_away:
                continue
            work.progress(record.name, number, len(ids))
            count += 1
            verdict, reason = judge(read_facts(record.path, record.size, is_thorough=True), os.path.basename(record.path), record.kind)
            if verdict != "ok":
                bad.append(id_)
                said.append(f"{record.name}: {reason}")
    if not bad:
        return Checked(trn("{count} model was checked; it is sound.", "{count} models were checked; all are sound.", count))
    told = trn("{count} of {all} models needs attention:", "{count} of {all} models need attention:", len(bad), all=f"{count:,}")
    return Checked(" ".join((told, *said[:MOST_TOLD])), tuple(bad))

"""The plain functions behind backups in the window: measure, write, look into one, plan a restore.

Run in workers; nothing here knows the window.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import NamedTuple

from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import Plan
from model_manager.core.settings import Settings, load_settings
from model_manager.core.tidy.backup import write_backup
from model_manager.core.tidy.backup_gather import Backed, Options, measure
from model_manager.core.tidy.backup_match import ALL as ALL
from model_manager.core.tidy.backup_match import KEPT, NEW, REPLACED, SAME, compare
from model_manager.core.tidy.backup_match import MISSING as MISSING
from model_manager.core.tidy.backup_match import NEWER as NEWER
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.tidy.carrying import interrupted
from model_manager.core.tidy.restoring import LOCAL_SETTINGS, plan_restore, sweep
from model_manager.core.words import tr, trn
from model_manager.core.work import Work


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be backed up. query: a search, "" for all models."""

    query: str = ""
    has_history: bool = False
    has_settings: bool = True


class Written(NamedTuple):
    """A backup that is there. text: a sentence on it; faults: (path, why) of files that are not in it."""

    path: str
    text: str
    faults: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """What is to come back from the archive at `path`. rule: MISSING, NEWER or ALL."""

    path: str
    rule: str = MISSING
    has_history: bool = False
    has_settings: bool = False


class Look(NamedTuple):
    """What is in a backup, beside what is here. about: name and day; counts: lines on what would become of its files; can: whether
    anything would be restored. has_history, has_settings: whether it has these at all."""  # fmt: skip

    about: str
    counts: tuple[str, ...]
    can: bool
    has_history: bool
    has_settings: bool


def measured(data: Path, index: Path, wish: Wish, work: Work) -> str:
    """What a backup would hold, in words."""
    return _amounts(measure(data, index, _options(wish), work))


def written(data: Path, index: Path, wish: Wish, target: str, is_over: bool, work: Work) -> Written:
    """Write a backup."""
    backed = write_backup(data, index, target, _options(wish, is_over), work)
    text = tr("The backup {file} is written and proven: {amounts}.", file=os.path.basename(backed.path), amounts=_amounts(backed))
    return Written(backed.path, text, tuple(backed.faults))


def _options(wish: Wish, is_over: bool = False) -> Options:
    return Options(wish.query, wish.has_history, wish.has_settings, is_over)


def _amounts(backed: Backed) -> str:
    files = trn("{count} file", "{count} files", backed.files)
    models = trn("{count} model", "{count} models", backed.models)
    return tr("{files} of {models}, {size}", files=files, models=models, size=size_text(backed.archive or backed.size))


def looked_into(data: Path, index: Path, wish: RestoreWish, work: Work) -> Look:
    """Compare a backup with what is here. Raises FileFault when it is none."""
    with Archive(wish.path) as archive:
        found, contents = compare(data, index, archive, wish.rule, work, wish.has_history), archive.contents
    words = (
        (NEW, ("{count} new file", "{count} new files")), (REPLACED, ("{count} file is replaced", "{count} files are replaced")),
        (KEPT, ("{count} other file here stays as it is", "{count} other files here stay as they are")),
        (SAME, ("{count} file is the same", "{count} files are the same")),
    )  # fmt: skip
    lines = [trn(*text, found.counts[state]) for state, text in words if found.counts[state]]
    if found.lost:
        lines.append(trn("{count} model of the backup is not here now", "{count} models of the backup are not here now", len(found.lost)))
    if found.faults:
        count = len(found.faults)
        lines.append(trn("{count} file in it cannot be used", "{count} files in it cannot be used", count))
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(contents.made))
    models = trn("{count} model", "{count} models", len(contents.models))
    about = tr("{file} · {models} · of {day}", file=os.path.basename(wish.path), models=models, day=day)
    can = wish.has_settings or any(match.is_changing for match in found.matches)
    return Look(about, tuple(lines), can, any(contents.earlier.values()), contents.settings is not None)


def restore_plan(wish: RestoreWish) -> Callable[[Path, Path], Plan]:
    """What the orders ask for a plan."""
    return partial(_planned, wish)


def _planned(wish: RestoreWish, data: Path, index: Path) -> Plan:
    work = Work()
    with Archive(wish.path) as archive:
        found = compare(data, index, archive, wish.rule, work, wish.has_history)
        return plan_restore(data, archive, found, work, wish.has_settings)


def swept(data: Path, plan: Plan | None) -> None:
    """Remove what a restore unpacked, and what older ones left, unless a change waits to be finished."""
    if not interrupted(data):
        sweep(data, plan)


def settings_of(data: Path, settings: Settings) -> None:
    """Take settings that were restored into those in use, but for what belongs to this computer."""
    found, _ = load_settings(data)
    for one in fields(Settings):
        if one.name not in LOCAL_SETTINGS:
            setattr(settings, one.name, getattr(found, one.name))

"""What a restore would do: which model here each model of a backup is, and for each of its files whether it is new, the same, or another.

Called by restoring, in a worker or on the command line. It reads files beside models to compare them, and must never change anything.
Where a file goes is the folder of the model here and that model's own stem with a known ending, never a path out of the archive.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import SHA256, mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.paths import folds_case, long_path, name_key, path_key
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.sidecars.suffixes import PREVIEWS, SIDECARS, STILLS, stem_of
from model_manager.core.tidy.backup_index import BackedFile, BackedModel
from model_manager.core.tidy.backup_models import Local, local_models
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.words import tr
from model_manager.core.work import Work

MISSING, NEWER, ALL = "missing", "newer", "all"  # the rules: only what is not there; also what is newer; everything
NEW, REPLACED, KEPT, SAME = "new", "replaced", "kept", "same"  # what becomes of a file
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one file of a backup. target: where it goes; present: (size, mtime_ns) of what is there, None for nothing."""

    file: BackedFile
    target: str
    state: str
    present: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A model of the backup and the one it is here. note: what a person should know of it ("was moved since"). gone: pictures that
    give way, since the backup's picture has another name and every tool prefers another. earlier: states for its history."""  # fmt: skip

    model: BackedModel
    local: Local
    fates: tuple[Fate, ...]
    note: str = ""
    gone: tuple[str, ...] = ()
    earlier: tuple[tuple[BackedFile, ...], ...] = ()

    def count(self, state: str) -> int:
        """How many files come to this."""
        return sum(fate.state == state for fate in self.fates)

    @property
    def is_changing(self) -> bool:
        """Whether anything is written."""
        return bool(self.gone or self.earlier or any(fate.state in (NEW, REPLACED) for fate in self.fates))


@dataclass(slots=True)
class Comparison:
    """A backup beside the library as it is now. lost: (model, why) of those that have no model here. counts: state -> files."""

    path: str
    rule: str
    made: float
    matches: list[Match] = field(default_factory=list)
    lost: list[tuple[BackedModel, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """Bytes that would be written."""
        return sum(fate.file.size for match in self.matches for fate in match.fates if fate.state in (NEW, REPLACED))


def compare(data: Path, index: Path, archive: Archive, rule: str, work: Work, has_history: bool = False) -> Comparison:
    """Compare a backup with the library. Raises IndexFault, Cancelled."""
    found = Comparison(archive.path, rule, archive.contents.made, faults=list(archive.faults))
    contents = archive.contents
    history = History(data / FOLDER_NAME)
    groups = (contents.files, contents.earlier) if has_history else (contents.files,)
    wanted = [model for number, model in contents.models.items() if any(group.get(number) for group in groups)]
    with Store(data) as store:
        here = _Here(list(local_models(index, "", work)), store, wanted)
        for done, model in enumerate(wanted):
            work.check()
            work.progress(tr("Comparing with the backup"), done, len(wanted))
            local, text = here.find(model)
            if local is None:
                found.lost.append((model, text))
                continue
            match = _matched(model, local, text, contents.files.get(model.number, ()), rule, found.faults)
            if has_history:
                match = _with_earlier(match, contents.earlier.get(model.number, ()), history)
            found.matches.append(match)
            found.counts.update(fate.state for fate in match.fates)
    return found


class _Here:
    """The models of the library, by all that one of a backup can be known by."""

    def __init__(self, models: Sequence[Local], store: Store, wanted: Iterable[BackedModel]) -> None:
        """wanted: all of the backup; what lies where it lay is nobody else's."""
        self._store = store
        self._by_place = {(model.root, model.below): model for model in models}
        self._by_real = {path_key(model.real): model for model in models}
        self._by_name: dict[tuple[str, int], list[Local]] = {}
        for model in models:
            self._by_name.setdefault((model.file, model.size), []).append(model)
        self._given = {placed.id for model in wanted if (placed := self._at_its_place(model)) is not None}

    def _at_its_place(self, model: BackedModel) -> Local | None:
        placed = self._by_place.get((model.root, model.path))
        return placed if placed is not None and placed.size == model.size else None

    def find(self, model: BackedModel) -> tuple[Local | None, str]:
        """Return the model here and what is to be said of it, or None and why there is none."""
        placed = self._at_its_place(model)
        if placed is not None:
            return self._there(placed, "")
        placed = self._free(self._by_place.get((model.root, model.path)))
        moved = self._by_hash(model.sha256) or self._named(model)
        if moved is not None:
            self._given.add(moved.id)
            return self._there(moved, tr("was elsewhere: {path}", path=f"{model.root}/{model.path}"))
        if len(self._all_named(model)) > 1:
            return None, tr("Several models here have its name and size, and no hash tells which it is.")
        if placed is not None:
            self._given.add(placed.id)
            return self._there(placed, tr("the model is another file now"))
        return None, tr("There is no such model here now.")

    def _free(self, local: Local | None) -> Local | None:
        """The model, unless it is another one of the backup."""
        return local if local is not None and local.id not in self._given else None

    @staticmethod
    def _there(local: Local, note: str) -> tuple[Local | None, str]:
        return (None, tr("It is on a drive that is away.")) if local.is_away else (local, note)

    def _by_hash(self, sha256: str) -> Local | None:
        if not sha256:
            return None
        paths = self._store.paths_of(sha256)
        return next((found for key in map(path_key, paths) if (found := self._free(self._by_real.get(key))) is not None), None)

    def _all_named(self, model: BackedModel) -> list[Local]:
        return [one for one in self._by_name.get((model.file, model.size), ()) if one.id not in self._given]

    def _named(self, model: BackedModel) -> Local | None:
        """The one model of this name and size, if its hash does not tell that it is another."""
        found = self._all_named(model)
        same_kind = [one for one in found if one.kind == model.kind] or found
        if len(same_kind) != 1:
            return None
        known = ""
        with suppress(FileFault):
            known = self._store.hashes(same_kind[0].real, mark_of(same_kind[0].real)).get(SHA256, "")
        return same_kind[0] if not known or not model.sha256 or known == model.sha256 else None


def _matched(model: BackedModel, local: Local, note: str, files: Iterable[BackedFile], rule: str, faults: list[tuple[str, str]]) -> Match:
    stills = {name for name in local.names if _ending(name, local.file) in STILLS}
    newest = max((mark[1] for name in stills if (mark := _mark(os.path.join(local.folder, name)))), default=None)
    fates: list[Fate] = []
    taken: set[str] = set()
    for file in files:
        name = _name_here(model, local, file)
        if not name or path_key(name) in taken:
            text = tr("{file} is left out: it is not the name of a preview or sidecar of {model}.", file=file.name, model=model.file)
            faults.append((file.name, text))
            continue
        taken.add(path_key(name))
        fates.append(_fate(file, os.path.join(local.folder, name), rule, bool(stills) and _ending(name, local.file) in STILLS, newest))
    gone = _giving_way(local, stills, fates) if rule != MISSING else ()
    return Match(model, local, tuple(fates), note, gone)


def _name_here(model: BackedModel, local: Local, file: BackedFile) -> str:
    """The name a file gets beside the model here, "" for what is no preview or sidecar of it."""
    for before, now in ((stem_of(model.file), stem_of(local.file)), (model.file, local.file)):
        ending = file.name[len(before) :]
        if file.name.startswith(before) and ending.lower() in (*SIDECARS, *PREVIEWS):
            return _spelled(now + ending, local)
    return ""


def _spelled(name: str, local: Local) -> str:
    """The spelling the file has here already, where the system takes both for one name."""
    return next((one for one in local.names if folds_case() and name_key(one) == name_key(name)), name)


def _ending(name: str, model: str) -> str:
    return name[len(stem_of(model)) :].lower()


def _fate(file: BackedFile, target: str, rule: str, has_still: bool, newest: int | None) -> Fate:
    mark = _mark(target)
    if mark is None:
        if has_still and (rule == MISSING or (rule == NEWER and newest is not None and file.mtime_ns <= newest)):
            return Fate(file, target, KEPT)  # there is a picture, under another name
        return Fate(file, target, NEW if not os.path.lexists(long_path(target)) else KEPT)
    if mark[0] == file.size and _sum_of(target) == file.sum:
        return Fate(file, target, SAME, mark)
    is_wanted = (rule == ALL or (rule == NEWER and file.mtime_ns > mark[1])) and not os.path.islink(long_path(target))
    return Fate(file, target, REPLACED if is_wanted else KEPT, mark)


def _giving_way(local: Local, stills: set[str], fates: Sequence[Fate]) -> tuple[str, ...]:
    """Pictures here that would hide the restored one; a model that shares its stem keeps them."""
    coming = {os.path.basename(fate.target) for fate in fates if fate.state in (NEW, REPLACED) and is_still(fate, local)}
    wanted = {os.path.basename(fate.target) for fate in fates}
    return tuple(sorted(stills - wanted)) if coming and not local.others else ()


def is_still(fate: Fate, local: Local) -> bool:
    """Whether a file is a picture of the model."""
    return _ending(os.path.basename(fate.target), local.file) in STILLS


def _with_earlier(match: Match, earlier: Iterable[BackedFile], history: History) -> Match:
    """Add the states of its history that are not here, whole ones with plain names only."""
    states: dict[str, list[BackedFile]] = {}
    for file in earlier:
        state, slash, name = file.name.partition("/")
        if slash and _is_plain(state) and _is_plain(name):
            states.setdefault(state, []).append(file)
    whole = tuple(
        tuple(sorted(files, key=lambda file: file.name.endswith("/entry.json")))  # what makes it count comes last
        for state, files in states.items()
        if any(file.name.endswith("/entry.json") for file in files) and not history.place_of(match.local.real, state).exists()
    )
    return Match(match.model, match.local, match.fates, match.note, match.gone, whole)


def _is_plain(name: str) -> bool:
    return bool(name) and len(name) < 100 and all(letter.isalnum() or letter in "-_." for letter in name) and not name.startswith(".")


def _mark(path: str) -> tuple[int, int] | None:
    """Size and time of a plain file (links followed), None for anything else."""
    try:
        about = os.stat(long_path(path))
    except (OSError, ValueError):
        return None
    return (about.st_size, about.st_mtime_ns) if stat.S_ISREG(about.st_mode) else None


def _sum_of(path: str) -> str:
    digest = blake2b(digest_size=16)
    try:
        with open(long_path(path), "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return ""
    return digest.hexdigest()

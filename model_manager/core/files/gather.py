"""Finds the models among files and folders that were dropped, and the files beside each that are its own.

Called by intake. It lists folders and opens nothing; links are followed, each real folder once. It never raises for what cannot be
read: that is told in `Gathered.faults`.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.library.entry import Family
from model_manager.core.library.kinds import OTHER, is_diffusers_folder, is_ignored_folder, is_model, is_partial
from model_manager.core.paths import long_path, normalize, plain_reason
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.words import tr
from model_manager.core.work import Work

MOST_MODELS: Final = 50_000
MOST_FOLDERS: Final = 50_000
DEEPEST: Final = 40


@dataclass(frozen=True, slots=True)
class Part:
    """One file to bring. name: below the target folder, with the system's separator; it begins with the find's stem."""

    source: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Find:
    """One model among what was dropped, with all that is its own.

    path: of the model file, or of a diffusers folder (is_folder). below: the dropped folders around it, outermost first.
    parts: what comes beside it first, the model last. family: names beside it, for reading its sidecars.
    """

    path: str
    stem: str
    size: int
    parts: tuple[Part, ...]
    below: tuple[str, ...] = ()
    is_folder: bool = False
    family: Family = field(default_factory=Family)

    @property
    def name(self) -> str:
        """What a person calls it: the file's or folder's name."""
        return os.path.basename(self.path)


@dataclass(slots=True)
class Gathered:
    """What was found. others: files that belong to no model; partials: unfinished downloads, left alone."""

    finds: list[Find] = field(default_factory=list)
    others: int = 0
    partials: int = 0
    faults: list[str] = field(default_factory=list)


def gather(paths: Iterable[str], work: Work) -> Gathered:
    """Look through dropped files and folders. Raises Cancelled."""
    search = _Search(work)
    files: dict[str, set[str]] = {}
    for path in dict.fromkeys(normalize(path) for path in paths):
        if os.path.isdir(long_path(path)):
            search.folder(path)
        else:
            files.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
    for folder, names in files.items():
        search.files(folder, names)
    return search.found


class _Search:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._passed: set[str] = set()
        self._taken: set[str] = set()
        self.found = Gathered()

    def folder(self, top: str) -> None:
        """Look through a dropped folder and all below it."""
        steps: list[tuple[str, tuple[str, ...]]] = [(top, (os.path.basename(top),))]
        while steps:
            self._work.check()
            folder, below = steps.pop()
            self._work.progress(tr("Looking at what you dropped"), len(self.found.finds))
            real = os.path.realpath(folder)
            if real in self._passed:
                continue
            if len(self._passed) >= MOST_FOLDERS or len(self.found.finds) >= MOST_MODELS or len(below) > DEEPEST:
                self._fault(tr("There is more below {path} than can be added at once. Add the rest afterwards.", path=folder))
                return
            self._passed.add(real)
            names, folders = self._list(folder)
            if is_diffusers_folder(names):
                self._diffusers(folder, below[:-1])
                continue
            self._models(folder, names, names, below)
            steps += [(os.path.join(folder, name), (*below, name)) for name in sorted(folders, reverse=True)]

    def files(self, folder: str, wanted: set[str]) -> None:
        """Take single files dropped from one folder; what belongs to a model among them comes along."""
        names, _ = self._list(folder)
        missing = wanted - names.keys()
        for name in sorted(missing):
            self._fault(tr("{path} is not there any more, or is not a file.", path=os.path.join(folder, name)))
        self._models(folder, {name: size for name, size in names.items() if name in wanted}, names, ())

    def _models(self, folder: str, wanted: dict[str, int], beside: dict[str, int], below: tuple[str, ...]) -> None:
        """Pair the models among `wanted` with the files of their folder."""
        self.found.partials += sum(is_partial(name) for name in wanted)
        models = sorted(name for name in wanted if is_model(OTHER, name))
        all_models = {name for name in beside if is_model(OTHER, name)}
        found = families(all_models, beside) if models else {}
        unknown = strangers(all_models, beside) if models else {}
        used: set[str] = set()
        for name in models:
            family = found.get(name, Family())
            own = dict.fromkeys((*family.sidecars, *family.previews, *unknown.get(name, ())))
            used.update(own)
            path = os.path.join(folder, name)
            if path in self._taken:
                continue
            self._taken.add(path)
            parts = tuple(Part(os.path.join(folder, one), one, beside[one]) for one in (*own, name))
            self.found.finds.append(Find(path, stem_of(name), sum(part.size for part in parts), parts, below, False, family))
        self.found.others += sum(name not in used and name not in all_models and not is_partial(name) for name in wanted)

    def _diffusers(self, top: str, below: tuple[str, ...]) -> None:
        """Take a whole folder as one model: its files belong together."""
        stem, parts, steps = os.path.basename(top), [], [(top, os.path.basename(top), 0)]
        while steps:
            self._work.check()
            folder, name, depth = steps.pop()
            files, folders = self._list(folder)
            parts += [Part(os.path.join(folder, one), os.path.join(name, one), size) for one, size in files.items() if not is_partial(one)]
            deeper = [one for one in folders if depth < DEEPEST and not os.path.islink(os.path.join(folder, one))]
            steps += [(os.path.join(folder, one), os.path.join(name, one), depth + 1) for one in deeper]
        parts.sort(key=lambda part: part.name.endswith("model_index.json"))
        self.found.finds.append(Find(top, stem, sum(part.size for part in parts), tuple(parts), below, True))

    def _list(self, folder: str) -> tuple[dict[str, int], list[str]]:
        """The plain files of a folder with their sizes, and the folders in it that are looked into."""
        files: dict[str, int] = {}
        folders: list[str] = []
        try:
            with os.scandir(long_path(folder)) as entries:
                for entry in entries:
                    self._sort(entry, files, folders)
        except OSError as fault:
            self._fault(tr("{path} cannot be read: {reason}.", path=folder, reason=plain_reason(fault)))
        return files, folders

    def _sort(self, entry: os.DirEntry[str], files: dict[str, int], folders: list[str]) -> None:
        try:
            about = entry.stat()
        except OSError as fault:  # a link that leads nowhere, or a file that just went
            if is_model(OTHER, entry.name):
                self._fault(tr("{path} cannot be read: {reason}.", path=entry.path, reason=plain_reason(fault)))
            return
        if stat.S_ISDIR(about.st_mode):
            if not is_ignored_folder(entry.name):
                folders.append(entry.name)
        elif stat.S_ISREG(about.st_mode):
            files[entry.name] = about.st_size

    def _fault(self, text: str) -> None:
        if text not in self.found.faults:
            self.found.faults.append(text)


def strangers(models: Iterable[str], names: Iterable[str]) -> dict[str, list[str]]:
    """Return files of unknown kind that go by a model's exact stem or whole name ("x.yaml", "x.safetensors.sha256"), by model."""
    by_name: dict[str, list[str]] = {}
    known = set(models)
    for model in known:
        by_name.setdefault(stem_of(model), []).append(model)
        by_name.setdefault(model, []).append(model)
    found: dict[str, list[str]] = {}
    for name in names:
        if name not in known and not is_partial(name) and "." in name[1:]:
            for model in by_name.get(stem_of(name), ()):
                found.setdefault(model, []).append(name)
    return found

"""What goes into a backup: previews and sidecars of the models that match, and their earlier pictures where wanted.

Called by backup. It lists folders and asks for sizes; it opens no file, and must never change anything.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from model_manager.core.paths import long_path
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.tidy.backup_index import FILES, HISTORY
from model_manager.core.tidy.backup_models import Local, local_models
from model_manager.core.words import tr
from model_manager.core.work import Work


@dataclass(frozen=True, slots=True)
class Options:
    """What goes into a backup. query: which models, as in the search box. is_over: a file that has the name already is replaced."""

    query: str = ""
    has_history: bool = False
    has_settings: bool = True
    is_over: bool = False


@dataclass(slots=True)
class Backed:
    """What a backup holds, or would hold. size: bytes of its files; archive: bytes of the archive, 0 for a dry run. faults: (path, why)."""

    path: str
    models: int = 0
    files: int = 0
    earlier: int = 0
    size: int = 0
    archive: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)


def measure(data: Path, index: Path, options: Options, work: Work) -> Backed:
    """Return what a backup would hold, wherever it is written. Raises IndexFault, BadQuery, Cancelled."""
    wanted = gather(data, index, options, work)
    files = [file for one in wanted for file in one.files]
    earlier = sum(file.sort == HISTORY for file in files)
    return Backed("", len(wanted), len(files) - earlier, earlier, sum(file.size for file in files))


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to be backed up. sort: FILES, HISTORY or SETTINGS; name: as the list of the archive has it."""

    sort: str
    path: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model and its files."""

    model: Local
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of them."""
        return sum(file.size for file in self.files)


def gather(data: Path, index: Path, options: Options, work: Work) -> list[Wanted]:
    """Return the models that have something to be backed up. Raises IndexFault, BadQuery, Cancelled."""
    history = History(data / FOLDER_NAME)
    taken: set[str] = set()  # models of one stem share their files
    found: list[Wanted] = []
    for model in local_models(index, options.query, work):
        work.progress(tr("Looking for previews and sidecars"), len(found))
        files = [*_beside(model, taken), *(_earlier(model, history) if options.has_history else ())]
        if files:
            found.append(Wanted(model, tuple(files)))
    return found


def _beside(model: Local, taken: set[str]) -> Iterator[File]:
    for name in model.names:
        path = os.path.join(model.folder, name)
        size = size_of(path)
        if size >= 0 and path not in taken:
            taken.add(path)
            yield File(FILES, path, name, size)


def _earlier(model: Local, history: History) -> Iterator[File]:
    for place in history.places(model.real):
        with suppress(OSError):  # it made room for a newer one just now
            for name in sorted(os.listdir(place)):
                path = os.path.join(place, name)
                yield File(HISTORY, path, f"{place.name}/{name}", max(0, size_of(path)))


def size_of(path: str) -> int:
    """The bytes of a file, -1 for what is none."""
    try:
        return os.path.getsize(long_path(path)) if os.path.isfile(long_path(path)) else -1
    except OSError:
        return -1

"""The files of a search: each once, however many names it has, with what is known of it.

Called by finding. A file is looked at (never opened) here, and what was found out of it is written into the store in batches, so that a
search that is stopped goes on where it was.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from model_manager.core.hashes.compute import Mark
from model_manager.core.library.index import FolderRow
from model_manager.core.library.walk import LATEST, mtime_of
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.twins.listing import Entry
from model_manager.core.twins.records import Unread
from model_manager.core.twins.store import Facts, Store

_EACH = 200  # files between two writes


@dataclass(slots=True, eq=False)
class File:
    """A file on a drive. entries: the models of the index that it is. sha256: "" while it is not known."""

    path: str
    mark: Mark
    allocated: int
    links: int
    entries: list[Entry] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    sha256: str = ""


@dataclass(slots=True, eq=False)
class Content:
    """Files with the same bytes; the first stands for all."""

    files: list[File]

    @property
    def ids(self) -> set[int]:
        """The models of the index that they are."""
        return {entry.id for file in self.files for entry in file.entries}


class Files:
    """All files that were looked at."""

    def __init__(self, folders: dict[int, FolderRow], store: Store) -> None:
        self._folders, self._store = folders, store
        self._by_id: dict[tuple[int, int], File] = {}
        self._by_entry: dict[int, File] = {}
        self._failed: dict[str, Unread] = {}
        self._unsaved: dict[str, File] = {}

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be compared."""
        return tuple(self._failed.values())

    def real(self, entry: Entry) -> str:
        """The real path of a model, "" when its folder is not known any more."""
        folder = self._folders.get(entry.folder)
        return os.path.join(folder.path, entry.file) if folder is not None else ""

    def get(self, id_: int) -> File | None:
        """The file of a model that was looked at."""
        return self._by_entry.get(id_)

    def look(self, entries: Sequence[Entry]) -> list[File]:
        """Look at the files of these models and return them, each once; what is known of them comes along."""
        unseen = (entry for entry in entries if entry.id not in self._by_entry)
        new = [file for entry in unseen if (file := self._looked(entry)) is not None and len(file.entries) == 1]
        known = self._store.facts({file.path: file.mark for file in new})
        for file in new:
            file.facts = known.get(file.path, file.facts)
        return list(dict.fromkeys(file for entry in entries if (file := self._by_entry.get(entry.id)) is not None))

    def _looked(self, entry: Entry) -> File | None:
        path = self.real(entry)
        if not path or path in self._failed:
            return None
        try:
            about = os.stat(long_path(path))
        except FileNotFoundError:
            return None  # the next scan tells of it
        except (OSError, ValueError) as error:
            self.fail(path, plain_reason(error) if isinstance(error, OSError) else str(error))
            return None
        mark = Mark(about.st_size, mtime_of(about), about.st_dev & LATEST, about.st_ino & LATEST)
        file = self._by_id.get((mark.device, mark.inode)) if mark.inode else None
        if file is None:
            blocks = getattr(about, "st_blocks", None)
            file = File(path, mark, mark.size if blocks is None else blocks * 512, about.st_nlink)
            if mark.inode:
                self._by_id[mark.device, mark.inode] = file
        file.entries.append(entry)
        self._by_entry[entry.id] = file
        return file

    def fail(self, path: str, reason: str) -> None:
        """A file cannot be compared."""
        self._failed[path] = Unread(path, reason)

    def has_failed(self, file: File) -> bool:
        """Whether a file could not be compared."""
        return file.path in self._failed

    def learned(self, file: File) -> None:
        """Something was found out about a file."""
        self._unsaved[file.path] = file
        if len(self._unsaved) >= _EACH:
            self.save()

    def save(self) -> None:
        """Write down what was found out since. Raises IndexFault."""
        facts, self._unsaved = [(file.path, file.mark, file.facts) for file in self._unsaved.values()], {}
        if facts:
            self._store.save(facts)


def contents(files: Iterable[File]) -> list[Content]:
    """Each file as a content of its own."""
    return [Content([file]) for file in files]

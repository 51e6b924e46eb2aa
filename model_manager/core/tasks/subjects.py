"""The models of a task that fetches details: what the library and the hashes know of each, and what it still needs.

Used by details alone. It reads the index, the store of hashes and, for a preview that is locked, the `.info`; it writes nothing.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.amounts import size_text
from model_manager.core.errors import FileFault
from model_manager.core.hashes.compute import AUTOV3, SHA256
from model_manager.core.hashes.finding import Hashed, hashes_of, known_hashes
from model_manager.core.hashes.store import Store
from model_manager.core.library import catalogue
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record
from model_manager.core.online.matches import Local
from model_manager.core.previews.state import read_state
from model_manager.core.settings import Settings
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, INFO
from model_manager.core.tasks.hashing import FileProgress
from model_manager.core.tasks.lists import AWAY, FAILED, UNCHANGED, Result
from model_manager.core.tasks.running import Running
from model_manager.core.words import tr

_RETRAINED: Final = ("loras", "embeddings", "hypernetworks")  # whose headers people edit, which leaves AutoV3 as it was
NO_PICTURE: Final = "picture:{}:{}"  # version, level; remembered as an answer "not there"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a task was asked for. began: epoch seconds; with force, older answers do not count."""

    details: bool
    previews: bool
    force: bool
    began: float

    @property
    def since(self) -> float:
        """The oldest answer that counts, epoch seconds."""
        return self.began if self.force else 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that needs something, and how it can be identified."""

    record: ModelRecord
    local: Local
    needs_details: bool
    needs_preview: bool


class Subjects:
    """Looks at one model after the other."""

    def __init__(self, index: Index, store: Store, folder: Path, settings: Settings, wishes: Wishes) -> None:
        self._index, self._store, self._folder, self._settings, self._wishes = index, store, folder, settings, wishes

    def look(self, path: str) -> Subject | Result | None:
        """Return a model that can be asked for now, what became of it where nothing is to be done, or None: it must be hashed first."""
        record = self._record(path)
        if record is None:
            return Result(path, FAILED, tr("It is not in the library any more."))
        if record.is_away:
            return Result(path, AWAY, tr("It is on a drive that is away."))
        try:
            known = known_hashes(path, self._store)
        except FileFault as fault:
            return Result(path, FAILED, fault.text)
        needs_details = self._wishes.details and (self._wishes.force or not self._has_details(record, known))
        needs_preview = self._wishes.previews and self._lacks_preview(record)
        if not needs_details and not needs_preview:
            ids = record.details.model_id, record.details.version_id
            return Result(path, UNCHANGED, "", known.hashes.get(SHA256, "") if known.is_sure else "", *ids)
        is_known = not self._wishes.force and self._has_details(record, known)
        if not known.hashes and not is_known:
            return None
        return Subject(record, self._local(record, known), needs_details, needs_preview)

    def hashed(self, path: str, running: Running, done: int, total: int) -> Subject | Result:
        """Return a model after it was hashed; progress is told between `done` and the next. Raises FileFault, Cancelled, IndexFault."""
        name = os.path.basename(path)
        hashes_of(path, self._store, self._folder, running.work, _Note(running, name, done, total))
        again = self.look(path)
        if again is None or (isinstance(again, Subject) and not again.local.is_sure):
            raise FileFault(tr("{path} was changed while it was read. Try again when nothing writes to it.", path=path))
        return again

    def _record(self, path: str) -> ModelRecord | None:
        id_ = catalogue.find_model(self._index, path)
        return read_record(self._index, id_) if id_ is not None else None

    def _has_details(self, record: ModelRecord, known: Hashed) -> bool:
        """Whether its `.info` names its version, and the file is not known to be another one."""
        told = record.details.sources.get("version_id", "")
        if not told.endswith(INFO) or told.endswith(CIVITAI_INFO) or not record.details.version_id:
            return False
        sha256 = known.hashes.get(SHA256, "") if known.is_sure else ""
        answer = self._store.answers([sha256]).get(sha256)
        return answer is None or not answer.is_there or answer.version_id == record.details.version_id

    def _lacks_preview(self, record: ModelRecord) -> bool:
        if any(preview.sort != "embedded" for preview in record.previews):
            return False
        if any(name.lower().endswith(INFO) for name in record.sidecars) and read_state(record.path).is_locked:
            return False
        asked = NO_PICTURE.format(record.details.version_id, self._settings.adult_level)
        return not record.details.version_id or asked not in self._store.answers([asked], self._wishes.since)

    def _local(self, record: ModelRecord, known: Hashed) -> Local:
        details, found = record.details, known.hashes
        is_retrained = record.kind in _RETRAINED or record.facts.kind in _RETRAINED
        autov3 = found.get(AUTOV3, "") if is_retrained and known.is_sure else ""
        return Local(
            record.path, os.path.basename(record.path), known.mark.size, found.get(SHA256, ""), known.is_sure, autov3,
            details.model_id, details.version_id,
        )  # fmt: skip


class _Note(FileProgress):
    """Says in a task that counts models how far a file is."""

    def __init__(self, running: Running, name: str, done: int, total: int) -> None:
        self._models = done, total
        super().__init__(running, name, done, total)

    def told(self, done: int) -> None:
        """So many bytes of the file were read."""
        self._done = done
        self._running.tell(*self._models, tr("Reading {file} · {size}", file=self._name, size=size_text(done)))

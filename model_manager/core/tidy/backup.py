"""Writes previews and sidecars of the library into one archive: beside its name, read back to the last byte, and only then named.

Called by bridge in a worker and by the command line. It only reads what it backs up; the target may lie on any drive. An archive is a zip:
pictures as they are, texts packed; `backup_index` says what its list holds. It never replaces a file unless told to, and after a fault or a
stop nothing is left of it.
"""

import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Final

from model_manager import __version__
from model_manager.core.amounts import size_text
from model_manager.core.errors import FileFault, NoRoom
from model_manager.core.files.volumes import RESERVE, volume_of
from model_manager.core.hashes.compute import SHA256, Mark, mark_of
from model_manager.core.hashes.store import Store
from model_manager.core.paths import long_path, plain_reason, rename_new, temporary_name
from model_manager.core.settings import FILE_NAME as SETTINGS_NAME
from model_manager.core.tidy.backup_gather import Backed, File, Options, Wanted, gather, measure, size_of
from model_manager.core.tidy.backup_index import FILES, FORMAT, HISTORY, INDEX_NAME, SETTINGS, BackedFile, BackedModel, line_of
from model_manager.core.tidy.backup_models import Local
from model_manager.core.tidy.backup_reading import Archive
from model_manager.core.words import tr
from model_manager.core.work import Work

_TEXTS: Final = (".json", ".info", ".md", ".txt", ".yaml", ".html")
_BLOCK: Final = 1 << 20
_WHOLE: Final = 64 << 20  # bytes up to which a file is read before anything of it is written, so that a fault leaves no half entry
_FIRST_TIME: Final = (1980, 1, 1, 0, 0, 0)


def write_backup(data: Path, index: Path, target: str, options: Options, work: Work) -> Backed:
    """Write a backup to the file `target`. Raises FileFault (its name is taken, no room ...), IndexFault, BadQuery, Cancelled.

    A file that cannot be read is left out and named in `faults`. Progress is told in bytes; each counts twice, as it is read back.
    """
    target = os.path.abspath(target)
    _require_free(target, options.is_over)
    wanted = gather(data, index, options, work)
    total = sum(one.size for one in wanted)
    _require_room(target, total)
    part = os.path.join(os.path.dirname(target), temporary_name())
    try:
        with Store(data) as store:
            backed = _Writing(part, store, total, work).write(wanted, data, options)
        _prove(part, total, work)
        _give_name(part, target, options.is_over)
    except OSError as error:
        raise FileFault(tr("{path} could not be written: {reason}.", path=target, reason=plain_reason(error))) from error
    finally:
        with suppress(OSError):
            os.unlink(long_path(part))
    backed.path, backed.archive = target, os.path.getsize(long_path(target))
    return backed


def would_back_up(data: Path, index: Path, target: str, options: Options, work: Work) -> Backed:
    """Return what `write_backup` would write; nothing is written. Raises as that does."""
    target = os.path.abspath(target)
    _require_free(target, options.is_over)
    backed = measure(data, index, options, work)
    _require_room(target, backed.size)
    backed.path = target
    return backed


def _require_free(target: str, is_over: bool) -> None:
    if os.path.isdir(long_path(target)):
        raise FileFault(tr("{path} is a folder. Name a file in it.", path=target))
    if not is_over and os.path.lexists(long_path(target)):
        raise FileFault(tr("{path} exists already. It was left as it is; choose another name.", path=target))
    if not os.path.isdir(long_path(os.path.dirname(target))):
        raise FileFault(tr("The folder {folder} is not there.", folder=os.path.dirname(target)))


def _require_room(target: str, size: int) -> None:
    _, place, free = volume_of(os.path.dirname(target))
    if free and size + RESERVE > free:
        missing = size + RESERVE - free
        raise NoRoom(tr("There is not enough room in {folder}: {size} are missing.", folder=place, size=size_text(missing)), missing)


class _Writing:
    """One archive on its way."""

    def __init__(self, part: str, store: Store, total: int, work: Work) -> None:
        self._part, self._store, self._total, self._work = part, store, total, work
        self._backed = Backed("")
        self._entries: set[str] = set()
        self._done = 0

    def write(self, wanted: list[Wanted], data: Path, options: Options) -> Backed:
        """Write all of it and have it on the disk. Raises OSError, Cancelled."""
        handle = os.open(long_path(self._part), os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        with open(handle, "w+b") as file, tempfile.SpooledTemporaryFile(max_size=8 << 20) as lines:
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                for number, one in enumerate(wanted):
                    self._add_model(archive, lines, number, one)
                if options.has_settings:
                    self._add_settings(archive, lines, data / SETTINGS_NAME)
                self._add_index(archive, lines, len(wanted))
            file.flush()
            os.fsync(handle)
        return self._backed

    def _add_model(self, archive: zipfile.ZipFile, lines: Any, number: int, one: Wanted) -> None:
        model = one.model
        backed = BackedModel(number, model.root, model.kind, model.below, model.size, model.mtime_ns, self._hash_of(model))
        lines.write(line_of(backed))
        self._backed.models += 1
        above = "/".join([FILES, model.root, *model.below.split("/")[:-1]])
        for file in one.files:
            self._work.check()
            entry = f"{above}/{file.name}" if file.sort == FILES else f"{HISTORY}/{number}/{file.name}"
            self._add(archive, lines, file, entry, number)

    def _add(self, archive: zipfile.ZipFile, lines: Any, file: File, entry: str, number: int) -> None:
        entry = self._free_entry(entry)
        try:
            mtime_ns, size, digest = self._copied(archive, file.path, entry)
        except _TargetFault:
            raise
        except (OSError, ValueError) as error:
            reason = plain_reason(error) if isinstance(error, OSError) else str(error)
            self._backed.faults.append((file.path, tr("It could not be read: {reason}.", reason=reason)))
            return
        lines.write(line_of(BackedFile(file.sort, entry, number, file.name, size, mtime_ns, digest)))
        self._backed.size += size
        self._backed.files += file.sort != HISTORY
        self._backed.earlier += file.sort == HISTORY

    def _copied(self, archive: zipfile.ZipFile, path: str, entry: str) -> tuple[int, int, str]:
        """Copy a file into the archive; returns its time, size and sum. Raises OSError, ValueError (it is not a file), Cancelled."""
        with open(long_path(path), "rb") as source:
            about = os.fstat(source.fileno())
            info = zipfile.ZipInfo(entry, _when(about.st_mtime))
            info.compress_type = zipfile.ZIP_DEFLATED if entry.lower().endswith(_TEXTS) else zipfile.ZIP_STORED
            info.external_attr = 0o100644 << 16
            if about.st_size > _WHOLE:
                size, digest = self._streamed(archive, source, info, about.st_size)
                return about.st_mtime_ns, size, digest
            content = source.read(_WHOLE + 1)
        with _on_target():
            archive.writestr(info, content)
        self._tell(len(content), os.path.basename(path))
        return about.st_mtime_ns, len(content), blake2b(content, digest_size=16).hexdigest()

    def _streamed(self, archive: zipfile.ZipFile, source: BinaryIO, info: zipfile.ZipInfo, size: int) -> tuple[int, str]:
        digest, done = blake2b(digest_size=16), 0
        with archive.open(info, "w", force_zip64=size > 1 << 30) as sink:
            while block := source.read(_BLOCK):
                self._work.check()
                with _on_target():
                    sink.write(block)
                digest.update(block)
                done += len(block)
                self._tell(len(block), info.filename)
        return done, digest.hexdigest()

    def _add_settings(self, archive: zipfile.ZipFile, lines: Any, path: Path) -> None:
        if path.is_file():
            self._add(archive, lines, File(SETTINGS, str(path), path.name, size_of(str(path))), f"{SETTINGS}/{path.name}", 0)

    def _add_index(self, archive: zipfile.ZipFile, lines: Any, models: int) -> None:
        info = zipfile.ZipInfo(INDEX_NAME, time.localtime()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        head = {"backup": FORMAT, "made": time.time(), "program": __version__, "models": models, "files": self._backed.files}
        lines.seek(0)
        with archive.open(info, "w", force_zip64=True) as sink:
            sink.write(line_of(head))
            while block := lines.read(_BLOCK):
                sink.write(block)

    def _free_entry(self, wanted: str) -> str:
        """A name nothing in the archive has: two roots may lead to one folder."""
        entry, number = wanted, 1
        while entry in self._entries:
            number += 1
            entry = f"{wanted} ({number})"
        self._entries.add(entry)
        return entry

    def _hash_of(self, model: Local) -> str:
        with suppress(FileFault):
            mark: Mark = mark_of(model.real)
            return self._store.hashes(model.real, mark).get(SHA256, "")
        return ""

    def _tell(self, size: int, name: str) -> None:
        self._done += size
        self._work.progress(tr("Backing up {file}", file=name), self._done, 2 * self._total)


class _TargetFault(OSError):
    """A fault of the drive that is written to."""


@contextmanager
def _on_target() -> Iterator[None]:
    """Mark what goes wrong with the archive itself, so that it is not taken for a file that cannot be read."""
    try:
        yield
    except OSError as fault:
        raise _TargetFault(fault.errno, fault.strerror, fault.filename) from fault


def _when(mtime: float) -> tuple[int, int, int, int, int, int]:
    """A time as a zip keeps it, for people who look into it; the exact one is in the list."""
    try:
        year, *rest = time.localtime(mtime)[:6]
    except (OverflowError, ValueError, OSError):
        return _FIRST_TIME
    return (year, *rest) if 1980 <= year < 2108 else _FIRST_TIME  # type: ignore[return-value]


def _prove(part: str, total: int, work: Work) -> None:
    """Read all of it back. Raises FileFault where the drive did not keep what was written, Cancelled."""
    with Archive(part) as archive:
        done = total
        for file in archive.contents.all_files():
            done += file.size
            archive.check(file, work)
            work.progress(tr("Reading the backup back"), done, 2 * total)


def _give_name(part: str, target: str, is_over: bool) -> None:
    if is_over:
        os.replace(long_path(part), long_path(target))
        return
    try:
        rename_new(part, target)
    except FileExistsError as error:
        raise FileFault(tr("{path} came to be meanwhile. It was left as it is; choose another name.", path=target)) from error

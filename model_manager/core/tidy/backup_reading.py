"""Reads a backup that may come from anywhere: nothing it says is believed before it is looked at.

Called by backup (to prove what it wrote) and by the restore. Names in the archive lead to nothing on the disk: where a file goes is decided
by the model it is for, in `backup_match`. Sizes, numbers and packing are limited, and each file is compared with its sum. Nothing is
written but by `unpack`, to a path the caller chose.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from hashlib import blake2b
from typing import BinaryIO, Final

from model_manager.core.amounts import size_text
from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.tidy.backup_index import FORMAT, INDEX_NAME, SETTINGS, BackedFile, Contents, add_line, line_of
from model_manager.core.words import tr
from model_manager.core.work import Work

MOST_ENTRIES: Final = 4_000_000
MOST_OF_LIST: Final = 2_000_000_000  # bytes of the list
MOST_OF_FILE: Final = 8_000_000_000  # bytes of one file
MOST_RATIO: Final = 300  # how much larger a file may become; texts come to 20, a zip of nothing but zeros to 1030
_SMALL: Final = 1 << 20  # bytes; such a file may be packed as tightly as it likes
_LINE: Final = 64 << 10
_BLOCK: Final = 1 << 20
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError, KeyError)


class Archive:
    """An open backup; close it. contents: what it holds; faults: (name, why) of files that are not to be had."""

    def __init__(self, path: str) -> None:
        """Raises FileFault with a sentence for people when it is no backup of this program, or a damaged or hostile one."""
        self.path = os.path.abspath(path)
        self.faults: list[tuple[str, str]] = []
        self.contents = Contents()
        try:
            self._zip = zipfile.ZipFile(long_path(self.path))
        except OSError as error:
            raise FileFault(tr("{path} could not be read: {reason}.", path=path, reason=plain_reason(error))) from error
        except (*_BROKEN, ValueError, OverflowError) as error:
            raise FileFault(tr("{path} is no backup, or it is damaged: it cannot be opened as a zip.", path=path)) from error
        with ExitStack() as taken_back:
            taken_back.callback(self.close)
            self._infos = self._looked_at()
            self._read_list()
            taken_back.pop_all()
        self._leave_out()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # reading

    def blocks(self, file: BackedFile, work: Work) -> Iterator[bytes]:
        """Yield a file's bytes, and compare them with the list at the end. Raises FileFault, Cancelled."""
        digest, left = blake2b(digest_size=16), file.size
        try:
            with self._zip.open(self._infos[file.entry]) as source:
                while block := source.read(min(_BLOCK, left + 1)):
                    work.check()
                    left -= len(block)
                    if left < 0:
                        raise FileFault(tr("{file} is larger in the backup than the backup says.", file=file.name))
                    digest.update(block)
                    yield block
        except OSError as error:
            raise FileFault(tr("{path} could not be read: {reason}.", path=self.path, reason=plain_reason(error))) from error
        except _BROKEN as error:
            raise FileFault(tr("{file} is damaged in the backup.", file=file.name)) from error
        if left or digest.hexdigest() != file.sum:
            raise FileFault(tr("{file} is damaged in the backup.", file=file.name))

    def read(self, file: BackedFile, work: Work) -> bytes:
        """Return a file's bytes, proven. Raises as `blocks`."""
        return b"".join(self.blocks(file, work))

    def check(self, file: BackedFile, work: Work) -> None:
        """Read a file and forget it. Raises as `blocks`."""
        for _ in self.blocks(file, work):
            pass

    def unpack(self, file: BackedFile, target: str, work: Work) -> None:
        """Write a file to `target`, which nothing has, with its time. Raises FileFault, Cancelled; nothing is left then."""
        try:
            with open(long_path(target), "xb") as sink, ExitStack() as taken_back:
                taken_back.callback(_remove, sink)
                self._fill(file, sink, work)
                sink.close()
                os.utime(long_path(target), ns=(file.mtime_ns, file.mtime_ns))
                taken_back.pop_all()
        except OSError as fault:
            raise FileFault(tr("{path} could not be written: {reason}.", path=target, reason=plain_reason(fault))) from fault

    def _fill(self, file: BackedFile, sink: BinaryIO, work: Work) -> None:
        for block in self.blocks(file, work):
            sink.write(block)

    # looking

    def _looked_at(self) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            raise FileFault(tr("{path} holds more files than any backup. It was left alone.", path=self.path))
        found: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if info.filename in found:
                raise FileFault(tr("{path} holds two files of one name, as no backup does. It was left alone.", path=self.path))
            found[info.filename] = info
        return found

    def _read_list(self) -> None:
        info = self._infos.get(INDEX_NAME)
        if info is None:
            raise FileFault(tr("{path} is no backup of this program: it has no list of what is in it.", path=self.path))
        if reason := _trouble(info) or (info.file_size > MOST_OF_LIST and tr("it is too large")):
            raise FileFault(tr("The list in {path} cannot be used: {reason}.", path=self.path, reason=reason))
        try:
            with self._zip.open(info) as lines:
                self._read_head(lines.readline(_LINE))
                while line := lines.readline(_LINE):
                    add_line(self.contents, line)
        except OSError as error:
            raise FileFault(tr("{path} could not be read: {reason}.", path=self.path, reason=plain_reason(error))) from error
        except (*_BROKEN, ValueError, TypeError, RecursionError) as error:
            raise FileFault(tr("The list in {path} is damaged. Nothing was restored.", path=self.path)) from error

    def _read_head(self, line: bytes) -> None:
        import json

        head = json.loads(line)
        version = head.get("backup") if isinstance(head, dict) else None
        if type(version) is not int or line != line_of(head):
            raise ValueError(line[:40])
        if version > FORMAT:
            raise FileFault(tr("{path} was made by a newer version of this program. Please use that version.", path=self.path))
        self.contents.made, self.contents.program = float(head["made"]), str(head["program"])

    def _leave_out(self) -> None:
        """Take out of the contents what the archive does not hold, or holds in a way that is not to be trusted."""
        contents = self.contents
        for group in (contents.files, contents.earlier):
            for number, files in group.items():
                group[number] = [file for file in files if self._is_good(file)]
        if contents.settings is not None and not self._is_good(contents.settings):
            contents.settings = None

    def _is_good(self, file: BackedFile) -> bool:
        info = self._infos.get(file.entry)
        if info is None:
            reason = tr("it is named in the list, but not there")
        elif info.file_size != file.size:
            reason = tr("its size is another than the list says")
        else:
            reason = _trouble(info)
        if file.sort == SETTINGS and file.size > _SMALL * 8:
            reason = tr("it is too large")
        if reason:
            self.faults.append((file.name, tr("{file} is left out: {reason}.", file=file.name, reason=reason)))
        return not reason


def _remove(sink: BinaryIO) -> None:
    """Take away what was begun of a file."""
    sink.close()  # Windows removes no file that is open
    with suppress(OSError):
        os.unlink(sink.name)


def _trouble(info: zipfile.ZipInfo) -> str:
    """Why an entry is not touched, "" when it is fine."""
    mode = info.external_attr >> 16
    if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        return tr("it is not a plain file")
    if info.flag_bits & 0x1:
        return tr("it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return tr("it is packed in a way no backup is")
    if info.file_size > MOST_OF_FILE:
        return tr("it would take {size}", size=size_text(info.file_size))
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
        return tr("it is packed so tightly that it must be a trap")
    return ""

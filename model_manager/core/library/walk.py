"""Walks the roots: one listing per real folder, one stat per file, every link followed once.

Used by the scanner only. A real folder reached in several ways is listed once and remembers its ways; a folder link that leads
back to where it came from ends there. It opens no file and never raises for a folder that cannot be read: that is a fault to report.
"""

import errno
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from model_manager.core.library.entry import Root
from model_manager.core.library.kinds import is_ignored_folder, is_model, is_partial
from model_manager.core.words import tr
from model_manager.core.work import Work

WAYS = 16  # a folder linked into itself many times over has endless ways; more than this tell nobody anything
EARLIEST, LATEST = 1 - 2**63, 2**63 - 1  # nanoseconds; some file systems keep times and volume numbers that no database takes
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE})
_NOTHING = blake2b(b"", digest_size=16).digest()
_encode = json.JSONEncoder().encode
_BY_HANDLE = os.scandir in os.supports_fd and sys.platform != "darwin"  # names are then looked up in the open folder: a fifth less time


class Way(NamedTuple):
    """How a category reaches a real folder: `path` as configured, below `root`. is_linked: a link lies between the two."""

    kind: str
    root: str
    path: str
    is_linked: bool


class SeenFile(NamedTuple):
    """A file as listed. device and inode are 0 where the system does not tell; target: where a file link leads, else ""."""

    name: str
    size: int
    mtime_ns: int
    device: int
    inode: int
    links: int
    target: str

    @property
    def file_id(self) -> str:
        """What stays the same when the file is renamed, "" where the system does not tell."""
        return f"{self.device}:{self.inode}" if self.inode else ""


PARTIAL, OTHER, MODEL = range(3)
_Listed = tuple[str, os.stat_result, str, int]  # name, what the system says of it, where a link leads, PARTIAL, OTHER or MODEL


@dataclass(slots=True)
class Seen:
    """A real folder as found: what is in it and how it is reached (complete only when the walk has ended).

    is_as_known: it holds what it held at the last scan; its files are then not listed here (`Walk.fill` does, if they are wanted).
    has_aliases: one of its models is, or may be, reached in several ways.
    """

    path: str
    mtime_ns: int
    device: int
    ways: list[Way]
    models: list[SeenFile] = field(default_factory=list)
    others: list[SeenFile] = field(default_factory=list)
    children: list[tuple[str, str, bool]] = field(default_factory=list)
    signature: bytes = b""
    is_as_known: bool = False
    has_models: bool = False
    has_aliases: bool = False

    @property
    def quick(self) -> bytes:
        """The signature of its models only."""
        return quick_signature((one.name, one.size, one.mtime_ns) for one in self.models)

    @property
    def ways_text(self) -> str:
        """The ways as the index keeps them, the shown one first."""
        return _encode(self.best_ways)

    @property
    def best_ways(self) -> list[Way]:
        """The ways with the real ones first."""
        return sorted(self.ways, key=lambda way: way.is_linked) if len(self.ways) > 1 else self.ways


class Fault(NamedTuple):
    """A folder that could not be read, by real path; what is known below it is kept. is_away: it is not there just now."""

    path: str
    reason: str
    is_away: bool


class _Step(NamedTuple):
    """A folder still to visit: its real path, the way to it, and the real folders passed on that way."""

    real: str
    way: Way
    passed: tuple[object, ...] | None


def signature_of(lines: list[str]) -> bytes:
    """Sixteen bytes that change when any line does; the order of lines does not matter."""
    if not lines:
        return _NOTHING
    lines.sort()
    return blake2b("\n".join(lines).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_storable(name: str) -> bool:
    """Whether a database takes this name or path: it must be text, and possible."""
    if not name.isascii():
        try:
            name.encode()
        except UnicodeEncodeError:
            return False
    return "\0" not in name


def mtime_of(about: os.stat_result) -> int:
    """When a file was changed last, in nanoseconds, within what the index can keep (the years 1678 to 2262)."""
    mtime_ns = about.st_mtime_ns
    return mtime_ns if EARLIEST <= mtime_ns <= LATEST else max(EARLIEST, min(mtime_ns, LATEST))


class Walk:
    """One pass over roots or single folders. `seen`, `faults` and `broken` (links that lead nowhere) are complete afterwards."""

    def __init__(self, work: Work, signatures: Mapping[str, bytes] | None = None) -> None:
        """`signatures`: of the known folders by real path."""
        self._work, self._signatures = work, signatures or {}
        self._classes: dict[str, dict[str, int]] = {}
        self.seen: dict[str, Seen] = {}
        self.faults: list[Fault] = []
        self.broken: list[str] = []

    def roots(self, roots: Iterable[Root]) -> Iterator[Seen]:
        """Visit all roots and all below them; yields each real folder when it is listed first."""
        for root in roots:
            if self._is_text("", root.path) and self._is_text("", real := os.path.realpath(root.path)):
                yield from self._visit(_Step(real, Way(root.kind, root.path, root.path, False), None), None)

    def folder(self, real: str, ways: Iterable[Way], known: Iterable[str]) -> Iterator[Seen]:
        """Visit one folder again and what is new below it; folders whose real path is in `known` are not entered."""
        skipped = frozenset(known)
        for way in ways:
            yield from self._visit(_Step(real, way, None), skipped)

    def _visit(self, first: _Step, skipped: frozenset[str] | None) -> Iterator[Seen]:
        steps = [first]
        while steps:
            self._work.check()
            step = steps.pop()
            found, is_new = self._find(step)
            if found is None:
                continue
            if is_new:
                yield found
            passed = (step.passed, found.path)
            kind, root, path, is_linked = step.way
            top = path.rstrip(os.sep) + os.sep
            for name, real, is_link in reversed(found.children):
                if skipped is not None and real in skipped:
                    continue
                way = Way(kind, root, f"{top}{name}", is_linked or is_link)
                if not (way.is_linked and _was_passed(real, passed)):
                    steps.append(_Step(real, way, passed))

    def _find(self, step: _Step) -> tuple[Seen | None, bool]:
        """The folder of this step: listed now, or met before and now known to have one more way."""
        found = self.seen.get(step.real)
        if found is None:
            found = self._list(step)
            return found, found is not None
        if step.way in found.ways:
            return None, False
        if len(found.ways) >= WAYS:
            linked = [way for way in found.ways if way.is_linked]
            if step.way.is_linked or not linked:
                return None, False
            found.ways.remove(linked[-1])  # the real way is the one to show
        found.ways.append(step.way)
        return found, False

    def _list(self, step: _Step) -> Seen | None:
        try:
            return self._listed(step)
        except OSError as fault:
            is_away = fault.errno not in _REFUSED and not os.path.isdir(step.real)
            self.faults.append(Fault(step.real, fault.strerror or str(fault), is_away))
            return None

    def _listed(self, step: _Step) -> Seen:
        seen = Seen(step.real, 0, 0, [step.way])
        found = self._scandir(seen, seen.children)
        seen.is_as_known = not seen.has_aliases and self._signatures.get(step.real) == seen.signature
        if not seen.is_as_known:
            _keep(seen, found)
        self.seen[step.real] = seen
        return seen

    def fill(self, seen: Seen) -> None:
        """List the files of a folder that is as it was known. Raises OSError."""
        seen.is_as_known = False
        _keep(seen, self._scandir(seen, []))

    def _scandir(self, seen: Seen, children: list[tuple[str, str, bool]]) -> list[_Listed]:
        """List a folder once: its files are returned, its folders added to `children`, its signature and time put down."""
        handle = os.open(seen.path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)) if _BY_HANDLE else None
        lines: list[str] = []
        try:
            about = os.fstat(handle) if handle is not None else os.stat(seen.path)
            with os.scandir(handle if handle is not None else seen.path) as entries:
                found = self._entries(seen, entries, lines, children)
        finally:
            if handle is not None:
                os.close(handle)
        seen.mtime_ns, seen.device, seen.signature = mtime_of(about), about.st_dev & LATEST, signature_of(lines)
        return found

    def _entries(
        self, seen: Seen, entries: Iterable[os.DirEntry[str]], lines: list[str], children: list[tuple[str, str, bool]]
    ) -> list[_Listed]:
        """Take note of all entries; plain files, of which there are most, without any detour."""
        kind = seen.ways[0].kind
        class_of = self._classes.setdefault(kind, {}).get
        found: list[_Listed] = []
        note, keep = lines.append, found.append
        top = seen.path.rstrip(os.sep) + os.sep
        for entry in entries:
            name = entry.name
            try:
                if not entry.is_file(follow_symlinks=False):
                    if _leads_elsewhere(entry):
                        self._link(seen, name, lines, children, found)
                    elif entry.is_dir() and not is_ignored_folder(name) and (name.isascii() or self._is_text(seen.path, name)):
                        children.append((name, f"{top}{name}", False))
                    continue
                cut = name.rfind(".")
                sort = class_of(name[cut:]) if cut > 0 and name[0] not in ".~" else _class_of(kind, name)
                if sort is None:
                    sort = self._classes[kind][name[cut:]] = _class_of(kind, f"x{name[cut:]}")
                if sort == 0 or (sort == 2 and not (name.isascii() or self._is_text(seen.path, name))):
                    continue
                about = entry.stat(follow_symlinks=False)
                note(f"{name}\0{about.st_size}\0{about.st_mtime_ns}")
                keep((name, about, "", sort))
                if sort == 2:
                    seen.has_models = True
                    if about.st_nlink > 1:
                        seen.has_aliases = True
            except FileNotFoundError:
                continue  # it went away since the folder was listed
            except OSError as fault:
                lines.append(f"{name}\0fault")
                self.faults.append(Fault(os.path.join(seen.path, name), fault.strerror or str(fault), False))
        return found

    def _link(self, seen: Seen, name: str, lines: list[str], children: list[tuple[str, str, bool]], found: list[_Listed]) -> None:
        path = os.path.join(seen.path, name)
        try:
            about = os.stat(path)
        except OSError:
            self.broken.append(path)
            self.faults.append(Fault(os.path.realpath(path), "", True))
            lines.append(f"{name}\0broken")
            return
        real = os.path.realpath(path)
        if stat.S_ISDIR(about.st_mode):
            if not is_ignored_folder(name) and self._is_text(seen.path, name) and self._is_text(seen.path, real):
                children.append((name, real, True))
        elif stat.S_ISREG(about.st_mode):
            sort = _class_of(seen.ways[0].kind, name)
            if sort == OTHER or (sort == MODEL and self._is_text(seen.path, name)):
                lines.append(f"{name}\0{about.st_size}\0{about.st_mtime_ns}")
                found.append((name, about, real, sort))
                seen.has_models |= sort == MODEL
                seen.has_aliases |= sort == MODEL

    def _is_text(self, folder: str, name: str) -> bool:
        """A name of bytes that are no letters can be opened but neither kept nor shown: a fault to report."""
        if is_storable(name):
            return True
        reason = tr("Its name is written in an unknown encoding. Rename it to have it listed.")
        self.faults.append(Fault(os.path.join(folder, name), reason, False))
        return False


def _keep(seen: Seen, found: Iterable[_Listed]) -> None:
    for name, about, target, sort in found:
        file = SeenFile(name, about.st_size, mtime_of(about), about.st_dev, about.st_ino, about.st_nlink, target)
        (seen.models if sort == MODEL else seen.others).append(file)


def _class_of(kind: str, name: str) -> int:
    return PARTIAL if is_partial(name) else MODEL if is_model(kind, name) else OTHER


def _leads_elsewhere(entry: os.DirEntry[str]) -> bool:
    """A symbolic link, or a junction or mounted folder of Windows (which do not count as symbolic links)."""
    if entry.is_symlink():
        return True
    if sys.platform != "win32":
        return False
    attributes = entry.stat(follow_symlinks=False).st_file_attributes
    return entry.is_dir() and bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def quick_signature(models: Iterable[tuple[str, int, int]]) -> bytes:
    """Signature of a folder's models by (name, size, mtime_ns)."""
    return signature_of([f"{name}\0{size}\0{mtime_ns}" for name, size, mtime_ns in models])


def _was_passed(real: str, passed: tuple[object, ...] | None) -> bool:
    while passed is not None:
        if passed[1] == real:
            return True
        passed = passed[0]  # type: ignore[assignment]
    return False

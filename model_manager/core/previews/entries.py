"""One state of a model's pictures on its way into the history: the copies, and the note of what was to replace them.

Called by history and regenerate only. An entry is a folder with `entry.json` and the copies; the note is written last, so an entry
without one was never begun.
"""

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from model_manager.core.paths import long_path
from model_manager.core.previews.records import Earlier
from model_manager.core.words import tr

NOTE = "entry.json"
LARGEST = 256 * 1024 * 1024  # of a picture; larger ones are somebody else's business


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it was. name: its file name; link: where it led if it was a link, else ""; copy: its bytes, "" where a link led
    nowhere; digest: SHA-256 of the bytes. mtime_ns, mode: as the system gives them.
    """

    name: str
    copy: str
    link: str = ""
    digest: str = ""
    mtime_ns: int = 0
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class New:
    """A file to come. part: what it is called until it is in place. data: its content, or link: where it leads."""

    name: str
    part: str
    data: bytes = b""
    link: str = ""
    mtime_ns: int = 0
    mode: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of its content, "" for a link."""
        return "" if self.link else sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the history. place: its folder; folder, stem: whose pictures; news: (name, part, digest, link) of what was to come."""

    place: Path
    time: float
    folder: str
    stem: str
    kept: tuple[Kept, ...] = ()
    news: tuple[tuple[str, str, str, str], ...] = ()

    def renamed(self, stem: str) -> "Entry":
        """Return the entry with the names its files have now that the model has another stem."""
        if stem == self.stem:
            return self
        return replace(self, kept=tuple(replace(one, name=stem + one.name[len(self.stem) :]) for one in self.kept))

    def earlier(self) -> Earlier:
        """Return what people are shown of it."""
        names = tuple(one.name for one in self.kept)
        return Earlier(self.place.name, self.time, names, tuple(str(self.place / one.copy) if one.copy else "" for one in self.kept))


def write_entry(place: Path, time: float, folder: str, stem: str, names: tuple[str, ...], news: tuple[New, ...]) -> Entry:
    """Copy the pictures `names` into `place` and note what is to come. Raises OSError, or ValueError with a reason for people."""
    kept = tuple(_keep(os.path.join(folder, name), place, number) for number, name in enumerate(names))
    coming = tuple((new.name, new.part, new.digest, new.link) for new in news)
    note = {
        "time": time,
        "folder": folder,
        "stem": stem,
        "kept": [{name: getattr(one, name) for name in Kept.__slots__} for one in kept],
        "news": coming,
    }
    _write(place / (NOTE + ".part"), json.dumps(note, indent=1).encode("ascii"), is_flushed=bool(kept))
    os.replace(place / (NOTE + ".part"), place / NOTE)
    if kept:
        _flush_folder(place)
    return Entry(place, time, folder, stem, kept, coming)


def _keep(path: str, place: Path, number: int) -> Kept:
    name = os.path.basename(path)
    full = long_path(path)
    state = os.lstat(full)
    link = os.readlink(full) if stat.S_ISLNK(state.st_mode) else ""
    copy = f"{number}{os.path.splitext(name)[1].lower()}"
    try:
        data = _content(full, name)
    except OSError:
        if link:  # it led nowhere
            return Kept(name, "", link, "", state.st_mtime_ns)
        raise
    _write(place / copy, data, is_flushed=True)
    return Kept(name, copy, link, sha256(data).hexdigest(), state.st_mtime_ns, stat.S_IMODE(state.st_mode))


def _content(path: str, name: str) -> bytes:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError(tr("{file} is not a file", file=name))
    if os.path.getsize(path) > LARGEST:
        raise ValueError(tr("{file} is larger than {limit} MB", file=name, limit=LARGEST >> 20))
    with open(path, "rb") as file:
        return file.read()


def _write(path: Path, data: bytes, is_flushed: bool) -> None:
    with open(path, "xb") as file:
        file.write(data)
        if is_flushed:
            file.flush()
            os.fsync(file.fileno())


def _flush_folder(place: Path) -> None:
    """Have the names in a folder on the disk, too; Windows does that by itself."""
    if os.name == "posix":
        with contextlib.suppress(OSError):
            handle = os.open(place, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def read_entry(place: Path) -> Entry | None:
    """Return the entry in a folder, None when it has no note that can be understood."""
    try:
        note = json.loads((place / NOTE).read_bytes())
        kept = tuple(_kept(one) for one in note["kept"])
        news = tuple((str(name), str(part), str(digest), str(link)) for name, part, digest, link in note["news"])
        names = [one.name for one in kept] + [name for name, *_ in news] + [part for _, part, *_ in news]
        if any(os.path.basename(name) != name for name in names):
            return None
        return Entry(place, float(note["time"]), str(note["folder"]), str(note["stem"]), kept, news)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _kept(values: Mapping[str, Any]) -> Kept:
    found = Kept(**values)
    if os.path.basename(found.copy) != found.copy or type(found.mtime_ns) is not int or type(found.mode) is not int:
        raise ValueError(found.copy)
    return found


def discard(place: Path) -> None:
    """Remove an entry; the note goes first, so that half an entry never counts."""
    with contextlib.suppress(OSError):
        os.unlink(place / NOTE)
    shutil.rmtree(place, ignore_errors=True)


def finish(entry: Entry) -> tuple[bool, bool]:
    """Bring an interrupted change to an end: go on if it had begun to show, else go back.

    Returns whether the new state is there now, and whether the history must keep the old one, as it is not beside the model any more.
    """
    if _has_begun(entry):
        put_in_place(entry)
        remove_old(entry)
        return True, True
    for _, part, *_ in entry.news:
        with contextlib.suppress(OSError):
            os.unlink(_beside(entry, part))
    return False, not all(is_as_kept(entry, one) for one in entry.kept)


def _has_begun(entry: Entry) -> bool:
    if entry.news:
        return _is_there(entry, entry.news[0], entry.news[0][0])
    return any(not os.path.lexists(_beside(entry, one.name)) for one in entry.kept)


def put_in_place(entry: Entry) -> None:
    """Give the new files that are ready their names."""
    for new in entry.news:
        name, part, *_ = new
        if _is_there(entry, new, part):
            with contextlib.suppress(OSError):
                os.replace(_beside(entry, part), _beside(entry, name))


def remove_old(entry: Entry) -> list[str]:
    """Remove the pictures whose copies are kept and which no new file replaced; returns the names of those that stay.

    One that somebody changed meanwhile stays.
    """
    names = {name for name, *_ in entry.news}
    left = []
    for one in entry.kept:
        if one.name in names:
            continue
        path = _beside(entry, one.name)
        try:
            if is_as_kept(entry, one):
                os.unlink(path)
            elif os.path.lexists(path):
                left.append(one.name)
        except OSError:
            left.append(one.name)
    return left


def is_as_kept(entry: Entry, one: Kept) -> bool:
    """Say whether a picture beside the model is still the one that was kept."""
    path = _beside(entry, one.name)
    try:
        if one.link:
            return os.readlink(path) == one.link
        return not os.path.islink(path) and sha256(_content(path, one.name)).hexdigest() == one.digest
    except (OSError, ValueError):
        return False


def _is_there(entry: Entry, new: tuple[str, str, str, str], name: str) -> bool:
    """Say whether a new file is complete under `name`."""
    return is_as_kept(entry, Kept(name, "", new[3], new[2]))


def _beside(entry: Entry, name: str) -> str:
    return long_path(os.path.join(entry.folder, name))

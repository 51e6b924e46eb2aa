"""Models that have more names than one (hard links), when one of them goes to another drive: what stays, and what room that takes.

Used by transfers and linking_away. It asks the system for what the index tells, and must never change anything.
"""

import os
import stat
from collections.abc import Collection, Iterable

from model_manager.core.journal.steps import KIN, Step
from model_manager.core.library.kinds import OTHER, is_model
from model_manager.core.paths import long_path
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr, trn


class OtherNames:
    """What one plan that copies to another drive knows of files with several names."""

    def __init__(self) -> None:
        self._counted: set[tuple[int, int, int]] = set()

    def bytes_of(self, path: str, device: int, size: int = -1) -> int:
        """Return the bytes that a file will take on a drive: none when another name of it has been counted there, or for a link.

        size: its bytes, where they are known.
        """
        try:
            about = os.lstat(long_path(path))
        except OSError:
            return max(0, size)
        if size < 0:
            size = 0 if stat.S_ISLNK(about.st_mode) else about.st_size
        if about.st_nlink < 2 or not about.st_ino:
            return size
        key = (about.st_dev, about.st_ino, device)
        if key in self._counted:
            return 0
        self._counted.add(key)
        return size


def several_names(paths: Iterable[str]) -> list[str]:
    """Return those of these paths that are models with more names than one."""
    return [path for path in paths if is_model(OTHER, os.path.basename(path)) and _count(path) > 1]


def kin_steps(subject: Subject) -> list[Step]:
    """Return the steps that let the other names of a model be known, for the way back."""
    return [Step(KIN, path, subject.real) for path in names_of(subject)]


def names_of(subject: Subject) -> list[str]:
    """Return the other names of a model's very file, as far as they are in the library: real folders, each once."""
    if len(subject.places) < 2:
        return []
    paths = dict.fromkeys(os.path.join(os.path.realpath(os.path.dirname(one.path)), os.path.basename(one.path)) for one in subject.places)
    return [path for path in paths if path != subject.real and _is_one(path, subject.real)]


def note(subject: Subject, going: Collection[str]) -> str:
    """Return what is to be said of a model that goes to another drive, "" when it has one name or all others are among those going."""
    count = _count(subject.real)
    if count < 2:
        return ""
    known = names_of(subject)
    if stays := [path for path in known if path not in going]:
        return tr("also known as {path} · on the other drive it takes its own space", path=_shown(subject, stays[0]))
    strange = count - 1 - len(known)
    return "" if strange < 1 else trn("{count} more name of it stays · on the other drive it takes its own space",
                                      "{count} more names of it stay · on the other drive it takes its own space", strange)  # fmt: skip


def _shown(subject: Subject, real: str) -> str:
    return next((subject.shown_at(one.path) for one in subject.places if os.path.realpath(one.path) == real), real)


def _count(path: str) -> int:
    """How many names a file has, 1 for a link."""
    try:
        about = os.lstat(long_path(path))
    except OSError:
        return 1
    return about.st_nlink if stat.S_ISREG(about.st_mode) else 1


def _is_one(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(long_path(path)), os.lstat(long_path(other)))
    except OSError:
        return False

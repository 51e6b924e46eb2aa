"""What is done to the disk for one step, and how it is taken back: what all sorts of deeds have in common.

The sorts are in renamed, linked, copied, written and shared. Called by performing, in phases: `prepare` (nothing is seen of it yet),
`name`, `aside` (what has been copied leaves its place), `late`, and at last `commit`, which cannot be taken back. `back` asks the disk
how far it came, so that it is the same after a fault and after a kill. Nothing replaces a file that it does not know.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.ahead import Ahead
from model_manager.core.journal.kin import Kin
from model_manager.core.journal.seen import Seen, hidden_name, is_same, look
from model_manager.core.journal.steps import LINK
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path, rename_new
from model_manager.core.words import tr
from model_manager.core.work import Work


class Ground:
    """What deeds need to know: the mark of their change, whom to tell how many bytes went by, and which folder is on which drive.
    note: writes down what an act is about to make. ahead: bytes that are on the disk already and wait for their names.
    kin: which of its files are one. drives: known ones, of folders."""  # fmt: skip

    def __init__(
        self, mark: str, work: Work, told: Callable[[int], None], note: Callable[[KeptAct], None], drives: Mapping[str, int] | None = None
    ) -> None:
        self.mark, self.work, self.told, self.note = mark, work, told, note
        self.ahead, self.kin = Ahead(), Kin()
        self._devices: dict[str, int] = dict(drives or {})
        self.is_one_drive = False

    def explore(self, folders: Iterable[str]) -> None:
        """Ask for the drives of all folders of a run at once, so that nobody needs to, act by act, if they are the same."""
        self.is_one_drive = len({self.device(folder) for folder in folders}) == 1

    def device(self, folder: str) -> int:
        """Return the drive of a folder, or of the one it will be made in; -1 when that cannot be known."""
        found = self._devices.get(folder)
        if found is not None:
            return found
        found, place = _drive_of(folder)
        if place:
            self._devices[place] = found
        return found

    def forget(self) -> None:
        """Look anew which folder is on which drive: links have come or gone, which may lead to others."""
        self._devices.clear()
        self.is_one_drive = False

    def gone(self, folders: Iterable[str]) -> str:
        """Return one of these folders that was asked for before and whose drive went away since, "" for none."""
        for folder in folders:
            place = folder
            while (known := self._devices.get(place)) is None and os.path.dirname(place) != place:
                place = os.path.dirname(place)
            if known is not None and _drive_of(folder)[0] != known:
                return folder
        return ""


def _drive_of(folder: str) -> tuple[int, str]:
    """The drive of a folder, and the folder on it or around it that is there; -1 and "" when that cannot be known."""
    place = folder
    try:
        while not os.path.isdir(long_path(place)) and os.path.dirname(place) != place:
            place = os.path.dirname(place)
        return os.stat(long_path(place)).st_dev, place
    except OSError:
        return -1, ""


class Deed:
    """One step, there or back. said: what a person should know of it. is_plain: it has no more than
    `prepare` and `name`. has_aside: it leaves something until `commit`.
    is_noted: the journal must know what it makes before that gets its name. did: whether it has changed something that looks
    the same when somebody else did it; None: a run that was killed may have, and only the disk can tell."""  # fmt: skip

    __slots__ = ("act", "did", "is_back", "is_model", "said", "seen", "source", "step", "target")
    is_plain = False
    has_aside = False
    is_noted = False

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        self.act, self.step, self.is_back = act, step, is_back
        self.source, self.target = (step.target, step.source) if is_back else (step.source, step.target)
        self.seen = (step.after or step.seen) if is_back else step.seen
        self.is_model = step.source == act.path and step.sort != LINK
        self.said = ""
        self.did: bool | None = None

    def prepare(self, ground: Ground) -> None:
        """Look whether it can be done, and do what nobody sees."""

    def name(self, ground: Ground) -> None:
        """Let it be seen. Raises OSError, FileFault."""

    def aside(self, ground: Ground) -> None:
        """Take away what has another place now, in a way that can be taken back."""

    def late(self, ground: Ground) -> None:
        """Do what needs a name that was free only after `aside`."""

    def commit(self, ground: Ground) -> None:
        """Remove for good what is not needed any more. Raises nothing that would stop the others."""

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Take back whatever the disk shows of it. is_begun: the act it belongs to has surely begun. Raises OSError, FileFault."""

    def is_done(self, ground: Ground) -> bool:
        """Whether the disk shows that nothing is left to be done."""
        return True

    def is_begun(self, ground: Ground) -> bool:
        """Whether the disk shows that it has been begun, beyond doubt."""
        return False

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """Return (from, to) of all renames that it may do, there or back."""
        return []

    def has_trace(self, ground: Ground) -> bool:
        """Whether the disk shows something that is set aside until `commit`."""
        return False

    def is_committed(self, ground: Ground, has_trace: bool) -> bool:
        """Whether the disk shows that it cannot be taken back any more. has_trace: something of its act is set aside."""
        return False

    def hidden(self, ground: Ground, folder: str, use: str) -> str:
        """Return the path of a file of ours."""
        return os.path.join(folder, hidden_name(ground.mark, self.act.number, self.step.number, use + ("<" if self.is_back else "")))

    def source_now(self) -> Seen | None:
        """Return what is at the source, None when it needs not be there. Raises FileFault when it is not what it was."""
        now = look(self.source)
        if self.seen is not None and is_same(self.seen, now):
            return now
        if not self.is_back or self.is_model:
            raise FileFault(not_as_it_was(self.source, now))
        name = os.path.basename(self.source)
        if now is None:
            self.said = tr("{name} is not there any more.", name=name)
        else:
            self.said = tr("{name} was changed meanwhile and goes along as it is.", name=name)
        return now


class Known(Deed):
    """Something that is only to be known of a file: nothing is done."""

    __slots__ = ()
    is_plain = True


def not_as_it_was(path: str, now: Seen | None) -> str:
    """Say in a sentence what is wrong with a file that should be another."""
    name, folder = os.path.basename(path), os.path.dirname(path)
    if now is not None:
        return tr("{name} has changed since. It was left as it is.", name=name)
    if not os.path.isdir(long_path(folder)):
        return tr("The folder {folder} cannot be reached.", folder=folder)
    return tr("{name} is not there any more.", name=name)


def drop_aside(aside: str, source: str) -> str:
    """Remove for good what was set aside; returns a sentence when that fails, and it has its old name again then."""
    try:
        remove(aside)
    except FileNotFoundError:
        return ""
    except OSError:
        with suppress(OSError):
            rename_new(aside, source)
        return tr("{name} could not be removed from where it was.", name=os.path.basename(source))
    return ""


def remove(path: str) -> None:
    """Remove a file or link; on Windows one that is read-only, too. Raises OSError."""
    try:
        os.unlink(long_path(path))
    except PermissionError:
        if sys.platform != "win32" or os.path.islink(path):
            raise
        os.chmod(long_path(path), 0o666)
        os.unlink(long_path(path))

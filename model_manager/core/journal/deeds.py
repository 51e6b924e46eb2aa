"""What is done to the disk for one step, and how it is taken back: names, folders, links. Bytes are done in copied, written and shared.

Called by performing, in phases: `prepare` (nothing is seen of it yet), `name`, `aside` (what has been copied leaves its place), `late`,
and at last `commit`, which cannot be taken back. `back` asks the disk how far it came, so that it is the same after a fault and after
a kill. Nothing here replaces a file that it does not know.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.seen import Seen, has_name, hidden_name, is_one_file, is_respelled, is_same, look
from model_manager.core.journal.steps import LINK
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path, rename_new
from model_manager.core.words import tr
from model_manager.core.work import Work


class Ground:
    """What deeds need to know: the mark of their change, whom to tell how many bytes went by, and which folder is on which drive.
    note: writes down what an act is about to make."""  # fmt: skip

    def __init__(self, mark: str, work: Work, told: Callable[[int], None], note: Callable[[KeptAct], None]) -> None:
        self.mark, self.work, self.told, self.note = mark, work, told, note
        self._devices: dict[str, int] = {}

    def device(self, folder: str) -> int:
        """Return the drive of a folder, or of the one it will be made in; -1 when that cannot be known."""
        found = self._devices.get(folder)
        if found is not None:
            return found
        place = folder
        try:
            while not os.path.isdir(long_path(place)) and os.path.dirname(place) != place:
                place = os.path.dirname(place)
            found = os.stat(long_path(place)).st_dev
        except OSError:
            return -1
        if place == folder:
            self._devices[folder] = found
        return found


class Deed:
    """One step, there or back. said: what a person should know of it. has_aside: whether it leaves something until `commit`.
    is_noted: whether the journal must know what it makes before that gets its name."""  # fmt: skip

    __slots__ = ("act", "is_back", "is_model", "said", "seen", "source", "step", "target")
    has_aside = False
    is_noted = False

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        self.act, self.step, self.is_back = act, step, is_back
        self.source, self.target = (step.target, step.source) if is_back else (step.source, step.target)
        self.seen = (step.after or step.seen) if is_back else step.seen
        self.is_model = step.source == act.path and step.sort != LINK
        self.said = ""

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

    def is_committed(self, ground: Ground) -> bool:
        """Whether the disk shows that it cannot be taken back any more."""
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
            raise FileFault(_not_as_it_was(self.source, now))
        name = os.path.basename(self.source)
        if now is None:
            self.said = tr("{name} is not there any more.", name=name)
        else:
            self.said = tr("{name} was changed meanwhile and goes along as it is.", name=name)
        return now


def _not_as_it_was(path: str, now: Seen | None) -> str:
    name, folder = os.path.basename(path), os.path.dirname(path)
    if now is not None:
        return tr("{name} has changed since. It was left as it is.", name=name)
    if not os.path.isdir(long_path(folder)):
        return tr("The folder {folder} cannot be reached.", folder=folder)
    return tr("{name} is not there any more.", name=name)


class Rename(Deed):
    """A file, link or folder gets another name on its drive."""

    __slots__ = ("is_gone",)

    def prepare(self, ground: Ground) -> None:
        """Look whether the source is what it was."""
        self.is_gone = self.source_now() is None

    def name(self, ground: Ground) -> None:
        """Rename it."""
        if not self.is_gone:
            give_name(self.source, self.target)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Rename it back, if it has the other name."""
        if has_name(self.source, self.target) or not has_name(self.target, self.source):
            return
        if is_begun or self._is_ours(look(self.target)):
            give_name(self.target, self.source)

    def is_done(self, ground: Ground) -> bool:
        """Whether it has the other name and not this one."""
        is_there = has_name(self.target, self.source)
        return not has_name(self.source, self.target) and (is_there or (self.is_back and not self.is_model))

    def is_begun(self, ground: Ground) -> bool:
        """Whether the very file has the other name."""
        return not has_name(self.source, self.target) and self._is_ours(look(self.target))

    def _is_ours(self, now: Seen | None) -> bool:
        return self.seen is not None and is_same(self.seen, now)


def give_name(source: str, target: str) -> None:
    """Rename to a name that nothing has; on drives without case, to another spelling of its own name, too."""
    try:
        rename_new(source, target)
    except FileExistsError:
        if not is_respelled(source, target) or not is_one_file(look(source), look(target)) or has_name(target, source):
            raise
        os.rename(long_path(source), long_path(target))


class Folder(Deed):
    """A folder is made, or made again with the rights it had."""

    __slots__ = ()

    def prepare(self, ground: Ground) -> None:
        """Make it, unless something is there."""
        if not os.path.lexists(long_path(self.step.target)):
            self._make()

    def name(self, ground: Ground) -> None:
        """Make it where a link was until now."""
        if not os.path.isdir(long_path(self.step.target)):
            self._make()

    def _make(self) -> None:
        os.mkdir(long_path(self.step.target))
        if self.is_back and self.step.seen is not None:
            os.chmod(long_path(self.step.target), self.step.seen.rights)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove it if it was not there before and is empty."""
        if self.is_back or self.step.seen is None:
            with suppress(OSError):
                os.rmdir(long_path(self.step.target))

    def is_done(self, ground: Ground) -> bool:
        """Whether it is there."""
        return os.path.isdir(long_path(self.step.target))


class NoFolder(Deed):
    """A folder goes, if it is empty. is_all: it is what the act is about, so that it matters when it stays."""

    __slots__ = ("is_all", "is_last")

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        super().__init__(act, step, is_back)
        self.is_last, self.is_all = False, False

    def late(self, ground: Ground) -> None:
        """Remove it, unless something lies in it until `commit`."""
        if self.is_last or not self._is_wanted():
            return
        try:
            os.rmdir(long_path(self.step.target))
        except FileNotFoundError:
            return
        except OSError as fault:
            if self.is_all:
                if fault.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    text = tr("The folder {folder} is not empty any more.", folder=self.step.target)
                    raise FileFault(text) from fault
                raise

    def commit(self, ground: Ground) -> None:
        """Remove it now, if it can be."""
        if self.is_last and self._is_wanted():
            with suppress(OSError):
                os.rmdir(long_path(self.step.target))

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Make it again."""
        seen = self.step.seen
        is_wanted = is_begun if self.is_back else seen is not None
        if is_wanted and not os.path.lexists(long_path(self.step.target)):
            os.mkdir(long_path(self.step.target))
            if seen is not None:
                os.chmod(long_path(self.step.target), seen.rights)

    def is_done(self, ground: Ground) -> bool:
        """Whether it is gone, or stays because something is in it."""
        if not self._is_wanted() or not os.path.isdir(long_path(self.step.target)):
            return True
        return not self.is_all and bool(os.listdir(long_path(self.step.target)))

    def _is_wanted(self) -> bool:
        """A folder that was there before is not ours to remove."""
        return not self.is_back or self.step.seen is None


class Link(Deed):
    """A new symbolic link."""

    __slots__ = ()

    def late(self, ground: Ground) -> None:
        """Make it. Raises FileExistsError."""
        is_folder = os.path.isdir(long_path(self.step.source))
        os.symlink(self.step.source, long_path(self.step.target), target_is_directory=is_folder)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove it, if it leads where we let it."""
        if self._is_ours():
            remove(self.step.target)

    def is_done(self, ground: Ground) -> bool:
        """Whether it is there."""
        return self._is_ours()

    is_begun = is_done

    def _is_ours(self) -> bool:
        return is_same(link_to(self.step.source), look(self.step.target))


def link_to(path: str) -> Seen:
    """Return what is seen of a link that leads to `path`."""
    return Seen(stat.S_IFLNK, 0, 0, 0, 0, path)


class Remove(Deed):
    """A file goes for good; or what a step made goes again."""

    __slots__ = ("is_gone",)
    has_aside = True

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        super().__init__(act, step, is_back)
        self.source = step.target if is_back else step.source
        self.is_gone = False

    def prepare(self, ground: Ground) -> None:
        """Look whether it is what it was."""
        now = look(self.source)
        if self.seen is None or not is_same(self.seen, now):
            if now is not None or (self.is_model and not self.is_back):
                raise FileFault(_not_as_it_was(self.source, now))
            self.is_gone = True

    def aside(self, ground: Ground) -> None:
        """Give it a name that nobody sees."""
        if not self.is_gone:
            rename_new(self.source, self._aside(ground))

    def commit(self, ground: Ground) -> None:
        """Remove it."""
        self.said = self.said or drop_aside(self._aside(ground), self.source)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Give it its name again."""
        if os.path.lexists(long_path(self._aside(ground))):
            rename_new(self._aside(ground), self.source)

    def is_done(self, ground: Ground) -> bool:
        """Whether nothing is left of it."""
        return not os.path.lexists(long_path(self.source)) and not os.path.lexists(long_path(self._aside(ground)))

    def is_committed(self, ground: Ground) -> bool:
        """Whether it is gone for good."""
        return self.is_done(ground) and not self.is_back

    def _aside(self, ground: Ground) -> str:
        return self.hidden(ground, os.path.dirname(self.source), "aside")


class Unlink(Remove):
    """A link that a step made goes again, early: what had its name before wants it back."""

    __slots__ = ()

    def name(self, ground: Ground) -> None:
        """Give it a name that nobody sees."""
        super().aside(ground)

    def aside(self, ground: Ground) -> None:
        """Nothing is left to be done."""


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

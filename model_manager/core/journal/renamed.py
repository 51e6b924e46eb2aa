"""Gives other names on one drive, and makes and removes folders.

Called by performing, as the deeds are. It replaces nothing and removes only empty folders.
"""

import errno
import os
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.deeds import Deed, Ground
from model_manager.core.journal.seen import Seen, has_name, is_one_file, is_respelled, is_same, look
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path, rename_new
from model_manager.core.words import tr


class Rename(Deed):
    """A file, link or folder gets another name on its drive."""

    __slots__ = ("is_gone",)
    is_plain = True

    def prepare(self, ground: Ground) -> None:
        """Look whether the source is what it was."""
        self.is_gone = self.seen != look(self.source) and self.source_now() is None

    def name(self, ground: Ground) -> None:
        """Rename it."""
        if not self.is_gone:
            give_name(self.source, self.target)
            self.did = True

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Rename it back, if it has the other name."""
        if has_name(self.source, self.target) or not has_name(self.target, self.source):
            return
        if (is_begun and self.did is not False) or self._is_ours(look(self.target)):
            give_name(self.target, self.source)

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """There, and back."""
        return [(self.source, self.target), (self.target, self.source)]

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
    """Rename to a name that nothing has; on drives without case, to another spelling of its own name, too.

    Raises FileFault where the system says that it did so and the old spelling stays, as some network drives do.
    """
    try:
        rename_new(source, target)
    except FileExistsError:
        if not is_respelled(source, target) or not is_one_file(look(source), look(target)) or has_name(target, source):
            raise
        os.rename(long_path(source), long_path(target))
    if is_respelled(source, target) and not has_name(target, source):
        raise FileFault(tr("{name} keeps its spelling: this drive does not change it.", name=os.path.basename(source)))


def make_folder(path: str, seen: Seen | None) -> None:
    """Make a folder, with the rights of one that was there: at once, so that a kill leaves none that others may look into."""
    if seen is None:
        os.mkdir(long_path(path))
        return
    os.mkdir(long_path(path), seen.rights)
    now = look(path)
    if now is not None and now.rights != seen.rights:  # some rights are withheld from new folders
        os.chmod(long_path(path), seen.rights)


class Folder(Deed):
    """A folder is made, or made again with the rights it had."""

    __slots__ = ()
    is_plain = True

    def prepare(self, ground: Ground) -> None:
        """Make it, unless something is there."""
        if not os.path.lexists(long_path(self.step.target)):
            self._make()

    def name(self, ground: Ground) -> None:
        """Make it where a link was until now."""
        if not os.path.isdir(long_path(self.step.target)):
            self._make()

    def _make(self) -> None:
        make_folder(self.step.target, self.step.seen if self.is_back else None)
        self.did = True

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove it if it was not there before and is empty."""
        if self.did is not False and (self.is_back or self.step.seen is None):
            with suppress(OSError):
                os.rmdir(long_path(self.step.target))

    def is_done(self, ground: Ground) -> bool:
        """Whether it is there, with the rights it had."""
        if not os.path.isdir(long_path(self.step.target)):
            return False
        now = look(self.step.target)
        return not self.is_back or self.step.seen is None or (now is not None and now.rights == self.step.seen.rights)


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
            self.did = True
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
        if self.did is not False and is_wanted and not os.path.lexists(long_path(self.step.target)):
            make_folder(self.step.target, seen)

    def is_done(self, ground: Ground) -> bool:
        """Whether it is gone, or stays because something is in it."""
        if not self._is_wanted() or not os.path.isdir(long_path(self.step.target)):
            return True
        return not self.is_all and bool(os.listdir(long_path(self.step.target)))

    def _is_wanted(self) -> bool:
        """A folder that was there before is not ours to remove."""
        return not self.is_back or self.step.seen is None

"""Makes symbolic links, and removes files: out of sight first, for good when everything else of the act is done.

Called by performing, as the deeds are. It removes only what it knows.
"""

import os
import stat
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.deeds import Deed, Ground, drop_aside, not_as_it_was, remove
from model_manager.core.journal.seen import Seen, is_away, is_same, look
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path, rename_new
from model_manager.core.words import tr


class Link(Deed):
    """A new symbolic link."""

    __slots__ = ()

    def late(self, ground: Ground) -> None:
        """Make it. Raises FileExistsError."""
        make_link(self.step)
        self.did = True

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove it, if it leads where we let it."""
        if self.did is not False and self._is_ours():
            remove(self.step.target)

    def is_done(self, ground: Ground) -> bool:
        """Whether it is there."""
        return self._is_ours()

    is_begun = is_done

    def _is_ours(self) -> bool:
        return is_same(link_to(self.step.source), look(self.step.target))


def make_link(step: KeptStep) -> None:
    """Make the link of a LINK step. Raises OSError, and FileFault where the system says that it made one and there is none."""
    os.symlink(step.source, long_path(step.target), target_is_directory=os.path.isdir(long_path(step.source)))
    if not os.path.islink(long_path(step.target)):
        raise FileFault(tr("No link could be made at {path}: this drive has none.", path=step.target))


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
                raise FileFault(not_as_it_was(self.source, now))
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
        return is_away(self.seen, look(self.source)) and not os.path.lexists(long_path(self._aside(ground)))

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """Out of sight, and back."""
        return [(self.source, self._aside(ground)), (self._aside(ground), self.source)]

    def has_trace(self, ground: Ground) -> bool:
        """Whether it is set aside just now."""
        return os.path.lexists(long_path(self._aside(ground)))

    def is_committed(self, ground: Ground, has_trace: bool) -> bool:
        """Whether it is gone for good, and it was us: a copy may have been removed by the person before it was taken back."""
        return self.is_done(ground) and (has_trace or not self.is_back)

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

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Give it its name again, or make it again."""
        super().back(ground, is_begun)
        if is_begun and look(self.source) is None:
            self._make(ground)

    def _make(self, ground: Ground) -> None:
        make_link(self.step)

    def has_trace(self, ground: Ground) -> bool:
        """It tells nothing of the others, as it is set aside before them."""
        return False

    def is_committed(self, ground: Ground, has_trace: bool) -> bool:
        """It can always be made again."""
        return False


class Cut(Unlink):
    """A link that was there goes, so that its name is free."""

    __slots__ = ()

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        super().__init__(act, step, is_back)
        self.source = step.target

    def is_done(self, ground: Ground) -> bool:
        """Whether it is gone, and what has its name is not the link."""
        return not _is_as_it_was(self.step) and not os.path.lexists(long_path(self._aside(ground)))

    def _make(self, ground: Ground) -> None:
        make_again(self, ground)


class Again(Link):
    """The link that was there is there again: words and time."""

    __slots__ = ()

    def late(self, ground: Ground) -> None:
        """Make it. Raises FileExistsError."""
        make_again(self, ground)
        self.did = True

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Remove it, and what there may be of it."""
        with suppress(FileNotFoundError):
            remove(_beside(self, ground))
        super().back(ground, is_begun)

    def renames(self, ground: Ground) -> list[tuple[str, str]]:
        """It gets its name when it is as it was."""
        return [(_beside(self, ground), self.step.target)]

    def _is_ours(self) -> bool:
        return _is_as_it_was(self.step)


def make_again(deed: Deed, ground: Ground) -> None:
    """Make the link that an UNLINK step removed: beside its place, with its time, then the name. Raises OSError."""
    seen, target, beside = deed.step.seen, deed.step.target, _beside(deed, ground)
    if seen is None:
        return
    with suppress(FileNotFoundError):
        remove(beside)  # of a run that was killed
    is_folder = os.path.isdir(long_path(os.path.join(os.path.dirname(target), seen.link)))
    os.symlink(seen.link, long_path(beside), target_is_directory=is_folder)
    if os.utime in os.supports_follow_symlinks:
        os.utime(beside, ns=(seen.mtime_ns, seen.mtime_ns), follow_symlinks=False)
    rename_new(beside, target)


def _beside(deed: Deed, ground: Ground) -> str:
    return deed.hidden(ground, os.path.dirname(deed.step.target), "again")


def _is_as_it_was(step: KeptStep) -> bool:
    return step.seen is not None and is_same(step.seen, look(step.target))

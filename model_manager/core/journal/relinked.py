"""Lets a symbolic link that is there lead elsewhere, because its file has moved; there and back are the same.

Called by performing, as the deeds are. It replaces only a link that leads where it did when the change was written down.
"""

import os
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.copied import flush_folder
from model_manager.core.journal.deeds import Deed, Ground, not_as_it_was, remove
from model_manager.core.journal.seen import look
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path


class Relink(Deed):
    """A link leads to the step's source instead of where it led: relative if it was, absolute if it was."""

    __slots__ = ("new", "old")

    def __init__(self, act: KeptAct, step: KeptStep, is_back: bool) -> None:
        super().__init__(act, step, is_back)
        before = step.seen.link if step.seen is not None else ""
        folder = os.path.dirname(step.target)
        after = step.source if os.path.isabs(before) else os.path.relpath(step.source, folder)
        self.old, self.new = (after, before) if is_back else (before, after)

    def prepare(self, ground: Ground) -> None:
        """Look whether it leads where it did."""
        now = look(self.step.target)
        if now is None or not now.link or now.link != self.old:
            raise FileFault(not_as_it_was(self.step.target, now))

    def late(self, ground: Ground) -> None:
        """Let it lead elsewhere."""
        self._put(self.new, ground)

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Let it lead where it did."""
        with suppress(FileNotFoundError):
            remove(self._hidden(ground))
        if self.is_begun(ground):
            self._put(self.old, ground)

    def is_done(self, ground: Ground) -> bool:
        """Whether it leads there."""
        now = look(self.step.target)
        return now is not None and now.link == self.new

    def is_begun(self, ground: Ground) -> bool:
        """Whether it leads there, and did not before."""
        return self.new != self.old and self.is_done(ground)

    def _put(self, text: str, ground: Ground) -> None:
        """Make the link anew beside it, with its former time if it is the former one, and put it in its place in one step."""
        hidden, seen = self._hidden(ground), self.step.seen
        with suppress(FileNotFoundError):
            remove(hidden)
        os.symlink(text, long_path(hidden))
        if seen is not None and text == seen.link and os.utime in os.supports_follow_symlinks:
            os.utime(hidden, ns=(seen.mtime_ns, seen.mtime_ns), follow_symlinks=False)
        os.replace(long_path(hidden), long_path(self.step.target))
        flush_folder(os.path.dirname(self.step.target))

    def _hidden(self, ground: Ground) -> str:
        return self.hidden(ground, os.path.dirname(self.step.target), "relink")

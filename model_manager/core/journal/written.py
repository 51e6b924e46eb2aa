"""Writes a small file anew, and puts back what was there: bytes, time and rights.

Called by performing, as the deeds are. It replaces only bytes that it knows.
"""

import os
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.deeds import Deed, Ground, remove
from model_manager.core.journal.seen import look
from model_manager.core.paths import long_path, replace_file
from model_manager.core.sidecars.turns import turn
from model_manager.core.words import tr


def bytes_at(path: str) -> bytes | None:
    """Return the bytes of a file, None when it is not there. Raises OSError."""
    try:
        with open(long_path(path), "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


class Put(Deed):
    """A file gets other bytes, or goes; there and back are the same."""

    __slots__ = ()
    is_plain = True

    def name(self, ground: Ground) -> None:
        """Write, if the bytes that are there are the ones that were there."""
        step = self.step
        old, new = (step.data, step.before) if self.is_back else (step.before, step.data)
        with turn(step.target):
            now = bytes_at(step.target)
            if now != old:
                raise FileFault(_changed(step.target, now))
            self.did = True
            self._put(new, is_before=self.is_back, beside=ground.ahead.take(self.act.number, step.number))

    def back(self, ground: Ground, is_begun: bool) -> None:
        """Write what was there, if what is there is ours."""
        step = self.step
        old, new = (step.data, step.before) if self.is_back else (step.before, step.data)
        with turn(step.target):
            if self.did is not False and old != new and bytes_at(step.target) == new:
                self._put(old, is_before=not self.is_back)

    def is_done(self, ground: Ground) -> bool:
        """Whether the bytes are the new ones."""
        return bytes_at(self.step.target) == (self.step.before if self.is_back else self.step.data)

    def is_begun(self, ground: Ground) -> bool:
        """Whether the bytes are the new ones and not the old ones."""
        return self.step.before != self.step.data and self.is_done(ground)

    def _put(self, data: bytes | None, is_before: bool, beside: str = "") -> None:
        step = self.step
        if data is None:
            with suppress(FileNotFoundError):
                remove(step.target)
        else:
            replace_file(step.target, data, beside)
            if is_before and step.seen is not None:
                os.chmod(long_path(step.target), step.seen.rights)
                os.utime(long_path(step.target), ns=(step.seen.mtime_ns, step.seen.mtime_ns))
        step.after = None if is_before else look(step.target)


def _changed(path: str, now: bytes | None) -> str:
    name = os.path.basename(path)
    if now is None:
        return tr("{name} is not there any more.", name=name)
    return tr("{name} has changed since. It was left as it is.", name=name)

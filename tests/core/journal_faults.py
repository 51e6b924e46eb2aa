"""Kills the journal at any call to the system or its database, within the test's own process: nothing after that call happens."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from model_manager.core import paths
from model_manager.core.hashes.kept import Kept

CALLS = ("rename", "replace", "unlink", "mkdir", "rmdir", "link", "symlink", "utime", "chmod", "open", "write", "fsync")


class Killed(BaseException):
    """No handler of the program catches it, so it ends the program where it is raised."""


class Killer:
    """Counts calls that change the disk and lets the program die at one: before it, or right after it."""

    def __init__(self, at: int = 0, is_after: bool = False) -> None:
        self.count, self._at, self._is_after = 0, at, is_after
        self.is_dead = False

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, as the program finds it."""

        def killing(*values: Any, **named: Any) -> Any:
            if self.is_dead:
                raise Killed
            self.count += 1
            if self.count != self._at:
                return call(*values, **named)
            if self._is_after:
                call(*values, **named)
            self.is_dead = True
            raise Killed

        return killing

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let it kill meanwhile; the death ends here."""
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self.around(getattr(os, name)))
            patch.setattr(paths, "_rename_exclusively", self.around(paths._rename_exclusively))
            patch.setattr(Kept, "_write", self.around(Kept._write))
            patch.setattr(os, "supports_follow_symlinks", {*os.supports_follow_symlinks, os.utime})
            try:
                yield
            except Killed:
                assert self.is_dead

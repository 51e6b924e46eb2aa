"""Names of one file (hard links) that go to another drive: one copy there and links to it; taken back, names of one file again.

Used by copied. It looks for a file that may be linked to and makes the link under a name that nobody sees; the bytes are compared first.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from model_manager.core.journal.seen import Seen, is_one_file, is_same, look, same_bytes
from model_manager.core.journal.steps import KIN, MOVE
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path
from model_manager.core.work import Work


class Kin:
    """The acts of one change, asked which of their files were one when the change was written down."""

    def __init__(self, acts: Sequence[KeptAct] = ()) -> None:
        self._acts = acts
        self._files: dict[tuple[int, int], list[tuple[KeptAct, KeptStep]]] | None = None

    def others(self, step: KeptStep) -> list[tuple[KeptAct, KeptStep]]:
        """Return the steps that move other names of the file that a step moves."""
        if self._files is None:  # only a change that copies asks
            self._files = {}
            for act in self._acts:
                for one in act.steps:
                    if one.sort == MOVE and one.seen is not None and one.seen.inode and not one.seen.link:
                        self._files.setdefault((one.seen.device, one.seen.inode), []).append((act, one))
        if step.seen is None:
            return []
        found = self._files.get((step.seen.device, step.seen.inode), [])
        return [other for other in found if other[1].source != step.source]

    def stayed(self, act: KeptAct, step: KeptStep) -> list[KeptStep]:
        """Return the names of the file that a step moves which did not go with it."""
        gone = {other.source for _, other in self.others(step)}
        known = [one for one in act.steps if one.sort == KIN and one.target == step.source]
        return [one for one in known if one.source not in gone and one.seen is not None and is_one_file(one.seen, step.seen)]


def moved(step: KeptStep, others: Sequence[tuple[KeptAct, KeptStep]], is_back: bool, hidden: Callable[[KeptAct, KeptStep], str],
          ) -> Iterator[tuple[str, Seen]]:  # fmt: skip
    """Give where other names of a file may lie already on the drive to which it goes, and what they should be there."""
    for act, other in others:
        made = other.seen if is_back else other.after
        if made is not None:
            yield (other.source if is_back else other.target), made
            yield hidden(act, other), made


def link_as(source: str, path: str, made: Seen, partial: str, work: Work, told: Callable[[int], None]) -> bool:
    """Make `partial` one more name of the file at `path`, if that is what it should be and has the bytes of `source`.

    False where there is nothing to link to, or the drive has no links. Raises Cancelled.
    """
    try:
        if not is_same(made, look(path)) or not same_bytes(source, path, work, lambda count: told(2 * count)):
            return False
        os.link(long_path(path), long_path(partial))
        if is_same(made, look(partial)):
            return True
    except OSError:
        return False
    with suppress(OSError):  # it was replaced just now
        os.unlink(long_path(partial))
    return False

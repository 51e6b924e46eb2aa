"""Runs the acts of a change one after the other, there or back, and writes down in batches what became of them.

Called by carrying, with the lock of the journal held. A fault of one act never keeps the next from its turn.
"""

import errno
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.journal import ahead
from model_manager.core.journal.building import deeds_of, far_moves, weight_of
from model_manager.core.journal.deeds import Ground
from model_manager.core.journal.folders import FolderTimes
from model_manager.core.journal.kin import Kin
from model_manager.core.journal.performing import HalfDone, perform
from model_manager.core.journal.quick import rename_all
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    DONE,
    MOVE,
    REMOVE,
    STOPPED,
    UNDONE,
    WRITE,
    Outcome,
    Report,
)
from model_manager.core.journal.store import KeptAct, KeptChange, Store
from model_manager.core.library.kinds import is_in_trash
from model_manager.core.paths import marked
from model_manager.core.words import tr
from model_manager.core.work import Work

BATCH_SECONDS: Final = 0.5
FRESH_SECONDS: Final = 1.0  # so long ago a file may have been looked at that only gets another name


class Runner:
    """One change at work. report: what it comes to."""

    def __init__(self, store: Store, change: KeptChange, work: Work, looked: float = 0.0) -> None:
        """looked: when all files were looked at (time.monotonic). Raises FileFault."""
        self.report = Report(change.id, change.title)
        self._store, self._change, self._work = store, change, work
        self._looked = looked
        self._ground = Ground(change.mark, work, self._told, lambda act: store.note_after(change.id, act))
        self._times = FolderTimes(store, change.id)
        self._half = ""
        self._settled: list[KeptAct] = []
        self._next = time.monotonic() + BATCH_SECONDS
        self._text, self._done, self._total = "", 0, 0

    def forward(self, acts: Sequence[KeptAct]) -> None:
        """Do all acts that wait."""
        self._ground.kin = Kin(acts)
        self.report.outcomes += [outcome_of(act) for act in acts if act.state == ACT_FAILED]
        self._run([act for act in acts if self._change.waits(act)], is_back=False)

    def backward(self, acts: Sequence[KeptAct]) -> None:
        """Take back all acts that are done and marked as taken, the last one first."""
        self._ground.kin = Kin(acts)
        self._run([act for act in reversed(acts) if act.is_taken and act.state == ACT_DONE], is_back=True)

    def end(self, is_back: bool) -> None:
        """Write down how it ended; what cannot be written is said in the report, and found out again by recovery."""
        try:
            self._flush()
            if self._half:
                self._store.turn(self._change, self._change.state, self._half)
                self.report.note = self._half
                return
            is_left = self._store.has_done(self._change.id)
            self._times.end(is_all_back=not is_left)
            self._store.turn(self._change, self._ending(is_back, is_left))
        except FileFault as fault:
            self.report.note = fault.text

    def _ending(self, is_back: bool, is_left: bool) -> str:
        if is_back and not is_left:
            return UNDONE
        if self._change.is_undo:
            return self._change.ended
        return STOPPED if is_back or self.report.is_stopped else DONE

    def moves(self, acts: Sequence[KeptAct], is_back: bool) -> list[tuple[str, str]]:
        """Return (from, to) of all models that the change moved, in this run or in one that was killed."""
        state = ACT_UNDONE if is_back else ACT_DONE
        return [pair for act in acts if act.state == state for pair in _moves(act, is_back)]

    def far_moves(self, acts: Sequence[KeptAct], is_back: bool) -> list[tuple[str, str]]:
        """Return (from, to) of all models that are to go to another drive: they are other files there."""
        return far_moves(acts, self._ground, is_back)

    def _run(self, acts: Sequence[KeptAct], is_back: bool) -> None:
        with marked(self._change.mark):
            try:
                self._run_all(acts, is_back)
            finally:
                self._ground.ahead.clear()

    def _run_all(self, acts: Sequence[KeptAct], is_back: bool) -> None:
        self._ground.explore({folder for act in acts for step in act.steps for folder in (step.folder, step.new_folder) if folder})
        weights = [weight_of(act, self._ground, is_back) for act in acts]
        is_bytes = any(weights)
        self._total = sum(weights) if is_bytes else len(acts)
        done, ahead_to = 0, 0 if any(step.sort == WRITE for act in acts for step in act.steps) else -1
        for number, (act, weight) in enumerate(zip(acts, weights, strict=True)):
            self._text = f"{number + 1}/{len(acts)}"
            try:
                self._work.check()
                if number == ahead_to:
                    ahead_to = self._look_ahead(acts, number, is_back)
                self._take(act, is_back)
            except Cancelled:
                self.report.is_stopped = True
                break
            done += weight if is_bytes else 1
            self._done = done
            self._work.progress(self._text, done, self._total)

    def _look_ahead(self, acts: Sequence[KeptAct], first: int, is_back: bool) -> int:
        """Have the disk take what the acts from this one on will write; returns the first that is not among them."""
        files = size = 0
        end = first
        while end < len(acts) and end - first < ahead.FILES:
            self._store.fill(self._change.id, acts[end])
            more = ahead.weight(acts[end], is_back)
            if end > first and (files + more[0] > ahead.FILES or size + more[1] > ahead.BYTES):
                break
            files, size, end = files + more[0], size + more[1], end + 1
        if files > 1:
            self._ground.ahead.make(acts[first:end], is_back)
        return end

    def _take(self, act: KeptAct, is_back: bool) -> None:
        before, act.text = act.state, ""
        try:
            act.text = self._do(act, is_back)
            act.state = ACT_UNDONE if is_back else ACT_DONE
            self._note(act, is_back)
        except HalfDone as fault:
            act.text = self._half = fault.text
        except FileFault as fault:
            act.text = fault.text
            act.state, act.is_taken = (before, False) if is_back else (ACT_FAILED, False)
        self.report.outcomes.append(outcome_of(act, ACT_FAILED if act.state == before else act.state))
        self._settled.append(act)
        if time.monotonic() >= self._next:
            with suppress(FileFault):  # it is tried again with the next batch, and `end` says it
                self._flush()

    def _do(self, act: KeptAct, is_back: bool) -> str:
        if is_back and REMOVE in [step.sort for step in act.steps]:
            raise FileFault(tr("What was removed for good cannot be brought back."))
        self._store.fill(self._change.id, act)
        if rename_all(act, self._ground, is_back, time.monotonic() - self._looked < FRESH_SECONDS):
            return ""
        try:
            return self._perform(act, is_back, is_across=False)
        except HalfDone:
            raise
        except FileFault as fault:
            if not isinstance(fault.__cause__, OSError) or fault.__cause__.errno != errno.EXDEV:
                raise
        return self._perform(act, is_back, is_across=True)  # one drive in name only

    def _perform(self, act: KeptAct, is_back: bool, is_across: bool) -> str:
        return perform(deeds_of(act, self._ground, is_back, is_across), self._ground)

    def _note(self, act: KeptAct, is_back: bool) -> None:
        folders = self.report.folders
        for step in act.steps:
            if step.new_folder not in folders and not is_in_trash(step.target):
                folders.add(step.new_folder)
            if step.folder and step.folder not in folders and not is_in_trash(step.source):
                folders.add(step.folder)
            if step.source == act.path and step.sort == MOVE:
                self.report.moves.append((step.target, step.source) if is_back else (step.source, step.target))

    def _flush(self) -> None:
        """Write down what was settled since the last time."""
        self._next = time.monotonic() + BATCH_SECONDS
        self._store.settle(self._change.id, self._settled)
        self._settled.clear()

    def _told(self, count: int) -> None:
        self._done += count
        self._work.progress(self._text, self._done, self._total)


def _moves(act: KeptAct, is_back: bool) -> list[tuple[str, str]]:
    pairs = [(step.source, step.target) for step in act.steps if step.sort == MOVE and step.source == act.path]
    return [(new, old) for old, new in pairs] if is_back else pairs


def outcome_of(act: KeptAct, state: str = "") -> Outcome:
    """Return what became of an act."""
    return Outcome(act.number, act.name, state or act.state, *act.shown, act.path, act.new_path, act.text, act.size)

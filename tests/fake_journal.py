"""Stands in for the journal: does moves, writes and folders for real, remembers changes in memory, takes them back."""

import os
import time
from collections.abc import Collection
from pathlib import Path

from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    DONE,
    FOLDER,
    MOVE,
    STOPPED,
    UNDONE,
    WRITE,
    Act,
    Change,
    Outcome,
    Plan,
    Report,
)
from model_manager.core.work import Work


class FakeJournal:
    """The functions of `carrying`, for one data folder."""

    def __init__(self) -> None:
        self.plans: dict[int, Plan] = {}
        self.states: dict[int, dict[int, str]] = {}
        self.texts: dict[tuple[int, int], str] = {}
        self.times: dict[int, float] = {}
        self.left_half: set[int] = set()
        self.refuses = ""  # the text of a fault before anything is done

    def carry_out(self, data: Path, plan: Plan, work: Work) -> Report:
        if self.refuses:
            raise FileFault(self.refuses)
        id_ = len(self.plans) + 1
        self.plans[id_], self.states[id_], self.times[id_] = plan, {}, time.time()
        for number, act in enumerate(plan.acts):
            if work.is_cancelled:
                break
            work.progress("moving", number, len(plan.acts))
            try:
                self._do(act)
                self.states[id_][number] = ACT_DONE
            except OSError as fault:
                self.states[id_][number], self.texts[id_, number] = ACT_FAILED, str(fault)
        return self._report(id_, work.is_cancelled)

    def take_back(self, data: Path, change: int, work: Work, acts: Collection[int] | None = None) -> Report:
        numbers = [number for number, state in self.states[change].items() if state == ACT_DONE and (acts is None or number in acts)]
        for number in reversed(numbers):
            for step in reversed(self.plans[change].acts[number].steps):
                if step.sort == MOVE:
                    os.rename(step.target, step.source)
            self.states[change][number] = ACT_UNDONE
        return self._report(change, False, numbers)

    def finish(self, data: Path, change: int, work: Work) -> Report:
        self.left_half.discard(change)
        return self._report(change, False)

    def roll_back(self, data: Path, change: int, work: Work) -> Report:
        self.left_half.discard(change)
        return self.take_back(data, change, work)

    def changes(self, data: Path, limit: int = 200, before: int = 0) -> list[Change]:
        return [self._change(id_) for id_ in sorted(self.plans, reverse=True) if not before or id_ < before][:limit]

    def change(self, data: Path, id_: int) -> Change | None:
        return self._change(id_) if id_ in self.plans else None

    def outcomes(self, data: Path, id_: int) -> list[Outcome]:
        return [self._outcome(id_, number, act) for number, act in enumerate(self.plans[id_].acts)]

    def interrupted(self, data: Path) -> list[Change]:
        return [self._change(id_) for id_ in sorted(self.left_half)]

    @staticmethod
    def _do(act: Act) -> None:
        for step in act.steps:
            if step.sort == FOLDER:
                os.makedirs(step.target, exist_ok=True)
            elif step.sort == MOVE:
                if os.path.lexists(step.target):
                    raise FileExistsError(f"{step.target} is taken")
                os.rename(step.source, step.target)
            elif step.sort == WRITE:
                Path(step.target).write_bytes(step.data or b"")

    def _change(self, id_: int) -> Change:
        plan, states = self.plans[id_], [*self.states[id_].values()]
        done, undone = states.count(ACT_DONE), states.count(ACT_UNDONE)
        state = UNDONE if undone and not done else DONE if len(states) == len(plan.acts) else STOPPED
        return Change(
            id_, plan.kind, plan.title, self.times[id_], state, len(plan.acts), done, states.count(ACT_FAILED), undone,
            sum(act.size for act in plan.acts), is_interrupted=id_ in self.left_half, can_undo=done > 0,
        )  # fmt: skip

    def _outcome(self, id_: int, number: int, act: Act) -> Outcome:
        state = self.states[id_].get(number, "waits")
        text = self.texts.get((id_, number), "")
        return Outcome(number, act.name, state, act.before, act.after, act.path, act.new_path, text, act.size)

    def _report(self, id_: int, is_stopped: bool, numbers: Collection[int] | None = None) -> Report:
        plan = self.plans[id_]
        outcomes = [one for one in self.outcomes(Path(), id_) if one.state != "waits" and (numbers is None or one.number in numbers)]
        moved = [one for one in outcomes if one.state in (ACT_DONE, ACT_UNDONE)]
        paths = [path for one in moved for path in (one.path, one.new_path) if path]
        back = [(one.new_path, one.path) if one.state == ACT_UNDONE else (one.path, one.new_path) for one in moved]
        return Report(id_, plan.title, outcomes, {os.path.dirname(path) for path in paths}, back, is_stopped)

"""Duplicates: has them looked for, keeps what was found, and what the person wants to keep of each group.

Made by the desk for tidying up. The search runs in a pool of its own for as long as it takes and can be stopped at any time; what is
planned of the choices is core's. Works on the GUI thread only.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.later import later
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError
from model_manager.core.journal.steps import HARD, SHARE, Plan
from model_manager.core.twins.linking import Choice, as_suggested, plan_link
from model_manager.core.twins.records import SAME_FILE, SAME_WEIGHTS, Found, Group
from model_manager.core.words import tr
from model_manager.core.work import Work

__all__ = ["HARD", "SHARE", "Twins"]

Make = Callable[[Path, Path], Plan]
_find_all, _last_result = later("model_manager.core.twins.finding", "find"), later("model_manager.core.twins.last", "last_result")
_plan_replace = later("model_manager.core.twins.replacing", "plan_replace")
_plan_remove = later("model_manager.core.twins.removing", "plan_remove")


class Sum(NamedTuple):
    """What the groups of a sort come to when the suggestions are followed: how many there are, bytes to be won, files that go."""

    groups: int = 0
    won: int = 0
    going: int = 0


class Shown(NamedTuple):
    """A result, and what it comes to by sort: counted in a worker, since there may be thousands of groups."""

    found: Found = Found()
    sums: dict[str, Sum] = {}  # noqa: RUF012 - never changed


class Twins(QObject):
    """The duplicates of one session."""

    changed = Signal()  # what there is
    moved = Signal()  # how far a search is, or whether there is one
    progressed = Signal(str, object, object)  # text, done, total
    work_ended = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self._shown = Shown()
        self.text, self.done, self.total = "", 0, 0
        self._kept: dict[str, frozenset[int]] = {}  # where the person decided otherwise than we suggest, by group
        self._chosen: dict[str, Group] = {}  # those groups
        self._search: Job | None = None
        self._is_loading = self._is_stale = False
        session.loaded.connect(self.load)
        session.scanned.connect(lambda _: self.load())

    # what there is

    @property
    def found(self) -> Found:
        """What the last search found, as far as it still holds; another object only when it is another result."""
        return self._shown.found

    @property
    def count(self) -> int:
        """Groups that something can be won of."""
        return self.sum(SAME_FILE).groups + self.sum(SAME_WEIGHTS).groups

    def sum(self, sort: str) -> Sum:
        """What all groups of a sort come to by what is chosen now."""
        groups, won, going = self._shown.sums.get(sort, Sum())
        for group in (group for group in self._chosen.values() if group.sort == sort):
            won += group.won(self.kept(group)) - group.to_win
            going += len(as_suggested(group).kept) - len(self.kept(group))
        return Sum(groups, won, going)

    @property
    def is_looking(self) -> bool:
        """Whether a search is under way."""
        return self._search is not None

    def load(self) -> None:
        """Read what the last search found, and look whether it still holds."""
        index = self._session.index_path
        if index is None or self._is_loading or self.is_looking:
            self._is_stale = self._is_loading
            return
        self._is_loading, self._is_stale = True, False
        work = Work()
        args = (_last, self._session.folder, index, work, self._shown)
        self._runner.start(Pool.READ, *args, done=self._on_loaded, failed=self._on_load_failed, work=work)

    def _on_loaded(self, shown: Shown) -> None:
        self._is_loading = False
        if not self.is_looking and shown is not self._shown:
            self._take(shown)
        if self._is_stale:
            self.load()

    def _on_load_failed(self, fault: ModelManagerError) -> None:
        self._is_loading = False
        self.failed.emit(fault.text)

    def _take(self, shown: Shown) -> None:
        self._shown = shown
        self._chosen = {group.key: group for group in shown.found.groups if group.key in self._kept} if self._kept else {}
        known = {key: self._kept[key] & {one.id for one in group.members} for key, group in self._chosen.items()}
        self._kept = {key: kept for key, kept in known.items() if kept}
        self.changed.emit()

    # looking

    def look(self) -> None:
        """Look for duplicates in the whole library."""
        index = self._session.index_path
        if index is None or self.is_looking:
            return
        self.text, self.done, self.total = tr("Looking at sizes"), 0, 0
        work = self._runner.work(self._on_progress)
        args = (_find, self._session.folder, index, work)
        self._search = self._runner.start(Pool.COMPARE, *args, done=self._on_found, failed=self._on_look_failed, work=work)
        self.moved.emit()

    def stop(self) -> None:
        """Stop looking; what was found out is remembered, so the next search goes on there."""
        if self._search is not None:
            self._search.cancel()
            self._end()

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self.is_looking:
            self.text, self.done, self.total = text, done, total
            self.progressed.emit(text, done, total)
            self.moved.emit()

    def _on_found(self, shown: Shown) -> None:
        self._end()
        self._take(shown)

    def _on_look_failed(self, fault: ModelManagerError) -> None:
        self._end()
        self.failed.emit(fault.text)

    def _end(self) -> None:
        self._search = None
        self.work_ended.emit()
        self.moved.emit()

    # what is kept

    def kept(self, group: Group) -> frozenset[int]:
        """The members (ids) of a group that stay: as the person said, else as we suggest."""
        return self._kept.get(group.key) or as_suggested(group).kept

    def keep(self, group: Group, kept: frozenset[int]) -> bool:
        """Let these members of a group stay; False when that is none, which cannot be."""
        if not kept:
            return False
        self._kept[group.key], self._chosen[group.key] = kept, group
        return True

    def won(self, groups: Sequence[Group]) -> int:
        """Bytes to be won in these groups by what is chosen now."""
        return sum(group.won(self.kept(group)) for group in groups)

    def going(self, groups: Sequence[Group]) -> int:
        """How many files go in these groups by what is chosen now."""
        return sum(len(group.members) - len(self.kept(group)) for group in groups)

    # what can be done

    def linking(self, groups: Sequence[Group], how: str = HARD) -> Make:
        """What makes the plan to link what is not kept."""
        return partial(_linking, self._choices(groups), how)

    def removing(self, groups: Sequence[Group]) -> Make:
        """What makes the plan to remove what is not kept."""
        return partial(_removing, self._choices(groups))

    def replacing(self, groups: Sequence[Group]) -> Make:
        """What makes the plan to put symbolic links in the place of what is not kept."""
        return partial(_replacing, self._choices(groups))

    def _choices(self, groups: Sequence[Group]) -> list[Choice]:
        return [Choice(group, self.kept(group)) for group in groups]


def _summed(found: Found) -> Shown:
    sums: dict[str, Sum] = {}
    for group in found.groups:
        before = sums.get(group.sort, Sum())
        going = len(group.members) - len(as_suggested(group).kept)
        sums[group.sort] = Sum(before.groups + 1, before.won + group.to_win, before.going + going)
    return Shown(found, sums)


def _find(data: Path, index: Path, work: Work) -> Shown:
    return _summed(_find_all(data, index, work))


def _last(data: Path, index: Path, work: Work, before: Shown) -> Shown:
    """What is left of the last result; `before` itself where that is the same."""
    found: Found = _last_result(data, index, work)
    return before if found == before.found else _summed(found)


def _replacing(choices: Sequence[Choice], data: Path, index: Path) -> Plan:
    plan: Plan = _plan_replace(choices, index)
    return plan


def _removing(choices: Sequence[Choice], data: Path, index: Path) -> Plan:
    plan: Plan = _plan_remove(choices, index)
    return plan


def _linking(choices: Sequence[Choice], how: str, data: Path, index: Path) -> Plan:
    return plan_link(choices, how)

"""The one door through which files of the user are changed: a plan is written down, carried out, and can be taken back.

Called by bridge in its writing thread and by the command line. One at a time over all copies of the program; who comes second waits
and can be cancelled. What we keep by the paths of models follows them.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from model_manager.core.alone import alone
from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.journal.pruning import prune
from model_manager.core.journal.recovery import away, resume
from model_manager.core.journal.running import Runner, outcome_of
from model_manager.core.journal.steps import ACT_DONE, UNDOING, Change, Outcome, Plan, Report
from model_manager.core.journal.store import ACTIVE, LOCK_NAME, KeptAct, KeptChange, Store
from model_manager.core.journal.writing_down import write_down
from model_manager.core.release import let_go
from model_manager.core.tidy.following import announce, follow
from model_manager.core.words import tr
from model_manager.core.work import Work


def carry_out(data: Path, plan: Plan, work: Work) -> Report:
    """Write a plan down and do it. Raises FileFault when the journal cannot be written, and Cancelled while it waits for another copy
    of the program or looks at the files; nothing is done then. What becomes of each act is in the report."""  # fmt: skip
    with _journal(data, work) as store:
        prune(store)
        begun = time.monotonic()
        change, acts = write_down(store, plan, work)
        return _run(data, store, change, acts, work, begun)


def take_back(data: Path, change: int, work: Work, acts: Collection[int] | None = None) -> Report:
    """Undo a change, or only the acts with these numbers. Newest change first is the caller's to see to: what is not as this change
    left it is refused, with a sentence, and stays. Raises FileFault (nothing was done), Cancelled while waiting."""  # fmt: skip
    with _journal(data, work) as store:
        kept = _wanted(store, change)
        if kept.state in ACTIVE:
            raise FileFault(tr("This change was interrupted. Finish it or roll it back first."))
        if not kept.can_undo:
            raise FileFault(tr("This change cannot be undone."))
        all_acts = store.acts(change)
        for act in all_acts:
            act.is_taken = act.state == ACT_DONE and (acts is None or act.number in acts)
        store.take(change, [act.number for act in all_acts if act.is_taken], is_all=acts is None)
        store.turn(kept, UNDOING)
        return _run(data, store, kept, all_acts, work)


def finish(data: Path, change: int, work: Work) -> Report:
    """Bring an interrupted change to its end, or an interrupted undo. Harmless when there is nothing to finish. Raises as take_back."""
    return _resume(data, change, work, is_finish=True)


def roll_back(data: Path, change: int, work: Work) -> Report:
    """Take back what an interrupted change did; an interrupted undo: do again what it took back. Raises as take_back."""
    return _resume(data, change, work, is_finish=False)


def in_turn(runs: Iterable[Callable[[], Report]]) -> list[Report]:
    """Do several changes one after the other. One that cannot be begun, or is stopped while it waits, ends it, and what was done before
    is reported with the reason; FileFault and Cancelled are raised only where nothing was done."""  # fmt: skip
    reports: list[Report] = []
    for run in runs:
        try:
            reports.append(run())
        except Cancelled:
            if not reports:
                raise
            reports[-1].is_stopped = True
            break
        except FileFault as fault:
            if not reports:
                raise
            reports[-1].note = " ".join(filter(None, (reports[-1].note, fault.text)))
            break
    return reports


def changes(data: Path, limit: int = 200, before: int = 0) -> list[Change]:
    """Return entries of the history, newest first; before: only those older than this id, 0 for all. Raises FileFault."""
    with Store(data) as store:
        return store.changes(limit, before)


def every_change(data: Path) -> Iterator[Change]:
    """Give all entries of the history, newest first, reading them in pages as they are wanted. Raises FileFault."""
    before = 0
    while page := changes(data, before=before):
        yield from page
        before = page[-1].id


def change(data: Path, id_: int) -> Change | None:
    """Return one entry of the history. Raises FileFault."""
    with Store(data) as store:
        return next(iter(store.changes(1, id_=id_)), None)


def outcomes(data: Path, id_: int) -> list[Outcome]:
    """Return what became of each act of a change, in order. Raises FileFault."""
    with Store(data) as store:
        acts = store.acts(id_)
        found = [outcome_of(act) for act in acts]
        let_go(acts)
        return found


def interrupted(data: Path) -> list[Change]:
    """Return the changes that a kill or crash cut off, newest first. Raises FileFault."""
    with Store(data) as store:
        return [change for change in store.active() if change.is_interrupted]


def waits_for(data: Path, id_: int) -> str:
    """Return a folder on a drive that must come back before an interrupted change can be ended, "" when none is away. Raises FileFault."""
    with Store(data) as store:
        kept = store.change(id_)
        return away(store, kept, store.acts(id_)) if kept is not None and kept.state in ACTIVE else ""


@contextmanager
def _journal(data: Path, work: Work) -> Iterator[Store]:
    with Store(data) as store, alone(data / LOCK_NAME, work):
        yield store


def forget_old(data: Path, days: int, work: Work) -> int:
    """Let entries of the history go that are older than so many days, but none that is the only way back to something held or waits to be
    finished; returns how many. Raises FileFault, Cancelled while waiting."""  # fmt: skip
    with _journal(data, work) as store:
        return prune(store, most_seconds=days * 86_400)


def _wanted(store: Store, change: int) -> KeptChange:
    if (kept := store.change(change)) is None:
        raise FileFault(tr("This change is not in the history any more."))
    return kept


def _resume(data: Path, change: int, work: Work, is_finish: bool) -> Report:
    with _journal(data, work) as store:
        kept = _wanted(store, change)
        if kept.state not in ACTIVE:
            return Report(change, kept.title)
        acts = store.acts(change)
        resume(store, kept, acts, is_finish, work)
        return _run(data, store, kept, acts, work)


def _run(data: Path, store: Store, change: KeptChange, acts: list[KeptAct], work: Work, looked: float = 0.0) -> Report:
    """Do what is to be done, let everything follow, and end it; a kill anywhere in it is for `finish` and `roll_back`. Empties acts."""
    is_back = change.state == UNDOING
    runner = Runner(store, change, work, looked)
    announce(data, runner.far_moves(acts, is_back))
    (runner.backward if is_back else runner.forward)(acts)
    note = follow(data, runner.moves(acts, is_back))
    runner.end(is_back)
    runner.report.note = runner.report.note or note
    let_go(acts)
    return runner.report

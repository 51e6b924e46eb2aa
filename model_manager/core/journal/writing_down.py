"""Makes of a plan what is written into the journal: every file is looked at, so that later it is known what is ours.

Called by carrying before anything happens. It changes nothing; an act whose files are not as planned is written down as failed.
"""

import os
import secrets
import stat

from model_manager.core.errors import FileFault
from model_manager.core.journal.performing import sentence
from model_manager.core.journal.seen import Seen, look
from model_manager.core.journal.steps import (
    ABSENT,
    ACT_FAILED,
    ACT_WAITS,
    COPY,
    FOLDER,
    HARD,
    LINK,
    MOVE,
    REMOVE,
    SHARE,
    WRITE,
    Act,
    Plan,
    Step,
)
from model_manager.core.journal.store import KeptAct, KeptChange, KeptStep, Store
from model_manager.core.journal.written import bytes_at
from model_manager.core.paths import long_path
from model_manager.core.words import tr
from model_manager.core.work import Work


def write_down(store: Store, plan: Plan, work: Work) -> tuple[KeptChange, list[KeptAct]]:
    """Write a plan into the journal. Raises FileFault or Cancelled; nothing was done then."""
    folders: dict[str, int] = {}
    claims = set[str]()
    acts = []
    for number, act in enumerate(plan.acts):
        work.check()
        acts.append(_act(number, act, folders, claims))
    return store.add(plan.kind, plan.title, plan.can_undo, secrets.token_hex(6), acts, folders), acts


def _act(number: int, act: Act, folders: dict[str, int], claims: set[str]) -> KeptAct:
    kept = KeptAct(number, ACT_WAITS, "", act.name, act.path, act.new_path, (act.before, act.after), act.size)
    try:
        for step in act.steps:
            for one in _spread(step) if step.sort == FOLDER else (step,):
                kept.steps.append(_step(len(kept.steps), one))
        _claim(kept.steps, claims)
        _note_folders(kept.steps, folders)
    except OSError as fault:
        kept.state, kept.text = ACT_FAILED, sentence(fault)
    except FileFault as fault:
        kept.state, kept.text = ACT_FAILED, fault.text
    return kept


def _claim(steps: list[KeptStep], claims: set[str]) -> None:
    """Raise FileFault where a file would be written twice: which of the two is there could not be told after a kill."""
    own = [step.target for step in steps if step.sort in (WRITE, LINK, HARD, SHARE)]
    for path in own:
        if path in claims or own.count(path) > 1:
            raise FileFault(tr("{name} is to be changed twice.", name=os.path.basename(path)))
    claims.update(own)


def _spread(step: Step) -> list[Step]:
    """A folder and every missing one above it, the upper ones first."""
    steps, folder = [step], os.path.dirname(step.target)
    while not os.path.lexists(long_path(folder)) and os.path.dirname(folder) != folder:
        steps.append(Step(FOLDER, target=folder))
        folder = os.path.dirname(folder)
    return steps[::-1]


def _step(number: int, step: Step) -> KeptStep:
    target = step.target
    if step.sort == WRITE:
        target = os.path.realpath(target) if os.path.islink(target) else target
        before = bytes_at(target)
        kept = KeptStep(number, WRITE, "", target, look(target), data=step.data, before=before)
    elif step.sort in (MOVE, REMOVE):
        kept = KeptStep(number, step.sort, step.source, target, look(step.source))
    elif step.sort == COPY:
        source = os.path.realpath(step.source)
        kept = KeptStep(number, COPY, source, target, look(source))
    else:
        kept = KeptStep(number, step.sort, step.source, target, None if step.sort == LINK else look(target))
    _compare(step, kept)
    return kept


def _compare(step: Step, kept: KeptStep) -> None:
    """Raise FileFault where a file is not what the plan was made for."""
    seen, path = kept.seen, kept.target if step.sort == WRITE else kept.source
    if step.sort in (MOVE, REMOVE, COPY) and seen is None:
        raise FileFault(tr("{name} is not there any more.", name=os.path.basename(path)))
    if step.sort == WRITE and seen is not None and not stat.S_ISREG(seen.mode):
        raise FileFault(tr("{name} is not a file.", name=os.path.basename(path)))
    if step.planned is not None and step.planned != _mark(seen):
        raise FileFault(tr("{name} has changed since this was planned.", name=os.path.basename(path)))


def _mark(seen: Seen | None) -> tuple[int, int]:
    return ABSENT if seen is None else (seen.size, seen.mtime_ns)


def _note_folders(steps: list[KeptStep], folders: dict[str, int]) -> None:
    """Remember the time of each folder that will be touched, -1 for one that is not there."""
    for step in steps:
        for folder in (step.folder, step.new_folder):
            if folder and folder not in folders:
                seen = look(folder)
                folders[folder] = -1 if seen is None else seen.mtime_ns
        if not step.source and step.sort != WRITE and step.target not in folders:
            folders[step.target] = -1 if step.seen is None else step.seen.mtime_ns

"""Makes of a plan what is written into the journal: every file is looked at, so that later it is known what is ours.

Called by carrying before anything happens. It changes nothing; an act whose files are not as planned is written down as failed.
"""

import os
import secrets
import stat

from model_manager.core.errors import FileFault
from model_manager.core.journal.deeds import Ground, not_as_it_was
from model_manager.core.journal.performing import sentence
from model_manager.core.journal.seen import Seen, is_one_file, look
from model_manager.core.journal.steps import (
    ABSENT,
    ACT_FAILED,
    ACT_WAITS,
    COPY,
    FOLDER,
    HARD,
    KIN,
    LINK,
    MOVE,
    NO_FOLDER,
    REMOVE,
    SHARE,
    UNLINK,
    WRITE,
    Act,
    Plan,
    Step,
)
from model_manager.core.journal.store import KeptAct, KeptChange, KeptStep, Store
from model_manager.core.journal.traits import traits_of
from model_manager.core.journal.written import bytes_at
from model_manager.core.paths import inside, long_path
from model_manager.core.words import tr
from model_manager.core.work import Work


def write_down(store: Store, plan: Plan, work: Work) -> tuple[KeptChange, list[KeptAct]]:
    """Write a plan into the journal. Raises FileFault or Cancelled; nothing was done then."""
    folders: dict[str, int] = {}
    claims, moved = set[str](), set[str]()
    acts = []
    for number, act in enumerate(plan.acts):
        work.check()
        acts.append(_act(number, act, folders, claims, moved))
    mark, ground = secrets.token_hex(6), Ground("", work, lambda _: None, lambda _: None)
    drives = {folder: ground.device(folder) for folder in folders}
    return store.add(plan.kind, plan.title, plan.can_undo, mark, acts, folders, drives), acts


def _act(number: int, act: Act, folders: dict[str, int], claims: set[str], moved: set[str]) -> KeptAct:
    kept = KeptAct(number, ACT_WAITS, "", act.name, act.path, act.new_path, (act.before, act.after), act.size)
    try:
        for step in act.steps:
            if step.sort == MOVE:
                if step.source in moved:
                    _claim(step.source, moved)
                moved.add(step.source)
                _add(kept, step, step.source, step.target, look(step.source))
            else:
                _add_other(kept, step, claims)
        _note_folders(kept.steps, folders)
    except OSError as fault:
        kept.state, kept.text = ACT_FAILED, sentence(fault)
    except FileFault as fault:
        kept.state, kept.text = ACT_FAILED, fault.text
    return kept


def _add(kept: KeptAct, step: Step, source: str, target: str, seen: Seen | None) -> KeptStep:
    """Add a step to an act. Raises FileFault where a file is not what the plan was made for."""
    if seen is None and step.sort in (MOVE, REMOVE, COPY):
        raise FileFault(tr("{name} is not there any more.", name=os.path.basename(source)))
    if step.planned is not None and step.planned != (ABSENT if seen is None else (seen.size, seen.mtime_ns)):
        raise FileFault(tr("{name} has changed since this was planned.", name=os.path.basename(source or target)))
    added = KeptStep(len(kept.steps), step.sort, source, target, seen)
    kept.steps.append(added)
    return added


def _add_other(kept: KeptAct, step: Step, claims: set[str]) -> None:
    source, target = step.source, step.target
    if step.sort == FOLDER:
        links = [one.target for one in kept.steps if one.sort == UNLINK]
        for one in _spread(step):  # what is seen through a link that goes is not what will be there
            _add(kept, one, "", one.target, None if any(inside(link, one.target) for link in links) else look(one.target))
    elif step.sort == WRITE:
        _add_write(kept, step, claims)
    elif step.sort == UNLINK:
        _claim(target, claims)
        seen = look(target)
        if seen is None or not seen.link:
            raise FileFault(not_as_it_was(target, seen))
        _add(kept, step, "", target, seen)
    elif step.sort == REMOVE:
        _add(kept, step, source, target, look(source))
    elif step.sort == COPY:
        source = os.path.realpath(source)
        _add(kept, step, source, target, look(source))
    else:
        if step.sort not in (NO_FOLDER, KIN):
            _claim(target, claims)
        if step.sort == LINK and (now := look(target)) is not None and now.link == source:
            raise FileFault(tr("{name} leads there already.", name=os.path.basename(target)))  # nothing would tell whether it was us
        added = _add(kept, step, source, target, None if step.sort == LINK else look(source if step.sort == KIN else target))
        if step.sort in (HARD, SHARE):
            if is_one_file(added.seen, look(source)):  # nothing would tell whether it was us
                raise FileFault(tr("The two are one file already."))
            added.before = traits_of(target)


def _add_write(kept: KeptAct, step: Step, claims: set[str]) -> None:
    target = os.path.realpath(step.target) if os.path.islink(step.target) else step.target
    _claim(target, claims)
    seen = look(target)
    if seen is not None and not stat.S_ISREG(seen.mode):
        raise FileFault(tr("{name} is not a file.", name=os.path.basename(target)))
    added = _add(kept, step, "", target, seen)
    added.data, added.before = step.data, bytes_at(target)


def _claim(path: str, claims: set[str]) -> None:
    """Raise FileFault where a file would be written twice: which of the two is there could not be told after a kill."""
    if path in claims:
        raise FileFault(tr("{name} is to be changed twice.", name=os.path.basename(path)))
    claims.add(path)


def _spread(step: Step) -> list[Step]:
    """A folder and every missing one above it, the upper ones first."""
    steps, folder = [step], os.path.dirname(step.target)
    while not os.path.lexists(long_path(folder)) and os.path.dirname(folder) != folder:
        steps.append(Step(FOLDER, target=folder))
        folder = os.path.dirname(folder)
    return steps[::-1]


def _note_folders(steps: list[KeptStep], folders: dict[str, int]) -> None:
    """Remember the time of each folder that will be touched, -1 for one that is not there."""
    for step in steps:
        if step.folder in folders and step.new_folder in folders and step.sort == MOVE:
            continue
        for folder in (step.folder, step.new_folder):
            if folder and folder not in folders:
                seen = look(folder)
                folders[folder] = -1 if seen is None else seen.mtime_ns
        if step.sort in (FOLDER, NO_FOLDER) and step.target not in folders:
            folders[step.target] = -1 if step.seen is None else step.seen.mtime_ns

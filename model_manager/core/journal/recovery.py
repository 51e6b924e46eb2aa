"""Finds out from the disk how far a killed run came, and makes each act whole again: done, or not begun.

Called by carrying before an interrupted change is finished or rolled back. What a kill left of temporary files goes.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress

from model_manager.core.errors import FileFault
from model_manager.core.journal.building import deeds_of
from model_manager.core.journal.deeds import Deed, Ground
from model_manager.core.journal.performing import folders_of, sentence, take_back
from model_manager.core.journal.seen import is_one_file, look
from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, ACT_WAITS, HARD, NO_FOLDER, RUNNING, SHARE, UNDOING, WRITE
from model_manager.core.journal.store import KeptAct, KeptChange, Store
from model_manager.core.paths import long_path, marked, remove_marked
from model_manager.core.words import tr
from model_manager.core.work import Work


def resume(store: Store, change: KeptChange, acts: Sequence[KeptAct], is_finish: bool, work: Work) -> None:
    """Make an interrupted change whole and turn it into the direction that is wanted: on to its end, or back. The same for an undo.
    Raises FileFault when something cannot be reached now; it can be tried again."""  # fmt: skip
    if folder := away(store, change, acts):
        raise FileFault(tr("The drive of {folder} is away. Connect it first, then go on.", folder=folder))
    _settle_all(store, change, acts, work)
    is_back = is_finish == change.is_undo
    if is_back == (change.state == UNDOING):
        return
    for act in acts:
        if is_back and act.state == ACT_DONE:
            act.is_taken = act.is_taken or not change.is_undo
        elif is_back and act.state == ACT_WAITS and (act.is_taken or not change.is_undo):
            act.state = ACT_UNDONE
        elif not is_back and act.state == ACT_UNDONE and (act.is_taken or not change.is_undo):
            act.state = ACT_WAITS
    store.settle(change.id, acts)
    store.turn(change, UNDOING if is_back else RUNNING)


def away(store: Store, change: KeptChange, acts: Sequence[KeptAct]) -> str:
    """Return a folder of an interrupted change that is on a drive which is away, "" when all can be reached: what is there cannot be told
    from what is not, and two drives seem to be one, where an empty folder is left in the place of a drive."""  # fmt: skip
    drives, was_there = store.drives(change.id), store.was_there(change.id)
    ground, seen = Ground("", Work(), lambda _: None, lambda _: None), dict[int, int]()
    going = {step.target for act in acts for step in act.steps if step.sort == NO_FOLDER}
    wanted = folders_of([step for act in acts for step in act.steps])
    for folder in sorted(wanted, key=lambda folder: drives.get(folder, -1) == ground.device(folder), reverse=True):
        now, drive = ground.device(folder), drives.get(folder, -1)
        is_gone = folder in was_there and folder not in going and not os.path.isdir(long_path(folder))
        if drive != -1 and ((is_gone and now != drive) or seen.setdefault(now, drive) != drive):
            return folder
    return ""


def _settle_all(store: Store, change: KeptChange, acts: Sequence[KeptAct], work: Work) -> None:
    is_back = change.state == UNDOING
    unsure = [act for act in acts if (act.is_taken and act.state == ACT_DONE if is_back else change.waits(act))]
    ground = Ground(change.mark, work, lambda _: None, lambda _: None, store.drives(change.id))
    for folder in sorted({os.path.dirname(step.target) for act in unsure for step in act.steps if step.sort in (WRITE, HARD, SHARE)}):
        remove_marked(folder, change.mark)
    settled = []
    for act in unsure:
        store.fill(change.id, act)
        try:
            with marked(change.mark):
                is_done = _settle(deeds_of(act, ground, is_back, is_left=True), ground)
        except OSError as fault:
            raise FileFault(sentence(fault)) from fault
        if is_done:
            act.state = ACT_UNDONE if is_back else ACT_DONE
        settled.append(act)
    store.settle(change.id, settled)


def _settle(deeds: Sequence[Deed], ground: Ground) -> bool:
    """Make one act whole; returns whether it is done."""
    for deed in deeds:
        for old, new in deed.renames(ground):
            _give_up_claim(old, new)
    has_trace = any(deed.has_trace(ground) for deed in deeds)
    if any(deed.is_committed(ground, has_trace) for deed in deeds):
        for deed in deeds:
            deed.commit(ground)
        return True
    if deeds and all(deed.is_done(ground) for deed in deeds):
        return True
    take_back(deeds, ground, is_begun=any(deed.is_begun(ground) for deed in deeds))
    return False


def _give_up_claim(old: str, new: str) -> None:
    """Remove the empty file (or folder) with which a name is taken first, on drives that cannot refuse a taken name: see rename_new."""
    one, other = look(old), look(new)
    if one is None or other is None or is_one_file(one, other) or one.is_folder != other.is_folder:
        return
    if other.is_folder:
        with suppress(OSError):  # something is in it
            os.rmdir(long_path(new))
    elif stat.S_ISREG(other.mode) and other.size == 0 and (one.link or one.size > 0):
        os.unlink(long_path(new))

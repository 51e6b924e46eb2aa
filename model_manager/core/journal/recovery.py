"""Finds out from the disk how far a killed run came, and makes each act whole again: done, or not begun.

Called by carrying before an interrupted change is finished or rolled back. What a kill left of temporary files goes.
"""

import os
from collections.abc import Sequence

from model_manager.core.errors import FileFault
from model_manager.core.journal.building import deeds_of
from model_manager.core.journal.deeds import Deed, Ground
from model_manager.core.journal.performing import sentence, take_back
from model_manager.core.journal.steps import ACT_DONE, ACT_UNDONE, ACT_WAITS, HARD, SHARE, UNDOING, WRITE
from model_manager.core.journal.store import KeptAct, KeptChange, Store
from model_manager.core.paths import remove_marked
from model_manager.core.work import Work


def settle(store: Store, change: KeptChange, acts: Sequence[KeptAct], work: Work) -> None:
    """Make whole what a kill left of a change. Raises FileFault when something cannot be reached now; it can be tried again."""
    is_back = change.state == UNDOING
    unsure = [act for act in acts if (act.is_taken and act.state == ACT_DONE if is_back else act.state == ACT_WAITS)]
    ground = Ground(change.mark, work, lambda _: None, lambda _: None)
    for folder in sorted({os.path.dirname(step.target) for act in unsure for step in act.steps if step.sort in (WRITE, HARD, SHARE)}):
        remove_marked(folder, change.mark)
    settled = []
    for act in unsure:
        store.fill(change.id, act)
        try:
            is_done = _settle(deeds_of(act, ground, is_back), ground)
        except OSError as fault:
            raise FileFault(sentence(fault)) from fault
        if is_done:
            act.state = ACT_UNDONE if is_back else ACT_DONE
        settled.append(act)
    store.settle(change.id, settled)


def _settle(deeds: Sequence[Deed], ground: Ground) -> bool:
    """Make one act whole; returns whether it is done."""
    if any(deed.is_committed(ground) for deed in deeds):
        for deed in deeds:
            deed.commit(ground)
        return True
    if deeds and all(deed.is_done(ground) for deed in deeds):
        return True
    take_back(deeds, ground, is_begun=any(deed.is_begun(ground) for deed in deeds))
    return False

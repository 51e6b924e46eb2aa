"""Makes of an act as it is written down the deeds that do it, or that take it back.

Called by running and recovery. It looks only at which drives folders are on.
"""

from model_manager.core.journal.deeds import Deed, Folder, Ground, Link, NoFolder, Remove, Rename, link_to
from model_manager.core.journal.steps import FOLDER, LINK, MOVE, NO_FOLDER, REMOVE, WRITE
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.journal.written import Put

_THERE = {WRITE: Put, FOLDER: Folder, NO_FOLDER: NoFolder, LINK: Link, REMOVE: Remove}
_BACK = {WRITE: Put, FOLDER: NoFolder, NO_FOLDER: Folder, LINK: Remove}


def deeds_of(act: KeptAct, ground: Ground, is_back: bool, is_across: bool = False) -> list[Deed]:
    """Return the deeds of an act in order; is_across: even what seems to be on one drive is copied. Raises OSError."""
    steps = reversed(act.steps) if is_back else act.steps
    deeds = [_deed(act, step, ground, is_back, is_across) for step in steps]
    has_aside, is_all = any(deed.has_aside for deed in deeds), all(step.sort == NO_FOLDER for step in act.steps)
    for deed in deeds:
        if isinstance(deed, NoFolder):
            deed.is_last, deed.is_all = has_aside, is_all and not is_back
    return deeds


def weight_of(act: KeptAct, ground: Ground, is_back: bool) -> int:
    """Return how many bytes doing an act will write and read again, 0 when files only get other names."""
    return 0


def _deed(act: KeptAct, step: KeptStep, ground: Ground, is_back: bool, is_across: bool) -> Deed:
    if step.sort == MOVE:
        return Rename(act, step, is_back)
    if step.sort == LINK and is_back:
        step.after = link_to(step.source)
    return (_BACK if is_back else _THERE)[step.sort](act, step, is_back)

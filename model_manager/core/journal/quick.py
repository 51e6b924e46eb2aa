"""The quick way for what most acts are: all their files get other names on one drive.

Called by running, for thousands of files in a row. Whatever is unusual is taken back and left to performing, which knows what to say.
"""

import os

from model_manager.core.errors import FileFault
from model_manager.core.journal.building import deeds_of, goes_across
from model_manager.core.journal.deeds import Ground
from model_manager.core.journal.performing import take_back
from model_manager.core.journal.renamed import give_name
from model_manager.core.journal.seen import look
from model_manager.core.journal.steps import FOLDER, MOVE
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.paths import long_path


def rename_all(act: KeptAct, ground: Ground, is_back: bool, is_fresh: bool) -> bool:
    """Rename all files of an act, if it has nothing else; False: nothing was done. is_fresh: they were looked at just now.

    Raises HalfDone.
    """
    steps = act.steps[::-1] if is_back else act.steps
    for step in steps:
        is_plain = step.sort == MOVE and step.seen is not None and not step.seen.link and ground.is_one_drive
        if not is_plain and not _is_nothing_else(step, ground, is_back):
            return False
    done = set[str]()
    try:
        for step in steps:
            if step.sort != MOVE:
                continue
            old, new = (step.target, step.source) if is_back else (step.source, step.target)
            if not is_fresh and look(old) != step.seen:
                break
            give_name(old, new)
            done.add(new)
        else:
            return True
    except (OSError, FileFault):
        pass
    deeds = deeds_of(act, ground, is_back)
    for deed in deeds:
        deed.did = deed.target in done
    take_back(deeds, ground, is_begun=True)
    return False


def _is_nothing_else(step: KeptStep, ground: Ground, is_back: bool) -> bool:
    """Whether a step that has to be looked at twice is a file's other name, too, or a folder that is there already."""
    ground.device(step.new_folder if is_back else step.folder)  # so that it is known when that drive goes away
    if step.sort == MOVE:
        return step.seen is not None and not step.seen.link and not goes_across(step, ground)
    return step.sort == FOLDER and not is_back and os.path.isdir(long_path(step.target))

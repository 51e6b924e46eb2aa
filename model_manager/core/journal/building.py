"""Makes of an act as it is written down the deeds that do it, or that take it back.

Called by running and recovery. It looks only at which drives folders are on.
"""

from collections.abc import Iterable

from model_manager.core.journal.copied import Across, Copied, led_from
from model_manager.core.journal.deeds import Deed, Ground, Known
from model_manager.core.journal.linked import Again, Cut, Link, Remove, Unlink, link_to
from model_manager.core.journal.relinked import Relink
from model_manager.core.journal.renamed import Folder, NoFolder, Rename
from model_manager.core.journal.shared import Twin
from model_manager.core.journal.steps import COPY, FOLDER, HARD, KIN, LINK, MOVE, NO_FOLDER, RELINK, REMOVE, SHARE, UNLINK, WRITE
from model_manager.core.journal.store import KeptAct, KeptStep
from model_manager.core.journal.written import Put

_THERE: dict[str, type[Deed]] = {
    COPY: Copied,
    WRITE: Put,
    LINK: Link,
    UNLINK: Cut,
    RELINK: Relink,
    HARD: Twin,
    SHARE: Twin,
    FOLDER: Folder,
    KIN: Known,
    NO_FOLDER: NoFolder,
    REMOVE: Remove,
}
_BACK: dict[str, type[Deed]] = {
    COPY: Remove,
    WRITE: Put,
    LINK: Unlink,
    UNLINK: Again,
    RELINK: Relink,
    HARD: Twin,
    SHARE: Twin,
    FOLDER: NoFolder,
    KIN: Known,
    NO_FOLDER: Folder,
}


def deeds_of(act: KeptAct, ground: Ground, is_back: bool, is_across: bool = False, is_left: bool = False) -> list[Deed]:
    """Return the deeds of an act in order; is_across: even what seems to be on one drive is copied. is_left: a run that was killed
    left it, and what was copied though it seemed to be on one drive is known by its traces."""  # fmt: skip
    steps = reversed(act.steps) if is_back else act.steps
    deeds = [_deed(act, step, ground, is_back, is_across or (is_left and _was_copied(act, step, ground, is_back))) for step in steps]
    for deed in deeds:
        if isinstance(deed, NoFolder):
            deed.is_last = any(other.has_aside for other in deeds)
            deed.is_all = not is_back and all(step.sort == NO_FOLDER for step in act.steps)
    return deeds


def _was_copied(act: KeptAct, step: KeptStep, ground: Ground, is_back: bool) -> bool:
    """Whether a run that was killed copied this file: that is known, or a partial is there. Each is asked for itself, as a link that is
    written anew is a copy, too, while what lies beside it only gets other names."""  # fmt: skip
    return step.sort == MOVE and (step.after is not None or Across(act, step, is_back).has_partial(ground))


def weight_of(act: KeptAct, ground: Ground, is_back: bool) -> int:
    """Return how many bytes doing an act will read again after writing, or compare; 0 when files only get other names."""
    total = 0
    for step in act.steps:
        if step.sort == MOVE and ground.is_one_drive:
            continue
        size = 0 if step.seen is None else step.seen.size
        if step.sort in (HARD, SHARE) or (step.sort == COPY and not is_back):
            total += 2 * size if is_back or step.sort == COPY else size
        elif step.sort == MOVE and step.seen is not None and not step.seen.link and goes_across(step, ground):
            total += 2 * size
    return total


def far_moves(acts: Iterable[KeptAct], ground: Ground, is_back: bool) -> list[tuple[str, str]]:
    """Return (from, to) of the models that an act brings to another drive, whatever becomes of it."""
    steps = [step for act in acts for step in act.steps if step.sort == MOVE and step.source == act.path and goes_across(step, ground)]
    return [(step.target, step.source) if is_back else (step.source, step.target) for step in steps]


def _deed(act: KeptAct, step: KeptStep, ground: Ground, is_back: bool, is_across: bool) -> Deed:
    if step.sort == MOVE:
        return (Across if is_across or goes_across(step, ground) or _is_led(step) else Rename)(act, step, is_back)
    if step.sort == LINK and is_back:
        step.after = link_to(step.source)
    return (_BACK if is_back else _THERE)[step.sort](act, step, is_back)


def goes_across(step: KeptStep, ground: Ground) -> bool:
    """Whether a file goes from one drive to another."""
    if ground.is_one_drive or step.folder == step.new_folder:
        return False
    return ground.device(step.folder) != ground.device(step.new_folder)


def _is_led(step: KeptStep) -> bool:
    """Whether a link must be written differently in its other place."""
    link = step.seen.link if step.seen else ""
    return link != "" and led_from(link, step.folder, step.new_folder) != link

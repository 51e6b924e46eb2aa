"""What becomes of a task whose run ended with a fault: tried again after a while, or failed with what mends it.

Used by the engine. Plain functions; only our own sentences go on, never the words of a foreign exception, which may hold a key.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from model_manager.core.errors import FolderFault, ModelManagerError, NetworkFault, NoRoom, OutsideRoot
from model_manager.core.tasks.states import (
    ACCEPT,
    ADD_KEY,
    CHOOSE_FOLDER,
    FAILED,
    FREE_SPACE,
    OPEN_PAGE,
    QUEUED,
    RETRY,
    WAITING,
    Task,
)
from model_manager.core.words import tr

MOST_TRIES: Final = 8
MOST_BUSY: Final = 30  # a site that is too busy says so itself and is to be waited for
FIRST_DELAY, LONGEST_DELAY, ROOM_DELAY = 2.0, 300.0, 30.0  # seconds
NO_ROOM, STALLED, UNEXPECTED = "no_room", "stalled", "unexpected"
_FIX: Final = {"needs_key": ADD_KEY, "bad_key": ADD_KEY, "gated": OPEN_PAGE, "early_access": OPEN_PAGE,
                     "dangerous": ACCEPT}  # fmt: skip


class Verdict(NamedTuple):
    """The next state of the task and what is written with it."""

    state: str
    values: dict[str, Any]


def after_fault(task: Task, fault: ModelManagerError | None, reached: int, now: float, chance: Callable[[], float]) -> Verdict:
    """Decide on a run that ended with `fault`; None stands for one that nobody foresaw.

    reached: the furthest `done` of this run; beyond that of all runs before, the counting of tries begins anew. now: epoch seconds.
    chance: a number from 0 to 1, for the jitter.
    """
    if isinstance(fault, NetworkFault):
        return _tried_again(task, fault, reached, now, chance())
    if isinstance(fault, NoRoom):
        return Verdict(WAITING, {"reason": fault.text, "code": NO_ROOM, "fix": FREE_SPACE, "due": now + ROOM_DELAY})
    if fault is None:
        text = tr("Something went wrong inside the program; the log says more. Nothing of yours was changed.")
        return Verdict(FAILED, {"reason": text, "code": UNEXPECTED, "fix": RETRY})
    page = str(getattr(fault, "page", ""))
    return Verdict(FAILED, {"reason": fault.text, "code": code_of(fault), "fix": _fix_of(fault, page), "page": page})


def after_standstill(task: Task, seconds: float, reached: int) -> Verdict:
    """Decide on a run that was stopped because it did not move for so many seconds."""
    if reached <= task.reach and task.tries >= MOST_TRIES:
        text = tr("No data came, however often it was tried.")
        return Verdict(FAILED, {"reason": text, "code": STALLED, "fix": RETRY})
    minutes = round(seconds / 60)
    text = tr("No data for {count} minutes; started again.", count=minutes) if minutes > 1 else tr("No data for a while; started again.")
    return Verdict(QUEUED, {"reason": text, "code": STALLED, **_counted(task, reached, is_busy=False)})


def _tried_again(task: Task, fault: NetworkFault, reached: int, now: float, chance: float) -> Verdict:
    is_busy = fault.code == "busy"
    counts = _counted(task, reached, is_busy)
    is_over = counts["busy"] > MOST_BUSY if is_busy else counts["tries"] > MOST_TRIES
    values = {"reason": fault.text, "code": fault.code, "page": fault.page}
    if is_over:
        return Verdict(FAILED, {**values, "fix": RETRY, **counts, "tries": MOST_TRIES if not is_busy else counts["tries"]})
    delay = delay_for(counts["busy"] if is_busy else counts["tries"], fault.after, chance)
    return Verdict(WAITING, {**values, "fix": RETRY, **counts, "due": now + delay})


def _counted(task: Task, reached: int, is_busy: bool) -> dict[str, int]:
    """The counts with this fault, begun anew if the run came further than all before it."""
    is_further = reached > task.reach
    tries, busy = (0, 0) if is_further else (task.tries, task.busy)
    return {"tries": tries + (not is_busy), "busy": busy + is_busy, "reach": max(reached, task.reach)}


def delay_for(count: int, least: float, chance: float) -> float:
    """Seconds until the next try: 2, 4, 8 ... 300, give or take a quarter, and never less than the site asked for."""
    grown = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(count - 1, 20))
    return max(grown * (0.75 + chance / 2), least * (1 + chance / 10))


def code_of(fault: ModelManagerError) -> str:
    """The cause for programs: the fault's own code, else its name (FolderFault -> folder_fault)."""
    return str(getattr(fault, "code", "")) or re.sub(r"(?<!^)(?=[A-Z])", "_", type(fault).__name__).lower()


def _fix_of(fault: ModelManagerError, page: str) -> str:
    if isinstance(fault, FolderFault | OutsideRoot):
        return CHOOSE_FOLDER
    fix = _FIX.get(str(getattr(fault, "code", "")), RETRY)
    return RETRY if fix == OPEN_PAGE and not page else fix

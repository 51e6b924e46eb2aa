"""Lets old entries of the history go. Called by carrying before a new change, and by cleaning.

What waits to be finished stays, and so does what took files away that are still held: it is the only way back to them.
"""

import os
import time
from typing import Final

from model_manager.core.journal.steps import ACT_DONE, HELD, HOLDING, MOVE
from model_manager.core.journal.store import ACTIVE, Store
from model_manager.core.paths import long_path

MOST_SECONDS: Final = 180 * 86_400
MOST_BYTES: Final = 500_000_000  # of kept former contents


def prune(store: Store, now: float = 0.0, most_seconds: float = MOST_SECONDS) -> int:
    """Remove what is too old or too much; returns how many entries went. Raises FileFault."""
    oldest, kept = (now or time.time()) - min(most_seconds, MOST_SECONDS), 0
    gone = []
    for id_, kind, time_, state, bytes_ in store.rows("SELECT id, kind, time, state, kept FROM changes ORDER BY id DESC"):
        kept += bytes_
        if state in ACTIVE or (time_ >= oldest and (kept <= MOST_BYTES or not bytes_)):
            continue
        if kind not in HOLDING or not _holds(store, id_):
            gone.append(id_)
    if gone:
        store.drop(gone)
    return len(gone)


def _holds(store: Store, change: int) -> bool:
    """Whether files that a change deleted are still held, or may be, on a drive that is away."""
    acts = (act for act in store.acts(change) if act.state == ACT_DONE)
    steps = [step for act in acts for step in act.steps if step.sort == MOVE and step.target.endswith(HELD)]
    return any(os.path.lexists(long_path(step.target)) or not os.path.isdir(long_path(step.folder)) for step in steps)

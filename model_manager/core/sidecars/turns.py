"""One at a time in this process reads and writes the sidecars of a folder: a fetch must not put back notes or a lock from before.

Used by all that change a sidecar and keep what else is in it. It holds for this process alone, and only as long as one change takes.
"""

import os
import threading
from typing import Final

from model_manager.core.paths import path_key

# a folder on a drive that hangs must not keep all others waiting; by folder, so that what is nested takes the same turn again
_TURNS: Final = tuple(threading.RLock() for _ in range(64))


def turn(model_path: str) -> threading.RLock:
    """Return what to hold (`with turn(path):`) while the sidecars of a model are read and written."""
    return _TURNS[hash(path_key(os.path.dirname(model_path))) % len(_TURNS)]

"""Lets what we keep by the path of a model follow it: earlier pictures, hashes, newer versions.

Called by carrying after models have other paths. It must not fail a change that is done: what cannot follow is said.
"""

from collections.abc import Sequence
from pathlib import Path

from model_manager.core.errors import FileFault, IndexFault
from model_manager.core.hashes.store import FILE_NAME as HASHES
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.online.updates import FILE_NAME as UPDATES
from model_manager.core.online.updates import Updates
from model_manager.core.previews.history import FOLDER_NAME, History


def follow(data: Path, moves: Sequence[tuple[str, str]]) -> str:
    """Follow models from (old, new) path; returns a sentence on what could not, "" when all is well. Harmless when done twice."""
    if not moves:
        return ""
    try:
        History(data / FOLDER_NAME).follow(moves)
        if (data / HASHES).exists():
            with Hashes(data) as hashes:
                hashes.follow(moves)
        if (data / UPDATES).exists():
            with Updates(data) as updates:
                updates.follow(moves)
    except (FileFault, IndexFault) as fault:
        return fault.text
    return ""

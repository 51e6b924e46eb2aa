"""Lets what we keep by the path of a model follow it: earlier pictures, hashes, newer versions.

Called by carrying before and after models have other paths. It must not fail a change that is done: what cannot follow is said.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from model_manager.core.errors import FileFault, IndexFault
from model_manager.core.hashes.store import FILE_NAME as HASHES
from model_manager.core.hashes.store import Store as Hashes
from model_manager.core.library.index import Index
from model_manager.core.library.index_place import FILE_NAME as INDEX
from model_manager.core.online.updates import FILE_NAME as UPDATES
from model_manager.core.online.updates import Updates
from model_manager.core.previews.history import FOLDER_NAME, History


def announce(data: Path, moves: Sequence[tuple[str, str]]) -> None:
    """Let the index expect models at other paths, where they will be other files: a scan that comes by at any time knows them then."""
    if moves and (data / INDEX).exists():
        with suppress(IndexFault), Index(data / INDEX) as index:  # they are new to it then, and nothing else is lost
            now = time.time()
            ids = [(new, index.id_at(*os.path.split(old))) for old, new in moves]
            index.save_told([(new, id_, now) for new, id_ in ids if id_ is not None])


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

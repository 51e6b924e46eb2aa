"""How ComfyUI spells a model: its category and the name below the root.

Called by records, the shelf, the command line and whatever makes nodes. It looks at names only, never at the disk.
"""

import os
from collections.abc import Iterable

from model_manager.core.library.entry import Place
from model_manager.core.library.kinds import is_listed


def place_at(kind: str, root: str, path: str) -> Place:
    """Return the place of a file at `path` below a category's root."""
    return Place(kind, root, path, path[len(root) :].lstrip(os.sep), is_listed(kind, os.path.basename(path)))


def by_listing(places: Iterable[Place]) -> list[Place]:
    """Return the places with those first that ComfyUI's own list shows, before what only custom nodes know."""
    return sorted(places, key=lambda place: not place.listed)

"""Which pictures a model has, best first: the ones beside it, then the ones inside it.

Called by the scanner and the details panel. It goes by names alone and must never open a picture.
"""

import os

from model_manager.core.library.entry import Facts, Family, Preview
from model_manager.core.sidecars.suffixes import PREVIEWS, VIDEOS

MOST_EMBEDDED = 64
_ANIMATED = frozenset((".gif", ".apng"))
_SORTS = {
    part: "video" if suffix in VIDEOS else "animated" if part in _ANIMATED else "still"
    for suffix in PREVIEWS
    for part in [suffix[suffix.rfind(".") :]]
}


def preview_sort(name: str) -> str:
    """Return still, animated or video for a picture's file name; what only its content can tell (WebP, PNG) counts as still."""
    part = name[name.rfind(".") :]
    return _SORTS.get(part) or _SORTS.get(part.lower(), "still")


def previews_of(folder: str, model_name: str, family: Family, facts: Facts) -> tuple[Preview, ...]:
    """Return the previews of one model with full paths, the one to show first.

    Order: stills beside the model, videos beside it, covers embedded in its header (these name the model file and their index).
    """
    top = os.path.join(folder, "")
    beside = [Preview(top + name, preview_sort(name)) for name in family.previews]
    inside = [Preview(top + model_name, "embedded", index) for index in range(min(facts.covers, MOST_EMBEDDED))]
    return (*beside, *inside)

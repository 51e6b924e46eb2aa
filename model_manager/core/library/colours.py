"""The colour labels a person may give a model: a fixed few, so that a colour means the same in every list and in every file.

Used by the sidecars that keep them, the search and every view. Plain data: which shade is painted is for the views to say.
"""

from typing import Final

from model_manager.core.words import tr

COLOURS: Final = {
    "red": "Red",
    "orange": "Orange",
    "yellow": "Yellow",
    "green": "Green",
    "teal": "Teal",
    "blue": "Blue",
    "purple": "Purple",
    "grey": "Grey",
}
"""name, as it is written into files -> what people call it (English)."""


def colour_label(colour: str) -> str:
    """Return what people call a colour label; a name that is none is its own label."""
    return tr(COLOURS[colour]) if colour in COLOURS else colour

"""What ui shows of an offer beyond its records: files that belong together, the pictures that may be shown, how it stands to the library.

Plain functions for the panel of a result and the page of updates.
"""

from model_manager.core.online import images
from model_manager.core.online.groups import groups_of
from model_manager.core.online.owned import OWNED, UPDATE, Standing
from model_manager.core.online.records import Image, Version

__all__ = ["OWNED", "UPDATE", "Standing", "groups_of", "shown_images"]


def shown_images(version: Version, level: int) -> tuple[tuple[Image, ...], int]:
    """Return the pictures of a version that may be shown at `level`, the best for a card first, and how many may not."""
    shown = images.ranked(version.images, level)
    return shown, len(version.images) - len(shown)

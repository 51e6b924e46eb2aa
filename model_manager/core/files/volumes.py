"""Which drive a folder is on, and how much it still takes. Called by intake and carry; it only asks the system."""

import os
import shutil
from typing import Final

from model_manager.core.paths import long_path

RESERVE: Final = 256_000_000  # bytes left free on a drive, so that whatever else writes to it goes on


def volume_of(folder: str) -> tuple[int, str, int]:
    """Return (drive, nearest folder that exists, bytes free) for a folder that may not be there yet. Raises nothing."""
    place = folder
    while not os.path.isdir(long_path(place)) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    try:
        return os.stat(long_path(place)).st_dev, place, shutil.disk_usage(long_path(place)).free
    except OSError:
        return 0, place, 0

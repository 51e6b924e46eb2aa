"""What sources and earlier pictures are called in the lists of the dialog.

Pure functions; they must never look at a file.
"""

from collections.abc import Sequence
from datetime import datetime

from model_manager.core.previews.records import BESIDE, CIVITAI, DRAWN, EMBEDDED, FILE, OUTPUT, VIDEO, Earlier, Source, SourceGroup
from model_manager.core.words import tr
from model_manager.ui.pictures.tiles import Tile

ORDER = (OUTPUT, EMBEDDED, VIDEO, BESIDE, FILE, CIVITAI, DRAWN)  # of the groups; the first that has a picture is chosen at first
_VIDEOS = (".mp4", ".webm", ".mov", ".mkv", ".m4v", ".avi")


def first_of(group: SourceGroup) -> Source | None:
    """The source whose picture stands for the group."""
    return group.sources[0] if group.sources else None


def sign_of(group: SourceGroup) -> str:
    """The icon of a group that has no picture, "" if it has one."""
    if group.sources:
        return ""
    return {FILE: "plus", CIVITAI: "globe"}.get(group.sort, "image-off")


def wanted_sort(groups: Sequence[SourceGroup], file: Source | None) -> str:
    """Which group is chosen at first: that of a file that was just chosen, else the first that has a picture."""
    if file is not None:
        return next((group.sort for group in groups if file in group.sources), FILE)
    have = {group.sort for group in groups if group.sources}
    return next(sort for sort in ORDER if sort in have)


def earlier_tile(earlier: Earlier) -> Tile:
    """An earlier state: its picture and when it was replaced."""
    time = datetime.fromtimestamp(earlier.time)
    words = time.strftime("%H:%M") if time.date() == datetime.now().date() else time.strftime("%Y-%m-%d")
    if not earlier.paths:
        return Tile(None, words, tr("No picture"), "image-off", earlier)
    is_video = earlier.names[0].lower().endswith(_VIDEOS)
    return Tile(Source(VIDEO if is_video else FILE, earlier.paths[0]), words, value=earlier)

"""What sources and earlier pictures are called in the lists of the dialog, and what it says of the files that it would change.

Pure functions; they must never look at a file.
"""

import os
from collections.abc import Sequence
from datetime import datetime

from model_manager.bridge.preview_tasks import Choices
from model_manager.bridge.preview_writing import remembers
from model_manager.core.previews.records import BESIDE, CIVITAI, DRAWN, EMBEDDED, FILE, OUTPUT, VIDEO, Applied, Earlier, Source, SourceGroup
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
    tip = tr("Brings back {files}", files=", ".join(earlier.names))
    return Tile(Source(VIDEO if is_video else FILE, earlier.paths[0]), words, value=earlier, tip=tip)


def effect_words(choices: Choices, fit: str, is_locked: bool) -> str:
    """What using a picture does to the files, or why none can be used. fit: how it is put on the card. is_locked: by now."""
    effect = choices.effect
    file, gone = effect.target, ", ".join(effect.gone)
    if effect.refusal:
        return effect.refusal
    if effect.is_there and gone:
        text = tr("{file} is replaced and {gone} goes; the history keeps both.", file=file, gone=gone)
    elif effect.is_there:
        text = tr("{file} is replaced; the present one is kept in its history.", file=file)
    elif gone:
        text = tr("{file} is written and {gone} goes; the history keeps it.", file=file, gone=gone)
    else:
        text = tr("{file} is written; nothing is replaced.", file=file)
    more = [
        tr("{info} remembers the fit.", info=choices.info) if remembers(choices.state, fit) else "",
        tr("It is the picture of {others}, too.", others=", ".join(effect.sharing)) if effect.sharing else "",
        tr("The lock only keeps runs over many models away; this replaces it.") if is_locked else "",
    ]
    return " ".join(filter(None, (text, *more)))


def back_words(applied: Applied) -> str:
    """What came back."""
    return tr("{file} is back.", file=os.path.basename(applied.path)) if applied.path else tr("The model has no picture again.")

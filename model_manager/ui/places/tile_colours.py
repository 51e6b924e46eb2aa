"""Colours of the parts on the map of space, one for each rank, for both themes; text on them has a contrast of 4.5 or more."""

from functools import cache

from PySide6.QtGui import QColor

from model_manager.ui.theme import mixed, tokens

HUES = (217, 158, 32, 283, 344, 190, 96, 12, 248, 56)


@cache
def _made(rank: int, is_dark: bool) -> QColor:
    share = (0.42, 0.27) if is_dark else (0.6, 0.78)
    return QColor.fromHslF(HUES[rank] / 360, *share)


def ground(rank: int) -> QColor:
    """The ground of the part with this rank; those beyond the table are grey."""
    colours = tokens()
    if not 0 <= rank < len(HUES):
        return mixed(colours.text, colours.panel, 0.14)
    return _made(rank, colours.is_dark)


PALER = {False: (0.3, 0.58, 0.44), True: (0.18, 0.42, 0.3)}  # by is_dark: how much of the panel shines through; neighbours differ


def shade(rank: int, is_lit: bool, place: int = 0) -> QColor:
    """The ground of what lies in a part: paler, its neighbours (by `place`) by other steps; or stronger under the pointer."""
    colours = tokens()
    return mixed(colours.text if is_lit else colours.panel, ground(rank), 0.09 if is_lit else PALER[colours.is_dark][place % 3])

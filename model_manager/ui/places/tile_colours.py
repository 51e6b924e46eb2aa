"""Colours of the parts on the map of space, one for each rank, for both themes; text on them has a contrast of 4.5 or more."""

from functools import cache

from PySide6.QtGui import QColor

from model_manager.ui.theme import mixed, tokens

HUES = (217, 158, 32, 283, 344, 190, 96, 12, 248, 56)


@cache
def _made(rank: int, is_dark: bool) -> QColor:
    share = (0.42, 0.27) if is_dark else (0.62, 0.84)
    return QColor.fromHslF(HUES[rank] / 360, *share)


def ground(rank: int) -> QColor:
    """The ground of the part with this rank; those beyond the table are grey."""
    colours = tokens()
    if not 0 <= rank < len(HUES):
        return mixed(colours.text, colours.panel, 0.14)
    return _made(rank, colours.is_dark)


def shade(rank: int, is_lit: bool) -> QColor:
    """The ground of what lies in a part: a little paler, or stronger under the pointer."""
    colours = tokens()
    return mixed(colours.text if is_lit else colours.panel, ground(rank), 0.09 if is_lit else 0.22)

"""The process that paints what only Qt can: drawn cards and frames of videos, for previews that are written without the window.

Started by `core/previews/painting` as this program with its argument. It has no screen and writes nothing but its answers.
"""

import os

from PySide6.QtGui import QGuiApplication

from model_manager.bridge.card_art import card_of
from model_manager.bridge.preview_tasks import painted
from model_manager.core import processes
from model_manager.core.errors import BadPicture
from model_manager.core.previews.painting import Painted, PaintWish


def serve(nice: int) -> int:
    """Be the process; returns the exit code."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _application = QGuiApplication([])
    return processes.serve(_answer, nice)


def _answer(wish: PaintWish) -> Painted:
    try:
        return painted(wish.source, card_of(wish.record)).data, ""
    except BadPicture as fault:
        return b"", fault.text

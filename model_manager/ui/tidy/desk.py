"""Everything of the window that has to do with tidying up: its desks, their pages, menu entries and keys.

Made by the main window, which gives it its parts once. Each desk wires one concern to its half in bridge.
"""

from PySide6.QtCore import QObject

from model_manager.ui.places.desk import PlacesDesk
from model_manager.ui.places.space_desk import SpaceDesk
from model_manager.ui.tidy.parts import Parts as Parts


class TidyDesk(QObject):
    """The desks of one window."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self.places = PlacesDesk(parts)
        self.space = SpaceDesk(parts, self.places.places)

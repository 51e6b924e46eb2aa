"""The menu of the selected models: open folder, copy path and names.

Opened by the main window on right click or the Menu key.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from model_manager.core.words import tr

if TYPE_CHECKING:
    from model_manager.ui.main_window import MainWindow


class ModelMenu:
    """Builds the menu anew each time it is asked for."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def show_for(self, ids: Sequence[int], point: QPoint) -> None:
        """Show the menu for these models at a global point."""
        if not ids:
            return
        menu = QMenu(self._window)
        shelf = self._window.session.model.shelf
        slots = [slot for slot in map(shelf.slot, ids) if slot >= 0]
        if len(ids) == 1:
            self._add(menu, tr("Open folder"), lambda: self._window._on_opened(ids[0]))
            menu.addSeparator()
        self._add(menu, tr("Copy path"), lambda: self._copy(shelf.path(slot) for slot in slots))
        self._add(menu, tr("Copy name as ComfyUI spells it"), lambda: self._copy(_comfyui_names(self._window, slots)))
        self._add(menu, tr("Copy file name"), lambda: self._copy(shelf.file[slot] for slot in slots))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)

    def _copy(self, texts: object) -> None:
        self._window.copy_text("\n".join(texts))  # type: ignore[call-overload]

    @staticmethod
    def _add(menu: QMenu, text: str, act: Callable[[], None]) -> None:
        menu.addAction(text).triggered.connect(lambda _=False: act())


def _comfyui_names(window: "MainWindow", slots: Sequence[int]) -> list[str]:
    shelf = window.session.model.shelf
    names = []
    for slot in slots:
        way = shelf.folders[shelf.folder[slot]].ways[0]
        names.append(shelf.path(slot)[len(way.root) :].lstrip("/\\"))
    return names

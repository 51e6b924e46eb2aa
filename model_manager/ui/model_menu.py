"""The menu of the selected models: open folder, pictures, copy path and names.

Opened by the main window on right click or the Menu key.
"""

import os
from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.library_model import LibraryModel
from model_manager.core.library.kinds import is_listed
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text
from model_manager.ui.pictures.desk import PictureDesk
from model_manager.ui.selection import Selection


class ModelMenu:
    """Builds the menu anew each time it is asked for; which models are meant is looked up when an entry is chosen."""

    def __init__(self, parent: QWidget, model: LibraryModel, selection: Selection, open_folder: Callable[[int], None],
                 pictures: PictureDesk) -> None:  # fmt: skip
        self._parent, self._model, self._selection, self._open_folder = parent, model, selection, open_folder
        self._pictures = pictures

    def show(self, point: QPoint) -> QMenu | None:
        """Show the menu of what is selected at a global point; nothing when nothing is selected."""
        ids = self._selection.ids(2)
        if not ids:
            return None
        menu = QMenu(self._parent)
        if len(ids) == 1:
            self._add(menu, tr("Open folder"), lambda: self._open_folder(ids[0]))
            menu.addSeparator()
        self._pictures.add_entries(menu, ids)
        menu.addSeparator()
        shelf = self._model.shelf
        self._add(menu, tr("Copy path"), lambda: self._copy(shelf.path))
        self._add(menu, tr("Copy name as ComfyUI spells it"), lambda: self._copy(self._comfyui_name))
        self._add(menu, tr("Copy file name"), lambda: self._copy(shelf.file.__getitem__))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)
        return menu

    def _copy(self, text_of: Callable[[int], str]) -> None:
        slots = (self._model.shelf.slot(id_) for id_ in self._selection.ids())
        copy_text("\n".join(text_of(slot) for slot in slots if slot >= 0))

    def _comfyui_name(self, slot: int) -> str:
        """The name below the first way that ComfyUI's own list takes."""
        shelf = self._model.shelf
        folder, file = shelf.folders[shelf.folder[slot]], shelf.file[slot]
        way = next((way for way in folder.ways if is_listed(way.kind, file)), folder.ways[0])
        below = way.path[len(way.root) :].strip("/\\")
        return os.path.join(below, file)

    @staticmethod
    def _add(menu: QMenu, text: str, act: Callable[[], None]) -> None:
        menu.addAction(text).triggered.connect(lambda _=False: act())

"""The menu of the selected models: open folder, pictures, details, copy as node, file, path and names.

Opened by the main window on right click or the Menu key.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.handover import comfyui_name
from model_manager.bridge.library_model import LibraryModel
from model_manager.core.words import tr
from model_manager.ui.copies import Copies
from model_manager.ui.details.parts import copy_text
from model_manager.ui.pictures.desk import PictureDesk
from model_manager.ui.selection import Selection


class ModelMenu:
    """Builds the menu anew each time it is asked for; which models are meant is looked up when an entry is chosen."""

    def __init__(
        self,
        parent: QWidget,
        model: LibraryModel,
        selection: Selection,
        copies: Copies,
        open_folder: Callable[[int], None],
        pictures: PictureDesk,
    ) -> None:
        self._copies = copies
        self._parent, self._model, self._selection, self._open_folder = parent, model, selection, open_folder
        self._pictures = pictures
        self._more: list[Callable[[QMenu, list[int]], None]] = []

    def add_more(self, add: Callable[[QMenu, list[int]], None]) -> None:
        """Let others put entries into the menu, too; they get at most two of the selected ids."""
        self._more.append(add)

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
        for add in self._more:
            add(menu, ids)
        menu.addSeparator()
        shelf = self._model.shelf
        copies, chosen = self._copies, self._selection
        self._add(menu, tr("Copy as ComfyUI node"), lambda: copies.copy_nodes(chosen.ids()), "Ctrl+Shift+C")
        self._add(menu, tr("Copy file") if len(ids) == 1 else tr("Copy files"), lambda: copies.copy_files(chosen.ids()), "Ctrl+C")
        menu.addSeparator()
        self._add(menu, tr("Copy path"), lambda: self._copy(shelf.path))
        self._add(menu, tr("Copy name as ComfyUI spells it"), lambda: self._copy(partial(comfyui_name, shelf)))
        self._add(menu, tr("Copy file name"), lambda: self._copy(shelf.file.__getitem__))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(point)
        return menu

    def _copy(self, text_of: Callable[[int], str]) -> None:
        slots = (self._model.shelf.slot(id_) for id_ in self._selection.ids())
        copy_text("\n".join(text_of(slot) for slot in slots if slot >= 0))

    @staticmethod
    def _add(menu: QMenu, text: str, act: Callable[[], None], keys: str = "") -> None:
        action = menu.addAction(text)
        action.triggered.connect(lambda _=False: act())
        if keys:
            action.setShortcut(QKeySequence(keys))  # shown only: the menu is gone when keys are pressed

"""Starts drags out of the window: the selected models from grid and table, the model in hand from the details panel.

Made by the main window through ui/handing. A drag offers copying and nothing else, whatever keys are held, so no target can take a
file away; its result is not looked at. The files are looked up first, and the drag begins if the button is still held by then.
"""

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QDrag, QMouseEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from model_manager.bridge import handover
from model_manager.bridge.handover import Files, Handover, Nodes
from model_manager.bridge.library_model import LibraryModel
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.words import tr
from model_manager.ui.copies import packs_text
from model_manager.ui.details.gallery import Gallery
from model_manager.ui.drag_picture import MOST, PICTURES, Face, files_picture, nodes_picture
from model_manager.ui.grid.grip import way_of


class Drags(QObject):
    """One drag at a time."""

    said = Signal(str)  # what ComfyUI needs for it
    told = Signal(str)  # why something was left out; after the drag, since the window must not move under it

    def __init__(self, handing: Handover, model: LibraryModel, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self.takes_sidecars = False  # also without Alt, which then leaves them out
        self._handover, self._model, self._thumbnails = handing, model, thumbnails
        self._source: QWidget | None = None
        self._number = 0  # of the drag whose answer counts

    def begin(self, ids: Sequence[int], way: str, source: QWidget) -> None:
        """Drag these models out of `source`, in which the left button is held; way: files, more (Alt) or node."""
        self._forget()
        if not ids:
            return
        self._source = source
        source.installEventFilter(self)
        if way == "node":
            self._handover.fetch_nodes(ids, True, partial(self._on_nodes, self._number, list(ids)))
        else:
            with_sidecars = self.takes_sidecars != (way == "more")
            self._handover.fetch_files(ids, with_sidecars, partial(self._on_files, self._number, list(ids)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A button that comes up before the files are looked up ends it."""
        if event.type() in (QEvent.Type.MouseButtonRelease, QEvent.Type.Hide) and watched is self._source:
            self._forget()
        return super().eventFilter(watched, event)

    def _forget(self) -> None:
        self._number += 1
        if self._source is not None:
            self._source.removeEventFilter(self)
            self._source = None

    def _on_files(self, number: int, ids: list[int], files: Files) -> None:
        if number == self._number and files.paths:
            self._run(handover.files_mime(files.paths), files_picture(self._faces(ids), files.models, self._ratio()))
        self._tell(number, files.notes)

    def _on_nodes(self, number: int, ids: list[int], nodes: Nodes) -> None:
        if number == self._number and nodes.url:
            self._run(handover.dragged_nodes_mime(nodes), nodes_picture(self._faces(ids), nodes.count, self._ratio()))
            self.said.emit(packs_text(nodes.packs))
        elif number == self._number and not nodes.notes:
            self.told.emit(tr("Embeddings are written into a prompt. Press Ctrl+Shift+C to copy the words for it."))
        self._tell(number, nodes.notes)

    def _tell(self, number: int, notes: Sequence[str]) -> None:
        if number == self._number:
            self._forget()
        for note in notes:
            self.told.emit(note)

    def _run(self, mime: QMimeData, picture: QPixmap) -> None:
        assert self._source is not None
        drag = QDrag(self._source)
        drag.setMimeData(mime)
        drag.setPixmap(picture)
        size = picture.deviceIndependentSize()
        drag.setHotSpot(QPoint(int(size.width() / 2), int(size.height() * 0.62)))
        drag.exec(Qt.DropAction.CopyAction, Qt.DropAction.CopyAction)

    def _ratio(self) -> float:
        return self._source.devicePixelRatioF() if self._source is not None else 1.0

    def _faces(self, ids: Sequence[int]) -> list[Face]:
        rows = [row for id_ in ids[:PICTURES] if (row := self._model.row_of(id_)) >= 0]
        cards, edge = map(self._model.card, rows), math.ceil(MOST * self._ratio())
        return [Face(card, self._thumbnails.picture(card.picture, edge) if card.picture else None) for card in cards]


class DragStarter(QObject):
    """Lets a widget begin a drag, beside what a click on it does."""

    drag_asked = Signal(str)

    def __init__(self, widget: QWidget, is_grip: bool = False) -> None:
        super().__init__(widget)
        self._pressed: QPoint | None = None
        self._is_grip = is_grip
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch how far the pointer goes with the button held."""
        if not isinstance(event, QMouseEvent):
            return super().eventFilter(watched, event)
        point, start = event.position().toPoint(), self._pressed
        if event.type() == QEvent.Type.MouseMove and event.buttons() & Qt.MouseButton.LeftButton and start is not None:
            if (point - start).manhattanLength() >= QApplication.startDragDistance():
                self._pressed = None
                self._let_go(watched)
                self.drag_asked.emit(way_of(event.modifiers(), self._is_grip))
            return True
        is_press = event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton
        self._pressed = point if is_press else None
        return super().eventFilter(watched, event)

    @staticmethod
    def _let_go(widget: QObject) -> None:
        """A drag eats the release of the button: what the press began on the widget ends here."""
        if isinstance(widget, QAbstractButton):
            widget.setDown(False)
        elif isinstance(widget, Gallery):
            widget.drop_press()

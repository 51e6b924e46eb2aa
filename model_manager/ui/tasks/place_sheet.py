"""Another folder for one download: all folders models can go to, those of its type first. Opened by the tasks desk, which fills it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from model_manager.bridge.board_tasks import Place
from model_manager.core.amounts import short_size
from model_manager.core.library.kinds import label
from model_manager.core.tasks.states import Task
from model_manager.core.words import tr
from model_manager.ui.pictures.dialog_parts import Foot, Head, stack
from model_manager.ui.pictures.tiles import SourceDelegate, Tile, TileView
from model_manager.ui.sheet import Sheet

SIZE, SMALLEST = QSize(640, 520), QSize(440, 300)


class PlaceSheet(Sheet):
    """The folders as a list; a double click or Enter chooses."""

    place_chosen = Signal(object)  # Destination
    folders_asked = Signal()

    def __init__(self, task: Task, places: Sequence[Place], lost: int, parent: QWidget | None = None) -> None:
        """`lost`: bytes that are here at the old place and would be downloaded again."""
        super().__init__(parent)
        self.setWindowTitle(tr("Choose another folder"))
        self.setMinimumSize(SMALLEST)
        self.resize(SIZE)
        head, self.foot = Head(tr("Choose another folder")), Foot()
        head.line.show_text(task.title)
        self.list = TileView(tr("Folders"), SourceDelegate(), is_upright=True)
        kind = str(task.payload.get("kind") or "")
        tiles = [_tile(place) for place in places]
        self.list.show_tiles(tiles, next((tile.value for tile in tiles if tile.value.kind == kind), None))
        body = QVBoxLayout()
        body.setContentsMargins(14, 8, 8, 8)
        body.addWidget(self.list)
        more, cancel = self.foot.add(tr("Add a folder…")), self.foot.add(tr("Cancel"))
        self.use = self.foot.add(tr("Download there"), "primary")
        self.use.setEnabled(self.list.current() is not None)
        if lost:
            self.foot.say(tr("{size} are loaded again.", size=short_size(lost)), "warn")
        stack(self, head, body, self.foot)
        self.list.current_changed.connect(lambda _: self.use.setEnabled(True))
        self.list.tile_activated.connect(lambda _: self._choose())
        self.use.clicked.connect(self._choose)
        cancel.clicked.connect(self.reject)
        more.clicked.connect(self._add)
        self.list.setFocus()

    def _choose(self) -> None:
        tile = self.list.current()
        if tile is not None:
            self.place_chosen.emit(tile.value)
            self.accept()

    def _add(self) -> None:
        self.reject()
        self.folders_asked.emit()


def _tile(place: Place) -> Tile:
    one = place.destination
    room = tr("{size} free", size=short_size(place.free)) if place.free else ""
    title = " · ".join(part for part in (label(one.kind), room) if part)
    return Tile(None, title, one.path, "folder", one)

"""Connects all ways to hand models to other programs: drags and copies from grid, table, details panel, menu and keyboard.

Made by the main window once its parts are there. It only wires.
"""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from model_manager.bridge.session import Session
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.ui.copies import Copies
from model_manager.ui.details.panel import DetailsPanel
from model_manager.ui.drags import Drags, DragStarter
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.grid.table import TableView
from model_manager.ui.grid.view import GridView
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.status_bar import StatusBar


class Handing(QObject):
    """Drags and copies of one window."""

    def __init__(self, session: Session, thumbnails: Thumbnails, selection: Selection, parent: QWidget) -> None:
        super().__init__(parent)
        self._window, self._session, self._selection = parent, session, selection
        self.copies = Copies(session.handover, self)
        self.drags = Drags(session.handover, session.model, thumbnails, self)
        self.set_takes_sidecars(session.settings.takes_sidecars)

    def set_takes_sidecars(self, takes_sidecars: bool) -> None:
        """Hand over sidecars and previews with each model, or not."""
        self._session.settings.takes_sidecars = takes_sidecars
        self.copies.takes_sidecars = self.drags.takes_sidecars = takes_sidecars

    def connect_views(self, grid: GridView, table: TableView, views: QWidget) -> None:
        """Let models be dragged out of the views and copied by keyboard in them."""
        grid.can_be_node = self._session.handover.has_node
        grid.drag_asked.connect(lambda way: self.drags.begin(self._selection.ids(), way, grid.viewport()))
        table.drag_asked.connect(lambda way: self.drags.begin(self._selection.ids(), way, table.viewport()))
        grid.node_asked.connect(self.copy_nodes)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), views)
        copy.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # elsewhere Ctrl+C copies text
        copy.activated.connect(self.copy_files)
        nodes = QShortcut(QKeySequence("Ctrl+Shift+C"), views)
        nodes.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        nodes.activated.connect(self.copy_nodes)

    def connect_rest(self, desk: FolderDesk, details: DetailsPanel, status: StatusBar, problems: ProblemBar) -> None:
        """Connect the setting, the details panel, and the bars that say what was done."""
        self._session.loaded.connect(self._session.handover.start)
        desk.sidecars_chosen.connect(self.set_takes_sidecars)
        self._connect_details(details)
        self._connect_bars(status, problems)

    def _connect_details(self, details: DetailsPanel) -> None:
        """Let the model in hand be dragged by its picture, name and handle, and copied by the button."""
        details.node_asked.connect(lambda id_: self.copies.copy_nodes([id_]))
        for widget, is_grip in ((details.gallery, False), (details.title, False), (details.grip, True)):
            starter = DragStarter(widget, is_grip)
            starter.drag_asked.connect(lambda way, source=widget: self._drag_record(details, way, source))
        self.copies.nodes_copied.connect(details.show_copied)

    def _connect_bars(self, status: StatusBar, problems: ProblemBar) -> None:
        """Say what was done in the status bar, and what was not in the problem bar."""
        for part in (self.copies, self.drags):
            part.said.connect(status.say)
            part.told.connect(lambda text: problems.show_problem(text, "info"))

    def copy_files(self) -> None:
        """Copy the files of the selected models."""
        self.copies.copy_files(self._selection.ids())

    def copy_nodes(self) -> None:
        """Copy the selected models as ComfyUI nodes."""
        self.copies.copy_nodes(self._selection.ids())

    def _drag_record(self, details: DetailsPanel, way: str, source: QWidget) -> None:
        if details.model_id >= 0:
            self.drags.begin([details.model_id], way, source)

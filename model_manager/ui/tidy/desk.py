"""Everything of the window that has to do with tidying up: its desks, their pages, menu entries and keys.

Made by the main window, which gives it its parts once. Each desk wires one concern to its half in bridge.
"""

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from model_manager.bridge.session import Session
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.ui.details.panel import DetailsPanel
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.model_menu import ModelMenu
from model_manager.ui.pages import Pages
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.sidebar import Sidebar
from model_manager.ui.status_bar import StatusBar
from model_manager.ui.tasks.desk import TasksDesk


@dataclass(frozen=True)
class Parts:
    """The parts of the window that the desks use."""

    window: QWidget
    session: Session
    thumbnails: Thumbnails
    pages: Pages
    sidebar: Sidebar
    selection: Selection
    menu: ModelMenu
    details: DetailsPanel
    problems: ProblemBar
    status: StatusBar
    tasks: TasksDesk
    folders: FolderDesk


class TidyDesk(QObject):
    """The desks of one window."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.window)
        self._parts = parts

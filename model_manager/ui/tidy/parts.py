"""The parts of the window that the desks for tidying up use. Given to them once, by the main window."""

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from model_manager.bridge.session import Session
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.ui.details.panel import DetailsPanel
from model_manager.ui.drop_desk import DropDesk
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.links.desk import LinkDesk
from model_manager.ui.model_menu import ModelMenu
from model_manager.ui.pages import Pages
from model_manager.ui.pictures.desk import PictureDesk
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.sidebar import Sidebar
from model_manager.ui.status_bar import StatusBar
from model_manager.ui.tasks.desk import TasksDesk


@dataclass(frozen=True)
class Parts:
    """What there is."""

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
    drops: DropDesk
    links: LinkDesk
    pictures: PictureDesk

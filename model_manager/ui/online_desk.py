"""What the window does with Civitai beside links: its browser page, the page of updates, details fetched for what is selected.

Made by the main window, whose parts it wires to the desks of those pages. It asks nothing of the site by itself.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStackedWidget, QWidget

from model_manager.bridge.fetching import Fetching
from model_manager.bridge.session import Session
from model_manager.bridge.thumbnails import Thumbnails
from model_manager.core.online.records import CIVITAI
from model_manager.core.words import tr
from model_manager.ui.browse.desk import BrowseDesk
from model_manager.ui.folder_desk import FolderDesk
from model_manager.ui.grid.view import GridView
from model_manager.ui.links.desk import LinkDesk
from model_manager.ui.model_menu import ModelMenu
from model_manager.ui.pages import Pages
from model_manager.ui.pictures.desk import PictureDesk
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.sidebar import Sidebar
from model_manager.ui.sidebar_rows import BROWSE, UPDATES
from model_manager.ui.tasks.desk import TasksDesk
from model_manager.ui.updates.desk import UpdatesDesk


class OnlineDesk(QObject):
    """The pages of one window, and the ways between them and the library."""

    def __init__(self, window: QWidget, session: Session, thumbnails: Thumbnails, pages: Pages, tasks: TasksDesk) -> None:
        super().__init__(window)
        self._session, self._pages = session, pages
        self.browse = BrowseDesk(window, session, pages)
        self.updates = UpdatesDesk(window, session, thumbnails, tasks.board, pages)
        pages.add_way(BROWSE, self.browse.show)
        pages.add_way(UPDATES, self.updates.show)
        self.fetching = Fetching(session, tasks.board, self)

    def connect_desks(self, links: LinkDesk, folders: FolderDesk, pictures: PictureDesk) -> None:
        """Hand links over to be downloaded; have keys and settings asked for, and hear of both."""
        browse, settings = self.browse, folders.settings
        for asked in (browse.links_asked, self.updates.links_asked):
            asked.connect(links.show_links)
        browse.key_asked.connect(settings.ask_key)
        browse.settings_asked.connect(folders.show_settings)
        pictures.key_asked.connect(lambda: settings.ask_key(CIVITAI))
        pictures.settings_asked.connect(folders.show_settings)
        settings.key_kept.connect(browse.on_key_kept)
        settings.level_changed.connect(browse.on_level_changed)
        for changed in (settings.key_kept, settings.level_changed):
            changed.connect(lambda *_: pictures.look_anew())

    def show_in(self, sidebar: Sidebar, menu: ModelMenu, problems: ProblemBar) -> None:
        """Be reached from these parts of the window."""
        self.updates.counted.connect(lambda count: sidebar.set_count(UPDATES, count))
        menu.add_more(self._add_entries)
        for failed in (self.updates.said, self.fetching.failed):
            failed.connect(lambda text: problems.show_problem(text, "warn"))

    def lead_to(
        self, views: QStackedWidget, grid: GridView, search: QWidget, selection: Selection, clear_search: Callable[[], None]
    ) -> None:
        """Lead back to the library, and to single models of it."""
        self._views, self._grid, self._search = views, grid, search
        self._selection, self._clear_search = selection, clear_search
        for closed in (self.browse.closed, self.updates.closed):
            closed.connect(self._pages.leave)
        for asked in (self.browse.library_asked, self.updates.library_asked):
            asked.connect(self._show_in_library)

    def field(self) -> QWidget:
        """The field that a search begins in: that of the page on screen."""
        return self.browse.page.field if self.browse.page is not None and self.browse.is_shown else self._search

    def grid(self) -> GridView:
        """The grid on screen, or the one behind."""
        return self.browse.page.grid if self.browse.page is not None and self.browse.is_shown else self._grid

    def _show_in_library(self, id_: int) -> None:
        """Go to a model, in all of the library if need be."""
        model = self._session.model
        self._pages.leave()
        if model.row_of(id_) < 0:
            self._clear_search()
        row, view = model.row_of(id_), self._views.currentWidget()
        if row >= 0 and isinstance(view, QAbstractItemView):
            self._selection.select([row])
            view.scrollTo(model.index(row, 0))

    def _add_entries(self, menu: QMenu, ids: Sequence[int]) -> None:
        """Put what can be fetched into the menu of the selected models; `ids`: at most two of them."""
        entry = menu.addAction(tr("Fetch details and preview") if len(ids) == 1 else tr("Fetch details and previews"))
        entry.triggered.connect(lambda _=False: self.fetching.fetch(self._selection.ids()))

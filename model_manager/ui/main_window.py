"""The main window: top bar, sidebar, grid or table, details and status around one session.

Made by app. It only wires: widgets show what the session says, the session does what widgets ask for. It decides nothing about files.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from model_manager.core.amounts import size_text
from model_manager.core.words import tr
from model_manager.ui.outline import LEFT, RIGHT, columns, paint_outline
from model_manager.ui.pages import Pages
from model_manager.ui.remembered import bytes_of, give_drafts, keep_drafts, sidebar_of, sidebar_text, text_of
from model_manager.ui.shortcuts import connect_keys

if TYPE_CHECKING:  # what fills the window is loaded by `furnish`, when the window can be seen already
    from model_manager.bridge.session import Session
    from model_manager.bridge.tasks import Counts
    from model_manager.bridge.thumbnails import Thumbnails
    from model_manager.ui.grid.table import TableView
    from model_manager.ui.grid.view import GridView

SMALLEST = (760, 480)
FIRST_SCREEN = 200  # models remembered for the next start's first paint; the largest screen shows about as many
DETAILS_MS = 60  # while an arrow key is held the panel waits; a click shows at once


class MainWindow(QMainWindow):
    """One window on one session. It can be shown empty; `furnish` puts everything into it."""

    shown = Signal()  # once, after the first paint of the empty window
    painted = Signal()  # once, after the first paint with everything in it

    def __init__(self) -> None:
        super().__init__()
        self.is_furnished = self._has_painted = self._was_shown = False
        self.setWindowTitle(tr("Model Manager"))
        self.setMinimumSize(*SMALLEST)
        self.resize(1440, 900)

    def furnish(self, session: "Session", thumbnails: "Thumbnails") -> None:
        """Put the whole interface of one session into the window."""
        self.session, self.thumbnails = session, thumbnails
        self._record: Any = None
        self._counts: Counts | None = None
        self._open_rows: list[str] | None = None  # of the sidebar, until they are there
        self._build()
        self._connect()
        self._restore()
        self.is_furnished = True
        self._show_page()
        self._focus_models()

    # building

    def _build(self) -> None:
        self._build_parts()
        self._build_layout()
        self._build_desks()
        self._details_timer = QTimer(self, singleShot=True, interval=DETAILS_MS)

    def _build_parts(self) -> None:
        from model_manager.ui.details.panel import DetailsPanel
        from model_manager.ui.details.wiring import connect_panel
        from model_manager.ui.empty_state import EmptyState
        from model_manager.ui.grid.table import TableView
        from model_manager.ui.grid.view import GridView
        from model_manager.ui.problem_bar import ProblemBar
        from model_manager.ui.search import SearchField
        from model_manager.ui.selection import Selection
        from model_manager.ui.sidebar import Sidebar
        from model_manager.ui.status_bar import StatusBar
        from model_manager.ui.top_bar import TopBar

        self.top_bar, self.search = TopBar(), SearchField()
        self.top_bar.set_search(self.search)
        self.search.set_completer_source(self.session.completions)
        self.problems, self.status = ProblemBar(), StatusBar()
        self.sidebar, self.details = Sidebar(), DetailsPanel()
        connect_panel(self.details, self.session.details)
        self.grid, self.table, self.empty = GridView(self.thumbnails), TableView(self.thumbnails), EmptyState()
        self.grid.setModel(self.session.model)
        self.table.setModel(self.session.model)
        self.table.setSelectionModel(self.grid.selectionModel())
        self.selection = Selection(self.grid.selectionModel(), self.session.model)

    def _build_layout(self) -> None:
        self.views = QStackedWidget()
        for page in (self.grid, self.table, self.empty):
            self.views.addWidget(page)
        self.splitter = columns(self.sidebar, self.views, self.details)
        library = QWidget()
        layout = QVBoxLayout(library)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for line in (self.top_bar, self.problems, self.splitter, self.status):
            layout.addWidget(line, int(line is self.splitter))
        self.pages = Pages(library, self.views)
        self.sidebar.page_chosen.connect(self.pages.open)
        self.setCentralWidget(self.pages)

    def _build_desks(self) -> None:
        from model_manager.ui.drop_desk import DropDesk
        from model_manager.ui.folder_desk import FolderDesk
        from model_manager.ui.handing import Handing
        from model_manager.ui.links.desk import LinkDesk
        from model_manager.ui.model_menu import ModelMenu
        from model_manager.ui.online_desk import OnlineDesk
        from model_manager.ui.pictures.desk import PictureDesk
        from model_manager.ui.tasks.desk import TasksDesk
        from model_manager.ui.tidy.desk import Parts, TidyDesk

        self.desk = FolderDesk(self, self.session, self.pages)
        self.handing = Handing(self.session, self.thumbnails, self.selection, self)
        self.drop_in = DropDesk(self, self.session, self.pages, self.views, self.desk)
        self.drop_in.show_in(self.problems, self.status)
        self.pictures = PictureDesk(self, self.session, self.selection, self.details, self.status, self.problems)
        self.menu = ModelMenu(self, self.session.model, self.selection, self.handing.copies, self._on_opened, self.pictures)
        self.drop_in.pictures_dropped.connect(self.pictures.take_dropped)
        self.tasks = TasksDesk(self, self.session, self.pages, self.views, self.selection, self._clear_search)
        self.tasks.show_in(self.top_bar, self.status, self.problems)
        self.tasks.follow(self.pictures.previews, self.drop_in.intake)
        self.tasks.use_settings(self.desk.settings)
        self.links = LinkDesk(self, self.session, self.tasks, self.desk, self.drop_in)
        self.online = OnlineDesk(self, self.session, self.thumbnails, self.pages, self.tasks)
        self.online.connect_desks(self.links, self.desk, self.pictures)
        self.online.show_in(self.sidebar, self.menu, self.problems)
        self.online.lead_to(self.views, self.grid, self.search, self.selection, self._clear_search)
        self.tidy = TidyDesk(Parts(
            self, self.session, self.thumbnails, self.pages, self.sidebar, self.selection, self.menu, self.details,
            self.problems, self.status, self.tasks, self.desk, self.drop_in, self.links, self.pictures,
        ))  # fmt: skip

    def _connect(self) -> None:
        session, top = self.session, self.top_bar
        top.sort_chosen.connect(self._on_sort_chosen)
        top.group_chosen.connect(session.set_group)
        top.card_width_changed.connect(self.grid.set_card_width)
        top.view_chosen.connect(self._on_view)
        top.refresh_asked.connect(self._on_refresh)
        top.add_asked.connect(self.drop_in.show_menu)
        top.folders_asked.connect(self.desk.show_folders)
        top.settings_asked.connect(self.desk.show_settings)
        self.grid.card_width_changed.connect(top.set_card_width)
        self.search.text_changed.connect(session.set_search)
        self.search.finished.connect(self._focus_models)
        self.sidebar.query_chosen.connect(lambda query: session.set_search(self.search.text(), query))
        session.query_judged.connect(lambda text: self.search.set_problem(text or None))
        session.rows_changed.connect(self._show_page)
        session.loaded.connect(self._on_loaded)
        session.counted.connect(self._on_counted)
        self.sidebar.row_opened.connect(self._fill_sidebar)
        session.progressed.connect(self.status.set_progress)
        session.work_ended.connect(self.status.clear_progress)
        session.watch_changed.connect(self.status.set_watch)
        session.problem_raised.connect(self.problems.show_problem)
        session.problem_ended.connect(self.problems.withdraw)
        session.folders_faulted.connect(self._on_folders_faulted)
        session.model.order_asked.connect(self._on_sort_chosen)
        session.scanned.connect(lambda _: self._fetch_record())  # what was looked at may have changed: show it anew
        self.status.cancel_asked.connect(session.cancel_scan)
        self.thumbnails.cache_failed.connect(lambda text: self.problems.show_problem(text, "warn"))
        self.tasks.folders_asked.connect(self.desk.show_folders)
        self.empty.clear_search_asked.connect(self._clear_search)
        self.empty.folders_asked.connect(self.desk.show_folders)
        self.empty.retry_asked.connect(self._on_refresh)
        self.empty.demo_asked.connect(self.desk.open_demo)
        for view in (self.grid, self.table):
            view.opened.connect(self._on_opened)
            view.menu_asked.connect(self.menu.show)
        self.selection.changed.connect(self._on_selection)
        self.handing.connect_views(self.grid, self.table, self.views)
        self.handing.connect_rest(self.desk, self.details, self.status, self.problems)
        self._connect_details()
        self._connect_keys()

    def _connect_details(self) -> None:
        session, details = self.session.details, self.details
        session.record_ready.connect(self._on_record)
        details.tree_wanted.connect(self._on_tree_wanted)
        details.folder_opened.connect(self._on_opened)
        details.tag_chosen.connect(lambda tag: self.search_for(f'tag:"{tag}"' if " " in tag else f"tag:{tag}"))
        self._details_timer.timeout.connect(self._fetch_record)

    def _connect_keys(self) -> None:
        online = self.online
        connect_keys(self, (
            ("F5", self._on_refresh), ("Ctrl+R", self._on_refresh),
            ("Ctrl+1", lambda: self._on_view("grid")), ("Ctrl+2", lambda: self._on_view("table")),
            ("Ctrl+I", self._toggle_details), ("Ctrl+B", lambda: self.sidebar.setVisible(self.sidebar.isHidden())),
        ), self.pages.leave)  # fmt: skip
        connect_keys(self, (
            ("Ctrl+F", lambda: online.field().setFocus(Qt.FocusReason.ShortcutFocusReason)),
            ("Ctrl++", lambda: online.grid().zoom(20)), ("Ctrl+=", lambda: online.grid().zoom(20)),
            ("Ctrl+-", lambda: online.grid().zoom(-20)),
        ), lambda: online.browse.is_shown or self.pages.leave())  # fmt: skip
        connect_keys(self, (("Ctrl+,", self.desk.show_settings), ("Ctrl+Q", self.close)))

    # remembering

    def restore_place(self, geometry: str) -> None:
        """Put the window where it was, by the text that was remembered; "" leaves it where it is."""
        if geometry:
            self.restoreGeometry(bytes_of(geometry))

    def _restore(self) -> None:
        settings = self.session.settings
        self._show_sort(settings.sort, settings.is_descending)
        self.top_bar.set_group(settings.group or "none")
        self.grid.set_card_width(settings.card_size)
        self.top_bar.set_card_width(settings.card_size)
        if not self.isVisible():
            self.restore_place(settings.geometry)
        if not (settings.state and self.splitter.restoreState(bytes_of(settings.state))):
            self.splitter.setSizes([LEFT, 878, RIGHT])
        self.details.setVisible(settings.is_details_visible)
        if settings.table_state:
            self.table.restore_columns(bytes_of(settings.table_state))
        self._restore_sidebar(settings.sidebar_state)
        self._on_view(settings.view)

    def _restore_sidebar(self, text: str) -> None:
        """Open the rows that were open; show what was chosen, unless other folders are shown this time."""
        self._open_rows, place = sidebar_of(text)
        if place and self.session.has_saved_sources:
            self.sidebar.set_current(place)
            self.session.set_search("", place)

    def _remember(self) -> None:
        settings = self.session.settings
        settings.geometry = text_of(self.saveGeometry())
        settings.state = text_of(self.splitter.saveState())
        settings.table_state = text_of(self.table.columns_state()) or settings.table_state
        settings.card_size = self.grid.card_width
        keep_drafts(self.session, self.details.notes)
        if not self.session.has_saved_sources:
            return
        opened = self.sidebar.open_rows() if self._open_rows is None else self._open_rows
        settings.sidebar_state = sidebar_text(opened, self.session.place)
        if not self.search.text():
            model = self.session.model
            self.session.remember_screen([model.id_at(row) for row in range(min(FIRST_SCREEN, model.rowCount()))])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        if not self.is_furnished:
            paint_outline(self)
            if not self._was_shown:
                self._was_shown = True
                QTimer.singleShot(0, self.shown.emit)
        elif not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: D102
        if self.is_furnished:
            self._remember()
        super().closeEvent(event)

    # pages

    def _show_page(self) -> None:
        """Show the cards, or a word on why there are none."""
        session, model = self.session, self.session.model
        total, shown = len(model.shelf), model.rowCount()
        self.status.set_counts(total, size_text(model.shelf.total_size) if total else "", shown)
        if shown:
            self.views.setCurrentWidget(self._view())
            return
        if total and session.is_loaded and session.place and not self.search.text():
            self.empty.show_nothing_at(session.place)
        elif total and session.is_loaded:
            self.empty.show_nothing_found(session.search_text)
        elif not session.is_settled:
            self.empty.show_loading(tr("Building the demo library…") if session.is_building else tr("Looking through your folders…"))
        else:
            self.empty.show_empty_library()
        self.views.setCurrentWidget(self.empty)

    def _view(self) -> "GridView | TableView":
        return self.table if self.session.settings.view == "table" else self.grid

    def _on_view(self, name: str) -> None:
        self.session.settings.view = name if name == "table" else "grid"
        self.top_bar.set_view(self.session.settings.view)
        if self.views.currentWidget() is not self.empty or self.session.model.rowCount():
            self.views.setCurrentWidget(self._view())
            self._view().setFocus()

    def _focus_models(self) -> None:
        """Give the keyboard to what stands in the middle."""
        (self._view() if self.session.model.rowCount() else self.empty).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_sort_chosen(self, sort: str, is_descending: bool) -> None:
        self._show_sort(sort, is_descending)
        self.session.set_order(sort, is_descending)

    def _show_sort(self, sort: str, is_descending: bool) -> None:
        """Show the order in the top bar and in the table's headings."""
        self.top_bar.set_sort(sort, is_descending)
        self.table.show_sort_by(sort, is_descending)

    def _on_loaded(self) -> None:
        """A place remembered from another day may be gone by now."""
        if self.session.place and not self.session.model.rowCount():
            self._clear_search()
        give_drafts(self.session, self.details.notes)

    def _on_counted(self, counts: "Counts") -> None:
        self._counts = counts
        self._fill_sidebar()
        if self._open_rows is not None and counts.folders:
            self.sidebar.set_open_rows(self._open_rows)
            self._open_rows = None

    def _fill_sidebar(self, opened_now: str = "") -> None:
        """The folders below a row are given when it is opened."""
        if self._counts is not None:
            opened = {*self.sidebar.open_rows(), *(self._open_rows or ()), opened_now}
            self.sidebar.fill(self._counts, opened, self.session.place)

    def _on_folders_faulted(self, text: str) -> None:
        self.problems.show_problem(text, "warn", [(tr("Folders…"), self.desk.show_folders)])

    def _clear_search(self) -> None:
        self.search.set_text("")
        self.sidebar.set_current("")
        self.session.set_search("", "")

    def search_for(self, text: str) -> None:
        """Show what matches, as if it had been typed."""
        self.search.set_text(text)
        self.session.set_search(text)

    def _toggle_details(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self.session.settings.is_details_visible = not self.details.isHidden()

    def _on_refresh(self) -> None:
        self.thumbnails.retry()
        self.session.scan()

    # one model or several

    def _on_selection(self) -> None:
        ids = self.selection.ids(2)
        if len(ids) == 1:
            self._details_timer.start(0 if self._record is None else DETAILS_MS)
            self.status.set_selected(1)
            return
        self._record = None
        self._details_timer.stop()
        count, size = self.selection.total()
        self.status.set_selected(count, size_text(size) if count else "")
        if count:
            self.details.show_many(count, size)
        else:
            self.details.show_nothing()

    def _fetch_record(self) -> None:
        ids = self.selection.ids(2)
        if len(ids) == 1:
            self.session.details.show_record(ids[0])

    def _on_record(self, record: Any) -> None:
        if self.selection.ids(2) == [record.id]:
            self._record = record
            self.details.show_record(record)

    def _on_tree_wanted(self, id_: int) -> None:
        if self._record is not None and self._record.id == id_:
            self.session.details.fetch_tree(id_, self._record.path)

    def _on_opened(self, id_: int) -> None:
        """Open the folder of a model in the system's file manager."""
        shelf = self.session.model.shelf
        slot = shelf.slot(id_)
        if slot >= 0:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(shelf.path(slot)).parent)))

    def select_name(self, name: str) -> bool:
        """Select the first model with this name or file name and go to it; False when it is not shown."""
        row = self.selection.select_name(name)
        self._view().scrollTo(self.session.model.index(row, 0))
        return row >= 0

    @property
    def is_quiet(self) -> bool:
        """True when the folders were looked at and all that is visible is painted."""
        session = self.session
        has_pictures = self.views.currentWidget() is not self.grid or self.grid.is_settled()
        is_read = self._record is not None and not self._details_timer.isActive() and self.details.is_settled
        has_details = len(self.selection.ids(2)) != 1 or self.details.isHidden() or is_read
        is_shown = has_pictures and has_details and session.is_counted
        return session.is_settled and is_shown and session.runner.is_idle

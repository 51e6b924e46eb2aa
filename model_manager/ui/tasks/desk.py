"""The tasks in the window: the page and how one gets there, the button in the top bar, totals, notes, and what mends a task.

Made by the main window. It wires widgets to bridge's `Board`; what is done with tasks is decided there.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QStackedWidget, QWidget

from model_manager.bridge.board import Board
from model_manager.bridge.board_tasks import Place, Room
from model_manager.bridge.intake import Intake
from model_manager.bridge.previews import Previews
from model_manager.bridge.session import Session
from model_manager.core.amounts import short_size
from model_manager.core.online.records import CIVITAI, HUGGING_FACE
from model_manager.core.tasks import words
from model_manager.core.tasks.states import Change, Task
from model_manager.core.words import tr, trn
from model_manager.ui.open_page import open_page
from model_manager.ui.pages import Pages
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.selection import Selection
from model_manager.ui.settings.desk import SettingsDesk
from model_manager.ui.sheet import Sheet
from model_manager.ui.status_bar import StatusBar
from model_manager.ui.tasks.notices import Notices
from model_manager.ui.tasks.words import AGAIN, CANCEL, FIX, MUCH, PAUSE, PLACE, REMOVE, REPORT, RESUME, SHOW, has_report, held, spoken
from model_manager.ui.top_bar import TopBar

if TYPE_CHECKING:  # what is shown is loaded when it is asked for: a start does not wait for it
    from model_manager.ui.tasks.history_sheet import HistorySheet
    from model_manager.ui.tasks.page import TasksPage

KEYS = "Ctrl+J"
ROOM_MS = 15_000


class TasksDesk(QObject):
    """All of the window that has to do with tasks. Others may listen to the board's `*_asked` signals."""

    folders_asked = Signal()

    def __init__(
        self, window: QWidget, session: Session, pages: Pages, views: QStackedWidget, selection: Selection,
        clear_search: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window, self._session, self._pages = window, session, pages
        self._views, self._selection, self._clear_search = views, selection, clear_search
        self.board = Board(session, self)
        self.page: TasksPage | None = None
        self.history: HistorySheet | None = None
        self.sheet: Sheet | None = None  # the last question that was asked
        self._acts: dict[str, Callable[[Sequence[int]], None]] = {
            PAUSE: self.board.pause, RESUME: self.board.resume, AGAIN: self.board.retry, "top": self.board.move_to_top,
            CANCEL: self._cancel, REMOVE: self._remove, PLACE: lambda ids: self.board.ask_places(ids[0]),
            FIX: lambda ids: self.board.mend(ids[0]), SHOW: lambda ids: self.show_made(ids[0]),
            "folder": lambda ids: self._open_folder(ids[0]), "history": lambda ids: self.board.ask_history(ids[0]),
        }  # fmt: skip
        self._room_timer = QTimer(self, interval=ROOM_MS)
        self._room_timer.timeout.connect(self.board.ask_room)
        self._connect()
        QShortcut(QKeySequence(KEYS), window).activated.connect(self.toggle)

    def _connect(self) -> None:
        board = self.board
        board.changed.connect(self._on_changed)
        board.history_ready.connect(self._on_history)
        board.room_known.connect(self._on_room)
        board.page_asked.connect(open_page)
        board.folder_asked.connect(lambda task: board.ask_places(task.id))
        board.places_known.connect(self._on_places)
        board.accept_asked.connect(self._on_accept_asked)
        board.space_asked.connect(lambda task: self._open_folder(task.id))
        self._pages.currentChanged.connect(self._on_page_changed)

    def show_in(self, top: TopBar, status: StatusBar, problems: ProblemBar) -> None:
        """Use the bars of the window."""
        self._top, self._status, self._problems = top, status, problems
        top.tasks_asked.connect(self.show)
        top.add_link_asked.connect(self.board.add_link_asked)
        self.notices = Notices(problems, status, lambda action, id_: self._act(action, [id_]), self.show, self)
        self.board.task_ended.connect(self._on_ended)
        self.board.problem_raised.connect(self._on_problem)

    def use_settings(self, settings: SettingsDesk) -> None:
        """Have keys asked for there; what waited for one goes on when it is good."""
        self.board.key_asked.connect(lambda site: settings.ask_key(site) if site in (CIVITAI, HUGGING_FACE) else settings.show())
        settings.key_kept.connect(self.board.try_key)

    def follow(self, previews: Previews, intake: Intake) -> None:
        """List what these do."""
        previews.follow(self.board)
        self._acts[REPORT] = lambda ids: self._with_task(ids[0], previews.ask_report)
        self.board.live.follow_intake(intake)

    # the page

    @property
    def is_shown(self) -> bool:
        """Whether the tasks are on screen instead of the models."""
        return self.page is not None and self._pages.currentWidget() is self.page

    def toggle(self) -> None:
        """Show the tasks, or go back to the models."""
        if self.is_shown:
            self.leave()
        else:
            self.show()

    def show(self) -> None:
        """Show the tasks, unless the first run fills the window."""
        page = self._made_page()
        page.show_counts()
        if self._pages.show_page(page):
            page.take_keyboard()

    def leave(self) -> None:
        """Go back to the models."""
        if self.is_shown:
            self._pages.leave()

    def _made_page(self) -> "TasksPage":
        if self.page is None:
            from model_manager.ui.tasks.page import TasksPage

            board = self.board
            page = self.page = TasksPage(board.model, board.pictures.picture)
            board.model.describe = lambda task: spoken(task, time.time())
            board.pictures.ready.connect(page.view.viewport().update)
            page.closed.connect(self.leave)
            page.asked.connect(self._act)
            page.add_link_asked.connect(board.add_link_asked)
            page.all_paused.connect(board.pause)
            page.all_resumed.connect(board.resume)
            page.finished_cleared.connect(board.clear)
            page.view.menu_asked.connect(self._show_menu)
        return self.page

    def _on_page_changed(self) -> None:
        self.board.watch(self.is_shown)
        if self.is_shown:
            self.notices.forget()
            self.board.ask_room()
            self._room_timer.start()
        else:
            self._room_timer.stop()

    # what is new

    def _on_changed(self) -> None:
        board = self.board
        text = words.speed(board.speed)
        self._top.tasks.set_counts(board.running + board.waiting, board.failed)
        self._status.set_speed(text)
        if self.page is not None and self.is_shown:
            self.page.show_counts()
            self.page.show_speed(text)

    def _on_ended(self, task: Task) -> None:
        if not self.is_shown:
            self.notices.tell(task)

    def _on_problem(self, text: str) -> None:
        """Say it where it is seen."""
        bar = self.page.problems if self.page is not None and self.is_shown else self._problems
        bar.show_problem(text, "warn")

    def _on_room(self, room: Room) -> None:
        if self.page is not None and room.free:
            size = short_size(room.free)
            self.page.show_free(tr("{size} free on {drive}", size=size, drive=room.drive) if room.drive else tr("{size} free", size=size))

    # what is asked

    def _act(self, action: str, ids: Sequence[int]) -> None:
        if action == AGAIN:
            for id_ in ids:
                self.notices.begun(id_)
        self._acts[action](ids)

    def _cancel(self, ids: Sequence[int]) -> None:
        self._ask_first(ids, trn("Cancel the download?", "Cancel {count} downloads?", len(ids)), tr("Cancel download"), self.board.cancel)

    def _remove(self, ids: Sequence[int]) -> None:
        title = trn("Remove it from the list?", "Remove {count} tasks from the list?", len(ids))
        self._ask_first(ids, title, tr("Remove"), self.board.clear)

    def _ask_first(self, ids: Sequence[int], title: str, button: str, act: Callable[[Sequence[int]], None]) -> None:
        """Ask once where much is here already that would go with it."""
        size = held([task for id_ in ids if (task := self.board.model.task(id_)) is not None])
        if size < MUCH:
            act(ids)
            return
        text = tr("{size} of it are here already. They are removed.", size=short_size(size))
        task = self.board.model.task(ids[0]) if len(ids) == 1 else None
        self._ask((title, task.title if task is not None else "", text, tr("Keep"), button), lambda: act(ids))

    def _ask(self, words: tuple[str, str, str, str, str], act: Callable[[], None]) -> None:
        """Ask before something is done; `words` as AskSheet takes them."""
        from model_manager.ui.dialogs.ask import AskSheet

        sheet = self.sheet = AskSheet(*words, self._window)
        sheet.accepted.connect(act)
        sheet.finished.connect(sheet.deleteLater)
        sheet.open()

    def _on_accept_asked(self, task: Task) -> None:
        text = tr(
            "The site's scan found something dangerous in it: such a file can run a program on your computer when it is loaded. "
            "Go on only if you trust who made it."
        )
        words = (tr("Download it anyway?"), task.title, text, tr("Leave it"), tr("Download anyway"))
        self._ask(words, lambda: self.board.accept(task.id))

    def _on_places(self, task: Task, places: Sequence[Place]) -> None:
        from model_manager.ui.tasks.place_sheet import PlaceSheet

        sheet = self.sheet = PlaceSheet(task, places, held([task]), self._window)
        sheet.place_chosen.connect(lambda destination: self.board.place(task.id, destination))
        sheet.folders_asked.connect(self.folders_asked)
        sheet.finished.connect(sheet.deleteLater)
        sheet.open()

    def _show_menu(self, point: QPoint) -> None:
        if self.page is not None and (tasks := self.page.view.selected()):
            from model_manager.ui.tasks.menu import show_menu

            show_menu(self._window, point, tasks, self._act, link_of)

    def show_made(self, id_: int) -> None:
        """Go to the model that a task made, to its folder while the library does not know it yet; or show its report."""
        task = self.board.model.task(id_)
        if task is not None and has_report(task):
            self._acts[REPORT]([id_])
        elif task is not None and task.path:
            self.show_path(task.path)

    def _with_task(self, id_: int, act: Callable[[Task], None]) -> None:
        task = self.board.model.task(id_)
        if task is not None:
            act(task)

    def show_path(self, path: str) -> None:
        """Go to the model at a path; to its folder while the library does not know it."""
        self.leave()
        row = self._selection.select_path(path)
        if row < 0:
            self._clear_search()
            row = self._selection.select_path(path)
        view = self._views.currentWidget()
        if row >= 0 and isinstance(view, QAbstractItemView):
            view.scrollTo(view.model().index(row, 0))
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))

    def _open_folder(self, id_: int) -> None:
        task = self.board.model.task(id_)
        folder = str(Path(task.path).parent) if task is not None and task.path else next(iter(self._session.sources.installs), "")
        if folder:
            QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

    def _on_history(self, task: Task, changes: list[Change]) -> None:
        from model_manager.ui.tasks.history_sheet import HistorySheet

        sheet = self.history = HistorySheet(task, changes, self._window)
        sheet.finished.connect(self._on_history_closed)
        sheet.open()

    def _on_history_closed(self) -> None:
        if self.history is not None:
            self.history.deleteLater()
            self.history = None


def link_of(task: Task) -> str:
    """The address a task is about; "" for none."""
    link = task.payload.get("link", "")
    return task.page or (link if isinstance(link, str) else "")

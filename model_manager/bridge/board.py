"""The board of tasks: carries the task engine into the window, and the window's wishes to it.

Made by the tasks desk. The engine is made in a worker when the library is loaded, so never before the first paint; it makes no
connection by itself. Works on the GUI thread only and never waits there, but in the end for the engine.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge import board_tasks
from model_manager.bridge.board_tasks import Ground, Holder, Mailbox, Room
from model_manager.bridge.jobs import Pool
from model_manager.bridge.live_works import LiveWorks
from model_manager.bridge.session import Session
from model_manager.bridge.task_model import TaskModel
from model_manager.bridge.task_pictures import TaskPictures
from model_manager.core.errors import Cancelled, ModelManagerError
from model_manager.core.files.destinations import Destination
from model_manager.core.tasks.states import (
    ACCEPT,
    ADD_KEY,
    CANCELLED,
    CHOOSE_FOLDER,
    DONE,
    DOWNLOAD,
    ENDED,
    FAILED,
    FREE_SPACE,
    OPEN_PAGE,
    QUEUED,
    RETRY,
    RUNNING,
    WAITING,
    Task,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

    from model_manager.core.tasks.engine import Engine

LIVE_MS = 125  # numbers are shown anew this often while they change
COUNTDOWN_MS = 500  # while something only waits


class Board(QObject):
    """All tasks of one data folder."""

    changed = Signal()  # counts and speed; at most eight times a second
    task_ended = Signal(object)  # Task that is done or has failed just now
    history_ready = Signal(object, object)  # Task, list[Change]
    room_known = Signal(object)  # board_tasks.Room
    problem_raised = Signal(str)
    add_link_asked = Signal()
    key_asked = Signal(str)  # site
    page_asked = Signal(str)  # address
    folder_asked = Signal(object)  # Task that needs another folder
    places_known = Signal(object, object)  # Task, list[board_tasks.Place]: folders it could go to
    space_asked = Signal(object)  # Task that needs room
    accept_asked = Signal(object)  # Task that the site warns of

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self.model = TaskModel(self)
        self.model.move_asked.connect(self.move)
        self.pictures = TaskPictures(session.runner, self)
        self.live = LiveWorks(session, self)
        self._mail = Mailbox(session.runner.relay(self._on_mail))
        self.live.told.connect(lambda task: self._mail.put([task]))
        self.live.gone.connect(lambda id_: self._mail.put((), [id_]))
        self._holder = Holder()
        self._is_asked = self._is_watched = False
        self._begun_at = time.time()  # what ended before is no news
        self._early: list[Callable[[], None]] = []  # what was asked before the engine was there
        self._awaited: dict[int, Callable[[Any], None]] = {}  # who gets an answer; kept here, for a worker must not hold on to objects
        self._newest = 0
        self._answer = session.runner.relay(self._on_answer)
        self._told_at = 0.0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tell)
        session.loaded.connect(self.start)
        session.closing.connect(self.close)

    # opening and closing

    def start(self) -> None:
        """Make the engine, once."""
        if not self._is_asked:
            self._is_asked = True
            told = self._runner.relay(self.problem_raised.emit)
            session = self._session
            ground = Ground(session.folder, session.settings, session.online.sites, lambda: (session.index_path, session.sources))
            args = (ground, self._mail.put, told, self._holder)
            self._runner.start(Pool.READ, board_tasks.begin, *args, done=self._on_begun, failed=self._on_not_begun)

    def close(self) -> None:
        """End the engine: what runs is stopped and goes on at the next start."""
        self._timer.stop()
        self._holder.close()

    def _on_begun(self, _: None) -> None:
        early, self._early = self._early, []
        for ask in early:
            ask()

    def _on_not_begun(self, fault: ModelManagerError) -> None:
        """The next wish tries again."""
        self._is_asked = False
        self._early.clear()
        self._on_failed(fault)

    # news

    def watch(self, is_watched: bool) -> None:
        """Let times go on in the list while somebody looks at it."""
        self._is_watched = is_watched
        if is_watched:
            self._on_mail()

    def _on_mail(self) -> None:
        """Take in what is new, soon, but not too often."""
        passed = int((time.monotonic() - self._told_at) * 1000)
        wait = max(0, LIVE_MS - passed)
        if not self._timer.isActive() or self._timer.remainingTime() > wait:
            self._timer.start(wait)

    def _tell(self) -> None:
        """Show what is new, and say what has ended just now."""
        self._told_at = time.monotonic()
        tasks, removed, has_more = self._mail.take()
        fresh = [task for task in tasks if task.changed >= self._begun_at]
        ended = [task for task in fresh if task.state in (DONE, FAILED) and not self._is_known(task)]
        made = [task.path for task in fresh if task.path and (task in ended or self._is_new_path(task))]
        self.model.change(tasks, removed)
        if made:
            self._runner.start(Pool.READ, board_tasks.folders_of, made, done=self._session.scan)
        self.changed.emit()
        for task in ended:
            self.task_ended.emit(task)
        if has_more:
            self._timer.start(0)
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Count down what waits and move bars without an end, if anybody looks."""
        if not self._is_watched or self._timer.isActive():
            return
        if any(task.total == 0 for task in self.model.working()):
            self.model.refresh(RUNNING)
            self._timer.start(LIVE_MS)
        elif self.model.counts[WAITING]:
            self._timer.start(COUNTDOWN_MS)
        self.model.refresh(WAITING)

    def _is_known(self, task: Task) -> bool:
        before = self.model.task(task.id)
        return before is not None and before.state == task.state

    def _is_new_path(self, task: Task) -> bool:
        before = self.model.task(task.id)
        return before is None or before.path != task.path

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.problem_raised.emit(fault.text)

    # counts

    @property
    def running(self) -> int:
        """How many are worked on."""
        return len(self.model.working())

    @property
    def waiting(self) -> int:
        """How many go on by themselves, sooner or later."""
        return self.model.counts[WAITING] + self.model.counts[QUEUED]

    @property
    def failed(self) -> int:
        """How many have failed."""
        return self.model.counts[FAILED]

    @property
    def speed(self) -> float:
        """Bytes a second that all downloads bring."""
        return sum(task.speed for task in self.model.working() if task.kind == DOWNLOAD and task.state == RUNNING)

    # wishes

    def pause(self, ids: Sequence[int] | None = None) -> None:
        """Let these rest; None for all."""
        self._command("pause", ids)

    def resume(self, ids: Sequence[int] | None = None) -> None:
        """Let paused ones go on."""
        self._command("resume", ids)

    def retry(self, ids: Sequence[int] | None = None) -> None:
        """Try again what failed, waits or was cancelled."""
        self._command("retry", ids)

    def cancel(self, ids: Sequence[int] | None = None) -> None:
        """Stop these for good and remove what they left."""
        for task in self._live(ids):
            if task.state not in ENDED:
                self.live.cancel(task.id)
        self._command("cancel", ids)

    def clear(self, ids: Sequence[int] | None = None) -> None:
        """Take these off the list, or all that are done or cancelled; failed ones stay until they are named."""
        states = ENDED if ids is not None else (DONE, CANCELLED)
        self._mail.put((), [task.id for task in self._live(ids) if task.state in states])
        if ids is None:
            ids = [task.id for task in self.model.tasks() if task.id > 0 and task.state in states]
        self._command("clear", ids)

    def move(self, ids: Sequence[int], before: int) -> None:
        """Let these be worked on, in their order, before another task; 0: after all."""
        self._ask(lambda engine: board_tasks.move(engine, ids, before))

    def move_to_top(self, ids: Sequence[int]) -> None:
        """Let these be worked on next."""
        self._ask(lambda engine: board_tasks.move_to_top(engine, ids))

    def add(
        self, kind: str, key: str, title: str, payload: Mapping[str, Any], done: Callable[[Task], None] | None = None, **fields: Any
    ) -> None:
        """Store a new task, or find the one with this kind and key; `done` gets it."""
        self._ask(lambda engine: engine.add(kind, key, title, payload, **fields), done)

    def ask_history(self, id_: int) -> None:
        """Ask how a task came to its state; `history_ready` answers."""
        task = self.model.task(id_)
        if task is not None:
            self._ask(lambda engine: board_tasks.history(engine, self._session.folder, task), partial(self.history_ready.emit, task))

    def ask_room(self) -> None:
        """Ask how much room there is where models go; `room_known` answers."""
        sources = self._session.sources
        folders = [*sources.installs, *(path for _, path in sources.own)]
        if folders:
            self._runner.start(Pool.READ, board_tasks.room_at, folders[0], done=self._on_room)

    def _on_room(self, room: Room) -> None:
        self.room_known.emit(room)

    def mend(self, id_: int) -> None:
        """Do, or ask for, what mends a task."""
        task = self.model.task(id_)
        if task is None:
            return
        if task.fix == ADD_KEY:
            self.key_asked.emit(site_of(task))
        elif task.fix == OPEN_PAGE:
            self.page_asked.emit(task.page)
        elif task.fix == CHOOSE_FOLDER:
            self.folder_asked.emit(task)
        elif task.fix == FREE_SPACE:
            self.space_asked.emit(task)
        elif task.fix == ACCEPT:
            self.accept_asked.emit(task)
        elif task.fix == RETRY:
            self.retry([id_])

    def ask_places(self, id_: int) -> None:
        """Ask which folders a download could go to; `places_known` answers."""
        task, session = self.model.task(id_), self._session
        if task is not None:
            args = (session.index_path, session.sources, str(task.payload.get("kind") or ""))
            known = partial(self.places_known.emit, task)
            self._runner.start(Pool.READ, board_tasks.places, *args, done=known, failed=self._on_failed)

    def place(self, id_: int, destination: Destination) -> None:
        """Let a download go to another folder; what is here of it at the old place is removed."""
        from model_manager.core.tasks.resolving import elsewhere

        level, kind, path = self._session.settings.adult_level, destination.kind, destination.path
        self._ask(lambda engine: engine.amend(id_, lambda task: elsewhere(task, kind, path, level)))

    def accept(self, id_: int) -> None:
        """Download what the site warns of."""
        from model_manager.core.tasks.resolving import accepted

        self._ask(lambda engine: engine.amend(id_, accepted))

    def try_key(self, site: str) -> None:
        """The key of a site is good now: what failed for want of it begins again."""
        self.retry([task.id for task in self.model.tasks() if task.state == FAILED and task.fix == ADD_KEY and site_of(task) in (site, "")])

    def _live(self, ids: Sequence[int] | None) -> list[Task]:
        return [task for task in self.model.tasks() if task.id < 0 and (ids is None or task.id in ids)]

    def _command(self, name: str, ids: Sequence[int] | None) -> None:
        stored = None if ids is None else [id_ for id_ in ids if id_ > 0]
        if stored is None or stored:
            self._ask(lambda engine: getattr(engine, name)(stored))

    def _ask(self, what: Callable[["Engine"], Any], done: Callable[[Any], None] | None = None) -> None:
        """Have something done in the engine's thread, one thing after the other; what is asked too early waits for the engine."""
        engine = self._holder.engine
        if engine is None:
            self._early.append(partial(self._ask, what, done))
            self.start()
            return
        self._newest += 1
        number, answer = self._newest, self._answer
        if done is not None:
            self._awaited[number] = done
        engine.post(lambda: what(engine)).add_done_callback(lambda future: answer(number, *_outcome(future)))

    def _on_answer(self, number: int, result: Any, fault: ModelManagerError | None) -> None:
        done = self._awaited.pop(number, None)
        if fault is not None:
            self._on_failed(fault)
        elif done is not None:
            done(result)


def site_of(task: Task) -> str:
    """The site of a task's first file or of its link, as `online.records` names it; "" when neither tells."""
    from model_manager.core.online.links import parse_links  # needed by few, so not at the start

    files = task.payload.get("files") or ()
    first = files[0] if isinstance(files, Sequence) and files else {}
    site = first.get("site", "") if isinstance(first, Mapping) else ""
    links = () if site else parse_links(str(task.payload.get("link", "")))
    return str(site) or next((link.site for link in links), "")


def _outcome(future: "Future[Any]") -> tuple[Any, ModelManagerError | None]:
    """What came of a wish. A fault that is not ours is in the engine's log already, and one of an engine that ends is nobody's."""
    fault = future.exception()
    known = fault if isinstance(fault, ModelManagerError) and not isinstance(fault, Cancelled) else None
    return (None, known) if fault is not None else (future.result(), None)

"""Previews of the library's models: dialogs for one, bulk runs for many, locks, and bringing former pictures back.

Made by ui's picture desk on a session. It starts jobs and shows what was written by a scan of just those folders; a run over many is a
task on the board. Works on the GUI thread only.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from model_manager.bridge import preview_tasks, preview_writing
from model_manager.bridge.choosing import Choosing
from model_manager.bridge.jobs import Job, Pool
from model_manager.bridge.order_words import Note
from model_manager.bridge.preview_tasks import Planned, Reported
from model_manager.bridge.preview_web import Asker
from model_manager.bridge.preview_writing import Backs, Changed
from model_manager.bridge.session import Session
from model_manager.bridge.source_pictures import SourcePictures
from model_manager.core.errors import ModelManagerError
from model_manager.core.previews.bulk import plan_text, report_text
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.records import BulkOptions, Form, Report, form_of
from model_manager.core.tasks import previewing
from model_manager.core.tasks.lists import NewTask
from model_manager.core.tasks.states import FAILED, PREVIEWS, Task
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.bridge.board import Board

SHOW_MS = 1500  # how long written folders are collected before they are looked at


class Previews(QObject):
    """All that is done to previews in one session."""

    standing_known = Signal(int, object)  # id, preview_writing.Standing
    planned = Signal(object)  # preview_tasks.Planned
    plan_progressed = Signal(str, int, int)
    plan_failed = Signal(str)
    progressed = Signal(str, int, int)  # of what runs in the background
    work_ended = Signal()
    reported = Signal(object)  # Report of a run that has just ended
    report_ready = Signal(object)  # Report that was asked for
    undone = Signal(object)  # list[str]: why some could not be brought back, when a run is undone
    noted = Signal(object)  # Note: what was done to previews and is in the history
    is_locked = Signal(int, str)  # id, and the picture that was not set, as the preview is locked
    backs_known = Signal(object, int, int)  # list of models, those locked, and how many were asked about
    said = Signal(str, str)  # text, tone: for the bar of problems
    changed = Signal(int)  # id of a model whose lock or picture has changed

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._runner = session, session.runner
        self.history = History(session.folder / FOLDER_NAME)
        self.pictures = SourcePictures(session.runner, session.online, self)
        self._asker = Asker(session.online.sites)
        self._plan: Job | None = None
        self._board: Board | None = None
        self._work: Work | None = None  # of what runs in the background
        self._tell = session.runner.relay(self._collect_later)
        self._written: set[str] = set()
        self._timer = QTimer(self, singleShot=True, interval=SHOW_MS)
        self._timer.timeout.connect(self._show_written)
        session.loaded.connect(self._on_loaded)

    def follow(self, board: "Board") -> None:
        """Have runs over many made as tasks of this board, and tell of their ends."""
        self._board = board
        board.task_ended.connect(self._on_task_ended)

    def _on_loaded(self) -> None:
        """Finish what a crash interrupted."""
        self._runner.start(Pool.WRITE, self.history.finish_pending, done=self._on_finished)

    def _on_finished(self, texts: list[str]) -> None:
        for text in texts:
            self.said.emit(text, "info")

    @property
    def form(self) -> Form:
        """How new previews are written."""
        return form_of(self._session.settings)

    # one model

    def choosing(self, id_: int, parent: QObject) -> Choosing:
        """What a dialog for one model works with."""
        session, index = self._session, self._session.index_path
        assert index is not None
        made = Choosing(session, index, self.history, self.form, id_, parent)
        made.changed.connect(self._on_changed)
        made.noted.connect(self._note)
        return made

    def _on_changed(self, id_: int) -> None:
        self._collect([id_])
        self._show_written()
        self.changed.emit(id_)
        self.ask_standing(id_)

    def ask_standing(self, id_: int) -> None:
        """Find out whether a model's preview is locked and has former ones; `standing_known` answers."""
        path = self._path(id_)
        if path:
            self._runner.start(Pool.READ, preview_writing.standing, path, self.history, done=partial(self.standing_known.emit, id_))

    def set_picture(self, id_: int, path: str, is_sure: bool = False) -> None:
        """Make a dropped picture or video the preview of a model; `noted`, `is_locked` or `said` answers. is_sure: also a locked one."""
        index = self._session.index_path
        if index is not None:
            self._start(
                Pool.WRITE, self._begin(), partial(self._on_set, id_, path),
                preview_writing.set_picture, index, self._session.folder, self.history, id_, path, self.form, is_sure,
            )  # fmt: skip

    def _on_set(self, id_: int, path: str, done: Changed | None) -> None:
        if done is None:
            self.is_locked.emit(id_, path)
            return
        self._on_changed(id_)
        self._note(id_, done)

    def _note(self, id_: int, done: Changed) -> None:
        """Tell what was done to one model."""
        for model in self._models([id_]):
            self._tell_note(preview_writing.set_words(model.name, done.applied), done.change)

    def _tell_note(self, text: str, change: int, faults: int = 0) -> None:
        self.noted.emit(Note(text, "warn" if faults else "info", change, can_undo=change != 0))

    # several

    def lock(self, ids: Sequence[int], is_locked: bool) -> None:
        """Lock or unlock previews, so that bulk runs leave them alone."""
        work = self._begin()
        done = partial(self._on_changed_many, ids)
        self._start(Pool.WRITE, work, done, preview_writing.lock, self._paths(ids), is_locked, work)

    def ask_backs(self, ids: Sequence[int]) -> None:
        """Ask which of these models have a former picture that can be brought back; `backs_known` answers."""
        work = self._begin()
        done = partial(self._on_backs, len(ids))
        self._start(Pool.READ, work, done, preview_writing.backs_of, self._models(ids), self.history, work)

    def _on_backs(self, count: int, found: tuple[list[preview_writing.Model], int]) -> None:
        self.backs_known.emit(*found, count)

    def bring_back_last(self, ids: Sequence[int]) -> None:
        """Bring back the former picture of each."""
        work = self._begin()
        done = partial(self._on_back, ids)
        args = (self._session.folder, self._models(ids), self.history, work)
        self._start(Pool.WRITE, work, done, preview_writing.bring_back_last, *args)

    def _on_back(self, ids: Sequence[int], done: Backs) -> None:
        self._on_changed_many(ids, list(done.faults))
        if len(done.changed) == 1:
            model, applied = done.changed[0]
            self._tell_note(preview_writing.set_words(model.name, applied), done.change)
        elif done.changed:
            count = len(done.changed)
            text = trn("{count} model has its former picture.", "{count} models have their former pictures.", count)
            self._tell_note(text, done.change, len(done.faults))

    def _start(self, pool: Pool, work: Work, done: Callable[[Any], None], function: Callable[..., Any], *args: Any) -> None:
        """Start what runs in the background until it is done, fails or is stopped; what was done by then is shown."""
        self._runner.start(
            pool, function, *args,
            done=partial(self._on_done, work, done), failed=partial(self._on_run_failed, work), work=work, hears_of_stopped=True,
        )  # fmt: skip

    def _begin(self) -> Work:
        """The work whose progress is shown and that can be stopped; beside one that runs others stay unseen."""
        work = self._runner.work(self._on_progress)
        self._work = self._work or work
        return work

    def _on_done(self, work: Work, done: Callable[[Any], None], result: Any) -> None:
        self._end(work)
        done(result)
        self._show_written()

    def _on_run_failed(self, work: Work, fault: ModelManagerError) -> None:
        self._end(work)
        self._show_written()
        self._on_failed(fault)

    def _end(self, work: Work) -> None:
        if self._work is work:
            self._work = None
            self.work_ended.emit()

    def _on_progress(self, text: str, done: int, total: int) -> None:
        if self._work is not None:
            self.progressed.emit(text, done, total)

    def stop(self) -> None:
        """Stop what runs in the background; what is done stays, and is reported."""
        if self._work is not None:
            self._work.cancel()
            self._end(self._work)

    def _on_changed_many(self, ids: Sequence[int], faults: list[str]) -> None:
        self._tell_faults(faults)
        self._collect(ids)
        for id_ in ids[:2]:
            self.changed.emit(id_)
            self.ask_standing(id_)

    def _tell_faults(self, faults: list[str]) -> None:
        for text in faults[:3]:
            self.said.emit(text, "warn")

    # many

    def plan(self, ids: Sequence[int], options: BulkOptions) -> None:
        """Look what could be done; `planned` or `plan_failed` answers, and only for the last one asked."""
        self.drop_plan()
        work = self._runner.work(self._on_plan_progress)
        session = self._session
        self._plan = self._runner.start(
            Pool.READ, preview_tasks.planned, session.index_path, session.folder, session.sources.installs, list(ids), options,
            self._asker, session.settings.adult_level, work,
            done=self._on_planned, failed=lambda fault: self.plan_failed.emit(fault.text), work=work,
        )  # fmt: skip

    def drop_plan(self) -> None:
        """No plan is wanted any more."""
        self.pictures.drop()
        if self._plan is not None:
            self._plan.cancel()
            self._plan = None

    def _on_plan_progress(self, text: str, done: int, total: int) -> None:
        if self._plan is not None:
            self.plan_progressed.emit(text, done, total)

    def _on_planned(self, planned: Planned) -> None:
        self._plan = None
        self.planned.emit(planned)

    def run(self, planned: Planned) -> None:
        """Put a plan on the list of tasks; `reported` tells of its end, also after a restart."""
        self._runner.start(Pool.WRITE, preview_tasks.stored, self._session.folder, planned, done=self._on_stored, failed=self._on_failed)

    def _on_stored(self, new: NewTask) -> None:
        if self._board is not None:
            self._board.add(new.kind, new.key, new.title, new.payload, unit=new.unit, total=new.total)

    def _on_task_ended(self, task: Task) -> None:
        if task.kind != PREVIEWS:
            return
        if task.state == FAILED:
            self.said.emit(tr("{title}: {reason}", title=task.title, reason=task.reason), "bad")
        self._ask_report(task, self._on_new_report)

    def ask_report(self, task: Task) -> None:
        """Ask what a run did, also while it rests or long after its end; `report_ready` answers."""
        self._ask_report(task, lambda found: self.report_ready.emit(found.report))

    def _ask_report(self, task: Task, done: Callable[[Reported], None]) -> None:
        run = str(task.payload.get("run", ""))
        self._runner.start(Pool.READ, preview_tasks.reported, self._session.folder, run, done=done, failed=self._on_failed)

    def _on_new_report(self, found: Reported) -> None:
        self._written |= found.folders
        self._show_written()
        self.reported.emit(found.report)

    def undo(self, report: Report) -> None:
        """Bring back all that a run replaced; `undone` answers."""
        index = self._session.index_path
        if index is not None:
            work = self._begin()
            folder = self._session.folder
            self._start(Pool.BULK, work, self.undone.emit, previewing.take_back, folder, index, report.run, work, self._tell)

    def save_text(self, path: str, text: str) -> None:
        """Write a report into a file."""
        self._runner.start(Pool.WRITE, preview_tasks.save_text, path, text, done=lambda _: None, failed=self._on_failed)

    # showing what was written

    def _paths(self, ids: Iterable[int]) -> list[str]:
        return [path for id_ in ids if (path := self._path(id_))]

    def _models(self, ids: Iterable[int]) -> list[preview_writing.Model]:
        shelf = self._session.model.shelf
        slots = (shelf.slot(id_) for id_ in ids)
        return [preview_writing.Model(shelf.ids[slot], shelf.path(slot), shelf.name(slot)) for slot in slots if slot >= 0]

    def _path(self, id_: int) -> str:
        """The model's path as its record has it; "" when it is gone."""
        shelf = self._session.model.shelf
        slot = shelf.slot(id_)
        return shelf.path(slot) if slot >= 0 else ""

    def _collect(self, ids: Iterable[int]) -> None:
        shelf = self._session.model.shelf
        slots = (shelf.slot(id_) for id_ in ids)
        self._written.update(os.path.dirname(shelf.real_path(slot)) for slot in slots if slot >= 0)

    def _collect_later(self, ids: list[int]) -> None:
        """Many are written: their folders are looked at together, now and then."""
        self._collect(ids)
        if self._written and not self._timer.isActive():
            self._timer.start()

    def _show_written(self) -> None:
        self._timer.stop()
        folders, self._written = self._written, set()
        if folders:
            self._session.scan(folders)

    def _on_failed(self, fault: ModelManagerError) -> None:
        self.said.emit(fault.text, "bad")


def plan_words(planned: Planned) -> str:
    """The plan in a sentence."""
    return plan_text(planned.plan)


def report_words(report: Report) -> str:
    """The report as a text to keep."""
    return report_text(report)

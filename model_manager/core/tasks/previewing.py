"""The task that makes previews for many models, resumable after each model; and taking such a run back.

Made by bridge from a plan (`new_run`), run by the engine. What is to be done is in the list of runs, a row a model; a kill between a
picture and its row is known by the mark in the history. One fault never stops the rest. Nothing is lost: each picture that is replaced goes
to the history.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from model_manager.core.errors import BadPicture, FileFault, ModelManagerError
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record
from model_manager.core.online.pictures import picture_bytes, width_for
from model_manager.core.paths import long_path
from model_manager.core.previews import bulk
from model_manager.core.previews.beside import look_beside
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.makers import WORTH_IT, Makers
from model_manager.core.previews.painting import Painter
from model_manager.core.previews.records import CIVITAI, Applied, BulkItem, BulkOptions, BulkPlan, Ended, Source
from model_manager.core.previews.regenerate import bring_back
from model_manager.core.previews.state import read_state
from model_manager.core.sidecars.suffixes import STILLS, stem_of
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.lists import NewTask
from model_manager.core.tasks.preview_runs import Runs
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import PREVIEWS, Task
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

RUN: Final = "run"  # of the payload: the name in the list of runs
_AT_ONCE = 400  # models taken from the list together
_PATIENCE = 600.0  # seconds; a picture of a site may be tried several times
_SOME = 50  # pictures brought back between two words about it


class Back(NamedTuple):
    """A preview that was taken back, or the reason why it was not."""

    model: int
    path: str
    fault: str = ""


def new_run(folder: Path, plan: BulkPlan) -> NewTask:
    """Store a plan and return the task that carries it out. `folder`: the data folder. Raises IndexFault."""
    with Runs(folder) as runs:
        name = runs.add(plan)
    count = len(plan.items)
    return NewTask(PREVIEWS, name, trn("Preview for {count} model", "Previews for {count} models", count), {RUN: name}, total=count)


def previews_kind(tools: Tools) -> TaskKind:
    """Return the kind for the engine."""
    return TaskKind(PREVIEWS, partial(_run, tools), lambda task: None, lambda: 1, _PATIENCE)


def run_of(task: Task) -> str:
    """Return the name of a task's run, "" for another task."""
    return str(task.payload.get(RUN, "")) if task.kind == PREVIEWS else ""


def _run(tools: Tools, running: Running) -> str:
    name = run_of(running.task)
    history = History(tools.folder / FOLDER_NAME)
    history.finish_pending()  # what a kill of this very task left
    with Runs(tools.folder) as runs, Index(tools.index) as index:
        options = runs.options(name)
        if options is None:
            raise FileFault(tr("The list of this run is gone. Nothing more is done; what was made stays."))
        go = _Go(tools, running, runs, index, history, options)
        go.through()
        return bulk.report_text(runs.report(name))


class _Go:
    """One go of the task, over what is left of its list."""

    def __init__(self, tools: Tools, running: Running, runs: Runs, index: Index, history: History, options: BulkOptions) -> None:
        self._tools, self._running, self._runs, self._index = tools, running, runs, index
        self._history, self._options = history, options
        self._name = run_of(running.task)
        self._total, left = runs.counts(self._name)
        self._done = self._total - left
        self._painter = Painter()
        self._names: dict[str, frozenset[str]] = {}  # folder -> what lies in it, in small letters

    def through(self) -> None:
        """Do all that is left. Raises Cancelled, IndexFault."""
        self._running.tell(self._done, self._total)
        makers = Makers(count=None if self._total - self._done >= WORTH_IT else 0)
        try:
            while items := self._runs.left(self._name, _AT_ONCE):
                self._names.clear()
                wanted = [item for item in items if self._is_wanted(item)]
                work = self._running.work
                bulk.run(wanted, self._options.form, self._history, makers, self._paint, work, self._end, self._mark)
        finally:
            makers.close()
            self._painter.close()

    def _is_wanted(self, item: BulkItem) -> bool:
        """Whether a model is to get its picture now; what speaks against it is written down. Raises Cancelled."""
        self._running.work.check()
        earlier = self._history.marked(item.path, self._mark(item))
        if earlier:  # written, and killed before that was noted
            self._end(Ended(item, item.sources[0].sort, Applied("", earlier_id=earlier)))
            return False
        if read_state(item.path).is_locked or (self._options.only_missing and self._has_still(item.path)):
            self._end(Ended(item, is_kept=True))
            return False
        return True

    def _has_still(self, path: str) -> bool:
        """Whether a picture came to be beside a model since the plan was made; each folder is listed once for some hundred models."""
        folder, name = os.path.split(path)
        if folder not in self._names:
            self._names[folder] = _names_in(folder)
        stem = stem_of(name).lower()
        return any(stem + suffix in self._names[folder] for suffix in STILLS) and bool(_stills(path))

    def _paint(self, item: BulkItem, source: Source) -> bytes:
        if source.sort == CIVITAI:
            width = width_for(self._options.form)
            return picture_bytes(source.path, self._tools.sites.web, self._running.work, width)
        return self._painter.paint(self._record(item), source)

    def _record(self, item: BulkItem) -> ModelRecord:
        record = read_record(self._index, item.id)
        if record is None:
            raise BadPicture(tr("It is not in the library any more."))
        return record

    def _mark(self, item: BulkItem) -> str:
        return blake2b(f"{self._name} {item.id}".encode(), digest_size=6).hexdigest()

    def _end(self, ended: Ended) -> None:
        self._runs.end(self._name, [ended])
        self._done += 1
        self._running.tell(self._done, self._total, ended.item.name)


def _names_in(folder: str) -> frozenset[str]:
    try:
        return frozenset(name.lower() for name in os.listdir(long_path(folder)))
    except OSError:
        return frozenset()


def _stills(path: str) -> tuple[str, ...]:
    try:
        return look_beside(path).stills
    except FileFault:  # writing will say so
        return ()


def take_back(folder: Path, index: Path, name: str, work: Work, tell: Callable[[list[int]], None]) -> list[str]:
    """Bring back what a run replaced, as far as it is not back yet; returns why some could not be. Raises IndexFault.

    tell: gets ids of models whose pictures are back, some at a time. The rest as `each_taken_back`.
    """
    faults, back = list[str](), list[int]()
    for one in each_taken_back(folder, index, name, work):
        if one.fault:
            faults.append(one.fault)
        else:
            back.append(one.model)
        if len(back) == _SOME:
            tell(back)
            back = []
    tell(back)
    if work.is_cancelled:
        faults.insert(0, tr("Stopped before all were back. What is back stays."))
    return faults


def each_taken_back(
    folder: Path, index: Path, name: str, work: Work, models: Collection[int] | None = None,
    elsewhere: Callable[[str], Iterable[str]] = lambda _: (),
) -> Iterator[Back]:  # fmt: skip
    """Bring back what a run replaced, the newest first, as far as it is not back yet; only of these models, None for all.

    A model that was moved since is found by its place in the library, or at one of the paths that `elsewhere` gives for the one it had:
    the index may not have heard of it yet. Ends early when somebody asked to stop. Raises IndexFault.
    """
    history = History(folder / FOLDER_NAME)
    with Runs(folder) as runs, Index(index) as library:
        written = [one for one in runs.written(name) if models is None or one.model in models]
        for number, one in enumerate(written):
            if work.is_cancelled:
                return
            work.progress(tr("Bringing pictures back"), number, len(written))
            record = read_record(library, one.model)
            known = (record.path, one.path) if record is not None else (one.path,)
            path = next((path for path in chain(known, elsewhere(one.path)) if _is_kept(history, path, one.earlier)), known[0])
            try:
                bring_back(path, history.find(path, one.earlier), history)
            except ModelManagerError as fault:
                yield Back(one.model, path, fault.text)
            else:
                runs.taken_back(name, [one.model])
                yield Back(one.model, path)


def _is_kept(history: History, path: str, earlier: str) -> bool:
    """Whether a model is at this path, and what it had before is in its history."""
    return os.path.lexists(long_path(path)) and history.place_of(path, earlier).is_dir()

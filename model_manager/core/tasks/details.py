"""The task that fetches details and previews for models that are here.

Made by the command line and the session (`details_task`), run by the engine. What is known already is asked for first, the rest is hashed
one after the other (the tasks of hashing may have done it before). Each model is written on its own, and what became of it is kept in the
task's list, so that a kill costs nothing. It must never take anything away: what could not be fetched leaves everything as it was.
"""

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from model_manager.core.errors import FileFault
from model_manager.core.hashes.store import Store
from model_manager.core.library.index import Index
from model_manager.core.online.matches import ABSENT, DOUBTFUL, Match
from model_manager.core.online.matching import Matcher
from model_manager.core.settings import Settings
from model_manager.core.tasks.applying import Applying
from model_manager.core.tasks.hashing import LIST, clean, hash_tasks
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.lists import AWAY, DONE, FAILED, NOT_FOUND, UNCHANGED, Lists, NewTask, Result
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import DETAILS, Task
from model_manager.core.tasks.subjects import Subject, Subjects, Wishes
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

PATIENCE = 600.0  # seconds; one request may be tried several times, and a busy site may ask to wait
AT_A_TIME = 100  # questions in one request
_MOST_WAITING = 400  # models whose answers are waited for together
_FEW = 100  # models; for so many, single look-ups are always allowed
_NO_END = 1_000_000


def details_task(
    folder: Path, paths: Iterable[str], wants_details: bool = True, wants_previews: bool = True, force: bool = False
) -> NewTask:
    """Return the task that fetches details and (or) previews for the models at `paths` (as shown). `folder`: the data folder.

    Without `force` only what is missing is fetched, and nothing that is remembered is asked again. Raises IndexFault.
    """
    wanted = list(paths)
    with Lists(folder) as lists:
        name = lists.make(wanted, DETAILS, wants_details, wants_previews, force)
    title = trn("Details for {count} model", "Details for {count} models", len(wanted))
    if not wants_details:
        title = trn("Preview for {count} model", "Previews for {count} models", len(wanted))
    payload = {LIST: name, "details": wants_details, "previews": wants_previews, "force": force, "began": time.time()}
    return NewTask(DETAILS, name, title, payload, total=len(wanted))


def fetch_tasks(
    folder: Path, index: Path, settings: Settings, paths: Iterable[str], wants_details: bool, wants_previews: bool, force: bool, work: Work
) -> list[NewTask]:
    """Return what fetching for these models takes: a task for each drive with models that must be hashed, and the one that fetches.

    They may run at the same time. Raises IndexFault, Cancelled.
    """
    wanted = list(paths)
    if not wanted:
        return []
    wishes = Wishes(wants_details, wants_previews, force, time.time())
    with Store(folder) as store, Index(index) as opened:
        subjects = Subjects(opened, store, folder, settings, wishes)
        unhashed = [path for path in wanted if not work.is_cancelled and subjects.look(path) is None]
    work.check()
    return [*hash_tasks(folder, unhashed, False, work), details_task(folder, wanted, wants_details, wants_previews, force)]


def details_kind(tools: Tools) -> TaskKind:
    """Return the kind for the engine."""
    return TaskKind(DETAILS, partial(_run, tools), partial(clean, tools.folder), lambda: 1, PATIENCE)


def failures(folder: Path, task: Task) -> list[Result]:
    """Return the models a task could not serve, each with its reason. Raises IndexFault."""
    with Lists(folder) as lists:
        return lists.results(str(task.payload.get(LIST, "")), FAILED)


def _run(tools: Tools, running: Running) -> str:
    payload = running.task.payload
    name = str(payload[LIST])
    wishes = Wishes(bool(payload["details"]), bool(payload["previews"]), bool(payload["force"]), float(payload["began"]))
    with Store(tools.folder) as store, Lists(tools.folder) as lists, Index(tools.index) as index:
        left, total = lists.left(name), sum(lists.counts(name).values())
        singles = _NO_END if wishes.force else _FEW if total <= _FEW else 0
        matcher = Matcher(tools.sites.civitai, store, running.work, singles, wishes.since)
        subjects = Subjects(index, store, tools.folder, tools.settings, wishes)
        go = _Go(running, lists, name, total, subjects, matcher, Applying(tools, store, wishes, running.work))
        go.through(left)
        return _closing(lists, name, wishes, matcher.skipped)


class _Go:
    """One go of the task: first the models that can be asked for at once, then those that must be hashed."""

    def __init__(
        self, running: Running, lists: Lists, name: str, total: int, subjects: Subjects, matcher: Matcher, applying: Applying
    ) -> None:
        self._running, self._lists, self._name, self._total = running, lists, name, total
        self._subjects, self._matcher, self._applying = subjects, matcher, applying
        matcher.told = self._asking
        self._done = 0
        self._waiting: list[Subject] = []
        self._unasked: set[str] = set()
        self._unhashed: list[str] = []

    def through(self, left: list[str]) -> None:
        """Do all that is left. Raises Cancelled, NetworkFault, Refused, IndexFault."""
        self._done = self._total - len(left)
        self._running.tell(self._done, self._total)
        for path in left:
            self._running.work.check()
            found = self._subjects.look(path)
            if isinstance(found, Result):
                self._end(found)
            elif found is None:
                self._unhashed.append(path)
            else:
                self._add(found)
        while self._unhashed or self._waiting:
            self._hash_rest()
            self._flush()  # may find that some must be hashed after all

    def _hash_rest(self) -> None:
        paths, self._unhashed = self._unhashed, []
        for path in paths:
            self._running.work.check()
            try:
                found = self._subjects.hashed(path, self._running, self._done, self._total)
            except FileFault as fault:
                found = Result(path, FAILED, fault.text)
            if isinstance(found, Result):
                self._end(found)
            else:
                self._add(found)

    def _add(self, subject: Subject) -> None:
        self._waiting.append(subject)
        self._unasked |= self._matcher.unasked([subject.local.sha256])
        if len(self._unasked) >= AT_A_TIME or len(self._waiting) >= _MOST_WAITING:
            self._flush()

    def _flush(self) -> None:
        """Ask for all that wait, and write what came."""
        subjects, self._waiting, self._unasked = self._waiting, [], set()
        if not subjects:
            return
        matches = self._matcher.identify([subject.local for subject in subjects])
        for subject in subjects:
            self._running.work.check()
            self._finish(subject, matches[subject.local.path])

    def _asking(self, request: int) -> None:
        self._running.tell(self._done, self._total, trn("Asking Civitai · {count} request", "Asking Civitai · {count} requests", request))

    def _finish(self, subject: Subject, match: Match) -> None:
        if match.state == DOUBTFUL:
            self._unhashed.append(subject.record.path)
        elif match.state == ABSENT:
            self._end(self._applying.absent(subject))
        else:
            self._end(self._applying.found(subject, match))

    def _end(self, result: Result) -> None:
        self._lists.set(self._name, [result])
        self._done += 1
        self._running.tell(self._done, self._total, Path(result.path).name)


def _closing(lists: Lists, name: str, wishes: Wishes, skipped: int) -> str:
    counts, total = lists.counts(name), sum(lists.counts(name).values())
    matched = counts[DONE] + counts[UNCHANGED] + sum(1 for one in lists.results(name, FAILED) if one.version_id)
    parts = [tr("{count} of {total} matched", count=f"{matched:,}", total=f"{total:,}")]
    if not wishes.details:
        parts = [tr("{count} of {total} have a preview", count=f"{counts[DONE] + counts[UNCHANGED]:,}", total=f"{total:,}")]
    missing = trn("{count} not on Civitai", "{count} not on Civitai", counts[NOT_FOUND])
    if not wishes.details:
        missing = trn("no picture for {count}", "no picture for {count}", counts[NOT_FOUND])
    parts += [missing] if counts[NOT_FOUND] else []
    if counts[FAILED]:
        parts.append(trn("{count} could not be done", "{count} could not be done", counts[FAILED]))
    if counts[AWAY]:
        parts.append(trn("{count} away", "{count} away", counts[AWAY]))
    if skipped:
        parts.append(trn("{count} may be found when fetched on its own", "{count} may be found when fetched in smaller numbers", skipped))
    return " · ".join(parts)

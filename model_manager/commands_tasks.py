"""The command `tasks`, and what every command with tasks needs: an engine, and waiting in the foreground with progress on stderr.

Called by cli, and by the other commands that make tasks. Uses the same core as the window and no Qt. While the program runs elsewhere on
the same data folder, it does what is asked here within a second.
"""

import argparse
import atexit
import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from model_manager.commands import roots_for
from model_manager.core.demo.site_process import DemoSite
from model_manager.core.errors import NoRoom
from model_manager.core.library.index import Index
from model_manager.core.library.index_place import usable_index
from model_manager.core.library.roots import Roots
from model_manager.core.online.keys import Keys
from model_manager.core.online.offers import make_sites
from model_manager.core.paths import data_dir
from model_manager.core.settings import load_settings
from model_manager.core.tasks import words
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.faults import NO_ROOM
from model_manager.core.tasks.kinds import TaskKind, Tools
from model_manager.core.tasks.states import (
    ACTIVE,
    CANCELLED,
    DONE,
    ENDED,
    PAUSED,
    PENDING,
    QUEUED,
    Task,
)
from model_manager.core.tasks.store import StoreFault
from model_manager.core.words import tr

LISTED: Final = tuple("id kind state title where done total unit speed note reason code fix page tries path created changed".split())
LINE_SECONDS: Final = 5.0  # between two lines of progress where they stay
ROOM_SECONDS: Final = 60.0  # how long the foreground waits when there is nothing left but to wait for room
_FINE: Final = {  # states in which a command has nothing to do, and nobody is to be told
    "pause": {PAUSED}, "resume": {QUEUED, *ACTIVE}, "retry": {QUEUED, *ACTIVE}, "cancel": {CANCELLED}, "clear": set[str](),
}  # fmt: skip


def run(chosen: argparse.Namespace) -> int:
    """Carry out `tasks`; raises ModelManagerError with a text for people."""
    if chosen.action is None and not chosen.wait:
        with _engine([]) as engine:
            return show(engine.tasks(), chosen.json)
    with working(chosen) as engine:
        if chosen.action is not None and not chosen.ids:
            complain(tr("Name the tasks by their numbers, or write: tasks {action} all", action=chosen.action))
            return 2
        return _carry_out(engine, chosen)


def _carry_out(engine: Engine, chosen: argparse.Namespace) -> int:
    """Do the action, and wait for what it set going where that is asked for."""
    ids, code = _named(engine, chosen.ids)
    before = {task.id: task for task in engine.tasks()}
    changed: list[int] = []
    if chosen.action is not None:
        act: Callable[[Collection[int] | None], Any] = getattr(engine, chosen.action)
        changed = act(ids).result()
        for id_ in [id_ for id_ in ids or () if id_ not in changed and before[id_].state not in _FINE[chosen.action]]:
            complain(tr("Nothing to {action}: task {id} is {state}.", action=chosen.action, id=id_, state=before[id_].state))
            code = code or 1
    if chosen.action == "clear":
        return max(code, show([before[id_] for id_ in changed if id_ in before], chosen.json))
    if not chosen.wait:
        return max(code, show([task for task in map(engine.task, changed) if task is not None], chosen.json))
    going = {*PENDING, *ACTIVE}
    waited = [task.id for task in engine.tasks() if (task.id in changed or task.state in going if ids is None else task.id in ids)]
    return max(code, in_foreground(engine, waited, chosen.json, is_to_stop=chosen.action in ("pause", "cancel")))


def _named(engine: Engine, texts: list[str]) -> tuple[list[int] | None, int]:
    """The ids that are meant (None: all) and 2 when one of them is no task's."""
    if not texts or "all" in texts:
        return None, 0
    known = {str(task.id): task.id for task in engine.tasks()}
    for text in texts:
        if text not in known:
            complain(tr("There is no task {id}.", id=text))
    return [known[text] for text in texts if text in known], 2 if any(text not in known for text in texts) else 0


def working(chosen: argparse.Namespace) -> AbstractContextManager[Engine]:
    """An engine that works on nothing but what `wait` and commands name; in the end what runs goes back to the queue.

    Raises StoreFault where the task list cannot be read.
    """
    return _engine(all_kinds(tools_for(chosen)))


@contextmanager
def _engine(kinds: Sequence[TaskKind]) -> Iterator[Engine]:
    said = []

    def tell(text: str) -> None:
        said.append(text)
        complain(text)

    engine = Engine(data_dir(), kinds, told=tell)
    engine.start(only=())
    try:
        engine.ready()
        yield engine
    except StoreFault as fault:
        if fault.text in said:
            raise SystemExit(2) from fault
        raise
    finally:
        engine.close()


def tools_for(chosen: argparse.Namespace) -> Tools:
    """What kinds of tasks work with, as the command line has it; the same each time. No site is asked before a task does."""
    if isinstance(made := getattr(chosen, "tools", None), Tools):
        return made
    folder = data_dir()
    settings, _ = load_settings(folder)

    def sources() -> Roots:
        path, notice = usable_index(folder)
        if notice:
            complain(notice)
        with Index(path) as index:
            return roots_for(chosen, folder, index.roots())

    environ = _environ(chosen, folder)
    sites = make_sites(settings, Keys(folder, environ), environ)
    chosen.tools = Tools(folder, settings, lambda: sites, sources, folder / "index.sqlite")
    return tools_for(chosen)


def _environ(chosen: argparse.Namespace, folder: Path) -> dict[str, str]:
    """The environment; a demo has a site of its own, unless somebody has named another."""
    if not chosen.demo or "CIVITAI_ENDPOINT" in os.environ or "HF_ENDPOINT" in os.environ:
        return dict(os.environ)
    with suppress(OSError):  # whoever needs it next says so
        folder.mkdir(parents=True, exist_ok=True)
    site = DemoSite(folder)
    atexit.register(site.close)
    return {**site.environ(), **os.environ}


def in_foreground(engine: Engine, ids: Collection[int], is_json: bool, is_to_stop: bool = False) -> int:
    """Work on these tasks until they have ended, and list them; 0 when all are done (is_to_stop: when all have stopped).

    Raises NoRoom when nothing can go on for want of room.
    """
    progress = Progress()
    try:
        found = engine.wait(ids, progress.show)
    finally:
        progress.end()
    show(found, is_json)
    wanted = {*ENDED, PAUSED} if is_to_stop else {DONE}
    return int(len(found) < len(ids) or any(task.state not in wanted for task in found))


def show(tasks: Iterable[Task], is_json: bool) -> int:
    """Print tasks: one JSON object per line, or a table."""
    for task in tasks:
        if is_json:
            print(json.dumps(as_listed(task)))
        else:
            about = " → ".join(part for part in (task.title, task.where) if part)
            print(f"{task.id}\t{task.kind}\t{task.state}\t{about}\t{words.told(task, time.time())}")
    return 0


def as_listed(task: Task) -> dict[str, Any]:
    """A task as `tasks --json` gives it; the fields are kept for scripts."""
    return {name: getattr(task, name) for name in LISTED}


def complain(text: str) -> None:
    """Say something beside the answer."""
    print(text, file=sys.stderr)


class Progress:
    """Tasks on stderr while they are waited for: changes of state as lines, the progress as one line that is written over, on a terminal;
    elsewhere as a line now and then."""  # fmt: skip

    def __init__(self) -> None:
        self._states: dict[int, str] = {}
        self._said_at: dict[int, float] = {}
        self._is_terminal = sys.stderr.isatty()
        self._live = ""
        self._stuck: dict[int, tuple[float, int]] = {}  # since when a task waits for room, and how far it was

    def show(self, tasks: list[Task]) -> None:
        """Say what is new; for Engine.wait."""
        for task in tasks:
            if self._states.get(task.id) != task.state or self._is_due(task):
                self._say(task)
        if self._is_terminal:
            self._rewrite(self._summary([task for task in tasks if task.state in ACTIVE]))
        self._see_room(tasks)

    def _is_due(self, task: Task) -> bool:
        """Whether a task that goes on is worth another line, where lines stay."""
        is_old = time.monotonic() - self._said_at[task.id] >= LINE_SECONDS
        return is_old and not self._is_terminal and task.state in ACTIVE

    def end(self) -> None:
        """Leave the line that was written over."""
        if self._live:
            self._rewrite("")

    def _say(self, task: Task) -> None:
        self._states[task.id], self._said_at[task.id] = task.state, time.monotonic()
        if self._live:
            self._rewrite("")
        complain(f"{task.title}: " + " · ".join(part for part in (words.state_word(task), words.told(task, time.time())) if part))

    def _rewrite(self, text: str) -> None:
        if text != self._live:
            sys.stderr.write("\r" + text + " " * (len(self._live) - len(text)) + ("" if text else "\r"))
            sys.stderr.flush()
            self._live = text

    def _summary(self, active: list[Task]) -> str:
        if not active:
            return ""
        line = f"{active[0].title}  {words.told(active[0], time.time())}"
        if len(active) > 1:
            speed = words.speed(sum(task.speed for task in active if task.unit == "bytes"))
            line = tr("{count} under way", count=len(active)) + f"  {speed}  {line}"
        return line[: _width()]

    def _see_room(self, tasks: list[Task]) -> None:
        """Give up where all that is left has waited for room for a good while; a try in between is no news."""
        now = time.monotonic()
        for task in tasks:
            if task.code == NO_ROOM:
                self._stuck.setdefault(task.id, (now, task.done))
            elif task.id in self._stuck and task.done > self._stuck[task.id][1]:
                del self._stuck[task.id]
        left = [task.id for task in tasks if task.state not in ENDED]
        if left and all(id_ in self._stuck and now - self._stuck[id_][0] > ROOM_SECONDS for id_ in left):
            raise NoRoom(tr("There is not enough room. The tasks are kept: free some space, then use: tasks resume all --wait"))


def _width() -> int:
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):  # ValueError: what stands for stderr has no number
        columns = 0
    return (columns or 80) - 1  # some terminals do not know

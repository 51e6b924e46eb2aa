"""What a kind of task is, and what its function is given. The engine runs them and knows none of them; every_kind lists them.

How to write one: a function that takes a `Running`, works until it is finished and returns the closing note.

    def _hash(running: Running) -> str:
        paths = running.task.payload["paths"]
        for at, path in enumerate(paths):
            running.work.check()                          # raises Cancelled when a stop was asked for: let it through
            running.tell(at, len(paths), note=os.path.basename(path))     # as often as you like; it also says "I am alive"
            ...                                           # raise any ModelManagerError; its text is shown
        return tr("{count} files hashed", count=len(paths))

    HASHING = TaskKind(states.HASH, _hash, clean=lambda task: None, at_once=lambda: 1)

It may be ended at any moment (kill -9) and is then called again with what it saved, so it looks first at what is there:

    def _download(running: Running) -> str:
        if not running.task.payload.get("files"):
            running.save({**running.task.payload, "files": resolved}, title=name, where="Civitai → loras")   # on disk on return
        running.tell(size_of_partial, total)              # bytes here already; speed is counted from the first tell on
        ...                                               # NetworkFault: tried again later; NoRoom: when there is room; others: failed
        running.verifying()                               # ... and running.running() for the next file
        running.save(path=final)                          # what it made
        return tr("hash verified")                        # the amount is said by itself, before the note

    def _clean(task: Task) -> None: ...                   # removes what an ended task left (partials); may run twice, may raise

The rules of a run: it may raise Cancelled at any time after a stop was asked for, and should within some seconds: after 10 it is left
behind. Nothing it tells or saves counts any more then, and its task is begun again only when the old thread has ended, or after ten
minutes. No tell, save or verifying within `stalled_seconds` that says something new means that it is stopped and started again.
`clean` is never called while a run of the task is under way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_manager.core.library.roots import Roots
from model_manager.core.online.offers import Sites
from model_manager.core.settings import Settings
from model_manager.core.tasks.running import Running
from model_manager.core.tasks.states import Task


@dataclass(frozen=True)
class TaskKind:
    """A sort of work. run: does it and returns the closing note; clean: removes what an ended task left; at_once: how many may run
    here at the same time; stalled_seconds: how long it may stand still, 0 for ever."""  # fmt: skip

    name: str
    run: Callable[[Running], str]
    clean: Callable[[Task], None]
    at_once: Callable[[], int]
    stalled_seconds: float = 120.0


@dataclass(frozen=True)
class Tools:
    """What kinds work with. folder: the data folder; find_sites: gives the way to the sites, made when a task first needs it; sources:
    collects the folders of all models, now; index: path of the index."""  # fmt: skip

    folder: Path
    settings: Settings
    find_sites: Callable[[], Sites]
    sources: Callable[[], Roots]
    index: Path

    @property
    def sites(self) -> Sites:
        """The way to the sites, as the settings say now."""
        return self.find_sites()

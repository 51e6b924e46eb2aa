"""The states of a task, the one table of allowed changes between them, and the record of a task. No disk, no threads.

Used by everything that deals with tasks, ui included. A change that the table does not allow is a fault of the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

QUEUED, RUNNING, VERIFYING, WAITING = "queued", "running", "verifying", "waiting"
PAUSED, FAILED, CANCELLED, DONE = "paused", "failed", "cancelled", "done"

ALLOWED: Mapping[str, frozenset[str]] = {
    QUEUED: frozenset((RUNNING, PAUSED, CANCELLED)),
    RUNNING: frozenset((VERIFYING, WAITING, PAUSED, FAILED, CANCELLED, DONE, QUEUED)),  # queued: cut off, or started again
    VERIFYING: frozenset((RUNNING, WAITING, PAUSED, FAILED, CANCELLED, DONE, QUEUED)),  # running: the next file, or once more
    WAITING: frozenset((QUEUED, PAUSED, FAILED, CANCELLED)),
    PAUSED: frozenset((QUEUED, CANCELLED)),
    FAILED: frozenset((QUEUED, CANCELLED)),
    CANCELLED: frozenset((QUEUED,)),
    DONE: frozenset(),
}
ACTIVE = frozenset((RUNNING, VERIFYING))  # somebody works on it
PENDING = frozenset((QUEUED, WAITING))  # it goes on by itself
ENDED = frozenset((FAILED, CANCELLED, DONE))

# what is asked of the process that works on a task, and what is left to do for one that nobody works on
PAUSE, CANCEL, REQUEUE, ANEW = "pause", "cancel", "requeue", "anew"  # anew: cancelled, and asked for again before it had ended
CLEAN, REMOVE = "clean", "remove"  # remove: clean, and then forget the task

# kinds of task
DOWNLOAD, HASH, DETAILS, UPDATES, PREVIEWS, SCAN, ADD = "download", "hash", "details", "updates", "previews", "scan", "add"
CHANGE, TWINS, BACKUP, CHECK = "change", "twins", "backup", "check"

# what mends a failure or a wait: the button that is offered
ADD_KEY, OPEN_PAGE, CHOOSE_FOLDER, RETRY, FREE_SPACE = "add_key", "open_page", "choose_folder", "retry", "free_space"
ACCEPT = "accept"  # the person says that it is wanted all the same


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands. The record is a copy: asking again gives a newer one.

    key: what makes two requests the same task (kind and key together are unique). title: what is worked on
    ("flux1-dev.safetensors"); where: "Civitai → loras/style". done, total: in `unit` (bytes, models or files; total 0: not known yet).
    speed: units a second, 0 unknown. note: how far it is, in words, or what is to be said of a task that is done. reason: why it waits
    or failed, a plain sentence; code: the same for programs; fix: what mends it (a name above, "" for nothing); page: the address for
    OPEN_PAGE. tries: how often it was begun after faults; due: epoch seconds when a waiting task goes on. picture: path or url of a
    picture, "" for none. path: what it made. created, changed: epoch seconds. payload: what the task's kind needs to go on, plain
    JSON. owner: the process that works on it, "". wish: what its owner was asked to do and has not done yet; chore: the clean-up that is
    still owed. reach: the furthest `done` before the last fault; busy: how often the site was too busy (both for the counting of tries).
    """

    id: int
    kind: str
    key: str
    title: str
    where: str = ""
    state: str = QUEUED
    priority: int = 0
    place: float = 0.0
    done: int = 0
    total: int = 0
    unit: str = "bytes"
    speed: float = 0.0
    note: str = ""
    reason: str = ""
    code: str = ""
    fix: str = ""
    page: str = ""
    tries: int = 0
    due: float = 0.0
    picture: str = ""
    path: str = ""
    created: float = 0.0
    changed: float = 0.0
    payload: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ""
    wish: str = ""
    chore: str = ""
    reach: int = 0
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a task's history. time: epoch seconds."""

    time: float
    before: str
    after: str
    reason: str = ""


def may(before: str, after: str) -> bool:
    """Return whether a task may go from one state to the other."""
    return after in ALLOWED[before]

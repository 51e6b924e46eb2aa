"""What can be done with a task, and the words of its buttons and totals. Pure; used by the page, its rows and its menu.

What is said of a task itself is in core's `tasks.words`.
"""

from collections.abc import Mapping, Sequence

from model_manager.core.tasks import words
from model_manager.core.tasks.states import (
    ACCEPT,
    ACTIVE,
    ADD_KEY,
    CANCELLED,
    CHOOSE_FOLDER,
    DONE,
    DOWNLOAD,
    ENDED,
    FAILED,
    FREE_SPACE,
    OPEN_PAGE,
    PAUSED,
    PREVIEWS,
    QUEUED,
    RETRY,
    RUNNING,
    VERIFYING,
    WAITING,
    Task,
)
from model_manager.core.words import tr

# what a person can have done with a task
PAUSE, RESUME, AGAIN, CANCEL, REMOVE, FIX, SHOW = "pause", "resume", "again", "cancel", "remove", "fix", "show"
PLACE, REPORT = "place", "report"
MUCH = 100_000_000  # bytes that nobody wants to lose by a slip of the hand
TONES = {
    RUNNING: "accent", VERIFYING: "accent", WAITING: "warn", FAILED: "bad", DONE: "ok", PAUSED: "muted", QUEUED: "muted",
    CANCELLED: "faint",
}  # fmt: skip


def state_word(task: Task) -> str:
    """The state in a word or two, or what is being done about it."""
    if task.wish and task.state in ACTIVE:
        return {PAUSE: tr("Pausing…"), CANCEL: tr("Stopping…")}.get(task.wish, tr("Starting again…"))
    return words.state_word(task)


def state_name(state: str) -> str:
    """A state as the history names it."""
    return state_word(Task(0, "", "", "", state=state))


def fix_words() -> Mapping[str, str]:
    """What the button says that mends a failure or a wait."""
    return {
        ADD_KEY: tr("Add key…"), OPEN_PAGE: tr("Open page"), CHOOSE_FOLDER: tr("Choose folder…"),
        RETRY: tr("Retry"), FREE_SPACE: tr("Free space"), ACCEPT: tr("Download anyway…"),
    }  # fmt: skip


def can(action: str, task: Task) -> bool:
    """Whether an action makes sense for a task; works that are not stored (ids below 0) can only be stopped and removed."""
    is_stored, state = task.id > 0, task.state
    return {
        PAUSE: is_stored and state in (QUEUED, RUNNING, VERIFYING, WAITING) and not task.wish,
        RESUME: is_stored and state == PAUSED,
        AGAIN: is_stored and state in (WAITING, FAILED, CANCELLED),
        CANCEL: state not in ENDED and task.wish != CANCEL,
        REMOVE: state in ENDED,
        FIX: task.fix in fix_words() and state in (WAITING, FAILED),
        SHOW: state == DONE and (bool(task.path) or has_report(task)),
        REPORT: has_report(task) and state != DONE and task.done > 0,
        PLACE: is_stored and task.kind == DOWNLOAD and state in (WAITING, FAILED, PAUSED) and not task.wish,
    }[action]


def has_report(task: Task) -> bool:
    """Whether there is a report of what it did to each model, with the way back."""
    return task.kind == PREVIEWS and task.id > 0


def main_action(task: Task) -> str:
    """What Enter and a double-click do: mend it or show what it made; "" for neither."""
    return next((action for action in (FIX, SHOW) if can(action, task)), "")


def action_words(action: str, task: Task) -> str:
    """What a button or an entry says."""
    texts = {
        PAUSE: tr("Pause"), RESUME: tr("Resume"), AGAIN: tr("Retry now") if task.state == WAITING else tr("Retry"), CANCEL: tr("Cancel"),
        REMOVE: tr("Remove from the list"), SHOW: tr("Show report") if has_report(task) else tr("Show"), REPORT: tr("Show report"),
    }  # fmt: skip
    return fix_words().get(task.fix, "") if action == FIX else texts[action]


def held(tasks: Sequence[Task]) -> int:
    """Bytes of downloads that are here and would be lost with these tasks; files that have their names stay."""
    downloads = [task for task in tasks if task.kind == DOWNLOAD and task.state not in (DONE, CANCELLED)]
    whole = sum(int(entry.get("size") or 0) for task in downloads for entry in task.payload.get("files") or () if entry.get("done"))
    return max(0, sum(task.done for task in downloads) - whole)


def share(task: Task) -> float:
    """How much is done, 0 to 1; -1 when it runs and nobody knows."""
    if task.state == DONE:
        return 1.0
    if task.total > 0:
        return min(1.0, task.done / task.total)
    return -1.0 if task.state in (RUNNING, VERIFYING) else 0.0


def summary(counts: Mapping[str, int]) -> str:
    """The list in one line, by how many there are in each state: "2 running · 1 waiting · 1 failed"."""
    parts = (
        (counts.get(RUNNING, 0) + counts.get(VERIFYING, 0), tr("{count} running")), (counts.get(WAITING, 0), tr("{count} waiting")),
        (counts.get(QUEUED, 0), tr("{count} queued")), (counts.get(PAUSED, 0), tr("{count} paused")),
        (counts.get(FAILED, 0), tr("{count} failed")),
    )  # fmt: skip
    return " · ".join(text.format(count=f"{count:,}") for count, text in parts if count) or tr("Nothing runs")


def spoken(task: Task, now: float) -> str:
    """All of a row for screen readers."""
    return ", ".join(part for part in (task.title, task.where, state_word(task), words.told(task, now)) if part)

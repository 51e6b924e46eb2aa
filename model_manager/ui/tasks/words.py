"""What is said of a task, and what can be done with it. Pure; used by the page, its rows and its menu.

The clock is an argument, so that the same record always gives the same words.
"""

from collections.abc import Mapping

from model_manager.core.tasks.states import (
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
    QUEUED,
    RETRY,
    RUNNING,
    VERIFYING,
    WAITING,
    Task,
)
from model_manager.core.words import tr, trn

# what a person can have done with a task
PAUSE, RESUME, AGAIN, CANCEL, REMOVE, FIX, SHOW = "pause", "resume", "again", "cancel", "remove", "fix", "show"
TONES = {
    RUNNING: "accent", VERIFYING: "accent", WAITING: "warn", FAILED: "bad", DONE: "ok", PAUSED: "muted", QUEUED: "muted",
    CANCELLED: "faint",
}  # fmt: skip
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


def state_word(task: Task) -> str:
    """The state in a word or two."""
    if task.wish and task.state in ACTIVE:  # it is being done, and takes its time
        return {PAUSE: tr("Pausing…"), CANCEL: tr("Stopping…")}.get(task.wish, tr("Starting again…"))
    if task.state == RUNNING:
        return tr("Downloading") if task.kind == DOWNLOAD else tr("Running")
    if task.state == WAITING:
        return tr("No room") if task.fix == FREE_SPACE else tr("Waiting to retry")
    words = {
        QUEUED: tr("Queued"), VERIFYING: tr("Verifying"), PAUSED: tr("Paused"), FAILED: tr("Failed"), CANCELLED: tr("Cancelled"),
        DONE: tr("Done"),
    }  # fmt: skip
    return words.get(task.state, task.state)


def state_name(state: str) -> str:
    """A state as the history names it."""
    return state_word(Task(0, "", "", "", state=state)) if state else tr("Added")


def fix_words() -> Mapping[str, str]:
    """What the button says that mends a failure or a wait."""
    return {
        ADD_KEY: tr("Add key"), OPEN_PAGE: tr("Open page"), CHOOSE_FOLDER: tr("Choose folder"), RETRY: tr("Retry"),
        FREE_SPACE: tr("Free space"),
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
        SHOW: state == DONE and bool(task.path),
    }[action]


def main_action(task: Task) -> str:
    """What Enter and a double-click do: mend it or show what it made; "" for neither."""
    return next((action for action in (FIX, SHOW) if can(action, task)), "")


def toggle_action(task: Task) -> str:
    """What Space does: pause, go on, or try again; "" when it is over."""
    return next((action for action in (PAUSE, RESUME, AGAIN) if can(action, task)), "")


def drop_action(task: Task) -> str:
    """What Delete does: stop it, or take it off the list."""
    return CANCEL if can(CANCEL, task) else REMOVE


def action_words(action: str, task: Task) -> str:
    """What a button or an entry says."""
    words = {
        PAUSE: tr("Pause"), RESUME: tr("Resume"), AGAIN: tr("Retry now") if task.state == WAITING else tr("Retry"), CANCEL: tr("Cancel"),
        REMOVE: tr("Remove from the list"), SHOW: tr("Show"),
    }  # fmt: skip
    return fix_words().get(task.fix, "") if action == FIX else words[action]


def share(task: Task) -> float:
    """How much is done, 0 to 1; -1 when it runs and nobody knows."""
    if task.state == DONE:
        return 1.0
    if task.total > 0:
        return min(1.0, task.done / task.total)
    return -1.0 if task.state in (RUNNING, VERIFYING) else 0.0


def told(task: Task, now: float) -> str:
    """The line below the bar: amounts, speed and time left; why it waits or failed; what there is to say of one that is done."""
    if task.state == DONE:
        whole = amount(task.total or task.done, task.unit) if task.total or task.done else ""
        return _joined(whole, task.note)
    if task.state == FAILED:
        return task.reason
    if task.state == WAITING:
        return _joined(task.reason, _retry(task, now))
    if task.state == CANCELLED:
        return _joined(progress(task), task.reason)
    if task.state != RUNNING:
        return _joined(progress(task), task.note)
    return _joined(progress(task), speed(task.speed, task.unit), time_left(task), task.note)


def amount(count: float, unit: str) -> str:
    """A number of bytes, models or files."""
    if unit == "bytes":
        step, name = next((one for one in _UNITS if count >= one[0] * 0.9995), _UNITS[-1])
        return f"{count / step:.{1 if step >= 1e9 and count < step * 99.95 else 0}f} {name}"
    number = round(count)
    if unit == "models":
        return trn("{count} model", "{count} models", number)
    return trn("{count} file", "{count} files", number) if unit == "files" else f"{number:,}"


def progress(task: Task) -> str:
    """How far it is: "8.9 of 14.3 GB", "72 of 212", "1.2 GB"; "" before the first byte of an unknown number."""
    if not task.total:
        return amount(task.done, task.unit) if task.done else ""
    whole = amount(task.total, task.unit)
    if not task.done and task.state not in (RUNNING, VERIFYING):
        return whole
    if task.unit != "bytes":
        return tr("{done} of {total}", done=f"{task.done:,}", total=f"{task.total:,}")
    begun, name = amount(task.done, task.unit), whole.rpartition(" ")[2]
    return tr("{done} of {total}", done=begun.removesuffix(f" {name}"), total=whole)


def speed(value: float, unit: str = "bytes") -> str:
    """How fast: "41 MB/s"; counts have none, as nobody reads it."""
    if value < 1 or unit != "bytes":
        return ""
    step, name = next((one for one in _UNITS if value >= one[0] * 0.9995), _UNITS[-1])
    scaled = value / step
    return tr("{speed}/s", speed=f"{scaled:.{1 if scaled < 9.95 and name not in ('B', 'kB') else 0}f} {name}")


def time_left(task: Task) -> str:
    """How long it will take at this speed: "2 min left"."""
    if task.speed <= 0 or task.total <= task.done:
        return ""
    return tr("{time} left", time=duration((task.total - task.done) / task.speed))


def duration(seconds: float) -> str:
    """A time in one unit, rounded: 12 s, 2 min, 3 h, 4 d."""
    if seconds < 59.5:
        return tr("{count} s", count=max(1, round(seconds)))
    if seconds < 5_370:
        return tr("{count} min", count=round(seconds / 60))
    return tr("{count} h", count=round(seconds / 3_600)) if seconds < 171_000 else tr("{count} d", count=round(seconds / 86_400))


def _retry(task: Task, now: float) -> str:
    """When it goes on, and how often it was tried."""
    if task.due <= 0:
        return ""
    left = task.due - now
    text = tr("retry in {time}", time=duration(left)) if left >= 0.5 else tr("retry now")
    return tr("{retry} (try {count})", retry=text, count=task.tries + 1) if task.tries else text


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def summary(counts: Mapping[str, int]) -> str:
    """The list in one line, by how many there are in each state: "2 running · 1 waiting · 1 failed"."""
    parts = (
        (counts.get(RUNNING, 0) + counts.get(VERIFYING, 0), tr("{count} running")), (counts.get(WAITING, 0), tr("{count} waiting")),
        (counts.get(QUEUED, 0), tr("{count} queued")), (counts.get(PAUSED, 0), tr("{count} paused")),
        (counts.get(FAILED, 0), tr("{count} failed")),
    )  # fmt: skip
    return _joined(*(text.format(count=f"{count:,}") for count, text in parts if count)) or tr("Nothing runs")


def spoken(task: Task, now: float) -> str:
    """All of a row for screen readers."""
    return ", ".join(part for part in (task.title, task.where, state_word(task), told(task, now)) if part)

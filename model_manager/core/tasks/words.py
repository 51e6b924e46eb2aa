"""What is said of a task: its state, how far it is, why it waits. Pure; used by the command line and by ui.

The clock is an argument, so that the same record always gives the same words.
"""

from model_manager.core.tasks.faults import MOST_BUSY, MOST_TRIES
from model_manager.core.tasks.states import (
    CANCELLED,
    DONE,
    DOWNLOAD,
    FAILED,
    FREE_SPACE,
    PAUSED,
    QUEUED,
    RUNNING,
    VERIFYING,
    WAITING,
    Task,
)
from model_manager.core.words import tr, trn

_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B"))


def state_word(task: Task) -> str:
    """The state in a word or two."""
    if task.state == RUNNING:
        return tr("Downloading") if task.kind == DOWNLOAD else tr("Running")
    if task.state == WAITING:
        return tr("No room") if task.fix == FREE_SPACE else tr("Waiting to retry")
    words = {
        QUEUED: tr("Queued"), VERIFYING: tr("Verifying"), PAUSED: tr("Paused"), FAILED: tr("Failed"), CANCELLED: tr("Cancelled"),
        DONE: tr("Done"),
    }  # fmt: skip
    return words[task.state]


def told(task: Task, now: float) -> str:
    """One line: amounts, speed and time left; why it waits or failed; what there is to say of one that is done. now: epoch seconds."""
    if task.state == DONE:
        return _joined(amount(task.total or task.done, task.unit) if task.total or task.done else "", task.note)
    if task.state == FAILED:
        return task.reason
    if task.state == WAITING:
        return _joined(_why(task), _retry(task, now))
    if task.state != RUNNING:
        return _joined(progress(task), task.reason or task.note)
    return _joined(progress(task), speed(task.speed, task.unit), time_left(task), task.note)


def amount(count: float, unit: str) -> str:
    """A number of bytes, models or files."""
    if unit == "bytes":
        step, name = next((one for one in _UNITS if count >= one[0] * 0.9995), _UNITS[-1])
        return f"{count / step:.{1 if step >= 1e9 and count < step * 99.95 else 0}f} {name}"
    if unit == "models":
        return trn("{count} model", "{count} models", round(count))
    return trn("{count} file", "{count} files", round(count)) if unit == "files" else f"{round(count):,}"


def progress(task: Task) -> str:
    """How far it is: "8.9 of 14.3 GB", "72 of 212", "1.2 GB"; "" before the first byte of an unknown number."""
    if not task.total:
        return amount(task.done, task.unit) if task.done else ""
    whole = amount(task.total, task.unit)
    if not task.done and task.state not in (RUNNING, VERIFYING):
        return whole
    if task.unit != "bytes":
        return tr("{done} of {total}", done=f"{task.done:,}", total=f"{task.total:,}")
    begun = amount(task.done, task.unit).removesuffix(f" {whole.rpartition(' ')[2]}") if task.done else "0"
    return tr("{done} of {total}", done=begun, total=whole)


def speed(value: float, unit: str = "bytes") -> str:
    """How fast: "41 MB/s"; "" for what is not counted in bytes, and while nothing moves."""
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


def _why(task: Task) -> str:
    """Why it waits, in few words where the cause has some: "Connection lost at 1.2 of 6.5 GB"."""
    if task.code in ("dropped", "timeout"):
        return tr("Connection lost at {progress}", progress=progress(task)) if task.done else tr("Connection lost")
    return tr("No connection") if task.code == "offline" else task.reason


def _retry(task: Task, now: float) -> str:
    """When it goes on, and which try that will be: "retry in 12 s (2 of 8)"."""
    if task.due <= 0:
        return ""
    left = task.due - now
    text = tr("retry in {time}", time=duration(left)) if left >= 0.5 else tr("retry now")
    count, most = (task.busy, MOST_BUSY) if task.code == "busy" else (task.tries, MOST_TRIES)
    return tr("{retry} ({count} of {most})", retry=text, count=count, most=most) if count and task.fix != FREE_SPACE else text


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)

"""The words and icons of the history and of Recently deleted. Pure; used by their pages."""

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import (
    ACT_DONE,
    ACT_FAILED,
    ACT_UNDONE,
    RUNNING,
    STOPPED,
    UNDOING,
    UNDONE,
    Act,
    Change,
    Counts,
    Outcome,
)
from model_manager.core.words import tr, trn
from model_manager.ui.details.wording import ago

if TYPE_CHECKING:
    from model_manager.bridge.past import HeldItem

A_DAY = 86_400
_OF_MODELS = ("move", "organise", "rename", "copy", "delete", "edit", "convert", "preview", "restore")
ICONS: Mapping[str, str] = {
    "move": "arrow-forward", "organise": "folder-open", "rename": "edit", "copy": "copy", "delete": "trash", "edit": "tag",
    "convert": "swap", "preview": "image", "twins": "layers", "link away": "link", "mend": "check", "restore": "refresh",
    "folders": "folder",
}  # fmt: skip


def day_words(moment: float, now: float) -> str:
    """The day of a moment, as a heading."""
    day, today = time.localtime(moment), time.localtime(now)
    if (day.tm_year, day.tm_yday) == (today.tm_year, today.tm_yday):
        return tr("Today")
    before = time.localtime(now - A_DAY)
    if (day.tm_year, day.tm_yday) == (before.tm_year, before.tm_yday):
        return tr("Yesterday")
    return time.strftime("%A, %Y-%m-%d" if now - moment < 6 * A_DAY else "%Y-%m-%d", day)


def line_words(change: Change) -> str:
    """The second line of a change: when, how many models and folders, how much."""
    parts = [time.strftime("%H:%M", time.localtime(change.time)), *count_words(change)]
    if change.size:
        parts.append(size_text(change.size))
    return " · ".join(parts)


def count_words(change: Change) -> list[str]:
    """How many models or other things a change is about, and how many folders beside them."""
    count, folders = change.told.acts, change.folders.acts
    if folders == change.acts and folders:
        return [trn("{count} folder", "{count} folders", folders)]
    words = ("{count} model", "{count} models") if change.kind in _OF_MODELS else ("{count} item", "{count} items")
    return [trn(*words, count), *([trn("{count} folder", "{count} folders", folders)] if folders else [])]


def state_words(change: Change) -> tuple[str, str]:
    """What a change came to, and the tone of that; ("", "") when all of it was done."""
    if change.is_interrupted:
        return tr("interrupted"), "warn"
    if change.state in (RUNNING, UNDOING):
        return (tr("under way") if change.state == RUNNING else tr("being undone")), "accent"
    if change.state == UNDONE or (change.undone and not change.done):
        return tr("undone"), "muted"
    if change.failed:
        return trn("{count} failed", "{count} failed", change.told.failed or change.failed), "bad"
    if change.undone:
        return tr("partly undone"), "muted"
    return (tr("stopped"), "warn") if change.state == STOPPED else ("", "")


def full_words(change: Change) -> str:
    """How a change went, in a sentence or two."""
    told = _numbers(change.told)
    if 0 < change.folders.acts < change.acts:
        told.append(tr("folders: {numbers}", numbers=", ".join(_numbers(change.folders))))
    return " ".join(filter(None, (" · ".join(told), change.note)))


def _numbers(counts: Counts) -> list[str]:
    texts = [(counts.done, "{count} done", "{count} done"), (counts.failed, "{count} failed", "{count} failed"),
             (counts.undone, "{count} undone", "{count} undone"),
             (counts.acts - counts.done - counts.failed - counts.undone, "{count} not begun", "{count} not begun")]  # fmt: skip
    return [trn(one, many, count) for count, one, many in texts if count > 0]


def line_of(outcome: Outcome) -> Act:
    """An outcome as a line of the list of plans; its number is in `model`."""
    states = {ACT_DONE: ("", ""), ACT_FAILED: (tr("failed"), "bad"), ACT_UNDONE: (tr("undone"), "")}
    word, tone = states.get(outcome.state, (tr("not begun"), ""))
    note = outcome.text or word
    if outcome.text and outcome.state == ACT_DONE:
        tone = "warn"
    return Act(outcome.name, (), outcome.path, outcome.new_path, outcome.before or outcome.path, outcome.after, note=note, tone=tone,
               size=outcome.size, model=outcome.number)  # fmt: skip


def held_words(item: "HeldItem", days: int, now: float) -> str:
    """When a model was deleted, and how long it will be held."""
    when = tr("deleted {ago}", ago=ago(item.when, now))
    if not item.is_there:
        return tr("{when} · its drive is away", when=when)
    if not days:
        return when
    left = max(0, int((item.when + days * A_DAY - now + A_DAY - 1) // A_DAY))
    rest = trn("{count} day left", "{count} days left", left) if left else tr("goes with the next clean-up")
    return tr("{when} · {rest}", when=when, rest=rest)


def from_words(item: "HeldItem") -> str:
    """From where a model came, and what was beside it."""
    more = len(item.files) - 1
    folder = os.path.dirname(item.path)
    return f"{folder} · {trn('+ {count} file', '+ {count} files', more)}" if more else folder

"""What is said of a change that is over, in a line: for the bar of problems, the list of tasks and the history.

Used by the orders and by ui. Pure functions.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_manager.core.files.volumes import RESERVE
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, Plan, Report
from model_manager.core.words import tr, trn

Make = Callable[[Path, Path], Plan]  # makes a plan from the data folder and the index
DO, UNDO, FINISH, ROLL_BACK, RESTORE, EMPTY = "do", "undo", "finish", "roll back", "restore", "empty"
NAMED = 2  # files that a note names
MANY, OLD_SECONDS = 25, 15 * 60  # a change larger or older than this is not undone by a key without a question


@dataclass(frozen=True, slots=True)
class Note:
    """The end of a change. tone: info or warn. change: its number, 0 for none. failed: how many models were left as they are.

    is_quiet: a key was pressed, such as for a rating: nothing on the screen moves for it, the line at the bottom tells it.
    """

    text: str
    tone: str
    change: int = 0
    failed: int = 0
    can_undo: bool = False
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """What a plan copies to a drive, and what is free there, in bytes. folder: the nearest that exists."""

    folder: str
    wanted: int
    free: int

    @property
    def missing(self) -> int:
        """Bytes that are too few."""
        return self.wanted + RESERVE - self.free

    @property
    def is_short(self) -> bool:
        """Whether there is not enough room."""
        return self.wanted > 0 and self.missing > 0


def done_words(kind: str, count: int) -> str:
    """What was done to how many models. kind: one of a plan's, or "empty" and "remove" for what was held."""
    pairs: Mapping[str, tuple[str, str]] = {
        "move": ("{count} model moved", "{count} models moved"),
        "organise": ("{count} model moved", "{count} models moved"),
        "rename": ("{count} model renamed", "{count} models renamed"),
        "copy": ("{count} model copied", "{count} models copied"),
        "delete": ("{count} model deleted", "{count} models deleted"),
        "restore": ("{count} model restored", "{count} models restored"),
        "empty": ("{count} model is in the system's trash", "{count} models are in the system's trash"),
        "remove": ("{count} model removed for good", "{count} models removed for good"),
        "convert": ("{count} model has its sidecars", "{count} models have their sidecars"),
        "preview": ("{count} preview changed", "{count} previews changed"),
        "twins": ("{count} duplicate merged", "{count} duplicates merged"),
        "mend": ("{count} file mended", "{count} files mended"),
        "link away": ("{count} model moved, a link is in its place", "{count} models moved, links are in their places"),
        "folders": ("{count} folder changed", "{count} folders changed"),
    }
    return trn(*pairs.get(kind, ("{count} model changed", "{count} models changed")), count)


def written_words(plan: Plan) -> str:
    """Which sidecars a small edit wrote, "" for anything else."""
    if plan.kind != "edit" or len(plan.acts) > MANY:
        return ""
    names = [os.path.basename(step.target) for act in plan.acts for step in act.steps]
    if (rest := len(names) - NAMED) > 1:
        return tr("Written: {files} and {count} more.", files=", ".join(names[:NAMED]), count=rest)
    return tr("Written: {files}.", files=", ".join(names))


def note_of(way: str, kind: str, report: Report, can_undo: bool, written: str = "") -> Note:
    """What is said when it is over. written: which files, a sentence for when all went well."""
    counts = report.counts(ACT_DONE)[0], report.counts(ACT_UNDONE)[0]  # that empty folders went is not told
    is_back = way == UNDO or (way in (FINISH, ROLL_BACK) and counts[1] > counts[0])  # what was interrupted may have been an undo
    done, failed = sum(counts) if way == RESTORE else counts[is_back], report.count(ACT_FAILED)
    back = trn("{count} model is as it was before", "{count} models are as they were before", done)
    text = back if is_back else done_words(kind, done)
    if failed:
        text = tr("{done}, {failed} failed", done=text, failed=f"{failed:,}")
    if report.is_stopped:
        text = tr("Stopped: {done}", done=text)
    tone = "warn" if failed or report.is_stopped or report.note else "info"
    is_quiet = kind == "edit" and tone == "info" and done <= MANY
    more = report.note or (written if not failed and not is_back else "")
    return Note(f"{text}. {more}".strip(), tone, report.change, failed, can_undo and not is_back and done > 0, is_quiet)


def wants_question(count: int, begun: float, now: float | None = None) -> bool:
    """Whether a change is too large or too long ago to be undone without a question; `begun` in epoch seconds."""
    return count > MANY or (time.time() if now is None else now) - begun > OLD_SECONDS

"""What an edit of details would write, before it is saved: each file and what becomes of it, and what speaks against it.

Run by own_order in a worker, over the same plan that is carried out afterwards. It reads sidecars and writes nothing.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from model_manager.bridge.own_tasks import MOST_COMPARED, Shown, plan_edits, read_fields
from model_manager.core.journal.steps import ABSENT, Act, Plan, Refused, Step
from model_manager.core.paths import long_path
from model_manager.core.sidecars.own_values import changed_fields
from model_manager.core.sidecars.suffixes import INFO
from model_manager.core.tidy.shown import SLASH
from model_manager.core.work import Work

if TYPE_CHECKING:
    from model_manager.core.sidecars.own_values import Edits

NEW, CHANGED, GONE = "new", "changed", "gone"
MOST_LISTED = 500  # files that are told one by one; all of them are counted


class Written(NamedTuple):
    """A file. place: where, as people read it. state: NEW, CHANGED, or GONE because nothing is left in it. fields: what changes in it.

    note: what is special about it.
    """

    place: str
    state: str
    fields: tuple[str, ...]
    note: str = ""


class Ahead(NamedTuple):
    """What would be written. files: the first of them; total: how many there are, of how many models. refused: what stays, and why.

    overtaken: fields that say something else by now than they did when the sheet was opened.
    """

    files: tuple[Written, ...]
    total: int
    models: int
    refused: tuple[Refused, ...] = ()
    overtaken: tuple[str, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refused and not self.overtaken


def look_ahead(ids: Sequence[int], edits: "Edits", shown: Shown, data: Path, index: Path, work: Work) -> Ahead:
    """Say what this edit would write. shown: what the sheet showed of the models. Raises Cancelled, IndexFault."""
    plan = plan_edits(ids, edits, "", data, index, work)
    files: list[Written] = []
    for act, step in _steps(plan):
        work.check()
        if len(files) == MOST_LISTED:
            break
        files.append(_written(act, step))
    total = sum(len(act.steps) for act in plan.acts)
    return Ahead(tuple(files), total, len(plan.acts), plan.refused, _overtaken(ids, edits, shown, index, work))


def _steps(plan: Plan) -> Iterator[tuple[Act, Step]]:
    """All steps, those of acts that need a look first."""
    for act in sorted(plan.acts, key=lambda act: not act.tone):
        for step in act.steps:
            yield act, step


def _written(act: Act, step: Step) -> Written:
    name = os.path.basename(step.target)
    folder, slash, _ = act.before.rpartition(SLASH)
    state = GONE if step.data is None else NEW if step.planned == ABSENT else CHANGED
    fields = changed_fields(name, _bytes(step.target), step.data) if name.lower().endswith(INFO) else ("notes",)
    return Written(folder + slash + name, state, fields, act.note if act.tone else "")


def _bytes(path: str) -> bytes | None:
    try:
        with open(long_path(path), "rb") as file:
            return file.read()
    except OSError:  # it went since the plan was made
        return None


def _overtaken(ids: Sequence[int], edits: "Edits", shown: Shown, index: Path, work: Work) -> tuple[str, ...]:
    """The edited fields that were changed by others since the sheet read them; words that are added or taken out disturb nothing."""
    if not edits.values or len(ids) > MOST_COMPARED:
        return ()
    now = read_fields(index, ids, work)
    return tuple(name for name in edits.values if _says(now, name) != _says(shown, name))


def _says(shown: Shown, name: str) -> tuple[bool, object]:
    value = shown.values.get(name)
    is_mixed = name in shown.mixed
    return is_mixed, None if is_mixed or value is None else value.shown

"""Plans that change what is said of models: tags, ratings, collections, titles, notes; of one model or of thousands.

Called by the edit sheet and the quick keys (through bridge/orders) and by `tag` on the command line, right before the plan is shown or
carried out. It reads sidecars and must never write: the plan holds the new bytes of each file.
"""

import contextlib
import os
from collections.abc import Iterable, Sequence

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.journal.steps import ABSENT, WRITE, Act, Plan, Refused, Step
from model_manager.core.library.entry import Facts
from model_manager.core.paths import long_path, path_key
from model_manager.core.sidecars.merge import read_both
from model_manager.core.sidecars.notes import changed_notes, read_notes
from model_manager.core.sidecars.own_values import Edits, changed_info, family_of
from model_manager.core.sidecars.suffixes import INFO, NOTES, stem_of
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr, trn
from model_manager.core.work import Work


def plan_edit(
    subjects: Iterable[Subject], edits: Edits, title: str = "", refused: Sequence[Refused] = (), work: Work | None = None
) -> Plan:
    """Return the plan that gives these models these values. title: what it is called in the history, if there is a better name.

    refused: models that were left out before. Models of which nothing changes are left out without a word; one whose sidecars cannot be
    understood is refused with a sentence. Raises Cancelled.
    """
    return plan_each([(subject, edits) for subject in subjects], title, refused, work)


def plan_each(wanted: Sequence[tuple[Subject, Edits]], title: str = "", before: Sequence[Refused] = (), work: Work | None = None) -> Plan:
    """Return the plan that gives each of these models its own values; the rest as `plan_edit`."""
    acts: list[Act] = []
    refused = list(before)
    written: set[str] = set()
    for subject, edits in wanted:
        if work is not None:
            work.check()
        try:
            steps = steps_of(subject, edits)
        except (BadSidecar, FileFault) as fault:
            refused.append(Refused(subject.name, subject.shown, fault.text, model=subject.id))
            continue
        fresh = [step for step in steps if path_key(step.target) not in written]  # of two models of one stem the first writes for both
        if reason := next(filter(None, map(_trouble, fresh)), ""):
            refused.append(Refused(subject.name, subject.shown, reason, model=subject.id))
            continue
        written.update(path_key(step.target) for step in fresh)
        if fresh:
            acts.append(_act(subject, tuple(fresh)))
    named = title or trn("Edit {count} model", "Edit {count} models", len(acts))
    button = trn("Change {count} model", "Change {count} models", len(acts))
    foot = tr("Only the sidecars are written; the models themselves stay as they are.")
    return Plan("edit", named, button, tuple(acts), tuple(refused), (tr("only sidecars"),), foot)


def steps_of(subject: Subject, edits: Edits) -> tuple[Step, ...]:
    """Return what to write for one model, () when all of it is so already. Raises BadSidecar and FileFault."""
    folder, model = os.path.split(subject.real)
    steps = []
    seen = _seen(folder, subject.names)  # before they are read: what is written since then is not replaced
    if changed := changed_info(subject.real, edits, subject.names):
        steps.append(Step(WRITE, target=changed[0], data=changed[1], planned=seen.get(changed[0], ABSENT)))
    if "notes" in edits.values:
        _, fetched = read_both(folder, model, family_of(folder, model, subject.names), Facts())
        body = str(edits.values["notes"] or "")
        if body == fetched.notes and not edits.pins:
            body = ""
        if noted := changed_notes(folder, model, body + "\n" * bool(body), fetched):
            steps.append(Step(WRITE, target=noted[0], data=noted[1], planned=seen.get(noted[0], ABSENT)))
    return tuple(steps)


def plan_notes(model_path: str, name: str, body: str, expected: str) -> Plan:
    """Return the plan that makes `body` the notes of one model (its real path, and what it is called); empty when they are that already.

    expected: the notes as they were loaded, which may have come from another tool's sidecar. Raises FileFault when the file cannot be
    read or written, or says something else by now.
    """
    folder, model = os.path.split(model_path)
    seen = _seen(folder, [stem_of(model) + NOTES])
    changed = changed_notes(folder, model, body, expected=expected if read_notes(folder, model) else "")
    title, button = tr("Notes of {name}", name=name), tr("Save")
    if changed is None:
        return Plan("edit", title, button)
    is_usual = os.path.basename(changed[0]) == stem_of(model) + NOTES  # of another spelling nothing was looked at before it was read
    step = Step(WRITE, target=changed[0], data=changed[1], planned=seen.get(changed[0], ABSENT) if is_usual else None)
    if reason := _trouble(step):
        raise FileFault(reason)
    return Plan("edit", title, button, (Act(name, (step,), model_path, model_path, model_path, size=len(changed[1])),))


def _trouble(step: Step) -> str:
    """Why a sidecar cannot be written, as far as that can be seen before; "" when nothing speaks against it."""
    path = os.path.realpath(step.target)  # what is written is the file a link leads to
    if not os.path.isdir(long_path(os.path.dirname(path))):
        return tr("{file} cannot be written: its folder is not there.", file=os.path.basename(path))
    if not os.access(long_path(os.path.dirname(path)), os.W_OK | os.X_OK):
        return tr("{file} cannot be written: its folder is read-only.", file=os.path.basename(path))
    if os.name == "nt" and os.path.exists(long_path(path)) and not os.access(long_path(path), os.W_OK):
        return tr("{file} cannot be written: it is read-only.", file=os.path.basename(path))
    return ""


def _seen(folder: str, names: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Size and time of the sidecars that may be written, by path."""
    found = {}
    for name in names:
        if name.lower().endswith((INFO, NOTES)):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):  # it went since the folder was listed: whatever is there at last is another file
                about = os.stat(long_path(path))
                found[path] = (about.st_size, about.st_mtime_ns)
    return found


def _act(subject: Subject, steps: tuple[Step, ...]) -> Act:
    note, tone = tr("writes {files}", files=", ".join(os.path.basename(step.target) for step in steps)), ""
    if subject.shares:
        note, tone = tr("Shares its sidecars with {other}, which gets the same.", other=", ".join(subject.shares)), "warn"
    size = sum(len(step.data or b"") for step in steps)
    return Act(subject.name, steps, subject.real, subject.real, subject.shown, note=note, tone=tone, size=size, model=subject.id)

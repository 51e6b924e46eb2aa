"""The plain functions that set, bring back and lock previews. What they change stands in the history of changes, to be undone from there.

Run by `choosing` and `previews` in workers; nothing here knows the window.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from model_manager.bridge.card_art import card_of
from model_manager.bridge.preview_tasks import chosen_file, made
from model_manager.core.errors import BadSidecar, FileFault, IndexFault, ModelManagerError
from model_manager.core.library.index import Index
from model_manager.core.library.records import read_record
from model_manager.core.previews import regenerate
from model_manager.core.previews.history import History
from model_manager.core.previews.records import FILE, Applied, BulkItem, Earlier, Ended, Form, Look, Made, PreviewState
from model_manager.core.previews.state import read_state, save_state
from model_manager.core.tasks.preview_runs import Runs
from model_manager.core.words import tr
from model_manager.core.work import Work


@dataclass(frozen=True, slots=True)
class Standing:
    """What the menu and the details panel tell of a model's preview. earlier: how many former pictures there are."""

    is_locked: bool
    earlier: int


class Model(NamedTuple):
    """A model whose preview is changed."""

    id: int
    path: str
    name: str


class Changed(NamedTuple):
    """What a change of previews did. change: its number in the history, 0 when it is not there."""

    applied: Applied
    change: int = 0


class Backs(NamedTuple):
    """Former pictures that are back. change: as in Changed; faults: why some are not."""

    changed: Sequence[tuple[Model, Applied]]
    change: int = 0
    faults: tuple[str, ...] = ()


def _note(data: Path, changed: Sequence[tuple[Model, Applied]]) -> tuple[int, tuple[str, ...]]:
    """Note changes of previews that were made as one entry of the history of changes; returns its number, and what else there is to say."""
    ended = [Ended(BulkItem(*model, (), Look()), FILE, applied, warnings=applied.warnings) for model, applied in changed]
    try:
        with Runs(data) as runs:
            return -runs.note(ended), ()
    except IndexFault as fault:
        return 0, (fault.text,)


def _noted(data: Path, model: Model, applied: Applied) -> Changed:
    change, more = _note(data, [(model, applied)])
    return Changed(replace(applied, warnings=(*applied.warnings, *more)), change)


def remembers(state: PreviewState, fit: str) -> bool:
    """Whether the `.info` of a model is written, too, when its preview fills the card or not, as `fit` says."""
    return state.look != Look(fit) and (state.look is not None or Look(fit) != Look())


def use(data: Path, model: Model, made: Made, look: Look, history: History) -> Changed:
    """Write a preview beside the model and remember whether it fills the card; focus and zoom belong to one picture. Raises FileFault."""
    path = model.path
    regenerate.require_model(path)
    done = _noted(data, model, regenerate.apply(path, made, history))
    state = read_state(path)
    if not remembers(state, look.fit):
        return done
    try:
        save_state(path, replace(state, look=Look(look.fit)))
    except (BadSidecar, FileFault) as fault:
        return done._replace(applied=replace(done.applied, warnings=(*done.applied.warnings, fault.text)))
    return done


def bring_back(data: Path, model: Model, earlier: Earlier, history: History) -> Changed:
    """Put an earlier picture back. Raises FileFault."""
    return _noted(data, model, regenerate.bring_back(model.path, earlier, history))


def set_picture(index: Path, data: Path, history: History, id_: int, path: str, form: Form, is_sure: bool) -> Changed | None:
    """Make the picture or video at `path` the preview of a model, cut as the last one was. Raises BadPicture or FileFault.

    is_sure: also where the preview is locked; else nothing is done there, and None returned.
    """
    with Index(index) as opened:
        record = read_record(opened, id_)
    if record is None:
        raise FileFault(tr("This model is no longer in the library."))
    state = read_state(record.path)
    if state.is_locked and not is_sure:
        return None
    look = state.look or Look()
    model = Model(record.id, record.path, record.name)
    return use(data, model, made(chosen_file(path), card_of(record), look, form), look, history)


def standing(path: str, history: History) -> Standing:
    """Whether a model's preview is locked, and how many former ones there are."""
    return Standing(read_state(path).is_locked, len(history.earlier(path)))


def lock(paths: Sequence[str], is_locked: bool, work: Work) -> list[str]:
    """Lock or unlock previews; returns why some could not be."""
    faults: list[str] = []
    for done, path in enumerate(paths):
        if work.is_cancelled:
            break
        work.progress(tr("Locking previews") if is_locked else tr("Unlocking previews"), done, len(paths))
        state = read_state(path)
        if state.is_locked == is_locked:
            continue
        try:
            save_state(path, replace(state, is_locked=is_locked))
        except (BadSidecar, FileFault) as fault:
            faults.append(fault.text)
    return faults


def backs_of(models: Sequence[Model], history: History, work: Work) -> tuple[list[Model], int]:
    """The models whose former picture can be brought back, and how many were left out because their picture is locked. Raises Cancelled."""
    found: list[Model] = []
    locked = 0
    for done, model in enumerate(models):
        work.check()
        work.progress(tr("Looking for earlier pictures"), done, len(models))
        if not history.earlier(model.path):
            continue
        if read_state(model.path).is_locked:
            locked += 1
        else:
            found.append(model)
    return found, locked


def bring_back_last(data: Path, models: Sequence[Model], history: History, work: Work) -> Backs:
    """Bring back the former picture of each."""
    faults: list[str] = []
    changed: list[tuple[Model, Applied]] = []
    for done, model in enumerate(models):
        if work.is_cancelled:
            break
        work.progress(tr("Bringing pictures back"), done, len(models))
        earlier = history.earlier(model.path)
        try:
            if earlier:
                changed.append((model, regenerate.bring_back(model.path, earlier[0], history)))
        except ModelManagerError as fault:
            faults.append(fault.text)
    change, more = _note(data, changed) if changed else (0, ())
    return Backs(changed, change, (*faults, *more))


def set_words(name: str, applied: Applied) -> str:
    """What a change of one model's preview did to its files."""
    file = os.path.basename(applied.path)
    gone = ", ".join(applied.retired)
    if not file:
        text = tr("{name} has no preview, as before.", name=name)
    elif gone:
        text = tr("{name} has another preview. Written: {file}. Kept in its history: {gone}.", name=name, file=file, gone=gone)
    else:
        text = tr("{name} has another preview. Written: {file}.", name=name, file=file)
    return " ".join((text, *applied.warnings))

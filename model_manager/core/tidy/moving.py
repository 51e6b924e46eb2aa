"""Plans to move, copy and rename models with all that is beside them.

Called by the window's jobs and the command line. It looks and compares; what it plans is done by carrying.
"""

import os
from collections.abc import Mapping, Sequence

from model_manager.core.errors import FolderFault
from model_manager.core.journal.steps import COPY, MOVE, Act, Plan, Refused
from model_manager.core.library.entry import Root
from model_manager.core.library.kinds import MODEL_EXTENSIONS, OTHER, is_ignored_folder, is_model
from model_manager.core.paths import long_path, normalize
from model_manager.core.tasks.naming import safe_part
from model_manager.core.tidy.ground import Ground, Target
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.transfers import BOTH, REFUSE, Transfers, Uses, chips
from model_manager.core.words import tr, trn
from model_manager.core.work import Work


def plan_move(
    subjects: Sequence[Subject],
    folder: str,
    roots: Mapping[Root, str],
    taken: str = BOTH,
    refused: Sequence[Refused] = (),
    uses: Uses | None = None,
    work: Work | None = None,
) -> Plan:
    """Return the plan to move models into a folder, which need not be there. taken: BOTH, SKIP or REFUSE, of transfers.

    refused: what `subjects` left out, which the plan tells, too. Raises FolderFault when nothing can go there, and Cancelled.
    """
    transfers = Transfers(roots, MOVE, taken, uses, work)
    target = require_target(transfers.ground, folder)
    going = [one for one in subjects if one.folder != target.real]
    for one in subjects:
        if one.folder == target.real:
            transfers.stays(one, tr("It is there already."))
    warn_of_parts(transfers, going)
    transfers.add([(one, target) for one in going])
    chosen = chips(transfers, "{count} moves", "{count} move", stay(transfers, refused))
    title, button = (trn("Move {count} model", "Move {count} models", count) for count in (len(subjects), len(transfers.acts)))
    return _plan("move", title, button, transfers, refused, chosen)


def plan_copy(
    subjects: Sequence[Subject],
    folder: str,
    roots: Mapping[Root, str],
    taken: str = BOTH,
    refused: Sequence[Refused] = (),
    work: Work | None = None,
) -> Plan:
    """Return the plan to copy models into a folder; as `plan_move`, but all stay, and of a link its file is copied."""
    transfers = Transfers(roots, COPY, taken, None, work)
    target = require_target(transfers.ground, folder)
    transfers.add([(one, target) for one in subjects])
    chosen = chips(transfers, "{count} is copied", "{count} are copied", stay(transfers, refused))
    title, button = (trn("Copy {count} model", "Copy {count} models", count) for count in (len(subjects), len(transfers.acts)))
    return _plan("copy", title, button, transfers, refused, chosen)


def _plan(kind: str, title: str, button: str, transfers: Transfers, refused: Sequence[Refused], chosen: tuple[str, ...]) -> Plan:
    acts, stays = tuple(transfers.acts), (*refused, *transfers.refused)
    return Plan(kind, title, button, acts, stays, chosen, foot(transfers.acts), tuple(transfers.warnings), transfers.needs)


def plan_rename(subject: Subject, new_stem: str, roots: Mapping[Root, str], uses: Uses | None = None) -> Plan:
    """Return the plan to give a model another name, and all beside it; its ending stays. A name that is taken is refused.

    new_stem: as typed, with or without the ending. Raises FolderFault for what cannot be a name.
    """
    transfers = Transfers(roots, MOVE, REFUSE, uses)
    stem, note = _as_stem(subject, new_stem)
    target = transfers.ground.target(os.path.dirname(subject.path))
    if target.real != subject.folder:  # shown by another way
        target = transfers.ground.target(subject.folder)
    if stem == subject.stem:
        transfers.stays(subject, tr("It has this name already."))
    else:
        transfers.add([(subject, target)], {subject.real: stem})
    file = stem + subject.file[len(subject.stem) :]
    return Plan(
        "rename", tr("Rename {old} to {new}", old=subject.file, new=file), tr("Rename"), tuple(transfers.acts), tuple(transfers.refused),
        chips(transfers, "{count} is renamed", "{count} are renamed", len(transfers.refused)),
        foot(transfers.acts), (note,) if note else (), transfers.needs,
    )  # fmt: skip


def _as_stem(subject: Subject, text: str) -> tuple[str, str]:
    """Return what was typed as a stem that every system takes, and a sentence where that is another than was typed."""
    name = text.strip()
    if "/" in name or "\\" in name:
        raise FolderFault(tr("A name cannot hold / or \\. To bring a model to another folder, move it."))
    ending = subject.file[len(subject.stem) :]
    stem, own = os.path.splitext("x" + name)
    stem = stem[1:]
    if not own or (own.lower() != ending.lower() and own.lower() not in MODEL_EXTENSIONS):
        stem = name
    safe = safe_part(stem, len(os.fsencode(stem)) + 1)
    if not safe or not (is_model(OTHER, safe + ending) or is_model(subject.kind, safe + ending)):
        raise FolderFault(tr("{name} cannot be the name of a model.", name=text.strip() or '""'))
    return safe, "" if safe == stem else tr("The name is written as {name}, so that every system takes it.", name=safe)


def require_target(ground: Ground, folder: str) -> Target:
    """Return a folder to which models can go. Raises FolderFault with the reason when none can."""
    if not folder.strip() or "\0" in folder:
        raise FolderFault(tr("Name the folder to which they go."))
    target = ground.target(normalize(folder))
    if target.missing and os.path.lexists(long_path(target.missing[0])):
        raise FolderFault(tr("{path} is not a folder.", path=target.missing[0]))
    if not os.path.isdir(long_path(target.nearest)) or not os.access(long_path(target.nearest), os.W_OK | os.X_OK):
        raise FolderFault(tr("Nothing can be written to {path}.", path=target.nearest))
    ignored = next((name for name in target.real.split(os.sep) if is_ignored_folder(name)), "")
    if ignored:
        raise FolderFault(tr("{path} lies in {name}, where no program looks for models.", path=target.shown, name=ignored))
    return target


def warn_of_parts(transfers: Transfers, subjects: Sequence[Subject]) -> None:
    """Warn where a model is a part of a folder in diffusers' layout, which is of no use without it."""
    parts = [one for one in subjects if is_part(one)]
    if parts:
        names = ", ".join(one.shown for one in parts[:3])
        transfers.warnings.append(
            trn(
                "{count} model is a part of a folder in diffusers' layout, which cannot be loaded without it: {names}",
                "{count} models are parts of folders in diffusers' layout, which cannot be loaded without them: {names}",
                len(parts),
                names=names,
            )
        )


def is_part(subject: Subject) -> bool:
    """Whether a model lies in a folder in diffusers' layout, or in one of its parts."""
    around = (subject.folder, os.path.dirname(subject.folder))
    return any(os.path.isfile(long_path(os.path.join(folder, "model_index.json"))) for folder in around)


def stay(transfers: Transfers, refused: Sequence[Refused]) -> int:
    """How many models stay where they are."""
    return len(transfers.refused) + len(refused)


def foot(acts: Sequence[Act]) -> str:
    """What ComfyUI makes of it, a sentence."""
    if acts and all(act.comfy_after for act in acts):
        return tr("ComfyUI will list the new names at once.")
    if acts and not any(act.comfy_after for act in acts):
        return tr("ComfyUI will not list them there.")
    return ""

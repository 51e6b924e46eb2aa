"""Writes what a site told of a model into its sidecars: `.info` and `.md` always, the files of other programs as asked for.

Called by downloads, before the model has its name, and by the task that fetches details. `planned` decides, without the disk; each file
is then replaced in one step. A file that cannot be understood, or that speaks of another model, is left alone and told about.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from model_manager.core.errors import BadSidecar, FileFault
from model_manager.core.paths import long_path, normalize, replace_file
from model_manager.core.sidecars.fetched import Fetched, completed
from model_manager.core.sidecars.reading import parse_object
from model_manager.core.sidecars.record import Record, ours_of, record_of
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, INFO, NOTES, WEBUI
from model_manager.core.sidecars.surroundings import Surroundings, look_around
from model_manager.core.sidecars.turns import turn
from model_manager.core.sidecars.writing_dialects import DIALECTS, marked_info, new_info, new_notes, new_object, require_ours
from model_manager.core.sidecars.writing_others import Target


@dataclass(slots=True)
class Plan:
    """What would be written. files: name -> content, `.info` last; faults: why other files stay as they are, plain sentences."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def save_details(
    model_path: str,
    fetched: Fetched,
    compatible: Collection[str],
    sha256: str = "",
    size: int = 0,
    faults: list[str] | None = None,
) -> list[str]:
    """Write what was fetched into the sidecars of a model, which need not be there yet, and return the names of the files written.

    Write its picture first, as Lora Manager's file names it. compatible: of settings.COMPATIBLE. sha256, size: of the model file as far
    as known. Files that say the same already are not written. faults: hears a sentence for each file that could not be written; without
    it the first one is raised (BadSidecar, FileFault) after the others were written. Raises FolderFault when the folder cannot be read.
    """
    with turn(model_path):
        written, plan, first = _saved(model_path, fetched, compatible, sha256, size)
    if faults is not None:
        faults += plan.faults
    elif first is not None:
        raise first
    return written


def _saved(
    model_path: str, fetched: Fetched, compatible: Collection[str], sha256: str, size: int
) -> tuple[list[str], Plan, BadSidecar | FileFault | None]:
    """Return the names that were written, the plan with all faults, and the first fault."""
    beside = look_around(normalize(model_path))
    suffixes = [NOTES, INFO, *("." + name for name in compatible if "." + name in DIALECTS)]
    for suffix in suffixes:
        beside.read(suffix)
    plan = planned(beside, _target(model_path, beside, fetched, sha256, size), fetched, suffixes)
    written: list[str] = []
    first: BadSidecar | FileFault | None = BadSidecar(plan.faults[0]) if plan.faults else None
    for name, data in plan.files.items():
        try:
            replace_file(os.path.join(beside.folder, name), data)
            written.append(name)
        except FileFault as fault:
            plan.faults.append(fault.text)
            first = first or fault
    return written, plan, first


def mark_not_found(model_path: str, compatible: Collection[str]) -> list[str]:
    """Leave the mark "looked up, not there" for the programs that know one, where no file says anything yet; return the names written.

    Only Civitai Helper has one, `{}` (butaixianran/Stable-Diffusion-Webui-Civitai-Helper:scripts/ch_lib/model.py). Raises FolderFault and
    FileFault.
    """
    if CIVITAI_INFO.removeprefix(".") not in compatible:
        return []
    with turn(model_path):
        beside = look_around(normalize(model_path))
        beside.read(CIVITAI_INFO)
        if CIVITAI_INFO in beside.contents or CIVITAI_INFO in beside.barred:
            return []
        replace_file(os.path.join(beside.folder, beside.name(CIVITAI_INFO)), b"{}")
        return [beside.name(CIVITAI_INFO)]


def _target(model_path: str, beside: Surroundings, fetched: Fetched, sha256: str, size: int) -> Target:
    """Return what is known of the model file, from the caller, the disk and the site, in this order."""
    modified = fetched.time
    try:
        state = os.stat(long_path(model_path))
        size, modified = size or state.st_size, state.st_mtime
    except (OSError, ValueError):
        told = fetched.file
        size = size or (told.size if told and told.is_size_exact else 0)
    known = sha256 or (fetched.file.hashes.get("sha256", "") if fetched.file else "")
    path = os.path.join(beside.folder, beside.model)
    return Target(path, beside.model, beside.stem, known.lower(), size, modified, beside.preview, beside.sharing)


def planned(beside: Surroundings, target: Target, fetched: Fetched, suffixes: Collection[str]) -> Plan:
    """Return what to write for the sidecars with these suffixes; nothing is read or written here."""
    plan = Plan()
    info, old = _info_now(beside, target, fetched, plan)
    new = Record.of(fetched, target.name)
    if info is not None and old.ids == new.ids:
        fetched = completed(fetched, ours_of(info, old.marks.get(INFO, {})))
    _plan_others(plan, beside, target, fetched, suffixes, old, new)
    if info is not None:
        new.marks = {suffix: marks for suffix, marks in (old.marks | new.marks).items() if marks}
        try:
            data = new_info(beside, info, old, new, target, fetched)
        except BadSidecar as fault:
            plan.faults.append(fault.text)
            data = None
        if data is not None:
            plan.files[beside.name(INFO)] = data
    return plan


def _plan_others(
    plan: Plan, beside: Surroundings, target: Target, fetched: Fetched, suffixes: Collection[str], old: Record, new: Record
) -> None:
    """Plan all files but `.info`, and note in `new` the marks of what they hold then."""
    is_other = old.is_other(new)
    for suffix in suffixes:
        if suffix == INFO:
            continue
        marks = old.marks.get(suffix, {})
        new.marks[suffix] = marks
        try:
            if suffix in beside.barred:
                raise BadSidecar(beside.barred[suffix])
            if suffix == NOTES:
                data, new.marks[suffix] = new_notes(beside, target, fetched, marks, is_other)
            else:
                data, new.marks[suffix] = new_object(suffix, beside, target, fetched, marks, is_other)
        except BadSidecar as fault:
            plan.faults.append(fault.text)
            continue
        if data is not None:
            plan.files[beside.name(suffix)] = data


def converted(model_path: str, fetched: Fetched, compatible: Collection[str], sha256: str = "", size: int = 0) -> tuple[Surroundings, Plan]:
    """Return what to write so that the files of other programs say what is known already; nothing is written here.

    fetched: made of what the sidecars say. `.info` is left as it is but for our marks, by which a later fetch knows these values again.
    compatible: of settings.COMPATIBLE; the rest as in `save_details`. Raises FolderFault when the folder cannot be read.
    """
    beside = look_around(normalize(model_path))
    suffixes = ["." + name for name in compatible if "." + name in DIALECTS]
    for suffix in (INFO, *suffixes):
        beside.read(suffix)
    target, plan = _target(model_path, beside, fetched, sha256, size), Plan()
    info, old = _info_now(beside, target, fetched, plan)
    new = replace(old, marks=dict(old.marks))
    _plan_others(plan, beside, target, fetched, suffixes, old, new)
    new.marks = {suffix: marks for suffix, marks in new.marks.items() if marks}
    if info is not None and new.marks != old.marks and (INFO in beside.contents or WEBUI in new.marks):
        try:
            plan.files[beside.name(INFO)] = marked_info(beside, info, new)
        except BadSidecar as fault:
            plan.faults.append(fault.text)
    return beside, plan


def _info_now(beside: Surroundings, target: Target, fetched: Fetched, plan: Plan) -> tuple[dict[str, Any] | None, Record]:
    """Return the values of `.info` as they are, and its record; None for one that must not be written, with its fault told."""
    name, data = beside.name(INFO), beside.contents.get(INFO)
    try:
        if INFO in beside.barred:
            raise BadSidecar(beside.barred[INFO])
        values = parse_object(name, data) if data is not None else {}
        record = record_of(values)
        require_ours(name, values, target, fetched, record.model)
    except BadSidecar as fault:
        plan.faults.append(fault.text)
        return None, Record()
    return values, record

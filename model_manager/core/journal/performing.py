"""Does one act: all of it or nothing.

Called by running. Up to the last phase everything is taken back on a fault; what cannot be is said by HalfDone.
"""

import os
from collections.abc import Sequence

from model_manager.core.errors import Cancelled, FileFault
from model_manager.core.journal.deeds import Deed, Ground
from model_manager.core.journal.steps import LINK, REMOVE, UNLINK
from model_manager.core.journal.store import KeptStep
from model_manager.core.paths import inside, plain_reason
from model_manager.core.words import tr


class HalfDone(FileFault):
    """An act that could be neither done nor taken back: a drive went away. It waits for recovery."""


def perform(deeds: Sequence[Deed], ground: Ground) -> str:
    """Do all deeds and return what else there is to say. Raises FileFault or Cancelled (nothing was done then), HalfDone."""
    is_plain, is_noted = True, False  # thousands of files only get other names: what nobody needs is left out for them
    for deed in deeds:
        deed.did = False
        ground.device(deed.step.new_folder if deed.is_back else deed.step.folder)
        is_plain, is_noted = is_plain and deed.is_plain, is_noted or deed.is_noted
    try:
        for deed in deeds:
            deed.prepare(ground)
        if is_noted:
            ground.note(deeds[0].act)
        for deed in deeds if is_plain else _naming(deeds):
            deed.name(ground)
        for deed in () if is_plain else deeds:
            deed.aside(ground)
        for deed in () if is_plain else deeds:
            deed.late(ground)
    except OSError as fault:
        take_back(deeds, ground, is_begun=True)
        _require_drives(deeds, ground)
        raise FileFault(sentence(fault)) from fault
    except (FileFault, Cancelled):
        take_back(deeds, ground, is_begun=True)
        _require_drives(deeds, ground)
        raise
    for deed in () if is_plain else deeds:
        deed.commit(ground)
    if not is_plain:
        _require_drives(deeds, ground)
        ground.forget()
    said = [deed.said for deed in deeds if deed.said]
    return " ".join(dict.fromkeys(said)) if said else ""


def _require_drives(deeds: Sequence[Deed], ground: Ground) -> None:
    """Raise HalfDone when a drive went away meanwhile: what lies on it could be neither taken back nor removed."""
    folders = folders_of([deed.step for deed in deeds])
    if folder := ground.gone(folders):
        raise HalfDone(tr("It stopped half way (the drive of {folder} went away), and goes on when that is back.", folder=folder))


def folders_of(steps: Sequence[KeptStep]) -> set[str]:
    """Return the folders of steps, without those that a link stands for, or did, and what is below: it may lead to another drive."""
    links = [step.source if step.sort == REMOVE else step.target for step in steps if step.sort in (LINK, REMOVE, UNLINK)]
    folders = {folder for step in steps for folder in (step.folder, step.new_folder) if folder}
    return {folder for folder in folders if not any(inside(link, folder) for link in links)} if links else folders


def _naming(deeds: Sequence[Deed]) -> Sequence[Deed]:
    """A model that was copied gets its name last, so that nobody finds it without what belongs to it."""
    return sorted(deeds, key=lambda deed: deed.is_model) if any(deed.has_aside for deed in deeds) else deeds


def take_back(deeds: Sequence[Deed], ground: Ground, is_begun: bool) -> None:
    """Take back whatever the disk shows of these deeds. Raises HalfDone when something stays; the rest is taken back even then."""
    text = ""
    for deed in reversed(deeds):
        try:
            deed.back(ground, is_begun)
        except OSError as fault:
            text = text or sentence(fault)
        except FileFault as fault:
            text = text or fault.text
    if text:
        raise HalfDone(tr("It stopped half way ({reason}), and goes on when that is mended.", reason=text))


def sentence(fault: OSError) -> str:
    """Say in a sentence what the system refused."""
    path = fault.filename2 or fault.filename or ""
    name = os.path.basename(os.fsdecode(path) if isinstance(path, (str, bytes)) else "")
    if isinstance(fault, FileExistsError):
        return tr("There is a file named {name} already. Nothing was replaced.", name=name)
    source = os.fsdecode(fault.filename) if isinstance(fault.filename, (str, bytes)) else ""
    return tr("{name} could not be changed: {reason}.", name=os.path.basename(source) or name, reason=plain_reason(fault))

"""The checks of the self-check for what changes files: the journal, the trash, pickles and their conversion, new previews. No Qt here.

Called by self_check only, as those of self_check_parts are. All is done in the folder of the check; nothing is put into the trash.
"""

import os
from importlib import import_module
from pathlib import Path

from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import torch_zip_bytes
from model_manager.core.health.converting import converted
from model_manager.core.health.grading import grade
from model_manager.core.health.records import DANGEROUS, SAFE
from model_manager.core.journal.steps import FOLDER, MOVE, WRITE, Act, Plan, Step
from model_manager.core.library.entry import Details, Facts, ModelRecord
from model_manager.core.previews import makers
from model_manager.core.previews.painting import Painter
from model_manager.core.previews.records import DRAWN, FILE, Form, Look, Source
from model_manager.core.tidy import carrying, emptying
from model_manager.core.words import tr
from model_manager.core.work import Work
from model_manager.self_check_parts import CheckFailed

_EVIL = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."  # only looked at, as all pickles are
_SIDE = 64


def changes(folder: Path) -> str:
    """A model is moved with what is beside it, and the move is taken back."""
    old, new = folder / "changes" / "old", folder / "changes" / "new"
    old.mkdir(parents=True)
    names = ("a model.safetensors", "a model.txt")
    for name in names:
        (old / name).write_text(name, "utf-8")
    steps = [Step(FOLDER, target=str(new)), *(Step(MOVE, str(old / name), str(new / name)) for name in names)]
    steps.append(Step(WRITE, target=str(new / "note.txt"), data=b"note"))
    plan = Plan("move", "check", acts=(Act("a model", tuple(steps), str(old / names[0]), str(new / names[0])),))
    there = carrying.carry_out(folder / "changes", plan, Work())
    if sorted(os.listdir(new)) != [*names, "note.txt"] or os.listdir(old):
        raise CheckFailed(tr("A model could not be moved: {reason}", reason="; ".join(one.text for one in there.outcomes)))
    carrying.take_back(folder / "changes", there.change, Work())
    if sorted(os.listdir(old)) != list(names) or new.exists():
        raise CheckFailed(tr("A move could not be taken back."))
    return tr("a model was moved and brought back")


def trash(_folder: Path) -> str:
    """What puts files into the system's trash is in the program, and refuses what the trash has no room for."""
    if not emptying.has_safe_trash():
        raise CheckFailed(tr("The system's trash cannot be reached safely. Delete it for good instead, if that is wanted."))
    return str(import_module("send2trash").send2trash.__module__)


def pickles(folder: Path) -> str:
    """Both readers of pickles are there and agree."""
    path = folder / "pickle.pt"
    for data, wanted in ((_EVIL, DANGEROUS), (torch_zip_bytes({"a": ("F32", [2])}), SAFE)):
        path.write_bytes(data)
        found = grade(str(path))
        if found.level != wanted or found.doubts:
            raise CheckFailed(tr("A pickle was graded {level}: {text}", level=found.level, text=" ".join(found.doubts)))
    return ", ".join((DANGEROUS, SAFE))


def conversion(folder: Path) -> str:
    """The program can start itself to convert a model."""
    source, target = folder / "convert.pt", folder / "convert.safetensors"
    source.write_bytes(torch_zip_bytes({"a": ("F32", [_SIDE, _SIDE])}))
    made = converted(str(source), str(target), Work(), lambda _done, _total: None)
    if read_facts(str(target), target.stat().st_size).format != "safetensors" or made.tensors != 1:
        raise CheckFailed(tr("What was converted cannot be read."))
    return tr("a pickle was converted")


def previews(folder: Path) -> str:
    """The program can start itself to make previews and to paint cards."""
    from PIL import Image

    picture = folder / "preview.png"
    Image.new("RGB", (_SIDE, _SIDE), (200, 60, 20)).save(picture)
    record = ModelRecord(1, "Check", str(folder / "a.pt"), "loras", 1, 0, 0, False, Facts(), Details())
    started, painter = makers.Makers(count=1), Painter()
    try:
        ((made, _source, fault),) = started.make([makers.Wish((Source(FILE, str(picture)),), Look(), Form())])
        painted = painter.paint(record, Source(DRAWN))
    finally:
        started.close()
        painter.close()
    if made is None or not painted.startswith(b"\x89PNG"):
        raise CheckFailed(fault or tr("A card could not be painted."))
    return tr("a preview was made, a card was painted")

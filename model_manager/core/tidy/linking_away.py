"""Plans to move models, or a whole folder, to another drive and leave links behind, so that ComfyUI finds them under their names as before.

Called by the bridge. Of single models only the model file goes: what is small and lies beside it stays beside the link, where every tool
looks for it. A folder goes with all that is in it. Taken back by undo, or where the history is gone by `plan_bring_back`.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from model_manager.core.files.volumes import volume_of
from model_manager.core.journal.steps import FOLDER, LINK, MOVE, NO_FOLDER, UNLINK, Act, Plan, Refused, Step
from model_manager.core.library.entry import Root
from model_manager.core.library.index import Index
from model_manager.core.paths import inside, long_path, temporary_name
from model_manager.core.tidy.other_names import OtherNames, kin_steps, note, several_names
from model_manager.core.tidy.subjects import Subject, subjects
from model_manager.core.words import tr, trn

KIND = "link away"


def plan_link_models(found: Sequence[Subject], folder: str, roots: Mapping[Root, str], refused: Sequence[Refused] = ()) -> Plan:
    """Return the plan to move model files below `folder` (in a folder for their type, as below their root) and leave links."""
    device, nearest, _ = volume_of(folder)
    acts: list[Act] = []
    going = {one.real for one in found}
    stay = list(refused)
    taken: set[str] = set()
    obstacles: dict[str, str] = {}
    for one in found:
        target = os.path.join(folder, one.kind, _below(one))
        if one.folder not in obstacles:
            obstacles[one.folder] = _no_links_in(os.path.dirname(one.real))
        if reason := _trouble(one, target, device, taken) or obstacles[one.folder]:
            stay.append(Refused(one.file, one.path, reason, "warn", one.id))
            continue
        taken.add(target)
        steps = (Step(MOVE, one.real, target), Step(LINK, target, one.real), *kin_steps(one))
        made = () if os.path.isdir(long_path(os.path.dirname(target))) else (Step(FOLDER, target=os.path.dirname(target)),)
        acts.append(Act(
            one.name or one.file, (*made, *steps), one.real, one.real, one.path, target, size=one.size, model=one.id,
            note=" · ".join(filter(None, (tr("a link stays"), note(one, going)))), tone="info",
        ))  # fmt: skip
    title = trn("Move {count} model to another drive", "Move {count} models to another drive", len(found))
    button = trn("Move {count} model", "Move {count} models", len(acts))
    return _plan(title, button, acts, stay, nearest, _warnings(folder, roots))


def _below(one: Subject) -> str:
    """The path of a model below its root."""
    return os.path.relpath(one.path, one.root) if one.root and inside(one.root, one.path) else one.file


def _trouble(one: Subject, target: str, device: int, taken: set[str]) -> str:
    if one.is_link:
        return tr("This is a link already; its file lies somewhere else.")
    if one.device == device:
        return tr("It is on this drive already.")
    if target in taken or os.path.lexists(long_path(target)):
        return tr("There is a file of this name at {path} already.", path=target)
    return ""


def _warnings(folder: str, roots: Mapping[Root, str]) -> list[str]:
    found = []
    if any(inside(root.path, folder) or inside(os.path.realpath(root.path), os.path.realpath(folder)) for root in roots):
        found.append(tr("The new place is one of your folders of models, so ComfyUI lists each of these twice."))
    return found


def _no_links_in(folder: str) -> str:
    """Why no link can be made in a folder, "" where one can. Only trying tells, before a file is moved; nothing is left of it."""
    path = long_path(os.path.join(folder, temporary_name()))
    is_made, times = False, None
    try:
        about = os.stat(long_path(folder))
        times = about.st_atime_ns, about.st_mtime_ns
        os.symlink(folder, path, target_is_directory=True)
        is_made = os.path.islink(path)
    except OSError:
        is_made = False
    with suppress(OSError):
        os.unlink(path)
    if times is not None:
        with suppress(OSError):
            os.utime(long_path(folder), ns=times)
    if is_made:
        return ""
    if sys.platform == "win32":
        return tr("No link can be made here. Windows lets programs make them only in developer mode or as administrator.")
    return tr("No link can be made here: this drive has none, or you have no permission.")


def _plan(
    title: str, button: str, acts: Sequence[Act], refused: Sequence[Refused], nearest: str, warnings: Sequence[str], stays: bool = True
) -> Plan:
    files = sum(step.sort == MOVE for act in acts for step in act.steps)
    chips = (trn("{count} file", "{count} files", files), *((tr("links stay here"),) if stays else ()))
    foot = tr("To ComfyUI all names stay the same.")
    device, _, _ = volume_of(nearest)
    names = OtherNames()
    needs = {nearest: sum(names.bytes_of(step.source, device) for act in acts for step in act.steps if step.sort == MOVE)}
    return Plan(KIND, title, button, tuple(acts), tuple(refused), chips, foot, tuple(warnings), needs)


# a folder


@dataclass(slots=True)
class _Tree:
    """What is in a folder. folders: below it, outer ones first; files: (path, bytes); links to folders count as files."""

    folders: list[str] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)


def _tree(top: str) -> _Tree:
    """List everything below a folder. Raises OSError."""
    found = _Tree()
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with os.scandir(long_path(folder)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = os.path.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    found.folders.append(path)
                    waiting.append(path)
                else:
                    found.files[path] = entry.stat(follow_symlinks=False).st_size
    found.folders.sort(key=lambda path: path.count(os.sep))
    return found


def plan_link_folder(index: Path, path: str, folder: str, roots: Mapping[Root, str]) -> Plan:
    """Return the plan to move the folder at `path` with all that is in it into `folder`, and leave a link in its place."""
    name = os.path.basename(path)
    title, button = tr("Move {name} to another drive", name=name), tr("Move the folder")
    target = os.path.join(folder, name)
    if reason := _folder_trouble(path, folder, target):
        return Plan(KIND, title, button, refused=(Refused(name, path, reason),))
    top = os.path.realpath(path)
    try:
        tree = _tree(top)
    except OSError:
        return Plan(KIND, title, button, refused=(Refused(name, path, _unreadable()),))
    acts = [Act(name, tuple(_made(top, target, tree)), before=path, after=target, note=tr("its folders"))]
    acts += _moves(index, tree, top, target)
    gone = [Step(NO_FOLDER, target=one) for one in (*reversed(tree.folders), top)]
    acts.append(Act(name, (*gone, Step(LINK, target, top)), before=path, after=path, note=tr("becomes a link"), tone="info"))
    _, nearest, _ = volume_of(folder)
    return _plan(title, button, acts, (), nearest, _warnings(folder, roots))


def _folder_trouble(path: str, folder: str, target: str) -> str:
    if os.path.islink(path):
        return tr("This is a link already; its files lie somewhere else.")
    if not os.path.isdir(path):
        return tr("This folder is not there.")
    if os.path.ismount(path):
        return tr("This folder is a drive of its own.")
    if volume_of(path)[0] == volume_of(folder)[0]:
        return tr("The new place is on the same drive, so nothing would be won.")
    if inside(os.path.realpath(path), os.path.realpath(folder)):
        return tr("The new place lies in this folder itself.")
    if os.path.lexists(long_path(target)):
        return tr("There is something of this name at {path} already.", path=target)
    return _no_links_in(os.path.dirname(os.path.realpath(path)))


def _unreadable() -> str:
    return tr("A folder in it cannot be read, so it cannot go as a whole.")


def _made(top: str, target: str, tree: _Tree) -> Iterator[Step]:
    yield Step(FOLDER, target=target)
    for one in tree.folders:
        yield Step(FOLDER, target=_at(one, top, target))


def _at(path: str, top: str, target: str) -> str:
    return os.path.join(target, os.path.relpath(path, top))


def _moves(index: Path, tree: _Tree, top: str, target: str) -> list[Act]:
    """An act for each model with its family, and one for each other file."""
    acts, left = [], dict(tree.files)
    for one in (*_models_below(index, top), *subjects(index, None, several_names(left))[0]):
        paths = [path for path in (os.path.join(one.folder, name) for name in one.own) if path in left]
        if one.real not in left:
            continue
        size = sum(left.pop(path) for path in paths)
        steps = (*(Step(MOVE, path, _at(path, top, target)) for path in paths), *kin_steps(one))
        new, text = _at(one.real, top, target), note(one, tree.files)
        tone = "info" if text else ""
        acts.append(Act(one.name or one.file, steps, one.real, new, one.path, new, len(paths) - 1, text, tone, size, model=one.id))
    for path, size in left.items():
        new = _at(path, top, target)
        acts.append(Act(os.path.basename(path), (Step(MOVE, path, new),), before=path, after=new, size=size))
    return acts


def _models_below(index: Path, top: str) -> list[Subject]:
    with Index(index) as opened:
        folders = [row for row in opened.folders() if inside(top, row.path)]
        ids = [model.row.id for row in folders for model in opened.models_in(row.id).values() if model.gone is None]
    return subjects(index, ids)[0]


# back


def plan_bring_back(index: Path, path: str) -> Plan:
    """Return the plan to put what a link leads to, a model or a folder of them, in the place of the link."""
    name = os.path.basename(path)
    title, button = tr("Bring {name} back", name=name), tr("Bring it back")
    source = os.path.realpath(path)
    reason = ""
    if not os.path.islink(path):
        reason = tr("This is no link.")
    elif not os.path.exists(source):
        reason = tr("What it leads to is not there: its drive is not connected.")
    if reason:
        return Plan(KIND, title, button, refused=(Refused(name, path, reason),))
    real = os.path.join(os.path.realpath(os.path.dirname(path)), name)
    unlink = Step(UNLINK, target=real)
    if os.path.isdir(source):
        try:
            tree = _tree(source)
        except OSError:
            return Plan(KIND, title, button, refused=(Refused(name, path, _unreadable()),))
        note_ = tr("the link goes, its folders come")
        acts = [Act(name, (unlink, *_made(source, real, tree)), before=source, after=path, note=note_, tone="info")]
        acts += _moves(index, tree, source, real)
        gone = tuple(Step(NO_FOLDER, target=one) for one in (*reversed(tree.folders), source))
        acts.append(Act(name, gone, before=source, note=tr("is empty then and goes")))
    else:
        size = os.stat(source).st_size
        acts = [Act(name, (unlink, Step(MOVE, source, real)), source, real, source, path, note=tr("the link goes"), tone="info", size=size)]
    _, nearest, _ = volume_of(os.path.dirname(real))
    return _plan(title, button, acts, (), nearest, (), stays=False)

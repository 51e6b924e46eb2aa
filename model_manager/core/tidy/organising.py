"""Plans that put models into folders by a template, each below the root it lies in, so that ComfyUI goes on listing it.

Called by the window's jobs and the command line. It looks at names and folders; what it plans is done by carrying.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model_manager.core.errors import FolderFault
from model_manager.core.journal.steps import MOVE, NO_FOLDER, Act, Plan, Refused, Step
from model_manager.core.library.entry import Root
from model_manager.core.library.kinds import OTHER, kind_of, label_one
from model_manager.core.paths import inside, long_path, path_key
from model_manager.core.tasks.naming import PLACES as NAMED
from model_manager.core.tasks.naming import filled, telling_tag, template_problem
from model_manager.core.tidy.ground import Ground, Target
from model_manager.core.tidy.moving import foot, is_part, require_target, stay
from model_manager.core.tidy.subjects import Subject
from model_manager.core.tidy.transfers import BOTH, Transfers, Uses, chips
from model_manager.core.words import tr, trn
from model_manager.core.work import Work

PLACES: Final = ("kind", *NAMED, "architecture", "format")
_KIND: Final = "{kind}"
_LISTED: Final = ("unet_gguf", "clip_gguf", OTHER)  # nodes list these as ComfyUI does (city96/ComfyUI-GGUF:nodes.py)


@dataclass(frozen=True, slots=True)
class Options:
    """How models are organised. empty: the word for a value that is not known, "" to leave its part of the path out.

    removes_empty: folders that are empty afterwards go, too. taken: BOTH, SKIP or REFUSE, of transfers.
    """

    empty: str = ""
    removes_empty: bool = True
    taken: str = BOTH


def problem(template: str) -> str:
    """Return what is wrong with a template, a plain sentence; "" when nothing is."""
    return template_problem(template, PLACES)


def plan_organise(
    subjects: Sequence[Subject],
    template: str,
    roots: Mapping[Root, str],
    options: Options | None = None,
    refused: Sequence[Refused] = (),
    uses: Uses | None = None,
    work: Work | None = None,
) -> Plan:
    """Return the plan to move each model into the folder that `template` gives below its own root.

    template: folders with PLACES in brackets; `{kind}` as its first folder stands for the root itself. A model stays on its drive: below a
    linked folder or a mounted drive, that counts as its root. Raises FolderFault for a template that is not right, and Cancelled.
    """
    wishes = options or Options()
    if wrong := problem(template):
        raise FolderFault(wrong)
    transfers = Transfers(roots, MOVE, wishes.taken, uses, work)
    targets = _Targets(transfers.ground)
    going: list[tuple[Subject, Target]] = []
    here = 0
    for one in subjects:
        if reason := _reason_to_stay(one):
            transfers.stays(one, reason)
            continue
        target, text = _target(one, template, wishes.empty, targets)
        if target is None:
            transfers.stays(one, text, "warn")
        elif path_key(target.real) == path_key(one.folder):
            here += 1
        else:
            going.append((one, target))
    transfers.add(going)
    acts = [*transfers.acts, *(_removals(transfers.acts, transfers.ground, subjects) if wishes.removes_empty else ())]
    told = list(chips(transfers, "{count} moves", "{count} move", stay(transfers, refused)))
    told += [trn("{count} is in place", "{count} are in place", here)] if here else []
    return Plan(
        "organise", trn("Organise {count} model", "Organise {count} models", len(subjects)),
        trn("Move {count} model", "Move {count} models", len(transfers.acts)), tuple(acts), (*refused, *transfers.refused), tuple(told),
        foot(transfers.acts), tuple(transfers.warnings), transfers.needs,
    )  # fmt: skip


def _reason_to_stay(one: Subject) -> str:
    """Why a model is not to be organised, "" when it is."""
    if not one.root:
        return tr("It lies in none of your model folders.")
    if is_part(one):
        return tr("It is a part of a folder in diffusers' layout.")
    return "" if _is_free(one.kind) else tr("The node that loads it looks for it in this very folder.")


def _target(one: Subject, template: str, empty: str, targets: "_Targets") -> tuple[Target | None, str]:
    """The folder a model goes to, or None and why it cannot."""
    first, _, rest = template.replace("\\", "/").partition("/")
    below = filled(rest if first.strip() == _KIND else template, _values(one), empty)
    base = targets.ground.base(one)
    front = os.path.relpath(base, one.root)
    if front != os.curdir and inside(os.path.join(os.sep, front), os.path.join(os.sep, below)):  # the linked folder is what it asks for
        below = os.path.relpath(os.path.join(os.sep, below), os.path.join(os.sep, front))
    return targets.of(base, below)


def _is_free(kind: str) -> bool:
    """Whether models of a category may lie in any folder below its root.

    Custom nodes often ask for a folder by its name (insightface/models/buffalo_l), ComfyUI's own never do
    (Comfy-Org/ComfyUI:folder_paths.py).
    """
    about = kind_of(kind)
    return about.is_core or about.is_later or kind in _LISTED


def _values(one: Subject) -> dict[str, str]:
    return {
        "kind": one.kind,
        "base_model": one.base_model,
        "author": one.author,
        "type": label_one(one.kind),
        "name": one.name,
        "version": one.version,
        "tag": telling_tag(one.tags),
        "adult": tr("adult") if one.is_adult else "",
        "site": one.site,
        "architecture": one.facts.architecture,
        "format": one.facts.format,
    }


class _Targets:
    """The folders below the bases of models, each looked at once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._targets: dict[tuple[str, str], tuple[Target | None, str]] = {}

    def of(self, base: str, below: str) -> tuple[Target | None, str]:
        """The folder `below` a base, or None and why no model can go there."""
        if (base, below) not in self._targets:
            self._targets[base, below] = self._target(base, below)
        return self._targets[base, below]

    def _target(self, base: str, below: str) -> tuple[Target | None, str]:
        try:
            target = require_target(self.ground, os.path.normpath(os.path.join(base, below)))
        except FolderFault as fault:
            return None, fault.text
        if not inside(os.path.realpath(base), target.real):
            return None, tr("{path} is a link that leads elsewhere.", path=target.shown)
        return target, ""


def _removals(acts: Sequence[Act], ground: Ground, subjects: Iterable[Subject]) -> list[Act]:
    """Acts that remove the folders in which nothing is left, the innermost first."""
    kept = {os.path.dirname(step.target) for act in acts for step in act.steps}
    kept.update(os.path.realpath(ground.base(one)) for one in subjects)
    kept.update(os.path.realpath(os.path.dirname(place.path)) for one in subjects for place in one.places if _is_linked(place.path))
    emptied = _Emptied(ground, kept)
    for act in acts:
        for step in act.steps:
            if step.source:
                emptied.left.setdefault(os.path.dirname(step.source), set()).add(os.path.basename(step.source))
    for folder in sorted(emptied.left, key=lambda path: -path.count(os.sep)):
        emptied.follow(folder)
    tops: dict[str, list[str]] = {}
    for folder in sorted(emptied.going, key=len):
        above = os.path.dirname(folder)
        top = next((one for one in tops if inside(one, above)), folder) if above in emptied.going else folder
        tops.setdefault(top, []).append(folder)
    shown = {os.path.realpath(ground.base(one)): (one.root, ground.base(one)) for one in subjects}
    return [_removal(top, folders, shown, ground) for top, folders in tops.items()]


def _is_linked(path: str) -> bool:
    return os.path.islink(long_path(os.path.dirname(path)))


class _Emptied:
    """Folders in which nothing is left once the models are gone. left: what goes out of each folder."""

    def __init__(self, ground: Ground, kept: Iterable[str]) -> None:
        """kept: folders that stay, with all around them."""
        self._ground = ground
        self._kept: set[str] = set()
        for folder in kept:
            while folder not in self._kept:
                self._kept.add(folder)
                folder = os.path.dirname(folder)
        self.left: dict[str, set[str]] = {}
        self.going: set[str] = set()

    def follow(self, folder: str) -> None:
        """Add a folder to those that go, and those around it that are empty without it."""
        while folder not in self.going and folder not in self._kept:  # which ends at the base
            try:
                if set(os.listdir(long_path(folder))) - self.left.get(folder, set()) or self._ground.is_root(folder):
                    return
            except OSError:
                return
            self.going.add(folder)
            self.left.setdefault(os.path.dirname(folder), set()).add(os.path.basename(folder))
            folder = os.path.dirname(folder)


def _removal(top: str, folders: Sequence[str], shown: Mapping[str, tuple[str, str]], ground: Ground) -> Act:
    """shown: real base -> (root, that base as shown)."""
    real = max((base for base in shown if inside(base, top)), key=len)
    root, base = shown[real]
    steps = tuple(Step(NO_FOLDER, target=folder) for folder in sorted(folders, key=len, reverse=True))
    before = ground.short(root, os.path.join(base, os.path.relpath(top, real)))
    return Act(os.path.basename(top), steps, before=before, after=tr("is removed"), note=tr("folder that is empty then"))

"""Where a model goes and why: its category by header, sidecar, folder or name, and the folder of that category.

Called by intake. What the header says always wins; names are only asked where it is silent, and "" means that the person must say.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from model_manager.core.files.gather import Find
from model_manager.core.library.entry import Facts, Root
from model_manager.core.library.kinds import KINDS, OTHER, current_name, kind_of, label, label_one
from model_manager.core.library.layouts import guess_kind
from model_manager.core.library.roots import Roots
from model_manager.core.paths import inside, long_path
from model_manager.core.sidecars.merge import read_details
from model_manager.core.words import tr

# What people and projects call their files; asked only where neither header nor sidecar nor folder tells.
_NAMES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"ip[-_]?adapter", "ipadapter"),
        (r"control(net|[-_])|t2i[-_]?adapter", "controlnet"),
        (r"taesd|taef1|taesdxl", "vae_approx"),
        (r"(^|[-_. ])lora([-_. ]|$)|lycoris|locon", "loras"),
        (r"clip[-_]?vision|siglip", "clip_vision"),
        (r"t5xxl|umt5|clip_[lg]([-_. ]|$)|text[-_]?encoder", "text_encoders"),
        (r"(^|[-_. ])vae([-_. ]|$)", "vae"),
        (r"yolo|face_yolo|hand_yolo", "ultralytics"),
        (r"(^|[-_])sam2?[-_.]", "sams"),
        (r"inswapper|buffalo_l|antelope", "insightface"),
        (r"gfpgan|codeformer|gpen|restoreformer", "facerestore_models"),
        (r"esrgan|upscal|swinir|ultrasharp|(^|[-_. ])[248]x([-_. ]|[A-Z])|[-_]x[248]([-_.]|$)|remacri|nomos", "upscale_models"),
        (r"embedding|textual[-_ ]?inversion|negative[-_]?hand|badhand|easynegative", "embeddings"),
        (r"hypernet", "hypernetworks"),
    )
)


@dataclass(frozen=True, slots=True)
class Destination:
    """A folder that models of a category can go to. is_first: the one used unless the person says another.

    is_new: it is not there yet. is_seen: ComfyUI was told of it, or there is no ComfyUI.
    """

    kind: str
    path: str
    is_first: bool
    is_new: bool = False
    is_seen: bool = True

    @property
    def title(self) -> str:
        """What people call it: the category, with the folder where there are several."""
        return label(self.kind) if self.is_first else f"{label(self.kind)}: {self.path}"


def destinations(roots: Roots) -> list[Destination]:
    """Return every folder that can be written to, by category, the first of a category first.

    That is ComfyUI's first, but of its built-in pairs (unet, diffusion_models) the one with the category's name of today. A
    category ComfyUI would look for in its models folder gets its folder made there (is_new).
    """
    by_kind: dict[str, list[Root]] = {}
    for root in roots.roots:
        by_kind.setdefault(root.kind, []).append(root)
    models = _models_folder(roots)
    found: list[Destination] = []
    for kind in dict.fromkeys([*by_kind, *KINDS]):
        there = sorted(filter(_is_writable, by_kind.get(kind, ())), key=lambda root: _rank(root, roots))
        found += [Destination(kind, root.path, place == 0, is_seen=root not in roots.unseen) for place, root in enumerate(there)]
        if not there and (path := _makeable(kind, by_kind.get(kind, ()), roots, models)):
            found.append(Destination(kind, path, True, True))
    return found


def _rank(root: Root, roots: Roots) -> tuple[bool, bool]:
    """Folders ComfyUI was not told of come last; else its order stands, but for old names of built-in folders."""
    is_old = root in roots.built_in and any(
        other in roots.built_in and other.kind == root.kind and os.path.basename(other.path) == root.kind and _is_writable(other)
        for other in roots.roots
    ) and os.path.basename(root.path) != root.kind  # fmt: skip
    return root in roots.unseen, is_old


def _is_writable(root: Root) -> bool:
    return os.path.isdir(long_path(root.path)) and os.access(long_path(root.path), os.W_OK | os.X_OK)


def _models_folder(roots: Roots) -> str:
    """The models folder of the first ComfyUI, "" when it is not there or cannot be written to."""
    for root in roots.roots:
        if root in roots.built_in and root.kind == "checkpoints":
            folder = os.path.dirname(root.path)
            return folder if os.access(long_path(folder), os.W_OK | os.X_OK) else ""
    return ""


def _makeable(kind: str, roots: Iterable[Root], all_roots: Roots, models: str) -> str:
    """A folder of this category that is not there yet but that ComfyUI, or the nodes that use it, look for."""
    about = kind_of(kind)
    if not models or about.is_hidden or not about.folders or not about.folders[0].startswith("models/"):
        return ""
    names = [root.path for root in roots if root in all_roots.built_in and inside(models, root.path)]
    path = next((path for path in names if os.path.basename(path) == kind), names[0] if names else os.path.join(models, kind))
    return "" if os.path.lexists(path) else path


def classify(find: Find, facts: Facts) -> tuple[str, str]:
    """Return (category, why) of a find; the category is "" where nothing tells."""
    if find.is_folder:
        return "diffusers", tr("a folder in diffusers' layout")
    if facts.kind:
        what = label_one(facts.kind)
        base = (facts.architecture or facts.base_model).replace(what, "").strip()  # "SD or SDXL VAE" says it twice
        by_header = tr("{what} by its header", what=what)
        return facts.kind, f"{by_header} · {base}" if base else by_header
    folder, name = os.path.split(find.path)
    if find.family.sidecars and (kind := current_name(read_details(folder, name, find.family, facts).kind)):
        return kind, tr("{what} by its sidecar", what=label_one(kind))
    for around in reversed((*folder.split(os.sep)[-3:],)):
        if kind := guess_kind(around):
            return kind, tr("{what} by its folder's name", what=label_one(kind))
    if kind := kind_of_name(find.stem):
        return kind, tr("{what} by its name", what=label_one(kind))
    return "", tr("its header does not tell · choose a type")


def kind_of_name(stem: str) -> str:
    """Return the category that people give such names to, "" where a name tells nothing."""
    return next((kind for pattern, kind in _NAMES if pattern.search(stem)), "")


def destination_for(kind: str, found: Iterable[Destination]) -> Destination | None:
    """Return the first folder of a category; where it has none, that for all other models."""
    firsts = {one.kind: one for one in found if one.is_first}
    real = firsts.get(OTHER)
    return firsts.get(kind) or (real if kind and real is not None and not real.is_new else None)

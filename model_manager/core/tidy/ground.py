"""What the roots say of a path: its category, what ComfyUI calls it, how it is shown, which drive it is on.

Made once for each plan by whoever makes it. It asks the system for real paths and drives, and must never change anything.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model_manager.core.files.volumes import volume_of
from model_manager.core.library.entry import Place, Root
from model_manager.core.library.places import place_at
from model_manager.core.library.roots import is_comfyuis
from model_manager.core.paths import inside, long_path, normalize
from model_manager.core.tidy.shown import root_names, short
from model_manager.core.tidy.subjects import Subject


@dataclass(frozen=True, slots=True)
class Target:
    """A folder that models go to, which need not be there yet. shown: as the person names it; real: where it truly is.

    missing: folders to be made, outermost first. device: its drive; nearest: the folder of it that exists; free: bytes on it.
    ways: (root, the folder as below that root), those ComfyUI looks into first.
    """

    shown: str
    real: str
    missing: tuple[str, ...]
    device: int
    nearest: str
    free: int
    ways: tuple[tuple[Root, str], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The categories that look into it."""
        return tuple(dict.fromkeys(root.kind for root, _ in self.ways))


class Ground:
    """The roots, in ComfyUI's order, each with the group it shares names with (`Roots.groups`, `Index.roots`)."""

    def __init__(self, roots: Mapping[Root, str]) -> None:
        self._groups = dict(roots)
        self._names = root_names(root.path for root in roots)
        self._real = {root: os.path.realpath(root.path) for root in roots}
        self._has_comfyui = any(map(is_comfyuis, roots))
        self._group_of = {(root.kind, root.path): group for root, group in reversed(self._groups.items())}
        self._seen = {(root.kind, root.path) for root in roots if self.is_seen(root)}
        self._targets: dict[str, Target] = {}
        self._bases: dict[tuple[str, str], str] = {}

    def short(self, root: str, path: str) -> str:
        """Return a path as a person reads it: the root's name and what is below it."""
        return short(root, path, self._names.get(root, ""))

    def is_root(self, real: str) -> bool:
        """Whether a real folder is a root, or holds one."""
        return any(inside(real, root) for root in self._real.values())

    def is_inside(self, real: str) -> bool:
        """Whether a real folder is a root, or lies in one."""
        return any(inside(root, real) for root in self._real.values())

    def base(self, one: Subject) -> str:
        """Return the folder below which a model can move without leaving its drive or a linked folder: its root, or the innermost linked
        or mounted folder between that and the model; as shown, "" outside of all roots."""  # fmt: skip
        key = (one.root, os.path.dirname(one.path))
        if key not in self._bases:
            self._bases[key] = _base(*key) if one.root else ""
        return self._bases[key]

    def is_seen(self, root: Root) -> bool:
        """Whether ComfyUI looks into a root, as far as there is a ComfyUI."""
        return is_comfyuis(root) or not self._has_comfyui

    def target(self, folder: str) -> Target:
        """Return what there is to know of a folder, which need not be there."""
        if folder not in self._targets:
            self._targets[folder] = self._look(normalize(folder))
        return self._targets[folder]

    def _look(self, shown: str) -> Target:
        real = os.path.realpath(shown)
        device, nearest, free = volume_of(real)
        missing = []
        step = real
        while step != nearest and os.path.dirname(step) != step:
            missing.append(step)
            step = os.path.dirname(step)
        ways = []
        for root, top in self._real.items():
            if inside(root.path, shown):
                ways.append((root, shown))
            elif inside(top, real):
                ways.append((root, os.path.join(root.path, os.path.relpath(real, top)) if real != top else root.path))
        ways.sort(key=lambda way: not self.is_seen(way[0]))
        return Target(shown, real, tuple(reversed(missing)), device, nearest, free, tuple(ways))

    def name_before(self, subject: Subject) -> str:
        """What ComfyUI calls a model now, "" when it does not list it."""
        return next((place.name for place in subject.places if place.listed and (place.kind, place.root) in self._seen), "")

    def place_after(self, target: Target, file: str) -> Place | None:
        """The place a file of this name will have in a folder: one ComfyUI lists, if there is one; None outside of all roots."""
        first = None
        for root, path in target.ways:
            if self.is_seen(root):
                place = place_at(root.kind, root.path, os.path.join(path, file))
                if place.listed:
                    return place
                first = first or place
        return first

    def name_after(self, target: Target, file: str) -> str:
        """What ComfyUI will call a file of this name in a folder, "" when it will not list it."""
        place = self.place_after(target, file)
        return place.name if place is not None and place.listed else ""

    def shadows(self, place: Place) -> tuple[str, str]:
        """Return the files of the same name that ComfyUI takes before this place, and that it takes no more because of it; "" for none."""
        group = self._group_of.get((place.kind, place.root), "")
        is_after, before, after = False, "", ""
        for root, other in self._groups.items():
            if root.kind != place.kind or other != group:
                continue
            path = os.path.join(root.path, place.name)
            if root.path == place.root:
                is_after = True
            elif not before and not is_after and os.path.isfile(path):
                before = path
            elif not after and is_after and os.path.isfile(path):
                after = path
        return before, after


def _base(root: str, folder: str) -> str:
    base = step = root
    rest = os.path.relpath(folder, root)
    for name in () if rest == os.curdir else rest.split(os.sep):
        step = os.path.join(step, name)
        if os.path.islink(long_path(step)) or os.path.ismount(long_path(step)):
            base = step
    return base


def bytes_of(subject: Subject, names: Iterable[str]) -> int:
    """The bytes of some files of a family."""
    sizes = dict(zip(subject.names, subject.sizes, strict=True))
    return sum(sizes.get(name, 0) for name in names)

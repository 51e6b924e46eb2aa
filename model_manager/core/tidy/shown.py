"""How a person reads where a file lies: the name of its model folder, and what is below it.

Used by all plans and by the sheets before them. Pure; nothing here looks at a disk.
"""

import os
from collections.abc import Iterable, Mapping, Sequence

from model_manager.core.paths import inside
from model_manager.core.words import tr

SLASH = " / "
_USUAL = "models"  # what the folder around the model folders is called in every ComfyUI


def short(root: str, path: str, name: str = "") -> str:
    """Return a path as a person reads it ("loras / style / ink.safetensors"). name: of the root, where its own does not do."""
    if not root or not inside(root, path):
        return path
    rest = os.path.relpath(path, root)
    return SLASH.join([name or os.path.basename(root) or root, *([] if rest == os.curdir else rest.split(os.sep))])


def place_of(path: str, names: Mapping[str, str]) -> str:
    """Return a path as a person reads it, below whichever root holds it. names: of the roots, as `root_names` gives them."""
    root = max((root for root in names if inside(root, path)), key=len, default="")
    return short(root, path, names.get(root, ""))


def root_names(roots: Iterable[str]) -> dict[str, str]:
    """Return what each of these folders is called: its own name, and in brackets what tells it from others of that name.

    The only one in a folder "models" needs none, for ComfyUI saves into others of the same names (output/loras).
    """
    by_name: dict[str, list[str]] = {}
    for path in dict.fromkeys(roots):
        by_name.setdefault(os.path.basename(path) or path, []).append(path)
    return {path: _name(name, path, paths) for name, paths in by_name.items() for path in paths}


def _name(name: str, path: str, alike: Sequence[str]) -> str:
    usual = [one for one in alike if os.path.basename(os.path.dirname(one)).lower() == _USUAL]
    if len(alike) == 1 or usual == [path]:
        return name
    own, others = _around(path), [_around(other) for other in alike if other != path]
    for count in range(1, len(own) + 1):
        if all(own[:count] != other[:count] for other in others):
            return tr("{name} ({where})", name=name, where="/".join(reversed(own[:count])))
    return tr("{name} ({where})", name=name, where=os.path.dirname(path))


def _around(path: str) -> list[str]:
    """The names of the folders around one that tell something, the nearest first."""
    parts = os.path.dirname(path).replace(os.sep, "/").split("/")
    return [part for part in reversed(parts) if part and part.lower() != _USUAL]

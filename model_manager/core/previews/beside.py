"""The pictures beside one model as they are on disk now, and the name a new one gets.

Called by sources, history and regenerate. Which file is whose is decided as everywhere, by `families`; it looks at one folder's names
and must never open a picture.
"""

import os
import stat
from dataclasses import dataclass

from model_manager.core.errors import FileFault, FolderFault
from model_manager.core.paths import long_path
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.suffixes import STILLS, VIDEOS, stem_of
from model_manager.core.sidecars.surroundings import is_too_long, names_around
from model_manager.core.words import tr

PREVIEW = ".preview"
_GALLERY = frozenset((".example.0.jpeg",))  # one of a numbered series, which stays
_MORE = (".jfif", ".preview.jfif", ".jpe", ".preview.jpe")  # ComfyUI goes by the types the system knows, and serves these
_THE_PICTURE = frozenset(STILLS) - _GALLERY | frozenset(_MORE)


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside a model. stills: files any tool would take for the model's picture, best first; videos: likewise.

    sharing: other models with the same stem, whose pictures these are, too. has_sibling: a model called `<stem>.preview` lies there.
    """

    folder: str
    stem: str
    stills: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    sharing: tuple[str, ...] = ()
    has_sibling: bool = False

    def target(self, suffix: str) -> str:
        """Return the file name of a new preview; without `.preview` where that would be the picture of another model."""
        return self.stem + (suffix.removeprefix(PREVIEW) if self.has_sibling else suffix)


def look_beside(model_path: str) -> Beside:
    """Return what lies beside the model file at `model_path`. Raises FileFault when its folder cannot be read."""
    folder, model = os.path.split(model_path)
    stem = stem_of(model)
    try:
        names, models = names_around(folder, model)
    except FolderFault as fault:
        raise FileFault(fault.text) from fault
    family = families(models, names)[model]
    has_sibling = any(stem_of(name) == stem + PREVIEW for name in models)
    others = [name for name in names if name[len(stem) :].lower() in (_MORE[::2] if has_sibling else _MORE)]
    pictures = [name for name in (*family.previews, *others) if _is_file(folder, name)]
    return Beside(
        folder, stem,
        tuple(name for name in pictures if name[len(stem) :].lower() in _THE_PICTURE),
        tuple(name for name in pictures if name[len(stem) :].lower() in VIDEOS),
        tuple(sorted(name for name in models if stem_of(name) == stem and name != model)),
        has_sibling,
    )  # fmt: skip


def _is_file(folder: str, name: str) -> bool:
    """Say whether it is a file or a link, wherever that leads."""
    try:
        mode = os.lstat(long_path(os.path.join(folder, name))).st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def require_short(name: str) -> None:
    """Raise FileFault when no drive takes a file name as long as `name`."""
    if is_too_long(name):
        raise FileFault(
            tr("The preview would have to be called {name}, which is too long a name. Give the model a shorter one first.", name=name)
        )

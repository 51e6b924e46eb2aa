"""What a new preview of a model would do to the files beside it, before anything is written.

Called by the dialog's jobs. It looks at names, sizes and rights, and must never open or change a picture.
"""

import os

from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path
from model_manager.core.previews.beside import Beside, look_beside, require_short
from model_manager.core.previews.entries import LARGEST
from model_manager.core.previews.records import Effect
from model_manager.core.previews.regenerate import require_model
from model_manager.core.words import tr


def effect_of(model_path: str, suffix: str) -> Effect:
    """Return what a new preview with this ending (records.PNG or WEBP) would do. Raises nothing: a fault is a refusal."""
    try:
        require_model(model_path)
        beside = look_beside(model_path)
        target = beside.target(suffix)
        require_short(target)
    except FileFault as fault:
        return Effect("", refusal=fault.text)
    gone = tuple(name for name in beside.stills if name != target)
    return Effect(target, target in beside.stills, gone, beside.sharing, _refusal(beside))


def _refusal(beside: Beside) -> str:
    if not os.access(long_path(beside.folder), os.W_OK | os.X_OK):
        return tr("No picture can be set here: the folder is read-only.")
    for name in beside.stills:
        if _size(os.path.join(beside.folder, name)) > LARGEST:
            return tr("{file} is larger than {limit} MB, too large to be kept in the history. Move it away first.",
                      file=name, limit=LARGEST >> 20)  # fmt: skip
    return ""


def _size(path: str) -> int:
    try:
        return os.path.getsize(long_path(path))
    except OSError:  # a link that leads nowhere
        return 0

"""What lies beside a model file, which need not be there yet: the names its sidecars have or get, their bytes, models of the same stem.

Called by writing, and by previews for the names alone. It reads, and must never write.
"""

import os
from dataclasses import dataclass, field

from model_manager.core.errors import BadSidecar, FolderFault
from model_manager.core.library.kinds import MODEL_EXTENSIONS
from model_manager.core.paths import long_path, plain_reason
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.reading import JSON_LIMIT, TEXT_LIMIT, read_bytes, unreadable
from model_manager.core.sidecars.suffixes import NOTES, stem_of
from model_manager.core.words import tr

LONGEST_NAME = 255  # bytes on Linux, letters elsewhere
# in the order in which Lora Manager takes them (willmiao/ComfyUI-Lora-Manager:py/utils/constants.py)
_PREVIEWS = (
    *(".webp", ".preview.webp", ".preview.png", ".preview.jpeg", ".preview.jpg", ".preview.mp4", ".png", ".jpeg", ".jpg", ".mp4"),
    *(".gif", ".webm", ".avif", ".jxl", ".example.0.jpeg"),
)


@dataclass(slots=True)
class Surroundings:
    """What lies beside a model. names: suffix -> the spelling a sidecar has on disk; preview: the picture Lora Manager would take, "".

    sharing: other model files with the same stem. contents: suffix -> bytes of the sidecars that were read. barred: suffix -> why a
    sidecar must not be written, a plain sentence.
    """

    folder: str
    model: str
    names: dict[str, str] = field(default_factory=dict)
    preview: str = ""
    sharing: tuple[str, ...] = ()
    models: frozenset[str] = frozenset()
    contents: dict[str, bytes] = field(default_factory=dict)
    barred: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The model's file name without its extension."""
        return stem_of(self.model)

    def name(self, suffix: str) -> str:
        """Return the file name of a sidecar, in the spelling it has on disk."""
        return self.names.get(suffix, self.stem + suffix)

    def read(self, suffix: str) -> None:
        """Read one sidecar into `contents`, or learn why it must not be written (`barred`)."""
        name = self.name(suffix)
        if is_too_long(name):
            self.barred[suffix] = tr("{file} was not written: no drive takes a name that long. Give the model a shorter one.", file=name)
        elif name not in families(self.models, [name])[self.model].sidecars:
            self.barred[suffix] = tr("{file} was not written: it belongs to another model.", file=name)
        else:
            self._read(suffix, name)

    def _read(self, suffix: str, name: str) -> None:
        path = os.path.join(self.folder, name)
        try:
            self.contents[suffix] = read_bytes(path, TEXT_LIMIT if suffix == NOTES else JSON_LIMIT)
        except BadSidecar as fault:
            self.barred[suffix] = fault.text
        except FileNotFoundError as error:
            if os.path.lexists(long_path(path)):
                self.barred[suffix] = unreadable(name, error)
        except (OSError, ValueError) as error:
            self.barred[suffix] = unreadable(name, error)


def look_around(model_path: str) -> Surroundings:
    """Return what lies beside the model file at `model_path`, nothing read yet. Raises FolderFault when its folder cannot be listed."""
    folder, model = os.path.split(model_path)
    stem = stem_of(model)
    names, models = names_around(folder, model)
    family = families(models, names)[model]
    spelled: dict[str, str] = {}
    for name in family.sidecars:
        spelled.setdefault(name[len(stem) :].lower(), name)
    pictures = {name[len(stem) :].lower(): name for name in reversed(family.previews)}
    preview = next((os.path.join(folder, pictures[suffix]) for suffix in _PREVIEWS if suffix in pictures), "")
    sharing = tuple(sorted(name for name in models if stem_of(name) == stem and name != model))
    return Surroundings(folder, model, spelled, preview, sharing, models)


def names_around(folder: str, model: str) -> tuple[list[str], frozenset[str]]:
    """Return the names in a folder that begin with a model's stem and a dot, and those of models among them, the model itself, too.

    Raises FolderFault when the folder cannot be listed.
    """
    front = stem_of(model) + "."
    try:
        names = [name for name in os.listdir(long_path(folder)) if name.startswith(front)]
    except (OSError, ValueError) as error:
        reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
        raise FolderFault(tr("The folder {path} cannot be read: {reason}. Nothing was changed.", path=folder, reason=reason)) from error
    return names, frozenset(name for name in names if os.path.splitext(name)[1].lower() in MODEL_EXTENSIONS) | {model}


def is_too_long(name: str) -> bool:
    """Return whether no drive takes a file name as long as this."""
    return len(os.fsencode(name) if os.name == "posix" else name) > LONGEST_NAME

"""Where deleted models are held: a folder on their own drive that nothing looks into, under names that nothing lists, with a note on all.

Used by held. `what.json` in each folder tells names, times and places, so that everything can be brought back without our data folder.
"""

import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from model_manager.core.library.kinds import TRASH
from model_manager.core.paths import inside, long_path
from model_manager.core.sidecars.layer import mapping
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.tasks.naming import safe_part
from model_manager.core.tidy.ground import Ground
from model_manager.core.tidy.subjects import Subject
from model_manager.core.words import tr

NOTE: Final = "what.json"
_LARGEST_NOTE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class HeldFile:
    """One file that is held: where it is, and where it was."""

    held: str
    path: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A deleted model with all that was beside it.

    id: what people name it by. name: what it is called; path: where it was. size: bytes of all files; when: epoch seconds. folder: where it
    is held. is_there: whether its drive is. change and act: in the journal, 0 and -1 when that does not know it. kind: its category.
    """

    id: str
    name: str
    path: str
    size: int
    when: float
    files: tuple[HeldFile, ...]
    folder: str
    is_there: bool = True
    change: int = 0
    act: int = -1
    kind: str = ""


def new_token() -> str:
    """Return a name for what one change holds, which no other has and which sorts by time."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


class Places:
    """Finds the folder on a model's drive in which it is held."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._found: dict[str, str] = {}

    def of(self, one: Subject) -> str:
        """Return the folder for a model: beside the models folder, if that can be written to and is on the same drive; else in the nearest
        folder around that can and lies in no root; else there itself."""  # fmt: skip
        if one.folder not in self._found:
            base = self._ground.base(one)
            place = self._place(one.folder, os.path.realpath(base) if base else "")
            self._found[one.folder] = os.path.join(place, TRASH)
        return self._found[one.folder]

    def _place(self, folder: str, base: str) -> str:
        device = _device(folder)
        inner, step = folder, folder
        while _device(step) == device:
            if self._ground.is_inside(step) or (base and inside(base, step)):
                inner = step if _is_writable(step) else inner
            elif _is_writable(step):
                above = os.path.dirname(step)
                is_models = os.path.basename(step).lower() == "models" and _device(above) == device and _is_writable(above)
                return above if is_models else step
            if os.path.dirname(step) == step:
                break
            step = os.path.dirname(step)
        return inner


def _device(folder: str) -> int:
    try:
        return os.stat(long_path(folder)).st_dev
    except OSError:
        return -1


def _is_writable(folder: str) -> bool:
    return os.access(long_path(folder), os.W_OK | os.X_OK)


def note_bytes(subject: Subject, files: Sequence[HeldFile], when: float) -> bytes:
    """Return what `what.json` holds of a model and its files, the model first."""
    marks = dict(zip(subject.names, subject.marks, strict=True))
    told = []
    for file in files:
        size, mtime_ns = marks.get(os.path.basename(file.path), (0, 0))
        told.append({"held": os.path.basename(file.held), "path": file.path, "size": size, "mtime_ns": mtime_ns})
    text = tr("Model Manager holds these files here. Rename each to its path to have it back, or use: model-manager restore")
    note: dict[str, Any] = {"about": text, "version": 1, "name": subject.name, "kind": subject.kind, "when": when, "files": told}
    return (json.dumps(note, indent=1) + "\n").encode("ascii")  # bytes that are no letters stay as escapes


def read_note(folder: str) -> HeldItem | None:
    """Return what is held in a folder, by its note; None where there is none that can be understood. Raises OSError when away."""
    try:
        with open(long_path(os.path.join(folder, NOTE)), "rb") as file:
            found = mapping(json.loads(file.read(_LARGEST_NOTE)))
        entries = [mapping(entry) for entry in found["files"]]
        files = tuple(_file(folder, str(entry["held"]), str(entry["path"]), int(entry["size"])) for entry in entries)
        when, name, kind = float(found["when"]), str(found["name"]), str(found.get("kind", ""))
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not files:
        return None
    id_ = "/".join(folder.split(os.sep)[-2:])
    return HeldItem(id_, name, files[0].path, sum(file.size for file in files), when, files, folder, kind=kind)


def _file(folder: str, held: str, path: str, size: int) -> HeldFile:
    """A file of a note; a name in it never leads out of the folder."""
    if os.path.basename(held) != held or held in ("", ".", "..") or not os.path.isabs(path):
        raise ValueError(held)
    return HeldFile(os.path.join(folder, held), path, size)


def shown_folder(item: HeldItem) -> str:
    """Return the folder in which an item goes to the system's trash: with its own name, which people know."""
    return os.path.join(item.folder, safe_part(stem_of(os.path.basename(item.path)), 100) or "model")


def trash_of(folder: str) -> str:
    """Return the folder that holds all of a drive, of the folder of one item."""
    return os.path.dirname(os.path.dirname(folder))

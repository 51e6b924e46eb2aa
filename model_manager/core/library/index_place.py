"""Where the index lies, and what is done when it is damaged or its folder cannot be written.

Called by every part of the program that opens the index for the first time. It removes nothing: what is damaged is set aside.
"""

import os
import shutil
import tempfile
from pathlib import Path

from model_manager.core.errors import IndexFault
from model_manager.core.library.index import Index, IndexDamaged, IndexFull, set_aside
from model_manager.core.paths import plain_reason
from model_manager.core.words import tr

FILE_NAME = "index.sqlite"


def usable_index(folder: Path) -> tuple[Path, str]:
    """Return where to keep the index for data folder `folder`, and "" or a sentence about what had to be done.

    A damaged index is set aside. Where the folder cannot be written, a copy in the temporary folder serves until the program ends.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return path, _made_sound(path)
    except (OSError, IndexFault) as fault:
        return _borrowed(path), tr(
            "The data folder {folder} cannot be used: {reason} What is found now is forgotten when the program ends.",
            folder=folder, reason=fault.text if isinstance(fault, IndexFault) else plain_reason(fault) + ".",
        )  # fmt: skip


def _made_sound(path: Path) -> str:
    """Try to write the index, start a new one if it is damaged; returns what there is to say of it."""
    try:
        with Index(path) as index:
            try:
                with index.writing():
                    index.touch()
            except IndexFull as fault:
                return fault.text
        return ""
    except IndexDamaged as fault:
        set_aside(path)
        Index(path).close()
        return fault.text


def _borrowed(path: Path) -> Path:
    """A copy of the index in a fresh temporary folder; an empty one if there is nothing to copy. Raises IndexFault."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="model-manager-"))
    except OSError as fault:
        raise IndexFault(tr("There is no place to keep the index: {reason}. Free some space.", reason=plain_reason(fault))) from fault
    try:
        for ending in ("", "-wal"):
            if os.path.isfile(f"{path}{ending}"):
                shutil.copyfile(f"{path}{ending}", folder / f"{path.name}{ending}")
        Index(folder / path.name).close()
        return folder / path.name
    except (OSError, IndexFault):
        new = folder / f"new-{path.name}"
        Index(new).close()
        return new

"""What of a file's metadata would be lost with it, when another one with the same weights is kept.

Called while a plan is made, for the few files in it. It reads headers only; a file that cannot be read loses nothing that could be named.
"""

import io
import os
from collections.abc import Mapping

from model_manager.core.errors import BadFormat
from model_manager.core.formats import gguf, safetensors
from model_manager.core.formats.read import HEAD, header_of
from model_manager.core.paths import long_path
from model_manager.core.words import tr

_NAMED = 3  # of lost metadata


def metadata_of(path: str) -> dict[str, object]:
    """Return the metadata of a safetensors or GGUF file; {} when there is none, or it cannot be read."""
    try:
        with io.FileIO(long_path(path)) as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(HEAD)
            if safetensors.looks_like(head, size):
                return safetensors.all_metadata(*header_of(file, size))
            if head.startswith(gguf.MAGIC):
                file.seek(0)
                return dict(gguf.read_header(file, size).pairs)
    except (OSError, ValueError, BadFormat):
        pass
    return {}


def lost_words(kept: str, going: str) -> str:
    """Return in words what metadata would be lost with the file `going` while `kept` stays, "" when that is none."""
    lost = lost_keys(metadata_of(kept), metadata_of(going))
    more = tr(" and {count} more", count=len(lost) - _NAMED) if len(lost) > _NAMED else ""
    return tr("its metadata goes, too: {keys}", keys=", ".join(lost[:_NAMED]) + more) if lost else ""


def lost_keys(kept: Mapping[str, object], going: Mapping[str, object]) -> list[str]:
    """Return the keys that only the file that goes has, or that say something else in it, in its order."""
    return [key for key, value in going.items() if key not in kept or kept[key] != value]

"""Our own object in `<stem>.info`: read, and put in without changing a byte of what else is there.

Called by previews for locks and looks. The file is JSON of other programs, too: everything but the value of our key keeps its order, its
spelling and its line ends. A file that is not a JSON object is never touched.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from model_manager.core.errors import FileFault
from model_manager.core.paths import replace_file
from model_manager.core.sidecars.json_text import with_values
from model_manager.core.sidecars.reading import JSON_LIMIT, decode, parse_object, read_bytes, unreadable
from model_manager.core.sidecars.suffixes import INFO, stem_of
from model_manager.core.sidecars.turns import turn

KEY = "model_manager"


def read_own(model_path: str) -> dict[str, Any]:
    """Return our object in the model's `.info`, {} when there is none. Raises BadSidecar, or FileFault when it cannot be read."""
    path = _path(model_path)
    data = _read(path)
    found = parse_object(os.path.basename(path), data).get(KEY) if data is not None else None
    return found if isinstance(found, dict) else {}


def save_own(model_path: str, name: str, value: Mapping[str, Any] | None) -> None:
    """Set the value `name` in our object, or take it out (None). Nothing is written when nothing changes.

    Raises BadSidecar when the `.info` is not a JSON object, FileFault when it cannot be read or written; it is then as it was.
    """
    with turn(model_path):
        path = _path(model_path)
        data = _read(path)
        own = dict(read_own(model_path)) if data is not None else {}
        if own.get(name) == value:
            return
        if value is None:
            del own[name]
        else:
            own[name] = dict(value)
        if data is None:
            replace_file(path, (json.dumps({KEY: own}, indent=2) + "\n").encode("ascii"))
            return
        text, encoding = decode(data)
        replace_file(path, with_values(os.path.basename(path), text, {KEY: own}).encode(encoding))


def _path(model_path: str) -> str:
    """Return the path of `<stem>.info` in the spelling it has on disk."""
    folder, model = os.path.split(model_path)
    stem = stem_of(model)
    path = os.path.join(folder, stem + INFO)
    if os.path.lexists(path):
        return path
    try:
        names = [name for name in os.listdir(folder) if name[: len(stem)] == stem and name[len(stem) :].lower() == INFO]
    except (OSError, ValueError):
        return path
    return os.path.join(folder, min(names)) if names else path


def _read(path: str) -> bytes | None:
    name = os.path.basename(path)
    try:
        return read_bytes(path, JSON_LIMIT)
    except FileNotFoundError as error:
        if os.path.lexists(path):
            raise FileFault(unreadable(name, error)) from error
        return None
    except (OSError, ValueError) as error:
        raise FileFault(unreadable(name, error)) from error

"""Whether a sidecar that two models share, because they have one stem, speaks of the other one.

Called by writing, and by whoever moves a model with its sidecars. It looks at hashes and file names inside the values and must never
touch the disk.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from model_manager.core.library.kinds import MODEL_EXTENSIONS
from model_manager.core.sidecars.layer import hashes, items, mapping


def speaks_of_other(data: Mapping[str, Any], name: str, own_hashes: Mapping[str, str], others: Collection[str], last: str = "") -> bool:
    """Return whether `data` (a JSON sidecar or front matter) is about one of `others` and not about the model file `name`.

    own_hashes: what is known of our file, any case. last: the model file we wrote the sidecar for, "" when we did not. What tells
    nothing speaks of both.
    """
    if not others:
        return False
    placed = last or _base_name(data.get("file_path"))
    if placed == name or placed in others:
        return placed != name
    ours = {key.lower(): value.lower() for key, value in own_hashes.items()}
    found = [entry for entry in _hashes(data) if not entry.keys().isdisjoint(ours)]
    if found:
        return not any(ours.get(key) == value for entry in found for key, value in entry.items())
    names = set(_names(data))
    return name not in names and not names.isdisjoint(others)


def _hashes(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    yield hashes(data.get("hashes"))
    yield hashes(data.get("Hashes"))
    yield hashes({key: data.get(key) for key in ("sha256", "autov3")})
    yield from (hashes(file.get("hashes")) for file in _files(data))


def _names(data: Mapping[str, Any]) -> Iterator[str]:
    for value in (data.get("RemoteFileName"), data.get("name"), *(file.get("name") for file in _files(data))):
        if (found := _base_name(value)) and os.path.splitext(found)[1].lower() in MODEL_EXTENSIONS:
            yield found


def _files(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    files = items(data.get("files")) + items(mapping(data.get("civitai")).get("files"))
    return [file for file in files if isinstance(file, dict)]


def _base_name(value: object) -> str:
    return value.replace("\\", "/").rpartition("/")[2] if isinstance(value, str) else ""

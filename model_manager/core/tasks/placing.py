"""Where the files of a download go below a folder, under names that nothing there has, and whether ComfyUI will see them.

Called by proposals. It lists folders and writes nothing.
"""

import os
from collections.abc import Sequence

from model_manager.core.files.destinations import Destination
from model_manager.core.files.names import free_stem
from model_manager.core.library.kinds import OTHER, is_listed, is_model
from model_manager.core.online.records import FOLDER, ONE, Group, Offer, RemoteFile, Version
from model_manager.core.paths import long_path, name_key, path_key
from model_manager.core.sidecars.suffixes import stem_of
from model_manager.core.tasks import naming
from model_manager.core.words import tr


def targets_of(
    offer: Offer, version: Version, group: Group, folder: str, wanted: str, taken: frozenset[str]
) -> tuple[tuple[str, ...], bool]:
    """Return where each file of a group goes below `folder`, in its order, and whether the name that was meant is taken.

    wanted: a name to be used in place of the site's. taken: `path_key` of targets that are spoken for. Files that belong together get a
    folder of their own.
    """
    if group.sort == ONE:
        name = naming.file_name(offer, version, group.files[0], wanted)
        stem, ending = os.path.splitext(name)
        free = _free_stem(folder, stem, ending, taken)
        return (os.path.join(folder, free + ending),), free != stem
    title = wanted or (group.title if group.sort == FOLDER else stem_of(group.title)) or offer.name
    meant = naming.safe_part(title) or tr("model")
    own = _free_folder(folder, meant, taken)
    return tuple(os.path.join(folder, own, inner) for inner in _inner(group)), own != meant


def _inner(group: Group) -> list[str]:
    """The path of each file within the folder of a group: as in the repository, but a split model lies flat in it."""
    tops = [file.below.split("/") if file.below else [] for file in group.files]
    common = _shared(min(tops), max(tops)) if group.sort == FOLDER else max(map(len, tops))
    names: dict[str, str] = {}
    for file, top in zip(group.files, tops, strict=True):
        parts = [*filter(None, map(naming.safe_part, top[common:])), naming.safe_part(file.name, 240) or "file"]
        stem, ending = os.path.splitext(os.path.join(*parts))
        name = free_stem(stem, (ending,), lambda tried, end=ending: name_key(tried + end) not in names)  # type: ignore[misc]
        names[name_key(name + ending)] = name + ending
    return list(names.values())


def _shared(first: list[str], last: list[str]) -> int:
    """How many folders the first and the last in order, and so all between them, have in common."""
    return next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))


def _names(folder: str) -> dict[str, str]:
    try:
        return {name_key(name): name for name in os.listdir(long_path(folder))}
    except (OSError, ValueError):
        return {}


def _free_stem(folder: str, stem: str, ending: str, taken: frozenset[str]) -> str:
    """A stem that no model in the folder has, whatever its ending, as their sidecars would be shared; nor any file of that name."""
    there = _names(folder)
    models = {name_key(stem_of(name)) for name in there.values() if is_model(OTHER, name)}

    def is_free(tried: str) -> bool:
        name = tried + ending
        is_claimed = path_key(os.path.join(folder, name)) in taken
        return name_key(tried) not in models and name_key(name) not in there and not is_claimed

    return free_stem(stem, (ending,), is_free)


def _free_folder(folder: str, name: str, taken: frozenset[str]) -> str:
    there = _names(folder)

    def is_free(tried: str) -> bool:
        top = path_key(os.path.join(folder, tried))
        return name_key(tried) not in there and not any(path == top or path.startswith(top + os.sep) for path in taken)

    return free_stem(name, ("",), is_free)


def unseen(target: Destination, group: Group, path: str) -> str:
    """Return why ComfyUI will not list what goes to `path` in this folder, a plain sentence; "" when it will."""
    if not target.is_seen:
        return tr("ComfyUI was not told of this folder, so it will not see the model.")
    if group.sort == FOLDER or is_listed(target.kind, os.path.basename(path)):
        return ""
    ending = os.path.splitext(path)[1]
    if ending.lower() == ".gguf":
        return tr("ComfyUI itself does not list .gguf files: the GGUF nodes do.")
    if not ending:
        return tr("ComfyUI does not list files without an ending in this folder.")
    return tr("ComfyUI does not list {ending} files in this folder.", ending=ending)


def main_file(files: Sequence[RemoteFile]) -> RemoteFile:
    """Return the file whose header speaks for all: the primary, else the first that is a model."""
    models = [file for file in files if file.is_model]
    return next((file for file in models if file.is_primary), models[0] if models else files[0])

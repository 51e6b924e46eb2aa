"""Which files of a repository belong together: models split into several files, folders in diffusers' layout; and what each is.

Called by huggingface, offers and the proposals. Pure, on names alone.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from model_manager.core.library.layouts import guess_kind
from model_manager.core.online.records import FOLDER, ONE, SPLIT, Group, RemoteFile, Version

_SPLIT: Final = re.compile(r"(.{1,200}?)[-_.]?([0-9]{5})-of-([0-9]{5})((?:\.[A-Za-z0-9]{1,20}){1,2})")
_INDEX: Final = "model_index.json"  # huggingface/diffusers:src/diffusers/pipelines/pipeline_loading_utils.py
# Folders of diffusers' layout by what lies in them (same file)
_PARTS: Final = {
    "transformer": "diffusion_models",
    "text_encoder": "text_encoders",
    "tokenizer": "",
    "image_encoder": "clip_vision",
    "safety_checker": "",
    "feature_extractor": "",
    "scheduler": "",
    "vqvae": "vae",
    "prior": "diffusion_models",
    "unet": "diffusion_models",
    "t2i_adapter": "controlnet",
    "lora": "loras",
    "upscale": "upscale_models",
    "ip-adapter": "ipadapter",
    "ip_adapter": "ipadapter",
}
_NUMBERED: Final = re.compile(r"[_-]?[0-9]+$")


def kind_of_path(below: str) -> str:
    """Return ComfyUI's category that the folders around a file speak of, the innermost first; "" where none does."""
    for part in reversed(below.split("/")):
        name = part.lower()
        if (kind := guess_kind(name) or _PARTS.get(name) or _PARTS.get(_NUMBERED.sub("", name), "")) and name != "diffusers":
            return kind
    return ""


def groups_of(version: Version) -> tuple[Group, ...]:
    """Return the files of a version in groups that are only of use together: each file in one group, models first."""
    rest, found = list(version.files), []
    for top in _tops(rest):
        within = [file for file in rest if _is_part(file, top, rest)]
        rest = [file for file in rest if file not in within]
        found.append(Group(FOLDER, top.rpartition("/")[2], tuple(within)))
    found += _split_groups(rest)
    return tuple(sorted(found, key=lambda group: not any(file.is_model for file in group.files)))


def _tops(files: Iterable[RemoteFile]) -> list[str]:
    """Folders with an index of diffusers' in them, the innermost first."""
    return sorted({file.below for file in files if file.name == _INDEX}, key=lambda below: (-below.count("/") if below else 1, below))


def _is_part(file: RemoteFile, top: str, files: Sequence[RemoteFile]) -> bool:
    """Whether a file belongs to the model in the folder `top`: its index, and what lies in folders that have a configuration."""
    if file.below == top:
        return file.name == _INDEX
    front = f"{top}/" if top else ""
    if not file.below.startswith(front):
        return False
    part = file.below[len(front) :].partition("/")[0]
    is_known = part.lower() in _PARTS or _NUMBERED.sub("", part.lower()) in _PARTS or guess_kind(part) == "vae"
    return is_known or any(other.below == front + part and other.name == "config.json" for other in files)


def _split_groups(files: Sequence[RemoteFile]) -> list[Group]:
    split: dict[tuple[str, str, str], list[RemoteFile]] = {}
    found: list[Group] = []
    for file in files:
        if match := _SPLIT.fullmatch(file.name):
            key = (file.below, match[1] + match[4], match[3])
            split.setdefault(key, []).append(file)
    whole = {key: parts for key, parts in split.items() if len(parts) > 1}
    taken = {part.id for parts in whole.values() for part in parts}
    indexes = {(below, f"{title}.index.json"): parts for (below, title, _), parts in whole.items()}
    for file in files:
        if (file.below, file.name) in indexes:
            indexes[file.below, file.name].append(file)
            taken.add(file.id)
    for (_, title, _), parts in whole.items():
        found.append(Group(SPLIT, title, tuple(sorted(parts, key=lambda part: part.name))))
    return found + [Group(ONE, file.name, (file,)) for file in files if file.id not in taken]


def group_of(files: Sequence[RemoteFile]) -> Group:
    """Return chosen files as one group: as `groups_of` sees them if that is one, else as a folder that keeps them where they are."""
    groups = groups_of(Version("", files=tuple(files)))
    if len(groups) == 1:
        return groups[0] if groups[0].sort != ONE else Group(ONE, files[0].name, tuple(files))
    belows = {file.below for file in files}
    return Group(FOLDER, belows.pop().rpartition("/")[2] if len(belows) == 1 else "", tuple(files))

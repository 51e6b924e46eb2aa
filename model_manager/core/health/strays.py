"""Sidecars and previews that no model stands beside, and the model that they obviously belong to.

Called by report with the folders of a look. Only what is surely such a file counts: by a suffix that nothing else has, by what is in it, or
because its model was here. A picture or text of any other name may be anybody's and is never told.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_manager.core.errors import BadSidecar, IndexFault
from model_manager.core.hashes.store import FILE_NAME as HASHES
from model_manager.core.hashes.store import Store
from model_manager.core.health.records import ATTACH, DELETE, ORPHANS, Item
from model_manager.core.health.surroundings import Folder
from model_manager.core.library.entry import Facts, Family
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import MODEL_EXTENSIONS
from model_manager.core.library.rows import stem_of
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.reading import JSON_LIMIT, parse_object, read_bytes
from model_manager.core.sidecars.suffixes import CIVITAI_INFO, CM_INFO, DESCRIPTION, INFO, LORA_MANAGER, PREVIEWS, SIDECARS, WEBUI
from model_manager.core.words import tr
from model_manager.core.work import Work

_SUFFIXES: Final = tuple(sorted((*SIDECARS, *PREVIEWS), key=len, reverse=True))
_SURE: Final = frozenset(
    {CIVITAI_INFO, CM_INFO, LORA_MANAGER, DESCRIPTION} | {suffix for suffix in PREVIEWS if suffix.startswith((".preview.", ".example."))}
)
_ASKED: Final = frozenset({INFO, WEBUI})  # sure when there is in them what belongs there
_WEBUI_KEYS: Final = frozenset({"activation text", "preferred weight", "sd version", "negative text"})
_INFO_KEYS: Final = frozenset({"id", "modelId", "name", "user", "baseModel", "model", "versions", "modelVersions", "trainedWords", "Name"})
_NOT_STEMS: Final = frozenset({"readme", "config", "model_index", "license", "folder", "index"})


@dataclass(frozen=True, slots=True)
class _Models:
    """Where models are: (real folder, stem) that were here and are gone; stem -> real paths that are here; those with no sidecar."""

    gone: frozenset[tuple[str, str]]
    by_stem: Mapping[str, list[str]]
    ids: Mapping[str, int]


def strays(index: Index, data: Path, folders: Mapping[str, Folder], work: Work) -> list[Item]:
    """Return what stands alone, a finding for each stem of a folder. Raises IndexFault, Cancelled."""
    models = _models(index)
    found: list[Item] = []
    store = Store(data) if (data / HASHES).exists() else None
    try:
        for number, folder in enumerate(folders.values()):
            work.check()
            work.progress(tr("Looking for what stands alone"), number, len(folders))
            if not folder.is_foreign:
                found += _in_folder(folder, models, store)
    finally:
        if store is not None:
            store.close()
    return found


def _models(index: Index) -> _Models:
    folders = {folder.id: folder.path for folder in index.folders()}
    by_stem: defaultdict[str, list[str]] = defaultdict(list)
    ids: dict[str, int] = {}
    for row in index.rows():
        if row.folder in folders:
            path = os.path.join(folders[row.folder], row.file)
            by_stem[stem_of(row.file)].append(path)
            ids[path] = row.id
    gone = frozenset((folders[one.row.folder], stem_of(one.row.file)) for one in index.gone_models() if one.row.folder in folders)
    return _Models(gone, by_stem, ids)


def _in_folder(folder: Folder, models: _Models, store: Store | None) -> list[Item]:
    stems = {stem_of(name) for name in folder.models}
    alone: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in folder.files:
        if name in folder.models or name.startswith("."):
            continue
        stem, suffix = _parted(name, stems)
        if suffix:
            alone[stem].append((name, suffix))
    found = []
    for stem, files in alone.items():
        if stem.lower() not in _NOT_STEMS and (reason := _reason(folder, stem, files, models)):
            found.append(_item(folder, stem, [name for name, _ in sorted(files)], reason, models, store))
    return found


def _parted(name: str, stems: set[str]) -> tuple[str, str]:
    """The stem that a file without a model is named after, and its suffix; ("", "") for what has a model, or is no such file."""
    low = name.lower()
    if any(name[:place] in stems or name[:place] == "" for place, sign in enumerate(name) if sign == "."):
        return "", ""
    suffix = next((suffix for suffix in _SUFFIXES if low.endswith(suffix) and len(low) > len(suffix)), "")
    stem = name[: len(name) - len(suffix)] if suffix else ""
    if suffix == INFO and os.path.splitext(stem)[1].lower() in MODEL_EXTENSIONS:
        stem = stem_of(stem)  # the model's whole name stood before it
        return ("", "") if stem in stems else (stem, suffix)
    return stem, suffix


def _reason(folder: Folder, stem: str, files: list[tuple[str, str]], models: _Models) -> str:
    """Why these files surely stood beside a model, "" when that is not sure."""
    if (folder.path, stem) in models.gone:
        return tr("The model {stem} was in this folder and is gone.", stem=stem)
    sure = [name for name, suffix in files if suffix in _SURE or (suffix in _ASKED and _speaks(os.path.join(folder.path, name), suffix))]
    return tr("There is no model {stem} in this folder.", stem=stem) if sure else ""


def _speaks(path: str, suffix: str) -> bool:
    """Whether what is in a file of a common suffix is about a model."""
    try:
        found = parse_object(os.path.basename(path), read_bytes(path, JSON_LIMIT))
    except (BadSidecar, OSError, ValueError):
        return False
    return not (_WEBUI_KEYS if suffix == WEBUI else _INFO_KEYS).isdisjoint(found)


def _item(folder: Folder, stem: str, names: list[str], reason: str, models: _Models, store: Store | None) -> Item:
    size = sum(folder.files[name][0] for name in names)
    files = tuple(os.path.join(folder.path, name) for name in names)
    owner, why = _owner(folder, stem, names, models, store)
    text = f"{reason} {why}" if why else reason
    mends = (ATTACH, DELETE) if owner else (DELETE,)
    return Item(ORPHANS, stem, files[0], text, files, size, models.ids.get(owner, 0), mends, owner)


def _owner(folder: Folder, stem: str, names: list[str], models: _Models, store: Store | None) -> tuple[str, str]:
    """The model that has the hash which these sidecars tell, or the only other one of their name; ("", "") when there is no such."""
    suffixes = [name[len(stem) :] for name in names]
    sidecars = tuple(name for name in names if name[len(stem) :].lower() in SIDECARS)
    told = read_details(folder.path, f"{stem}.safetensors", Family(sidecars), Facts()).hashes.get("sha256", "") if sidecars else ""
    if told and store is not None:
        for path in _with_hash(folder, told, store):
            if path in models.ids and _has_room(path, suffixes):
                return path, tr("It belongs to {file}: the hash is the same.", file=os.path.basename(path))
    others = models.by_stem.get(stem, [])
    if len(others) == 1 and _has_room(others[0], suffixes):
        return others[0], tr("A model of this name is in {folder}.", folder=os.path.basename(os.path.dirname(others[0])))
    return "", ""


def _with_hash(folder: Folder, sha256: str, store: Store) -> list[str]:
    try:
        return sorted(store.paths_of(sha256), key=lambda path: os.path.dirname(path) != folder.path)
    except IndexFault:
        return []


def _has_room(model: str, suffixes: list[str]) -> bool:
    """Whether nothing beside a model has one of these suffixes."""
    front = os.path.join(os.path.dirname(model), stem_of(os.path.basename(model)))
    return not any(os.path.lexists(f"{front}{suffix}") for suffix in suffixes)

"""What the program remembers between two starts: folders, looks, sizes. One small JSON file in the data folder.

Called by app and session. A broken file is set aside, never lost; keys of newer versions are kept; saving is all or nothing.
"""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path

from model_manager.core.errors import BadConfig, FileFault
from model_manager.core.paths import plain_reason, replace_file
from model_manager.core.words import tr

FILE_NAME = "settings.json"
THEMES = ("system", "dark", "light")
VIEWS = ("grid", "table")
PREVIEW_FORMATS = ("png", "webp")
PREVIEW_EDGES, PREVIEW_QUALITIES, PREVIEW_KB = (256, 4096), (50, 100), (50, 20_000)
COMPATIBLE = ("civitai.info", "cm-info.json", "metadata.json", "json")
_LARGEST_FILE = 4 * 1024 * 1024
_MOST_FIRST = 1000


@dataclass(slots=True)
class Settings:
    """All that is remembered. Sizes of cards in pixels, of the thumbnail cache in MB; geometry and state as base64 text.

    own_folders: (category, path). note_drafts: unsaved notes by the model's real path, each [text, saved text it began from,
    id of the model, its size]. first_screen: ids of the models on screen at the last end, shown first at the next start.
    folders_off: folders that are not looked into; folder_labels, folder_groups: the person's own words for a folder, by its path.
    Endpoints "" for the sites themselves; proxy "" for the system's; most_kb_a_second 0 for no limit. adult_level: OR of
    Civitai's bits that may be shown. compatible_sidecars: of COMPATIBLE, what is written besides `.info` and `.md`.
    preview_edge: pixels of the longest side of new previews; preview_quality: of WebP; preview_kb: their size at most, in 1,000 bytes.
    takes_videos: an example video is kept beside a model, too. folder_template: sub-folder for downloads. held_days: how long deleted
    models are held before they go to the system's trash, 0 for ever. history_days, former_pictures_mb: how long changes can be undone,
    and what replaced previews take at most. recent_folders: to which models were moved, the last one first.
    organise_template: the last one used to organise.
    own_names: names of collections, categories and groups (by these words) that the person made, as they may have no models yet.
    smart_folders: (name, search).
    unknown: keys of other versions of the program, kept as they are.
    """

    comfyui_dirs: list[str] = field(default_factory=list)
    config_files: list[str] = field(default_factory=list)
    own_folders: list[tuple[str, str]] = field(default_factory=list)
    folders_off: list[str] = field(default_factory=list)
    folder_labels: dict[str, str] = field(default_factory=dict)
    folder_groups: dict[str, str] = field(default_factory=dict)
    theme: str = "system"
    view: str = "grid"
    sort: str = "name"
    is_descending: bool = False
    group: str = ""
    card_size: int = 200
    geometry: str = ""
    state: str = ""
    sidebar_state: str = ""
    table_state: str = ""
    is_details_visible: bool = True
    thumbnail_cache_mb: int = 512
    takes_sidecars: bool = False
    preview_format: str = "png"
    preview_edge: int = 1024
    preview_quality: int = 88
    preview_kb: int = 2000
    first_screen: list[int] = field(default_factory=list)
    civitai_endpoint: str = ""
    huggingface_endpoint: str = ""
    proxy: str = ""
    downloads_at_once: int = 3
    most_kb_a_second: int = 0
    adult_level: int = 1
    compatible_sidecars: list[str] = field(default_factory=list)
    takes_videos: bool = False
    folder_template: str = ""
    watches_clipboard: bool = False
    held_days: int = 30
    history_days: int = 180
    former_pictures_mb: int = 512
    own_names: dict[str, list[str]] = field(default_factory=dict)
    smart_folders: list[tuple[str, str]] = field(default_factory=list)
    note_drafts: dict[str, list[str]] = field(default_factory=dict)
    recent_folders: list[str] = field(default_factory=list)
    organise_template: str = ""
    unknown: dict[str, object] = field(default_factory=dict)


def load_settings(folder: Path) -> tuple[Settings, str]:
    """Return the settings kept in the data folder and, when they could not be read, what happened ("" when all is well).

    A file that is broken is renamed to settings.broken.json, so that nothing a person wrote is lost, and the defaults are used.
    """
    path = folder / FILE_NAME
    try:
        return _understood(_read(path)), ""
    except FileNotFoundError:
        return Settings(), ""
    except OSError as error:
        return Settings(), tr("The settings could not be read: {reason}. The defaults are used.", reason=plain_reason(error))
    except BadConfig as error:
        return Settings(), _set_aside(path, error.text)


def save_settings(folder: Path, settings: Settings) -> None:
    """Write the settings into the data folder, which is made when it is missing. Raises FileFault; the old file is then as it was."""
    known = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name != "unknown"}
    text = json.dumps({**settings.unknown, **known}, indent=2, ensure_ascii=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileFault(tr("The data folder {path} could not be made: {reason}.", path=folder, reason=plain_reason(error))) from error
    replace_file(folder / FILE_NAME, (text + "\n").encode("ascii"))


def _read(path: Path) -> dict[str, object]:
    with open(path, "rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise BadConfig(tr("The settings file is far too large."))
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadConfig(tr("The settings file is damaged.")) from error
    if not isinstance(found, dict):
        raise BadConfig(tr("The settings file does not hold settings."))
    return found


def _set_aside(path: Path, reason: str) -> str:
    aside = path.with_name("settings.broken.json")
    with contextlib.suppress(OSError):
        os.replace(path, aside)
    return tr("{reason} It was kept as {name}, and the defaults are used.", reason=reason, name=aside.name)


def _understood(found: dict[str, object]) -> Settings:
    """Return settings from what was read; a value of the wrong sort counts as not there."""
    settings = Settings()
    names = {one.name for one in fields(Settings)} - {"unknown"}
    settings.unknown = {key: value for key, value in found.items() if key not in names}
    for name in names & found.keys():
        if (value := _value(name, found[name], getattr(settings, name))) is not None:
            setattr(settings, name, value)
    return settings


def _value(name: str, value: object, default: object) -> object:
    if name in _CHECKS:
        return _CHECKS[name](value)
    return value if type(value) is type(default) else None


def _texts(value: object) -> list[str] | None:
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else None


def _pairs(value: object) -> list[tuple[str, str]] | None:
    if not isinstance(value, list):
        return None
    pairs = [item for item in value if isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) and part for part in item)]
    return [(kind, path) for kind, path in pairs]


def _ids(value: object) -> list[int] | None:
    return [item for item in value if type(item) is int][:_MOST_FIRST] if isinstance(value, list) else None


def _drafts(value: object) -> dict[str, list[str]] | None:
    if not isinstance(value, dict):
        return None
    return {path: texts for path, texts in value.items() if isinstance(texts, list) and _are_texts(texts) and len(texts) in (2, 4)}


def _are_texts(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _own_names(value: object) -> dict[str, list[str]] | None:
    return {key: _texts(names) or [] for key, names in value.items()} if isinstance(value, dict) else None


def _words(value: object) -> dict[str, str] | None:
    return {name: text for name, text in value.items() if isinstance(text, str) and text} if isinstance(value, dict) else None


def _one_of(*allowed: str) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in allowed else None


def _between(least: int, most: int) -> Callable[[object], int | None]:
    return lambda value: max(least, min(most, value)) if type(value) is int else None


_CHECKS: dict[str, Callable[[object], object]] = {
    "comfyui_dirs": _texts,
    "config_files": _texts,
    "own_folders": _pairs,
    "folders_off": _texts,
    "folder_labels": _words,
    "folder_groups": _words,
    "first_screen": _ids,
    "compatible_sidecars": lambda value: [name for name in _texts(value) or () if name in COMPATIBLE],
    "downloads_at_once": _between(1, 16),
    "most_kb_a_second": _between(0, 100_000_000),
    "adult_level": _between(0, 63),
    "held_days": _between(0, 36_500),
    "history_days": _between(7, 180),
    "former_pictures_mb": _between(16, 1024 * 1024),
    "note_drafts": _drafts,
    "recent_folders": _texts,
    "own_names": _own_names,
    "smart_folders": _pairs,
    "theme": _one_of(*THEMES),
    "view": _one_of(*VIEWS),
    "preview_format": _one_of(*PREVIEW_FORMATS),
    "preview_edge": _between(*PREVIEW_EDGES),
    "preview_quality": _between(*PREVIEW_QUALITIES),
    "preview_kb": _between(*PREVIEW_KB),
    "card_size": _between(64, 1024),
    "thumbnail_cache_mb": _between(16, 1024 * 1024),
}

"""Finds ComfyUI and its relatives in the usual places, and says what a chosen or dropped folder is.

Called by the first-run page. It asks a bounded number of known places, reads small configuration files and never walks a disk.
"""

import configparser
import json
import os
import string
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from model_manager.core.library import layouts
from model_manager.core.library.kinds import is_ignored_folder, is_model, label, label_one
from model_manager.core.library.roots import CONFIG_NAME, Roots, collect
from model_manager.core.paths import normalize, path_key
from model_manager.core.words import tr, trn

MOST_ENTRIES = 2000
_MOST_NAMES = 200
_LARGEST_CONFIG = 1024 * 1024
_PORTABLE = ("comfyui", "comfy")
_SORT_NAMES = {
    "comfyui": "ComfyUI",
    "desktop": "ComfyUI Desktop",
    "stability_matrix": "Stability Matrix",
    "webui": "Stable Diffusion WebUI",
    "models": "Models folder",
    "bare": "Folder of models",
}


@dataclass(frozen=True, slots=True)
class Install:
    """One place to take models from. sort: comfyui, desktop, stability_matrix, webui, models, bare.

    config_files: what its own starter hands to ComfyUI with --extra-model-paths-config.
    """

    path: str
    sort: str
    config_files: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call it ("ComfyUI Desktop")."""
        spoken = _SORT_NAMES.get(self.sort, self.sort)
        return tr(spoken)


@dataclass(frozen=True, slots=True)
class Look:
    """What a folder turned out to be. install: None when there is nothing to take. text: a plain sentence.

    counts: category -> model files seen; is_rough: the looking stopped at 2,000 entries, so there may be more.
    """

    install: Install | None
    text: str
    counts: Mapping[str, int] = field(default_factory=dict)
    is_rough: bool = False


@dataclass(frozen=True, slots=True)
class _Places:
    """Where this computer keeps things."""

    home: str
    platform: str
    env: Mapping[str, str]

    def below_home(self, *parts: str) -> str:
        return os.path.join(self.home, *parts)

    @property
    def app_data(self) -> str:
        """The folder of programs' settings: %APPDATA%, Application Support, or ~/.config."""
        if self.platform == "win32":
            return self.env.get("APPDATA") or self.below_home("AppData", "Roaming")
        if self.platform == "darwin":
            return self.below_home("Library", "Application Support")
        return self.env.get("XDG_CONFIG_HOME") or self.below_home(".config")


def find_installs(
    home: str | None = None,
    platform: str = sys.platform,
    env: Mapping[str, str] | None = None,
    drives: Sequence[str] | None = None,
    here: str | None = None,
) -> list[Install]:
    """Return the installs in the usual places, surest first, each once. `drives`: tops of drives to look at; `here`: the current folder."""
    places = _Places(home or os.path.expanduser("~"), platform, os.environ if env is None else env)
    tops = _drives(places) if drives is None else list(drives)
    found: dict[str, Install] = {}
    for install in _candidates(places, tops, here or os.getcwd()):
        found.setdefault(path_key(os.path.realpath(install.path)), install)
    return list(found.values())


def _candidates(places: _Places, drives: Sequence[str], here: str) -> Iterator[Install]:
    yield from _as_installs([places.env.get("COMFYUI_PATH", "")])
    yield from _desktop(places)
    yield from _as_installs(_comfy_cli(places))
    documents = places.below_home("Documents", "ComfyUI")
    yield from _as_installs([here, places.below_home("ComfyUI"), documents, places.below_home("comfy", "ComfyUI")])
    yield from _as_installs(_portables([*drives, places.home, places.below_home("Downloads"), places.below_home("Desktop")]))
    yield from _stability_matrix(places, drives)
    yield from _as_installs(_pinokio(places, drives))


def _as_installs(paths: Iterable[str]) -> Iterator[Install]:
    """Return those of the paths that hold a ComfyUI: its code, or models beside what a ComfyUI keeps."""
    for path in filter(None, paths):
        layout = layouts.layout_of(path)
        if layout.sort != layouts.COMFYUI or not os.path.isdir(layout.models):
            continue
        if layout.code or _looks_like_base(layout.base):
            yield Install(normalize(layout.base), layouts.COMFYUI)


def _looks_like_base(base: str) -> bool:
    return any(
        os.path.isdir(os.path.join(base, name)) for name in ("custom_nodes", "input", "output", os.path.join("models", "checkpoints"))
    )


def _drives(places: _Places) -> list[str]:
    if places.platform == "win32":
        return [f"{letter}:\\" for letter in string.ascii_uppercase[2:] if os.path.exists(f"{letter}:\\")]
    user = os.path.basename(places.home)
    parents = ("/Volumes",) if places.platform == "darwin" else ("/mnt", f"/media/{user}", f"/run/media/{user}", "/opt", "/workspace")
    return [*parents, *(os.path.join(parent, name) for parent in parents for name in layouts.subfolders(parent)[:20])]


def _portables(tops: Sequence[str]) -> Iterator[str]:
    """Return folders named after ComfyUI at the top of drives, and one level below folders for AI."""
    for top in tops:
        for name in layouts.subfolders(top)[:_MOST_NAMES]:
            low = name.lower()
            if low.startswith(_PORTABLE):
                yield os.path.join(top, name)
            elif low in ("ai", "sd", "stable-diffusion", "stablediffusion", "apps", "tools", "software"):
                inner = os.path.join(top, name)
                yield from (
                    os.path.join(inner, deeper)
                    for deeper in layouts.subfolders(inner)[:_MOST_NAMES]
                    if deeper.lower().startswith(_PORTABLE)
                )


def _json(path: str) -> dict[str, object]:
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(_LARGEST_CONFIG))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and "\0" not in value else ""


def _desktop(places: _Places) -> Iterator[Install]:
    """Return ComfyUI Desktop's base folder with its own configuration (Comfy-Org/desktop:README.md)."""
    folder = os.path.join(places.app_data, "ComfyUI")
    base = _text(_json(os.path.join(folder, "config.json")).get("basePath"))
    config = os.path.join(folder, "extra_models_config.yaml")
    if base and os.path.isdir(base):
        yield Install(normalize(base), "desktop", (normalize(config),) if os.path.isfile(config) else ())


def _comfy_cli(places: _Places) -> list[str]:
    """Return the workspaces comfy-cli remembers (Comfy-Org/comfy-cli:comfy_cli/constants.py)."""
    top = places.env.get("LOCALAPPDATA") or places.below_home("AppData", "Local") if places.platform == "win32" else places.app_data
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(os.path.join(top, "comfy-cli", "config.ini"), encoding="utf-8")
    except (configparser.Error, OSError, ValueError):
        return []
    return [parser.defaults().get(key, "") for key in ("default_workspace", "recent_workspace")]


def _stability_matrix(places: _Places, drives: Sequence[str]) -> Iterator[Install]:
    """Return the library of Stability Matrix and the ComfyUIs in it (LykosAI/StabilityMatrix:.../Services/SettingsManager.cs)."""
    library = _text(_json(os.path.join(places.app_data, "StabilityMatrix", "library.json")).get("LibraryPath"))
    tops = [library, *(os.path.join(top, "StabilityMatrix", *below) for top in [*drives, places.home] for below in (("Data",), ()))]
    for top in filter(None, tops):
        packages = os.path.join(top, "Packages")
        yield from _as_installs(os.path.join(packages, name) for name in layouts.subfolders(packages)[:50] if "comfy" in name.lower())
        if os.path.isdir(packages) and os.path.isdir(os.path.join(top, "Models")):
            yield Install(normalize(top), layouts.STABILITY_MATRIX)


def _pinokio(places: _Places, drives: Sequence[str]) -> Iterator[str]:
    """Return the ComfyUIs Pinokio has put into its home."""
    home = _text(_json(os.path.join(places.app_data, "Pinokio", "config.json")).get("home"))
    for top in filter(None, [home, places.below_home("pinokio"), *(os.path.join(drive, "pinokio") for drive in drives)]):
        api = os.path.join(top, "api")
        for name in layouts.subfolders(api)[:_MOST_NAMES]:
            if "comfy" in name.lower():
                yield from (os.path.join(api, name, inner) for inner in ("app", "ComfyUI", ""))


def look_at(path: str) -> Look:
    """Return what the folder at `path` is and roughly what it holds, in a plain sentence; looks at 2,000 names at most."""
    if not path:
        return Look(None, tr("No folder was chosen."))
    full = normalize(path)
    if os.path.isfile(full):
        if full.lower().endswith((".yaml", ".yml")):
            return Look(None, tr("This is a configuration file. Add it as one, or choose a folder."))
        return Look(None, tr("This is a file. Choose the folder it lies in."))
    layout = layouts.layout_of(full)
    if layout.sort == layouts.GONE:
        return Look(None, tr("This folder is not there or cannot be opened. If it is on a drive, connect it."))
    roots = collect([full])
    counts, is_rough = _count(roots)
    install = Install(layout.base if layout.code else full, layout.sort)
    if layout.sort == layouts.BARE and not counts:
        if not is_rough:
            return Look(None, tr("There are no models in this folder. Choose ComfyUI's folder, or one with models in it."))
        return Look(install, tr("This is a large folder with no models among the first names. It may hold some deeper."), counts, True)
    return Look(install, _sentence(install, roots, counts, is_rough), counts, is_rough)


def _sentence(install: Install, roots: Roots, counts: Mapping[str, int], is_rough: bool) -> str:
    if install.sort == layouts.COMFYUI and os.path.isfile(os.path.join(install.path, CONFIG_NAME)):
        name = tr("{name} with extra folders", name=install.name)
    else:
        name = install.name
    if not counts:
        return tr("{name}: no models in it yet.", name=name)
    total = sum(counts.values())
    largest = sorted(counts, key=lambda kind: -counts[kind])
    parts = ", ".join(f"{counts[kind]:,} {label(kind) if counts[kind] > 1 else label_one(kind)}" for kind in largest[:3])
    if len(largest) > 3:
        parts = tr("{parts} and more", parts=parts)
    if is_rough:
        return trn(
            "{name}: more than {count} model ({parts}).", "{name}: more than {count} models ({parts}).", total, name=name, parts=parts
        )
    return trn("{name}: {count} model ({parts}).", "{name}: {count} models ({parts}).", total, name=name, parts=parts)


def _count(roots: Roots) -> tuple[dict[str, int], bool]:
    """Return model files per category, and whether the looking stopped early. Links to folders are not followed further than a root."""
    counts: dict[str, int] = {}
    left = MOST_ENTRIES
    for root in roots.roots:
        pending = [root.path]
        while pending:
            for entry in _entries(pending.pop(), left):
                left -= 1
                if entry.is_dir(follow_symlinks=False):
                    if not is_ignored_folder(entry.name):
                        pending.append(entry.path)
                elif is_model(root.kind, entry.name):
                    counts[root.kind] = counts.get(root.kind, 0) + 1
            if left <= 0:
                return counts, True
    return counts, False


def _entries(folder: str, most: int) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry, _ in zip(entries, range(most), strict=False)]
    except (OSError, ValueError):
        return []

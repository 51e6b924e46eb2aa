"""Puts together the folders of every category: ComfyUI's own in its order, what its files add, other programs', and the user's.

Called by the session and the command line before a scan. It only looks at folder names; it never makes, changes or scans anything.
"""

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from model_manager.core.errors import BadConfig
from model_manager.core.library import extra_paths, layouts
from model_manager.core.library.entry import Root
from model_manager.core.library.extra_paths import ConfigProblem
from model_manager.core.library.kinds import KINDS, current_name, kind_of
from model_manager.core.library.layouts import Layout
from model_manager.core.paths import inside, normalize, path_key
from model_manager.core.words import tr

CONFIG_NAME = "extra_model_paths.yaml"
# Comfy-Org/ComfyUI:main.py: where nodes save models to
_OUTPUTS = (
    ("checkpoints", "checkpoints"),
    ("text_encoders", "clip"),
    ("vae", "vae"),
    ("diffusion_models", "diffusion_models"),
    ("loras", "loras"),
)
_SOURCES = {layouts.STABILITY_MATRIX: "Stability Matrix", layouts.WEBUI: "Stable Diffusion WebUI", layouts.BARE: "own"}
# Comfy-Org/desktop:src/config/comfyServerConfig.ts: an option of Desktop's that ComfyUI takes for a category of every file in models/
_NOT_A_CATEGORY = "download_model_base"
_NOT_SHOWN = ("configs", "custom_nodes")  # Comfy-Org/ComfyUI:app/model_manager.py


@dataclass(frozen=True, slots=True)
class Roots:
    """Every folder to look into, first of a category first, each real folder once per category.

    groups: root -> base folder of its ComfyUI (or program); a name is shadowed only by an earlier root of the same group.
    built_in: ComfyUI's defaults, which may well not exist. unseen: folders ComfyUI was not told of, while there is a ComfyUI.
    folders: what the first ComfyUI itself answers, spelled as it does: category -> paths, in its order.
    """

    roots: tuple[Root, ...] = ()
    problems: tuple[ConfigProblem, ...] = ()
    groups: Mapping[Root, str] = field(default_factory=dict)
    built_in: frozenset[Root] = frozenset()
    unseen: frozenset[Root] = frozenset()
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """A folder on its way to becoming a root."""

    kind: str
    path: str
    source: str
    group: str
    is_built_in: bool = False
    is_seen: bool = True


class _ComfyUI:
    """The folder table of one ComfyUI, grown in the steps and by the rules of its own start."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.table: dict[str, list[_Found]] = {}

    def add(self, kind: str, path: str, source: str, is_default: bool = False, is_built_in: bool = False, is_seen: bool = True) -> None:
        """Add one folder (Comfy-Org/ComfyUI:folder_paths.py, add_model_folder_path): paths are compared letter by letter."""
        folders = self.table.setdefault(current_name(kind), [])
        found = next((old for old in folders if old.path == path), None)
        if found is None:
            found = _Found(current_name(kind), path, source, self.group, is_built_in, is_seen)
        elif is_default:
            folders.remove(found)
        else:
            return
        folders.insert(0 if is_default else len(folders), found)

    def add_layout(self, layout: Layout) -> None:
        """Add the built-in folders; called first."""
        for kind, folders in layouts.core_folders(layout):
            for folder in folders:
                self.add(kind, folder, "ComfyUI", is_built_in=True)

    def add_config(self, file: str, problems: list[ConfigProblem]) -> None:
        """Add the folders of one extra_model_paths.yaml; what is wrong with it is added to `problems`."""
        try:
            found = extra_paths.read(file)
        except BadConfig as error:
            problems.append(ConfigProblem(os.path.abspath(file), 0, error.text))
            return
        problems.extend(found.problems)
        name = os.path.basename(file)
        for extra in found.paths:
            source = f"{name}: {extra.section}" if extra.section else name
            self.add(extra.kind, extra.path, source, extra.is_default, is_seen=extra.is_seen)

    def add_outputs(self, base: str) -> None:
        """Add the folders nodes save to; called last."""
        for kind, name in _OUTPUTS:
            self.add(kind, os.path.join(base, "output", name), "ComfyUI output", is_built_in=True)

    def all(self) -> Iterator[_Found]:
        """Return every folder, category by category."""
        for folders in self.table.values():
            yield from folders

    def more_below(self, models: str) -> list[_Found]:
        """Return the folders in `models` that no category has yet: custom nodes keep theirs there, each is a category of its own."""
        taken = {_real(found.path) for found in self.all()}
        found = []
        for name in layouts.subfolders(models):
            path = os.path.join(models, name)
            if not name.startswith(".") and _real(path) not in taken:
                found.append(_Found(current_name(name), path, "models folder", self.group))
        return found


class _Collector:
    """Gathers the folders of several installs in the order they were given."""

    def __init__(self) -> None:
        self.found: list[_Found] = []
        self.problems: list[ConfigProblem] = []
        self.comfyuis: list[_ComfyUI] = []

    def add_comfyui(self, layout: Layout, config_files: Sequence[str]) -> None:
        """Add one ComfyUI as it would set itself up when started with `config_files`."""
        comfyui = _ComfyUI(layout.base)
        comfyui.add_layout(layout)
        beside = os.path.join(layout.code or layout.base, CONFIG_NAME)
        if os.path.isfile(beside):
            comfyui.add_config(beside, self.problems)
        self.add_configs(comfyui, config_files)
        if layout.sort != layouts.MODELS:
            comfyui.add_outputs(layout.base)
        self.found += [*comfyui.all(), *comfyui.more_below(layout.models)]

    def add_configs(self, comfyui: _ComfyUI, config_files: Sequence[str]) -> None:
        """Add configuration files to a ComfyUI and keep it."""
        for file in config_files:
            comfyui.add_config(file, self.problems)
        self.comfyuis.append(comfyui)

    def add_gone(self, layout: Layout, known_before: Iterable[Root], config_files: Sequence[str]) -> None:
        """Stand in for a folder that is not there now: what was known below it, else what a ComfyUI would have there."""
        self.problems.append(
            ConfigProblem(layout.base, 0, tr("{folder} is not there. If it is on a drive, connect it.", folder=layout.base))
        )
        known = [root for root in known_before if inside(layout.base, root.path)]
        if not known:
            self.add_comfyui(layout, config_files)
            return
        self.found += [_Found(root.kind, root.path, root.source, layout.base) for root in known]

    def add_foreign(self, layout: Layout) -> None:
        """Add another program's folders or a bare one."""
        folders = [(layouts.bare_kind(layout), layout.base)] if layout.sort == layouts.BARE else layouts.foreign_folders(layout)
        self.found += [_Found(kind, path, _SOURCES[layout.sort], layout.base, is_seen=False) for kind, path in folders]

    def result(self, off: Container[str] = ()) -> Roots:
        """Return what was gathered, by category, each real folder once per category, without those whose path (as a key) is `off`."""
        known = {(found.kind, _real(found.path)) for comfyui in self.comfyuis for found in comfyui.all() if found.is_seen}
        has_comfyui = any(found.is_built_in for found in self.found)
        taken: set[tuple[str, str]] = set()
        groups: dict[Root, str] = {}
        built_in, unseen = set(), set()
        for found in sorted(self.found, key=lambda found: _place(found.kind)):
            key = (found.kind, _real(found.path))
            if key in taken or found.kind == _NOT_A_CATEGORY or kind_of(found.kind).is_hidden:
                continue
            taken.add(key)
            if path_key(normalize(found.path)) in off:
                continue
            root = Root(found.kind, normalize(found.path), found.source)
            groups[root] = found.group
            if found.is_built_in:
                built_in.add(root)
            if has_comfyui and not found.is_seen and not _is_known(key, known):
                unseen.add(root)
        folders = _own_answer(self.comfyuis[0]) if self.comfyuis else {}
        return Roots(tuple(groups), tuple(self.problems), groups, frozenset(built_in), frozenset(unseen), folders)


def _real(path: str) -> str:
    """Return what two ways to one folder have in common, whether it is there or not."""
    try:
        return path_key(os.path.realpath(path))
    except (OSError, ValueError):
        return path_key(path)


_ORDER = {name: index for index, name in enumerate(KINDS)}


def _place(kind: str) -> tuple[int, str]:
    return (_ORDER.get(kind, len(_ORDER)), kind)


def _is_known(key: tuple[str, str], known: set[tuple[str, str]]) -> bool:
    """Return whether ComfyUI looks into this folder or one above it, for the same category."""
    return any(kind == key[0] and inside(path, key[1]) for kind, path in known)


def _own_answer(comfyui: _ComfyUI) -> dict[str, tuple[str, ...]]:
    answer = {}
    for kind, folders in comfyui.table.items():
        paths = tuple(found.path for found in folders if found.is_seen)
        if kind not in _NOT_SHOWN and (paths or not folders):
            answer[kind] = paths
    return answer


def collect(
    comfyui_dirs: Sequence[str],
    config_files: Sequence[str] = (),
    own: Sequence[tuple[str, str]] = (),
    known_before: Iterable[Root] = (),
    off: Iterable[str] = (),
) -> Roots:
    """Return every root of the installs, configuration files and own (category, folder) pairs, with what is wrong among them.

    `comfyui_dirs` may be ComfyUI folders, base folders, portable ones, models folders, Stability Matrix, A1111 or Forge, or bare folders.
    `config_files` are those given to ComfyUI with --extra-model-paths-config; they count for the first ComfyUI. `known_before`: the
    roots of the last time, which stand in for an install whose drive is away. `off`: folders that are left out.
    """
    collector = _Collector()
    remembered = tuple(known_before)
    for path in filter(None, comfyui_dirs):
        layout = layouts.layout_of(path)
        files = () if collector.comfyuis else config_files
        if layout.sort == layouts.GONE:
            collector.add_gone(layout, remembered, files)
        elif layout.sort in (layouts.COMFYUI, layouts.MODELS):
            collector.add_comfyui(layout, files)
        else:
            collector.add_foreign(layout)
    if config_files and not collector.comfyuis:
        alone = _ComfyUI("")
        collector.add_configs(alone, config_files)
        collector.found += alone.all()
    collector.found += [_Found(current_name(kind), normalize(path), "own", "own", is_seen=False) for kind, path in own]
    return collector.result({path_key(path) for path in off})


def is_comfyuis(root: Root) -> bool:
    """Return whether a root was named by a ComfyUI or its configuration, not by another program or the person."""
    return root.source not in _SOURCES.values()


def comfyui_folders(roots: Roots) -> dict[str, list[str]]:
    """Return what the first ComfyUI answers at /experiment/models: category -> folders, both in its order and spelling."""
    return {kind: list(paths) for kind, paths in roots.folders.items()}

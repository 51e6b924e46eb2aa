"""The plain functions that the page of folders gives to the runner, and the records they give back."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model_manager.bridge.tasks import Sources
from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import Plan
from model_manager.core.library import extra_paths, folder_log, layouts
from model_manager.core.library.entry import FolderReport, Root
from model_manager.core.library.folder_log import FolderNote as FolderNote
from model_manager.core.library.folder_states import state_of
from model_manager.core.library.index import Index
from model_manager.core.library.kinds import current_name
from model_manager.core.library.roots import CONFIG_NAME
from model_manager.core.library.yaml_shape import Folder as Folder
from model_manager.core.library.yaml_shape import Section as Section
from model_manager.core.library.yaml_shape import Shape as Shape
from model_manager.core.library.yaml_shape import read_shape, shape_of
from model_manager.core.paths import long_path
from model_manager.core.tidy.away import require_drive
from model_manager.core.tidy.folder_plans import plan_make
from model_manager.core.tidy.folder_rows import OFF, Columns, PlaceRow, Words, place_rows, sums_of
from model_manager.core.tidy.linking_away import plan_bring_back, plan_link_folder, plan_link_models
from model_manager.core.tidy.subjects import subjects
from model_manager.core.words import tr


@dataclass(frozen=True, slots=True)
class Looked:
    """All folders as they are now, what is new with them, and the files that name some or could, with whether they are there."""

    rows: list[PlaceRow]
    news: list[FolderNote]
    files: dict[str, bool]


def look(
    data: Path, index_path: Path, sources: Sources, words: Words, taken: Columns, retried: Sequence[str], scanned: Sequence[str]
) -> Looked:
    """Look at all folders, and note what has changed with them.

    retried: folders that the person had looked at again; scanned: real folders that a scan has looked through.
    """
    with Index(index_path) as index:
        known, used = tuple(index.roots()), index.used_roots()
    roots = sources.roots(known, with_off=True)
    sums = sums_of(taken.folders, taken.files, taken.holders, taken.sizes)
    rows = place_rows(roots, used, {}, sums, words)
    told = [FolderReport(row.kind, row.path, row.source, row.state, row.reason) for row in rows if row.state != OFF]
    try:
        if retried:
            folder_log.note_retry(data, retried)
        news = folder_log.observe(data, told)
        if scanned:
            _note_scan(data, [row.path for row in told], scanned)
        remembered = folder_log.known(data)
    except FileFault:  # the page is worth more than its history
        return Looked(rows, [], yaml_files(sources))
    return Looked(place_rows(roots, used, remembered, sums, words), news, yaml_files(sources))


def _note_scan(data: Path, paths: Sequence[str], looked_at: Sequence[str]) -> None:
    there = set(looked_at)
    folder_log.note_scan(data, [path for path in paths if path in there or os.path.realpath(path) in there])


def notes(data: Path, path: str) -> list[FolderNote]:
    """What happened to a folder, newest first."""
    return folder_log.notes(data, path)


# extra_model_paths.yaml


@dataclass(frozen=True, slots=True)
class FileState:
    """How a folder named in a file is: its full path, its state with the reason, and the number of models known in it."""

    path: str
    state: str
    reason: str
    models: int


Edit = Callable[[Shape], Shape]
States = Mapping[tuple[str, str, str], FileState]  # by section, category and the folder's words; ("section", "", "") for a base_path


@dataclass(frozen=True, slots=True)
class Read:
    """A file of folders and how each of them is. order: category -> folders as ComfyUI has them from it."""

    shape: Shape
    states: States
    order: Mapping[str, list[str]]


def yaml_files(sources: Sources) -> dict[str, bool]:
    """The files of folders in use or that would be: those the person named, and the one beside each ComfyUI; and whether they are there."""
    found = [os.path.abspath(path) for path in sources.configs]
    for install in sources.installs:
        layout = layouts.layout_of(install)
        if layout.sort in (layouts.COMFYUI, layouts.MODELS):
            found.append(os.path.join(layout.code or layout.base, CONFIG_NAME))
    return {path: os.path.exists(long_path(path)) for path in found}


def read_yaml(path: str, models: Mapping[tuple[str, str], int]) -> Read:
    """Read a file; one that is not there yet is empty. models: (category, root) -> number. Raises BadConfig."""
    if not os.path.lexists(path):
        return _read(shape_of("", path), models)
    return _read(read_shape(path), models)


def edit_yaml(shape: Shape, edit: Edit, models: Mapping[tuple[str, str], int]) -> Read:
    """Change a file in memory. Raises BadConfig when the change cannot be made safely."""
    return _read(edit(shape), models)


def again(text: str, path: str, models: Mapping[tuple[str, str], int]) -> Read:
    """A former text of a file."""
    return _read(shape_of(text, path), models)


def _read(shape: Shape, models: Mapping[tuple[str, str], int]) -> Read:
    states: dict[tuple[str, str, str], FileState] = {}
    for section in shape.sections:
        base = extra_paths.base_folder(section.base, shape.file) if section.base is not None else ""
        if base:
            states[section.name, "", ""] = FileState(base, *_state(base), 0)
        for category in section.categories:
            for folder in category.folders:
                path = extra_paths.folder_path(folder.text, base, shape.file)
                count = models.get((current_name(category.name), path), 0)
                states[section.name, category.name, folder.text] = FileState(path, *_state(path), count)
    return Read(shape, states, extra_paths.in_order(shape.read))


def _state(path: str) -> tuple[str, str]:
    if "\0" in path:
        return "missing", tr("This is not a possible folder name.")
    return state_of(path)


# plans


def made(path: str, data: Path, index: Path) -> Plan:
    """Plan to make a folder that is missing."""
    return plan_make(path)


def folder_away(path: str, folder: str, data: Path, index: Path) -> Plan:
    """Plan to move a folder into another one on another drive, with a link left in its place."""
    require_drive(index, folder)
    return plan_link_folder(index, path, folder, _roots(index))


def models_away(ids: Sequence[int], folder: str, data: Path, index: Path) -> Plan:
    """Plan to move models to another drive, with links left in their places."""
    require_drive(index, folder)
    found, refused = subjects(index, ids)
    return plan_link_models(found, folder, _roots(index), refused)


def brought_back(path: str, data: Path, index: Path) -> Plan:
    """Plan to put what a link leads to in its place."""
    return plan_bring_back(index, path)


def _roots(index: Path) -> Mapping[Root, str]:
    with Index(index) as opened:
        return opened.roots()

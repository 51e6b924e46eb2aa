"""Whether the drive that a folder is on has gone away: models that go there would fill the drive that the empty place lies on.

Called before models are moved, copied or led to a folder. One rule: the folder is on another drive than the models that were known in it
and all of them are missing, or the system's table of drives has one for it that is not mounted. It only looks.
"""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

from model_manager.core.errors import FolderFault, IndexFault
from model_manager.core.files.volumes import volume_of
from model_manager.core.library.index import FolderRow, Index
from model_manager.core.paths import inside, long_path, normalize
from model_manager.core.words import tr

FSTAB: Final = "/etc/fstab"
_PLACEHOLDERS: Final = ("put_", ".")  # what lies in a folder that has nothing mounted (ComfyUI's put_checkpoints_here)
_ENOUGH: Final = 50  # folders that are asked whether a drive merely has another number


def require_drive(index: Path, folder: str) -> None:
    """Raise FolderFault with a sentence when the drive of a folder is away; the folder itself need not be there."""
    shown = normalize(folder)
    if reason := _not_mounted({shown, os.path.realpath(shown)}) or _went_away(index, os.path.realpath(shown)):
        raise FolderFault(reason)


def _not_mounted(paths: Iterable[str]) -> str:
    for point in _mount_points():
        if any(inside(point, path) for path in paths) and not os.path.ismount(point):
            return tr("{folder} is the place of a drive that is not connected. Connect it first.", folder=point)
    return ""


def _mount_points() -> list[str]:
    """Where the system's table hangs drives in: the second word of each line, with spaces as \\040 (fstab(5))."""
    try:
        lines = Path(FSTAB).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines if not line.lstrip().startswith("#")]
    found = [line[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\") for line in words if len(line) > 1]
    return [point for point in found if os.path.isabs(point)]


def _went_away(index: Path, folder: str) -> str:
    device, nearest, _ = volume_of(folder)
    if os.path.ismount(long_path(nearest)) and nearest == folder:
        return ""
    try:
        with Index(index) as opened:
            rows = opened.folders()
    except IndexFault:
        return ""
    is_empty = _is_empty(nearest)
    gone = [row for row in rows if row.models and row.device != device and _is_missing(row, folder, nearest, is_empty)]
    if not gone or any(_is_renumbered(rows, drive, device) for drive in {row.device for row in gone}):
        return ""
    return tr(
        "{folder} is on another drive than its models were, and they are missing: its drive is not connected. Connect it first.",
        folder=nearest,
    )


def _is_missing(row: FolderRow, folder: str, nearest: str, is_empty: bool) -> bool:
    """Whether a known folder lies on the way to `folder`, or below it, and nothing is left of it."""
    if not inside(nearest, row.path) or not (is_empty or inside(row.path, folder)):
        return False
    return is_empty if row.path == nearest else not os.path.isdir(long_path(row.path))


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(long_path(folder)) as entries:
            return all(entry.name.startswith(_PLACEHOLDERS) and not entry.is_dir() for entry in entries)
    except OSError:
        return False


def _is_renumbered(rows: Iterable[FolderRow], before: int, now: int) -> bool:
    """Whether a drive is merely known by another number since the last start: something else of it is still where it was."""
    known = islice((row for row in rows if row.device == before and row.models), _ENOUGH)
    return any(volume_of(row.path)[0] == now and _has_models(row) for row in known)


def _has_models(row: FolderRow) -> bool:
    return any(os.path.exists(long_path(os.path.join(row.path, name))) for name in row.models.split("/"))

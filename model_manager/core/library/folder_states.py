"""The state of every root, with the reason and what to do, in plain sentences.

Called by the session and `folders`. It looks at a folder's own entry and its first few names only, and changes nothing.
"""

import errno
import os
import sys
from collections.abc import Container

from model_manager.core.library.entry import FolderReport, Root
from model_manager.core.library.roots import Roots
from model_manager.core.paths import inside, long_path, plain_reason
from model_manager.core.words import tr

_GONE_DRIVE = frozenset(
    {errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENODEV, errno.ENXIO}
)
# Windows: no such drive letter, device not ready, server or share not found, no network
_GONE_DRIVE_WINDOWS = frozenset({15, 21, 53, 55, 59, 64, 67, 121, 1203, 1219, 1231})
# Where systems hang in drives: the folder of one that is away is missing or empty here
_MOUNT_PLACES = ("/mnt", "/media", "/run/media", "/Volumes", "/net", "/run/user")
_PLACES_BY_USER = ("/media", "/run/media")  # a folder for each user, and the drives in it
_NOT_CONTENT = ("put_", ".", "desktop.ini", "thumbs.db")


def report(roots: Roots, known_before: Container[str] = ()) -> list[FolderReport]:
    """Return the state of each root, in order. `known_before` holds the paths of roots that had models the last time."""
    return [_report(root, roots, root.path in known_before) for root in roots.roots]


def _report(root: Root, roots: Roots, was_known: bool) -> FolderReport:
    state, reason = state_of(root.path, was_known, root in roots.built_in)
    if root in roots.unseen and state in ("fine", "empty"):
        state, reason = "not_seen_by_comfyui", _unseen_reason(root)
    return FolderReport(root.kind, root.path, root.source, state, reason)


def _unseen_reason(root: Root) -> str:
    if root.source.lower().endswith((".yaml", ".yml")) or ": " in root.source:
        return tr("{file} names this folder in a way that ComfyUI cannot read. Write it in a section, below a base_path.", file=root.source)
    return tr("ComfyUI was not told of this folder, so nothing in it can be used there. Add it to extra_model_paths.yaml.")


def state_of(path: str, was_known: bool = False, is_built_in: bool = False) -> tuple[str, str]:
    """Return (state, reason) of one folder as in FolderReport, without `not_seen_by_comfyui`. Never raises for an odd path."""
    try:
        os.stat(long_path(path))
        has_content = _has_content(path)
    except OSError as error:
        return _fault(path, error, was_known, is_built_in)
    except ValueError:
        return "missing", tr("This is not a possible folder name. Correct it where the folder is named.")
    if os.path.islink(path) and inside(os.path.realpath(path), os.path.realpath(os.path.dirname(path))):
        return "link_loop", tr("This link leads back to a folder it lies in. Nothing is listed twice, but the link should go.")
    if not has_content and was_known and not _has_names(path):
        return "away", tr("This folder had models and is empty now. If they are on a drive, connect it; if you removed them, all is well.")
    if not os.access(long_path(path), os.W_OK):
        return "not_writable", tr("Models here can be used, but notes and pictures cannot be saved: this folder may not be written to.")
    if not has_content:
        return "empty", tr("There is nothing in this folder yet.")
    return "fine", ""


def _has_content(path: str) -> bool:
    """Return whether a folder holds more than placeholders. Raises OSError when it cannot be read."""
    with os.scandir(long_path(path)) as entries:
        return any(not entry.name.lower().startswith(_NOT_CONTENT) for entry in entries)


def _fault(path: str, error: OSError, was_known: bool, is_built_in: bool) -> tuple[str, str]:
    if error.errno in _GONE_DRIVE or getattr(error, "winerror", None) in _GONE_DRIVE_WINDOWS:
        return "away", _away_reason()
    if error.errno == errno.ELOOP:
        return "link_loop", tr("The links on the way to this folder lead in a circle. Correct or delete the link.")
    if error.errno == errno.ENOTDIR and os.path.exists(path):
        return "not_readable", tr("This is a file, not a folder. Correct it where the folder is named.")
    if error.errno not in (errno.ENOENT, errno.ENOTDIR):
        return "not_readable", tr(
            "This folder cannot be read: {reason}. Change its permissions, or ask who owns it.", reason=plain_reason(error)
        )
    if link := _broken_link(path):
        return _broken(link)
    if was_known or _is_drive_gone(path):
        return "away", _away_reason()
    if is_built_in:
        return "not_needed", tr("ComfyUI looks here as well, but this folder does not exist. Nothing needs to be done.")
    return "missing", tr("This folder does not exist. Make it, or correct the path where it is named.")


def _away_reason() -> str:
    return tr("This folder is away: its drive is not connected, or it was moved. Its models stay in the list until it is back.")


def _broken_link(path: str) -> str:
    """Return the first link on the way to `path` that leads nowhere, "" when there is none."""
    while True:
        if os.path.lexists(path):
            return path if os.path.islink(path) and not os.path.exists(path) else ""
        parent = os.path.dirname(path)
        if parent == path:
            return ""
        path = parent


def _broken(link: str) -> tuple[str, str]:
    target = os.path.join(os.path.dirname(link), os.readlink(link))
    if _is_drive_gone(os.path.normpath(target)):
        return "away", tr("{link} leads to {target}, which is away: its drive is not connected.", link=link, target=target)
    return "link_broken", tr("{link} leads to {target}, which does not exist. Correct or delete the link.", link=link, target=target)


def _is_drive_gone(path: str) -> bool:
    """Return whether a missing folder is missing with its whole drive: nothing of its drive letter, share or mount is there."""
    if sys.platform == "win32":
        drive = os.path.splitdrive(path)[0]
        return bool(drive) and not os.path.exists(drive + "\\")
    there = os.path.dirname(path)
    while not os.path.exists(there):
        there = os.path.dirname(there)
    if not _awaits_drive(there):
        return False
    return there in _MOUNT_PLACES or os.path.dirname(there) in _PLACES_BY_USER or not _has_names(there)


def _awaits_drive(folder: str) -> bool:
    """Return whether `folder` is where drives are hung in, and none is hung in at it or above."""
    while not os.path.ismount(folder):
        if folder in _MOUNT_PLACES:
            return True
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    return folder in _MOUNT_PLACES


def _has_names(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(True for _ in entries)
    except OSError:
        return False

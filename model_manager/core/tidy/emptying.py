"""Lets go of one held model: into the system's trash, in a folder with its own name and files with theirs; or for good.

Used by held, under the lock of the journal. It touches nothing but what is held.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Final

from send2trash import send2trash
from send2trash.exceptions import TrashPermissionError

from model_manager.core.errors import FileFault
from model_manager.core.paths import long_path, plain_reason, rename_new
from model_manager.core.tidy.holding import NOTE, HeldItem, shown_folder, trash_of
from model_manager.core.words import tr

_TAKER: Final = str(send2trash.__module__)  # which of its ways send2trash found to work on this system


def is_held(item: HeldItem) -> bool:
    """Whether anything of an item is still where it is held."""
    return any(os.path.lexists(long_path(file.held)) for file in item.files) or os.path.isdir(long_path(shown_folder(item)))


def let_go(item: HeldItem, for_good: bool) -> None:
    """Put one item into the system's trash, or remove it for good. Raises FileFault with a sentence; it is held as before then."""
    if not item.is_there or not os.path.isdir(long_path(item.folder)):
        raise FileFault(tr("{name} is on a drive that is away.", name=item.name))
    if not for_good and not has_safe_trash():
        raise FileFault(tr("The system's trash cannot be reached safely. Delete it for good instead, if that is wanted."))
    try:
        settle(item)
        if for_good:
            for file in reversed(item.files):  # the model last: when this is cut off, what matters can still be brought back
                with suppress(FileNotFoundError):
                    os.unlink(long_path(file.held))
        else:
            _throw_away(item)
        with suppress(FileNotFoundError):
            os.unlink(long_path(os.path.join(item.folder, NOTE)))
    except TrashPermissionError as fault:
        text = tr("There is no trash on the drive of {path}. Delete it for good instead, if that is wanted.", path=item.folder)
        raise FileFault(text) from fault
    except OSError as fault:
        raise FileFault(tr("{name} could not be removed: {reason}.", name=item.name, reason=plain_reason(fault))) from fault
    for folder in (item.folder, os.path.dirname(item.folder), trash_of(item.folder)):
        with suppress(OSError):
            os.rmdir(long_path(folder))


def has_safe_trash() -> bool:
    """Whether what does not fit into the trash is refused. On Windows that takes pywin32 (IFileOperation): by the older call, which
    send2trash falls back to, a file too large for the bin is removed for good, silently (SHFileOperation)."""  # fmt: skip
    return sys.platform != "win32" or _TAKER.endswith("modern")


def _throw_away(item: HeldItem) -> None:
    """Give the files their own names again, in a folder named like the model, and put that into the trash. Raises OSError, FileFault."""
    folder = shown_folder(item)
    os.mkdir(long_path(folder))
    try:
        for file in item.files:
            if os.path.lexists(long_path(file.held)):
                rename_new(file.held, os.path.join(folder, os.path.basename(file.path)))
        _trash(folder, item.name)
    finally:
        settle(item)  # where all went well, nothing is left of the folder


def _trash(folder: str, name: str) -> None:
    """Put a folder into the trash. Raises OSError, or FileFault where the trash itself says no, or says yes and takes nothing."""
    refusal = FileFault(tr("The system's trash did not take {name}. Delete it for good instead, if that is wanted.", name=name))
    try:
        send2trash(folder)
    except _com_faults() as fault:
        raise refusal from fault
    except OSError as fault:
        if (getattr(fault, "winerror", None) or 0) < 0 or fault.strerror is None:  # a refusal of the shell, in words for nobody
            raise refusal from fault
        raise
    if os.path.isdir(long_path(folder)):
        raise refusal


def _com_faults() -> tuple[type[Exception], ...]:
    """What pywin32 raises and send2trash lets through where the shell cannot be asked; it is no OSError."""
    try:
        found: type[Exception] = import_module("pywintypes").com_error
    except ImportError:
        return ()
    return (found,)


def settle(item: HeldItem) -> None:
    """Take back what a failure, or a kill, left half way to the trash."""
    folder = shown_folder(item)
    if not os.path.isdir(long_path(folder)):
        return
    with suppress(OSError):
        for file in item.files:
            shown = os.path.join(folder, os.path.basename(file.path))
            if os.path.lexists(long_path(shown)):
                rename_new(shown, file.held)
        os.rmdir(long_path(folder))

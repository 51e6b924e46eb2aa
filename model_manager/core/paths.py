"""One spelling of paths, containment, safe writes, and where our own files lie.

Called by every room before a path is compared, stored or written. It must never resolve links on its own (what is shown is the
path as configured) and never write into a file in place. `system` is a `sys.platform` value, so each system's rules run anywhere.
"""

import contextlib
import ctypes
import errno
import ntpath
import os
import posixpath
import secrets
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import cast

import platformdirs

from model_manager.core.errors import FileFault, OutsideRoot
from model_manager.core.words import tr

APP_NAME = "ModelManager"
DATA_VARIABLE = "MODEL_MANAGER_DATA"
WINDOWS_PATH_LIMIT = 248  # MAX_PATH (260) less an 8.3 name: the limit Windows has for making folders
_VERBATIM = "\\\\?\\"
_VERBATIM_UNC = "\\\\?\\UNC\\"


def _rules(system: str) -> ModuleType:
    return ntpath if system == "win32" else posixpath


def normalize(path: str | os.PathLike[str], system: str = sys.platform) -> str:
    r"""Return `path` absolute, `..` folded, without trailing separator, links not followed.

    Windows: `/` becomes `\`, the drive letter upper case, `\\server\share` is kept, `\\?\` is taken off (see `long_path`).
    Elsewhere a doubled leading slash becomes one. `~` and variables are plain characters here, and letters keep their spelling.
    """
    text = os.fspath(path)
    if system != "win32":
        found: str = posixpath.abspath(text)
        return found[1:] if found.startswith("//") else found
    text = text.replace("/", "\\")
    if text.upper().startswith(_VERBATIM_UNC):
        text = "\\\\" + text[len(_VERBATIM_UNC) :]
    elif text.startswith(_VERBATIM):
        text = text[len(_VERBATIM) :]
    found = ntpath.abspath(text)
    if found[1:2] == ":":
        return found[0].upper() + (found[1:] if len(found) > 2 else ":\\")
    return found.rstrip("\\") if found.startswith("\\\\") else found


def long_path(path: str, system: str = sys.platform) -> str:
    r"""Return `path` for a call to the system: on Windows with `\\?\` once it is too long to work without, else as it is."""
    if system != "win32" or len(path) < WINDOWS_PATH_LIMIT or path.startswith(_VERBATIM):
        return path
    full = normalize(path, system)
    return _VERBATIM_UNC + full[2:] if full.startswith("\\\\") else _VERBATIM + full


def folds_case(system: str = sys.platform) -> bool:
    """Return whether the system's usual drives take `A` and `a` for one name (Windows and macOS)."""
    return system in ("win32", "darwin")


def name_key(name: str, system: str = sys.platform) -> str:
    """Return what two spellings of one name have in common: composed (NFC), and case folded where the system folds it."""
    if name.isascii():
        return name.lower() if folds_case(system) else name
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", composed.casefold()) if folds_case(system) else composed


def same_name(a: str, b: str, system: str = sys.platform) -> bool:
    """Return whether two file names are one name to a person on this system (NFC against NFD, case where it does not count)."""
    return a == b or name_key(a, system) == name_key(b, system)


def path_key(path: str | os.PathLike[str], system: str = sys.platform) -> str:
    """Return a path to compare by: normalized, and in one spelling where the system itself takes several for one file.

    On Linux two names that differ in case or composition are two files, so nothing is folded there.
    """
    full = normalize(path, system)
    return name_key(full, system) if folds_case(system) else full


def inside(root: str | os.PathLike[str], path: str | os.PathLike[str], system: str = sys.platform) -> bool:
    """Return whether `path` is `root` or below it, by its spelling: a linked folder in a library counts as inside."""
    top, target = path_key(root, system), path_key(path, system)
    separator = _rules(system).sep
    return target == top or target.startswith(top.rstrip(separator) + separator)


def require_inside(root: str | os.PathLike[str], path: str | os.PathLike[str], system: str = sys.platform) -> None:
    """Raise OutsideRoot unless `path` is `root` or below it."""
    if not inside(root, path, system):
        raise OutsideRoot(
            tr("{path} lies outside of {root}. Nothing was changed.", path=normalize(path, system), root=normalize(root, system))
        )


def plain_reason(error: OSError) -> str:
    """Return in a plain clause why the system refused, to be put behind a sentence ("the disk is full")."""
    if getattr(error, "winerror", None) in (32, 33):
        return tr("another program has it open")
    reasons = {
        errno.ENOSPC: tr("the disk is full"),
        errno.EDQUOT: tr("your share of the disk is full"),
        errno.EROFS: tr("the drive is read-only"),
        errno.EACCES: tr("you have no permission"),
        errno.EPERM: tr("you have no permission"),
        errno.ENOENT: tr("it is not there"),
        errno.ENOTDIR: tr("a part of its path is a file"),
        errno.EISDIR: tr("it is a folder"),
        errno.ELOOP: tr("its links lead in a circle"),
        errno.ENAMETOOLONG: tr("its name is too long for this drive"),
        errno.EIO: tr("the drive reports a fault"),
        errno.ESTALE: tr("the network drive is gone"),
        errno.ENOTCONN: tr("the network drive is gone"),
    }
    return reasons.get(error.errno or 0) or error.strerror or type(error).__name__


_MARK: ContextVar[str] = ContextVar("mark", default="")


@contextlib.contextmanager
def marked(mark: str) -> Iterator[None]:
    """Let all temporary files that this thread makes meanwhile bear a mark (hex), by which `remove_marked` finds what a kill left."""
    token = _MARK.set(mark)
    try:
        yield
    finally:
        _MARK.reset(token)


def temporary_name() -> str:
    """Return the name for a file that gets its own when it is whole."""
    return f".mm-{_MARK.get()}{secrets.token_hex(6)}.tmp"


def remove_marked(folder: str, mark: str) -> None:
    """Remove the temporary files with this mark; only whoever made them, or goes on with its work, may."""
    start = f".mm-{mark}"
    with contextlib.suppress(OSError):
        for name in os.listdir(long_path(folder)):
            if name.startswith(start) and name.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    os.unlink(long_path(os.path.join(folder, name)))


def replace_file(path: str | os.PathLike[str], data: bytes, beside: str = "") -> None:
    """Write `data` beside `path` and put it in its place in one step: there is always either the old file or the new one.

    Keeps mode, owner and extended attributes of an existing file, as far as the system lets us; through a link the file it leads to
    is replaced. beside: a file of `open_beside` that holds `data` and is on the disk; it is gone afterwards, whatever comes of it.
    Raises FileFault; the old file is then as it was.
    """
    target = _target_of(path)
    source = beside or os.path.join(os.path.dirname(target), temporary_name())
    try:
        if not beside:
            handle = _open_new(source, data, _mode_of(target))
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        _keep_owner(target, source)
        os.replace(source, target)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            os.unlink(source)
        raise _not_saved(path, error) from error


def open_beside(path: str | os.PathLike[str], data: bytes) -> tuple[str, int]:
    """Write `data` beside `path` for `replace_file`; returns the file's path and its open handle, which the caller flushes and closes.

    Raises FileFault; nothing is left then.
    """
    beside = ""
    try:
        target = _target_of(path)
        beside = os.path.join(os.path.dirname(target), temporary_name())
        return beside, _open_new(beside, data, _mode_of(target))
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            os.unlink(beside)
        raise _not_saved(path, error) from error


def _not_saved(path: str | os.PathLike[str], error: Exception) -> FileFault:
    reason = plain_reason(error) if isinstance(error, OSError) else tr("its name is not a possible file name")
    return FileFault(tr("{path} could not be saved: {reason}. What was there is unchanged.", path=os.fspath(path), reason=reason))


def _target_of(path: str | os.PathLike[str]) -> str:
    return long_path(os.path.realpath(path) if os.path.islink(path) else normalize(path))


def _mode_of(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _keep_owner(old: str, new: str) -> None:
    """Give a file the owner and the extended attributes (tags of file managers, access lists) of another that may not be there."""
    with contextlib.suppress(OSError):
        was, now = os.stat(old), os.stat(new)
        if hasattr(os, "chown") and (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
            os.chown(new, was.st_uid, was.st_gid)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            for name in os.listxattr(old):
                with contextlib.suppress(OSError):  # some are the system's own
                    os.setxattr(new, name, os.getxattr(old, name))


def _open_new(path: str, data: bytes, mode: int | None) -> int:
    """Write a file that must not exist yet and return its handle; its mode is the usual one unless `mode` says."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with contextlib.ExitStack() as taken_back:
        taken_back.callback(os.close, handle)
        with open(handle, "wb", closefd=False) as file:
            if mode is not None:
                os.chmod(path, mode)
            file.write(data)
        taken_back.pop_all()
    return handle


def rename_new(source: str, target: str) -> None:
    """Rename a file or folder within its drive to a name that nothing has. Raises FileExistsError, or OSError as the system does."""
    if sys.platform == "win32":
        os.rename(long_path(source), long_path(target))  # refuses by itself
    elif not _rename_exclusively(source, target):
        _rename_by_steps(source, target)


# Linux: renameat2 of linux/fs.h with RENAME_NOREPLACE; macOS: renamex_np of sys/stdio.h with RENAME_EXCL
_AT_FDCWD, _NOREPLACE, _EXCL = -100, 1, 4
_NAMES = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
_NOT_ABLE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


@cache
def _system_call() -> Callable[..., int] | None:
    """The system's own rename that refuses a taken name (not zero: see errno), None in an old C library."""
    library = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):
        return cast("Callable[..., int]", library.renamex_np if sys.platform == "darwin" else library.renameat2)
    return None


def _rename_exclusively(source: str, target: str) -> bool:
    """Let the system do it in one step; False where it, or this kind of drive, cannot."""
    call = _system_call()
    if call is None:
        return False
    old, new = source.encode(*_NAMES), target.encode(*_NAMES)
    if not (call(old, new, _EXCL) if sys.platform == "darwin" else call(_AT_FDCWD, old, _AT_FDCWD, new, _NOREPLACE)):
        return True
    code = ctypes.get_errno()
    if code not in _NOT_ABLE:
        raise OSError(code, os.strerror(code), source, None, target)
    return False


def _rename_by_steps(source: str, target: str) -> None:
    """Take the name with an empty file or folder of our own, which nobody else can then take, and put the real one in its place."""
    if os.path.isdir(source) and not os.path.islink(source):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        os.replace(source, target)
    except OSError:
        (os.rmdir if os.path.isdir(target) else os.unlink)(target)
        raise


def data_dir() -> Path:
    """Return the folder of our own index, settings and thumbnails (not made here); MODEL_MANAGER_DATA in the environment overrides it."""
    chosen = os.environ.get(DATA_VARIABLE, "")
    return Path(normalize(os.path.expanduser(chosen))) if chosen else Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def resource(name: str) -> Path:
    """Return the path of `name` in our resources: frozen program, installed package or checkout. Raises FileFault if there is none."""
    here = Path(__file__)
    tops = [Path(frozen)] if (frozen := getattr(sys, "_MEIPASS", "")) else [here.parents[1], here.parents[2]]
    for top in tops:
        found = top / "resources" / name
        if found.exists():
            return found
    raise FileFault(tr("A part of the program is missing: {name}. Please install it again.", name=name))

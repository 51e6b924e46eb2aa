"""What a file is besides its name and bytes: owner, rights, times, extended attributes (tags of file managers, access lists).

Used by writing_down, which has them kept in the journal, and by shared, which gives them to the file that stands in for it later.
"""

import json
import os
import stat
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from model_manager.core.journal.seen import Seen
from model_manager.core.paths import long_path


def traits_of(path: str) -> bytes:
    """Return owner, time of last use and extended attributes of a file as JSON, b"" when it is not there. Raises OSError."""
    try:
        about = os.lstat(long_path(path))
    except (FileNotFoundError, NotADirectoryError):
        return b""
    tags = {name: b64encode(value).decode() for name, value in _tags(path).items()}
    found = {"owner": [about.st_uid, about.st_gid], "atime_ns": about.st_atime_ns, "tags": tags}
    return json.dumps(found).encode()


def give_traits(path: str, traits: bytes, seen: Seen) -> bool:
    """Give a file what another had: rights and time of `seen`, and what `traits_of` found; whether all of it could be given."""
    known = json.loads(traits) if traits else {}
    now = os.stat(long_path(path))
    is_all = True
    uid, gid = known.get("owner", (now.st_uid, now.st_gid))
    if hasattr(os, "chown") and (uid, gid) != (now.st_uid, now.st_gid):  # before the rights, of which it takes some
        is_all = _is_done(partial(os.chown, path, uid, gid))
    if "tags" in known:
        is_all &= _give_tags(path, {name: b64decode(value) for name, value in known["tags"].items()})
    with suppress(OSError):  # a drive may not know rights
        os.chmod(long_path(path), seen.rights)
    is_all &= stat.S_IMODE(os.stat(long_path(path)).st_mode) == seen.rights
    os.utime(long_path(path), ns=(known.get("atime_ns", now.st_atime_ns), seen.mtime_ns))
    return is_all


def add_tags(source: str, path: str) -> bool:
    """Give a copy those of the person's extended attributes that it lacks; whether it has all then."""
    is_all = True
    if sys.platform == "linux":
        there = _tags(path)
        for name, value in _tags(source).items():
            if name.startswith("user.") and there.get(name) != value:
                is_all &= _is_done(partial(os.setxattr, path, name, value))
    return is_all


def _tags(path: str) -> dict[str, bytes]:
    """Extended attributes by name, where the system and the drive have them."""
    found: dict[str, bytes] = {}
    if sys.platform == "linux":
        with suppress(OSError):
            for name in os.listxattr(path):
                with suppress(OSError):
                    found[name] = os.getxattr(path, name)
    return found


def _give_tags(path: str, wanted: dict[str, bytes]) -> bool:
    is_all = True
    if sys.platform == "linux":
        there = _tags(path)
        if there != wanted:
            with suppress(OSError):  # a file that may not be written to takes none
                os.chmod(path, 0o600)
        for name in there.keys() - wanted.keys():
            is_all &= _is_done(partial(os.removexattr, path, name))
        for name, value in wanted.items():
            if there.get(name) != value:
                is_all &= _is_done(partial(os.setxattr, path, name, value))
    return is_all


def _is_done(give: Callable[[], object]) -> bool:
    """Whether the system let us do it."""
    try:
        give()
    except OSError:
        return False
    return True

"""File names that every drive in question takes, and names that are still free.

Used by intake for targets. Pure text; it never looks at a disk.
"""

import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

LONGEST: Final = 255  # bytes of a name on nearly every drive
_ILLEGAL: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
# Windows keeps these for devices, with any ending
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)


def safe_name(name: str, system: str = sys.platform) -> str:
    """Return a file or folder name composed (NFC); on Windows also without what no drive there takes."""
    name = unicodedata.normalize("NFC", name)
    if system != "win32":
        return name
    name = _ILLEGAL.sub("_", name).rstrip(". ") or "_"
    return f"_{name}" if _DEVICES.fullmatch(name) else name


def safe_path(name: str, system: str = sys.platform) -> str:
    """Return a path below a folder with each of its names made safe."""
    return os.sep.join(safe_name(part, system) for part in name.split(os.sep))


def free_stem(stem: str, rests: Iterable[str], is_free: Callable[[str], bool]) -> str:
    """Return `stem`, or the first of "stem (2)", "stem (3)" ... that `is_free`; shortened where a name would become too long.

    `rests` are what the names of the family have behind the stem.
    """
    room = LONGEST - max((len(os.fsencode(rest.split(os.sep)[0])) for rest in rests), default=0)
    number, tried = 1, stem
    while not is_free(tried):
        number += 1
        mark = f" ({number})"
        tried = _cut(stem, room - len(mark)) + mark
    return tried


def _cut(text: str, most: int) -> str:
    """Return as much of `text` as fits into `most` bytes, never half a letter."""
    while len(os.fsencode(text)) > most and len(text) > 1:
        text = text[:-1]
    return text

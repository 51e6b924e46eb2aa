"""The records of health that travel to the bridge, the page and the command line: frozen and plain.

Made in this room; nothing here looks at a disk.
"""

from dataclasses import dataclass
from typing import Final

# How grave what a pickle would import is, from the least on.
SAFE: Final = "safe"
UNCHECKED: Final = "unchecked"
"""It cannot be looked through to the end; to be treated like SUSPICIOUS."""
SUSPICIOUS: Final = "suspicious"
DANGEROUS: Final = "dangerous"
LEVELS: Final = (SAFE, UNCHECKED, SUSPICIOUS, DANGEROUS)


@dataclass(frozen=True, slots=True)
class Import:
    """Something a pickle would import when it were loaded. name: "module name". level: SAFE, SUSPICIOUS or DANGEROUS. text: what
    it would do, a sentence, "" for what is harmless."""  # fmt: skip

    name: str
    level: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """What is to be thought of one file. level: one of LEVELS, "" where it is no pickle at all. imports: the gravest first.
    doubts: sentences about what is odd with the file, or why it cannot be checked."""  # fmt: skip

    level: str
    imports: tuple[Import, ...] = ()
    doubts: tuple[str, ...] = ()

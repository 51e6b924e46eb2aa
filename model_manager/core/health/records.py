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


# Sorts of findings, in the order in which they are shown: the gravest first.
BROKEN: Final = "broken"
UNSAFE: Final = "unsafe"
MISPLACED: Final = "misplaced"
MISNAMED: Final = "misnamed"
SAME_STEM: Final = "same stem"
BAD_SIDECAR: Final = "bad sidecar"
LINKS: Final = "links"
ORPHANS: Final = "orphans"
PARTIALS: Final = "partials"
EMPTY: Final = "empty"
PICKLES: Final = "pickles"
NO_DETAILS: Final = "no details"
NO_PREVIEW: Final = "no preview"
SORTS: Final = (
    *(BROKEN, UNSAFE, MISPLACED, MISNAMED, SAME_STEM, BAD_SIDECAR, LINKS, ORPHANS, PARTIALS, EMPTY, PICKLES, NO_DETAILS),
    NO_PREVIEW,
)  # fmt: skip
WISHES: Final = frozenset({PICKLES, NO_DETAILS, NO_PREVIEW})
"""What could be better but is nothing wrong; it does not count as something that needs attention."""

# Mends.
REFETCH: Final = "fetch again"
MOVE: Final = "move"
RENAME: Final = "rename"
ATTACH: Final = "attach"
DELETE: Final = "delete"
REMOVE_FOLDER: Final = "remove folder"
CONVERT: Final = "convert"
DETAILS: Final = "details"
PREVIEWS: Final = "previews"
MENDS: Final = (REFETCH, MOVE, RENAME, ATTACH, REMOVE_FOLDER, DETAILS, PREVIEWS, CONVERT, DELETE)
"""The best first."""


@dataclass(frozen=True, slots=True)
class Item:
    """One finding. name: of the file or folder; path: where it is, as shown (a model) or in truth; text: what is the matter, a sentence.

    files: the real paths it is about, the one of `path` first. size: their bytes. model: id in the index, 0 for none. mends: of the
    above, the best first. target: where a mend would bring it, "" for none: the category (MOVE), the ending (RENAME), the model it
    belongs to (ATTACH), the address (REFETCH). level, imports: of a pickle.
    """

    sort: str
    name: str
    path: str
    text: str
    files: tuple[str, ...] = ()
    size: int = 0
    model: int = 0
    mends: tuple[str, ...] = ()
    target: str = ""
    level: str = ""
    imports: tuple[Import, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """All findings of one sort. items: at most `known.MOST_LISTED` of them; count, size and models (ids) are of all. mends: what can be
    done for all of them."""  # fmt: skip

    sort: str
    items: tuple[Item, ...]
    count: int
    size: int
    models: tuple[int, ...] = ()

    @property
    def mends(self) -> tuple[str, ...]:
        """What can be done for at least one of them, the best first."""
        found = {mend for item in self.items for mend in item.mends}
        return tuple(mend for mend in MENDS if mend in found)


@dataclass(frozen=True, slots=True)
class Report:
    """What needs attention. looked: when the folders were looked through last, epoch seconds, 0 for never. unread: folders that could
    not be read then."""  # fmt: skip

    sections: tuple[Section, ...] = ()
    looked: float = 0.0
    unread: int = 0

    @property
    def count(self) -> int:
        """How much needs attention; wishes do not count."""
        return sum(section.count for section in self.sections if section.sort not in WISHES)

    def section(self, sort: str) -> Section | None:
        """The findings of one sort, None when there are none."""
        return next((one for one in self.sections if one.sort == sort), None)

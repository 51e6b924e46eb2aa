"""What the search for duplicates finds, as frozen records: groups of files, and what is known of each.

Made by finding, planned upon by planning, shown by ui and printed by the command line. Nothing here looks at a disk.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

# The sorts of groups.
SAME_FILE: Final = "file"
"""The same bytes, in files of their own."""
SAME_WEIGHTS: Final = "weights"
"""The same tensors, byte for byte; what else stands in the files (metadata, order) differs."""
SAME_NAME: Final = "name"
"""One name in several folders of a category: ComfyUI takes the first and never sees the others."""
ONE_FILE: Final = "one"
"""One file that has several names already; there is nothing to be won."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a group.

    id: in the index. path: as shown; real: with folder links resolved. root: the folder of its category. comfy: what ComfyUI calls it,
    "" when it does not list it. size, allocated: bytes of the file, and what the drive spends on it. device, inode: the file's identity.
    links: names it has on its drive; names: those we know of besides path. is_link: it is a link to the file. order: place of its root
    among ComfyUI's folders. content: members with the same number hold the same bytes. is_seen: ComfyUI finds it under its name.
    uses: pictures that are known to be made with it.
    """

    id: int
    path: str
    real: str
    name: str
    kind: str
    root: str
    comfy: str = ""
    size: int = 0
    allocated: int = 0
    mtime_ns: int = 0
    device: int = 0
    inode: int = 0
    links: int = 1
    names: tuple[str, ...] = ()
    is_link: bool = False
    order: int = 0
    content: int = 0
    is_seen: bool = True
    has_preview: bool = False
    has_notes: bool = False
    has_details: bool = False
    favourite: bool = False
    rating: int = 0
    uses: int = 0
    tags: tuple[str, ...] = ()

    @property
    def frees(self) -> int:
        """Bytes that its drive gets back when this name of the file is no more."""
        return self.allocated if self.links <= 1 and not self.is_link else 0


@dataclass(frozen=True, slots=True)
class Group:
    """Files that belong together. sort: one of the constants above. key: names the group, also in the next search.

    keep: id of the member that is worth keeping, 0 where nothing is suggested; why: the reason, a plain sentence.
    equal: for SAME_NAME what the files have in common, SAME_FILE, SAME_WEIGHTS or "" for nothing.
    """

    sort: str
    key: str
    members: tuple[Member, ...]
    keep: int = 0
    why: str = ""
    equal: str = ""

    def won(self, kept: Collection[int]) -> int:
        """Bytes to be won when all members but these (ids) go."""
        return sum(member.frees for member in self.members if member.id not in kept)

    @property
    def to_win(self) -> int:
        """Bytes to be won when the suggestion is followed."""
        return self.won((self.keep,)) if self.keep else 0


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be compared, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a search. time: epoch seconds of its end, 0: there was none. files: how many were looked at; read: bytes that were
    read for it. has_weights: weights were compared, too."""  # fmt: skip

    groups: tuple[Group, ...] = ()
    unread: tuple[Unread, ...] = ()
    time: float = 0.0
    files: int = 0
    read: int = 0
    has_weights: bool = False

    def of(self, sort: str) -> tuple[Group, ...]:
        """The groups of one sort."""
        return tuple(group for group in self.groups if group.sort == sort)

    def to_win(self, *sorts: str) -> int:
        """Bytes to be won in all groups of these sorts."""
        return sum(group.to_win for group in self.groups if group.sort in sorts)

"""Turns the session's counts into the sidebar's rows.

Called by the main window whenever the library was counted.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from model_manager.bridge.tasks import Counts, FolderCount
from model_manager.core.library.kinds import KINDS, label
from model_manager.ui.own.sections import own_sections
from model_manager.ui.sidebar_rows import (
    UPDATES,
    SidebarRow,
    SidebarSection,
    attention_section,
    folders_section,
    library_section,
    quoted,
    tags_section,
    tidy_section,
    types_section,
)


def sections(counts: Counts, opened: Collection[str] = (), place: str = "", pages: Mapping[str, int] | None = None) -> list[SidebarSection]:
    """All sections in the order shown; of the folders only what is to be seen: `opened` are the queries of open rows, `place` is shown."""
    states = counts.states
    known = [kind for kind in KINDS if counts.kinds.get(kind)]
    others = sorted(kind for kind, count in counts.kinds.items() if count and kind not in KINDS)
    return [
        library_section(counts.total, states.get("favourite", 0), counts.recent, (pages or {}).get(UPDATES, 0)),
        attention_section(states.get("no_preview", 0), counts.problems, states.get("away", 0), pages),
        tidy_section(pages or {}),
        *own_sections(counts.own, counts.colours),
        types_section((kind, label(kind), counts.kinds[kind]) for kind in (*known, *others)),
        folders_section([_folder_row(folder) for folder in _visible(counts.folders, opened, place)]),
        tags_section(counts.tags),
    ]


def _visible(folders: Iterable[FolderCount], opened: Collection[str], place: str) -> Iterator[FolderCount]:
    """The folders whose parents are all open; a large library has tens of thousands that nobody looks at."""
    closed = -1  # depth of the closed folder above
    for folder in folders:
        if closed >= 0 and folder.depth > closed:
            continue
        is_open = quoted("folder", folder.path) in opened or folder.path in place
        closed = -1 if is_open else folder.depth
        yield folder


def _folder_row(folder: FolderCount) -> SidebarRow:
    icon = "folder-away" if folder.is_away else "folder"
    return SidebarRow(
        quoted("folder", folder.path), folder.text, icon, folder.models, folder.depth, folder.is_away, folder.path, folder.has_children
    )

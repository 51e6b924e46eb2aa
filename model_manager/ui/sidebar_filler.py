"""Turns the session's counts into the sidebar's rows.

Called by the main window whenever the library was counted.
"""

from model_manager.bridge.tasks import Counts
from model_manager.core.library.kinds import KINDS, label
from model_manager.ui.sidebar_rows import (
    SidebarRow,
    SidebarSection,
    attention_section,
    folders_section,
    library_section,
    quoted,
    tags_section,
    types_section,
)


def sections(counts: Counts) -> list[SidebarSection]:
    """All sections in the order shown."""
    states = counts.states
    known = [kind for kind in KINDS if counts.kinds.get(kind)]
    others = sorted(kind for kind, count in counts.kinds.items() if count and kind not in KINDS)
    return [
        library_section(counts.total, states.get("favourite", 0), counts.recent),
        attention_section(states.get("no_preview", 0), counts.problems, states.get("away", 0)),
        types_section((kind, label(kind), counts.kinds[kind]) for kind in (*known, *others)),
        folders_section([
            SidebarRow(
                quoted("folder", folder.path), folder.text, "folder-away" if folder.is_away else "folder", folder.models,
                folder.depth, folder.is_away, folder.path, folder.has_children,
            )
            for folder in counts.folders
        ]),
        tags_section(counts.tags),
    ]  # fmt: skip

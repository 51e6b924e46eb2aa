"""What the sidebar shows, as frozen records, and the sections that every library has.

Made by the main window from counts; read by the sidebar and its model. Holds no widget and asks nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from model_manager.core.words import tr, trn
from model_manager.ui.icons import kind_icon

# names of pages
UPDATES, BROWSE = "page:updates", "page:civitai"
HEALTH, DUPLICATES, FOLDERS, SPACE = "page:health", "page:duplicates", "page:folders", "page:space"
DELETED, HISTORY = "page:deleted", "page:history"


@dataclass(frozen=True, slots=True)
class SidebarRow:
    """One row. query: the search it stands for, unique in its section. icon: a name for `theme.icon`, "" for none.

    is_page: it stands for another page of the window instead; query is then the page's name. is_faint: it is no place but makes one.

    depth: 0 at the top of its section; a row belongs to the last one before it of a smaller depth. has_children: it can be opened,
    also when the rows below it are not given yet (`Sidebar.row_opened` tells when they are wanted).
    """

    query: str
    text: str
    icon: str = ""
    count: int = 0
    depth: int = 0
    is_away: bool = False
    tooltip: str = ""
    has_children: bool = False
    is_page: bool = False
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class SidebarSection:
    """Rows under one heading. key: names the section for good. hides_empty: rows that count nothing are left out, but for pages."""

    key: str
    title: str
    rows: Sequence[SidebarRow] = ()
    hides_empty: bool = False


def quoted(token: str, value: str) -> str:
    """A search token such as `folder:"D:/my models"`; quotes only where they are needed."""
    is_plain = bool(value) and not any(sign in value for sign in ' "\t')
    return f"{token}:{value}" if is_plain else f'{token}:"{value.replace(chr(34), "")}"'


def library_section(total: int, favourites: int, recent: int, updates: int = 0) -> SidebarSection:
    """All models, favourites, what came in the last week; the pages of updates and of Civitai."""
    rows = (
        SidebarRow("", tr("All models"), "grid", total),
        SidebarRow("is:favourite", tr("Favourites"), "star", favourites),
        SidebarRow("added<7d", tr("Recently added"), "clock", recent, tooltip=tr("Added in the last seven days")),
        SidebarRow(UPDATES, tr("Updates"), "refresh", updates, tooltip=tr("Newer versions of what is here"), is_page=True),
        SidebarRow(BROWSE, tr("Civitai"), "globe", tooltip=tr("Search Civitai for models"), is_page=True),
    )
    return SidebarSection("library", tr("Library"), rows)


def attention_section(no_preview: int, problems: int, away: int, pages: Mapping[str, int] | None = None) -> SidebarSection:
    """What a person may want to mend; searches that find nothing are left out."""
    counts = pages or {}
    rows = (
        _page(HEALTH, tr("Health"), "pulse", tr("What needs attention, and what mends it"), counts),
        _page(DUPLICATES, tr("Duplicates"), "layers", tr("Models that are here twice"), counts),
        SidebarRow("no:preview", tr("No preview"), "image-off", no_preview),
        SidebarRow("has:problem", tr("Problems"), "warning", problems, tooltip=tr("Broken, misplaced or misnamed files")),
        SidebarRow("is:away", tr("Away"), "folder-away", away, tooltip=tr("In folders that cannot be reached now; nothing is forgotten")),
    )
    return SidebarSection("attention", tr("Needs attention"), rows, hides_empty=True)


def tidy_section(counts: Mapping[str, int]) -> SidebarSection:
    """The pages for tidying up; counts by page say how much on it wants to be looked at."""
    rows = (
        _page(FOLDERS, tr("Folders"), "folder-open", tr("All folders with models, and how they are"), counts),
        _page(SPACE, tr("Space"), "drive", tr("What takes how much room"), counts),
        _page(DELETED, tr("Recently deleted"), "trash", tr("What was deleted can be brought back from here"), counts),
        _page(HISTORY, tr("History"), "history", tr("Everything that was changed, and the way back"), counts),
    )
    return SidebarSection("tidy", tr("Tidy up"), rows)


def _page(name: str, text: str, icon: str, tip: str, counts: Mapping[str, int]) -> SidebarRow:
    return SidebarRow(name, text, icon, counts.get(name, 0), tooltip=tip, is_page=True)


def types_section(kinds: Iterable[tuple[str, str, int]]) -> SidebarSection:
    """ComfyUI's categories as (name, label, count), in the order given."""
    rows = [SidebarRow(quoted("type", kind), label, kind_icon(kind), count) for kind, label, count in kinds]
    return SidebarSection("types", tr("Types"), rows, hides_empty=True)


def folders_section(rows: Sequence[SidebarRow]) -> SidebarSection:
    """The folder tree."""
    return SidebarSection("folders", tr("Folders"), rows)


def tags_section(tags: Iterable[tuple[str, int]]) -> SidebarSection:
    """The most used tags as (tag, count)."""
    return SidebarSection("tags", tr("Tags"), [SidebarRow(quoted("tag", tag), tag, "hash", count) for tag, count in tags])


def grouped(count: int) -> str:
    """A number grouped by thousands, as in all other texts."""
    return f"{count:,}"


def spoken(row: SidebarRow) -> str:
    """A row as a screen reader says it."""
    if row.is_page:
        return f"{row.text}, {grouped(row.count)}" if row.count else row.text
    return f"{row.text}, {trn('{count} model', '{count} models', row.count)}"

"""What the page of folders says of states, times and what can be done about them. Plain functions."""

import os
import time

from model_manager.bridge.places import OFF, PlaceRow
from model_manager.core.amounts import size_text
from model_manager.core.library.kinds import label
from model_manager.core.words import tr, trn
from model_manager.ui.details.fact_table import Fact

# what can be done about a folder
AGAIN, OPEN, MAKE, MOVED, TELL, EDIT, ABOVE, ON, BACK = "again", "open", "make", "moved", "tell", "edit", "above", "on", "back"


def state_words() -> dict[str, tuple[str, str]]:
    """For every state its word and the token it is painted with."""
    return {
        "fine": (tr("Fine"), "ok"), "empty": (tr("Empty"), "faint"), "missing": (tr("Missing"), "warn"), "away": (tr("Away"), "warn"),
        "not_needed": (tr("Not needed"), "faint"), "not_readable": (tr("Not readable"), "bad"),
        "not_writable": (tr("Not writable"), "warn"),
        "link_broken": (tr("Link broken"), "bad"), "link_loop": (tr("Link loop"), "bad"),
        "not_seen_by_comfyui": (tr("Not in ComfyUI"), "warn"), OFF: (tr("Switched off"), "faint"),
    }  # fmt: skip


def what_words() -> dict[str, str]:
    """For everything that can happen to a folder what it is called in its history."""
    return {
        "went": tr("Went away"), "back": tr("Came back"), "lost": tr("Permission lost"), "given": tr("Permission given again"),
        "broke": tr("Link broke"), "mended": tr("Link mended"), "retried": tr("Looked at again, as you asked"),
    }  # fmt: skip


def sort_words() -> dict[str, str]:
    """Every order by its key."""
    return {
        "place": tr("ComfyUI's order"), "name": tr("Name"), "models": tr("Most models"), "size": tr("Largest"),
        "free": tr("Least free space"), "state": tr("Needs attention first"), "scanned": tr("Oldest scan first"),
    }  # fmt: skip


def group_words() -> dict[str, str]:
    """Every way of grouping by its key."""
    return {"install": tr("Program"), "drive": tr("Drive"), "group": tr("Own groups"), "kind": tr("Type"), "": tr("None")}


def heading_words(group: str, key: str) -> str:
    """What stands over rows that belong together."""
    if key:
        return key
    return {
        "install": tr("Added by you"), "drive": tr("Drive not known"), "group": tr("In no group"),
    }.get(group, tr("All folders"))  # fmt: skip


def amount_words(row: PlaceRow) -> str:
    """How much is in it: "212 models · 1.43 TB"."""
    if not row.models:
        return tr("no models")
    return tr("{models} · {size}", models=trn("{count} model", "{count} models", row.models), size=size_text(row.size))


def free_words(row: PlaceRow) -> str:
    """What its drive takes yet; "" when it is not known."""
    return tr("{size} free", size=size_text(row.drive.free)) if row.drive.total else ""


def when_words(moment: float, now: float) -> str:
    """A time as people say it."""
    if not moment:
        return ""
    minutes = max(0, int(now - moment) // 60)
    if minutes < 1:
        return tr("just now")
    if minutes < 60:
        return trn("{count} minute ago", "{count} minutes ago", minutes)
    if minutes < 48 * 60:
        return trn("{count} hour ago", "{count} hours ago", minutes // 60)
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def facts_of(row: PlaceRow, now: float) -> list[Fact]:
    """The facts of one folder."""
    drive = row.drive
    free = tr("{free} of {total}", free=size_text(drive.free), total=size_text(drive.total)) if drive.total else ""
    source = tr("Added by you") if row.source == "own" else row.source
    return [
        Fact(tr("Type"), label(row.kind)), Fact(tr("Folder"), row.path, tip=row.path, is_path=True),
        Fact(tr("Models"), f"{row.models:,}"), Fact(tr("Size"), size_text(row.size) if row.models else ""),
        Fact(tr("Drive"), drive.path, is_path=True), Fact(tr("Free"), free), Fact(tr("Named by"), source, tip=source),
        Fact(tr("Program"), row.install, tip=row.install, is_path=True), Fact(tr("So since"), when_words(row.since, now)),
        Fact(tr("Last scan"), when_words(row.scanned, now) or tr("not yet")),
    ]  # fmt: skip


def remedies(row: PlaceRow) -> list[tuple[str, str]]:
    """What can be done about a folder, as (name, words), what helps most first."""
    again, opened = (AGAIN, tr("Look again")), (OPEN, tr("Open folder"))
    moved = (MOVED, tr("It is somewhere else now…"))
    source = (EDIT, tr("Correct it in the file…")) if is_from_file(row) else moved
    return {
        OFF: [(ON, tr("Switch on"))],
        "missing": [(MAKE, tr("Make the folder…")), source, again],
        "not_needed": [(MAKE, tr("Make the folder…"))],
        "away": [again, source],
        "link_broken": [(ABOVE, tr("Show the link")), again, source],
        "link_loop": [(ABOVE, tr("Show the link")), again],
        "not_readable": [again, (ABOVE, tr("Show the folder"))],
        "not_writable": [again, opened],
        "not_seen_by_comfyui": [(TELL, tr("Tell ComfyUI…")), opened],
    }.get(row.state, [opened, again, *([(BACK, tr("Bring back from the other drive…"))] if row.is_link else [])])  # fmt: skip


def is_from_file(row: PlaceRow) -> bool:
    """Whether a file of folders names it."""
    return row.source.split(": ")[0].lower().endswith((".yaml", ".yml"))


def command_words(row: PlaceRow) -> str:
    """The command that gives the right back which is missing, "" where none does."""
    if row.state not in ("not_readable", "not_writable") or os.name != "posix":
        return ""
    quoted = row.path.replace("'", "'\\''")
    return f"chmod u+rwX '{quoted}'"

"""What the main window keeps from one start to the next: Qt's states as text, and notes that were typed but not saved.

Called by the main window; the settings file is written by the session.
"""

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

if TYPE_CHECKING:
    from model_manager.bridge.session import Session
    from model_manager.ui.details.notes import NotesTab

_DRAFT = ("text", "base", "id", "size")  # what the settings hold of one


def bytes_of(text: str) -> QByteArray:
    """A state of Qt's from its text; one that is damaged is refused by whoever takes it."""
    return QByteArray.fromBase64(text.encode("ascii", "replace"))


def text_of(data: QByteArray) -> str:
    """A state of Qt's as text for the settings."""
    return bytes(data.toBase64().data()).decode("ascii")


def sidebar_text(opened: Sequence[str], place: str) -> str:
    """The sidebar's open rows and its chosen one, as queries, as text."""
    return json.dumps({"open": list(opened), "place": place})


def sidebar_of(text: str) -> tuple[list[str] | None, str]:
    """Open rows (None when nothing usable was remembered) and the chosen one of the sidebar."""
    try:
        state = json.loads(text or "{}")
        return [str(row) for row in state.get("open", ())], str(state.get("place", ""))
    except (ValueError, AttributeError, TypeError):
        return None, ""


def keep_drafts(session: "Session", notes: "NotesTab") -> None:
    """Put unsaved notes into the settings, by the path of their model, with what it is known by when it has another one by then."""
    shelf = session.model.shelf
    for id_, texts in notes.drafts_and_bases().items():
        if (slot := shelf.slot(id_)) >= 0:
            session.settings.note_drafts[shelf.real_path(slot)] = [*texts, str(id_), str(shelf.size[slot])]


def give_drafts(session: "Session", notes: "NotesTab") -> None:
    """Give notes that were typed but not saved when the program ended back to their models, wherever those are now."""
    waiting, shelf = session.settings.note_drafts, session.model.shelf
    if not waiting:
        return
    found = {path: id_ for path, kept in waiting.items() if (id_ := _known(session, kept)) is not None}
    names = {os.path.basename(path) for path in waiting.keys() - found.keys()}
    for slot in shelf.slots() if names else ():
        if shelf.file[slot] in names and (path := shelf.real_path(slot)) in waiting:
            found.setdefault(path, shelf.ids[slot])
    notes.take_drafts({id_: (waiting[path][0], waiting[path][1]) for path, id_ in found.items()})
    for path in found:
        del waiting[path]


def _known(session: "Session", kept: Sequence[str]) -> int | None:
    """The model a draft is for by its id; by its size it is told from another one in an index that was made anew."""
    if len(kept) < len(_DRAFT) or not kept[2].isdecimal():
        return None
    shelf = session.model.shelf
    slot = shelf.slot(int(kept[2]))
    return shelf.ids[slot] if slot >= 0 and str(shelf.size[slot]) == kept[3] else None

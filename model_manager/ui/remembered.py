"""What the main window keeps from one start to the next: Qt's states as text, and notes that were typed but not saved.

Called by the main window; the settings file is written by the session.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

if TYPE_CHECKING:
    from model_manager.bridge.session import Session
    from model_manager.ui.details.notes import NotesTab


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
    """Put unsaved notes into the settings, by the path of their model."""
    shelf = session.model.shelf
    drafts = {shelf.slot(id_): texts for id_, texts in notes.drafts_and_bases().items()}
    session.settings.note_drafts.update({shelf.real_path(slot): list(texts) for slot, texts in drafts.items() if slot >= 0})


def give_drafts(session: "Session", notes: "NotesTab") -> None:
    """Give notes that were typed but not saved when the program ended back to their models."""
    waiting, shelf = session.settings.note_drafts, session.model.shelf
    if waiting:
        found = {path: shelf.ids[slot] for slot in shelf.slots() if (path := shelf.real_path(slot)) in waiting}
        texts = {path: waiting.pop(path) for path in found}
        notes.take_drafts({found[path]: (text, base) for path, (text, base) in texts.items()})

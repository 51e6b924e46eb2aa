"""What the grid asks of its model, beside Qt's own questions, and of whoever has the pictures.

The models of the library (LibraryModel, Thumbnails) and those found online (BrowseModel, WebThumbnails) answer. Types only. Every answer
must be cheap: they are asked while painting.
"""

from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QPixmap

from model_manager.bridge.library_model import Card, PictureKey, Section


class Pictures(Protocol):
    """Where the pictures of cards come from."""

    @property
    def ready(self) -> SignalInstance:
        """Emitted with a tuple of keys whose state has changed, at most once a frame."""

    def picture(self, key: PictureKey, edge: int) -> QPixmap | None:
        """Return the picture for a card shown `edge` device pixels high; another size of it meanwhile; None if there is none yet."""

    def state(self, key: PictureKey) -> str:
        """Return "have", "asked" or "none" (it cannot be shown)."""

    def want(self, keys: Iterable[PictureKey], edge: int) -> None:
        """Ask for all that the view shows now, most important first, and for nothing else."""


class CardModel(Protocol):
    """A Qt model whose rows are models, of the library or found online."""

    @property
    def sections_changed(self) -> SignalInstance:
        """Emitted when `sections` has a new answer."""

    def card(self, row: int) -> Card:
        """Return all that the card of `row` shows, formatted."""

    def id_at(self, row: int) -> int:
        """Return the model's id in `row`."""

    def row_of(self, id: int) -> int:
        """Return where a model is shown, -1 if it is not."""

    def sections(self) -> tuple[Section, ...]:
        """Return the groups in order, () when not grouped."""

"""What the grid and the table ask of their model, beside Qt's own questions; LibraryModel answers it.

Types only. Every answer must be cheap: they are asked while painting.
"""

from typing import Protocol

from PySide6.QtCore import SignalInstance

from model_manager.bridge.library_model import Card, Section


class CardModel(Protocol):
    """A Qt table model whose rows are models of the library."""

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

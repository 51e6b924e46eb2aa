"""The models found on Civitai as rows for the grid: the same questions as `LibraryModel` answers, asked of results.

Filled by `browse`, shown by ui's browser page. Results only ever come at the end, so that nothing moves under the pointer.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from model_manager.bridge.browse_tasks import Hit
from model_manager.bridge.library_model import Card, Section
from model_manager.bridge.web_thumbnails import key_of
from model_manager.core.amounts import short_count
from model_manager.core.library.kinds import label_one
from model_manager.core.online.owned import UPDATE, Standing
from model_manager.core.words import tr, trn

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class BrowseModel(QAbstractListModel):
    """Results in the order they came. A card's id is the model's on the site."""

    sections_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hits: list[Hit] = []
        self._rows: dict[int, int] = {}
        self._standings: dict[str, Standing] = {}

    # changes

    def clear(self) -> None:
        """Forget all results."""
        self.beginResetModel()
        self._hits, self._rows, self._standings = [], {}, {}
        self.endResetModel()

    def add(self, hits: Iterable[Hit], standings: Mapping[str, Standing]) -> int:
        """Put results at the end and return how many; those that are there already (pages may overlap) are passed over."""
        first = len(self._hits)
        fresh = list({int(hit.offer.id): hit for hit in hits if int(hit.offer.id) not in self._rows}.values())
        self._standings.update(standings)
        if fresh:
            self.beginInsertRows(QModelIndex(), first, first + len(fresh) - 1)
            self._hits += fresh
            self._rows.update((int(hit.offer.id), first + place) for place, hit in enumerate(fresh))
            self.endInsertRows()
        return len(fresh)

    def set_standings(self, standings: Mapping[str, Standing]) -> None:
        """The library has changed: these stand otherwise, maybe."""
        if any(self.standing(id_) != standing for id_, standing in standings.items()):
            self._standings.update((id_, one) for id_, one in standings.items() if int(id_) in self._rows)
            if self._hits:
                self.dataChanged.emit(self.index(0), self.index(len(self._hits) - 1))

    # questions

    def hit(self, row: int) -> Hit:
        """The result at a row."""
        return self._hits[row]

    def hits(self) -> Sequence[Hit]:
        """All of them."""
        return self._hits

    def standing(self, id_: str) -> Standing:
        """How a result stands to the library."""
        return self._standings.get(id_, Standing())

    def card(self, row: int) -> Card:
        """All that the card at `row` shows."""
        hit = self._hits[row]
        offer = hit.offer
        newest = offer.versions[0] if offer.versions else None
        badge, tone = self._badge(hit)
        return Card(
            int(offer.id), offer.name, offer.kind, label_one(offer.kind) if offer.kind else offer.type, newest.base_model if newest else "",
            tr("↓ {count}", count=short_count(offer.downloads)) if offer.downloads else "", badge, tone, False, False, key_of(hit),
        )  # fmt: skip

    def _badge(self, hit: Hit) -> tuple[str, str]:
        standing = self.standing(hit.offer.id)
        if standing.state:
            return (tr("Update"), "accent") if standing.state == UPDATE else (tr("Owned"), "ok")
        return (tr("Hidden"), "") if hit.is_hidden else ("", "")

    def id_at(self, row: int) -> int:
        """The site's id of the model at a row."""
        return int(self._hits[row].offer.id)

    def row_of(self, id_: int) -> int:
        """The row of a model, -1 when it was not found."""
        return self._rows.get(id_, -1)

    def sections(self) -> tuple[Section, ...]:
        """Results are not grouped."""
        return ()

    # Qt

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: D102
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid() or index.row() >= len(self._hits):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._hits[index.row()].offer.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            card = self.card(index.row())
            downloads = self._hits[index.row()].offer.downloads
            words = (card.name, card.kind_label, card.base, card.badge, trn("{count} download", "{count} downloads", downloads))
            return ", ".join(word for word in words if word)
        return None

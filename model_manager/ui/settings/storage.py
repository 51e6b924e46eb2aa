"""Settings of storage: how long deleted models, changes and former pictures are kept, and cleaning up now."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal

from model_manager.bridge.cleaning import FORMER, HISTORY, INDEX, PARTS, Piece
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.settings.page import SettingsPage, button, label, row_of, spin

HELD_DAYS, HISTORY_DAYS, FORMER_MB = (0, 3650), (7, 180), (16, 65_536)


FIELD = 140  # pixels


class StoragePage(SettingsPage):
    """Setters do not emit. `limit_chosen` tells the name of a setting and its value."""

    limit_chosen = Signal(str, int)
    clean_asked = Signal()
    deleted_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._held = spin(*HELD_DAYS, 1, tr(" days"), tr("How long deleted models are held"))
        self._held.setSpecialValueText(tr("For ever"))
        self._history = spin(*HISTORY_DAYS, 10, tr(" days"), tr("How long changes can be undone"))
        self._former = spin(*FORMER_MB, 64, tr(" MB"), tr("Largest size of earlier pictures in MB"))
        self._used = {sort: label("", "muted") for sort in (HISTORY, FORMER)}
        self._spins = {"held_days": self._held, "history_days": self._history, "former_pictures_mb": self._former}
        for name, field in self._spins.items():
            field.setFixedWidth(FIELD)
            field.valueChanged.connect(lambda value, name=name: self.limit_chosen.emit(name, value))
        deleted = button(tr("Show them"))
        deleted.clicked.connect(self.deleted_asked)
        text = tr("Deleted models are held on their drive for so long, then they go into the system's trash.")
        self.add_part(tr("Recently deleted"), text, row_of(self._held, deleted))
        text = tr("What was done is remembered for so long, so that it can be undone.")
        self.add_part(tr("History"), text, row_of(self._history, self._used[HISTORY]))
        text = tr("Pictures that were replaced. The last one of each model always stays.")
        self.add_part(tr("Earlier pictures"), text, row_of(self._former, self._used[FORMER]))
        self._clean, self._said = button(tr("Clean up now")), label("", "muted")
        self._said.setWordWrap(True)
        self._clean.clicked.connect(self._on_clean)
        text = tr("Happens by itself each day: only what this program made for itself goes, nothing of yours.")
        self.add_part(tr("Clean-up"), text, row_of(self._clean, self._said))

    def set_limits(self, held_days: int, history_days: int, former_mb: int) -> None:
        """Show the limits in use."""
        for field, value in zip(self._spins.values(), (held_days, history_days, former_mb), strict=True):
            with QSignalBlocker(field):
                field.setValue(value)

    def show_weights(self, pieces: Sequence[Piece]) -> None:
        """Show how much there is."""
        known = {piece.sort: piece for piece in pieces}
        for sort, text in self._used.items():
            text.setText(tr("{size} in use", size=size_text(known[sort].size)) if sort in known else "")
        rest = [known[sort] for sort in (INDEX, PARTS) if sort in known and known[sort].count]
        if rest and not self._said.text():
            self._said.setText(tr("{size} of leftovers", size=size_text(sum(piece.size for piece in rest))))

    def show_cleaned(self, pieces: Sequence[Piece]) -> None:
        """Say what went."""
        self._clean.setEnabled(True)
        size = sum(piece.size for piece in pieces)
        entries = sum(piece.count for piece in pieces if piece.sort == HISTORY)
        said = [tr("{size} became free.", size=size_text(size)) if size else tr("There was nothing to clean up.")]
        if entries:
            said.append(trn("{count} old change was forgotten.", "{count} old changes were forgotten.", entries))
        self._said.setText(" ".join(said))

    def show_problem(self, text: str) -> None:
        """Say why it could not be done."""
        self._clean.setEnabled(True)
        self._said.setText(text)

    def _on_clean(self) -> None:
        self._clean.setEnabled(False)
        self._said.setText(tr("Cleaning up…"))
        self.clean_asked.emit()

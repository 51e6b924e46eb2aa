"""The person's own order of what is selected, at the head of the details panel: favourite, rating, colour, collections, and edit.

Made by the panel, which shows records in it; the desk for the own order listens. It tells what was clicked and decides nothing.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from model_manager.core.library.colours import colour_label
from model_manager.core.words import tr
from model_manager.ui.colour_labels import dot_icon
from model_manager.ui.details.chips import ChipRow, ChipText
from model_manager.ui.details.parts import icon_button, push_button, show_if
from model_manager.ui.own.stars import Stars
from model_manager.ui.sidebar_rows import quoted
from model_manager.ui.theme import dress


class OwnStrip(QWidget):
    """One line of buttons, and below it the collections, category and group as chips."""

    favourite_asked = Signal()
    rated = Signal(int)
    colour_asked = Signal(QPoint)  # where a menu may open
    collection_asked = Signal(QPoint)
    edit_asked = Signal()
    query_chosen = Signal(str)

    def __init__(self, is_for_many: bool = False) -> None:
        """is_for_many: for a selection of several models, with the button for editing in words."""
        super().__init__()
        self.favourite, self.stars = icon_button("star", tr("Favourite (Ctrl+D)")), Stars()
        self.colour, self.collection = icon_button("palette", tr("Colour label")), icon_button("collection", tr("Collections"))
        self.edit = push_button(tr("Edit details…")) if is_for_many else icon_button("edit", tr("Edit details (Ctrl+E)"))
        self.chips = ChipRow(tr("Own order"), copies=False)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.favourite)
        row.addSpacing(4)
        row.addWidget(self.stars)
        row.addStretch(1)
        for button in (self.colour, self.collection):
            row.addWidget(button)
        if not is_for_many:
            row.addWidget(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        column.addLayout(row)
        column.addWidget(self.chips)
        if is_for_many:
            column.addSpacing(4)
            column.addWidget(self.edit)
        self._connect()
        self.show_order(False, 0, "", ())

    def _connect(self) -> None:
        self.favourite.clicked.connect(self.favourite_asked)
        self.stars.chosen.connect(self.rated)
        self.colour.clicked.connect(lambda: self.colour_asked.emit(_below(self.colour)))
        self.collection.clicked.connect(lambda: self.collection_asked.emit(_below(self.collection)))
        self.edit.clicked.connect(self.edit_asked)
        self.chips.chip_clicked.connect(self.query_chosen)

    def show_order(
        self, is_favourite: bool, rating: int, colour: str, collections: Sequence[str], category: str = "", group: str = ""
    ) -> None:
        """Show what is set of one model."""
        dress(self.favourite, "star-filled" if is_favourite else "star", tone="star" if is_favourite else "text")
        self.favourite.setAccessibleName(tr("Favourite") if is_favourite else tr("No favourite"))
        self.stars.show_rating(rating)
        if colour:
            self.colour.setProperty("icon_name", None)  # a theme does not change it
            self.colour.setIcon(dot_icon(colour))
        else:
            dress(self.colour, "palette")
        self.colour.setToolTip(tr("Colour label: {colour}", colour=colour_label(colour)) if colour else tr("Colour label"))
        named = [("category", category), ("group", group), *(("collection", name) for name in collections)]
        signs = {"category": tr("category"), "group": tr("group"), "collection": ""}
        tip = tr("Show all models in it")
        chips = [ChipText(name, signs[sort], quoted(sort, name), tip) for sort, name in named if name]
        self.chips.show_chips(chips)
        show_if(self.chips, bool(chips))


def _below(button: QWidget) -> QPoint:
    return button.mapToGlobal(QPoint(0, button.height() + 2))

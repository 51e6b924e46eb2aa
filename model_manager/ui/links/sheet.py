"""The sheet that takes links: what they offer, what of it is wanted, and where that goes.

Opened by the link desk, which looks links up and fills it. Nothing is loaded before Download is pressed.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from model_manager.core.words import tr
from model_manager.ui.details.parts import push_button, set_role
from model_manager.ui.links.field import LinkField
from model_manager.ui.links.offer_view import OfferView
from model_manager.ui.links.target_view import TargetView
from model_manager.ui.pictures.dialog_parts import Foot, rule
from model_manager.ui.pictures.tiles import SourceDelegate, Tile, TileView
from model_manager.ui.sheet import Sheet

SIZE, SMALLEST, LIST = QSize(980, 720), QSize(640, 420), 252
LOW = 660  # pixels; a sheet that is less high shows all of its middle in one piece


class LinkSheet(Sheet):
    """The sheet. `links_changed` carries the text of the field, `shown` the key of the link in hand."""

    links_changed = Signal(str)
    link_shown = Signal(object)
    accepted_all = Signal()
    fix_asked = Signal(str)  # what the button beside a fault does: add_key, open_page, retry

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Add from link"))
        self.setMinimumSize(SMALLEST)
        self.resize(SIZE)
        self.field, self.offer, self.target, self._foot = LinkField(), OfferView(), TargetView(), Foot()
        self._goes_on = False
        self._build_said()
        self._build_list()
        self._build_layout()
        self._connect()
        self.show_links([], None)
        self.field.setFocus()

    # what the desk says

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Mark pieces that cannot be used."""
        self.field.mark(problems)
        text = next(iter(problems.values()), "")
        if len(problems) > 1:
            text = tr("{first} {count} more cannot be used.", first=text, count=len(problems) - 1)
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def show_links(self, tiles: Sequence[Tile], current: object) -> None:
        """Show the links that can be used, one of them in hand."""
        self._list.show_tiles(tiles, current)
        self._side.setVisible(len(tiles) > 1)
        if not tiles:
            self.say_instead(tr("Paste a link to see what it offers."), "")

    def say_instead(self, text: str, hint: str, fix: str = "", button: str = "") -> None:
        """Say something where an offer would be: that it is looked for, or why there is none, with a button that helps."""
        self._said.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._fix, words = fix, button
        self._help.setText(words)
        self._help.setVisible(bool(words))
        self._stack.setCurrentIndex(0)
        self.target.hide()

    def show_offer(self) -> None:
        """Show the offer that was put into the view."""
        self._stack.setCurrentIndex(1)
        self.target.show()

    def show_total(self, text: str, tone: str, can_go: bool) -> None:
        """Say what all of it is, and whether it can be downloaded."""
        self._foot.say(text, tone)
        self._go.setEnabled(can_go)
        if can_go and self._goes_on and self.focusWidget() is self.field:
            self._go.setFocus()
        self._goes_on = self._goes_on and not can_go

    # keyboard and size

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter downloads, wherever the keyboard is."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if self._go.isEnabled():
                self.accepted_all.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the place of the download scrolls with the rest: else nothing would be left of the offer."""
        super().resizeEvent(event)
        aim = self._page if self.height() < LOW else self._layout
        if aim.indexOf(self.target) < 0:
            was_hidden = self.target.isHidden()
            if aim is self._page:
                aim.addWidget(self.target)
            else:
                aim.insertWidget(aim.indexOf(self._foot), self.target)
            self.target.setVisible(not was_hidden)

    def _on_field_left(self) -> None:
        """Enter in the field goes on to the button, now or when it can be pressed."""
        self._goes_on = not self._go.isEnabled()
        if self._go.isEnabled():
            self._go.setFocus()

    # building

    def _build_said(self) -> None:
        self._fix = ""
        self._problem = set_role(QLabel(), "bad")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self._said: QLabel = set_role(QLabel(), "muted")
        self._hint: QLabel = set_role(QLabel(), "faint")
        self._help = push_button("")
        self._help.setAutoDefault(False)
        for text in (self._said, self._hint):
            text.setAlignment(Qt.AlignmentFlag.AlignCenter)
            text.setWordWrap(True)

    def _build_list(self) -> None:
        self._list = TileView(tr("Links"), SourceDelegate(), is_upright=True)
        self._side = QWidget()
        self._side.setFixedWidth(LIST)
        side = QHBoxLayout(self._side)
        side.setContentsMargins(10, 0, 0, 0)
        side.setSpacing(6)
        column = QVBoxLayout()
        column.setContentsMargins(0, 6, 0, 6)
        column.addWidget(self._list)
        side.addLayout(column)
        side.addWidget(rule(is_upright=True))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        page.setProperty("role", "plain")
        self._page = QVBoxLayout(page)
        self._page.setContentsMargins(0, 0, 0, 0)
        self._page.setSpacing(0)
        self._page.addWidget(self.offer, 1)
        area.setWidget(page)
        empty = QWidget()
        middle = QVBoxLayout(empty)
        middle.setContentsMargins(60, 20, 60, 20)
        middle.setSpacing(12)
        middle.addStretch(1)
        for widget in (self._said, self._hint):
            middle.addWidget(widget)
        middle.addWidget(self._help, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(area)

    def _build_layout(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(22, 16, 22, 12)
        head.setSpacing(8)
        head.addWidget(set_role(QLabel(tr("Add from link")), "title"))
        head.addWidget(self.field)
        head.addWidget(self._problem)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self._side)
        body.addWidget(self._stack, 1)
        self._cancel, self._go = self._foot.add(tr("Cancel")), self._foot.add(tr("Download"), "primary")
        self._go.setEnabled(False)
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(rule())
        layout.addLayout(body, 1)
        layout.addWidget(rule())
        layout.addWidget(self.target)
        layout.addWidget(self._foot)
        order = (self.field, self._list, *self.offer.stops(), *self.target.stops(), self._help, self._cancel, self._go)
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self.field.changed.connect(self.links_changed)
        self.field.accepted.connect(self._on_field_left)
        self._list.current_changed.connect(lambda tile: self.link_shown.emit(tile.value))
        self._cancel.clicked.connect(self.reject)
        self._go.clicked.connect(self.accepted_all)
        self._help.clicked.connect(lambda: self.fix_asked.emit(self._fix))

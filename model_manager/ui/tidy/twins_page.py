"""The page of duplicates: head with the button that looks, tabs for the three sorts, the list, and what can be done at the foot.

Built by the desk of duplicates over the bridge's `Twins`. It tells what is asked and shows what it is given.
"""

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.twins import Sum, Twins
from model_manager.core.amounts import size_text
from model_manager.core.twins.records import ONE_FILE, SAME_FILE, SAME_NAME, SAME_WEIGHTS, Found, Group
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button, push_button, set_role
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import page_head
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.theme import dress
from model_manager.ui.tidy.twins_rows import Line, Lines, TwinsView
from model_manager.ui.tidy.twins_words import foot_words, lead_words, sort_words
from model_manager.ui.updates.words import looked_words

LOOK = "look"
SORTS = (SAME_FILE, SAME_WEIGHTS, SAME_NAME)
STEPS = 1000  # of the bar: bytes are too many for it


class TwinsPage(QWidget):
    """All of it. `remove_asked` and `link_asked` carry groups."""

    closed = Signal()
    look_asked = Signal()
    stop_asked = Signal()
    remove_asked = Signal(object)
    link_asked = Signal(object)
    menu_asked = Signal(QPoint)

    def __init__(self, twins: Twins, picture: Callable[[int], QPixmap | None]) -> None:
        super().__init__()
        self._twins = twins
        self._shown: tuple[str, Found | None] = ("", None)
        self._groups: tuple[Group, ...] = ()  # of the tab on show
        self.problems = ProblemBar()  # the window's own is out of sight
        self.view, self.message = TwinsView(twins.kept, picture, self.toggle), MessagePage()
        self._build_head()
        self._build_tabs()
        self._build_foot()
        self._build_layout()
        self._connect()
        self.show_all()

    @property
    def sort(self) -> str:
        """The sort of groups that is on show."""
        return next(sort for sort, tab in zip(SORTS, self.tabs, strict=True) if tab.isChecked())

    def chosen(self) -> list[Group]:
        """The groups that the buttons are about: those selected, else all."""
        return [group for group in self.view.groups() or self._groups if group.sort != ONE_FILE]

    # showing

    def show_all(self) -> None:
        """Show what there is now."""
        found, sort = self._twins.found, self.sort
        for one, tab in zip(SORTS, self.tabs, strict=True):
            tab.setText(sort_words(one, self._twins.sum(one).groups))
        won = self._twins.sum(sort).won
        self._pill.setText(tr("{size} to be won", size=size_text(won)))
        self._pill.setVisible(won > 0)
        if self._shown[0] != sort or self._shown[1] is not found:
            self._shown, self._groups = (sort, found), found.of(sort) + (found.of(ONE_FILE) if sort == SAME_FILE else ())
            self.view.show_lines(Lines(self._groups))
        groups = self._groups
        self.show_look()
        self.show_foot()
        is_new, before = self._middle.currentWidget() is self.message, self.focusWidget()
        self._middle.setCurrentWidget(self._list if groups else self.message)
        if not groups:
            self._show_message()
        elif is_new and before in (None, self.look):  # it was at a button that is not there any more
            self.take_keyboard()

    def show_look(self) -> None:
        """Show how far a search is, or when the last one was."""
        twins = self._twins
        self.look.setText(f" {tr('Stop')}" if twins.is_looking else f" {tr('Look for duplicates')}")
        dress(self.look, "close" if twins.is_looking else "search", tone="text" if twins.is_looking else "on_accent")
        if self.look.property("tone") != (tone := "plain" if twins.is_looking else "primary"):
            self.look.setProperty("tone", tone)
            self.look.style().polish(self.look)
        self._bar.setVisible(twins.is_looking)
        if twins.is_looking:
            self._bar.setRange(0, STEPS if twins.total else 0)
            self._bar.setValue(twins.done * STEPS // twins.total if twins.total else 0)
        self._looked.setText("" if twins.is_looking else looked_words(twins.found.time, time.time()))
        self.lead.show_text(twins.text if twins.is_looking else self._lead())
        if self._middle.currentWidget() is self.message:
            self._show_message()

    def show_foot(self) -> None:
        """Show what the buttons are about."""
        twins, selected = self._twins, self.view.groups()
        chosen = [group for group in selected if group.sort != ONE_FILE]
        count, won, going = Sum(len(chosen), twins.won(chosen), twins.going(chosen)) if selected else twins.sum(self.sort)
        self.about.show_text(foot_words(bool(selected), count, won, going))
        self.remove.setEnabled(going > 0)
        self.link.setEnabled(going > 0 and self.sort != SAME_WEIGHTS)
        tip = tr("A link would replace the metadata of one file with that of the other.") if self.sort == SAME_WEIGHTS else ""
        self.link.setToolTip(tip or tr("All names stay, and share the bytes of one file"))
        self.everything.setVisible(self.view.selectionModel().hasSelection())

    def _lead(self) -> str:
        unread = len(self._twins.found.unread)
        text = lead_words(self.sort)
        return f"{text} {trn('{count} file could not be compared.', '{count} files could not be compared.', unread)}" if unread else text

    def _show_message(self) -> None:
        found, had = self._twins.found, self.focusWidget()
        if self._twins.is_looking:
            if had is not None and self.message.isAncestorOf(had):
                self.look.setFocus(Qt.FocusReason.OtherFocusReason)  # the button there goes
            text = tr("Sizes first, then both ends, and only what is still alike is read whole. You can go on with something else.")
            self.message.show_message("search", tr("Looking for duplicates"), text, is_busy=True)
        elif not found.time:
            text = tr("Files with the same bytes, or the same weights, and names that hide each other. Looking changes nothing.")
            self.message.show_message("layers", tr("Is anything here twice?"), text, [(LOOK, tr("Look for duplicates"))])
        else:
            headline = {
                SAME_FILE: tr("No file is here twice"), SAME_WEIGHTS: tr("No weights are here twice"),
                SAME_NAME: tr("No name hides another"),
            }[self.sort]  # fmt: skip
            text = trn("{count} file was looked at.", "{count} files were looked at.", found.files)
            self.message.show_message("check", headline, text, [(LOOK, tr("Look again"))], "ok")

    def take_keyboard(self) -> None:
        """Give the keyboard to what stands in the middle."""
        if self._middle.currentWidget() is self.message:
            self.message.take_keyboard()
        else:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # what is kept

    def toggle(self, line: Line) -> None:
        """A file stays or goes; the last one of a group stays in any case."""
        if line.member is None or line.group.sort == ONE_FILE:
            return
        self._keep([(line.group, self._twins.kept(line.group) ^ {line.member.id})])

    def keep_only(self, lines: Sequence[Line]) -> None:
        """Of the groups of these rows only the files in them stay."""
        own: dict[str, tuple[Group, set[int]]] = {}
        for group, member in lines:
            if member is not None and group.sort != ONE_FILE:
                own.setdefault(group.key, (group, set()))[1].add(member.id)
        self._keep([(group, frozenset(ids)) for group, ids in own.values()])

    def keep_all(self, groups: Sequence[Group]) -> None:
        """All files of these groups stay."""
        self._keep([(group, frozenset(one.id for one in group.members)) for group in groups])

    def _keep(self, wishes: Sequence[tuple[Group, frozenset[int]]]) -> None:
        for group, kept in wishes:
            self._twins.keep(group, kept)
        self.view.viewport().update()
        self.show_foot()

    # building

    def _build_head(self) -> None:
        self.back, self._title, self._pill = back_button(), set_role(QLabel(tr("Duplicates")), "title"), set_role(QLabel(), "pill")
        self._looked = set_role(QLabel(), "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(110)
        self._bar.setAccessibleName(tr("Looking for duplicates"))
        self.look = push_button("", "primary")

    def _build_tabs(self) -> None:
        self._strip, self._group = QFrame(), QButtonGroup(self)
        self._strip.setProperty("role", "strip")
        self.tabs = [QPushButton() for _ in SORTS]
        self.lead = ElidedLabel("muted")
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(6)
        for tab in self.tabs:
            tab.setCheckable(True)
            tab.setProperty("role", "filter")
            self._group.addButton(tab)
            row.addWidget(tab)
        row.addSpacing(8)
        row.addWidget(self.lead, 1)
        self.tabs[0].setChecked(True)

    def _build_foot(self) -> None:
        self._foot = QFrame()
        self._foot.setProperty("role", "status")
        self.about = ElidedLabel("muted")
        self.everything = push_button(tr("Select none"), "quiet")
        self.link, self.remove = push_button(tr("Link…")), push_button(tr("Remove others…"), "primary")
        self.remove.setToolTip(tr("What is not marked as staying goes to Recently deleted"))
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(8)
        row.addWidget(self.about, 1)
        for button in (self.everything, self.link, self.remove):
            row.addWidget(button)

    def _build_layout(self) -> None:
        ground, self._list, self._middle = QFrame(), QWidget(), QStackedWidget()
        ground.setProperty("role", "panel")
        for widget in (self._list, self.message):
            self._middle.addWidget(widget)
        inner, middle, column = QVBoxLayout(self._list), QVBoxLayout(ground), QVBoxLayout(self)
        head = page_head((self.back, self._title, self._pill), (self._looked, self._bar, self.look))
        for layout, widgets in (
            (inner, (self.view, self._foot)), (middle, (self._strip, self._middle)), (column, (head, self.problems, ground)),
        ):  # fmt: skip
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
            for widget in widgets:
                layout.addWidget(widget, int(widget in (self.view, self._middle, ground)))

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.look.clicked.connect(lambda: (self.stop_asked if self._twins.is_looking else self.look_asked).emit())
        self.message.asked.connect(lambda _: self.look_asked.emit())
        self._group.buttonClicked.connect(lambda _: self.show_all())
        self.view.picked.connect(self.show_foot)
        self.view.spaced.connect(self._toggle_selected)
        self.view.menu_asked.connect(self.menu_asked)
        self.view.delete_asked.connect(lambda: self.remove_asked.emit(self.chosen()))
        self.everything.clicked.connect(self.view.clearSelection)
        self.remove.clicked.connect(lambda: self.remove_asked.emit(self.chosen()))
        self.link.clicked.connect(lambda: self.link_asked.emit(self.chosen()))

    def _toggle_selected(self) -> None:
        for line in self.view.selected():
            self.toggle(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

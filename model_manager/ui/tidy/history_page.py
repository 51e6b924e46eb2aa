"""The page of the history: all changes by day at the left, and one of them with its models at the right, to be undone as a whole or
model by model.

Built by the desk of the past over the bridge's `Past`. It tells what is asked and shows what it is given.
"""  # fmt: skip

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.past import Past
from model_manager.core.journal.steps import ACT_DONE, Change, Outcome
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button, push_button, set_role
from model_manager.ui.details.wording import date_text
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import fill_page, list_and_detail, page_head
from model_manager.ui.pictures.dialog_parts import rule
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.tidy.history_list import HistoryList
from model_manager.ui.tidy.past_words import full_words, line_of
from model_manager.ui.tidy.plan_list import PlanList

LIST_WIDTH, SEARCH_MS = 340, 250


class ChangeView(QFrame):
    """One change with its models."""

    undo_asked = Signal(int, object)  # change, numbers of its acts or None for all
    finish_asked = Signal(int, str)  # change, kind
    roll_back_asked = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.change: Change | None = None
        self._outcomes: Sequence[Outcome] = ()
        self._title, self._line, self._said = set_role(QLabel(), "title"), ElidedLabel("muted"), set_role(QLabel(), "muted")
        self._said.setWordWrap(True)
        self.undo, self.back = push_button(tr("Undo"), "primary"), push_button(tr("Roll back"))
        self.finish = push_button(tr("Finish"), "primary")
        self.list = PlanList(is_single=False)
        self.list.setAccessibleName(tr("Models of this change"))
        self._build()
        self.list.picked.connect(self._show_button)
        self.undo.clicked.connect(self._on_undo)
        self.finish.clicked.connect(lambda: self.change and self.finish_asked.emit(self.change.id, self.change.kind))
        self.back.clicked.connect(lambda: self.change and self.roll_back_asked.emit(self.change.id, self.change.kind))
        self.show_change(None)

    def show_change(self, change: Change | None) -> None:
        """Show a change; its models come with `show_outcomes`."""
        is_same = change is not None and self.change is not None and change.id == self.change.id
        self.change = change
        for part in (self._title, self._line, self._said, self.list, self._rule):
            part.setVisible(change is not None)
        if not is_same:
            self._outcomes = ()
            self.list.show_rows([])
        if change is not None:
            self._title.setText(change.title)
            self._line.show_text(date_text(change.time))
            self._said.setText(full_words(change))
        self._show_button()

    def show_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Show what became of its models."""
        self._outcomes = outcomes
        self.list.show_rows([line_of(outcome) for outcome in outcomes], lambda line: line.model)
        self._show_button()

    def _chosen(self) -> list[int]:
        """The numbers of what is selected and can be undone."""
        chosen = {line.model for line in self.list.selected()}
        return [outcome.number for outcome in self._outcomes if outcome.number in chosen and outcome.state == ACT_DONE]

    def _show_button(self) -> None:
        change, some = self.change, self._chosen()
        self.undo.setVisible(change is not None and change.can_undo and not change.is_interrupted)
        for button in (self.finish, self.back):
            button.setVisible(change is not None and change.is_interrupted)
        is_some = bool(some) and change is not None and len(some) < change.done
        self.undo.setText(trn("Undo {count} selected", "Undo {count} selected", len(some)) if is_some else tr("Undo"))

    def _on_undo(self) -> None:
        if self.change is not None:
            some = self._chosen()
            self.undo_asked.emit(self.change.id, some if 0 < len(some) < self.change.done else None)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(22, 16, 22, 12)
        head.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(3)
        for label in (self._title, self._line, self._said):
            words.addWidget(label)
        head.addLayout(words, 1)
        for button in (self.back, self.finish, self.undo):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._rule = rule()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._rule)
        column.addWidget(self.list, 1)
        column.addStretch(0)


class HistoryPage(QWidget):
    """All of it."""

    closed = Signal()
    search_asked = Signal(str)
    more_asked = Signal()
    outcomes_asked = Signal(int)

    def __init__(self, past: Past) -> None:
        super().__init__()
        self._past = past
        self.problems = ProblemBar()  # the window's own is out of sight
        self.list, self.view, self.message, self.search = HistoryList(), ChangeView(), MessagePage(), QLineEdit()
        self.search.setPlaceholderText(tr("Search changes and models"))
        self.search.setAccessibleName(tr("Search changes and models"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(260)
        self._timer = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._timer.timeout.connect(lambda: self.search_asked.emit(self.search.text()))
        self._build()
        self._connect()
        self.show_all()

    def show_all(self) -> None:
        """Show what there is now."""
        changes, searches = self._past.changes, bool(self._past.text.strip())
        self.list.show_changes(changes)
        if changes and self.list.change() is None:
            self.list.select_first()
        self._middle.setCurrentWidget(self._splitter if changes else self.message)
        self.search.setVisible(bool(changes) or searches)
        if changes and self.back.hasFocus():  # it stood there for want of a list
            self.take_keyboard()
        if not changes and searches:
            self.message.show_message("search", tr("No change has these words"), tr("Titles and names of models are searched."))
        elif not changes:
            text = tr("Whatever you move, rename, organise or delete is written down here, and can be undone, also tomorrow.")
            self.message.show_message("clock", tr("Nothing was changed yet"), text)
        self._on_picked()

    def show_outcomes(self, change: int, outcomes: Sequence[Outcome]) -> None:
        """Show what became of the models of a change, if it is still the one on show."""
        if self.view.change is not None and self.view.change.id == change:
            self.view.show_outcomes(outcomes)

    def take_keyboard(self) -> None:
        """Give the keyboard to the list."""
        (self.list if self._past.changes else self.back).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_picked(self) -> None:
        change = self.list.change()
        if change == self.view.change and change is not None:
            return
        self.view.show_change(change)
        if change is not None:
            self.outcomes_asked.emit(change.id)

    def _on_moved(self) -> None:
        bar = self.list.verticalScrollBar()
        if self._past.has_more and bar.value() > bar.maximum() - self.list.height():
            self.more_asked.emit()

    def _build(self) -> None:
        self.back = back_button()
        title = set_role(QLabel(tr("History")), "title")
        self._splitter = list_and_detail(self.list, self.view, LIST_WIDTH)
        self.list.setMinimumWidth(260)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._splitter)
        self._middle.addWidget(self.message)
        fill_page(self, page_head((self.back, title), (self.search,)), (self.problems, self._middle), self._middle)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.search.textChanged.connect(lambda _: self._timer.start())
        self.list.picked.connect(self._on_picked)
        self.list.moved.connect(self._on_moved)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

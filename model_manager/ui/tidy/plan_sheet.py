"""The sheet of a plan: everything that would happen, before it does; also what failed of a change, when there is nothing to be done.

Opened by the orders' desk for every plan. It tells what is asked and does nothing itself.
"""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from model_manager.bridge.orders import Room
from model_manager.core.amounts import size_text
from model_manager.core.journal.steps import Plan
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import set_role
from model_manager.ui.flow import FlowLayout
from model_manager.ui.pictures.dialog_parts import Foot, Head, rule
from model_manager.ui.sheet import Sheet
from model_manager.ui.tidy.plan_details import HEIGHT, PlanDetails
from model_manager.ui.tidy.plan_list import ROW, PlanList, lines_of

SIZE, SMALLEST, WIDEST = QSize(940, 600), QSize(600, 320), 1240
WARNINGS = 4


class PlanSheet(Sheet):
    """One plan."""

    carry_asked = Signal(object)  # Plan
    save_asked = Signal(object)  # Plan

    def __init__(self, plan: Plan, parent: QWidget | None = None, sub: str = "") -> None:
        """`sub`: what stands below the title; "" for what is usual."""
        super().__init__(parent)
        self.plan = plan
        self.setWindowTitle(plan.title)
        self.setMinimumSize(SMALLEST)
        self.list, self.details, self.foot = PlanList(), PlanDetails(), Foot()
        self._lines, self._special = lines_of(plan)
        self._build_head(sub)
        self._build_foot()
        self._build_layout()
        self.details.hide()
        self.list.show_rows(self._lines)
        self.list.picked.connect(self._on_picked)
        self.list.clicked.connect(lambda _: self._show_details(True))
        self.list.spaced.connect(lambda: self._show_details(self.details.isHidden()))
        self.list.opened.connect(self._on_enter)
        self.list.setFocus()

    def fit(self, room: QSize) -> None:
        """Take as much of the room as the plan needs."""
        tall = self.minimumSizeHint().height() + max(3, min(len(self.list.rows.rows), 40)) * ROW
        wide = max(SIZE.width(), min(self.list.wanted_width(), WIDEST))
        self.resize(min(wide, room.width() - 40), max(SMALLEST.height(), min(tall, SIZE.height(), room.height() - 60)))

    def show_rooms(self, rooms: Sequence[Room]) -> None:
        """Show how much is free where something is copied to; a drive with too little keeps the button back."""
        for room in rooms:
            if room.is_short:
                text = tr("{size} too much for the drive of {folder}.", size=size_text(room.missing), folder=room.folder)
                self.foot.say(text, "bad")
                self.go.setEnabled(False)
            text = tr("{size} to copy, {free} free", size=size_text(room.wanted), free=size_text(room.free))
            chip = _chip(text, "bad" if room.is_short else "")
            self._chips.addWidget(chip)
            chip.show()
        self._chip_box.show()

    # what the person does

    def _on_picked(self) -> None:
        if lines := self.list.selected():
            self.details.show_line(lines[0])

    def _show_details(self, is_shown: bool) -> None:
        is_shown = is_shown and bool(self.list.selected())
        if is_shown == self.details.isHidden():
            self.details.setVisible(is_shown)
            self._rule.setVisible(is_shown)
            if is_shown:
                self._grow()
        if is_shown:
            self.list.scrollTo(self.list.currentIndex())

    def _grow(self) -> None:
        """Make room for the details above and below, as far as the window reaches."""
        behind = self.parentWidget()
        if behind is not None and (more := min(HEIGHT, behind.window().height() - 40 - self.height())) > 0:
            self.setGeometry(self.x(), self.y() - more // 2, self.width(), self.height() + more)

    def _on_filter(self, is_on: bool) -> None:
        self._show_details(False)
        self.list.show_rows(self._special if is_on else self._lines)

    def _on_enter(self) -> None:
        (self.go if self.go.isVisible() and self.plan.can_undo else self.cancel).click()

    def _on_go(self) -> None:
        self.accept()
        self.carry_asked.emit(self.plan)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter carries out what can be undone, wherever the keyboard is but on another button."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.button_in_hand() is None:
            self._on_enter()
        else:
            super().keyPressEvent(event)

    # building

    def _build_head(self, sub: str) -> None:
        plan = self.plan
        self.head = Head(plan.title)
        usual = tr("Each step is written down first and can be undone, also tomorrow.")
        if not plan.can_undo:
            self.head.line.setProperty("role", "bad")
            usual = tr("This cannot be undone.")
        elif plan.is_empty:
            usual = tr("There is nothing to do.")
        self.head.line.show_text(sub or usual)
        self._chip_box = QWidget()
        self._chips = FlowLayout(spacing=8)
        row = QHBoxLayout(self._chip_box)
        row.setContentsMargins(22, 0, 16, 12)
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._chips)
        row.addLayout(column, 1)
        for text in plan.chips:
            self._chips.addWidget(_chip(text))
        special = len(self._special)
        self.only = QPushButton(trn("{count} needs a look", "{count} need a look", special))
        self.only.setCheckable(True)
        self.only.setProperty("role", "filter")
        self.only.setToolTip(tr("Show only what is special"))
        self.only.setAutoDefault(False)
        self.only.setVisible(0 < special < len(plan.acts) + len(plan.refused))
        self.only.toggled.connect(self._on_filter)
        row.addWidget(self.only, 0, Qt.AlignmentFlag.AlignTop)
        self._chip_box.setVisible(bool(plan.chips) or not self.only.isHidden())

    def _build_foot(self) -> None:
        plan = self.plan
        self.foot.say(plan.foot)
        self.cancel, self.save = self.foot.add(tr("Close") if plan.is_empty else tr("Cancel")), self.foot.add(tr("Save as list"))
        self.go = self.foot.add(plan.button or plan.title, "primary" if plan.can_undo else "danger")
        self.go.setVisible(not plan.is_empty)
        (self.go if plan.can_undo and not plan.is_empty else self.cancel).setDefault(True)
        self.save.setVisible(bool(plan.acts or plan.refused))
        self.cancel.clicked.connect(self.reject)
        self.save.clicked.connect(lambda: self.save_asked.emit(plan))
        self.go.clicked.connect(self._on_go)

    def _build_layout(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self._chip_box)
        if self.plan.warnings:
            layout.addWidget(_warnings(self.plan.warnings))
        layout.addWidget(rule())
        layout.addWidget(self.list, 1)
        self._rule = rule()
        self._rule.hide()
        layout.addWidget(self._rule)
        layout.addWidget(self.details)
        layout.addWidget(self.foot)


def _chip(text: str, tone: str = "") -> QLabel:
    chip = set_role(QLabel(text), "chip")
    chip.setProperty("tone", tone)
    return chip


def _warnings(texts: Iterable[str]) -> QFrame:
    """The sentences that stand above the list, each in a line of its own."""
    box = QFrame()
    column = QVBoxLayout(box)
    column.setContentsMargins(22, 0, 22, 12)
    column.setSpacing(4)
    all_texts = list(texts)
    for text in all_texts[:WARNINGS]:
        label = set_role(QLabel(text), "warn")
        label.setWordWrap(True)
        column.addWidget(label)
    if (rest := len(all_texts) - WARNINGS) > 0:
        more = set_role(QLabel(trn("and {count} more", "and {count} more", rest)), "warn")
        more.setToolTip("\n".join(all_texts[WARNINGS:]))
        column.addWidget(more)
    return box

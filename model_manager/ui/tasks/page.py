"""The page of tasks: head with what can be done to all of them, chips that filter, the list, and a line of totals.

Built by the tasks desk over the board's model. It tells what is asked and shows what it is given.
"""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.task_model import ALL, FILTERS, ONLY_ACTIVE, ONLY_DONE, ONLY_FAILED, ONLY_WAITING, TaskModel
from model_manager.core.tasks.states import CANCELLED, DONE, PAUSED, QUEUED, RUNNING, VERIFYING, WAITING
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.empty_state import CardDrawing
from model_manager.ui.outline import BOTTOM
from model_manager.ui.page_head import page_head
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.tasks.view import TaskView
from model_manager.ui.tasks.words import summary
from model_manager.ui.theme import dress

TEXT_WIDTH = 420
CHIPS_FROM = 8  # fewer tasks are seen at a glance


def filter_words() -> Mapping[str, str]:
    """Every filter by its key."""
    return {ALL: tr("All"), ONLY_ACTIVE: tr("Active"), ONLY_WAITING: tr("Waiting"), ONLY_FAILED: tr("Failed"), ONLY_DONE: tr("Done")}


class TasksPage(QWidget):
    """All tasks. `asked` carries an action of `words` and ids, None for all."""

    asked = Signal(str, object)
    closed = Signal()
    add_link_asked = Signal()
    all_paused = Signal()
    all_resumed = Signal()
    finished_cleared = Signal()

    def __init__(self, model: TaskModel, picture: Callable[[str], QPixmap | None]) -> None:
        super().__init__()
        self._model = model
        self._seen: tuple[dict[str, int], int, str, bool] | None = None
        self.view = TaskView(model, picture)
        self.view.asked.connect(self.asked)
        self.problems = ProblemBar()  # the window's own is out of sight
        self._build_head()
        self._build_chips()
        self._build_empty()
        self._build_foot()
        self._build_layout()
        self.show_counts()

    # showing

    def show_counts(self) -> None:
        """Show how many there are, in the head, on the chips and below."""
        counts, total = self._model.counts, len(self._model)
        seen = (dict(counts), total, self._model.filter, self._model.rowCount() > 0)
        if seen == self._seen:
            return
        self._seen = seen
        self._pill.setText(trn("{count} task", "{count} tasks", total))
        self._pill.setVisible(total > 0)
        going = sum(counts[state] for state in (RUNNING, VERIFYING, WAITING, QUEUED))
        self._pauses = going > 0 or not counts[PAUSED]
        self.all.setText(tr("Pause all") if self._pauses else tr("Resume all"))
        self.all.setEnabled(going > 0 or counts[PAUSED] > 0)
        self.clear.setEnabled(counts[DONE] + counts[CANCELLED] > 0)
        for name, chip in self._chips.items():
            count = total if name == ALL else sum(counts[state] for state in FILTERS[name])
            chip.setText(f"{filter_words()[name]} {count:,}")
        self._chip_row.setVisible(total >= CHIPS_FROM or self._model.filter != ALL)
        self._summary.show_text(summary(counts) if total else "")
        self._show_middle()

    def show_speed(self, text: str) -> None:
        """Show how fast all downloads are together; "" for none."""
        self._speed.setText(tr("↓ {speed}", speed=text) if text else "")
        self._speed.setVisible(bool(text))

    def show_free(self, text: str, tip: str = "") -> None:
        """Show how much room there is where models go."""
        self._free.setText(text)
        self._free.setToolTip(tip)

    def take_keyboard(self) -> None:
        """Give the keyboard to what stands in the middle."""
        aim = self.view if self._middle.currentWidget() is self.view else self._empty_add
        aim.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_filter(self, name: str) -> None:
        """Show only tasks of one filter."""
        self._model.set_filter(name)
        with QSignalBlocker(self._chip_group):
            self._chips[name].setChecked(True)
        self.show_counts()

    def _show_middle(self) -> None:
        if self._model.rowCount():
            self._middle.setCurrentWidget(self.view)
            return
        is_bare = len(self._model) == 0
        self._headline.setText(tr("Nothing to do") if is_bare else tr("No task here"))
        text = tr("Paste a link to a model, and it is downloaded, checked and put into the right folder. You can watch it here.")
        self._sentence.setText(text if is_bare else tr("No task is in this state now."))
        self._sentence.setMinimumHeight(self._sentence.heightForWidth(TEXT_WIDTH))
        self._empty_add.setVisible(is_bare)
        self._empty_all.setVisible(not is_bare)
        self._middle.setCurrentWidget(self._empty)

    # building

    def _build_head(self) -> None:
        self.back = back_button()
        self.back.clicked.connect(self.closed)
        self._title, self._pill = QLabel(tr("Tasks")), QLabel()
        self._title.setProperty("role", "title")
        self._pill.setProperty("role", "pill")
        self.all, self.clear, self.add = QPushButton(), QPushButton(tr("Clear finished")), QPushButton(f" {tr('Add from link')}")
        self.clear.setToolTip(tr("Take what is done or cancelled off the list. Files stay."))
        for button, tone in ((self.all, "plain"), (self.clear, "plain"), (self.add, "primary")):
            button.setProperty("tone", tone)
        dress(self.add, "plus", tone="on_accent")
        self.all.clicked.connect(lambda: (self.all_paused if self._pauses else self.all_resumed).emit())
        self.clear.clicked.connect(self.finished_cleared)
        self.add.clicked.connect(self.add_link_asked)

    def _build_chips(self) -> None:
        self._chip_row, self._chips = QFrame(), dict[str, QPushButton]()
        self._chip_row.setProperty("role", "strip")
        self._chip_group = QButtonGroup(self)
        row = QHBoxLayout(self._chip_row)
        row.setContentsMargins(14, 8, 14, 8)
        row.setSpacing(6)
        for name in FILTERS:
            chip = self._chips[name] = QPushButton()
            chip.setCheckable(True)
            chip.setChecked(name == ALL)
            chip.setObjectName(name)
            chip.setProperty("role", "filter")
            self._chip_group.addButton(chip)
            row.addWidget(chip)
        row.addStretch(1)
        self._chip_group.buttonClicked.connect(lambda chip: self.set_filter(chip.objectName()))

    def _build_empty(self) -> None:
        self._empty, drawing = QWidget(), CardDrawing()
        drawing.set_icon("download")
        self._headline, self._sentence = QLabel(), QLabel()
        self._empty_add, self._empty_all = QPushButton(f" {tr('Add from link')}"), QPushButton(tr("Show all tasks"))
        self._empty_add.setProperty("tone", "primary")
        dress(self._empty_add, "plus", tone="on_accent")
        self._empty_add.clicked.connect(self.add_link_asked)
        self._empty_all.clicked.connect(lambda: self.set_filter(ALL))
        for label, role in ((self._headline, "title"), (self._sentence, "muted")):
            label.setProperty("role", role)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._sentence.setWordWrap(True)
        self._sentence.setFixedWidth(TEXT_WIDTH)
        column = QVBoxLayout(self._empty)
        column.setSpacing(0)
        column.addStretch(4)
        for widget, space in ((drawing, 14), (self._headline, 6), (self._sentence, 18), (self._empty_add, 0), (self._empty_all, 0)):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addSpacing(space)
        column.addStretch(5)

    def _build_foot(self) -> None:
        self._summary, self._speed, self._free = ElidedLabel("faint"), QLabel(), QLabel()
        for label in (self._speed, self._free):
            label.setProperty("role", "faint")
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._speed.hide()

    def _build_layout(self) -> None:
        head = page_head((self.back, self._title, self._pill), (self.all, self.clear, self.add))
        foot, ground = QFrame(), QFrame()
        foot.setProperty("role", "status")
        foot.setFixedHeight(BOTTOM)
        ground.setProperty("role", "panel")
        line = QHBoxLayout(foot)
        line.setContentsMargins(14, 0, 14, 0)
        line.setSpacing(18)
        line.addWidget(self._summary, 1)
        line.addWidget(self._speed)
        line.addWidget(self._free)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.view)
        self._middle.addWidget(self._empty)
        middle = QVBoxLayout(ground)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.problems)
        middle.addWidget(self._chip_row)
        middle.addWidget(self._middle, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for frame in (head, ground, foot):
            column.addWidget(frame, int(frame is ground))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """As large as there is room."""
        return QSize(1000, 650)

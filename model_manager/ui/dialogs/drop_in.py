"""The sheet for dropped models: what would go where and why, then how far it is, then what became of it.

Opened by the drop desk, which fills it and does what it asks for. Decides nothing about files itself.
"""

from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from model_manager.bridge.intake import RESERVE, Choice, Destination, Plan, Report, needs
from model_manager.core.amounts import size_text
from model_manager.core.words import tr, trn
from model_manager.ui.dialogs.drop_list import ROW, DropDelegate, DropModel, DropView
from model_manager.ui.dialogs.drop_words import chips_of_plan, chips_of_report, progress_text, report_title
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.sheet import Sheet

STEPS = 1000
SIZE = QSize(980, 560)


class DropSheet(Sheet):
    """One drop. `looking` first, then `show_plan`, `show_progress`, `show_report`."""

    choices_changed = Signal(object, bool)  # {row: Choice}, keeps folders
    carry_asked = Signal(object, object, bool)  # Plan, rows, moves
    stop_asked = Signal()
    folders_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Add models"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.resize(SIZE)
        self.setMinimumSize(640, 360)
        self._plan: Plan | None = None
        self._choices: dict[int, Choice] = {}
        self._rows: list[int] = []
        self._is_busy = self._is_over = False
        self._clock = QElapsedTimer()
        self.model = DropModel(self)
        self._build_list()
        self._build_layout()
        self.model.changed.connect(self._on_taken)
        self.model.wanted.connect(lambda row: self._choose([row], None))
        self.show_looking("", 0, 0)

    # what the desk says

    def show_looking(self, text: str, done: int, total: int) -> None:
        """Say that what was dropped is being looked at."""
        if self._plan is None:
            self._title.setText(tr("Looking at what you dropped"))
            self._sub.show_text(trn("{count} model so far", "{count} models so far", done) if not total else text)
            self._show_bar(done, total)
            self._foot.setCurrentIndex(1)
            self._hide.hide()

    def show_plan(self, plan: Plan, moves: bool) -> None:
        """Show where everything would go; `moves` is what the person is likely to want, at first."""
        is_first, self._plan = self._plan is None, plan
        if is_first:
            (self._move if moves else self._copy).setChecked(True)
            self.resize(SIZE.width(), min(SIZE.height(), 280 + ROW * len(plan.lines)))
        self.model.set_plan(plan)
        self._options.show()
        self._keep.setVisible(any(line.known.find.below for line in plan.lines))
        self._list.show()
        self._foot.setCurrentIndex(0)
        if is_first:
            self._list.setCurrentIndex(self.model.index(0))
            self._go.setFocus()

    def show_progress(self, done: int, total: int, text: str) -> None:
        """Show how far the copying is; done and total count every byte twice, as it is read back."""
        if self._is_busy:
            words = progress_text(done, total, self._clock.elapsed() / 1000, text)
            self._progress_text.show_text(words)
            self._show_bar(done, total)

    def show_report(self, report: Report) -> None:
        """Show what became of it."""
        self._is_busy, self._is_over = False, True
        self.model.set_outcomes(dict(zip(self._rows, report.outcomes, strict=False)))
        self._title.setText(report_title(report))
        self._sub.show_text(tr("Finished models stay. Nothing else was changed.") if report.is_stopped else "")
        self._sub.setVisible(report.is_stopped)
        self._set_chips(chips_of_report(report))
        self._cancel.setText(tr("Close"))
        self._go.hide()
        self._foot_text.show_text("")
        self._foot.setCurrentIndex(0)
        self._cancel.setProperty("tone", "primary")
        self._cancel.style().polish(self._cancel)
        self._cancel.setDefault(True)  # Enter closes; the hidden button cannot take it
        self._cancel.setFocus()

    def show_nothing(self, title: str, text: str, offers_folders: bool = False) -> None:
        """Say why there is nothing to add."""
        self._title.setText(title)
        self._sub.show_text(text)
        self._sub.show()
        self._set_chips(())
        for widget in (self._options, self._list, self._go):
            widget.hide()
        self._cancel.setDefault(not offers_folders)
        self._folders.setDefault(offers_folders)
        self._folders.setVisible(offers_folders)
        self._cancel.setText(tr("Close"))
        self._foot_text.show_text("")
        self._foot.setCurrentIndex(0)
        self.setMinimumHeight(0)
        self.resize(640, 170)

    @property
    def is_busy(self) -> bool:
        """True while files are copied."""
        return self._is_busy

    # what the person does

    def _on_taken(self) -> None:
        """Count anew what goes."""
        if self._plan is None or self._is_busy or self._is_over:
            return
        rows, moves = self.model.taken(), self._move.isChecked()
        wanted = needs(self._plan, rows, moves)
        self._title.setText(trn("Add {count} model", "Add {count} models", len(self._plan.lines)))
        self._sub.show_text(self._told())
        self._sub.setVisible(bool(self._told()))
        self._set_chips(chips_of_plan(self._plan, rows, moves, wanted))
        one, many = (
            (tr("Move {count} model"), tr("Move {count} models")) if moves else (tr("Copy {count} model"), tr("Copy {count} models"))
        )
        self._go.setText((one if len(rows) == 1 else many).format(count=f"{len(rows):,}"))
        short = [need for need in wanted if need.wanted and need.wanted + RESERVE > need.free]
        self._go.setEnabled(bool(rows) and not short)
        text = tr("Each file is read back and compared before it gets its name.")
        if short:
            text = tr("{size} too much for the drive of {folder}. Leave some out, or choose another folder.",
                      size=size_text(short[0].wanted + RESERVE - short[0].free), folder=short[0].folder)  # fmt: skip
        self._foot_text.setProperty("role", "bad" if short else "faint")
        self._foot_text.style().polish(self._foot_text)
        self._foot_text.show_text(text)

    def _told(self) -> str:
        """What else the look at the drop found."""
        assert self._plan is not None
        found = self._plan.gathered
        texts = list(found.faults[:1])
        if found.others:
            texts.append(trn("{count} other file belongs to no model and stays where it is.",
                             "{count} other files belong to no model and stay where they are.", found.others))  # fmt: skip
        if found.partials:
            texts.append(trn("{count} unfinished download is left alone.", "{count} unfinished downloads are left alone.", found.partials))
        return " ".join(texts)

    def _on_go(self) -> None:
        rows = self.model.taken()
        if self._plan is None or not rows:
            return
        self._rows, self._is_busy, self.model.is_open = rows, True, False
        self._clock.start()
        self._options.hide()
        self._hide.show()
        self._foot.setCurrentIndex(1)
        self._progress_text.show_text("")
        self._title.setText(trn("Moving {count} model", "Moving {count} models", len(rows)) if self._move.isChecked()
                            else trn("Copying {count} model", "Copying {count} models", len(rows)))  # fmt: skip
        self._show_bar(0, 0)
        self.carry_asked.emit(self._plan, rows, self._move.isChecked())

    def _on_stop(self) -> None:
        self.stop_asked.emit()
        if not self._is_busy:
            super().reject()

    def reject(self) -> None:
        """Esc: hide while files are copied, else close."""
        if not self._is_busy:
            self.stop_asked.emit()
        super().reject()

    def _choose(self, rows: Iterable[int], destination: Destination | None) -> None:
        for row in rows:
            self._choices[row] = Choice(destination, self.model.line(row).known.facts.verdict != "ok")
        self.choices_changed.emit(dict(self._choices), self._keep.isChecked())

    def _on_target(self, row: int, point: QPoint) -> None:
        """Offer all folders for the row, or for all selected ones if it is one of them."""
        if self._plan is None or not self.model.is_open or self.model.line(row).state in ("here", "twice"):
            return
        chosen = self._list.rows()
        rows = chosen if row in chosen else [row]
        menu, more, new = QMenu(self), QMenu(tr("Other folders"), self), QMenu(tr("New folders"), self)
        for one in self._plan.destinations:
            place = new if one.is_new else menu if one.is_first else more
            place.addAction(one.title).triggered.connect(lambda _=False, to=one: self._choose(rows, to))
        for extra in (more, new):
            if extra.actions():
                menu.addMenu(extra)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._list.viewport().mapToGlobal(point))

    # building

    def _build_list(self) -> None:
        self._list = DropView(self.model)
        self._list.toggle_asked.connect(self.model.toggle)
        self._list.target_asked.connect(self._on_target)
        delegate = DropDelegate(self._list)
        delegate.box_clicked.connect(lambda row: self.model.toggle(self._list.rows() if row in self._list.rows() else [row]))
        delegate.target_clicked.connect(self._on_target)
        self._list.setItemDelegate(delegate)

    def _build_layout(self) -> None:
        self._title, self._sub, self._chips = QLabel(), ElidedLabel("muted"), QHBoxLayout()
        self._title.setProperty("role", "title")
        self._chips.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(22, 18, 22, 14)
        head.setSpacing(5)
        head.addWidget(self._title)
        head.addWidget(self._sub)
        head.addSpacing(4)
        head.addLayout(self._chips)
        head.addWidget(self._build_options())
        self._foot = QStackedWidget()
        self._foot.addWidget(self._build_foot())
        self._foot.addWidget(self._build_progress())
        self._foot.setFixedHeight(58)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        rule = QFrame()
        rule.setProperty("role", "rule")
        layout.addWidget(rule)
        layout.addWidget(self._list, 1)
        layout.addStretch(0)
        layout.addWidget(self._foot)

    def _build_options(self) -> QWidget:
        self._options = QWidget()
        self._copy, self._move = QRadioButton(tr("Copy")), QRadioButton(tr("Move"))
        self._copy.setToolTip(tr("What you dropped stays where it is."))
        self._move.setToolTip(tr("What you dropped is gone from where it was once all of it has arrived."))
        self._keep = QCheckBox(tr("Keep the names of dropped folders as sub-folders"))
        self._copy.setChecked(True)
        self._keep.setChecked(True)
        self._ways = QButtonGroup(self)
        row = QHBoxLayout(self._options)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(14)
        for button in (self._copy, self._move):
            self._ways.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._keep)
        self._ways.buttonClicked.connect(self._on_taken)
        self._keep.clicked.connect(lambda: self.choices_changed.emit(dict(self._choices), self._keep.isChecked()))
        self._options.hide()
        return self._options

    def _build_foot(self) -> QFrame:
        foot, row = _foot()
        self._foot_text = ElidedLabel("faint")
        self._folders, self._cancel, self._go = QPushButton(tr("Choose a folder…")), QPushButton(tr("Cancel")), QPushButton()
        self._go.setProperty("tone", "primary")
        self._folders.setProperty("tone", "primary")
        self._go.setDefault(True)
        row.addWidget(self._foot_text, 1)
        for button in (self._folders, self._cancel, self._go):
            row.addWidget(button)
        self._folders.hide()
        self._folders.clicked.connect(self.folders_asked)
        self._cancel.clicked.connect(self.reject)
        self._go.clicked.connect(self._on_go)
        self._cancel.setAutoDefault(False)
        return foot

    def _build_progress(self) -> QFrame:
        foot, row = _foot()
        self._progress_text, self._bar = ElidedLabel("muted"), QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(220)
        self._bar.setAccessibleName(tr("Progress"))
        self._hide, stop = QPushButton(tr("Go on in the background")), QPushButton(tr("Stop"))
        row.addWidget(self._progress_text, 1)
        for widget in (self._bar, self._hide, stop):
            row.addWidget(widget)
        for button in (self._hide, stop):
            button.setAutoDefault(False)
        self._hide.clicked.connect(self.hide)
        stop.clicked.connect(self._on_stop)
        return foot

    def _show_bar(self, done: int, total: int) -> None:
        self._bar.setRange(0, STEPS if total > 0 else 0)
        self._bar.setValue(done * STEPS // total if total > 0 else 0)

    def _set_chips(self, texts: Iterable[tuple[str, str]]) -> None:
        while (item := self._chips.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for text, tone in texts:
            chip = QLabel(text)
            chip.setProperty("role", "chip")
            chip.setProperty("tone", tone)
            chip.setTextFormat(Qt.TextFormat.PlainText)
            self._chips.addWidget(chip)
        self._chips.addStretch(1)


def _foot() -> tuple[QFrame, QHBoxLayout]:
    foot = QFrame()
    foot.setProperty("role", "foot")
    row = QHBoxLayout(foot)
    row.setContentsMargins(22, 12, 22, 12)
    row.setSpacing(8)
    return foot, row

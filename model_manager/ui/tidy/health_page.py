"""The page of health: head with the button that looks, and the list of everything that needs attention.

Built by the desk of health over the bridge's `Health`. It tells what is asked and shows what it is given.
"""

import time

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QStackedWidget, QWidget

from model_manager.bridge.health import Health
from model_manager.core.health.records import WISHES, Section
from model_manager.core.words import tr, trn
from model_manager.ui.details.parts import back_button, push_button, set_role
from model_manager.ui.elided_label import ElidedLabel
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import fill_page, page_head
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.theme import dress, restyle
from model_manager.ui.tidy.health_rows import HealthView, Line, lines_of
from model_manager.ui.updates.words import looked_words

LOOK, STOP = "look", "stop"
STEPS = 1000  # of the bar: bytes are too many for it
FEW = 12  # findings of a sort that are shown opened from the beginning


class HealthPage(QWidget):
    """All of it. `mend_asked` carries a Line and a mend."""

    closed = Signal()
    look_asked = Signal()
    stop_asked = Signal()
    mend_asked = Signal(object, str)
    opened = Signal(object)  # Line: a double click or Enter on a finding
    menu_asked = Signal(QPoint)

    def __init__(self, health: Health) -> None:
        super().__init__()
        self._health = health
        self._shown: tuple[Section, ...] = ()
        self._open: dict[str, bool] = {}  # what the person opened and closed
        self.problems = ProblemBar()  # the window's own is out of sight
        self.view, self.message = HealthView(self.is_open, self._on_pressed), MessagePage()
        self._build_head()
        self._build_layout()
        self._connect()
        self.show_all()

    def is_open(self, sort: str) -> bool:
        """Whether the findings of a sort are listed: as the person said, else where they are few and need attention."""
        section = self._health.report.section(sort)
        return self._open.get(sort, section is not None and sort not in WISHES and section.count <= FEW)

    # showing

    def show_all(self) -> None:
        """Show what there is now."""
        report = self._health.report
        self._pill.setText(f"{report.count:,}")
        self._pill.setAccessibleName(trn("{count} finding", "{count} findings", report.count))
        self._pill.setVisible(report.count > 0)
        if self._shown != report.sections:
            self._shown = report.sections
            self.show_lines()
        self.show_look()
        self._middle.setCurrentWidget(self.view if report.sections else self.message)
        if not report.sections:
            self._show_message()

    def show_lines(self) -> None:
        """Show the rows as they are opened and closed now."""
        opened = {section.sort for section in self._shown if self.is_open(section.sort)}
        self.view.show_rows(lines_of(self._shown, opened), lambda line: line.key)

    def show_look(self) -> None:
        """Show how far a look or a conversion is, or when the last look was."""
        health = self._health
        is_busy = health.is_looking or health.is_converting
        words = tr("Look again") if health.report.looked else tr("Look through the folders")
        self.look.setText(f" {tr('Stop') if is_busy else words}")
        dress(self.look, "close" if is_busy else "search", tone="text" if is_busy else "on_accent")
        if self.look.property("tone") != (tone := "plain" if is_busy else "primary"):
            self.look.setProperty("tone", tone)
            restyle(self.look)
        self._bar.setVisible(is_busy)
        if is_busy:
            self._bar.setRange(0, STEPS if health.total else 0)
            self._bar.setValue(health.done * STEPS // health.total if health.total else 0)
        self._looked.show_text(health.text if is_busy else self._looked_words())
        if not self._health.report.sections:
            self._show_message()

    def _looked_words(self) -> str:
        health = self._health
        words = looked_words(health.report.looked, time.time())
        if health.is_stale:
            words = tr("{looked} · folders changed since", looked=words)
        unread = health.report.unread
        return f"{words} · {trn('{count} folder could not be read', '{count} folders could not be read', unread)}" if unread else words

    def _show_message(self) -> None:
        health = self._health
        if health.is_looking or not health.is_known:
            text = tr("Folders are listed and pickles checked. Nothing is changed, and you can go on with something else.")
            buttons = [(STOP, tr("Stop"))] if health.is_looking else []
            self.message.show_message("search", tr("Looking"), text, buttons, is_busy=True)
        elif not health.report.looked:
            text = tr("Nothing is wrong as far as the library knows. Looking through the folders also finds what no model needs any more.")
            self.message.show_message("search", tr("Is all well?"), text, [(LOOK, tr("Look through the folders"))])
        else:
            text = tr("No file is broken or out of place, and nothing lies about.")
            self.message.show_message("check", tr("All is well"), text, [(LOOK, tr("Look again"))], "ok")

    def take_keyboard(self) -> None:
        """Give the keyboard to what stands in the middle."""
        if self._middle.currentWidget() is self.message:
            self.message.take_keyboard()
        else:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # what is done

    def _on_pressed(self, line: Line, mend: str) -> None:
        sort = line.section.sort
        if mend not in ("", "open", "close"):
            self.mend_asked.emit(line, mend)
        elif line.item is None or mend == "close":
            self._open[sort] = mend == "open" or (mend == "" and not self.is_open(sort))
            self.show_lines()
            if line.item is not None:
                self.view.select_row(next(row for row, one in enumerate(self.view.rows.rows) if one.section.sort == sort))

    def _on_opened(self) -> None:
        line: Line | None = next(iter(self.view.selected()), None)
        if line is not None and line.item is not None:
            self.opened.emit(line)
        elif line is not None and not line.rest:
            self._on_pressed(line, "")

    # building

    def _build_head(self) -> None:
        self.back, self._title, self._pill = back_button(), set_role(QLabel(tr("Health")), "title"), set_role(QLabel(), "pill")
        self._looked = ElidedLabel("muted")
        self._looked.setMinimumWidth(220)
        self._looked.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(110)
        self._bar.setAccessibleName(tr("Looking through the folders"))
        self.look = push_button("", "primary")

    def _build_layout(self) -> None:
        self._middle = QStackedWidget()
        for shown in (self.view, self.message):
            self._middle.addWidget(shown)
        head = page_head((self.back, self._title, self._pill), (self._looked, self._bar, self.look))
        fill_page(self, head, (self.problems, self._middle), self._middle)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        health = self._health
        self.look.clicked.connect(lambda: (self.stop_asked if health.is_looking or health.is_converting else self.look_asked).emit())
        self.message.asked.connect(lambda name: (self.stop_asked if name == STOP else self.look_asked).emit())
        self.view.opened.connect(self._on_opened)
        self.view.menu_asked.connect(self.menu_asked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the models."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

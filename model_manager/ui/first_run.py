"""The first page a person sees: what was found, which folders to show, and that nothing on disk is changed.

The main window looks for installs and fills it in; the page takes folders by button or by drop and says what was agreed to.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from model_manager.core.words import tr, trn
from model_manager.ui.first_run_parts import DropZone, FoundCard
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.theme import dress

COLUMN = 680


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A place with models. title: what it is ("ComfyUI Desktop"). detail: rough counts ("about 1,200 files in 14 folders")."""

    path: str
    title: str
    detail: str = ""
    is_checked: bool = True


class FirstRunPage(QFrame):
    """The first-run page. `folder_chosen` asks the owner to look at a path; `accepted` carries the paths that are checked."""

    folder_chosen = Signal(str)
    accepted = Signal(list)
    demo_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._cards: list[FoundCard] = []
        self._problems = ProblemBar()
        self._build()
        self.set_looking(False)
        self._on_changed()

    def set_looking(self, is_looking: bool) -> None:
        """Tell that the usual places are still being searched."""
        self._bar.setVisible(is_looking)
        self._bar.setRange(0, 0 if is_looking else 1)
        self._is_looking = is_looking
        self._on_changed()

    def set_found(self, items: Iterable[FoundItem]) -> None:
        """Show these places in place of all others."""
        for card in self._cards:
            card.hide()
            card.deleteLater()
        self._cards = []
        for item in items:
            self.add_item(item)
        self._on_changed()

    def add_item(self, item: FoundItem) -> None:
        """Show one more place; a path that is there already is renewed and keeps its check mark."""
        for card in self._cards:
            if card.path == item.path:
                card.show_texts(item.title, item.detail)
                return
        card = FoundCard(item.path, item.title, item.detail, item.is_checked)
        card.toggled.connect(self._on_changed)
        self._found.addWidget(card)
        self._cards.append(card)
        self._on_changed()

    def show_problem(self, text: str) -> None:
        """Say why a chosen folder cannot be taken."""
        self._problems.show_problem(text, "warn")

    def checked_paths(self) -> list[str]:
        """The paths with a check mark, in the order shown."""
        return [card.path for card in self._cards if card.is_checked()]

    def choose_folder(self) -> None:
        """Ask for a folder with the system's dialog."""
        path = QFileDialog.getExistingDirectory(self, tr("Choose a ComfyUI or models folder"))
        if path:
            self.folder_chosen.emit(path)

    def showEvent(self, event: QShowEvent) -> None:
        """Enter shows the models."""
        super().showEvent(event)
        self.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what lies on this computer."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._drop_zone.set_lit(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The folder was carried away again."""
        self._drop_zone.set_lit(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Ask the owner to look at each dropped path."""
        self._drop_zone.set_lit(False)
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.folder_chosen.emit(url.toLocalFile())

    def _build(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        self._build_head(column)
        self._build_found(column)
        self._drop_zone = DropZone()
        self._drop_zone.clicked.connect(self.choose_folder)
        column.addSpacing(12)
        column.addWidget(self._drop_zone)
        column.addStretch(2)
        body = QWidget()
        body.setProperty("role", "plain")
        middle = QHBoxLayout(body)
        middle.setContentsMargins(24, 24, 24, 24)
        middle.addStretch(1)
        holder = QWidget()
        holder.setMaximumWidth(COLUMN)
        holder.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        middle.addWidget(holder, 100)
        middle.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self._problems)
        page.addWidget(scroll, 1)
        page.addWidget(self._build_foot())

    def _build_head(self, column: QVBoxLayout) -> None:
        mark, title = QLabel(), _label(tr("Show your models"), "hero")
        dress(mark, "app", 56)
        promise = tr("Choose the ComfyUI installs and folders to show. Model files are only read: nothing is moved, renamed or changed.")
        text = _label(promise, "muted")
        text.setWordWrap(True)
        beside = QVBoxLayout()
        beside.setSpacing(3)
        beside.addWidget(title)
        beside.addWidget(text)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(beside, 1)
        column.addLayout(row)
        column.addSpacing(22)

    def _build_found(self, column: QVBoxLayout) -> None:
        self._heading = _label(tr("Found on this computer"), "heading")
        self._none = _label("", "muted")
        self._none.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Looking for ComfyUI"))
        self._found = QVBoxLayout()
        self._found.setSpacing(8)
        part = QVBoxLayout()
        part.setSpacing(9)
        for widget in (self._heading, self._none, self._bar):
            part.addWidget(widget)
        part.addLayout(self._found)
        column.addLayout(part)

    def _build_foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("role", "foot")
        self._summary = _label("", "muted")
        demo, choose = QPushButton(tr("Open the demo library")), QPushButton(tr("Choose a folder…"))
        self._show = QPushButton(tr("Show my models"))
        for button, tone in ((demo, "quiet"), (choose, "plain"), (self._show, "primary")):
            button.setProperty("tone", tone)
        demo.clicked.connect(self.demo_asked)
        choose.clicked.connect(self.choose_folder)
        self.setFocusProxy(self._show)
        self._show.clicked.connect(lambda: self.accepted.emit(self.checked_paths()))
        row = QHBoxLayout(foot)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(8)
        row.addWidget(self._summary, 1)
        for button in (demo, choose, self._show):
            row.addWidget(button)
        return foot

    def _on_changed(self) -> None:
        """Say what is there and what the main button would do."""
        count = len(self.checked_paths())
        self._show.setEnabled(count > 0)
        chosen = trn("{count} place will be shown", "{count} places will be shown", count)
        self._summary.setText(chosen if count else tr("Nothing is chosen yet"))
        looking = tr("Looking in the usual places…")
        nothing = tr("No ComfyUI was found in the usual places. Choose its folder, or any folder with models.")
        self._none.setText(looking if self._is_looking else nothing)
        self._none.setVisible(self._is_looking or not self._cards)
        self._heading.setVisible(bool(self._cards) or self._is_looking)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label

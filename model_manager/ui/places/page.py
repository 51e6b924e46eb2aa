"""The page of all folders with models: head with what can be added, the strip of filters, the list, and one folder in full beside it.

Built by the places desk. Tells what is asked and shows what it is given; never looks at the disk itself.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from model_manager.bridge.places import PlaceRow, chosen_rows, grouped_rows
from model_manager.core.words import tr
from model_manager.ui.details.parts import back_button, push_button
from model_manager.ui.message_page import MessagePage
from model_manager.ui.page_head import page_head
from model_manager.ui.places.detail import PlaceDetail
from model_manager.ui.places.filters import Filters
from model_manager.ui.places.rows import PlaceView, lines_of
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.theme import dress

CLEAR, ADD = "clear", "add"
DETAIL_WIDTH = 340


class PlacesPage(QWidget):
    """All of it. `folder_added` carries a path and the type of its models, "" for a folder with folders for each type."""

    closed = Signal()
    shown = Signal(bool)
    comfyui_added = Signal(str)
    folder_added = Signal(str, str)
    yaml_added = Signal(str)
    editor_asked = Signal()
    again_asked = Signal()
    menu_asked = Signal(QPoint)
    picked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._rows: Sequence[PlaceRow] = ()
        self.filters, self.view, self.detail, self.message = Filters(), PlaceView(), PlaceDetail(), MessagePage()
        self.problems = ProblemBar()
        self.view.setAccessibleName(tr("Folders"))
        self._build_head()
        self._build_layout()
        self._connect()
        self.show_rows((), is_known=False)

    # showing

    def show_rows(self, rows: Sequence[PlaceRow], is_known: bool = True) -> None:
        """Show these folders. is_known: whether somebody has looked yet."""
        self._rows, self._is_known = rows, is_known
        self.filters.show_rows(rows)
        self._show_lines()

    def _show_lines(self) -> None:
        wish = self.filters.wish
        found = chosen_rows(self._rows, wish)
        self.view.show_lines(lines_of(grouped_rows(found, wish.group), wish.group))
        self._middle.setCurrentWidget(self._splitter if found else self.message)
        if not found:
            self._show_message()

    def _show_message(self) -> None:
        if not self._is_known:
            self.message.show_message("folder", tr("Looking at your folders"), tr("Nothing is changed."), is_busy=True)
        elif self._rows:
            text = tr("No folder matches your search.")
            self.message.show_message("search", tr("Nothing found"), text, [(CLEAR, tr("Show all folders"))])
        else:
            text = tr("Add ComfyUI, or any folder with models.")
            self.message.show_message("folder", tr("No folder yet"), text, [(ADD, tr("Add ComfyUI…"))])

    def chosen(self) -> list[PlaceRow]:
        """The selected folders."""
        return self.view.chosen()

    def take_keyboard(self) -> None:
        """Give the keyboard to the list."""
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, text: str, tone: str = "warn") -> None:
        """Say what went wrong."""
        self.problems.show_problem(text, tone)

    def set_kinds(self, kinds: Sequence[tuple[str, str]]) -> None:
        """Offer these types, (name, label) each, for a folder whose models are all of one type."""
        self._kinds.clear()
        for kind, name in kinds:
            self._kinds.addAction(name).setData(kind)

    # adding

    def choose_comfyui(self) -> None:
        """Ask for the folder of a ComfyUI."""
        if path := QFileDialog.getExistingDirectory(self, tr("Choose the folder of ComfyUI")):
            self.comfyui_added.emit(path)

    def choose_folder(self, kind: str) -> None:
        """Ask for a folder with models of one type, or of all types for ""."""
        if path := QFileDialog.getExistingDirectory(self, tr("Choose a folder with models")):
            self.folder_added.emit(path, kind)

    def choose_yaml(self) -> None:
        """Ask for an extra_model_paths.yaml."""
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose extra_model_paths.yaml"), "", tr("YAML files (*.yaml *.yml)"))
        if path:
            self.yaml_added.emit(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take what lies on this computer."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add dropped folders and YAML files."""
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            path = url.toLocalFile()
            if path.lower().endswith((".yaml", ".yml")):
                self.yaml_added.emit(path)
            elif path:
                self.folder_added.emit(path, "")

    # building

    def _build_head(self) -> None:
        self.back, self._title = back_button(), QLabel(tr("Folders"))
        self._title.setProperty("role", "title")
        self.add, self.edit, self.again = push_button(f" {tr('Add')}"), push_button(tr("Edit extra_model_paths.yaml…")), push_button("")
        self.again.setText(f" {tr('Look again')}")
        dress(self.add, "plus", tone="muted")
        dress(self.again, "refresh", tone="muted")
        self.add.setProperty("menu", "yes")
        menu = QMenu(self.add)
        menu.addAction(tr("ComfyUI…")).triggered.connect(self.choose_comfyui)
        menu.addAction(tr("Folder with folders for each type…")).triggered.connect(lambda: self.choose_folder(""))
        self._kinds = menu.addMenu(tr("Folder with models of one type"))
        self._kinds.triggered.connect(self._on_kind)
        menu.addAction(tr("extra_model_paths.yaml…")).triggered.connect(self.choose_yaml)
        self.add.setMenu(menu)

    def _build_layout(self) -> None:
        head = page_head((self.back, self._title), (self.edit, self.again, self.add))
        ground = QFrame()
        ground.setProperty("role", "panel")
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self.view)
        self._splitter.addWidget(self.detail)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1000, DETAIL_WIDTH])
        self._splitter.setChildrenCollapsible(False)
        self.view.setMinimumWidth(340)
        self.detail.setMinimumWidth(260)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._splitter)
        self._middle.addWidget(self.message)
        below = QVBoxLayout(ground)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self._middle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (head, self.problems, self.filters):
            column.addWidget(widget)
        column.addWidget(ground, 1)

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.edit.clicked.connect(self.editor_asked)
        self.again.clicked.connect(self.again_asked)
        self.filters.changed.connect(self._show_lines)
        self.view.picked.connect(self.picked)
        self.view.menu_asked.connect(self.menu_asked)
        self.message.asked.connect(lambda name: self.filters.clear() if name == CLEAR else self.choose_comfyui())

    def _on_kind(self, action: QAction) -> None:
        self.choose_folder(str(action.data()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears the search, else it leaves."""
        if event.key() == Qt.Key.Key_Escape:
            if self.filters.field.text():
                self.filters.field.clear()
            else:
                self.closed.emit()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: D102
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: D102
        super().hideEvent(event)
        self.shown.emit(False)

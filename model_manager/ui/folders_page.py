"""The dialog of all folders: where models are looked for, the state of each folder with the reason, and buttons to add and remove.

Opened by the main window, which fills it and does what it asks for. Never looks at the disk itself.
"""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from model_manager.core.library.entry import FolderReport
from model_manager.core.words import tr, trn
from model_manager.ui.folder_list import OWN, FolderDelegate, FolderModel
from model_manager.ui.problem_bar import ProblemBar
from model_manager.ui.sheet import Sheet
from model_manager.ui.theme import dress


class FoldersDialog(Sheet):
    """Folders by source. `folder_added` carries a path and the type of its models, "" for folders of all types below it.

    `remove_asked` carries a source and a path; the path is "" when the whole source is meant.
    """

    comfyui_added = Signal(str)
    folder_added = Signal(str, str)
    yaml_added = Signal(str)
    remove_asked = Signal(str, str)
    open_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Folders"))
        self.setAcceptDrops(True)
        self.resize(860, 580)
        self._removable: Collection[str] = ()
        self._model = FolderModel(self)
        self._problems = ProblemBar()
        self._list = QListView()
        self._build_list()
        self._build_layout()
        self.set_kinds(())
        self.set_reports(())
        self._list.setFocus()

    def set_reports(self, reports: Sequence[FolderReport], removable: Collection[str] = ()) -> None:
        """Show the state of all folders; `removable` holds the sources and paths that the person added and may remove."""
        self._removable = removable
        self._model.set_reports(reports)
        needy = self._model.needy_count()
        fine = tr("All folders are fine.")
        needs = trn("{count} folder needs attention.", "{count} folders need attention.", needy)
        count = trn("{count} folder is looked at.", "{count} folders are looked at.", len(reports))
        nothing = tr("No folder is looked at yet. Add ComfyUI, or any folder with models.")
        self._summary.setText(f"{count} {needs if needy else fine}" if reports else nothing)
        self._filter.setText(tr("Only those that need attention ({count})", count=needy))
        self._filter.setEnabled(needy > 0 or self._filter.isChecked())
        self._on_selected()

    def set_kinds(self, kinds: Sequence[tuple[str, str]]) -> None:
        """Offer these types, (name, label) each, for a folder whose models are all of one type."""
        self._menu.clear()
        self._add_entry(tr("With folders for each type…"), "")
        self._menu.addSeparator()
        for kind, name in kinds:
            self._add_entry(tr("Only {type}…", type=name), kind)

    def show_problem(self, text: str) -> None:
        """Say why a folder or file cannot be added."""
        self._problems.show_problem(text, "warn")

    def choose_comfyui(self) -> None:
        """Ask for the folder of a ComfyUI install."""
        self._emit_folder(tr("Choose the folder of ComfyUI"), self.comfyui_added.emit)

    def choose_folder(self, kind: str) -> None:
        """Ask for a folder with models of one type, or of all types for ""."""
        self._emit_folder(tr("Choose a folder with models"), lambda path: self.folder_added.emit(path, kind))

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

    def _emit_folder(self, title: str, emit: object) -> None:
        path = QFileDialog.getExistingDirectory(self, title)
        if path and callable(emit):
            emit(path)

    def _build_list(self) -> None:
        self._list.setModel(self._model)
        self._list.setItemDelegate(FolderDelegate(self._list))
        self._list.setResizeMode(QListView.ResizeMode.Adjust)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMouseTracking(True)
        self._list.setAccessibleName(tr("Folders"))
        self._list.selectionModel().selectionChanged.connect(self._on_selected)
        self._model.modelReset.connect(self._on_selected)
        self._list.doubleClicked.connect(self._on_open)

    def _build_layout(self) -> None:
        title = QLabel(tr("Folders"))
        title.setProperty("role", "title")
        self._summary = QLabel()
        self._summary.setProperty("role", "muted")
        self._filter = QCheckBox()
        self._filter.toggled.connect(self._model.set_needy_only)
        head = QVBoxLayout()
        head.setContentsMargins(20, 18, 20, 12)
        head.setSpacing(4)
        head.addWidget(title)
        head.addWidget(self._summary)
        head.addSpacing(8)
        head.addLayout(self._build_adders())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._problems)
        layout.addLayout(head)
        rule = QFrame()
        rule.setProperty("role", "rule")
        layout.addWidget(rule)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._build_foot())

    def _build_adders(self) -> QHBoxLayout:
        self._menu = QMenu(self)
        self._menu.triggered.connect(self._on_kind)
        texts = (tr("Add ComfyUI…"), tr("Add folder"), tr("Add extra_model_paths.yaml…"))
        comfyui, folder, yaml = (QPushButton(" " + text) for text in texts)
        folder.setMenu(self._menu)
        folder.setProperty("menu", "yes")
        row = QHBoxLayout()
        row.setSpacing(8)
        for button, icon_name in ((comfyui, "plus"), (folder, "folder"), (yaml, "file")):
            dress(button, icon_name, tone="muted")
            button.setAutoDefault(False)
            row.addWidget(button)
        comfyui.clicked.connect(self.choose_comfyui)
        yaml.clicked.connect(self.choose_yaml)
        row.addStretch(1)
        row.addWidget(self._filter)
        return row

    def _build_foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("role", "foot")
        self._remove, self._open, close = QPushButton(tr("Remove from the list")), QPushButton(tr("Open folder")), QPushButton(tr("Close"))
        self._remove.setToolTip(tr("Nothing is deleted on disk."))
        close.setProperty("tone", "primary")
        close.setDefault(True)
        row = QHBoxLayout(foot)
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(8)
        row.addWidget(self._remove)
        row.addWidget(self._open)
        row.addStretch(1)
        row.addWidget(close)
        for button in (self._remove, self._open):
            button.setAutoDefault(False)
        self._remove.clicked.connect(self._on_remove)
        self._open.clicked.connect(self._on_open)
        close.clicked.connect(self.accept)
        return foot

    def _add_entry(self, text: str, kind: str) -> None:
        action = self._menu.addAction(text)
        action.setData(kind)

    def _chosen(self) -> tuple[str, str]:
        """The chosen source and path; both "" when nothing is chosen."""
        chosen = self._list.selectionModel().selectedIndexes()
        line = self._model.line_at(chosen[0]) if chosen else None
        return ("", "") if line is None else (line.source, line.report.path if line.report else "")

    def _on_selected(self) -> None:
        source, path = self._chosen()
        self._remove.setEnabled(bool(source) and (source == OWN or source in self._removable or path in self._removable))
        self._open.setEnabled(bool(path))

    def _on_kind(self, action: QAction) -> None:
        self.choose_folder(str(action.data()))

    def _on_remove(self) -> None:
        source, path = self._chosen()
        if source:
            self.remove_asked.emit(source, path)

    def _on_open(self, index: QModelIndex | bool = False) -> None:
        path = self._chosen()[1]
        if path:
            self.open_asked.emit(path)

"""The list at the left: library, what needs attention, types, folders and tags, each with its count.

Given rows by the main window, says which search was chosen. Must not ask the library anything.
"""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTreeView, QVBoxLayout, QWidget

from model_manager.bridge.tasks import Counts
from model_manager.core.words import tr
from model_manager.ui.sidebar_delegate import SidebarDelegate, arrow_rect
from model_manager.ui.sidebar_filler import sections
from model_manager.ui.sidebar_model import SidebarModel
from model_manager.ui.sidebar_rows import SidebarRow, SidebarSection
from model_manager.ui.tokens import tokens

__all__ = ["Sidebar", "SidebarRow", "SidebarSection"]

WIDTH, WIDTHS = 226, (180, 360)


class _Tree(QTreeView):
    """A tree that draws its own arrows and tells what a person chose, by mouse or by key, also if it was chosen before."""

    chosen = Signal(QModelIndex)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press on an arrow opens or closes and chooses nothing."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_arrow(event.position().toPoint()):
            index = self.indexAt(event.position().toPoint())
            self.setExpanded(index, not self.isExpanded(index))
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second quick press on an arrow is a press."""
        if self._is_arrow(event.position().toPoint()):
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moving to a row chooses it, unless it is another page; Enter chooses it again."""
        before = self.currentIndex()
        super().keyPressEvent(event)
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        has_moved = self.currentIndex() != before and not self._is_page(self.currentIndex())
        if self.currentIndex().isValid() and (is_enter or has_moved):
            self.chosen.emit(self.currentIndex())

    def _is_page(self, index: QModelIndex) -> bool:
        model = self.model()
        row = model.row_at(index) if isinstance(model, SidebarModel) and index.isValid() else None
        return row is not None and row.is_page

    def _is_arrow(self, point: QPoint) -> bool:
        index = self.indexAt(point)
        model = self.model()
        if not index.isValid() or not isinstance(model, SidebarModel) or not model.hasChildren(index):
            return False
        row = model.row_at(index)
        return row is not None and arrow_rect(self.visualRect(index), row.depth).contains(point)


class _DropMark(QWidget):
    """A line around the row that a drop would go to."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens().accent, 2))
        painter.setBrush(tokens().accent_soft)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(9, 1.5, -9, -1.5), 7, 7)
        painter.end()


class Sidebar(QFrame):
    """The sidebar. `query_chosen` carries the search of the row; setters do not emit."""

    query_chosen = Signal(str)
    page_chosen = Signal(str)  # name of another page of the window; what was marked before is so again
    row_opened = Signal(str)
    menu_asked = Signal(object, QPoint)  # SidebarRow or None, global point

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "side")
        self.setMinimumWidth(WIDTHS[0])
        self.setMaximumWidth(WIDTHS[1])
        self._query: str | None = ""
        self._page_counts: dict[str, int] = {}
        self._filled: tuple[Counts, Collection[str], str] | None = None
        self._model = SidebarModel(self)
        self._tree = self._build_tree()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self._tree)
        self._connect()

    def sizeHint(self) -> QSize:
        """The width it has until the person drags it."""
        return QSize(WIDTH, 400)

    def fill(self, counts: Counts, opened: Collection[str], place: str) -> None:
        """Show what was counted; `opened`: the rows whose folders are to be there, `place`: the chosen row."""
        self._filled = (counts, opened, place)
        self.set_rows(sections(counts, opened, place, self._page_counts))

    def set_count(self, page: str, count: int) -> None:
        """Show how much a page holds that wants to be looked at, by its name."""
        if count != self.count(page):
            self._page_counts[page] = count
            if self._filled is not None:
                self.fill(*self._filled)

    def count(self, page: str) -> int:
        """The number shown beside the name of a page."""
        return self._page_counts.get(page, 0)

    def set_rows(self, sections: Sequence[SidebarSection]) -> None:
        """Show `sections`; what is open, chosen and scrolled to stays."""
        self._model.set_sections(sections)
        for place in range(self._model.rowCount()):
            index = self._model.index(place, 0)
            if not self._tree.isExpanded(index):
                self._tree.expand(index)
        self._select()

    def set_current(self, query: str | None) -> None:
        """Mark the row of `query`; none is marked when no row stands for it (or for None)."""
        self._query = query
        self._select()
        if self._tree.currentIndex().isValid() and query is not None:
            self._tree.scrollTo(self._tree.currentIndex())

    def current(self) -> str | None:
        """The search that is marked or would be if it had a row."""
        return self._query

    def open_rows(self) -> list[str]:
        """The searches of all rows that are open, to be remembered."""
        opened = (self._model.row_at(index) for index in self._model.rows() if self._tree.isExpanded(index))
        return [row.query for row in opened if row is not None]

    def set_open_rows(self, queries: Sequence[str]) -> None:
        """Open the rows of `queries`."""
        for query in queries:
            index = self._model.index_of(query)
            if index.isValid():
                self._tree.expand(index)

    def row_at(self, point: QPoint) -> SidebarRow | None:
        """The row at a global point."""
        index = self._tree.indexAt(self._tree.viewport().mapFromGlobal(point))
        inside = self._tree.viewport().rect().contains(self._tree.viewport().mapFromGlobal(point))
        return self._model.row_at(index) if index.isValid() and inside else None

    def mark_drop(self, query: str | None) -> None:
        """Show on which row what is dragged would be dropped; None: on none."""
        index = self._model.index_of(query) if query is not None else QModelIndex()
        rect = self._tree.visualRect(index) if index.isValid() else QRect()
        self._drop_mark.setGeometry(rect)
        self._drop_mark.setVisible(rect.isValid())

    def _build_tree(self) -> _Tree:
        tree = _Tree()
        tree.setModel(self._model)
        tree.setItemDelegate(SidebarDelegate(tree))
        tree.setHeaderHidden(True)
        tree.setIndentation(0)
        tree.setUniformRowHeights(True)
        tree.setExpandsOnDoubleClick(True)
        tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setMouseTracking(True)
        tree.setAccessibleName(tr("Library sections"))
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._drop_mark = _DropMark(tree.viewport())
        self.setFocusProxy(tree)
        return tree

    def _connect(self) -> None:
        self._tree.clicked.connect(self._on_chosen)
        self._tree.chosen.connect(self._on_chosen)
        self._tree.expanded.connect(self._on_expanded)
        self._tree.customContextMenuRequested.connect(self._on_menu)

    def _on_chosen(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is not None and row.is_page:
            self._select()
            self.page_chosen.emit(row.query)
        elif row is not None:
            self._query = row.query
            self.query_chosen.emit(row.query)

    def _on_menu(self, point: QPoint) -> None:
        self.menu_asked.emit(self._model.row_at(self._tree.indexAt(point)), self._tree.viewport().mapToGlobal(point))

    def _on_expanded(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is not None:
            self.row_opened.emit(row.query)

    def _select(self) -> None:
        index = QModelIndex() if self._query is None else self._model.index_of(self._query)
        if index == self._tree.currentIndex() and self._tree.selectionModel().isSelected(index) == index.isValid():
            return
        if index.isValid():
            self._tree.setCurrentIndex(index)
        else:
            self._tree.clearSelection()
            self._tree.setCurrentIndex(QModelIndex())

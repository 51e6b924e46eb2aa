"""The sidebar's rows as a Qt tree model that is brought up to date in place.

Used by the sidebar alone. New rows are compared with the old ones and only differences are told, so scroll position, open folders and
selection stay. Must stay quick with thousands of folders.
"""

from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from model_manager.ui.sidebar_rows import SidebarRow, SidebarSection, spoken

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
TREE_ROLE = ROW_ROLE + 1
NOWHERE = QModelIndex()
DEEPEST = 40
"""Folders below this depth are shown at it; a hostile tree must not be deeper than Python can follow."""


class Node:
    """A section (row is None) or a row, with those below it. number: stands for it in a QModelIndex, never used twice."""

    __slots__ = ("children", "is_tree", "key", "number", "parent", "place", "row", "title")

    def __init__(self, key: str, title: str = "", row: SidebarRow | None = None) -> None:
        self.key, self.title, self.row = key, title, row
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.number, self.place, self.is_tree = 0, 0, False

    def below(self) -> Iterator["Node"]:
        """All nodes below it, in the order shown."""
        for child in self.children:
            yield child
            yield from child.below()


class SidebarModel(QAbstractItemModel):
    """Sections at the top, rows below them, sub-folders below rows; ROW_ROLE gives the record, None for a section.

    TREE_ROLE tells whether rows of the section can be opened.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node("")
        self._nodes: dict[int, Node] = {0: self._root}
        self._last_number = 0
        self._by_query: dict[str, Node] = {}
        self._flat: dict[str, list[Node]] = {}

    def set_sections(self, sections: Sequence[SidebarSection]) -> None:
        """Show `sections`, telling the view only what is different; the usual case is other counts on the same rows."""
        shown = {section.key: rows for section in sections if (rows := _shown(section))}
        if list(shown) == list(self._flat) and all(_same_shape(self._flat[key], rows) for key, rows in shown.items()):
            for key, rows in shown.items():
                self._renew_all(self._flat[key], rows)
            return
        self._sync(self._root, [_tree(section, shown[section.key]) for section in sections if section.key in shown])
        self._flat = {section.key: list(section.below()) for section in self._root.children}
        self._by_query = {}
        for node in (node for nodes in self._flat.values() for node in nodes):
            self._by_query.setdefault(node.key, node)

    def index_of(self, query: str) -> QModelIndex:
        """Where the row of `query` is; an invalid index when there is none."""
        node = self._by_query.get(query)
        return NOWHERE if node is None else self._index(node)

    def rows(self) -> list[QModelIndex]:
        """The indexes of all rows that have rows below them."""
        return [self._index(node) for node in self._nodes.values() if node.row is not None and node.children]

    def row_at(self, index: Index) -> SidebarRow | None:
        """The record at `index`; None for a section or an invalid index."""
        return self._node(index).row

    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        """The index of a child."""
        children = self._node(parent).children
        return self.createIndex(row, column, children[row].number) if 0 <= row < len(children) and column == 0 else QModelIndex()

    def parent(self, child: Index = NOWHERE) -> QModelIndex:  # type: ignore[override]
        """The index one level up."""
        above = self._node(child).parent
        return QModelIndex() if above is None else self._index(above)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Number of children."""
        return len(self._node(parent).children)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Always one."""
        return 1

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        """Whether it can be opened, also if what is below is not known yet."""
        node = self._node(parent)
        return bool(node.children) or (node.row is not None and node.row.has_children)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings are passed over by keyboard and mouse."""
        has_row = self._node(index).row is not None
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if has_row else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, tooltip, what a screen reader says, and the record."""
        node = self._node(index)
        if role == ROW_ROLE:
            return node.row
        if role == Qt.ItemDataRole.DisplayRole:
            return node.title if node.row is None else node.row.text
        if role == TREE_ROLE:
            return self._section(node).is_tree
        if node.row is not None and role == Qt.ItemDataRole.ToolTipRole:
            return node.row.tooltip
        if node.row is not None and role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(node.row)
        return None

    def _node(self, index: Index) -> Node:
        return self._nodes.get(index.internalId(), self._root) if index.isValid() else self._root

    def _index(self, node: Node) -> QModelIndex:
        return QModelIndex() if node is self._root else self.createIndex(node.place, 0, node.number)

    def _section(self, node: Node) -> Node:
        while node.row is not None and node.parent is not None:
            node = node.parent
        return node

    def _renew_all(self, nodes: list[Node], rows: list[SidebarRow]) -> None:
        """Give each node its new record, and tell of the different ones once for each parent."""
        spans: dict[int, tuple[Node, Node]] = {}
        for node, row in zip(nodes, rows, strict=True):
            if node.row != row and node.parent is not None:
                node.row = row
                first, _ = spans.get(node.parent.number, (node, node))
                spans[node.parent.number] = (first, node)
        for first, last in spans.values():
            self.dataChanged.emit(self._index(first), self._index(last))

    def _sync(self, at: Node, wanted: list[Node]) -> None:
        """Make the children of `at` what `wanted` says: take away, put in order, insert runs, then renew what stayed."""
        keys = {node.key for node in wanted}
        self._remove_others(at, keys)
        known = {node.key for node in at.children}
        stayed: list[tuple[Node, Node]] = []
        place = 0
        while place < len(wanted):
            if wanted[place].key not in known:
                end = place
                while end < len(wanted) and wanted[end].key not in known:
                    end += 1
                self._insert(at, place, wanted[place:end])
                place = end
                continue
            if at.children[place].key != wanted[place].key:
                self._bring_up(at, place, wanted[place].key)
            stayed.append((at.children[place], wanted[place]))
            place += 1
        for old, new in stayed:
            self._renew(old, new)
            if old.children or new.children:
                self._sync(old, new.children)

    def _renew(self, old: Node, new: Node) -> None:
        old.is_tree = new.is_tree
        if old.row == new.row and old.title == new.title:
            return
        old.row, old.title = new.row, new.title
        index = self._index(old)
        self.dataChanged.emit(index, index)

    def _remove_others(self, at: Node, keys: set[str]) -> None:
        last = len(at.children) - 1
        while last >= 0:
            if at.children[last].key in keys:
                last -= 1
                continue
            first = last
            while first > 0 and at.children[first - 1].key not in keys:
                first -= 1
            self.beginRemoveRows(self._index(at), first, last)
            self._forget(at.children[first : last + 1])
            del at.children[first : last + 1]
            _number(at, first)
            self.endRemoveRows()
            last = first - 1

    def _insert(self, at: Node, place: int, nodes: list[Node]) -> None:
        self.beginInsertRows(self._index(at), place, place + len(nodes) - 1)
        at.children[place:place] = nodes
        for node in nodes:
            node.parent = at
            self._remember(node)
        _number(at, place)
        self.endInsertRows()

    def _bring_up(self, at: Node, place: int, key: str) -> None:
        source = next(number for number in range(place, len(at.children)) if at.children[number].key == key)
        parent = self._index(at)
        self.beginMoveRows(parent, source, source, parent, place)
        at.children.insert(place, at.children.pop(source))
        _number(at, place)
        self.endMoveRows()

    def _remember(self, node: Node) -> None:
        self._last_number += 1
        node.number = self._last_number
        self._nodes[node.number] = node
        for child in node.children:
            self._remember(child)

    def _forget(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            del self._nodes[node.number]
            self._forget(node.children)


def _number(at: Node, first: int) -> None:
    for place in range(first, len(at.children)):
        at.children[place].place = place


def _shown(section: SidebarSection) -> list[SidebarRow]:
    """The rows that are shown; a query given twice is shown once."""
    rows = {row.query: row for row in reversed(section.rows) if row.count or row.is_page or not section.hides_empty}
    return [rows.pop(row.query) for row in section.rows if row.query in rows]


def _same_shape(nodes: list[Node], rows: list[SidebarRow]) -> bool:
    """Whether rows differ from the nodes in nothing but what is painted."""
    return len(nodes) == len(rows) and all(
        node.row is not None and node.key == row.query and node.row.depth == row.depth and node.row.has_children == row.has_children
        for node, row in zip(nodes, rows, strict=True)
    )


def _tree(section: SidebarSection, rows: list[SidebarRow]) -> Node:
    """A section with its flat rows as a tree."""
    top = Node(section.key, section.title)
    top.is_tree = any(row.depth or row.has_children for row in rows)
    line = [top]
    for row in rows:
        del line[max(1, min(row.depth, DEEPEST) + 1) :]
        node = Node(row.query, row=row)
        node.parent, node.place = line[-1], len(line[-1].children)
        line[-1].children.append(node)
        line.append(node)
    return top

"""The list of tasks as a Qt model: what is worked on first, then what is in line, what failed, and what has ended, newest first.

Filled by the board in batches. Rows are updated in place and move only when their part of the list or their place in line changes.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from model_manager.core.tasks.states import ACTIVE, CANCELLED, DONE, FAILED, PAUSED, QUEUED, WAITING, Task

Index = QModelIndex | QPersistentModelIndex
Key = tuple[int, float, float, int]
NOWHERE = QModelIndex()
TASK_ROLE = int(Qt.ItemDataRole.UserRole) + 1
PROGRESS_ROLE = TASK_ROLE + 1  # told alone when nothing but the numbers of a row has changed
MIME = "application/x-model-manager-tasks"
ALL, ONLY_ACTIVE, ONLY_WAITING, ONLY_FAILED, ONLY_DONE = "all", "active", "waiting", "failed", "done"
FILTERS = {
    ALL: frozenset[str](), ONLY_ACTIVE: ACTIVE, ONLY_WAITING: frozenset((WAITING, QUEUED, PAUSED)), ONLY_FAILED: frozenset((FAILED,)),
    ONLY_DONE: frozenset((DONE, CANCELLED)),
}  # fmt: skip
_PARTS = {QUEUED: 1, PAUSED: 1, FAILED: 2, DONE: 3, CANCELLED: 3}  # all else is being worked on, or is about to be again: 0
_LOUD = ("state", "wish", "title", "where", "picture", "fix", "path", "reason")  # what is seen of a task beside its progress
MOVES = 24  # more rows that change places at once are laid out anew


def key_of(task: Task) -> Key:
    """Where a task stands: by part of the list; within it by its place in line, or what ended last first."""
    part = _PARTS.get(task.state, 0)
    return (part, -task.priority, task.place, task.id) if part < 2 else (part, -task.changed, 0.0, -task.id)


def id_of(key: Key) -> int:
    """The task that stands at a key."""
    return key[3] if key[0] < 2 else -key[3]


def runs(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as (first, last) of those that follow each other."""
    first = last = -2
    for row in rows:
        if row != last + 1:
            if last >= 0:
                yield first, last
            first = row
        last = row
    if last >= 0:
        yield first, last


class TaskModel(QAbstractListModel):
    """Tasks by id. `move_asked` tells of rows that were dragged: ids, and the id of the task before which they shall stand (0: last)."""

    move_asked = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: dict[int, Task] = {}
        self._keys: list[Key] = []  # of the rows that are shown, in their order
        self._shown: dict[int, Key] = {}
        self.counts: Counter[str] = Counter()  # all tasks by state, whatever is shown
        self._working: set[int] = set()
        self.filter = ALL
        self.describe: Callable[[Task], str] | None = None  # a row in words, for screen readers and tooltips

    # reading

    def task(self, id_: int) -> Task | None:
        """The newest record of a task."""
        return self._tasks.get(id_)

    def task_at(self, row: int) -> Task:
        """The task of a row."""
        return self._tasks[id_of(self._keys[row])]

    def row_of(self, id_: int) -> int:
        """The row of a task; -1 when it is not shown."""
        key = self._shown.get(id_)
        return -1 if key is None else bisect_left(self._keys, key)

    def tasks(self) -> Iterator[Task]:
        """All tasks, in no order."""
        return iter(self._tasks.values())

    def working(self) -> list[Task]:
        """The tasks that are worked on now."""
        return [self._tasks[id_] for id_ in self._working]

    def __len__(self) -> int:
        return len(self._tasks)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Number of rows shown."""
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The task, its title, or all of it in words."""
        if not index.isValid():
            return None
        task = self.task_at(index.row())
        if role == TASK_ROLE:
            return task
        if role == Qt.ItemDataRole.AccessibleTextRole and self.describe is not None:
            return self.describe(task)
        return task.title if role == Qt.ItemDataRole.DisplayRole else None

    # changing

    def set_filter(self, name: str) -> None:
        """Show only the tasks of one of FILTERS."""
        if name == self.filter:
            return
        self.filter = name
        self.beginResetModel()
        self._keys = sorted(key_of(task) for task in self._tasks.values() if self._is_shown(task))
        self._shown = {id_of(key): key for key in self._keys}
        self.endResetModel()

    def change(self, changed: Sequence[Task], removed: Collection[int] = ()) -> None:
        """Take over new records, and take away what is gone."""
        newest = {task.id: task for task in changed if task.id not in removed}
        quiet = {id_ for id_, task in newest.items() if self._note(task)}
        gone = [id_ for id_ in removed if id_ in self._tasks]
        self._take_away({*gone, *(id_ for id_, task in newest.items() if not self._is_shown(task))} & self._shown.keys())
        for id_ in gone:
            self._forget(id_)
        here = [id_ for id_ in newest if id_ in self._shown]
        self._move([id_ for id_ in here if self._shown[id_] != key_of(self._tasks[id_])])
        self._tell(sorted(self.row_of(id_) for id_ in here if id_ not in quiet), ())
        self._tell(sorted(self.row_of(id_) for id_ in here if id_ in quiet))
        self._add(sorted(key_of(task) for id_, task in newest.items() if id_ not in self._shown and self._is_shown(task)))

    def refresh(self, state: str) -> None:
        """Have the rows in this state painted anew: their times go on although their records do not change."""
        if self.counts[state]:
            unfinished = range(bisect_left(self._keys, (2, 0.0, 0.0, 0)))
            self._tell([row for row in unfinished if self.task_at(row).state == state])

    def _is_shown(self, task: Task) -> bool:
        return self.filter == ALL or task.state in FILTERS[self.filter]

    def _note(self, task: Task) -> bool:
        """Keep a record; True when nothing but numbers and what is said of them differs from the former one."""
        before = self._tasks.get(task.id)
        if before is not None:
            self.counts[before.state] -= 1
        self.counts[task.state] += 1
        (self._working.add if task.state in ACTIVE else self._working.discard)(task.id)
        self._tasks[task.id] = task
        return before is not None and all(getattr(before, name) == getattr(task, name) for name in _LOUD)

    def _forget(self, id_: int) -> None:
        self.counts[self._tasks.pop(id_).state] -= 1
        self._working.discard(id_)

    def _take_away(self, ids: Collection[int]) -> None:
        for first, last in reversed(list(runs(sorted(map(self.row_of, ids))))):
            self.beginRemoveRows(NOWHERE, first, last)
            for key in self._keys[first : last + 1]:
                del self._shown[id_of(key)]
            del self._keys[first : last + 1]
            self.endRemoveRows()

    def _add(self, keys: Sequence[Key]) -> None:
        """Put rows in; those that come to stand together go in at once."""
        done = 0
        while done < len(keys):
            row = bisect_left(self._keys, keys[done])
            end = len(keys) if row == len(self._keys) else bisect_left(keys, self._keys[row], done)
            self.beginInsertRows(NOWHERE, row, row + end - done - 1)
            self._keys[row:row] = keys[done:end]
            self._shown.update((id_of(key), key) for key in keys[done:end])
            self.endInsertRows()
            done = end

    def _move(self, ids: Sequence[int]) -> None:
        """Let rows change their places; the selection goes with them."""
        if len(ids) > MOVES:
            self._lay_out(ids)
            return
        for id_ in ids:
            key, row = key_of(self._tasks[id_]), self.row_of(id_)
            aim = bisect_left(self._keys, key)
            is_moved = aim not in (row, row + 1)
            if is_moved:
                self.beginMoveRows(NOWHERE, row, row, NOWHERE, aim)
            del self._keys[row]
            self._keys.insert(aim - (aim > row), key)
            self._shown[id_] = key
            if is_moved:
                self.endMoveRows()

    def _lay_out(self, ids: Sequence[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        held = [(index, id_of(self._keys[index.row()])) for index in self.persistentIndexList()]
        self._shown.update((id_, key_of(self._tasks[id_])) for id_ in ids)
        self._keys = sorted(self._shown.values())
        self.changePersistentIndexList([index for index, _ in held], [self.index(self.row_of(id_)) for _, id_ in held])
        self.layoutChanged.emit()

    def _tell(self, rows: Sequence[int], roles: Sequence[int] = (PROGRESS_ROLE,)) -> None:
        for first, last in runs(rows):
            self.dataChanged.emit(self.index(first), self.index(last), list(roles))

    # dragging

    def flags(self, index: Index) -> Qt.ItemFlag:
        """What is in line can be dragged, and anything can be dropped between rows."""
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        plain = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemNeverHasChildren
        return plain | flag.ItemIsDragEnabled if can_move(self.task_at(index.row())) else plain

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Only our own rows."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The ids of the rows that can be moved."""
        tasks = (self.task_at(row) for row in sorted(index.row() for index in indexes))
        mime = QMimeData()
        mime.setData(MIME, ",".join(str(task.id) for task in tasks if can_move(task)).encode())
        return mime

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Only between rows of what is in line."""
        return data.hasFormat(MIME) and not parent.isValid() and self._is_in_line(row)

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Ask for the move; the rows move when it is done. The view must not take rows away, hence False."""
        ids = [int(part) for part in bytes(data.data(MIME).data()).decode().split(",") if part]
        if ids and self._is_in_line(row):
            before = self.task_at(row).id if row < self.rowCount() and can_move(self.task_at(row)) else 0
            self.move_asked.emit(ids, before)
        return False

    def _is_in_line(self, row: int) -> bool:
        """Whether a row that can be moved stands before or after the gap above `row`."""
        return any(can_move(self.task_at(near)) for near in (row - 1, row) if 0 <= near < self.rowCount())


def can_move(task: Task) -> bool:
    """Whether a task can be given another place in line."""
    return task.id > 0 and task.state in (QUEUED, PAUSED)

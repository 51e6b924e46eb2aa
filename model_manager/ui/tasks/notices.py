"""Says in the window that a task is done or has failed, once: several of them in one sentence, so that nobody is buried in notes.

Made by the tasks desk, which says when somebody looks at the list anyway.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from model_manager.core.tasks.states import ADD, BACKUP, CHANGE, CHECK, DONE, DOWNLOAD, PREVIEWS, Task
from model_manager.core.words import tr, trn
from model_manager.ui.problem_bar import Action, ProblemBar
from model_manager.ui.status_bar import StatusBar
from model_manager.ui.tasks.words import FIX, SHOW, action_words, can

READY_MS = 20_000  # good news goes by itself
_TOLD_ELSEWHERE = (PREVIEWS, ADD, CHANGE, BACKUP, CHECK)  # they have reports of their own


class Notices(QObject):
    """Two notes at most: what is ready, and what has failed."""

    def __init__(self, problems: ProblemBar, status: StatusBar, act: Callable[[str, int], None], show_list: Callable[[], None],
                 parent: QObject) -> None:  # fmt: skip
        """`act(action, id)` shows or mends one task; `show_list()` opens the list."""
        super().__init__(parent)
        self._problems, self._status, self._act, self._show_list = problems, status, act, show_list
        self._ready: list[Task] = []
        self._failed: dict[int, Task] = {}
        self._texts = {True: "", False: ""}  # by whether it is good news
        self._timer = QTimer(self, singleShot=True, interval=READY_MS)
        self._timer.timeout.connect(self._withdraw_ready)

    def tell(self, task: Task) -> None:
        """A task is done or has failed."""
        is_good = task.state == DONE
        if task.kind in _TOLD_ELSEWHERE:
            return
        if is_good and task.kind != DOWNLOAD:
            self._status.say(tr("{title}: done.", title=task.title))
            return
        self._drop_read(is_good)
        if is_good:
            self._ready.append(task)
            self._timer.start()
        else:
            self._failed[task.id] = task
        self._show(is_good)

    def forget(self) -> None:
        """Somebody looks at the list: nothing of it is news any more."""
        for is_good in (True, False):
            self._problems.withdraw(self._texts[is_good])
            self._drop_read(is_good)

    def begun(self, id_: int) -> None:
        """A task that had failed goes on."""
        if self._failed.pop(id_, None) is not None:
            self._show(False)

    def _drop_read(self, is_good: bool) -> None:
        """Begin anew when the note was taken away by the person."""
        if self._texts[is_good] not in self._problems.texts():
            self._texts[is_good] = ""
            (self._ready if is_good else self._failed).clear()

    def _show(self, is_good: bool) -> None:
        self._problems.withdraw(self._texts[is_good])
        tasks = self._ready if is_good else list(self._failed.values())
        if not tasks:
            self._texts[is_good] = ""
            return
        text = self._texts[is_good] = _words(tasks, is_good)
        self._problems.show_problem(text, "info" if is_good else "bad", self._actions(tasks, is_good))

    def _actions(self, tasks: list[Task], is_good: bool) -> list[Action]:
        actions: list[Action] = []
        first, wanted = tasks[0], SHOW if is_good else FIX
        if len(tasks) == 1 and can(wanted, first):
            actions.append((action_words(wanted, first), lambda: self._act(wanted, first.id)))
        if not is_good or len(tasks) > 1:
            actions.append((tr("Tasks"), self._show_list))
        return actions

    def _withdraw_ready(self) -> None:
        self._problems.withdraw(self._texts[True])
        self._drop_read(True)


def _words(tasks: list[Task], is_good: bool) -> str:
    first = tasks[0]
    if len(tasks) > 1:
        if is_good:
            return trn("{count} download is ready.", "{count} downloads are ready.", len(tasks))
        return trn("{count} task has failed.", "{count} tasks have failed.", len(tasks))
    if is_good:
        return tr("{name} is ready.", name=first.title)
    return tr("{name}: {reason}", name=first.title, reason=first.reason or tr("failed"))

"""The menu of the selected tasks. Opened by the tasks desk on right click or the Menu key."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from model_manager.bridge.task_model import can_move
from model_manager.core.tasks.states import CHOOSE_FOLDER, Task
from model_manager.core.words import tr
from model_manager.ui.details.parts import copy_text
from model_manager.ui.tasks.words import AGAIN, CANCEL, FIX, PAUSE, PLACE, REMOVE, REPORT, RESUME, SHOW, action_words, can

Ask = Callable[[str, Sequence[int]], None]


def show_menu(parent: QWidget, point: QPoint, tasks: Sequence[Task], ask: Ask, link_of: Callable[[Task], str]) -> QMenu:
    """Show the menu of `tasks` at a global point. `ask(action, ids)` does what is chosen, besides actions of `words` also top,
    history and folder; `link_of` gives the address of what a task is about."""  # fmt: skip
    menu = QMenu(parent)

    def add(text: str, action: str, ids: Sequence[int], keys: str = "") -> None:
        entry = menu.addAction(text)
        entry.setEnabled(bool(ids))
        entry.triggered.connect(lambda _=False: ask(action, ids))
        if keys:
            entry.setShortcut(QKeySequence(keys))  # shown only: the menu is gone when keys are pressed

    first = tasks[0]
    if len(tasks) == 1:
        for action in (FIX, SHOW, REPORT):
            if can(action, first):
                add(action_words(action, first), action, [first.id], "" if action == REPORT else "Return")
    for action, text, keys in (
        (PAUSE, tr("Pause"), "Space"), (RESUME, tr("Resume"), "Space"), (AGAIN, tr("Retry"), ""), (CANCEL, tr("Cancel"), "Del"),
        (REMOVE, tr("Remove from the list"), "Del"),
    ):  # fmt: skip
        ids = [task.id for task in tasks if can(action, task)]
        if ids or action in (PAUSE, CANCEL):
            add(text, action, ids, keys if ids else "")
    menu.addSeparator()
    add(tr("Move to the top"), "top", [task.id for task in tasks if can_move(task)])
    menu.addSeparator()
    links = [link for task in tasks if (link := link_of(task))]
    copy = menu.addAction(tr("Copy link") if len(links) < 2 else tr("Copy links"))
    copy.setEnabled(bool(links))
    copy.triggered.connect(lambda _=False: copy_text("\n".join(links)))
    one = [first.id] if len(tasks) == 1 else []
    if len(tasks) == 1 and can(PLACE, first) and first.fix != CHOOSE_FOLDER:
        add(tr("Choose another folder…"), PLACE, [first.id])
    add(tr("Show in folder"), "folder", one if first.path else [])
    add(tr("Show history"), "history", one if first.id > 0 else [])
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(point)
    return menu

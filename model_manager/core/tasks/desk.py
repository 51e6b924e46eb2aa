"""What people ask for: tasks added, paused, resumed, retried, cancelled, cleared, moved.

Used by the engine, in its own thread. Everything may raise StoreFault or StoreDamaged; what was written before stays.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from model_manager.core.tasks import queue
from model_manager.core.tasks.book import Book
from model_manager.core.tasks.states import ACTIVE, CANCELLED, CLEAN, DONE, ENDED, QUEUED, REMOVE, Change, Task


class Desk:
    """Carries out commands on the tasks of a book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, kind: str, key: str, title: str, payload: Mapping[str, Any], values: Mapping[str, Any]) -> Task:
        """See Engine.add."""
        task, replaced = self._book.store().add(kind, key, title, payload, **values)
        if replaced:
            self._book.drop(replaced)
        run = self._book.runs.get(task.id)
        if run is not None:
            run.task = task = replace(run.task, wish=task.wish)
            self._book.obey(run)
        return self._book.note(task)

    def command(self, name: str, ids: Collection[int] | None) -> list[int]:
        """Carry out a command of queue.COMMANDS for these tasks, or for all; returns the ids of those it made a difference to."""
        self._book.store()
        return [id_ for id_ in self._chosen(ids) if self._commanded(queue.COMMANDS[name], id_, ids is not None)]

    def _chosen(self, ids: Collection[int] | None) -> list[int]:
        named = queue.in_order(list(self._book.records.values()))
        return [task.id for task in named if task.chore != REMOVE and (ids is None or task.id in ids)]

    def _commanded(self, command: queue.Command, id_: int, is_named: bool) -> bool:
        task = self._book.store().get(id_)
        if task is None or not command.touches(task, is_named):
            return False
        self._book.tended.add(id_)
        if task.state in ACTIVE:
            wish = command.wishes[task.wish]
            found = self._book.store().keep(id_, lambda now: now.state in ACTIVE and now.wish == task.wish, wish=wish)
        else:
            after = command.moves[task.state]
            values: dict[str, Any] = {"chore": CLEAN} if after == CANCELLED else {}
            if after == QUEUED:
                values = {"tries": 0, "busy": 0}
            found = self._book.store().change(id_, after, lambda now: now.state == task.state, **values)
        if found is None:  # another process was faster
            return self._commanded(command, id_, is_named)
        run = self._book.runs.get(id_)
        if run is None:
            self._book.note(found)
        else:
            run.task = self._book.note(replace(run.task, wish=found.wish))
            self._book.obey(run)
        return True

    def amend(self, id_: int, change: Callable[[Task], Mapping[str, Any]]) -> bool:
        """See Engine.amend."""
        store = self._book.store()
        task = store.get(id_)
        if task is None or task.state not in queue.AMENDABLE or task.chore == REMOVE:
            return False
        values = {"tries": 0, "busy": 0, **change(task)}

        def is_same(now: Task) -> bool:
            return (now.state, now.payload, now.chore) == (task.state, task.payload, task.chore)

        found = store.change(id_, QUEUED, is_same, **values)
        if found is None:  # another process was faster
            return self.amend(id_, change)
        self._book.tended.add(id_)
        self._book.note(found)
        return True

    def clear(self, ids: Collection[int] | None) -> list[int]:
        """Forget ended tasks, after what failed ones left was cleaned up; returns their ids."""
        store, cleared = self._book.store(), []
        for id_ in self._chosen(ids):
            task = store.get(id_)
            if task is None or task.state not in ENDED:
                continue
            cleared.append(id_)
            self._book.tended.add(id_)
            if task.state == DONE or (task.state == CANCELLED and not task.chore and not task.owner):
                store.remove(id_, lambda now: now.state in (DONE, CANCELLED))
                self._book.drop(id_)
            elif (found := store.keep(id_, lambda now: now.state in ENDED, chore=REMOVE)) is not None:
                self._book.note(found)
        return cleared

    def move(self, id_: int, index: int) -> None:
        """See Engine.move."""
        store, tasks = self._book.store(), [task for task in self._book.records.values() if task.chore != REMOVE]
        found = queue.moved(tasks, id_, index)
        if found is None:  # no number between the two is left
            for place, task in enumerate(queue.in_order(tasks), 1):
                self._keep(task.id, place=float(place))
            found = queue.moved([self._book.records[task.id] for task in tasks if task.id in self._book.records], id_, index)
        if found is not None and store.get(id_) is not None:
            self._keep(id_, priority=found[0], place=found[1])

    def set_priority(self, id_: int, priority: int) -> None:
        """See Engine.set_priority."""
        self._book.store()
        self._keep(id_, priority=priority)

    def _keep(self, id_: int, **values: Any) -> None:
        if self._book.store().keep(id_, **values) is None:
            return
        run = self._book.runs.get(id_)
        task = replace(self._book.records[id_] if run is None else run.task, **values)
        self._book.note(task)
        if run is not None:
            run.task = task

    def history(self, id_: int) -> list[Change]:
        """See Engine.history."""
        return self._book.store().history(id_)

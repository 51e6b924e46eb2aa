"""Which task comes next, what each command makes of a task, and where one goes that is moved. Plain functions on records.

Used by the engine. Nothing here touches the store: the engine does, by `Store.change`, which asks the table of states again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from model_manager.core.tasks.states import (
    ACTIVE,
    ANEW,
    CANCEL,
    CANCELLED,
    FAILED,
    PAUSE,
    PAUSED,
    QUEUED,
    REQUEUE,
    WAITING,
    Task,
)


@dataclass(frozen=True, slots=True)
class Command:
    """What a person can ask for. moves: state -> the next, done at once; wishes: former wish -> new one, for a task under way.

    only_named: states that "all" leaves alone.
    """

    moves: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[str, str] = field(default_factory=dict)
    only_named: Collection[str] = ()

    def touches(self, task: Task, is_named: bool = True) -> bool:
        """Whether the command makes anything of the task."""
        if not is_named and task.state in self.only_named:
            return False
        return task.wish in self.wishes if task.state in ACTIVE else task.state in self.moves


# a task under way that is paused and resumed, or cancelled and retried, before it has stopped is begun again after it has
COMMANDS: Final[Mapping[str, Command]] = {
    "pause": Command({QUEUED: PAUSED, WAITING: PAUSED}, {"": PAUSE, REQUEUE: PAUSE}),
    "resume": Command({PAUSED: QUEUED, WAITING: QUEUED}, {PAUSE: REQUEUE}),
    "retry": Command({FAILED: QUEUED, CANCELLED: QUEUED, WAITING: QUEUED}, {CANCEL: ANEW}, (CANCELLED,)),
    "cancel": Command(
        {QUEUED: CANCELLED, WAITING: CANCELLED, PAUSED: CANCELLED, FAILED: CANCELLED},
        {"": CANCEL, PAUSE: CANCEL, REQUEUE: CANCEL, ANEW: CANCEL},
    ),
}
# what becomes of a task that has stopped because of a wish
STOPS: Final[Mapping[str, tuple[str, ...]]] = {
    PAUSE: (PAUSED,), CANCEL: (CANCELLED,), REQUEUE: (QUEUED,), ANEW: (CANCELLED, QUEUED),
}  # fmt: skip
AMENDABLE: Final = frozenset((FAILED, WAITING, PAUSED))  # what a task is to do can be changed


def in_order(tasks: Collection[Task]) -> list[Task]:
    """The tasks as they are worked on and listed: higher priority first, then by place."""
    return sorted(tasks, key=lambda task: (-task.priority, task.place, task.id))


def is_free(task: Task) -> bool:
    """Whether somebody may begin the task now."""
    return task.state == QUEUED and not task.owner and not task.chore


def next_ones(tasks: Collection[Task], busy: Mapping[str, int], limits: Mapping[str, int]) -> list[Task]:
    """The tasks to begin now. busy: how many of each kind are under way here; limits: how many may be, by kind; others are not ours."""
    room = {kind: most - busy.get(kind, 0) for kind, most in limits.items()}
    chosen = []
    for task in in_order([task for task in tasks if is_free(task) and room.get(task.kind, 0) > 0]):
        if room[task.kind] > 0:
            room[task.kind] -= 1
            chosen.append(task)
    return chosen


def moved(tasks: Sequence[Task], id_: int, index: int) -> tuple[int, float] | None:
    """Priority and place for the task so that it stands at `index` of the list (as `in_order` gives it, counted without it).

    None when its neighbours leave no place between them: give all of them whole numbers first.
    """
    others = [task for task in in_order(tasks) if task.id != id_]
    own = next((task.priority for task in tasks if task.id == id_), 0)
    index = max(0, min(index, len(others)))
    before, after = (others[index - 1] if index else None), (others[index] if index < len(others) else None)
    priority = own if before is None else min(own, before.priority)
    priority = priority if after is None else max(priority, after.priority)
    low = before.place if before is not None and before.priority == priority else None
    high = after.place if after is not None and after.priority == priority else None
    if low is None or high is None:
        return priority, (0.0 if high is None else high - 1) if low is None else low + 1
    middle = (low + high) / 2
    return (priority, middle) if low < middle < high else None

"""The list of tasks: its order, what moves and what stays, filters, counts, and that Qt's own tester finds nothing wrong with it."""

import random
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from model_manager.bridge.task_model import (
    ALL,
    FILTERS,
    ONLY_ACTIVE,
    ONLY_DONE,
    ONLY_WAITING,
    PROGRESS_ROLE,
    TaskModel,
    can_move,
    key_of,
    runs,
)
from model_manager.core.tasks.states import ALLOWED, CANCELLED, DONE, DOWNLOAD, FAILED, PAUSED, QUEUED, RUNNING, VERIFYING, WAITING, Task

STATES = list(ALLOWED)


def task(id_: int, state: str = QUEUED, **fields: object) -> Task:
    values = {"place": float(id_), "changed": float(id_), **fields}
    return Task(id_, DOWNLOAD, str(id_), f"model {id_}", state=state, **values)  # type: ignore[arg-type]


@pytest.fixture
def model(qapp: object) -> TaskModel:
    made = TaskModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def ids(model: TaskModel) -> list[int]:
    return [model.task_at(row).id for row in range(model.rowCount())]


def test_what_is_worked_on_comes_first_and_what_ended_last_newest_first(model: TaskModel) -> None:
    states = {1: DONE, 2: QUEUED, 3: FAILED, 4: RUNNING, 5: PAUSED, 6: WAITING, 7: CANCELLED, 8: VERIFYING, 9: FAILED}
    model.change([task(id_, state) for id_, state in states.items()])
    assert ids(model) == [4, 6, 8, 2, 5, 9, 3, 7, 1]
    model.change([task(10, QUEUED, priority=1, place=99.0), task(-1, RUNNING, place=0.0)])
    assert ids(model) == [-1, 4, 6, 8, 10, 2, 5, 9, 3, 7, 1]
    assert [model.row_of(id_) for id_ in (4, 1, 77)] == [1, 10, -1]


def test_numbers_change_in_place(model: TaskModel, qtbot: QtBot) -> None:
    model.change([task(id_, RUNNING) for id_ in range(1, 6)])
    told: list[tuple[int, int, list[int]]] = []
    model.dataChanged.connect(lambda first, last, roles: told.append((first.row(), last.row(), roles)))
    for signal in (model.rowsMoved, model.rowsInserted, model.rowsRemoved, model.modelReset, model.layoutChanged):
        signal.connect(lambda *_: pytest.fail("rows moved"))
    model.change([task(id_, RUNNING, done=5) for id_ in (2, 3, 5)])
    model.change([task(1, RUNNING, wish="pause")])
    assert told == [(1, 2, [PROGRESS_ROLE]), (4, 4, [PROGRESS_ROLE]), (0, 0, [])]
    assert model.task_at(1).done == 5


def test_the_selection_goes_with_a_row(model: TaskModel) -> None:
    chosen = QItemSelectionModel(model)
    for count in (10, 200):  # one by one, and laid out anew
        model.change([task(id_) for id_ in range(1, count + 1)], set())
        chosen.select(model.index(model.row_of(7)), QItemSelectionModel.SelectionFlag.ClearAndSelect)
        held = QPersistentModelIndex(model.index(model.row_of(count)))
        model.change([task(id_, RUNNING) for id_ in range(5, count + 1)])
        assert [model.task_at(index.row()).id for index in chosen.selectedIndexes()] == [7]
        assert model.task_at(held.row()).id == count
        assert ids(model)[-4:] == [1, 2, 3, 4]


def test_filters_and_counts(model: TaskModel) -> None:
    model.change([task(id_, STATES[id_ % len(STATES)]) for id_ in range(1, 81)])
    for name, states in FILTERS.items():
        model.set_filter(name)
        shown = {model.task_at(row).state for row in range(model.rowCount())}
        assert shown == (set(STATES) if name == ALL else states)
        assert model.rowCount() == sum(model.counts[state] for state in shown)
    model.set_filter(ONLY_DONE)
    first = model.task_at(0)
    model.change([task(500, DONE), task(501, RUNNING)], [first.id])
    assert 500 in ids(model) and first.id not in ids(model) and 501 not in ids(model)
    assert model.task(first.id) is None and model.counts[DONE] + model.counts[CANCELLED] == model.rowCount()
    model.set_filter(ONLY_ACTIVE)
    assert 501 in ids(model) and {one.id for one in model.working()} == set(ids(model))
    model.change([task(501, WAITING)])
    assert 501 not in ids(model)
    model.set_filter(ONLY_WAITING)
    assert 501 in ids(model)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_it_is_a_sorted_list_without_doubles(model: TaskModel, seed: int) -> None:
    dice, known = random.Random(seed), dict[int, Task]()
    for _ in range(60):
        if dice.random() < 0.15:
            model.set_filter(dice.choice(list(FILTERS)))
        count = dice.choice((1, 3, 60))
        changed = [task(dice.randint(1, 150), dice.choice(STATES), place=dice.random(), changed=dice.random()) for _ in range(count)]
        removed = set(dice.sample(sorted(known), dice.randint(0, min(len(known), 9))))
        for one in changed:
            known[one.id] = one
        known = {id_: one for id_, one in known.items() if id_ not in removed}
        model.change(changed, removed)
        states = FILTERS[model.filter]
        expected = sorted((one for one in known.values() if model.filter == ALL or one.state in states), key=key_of)
        assert [model.task_at(row) for row in range(model.rowCount())] == expected
        assert {state: count for state, count in model.counts.items() if count} == {
            state: sum(one.state == state for one in known.values()) for state in {one.state for one in known.values()}
        }
        assert len(model) == len(known)


def test_only_what_is_in_line_is_dragged_and_dropped_there(model: TaskModel) -> None:
    model.change([task(1, RUNNING), task(2), task(3), task(4, PAUSED), task(5, FAILED), task(-1, RUNNING)])
    assert ids(model) == [-1, 1, 2, 3, 4, 5]
    flags = [model.flags(model.index(row)) for row in range(6)]
    assert [bool(flag & Qt.ItemFlag.ItemIsDragEnabled) for flag in flags] == [False, False, True, True, True, False]
    asked: list[object] = []
    model.move_asked.connect(lambda moved, before: asked.append((moved, before)))
    mime = model.mimeData([model.index(4), model.index(1), model.index(3)])
    move, nowhere = Qt.DropAction.MoveAction, QModelIndex()
    assert [model.canDropMimeData(mime, move, row, 0, nowhere) for row in range(7)] == [False, False, True, True, True, True, False]
    assert not model.dropMimeData(mime, move, 2, 0, nowhere) and not model.dropMimeData(mime, move, 5, 0, nowhere)
    model.dropMimeData(mime, move, 0, 0, nowhere)
    assert asked == [([3, 4], 2), ([3, 4], 0)]
    assert not can_move(replace(task(-2), state=QUEUED))


def test_runs() -> None:
    assert list(runs([])) == []
    assert list(runs([0, 1, 2, 5, 7, 8])) == [(0, 2), (5, 5), (7, 8)]

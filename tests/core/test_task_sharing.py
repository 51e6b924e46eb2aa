"""Several programs on one list of tasks, and programs that are killed: nothing doubles, nothing vanishes, wishes reach who works."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from task_case import PIECE, Heard, check_history, running_engine, state_of, until
from task_worker import Watched

from model_manager.core.tasks import owners
from model_manager.core.tasks.states import CANCELLED, DONE, PAUSED, QUEUED, RUNNING, VERIFYING

ROOT = Path(__file__).resolve().parents[2]
LONG = {"pieces": 100_000, "pause": 0.005}  # it is never finished by itself in a test


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kinds(tmp_path: Path) -> Iterator[Watched]:
    (tmp_path / "made").mkdir()
    found = Watched(tmp_path / "made", at_once=3)
    yield found
    found.release.set()


@contextmanager
def program(data: Path, kinds: Watched) -> Iterator["subprocess.Popen[str]"]:
    """Another program that works on all tasks; it is killed in the end."""
    command = [sys.executable, str(Path(__file__).with_name("task_worker.py")), str(data), str(kinds.folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def begun(kinds: Watched) -> list[str]:
    path = kinds.folder / "begun"
    return path.read_text().split() if path.exists() else []


def test_a_task_that_is_stored_is_taken_up_by_the_running_program(data: Path, kinds: Watched) -> None:
    with program(data, kinds), running_engine(data, kinds.all(), only=()) as engine:
        ids = [engine.add("write", str(number), "T", {}).id for number in range(10)]
        until(lambda: all(state_of(engine, id_) == DONE for id_ in ids))
        assert kinds.begun == [] and sorted(begun(kinds)) == sorted(map(str, range(10)))
        assert all(check_history(engine, id_) == ["queued", "running", "verifying", "done"] for id_ in ids)


def test_wishes_reach_the_program_that_works(data: Path, kinds: Watched) -> None:
    with program(data, kinds), running_engine(data, kinds.all(), only=()) as engine:
        first, second = (engine.add("write", name, "T", LONG).id for name in "ab")
        until(lambda: state_of(engine, first) == state_of(engine, second) == RUNNING)
        until(lambda: engine.task(first).done > 0)  # type: ignore[union-attr]  # its progress is seen here, too
        engine.pause([first]).result()
        engine.cancel([second]).result()
        until(lambda: state_of(engine, first) == PAUSED and state_of(engine, second) == CANCELLED)
        until(lambda: not (kinds.folder / "b.part").exists())
        engine.resume([first]).result()
        until(lambda: state_of(engine, first) == RUNNING)
        engine.cancel().result()
        engine.clear().result()
        until(lambda: not any(kinds.folder.glob("*.part")))


def test_two_programs_share_the_work(data: Path, kinds: Watched) -> None:
    with running_engine(data, kinds.all(), only=()) as engine:
        ids = [engine.add("write", str(number), "T", {"pieces": 30, "pause": 0.002}).id for number in range(40)]
        with program(data, kinds), program(data, kinds):
            until(lambda: all(state_of(engine, id_) == DONE for id_ in ids))
        assert sorted(begun(kinds)) == sorted(map(str, range(40)))


def test_a_program_that_ends_gives_its_tasks_back(data: Path, kinds: Watched) -> None:
    with running_engine(data, kinds.all(), only=()) as engine:
        id_ = engine.add("write", "a", "T", LONG).id
        with program(data, kinds) as process:
            until(lambda: state_of(engine, id_) == RUNNING)
            assert process.communicate("")[0] == "closed\n"
        until(lambda: state_of(engine, id_) == QUEUED)
        task = engine.task(id_)
        assert task is not None and task.owner == ""


def test_tasks_of_a_killed_program_go_on_elsewhere_while_that_runs(data: Path, kinds: Watched) -> None:
    with running_engine(data, kinds.all(), only=()) as engine:
        id_ = engine.add("write", "a", "T", {"pieces": 400, "pause": 0.005}).id
        with program(data, kinds) as process:
            until(lambda: state_of(engine, id_) == RUNNING and (kinds.folder / "a.part").exists())
            process.kill()
            process.wait()
        engine.wait([id_])
        states = check_history(engine, id_)
        assert states == ["queued", "running", "queued", "running", "verifying", "done"]
        assert (kinds.folder / "a.bin").read_bytes() == PIECE * 400


@pytest.mark.parametrize(("command", "state"), [("pause", PAUSED), ("cancel", CANCELLED)])
def test_a_wish_to_a_program_that_is_killed_is_granted_all_the_same(data: Path, kinds: Watched, command: str, state: str) -> None:
    with running_engine(data, kinds.all(), only=()) as engine:
        id_ = engine.add("hang", "a", "T", {}).id
        with program(data, kinds) as process:
            until(lambda: state_of(engine, id_) == RUNNING)
            getattr(engine, command)([id_]).result()
            process.kill()
            process.wait()
        until(lambda: state_of(engine, id_) == state)
        if state == CANCELLED:
            until(lambda: kinds.cleaned == [id_])


@pytest.mark.parametrize("seed", range(3))
def test_killed_again_and_again_nothing_doubles_and_nothing_vanishes(data: Path, kinds: Watched, seed: int) -> None:
    """While one adds and commands, the programs that work are killed at any moment; in the end every file is whole."""
    chance = random.Random(seed)
    heard = Heard()
    with running_engine(data, kinds.all(), heard, only=()) as engine:
        ids = [engine.add("write", str(number), "T", {"pieces": 60, "pause": 0.002}).id for number in range(12)]
        for _ in range(6):
            with program(data, kinds):
                for _ in range(chance.randint(1, 8)):
                    id_ = chance.choice(ids)
                    getattr(engine, chance.choice(["pause", "resume"]))([id_]).result()
                    assert engine.add("write", str(ids.index(id_)), "T", {}).id == id_ or state_of(engine, id_) == ""
                    ids = [task.id for task in sorted(engine.tasks(), key=lambda task: int(task.key))]
                    time.sleep(chance.random() * 0.1)
            assert len(engine.tasks()) == 12
        engine.resume().result()
        tasks = engine.wait([task.id for task in engine.tasks()])
        assert len(tasks) == 12 and all(task.state == DONE for task in tasks)
        for task in tasks:
            check_history(engine, task.id)
            assert (kinds.folder / f"{task.key}.bin").read_bytes() in (PIECE * 60, PIECE * 4)
    assert not (kinds.folder / "doubles").exists() and not list(kinds.folder.glob("*.part"))


def test_killed_while_it_is_stored_a_task_is_there_or_not_but_never_half(data: Path, kinds: Watched) -> None:
    script = (
        "import sys; from pathlib import Path; from model_manager.core.tasks.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "for number in range(100_000):\n"
        "    task, _ = store.add('write', str(number), 'T', {'pieces': 1, 'pad': 'x' * 2000})\n"
        "    store.change(task.id, 'running'); store.change(task.id, 'queued'); print(number, flush=True)\n"
    )
    data.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = -1
    for _ in range(4):
        command = [sys.executable, "-c", script, str(data / "tasks.sqlite")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert process.stdout is not None
        for _ in range(50):
            said = max(said, int(process.stdout.readline()))
        process.kill()
        rest = process.communicate()[0].splitlines()
        said = max([said, *map(int, rest[:-1])])
        with running_engine(data, kinds.all(), only=()) as engine:
            tasks = engine.tasks()
            keys = [int(task.key) for task in tasks]
            assert keys == list(range(len(keys))) and len(keys) > said
            assert all(check_history(engine, task.id)[-1] == task.state for task in tasks[-3:])


def test_lock_files_of_killed_programs_are_removed(data: Path, kinds: Watched) -> None:
    with running_engine(data, kinds.all(), only=()) as engine:
        id_ = engine.add("write", "a", "T", LONG).id
        with program(data, kinds):
            until(lambda: state_of(engine, id_) in (RUNNING, VERIFYING))
            (lock,) = data.glob("tasks-*.lock")
            assert owners.is_alive(data, lock.name[6:-5])
        until(lambda: not lock.exists())
        engine.cancel().result()
        engine.wait([id_])
    old = data / "tasks-0123456789abcdef.lock"
    old.touch()
    owners.tidy(data)
    assert old.exists()  # it may belong to a program that is just starting
    os.utime(old, (0, 0))
    owners.tidy(data)
    assert not list(data.glob("tasks-*"))  # nor the journals that SQLite puts beside a lock

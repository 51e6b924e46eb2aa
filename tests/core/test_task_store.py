"""The tasks on disk: one table of changes, no doubles, a history, and what happens when the file is damaged or cannot be written."""

import sqlite3
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from model_manager.core.tasks.states import (
    ALLOWED,
    CANCELLED,
    DONE,
    FAILED,
    PAUSED,
    QUEUED,
    RUNNING,
    VERIFYING,
    WAITING,
    Task,
    may,
)
from model_manager.core.tasks.store import MOST_CHANGES, NotAllowed, Store, StoreDamaged, StoreFault, is_sound, salvaged, set_aside

STEPS = {  # one allowed way into each state
    QUEUED: (), RUNNING: (RUNNING,), VERIFYING: (RUNNING, VERIFYING), WAITING: (RUNNING, WAITING), PAUSED: (PAUSED,),
    FAILED: (RUNNING, FAILED), CANCELLED: (CANCELLED,), DONE: (RUNNING, DONE),
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.sqlite"


@pytest.fixture
def store(path: Path) -> "Store":
    found = Store(path)
    yield found  # type: ignore[misc]
    found.close()


def in_state(store: Store, state: str, key: str = "") -> Task:
    task, _ = store.add("k", key or state, "T", {})
    for step in STEPS[state]:
        changed = store.change(task.id, step)
        assert changed is not None
        task = changed
    return task


@pytest.mark.parametrize("before", list(ALLOWED))
@pytest.mark.parametrize("after", list(ALLOWED))
def test_only_changes_of_the_table_are_made(store: Store, before: str, after: str) -> None:
    task = in_state(store, before)
    count = len(store.history(task.id))
    if may(before, after):
        changed = store.change(task.id, after, why="because")
        assert changed is not None and changed.state == after and changed.changed >= task.changed
        last = store.history(task.id)[-1]
        assert (last.before, last.after, last.reason) == (before, after, "because") and len(store.history(task.id)) == count + 1
    else:
        with pytest.raises(NotAllowed):
            store.change(task.id, after)
        assert store.get(task.id) == task and len(store.history(task.id)) == count
    with pytest.raises(NotAllowed):
        store.keep(task.id, state=after)


def test_all_fields_come_back(store: Store, path: Path) -> None:
    odd = "mod\udce9le\n日本.safetensors"  # a name that is no Unicode, as Linux allows
    payload = {"files": [{"name": odd, "size": 1 << 40}], "none": None}
    task, _ = store.add("k", odd, odd, payload, where="Civitai → loras", unit="models", picture="x.png", priority=3, total=7)
    other = Store(path)
    assert other.get(task.id) == task and task.payload == payload and task.title == odd
    assert (task.priority, task.total, task.unit, task.state) == (3, 7, "models", QUEUED) and task.created > 0
    assert store.add("k", odd, "T", {})[0].id == task.id
    other.close()


@pytest.mark.parametrize("state", [QUEUED, RUNNING, VERIFYING, WAITING])
def test_the_same_thing_asked_for_twice_is_one_task(store: Store, state: str) -> None:
    task = in_state(store, state)
    assert store.add("k", state, "other", {"new": 1}) == (task, 0)
    assert len(store.all()) == 1


@pytest.mark.parametrize("state", [PAUSED, FAILED, CANCELLED])
def test_asked_for_again_it_goes_on(store: Store, state: str) -> None:
    task = in_state(store, state)
    again, replaced = store.add("k", state, "other", {"new": 1})
    assert (again.id, again.state, replaced) == (task.id, QUEUED, 0)
    assert again.payload == ({"new": 1} if state == CANCELLED else {})  # a cancelled one was cleaned up: it knows nothing any more


def test_a_done_one_makes_way(store: Store) -> None:
    task = in_state(store, DONE)
    again, replaced = store.add("k", DONE, "other", {"new": 1})
    assert again.id != task.id == replaced and again.state == QUEUED and store.get(task.id) is None and store.history(task.id) == []
    assert [found.id for found in store.all()] == [again.id]


def test_two_that_add_at_the_same_time_get_one_task(path: Path) -> None:
    Store(path).close()
    found: list[int] = []

    def add() -> None:
        own = Store(path)
        found.extend(own.add("k", str(number), "T", {})[0].id for number in range(50))
        own.close()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 200 and len(set(found)) == 50


def test_only_one_of_many_gets_a_task(path: Path) -> None:
    store = Store(path)
    ids = [store.add("k", str(number), "T", {})[0].id for number in range(100)]
    store.close()
    taken: list[tuple[int, str]] = []

    def take(name: str) -> None:
        own = Store(path)
        takes = (own.change(id_, RUNNING, lambda task: task.state == QUEUED and not task.owner, owner=name) for id_ in ids)
        taken.extend((task.id, name) for task in takes if task is not None)
        own.close()

    threads = [threading.Thread(target=take, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(id_ for id_, _ in taken) == ids
    store = Store(path)
    assert {task.id: task.owner for task in store.all()} == dict(taken)
    store.close()


def test_ids_are_never_given_twice(store: Store) -> None:
    first, _ = store.add("k", "a", "T", {})
    assert store.remove(first.id) and not store.remove(first.id)
    assert store.add("k", "a", "T", {})[0].id > first.id


def test_history_is_bounded_and_whole_at_its_end(store: Store) -> None:
    task, _ = store.add("k", "a", "T", {})
    for _ in range(MOST_CHANGES):
        store.change(task.id, RUNNING)
        store.change(task.id, QUEUED)
    history = store.history(task.id)
    assert len(history) == MOST_CHANGES and all(a.after == b.before for a, b in pairwise(history))


def test_news_of_others(store: Store, path: Path) -> None:
    assert store.is_changed() and not store.is_changed()
    store.news()
    other = Store(path)
    task, _ = other.add("k", "a", "T", {})
    assert store.is_changed() and not store.is_changed()
    assert store.news() == ([task], {task.id}) and store.news() == ([], {task.id})
    other.keep(task.id, priority=2)
    other.remove(other.add("k", "b", "T", {})[0].id)
    tasks, ids = store.news()
    assert [found.priority for found in tasks] == [2] and ids == {task.id}
    other.close()


def test_what_leaves_the_hands_of_its_owner_is_free(store: Store) -> None:
    task, _ = store.add("k", "a", "T", {})
    store.change(task.id, RUNNING, owner="me")
    store.keep(task.id, wish="pause", speed=5.0)
    changed = store.change(task.id, PAUSED)
    assert changed is not None and (changed.owner, changed.wish, changed.speed) == ("", "", 0.0)


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_seen_and_set_aside(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        Store(path)
    assert not is_sound(path) and salvaged(path) == []
    aside = set_aside(path)
    assert aside.read_bytes() == content and not path.exists()
    store = Store(path)
    assert store.all() == [] and is_sound(path)
    store.close()


def test_tables_that_are_not_ours_are_damage(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE tasks (id INTEGER)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    assert not is_sound(path)


def test_what_a_damaged_file_still_tells_is_saved(path: Path) -> None:
    store = Store(path)
    for number in range(200):
        store.add("k", str(number), "T" * 500, {"number": number})
    store.close()
    data = bytearray(path.read_bytes())
    data[-4096 * 3 : -4096 * 2] = b"\xaa" * 4096
    path.write_bytes(data)
    assert not is_sound(path)
    found = salvaged(path)
    assert found and all(task.payload == {"number": int(task.key)} for task in found)
    set_aside(path)
    store = Store(path)
    store.restore([*found, *found])
    assert store.all() == found
    store.close()


def test_a_list_of_a_newer_version_is_left_alone(path: Path) -> None:
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreFault, match="newer"):
        Store(path)
    assert path.read_bytes() == before


def test_a_full_disk_leaves_all_as_it_was(store: Store) -> None:
    task, _ = store.add("k", "a", "T", {})
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFault, match="full"):
        store.keep(task.id, payload={"long": "x" * 100_000})
    assert store.get(task.id) == task
    store._db.execute("PRAGMA max_page_count = 1000000")
    assert store.keep(task.id, payload={"long": "x" * 100_000}) is not None


def test_a_file_that_cannot_be_written_can_be_read(path: Path) -> None:
    store = Store(path)
    task, _ = store.add("k", "a", "T", {})
    store._db.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreFault, match="written"):
        store.add("k", "b", "T", {})
    assert store.all() == [task]
    store.close()

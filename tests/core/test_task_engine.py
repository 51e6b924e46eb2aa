"""The engine in one process: limits, order, commands, faults, runs that do not stop or stand still, and random commands."""

import json
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from task_case import PIECE, Heard, Kinds, check_history, running_engine, state_of, until

from model_manager.core.errors import Cancelled, FileFault, NetworkFault, NoRoom, Refused
from model_manager.core.tasks import faults, shift
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.states import ACTIVE, ALLOWED, CANCELLED, DONE, ENDED, FAILED, PAUSED, QUEUED, RUNNING, WAITING, may
from model_manager.core.tasks.store import FILE_NAME, Store, StoreFault
from model_manager.core.work import Work


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays that nobody has to wait for."""
    monkeypatch.setattr(faults, "FIRST_DELAY", 0.02)
    monkeypatch.setattr(faults, "LONGEST_DELAY", 0.05)
    monkeypatch.setattr(faults, "ROOM_DELAY", 0.05)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def kinds(tmp_path: Path) -> Iterator[Kinds]:
    (tmp_path / "made").mkdir()
    found = Kinds(tmp_path / "made")
    yield found
    found.release.set()


@pytest.fixture
def engine(tmp_path: Path, kinds: Kinds, heard: Heard) -> Iterator[Engine]:
    with running_engine(tmp_path / "data", kinds.all(), heard) as found:
        yield found
        kinds.release.set()


def test_tasks_are_done_and_each_change_is_told_once(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    ids = [engine.add("write", str(number), f"{number}.bin", {"pieces": 3}).id for number in range(5)]
    tasks = engine.wait(ids)
    assert [task.state for task in tasks] == [DONE] * 5 and {task.note for task in tasks} == {"written"}
    assert all(Path(task.path).read_bytes() == PIECE * 3 and task.done == task.total == 3 * len(PIECE) for task in tasks)
    for id_ in ids:
        assert check_history(engine, id_) == ["queued", "running", "verifying", "done"] == heard.states(id_)
    assert kinds.most_under_way <= 2 and Counter(kinds.begun) == Counter(map(str, range(5)))
    assert heard.shown == {task.id: task for task in engine.tasks()} and not heard.told


def test_records_of_a_new_engine_are_those_of_the_old(tmp_path: Path, kinds: Kinds) -> None:
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        ids = [engine.add("write", str(number), "T", {"a": [1]}, where="x", picture="p", total=9).id for number in range(3)]
        tasks = engine.wait(ids)
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        assert engine.tasks() == tasks


def test_order_is_by_priority_and_place_and_can_be_changed(engine: Engine, kinds: Kinds) -> None:
    kinds.at_once = 0
    ids = [engine.add("write", name, name, {}).id for name in "abcdef"]
    engine.set_priority(ids[4], 1).result()
    engine.move(ids[3], 1).result()
    engine.move(ids[5], 99).result()
    assert [task.key for task in engine.tasks()] == ["e", "d", "a", "b", "c", "f"]
    for _ in range(70):  # more than there are halves of a number
        engine.move(engine.tasks()[2].id, 1).result()
    names = [task.key for task in engine.tasks()]
    kinds.at_once = 1
    engine.wait(ids)
    assert kinds.begun == names


def test_pause_resume_cancel_of_what_waits_its_turn(engine: Engine, kinds: Kinds) -> None:
    kinds.at_once = 0
    first, second = (engine.add("write", name, name, {}).id for name in "ab")
    assert engine.pause([first]).result() == [first] and state_of(engine, first) == PAUSED
    assert engine.pause().result() == [second]
    assert engine.cancel([second, 99]).result() == [second] and engine.resume().result() == [first]
    assert (state_of(engine, first), state_of(engine, second)) == (QUEUED, CANCELLED)
    assert engine.retry().result() == []  # "all" leaves alone what somebody cancelled
    until(lambda: kinds.cleaned == [second])
    assert engine.retry([second]).result() == [second]
    kinds.at_once = 2
    assert {task.state for task in engine.wait([first, second])} == {DONE}
    assert engine.pause().result() == engine.cancel().result() == engine.retry([first]).result() == []


def test_pause_and_resume_under_way_goes_on_from_what_is_there(engine: Engine, kinds: Kinds) -> None:
    id_ = engine.add("write", "a", "a", {"pieces": 2000, "pause": 0.001}).id
    part = kinds.folder / "a.part"
    until(lambda: part.exists() and part.stat().st_size > 20 * len(PIECE))
    engine.pause([id_])
    until(lambda: state_of(engine, id_) == PAUSED)
    size = part.stat().st_size
    task = engine.task(id_)
    assert task and 0 < size < 2000 * len(PIECE) and task.owner == task.wish == "" and task.done > 0
    engine.resume([id_])
    until(lambda: state_of(engine, id_) == RUNNING)
    engine.cancel([id_])
    until(lambda: state_of(engine, id_) == CANCELLED and not part.exists())
    assert check_history(engine, id_) == ["queued", "running", "paused", "queued", "running", "cancelled"]


def test_asked_for_again_while_it_still_stops(engine: Engine, kinds: Kinds) -> None:
    busy = threading.Event()
    id_ = engine.add("hang", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)

    def in_one_go() -> None:
        engine.cancel([id_])
        assert engine.add("hang", "a", "a", {}).wish == "anew"
        engine.pause([id_])  # nothing: it is to be cancelled first
        busy.set()

    engine.post(in_one_go).result()
    kinds.release.set()
    engine.wait([id_])
    assert check_history(engine, id_)[-1] == DONE  # it had ended well before it heard


def test_cancelled_and_asked_for_again_is_cleaned_and_begun_anew(engine: Engine, kinds: Kinds) -> None:
    id_ = engine.add("hold", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)
    engine.post(lambda: (engine.cancel([id_]), engine.retry([id_]))).result()
    until(lambda: len(kinds.begun) == 2)
    kinds.release.set()
    engine.wait([id_])
    assert check_history(engine, id_) == ["queued", "running", "cancelled", "queued", "running", "done"] and kinds.cleaned == [id_]


def test_paused_and_resumed_while_it_still_stops(engine: Engine, kinds: Kinds) -> None:
    id_ = engine.add("hold", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)
    engine.post(lambda: (engine.pause([id_]), engine.resume([id_]))).result()
    until(lambda: len(kinds.begun) == 2)
    kinds.release.set()
    engine.wait([id_])
    assert check_history(engine, id_) == ["queued", "running", "queued", "running", "done"]


def test_network_faults_are_tried_again(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    kinds.faults.waiting["a"] = [NetworkFault("Cut off.", "dropped"), NetworkFault("Busy.", "busy")]
    id_ = engine.add("write", "a", "a", {}).id
    (task,) = engine.wait([id_])
    assert task.state == DONE and (kinds.folder / "a.bin").read_bytes() == PIECE * 4
    assert heard.states(id_) == check_history(engine, id_) and heard.states(id_).count(WAITING) == 2
    assert {change.reason for change in engine.history(id_)} >= {"Cut off.", "Busy."}
    assert (task.reason, task.code, task.fix, task.due) == ("", "", "", 0.0)


def test_a_fault_without_end_fails_in_the_end_and_can_be_tried_again(engine: Engine, kinds: Kinds) -> None:
    kinds.faults.waiting["a"] = [NetworkFault("Cut off.", "dropped") for _ in range(50)]
    id_ = engine.add("write", "a", "a", {}).id
    (task,) = engine.wait([id_])
    assert (task.state, task.reason, task.code, task.fix) == (FAILED, "Cut off.", "dropped", "retry")
    assert len(kinds.begun) == faults.MOST_TRIES + 1
    kinds.faults.waiting["a"] = []
    engine.retry([id_]).result()
    (task,) = engine.wait([id_])
    assert task.state == DONE


def test_a_full_drive_is_waited_for(engine: Engine, kinds: Kinds) -> None:
    kinds.faults.waiting["a"] = [NoRoom("Full.", 1) for _ in range(20)]
    id_ = engine.add("write", "a", "a", {}).id
    (task,) = engine.wait([id_])
    assert task.state == DONE and task.tries == 0
    assert "Full." in {change.reason for change in engine.history(id_)}


def test_refused_fails_at_once_with_what_mends_it(engine: Engine, kinds: Kinds) -> None:
    kinds.faults.waiting["a"] = [Refused("This file needs a Civitai API key", "needs_key", "https://x/y")]
    id_ = engine.add("write", "a", "a", {}).id
    (task,) = engine.wait([id_])
    assert (task.state, task.fix, task.code, task.page) == (FAILED, "add_key", "needs_key", "https://x/y")
    assert len(kinds.begun) == 1
    engine.add("write", "a", "a", {})
    assert engine.wait([id_])[0].state == DONE


@pytest.mark.expects_log("A task of the kind write failed")
def test_what_nobody_foresaw_fails_plainly_and_its_words_stay_out_of_everything(
    tmp_path: Path, kinds: Kinds, caplog: pytest.LogCaptureFixture
) -> None:
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        kinds.faults.waiting["a"] = [ValueError("Invalid header value b'Bearer sk-secret'")]
        id_ = engine.add("write", "a", "a", {}).id
        (task,) = engine.wait([id_])
        assert (task.state, task.code, task.fix) == (FAILED, "unexpected", "retry") and "log" in task.reason
        kinds.faults.waiting["a"] = [Cancelled()]  # though nobody asked for it
        engine.retry([id_]).result()
        assert engine.wait([id_])[0].code == "unexpected"
    assert "ValueError" in caplog.text and "task_case.py" in caplog.text and "sk-secret" not in caplog.text
    assert all(b"sk-secret" not in path.read_bytes() for path in (tmp_path / "data").iterdir())


def test_clear_takes_ended_ones_away_and_cleans_up_after_failed_ones(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    kinds.faults.waiting["b"] = [FileFault("Broken.")]
    done, failed, held = (engine.add(kind, key, key, {}).id for kind, key in (("write", "a"), ("write", "b"), ("hold", "c")))
    engine.wait([done, failed])
    assert (kinds.folder / "b.part").exists()
    assert sorted(engine.clear().result()) == [done, failed] and [task.id for task in engine.tasks()] == [held]
    until(lambda: kinds.cleaned == [failed])
    assert not (kinds.folder / "b.part").exists() and (kinds.folder / "a.bin").exists()
    until(lambda: sorted(heard.removed) == [done, failed])
    assert engine.history(done) == [] and engine.task(failed) is None and engine.clear([held]).result() == []
    until(lambda: engine.history(failed) == [])


def test_added_again_while_its_removal_is_under_way(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    kinds.faults.waiting["a"] = [FileFault("Broken.")]
    id_ = engine.add("write", "a", "a", {}).id
    engine.wait([id_])

    def in_one_go() -> int:
        engine.clear([id_])
        return engine.add("write", "a", "a", {}).id

    again = engine.post(in_one_go).result()
    (task,) = engine.wait([again])
    assert task.state == DONE and len(engine.tasks()) == 1 and kinds.cleaned == [id_]
    until(lambda: list(heard.shown.values()) == [task])


def test_a_clean_up_that_fails_is_told_and_all_goes_on(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    kinds.at_once = 0
    kinds.cleaning = [FileFault("The drive is away.")]
    id_ = engine.add("write", "a", "a", {}).id
    engine.cancel([id_]).result()
    until(lambda: heard.told)
    assert "The drive is away." in heard.told[0]
    assert engine.clear([id_]).result() == [id_]
    until(lambda: not engine.tasks())


def test_a_run_that_hears_nothing_is_left_behind(engine: Engine, kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "STOP_SECONDS", 0.1)
    kinds.at_once = 1
    id_ = engine.add("hang", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)
    other = engine.add("hold", "b", "b", {}).id
    engine.pause([id_])
    until(lambda: state_of(engine, id_) == PAUSED)
    until(lambda: state_of(engine, other) == RUNNING)  # others go on
    engine.resume([id_]).result()
    assert state_of(engine, id_) == QUEUED and kinds.begun == ["a", "b"]  # not begun while the old thread is there
    late = engine.add("write", "late", "late", {}).id
    engine.wait([late])
    assert state_of(engine, id_) == QUEUED
    kinds.release.set()
    (task,) = engine.wait([id_])
    assert Counter(kinds.begun)["a"] == 2 and task.state == DONE
    assert check_history(engine, id_) == ["queued", "running", "paused", "queued", "running", "done"]


def test_what_a_run_that_was_left_behind_says_does_not_count(engine: Engine, kinds: Kinds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "STOP_SECONDS", 0.1)
    id_ = engine.add("hang", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)
    engine.cancel([id_])
    until(lambda: state_of(engine, id_) == CANCELLED)
    assert kinds.cleaned == []  # never while a run is under way
    kinds.release.set()
    until(lambda: kinds.cleaned == [id_])
    task = engine.task(id_)
    assert task and (task.title, task.payload, task.done, task.state) == ("a", {}, 1, CANCELLED)


def test_a_run_that_stands_still_is_begun_again(tmp_path: Path, kinds: Kinds) -> None:
    kinds.stalled_seconds = 1.5  # the second run must be let go before it stands still, too
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        id_ = engine.add("hold", "a", "a", {}).id
        until(lambda: len(kinds.begun) == 2)
        kinds.release.set()
        (task,) = engine.wait([id_])
        assert task.state == DONE and task.tries == 1
        assert check_history(engine, id_) == ["queued", "running", "queued", "running", "done"]
        assert any("No data" in change.reason for change in engine.history(id_))


def test_closing_puts_back_what_runs_and_the_next_start_goes_on(tmp_path: Path, kinds: Kinds) -> None:
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        first = engine.add("hold", "a", "a", {}).id
        second = engine.add("hold", "b", "b", {}).id
        third = engine.add("hold", "c", "c", {}).id
        until(lambda: len(kinds.begun) == 2)
        engine.pause([second])
    store = Store(tmp_path / "data" / FILE_NAME)
    assert {task.id: (task.state, task.owner) for task in store.all()} == {first: (QUEUED, ""), second: (PAUSED, ""), third: (QUEUED, "")}
    store.close()
    assert not list((tmp_path / "data").glob("*.lock"))
    kinds.release.set()
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        assert [task.state for task in engine.wait([first, third])] == [DONE, DONE]
        assert state_of(engine, second) == PAUSED


def test_closing_does_not_wait_for_what_hangs(tmp_path: Path, kinds: Kinds) -> None:
    engine = Engine(tmp_path / "data", kinds.all())
    engine.start()
    id_ = engine.add("hang", "a", "a", {}).id
    until(lambda: state_of(engine, id_) == RUNNING)
    engine.close(0.2)
    with pytest.raises(Cancelled):
        engine.add("write", "b", "b", {})
    other = Kinds(kinds.folder)
    with running_engine(tmp_path / "data", other.all()) as second:
        assert state_of(second, id_) == QUEUED and second.task(id_).owner and other.begun == []  # type: ignore[union-attr]
    kinds.release.set()


def test_an_engine_for_named_tasks_leaves_the_others_alone(tmp_path: Path, kinds: Kinds) -> None:
    with running_engine(tmp_path / "data", kinds.all(), only=()) as engine:
        first, second = (engine.add("write", name, name, {}).id for name in "ab")
        assert engine.wait([second])[0].state == DONE
        assert state_of(engine, first) == QUEUED and kinds.begun == ["b"]
        engine.cancel([first]).result()
    assert kinds.cleaned == [first]  # what was commanded here is cleaned up here


def test_waiting_can_be_stopped_and_reports(engine: Engine, kinds: Kinds) -> None:
    id_, work, seen = engine.add("hold", "a", "a", {}).id, Work(), []

    def report(tasks: list[object]) -> None:
        seen.append(tasks)
        if len(seen) == 3:
            work.cancel()

    with pytest.raises(Cancelled):
        engine.wait([id_], report, work)
    assert engine.wait([]) == [] and engine.wait([99]) == []
    engine.pause([id_])
    assert engine.wait([id_])[0].state == PAUSED


def test_a_damaged_list_is_set_aside_and_told(tmp_path: Path, kinds: Kinds, heard: Heard) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database at all" * 500)
    with running_engine(tmp_path / "data", kinds.all(), heard) as engine:
        assert engine.wait([engine.add("write", "a", "a", {}).id])[0].state == DONE
    assert "damaged" in heard.told[0] and len(list((tmp_path / "data").glob("*.damaged-*"))) == 1


def test_a_list_damaged_while_it_is_used_loses_nothing(tmp_path: Path, kinds: Kinds, heard: Heard) -> None:
    kinds.at_once = 1
    with running_engine(tmp_path / "data", kinds.all(), heard) as engine:
        held = engine.add("hold", "held", "held", {"keep": [1, 2]}).id
        until(lambda: state_of(engine, held) == RUNNING)
        engine.pause([engine.add("hold", str(number), "T", {}).id for number in range(5)]).result()
        before = {task.id: (task.key, task.state, task.payload) for task in engine.tasks()}

        def damage() -> None:
            path = tmp_path / "data" / FILE_NAME
            database = engine._book.store()._db
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            path.write_bytes(b"\xff" * path.stat().st_size)
            database.execute("PRAGMA shrink_memory")  # it has much in memory

        engine.post(damage).result()
        engine.set_priority(held, 1).exception()
        until(lambda: heard.told)
        kinds.release.set()
        assert {task.id: (task.key, task.state, task.payload) for task in engine.tasks()} | {held: 0} == before | {held: 0}
        assert engine.wait([held])[0].state == DONE
    with running_engine(tmp_path / "data", kinds.all()) as engine:
        assert len(engine.tasks()) == 6 and {task.id for task in engine.tasks()} == before.keys()


def test_a_list_that_cannot_be_written_is_told_and_the_rest_goes_on(engine: Engine, kinds: Kinds, heard: Heard) -> None:
    held = engine.add("hold", "a", "a", {}).id
    until(lambda: state_of(engine, held) == RUNNING)
    database = engine._book.store()._db
    engine.post(lambda: database.execute("PRAGMA query_only = 1")).result()
    with pytest.raises(StoreFault):
        engine.add("write", "b", "b", {})
    assert heard.told and "cannot be written" in heard.told[0]
    kinds.release.set()
    until(lambda: kinds.under_way == 0)
    assert state_of(engine, held) == RUNNING  # it has ended; that is written down as soon as it can be
    engine.post(lambda: database.execute("PRAGMA query_only = 0")).result()
    assert engine.wait([held])[0].state == DONE
    assert engine.wait([engine.add("write", "b", "b", {}).id])[0].state == DONE


def test_a_data_folder_that_is_none_is_told(tmp_path: Path, kinds: Kinds, heard: Heard) -> None:
    (tmp_path / "data").write_bytes(b"a file")
    engine = Engine(tmp_path / "data", kinds.all(), heard.take, heard.told.append)
    engine.start()
    with pytest.raises(StoreFault):
        engine.add("write", "a", "a", {})
    assert engine.tasks() == [] and heard.told
    engine.close()


def test_progress_comes_in_batches_and_is_stored_now_and_then(tmp_path: Path, kinds: Kinds, heard: Heard) -> None:
    with running_engine(tmp_path / "data", kinds.all(), heard) as engine:
        id_ = engine.add("write", "a", "a", {"pieces": 20_000}).id
        engine.wait([id_])
        assert heard.batches < 1000  # of 20,000 that were told
        revision = sqlite3.connect(tmp_path / "data" / FILE_NAME)
        assert revision.execute("SELECT revision FROM counter").fetchone()[0] < 100
        revision.close()


@pytest.mark.expects_log("A listener to the tasks failed")
def test_a_listener_that_fails_ends_nothing(tmp_path: Path, kinds: Kinds) -> None:
    def listener(tasks: object, removed: object) -> None:
        raise RuntimeError("of the window")

    engine = Engine(tmp_path / "data", kinds.all(), listener)
    engine.start()
    assert engine.wait([engine.add("write", "a", "a", {}).id])[0].state == DONE
    engine.close()


@pytest.mark.expects_log("A listener to the tasks failed")
def test_one_that_cannot_be_told_of_trouble_ends_nothing(tmp_path: Path, kinds: Kinds) -> None:
    def told(text: str) -> None:
        raise RuntimeError("the window is gone")

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"no database at all" * 500)
    engine = Engine(tmp_path / "data", kinds.all(), None, told)
    engine.start()
    assert engine.wait([engine.add("write", "a", "a", {}).id])[0].state == DONE
    assert engine.close()


@pytest.mark.expects_log("The end of the tasks failed")
def test_whoever_asks_an_engine_whose_end_failed_gets_an_answer(
    tmp_path: Path, kinds: Kinds, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path / "data", kinds.all())
    engine.start()
    engine.ready()

    def fail(is_all_over: bool) -> None:
        raise RuntimeError("odd")

    close = engine._book.close
    monkeypatch.setattr(engine._book, "close", fail)
    engine.close()
    with pytest.raises(Cancelled):
        engine.add("write", "a", "a", {})
    close(True)


@pytest.mark.parametrize("seed", range(12))
def test_random_commands_never_leave_the_table_and_lose_and_double_nothing(tmp_path: Path, kinds: Kinds, seed: int) -> None:
    """Commands of all sorts in any order, faults and restarts between them."""
    chance = random.Random(seed)
    keys = [f"k{number}" for number in range(8)]
    kinds.at_once = 3
    data = tmp_path / "data"
    for _ in range(3):
        heard = Heard()
        with running_engine(data, kinds.all(), heard) as engine:
            for _ in range(60):
                id_ = chance.choice([task.id for task in engine.tasks()] or [1])
                match chance.choice("add add add pause resume retry cancel clear move all fault wait".split()):
                    case "add":
                        engine.add("write", chance.choice(keys), "T", {"pieces": chance.randint(1, 30), "pause": 0.001})
                    case "fault":
                        kinds.faults.waiting[chance.choice(keys)].append(
                            chance.choice([NetworkFault("a", "dropped"), NoRoom("b"), Refused("c", "gone"), FileFault("d")])
                        )
                    case "move":
                        engine.move(id_, chance.randint(0, 9))
                    case "all":
                        getattr(engine, chance.choice("pause resume retry cancel clear".split()))()
                    case "wait":
                        engine.post(lambda: None).result()
                    case name:
                        getattr(engine, name)([id_])
            check_all(engine)
        assert heard.shown == {task.id: task for task in engine.tasks()}
        assert all(before == "" or may(before, after) for _, before, after in heard.changes)
    kinds.faults.waiting.clear()
    with running_engine(data, kinds.all()) as engine:
        engine.resume()
        engine.retry([task.id for task in engine.tasks()]).result()
        ids = [task.id for task in engine.tasks()]
        assert all(task.state == DONE for task in engine.wait(ids))
        check_all(engine)
    assert not list(kinds.folder.glob("*.part"))


def check_all(engine: Engine) -> None:
    tasks = engine.tasks()
    assert len({(task.kind, task.key) for task in tasks}) == len(tasks)
    for task in tasks:
        if changes := engine.history(task.id):
            assert check_history(engine, task.id)[-1] in ALLOWED and changes[-1].time > 0
    now = {task.id: task for task in engine.tasks()}
    assert all(not task.owner for task in now.values() if task.state in ENDED - {CANCELLED, FAILED} | {WAITING})
    assert all(task.owner for task in now.values() if task.state in ACTIVE)
    json.dumps([dict(task.payload) for task in tasks])

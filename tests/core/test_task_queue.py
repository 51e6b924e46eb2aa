"""Order, limits, commands and moves of tasks, and what faults make of them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from model_manager.core.errors import (
    BadDownload,
    BadFormat,
    FileFault,
    FolderFault,
    ModelManagerError,
    NetworkFault,
    NoRoom,
    OutsideRoot,
    Refused,
)
from model_manager.core.tasks import faults, queue, words
from model_manager.core.tasks.faults import MOST_BUSY, MOST_TRIES, after_fault, after_standstill, delay_for
from model_manager.core.tasks.states import ACTIVE, ALLOWED, FAILED, PAUSED, QUEUED, RUNNING, VERIFYING, WAITING, Task, may


def task(id_: int, **values: object) -> Task:
    return replace(Task(id_, "write", str(id_), f"{id_}.bin", place=float(id_)), **values)  # type: ignore[arg-type]


def ids(tasks: list[Task]) -> list[int]:
    return [found.id for found in tasks]


def test_priority_comes_before_place() -> None:
    assert ids(queue.in_order([task(1), task(2, priority=1), task(3, place=0.5), task(4, priority=-1)])) == [2, 3, 1, 4]


def test_limits_count_by_kind_and_only_free_tasks_begin() -> None:
    tasks = [
        *(task(number) for number in range(1, 6)), task(6, kind="hash"), task(7, kind="hash"), task(8, kind="other"),
        task(9, place=0.0, owner="ghost"), task(10, place=0.0, chore="clean"), task(11, place=0.0, state=PAUSED),
    ]  # fmt: skip
    assert ids(queue.next_ones(tasks, {"write": 1}, {"write": 3, "hash": 1})) == [1, 2, 6]
    assert queue.next_ones(tasks, {"write": 4}, {"write": 3, "hash": 0}) == []


@pytest.mark.parametrize("index", range(6))
@pytest.mark.parametrize("id_", range(1, 6))
def test_a_moved_task_stands_where_it_was_put(id_: int, index: int) -> None:
    tasks = [task(1, priority=2), task(2, priority=2), task(3), task(4), task(5, priority=-1)]
    found = queue.moved(tasks, id_, index)
    assert found is not None
    after = [replace(one, priority=found[0], place=found[1]) if one.id == id_ else one for one in tasks]
    order = ids(queue.in_order(after))
    assert order.index(id_) == min(index, 4)
    assert [other for other in order if other != id_] == [other for other in range(1, 6) if other != id_]


def test_places_that_are_used_up_are_told() -> None:
    tasks = [task(1, place=1.0), task(2, place=1.0), task(3)]
    assert queue.moved(tasks, 3, 1) is None


def test_commands_only_make_changes_of_the_table() -> None:
    for command in queue.COMMANDS.values():
        assert all(may(before, after) for before, after in command.moves.items())
        assert all(wish in queue.STOPS for wish in command.wishes.values())
    for states in queue.STOPS.values():
        assert all(may(state, states[0]) for state in ACTIVE)
        assert all(may(before, after) for before, after in pairwise(states))


NAMED = [
    (Refused("a", "needs_key"), "needs_key", "add_key"),
    (Refused("a", "bad_key"), "bad_key", "add_key"),
    (Refused("a", "gated", "https://x/y"), "gated", "open_page"),
    (Refused("a", "early_access", "https://x/y"), "early_access", "open_page"),
    (Refused("a", "gated"), "gated", "retry"),
    (Refused("a", "not_found", "https://x/y"), "not_found", "retry"),
    (FolderFault("a"), "folder_fault", "choose_folder"),
    (OutsideRoot("a"), "outside_root", "choose_folder"),
    (FileFault("a"), "file_fault", "retry"),
    (BadDownload("a", "wrong_hash"), "wrong_hash", "retry"),
    (BadFormat("a"), "bad_format", "retry"),
    (None, "unexpected", "retry"),
]


@pytest.mark.parametrize(("fault", "code", "fix"), NAMED)
def test_what_cannot_be_tried_again_fails_with_what_mends_it(fault: ModelManagerError | None, code: str, fix: str) -> None:
    verdict = after_fault(task(1), fault, 0, 100.0, lambda: 0.5)
    assert verdict.state == FAILED and (verdict.values["code"], verdict.values["fix"]) == (code, fix)
    assert verdict.values["reason"] == "a" or fault is None


def test_network_faults_are_tried_again_until_it_is_enough() -> None:
    now, one, delays = 1000.0, task(1, state=RUNNING), []
    for _ in range(MOST_TRIES):
        verdict = after_fault(one, NetworkFault("cut", "dropped"), 0, now, lambda: 0.5)
        assert verdict.state == WAITING
        one = replace(one, **verdict.values)
        delays.append(one.due - now)
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256]
    verdict = after_fault(one, NetworkFault("cut", "dropped"), 0, now, lambda: 0.5)
    assert (verdict.state, verdict.values["fix"], verdict.values["reason"]) == (FAILED, "retry", "cut")


def test_progress_begins_the_counting_anew_but_only_beyond_all_before() -> None:
    one = task(1, state=RUNNING, tries=MOST_TRIES, reach=500)
    cut = NetworkFault("cut", "dropped")
    assert after_fault(one, cut, 500, 0.0, lambda: 0.5).state == FAILED
    verdict = after_fault(one, cut, 501, 0.0, lambda: 0.5)
    assert verdict.state == WAITING and (verdict.values["tries"], verdict.values["reach"]) == (1, 501)


def test_a_busy_site_has_more_patience_and_is_obeyed() -> None:
    one = task(1, state=RUNNING)
    for count in range(1, MOST_BUSY + 1):
        verdict = after_fault(one, NetworkFault("busy", "busy", after=400), 0, 0.0, lambda: 0.0)
        assert verdict.state == WAITING and verdict.values["due"] >= 400
        one = replace(one, **verdict.values)
        assert (one.busy, one.tries) == (count, 0)
    assert after_fault(one, NetworkFault("busy", "busy"), 0, 0.0, lambda: 0.0).state == FAILED


def test_delays_grow_to_a_bound_with_jitter() -> None:
    assert delay_for(100, 0, 0.5) == 300 and delay_for(1, 0, 0.0) == 1.5 and delay_for(1, 0, 1.0) == 2.5
    assert delay_for(1, 60, 0.0) == 60 and delay_for(1, 60, 1.0) > 60


def test_no_room_waits_without_counting() -> None:
    verdict = after_fault(task(1, tries=3), NoRoom("full", 10), 0, 100.0, lambda: 0.5)
    assert (verdict.state, verdict.values["code"], verdict.values["fix"]) == (WAITING, faults.NO_ROOM, "free_space")
    assert verdict.values["due"] == 130 and "tries" not in verdict.values


def test_standing_still_counts_as_a_try() -> None:
    verdict = after_standstill(task(1), 120, 0)
    assert verdict.state == QUEUED and verdict.values["tries"] == 1 and "2 minutes" in verdict.values["reason"]
    assert after_standstill(task(1, tries=MOST_TRIES), 120, 0).state == FAILED
    assert after_standstill(task(1, tries=MOST_TRIES), 120, 1).state == QUEUED


def gb(number: float) -> int:
    return round(number * 1e9)


def test_words_are_those_of_the_design() -> None:
    one = task(1, kind="download", done=gb(8.9), total=gb(14.3), speed=41e6, state=RUNNING)
    assert (words.state_word(one), words.told(one, 0)) == ("Downloading", "8.9 of 14.3 GB · 41 MB/s · 2 min left")
    one = task(1, kind="details", unit="models", done=72, total=212, note="3 not on Civitai", state=RUNNING)
    assert (words.state_word(one), words.told(one, 0)) == ("Running", "72 of 212 · 3 not on Civitai")
    one = task(1, done=gb(1.2), total=gb(6.5), state=WAITING, code="dropped", reason="Cut.", tries=2, due=12.0, fix="retry")
    assert words.told(one, 0) == "Connection lost at 1.2 of 6.5 GB · retry in 12 s (2 of 8)"
    assert words.told(replace(one, code="server", reason="Too much."), 0) == "Too much. · retry in 12 s (2 of 8)"
    one = replace(one, code="busy", reason="The site is busy.", busy=3, tries=0)
    assert words.told(one, 0) == "The site is busy. · retry in 12 s (3 of 30)"
    one = task(1, state=WAITING, code="no_room", fix="free_space", reason="3 GB are missing.", due=30.0, tries=1)
    assert words.told(one, 0) == "3 GB are missing. · retry in 30 s"
    assert words.told(task(1, done=228_000_000, state="done", note="hash verified"), 0) == "228 MB · hash verified"
    assert words.told(task(1, state=FAILED, reason="This file needs a Civitai API key"), 0) == "This file needs a Civitai API key"
    assert words.told(task(1, state=QUEUED), 0) == "" and words.told(task(1, total=gb(2), state=PAUSED), 0) == "2.0 GB"
    assert words.told(task(1, state=VERIFYING, done=gb(1), total=gb(9.8), note="SHA-256"), 0) == "1.0 of 9.8 GB · SHA-256"


@pytest.mark.parametrize("state", list(ALLOWED))
def test_every_state_has_words(state: str) -> None:
    assert words.state_word(task(1, state=state)) and isinstance(words.told(task(1, state=state), 0), str)

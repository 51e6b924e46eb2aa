"""The board on a real engine, a real library and real files: when it begins, what it tells, what it has done, and how it ends."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from small_library import NAMES, make_library
from workbench import Workbench

from model_manager.bridge import board_tasks, tasks
from model_manager.bridge.board import Board
from model_manager.bridge.board_tasks import Mailbox, room_at
from model_manager.bridge.jobs import Runner
from model_manager.bridge.session import Session
from model_manager.core.errors import ModelManagerError, NetworkFault, Refused
from model_manager.core.online.records import CIVITAI
from model_manager.core.settings import Settings
from model_manager.core.tasks.lists import Lists, Result
from model_manager.core.tasks.states import (
    ADD_KEY,
    CANCELLED,
    CHOOSE_FOLDER,
    DONE,
    DOWNLOAD,
    FAILED,
    FREE_SPACE,
    HASH,
    OPEN_PAGE,
    PAUSED,
    QUEUED,
    RUNNING,
    SCAN,
    WAITING,
    Task,
)

SECONDS = 30_000


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Workbench:
    made = Workbench()
    monkeypatch.setattr(board_tasks, "kinds", made.kinds)
    return made


@pytest.fixture
def opened(tmp_path: Path, bench: Workbench, qtbot: QtBot, qapp: object) -> Iterator[Callable[..., Board]]:
    """Open boards, each with a session of its own on the same data folder."""
    made: list[Session] = []
    comfyui = make_library(tmp_path)

    def open_one(starts: bool = True) -> Board:
        session = Session(tmp_path / "data", Settings(), Runner(), tasks.Sources((str(comfyui),)))
        made.append(session)
        board = Board(session, session)
        board.ended = list[Task]()  # type: ignore[attr-defined]
        board.problems = list[str]()  # type: ignore[attr-defined]
        board.task_ended.connect(board.ended.append)  # type: ignore[attr-defined]
        board.problem_raised.connect(board.problems.append)  # type: ignore[attr-defined]
        session.open()
        if starts:
            session.start()
            qtbot.waitUntil(lambda: board._holder.engine is not None and session.is_settled, timeout=SECONDS)
        return board

    yield open_one
    bench.let_go()
    for session in made:
        session.close()


@pytest.fixture
def board(opened: Callable[..., Board]) -> Board:
    return opened()


def ended(board: Board) -> list[Task]:
    found: list[Task] = board.ended  # type: ignore[attr-defined]
    return found


def by_key(board: Board) -> dict[str, Task]:
    return {task.key: task for task in board.model.tasks()}


def add(qtbot: QtBot, board: Board, key: str, kind: str = DOWNLOAD, **payload: Any) -> int:
    got: list[Task] = []
    board.add(kind, key, f"{key}.safetensors", payload, got.append, where="Civitai → loras")
    qtbot.waitUntil(lambda: bool(got) and board.model.task(got[0].id) is not None, timeout=SECONDS)
    return got[0].id


def comes(qtbot: QtBot, board: Board, id_: int, state: str) -> Task:
    qtbot.waitUntil(lambda: getattr(board.model.task(id_), "state", "") == state, timeout=SECONDS)
    task = board.model.task(id_)
    assert task is not None
    return task


def test_nothing_begins_before_the_library_is_loaded(opened: Callable[..., Board], qtbot: QtBot) -> None:
    board = opened(starts=False)
    before = {thread.name for thread in threading.enumerate()}
    qtbot.wait(50)
    assert board._holder.engine is None and "tasks" not in {thread.name for thread in threading.enumerate()} - before
    board._session.start()
    qtbot.waitUntil(lambda: board._holder.engine is not None, timeout=SECONDS)


def test_a_file_made_is_a_card_and_is_told_once(board: Board, bench: Workbench, tmp_path: Path, qtbot: QtBot) -> None:
    target = tmp_path / "ComfyUI" / "models" / "loras" / "deep" / "new.safetensors"
    target.parent.mkdir()
    id_ = add(qtbot, board, "new", path=str(target))
    done = comes(qtbot, board, id_, DONE)
    assert (done.note, done.path, done.where) == ("hash verified", str(target), "Civitai → loras")
    model = board._session.model
    qtbot.waitUntil(lambda: model.rowCount() == len(NAMES) + 1, timeout=SECONDS)
    assert [task.id for task in ended(board)] == [id_]


def test_what_waits_and_what_fails(board: Board, bench: Workbench, qtbot: QtBot) -> None:
    bench.faults = {
        "cut": NetworkFault("The connection was lost.", "dropped", after=300),
        "locked": Refused("This file needs a Civitai API key.", "needs_key"),
    }
    cut, locked = add(qtbot, board, "cut"), add(qtbot, board, "locked", files=[{"site": CIVITAI}])
    waiting, failed = comes(qtbot, board, cut, WAITING), comes(qtbot, board, locked, FAILED)
    assert waiting.reason == "The connection was lost." and waiting.due > 0
    assert (failed.reason, failed.fix) == ("This file needs a Civitai API key.", ADD_KEY)
    assert (board.running, board.waiting, board.failed) == (0, 1, 1)
    assert [task.id for task in ended(board)] == [locked]
    with qtbot.waitSignal(board.key_asked, timeout=SECONDS) as asked:
        board.mend(locked)
    assert asked.args == [CIVITAI]
    board.retry([cut, locked])
    comes(qtbot, board, cut, DONE)
    comes(qtbot, board, locked, DONE)
    assert [task.state for task in ended(board)] == [FAILED, DONE, DONE]


def test_pause_resume_cancel_and_clear(board: Board, bench: Workbench, qtbot: QtBot) -> None:
    bench.hold()
    bench.at_once = 1
    first, second, third = (add(qtbot, board, key) for key in ("first", "second", "third"))
    running = comes(qtbot, board, first, RUNNING)
    assert running.total == 1000 and comes(qtbot, board, second, QUEUED)
    board.move_to_top([third])
    board.pause([first])
    comes(qtbot, board, first, PAUSED)
    comes(qtbot, board, third, RUNNING)
    assert by_key(board)["second"].state == QUEUED, "the one that was moved to the top came first"
    board.pause()
    for id_ in (second, third):
        comes(qtbot, board, id_, PAUSED)
    board.cancel([second])
    comes(qtbot, board, second, CANCELLED)
    qtbot.waitUntil(lambda: bench.cleaned == ["second"], timeout=SECONDS)
    bench.let_go()
    board.resume()
    for id_ in (first, third):
        comes(qtbot, board, id_, DONE)
    bench.faults = {"bad": Refused("It is not there any more.", "gone")}
    bad = add(qtbot, board, "bad")
    comes(qtbot, board, bad, FAILED)
    board.clear()
    qtbot.waitUntil(lambda: set(by_key(board)) == {"bad"}, timeout=SECONDS)
    board.clear([bad])
    qtbot.waitUntil(lambda: not by_key(board), timeout=SECONDS)


def test_an_order_by_hand(board: Board, bench: Workbench, qtbot: QtBot) -> None:
    bench.hold()
    bench.at_once = 1
    ids = [add(qtbot, board, key) for key in "abcde"]
    comes(qtbot, board, ids[0], RUNNING)

    def order() -> str:
        return "".join(board.model.task_at(row).key for row in range(board.model.rowCount()))

    assert order() == "abcde"
    board.move([ids[3], ids[4]], ids[1])
    qtbot.waitUntil(lambda: order() == "adebc", timeout=SECONDS)
    board.move([ids[3]], 0)
    qtbot.waitUntil(lambda: order() == "aebcd", timeout=SECONDS)
    bench.let_go()
    qtbot.waitUntil(lambda: board.model.counts[DONE] == 5, timeout=SECONDS)
    assert "".join(bench.begun) == "aebcd"


def test_what_was_there_comes_back_without_being_news(opened: Callable[..., Board], bench: Workbench, qtbot: QtBot) -> None:
    first = opened()
    done = add(qtbot, first, "done")
    comes(qtbot, first, done, DONE)
    bench.hold()
    half = add(qtbot, first, "half")
    comes(qtbot, first, half, RUNNING)
    first._session.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("task")]
    bench.let_go()
    again = opened()
    comes(qtbot, again, half, DONE)
    assert by_key(again)["done"].state == DONE
    assert [task.id for task in ended(again)] == [half]


def test_what_is_asked_early_waits_for_the_engine(opened: Callable[..., Board], bench: Workbench, qtbot: QtBot) -> None:
    board, got = opened(starts=False), list[Task]()
    board.add(HASH, "early", "Hash", {}, got.append)
    assert not got
    qtbot.waitUntil(lambda: bool(got), timeout=SECONDS)
    comes(qtbot, board, got[0].id, DONE)


def test_thousands_come_in_helpings(board: Board, qtbot: QtBot) -> None:
    board._mail.put([Task(id_, HASH, str(id_), "", state=PAUSED, place=float(id_)) for id_ in range(1, 3_501)])
    qtbot.waitUntil(lambda: len(board.model) == 3_500, timeout=SECONDS)
    board._mail.put((), list(range(1, 3_501)))
    qtbot.waitUntil(lambda: len(board.model) == 0, timeout=SECONDS)


def test_history(board: Board, bench: Workbench, qtbot: QtBot) -> None:
    id_ = add(qtbot, board, "one")
    comes(qtbot, board, id_, DONE)
    with qtbot.waitSignal(board.history_ready, timeout=SECONDS) as told:
        board.ask_history(id_)
    task, changes = told.args
    assert task.id == id_ and [change.after for change in changes] == [QUEUED, RUNNING, DONE]


def test_every_way_to_mend(board: Board, qtbot: QtBot) -> None:
    told: list[tuple[str, object]] = []
    board.page_asked.connect(lambda page: told.append(("page", page)))
    board.folder_asked.connect(lambda task: told.append(("folder", task.id)))
    board.space_asked.connect(lambda task: told.append(("space", task.id)))
    board.key_asked.connect(lambda site: told.append(("key", site)))
    fixes = {101: OPEN_PAGE, 102: CHOOSE_FOLDER, 103: FREE_SPACE, 104: ADD_KEY, 105: ""}
    failed = [Task(id_, DOWNLOAD, str(id_), "", state=FAILED, fix=fix, page="https://civitai.com/x") for id_, fix in fixes.items()]
    board.model.change(failed)
    for id_ in (*fixes, 999):
        board.mend(id_)
    assert told == [("page", "https://civitai.com/x"), ("folder", 102), ("space", 103), ("key", "")]


def test_a_data_folder_that_cannot_be_used_is_told(tmp_path: Path, bench: Workbench, qtbot: QtBot, opened: Callable[..., Board]) -> None:
    (tmp_path / "data" / "tasks.sqlite").mkdir(parents=True)
    board = opened()
    qtbot.waitUntil(lambda: bool(board.problems), timeout=SECONDS)  # type: ignore[attr-defined]


def test_kinds_that_cannot_be_made_are_told(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, opened: Callable[..., Board]
) -> None:
    def broken(_: object) -> None:
        raise ModelManagerError("The keychain cannot be read.")

    whole = board_tasks.kinds
    monkeypatch.setattr(board_tasks, "kinds", broken)
    board, got = opened(starts=False), list[Task]()
    with qtbot.waitSignal(board.problem_raised, timeout=SECONDS) as told:
        board._session.start()
    assert told.args == ["The keychain cannot be read."]
    monkeypatch.setattr(board_tasks, "kinds", whole)
    board.add(HASH, "again", "Hash", {}, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=SECONDS)


# works that are not stored


def test_a_scan_is_listed_while_it_runs(board: Board, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_manager.bridge.live_works.SHOWN_AFTER", 0.0)
    seen: list[Task] = []
    board.live.told.connect(seen.append)
    with qtbot.waitSignal(board.live.gone, timeout=SECONDS):
        board._session.scan()
    qtbot.waitUntil(lambda: board._session.is_settled and len(board.model) == 0, timeout=SECONDS)
    assert seen and {(task.kind, task.state) for task in seen} == {(SCAN, RUNNING)} and all(task.id < 0 for task in seen)


# parts


def test_of_many_letters_only_the_newest_is_read() -> None:
    calls: list[int] = []
    box = Mailbox(lambda: calls.append(1))
    for done in range(500):
        box.put([Task(1, HASH, "a", "a", done=done), Task(2, HASH, "b", "b", done=done)])
    box.put((), [2, 7])
    tasks_, removed, has_more = box.take()
    assert calls == [1] and not has_more and [(task.id, task.done) for task in tasks_] == [(1, 499)] and removed == {2, 7}
    box.put([Task(2, HASH, "b", "b")])
    assert calls == [1, 1] and box.take() == ([Task(2, HASH, "b", "b")], set(), False) and box.take() == ([], set(), False)
    box.put([Task(id_, HASH, "", "") for id_ in range(5)])
    assert [len(box.take(2)[0]) for _ in range(4)] == [2, 2, 1, 0] and calls == [1, 1, 1]


def test_room(tmp_path: Path) -> None:
    room = room_at(str(tmp_path / "not" / "there" / "yet"))
    assert room.free > 0


def test_the_history_of_many_names_what_failed(opened: Callable[..., Board], bench: Workbench, tmp_path: Path, qtbot: QtBot) -> None:
    board = opened()
    with Lists(tmp_path / "data") as lists:
        name = lists.make(["/m/a.safetensors", "/m/b.safetensors"])
        lists.set(name, [Result("/m/a.safetensors", "failed", "The folder is read-only."), Result("/m/b.safetensors", "done")])
    stored: list[Task] = []
    board.add(HASH, "many", "Hashes of 2 models", {"list": name}, stored.append)
    qtbot.waitUntil(lambda: bool(stored), timeout=SECONDS)
    qtbot.waitUntil(lambda: board.model.task(stored[0].id) is not None, timeout=SECONDS)
    with qtbot.waitSignal(board.history_ready, timeout=SECONDS) as told:
        board.ask_history(stored[0].id)
    changes = told.args[1]
    assert [change.reason for change in changes if change.after == FAILED] == ["a.safetensors: The folder is read-only."]

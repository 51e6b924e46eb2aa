"""From a link to a card through the board, on the double of the sites: nothing is replaced but where the sites are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from small_library import NAMES, make_library

from model_manager.bridge import tasks
from model_manager.bridge.board import Board
from model_manager.bridge.jobs import Runner
from model_manager.bridge.session import Session
from model_manager.core.online.records import CIVITAI
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import ADD_KEY, DONE, DOWNLOAD, FAILED, Task
from tests.double import Double, cases

SECONDS = 30_000


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as made:
        yield made


@pytest.fixture
def board(tmp_path: Path, double: Double, qtbot: QtBot, qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    for name, value in double.environ.items():
        monkeypatch.setenv(name, value)
    for name in ("CIVITAI_API_TOKEN", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    session = Session(tmp_path / "data", Settings(), Runner(), tasks.Sources((str(make_library(tmp_path)),)))
    made = Board(session, session)
    session.open()
    session.start()
    qtbot.waitUntil(lambda: session.is_settled and made._holder.engine is not None, timeout=SECONDS)
    yield made
    session.close()


def added(board: Board, qtbot: QtBot, link: str) -> int:
    got: list[Task] = []
    board.add(DOWNLOAD, link, link, {"link": link}, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=SECONDS)
    return got[0].id


def comes(board: Board, qtbot: QtBot, id_: int, state: str) -> Task:
    qtbot.waitUntil(lambda: getattr(board.model.task(id_), "state", "") == state, timeout=SECONDS)
    task = board.model.task(id_)
    assert task is not None
    return task


def test_nothing_is_asked_before_there_is_a_task(board: Board, double: Double, qtbot: QtBot) -> None:
    qtbot.wait(300)
    assert double.log == []


def test_a_link_becomes_a_card(board: Board, double: Double, tmp_path: Path, qtbot: QtBot) -> None:
    model = double.add_big("slow fox", megabytes=3)
    ended: list[Task] = []
    board.task_ended.connect(ended.append)
    done = comes(board, qtbot, added(board, qtbot, double.page(model)), DONE)
    assert Path(done.path).is_relative_to(tmp_path / "ComfyUI" / "models" / "loras") and Path(done.path).stat().st_size > 2_000_000
    shown = board._session.model
    qtbot.waitUntil(lambda: shown.rowCount() == len(NAMES) + 1, timeout=SECONDS)
    assert [task.title for task in ended] == [Path(done.path).name]


def test_a_key_that_was_missing_mends_it(board: Board, double: Double, qtbot: QtBot) -> None:
    id_ = added(board, qtbot, f"https://civitai.com/models/{cases.NEEDS_KEY}")
    failed = comes(board, qtbot, id_, FAILED)
    assert failed.fix == ADD_KEY
    with qtbot.waitSignal(board.key_asked, timeout=SECONDS) as asked:
        board.mend(id_)
    assert asked.args == [CIVITAI]
    online = board._session.online
    online.key_judged.connect(lambda site, is_good, _: board.try_key(site) if is_good else None)
    online.give_key(CIVITAI, double.key)
    comes(board, qtbot, id_, DONE)
    assert not double.leaks()

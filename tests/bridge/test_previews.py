"""Previews of many models through a session on real files: plan, run, stop in the middle, report, undo, locks."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from picture_library import BLUE, GREEN, RED, TENSORS, is_like, make_library
from pytestqt.qtbot import QtBot

from model_manager.bridge import tasks
from model_manager.bridge.board import Board
from model_manager.bridge.jobs import Runner
from model_manager.bridge.preview_tasks import Planned
from model_manager.bridge.previews import Previews, report_words
from model_manager.bridge.session import Session
from model_manager.core.formats.write import safetensors_bytes
from model_manager.core.previews.records import BESIDE, DRAWN, EMBEDDED, OUTPUT, BulkOptions, Report
from model_manager.core.previews.state import read_state
from model_manager.core.settings import Settings
from model_manager.core.tasks.states import PAUSED

SECONDS = 60_000


@pytest.fixture
def loras(tmp_path: Path) -> Path:
    return make_library(tmp_path) / "models" / "loras"


@pytest.fixture
def session(tmp_path: Path, loras: Path, qtbot: QtBot, qapp: object) -> Iterator[Session]:
    made = Session(tmp_path / "data", Settings(), Runner(), tasks.Sources((str(loras.parent.parent),)))
    made.open()
    made.start()
    qtbot.waitUntil(lambda: made.is_settled, timeout=SECONDS)
    yield made
    made.close()


@pytest.fixture
def previews(session: Session, qtbot: QtBot) -> Previews:
    made = Previews(session, session)
    board = Board(session, session)
    made.follow(board)
    board.start()
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=SECONDS)
    return made


def ask(qtbot: QtBot, signal: Any, act: Callable[[], object]) -> Any:
    with qtbot.waitSignal(signal, timeout=SECONDS) as blocker:
        act()
    return blocker.args[0]


def ids(session: Session) -> dict[str, int]:
    model = session.model
    return {model.card(row).name: model.id_at(row) for row in range(model.rowCount())}


def plan(qtbot: QtBot, previews: Previews, session: Session, **options: Any) -> Planned:
    found: Planned = ask(qtbot, previews.planned, lambda: previews.plan(list(ids(session).values()), BulkOptions(**options)))
    return found


def run(qtbot: QtBot, previews: Previews, planned: Planned) -> Report:
    report: Report = ask(qtbot, previews.reported, lambda: previews.run(planned))
    return report


def settle(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.is_settled and session.runner.is_idle, timeout=SECONDS)


def test_a_run_fills_what_has_none_and_shows_it(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    planned = plan(qtbot, previews, session)
    assert dict(planned.plan.counts) == {EMBEDDED: 1, OUTPUT: 1, DRAWN: 1} and planned.plan.kept == 2
    scans = list[object]()
    session.scanned.connect(scans.append)
    report = run(qtbot, previews, planned)
    assert dict(report.counts) == {EMBEDDED: 1, OUTPUT: 1, DRAWN: 1} and not report.faults
    assert is_like(loras / "covered.preview.png", RED) and is_like(loras / "used.preview.png", GREEN)
    settle(qtbot, session)
    shown = {card.name: card.picture for card in map(session.model.card, range(session.model.rowCount()))}
    for name in ("bare", "covered", "used"):
        picture = shown[name]
        assert picture is not None and picture.path.endswith(f"{name}.preview.png")
    assert len(scans) <= 3, "folders are looked at together, not once for each file"


def test_all_comes_back(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    before = {path.name: path.read_bytes() for path in loras.iterdir()}
    report = run(qtbot, previews, plan(qtbot, previews, session))
    settle(qtbot, session)
    assert ask(qtbot, previews.undone, lambda: previews.undo(report)) == []
    settle(qtbot, session)
    assert {path.name: path.read_bytes() for path in loras.iterdir()} == before


def test_each_refusal_has_its_reason(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    planned = plan(qtbot, previews, session, order=(BESIDE,), only_missing=False)
    report = run(qtbot, previews, planned)
    assert [name for name, _ in report.faults] == ["web"] and "web page" in report.faults[0][1]
    assert is_like(loras / "shown.preview.png", BLUE)
    assert "1 could not be made" in report_words(report)
    settle(qtbot, session)


def test_locked_ones_are_left_as_they_are(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    known = ids(session)
    ask(qtbot, previews.changed, lambda: previews.lock([known["bare"]], True))
    settle(qtbot, session)
    assert read_state(str(loras / "bare.safetensors")).is_locked
    planned = plan(qtbot, previews, session)
    assert planned.plan.locked == 1 and known["bare"] not in {item.id for item in planned.plan.items}
    run(qtbot, previews, planned)
    assert not (loras / "bare.preview.png").exists()
    settle(qtbot, session)


def test_a_broken_sidecar_refuses_the_lock(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    (loras / "bare.info").write_text("not JSON", "utf-8")
    with qtbot.waitSignal(previews.said, timeout=SECONDS) as blocker:
        previews.lock([ids(session)["bare"]], True)
    assert blocker.args[1] == "warn" and (loras / "bare.info").read_text("utf-8") == "not JSON"
    settle(qtbot, session)


def test_rests_and_is_taken_back_after_a_restart(previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    for number in range(16):
        (loras / f"n{number}.safetensors").write_bytes(safetensors_bytes(TENSORS, {"ss_output_name": f"n{number}"}))
    ask(qtbot, session.scanned, session.scan)
    settle(qtbot, session)
    planned = plan(qtbot, previews, session)
    before = {path.name for path in loras.iterdir()}
    board = previews._board
    assert board is not None
    previews.run(planned)
    qtbot.waitUntil(lambda: len(board.model) == 1 and board.model.task_at(0).done > 2, timeout=SECONDS)
    board.pause()
    qtbot.waitUntil(lambda: board.model.task_at(0).state == PAUSED, timeout=SECONDS)
    report: Report = ask(qtbot, previews.report_ready, lambda: previews.ask_report(board.model.task_at(0)))
    assert report.left and report.made == len(list(loras.glob("*.preview.png"))), "what was done stays, and is reported"
    settle(qtbot, session)
    board.close()
    later, again = Previews(session, session), Board(session, session)
    later.follow(again)
    again.start()
    qtbot.waitUntil(lambda: len(again.model) == 1, timeout=SECONDS)
    with qtbot.waitSignal(later.reported, timeout=SECONDS) as blocker:
        again.resume()
    assert blocker.args[0].made == len(planned.plan.items)
    assert ask(qtbot, later.undone, lambda: later.undo(blocker.args[0])) == []
    assert {path.name for path in loras.iterdir()} == before
    settle(qtbot, session)


def test_the_end_of_the_program_ends_a_run(tmp_path: Path, previews: Previews, session: Session, loras: Path, qtbot: QtBot) -> None:
    planned = plan(qtbot, previews, session)
    previews.run(planned)
    board = previews._board
    assert board is not None
    qtbot.waitUntil(lambda: len(board.model) == 1, timeout=SECONDS)
    session.close()
    assert session.runner.is_idle
    assert not [path for path in loras.iterdir() if path.name.endswith(".tmp")]


def test_what_a_crash_left_is_finished_at_the_start(session: Session, qtbot: QtBot) -> None:
    pending = session.folder / "previews-history" / "pending" / "0001-half"
    pending.mkdir(parents=True)
    made = Previews(session, session)
    session.loaded.emit()
    qtbot.waitUntil(lambda: session.runner.is_idle, timeout=SECONDS)
    assert not pending.exists() and made.history.earlier(str(session.folder)) == []


def test_earlier_pictures_follow_a_model_that_somebody_renamed(
    previews: Previews, session: Session, loras: Path, qtbot: QtBot
) -> None:
    before = (loras / "shown.png").read_bytes()
    run(qtbot, previews, plan(qtbot, previews, session, order=(DRAWN,), only_missing=False))
    settle(qtbot, session)
    (loras / "sub").mkdir()
    for name in ("shown.safetensors", "shown.preview.png"):
        (loras / name).rename(loras / "sub" / name.replace("shown", "other"))
    ask(qtbot, session.scanned, session.scan)
    settle(qtbot, session)
    ask(qtbot, previews.changed, lambda: previews.bring_back_last([ids(session)["other"]]))
    settle(qtbot, session)
    assert (loras / "sub" / "other.png").read_bytes() == before and not (loras / "sub" / "other.preview.png").exists()

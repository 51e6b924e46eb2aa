"""The runner: no result is lost, none comes that nobody wants any more, faults find their reader, and the end is bounded."""

import threading
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from model_manager.bridge.jobs import Pool, Runner
from model_manager.core.errors import Cancelled, FileFault, ModelManagerError
from model_manager.core.work import Work


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[Runner]:
    made = Runner()
    yield made
    assert made.close()


def test_of_twenty_thousand_results_none_is_lost(runner: Runner, qtbot: QtBot) -> None:
    found: list[int] = []
    gui = QThread.currentThread()
    strangers: list[int] = []

    def on_done(number: int) -> None:
        found.append(number)
        if QThread.currentThread() is not gui:
            strangers.append(number)

    for number in range(20_000):
        runner.start((Pool.READ, Pool.SCAN, Pool.WRITE)[number % 3], int, number, done=on_done)
    qtbot.waitUntil(lambda: runner.is_idle, timeout=30_000)
    assert sorted(found) == list(range(20_000))
    assert not strangers


def test_a_single_thread_keeps_the_order(runner: Runner, qtbot: QtBot) -> None:
    for pool in (Pool.SCAN, Pool.WRITE):
        found: list[int] = []
        for number in range(200):
            runner.start(pool, int, number, done=found.append)
        qtbot.waitUntil(lambda: runner.is_idle)
        assert found == list(range(200))


def test_what_is_cancelled_is_not_delivered(runner: Runner, qtbot: QtBot) -> None:
    gate, seen = threading.Event(), list[object]()
    first = runner.start(Pool.SCAN, gate.wait, done=seen.append)
    waiting = runner.start(Pool.SCAN, seen.append, "ran", done=seen.append)
    kept = runner.start(Pool.SCAN, str, "kept", done=seen.append)
    for job in (first, waiting):
        job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert seen == ["kept"]
    kept.cancel()


def test_cancelled_after_it_ended_but_before_it_was_told(runner: Runner, qtbot: QtBot) -> None:
    ended, seen = threading.Event(), list[object]()
    job = runner.start(Pool.READ, ended.set, done=seen.append)
    assert ended.wait(30)
    job.cancel()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert seen == []


def test_a_function_that_looks_stops_and_nobody_is_told(runner: Runner, qtbot: QtBot) -> None:
    work, started, told = Work(), threading.Event(), list[object]()

    def until_stopped(work: Work) -> None:
        started.set()
        while True:
            work.check()
            time.sleep(0.001)

    runner.problem_raised.connect(told.append)
    runner.start(Pool.READ, until_stopped, work, done=told.append, failed=told.append, work=work)
    assert started.wait(30)
    work.cancel()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert told == []


def test_who_wants_to_hears_of_what_was_done_before_the_stop(runner: Runner, qtbot: QtBot) -> None:
    work, started, told = Work(), threading.Event(), list[object]()

    def until_stopped(work: Work) -> str:
        started.set()
        while not work.is_cancelled:
            time.sleep(0.001)
        return "half"

    runner.start(Pool.BULK, until_stopped, work, done=told.append, work=work, hears_of_stopped=True)
    assert started.wait(30)
    work.cancel()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert told == ["half"]


def _raise(fault: Exception) -> None:
    raise fault


def test_faults_go_to_who_asked_else_to_everybody(runner: Runner, qtbot: QtBot) -> None:
    mine, all_others = list[ModelManagerError](), list[ModelManagerError]()
    runner.problem_raised.connect(all_others.append)
    runner.start(Pool.READ, _raise, FileFault("one"), done=print, failed=mine.append)
    runner.start(Pool.READ, _raise, FileFault("two"), done=print)
    runner.start(Pool.READ, _raise, Cancelled(), done=print)
    qtbot.waitUntil(lambda: runner.is_idle)
    assert [fault.text for fault in mine] == ["one"]
    assert [fault.text for fault in all_others] == ["two"]


@pytest.mark.expects_log("A job failed")
def test_an_unexpected_fault_is_told_in_words(runner: Runner, qtbot: QtBot) -> None:
    told = list[ModelManagerError]()
    runner.start(Pool.READ, _raise, ZeroDivisionError("by nothing"), done=print, failed=told.append)
    qtbot.waitUntil(lambda: runner.is_idle)
    assert "by nothing" in told[0].text and "log" in told[0].text


@pytest.mark.expects_log("A job failed")
def test_words_of_what_asks_sites_stay_out_of_log_and_window(runner: Runner, qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    told = list[ModelManagerError]()
    runner.start(Pool.NET, _raise, ValueError("Bearer hush-hush"), done=print, failed=told.append)
    qtbot.waitUntil(lambda: runner.is_idle)
    assert "hush" not in told[0].text + caplog.text and "ValueError" in told[0].text
    assert "ValueError" in caplog.text and "in _raise" in caplog.text


def test_progress_arrives_here_and_not_after_the_end(runner: Runner, qtbot: QtBot) -> None:
    seen: list[tuple[str, int, int]] = []
    work = runner.work(lambda *values: seen.append(values))
    runner.start(Pool.SCAN, work.progress, "Reading", 3, 3, done=lambda _: None)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("Reading", 3, 3)]
    runner.close()
    work.progress("Late", 4, 4)
    qtbot.wait(1)
    assert len(seen) == 1


def test_thumbnails_run_newest_first(runner: Runner, qtbot: QtBot) -> None:
    gate, order = threading.Event(), list[int]()
    lock = threading.Lock()

    def note(number: int) -> None:
        with lock:
            order.append(number)

    for _ in range(64):  # more than there are threads
        runner.start(Pool.THUMBNAILS, gate.wait, done=lambda _: None)
    for number in range(100):
        runner.start(Pool.THUMBNAILS, note, number, done=lambda _: None)
    gate.set()
    qtbot.waitUntil(lambda: runner.is_idle)
    assert sorted(order) == list(range(100))
    assert sum(order[:50]) > sum(order[50:]), "those asked for last came first"


def test_closing_drops_what_waits_and_asks_what_runs_to_end(qtbot: QtBot) -> None:
    runner, work, started, seen = Runner(), Work(), threading.Event(), list[object]()

    def until_stopped() -> None:
        started.set()
        while not work.is_cancelled:
            time.sleep(0.001)

    runner.start(Pool.SCAN, until_stopped, done=seen.append, work=work)
    for _ in range(100):
        runner.start(Pool.SCAN, seen.append, "ran", done=seen.append)
    assert started.wait(30)
    assert runner.close()
    runner.start(Pool.SCAN, seen.append, "too late", done=seen.append)
    qtbot.wait(1)
    assert seen == [] and runner.is_idle


def test_closing_does_not_wait_for_ever(qtbot: QtBot) -> None:
    runner, gate, started = Runner(), threading.Event(), threading.Semaphore(0)

    def stubborn() -> None:
        started.release()
        gate.wait(60)

    for pool in (Pool.READ, Pool.SCAN, Pool.WRITE):
        runner.start(pool, stubborn, done=print)
        assert started.acquire(timeout=30)
    assert not runner.close(0.05), "it says that something still runs"
    gate.set()
    assert runner.close(30)

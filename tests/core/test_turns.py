"""Turns: how many threads of all transfers work at once, and that a drive that hangs holds nobody back."""

import threading
import time

from model_manager.core.online.streams import Turns

SECONDS = 30.0


def most_at_once(turns: Turns) -> int:
    """How many of eight threads work at the same time, seen from within."""
    at_work, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal at_work, most
        for _ in range(3):
            with turns.turn():
                with lock:
                    at_work += 1
                    most = max(most, at_work)
                time.sleep(0.001)
                with lock:
                    at_work -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return most


def test_several_transfers_leave_a_core() -> None:
    turns = Turns(3)
    turns.wait_seconds = SECONDS
    turns.come()
    assert most_at_once(turns) <= 3
    for _ in range(4):
        turns.come()
    assert most_at_once(turns) <= 2
    for _ in range(4):
        turns.go()
    assert turns.free == 3


def test_who_hangs_holds_nobody_back() -> None:
    turns, is_held, may_go = Turns(1), threading.Event(), threading.Event()

    def hang() -> None:
        with turns.turn():
            is_held.set()
            may_go.wait(SECONDS)

    thread = threading.Thread(target=hang)
    thread.start()
    assert is_held.wait(SECONDS)
    with turns.turn():
        assert not may_go.is_set()
    may_go.set()
    thread.join(SECONDS)
    assert turns.free == 1, "what was not taken is not given back"

"""When garbage is looked for: at rest and once, however much was made; never while anything is done, unless it is very late."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from model_manager.bridge import garbage
from model_manager.bridge.garbage import LATE, LATEST, LONG_REST, MANY, REST, Sweeper


class Ring:
    """Something only a search finds when nobody has it any more."""

    def __init__(self) -> None:
        self.itself = self


class Stage:
    """A sweeper with a clock and processors of its own."""

    def __init__(self) -> None:
        self.now, self.program, self.window = 0.0, 0.0, 0.0
        self.parent = QObject()
        self.sweeper = Sweeper(self.parent, lambda: self.now, lambda: (self.program, self.window))
        self.sweeper._timer.stop()
        self.searches = 0
        gc.callbacks.append(self._hear)

    def _hear(self, phase: str, _: dict[str, int]) -> None:
        self.searches += phase == "start"

    def pass_(self, seconds: float, program: float = 0.0, window: float = 0.0) -> None:
        """Let time pass, a second a round, in which these shares of a core are used."""
        for _ in range(round(seconds)):
            self.now, self.program, self.window = self.now + 1, self.program + program, self.window + window
            self.sweeper._on_timeout()

    def lost(self) -> "weakref.ref[Ring]":
        """Something that nobody has."""
        return weakref.ref(Ring())


@pytest.fixture
def stage(qtbot: QtBot) -> Iterator[Stage]:
    gc.collect()
    made = Stage()
    yield made
    gc.callbacks.remove(made._hear)
    made.sweeper.stop()


def test_python_looks_for_nothing_by_itself(stage: Stage) -> None:
    kept = [[number] for number in range(100_000)]
    assert stage.searches == 0 and not gc.isenabled() and kept


def test_nothing_is_looked_for_while_anything_is_done_and_once_at_rest(stage: Stage) -> None:
    lost = stage.lost()
    stage.pass_(60, program=0.5)
    stage.pass_(60, program=0.5, window=0.5)
    assert lost() is not None and stage.searches == 0
    stage.pass_(REST)
    assert lost() is None and stage.searches == 1
    stage.pass_(60)
    assert stage.searches == 1, "one rest, one search"


def test_thousands_of_records_are_passed_over_until_a_long_rest(stage: Stage) -> None:
    records = [[number] for number in range(MANY + 1_000)]
    lost = stage.lost()
    stage.pass_(REST)
    assert stage.searches == 0 and lost() is not None
    later = stage.lost()
    stage.pass_(1, program=1)
    stage.pass_(REST)
    assert stage.searches == 1 and later() is None, "what is made after them is found as ever"
    stage.pass_(garbage.ALL_EVERY, program=1)
    stage.pass_(LONG_REST - 1)
    assert lost() is not None
    stage.pass_(1)
    assert lost() is None and records


def test_what_was_in_use_at_one_rest_is_found_later(stage: Stage) -> None:
    ring = Ring()
    lost = weakref.ref(ring)
    stage.pass_(REST)
    del ring
    stage.pass_(garbage.ALL_EVERY, program=1)
    stage.pass_(REST)
    assert lost() is not None, "it was gone through before"
    stage.pass_(LONG_REST)
    assert lost() is None


def test_who_never_rests_is_cleaned_too(stage: Stage) -> None:
    lost = stage.lost()
    stage.pass_(LATE - 1, program=1)
    assert lost() is not None
    stage.pass_(REST + 1, program=1)
    assert lost() is None and stage.searches == 1, "the window rests, downloads go on"
    lost = stage.lost()
    stage.pass_(LATEST - REST - 1, program=1, window=1)
    assert lost() is not None
    stage.pass_(REST + 1, program=1, window=1)
    assert lost() is None


def test_the_end_gives_it_back_to_python(qtbot: QtBot) -> None:
    parent = QObject()
    sweeper = Sweeper(parent)
    assert gc.get_freeze_count()
    sweeper.stop()
    assert gc.isenabled() and not gc.get_freeze_count()

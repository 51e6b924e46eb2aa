"""Orders on a session with real folders, files and watcher: done, undone, stopped, in line; each change is scanned once."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from small_library import lora_bytes

from model_manager.bridge import jobs, planning
from model_manager.bridge.order_words import Note
from model_manager.bridge.orders import Orders
from model_manager.bridge.session import Session
from model_manager.bridge.tasks import Sources
from model_manager.core import alone
from model_manager.core.errors import FileFault
from model_manager.core.journal.running import Runner
from model_manager.core.journal.steps import FOLDER, MOVE, Act, Change, Plan, Refused, Report, Step
from model_manager.core.journal.store import LOCK_NAME, KeptAct
from model_manager.core.library.scanner import ScanResult
from model_manager.core.settings import Settings
from model_manager.core.tidy import carrying, held
from model_manager.core.work import Work

WAIT_MS = 20_000


class Stage:
    """A session on a small ComfyUI with LoRAs, its orders, and what they said."""

    def __init__(self, qtbot: QtBot, folder: Path, count: int) -> None:
        self.qtbot, self.loras, self.data = qtbot, folder / "ComfyUI/models/loras", folder / "data"
        self.loras.mkdir(parents=True)
        (folder / "ComfyUI/main.py").write_text("")
        for number in range(count):
            self.add(f"lora {number:03}")
        self.session = Session(self.data, Settings(), jobs.Runner(), Sources((str(folder / "ComfyUI"),)))
        self.orders = Orders(self.session, self.session)
        self.notes, self.failed, self.scans, self.reports = list[Note](), list[str](), list[ScanResult](), list[Report]()
        self.orders.noted.connect(self.notes.append)
        self.orders.failed.connect(self.failed.append)
        self.orders.carried.connect(self.reports.append)
        self.orders.undone.connect(self.reports.append)
        self.session.scanned.connect(self.scans.append)
        told = list[str]()
        self.session.watch_changed.connect(lambda *said: told.append(said[0]))
        self.session.open()
        self.session.start()
        self.until(lambda: self.session.is_settled and bool(told) and not self.session._dirty)
        self.scans.clear()

    def add(self, name: str) -> None:
        (self.loras / f"{name}.safetensors").write_bytes(lora_bytes(name))
        (self.loras / f"{name}.info").write_text("{}")

    def until(self, claim: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(claim, timeout=WAIT_MS)

    def paths(self) -> dict[int, str]:
        shelf = self.session.model.shelf
        return {shelf.ids[slot]: shelf.path(slot) for slot in shelf.slots()}

    def move_plan(self, names: list[str], folder: str = "moved") -> Plan:
        acts = tuple(self.act(name, folder) for name in names)
        return Plan("move", f"Move {len(acts)} models", f"Move {len(acts)} models", acts)

    def act(self, name: str, folder: str) -> Act:
        there = self.loras / folder
        files = [f"{name}.safetensors", f"{name}.info"]
        moves = [Step(MOVE, str(self.loras / file), str(there / file)) for file in files]
        steps = (Step(FOLDER, target=str(there)), *moves)
        return Act(name, steps, moves[0].source, moves[0].target, f"loras / {files[0]}", f"loras / {folder} / {files[0]}", 1)

    def settle(self) -> None:
        """Wait until everything is over and whatever the watcher could yet say has been said."""
        self.until(lambda: not self.orders.is_busy and not self.session.hints.is_held and self.session.is_settled)
        self.qtbot.wait(900)
        self.until(lambda: self.session.is_settled)


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[int], Stage]]:
    made: list[Stage] = []

    def build(count: int) -> Stage:
        made.append(Stage(qtbot, tmp_path, count))
        return made[-1]

    yield build
    for one in made:
        one.session.close()


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes that take longer in all than the watcher waits: it tells of the first files while others are moved yet."""
    taken = Runner._take

    def slow(self: Runner, act: KeptAct, is_back: bool) -> None:
        time.sleep(0.005)
        taken(self, act, is_back)

    monkeypatch.setattr(Runner, "_take", slow)


@pytest.mark.usefixtures("slowly")
def test_a_change_of_300_files_is_scanned_once_and_models_keep_their_ids(stage: Callable[[int], Stage]) -> None:
    library = stage(150)
    names = [f"lora {number:03}" for number in range(150)]
    before = library.paths()
    library.orders.carry_out(library.move_plan(names))
    library.settle()
    assert len(library.scans) == 1, library.scans
    assert library.notes[-1].text == "150 models moved." and library.notes[-1].can_undo
    after = library.paths()
    assert set(after) == set(before), "who is selected stays so: a model is its id"
    assert all(os.path.basename(os.path.dirname(path)) == "moved" for path in after.values())
    library.orders.undo(library.notes[-1].change)
    library.settle()
    assert len(library.scans) == 2
    assert library.paths() == before
    assert library.notes[-1].text == "150 models are as they were before."


@pytest.mark.usefixtures("slowly")
def test_where_deleted_models_are_held_is_no_news(stage: Callable[[int], Stage], tmp_path: Path) -> None:
    (tmp_path / "ComfyUI/models/checkpoints").mkdir(parents=True)  # a look at everything would see it
    library = stage(150)
    before = library.paths()
    library.orders.plan(planning.deleting(list(before), False, False), shown=False)
    library.until(lambda: library.orders.is_busy)
    library.settle()
    assert library.notes[-1].text == "150 models deleted." and not library.paths()
    assert [scan.folders for scan in library.scans] == [[str(library.loras)]]
    library.orders.undo(library.notes[-1].change)
    library.settle()
    assert library.paths() == before
    assert [scan.folders for scan in library.scans] == 2 * [[str(library.loras)]]


def test_what_others_change_meanwhile_is_not_lost(stage: Callable[[int], Stage]) -> None:
    library = stage(3)
    library.session.hints.hold([str(library.loras)])
    library.add("stranger")
    library.qtbot.wait(700)
    assert not library.scans, "it waits with the change"
    library.session.hints.release([str(library.loras)])
    library.until(lambda: len(library.session.model.shelf) == 4)
    library.add("later")
    library.until(lambda: len(library.session.model.shelf) == 5)


def test_other_folders_are_looked_at_meanwhile(stage: Callable[[int], Stage]) -> None:
    library = stage(3)
    library.session.hints.hold([str(library.loras / "moved")])
    library.add("elsewhere")
    library.until(lambda: len(library.session.model.shelf) == 4)
    library.session.hints.release(())


def test_lost_events_lead_to_a_full_look_in_the_end(stage: Callable[[int], Stage]) -> None:
    library = stage(1)
    asked: list[object] = []
    library.session.hints._scan = asked.append
    library.session.hints.hold(["a"])
    library.session.hints.take((), True)
    assert not asked
    library.session.hints.release(())
    library.until(lambda: bool(asked))
    assert asked == [None]


def test_one_after_the_other(stage: Callable[[int], Stage]) -> None:
    library = stage(2)
    library.orders.carry_out(library.move_plan(["lora 000"]))
    library.orders.carry_out(library.move_plan(["lora 001"], "other"))
    assert library.orders.is_busy
    library.settle()
    assert [note.text for note in library.notes] == ["1 model moved.", "1 model moved."]
    assert (library.loras / "other/lora 001.info").exists()


def test_what_fails_is_counted_and_the_rest_is_done(stage: Callable[[int], Stage]) -> None:
    library = stage(3)
    plan = library.move_plan(["lora 000", "lora 001", "lora 002"])
    (library.loras / "moved").mkdir()
    (library.loras / "moved/lora 001.safetensors").write_bytes(b"taken")
    library.orders.carry_out(plan)
    library.settle()
    assert library.notes[-1] == Note("2 models moved, 1 failed.", "warn", 1, 1, True)


def test_nothing_begun_is_said(stage: Callable[[int], Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    library = stage(1)

    def full(*_: object) -> None:
        raise FileFault("The journal cannot be written: the disk is full.")

    monkeypatch.setattr(carrying, "write_down", full)
    library.orders.carry_out(library.move_plan(["lora 000"]))
    library.settle()
    assert library.failed == ["The journal cannot be written: the disk is full."] and not library.notes
    assert not library.orders.is_busy and not library.scans


def test_stopping_leaves_what_is_done_and_reports_it(stage: Callable[[int], Stage]) -> None:
    library = stage(3)
    library.orders.began.connect(lambda _: library.orders.stop())
    library.orders.carry_out(library.move_plan(["lora 000", "lora 001"]))
    library.settle()
    assert library.reports[-1].is_stopped and library.notes[-1].text == "Stopped: 0 models moved."


def test_a_plan_is_shown_or_carried_out_at_once(stage: Callable[[int], Stage]) -> None:
    library = stage(2)
    shown: list[Plan] = []
    library.orders.planned.connect(shown.append)
    seen: list[tuple[Path, Path]] = []

    def make(data: Path, index: Path) -> Plan:
        seen.append((data, index))
        return library.move_plan(["lora 000"])

    library.orders.plan(make)
    library.until(lambda: bool(shown))
    assert seen == [(library.data, library.session.index_path)] and not library.notes
    library.orders.plan(make, shown=False)
    library.until(lambda: bool(library.notes))
    assert len(shown) == 1 and library.notes[-1].can_undo


def test_only_the_last_plan_asked_for_is_shown(stage: Callable[[int], Stage]) -> None:
    library = stage(2)
    shown, planning = list[Plan](), list[bool]()
    library.orders.planned.connect(shown.append)
    library.orders.planning.connect(planning.append)

    def slow(data: Path, index: Path) -> Plan:
        time.sleep(0.2)
        return library.move_plan(["lora 000"])

    library.orders.plan(slow)
    library.orders.plan(lambda data, index: library.move_plan(["lora 001"]))
    library.until(lambda: bool(shown) and library.session.runner.is_idle)
    assert [plan.acts[0].name for plan in shown] == ["lora 001"] and planning == [True, False, True, False]


def test_a_plan_that_cannot_be_made_says_why(stage: Callable[[int], Stage]) -> None:
    library = stage(1)

    def make(data: Path, index: Path) -> Plan:
        raise FileFault("The folder is gone.")

    library.orders.plan(make)
    library.until(lambda: library.failed == ["The folder is gone."])
    refusing = Plan("edit", "Favourite", refused=(Refused("a", "loras / a", "The file is read-only."),))
    library.orders.plan(lambda data, index: refusing, shown=False)
    library.until(lambda: library.failed[-1] == "The file is read-only.")


def test_undoing_the_newest_asks_when_it_is_large_or_old(stage: Callable[[int], Stage]) -> None:
    library = stage(30)
    asked: list[Change] = []
    library.orders.undo_asked.connect(asked.append)
    library.orders.undo_newest()
    library.until(lambda: bool(library.notes))
    assert library.notes[-1].text == "There is nothing to undo."
    library.orders.carry_out(library.move_plan(["lora 000"]))
    library.settle()
    library.orders.undo_newest()
    library.settle()
    assert not asked and (library.loras / "lora 000.safetensors").exists()
    library.orders.carry_out(library.move_plan([f"lora {number:03}" for number in range(30)]))
    library.settle()
    library.orders.undo_newest()
    library.until(lambda: bool(asked))
    assert asked[0].acts == 30 and not (library.loras / "lora 000.safetensors").exists()
    with closing(sqlite3.connect(library.data / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE changes SET time = time - 7200")
    library.orders.undo(2, list(range(10)))
    library.settle()
    library.orders.undo_newest()
    library.until(lambda: len(asked) == 2)


@pytest.mark.parametrize("way", ["finish", "roll back"])
def test_an_interrupted_change_is_told_at_the_start_and_brought_to_an_end(
    stage: Callable[[int], Stage], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    library = stage(3)
    taken = Runner._take

    def killed(self: Runner, act: KeptAct, is_back: bool) -> None:
        if act.number == 1:
            raise KeyboardInterrupt
        taken(self, act, is_back)

    monkeypatch.setattr(Runner, "_take", killed)
    with pytest.raises(KeyboardInterrupt):
        carrying.carry_out(library.data, library.move_plan(["lora 000", "lora 001", "lora 002"]), Work())
    monkeypatch.undo()
    told: list[list[Change]] = []
    library.orders.interrupted.connect(told.append)
    library.orders.look_for_interrupted()
    library.until(lambda: bool(told))
    assert told[0][0].title == "Move 3 models" and told[0][0].is_interrupted
    (library.orders.finish if way == "finish" else library.orders.roll_back)(told[0][0].id, told[0][0].kind)
    library.settle()
    moved = sorted(path.name for path in (library.loras / "moved").glob("*.safetensors"))
    assert moved == ([f"lora 00{number}.safetensors" for number in range(3)] if way == "finish" else [])
    assert library.notes[-1].text == ("2 models moved." if way == "finish" else "1 model is as it was before.")
    library.orders.look_for_interrupted()
    library.qtbot.waitUntil(lambda: library.session.runner.is_idle)
    assert len(told) == 1


@pytest.mark.parametrize("way", ["restore", "empty", "undo", "do"])
def test_what_is_stopped_while_another_copy_of_the_program_works_ends(stage: Callable[[int], Stage], way: str) -> None:
    library = stage(2)
    library.orders.plan(planning.deleting(list(library.paths())[:1], False, False), shown=False)
    library.settle()
    items = held.held(library.data)
    other = alone.held(library.data / LOCK_NAME)
    assert items and other is not None
    begin = {
        "restore": lambda: library.orders.restore(items), "empty": lambda: library.orders.empty(items),
        "undo": lambda: library.orders.undo(items[0].change), "do": lambda: library.orders.carry_out(library.move_plan(["lora 001"])),
    }  # fmt: skip
    begin[way]()
    library.qtbot.wait(200)
    assert library.orders.is_busy, "it waits"
    library.orders.stop()
    library.until(lambda: not library.orders.is_busy)
    other.close()
    assert library.reports[-1].is_stopped and held.held(library.data) == items

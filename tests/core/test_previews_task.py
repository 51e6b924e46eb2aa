"""Previews of many models as a stored task: to its end, paused, killed, taken back, with each model's own history."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from library_case import Library, model_bytes
from preview_case import picture

from model_manager.bridge import past_tasks
from model_manager.core.errors import FileFault
from model_manager.core.journal.steps import ACT_DONE, ACT_FAILED, ACT_UNDONE, MOVE, UNDONE, WRITE, Act, Plan, Step
from model_manager.core.library.entry import ModelRecord
from model_manager.core.library.roots import Roots
from model_manager.core.previews import bulk
from model_manager.core.previews.history import FOLDER_NAME, History
from model_manager.core.previews.records import DRAWN, OUTPUT, VIDEO, BulkOptions, Look, Output
from model_manager.core.previews.state import PreviewState, save_state
from model_manager.core.settings import Settings
from model_manager.core.tasks import previewing, states
from model_manager.core.tasks.engine import Engine
from model_manager.core.tasks.every_kind import all_kinds
from model_manager.core.tasks.kinds import Tools
from model_manager.core.tasks.lists import NewTask
from model_manager.core.tasks.preview_runs import Runs
from model_manager.core.tidy import carrying, past
from model_manager.core.work import Work
from tests.picture_library import is_like


class Case:
    """A scanned folder of models, each of which a picture of an output folder is taken for."""

    def __init__(self, tmp_path: Path) -> None:
        self.library = Library(tmp_path)
        self.data, self.loras = self.library.data, self.library.root()
        self.output = tmp_path / "output.png"
        self.output.write_bytes(picture(size=(240, 330), colour="blue"))
        self.tools = Tools(self.data, Settings(), self._no_site, Roots, self.library.path)
        self.history = History(self.data / FOLDER_NAME)

    @staticmethod
    def _no_site() -> object:
        raise AssertionError("nobody asked for the network")

    def add(self, *names: str) -> None:
        for name in names:
            (self.loras / f"{name}.safetensors").write_bytes(model_bytes(name))
        self.library.scan()

    def new(self, order: tuple[str, ...] = (OUTPUT,), only_missing: bool = False) -> NewTask:
        def outputs(_: ModelRecord) -> list[Output]:
            return [Output(str(self.output), 5.0)]

        plan = bulk.plan(self.library.records().values(), outputs, BulkOptions(order, only_missing), Work())
        return previewing.new_run(self.data, plan)

    def engine(self) -> Engine:
        made = Engine(self.data, all_kinds(self.tools))
        made.start()
        return made

    def run(self, new: NewTask) -> states.Task:
        engine = self.engine()
        try:
            return engine.wait([add(engine, new)])[0]
        finally:
            engine.close()

    def back(self, new: NewTask) -> list[str]:
        return previewing.take_back(self.data, self.library.path, new.key, Work(), lambda _: None)

    def report(self, new: NewTask) -> bulk.Report:
        with Runs(self.data) as runs:
            return runs.report(new.key)

    def files(self) -> dict[str, bytes]:
        return {name: (self.loras / name).read_bytes() for name in sorted(os.listdir(self.loras))}


def add(engine: Engine, new: NewTask) -> int:
    return engine.add(new.kind, new.key, new.title, new.payload, unit=new.unit, total=new.total).id


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_a_run_its_report_and_the_way_back(case: Case) -> None:
    case.add("a", "b", "c", "d")
    (case.loras / "a.png").write_bytes(picture(colour="red"))
    (case.loras / "b.preview.png").mkdir()
    names = set(os.listdir(case.loras))
    new = case.new()
    task = case.run(new)
    assert (task.state, task.done, task.total) == (states.DONE, 4, 4)
    assert task.note == "3 new previews: 3 from your outputs. 1 could not be made."
    report = case.report(new)
    assert report.made == 3 and [name for name, _ in report.faults] == ["b"] and not report.left
    assert is_like(case.loras / "a.preview.png", (0, 0, 255))
    assert not (case.loras / "a.png").exists()
    assert case.back(new) == []
    assert set(os.listdir(case.loras)) == names and (case.loras / "a.png").read_bytes() == picture(colour="red")
    assert case.report(new).made == 0 and case.report(new).undone == 3
    assert case.back(new) == [], "a second time there is nothing to bring back"


def test_runs_stand_in_the_history_of_changes(case: Case) -> None:
    case.add("a", "b", "c", "d")
    (case.loras / "a.png").write_bytes(picture(colour="red"))
    (case.loras / "b.preview.png").mkdir()
    case.run(case.new())
    (change,) = past.changes(case.data)
    assert (change.title, change.acts, change.done, change.failed, change.can_undo) == ("Previews for 4 models", 4, 3, 1, True)
    assert past.change(case.data, change.id) == change and past.change(case.data, -99) is None
    outcomes = past.outcomes(case.data, change.id)
    assert [(one.name, one.state) for one in outcomes if one.name in "ab"] == [("a", ACT_DONE), ("b", ACT_FAILED)]
    first = next(one.number for one in outcomes if one.name == "a")
    report = past.take_back(case.data, change.id, Work(), [first])
    assert [(one.name, one.state, one.number) for one in report.outcomes] == [("a", ACT_UNDONE, first)]
    assert report.folders == {os.path.realpath(case.loras)}
    assert (case.loras / "a.png").exists() and (case.loras / "c.preview.png").exists()
    part = past.change(case.data, change.id)
    assert part is not None and (part.done, part.undone, part.can_undo) == (2, 1, True)
    assert past.take_back(case.data, change.id, Work()).count(ACT_UNDONE) == 2
    whole = past.change(case.data, change.id)
    assert whole is not None and (whole.state, whole.can_undo) == (UNDONE, False)
    with pytest.raises(FileFault, match="not in the history"):
        past.take_back(case.data, -99, Work())


def test_both_histories_are_one_list_by_time(case: Case) -> None:
    case.add("a", "b")
    model = case.loras / "a.safetensors"
    moved = Act("a", (Step(MOVE, str(model), str(case.loras / "x.safetensors")),), str(model), str(case.loras / "x.safetensors"))
    carrying.carry_out(case.data, Plan("rename", "Rename a", acts=(moved,)), Work())
    case.run(case.new())
    written = Act("n", (Step(WRITE, target=str(case.loras / "n.info"), data=b"{}"),))
    carrying.carry_out(case.data, Plan("edit", "Edit", acts=(written,)), Work())
    assert [change.title for change in past.changes(case.data)] == ["Edit", "Previews for 2 models", "Rename a"]
    found = past_tasks.changes(case.data, "", 2, 0, Work())
    assert [change.title for change in found.changes] == ["Edit", "Previews for 2 models"] and found.has_more
    rest = past_tasks.changes(case.data, "", 2, found.changes[-1].id, Work())
    assert [change.title for change in rest.changes] == ["Rename a"] and not rest.has_more
    assert [change.kind for change in past_tasks.changes(case.data, "previews b", 9, 0, Work()).changes] == ["preview"]


def test_cards_are_painted_by_a_process(case: Case) -> None:
    case.add("painted")
    task = case.run(case.new((DRAWN,)))
    assert task.state == states.DONE and "1 drawn" in task.note
    assert (case.loras / "painted.preview.png").read_bytes()[:4] == b"\x89PNG"


def test_a_film_that_is_none_says_so(case: Case) -> None:
    (case.loras / "film.mp4").write_bytes(b"no film")
    case.add("film")
    new = case.new((VIDEO,))
    assert case.run(new).state == states.DONE
    ((name, text),) = case.report(new).faults
    assert name == "film" and "cannot be shown" in text


def test_what_changed_since_the_plan_is_respected(case: Case) -> None:
    case.add("locked", "got", "open")
    new = case.new(only_missing=True)
    save_state(str(case.loras / "locked.safetensors"), PreviewState(True))
    (case.loras / "got.jpg").write_bytes(picture("JPEG"))
    assert case.run(new).note == "1 new preview: 1 from your outputs. 2 were locked or had a picture by then."
    assert not (case.loras / "locked.preview.png").exists() and not (case.loras / "got.preview.png").exists()


def test_pause_and_go_on(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.add(*[f"m{number:02d}" for number in range(12)])
    new, engine, written = case.new(), case.engine(), list[str]()
    apply = bulk.apply

    def counted(path: str, *args: object) -> object:
        written.append(path)
        if len(written) == 5:
            engine.pause()
        return apply(path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "apply", counted)
    try:
        id_ = add(engine, new)
        (task,) = engine.wait([id_])
        assert task.state == states.PAUSED and 5 <= task.done < 12
        assert case.report(new).left == 12 - task.done
        engine.resume([id_]).result()
        (task,) = engine.wait([id_])
    finally:
        engine.close()
    assert task.state == states.DONE and len(written) == len(set(written)) == 12 and case.report(new).made == 12


def test_killed_between_a_picture_and_its_note(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture is there, the list does not know it: it is not made twice, and the way back leads to the first one."""
    case.add("a", "b")
    (case.loras / "a.png").write_bytes(picture(colour="red"))
    before = case.files()
    new = case.new()
    end = Runs.end

    def dies(self: Runs, name: str, ended: object) -> None:
        raise FileFault("killed")

    monkeypatch.setattr(Runs, "end", dies)
    assert case.run(new).state == states.FAILED
    assert (case.loras / "a.preview.png").exists() and case.report(new).left == 2
    monkeypatch.setattr(Runs, "end", end)
    engine = case.engine()
    try:
        engine.ready()
        ids = [task.id for task in engine.tasks()]
        engine.retry(ids).result()
        (task,) = engine.wait(ids)
    finally:
        engine.close()
    assert task.state == states.DONE and case.report(new).made == 2
    assert len(case.history.earlier(str(case.loras / "a.safetensors"))) == 1
    assert case.back(new) == [] and case.files() == before


def test_a_model_that_was_moved_gets_its_picture_back(case: Case) -> None:
    case.add("a")
    (case.loras / "a.png").write_bytes(picture(colour="red"))
    case.library.scan()
    new = case.new()
    case.run(new)
    old, moved = case.loras / "a.safetensors", case.loras / "sub" / "renamed.safetensors"
    moved.parent.mkdir()
    os.replace(old, moved)
    os.replace(case.loras / "a.preview.png", moved.with_name("renamed.preview.png"))
    case.history.moved(str(old), str(moved))
    case.library.scan()
    assert case.back(new) == []
    assert moved.with_name("renamed.png").read_bytes() == picture(colour="red")
    assert not moved.with_name("renamed.preview.png").exists()


def test_any_name_is_kept_in_the_list(tmp_path: Path) -> None:
    source = bulk.Source(OUTPUT, "/o/\udcfe.png", 2, "n")
    item = bulk.BulkItem(7, "/x/\udcff.safetensors", "\udcff", (source,), Look("fit", (0.1, 0.9), 2.0))
    options = BulkOptions((OUTPUT, DRAWN), False)
    with Runs(tmp_path) as runs:
        name = runs.add(bulk.BulkPlan((item,), options, {}))
        assert runs.left(name, 5) == [item] and runs.options(name) == options and runs.counts(name) == (1, 1)
        assert json.loads('"\\udcff"') == runs.left(name, 1)[0].name


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Linux does")
def test_killed_again_and_again(case: Case) -> None:
    """Real kills at any moment: in the end every model has its picture, none twice, and all former ones come back."""
    names = [f"m{number:03d}" for number in range(60)]
    for name in names[::2]:
        (case.loras / f"{name}.png").write_bytes(picture(colour="red"))
    case.add(*names)
    before = case.files()
    new = case.new()
    engine = case.engine()
    add(engine, new)
    engine.close()
    chance, kills = random.Random(5), 0
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    while case.report(new).left > 8 and kills < 12:
        worker = subprocess.Popen([sys.executable, str(Path(__file__).with_name("previews_worker.py")), str(case.data)], env=environment)
        until, left = time.monotonic() + 30, case.report(new).left
        while case.report(new).left == left and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(chance.random() * 0.15)
        worker.kill()
        worker.wait()
        kills += 1
    assert kills >= 2
    engine = case.engine()
    try:
        engine.ready()
        (task,) = engine.wait([task.id for task in engine.tasks()])
    finally:
        engine.close()
    assert task.state == states.DONE and case.report(new).made == 60 and not case.report(new).faults
    assert all((case.loras / f"{name}.preview.png").exists() for name in names)
    assert {len(case.history.earlier(str(case.loras / f"{name}.safetensors"))) for name in names} == {1}
    assert case.back(new) == [] and case.files() == before

"""The intake with real pools: from dropped paths to a report, also when it is stopped or the program ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from small_library import lora_bytes, make_library

from model_manager.bridge.intake import Choice, Intake, Plan, Report
from model_manager.bridge.jobs import Runner
from model_manager.bridge.tasks import Sources, open_index

SECONDS = 30_000


class Rig:
    """An intake for a small library, and a folder to drop."""

    def __init__(self, folder: Path) -> None:
        self.comfyui, self.drop = make_library(folder), folder / "drop"
        self.drop.mkdir()
        self.runner = Runner()
        index = open_index(folder / "data", ()).path
        self.intake = Intake(self.runner, folder / "data", lambda: (index, Sources((str(self.comfyui),))), self.runner)

    def put(self, name: str, data: bytes) -> None:
        (self.drop / name).write_bytes(data)

    def look(self, qtbot: QtBot) -> Plan:
        with qtbot.waitSignal(self.intake.planned, timeout=SECONDS) as blocker:
            self.intake.look([str(self.drop)])
        plan: Plan = blocker.args[0]
        return plan


@pytest.fixture
def rig(tmp_path: Path, qtbot: QtBot) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.runner.close()


def test_from_a_drop_to_a_report(rig: Rig, qtbot: QtBot) -> None:
    rig.put("checkpoint.safetensors", lora_bytes("new"))
    rig.put("checkpoint.png", b"x")
    plan = rig.look(qtbot)
    assert [(line.state, line.shown) for line in plan.lines] == [("ready", "loras/drop/checkpoint.safetensors")]
    with qtbot.waitSignal(rig.intake.folders_written, timeout=SECONDS) as written, qtbot.waitSignal(rig.intake.carried) as carried:
        rig.intake.carry(plan, [0], False)
        assert rig.intake.is_carrying
    report: Report = carried.args[0]
    assert report.count("done") == 1 and not rig.intake.is_carrying
    assert written.args[0] == [str((rig.comfyui / "models/loras/drop").resolve())]
    assert sorted(path.name for path in (rig.comfyui / "models/loras/drop").iterdir()) == ["checkpoint.png", "checkpoint.safetensors"]


def test_a_choice_plans_anew(rig: Rig, qtbot: QtBot) -> None:
    rig.put("a.safetensors", lora_bytes("new"))
    plan = rig.look(qtbot)
    vae = next(one for one in plan.destinations if one.kind == "vae")
    with qtbot.waitSignal(rig.intake.planned, timeout=SECONDS) as blocker:
        rig.intake.plan({0: Choice(vae)}, False)
    assert blocker.args[0].lines[0].shown == "vae/a.safetensors"


def test_stopped_copying_reports_what_is_finished(rig: Rig, qtbot: QtBot) -> None:
    size = 64 << 20
    head = b'{"lora_unet_x.lora_down.weight":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (size, size)
    rig.put("a.safetensors", lora_bytes("first"))
    rig.put("b.safetensors", len(head).to_bytes(8, "little") + head + b"b" * size)
    plan = rig.look(qtbot)
    rig.intake.progressed.connect(lambda text, done, total: rig.intake.cancel())
    with qtbot.waitSignal(rig.intake.carried, timeout=SECONDS) as blocker:
        rig.intake.carry(plan, [0, 1], False)
    report: Report = blocker.args[0]
    assert report.is_stopped and report.count("stopped") >= 1
    assert not list((rig.comfyui / "models/loras").rglob("*.part")) and not list((rig.comfyui / "models/loras").rglob("b.*"))


def test_the_end_of_the_program_stops_it_clean(rig: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    rig.put("a.safetensors", lora_bytes("first"))
    plan = rig.look(qtbot)
    rig.intake.carry(plan, [0], True)
    assert rig.runner.close()
    there = (rig.comfyui / "models/loras/drop/a.safetensors").exists()
    assert there != (rig.drop / "a.safetensors").exists(), "it is in exactly one place"
    assert not list((tmp_path / "data").glob("partials-*"))

"""Plans as the window has them made: with what is known of uses, on a real library and a real list of outputs."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from small_library import make_library

from model_manager.bridge import plan_tasks, planning
from model_manager.bridge.order_tasks import Make
from model_manager.bridge.plan_tasks import Options
from model_manager.core.comfyui.usage import Usage
from model_manager.core.library.index import Index
from model_manager.core.library.roots import collect
from model_manager.core.library.scanner import scan
from model_manager.core.work import Work


class Place:
    """A scanned library and its data folder."""

    def __init__(self, folder: Path) -> None:
        self.comfyui, self.data = make_library(folder), folder / "data"
        self.index = self.data / "index.sqlite"
        self.loras = self.comfyui / "models/loras"
        self.data.mkdir()
        with closing(Index(self.index)) as index:
            scan(index, collect([str(self.comfyui)], [], []).groups, Work(), lambda _: None)
            self.ids = {Path(row.file).stem: row.id for row in index.rows()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def use(place: Place, name: str, pictures: int) -> None:
    """Pictures that ComfyUI made with a LoRA, known to the program."""
    about = PngInfo()
    about.add_text("prompt", json.dumps({"1": {"class_type": "LoraLoader", "inputs": {"lora_name": name, "strength_model": 1.0}}}))
    (place.comfyui / "output").mkdir()
    for number in range(pictures):
        Image.new("RGB", (64, 64)).save(place.comfyui / f"output/{number}.png", pnginfo=about)
    with closing(Usage(place.data)) as usage:
        usage.refresh([str(place.comfyui / "output")], Work())


@pytest.mark.parametrize(
    "make",
    [
        lambda place, ids: planning.moving(ids, str(place.loras / "new"), False),
        lambda place, ids: planning.renaming(ids[0], "river"),
        lambda place, ids: planning.organising(ids, "{type}", Options()),
        lambda place, ids: planning.deleting(ids, False, False),
    ],
    ids=["move", "rename", "organise", "delete"],
)
def test_plans_tell_how_many_pictures_used_a_model(place: Place, make: Callable[[Place, list[int]], Make]) -> None:
    ids = [place.ids["ink"]]
    assert "used" not in make(place, ids)(place.data, place.index).acts[0].note, "nothing is known of any picture"
    use(place, "ink.safetensors", 3)
    assert "used in 3 pictures" in make(place, ids)(place.data, place.index).acts[0].note


def test_sidecars_of_other_programs_are_planned_from_what_is_known(place: Place) -> None:
    plan = planning.converting([place.ids["ink"], place.ids["brush"]], ["cm-info.json"])(place.data, place.index)
    assert [(act.name, act.note) for act in plan.acts] == [("ink", ".cm-info.json")]
    assert len(plan.refused) == 1 and plan.refused[0].name == "brush.safetensors"
    assert not (place.loras / "ink.cm-info.json").exists()


def test_questions_of_the_sheets_need_no_list_of_uses(place: Place) -> None:
    use(place, "ink.safetensors", 1)
    assert not plan_tasks.verdict(place.index, place.ids["ink"], "river")
    assert "used" not in plan_tasks.example(place.index, [place.ids["ink"]], "{type}", Options()).acts[0].note

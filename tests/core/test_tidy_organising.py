"""Plans by template: each model below its own root, on its own drive, in place when it is there; emptied folders go."""

import json
import os
from pathlib import Path

import pytest
from library_case import Library
from tidy_case import do, family, files, look, names, only

from model_manager.core.errors import FolderFault
from model_manager.core.journal.steps import NO_FOLDER, Plan
from model_manager.core.tidy.organising import Options, plan_organise, problem


def told(folder: Path, model: str, **values: object) -> Path:
    """A model whose `.info` tells something."""
    path = family(folder, model)
    (folder / f"{path.stem}.info").write_text(json.dumps({"name": path.stem, **values}))
    return path


def organise(library: Library, template: str, *paths: Path, **options: object) -> Plan:
    library.scan()
    return plan_organise(look(library, *paths), template, library.roots, Options(**options))  # type: ignore[arg-type]


def moved(plan: Plan, top: Path) -> dict[str, str]:
    return {_below(act.path, top): _below(act.new_path, top) for act in plan.acts if act.path}


def _below(path: str, top: Path) -> str:
    return Path(path).relative_to(top).as_posix()


@pytest.mark.parametrize(
    ("template", "wanted"),
    [
        ("{kind}/{base_model}/{author}", "loras/SDXL 1.0/me/ink.safetensors"),
        ("{base_model}/{author}", "loras/SDXL 1.0/me/ink.safetensors"),
        ("{type}/{version}", "loras/LoRA/v2/ink.safetensors"),
        ("x/{kind}", "loras/x/loras/ink.safetensors"),
        ("{kind}", None),
        ("", None),
        ("{tag}-{format}", "loras/style-safetensors/ink.safetensors"),
        ("{adult}/{site}", "loras/Civitai/ink.safetensors"),
        ("{name}", "loras/ink/ink.safetensors"),
        ("by {base_model}\\{version}", "loras/by SDXL 1.0/v2/ink.safetensors"),
    ],
)
def test_templates(library: Library, template: str, wanted: str | None) -> None:
    loras = library.root()
    path = told(loras, "ink.safetensors", base_model="SDXL 1.0", author="me", version="v2", tags=["fox", "style"], modelId=7)
    plan = organise(library, template, path)
    if wanted is None:
        assert plan.is_empty and not plan.refused and plan.chips[-1] == "1 is in place"
    else:
        assert moved(plan, loras.parent) == {"loras/ink.safetensors": wanted}
        assert set(names(only(plan))) == {"ink.safetensors", "ink.info"}
        assert plan.chips == ("1 moves", "2 files in all", "same drive, no copying")
        assert (plan.title, plan.button) == ("Organise 1 model", "Move 1 model")


@pytest.mark.parametrize("template", ["{modle}", "{kind", "../{kind}", "/abs", "C:/x", "{kind}/../.."])
def test_templates_that_are_not_right(library: Library, template: str) -> None:
    path = family(library.root(), "x.safetensors")
    assert problem(template).endswith(".") and "{kind}" in problem("{modle}")
    with pytest.raises(FolderFault):
        organise(library, template, path)


def test_values_that_are_not_known(library: Library) -> None:
    loras = library.root()
    path = told(loras / "old", "x.safetensors", author="me")
    assert moved(organise(library, "{base_model}/{author}", path), loras) == {"old/x.safetensors": "me/x.safetensors"}
    plan = organise(library, "{base_model}/{author}", path, empty="unknown")
    assert moved(plan, loras) == {"old/x.safetensors": "unknown/me/x.safetensors"}


@pytest.mark.parametrize("author", ["../../up", "a/b\\c", "con", ".", "..", "x" * 300, ".git", "a\nb", "‮txt", "  ", "%s{0}"])
def test_values_lead_nowhere_else(library: Library, author: str) -> None:
    loras = library.root()
    path = told(loras / "old", "x.safetensors", author=author, base_model="B")
    plan = organise(library, "{base_model}/{author}", path)
    target = Path(plan.acts[0].new_path)
    assert target.parent.parent == loras / "B" or target.parent == loras / "B"
    do(plan)
    library.scan()
    assert library.names() == ["x.safetensors"]


def test_what_is_in_place_stays_and_a_second_time_does_nothing(library: Library) -> None:
    loras = library.root()
    paths = [told(loras / f"d{number % 3}", f"m{number % 5}.safetensors", base_model=f"B{number % 2}") for number in range(12)]
    plan = organise(library, "{base_model}", *paths)
    do(plan)
    assert len(files(loras)) == 24 and not (loras / "d0").exists()
    again = organise(library, "{base_model}", *sorted(loras.rglob("*.safetensors")))
    assert again.is_empty and again.chips[-1] == "12 are in place"


def test_every_model_stays_below_its_own_root(library: Library, tmp_path: Path) -> None:
    loras, second = library.root(), library.root("loras", tmp_path / "other" / "loras2")
    checkpoints = library.root("checkpoints")
    paths = [told(folder, f"{number}.safetensors", base_model="B") for number, folder in enumerate((loras, second, checkpoints))]
    plan = organise(library, "{kind}/{base_model}", *paths)
    assert [act.new_path for act in plan.acts] == [str(path.parent / "B" / path.name) for path in paths]
    assert all(act.comfy_after == os.path.join("B", os.path.basename(act.path)) for act in plan.acts)


def test_a_linked_folder_counts_as_a_root(library: Library, tmp_path: Path) -> None:
    loras, far = library.root(), tmp_path / "far"
    told(far / "deep", "x.safetensors", base_model="B")
    (loras / "nas").symlink_to(far)
    plan = organise(library, "{base_model}", loras / "nas/deep/x.safetensors")
    assert plan.acts[0].new_path == str(far / "B" / "x.safetensors") and plan.acts[0].after == "loras / nas / B / x.safetensors"
    do(plan)
    assert files(far) == {"B/x.safetensors", "B/x.info"} and (loras / "nas").exists() and not (far / "deep").exists()
    again = organise(library, "nas/{base_model}", loras / "nas/B/x.safetensors")
    assert again.is_empty and not again.refused, "the linked folder is what the template asks for"


def test_a_folder_of_the_template_that_is_a_link(library: Library, tmp_path: Path) -> None:
    loras = library.root()
    (tmp_path / "elsewhere").mkdir()
    (loras / "B").symlink_to(tmp_path / "elsewhere")
    (loras / "file").write_bytes(b"")
    paths = [told(loras, "x.safetensors", base_model="B"), told(loras, "y.safetensors", base_model="file")]
    plan = organise(library, "{base_model}", *paths)
    assert plan.is_empty
    assert [one.text for one in plan.refused] == [f"{loras / 'B'} is a link that leads elsewhere.", f"{loras / 'file'} is not a folder."]


def test_emptied_folders_go_and_others_stay(library: Library) -> None:
    loras = library.root()
    paths = [
        told(loras / "a" / "b" / "c", "1.safetensors", base_model="B"),
        told(loras / "a" / "d", "2.safetensors", base_model="B"),
        told(loras / "kept", "3.safetensors", base_model="B"),
        told(loras / "B" / "sub", "4.safetensors", base_model="B"),
    ]
    (loras / "kept" / "readme.txt").write_bytes(b"mine")
    plan = organise(library, "{base_model}", *paths)
    gone = [step.target for act in plan.acts for step in act.steps if step.sort == NO_FOLDER]
    assert {_below(path, loras) for path in gone} == {"a/b/c", "a/b", "a/d", "a", "B/sub"}
    assert gone.index(str(loras / "a/b/c")) < gone.index(str(loras / "a/b")) < gone.index(str(loras / "a"))
    assert [(act.before, act.after) for act in plan.acts if not act.path] == [
        ("loras / a", "is removed"),
        ("loras / B / sub", "is removed"),
    ]
    do(plan)
    assert sorted(path.name for path in loras.iterdir()) == ["B", "kept"]
    assert files(loras) == {*(f"B/{n}.{end}" for n in range(1, 5) for end in ("safetensors", "info")), "kept/readme.txt"}


def test_emptied_folders_stay_when_wanted(library: Library) -> None:
    loras = library.root()
    plan = organise(library, "{base_model}", told(loras / "a", "1.safetensors", base_model="B"), removes_empty=False)
    assert len(plan.acts) == 1


def test_roots_are_never_removed(library: Library) -> None:
    loras, inner = library.root(), library.root("checkpoints", library.folder / "models" / "loras" / "inner")
    paths = [told(loras, "1.safetensors", base_model="B"), told(inner, "2.safetensors", base_model="B")]
    plan = organise(library, "{base_model}", *paths)
    assert not [step for act in plan.acts for step in act.steps if step.sort == NO_FOLDER]


def test_parts_of_a_diffusers_folder_stay(library: Library) -> None:
    loras = library.root()
    path = family(loras / "pipe" / "unet", "model.safetensors")
    (loras / "pipe" / "model_index.json").write_text("{}")
    plan = organise(library, "{kind}/x", path)
    assert plan.is_empty and "diffusers" in plan.refused[0].text


def test_models_whose_nodes_ask_for_a_folder_by_name_stay(library: Library) -> None:
    faces, own = library.root("insightface"), library.root("other")
    paths = [
        family(faces / "models" / "buffalo_l", "det.onnx"),
        family(own / "a", "x.safetensors"),
        family(library.root("mystery"), "y.pt"),
    ]
    plan = organise(library, "{kind}/{format}", *paths)
    assert [one.name for one in plan.refused] == ["det.onnx", "y.pt"] and "very folder" in plan.refused[0].text
    assert [os.path.basename(act.path) for act in plan.acts if act.path] == ["x.safetensors"]


def test_links_move_as_links(library: Library, tmp_path: Path) -> None:
    checkpoints = library.root("checkpoints")
    far = family(tmp_path / "far", "big.safetensors")
    (checkpoints / "big.safetensors").symlink_to(far)
    (checkpoints / "big.info").write_text('{"base_model": "B"}')
    act = only(organise(library, "{base_model}", checkpoints / "big.safetensors"))
    assert act.path == str(checkpoints / "big.safetensors") and "moves as a link" in act.note and act.tone == ""


def test_a_pair_of_one_stem_goes_together_or_leaves_what_it_shares(library: Library) -> None:
    loras = library.root()
    paths = [family(loras, "x.safetensors"), family(loras, "x.pt", mark="pt")]
    (loras / "x.info").write_text('{"base_model": "B"}')
    plan = organise(library, "{base_model}", *paths)
    assert [set(names(act)) for act in plan.acts] == [{"x.safetensors", "x.info"}, {"x.pt"}]
    plan = organise(library, "{base_model}", paths[1])
    assert set(names(only(plan))) == {"x.pt"} and "stays" in only(plan).note

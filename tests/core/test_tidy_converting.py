"""Plans that write what is known into the sidecars of other programs: complete, merged, undone to the byte."""

import json
from pathlib import Path
from typing import Any

import pytest
from fetched_case import SHA, civitai, raw_version
from library_case import Library
from tidy_case import family, look, only

from model_manager.core.journal.steps import ACT_FAILED, WRITE, Plan
from model_manager.core.settings import COMPATIBLE
from model_manager.core.sidecars.writing import save_details
from model_manager.core.tidy.carrying import carry_out, take_back
from model_manager.core.tidy.converting import plan_convert
from model_manager.core.work import Work


@pytest.fixture
def loras(library: Library) -> Path:
    return library.root()


def convert(library: Library, *paths: Path, dialects: tuple[str, ...] = COMPATIBLE, sha256: str = SHA) -> Plan:
    library.scan()
    plan = plan_convert(look(library, *paths), dialects, lambda _: sha256)
    assert all(step.sort == WRITE for act in plan.acts for step in act.steps)
    return plan


def run(library: Library, plan: Plan) -> int:
    report = carry_out(library.data, plan, Work())
    assert report.count(ACT_FAILED) == 0, report.outcomes
    return report.change


def load(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_programs_from_info_and_back(library: Library, loras: Path) -> None:
    path = family(loras, "fox.safetensors")
    save_details(str(path), civitai(), (), SHA)
    before = contents(loras)
    plan = convert(library, path)
    assert {Path(step.target).name for step in only(plan).steps} == {
        *("fox.civitai.info", "fox.cm-info.json", "fox.metadata.json", "fox.json", "fox.info"),
    }  # fmt: skip
    change = run(library, plan)
    lora, stability, helper = load(loras / "fox.metadata.json"), load(loras / "fox.cm-info.json"), load(loras / "fox.civitai.info")
    assert lora["sha256"] == SHA and lora["file_path"] == str(path) and lora["civitai"]["id"] == 9000302 and lora["from_civitai"]
    assert (
        stability["VersionId"] == 9000302
        and stability["ModelName"] == "Glass Fox (sample)"
        and stability["Hashes"]["SHA256"] == SHA.upper()
    )
    assert helper["id"] == 9000302 and not {"user", "model_manager", "author"} & helper.keys()
    assert "glass fox" in load(loras / "fox.json")["activation text"]
    assert "token=secret" not in "".join(path.read_text("utf-8", "replace") for path in loras.iterdir())
    assert convert(library, path).is_empty, "a second time there is nothing to write"
    take_back(library.data, change, Work())
    assert contents(loras) == before


def test_what_people_wrote_and_unknown_keys_stay(library: Library, loras: Path) -> None:
    path = family(loras, "fox.safetensors")
    save_details(str(path), civitai(), (), SHA)
    (loras / "fox.json").write_text(json.dumps({"notes": "mine", "activation text": "my words", "preferred weight": 0.7, "odd": [1]}))
    (loras / "fox.cm-info.json").write_text(json.dumps({"UserTitle": "My fox", "Odd": {"a": 1}}))
    run(library, convert(library, path))
    webui, stability = load(loras / "fox.json"), load(loras / "fox.cm-info.json")
    assert (webui["notes"], webui["activation text"], webui["preferred weight"], webui["odd"]) == ("mine", "my words", 0.7, [1])
    assert stability["UserTitle"] == "My fox" and stability["Odd"] == {"a": 1} and stability["VersionId"] == 9000302


def test_the_persons_values_are_what_others_hear(library: Library, loras: Path) -> None:
    path = family(loras, "fox.safetensors")
    save_details(str(path), civitai(), (), SHA)
    info = load(loras / "fox.info")
    info["user"] = {"name": "My Fox", "base_model": "Pony", "tags": ["own"]}
    (loras / "fox.info").write_text(json.dumps(info))
    run(library, convert(library, path))
    lora = load(loras / "fox.metadata.json")
    assert (lora["model_name"], lora["base_model"], lora["tags"]) == ("My Fox", "Pony", ["own"])
    assert load(loras / "fox.info")["user"] == info["user"]
    assert load(loras / "fox.civitai.info")["baseModel"] == "SDXL 1.0", "what Civitai told stays Civitai's"


def test_a_fetch_afterwards_knows_its_values(library: Library, loras: Path) -> None:
    """Marks are kept, so a later fetch replaces what the plan wrote and takes it for nobody's words."""
    path = family(loras, "fox.safetensors")
    save_details(str(path), civitai(), (), SHA)
    run(library, convert(library, path, dialects=("json",)))
    new = civitai(raw_version(trainedWords=["new words"]))
    save_details(str(path), new, ("json",), SHA)
    assert load(loras / "fox.json")["activation text"] == "new words"


def test_from_another_programs_file(library: Library, loras: Path) -> None:
    path = family(loras, "fox.safetensors")
    (loras / "fox.civitai.info").write_text(json.dumps(raw_version()))
    run(library, convert(library, path, dialects=("cm-info.json",)))
    assert load(loras / "fox.cm-info.json")["ModelId"] == 900030


def test_without_a_site(library: Library, loras: Path) -> None:
    path = family(loras, "x.safetensors")
    (loras / "x.md").write_text("---\ntags: [a, b]\nauthor: me\n---\nNotes.\n")
    plan = convert(library, path)
    assert {Path(step.target).name for step in only(plan).steps} >= {"x.metadata.json", "x.cm-info.json"}
    assert "x.civitai.info" not in {Path(step.target).name for step in only(plan).steps}
    run(library, plan)
    lora = load(loras / "x.metadata.json")
    assert lora["tags"] == ["a", "b"] and lora["from_civitai"] is False and lora["sha256"] == SHA


def test_what_cannot_be_written_is_told(library: Library, loras: Path) -> None:
    path, bare = family(loras, "fox.safetensors"), family(loras, "bare.safetensors")
    (loras / "fox.md").write_text("---\ntags: [a]\n---\n")
    (loras / "fox.json").write_text("{broken")
    plan = convert(library, path, bare, dialects=("json", "metadata.json"), sha256="")
    assert plan.is_empty
    texts = {one.name: one for one in plan.refused}
    assert "SHA-256" in texts["fox.safetensors"].text and "fox.json" in texts["fox.safetensors"].text
    assert texts["bare.safetensors"].tone == "" and (loras / "fox.json").read_text() == "{broken"


def test_a_file_that_speaks_of_its_twin_is_left(library: Library, loras: Path) -> None:
    one, other = family(loras, "x.safetensors"), family(loras, "x.ckpt", mark="other")
    (loras / "x.md").write_text("---\ntags: [a]\n---\n")
    (loras / "x.metadata.json").write_text(json.dumps({"file_path": str(other), "file_name": "x"}))
    plan = convert(library, one, dialects=("metadata.json",))
    assert plan.is_empty and "x.ckpt" in plan.refused[0].text

"""What a fetch writes: accepted by five other programs, merged with what is there, and nothing a person wrote lost."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import other_tools
import pytest
import yaml
from fetched_case import ABOUT, OTHER_SHA, SHA, VERSION_ABOUT, civitai, hugging_face, raw_version

from model_manager.core.errors import BadSidecar, FileFault, FolderFault
from model_manager.core.library.entry import Details, Facts
from model_manager.core.previews.records import PreviewState
from model_manager.core.previews.state import read_state, save_state
from model_manager.core.settings import COMPATIBLE
from model_manager.core.sidecars import writing
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.fetched import Fetched
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.notes import read_notes, save_notes
from model_manager.core.sidecars.writing import mark_not_found, save_details

SIZE = 2_097_296
NAMES = ["fox.cm-info.json", "fox.civitai.info", "fox.info", "fox.json", "fox.md", "fox.metadata.json"]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tmp_path / "fox.safetensors"


def save(model: Path, fetched: Fetched, sha256: str = SHA, **more: Any) -> list[str]:
    return save_details(str(model), fetched, COMPATIBLE, sha256, SIZE, **more)


def details(model: Path) -> Details:
    names = os.listdir(model.parent)
    return read_details(str(model.parent), model.name, families([model.name], names)[model.name], Facts())


def of(model: Path, suffix: str) -> Path:
    return model.with_name(model.stem + suffix)


def values(model: Path, suffix: str) -> dict[str, Any]:
    found = json.loads(of(model, suffix).read_bytes())
    assert isinstance(found, dict)
    return found


def put(model: Path, suffix: str, content: Any) -> None:
    of(model, suffix).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8")


def accepted(model: Path) -> None:
    """Let each of the other programs read what lies there."""
    other_tools.chris(of(model, ".info"))
    other_tools.hayden(of(model, ".md"))
    other_tools.stability_matrix(of(model, ".cm-info.json"))
    other_tools.lora_manager(of(model, ".metadata.json"), model)
    other_tools.web_ui(of(model, ".json"))
    if of(model, ".civitai.info").exists():
        other_tools.civitai_helper(of(model, ".civitai.info"))


def test_all_programs_take_what_is_new(model: Path) -> None:
    assert sorted(save(model, civitai())) == sorted(NAMES) == sorted(os.listdir(model.parent))
    accepted(model)
    front, body = other_tools.hayden(of(model, ".md"))
    assert front["website"] == "Civitai" and front["hashes"]["SHA256"] == SHA.upper() and front["baseModel"] == "SDXL 1.0"
    assert "# Trigger Words\n\nglass fox, translucent fur\n" in body and "Weight **0.7 - 0.9**" in body
    assert "[external link](https://example.com/)" in body
    info = other_tools.chris(of(model, ".info"))
    assert (info["id"], info["modelId"], info["author"], info["base_model"]) == (9000302, 900030, "sample_author", "SDXL 1.0")
    assert info["model"]["description"] == ABOUT and info["description"] == VERSION_ABOUT and info["model"]["tags"] == ["animal", "fox"]
    web = other_tools.web_ui(of(model, ".json"))
    assert (web["sd version"], web["activation text"]) == ("SDXL", "glass fox, translucent fur")
    helper = other_tools.civitai_helper(of(model, ".civitai.info"))
    assert helper["files"][0]["downloadUrl"] == "https://civitai.com/api/download/models/9000302"
    assert other_tools.lora_manager(of(model, ".metadata.json"), model)["civitai"]["creator"]["username"] == "sample_author"
    for name in NAMES:
        data = (model.parent / name).read_bytes()
        assert b"secret-key" not in data and b"\r" not in data


def test_our_own_reading(model: Path) -> None:
    save(model, civitai())
    found = details(model)
    assert (found.name, found.version, found.author, found.kind) == ("Glass Fox (sample)", "v2.0", "sample_author", "loras")
    assert (found.base_model, found.tags, found.notes) == ("SDXL 1.0", ("animal", "fox"), "")
    assert found.trigger_words == ("glass fox", "translucent fur")
    assert (found.model_id, found.version_id, found.hashes["sha256"]) == (900030, 9000302, SHA)
    assert found.description == f"{VERSION_ABOUT}\n<hr>\n{ABOUT}" and found.description_is_html
    assert found.links == (("Civitai", "https://civitai.com/models/900030?modelVersionId=9000302"),)
    assert found.license == "No credit needed. Images may be sold." and not found.problems
    assert found.sources["description"] == "fox.info", "not the web UI's file, which holds a copy"


def test_hugging_face(model: Path) -> None:
    assert "fox.civitai.info" not in save(model, hugging_face())
    accepted(model)
    assert other_tools.stability_matrix(of(model, ".cm-info.json"))["Source"] == 3
    assert other_tools.lora_manager(of(model, ".metadata.json"), model)["from_civitai"] is False
    front, body = other_tools.hayden(of(model, ".md"))
    assert front["website"] == "HuggingFace" and "A **card**" in body and "license: mit" not in body
    found = details(model)
    assert (found.name, found.author, found.license, found.notes, found.model_id) == ("tiny", "example-org", "Apache 2.0", "", 0)
    assert found.hashes["sha256"] == SHA and found.links[0][0] == "Hugging Face" and found.description.startswith("# Tiny")


def test_the_second_time_nothing_is_written(model: Path) -> None:
    save(model, civitai())
    assert save(model, civitai()) == []


def test_what_is_empty_or_missing_never_replaces(model: Path) -> None:
    save(model, civitai())
    before = {name: (model.parent / name).read_bytes() for name in NAMES}
    bare = raw_version(description=None, trainedWords=[], baseModel="", images=[], files=[], stats={"downloadCount": None})
    bare["model"] = {"name": None, "type": "LORA"}
    save(model, civitai(bare, author="", description="", tags=(), licence=(), raw={}))
    for name in NAMES:
        assert (model.parent / name).read_bytes() == before[name], name


def test_a_later_fetch_replaces_an_earlier_one(model: Path) -> None:
    save(model, civitai())
    later = raw_version(description="<p>New words.</p>", trainedWords=["crystal fox"], baseModel="Illustrious")
    later["stats"] = {"downloadCount": 2000, "thumbsUpCount": 7}
    save(model, civitai(later, name="Glass Fox 2", tags=("fox", "glass"), author="new_author"))
    accepted(model)
    found = details(model)
    assert (found.name, found.author, found.base_model, found.tags) == ("Glass Fox 2", "new_author", "Illustrious", ("fox", "glass"))
    assert found.trigger_words == ("crystal fox",) and found.description.startswith("<p>New words.</p>")
    assert values(model, ".json")["activation text"] == "crystal fox"
    assert values(model, ".metadata.json")["civitai"]["trainedWords"] == ["crystal fox"]
    assert values(model, ".cm-info.json")["Stats"] == {"downloadCount": 2000, "thumbsUpCount": 7}
    body = of(model, ".md").read_text("utf-8")
    assert "crystal fox" in body and "glass fox" not in body and body.count("model-manager: end") == 1
    assert "user" not in values(model, ".info")


def test_another_version_takes_the_old_one_s_values_away(model: Path) -> None:
    save(model, civitai())
    put(model, ".info", values(model, ".info") | {"mine": 1})
    other = raw_version(id=9000303, description=None, trainedWords=[])
    save(model, civitai(other))
    accepted_info = values(model, ".info")
    assert accepted_info["id"] == 9000303 and accepted_info["description"] == ABOUT and accepted_info["mine"] == 1
    assert details(model).trigger_words == () and details(model).description == ABOUT


USER = '"user": {"description":  "my own words",\t"name": "My Fox", "base_model": "Pony", "odd\\u00e9": [1.50, NaN]}'
HAND = '{"rating": 5, "favourite": true,\r\n  "notes": "n\\u00f6tes", ' + USER + ', "zzz":  {"b": 2.10, "a": [1,2]}}'


def test_the_person_s_layer_stays_byte_for_byte(model: Path) -> None:
    put(model, ".info", HAND)
    for fetched in (civitai(), civitai(raw_version(description="<p>other</p>", baseModel="SD 1.5"))):
        save(model, fetched)
        text = of(model, ".info").read_bytes().decode()
        assert text.startswith(HAND[:-1]), "order, spelling and line ends of what was there"
        found = details(model)
        assert (found.name, found.description, found.base_model) == ("My Fox", "my own words", "Pony")
        assert (found.rating, found.favourite, found.notes, found.author) == (5, True, "nötes", "sample_author")


def test_what_people_wrote_on_the_top_level_moves_to_their_layer(model: Path) -> None:
    put(model, ".info", {"name": "fox.safetensors", "path": "/x/fox.safetensors", "size": 5, "description": "Mine.", "tags": ["own"]})
    save(model, civitai())
    found = details(model)
    assert (found.description, found.tags, found.name, found.version) == ("Mine.", ("own",), "Glass Fox (sample)", "v2.0")
    info = other_tools.chris(of(model, ".info"))
    assert info["user"] == {"description": "Mine.", "tags": ["own"]}
    assert (info["description"], info["path"], info["size"]) == (VERSION_ABOUT, "/x/fox.safetensors", 5)
    put(model, ".info", {**info, "trigger_words": ["edited by hand"]})
    save(model, civitai(raw_version(trainedWords=["new"])))
    assert details(model).trigger_words == ("edited by hand",) and details(model).description == "Mine."


def test_a_lock_stays(model: Path) -> None:
    save_state(str(model), PreviewState(True))
    save(model, civitai())
    assert read_state(str(model)).is_locked and details(model).author == "sample_author"
    save_state(str(model), PreviewState(False))
    assert save(model, civitai()) == [], "what was fetched is still known as such"


def test_no_room_in_their_layer_leaves_the_value_where_it_is(model: Path) -> None:
    put(model, ".info", {"description": "here", "user": {"description": "there"}})
    save(model, civitai())
    assert values(model, ".info")["description"] == "here" and values(model, ".info")["user"] == {"description": "there"}
    put(model, ".info", {"description": "here", "user": "somebody"})
    save(model, civitai())
    assert values(model, ".info")["description"] == "here" and values(model, ".info")["user"] == "somebody"


def test_what_the_seed_downloaded_is_not_taken_for_the_person_s(model: Path) -> None:
    put(model, ".info", raw_version(description=VERSION_ABOUT, unknown={"a": None}))
    save(model, civitai(raw_version(createdAt="2027-01-01T00:00:00.000Z")))
    found = values(model, ".info")
    assert "user" not in found and found["unknown"] == {"a": None} and found["createdAt"].startswith("2027")


def test_unknown_keys_within_objects_stay(model: Path) -> None:
    old = raw_version()
    old["model"]["shelf"] = "top"
    old["files"][0]["mine"] = 1
    put(model, ".info", old)
    put(model, ".civitai.info", old)
    save(model, civitai())
    for suffix in (".info", ".civitai.info"):
        assert values(model, suffix)["model"]["shelf"] == "top" and values(model, suffix)["files"][0]["mine"] == 1


STABILITY = {"UserTitle": "Mine", "InferenceDefaults": {"Steps": 7}, "ImportedAt": "2025-01-01T00:00:00+02:00", "Later": {"x": None}}
LORA = {"favorite": True, "notes": "n", "usage_tips": '{"strength": 0.7}', "exclude": True, "autov3": None, "later": [1], "tags": ["own"]}
WEB = {"description": "d", "notes": "n", "activation text": "a", "preferred weight": 0.8, "negative text": "no", "vae": "x", "odd": None}


def test_what_people_set_in_other_programs_stays(model: Path) -> None:
    put(model, ".cm-info.json", STABILITY)
    put(model, ".metadata.json", LORA | {"model_name": "Renamed", "base_model": "Unknown", "modified": 5.5, "file_name": "old"})
    put(model, ".json", WEB | {"sd version": "Unknown"})
    for fetched in (civitai(), civitai(raw_version(trainedWords=["x"]), name="other", tags=("new",))):
        save(model, fetched)
        accepted(model)
        stability, lora, web = (values(model, suffix) for suffix in (".cm-info.json", ".metadata.json", ".json"))
        assert {key: stability[key] for key in STABILITY} == STABILITY
        assert {key: lora[key] for key in LORA} == LORA
        assert (lora["model_name"], lora["base_model"], lora["modified"], lora["file_name"]) == ("Renamed", "SDXL 1.0", 5.5, "fox")
        assert {key: web[key] for key in WEB} == WEB and web["sd version"] == "SDXL"
    found = details(model)
    assert found.trigger_words == ("a",) and found.description == "d" and found.name == "Mine"


def test_values_of_ours_that_were_edited_in_other_programs_stay(model: Path) -> None:
    save(model, civitai())
    lora = values(model, ".metadata.json")
    lora["civitai"]["trainedWords"] = ["edited there"]
    put(model, ".metadata.json", lora | {"model_name": "Renamed"})
    put(model, ".json", values(model, ".json") | {"activation text": "edited here"})
    save(model, civitai(raw_version(trainedWords=["new"]), name="New"))
    assert values(model, ".metadata.json")["civitai"]["trainedWords"] == ["edited there"]
    assert values(model, ".metadata.json")["model_name"] == "Renamed"
    assert values(model, ".json")["activation text"] == "edited here"
    assert details(model).trigger_words == ("edited here",)


BROKEN: list[dict[str, Any]] = [
    {"ModelType": None, "Hashes": None, "Source": "Civitai", "Tags": "a, b", "Stats": {"rating": None}, "ModelId": "x", "Kept": None},
    {"ModelType": 3, "TrainedWords": [1, None], "ImportedAt": None, "FileMetadata": [], "UserTitle": None, "Nsfw": "no"},
]


@pytest.mark.parametrize("old", BROKEN)
def test_a_record_stability_matrix_could_not_read_is_mended(model: Path, old: dict[str, Any]) -> None:
    put(model, ".cm-info.json", old)
    save(model, civitai())
    other_tools.stability_matrix(of(model, ".cm-info.json"))
    assert ("Kept" in old) == ("Kept" in values(model, ".cm-info.json"))


@pytest.mark.parametrize(
    "old", [{"sha256": "AB" * 32}, {"usage_tips": {"strength": 1}, "size": "7", "modified": None, "preview_url": None}, {"model_name": 3}]
)
def test_a_record_lora_manager_would_hide_is_completed(model: Path, old: dict[str, Any]) -> None:
    put(model, ".metadata.json", "\ufeff" + json.dumps(old))
    save(model, civitai())
    found = other_tools.lora_manager(of(model, ".metadata.json"), model)
    assert found["sha256"] == SHA and (not isinstance(old.get("usage_tips"), dict) or found["usage_tips"] == '{"strength": 1}')


def test_lora_manager_s_record_complete_or_not_at_all(model: Path) -> None:
    faults: list[str] = []
    fetched = civitai()
    unknown = Fetched(fetched.site, fetched.offer, fetched.version, None, fetched.time)
    assert "fox.metadata.json" not in save_details(str(model), unknown, COMPATIBLE, faults=faults)
    assert len(faults) == 1 and "SHA-256" in faults[0]
    model.write_bytes(b"12345")
    of(model, ".preview.png").write_bytes(b"")
    assert "fox.metadata.json" in save_details(str(model), unknown, COMPATIBLE, sha256=SHA.upper())
    found = other_tools.lora_manager(of(model, ".metadata.json"), model)
    assert (found["size"], found["preview_url"]) == (5, of(model, ".preview.png").as_posix())


@pytest.mark.parametrize("broken", ["{", "[1]", "", '{"a": "\udcff"', "null"])
def test_what_cannot_be_understood_is_left_alone(model: Path, broken: str) -> None:
    for suffix in (".info", ".cm-info.json", ".json"):
        of(model, suffix).write_bytes(broken.encode("utf-8", "surrogateescape"))
    faults: list[str] = []
    assert sorted(save(model, civitai(), faults=faults)) == ["fox.civitai.info", "fox.md", "fox.metadata.json"]
    assert len(faults) == 3 and any("fox.info" in fault for fault in faults)
    assert all(of(model, suffix).read_bytes() == broken.encode("utf-8", "surrogateescape") for suffix in (".info", ".cm-info.json"))
    with pytest.raises(BadSidecar):
        save(model, civitai())


def test_the_mark_for_not_found(model: Path) -> None:
    assert mark_not_found(str(model), ["json"]) == [] and not os.listdir(model.parent)
    assert mark_not_found(str(model), ["civitai.info"]) == ["fox.civitai.info"]
    assert other_tools.civitai_helper(of(model, ".civitai.info")) == {}
    save(model, civitai())
    before = of(model, ".civitai.info").read_bytes()
    assert mark_not_found(str(model), ["civitai.info"]) == [] and of(model, ".civitai.info").read_bytes() == before


# notes


def test_notes_and_fetched_text_are_apart(model: Path) -> None:
    folder = str(model.parent)
    save_notes(folder, model.name, "My *notes*.\n")
    save(model, civitai())
    assert read_notes(folder, model.name) == "My *notes*.\n" and details(model).notes == "My *notes*."
    assert of(model, ".md").read_text("utf-8").endswith("<!-- model-manager: end -->\n\nMy *notes*.\n")
    save_notes(folder, model.name, "Longer.\n", expected="My *notes*.\n")
    assert "# Trigger Words" in of(model, ".md").read_text("utf-8")
    save(model, civitai(raw_version(trainedWords=["crystal"])))
    text = of(model, ".md").read_text("utf-8")
    assert text.count("# Trigger Words") == 1 and "crystal" in text and text.endswith("\n\nLonger.\n")
    other_tools.hayden(of(model, ".md"))


def test_fetched_text_that_was_edited_is_the_person_s(model: Path) -> None:
    save(model, civitai())
    put(model, ".md", of(model, ".md").read_text("utf-8").replace("Retrained.", "Retrained by me."))
    assert "Retrained by me." in details(model).notes
    save(model, civitai(raw_version(description="<p>News.</p>")))
    text = of(model, ".md").read_text("utf-8")
    assert "Retrained by me." in text and "News." in text and "Retrained by me." in read_notes(str(model.parent), model.name)
    assert "News." not in details(model).notes


def test_windows_lines_stay(model: Path) -> None:
    of(model, ".md").write_bytes(b"---\r\nmine: [1,  2]\r\n---\r\n\r\nnotes\r\n")
    save(model, civitai())
    data = of(model, ".md").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") and b"mine: [1,  2]\r\n" in data and data.endswith(b"\r\n\r\nnotes\r\n")
    assert read_notes(str(model.parent), model.name) == "notes\n"
    before = data
    save(model, civitai())
    assert of(model, ".md").read_bytes() == before


def test_a_book_of_a_description_leaves_room_for_notes(model: Path) -> None:
    book = "<p>" + "<b>本*</b> " * 90_000
    put(model, ".md", "x" * 700_000)
    save(model, civitai(raw_version(description=book), description=book))
    assert read_notes(str(model.parent), model.name) == "x" * 700_000 and not details(model).problems
    put(model, ".md", "x" * 1_048_570)
    faults: list[str] = []
    save(model, civitai(raw_version(description=book), description=book), faults=faults)
    assert len(faults) == 1 and of(model, ".md").stat().st_size == 1_048_570


HAYDEN = """---
# mine
author: somebody else
custom: "kept: as it is"
hashes:
  AutoV2: 85C8A4DE55
  Odd: '1'
zeta:
- 1
---

# Trigger Words

old words

# About this version

old text
"""


def test_hayden_s_body_and_unknown_front_matter_stay(model: Path) -> None:
    put(model, ".md", HAYDEN)
    for fetched in (civitai(), civitai(raw_version(baseModel="Pony"), author="third")):
        save(model, fetched)
        text = of(model, ".md").read_text("utf-8")
        assert text.endswith(HAYDEN[HAYDEN.index("\n# Trigger") :]) and "model-manager" not in text
        front, _ = other_tools.hayden(of(model, ".md"))
        assert (front["author"], front["custom"], front["zeta"]) == ("somebody else", "kept: as it is", [1])
        assert front["hashes"]["Odd"] == "1" and front["hashes"]["SHA256"] == SHA.upper()
        assert front["baseModel"] == fetched.version.base_model and "# mine\n" in text and 'custom: "kept: as it is"\n' in text


@pytest.mark.parametrize("front", ["{author: x, b: 1}\n", "'quoted': 1\n\"b c\": 2\n", "a: |\n  text\n  author: no\nb: &x 1\nc: *x\n"])
def test_front_matter_of_odd_shapes_keeps_its_values(model: Path, front: str) -> None:
    before = yaml.safe_load(front)
    put(model, ".md", f"---\n{front}---\nnotes")
    save(model, civitai(), faults=[])
    text = of(model, ".md").read_text("utf-8")
    after = yaml.safe_load(text[4 : text.index("\n---\n") + 1])
    assert {key: after[key] for key in before} == before and details(model).notes == "notes"


# whose sidecar it is


def test_a_sidecar_of_the_other_model_with_this_name_stays(model: Path) -> None:
    of(model, ".ckpt").write_bytes(b"other")
    hashes = {"SHA256": OTHER_SHA.upper()}
    put(model, ".info", {"id": 1, "files": [{"name": "a.ckpt", "hashes": hashes}]})
    put(model, ".cm-info.json", {"Hashes": hashes})
    put(model, ".metadata.json", {"file_path": "/models/fox.ckpt", "sha256": OTHER_SHA})
    put(model, ".civitai.info", {"id": 1, "files": [{"name": "fox.ckpt"}]})
    put(model, ".md", f"---\nhashes:\n  SHA256: {OTHER_SHA}\n---\n")
    before = {name: (model.parent / name).read_bytes() for name in os.listdir(model.parent)}
    faults: list[str] = []
    assert save(model, civitai(), faults=faults) == ["fox.json"]
    assert len(faults) == 5 and all("fox.ckpt" in fault for fault in faults)
    assert all((model.parent / name).read_bytes() == data for name, data in before.items())


def test_a_shared_sidecar_that_speaks_of_this_model_is_written(model: Path) -> None:
    of(model, ".ckpt").write_bytes(b"other")
    model.write_bytes(b"this")
    assert sorted(save(model, civitai())) == sorted(NAMES)
    assert "fox.info" in save(model, civitai(name="new"))
    ckpt, faults = of(model, ".ckpt"), []  # type: Path, list[str]
    save(ckpt, civitai(raw_version(id=5)), OTHER_SHA, faults=faults)
    assert any("fox.info" in fault for fault in faults) and values(model, ".info")["id"] == 9000302


def test_a_name_that_belongs_to_another_model_is_not_taken(model: Path) -> None:
    (model.parent / "fox.civitai.safetensors").write_bytes(b"a model whose own sidecar is fox.civitai.info")
    faults: list[str] = []
    assert "fox.civitai.info" not in save(model, civitai(), faults=faults) and "another model" in faults[0]


def test_names_too_long_are_told(tmp_path: Path) -> None:
    model = tmp_path / ("x" * 238 + ".safetensors")
    faults: list[str] = []
    written = save_details(str(model), civitai(), COMPATIBLE, SHA, SIZE, faults)
    assert sorted(name[238:] for name in written) == sorted(name[3:] for name in NAMES)
    model = tmp_path / ("ü" * 124 + ".pt")
    written = save_details(str(model), civitai(), COMPATIBLE, SHA, SIZE, faults)
    assert sorted(name[124:] for name in written) == [".info", ".json", ".md"] and len(faults) == 3


def test_faults_of_the_disk(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FolderFault):
        save_details(str(tmp_path / "gone" / "m.safetensors"), civitai(), [])
    of(model, ".info").mkdir()
    faults: list[str] = []
    assert save_details(str(model), civitai(), [], faults=faults) == ["fox.md"] and "fox.info" in faults[0]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileFault, match="full"):
        save_details(str(tmp_path / "n.safetensors"), civitai(), [])
    assert sorted(os.listdir(tmp_path)) == ["fox.info", "fox.md"]


HOSTILE: list[Any] = [
    {"model_manager": 7, "user": [], "files": "x", "model": [1], "stats": "s", "images": {"a": 1}},
    {"model_manager": {"fetched": {"site": 1, "marks": {".info": 3, ".json": {"a": {}}}}}, "user": None},
    {"id": None, "trainedWords": {"a": 1}, "hashes": [1], "tags": 3, "description": 5, "name": ["n"]},
]


@pytest.mark.parametrize("old", HOSTILE)
def test_odd_values_raise_nothing_and_stay_or_are_mended(model: Path, old: Any) -> None:
    for suffix in (".info", ".civitai.info", ".metadata.json", ".cm-info.json", ".json"):
        put(model, suffix, old)
    for fetched in (civitai(), civitai(raw_version(name="v3"))):
        save(model, fetched, faults=[])
        found = details(model)
        assert found.model_id == 900030 and found.author == "sample_author"


def test_an_offer_that_tells_next_to_nothing(model: Path) -> None:
    fetched = civitai({"id": 5}, id="", name="", author="", type="", kind="", description="", tags=(), licence=(), raw={})
    save(model, fetched)
    other_tools.chris(of(model, ".info"))
    other_tools.hayden(of(model, ".md"))
    other_tools.stability_matrix(of(model, ".cm-info.json"))
    assert other_tools.lora_manager(of(model, ".metadata.json"), model)["model_name"] == "fox"


def test_gaps_of_a_fetch_are_filled_from_the_one_before(model: Path) -> None:
    save(model, civitai())
    save(model, civitai(raw_version(description="<p>News.</p>", trainedWords=[]), description=""))
    text = of(model, ".md").read_text("utf-8")
    assert "glass fox" in text and "News." in text and "An *invented* model" in text
    assert details(model).trigger_words == ("glass fox", "translucent fur")


def test_what_a_person_saves_while_a_fetch_writes_is_not_put_back(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(model, civitai())
    others: list[threading.Thread] = []

    def meanwhile(*args: Any) -> writing.Plan:
        """Between reading and writing."""
        for function, more in ((save_notes, (str(tmp), model.name, "Mine.")), (save_state, (str(model), PreviewState(True)))):
            others.append(threading.Thread(target=function, args=more))
            others[-1].start()
            others[-1].join(0.2)
        return planned(*args)

    tmp, planned = model.parent, writing.planned
    monkeypatch.setattr(writing, "planned", meanwhile)
    save(model, civitai(raw_version(trainedWords=["other words"])))
    for thread in others:
        thread.join()
    assert read_notes(str(tmp), model.name).strip() == "Mine." and read_state(str(model)).is_locked
    assert details(model).trigger_words == ("other words",)

"""Numbers, dates, names and sources in words."""

import pytest

from model_manager.core.amounts import short_size, size_text
from model_manager.core.library.entry import Details, Facts, ModelRecord, Place
from model_manager.ui.details import record_facts, wording


def record(**changes: object) -> ModelRecord:
    values: dict[str, object] = {
        "id": 1,
        "name": "x",
        "path": "/m/loras/style/x.safetensors",
        "kind": "loras",
        "size": 1,
        "modified": 1.0,
        "added": 1.0,
        "is_away": False,
        "facts": Facts(),
        "details": Details(),
        "places": (Place("loras", "/m/loras", "/m/loras/style/x.safetensors", "style/x.safetensors"),),
    }
    return ModelRecord(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (43_200_000, "43.2 MB"),
        (999_700_000, "1.00 GB"),
        (6_617_000_123, "6.62 GB"),
        (4_000_000_000_000, "4.00 TB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (12_340, "12 kB"), (999_600, "1.0 MB"), (228_400_000, "228 MB"), (6_617_000_123, "6.6 GB")],
)
def test_short_sizes(size: int, text: str) -> None:
    assert short_size(size) == text


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12"), (83_819_683, "84 M"), (2_567_463_684, "2.6 B"), (999_900_000, "1.0 B"), (14_288_491_584, "14 B")]
)
def test_parameters(count: int, text: str) -> None:
    assert wording.parameters_text(count) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [(5, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (3.2 * 86_400, "3 days ago"), (400 * 86_400, "1 year ago")],
)
def test_ago(passed: float, text: str) -> None:
    assert wording.ago(2e9 - passed, 2e9) == text


@pytest.mark.parametrize("moment", [0.0, -1.0, float("nan"), float("inf"), 1e30])
def test_impossible_moments_do_no_harm(moment: float) -> None:
    assert isinstance(wording.ago(moment, 2e9), str)
    assert wording.date_text(moment) == ""


def test_comfy_name_is_that_of_the_place_comfyui_takes() -> None:
    places = (Place("loras", "/a", "/a/s/x", "s/x", shadowed=True), Place("loras", "/b", "/b/x", "x"))
    assert wording.comfy_name(record(places=places)) == "x"
    assert wording.comfy_name(record(places=())) == "x.safetensors"


def test_folder_is_category_and_folders() -> None:
    assert wording.folder_text(record()) == "loras / style"


def test_sources_lose_the_stem_of_the_model() -> None:
    assert wording.short_source("x.civitai.info", "/m/x.safetensors") == "civitai.info"
    assert wording.short_source("other.json", "/m/x.safetensors") == "other.json"
    assert wording.from_text("header") == "From the header of the file"


def test_fields_are_gathered_by_source() -> None:
    found = wording.fields_by_source({"name": "x.info", "license": "header", "author": "x.info", "tags": ""})
    assert found == [("x.info", "Name, Author"), ("header", "Licence")]


def test_subtitle_leaves_out_the_unknown() -> None:
    assert wording.subtitle(Details(author="Ann"), "SDXL", "LoRA") == "by Ann · SDXL · LoRA"
    assert wording.subtitle(Details(), "", "LoRA") == "LoRA"


def test_facts_tell_their_source() -> None:
    details = Details(base_model="SDXL 1.0", hashes={"sha256": "ab"}, sources={"base_model": "x.info", "hashes": "x.civitai.info"})
    facts = {
        fact.label: fact for fact in record_facts.file_facts(record(details=details, size=2_000_000, facts=Facts(precision="fp16")), 2e9)
    }
    assert facts["Size"].value == "2.00 MB · fp16"
    assert "2,000,000 bytes" in facts["Size"].tip
    assert facts["Base model"].tip == "From x.info"
    assert facts["SHA-256"] == record_facts.Fact("SHA-256", "ab", "From x.civitai.info")


def test_places_are_listed_when_there_is_something_to_say() -> None:
    assert record_facts.place_facts(record()) == []
    lone = Place("loras", "/a", "/a/x", "x", listed=False)
    assert [fact.value for fact in record_facts.place_facts(record(places=(lone,)))] == ["/a/x", "Not in ComfyUI's list"]
    two = (Place("loras", "/a", "/a/x", "x"), Place("loras", "/b", "/b/x", "x", shadowed=True))
    assert [fact.value for fact in record_facts.place_facts(record(places=two))] == ["/a/x", "/b/x", "Hidden by another model"]

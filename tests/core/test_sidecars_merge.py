"""Which sidecar is believed where several speak, and what is put together from all."""

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.library.entry import Details, Facts, Family
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.merge import read_details

MODEL = "m.safetensors"


def read(folder: Path, files: dict[str, Any], facts: Facts | None = None) -> Details:
    """Write files beside a model and read its details; dicts become JSON."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else json.dumps(content).encode()
        (folder / name).write_bytes(data)
    return read_details(str(folder), MODEL, families([MODEL], files)[MODEL], facts or Facts())


# Each source in the order of belief, saying the same fields in its own words.
NAMES: list[tuple[str, Any]] = [
    ("m.info", {"name_for_display": "A"}),
    ("m.cm-info.json", {"UserTitle": "B"}),
    ("m.info", {"id": 1, "model": {"name": "C"}}),
    ("m.safetensors.info", {"id": 1, "model": {"name": "D"}}),
    ("m.civitai.info", {"id": 1, "model": {"name": "E"}}),
    ("m.metadata.json", {"model_name": "F"}),
    ("m.cm-info.json", {"ModelName": "G"}),
    ("m.md", "---\ntitle: H\n---\n"),
    ("header", Facts(title="I")),
    ("file name", Facts()),
]
BASES: list[tuple[str, Any]] = [
    ("m.info", {"user": {"base_model": "A"}}),
    ("m.info", {"base_model": "B", "baseModel": "other"}),
    ("m.civitai.info", {"id": 1, "baseModel": "C"}),
    ("m.metadata.json", {"base_model": "D"}),
    ("m.cm-info.json", {"BaseModel": "E"}),
    ("m.md", "---\nbaseModel: F\n---\n"),
    ("m.json", {"sd version": "SDXL"}),
    ("header", Facts(base_model="H")),
]
WORDS: list[tuple[str, Any]] = [
    ("m.info", {"user": {"trigger_words": ["A"]}}),
    ("m.json", {"activation text": "B"}),
    ("m.info", {"trainedWords": ["C"]}),
    ("m.civitai.info", {"id": 1, "trainedWords": ["D"]}),
    ("m.metadata.json", {"civitai": {"trainedWords": ["E"]}}),
    ("m.cm-info.json", {"TrainedWords": ["F"]}),
    ("header", Facts(trigger_phrase="G")),
]
DESCRIPTIONS: list[tuple[str, Any]] = [
    ("m.info", {"user": {"description": "A"}}),
    ("m.json", {"description": "B"}),
    ("m.info", {"description": "C"}),
    ("m.civitai.info", {"id": 1, "description": "D"}),
    ("m.metadata.json", {"modelDescription": "E"}),
    ("m.cm-info.json", {"VersionDescription": "F"}),
    ("m.md", "---\ndescription: G\n---\n"),
    ("m.txt", "H"),
    ("m.description.txt", "I"),
    ("header", Facts(description="J")),
]
NOTES: list[tuple[str, Any]] = [
    ("m.md", "A"),
    ("m.info", {"notes": "B"}),
    ("m.json", {"notes": "C"}),
    ("m.metadata.json", {"notes": "D"}),
]
CASES = [
    pytest.param(field, upper, lower, id=f"{field}-{upper[0]}-{index}")
    for field, order in (("name", NAMES), ("base_model", BASES), ("trigger_words", WORDS), ("description", DESCRIPTIONS), ("notes", NOTES))
    for index, (upper, lower) in enumerate(pairwise(order))
]


def _value(folder: Path, field: str, *sources: tuple[str, Any]) -> tuple[object, str]:
    files: dict[str, Any] = {}
    facts = Facts()
    for name, content in sources:
        if isinstance(content, Facts):
            facts = content
        else:
            files[name] = files[name] | content if name in files else content
    found = read(folder, files, facts)
    return getattr(found, field), found.sources[field]


@pytest.mark.parametrize(("field", "upper", "lower"), CASES)
def test_each_source_is_believed_over_the_next(tmp_path: Path, field: str, upper: tuple[str, Any], lower: tuple[str, Any]) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    alone, source = _value(tmp_path / "one", field, upper)
    assert source == upper[0]
    assert alone
    assert _value(tmp_path / "two", field, lower, upper) == (alone, upper[0])


def test_settings_are_joined_by_label(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "m.json": {"preferred weight": 0.6},
            "m.metadata.json": {"usage_tips": '{"strength": 0.9, "clip_skip": 1}'},
            "m.civitai.info": {"id": 1, "images": [{"meta": {"clipSkip": 2, "steps": 30}}]},
        },
    )
    assert found.recommended == (("Weight", "0.6"), ("Clip skip", "1"), ("Steps", "30"))
    assert found.sources["recommended"] == "m.json, m.metadata.json, m.civitai.info"


def test_hashes_are_joined_unless_they_contradict(tmp_path: Path) -> None:
    one = {"hashes": {"SHA256": "ab" * 32, "AutoV2": "ab" * 5}}
    found = read(
        tmp_path,
        {
            "m.info": one,
            "m.metadata.json": {"sha256": "ab" * 32, "autov3": "0123456789ab"},
            "m.cm-info.json": {"Hashes": {"SHA256": "cd" * 32, "BLAKE3": "cd" * 32}},
        },
    )
    assert found.hashes == {"sha256": "ab" * 32, "autov2": "ab" * 5, "autov3": "0123456789ab"}
    assert found.sources["hashes"] == "m.info, m.metadata.json"


def test_ids_are_taken_together(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"m.info": {"id": 5, "trainedWords": []}, "m.civitai.info": {"id": 5, "modelId": 4}, "m.cm-info.json": {"ModelId": 9}}
    )
    assert (found.model_id, found.version_id) == (4, 5)
    other = read(tmp_path, {"m.info": {"id": 6, "trainedWords": []}, "m.civitai.info": {"id": 5, "modelId": 4}, "m.cm-info.json": {}})
    assert (other.model_id, other.version_id) == (0, 6)
    assert other.links == (("Civitai", "https://civitai.com/model-versions/6"),)


def test_pages_of_other_models_stay(tmp_path: Path) -> None:
    same, other = "https://civitai.red/models/4/slug", "https://civitai.com/models/8"
    found = read(tmp_path, {"m.info": {"modelId": 4, "id": 5, "modelPage": same, "source_url": other}})
    assert found.links == (("Civitai", "https://civitai.com/models/4?modelVersionId=5"), ("Civitai", other))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://civitai.com@evil.example/",
            "https://a b",
            'https://x/"><script>',
        ),
        *("ftp://x", 5, ["https://x"], "https://x/\x07", "https://" + "x" * 3000),
    ],
)
def test_odd_addresses_are_no_links(tmp_path: Path, address: Any) -> None:
    assert read(tmp_path, {"m.info": {"source_url": address}}).links == ()


def test_no_beats_yes_of_a_lower_source(tmp_path: Path) -> None:
    found = read(tmp_path, {"m.info": {"favourite": False}, "m.metadata.json": {"favorite": True}, "m.cm-info.json": {"Nsfw": True}})
    assert found.favourite is False
    assert found.adult is True


def test_case_of_the_suffix(tmp_path: Path) -> None:
    found = read(tmp_path, {"m.INFO": {"baseModel": "Pony"}, "m.Civitai.Info": {"id": 1, "model": {"name": "Fox"}}})
    assert (found.base_model, found.name) == ("Pony", "Fox")


def test_folder_with_and_without_separator(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text("words")
    for folder in (str(tmp_path), str(tmp_path) + os.sep):
        assert read_details(folder, MODEL, Family(("m.txt",)), Facts()).description == "words"


def test_only_what_looks_like_html_is_html(tmp_path: Path) -> None:
    for text, is_html in (
        ("a < b & c > d", False),
        ("<lora:x:1>", False),
        ("x <BR/> y", True),
        ("<p class='a'>x</p>", True),
        ("<person>", False),
    ):
        assert read(tmp_path, {"m.info": {"description": text}}).description_is_html is is_html, text

"""Each dialect on its own: realistic files in, details out, every field naming its source."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.library.entry import Details, Facts
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.merge import read_details

Read = Callable[..., Details]
SHA, BLAKE = "AB12" * 16, "CD34" * 16
VERSION: dict[str, Any] = {
    "id": 700,
    "modelId": 70,
    "name": "v2.0",
    "trainedWords": ["glass fox", "translucent fur, ", "glass fox", ""],
    "baseModel": "SDXL 1.0",
    "description": "<p>Retrained.</p>",
    "nsfwLevel": 7,
    "stats": {"downloadCount": None},
    "model": {"name": "Glass Fox", "type": "LORA", "nsfw": True, "poi": False},
    "files": [
        {"name": "glass_fox.zip", "type": "Training Data", "primary": False, "hashes": {"SHA256": "99" * 32}},
        {
            "name": "glass_fox_v2.safetensors",
            "type": "Model",
            "primary": True,
            "hashes": {"SHA256": SHA, "AutoV2": "AB12AB12AB", "Odd": "no hex"},
        },
    ],
    "images": [
        {"type": "image", "meta": {"sampler": "Euler a", "steps": 28, "cfgScale": 5.5, "clipSkip": 2, "Size": "832x1216", "prompt": "x"}},
        {"type": "image", "meta": {"sampler": "DPM++ 2M", "steps": 28}},
        {"type": "image", "meta": {"sampler": "DPM++ 2M", "steps": 20, "cfgScale": None}},
        {"type": "video", "meta": None},
    ],
}
PAGE = ("Civitai", "https://civitai.com/models/70?modelVersionId=700")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write files beside a model and read its details; dicts become JSON."""

    def read_all(files: dict[str, Any], facts: Facts | None = None, model: str = "m.safetensors") -> Details:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else json.dumps(content).encode()
            (tmp_path / name).write_bytes(data)
        family = families([model], [model, *files])[model]
        return read_details(str(tmp_path), model, family, facts or Facts())

    return read_all


def test_civitai_info(read: Read) -> None:
    found = read({"m.civitai.info": json.dumps(VERSION, indent=4)})
    assert (found.name, found.version, found.kind, found.base_model) == ("Glass Fox", "v2.0", "loras", "SDXL 1.0")
    assert (found.description, found.description_is_html) == ("<p>Retrained.</p>", True)
    assert found.trigger_words == ("glass fox", "translucent fur")
    assert found.recommended == (("Sampler", "DPM++ 2M"), ("Steps", "28"), ("CFG", "5.5"), ("Clip skip", "2"), ("Size", "832x1216"))
    assert found.hashes == {"sha256": SHA.lower(), "autov2": "ab12ab12ab"}
    assert (found.model_id, found.version_id, found.adult, found.links) == (70, 700, True, (PAGE,))
    assert set(found.sources.values()) == {"m.civitai.info"}
    assert not found.problems


def test_civitai_hashes_are_those_of_the_file_with_our_name(read: Read) -> None:
    found = read({"glass_fox.civitai.info": VERSION}, model="glass_fox.zip")
    assert found.hashes == {"sha256": "99" * 32}


def test_civitai_info_empty_mark_says_nothing(read: Read) -> None:
    found = read({"m.civitai.info": "{}"})
    assert found == Details(name="m", sources={"name": "file name"})


def test_civitai_info_in_a_windows_code_page(read: Read) -> None:
    data = json.dumps(VERSION | {"name": "größer"}, ensure_ascii=False).encode("cp1252")
    found = read({"m.civitai.info": data})
    assert found.version == "größer"
    assert not found.problems


def test_info_of_the_downloader(read: Read) -> None:
    data = VERSION | {
        "author": "fern lab",
        "website": "Civitai",
        "modelPage": "https://civitai.com/models/70/glass-fox?modelVersionId=700",
        "trigger_words": ["fox of glass"],
        "base_model": "Illustrious",
        "source": "civitai",
        "source_url": "https://example.org/fox",
    }
    found = read({"m.safetensors.info": data})
    assert (found.name, found.version, found.author, found.base_model) == ("Glass Fox", "v2.0", "fern lab", "Illustrious")
    assert found.trigger_words == ("fox of glass",)
    assert found.description == "<p>Retrained.</p>"
    assert found.links == (PAGE, ("example.org", "https://example.org/fox"))
    assert found.sources["author"] == "m.safetensors.info"


def test_info_of_the_scanner(read: Read) -> None:
    data = {
        "name": "m.v2.safetensors",
        "path": "/models/m.v2.safetensors",
        "size": 5,
        "type": "safetensors",
        "created": "2025-01-01T00:00:00",
        "modified": "2025-01-01T00:00:00",
        "description": "Plain <lora:m:0.8> words",
    }
    found = read({"m.v2.info": data}, model="m.v2.safetensors")
    assert (found.name, found.version, found.kind) == ("m.v2", "", "")
    assert (found.description, found.description_is_html) == ("Plain <lora:m:0.8> words", False)
    assert found.sources == {"name": "file name", "description": "m.v2.info"}


def test_info_both_names(read: Read) -> None:
    found = read({"m.info": {"description": "of the stem"}, "m.safetensors.info": VERSION})
    assert (found.description, found.name) == ("of the stem", "Glass Fox")
    assert found.sources["description"] == "m.info"
    assert found.sources["name"] == "m.safetensors.info"


def test_info_with_flat_values(read: Read) -> None:
    data = {
        "name": "My Fox",
        "version": 3,
        "model_type": "Checkpoint",
        "tags": "fox, glass",
        "license": "MIT",
        "nsfw": False,
        "trigger_words": "a, b",
    }
    found = read({"m.info": data})
    assert (found.name, found.version, found.kind, found.license) == ("My Fox", "3", "checkpoints", "MIT")
    assert found.tags == ("fox", "glass")
    assert found.trigger_words == ("a, b",)


def test_info_edits_of_the_person(read: Read) -> None:
    data = VERSION | {
        "name_for_display": "Top name",
        "favorite": True,
        "rating": 4,
        "notes": "mine",
        "user": {"name": "Own name", "base_model": "Pony", "tags": ["own"], "trigger_words": ["own words"], "nsfw": False},
    }
    found = read({"m.info": data})
    assert (found.name, found.version, found.base_model, found.tags) == ("Own name", "v2.0", "Pony", ("own",))
    assert (found.trigger_words, found.adult, found.favourite, found.rating, found.notes) == (("own words",), False, True, 4, "mine")
    assert read({"m.info": VERSION | {"name_for_display": "Top name", "rating": 99}}).rating == 5


def test_lora_manager(read: Read) -> None:
    data = {
        "file_name": "m",
        "model_name": "Glass Fox LM",
        "file_path": "/x/m.safetensors",
        "size": 1,
        "modified": 1.5,
        "sha256": SHA.lower(),
        "base_model": "Illustrious",
        "preview_url": "",
        "notes": "use softly",
        "favorite": True,
        "tags": ["animal", "fox"],
        "modelDescription": "<p>About</p>",
        "autov3": "0123456789ab",
        "usage_tips": json.dumps({"strength": 0.8, "strength_min": 0.5, "strength_max": 1, "clip_skip": 2}),
        "civitai": VERSION | {"creator": {"username": "sample"}},
    }
    found = read({"m.metadata.json": data})
    assert (found.name, found.version, found.author, found.base_model) == ("Glass Fox LM", "v2.0", "sample", "Illustrious")
    assert found.description == "<p>Retrained.</p>\n<hr>\n<p>About</p>"
    assert (found.notes, found.favourite, found.tags) == ("use softly", True, ("animal", "fox"))
    assert found.recommended[:3] == (("Weight", "0.8"), ("Weight range", "0.5 - 1"), ("Clip skip", "2"))
    assert found.hashes == {"sha256": SHA.lower(), "autov2": "ab12ab12ab", "autov3": "0123456789ab"}
    assert found.links == (PAGE,)
    assert set(found.sources.values()) == {"m.metadata.json"}


def test_lora_manager_before_any_lookup(read: Read) -> None:
    data = {
        "file_name": "m",
        "model_name": "m",
        "sha256": "",
        "base_model": "Unknown",
        "usage_tips": "{}",
        "civitai": {},
        "favorite": False,
    }
    found = read({"m.metadata.json": data}, Facts(title="From header", base_model="Pony"))
    assert (found.name, found.base_model, found.hashes, found.recommended) == ("From header", "Pony", {}, ())
    assert found.sources["favourite"] == "m.metadata.json"


@pytest.mark.parametrize("tips", ["{broken", "[1]", "3", 7, None, "[" * 60000, {"strength": "x" * 5}])
def test_lora_manager_odd_tips_do_no_harm(read: Read, tips: Any) -> None:
    found = read({"m.metadata.json": {"model_name": "Fox", "usage_tips": tips}})
    assert found.name == "Fox"
    assert not found.problems


def test_stability_matrix(read: Read) -> None:
    data = {
        "ModelId": 70,
        "ModelName": "Glass Fox",
        "ModelDescription": "<p>model</p>",
        "Nsfw": False,
        "Tags": ["fox"],
        "ModelType": "LoCon",
        "VersionId": 700,
        "VersionName": "v2",
        "VersionDescription": "",
        "BaseModel": "Pony",
        "AuthorUsername": "fern",
        "FileMetadata": {"fp": "fp16"},
        "ImportedAt": "2026-01-01T00:00:00+00:00",
        "Hashes": {"SHA256": SHA, "CRC32": "01234567", "BLAKE3": BLAKE},
        "TrainedWords": ["glass fox"],
        "UserTitle": "My title",
        "SourceUrl": "https://openmodeldb.info/models/x",
        "InferenceDefaults": {
            "Sampler": {"Name": "euler_a"},
            "Scheduler": {"Name": "karras"},
            "Steps": 20,
            "CfgScale": 7.0,
            "Width": 512,
            "Height": 768,
        },
        "Source": 0,
    }
    found = read({"m.cm-info.json": data})
    assert (found.name, found.version, found.author, found.kind, found.base_model) == ("My title", "v2", "fern", "loras", "Pony")
    assert found.recommended == (("Sampler", "euler_a"), ("Scheduler", "karras"), ("Steps", "20"), ("CFG", "7"), ("Size", "512x768"))
    assert found.hashes == {"sha256": SHA.lower(), "crc32": "01234567", "blake3": BLAKE.lower()}
    assert found.links == (PAGE, ("openmodeldb.info", "https://openmodeldb.info/models/x"))
    assert (found.adult, found.sources["adult"]) == (False, "m.cm-info.json")
    assert read({"m.cm-info.json": data | {"Source": 1}}).model_id == 0


def test_webui(read: Read) -> None:
    data = {
        "description": "short",
        "notes": "long",
        "sd version": "SDXL",
        "activation text": "glass fox, fur",
        "preferred weight": 0.75,
        "negative text": "lowres",
        "vae": "Automatic",
    }
    found = read({"m.json": data})
    assert (found.description, found.notes, found.base_model) == ("short", "long", "SDXL 1.0")
    assert (found.trigger_words, found.negative_words) == (("glass fox, fur",), "lowres")
    assert found.recommended == (("Weight", "0.75"),)


@pytest.mark.parametrize(
    ("data", "recommended", "base"),
    [
        ({"preferred weight": 0}, (), ""),
        ({"preferred weight": 0.0, "vae": "x.vae.pt"}, (("VAE", "x.vae.pt"),), ""),
        ({"sd_version_str": "SdVersion.Flux", "vae_te": ["a", "b"]}, (), "Flux.1 D"),
        ({"sd version": "Unknown", "preferred weight": "0.8"}, (), ""),
    ],
)
def test_webui_defaults(read: Read, data: dict[str, Any], recommended: tuple[tuple[str, str], ...], base: str) -> None:
    found = read({"m.json": data})
    assert (found.recommended, found.base_model) == (recommended, base)


def test_hayden_markdown(read: Read) -> None:
    head = (
        f"author: fern\nbaseModel: SDXL 1.0\nhashes:\n  AutoV2: 0011223344\n  CRC32: '39162016'\n  SHA256: {SHA}\nmetadata:\n  fp: fp16\n"
        "modelPage: https://civitai.com/models/70?modelVersionId=700\npreview:\n- https://image.example/1.jpeg\nwebsite: Civitai\n"
    )
    found = read({"m.md": f"---\n{head}---\n\n# Trigger Words\n\nglass fox\n"})
    assert (found.author, found.base_model, found.notes) == ("fern", "SDXL 1.0", "# Trigger Words\n\nglass fox")
    assert found.hashes == {"autov2": "0011223344", "crc32": "39162016", "sha256": SHA.lower()}
    assert (found.model_id, found.version_id, found.links) == (70, 700, (PAGE,))
    assert found.sources["model_id"] == found.sources["notes"] == "m.md"


def test_markdown_from_hugging_face_and_by_hand(read: Read) -> None:
    head = (
        "title: Tiny\nauthor: ~\nmodelPage: https://huggingface.co/org/tiny\ntags: [a, b]\nlicense: &l mit\nversion: 1.10\n"
        "source_url: javascript:alert(1)\nbaseModel: *l\n"
    )
    found = read({"m.md": f"---\r\n{head}---\r\nline\r\nline"})
    assert (found.name, found.author, found.tags, found.license, found.version) == ("Tiny", "", ("a", "b"), "mit", "1.10")
    assert found.links == (("Hugging Face", "https://huggingface.co/org/tiny"),)
    assert (found.notes, found.base_model) == ("line\nline", "mit")


def test_plain_texts(read: Read) -> None:
    assert read({"m.description.txt": "second <b>"}).description == "second <b>"
    found = read({"m.txt": b"\xef\xbb\xbffirst\r\nline \xc3\xbc", "m.description.txt": "second"})
    assert (found.description, found.description_is_html) == ("first\nline ü", False)
    assert found.sources["description"] == "m.txt"
    assert read({"m.txt": "wörter".encode("utf-16")}).description == "wörter"
    assert read({"m.txt": "w\xf6rter".encode("cp1252")}).description == "wörter"


def test_header_and_file_name(read: Read) -> None:
    facts = Facts(
        kind="loras",
        base_model="Pony",
        title="Title",
        author="A",
        description="D",
        license="mit",
        trigger_phrase="fox",
        usage_hint="softly",
        covers=1,
    )
    found = read({}, facts)
    assert (found.name, found.author, found.description, found.license, found.kind, found.base_model) == (
        "Title",
        "A",
        "D",
        "mit",
        "loras",
        "Pony",
    )
    assert (found.trigger_words, found.recommended) == (("fox",), (("Usage hint", "softly"),))
    assert set(found.sources.values()) == {"header"}
    bare = read({}, Facts(kind="vae", base_model="Pony"), model="a.b.safetensors")
    assert bare == Details(
        name="a.b", kind="vae", base_model="Pony", sources={"name": "file name", "kind": "header", "base_model": "header"}
    )


def test_tensors_tell_a_bare_diffusion_model_from_a_checkpoint(read: Read) -> None:
    data = VERSION | {"model": {"name": "Big", "type": "Checkpoint"}}
    found = read({"m.civitai.info": data}, Facts(kind="diffusion_models"))
    assert (found.kind, found.sources["kind"]) == ("diffusion_models", "header")
    assert read({"m.civitai.info": data}, Facts(kind="loras")).kind == "checkpoints"

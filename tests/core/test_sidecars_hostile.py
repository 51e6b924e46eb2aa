"""Hostile and broken sidecars: each is a problem of its own with a plain sentence, never a fault, and the rest is read."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.library.entry import Details, Facts, Family
from model_manager.core.sidecars.family import families
from model_manager.core.sidecars.merge import read_details
from model_manager.core.sidecars.reading import JSON_LIMIT, TEXT_LIMIT

MODEL = "m.safetensors"


def read(folder: Path, files: dict[str, Any], facts: Facts | None = None) -> Details:
    """Write files beside a model and read its details; dicts become JSON."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else json.dumps(content).encode()
        (folder / name).write_bytes(data)
    return read_details(str(folder), MODEL, families([MODEL], files)[MODEL], facts or Facts())


BROKEN: dict[str, bytes] = {
    "list": b"[1, 2]",
    "number": b"7",
    "null": b"null",
    "text": b'"x"',
    "empty": b"",
    "blank": b" \n\0\0",
    "torn": b'{"id": 5, "trainedWords": ["to',
    "html": b"<!DOCTYPE html><html></html>",
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "digits": b'{"id": ' + b"9" * 5000 + b"}",
    "binary": bytes(range(256)),
    "cut UTF-16": b"\xff\xfe{",
}


@pytest.mark.parametrize("suffix", [".info", ".json", ".metadata.json", ".cm-info.json", ".civitai.info", ".safetensors.info"])
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_json_is_a_problem_and_the_rest_is_read(tmp_path: Path, suffix: str, data: bytes) -> None:
    found = read(tmp_path, {"m" + suffix: data, "m.txt": "still here"}, Facts(title="Title"))
    assert [problem.code for problem in found.problems] == ["bad_sidecar"]
    assert ("m" + suffix) in found.problems[0].text
    assert (found.name, found.description) == ("Title", "still here")


def test_invalid_utf8_is_a_problem_but_for_civitai_info(tmp_path: Path) -> None:
    data = b'{"id": 1, "baseModel": "gr\xfcn"}'
    found = read(tmp_path, {"m.info": data, "m.civitai.info": data})
    assert found.base_model == "grün"
    assert len(found.problems) == 1
    assert "UTF-8" in found.problems[0].text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_json(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, {"m.info": json.dumps({"baseModel": "ü 日本"}, ensure_ascii=False).encode(encoding)})
    assert (found.base_model, found.problems) == ("ü 日本", ())


def test_numbers_that_are_none(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"m.json": '{"preferred weight": NaN, "notes": "n"}', "m.info": '{"id": -Infinity, "modelId": 1e400, "rating": -1}'}
    )
    assert (found.notes, found.recommended, found.model_id, found.rating, found.problems) == ("n", (), 0, 0, ())


@pytest.mark.parametrize(("suffix", "limit"), [(".info", JSON_LIMIT), (".json", JSON_LIMIT), (".md", TEXT_LIMIT), (".txt", TEXT_LIMIT)])
def test_too_large(tmp_path: Path, suffix: str, limit: int) -> None:
    found = read(tmp_path, {"m" + suffix: b'{"description": "' + b"x" * limit + b'"}'})
    assert len(found.problems) == 1
    assert f"{limit >> 20} MB" in found.problems[0].text
    assert (found.description, found.notes) == ("", "")


def test_file_of_several_reads(tmp_path: Path) -> None:
    words = [f"word {index}" for index in range(900)]
    found = read(tmp_path, {"m.info": {"trainedWords": words, "pad": "x" * 300_000}})
    assert found.trigger_words == tuple(words)


WRONG: list[Any] = [None, True, 5, -1.5, "text", [], {}, [1, None, {"name": 3}, ["x"]], {"a": {"b": [1]}}, "\ud800", "a\0b", "x" * 5000]


@pytest.mark.parametrize("value", WRONG, ids=[str(index) for index in range(len(WRONG))])
def test_any_value_anywhere(tmp_path: Path, value: Any) -> None:
    version = ["id", "modelId", "name", "trainedWords", "baseModel", "description", "model", "files", "images", "creator"]
    extras = [
        "notes",
        "rating",
        "favourite",
        "user",
        "name_for_display",
        "author",
        "tags",
        "license",
        "nsfw",
        "hashes",
        "modelPage",
        "source_url",
        "trigger_words",
        "type",
        "version",
    ]
    manager = [
        "model_name",
        "base_model",
        "tags",
        "notes",
        "usage_tips",
        "civitai",
        "sha256",
        "autov3",
        "sub_type",
        "modelDescription",
        "trainedWords",
        "favorite",
    ]
    matrix = [
        "UserTitle",
        "InferenceDefaults",
        "ModelName",
        "VersionName",
        "AuthorUsername",
        "ModelType",
        "BaseModel",
        "VersionDescription",
        "ModelDescription",
        "TrainedWords",
        "Tags",
        "SourceUrl",
        "Hashes",
        "ModelId",
        "VersionId",
        "Nsfw",
        "Source",
    ]
    inner = {
        "model": {"name": value, "type": value, "tags": value, "nsfw": value},
        "files": [value, {"name": value, "hashes": {"SHA256": value}}],
    }
    found = read(
        tmp_path,
        {
            "m.info": dict.fromkeys(version + extras, value),
            "m.safetensors.info": inner | {"images": [{"meta": value}, {"meta": dict.fromkeys(["sampler", "steps", "Size"], value)}] * 3},
            "m.civitai.info": dict.fromkeys(version, value),
            "m.metadata.json": dict.fromkeys(manager, value),
            "m.cm-info.json": dict.fromkeys(matrix, value) | {"InferenceDefaults": {"Sampler": value, "Steps": value, "Width": value}},
            "m.json": dict.fromkeys(
                ["description", "notes", "activation text", "preferred weight", "negative text", "sd version", "vae"], value
            ),
        },
    )
    assert found.problems == ()
    assert "\0" not in repr(found)
    repr(found).encode()
    assert all(type(word) is str for word in (*found.trigger_words, *found.tags, found.name, found.version, found.notes))
    assert len(found.name) <= 1000


def test_long_lists_and_texts_are_cut(tmp_path: Path) -> None:
    found = read(tmp_path, {"m.info": {"tags": [str(index) for index in range(50_000)], "description": "é" * 1_000_000}})
    assert len(found.tags) == 1000
    assert 0 < len(found.description) <= 256 * 1024


HEADS = {
    "alias bomb": "a: &a [x, x]\n" + "".join(f"b{n}: [{', '.join(['*a'] * 9)}]\n" for n in range(9)),
    "merge bomb": "a: &a {k: v}\nb: {<<: [" + ", ".join(["*a"] * 100) + "]}",
    "deep": "a: " + "[" * 60_000,
    "deep mappings": "{a: " * 9_000,
    "deep lists": "a:\n" + "- " * 30_000,
    "not closed": "a: [1, 2",
    "tab": "a:\n\t- b",
    "large": "a: " + "x" * 70_000,
    "two values": "a: b: c",
    "control characters": "a: \x01\x02",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_hostile_front_matter_is_a_problem_and_the_notes_stay(tmp_path: Path, head: str) -> None:
    found = read(tmp_path, {"m.md": f"---\n{head}\n---\n\nmy notes"})
    assert [problem.code for problem in found.problems] == ["bad_sidecar"]
    assert "m.md" in found.problems[0].text
    assert found.notes == "my notes"


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    head = (
        "author: !!python/object/apply:os.system ['touch owned']\nversion: !!int ''\nbaseModel: 2026-13-45\ntitle: *nobody\n"
        "? [a, b]\n: c\nlicense: &self\n  - *self\n"
    )
    found = read(tmp_path, {"m.md": f"---\n{head}---\n\nbody"})
    assert (found.author, found.base_model, found.license, found.problems) == ("", "2026-13-45", "", ())
    assert os.listdir(tmp_path) == ["m.md"]


def test_some_aliases_are_fine(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"m.md": "---\nauthor: &me fern\nlicense: *me\ndescription: |\n  *one* *two*\n" + "  * item\n" * 90 + "---\nbody"}
    )
    assert (found.author, found.license, found.problems) == ("fern", "fern", ())


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_links_pipes_and_folders(tmp_path: Path) -> None:
    (tmp_path / "m.info").symlink_to("gone.info")
    (tmp_path / "m.json").symlink_to("m.json")
    (tmp_path / "m.md").mkdir()
    os.mkfifo(tmp_path / "m.civitai.info")
    family = Family(("m.info", "m.json", "m.civitai.info", "m.md", "m.txt"))
    found = read_details(str(tmp_path), MODEL, family, Facts())
    assert [problem.text.split()[0] for problem in found.problems] == ["m.info", "m.json", "m.civitai.info", "m.md"]
    assert found.name == "m"


def test_vanished_folder_and_files(tmp_path: Path) -> None:
    found = read_details(str(tmp_path / "gone"), MODEL, Family(("m.info", "m.md")), Facts())
    assert (found.name, found.problems) == ("m", ())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    (tmp_path / "m.info").write_text("{}")
    (tmp_path / "m.info").chmod(0)
    found = read_details(str(tmp_path), MODEL, Family(("m.info",)), Facts())
    assert "permission" in found.problems[0].text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_text(tmp_path: Path) -> None:
    model = os.fsdecode(b"m\xff.safetensors")
    name = os.fsdecode(b"m\xff.info")
    (tmp_path / name).write_text("[")
    found = read_details(str(tmp_path), model, families([model], [name])[model], Facts())
    assert found.name == "m?"
    (found.problems[0].text + "".join(found.sources)).encode()

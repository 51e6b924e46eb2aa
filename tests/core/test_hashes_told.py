"""When a hash that somebody tells is believed."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from model_manager.core.hashes import told as module
from model_manager.core.hashes.compute import compute, mark_of
from model_manager.core.hashes.told import Told, told_hashes
from model_manager.core.work import Work

SIZE = 3 << 20


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "LEAST", 1 << 20)
    path = tmp_path / "fox.safetensors"
    path.write_bytes(os.urandom(SIZE))
    return path


def told(model: Path) -> Told | None:
    return told_hashes(str(model), mark_of(str(model)))


def entry(model: Path, **changes: Any) -> dict[str, Any]:
    _, found = compute(str(model), Work())
    names = {"sha256": "SHA256", "autov1": "AutoV1", "autov2": "AutoV2"}
    hashes = {names[name]: value.upper() for name, value in found.items() if name in names}
    return {"name": "other name.safetensors", "sizeKB": SIZE / 1024, "type": "Model", "hashes": hashes} | changes


def write(model: Path, suffix: str, data: Any) -> None:
    model.with_suffix(suffix).write_text(json.dumps(data), "utf-8")


@pytest.mark.parametrize("suffix", [".info", ".civitai.info", ".safetensors.info"])
def test_a_version_object_whose_size_and_autov1_agree(model: Path, suffix: str) -> None:
    found = entry(model)
    write(model, suffix, {"id": 1, "files": [entry(model, hashes={"SHA256": "B" * 64, "AutoV1": "12345678"}), found]})
    answer = told(model)
    assert answer is not None and answer.is_sure
    assert answer.hashes["sha256"] == found["hashes"]["SHA256"].lower()


def test_another_size_or_another_autov1_says_nothing(model: Path) -> None:
    write(model, ".info", {"files": [entry(model, sizeKB=SIZE / 1024 + 1)]})
    assert told(model) is None
    write(model, ".info", {"files": [entry(model, hashes={"SHA256": "B" * 64, "AutoV1": "12345678"})]})
    assert told(model) is None


def test_rounded_sizes_agree(model: Path) -> None:
    with model.open("ab") as file:
        file.write(b"x" * 100)
    write(model, ".info", {"files": [entry(model, sizeKB=SIZE // 1024, name=model.name)]})
    assert told(model) is not None
    write(model, ".info", {"files": [entry(model, sizeKB=SIZE / 1024 + 0.25, name=model.name)]})
    assert told(model) is None


def test_a_hash_without_other_facts_is_a_guess(model: Path) -> None:
    write(model, ".cm-info.json", {"Hashes": {"SHA256": "C" * 64}})
    assert told(model) == Told({"sha256": "c" * 64, "autov2": "c" * 10}, False)
    write(model, ".info", {"files": [entry(model, hashes={"SHA256": "D" * 64})]})
    answer = told(model)
    assert answer is not None and not answer.is_sure
    write(model, ".info", {"files": [entry(model, hashes={"SHA256": "D" * 64}, name=model.name)]})
    answer = told(model)
    assert answer is not None and answer.is_sure


def test_lora_manager_hashed_this_file_unless_it_was_replaced(model: Path) -> None:
    write(model, ".metadata.json", {"file_name": "fox", "size": SIZE, "sha256": "e" * 64})
    answer = told(model)
    assert answer is not None and answer.is_sure and answer.hashes["sha256"] == "e" * 64
    os.utime(model.with_suffix(".metadata.json"), (5, 5))
    assert told(model) is None
    os.utime(model, (4, 4))
    write(model, ".metadata.json", {"file_name": "fox", "size": SIZE, "sha256": "", "hash_status": "pending"})
    assert told(model) is None


def test_hugging_faces_table(model: Path) -> None:
    deep = model.parent / "split_files" / "vae" / "ae.safetensors"
    deep.parent.mkdir(parents=True)
    os.rename(model, deep)
    table = model.parent / ".cache/huggingface/download/split_files/vae/ae.safetensors.metadata"
    table.parent.mkdir(parents=True)
    table.write_text(f"{'0' * 40}\n{'f' * 64}\n{os.stat(deep).st_mtime + 0.5}\n")
    assert told(deep) == Told({"sha256": "f" * 64, "autov2": "f" * 10}, True)
    os.utime(deep, (os.stat(deep).st_mtime + 60,) * 2)
    assert told(deep) is None
    table.write_text(f"{'0' * 40}\n{'f' * 40}\n{os.stat(deep).st_mtime}\n")  # a small file's git hash
    assert told(deep) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_hugging_faces_cache_is_a_guess(model: Path) -> None:
    blob = model.parent / "models--a--b" / "blobs" / ("a" * 64)
    blob.parent.mkdir(parents=True)
    os.rename(model, blob)
    os.symlink(blob, model)
    assert told(model) == Told({"sha256": "a" * 64, "autov2": "a" * 10}, False)


def test_small_files_and_broken_sidecars(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.with_suffix(".info").write_text("{broken")
    model.with_suffix(".civitai.info").write_text('{"files": [1, {"hashes": [], "sizeKB": "x"}, {"sizeKB": 1e400}]}')
    assert told(model) is None
    write(model, ".info", {"files": [entry(model)]})
    assert told(model) is not None
    monkeypatch.setattr(module, "LEAST", 8 << 20)
    assert told(model) is None

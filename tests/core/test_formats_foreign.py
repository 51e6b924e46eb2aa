"""Files that are no model, files that cannot be read, and every ending they may have."""

import os
from pathlib import Path

import pytest

from model_manager.core.formats.read import read_facts
from model_manager.core.formats.write import gguf_bytes

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
FOREIGN = {
    "page": (b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "web page"),
    "page after spaces": (b"\n\n  <html lang='en'><body>403</body></html>", "web page"),
    "pointer": (POINTER, "git-LFS"),
    "JSON": (b'{"error":"Unauthorized","message":"log in"}', "JSON"),
    "JSON list": (b'[{"error": 404}]', "JSON"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
    "text": ("Forbidden: der Schlüssel fehlt\n".encode(), "plain text"),
    "short text": (b"Not Found", "plain text"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "picture"),
    "archive": (b"Rar!\x1a\x07\x01\x00" + bytes(range(256)), "archive"),
}


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt", ".pt", ".bin", ".gguf", ".onnx", ".SFT"])
@pytest.mark.parametrize("case", FOREIGN)
def test_what_is_no_model_is_called_so_under_every_ending(tmp_path: Path, case: str, ending: str) -> None:
    data, word = FOREIGN[case]
    path = tmp_path / f"model{ending}"
    path.write_bytes(data)
    facts = read_facts(str(path), len(data))
    assert (facts.verdict, facts.kind) == ("not_a_model", "")
    assert word in facts.reason


def test_text_beside_models_is_left_alone_where_no_model_is_promised(tmp_path: Path) -> None:
    for name, data in (("config.json", b'{"a": 1}'), ("labels", b"cat\ndog\n"), ("rows.csv", b"a,b,c,d,e,f\n")):
        (tmp_path / name).write_bytes(data)
        assert read_facts(str(tmp_path / name), len(data)).verdict == "ok"


def test_unknown_bytes_alarm_only_where_the_ending_promises_a_format(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4
    told = {}
    for ending in (".safetensors", ".gguf", ".onnx", ".ckpt", ".bin", ".engine", ""):
        path = tmp_path / f"model{ending}"
        path.write_bytes(b"\x9c\x01" + data)
        told[ending] = read_facts(str(path), len(data) + 2).verdict
    assert [ending for ending, verdict in told.items() if verdict == "bad_header"] == [".safetensors", ".gguf", ".onnx", ".ckpt"]
    assert {told[".bin"], told[".engine"], told[""]} == {"ok"}


def test_zeros_and_nothing(tmp_path: Path) -> None:
    for ending in (".safetensors", ".ckpt", ".gguf", ".bin"):
        path = tmp_path / f"model{ending}"
        path.write_bytes(bytes(100_000))
        assert read_facts(str(path), 100_000).verdict == "zero_filled"
        path.write_bytes(b"")
        facts = read_facts(str(path), 0)
        assert (facts.verdict, "empty" in facts.reason) == ("truncated", True)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    missing = read_facts(str(tmp_path / "gone.safetensors"), 10)
    assert (missing.verdict, "not there" in missing.reason) == ("unreadable", True)
    assert read_facts(str(tmp_path), 10).verdict == "unreadable"
    assert read_facts(str(tmp_path / "a\0b"), 10).verdict == "unreadable"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a system that refuses us a file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf_bytes("flux", {}))
    path.chmod(0)
    assert read_facts(str(path), 100).verdict == "unreadable"

"""What comes from outside: links of our own scheme are unwrapped strictly, messages are believed nothing."""

import json
from pathlib import Path

import pytest

from model_manager.core.online.outside import MOST, Errand, errand, packed, unpacked, unwrapped

PAGE = "https://civitai.com/models/900030?modelVersionId=9000302"


@pytest.mark.parametrize(
    ("link", "inner"),
    [
        ("comfy-models://download?url=https%3A%2F%2Fcivitai.com%2Fmodels%2F900030%3FmodelVersionId%3D9000302", PAGE),
        ("comfy-models:download?url=https%3A%2F%2Fcivitai.com%2Fmodels%2F1&x=2", "https://civitai.com/models/1"),
        ("COMFY-MODELS:" + PAGE, PAGE),
        ("comfy-models://" + PAGE, PAGE),
        ("comfy-models:https%3A%2F%2Fcivitai.com%2Fmodels%2F1", "https://civitai.com/models/1"),
        ("comfy-models:urn:air:sdxl:lora:civitai:900030@9000302", "urn:air:sdxl:lora:civitai:900030@9000302"),
        (PAGE, PAGE),
    ],
)
def test_a_link_of_ours_holds_another(link: str, inner: str) -> None:
    assert unwrapped(link) == inner


@pytest.mark.parametrize(
    "inner",
    [
        "", "file:///etc/passwd", "javascript:alert(1)", "comfy-models:https://civitai.com/models/1", "12345", "--data-dir", "hf:a/b",
        "https://", "https://user:word@civitai.com/models/1", "https://civitai.com/a b", "https://civitai.com/\nx", "\\\\server\\share",
        "https://civitai.com\\@other.org/x", "ftp://civitai.com/x", "data:text/html,x", "/etc/passwd", "C:\\x", "http:///x", "http://[::1",
        "https://civitai.com/x" + "&a=b" * 50 + "\x00",
    ],
)  # fmt: skip
def test_and_nothing_else(inner: str) -> None:
    from urllib.parse import quote

    assert unwrapped(f"comfy-models:{inner}") == ""
    assert unwrapped(f"comfy-models://download?url={quote(inner, safe='')}") == ""


def test_words_are_links_or_files_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.safetensors").touch()
    monkeypatch.chdir(tmp_path)
    told = errand(["a.safetensors", PAGE, "comfy-models:javascript:1", "b.safetensors"], "ink")
    assert told == Errand((PAGE, "b.safetensors"), (str(tmp_path / "a.safetensors"),), "ink")


def test_a_message_comes_through_and_a_false_one_does_no_harm(tmp_path: Path) -> None:
    told = Errand((PAGE,), (str(tmp_path),), "ink wash", "token")
    assert packed(told).count(b"\n") == 1
    assert unpacked(packed(told)) == told
    assert unpacked(b"\xff\n") is None and unpacked(b"[1]\n") is None and unpacked(b"[" * 100_000) is None
    odd = {"links": [1, "comfy-models:file:///x", PAGE], "files": ["relative", None, str(tmp_path)], "search": 5}
    assert unpacked(json.dumps(odd).encode()) == Errand((PAGE,), (str(tmp_path),))
    many = unpacked(json.dumps({"links": [PAGE] * 5000}).encode())
    assert many is not None and len(many.links) == MOST
